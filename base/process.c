/* process.c - see process.h. */
#include "base/process.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/sys.h"

/* -- held by pidfd ------------------------------------------------------------------------------ */

int process_open(pid_t pid)
{
	int fd = sys_pidfd_open(pid, 0); /* close-on-exec is the kernel's default */

	return fd < 0 ? -errno : fd;
}

int process_signal(int pidfd, int signal)
{
	return sys_pidfd_send_signal(pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int process_wait_gone(int pidfd, int timeout_ms)
{
	struct pollfd wait = { .fd = pidfd, .events = POLLIN };
	int64_t until = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	int left_ms = timeout_ms;

	if (pidfd < 0)
		return -EBADF; /* poll would pass over it */
	for (;;) {
		int n = poll(&wait, 1, left_ms);
		if (n > 0)
			return wait.revents & POLLNVAL ? -EBADF : 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (until >= 0) {
			int64_t left = until - now_ms();
			if (left <= 0 && n == 0)
				return -ETIMEDOUT;
			left_ms = left > 0 ? (int)left : 0;
		}
	}
}

/* 1 and the status when reaped, 0 when it still runs. __WALL also finds a child of process_spawn that
 * was killed before it had executed, and so has no exit signal. */
static int reap(int pidfd, int flags, int *out_status)
{
	siginfo_t info = { 0 };
	int r;

	do
		r = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL | flags);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (info.si_pid == 0)
		return 0;
	*out_status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	return 1;
}

int process_reap(int pidfd, int timeout_ms)
{
	int status;
	int r = reap(pidfd, WNOHANG,
		     &status); /* first, since what is no child is not worth waiting for */

	if (r == 0) {
		r = process_wait_gone(pidfd, timeout_ms);
		if (r == 0)
			r = reap(pidfd, WNOHANG, &status);
		if (r == 0)
			return -ECHILD; /* gone, but a tracer of ours has it first */
	}
	return r < 0 ? r : status;
}

int process_start_time(pid_t pid, uint64_t *out_ticks)
{
	char path[32], stat[4096];

	if (pid <= 0)
		return -EINVAL;
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid); /* fits */
	ssize_t n = file_read_small(AT_FDCWD, path, stat, sizeof(stat));
	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	/* "1 (a name) with ) in it) S 0 ...": the name ends at the last parenthesis. */
	const char *at = strrchr(stat, ')');
	for (int field = 3; at && field <= 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -EIO;
	*out_ticks = strtoull(at + 1, NULL, 10);
	return 0;
}

/* -- spawn -------------------------------------------------------------------------------------- */

/* From clone to execve the child runs in the memory of its parent: only system calls, nothing that
 * locks or allocates, no handler may run, and the parent's thread is stopped meanwhile. */
struct spawn {
	const struct process_spawn *what;
	pid_t parent;
	volatile int error; /* written by the child, in our memory */
};

/* The kernel's own struct and size: glibc's sigaction refuses its two internal signals, and its
 * sigset_t is larger. All zero bytes say SIG_DFL, no flags and no mask on both architectures. */
#define KERNEL_SIGNALS 64
#define KERNEL_SIGSET_BYTES 8
struct kernel_sigaction {
	unsigned long words[4];
};

/* A parent that died before is no longer the parent. */
static int follow_parent(const struct spawn *spawn)
{
	if (!spawn->what->dies_with_parent)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	if (getppid() != spawn->parent)
		_exit(127);
	return 0;
}

static int lift_fd(int fd)
{
	return fd >= 0 && fd <= 2 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : fd;
}

/* Sources in 0..2 are copied above 2 first, so that no dup2 overwrites one that is still to come, and
 * so that a descriptor that stays where it is loses close-on-exec as well. */
static int place_stdio(const struct process_spawn *what)
{
	int source[3] = { what->stdin_fd, what->stdout_fd, what->stderr_fd };

	for (int i = 0; i < 3; i++) {
		int fd = lift_fd(source[i]);
		if (source[i] >= 0 && fd < 0)
			return -1;
		source[i] = fd;
	}
	if (source[0] < 0) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		source[0] = lift_fd(null); /* 1 or 2 when those are closed here: they stay closed */
		if (source[0] < 0)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (source[i] >= 0 && dup2(source[i], i) < 0)
			return -1;
	return 0;
}

__attribute__((no_sanitize("address"))) static int spawn_child(void *argument)
{
	struct spawn *spawn = argument;
	const struct process_spawn *what = spawn->what;
	static const struct kernel_sigaction by_default;
	static const uint64_t none;

	for (int i = 1; i <= KERNEL_SIGNALS; i++)
		(void)syscall(
			SYS_rt_sigaction, i, &by_default, NULL,
			KERNEL_SIGSET_BYTES); /* SIGKILL and SIGSTOP refuse, and need nothing */
	if (follow_parent(spawn) < 0 || (what->new_session && setsid() < 0) ||
	    place_stdio(what) < 0 || (what->cwd_fd >= 0 && fchdir(what->cwd_fd) < 0) ||
	    sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0 ||
	    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, KERNEL_SIGSET_BYTES) < 0)
		spawn->error = errno;
	else
		execve(what->path, what->argv, what->envp);
	if (!spawn->error)
		spawn->error = errno;
	_exit(127);
}

/* fchdir refuses nothing that O_PATH gives; a stack for a child that calls a few levels deep, with no
 * handler on it, lies in the frame of the parent that waits for it. */
#define SPAWN_STACK_BYTES (32 * 1024)

pid_t process_spawn(const struct process_spawn *what, int *out_pidfd)
{
	struct spawn spawn = { .what = what, .parent = getpid() };
	char stack[SPAWN_STACK_BYTES] __attribute__((aligned(16)));
	static const uint64_t all = ~(uint64_t)0;
	uint64_t before;
	int pidfd = -1;

	/* All of them, glibc's internal ones too: a handler in the child would run in our memory. */
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, KERNEL_SIGSET_BYTES) < 0)
		return -errno;
	/* No exit signal: a child that cannot execute is our affair alone. execve sets SIGCHLD. */
	pid_t pid = clone(spawn_child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
			  &spawn, &pidfd);
	int error = pid < 0 ? errno : spawn.error;
	if (pid > 0 && error) {
		int status;
		(void)reap(pidfd, 0, &status); /* it is on its way out, so this ends */
		(void)close(pidfd);	       /* as every close of ours */
	}
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL,
		      KERNEL_SIGSET_BYTES); /* a mask that was in force is a valid one */
	if (error)
		return -error;
	*out_pidfd = pidfd;
	return pid;
}
