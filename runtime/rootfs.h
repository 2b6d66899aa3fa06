/* rootfs.h - the container's root directory: the one place that resolves paths below it.
 *
 * Every path of a configuration is resolved by the kernel with the container's root as "/"
 * (openat2(2), RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS) and used as a descriptor from then on. What
 * is missing is made component by component, on descriptors.
 *
 * Ownership : descriptors returned are the caller's, O_CLOEXEC.
 * Errors    : negative errno for the openers (no names known); the steps fill struct err.
 * Source    : runtime-spec config.md "Root"; openat2(2); pivot_root(2).
 * Kernel    : openat2 (5.6) and move_mount (5.2) are required; there is no fallback by path. */
#ifndef KEG_RUNTIME_ROOTFS_H
#define KEG_RUNTIME_ROOTFS_H

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/plan.h"

/* What is at `path` below root_fd. -ELOOP for a magic link. */
int rootfs_open(int root_fd, const char *path, int flags);
/* As rootfs_open, and no symlink anywhere in it (-ELOOP). */
int rootfs_open_no_symlinks(int root_fd, const char *path, int flags);
/* O_PATH of the directory, made with all its parents (0755) when missing. */
int rootfs_make_directory(int root_fd, const char *path, mode_t mode);
/* O_PATH of the file, made empty (0644) with its parents when missing; whatever is there is taken. */
int rootfs_make_file(int root_fd, const char *path);
/* O_PATH|O_DIRECTORY of the parent of `path`, made when missing, and the last component. */
int rootfs_open_parent(int root_fd, const char *path, const char **out_name, char *buffer,
		       size_t size);

struct rootfs_request {
	const char *path;     /* absolute on the host */
	unsigned propagation; /* linux.rootfsPropagation as MS_*, 0 when absent */
	/* A mount has a propagation word that a recursive one for the root must not take back: the word is the
	 * root's alone then. */
	bool mounts_have_their_own;
	bool has_mount_namespace;
	bool no_pivot;
	bool readonly;
};

extern const struct step_kind own_mounts_step;	/* a copy of a mount namespace that was joined */
extern const struct step_kind propagation_step; /* cuts the new mount namespace off the host's */
extern const struct step_kind rootfs_step;	/* binds the root onto itself: launch->root_fd */
extern const struct step_kind pivot_step;	/* makes it "/" and lets go of the host's tree */
extern const struct step_kind rootfs_seal_step; /* read-only and its own propagation, at the end */

#endif
