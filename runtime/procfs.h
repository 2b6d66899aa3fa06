/* procfs.h - the one owner of /proc: a procfs of our own that no mount can cover.
 *
 * The descriptor is made by fsopen("proc") and is attached nowhere, so nothing in a container or an image
 * can stand between a write and the kernel file it is meant for. Where the kernel refuses a new
 * one (a user namespace whose host hides parts of /proc) the host's /proc is opened before any of the
 * container's mounts exist, and checked to be the root of a procfs.
 *
 * Ownership : the descriptor is the caller's, O_CLOEXEC.
 * Errors    : negative errno from openers; writes fill struct err with the file's name.
 * Source    : procfs(5), fsopen(2); CVE-2025-52881. */
#ifndef KEG_RUNTIME_PROCFS_H
#define KEG_RUNTIME_PROCFS_H

#include <sys/types.h>

#include "base/err.h"
#include "runtime/plan.h"

int procfs_open(void);
/* One write(2) to a file below it: "self/oom_score_adj", "sys/net/ipv4/ip_forward". No symlink but
 * "self" and "thread-self" is followed and no mount is crossed. */
int procfs_write(int proc_fd, const char *path, const char *text, struct err *e);
/* "<pid>/uid_map" and the like of another process, through /proc of the host. */
int procfs_write_process(pid_t pid, const char *file, const char *text, struct err *e);

struct sysctl_request {
	const char *key; /* dots or slashes */
	const char *value;
};
extern const struct step_kind sysctl_step;
extern const struct step_kind oom_score_step; /* request: int64_t; the parent writes init's */

#endif
