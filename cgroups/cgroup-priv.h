/* cgroup-priv.h - what the files of this folder share.
 *
 * Errors    : functions without `struct err` return negative errno.
 * Never     : used outside of cgroups/ and its tests. */
#ifndef KEG_CGROUPS_CGROUP_PRIV_H
#define KEG_CGROUPS_CGROUP_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "cgroups/cgroup.h"

struct cgroup {
	int fd;	    /* O_PATH|O_DIRECTORY */
	bool fresh; /* this process made it, so nobody attached a program to it before */
	char path[];
};

/* Ends a public function's failure path: `return cgroup_failed(e, err_sys(e, "..."));` */
static inline int cgroup_failed(struct err *e, int result)
{
	(void)result; /* always -1; taken so that the error is filled before it is annotated */
	return err_phase(e, PHASE_CGROUP);
}

/* The bits of a list such as "cpuset cpu io memory"; words nobody knows are passed over. */
unsigned cgroup_controllers_from_text(const char *text);

/* cgroup.events, by an open descriptor. */
int cgroup_events_parse(int events_fd, bool *out_populated, bool *out_frozen);

/* Waits until the events file says so. 0, -ETIMEDOUT or -errno (-ENODEV: the cgroup is gone). */
enum cgroup_event { CGROUP_EVENT_POPULATED, CGROUP_EVENT_FROZEN };
int cgroup_events_wait(int events_fd, enum cgroup_event event, bool value, int64_t deadline_ns);
int64_t cgroup_deadline(int timeout_ms); /* CLOCK_MONOTONIC in ns; -1 never ends */

/* Depth first, holding one descriptor whatever the depth. `enter` gets each directory, the first
 * one included; `leave` gets each below the first when all under it was left, with its parent.
 * Either may be NULL; a negative return ends the walk. */
struct cgroup_walk {
	int (*enter)(int fd, void *context);
	int (*leave)(int parent_fd, const char *name, void *context);
	void *context;
};
int cgroup_walk(int fd, const struct cgroup_walk *walk);

/* Kernels before 5.14 have no cgroup.kill: freeze, SIGKILL to each, thaw. */
int cgroup_kill_each(const struct cgroup *cgroup, int64_t deadline_ns, struct err *e);

/* Names a process that is still in the cgroup, preferring one in uninterruptible sleep: "process 12
 * (dd) in state D in nfs_wait"; "" when there is none. */
void cgroup_survivor(const struct cgroup *cgroup, char *out, size_t size);

#endif
