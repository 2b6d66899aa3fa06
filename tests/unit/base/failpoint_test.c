/* Failpoints die, fail, wait and stop as told, and misspelt ones are reported. This program is built
 * with KEG_FAILPOINTS, and runs itself as the one that is told. */
#include "base/failpoint.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"
#include "tests/unit/unit.h"

/* `failpoint_test hit`: what the tests below arm. 0 when nothing happened, else the errno. */
static int hit(void)
{
	errno = 4242;
	FAILPOINT("test.first");
	FAILPOINT("test.second");
	if (errno != 4242)
		return 99;
	return FAILPOINT_ERRNO("test.errno");
}

/* ... as the first process of a pid namespace, which signals from inside cannot kill. */
static int hit_as_first(void)
{
	int status;

	if (unshare(CLONE_NEWPID) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
		return 98;
	pid_t pid = fork();
	if (pid == 0)
		_exit(hit());
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}

struct outcome {
	int status; /* of waitpid */
	char out[4096], err[4096];
};

static pid_t start(const char *failpoint, const char *mode, int out, int err)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (failpoint)
			setenv("KEG_FAILPOINT", failpoint, 1);
		else
			unsetenv("KEG_FAILPOINT");
		dup2(out, 1);
		dup2(err, 2);
		execl("/proc/self/exe", "failpoint", mode, mode, NULL);
		_exit(96);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

static struct outcome run(const char *failpoint, const char *mode)
{
	struct outcome outcome = { 0 };
	AUTO_FILE *out = tmpfile(), *err = tmpfile();

	ck_assert(out && err);
	pid_t pid = start(failpoint, mode, fileno(out), fileno(err));
	ck_assert_int_eq(waitpid(pid, &outcome.status, 0), pid);
	rewind(out);
	rewind(err);
	(void)!fread(outcome.out, 1, sizeof(outcome.out) - 1, out); /* empty is fine */
	(void)!fread(outcome.err, 1, sizeof(outcome.err) - 1, err);
	return outcome;
}

static void exits(const char *failpoint, int status)
{
	struct outcome outcome = run(failpoint, "hit");

	ck_assert_msg(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == status,
		      "%s: status %x, \"%s\"", failpoint, outcome.status, outcome.err);
	ck_assert_str_eq(outcome.err, "");
}

static void is_refused(const char *failpoint, const char *message)
{
	struct outcome outcome = run(failpoint, "hit");

	ck_assert_msg(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 125,
		      "%s: status %x, \"%s\"", failpoint, outcome.status, outcome.err);
	ck_assert_str_eq(outcome.err, message);
}

START_TEST(nothing_happens_where_nothing_is_armed)
{
	exits(NULL, 0);
	exits("", 0);
	exits("test.other:kill", 0);
	exits("test.firs:kill,test.firstt:kill", 0);
}
END_TEST

START_TEST(kill_is_sigkill)
{
	struct outcome outcome = run("test.second:kill", "hit");

	ck_assert(WIFSIGNALED(outcome.status));
	ck_assert_int_eq(WTERMSIG(outcome.status), SIGKILL);
}
END_TEST

START_TEST(the_first_process_of_a_pid_namespace_dies_too)
{
	struct outcome outcome = run("test.first:kill", "hit-as-first");

	ck_assert_msg(WIFEXITED(outcome.status), "%x", outcome.status);
	ck_assert_int_eq(WEXITSTATUS(outcome.status), 137);
}
END_TEST

START_TEST(exit_skips_what_follows)
{
	exits("test.first:exit", 125);
	exits("test.errno:exit", 125);
}
END_TEST

START_TEST(errno_names_are_returned_and_errno_itself_is_kept)
{
	exits("test.errno:errno=ENOSPC", ENOSPC);
	exits("test.errno:errno=EPERM", EPERM);
	exits("test.other:kill,test.errno:errno=EDQUOT", EDQUOT);
}
END_TEST

START_TEST(sleep_waits_and_goes_on)
{
	struct timespec before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	exits("test.first:sleep=50,test.second:sleep=1050,test.errno:sleep=0", 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	int64_t waited_ms =
		(after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
	ck_assert_int_ge(waited_ms, 1100 - 1);
}
END_TEST

START_TEST(stop_waits_for_sigcont)
{
	int status;
	pid_t pid = start("test.first:stop", "hit", 1, 2);

	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(status));
	kill(pid, SIGCONT);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(what_cannot_be_understood_is_reported_before_main)
{
#define FORM(text) "KEG_FAILPOINT: \"" text "\" is not of the form name:action\n"
#define ACTION(text)                                                                               \
	"KEG_FAILPOINT: \"" text                                                                   \
	"\" is no action; they are kill, exit, stop, sleep=MS, errno=NAME\n"
	is_refused("test.first", FORM("test.first"));
	is_refused(":kill", FORM(":kill"));
	is_refused("test.first:kill,", FORM(""));
	is_refused("test.first:", ACTION(""));
	is_refused("test.first:die", ACTION("die"));
	is_refused("test.first:kill=1", ACTION("kill=1"));
	is_refused("test.first:sleep", ACTION("sleep"));
	is_refused("test.first:sleep=", ACTION("sleep="));
	is_refused("test.first:sleep=-1", ACTION("sleep=-1"));
	is_refused("test.first:sleep=1s", ACTION("sleep=1s"));
	is_refused("test.first:sleep=99999999999999999999", ACTION("sleep=99999999999999999999"));
	is_refused("test.errno:errno=ENOSUCH", ACTION("errno=ENOSUCH"));
	is_refused("test.errno:errno=", ACTION("errno="));
}
END_TEST

START_TEST(an_errno_where_none_can_be_returned_is_reported)
{
	is_refused("test.first:errno=ENOSPC",
		   "KEG_FAILPOINT: test.first is not where an errno can be returned\n");
}
END_TEST

START_TEST(more_than_there_is_room_for_is_refused)
{
	char many[512] = "test.other:kill", longest[2048];

	for (int i = 1; i < 16; i++)
		strcat(many, ",test.other:kill");
	exits(many, 0);
	strcat(many, ",test.first:kill");
	is_refused(many, "KEG_FAILPOINT: more than 16 failpoints\n");
	memset(longest, 'a', 1023);
	strcpy(longest + 1023 - 5, ":kill");
	exits(longest, 0);
	strcpy(longest + 1024 - 6, "a:kill");
	is_refused(longest, "KEG_FAILPOINT: longer than 1023 bytes\n");
}
END_TEST

START_TEST(every_name_in_the_program_is_listed_once)
{
	struct outcome outcome = run("list", "hit");

	ck_assert_msg(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 0, "%x",
		      outcome.status);
	char sorted[3][32] = { "" };
	int lines = sscanf(outcome.out, "%31s %31s %31s", sorted[0], sorted[1], sorted[2]);
	ck_assert_int_eq(lines, 3);
	ck_assert_ptr_nonnull(strstr(outcome.out, "test.first\n"));
	ck_assert_ptr_nonnull(strstr(outcome.out, "test.second\n"));
	ck_assert_ptr_nonnull(strstr(outcome.out, "test.errno\n"));
	ck_assert_uint_eq(strlen(outcome.out), strlen("test.first\ntest.second\ntest.errno\n"));
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *const tests[] = {
		nothing_happens_where_nothing_is_armed,
		kill_is_sigkill,
		the_first_process_of_a_pid_namespace_dies_too,
		exit_skips_what_follows,
		errno_names_are_returned_and_errno_itself_is_kept,
		sleep_waits_and_goes_on,
		stop_waits_for_sigcont,
		what_cannot_be_understood_is_reported_before_main,
		an_errno_where_none_can_be_returned_is_reported,
		more_than_there_is_room_for_is_refused,
		every_name_in_the_program_is_listed_once,
	};

	if (argc == 3 && strcmp(argv[1], "hit") == 0)
		return hit();
	if (argc == 3 && strcmp(argv[1], "hit-as-first") == 0)
		_exit(hit_as_first()); /* no thread, such as a sanitizer starts, can be made now */
	return unit_run("base/failpoint", tests, ARRAY_SIZE(tests), argc > 1 ? argv[1] : NULL);
}
