/* cgroup.h - one cgroup of the v2 hierarchy: made, entered, watched, frozen, killed, removed.
 *
 * The hierarchy is a descriptor ("tree"), so that it does not matter where cgroup2 is mounted on
 * the host, or whether it is. Paths are relative to that tree's root, begin with '/', and are what
 * the caller's cgroup namespace shows: "/pods/web-1".
 *
 * Units     : milliseconds (`timeout_ms`), pids as seen in the caller's pid namespace.
 * Ownership : the tree is the caller's; a cgroup keeps its own descriptor and needs no tree after
 *             it was opened. What is listed is malloc'ed and the caller's.
 * Errors    : phase PHASE_CGROUP is set on each; ERR_UNSUPPORTED for a controller or a kernel
 *             feature that is missing, ERR_INVALID for a path or value that cannot be, ERR_GONE for
 *             a cgroup that was removed, ERR_TIMEOUT when a bounded wait ended.
 * Source    : kernel Documentation/admin-guide/cgroup-v2.rst, cgroups(7), clone(2).
 * Never     : logs, keeps process-wide state, touches cgroup v1, allocates in cgroup_enter. */
#ifndef KEG_CGROUPS_CGROUP_H
#define KEG_CGROUPS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum cgroup_controller {
	CGROUP_CPU = 1 << 0,
	CGROUP_CPUSET = 1 << 1,
	CGROUP_IO = 1 << 2,
	CGROUP_MEMORY = 1 << 3,
	CGROUP_HUGETLB = 1 << 4,
	CGROUP_PIDS = 1 << 5,
	CGROUP_RDMA = 1 << 6,
	CGROUP_MISC = 1 << 7,
	CGROUP_DMEM = 1 << 8,
	CGROUP_ALL = (1 << 9) - 1,
};

/* Who makes cgroups; the word is what --cgroup-manager takes. */
enum cgroup_manager {
	CGROUP_MANAGER_CGROUPFS, /* directories, made by us */
	CGROUP_MANAGER_DISABLED, /* none: processes stay where the caller is */
	CGROUP_MANAGER_COUNT,
};
int cgroup_manager_from_name(const char *name, enum cgroup_manager *out_manager, struct err *e);
const char *cgroup_manager_name(enum cgroup_manager manager);

/* The hierarchy as seen by the caller's cgroup namespace; a descriptor, O_CLOEXEC, or -1. */
int cgroup_tree_open(struct err *e);

/* Where a container belongs: `cgroups_path` as config.json has it, NULL or "" for "/<id>"; one that
 * does not begin with '/' is taken from the root as well. The result is normalised and checked: no
 * "..", no NUL, no component above 255 bytes, not the root itself.
 * With `below` (a path that is a cgroup already, NULL for none) a relative one goes below it. */
#define CGROUP_PATH_MAX 2048
int cgroup_path_make(const char *cgroups_path, const char *id, const char *below,
		     char out_path[CGROUP_PATH_MAX], struct err *e);
/* The cgroup of a process (0: the caller), "/" when it is the root. */
int cgroup_path_of(pid_t pid, char out_path[CGROUP_PATH_MAX], struct err *e);

struct cgroup;

/* Makes it and its parents. In each parent `needed` controllers are switched on, or the call
 * fails and names the missing one; `wanted` ones are switched on where the host has them.
 * With both 0 nothing is read or switched on. A cgroup that is there already is taken over unless
 * `exclusive`, then ERR_EXISTS. When it fails, what it made is gone again. */
struct cgroup_options {
	unsigned needed; /* enum cgroup_controller; cgroup_limits_controllers(3) tells */
	unsigned wanted;
	bool exclusive;
};
int cgroup_create(int tree_fd, const char *path, const struct cgroup_options *options,
		  struct cgroup **out_cgroup, struct err *e);
int cgroup_open(int tree_fd, const char *path, struct cgroup **out_cgroup, struct err *e);
void cgroup_close(struct cgroup *cgroup); /* NULL is fine; the kernel's cgroup stays */

static inline void scope_cgroup_close(struct cgroup **cgroup)
{
	cgroup_close(*cgroup);
}
#define AUTO_CGROUP __attribute__((cleanup(scope_cgroup_close))) struct cgroup

const char *cgroup_path(const struct cgroup *cgroup); /* borrowed */
/* O_PATH|O_DIRECTORY, borrowed; good for clone_args.cgroup and as a dirfd. */
int cgroup_fd(const struct cgroup *cgroup);

/* Controllers whose files this cgroup has (its cgroup.controllers). */
int cgroup_controllers(const struct cgroup *cgroup, unsigned *out_controllers, struct err *e);
const char *cgroup_controller_name(enum cgroup_controller one); /* "memory" */

/* Moves a process, 0 for the caller; where CLONE_INTO_CGROUP was not possible. */
int cgroup_enter(const struct cgroup *cgroup, pid_t pid, struct err *e);
/* Says why clone3(2) with CLONE_INTO_CGROUP, or cgroup_enter, was refused with this errno; -1. */
int cgroup_enter_refused(const struct cgroup *cgroup, int errnum, struct err *e);

/* Gives the directory and the files of /sys/kernel/cgroup/delegate to a user, so that it can make
 * cgroups below and move its processes there. */
int cgroup_delegate(const struct cgroup *cgroup, uid_t uid, gid_t gid, struct err *e);

/* Of this cgroup and those below it; no order. At most CGROUP_PIDS_MAX, else ERR_LIMIT. */
#define CGROUP_PIDS_MAX (4 * 1024 * 1024)
int cgroup_pids(const struct cgroup *cgroup, pid_t **out_pids, size_t *out_count, struct err *e);

/* Every process at and below; those that fork meanwhile are met again. ESRCH is not an error. */
int cgroup_signal(const struct cgroup *cgroup, int signal, struct err *e);
/* SIGKILL to all at once (cgroup.kill), then waits until the cgroup is empty. ERR_TIMEOUT names a
 * process that did not go and the kernel function it hangs in. timeout_ms 0 does not wait. */
int cgroup_kill(const struct cgroup *cgroup, int timeout_ms, struct err *e);

/* Returns when the kernel says it is so. Freezing is undone when the time is up. */
int cgroup_freeze(const struct cgroup *cgroup, int timeout_ms, struct err *e);
int cgroup_thaw(const struct cgroup *cgroup, int timeout_ms, struct err *e);

/* The kernel's own counts and states; memory fields are 0 without the memory controller. */
struct cgroup_events {
	bool populated, frozen;
	bool has_memory;
	uint64_t memory_low, memory_high, memory_max, memory_oom, memory_oom_kill;
};
int cgroup_events_read(const struct cgroup *cgroup, struct cgroup_events *out_events,
		       struct err *e);
/* "cgroup.events" or "memory.events" opened for poll(2): POLLPRI after each change; read it from the
 * start (pread) to rearm. The descriptor is the caller's. */
int cgroup_events_open(const struct cgroup *cgroup, const char *file, struct err *e);

/* Removes it and everything below; it is fine when it is gone. Processes that just died may keep it
 * busy for a moment: waits up to timeout_ms for that; ERR_CONFLICT names a process that lives in it. */
int cgroup_remove(const struct cgroup *cgroup, int timeout_ms, struct err *e);

#endif
