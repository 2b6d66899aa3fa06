/* log.c - see log.h. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "base/utc.h"

static const struct level_row {
	const char *name;
	enum log_level level;
	int priority; /* syslog(3) */
} levels[] = {
	{ "error", LOG_LEVEL_ERROR, 3 },
	{ "warning", LOG_LEVEL_WARNING, 4 },
	{ "info", LOG_LEVEL_INFO, 6 },
	{ "debug", LOG_LEVEL_DEBUG, 7 },
};

static const struct {
	const char *name;
	bool json;
} formats[] = { { "text", false }, { "json", true } };

#define SYSLOG_FACILITY_USER (1 << 3)

/* The socket's path is relative to the root, which is the host's when a log is opened. */
static const struct {
	const char *prefix;
	enum log_kind kind;
	const char *socket; /* NULL: what follows the prefix is a path */
} destinations[] = {
	{ "file:", LOG_KIND_STREAM, NULL },
	{ "journald:", LOG_KIND_JOURNALD, "/run/systemd/journal/socket" },
	{ "syslog:", LOG_KIND_SYSLOG, "/dev/log" },
};

/* -- a line under construction ------------------------------------------------------------------ */

/* Large enough for every byte of a message and of a struct err as \u00xx, and what surrounds them:
 * nothing can be cut here. */
#define FIELDS_MAX                                                                                 \
	(sizeof(((struct err *)0)->pointer) + sizeof(((struct err *)0)->object) +                  \
	 sizeof(((struct err *)0)->hint))
#define LINE_MAX_BYTES (6 * (LOG_MESSAGE_MAX + 64 + FIELDS_MAX) + 512)

struct line {
	size_t length;
	char data[LINE_MAX_BYTES];
};

static void add_bytes(struct line *line, const char *data, size_t length)
{
	size_t left = sizeof(line->data) - line->length;

	if (length > left)
		length = left;
	memcpy(line->data + line->length, data, length);
	line->length += length;
}

static void add(struct line *line, const char *text)
{
	add_bytes(line, text, strlen(text));
}

/* Length of the UTF-8 sequence at `at`, 0 when it is none. Unicode table 3-7: no overlong forms, no
 * surrogates, nothing above U+10FFFF. A NUL ends the text, and is no continuation byte. */
static size_t utf8_length(const unsigned char *at)
{
	static const struct {
		unsigned char first, last, second_low, second_high, length;
	} forms[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (at[0] < forms[i].first || at[0] > forms[i].last)
			continue;
		if (forms[i].length > 1 &&
		    (at[1] < forms[i].second_low || at[1] > forms[i].second_high))
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if (at[k] < 0x80 || at[k] > 0xbf)
				return 0;
		return forms[i].length;
	}
	return 0;
}

/* RFC 8259 section 7. In text lines only what would break or forge a line is escaped. */
static void add_escaped(struct line *line, const char *text, bool json)
{
	static const struct {
		char byte;
		const char *escape;
		bool in_text;
	} short_escapes[] = {
		{ '\n', "\\n", true },	{ '\r', "\\r", true },	 { '\t', "\\t", false },
		{ '"', "\\\"", false }, { '\\', "\\\\", false },
	};

	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		size_t length = utf8_length(at), i = 0;

		while (i < ARRAY_SIZE(short_escapes) &&
		       (*at != short_escapes[i].byte || !(json || short_escapes[i].in_text)))
			i++;
		if (length == 0) {
			add(line, "\xef\xbf\xbd");
			length = 1;
		} else if (i < ARRAY_SIZE(short_escapes)) {
			add(line, short_escapes[i].escape);
		} else if ((*at < 0x20 && (json || *at != '\t')) || *at == 0x7f) {
			char escape[8];
			(void)snprintf(escape, sizeof(escape), json ? "\\u%04x" : "\\x%02x",
				       *at); /* fits */
			add(line, escape);
		} else {
			add_bytes(line, (const char *)at, length);
		}
		at += length;
	}
}

static void add_member(struct line *line, const char *name, const char *value)
{
	add(line, line->length && line->data[line->length - 1] != '{' ? ",\"" : "\"");
	add(line, name);
	add(line, "\":\"");
	add_escaped(line, value, true);
	add(line, "\"");
}

static void add_time(struct line *line, time_t now)
{
	char text[UTC_TEXT_SIZE];

	utc_format(&(struct timespec){ .tv_sec = now }, 0, text);
	add(line, text);
}

/* "NAME=value\n"; with control characters in it "NAME\n<length, 64 bit little endian>value\n". */
static void add_journal_field(struct line *line, const char *name, const char *value)
{
	size_t length = strlen(value);

	add(line, name);
	if (!strchr(value, '\n')) {
		add(line, "=");
	} else {
		char size[8];
		for (unsigned i = 0; i < sizeof(size); i++)
			size[i] = (char)((uint64_t)length >> (8 * i) & 0xff);
		add(line, "\n");
		add_bytes(line, size, sizeof(size));
	}
	add_bytes(line, value, length);
	add(line, "\n");
}

/* -- opening ------------------------------------------------------------------------------------ */

static int parse_level(struct log *log, const char *name, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (!name || strcmp(name, levels[i].name) == 0) {
			log->level = levels[i].level;
			return 0;
		}
	}
	(void)err_set(e, ERR_INVALID, "unknown log level \"%s\"", name);
	return err_hint(e, "it is error, warning, info or debug");
}

static int parse_format(struct log *log, const char *name, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (!name || strcmp(name, formats[i].name) == 0) {
			log->json = formats[i].json;
			return 0;
		}
	}
	(void)err_set(e, ERR_INVALID, "unknown log format \"%s\"", name);
	return err_hint(e, "it is text or json");
}

static int open_file(struct log *log, const char *path, struct err *e)
{
	log->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
	return log->fd < 0 ? err_sys(e, "open the log %s", path) : 0;
}

static int open_socket(struct log *log, const char *id, const char *path, struct err *e)
{
	static const struct timeval patience = { .tv_sec = 1 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (!*id || strlen(id) > LOG_ID_MAX)
		return err_set(e, ERR_INVALID, "the log identifier \"%s\" is not of 1 to %d bytes",
			       id, LOG_ID_MAX);
	AUTO_FD fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "open a socket for the log");
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			 sizeof(patience)); /* a Unix socket takes it */
	strcpy(address.sun_path, path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(e, "connect to the log daemon at %s", path);
	strcpy(log->id, id);
	log->fd = take_fd(&fd);
	return 0;
}

int log_open(struct log *log, const char *destination, const char *format, const char *level,
	     struct err *e)
{
	struct log opened = LOG_INIT;
	const char *path = destination;
	int r = 0;

	if (parse_level(&opened, level, e) < 0 || parse_format(&opened, format, e) < 0)
		return -1;
	if (!destination) {
		opened.fd = STDERR_FILENO;
		opened.borrowed = true;
		*log = opened;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(destinations); i++) {
		if (!str_starts(destination, destinations[i].prefix))
			continue;
		path = destination + strlen(destinations[i].prefix);
		opened.kind = destinations[i].kind;
		if (destinations[i].socket)
			r = open_socket(&opened, path, destinations[i].socket, e);
		break;
	}
	if (opened.kind == LOG_KIND_STREAM)
		r = open_file(&opened, path, e);
	if (r == 0)
		*log = opened;
	return r;
}

void log_close(struct log *log)
{
	if (log->fd >= 0 && !log->borrowed)
		(void)close(log->fd); /* each line has been written already */
	*log = LOG_INIT;
}

/* -- lines -------------------------------------------------------------------------------------- */

static void put(const struct log *log, const struct line *line)
{
	ssize_t n;

	do
		n = log->kind == LOG_KIND_STREAM
			    ? write(log->fd, line->data, line->length)
			    : send(log->fd, line->data, line->length, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
}

static void make_json(struct line *line, const struct level_row *row, time_t now,
		      const char *message, const struct err *e)
{
	add(line, "{");
	add_member(line, "msg", message);
	add_member(line, "level", row->name);
	add(line, ",\"time\":\"");
	add_time(line, now);
	add(line, "\"");
	if (e) {
		const char *const members[][2] = { { "phase", phase_name(e->phase) },
						   { "pointer", e->pointer },
						   { "object", e->object },
						   { "hint", e->hint } };
		for (size_t i = 0; i < ARRAY_SIZE(members); i++)
			if (*members[i][1])
				add_member(line, members[i][0], members[i][1]);
	}
	add(line, "}");
}

static void make_journal(const struct log *log, struct line *line, const struct level_row *row,
			 const char *message, const struct err *e)
{
	const char *const fields[][2] = {
		{ "MESSAGE", message },
		{ "PRIORITY", (const char[]){ (char)('0' + row->priority), '\0' } },
		{ "SYSLOG_IDENTIFIER", log->id },
		{ "KEG_PHASE", e ? phase_name(e->phase) : "" },
		{ "KEG_POINTER", e ? e->pointer : "" },
		{ "KEG_OBJECT", e ? e->object : "" },
		{ "KEG_HINT", e ? e->hint : "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (*fields[i][1])
			add_journal_field(line, fields[i][0], fields[i][1]);
}

static void make_syslog(const struct log *log, struct line *line, const struct level_row *row,
			time_t now, const char *message, const struct err *e)
{
	char head[128], date[32];
	struct tm local;

	(void)strftime(date, sizeof(date), "%b %e %H:%M:%S", localtime_r(&now, &local)); /* fits */
	(void)snprintf(head, sizeof(head), "<%d>%s %s[%d]: ", SYSLOG_FACILITY_USER | row->priority,
		       date, log->id, (int)getpid()); /* fits: see LOG_ID_MAX */
	add(line, head);
	if (log->json)
		make_json(line, row, now, message, e);
	else
		add_escaped(line, message, false);
}

static void write_event(const struct log *log, enum log_level level, const char *message,
			const struct err *e)
{
	const struct level_row *row = &levels[level];
	time_t now = time(NULL);
	struct line line;

	line.length = 0;
	switch (log->kind) {
	case LOG_KIND_JOURNALD: make_journal(log, &line, row, message, e); break;
	case LOG_KIND_SYSLOG: make_syslog(log, &line, row, now, message, e); break;
	case LOG_KIND_STREAM:
		if (log->json) {
			make_json(&line, row, now, message, e);
		} else {
			add_time(&line, now);
			add(&line, " ");
			add(&line, row->name);
			add(&line, ": ");
			add_escaped(&line, message, false);
		}
		add(&line, "\n");
		break;
	}
	put(log, &line);
}

/* "...[5000 bytes]" in place of what does not fit; `full` is the length of the whole. */
static void cut(char text[static LOG_MESSAGE_MAX + 1], int full)
{
	char mark[32];

	if (full <= LOG_MESSAGE_MAX)
		return;
	int length = snprintf(mark, sizeof(mark), "...[%d bytes]", full);
	size_t keep = LOG_MESSAGE_MAX - (size_t)length;
	while (keep > 0 && ((unsigned char)text[keep] & 0xc0) == 0x80)
		keep--; /* not in the middle of a character */
	strcpy(text + keep, mark);
}

void log_line(const struct log *log, enum log_level level, const char *format, ...)
{
	char message[LOG_MESSAGE_MAX + 1];
	int saved = errno;
	va_list args;

	if (log->fd < 0 || level > log->level)
		return;
	va_start(args, format);
	int n = vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (n >= 0) {
		cut(message, n);
		write_event(log, level, message, NULL);
	}
	errno = saved;
}

void log_err(const struct log *log, const struct err *e)
{
	char message[LOG_MESSAGE_MAX + 1];
	int saved = errno;

	if (log->fd < 0)
		return;
	cut(message, err_format(e, message, sizeof(message)));
	write_event(log, LOG_LEVEL_ERROR, message, e);
	errno = saved;
}
