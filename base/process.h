/* process.h - other processes, held by pidfd.
 *
 * Units     : milliseconds on the monotonic clock; -1 waits for ever.
 * Ownership : pidfds are the caller's and close-on-exec.
 * Errors    : negative errno. */
#ifndef KEG_BASE_PROCESS_H
#define KEG_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

int process_open(pid_t pid); /* pidfd, -ESRCH when gone */
int process_signal(int pidfd, int signal);
/* 0 exited, -ETIMEDOUT. Works for any process, child or not. */
int process_wait_gone(int pidfd, int timeout_ms);
/* Reaps a child: its exit status as a shell gives it (128 + signal), or -errno. */
int process_reap(int pidfd, int timeout_ms);
/* /proc/PID/stat field 22, in clock ticks since boot; tells a pid from its reuse. */
int process_start_time(pid_t pid, uint64_t *out_ticks);

/* A child by vfork semantics (CLONE_VM|CLONE_VFORK, own stack): cheap from a large parent. */
struct process_spawn {
	const char *path; /* executed as it is, no PATH search */
	char *const *argv;
	char *const *envp;
	int stdin_fd, stdout_fd, stderr_fd; /* -1: /dev/null for stdin, inherited for the others */
	int cwd_fd;			    /* -1: inherited */
	bool new_session;
};
/* pid >= 0 and *out_pidfd, or -errno, which is also execve's (nothing runs then). Signals are
 * reset to default and unblocked in the child, and no other descriptor is inherited. */
pid_t process_spawn(const struct process_spawn *what, int *out_pidfd);

#endif
