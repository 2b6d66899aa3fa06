/* process.h - other processes, held by pidfd.
 *
 * Units     : milliseconds on the monotonic clock; -1 waits for ever.
 * Ownership : pidfds are the caller's and close-on-exec.
 * Errors    : negative errno.
 * Source    : pidfd_open(2), waitid(2), clone(2), proc_pid_stat(5).
 * Never     : names a process by number where a pidfd would do; a number may be somebody else's
 *             by the time it is used. */
#ifndef KEG_BASE_PROCESS_H
#define KEG_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

int process_open(pid_t pid); /* pidfd, -ESRCH when gone */
/* 0 also for a zombie, -ESRCH when it was reaped; signal 0 only asks. */
int process_signal(int pidfd, int signal);
/* 0 exited, -ETIMEDOUT. Works for any process, child or not; a zombie has exited. */
int process_wait_gone(int pidfd, int timeout_ms);
/* Reaps a child: its exit status as a shell gives it (128 + signal), or -errno: -ETIMEDOUT,
 * -ECHILD at once for what is no child of ours or was reaped. */
int process_reap(int pidfd, int timeout_ms);
/* /proc/PID/stat field 22, in clock ticks since boot; tells a pid from its reuse. -ESRCH when gone.
 * Allocates nothing. */
int process_start_time(pid_t pid, uint64_t *out_ticks);

/* A child by vfork semantics (CLONE_VM|CLONE_VFORK, own stack): cheap from a large parent, and safe
 * from any thread of one; only the calling thread waits, until the child has executed. */
struct process_spawn {
	const char
		*path; /* executed as it is, no PATH search; relative to cwd_fd when that is set */
	char *const *argv;
	char *const *envp;
	int stdin_fd, stdout_fd, stderr_fd; /* -1: /dev/null for stdin, inherited for the others */
	int cwd_fd;			    /* -1: inherited; may be O_PATH */
	bool new_session;
	bool dies_with_parent; /* SIGKILL when the calling thread ends, PR_SET_PDEATHSIG(2const) */
};
#define PROCESS_SPAWN_INIT                                                                         \
	((struct process_spawn){ .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .cwd_fd = -1 })
/* pid > 0 and *out_pidfd, or -errno, which is also execve's (nothing runs then, and no SIGCHLD
 * comes). Every signal is reset to default and unblocked in the child, also those that were
 * ignored, and no other descriptor is inherited. The three descriptors may be any, in any
 * order, the same one too. */
pid_t process_spawn(const struct process_spawn *what, int *out_pidfd);

#endif
