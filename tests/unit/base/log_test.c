/* Log lines: text and JSON, one write each, that nobody's input can forge. */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "tests/unit/base/scratch.h"

static struct log opened(const struct scratch *s, const char *format, const char *level)
{
	struct log log;
	struct err e = ERR_INIT;
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/log", s->path);
	ck_assert_msg(log_open(&log, path, format, level, &e) == 0, "%s", e.text);
	return log;
}

/* The line after its time, which must be one. */
static const char *after_time(const char *line)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ ";

	for (size_t i = 0; form[i]; i++)
		ck_assert_msg(form[i] == 'd' ? line[i] >= '0' && line[i] <= '9'
					     : line[i] == form[i],
			      "%s", line);
	return line + strlen(form);
}

static const char *member(struct arena *arena, const char *line, const char *name)
{
	const struct json *document;
	struct err e = ERR_INIT;

	ck_assert_msg(json_parse(arena, line, strlen(line), &json_limits_default, &document, &e) ==
			      0,
		      "%s: %s", line, e.text);
	return json_string(json_get(document, name));
}

START_TEST(a_text_line_has_time_level_and_message)
{
	struct scratch s = scratch_new();
	struct log log = opened(&s, NULL, NULL);

	log_line(&log, LOG_LEVEL_ERROR, "it is %d", 7);
	ck_assert_str_eq(after_time(scratch_read(&s, "log")), "error: it is 7\n");
	log_close(&log);
	ck_assert_int_eq(log.fd, -1);
	scratch_done(&s);
}
END_TEST

START_TEST(a_json_line_is_an_object_with_msg_level_and_time)
{
	struct scratch s = scratch_new();
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct log log = opened(&s, "json", "debug");

	log_line(&log, LOG_LEVEL_WARNING, "a \"quoted\" \\ thing");
	const char *line = scratch_read(&s, "log");
	ck_assert_str_eq(line + strlen(line) - 2, "}\n");
	ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
	ck_assert(str_starts(line, "{\"msg\":\"a \\\"quoted\\\" \\\\ thing\",\"level\":"));
	ck_assert_str_eq(member(arena, line, "msg"), "a \"quoted\" \\ thing");
	ck_assert_str_eq(member(arena, line, "level"), "warning");
	ck_assert_uint_eq(strlen(member(arena, line, "time")), strlen("2026-01-02T03:04:05Z"));
	ck_assert_ptr_null(member(arena, line, "phase"));
	log_close(&log);
	scratch_done(&s);
}
END_TEST

START_TEST(a_whole_error_keeps_its_parts_in_json)
{
	struct scratch s = scratch_new();
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct log log = opened(&s, "json", "error");
	struct err e = ERR_INIT;
	char whole[8192];

	err_set(&e, ERR_INVALID, "mount proc on /proc");
	err_phase(&e, PHASE_MOUNTS);
	err_pointer(&e, "/mounts/%d", 3);
	err_object(&e, "web-1\n");
	err_hint(&e, "see mount_namespaces(7)");
	log_err(&log, &e);
	const char *line = scratch_read(&s, "log");
	err_format(&e, whole, sizeof(whole));
	ck_assert_str_eq(member(arena, line, "msg"), whole);
	ck_assert_str_eq(member(arena, line, "level"), "error");
	ck_assert_str_eq(member(arena, line, "phase"), "mounts");
	ck_assert_str_eq(member(arena, line, "pointer"), "/mounts/3");
	ck_assert_str_eq(member(arena, line, "object"), "web-1\n");
	ck_assert_str_eq(member(arena, line, "hint"), "see mount_namespaces(7)");
	log_close(&log);
	scratch_done(&s);
}
END_TEST

START_TEST(the_largest_error_of_control_characters_still_fits_a_line)
{
	struct scratch s = scratch_new();
	AUTO_ARENA *arena = arena_new(1 << 22);
	struct log log = opened(&s, "json", "error");
	struct err e = { .code = ERR_INVALID, .phase = PHASE_CAPABILITIES };

	memset(e.pointer, 1, sizeof(e.pointer) - 1);
	memset(e.object, 2, sizeof(e.object) - 1);
	memset(e.hint, 3, sizeof(e.hint) - 1);
	memset(e.text, 4, sizeof(e.text) - 1);
	log_err(&log, &e);
	const char *line = scratch_read(&s, "log");
	ck_assert_str_eq(member(arena, line, "hint"), e.hint);
	ck_assert_str_eq(member(arena, line, "object"), e.object);
	ck_assert_str_eq(member(arena, line, "pointer"), e.pointer);
	log_close(&log);
	scratch_done(&s);
}
END_TEST

START_TEST(what_is_no_utf8_is_replaced_and_what_is_stays)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8d\xba",
		  "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8d\xba" },
		{ "a\xff"
		  "b",
		  "a\xef\xbf\xbd"
		  "b" },
		{ "\xc3", "\xef\xbf\xbd" },		    /* cut short by the end */
		{ "\xc3(", "\xef\xbf\xbd(" },		    /* ... by something else */
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" }, /* overlong slash */
		{ "\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }, /* surrogate */
		{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" }, /* U+10FFFF */
		{ "\x80", "\xef\xbf\xbd" },
	};
	AUTO_ARENA *arena = arena_new(1 << 20);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scratch s = scratch_new();
		struct log log = opened(&s, "json", "error");
		log_line(&log, LOG_LEVEL_ERROR, "%s", rows[i].in);
		ck_assert_str_eq(member(arena, scratch_read(&s, "log"), "msg"), rows[i].out);
		log_close(&log);
		unlinkat(s.fd, "log", 0);
		log = opened(&s, "text", "error");
		log_line(&log, LOG_LEVEL_ERROR, "%s", rows[i].in);
		const char *line = after_time(scratch_read(&s, "log")) + strlen("error: ");
		ck_assert_uint_eq(strlen(line), strlen(rows[i].out) + 1);
		ck_assert_int_eq(strncmp(line, rows[i].out, strlen(rows[i].out)), 0);
		log_close(&log);
		scratch_done(&s);
	}
}
END_TEST

START_TEST(nobody_can_forge_a_second_line)
{
	struct scratch s = scratch_new();
	struct log log = opened(&s, "text", "error");

	log_line(&log, LOG_LEVEL_ERROR, "%s",
		 "a\n2026-01-02T03:04:05Z error: b\r\x1b[2J\x7f\tc\\n");
	ck_assert_str_eq(after_time(scratch_read(&s, "log")),
			 "error: a\\n2026-01-02T03:04:05Z error: b\\r\\x1b[2J\\x7f\tc\\n\n");
	log_close(&log);
	scratch_done(&s);
}
END_TEST

START_TEST(control_characters_are_escaped_in_json)
{
	struct scratch s = scratch_new();
	struct log log = opened(&s, "json", "error");

	log_line(&log, LOG_LEVEL_ERROR, "%s", "\x01\t\n\r\x1f\x7f/");
	ck_assert(str_starts(scratch_read(&s, "log"),
			     "{\"msg\":\"\\u0001\\t\\n\\r\\u001f\\u007f/\","));
	log_close(&log);
	scratch_done(&s);
}
END_TEST

START_TEST(levels_above_the_wanted_one_are_dropped)
{
	struct scratch s = scratch_new();
	struct log log = opened(&s, "text", "warning");
	const char *text;

	log_line(&log, LOG_LEVEL_DEBUG, "no");
	log_line(&log, LOG_LEVEL_INFO, "no");
	ck_assert_str_eq(scratch_read(&s, "log"), "");
	log_line(&log, LOG_LEVEL_WARNING, "w");
	log_line(&log, LOG_LEVEL_ERROR, "e");
	text = scratch_read(&s, "log");
	ck_assert_str_eq(after_time(strchr(text, '\n') + 1), "error: e\n");
	log_close(&log);
	log = opened(&s, "text", "debug"); /* appends */
	log_line(&log, LOG_LEVEL_DEBUG, "d");
	log_line(&log, LOG_LEVEL_INFO, "i");
	text = scratch_read(&s, "log");
	ck_assert_ptr_nonnull(strstr(text, "warning: w\n"));
	ck_assert_ptr_nonnull(strstr(text, "debug: d\n"));
	ck_assert_ptr_nonnull(strstr(text, "info: i\n"));
	log_close(&log);
	struct log nowhere = LOG_INIT;
	log_line(&nowhere, LOG_LEVEL_ERROR, "lost");
	log_err(&nowhere, &(struct err){ .code = ERR_INVALID });
	log_close(&nowhere);
	scratch_done(&s);
}
END_TEST

START_TEST(a_message_above_the_cap_is_cut_visibly_and_between_characters)
{
	static const char euro[] = "\xe2\x82\xac";
	static char message[10000];
	struct scratch s = scratch_new();
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct log log = opened(&s, "json", "error");

	memset(message, 'x', LOG_MESSAGE_MAX);
	log_line(&log, LOG_LEVEL_ERROR, "%s", message);
	ck_assert_str_eq(member(arena, scratch_read(&s, "log"), "msg"), message);
	log_close(&log);
	unlinkat(s.fd, "log", 0);

	memset(message, 0, sizeof(message));
	for (size_t i = 0; i + 3 < 9000; i += 3)
		memcpy(message + i, euro, 3);
	log = opened(&s, "json", "error");
	for (int shift = 0; shift < 3; shift++)
		log_line(&log, LOG_LEVEL_ERROR, "%.*s%s", shift, "ab", message);
	const char *line = scratch_read(&s, "log");
	ck_assert_ptr_null(strstr(line, "\xef\xbf\xbd"));
	ck_assert_ptr_nonnull(strstr(line, "...[8997 bytes]\""));
	ck_assert_ptr_nonnull(strstr(line, "...[8999 bytes]\""));
	log_close(&log);
	scratch_done(&s);
}
END_TEST

START_TEST(processes_that_share_a_file_do_not_mix_their_lines)
{
	enum { WRITERS = 4, LINES = 100 };
	struct scratch s = scratch_new();
	int status, lines = 0;

	for (int w = 0; w < WRITERS; w++) {
		if (fork() != 0)
			continue;
		struct log log = opened(&s, "text", "error");
		char text[101] = "";
		memset(text, 'a' + w, 100);
		for (int i = 0; i < LINES; i++)
			log_line(&log, LOG_LEVEL_ERROR, "%s", text);
		_exit(0);
	}
	for (int w = 0; w < WRITERS; w++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	for (const char *at = scratch_read(&s, "log"); *at; at = strchr(at, '\n') + 1, lines++) {
		const char *message = after_time(at) + strlen("error: ");
		ck_assert_uint_eq(strspn(message, (char[]){ *message, '\0' }), 100);
		ck_assert_int_eq(message[100], '\n');
	}
	ck_assert_int_eq(lines, WRITERS * LINES);
	scratch_done(&s);
}
END_TEST

START_TEST(stderr_is_the_default_and_stays_open)
{
	struct scratch s = scratch_new();
	struct log log;
	struct err e = ERR_INIT;
	int out = openat(s.fd, "out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), saved = dup(2);

	dup2(out, 2);
	int r = log_open(&log, NULL, NULL, NULL, &e);
	log_line(&log, LOG_LEVEL_ERROR, "here");
	log_close(&log);
	int still_open = fcntl(2, F_GETFD);
	dup2(saved, 2);
	ck_assert_int_eq(r, 0);
	ck_assert_int_ge(still_open, 0);
	ck_assert_str_eq(after_time(scratch_read(&s, "out")), "error: here\n");
	scratch_done(&s);
}
END_TEST

START_TEST(destinations_formats_and_levels_that_are_none_are_refused)
{
	struct scratch s = scratch_new();
	struct log log = { .fd = 77 };
	char path[PATH_MAX + 32], id[80] = "journald:";
	struct err e = ERR_INIT;

	ck_assert_int_eq(log_open(&log, NULL, "xml", NULL, &e), -1);
	ck_assert_int_eq(e.code, ERR_INVALID);
	ck_assert_str_eq(e.text, "unknown log format \"xml\"");
	e = ERR_INIT;
	ck_assert_int_eq(log_open(&log, NULL, NULL, "trace", &e), -1);
	ck_assert_int_eq(e.code, ERR_INVALID);
	ck_assert_str_eq(e.text, "unknown log level \"trace\"");
	ck_assert_str_ne(e.hint, "");
	e = ERR_INIT;
	snprintf(path, sizeof(path), "file:%s/none/log", s.path);
	ck_assert_int_eq(log_open(&log, path, NULL, NULL, &e), -1);
	ck_assert_int_eq(e.code, ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(e.text, "/none/log"));
	e = ERR_INIT;
	ck_assert_int_eq(log_open(&log, "file:", NULL, NULL, &e), -1);
	e = ERR_INIT;
	ck_assert_int_eq(log_open(&log, "syslog:", NULL, NULL, &e), -1);
	ck_assert_int_eq(e.code, ERR_INVALID);
	memset(id + 9, 'i', LOG_ID_MAX + 1);
	e = ERR_INIT;
	ck_assert_int_eq(log_open(&log, id, NULL, NULL, &e), -1);
	ck_assert_int_eq(e.code, ERR_INVALID);
	ck_assert_int_eq(log.fd, 77);
	snprintf(path, sizeof(path), "file:%s/with:colon", s.path);
	ck_assert_int_eq(log_open(&log, path, NULL, NULL, &e), 0);
	ck_assert_int_eq(fcntl(log.fd, F_GETFD), FD_CLOEXEC);
	ck_assert(scratch_has(&s, "with:colon"));
	log_close(&log);
	scratch_done(&s);
}
END_TEST

/* -- daemons ------------------------------------------------------------------------------------ */

/* A private /run and /dev, so that no daemon of the host is met. */
static void hide_the_host(void)
{
	ck_assert_msg(unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0,
		      "this test needs root or user namespaces: %s", strerror(errno));
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("tmpfs", "/run", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mount("tmpfs", "/dev", "tmpfs", 0, NULL), 0);
}

static int daemon_at(const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

START_TEST(an_absent_daemon_is_named)
{
	struct log log = { .fd = 77 };
	struct err e = ERR_INIT;

	hide_the_host();
	ck_assert_int_eq(log_open(&log, "journald:keg", NULL, NULL, &e), -1);
	ck_assert_int_eq(e.code, ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(e.text, "/run/systemd/journal/socket"));
	e = ERR_INIT;
	ck_assert_int_eq(log_open(&log, "syslog:keg", NULL, NULL, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "/dev/log"));
	ck_assert_int_eq(log.fd, 77);
}
END_TEST

START_TEST(journald_gets_fields_with_binary_values_where_needed)
{
	struct log log;
	struct err e = ERR_INIT;
	char text[8192];

	hide_the_host();
	ck_assert_int_eq(mkdir("/run/systemd", 0755) | mkdir("/run/systemd/journal", 0755), 0);
	int fd = daemon_at("/run/systemd/journal/socket", SOCK_DGRAM);
	ck_assert_int_eq(log_open(&log, "journald:keg", NULL, "info", &e), 0);
	log_line(&log, LOG_LEVEL_INFO, "plain = text");
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	ck_assert_str_eq(text, "MESSAGE=plain = text\nPRIORITY=6\nSYSLOG_IDENTIFIER=keg\n");

	log_line(&log, LOG_LEVEL_ERROR, "two\nlines\nPRIORITY=0");
	static const char binary[] = "MESSAGE\n\x14\0\0\0\0\0\0\0two\nlines\nPRIORITY=0\n"
				     "PRIORITY=3\nSYSLOG_IDENTIFIER=keg\n";
	n = recv(fd, text, sizeof(text), 0);
	ck_assert_int_eq(n, sizeof(binary) - 1);
	ck_assert_int_eq(memcmp(text, binary, (size_t)n), 0);

	err_set(&e, ERR_INVALID, "no");
	err_phase(&e, PHASE_HOOKS);
	err_pointer(&e, "/hooks");
	log_err(&log, &e);
	n = recv(fd, text, sizeof(text) - 1, 0);
	text[n] = '\0';
	ck_assert_ptr_nonnull(strstr(text, "\nKEG_PHASE=hooks\nKEG_POINTER=/hooks\n"));
	ck_assert_ptr_null(strstr(text, "KEG_OBJECT"));
	log_close(&log);
	close(fd);
}
END_TEST

START_TEST(syslog_gets_priority_time_and_identity)
{
	struct log log;
	struct err e = ERR_INIT;
	char text[8192], tail[64];
	int priority, day;
	char month[4];

	hide_the_host();
	int fd = daemon_at("/dev/log", SOCK_DGRAM);
	ck_assert_int_eq(log_open(&log, "syslog:keg", NULL, NULL, &e), 0);
	log_line(&log, LOG_LEVEL_ERROR, "a\nb");
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	ck_assert_int_eq(sscanf(text, "<%d>%3s %d ", &priority, month, &day), 3);
	ck_assert_int_eq(priority, 8 | 3);
	snprintf(tail, sizeof(tail), " keg[%d]: a\\nb", (int)getpid());
	ck_assert_str_eq(text + strlen(text) - strlen(tail), tail);
	log_close(&log);
	ck_assert_int_eq(log_open(&log, "syslog:keg", "json", NULL, &e), 0);
	log_line(&log, LOG_LEVEL_ERROR, "j");
	n = recv(fd, text, sizeof(text) - 1, 0);
	text[n] = '\0';
	ck_assert_ptr_nonnull(strstr(text, "]: {\"msg\":\"j\",\"level\":\"error\",\"time\":\""));
	log_close(&log);
	close(fd);
}
END_TEST

START_TEST(a_daemon_that_does_not_read_or_is_gone_costs_a_line_and_not_the_program)
{
	struct log log;
	struct err e = ERR_INIT;

	hide_the_host();
	int fd = daemon_at("/dev/log", SOCK_DGRAM);
	ck_assert_int_eq(log_open(&log, "syslog:keg", NULL, NULL, &e), 0);
	/* Its queue is full after some; the next line waits its second and is lost. */
	int flags = fcntl(log.fd, F_GETFL);
	fcntl(log.fd, F_SETFL, flags | O_NONBLOCK);
	for (int i = 0; i < 100000 && send(log.fd, "x", 1, MSG_NOSIGNAL) == 1; i++)
		;
	fcntl(log.fd, F_SETFL, flags);
	log_line(&log, LOG_LEVEL_ERROR, "lost");
	close(fd);
	log_line(&log, LOG_LEVEL_ERROR, "lost too");
	log_close(&log);
}
END_TEST

START_TEST(logging_keeps_errno)
{
	struct scratch s = scratch_new();
	struct log log = opened(&s, "json", "error");

	close(log.fd); /* so that the write fails */
	errno = 4242;
	log_line(&log, LOG_LEVEL_ERROR, "%m");
	log_err(&log, &(struct err){ .code = ERR_INVALID });
	ck_assert_int_eq(errno, 4242);
	log.fd = -1;
	scratch_done(&s);
}
END_TEST

UNIT_MAIN("base/log", a_text_line_has_time_level_and_message,
	  a_json_line_is_an_object_with_msg_level_and_time, a_whole_error_keeps_its_parts_in_json,
	  the_largest_error_of_control_characters_still_fits_a_line,
	  what_is_no_utf8_is_replaced_and_what_is_stays, nobody_can_forge_a_second_line,
	  control_characters_are_escaped_in_json, levels_above_the_wanted_one_are_dropped,
	  a_message_above_the_cap_is_cut_visibly_and_between_characters,
	  processes_that_share_a_file_do_not_mix_their_lines, stderr_is_the_default_and_stays_open,
	  destinations_formats_and_levels_that_are_none_are_refused, an_absent_daemon_is_named,
	  journald_gets_fields_with_binary_values_where_needed,
	  syslog_gets_priority_time_and_identity,
	  a_daemon_that_does_not_read_or_is_gone_costs_a_line_and_not_the_program,
	  logging_keeps_errno)
