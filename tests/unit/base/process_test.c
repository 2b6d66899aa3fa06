/* Children made with vfork semantics, and processes held, awaited and told apart by pidfd. */
#include "base/process.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "base/sys.h"
#include "tests/unit/base/scratch.h"

static char *const empty[] = { NULL };

static pid_t spawn(const struct process_spawn *what, int *out_pidfd)
{
	pid_t pid = process_spawn(what, out_pidfd);

	ck_assert_msg(pid > 0, "spawn: %s", strerror(-pid));
	return pid;
}

/* What the program writes to stdout; it must exit with 0. */
static const char *output_of(struct process_spawn what)
{
	static char text[65536];
	int ends[2], pidfd;
	size_t length = 0;
	ssize_t n;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	what.stdout_fd = ends[1];
	spawn(&what, &pidfd);
	close(ends[1]);
	while ((n = read(ends[0], text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	close(ends[0]);
	ck_assert_int_eq(process_reap(pidfd, -1), 0);
	close(pidfd);
	return text;
}

static struct process_spawn program(const char *path, char *const *argv)
{
	struct process_spawn what = PROCESS_SPAWN_INIT;

	what.path = path;
	what.argv = argv;
	what.envp = empty;
	return what;
}

static struct process_spawn shell(const char *script)
{
	static char sh[] = "sh", dash_c[] = "-c";
	static char *argv[] = { sh, dash_c, NULL, NULL };

	argv[2] = (char *)(uintptr_t)script;
	return program("/bin/sh", argv);
}

static int run(const char *script)
{
	struct process_spawn what = shell(script);
	int pidfd;

	spawn(&what, &pidfd);
	int status = process_reap(pidfd, -1);
	close(pidfd);
	return status;
}

/* -- spawn -------------------------------------------------------------------------------------- */

START_TEST(arguments_environment_and_exit_status_get_through)
{
	char *argv[] = { (char[]){ "sh" },   (char[]){ "-c" },	    (char[]){ "echo \"$0 $1 $K\"" },
			 (char[]){ "zero" }, (char[]){ "one two" }, NULL };
	char *envp[] = { (char[]){ "K=value" }, NULL };
	struct process_spawn what = program("/bin/sh", argv);

	what.envp = envp;
	ck_assert_str_eq(output_of(what), "zero one two value\n");
	ck_assert_int_eq(run("exit 0"), 0);
	ck_assert_int_eq(run("exit 7"), 7);
	ck_assert_int_eq(run("exit 255"), 255);
	ck_assert_int_eq(run("kill -9 $$"), 128 + 9);
	ck_assert_int_eq(run("kill -15 $$"), 128 + 15);
}
END_TEST

START_TEST(what_cannot_be_executed_gives_the_errno_of_execve_and_leaves_nothing)
{
	struct scratch s = scratch_new();
	char path[PATH_MAX + 16];
	static char long_argument[256 * 1024];
	char *argv[] = { (char[]){ "x" }, NULL, NULL };
	sigset_t child, pending;
	int pidfd = 4242, before = open_descriptors();

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);

	struct process_spawn what = program("/no/such/program", argv);
	ck_assert_int_eq(process_spawn(&what, &pidfd), -ENOENT);
	what.path = "/etc/passwd";
	ck_assert_int_eq(process_spawn(&what, &pidfd), -EACCES);
	what.path = "/etc/passwd/x";
	ck_assert_int_eq(process_spawn(&what, &pidfd), -ENOTDIR);
	scratch_write(&s, "f", "no program\n");
	snprintf(path, sizeof(path), "%s/f", s.path);
	ck_assert_int_eq(chmod(path, 0755), 0);
	what.path = path;
	ck_assert_int_eq(process_spawn(&what, &pidfd), -ENOEXEC);
	memset(long_argument, 'a', sizeof(long_argument) - 1); /* MAX_ARG_STRLEN is 128 KiB */
	argv[1] = long_argument;
	what.path = "/bin/true";
	ck_assert_int_eq(process_spawn(&what, &pidfd), -E2BIG);
	argv[1] = NULL;
	what.stdout_fd = 9999;
	ck_assert_int_eq(process_spawn(&what, &pidfd), -EBADF);
	what.stdout_fd = -1;
	what.cwd_fd = STDIN_FILENO;
	int not_a_directory = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	what.cwd_fd = not_a_directory;
	ck_assert_int_eq(process_spawn(&what, &pidfd), -ENOTDIR);
	close(not_a_directory);

	ck_assert_int_eq(pidfd, 4242);
	ck_assert_int_eq(open_descriptors(), before);
	sigpending(&pending);
	ck_assert_int_eq(sigismember(&pending, SIGCHLD), 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	ck_assert_int_eq(errno, ECHILD);
	scratch_done(&s);
}
END_TEST

START_TEST(no_process_can_be_made_above_the_limit_of_processes)
{
	struct process_spawn what = shell("exit 0");
	int pidfd;

	pid_t pid = fork();
	if (pid == 0) {
		/* Root is exempt by its capabilities. */
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(2);
		setrlimit(RLIMIT_NPROC, &(struct rlimit){ 0, 0 });
		_exit(process_spawn(&what, &pidfd) == -EAGAIN ? 0 : 1);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_spawned_child_sends_sigchld_when_it_ends)
{
	sigset_t child, before;
	struct process_spawn what = shell("exit 0");
	int pidfd;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	pid_t pid = spawn(&what, &pidfd);
	siginfo_t info;
	ck_assert_int_eq(sigtimedwait(&child, &info, &(struct timespec){ .tv_sec = 60 }), SIGCHLD);
	ck_assert_int_eq(info.si_pid, pid);
	ck_assert_int_eq(process_reap(pidfd, 0), 0);
	close(pidfd);
}
END_TEST

START_TEST(no_descriptor_but_the_three_is_inherited)
{
	int high = fcntl(0, F_DUPFD, 200);

	for (int i = 0; i < 10; i++)
		ck_assert_int_ge(open("/dev/null", O_RDONLY), 0); /* not close-on-exec */
	ck_assert_int_ge(high, 200);
	ck_assert_str_eq(output_of(shell("ls /proc/$$/fd; :")), "0\n1\n2\n");
	ck_assert_int_ge(fcntl(high, F_GETFD), 0);
}
END_TEST

START_TEST(stdin_is_dev_null_unless_given)
{
	ck_assert_str_eq(output_of(shell("readlink /proc/$$/fd/0")), "/dev/null\n");
	ck_assert_str_eq(output_of(shell("cat | wc -c")), "0\n");
}
END_TEST

START_TEST(descriptors_may_be_crossed_and_shared)
{
	struct scratch s = scratch_new();
	struct process_spawn what = shell("echo out; echo err >&2; cat <&0 >&2");
	int pidfd;

	scratch_write(&s, "in", "input\n");
	/* stdout comes from 0 and stdin from 1: each would overwrite the other. */
	int in = openat(s.fd, "in", O_RDONLY | O_CLOEXEC);
	int out = openat(s.fd, "out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int err = openat(s.fd, "err", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int saved[3] = { fcntl(0, F_DUPFD_CLOEXEC, 10), fcntl(1, F_DUPFD_CLOEXEC, 10),
			 fcntl(2, F_DUPFD_CLOEXEC, 10) };
	dup2(out, 0);
	dup3(in, 1, O_CLOEXEC);
	dup3(err, 2, O_CLOEXEC);
	what.stdin_fd = 1;
	what.stdout_fd = 0;
	what.stderr_fd = 2; /* stays where it is, and loses close-on-exec */
	pid_t pid = process_spawn(&what, &pidfd);
	for (int i = 0; i < 3; i++)
		dup2(saved[i], i);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(process_reap(pidfd, -1), 0);
	ck_assert_str_eq(scratch_read(&s, "out"), "out\n");
	ck_assert_str_eq(scratch_read(&s, "err"), "err\ninput\n");

	int both = openat(s.fd, "both", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	what = shell("echo out; echo err >&2");
	what.stdout_fd = what.stderr_fd = both;
	spawn(&what, &pidfd);
	ck_assert_int_eq(process_reap(pidfd, -1), 0);
	ck_assert_str_eq(scratch_read(&s, "both"), "out\nerr\n");
	scratch_done(&s);
}
END_TEST

START_TEST(a_parent_without_stdio_can_spawn)
{
	struct scratch s = scratch_new();
	struct process_spawn what = shell("cd /proc/$$/fd; ls -d 0 1 2; readlink 0");
	int pidfd, out = openat(s.fd, "out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int saved[3] = { fcntl(0, F_DUPFD_CLOEXEC, 10), fcntl(1, F_DUPFD_CLOEXEC, 10),
			 fcntl(2, F_DUPFD_CLOEXEC, 10) };

	for (int i = 0; i < 3; i++)
		close(i);
	what.stdout_fd = what.stderr_fd = out;
	pid_t pid = process_spawn(&what, &pidfd);
	pidfd = fcntl(pidfd, F_DUPFD_CLOEXEC, 10); /* it was born as 0 */
	for (int i = 0; i < 3; i++)
		dup2(saved[i], i);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(process_reap(pidfd, -1), 0);
	ck_assert_str_eq(scratch_read(&s, "out"), "0\n1\n2\n/dev/null\n");
	scratch_done(&s);
}
END_TEST

static void ignore(int number)
{
	(void)number;
}

START_TEST(signals_are_reset_and_unblocked_in_the_child_and_kept_in_the_parent)
{
	sigset_t set, after;
	struct sigaction now;
	char *argv[] = { (char[]){ "sed" }, (char[]){ "-n" }, (char[]){ "/^Sig[BIC]/p" },
			 (char[]){ "/proc/self/status" }, NULL };

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGRTMAX, SIG_IGN);
	signal(SIGUSR1, ignore);
	ck_assert_str_eq(output_of(program("/bin/sed", argv)), "SigBlk:\t0000000000000000\n"
							       "SigIgn:\t0000000000000000\n"
							       "SigCgt:\t0000000000000000\n");
	sigprocmask(SIG_BLOCK, NULL, &after);
	ck_assert_int_eq(sigismember(&after, SIGTERM), 1);
	ck_assert_int_eq(sigismember(&after, SIGRTMAX), 1);
	sigaction(SIGPIPE, NULL, &now);
	ck_assert_ptr_eq((void *)now.sa_handler, (void *)SIG_IGN);
	sigaction(SIGUSR1, NULL, &now);
	ck_assert_ptr_eq((void *)now.sa_handler, (void *)ignore);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	ck_assert_int_eq(run("exit 0"), 0);
	sigprocmask(SIG_BLOCK, NULL, &after);
	ck_assert_int_eq(sigismember(&after, SIGTERM), 0);
}
END_TEST

START_TEST(the_working_directory_is_a_descriptor_and_the_path_relative_to_it)
{
	struct process_spawn what = shell("pwd -P");
	int dir = open("/usr/bin", O_PATH | O_DIRECTORY | O_CLOEXEC);

	what.cwd_fd = dir;
	ck_assert_str_eq(output_of(what), "/usr/bin\n");
	what.path = "./env";
	char *argv[] = { (char[]){ "env" }, (char[]){ "pwd" }, NULL };
	what.argv = argv;
	ck_assert_str_eq(output_of(what), "/usr/bin\n");
	close(dir);
}
END_TEST

START_TEST(a_new_session_is_led_by_the_child)
{
	struct process_spawn what =
		shell("read pid name state parent group session rest"
		      " </proc/$$/stat; echo $((session - pid)) $((group - pid))");
	const char *inherited = output_of(what);

	ck_assert_str_ne(inherited, "0 0\n");
	what.new_session = true;
	ck_assert_str_eq(output_of(what), "0 0\n");
}
END_TEST

START_TEST(a_program_held_by_a_descriptor_can_be_executed)
{
	char path[64];
	char *argv[] = { (char[]){ "true" }, NULL };
	int pidfd, fd = open("/bin/true", O_RDONLY | O_CLOEXEC);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct process_spawn what = program(path, argv);
	spawn(&what, &pidfd);
	ck_assert_int_eq(process_reap(pidfd, -1), 0);
}
END_TEST

static atomic_int noise_over;

static void *make_noise(void *argument)
{
	while (!noise_over) {
		kill(getpid(), SIGUSR1);
		sched_yield();
	}
	return argument;
}

static void *spawn_many(void *argument)
{
	for (int i = 0; i < 60; i++) {
		char script[32];
		int pidfd, want = (int)(intptr_t)argument + i;
		char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, script, NULL };
		struct process_spawn what = program(i % 3 ? "/bin/sh" : "/none", argv);

		snprintf(script, sizeof(script), "exit %d", want);
		pid_t pid = process_spawn(&what, &pidfd);
		if (i % 3 == 0) {
			if (pid != -ENOENT)
				return (void *)"a program that is not there was executed";
			continue;
		}
		if (pid < 0 || process_reap(pidfd, -1) != want)
			return (void *)"a child did not end as it should";
		close(pidfd);
	}
	return NULL;
}

START_TEST(threads_may_spawn_side_by_side_under_a_storm_of_signals)
{
	pthread_t threads[3], noise;
	void *wrong;

	signal(SIGUSR1, ignore);
	int before = open_descriptors();
	ck_assert_int_eq(pthread_create(&noise, NULL, make_noise, NULL), 0);
	for (intptr_t i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, spawn_many, (void *)(i * 60)),
				 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], &wrong);
		ck_assert_msg(!wrong, "%s", (const char *)wrong);
	}
	noise_over = 1;
	pthread_join(noise, NULL);
	ck_assert_int_eq(open_descriptors(), before);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG | __WALL), -1);
}
END_TEST

static void *spawn_on_a_small_stack(void *argument)
{
	struct process_spawn what = shell("exit 3");
	int pidfd;
	pid_t pid = process_spawn(&what, &pidfd);

	*(int *)argument = pid < 0 ? pid : process_reap(pidfd, -1);
	return NULL;
}

START_TEST(a_worker_with_a_stack_of_128_kib_can_spawn)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int status = -1;

	pthread_attr_init(&attributes);
	ck_assert_int_eq(pthread_attr_setstacksize(&attributes, 128 * 1024), 0);
	ck_assert_int_eq(pthread_create(&thread, &attributes, spawn_on_a_small_stack, &status), 0);
	pthread_join(thread, NULL);
	ck_assert_int_eq(status, 3);
}
END_TEST

/* -- waiting and reaping ------------------------------------------------------------------------ */

START_TEST(waiting_ends_with_a_timeout_or_the_process)
{
	struct process_spawn what = shell("read line");
	int ends[2], pidfd;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	what.stdin_fd = ends[0];
	spawn(&what, &pidfd);
	close(ends[0]);
	ck_assert_int_eq(process_wait_gone(pidfd, 0), -ETIMEDOUT);
	ck_assert_int_eq(process_wait_gone(pidfd, 20), -ETIMEDOUT);
	ck_assert_int_eq(process_reap(pidfd, 0), -ETIMEDOUT);
	ck_assert_int_eq(process_reap(pidfd, 20), -ETIMEDOUT);
	ck_assert_int_eq(process_signal(pidfd, 0), 0);
	ck_assert_int_eq(write(ends[1], "\n", 1), 1);
	close(ends[1]);
	ck_assert_int_eq(process_wait_gone(pidfd, -1), 0);
	ck_assert_int_eq(process_wait_gone(pidfd, 0), 0); /* a zombie is still gone */
	ck_assert_int_eq(process_signal(pidfd, 0), 0);
	ck_assert_int_eq(process_reap(pidfd, 0), 0);
	ck_assert_int_eq(process_reap(pidfd, -1), -ECHILD);
	ck_assert_int_eq(process_signal(pidfd, 0), -ESRCH);
	ck_assert_int_eq(process_wait_gone(pidfd, -1), 0);
	close(pidfd);
}
END_TEST

START_TEST(a_signal_handler_does_not_end_a_wait)
{
	struct process_spawn what = shell("read line");
	struct sigaction interrupting = { .sa_handler = ignore };
	int ends[2], pidfd;

	sigaction(SIGALRM, &interrupting, NULL);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	what.stdin_fd = ends[0];
	spawn(&what, &pidfd);
	close(ends[0]);
	setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 5000 }, { 0, 5000 } }, NULL);
	ck_assert_int_eq(process_wait_gone(pidfd, 100), -ETIMEDOUT);
	ck_assert_int_eq(process_reap(pidfd, 100), -ETIMEDOUT);
	close(ends[1]);
	ck_assert_int_eq(process_reap(pidfd, -1), 1);
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	close(pidfd);
}
END_TEST

START_TEST(a_process_that_is_no_child_can_be_awaited_but_not_reaped)
{
	/* The shell leaves a grandchild that holds the pipe open, and says its pid. */
	int ends[2], hold[2], pidfd;
	char text[32] = "";
	struct process_spawn what = shell("read line <&0 & echo $!");

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(hold, O_CLOEXEC), 0);
	what = shell("exec 3<&0; sh -c 'read line' <&3 & echo $!");
	what.stdin_fd = hold[0];
	what.stdout_fd = ends[1];
	spawn(&what, &pidfd);
	close(hold[0]);
	ck_assert_int_gt(read(ends[0], text, sizeof(text) - 1), 0);
	ck_assert_int_eq(process_reap(pidfd, -1), 0);
	close(pidfd);
	pidfd = process_open(atoi(text));
	ck_assert_int_ge(pidfd, 0);
	ck_assert_int_eq(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(process_reap(pidfd, -1), -ECHILD); /* at once, though it lives */
	ck_assert_int_eq(process_wait_gone(pidfd, 0), -ETIMEDOUT);
	close(hold[1]);
	ck_assert_int_eq(process_wait_gone(pidfd, -1), 0);
	close(pidfd);
}
END_TEST

START_TEST(a_signal_goes_to_the_process_that_is_held)
{
	struct process_spawn what = shell("read line");
	int ends[2], pidfd;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	what.stdin_fd = ends[0];
	pid_t pid = spawn(&what, &pidfd);
	ck_assert_int_eq(process_signal(pidfd, 9999), -EINVAL);
	ck_assert_int_eq(process_signal(pidfd, SIGTERM), 0);
	ck_assert_int_eq(process_reap(pidfd, -1), 128 + SIGTERM);
	ck_assert_int_eq(process_signal(pidfd, SIGTERM), -ESRCH);
	ck_assert_int_eq(process_open(pid), -ESRCH);
	ck_assert_int_eq(process_open(0), -EINVAL);
	ck_assert_int_eq(process_wait_gone(-1, -1), -EBADF); /* poll(2) would skip it, for ever */
	int closed = dup(pidfd);
	close(closed);
	ck_assert_int_eq(process_wait_gone(closed, -1), -EBADF);
	ck_assert_int_eq(process_reap(closed, -1), -EBADF);
	close(pidfd);
}
END_TEST

/* -- start times -------------------------------------------------------------------------------- */

START_TEST(a_name_full_of_parentheses_does_not_confuse_the_start_time)
{
	uint64_t before = 0, after = 0;

	ck_assert_int_eq(process_start_time(getpid(), &before), 0);
	ck_assert_uint_gt(before, 0);
	ck_assert_int_eq(prctl(PR_SET_NAME, ") 1 ) S 2 (", 0, 0, 0), 0);
	ck_assert_int_eq(process_start_time(getpid(), &after), 0);
	ck_assert_uint_eq(before, after);
	ck_assert_int_eq(process_start_time(0, &after), -EINVAL);
	ck_assert_int_eq(process_start_time(-1, &after), -EINVAL);
	ck_assert_int_eq(process_start_time(INT32_MAX, &after), -ESRCH);
	ck_assert_uint_eq(before, after);
}
END_TEST

START_TEST(a_pid_used_again_has_another_start_time)
{
	pid_t wanted = 0;
	uint64_t times[2] = { 0, 0 };

	for (int i = 0; i < 2; i++) {
		struct clone_args args = {
			.exit_signal = SIGCHLD,
			.set_tid = wanted ? (uintptr_t)&wanted : 0,
			.set_tid_size = wanted ? 1 : 0,
		};
		long pid = sys_clone3(&args, sizeof(args));
		if (pid == 0) {
			pause();
			_exit(0);
		}
		ck_assert_msg(pid > 0, "choosing a pid needs root: %s", strerror(errno));
		wanted = (pid_t)pid;
		ck_assert_int_eq(process_start_time(wanted, &times[i]), 0);
		kill(wanted, SIGKILL);
		ck_assert_int_eq(waitpid(wanted, NULL, 0), wanted);
		ck_assert_int_eq(process_start_time(wanted, &(uint64_t){ 0 }), -ESRCH);
		/* A few clock ticks; the kernel goes through all pids before it uses one again. */
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	}
	ck_assert_uint_lt(times[0], times[1]);
}
END_TEST

UNIT_MAIN("base/process", arguments_environment_and_exit_status_get_through,
	  what_cannot_be_executed_gives_the_errno_of_execve_and_leaves_nothing,
	  no_process_can_be_made_above_the_limit_of_processes,
	  a_spawned_child_sends_sigchld_when_it_ends, no_descriptor_but_the_three_is_inherited,
	  stdin_is_dev_null_unless_given, descriptors_may_be_crossed_and_shared,
	  a_parent_without_stdio_can_spawn,
	  signals_are_reset_and_unblocked_in_the_child_and_kept_in_the_parent,
	  the_working_directory_is_a_descriptor_and_the_path_relative_to_it,
	  a_new_session_is_led_by_the_child, a_program_held_by_a_descriptor_can_be_executed,
	  threads_may_spawn_side_by_side_under_a_storm_of_signals,
	  a_worker_with_a_stack_of_128_kib_can_spawn, waiting_ends_with_a_timeout_or_the_process,
	  a_signal_handler_does_not_end_a_wait,
	  a_process_that_is_no_child_can_be_awaited_but_not_reaped,
	  a_signal_goes_to_the_process_that_is_held,
	  a_name_full_of_parentheses_does_not_confuse_the_start_time,
	  a_pid_used_again_has_another_start_time)
