/* launch.h - a plan being run: the two processes, what they share, how they meet.
 *
 * The parent calls launch_start(); it returns when init stands at the "ready" barrier: everything
 * that can fail before the start has not failed. launch_release() lets init go on to the exec.
 *
 *   parent                                  init
 *   rows up to `namespaces` ── clone3 ──▶   waits at each barrier for the parent
 *   own rows ... barrier  ◀── REACHED ───   own rows ... barrier
 *                         ─── GO ──────▶
 *   ERROR (a whole struct err) travels the same socket at any time and ends both.
 *
 * When the parent dies, init reads end-of-file (or gets its death signal) and exits: nothing stays.
 *
 * Ownership : the caller owns the struct; launch_done closes what is open. Descriptors are -1 when not there.
 * Never     : used from a process with threads. */
#ifndef KEG_RUNTIME_LAUNCH_H
#define KEG_RUNTIME_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "cgroups/cgroup.h"
#include "runtime/capabilities.h"
#include "runtime/plan.h"

struct launch {
	const struct plan *plan;
	size_t position; /* the row this process is at */

	/* parent */
	struct cgroup *cgroup; /* NULL without one */
	int pidfd;
	pid_t pid;	 /* init, as the parent sees it; 0 in init itself, -1 before the clone */
	pid_t outer_pid; /* in init: its pid as the parent sees it */

	int lock_fd; /* the container's lock, borrowed; init must not keep it held */

	/* both ends of one socket: the parent's in the parent, init's in init */
	int sync_fd;
	int init_sync_fd; /* init's end until the clone */

	/* init */
	int root_fd;	   /* the container's root */
	int proc_fd;	   /* procfs_open()'s */
	int start_fifo_fd; /* init waits here for `start`; -1: goes on at once */
	int terminal_fd;   /* where the pty's master is sent: console socket or the parent */
	int preserve_fds;  /* 3 .. 2+N stay open over exec */
	int last_capability;
	int masked_directory_fd; /* masks.c: the first masked directory */
	const char *executable;	 /* found by the executable step */
	char executable_buffer[4096];
};

void launch_init(struct launch *launch, const struct plan *plan);
void launch_done(struct launch *launch);

/* Runs the parent's rows until init is ready. On failure init is dead and reaped. */
int launch_start(struct launch *launch, struct err *e);
/* Lets init go on. With `wait_exec` also waits for its execve: 0, or its error. */
int launch_release(struct launch *launch, bool wait_exec, struct err *e);
/* SIGKILL and reap. -ETIMEDOUT when it has not gone after CONTAINER_KILL_TIMEOUT_MS. */
int launch_abort(struct launch *launch);
/* The same after a failure: *e, which tells that one, also tells of a process that stays. Returns -1. */
int launch_failed(struct launch *launch, struct err *e);

/* Init never returns from this. */
void launch_run_init(struct launch *launch) __attribute__((noreturn));

extern const struct step_kind barrier_step; /* object: its name */
extern const struct step_kind ready_step;   /* the last barrier */
extern const struct step_kind wait_start_step;

#endif
