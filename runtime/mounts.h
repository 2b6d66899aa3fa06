/* mounts.h - the mounts of a configuration: made detached, dressed, then attached by descriptor.
 *
 *   open_tree | fsopen+fsconfig+fsmount  ->  mount_setattr  ->  rootfs_open(target)  ->  move_mount
 *
 * Errors    : pointer "/mounts/N"; a refused file system option comes with the kernel's own log line.
 * Source    : runtime-spec config.md "Mounts"; open_tree(2), fsopen(2), mount_setattr(2), move_mount(2). */
#ifndef KEG_RUNTIME_MOUNTS_H
#define KEG_RUNTIME_MOUNTS_H

#include <stdbool.h>

#include "oci/config.h"
#include "runtime/mount_options.h"
#include "runtime/plan.h"

struct id_maps_request;

struct mount_request {
	const char *destination; /* below the container's root */
	const char *type;	 /* "bind" for binds whatever the config says */
	const char *source;	 /* NULL: the type's name */
	const char *source_path; /* absolute path of a bind's source, from the bundle */
	struct mount_options options;
	const struct id_maps_request *idmap; /* NULL: no idmapped mount */
	int tree_fd;	   /* the source, when it was opened before the clone; else -1 */
	bool host_cgroups; /* cgroup2, without a cgroup namespace: the host's, options ignored */
};

extern const struct step_kind mount_source_step; /* parent, before the clone: fills tree_fd */
extern const struct step_kind mount_step;

/* Attaches a detached mount on what is at target_fd. */
int mount_attach(int mount_fd, int target_fd, struct err *e);
/* Adds the kernel's words about a file system context to an error. */
void mount_explain(int context_fd, struct err *e);

#endif
