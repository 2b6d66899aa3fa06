/* rootfs.c - paths below the container's root, and the switch to it. */
#include "runtime/rootfs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/failpoint.h"
#include "base/scope.h"
#include "base/sys.h"
#include "runtime/host_mounts.h"
#include "runtime/launch.h"

static int open_resolved(int root_fd, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve,
	};
	/* EAGAIN: a rename somewhere raced with ".."; the kernel asks to try again. */
	for (int tries = 0; tries < 128; tries++) {
		int fd = sys_openat2(root_fd, path, &how);
		if (fd >= 0)
			return fd;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

int rootfs_open(int root_fd, const char *path, int flags)
{
	return open_resolved(root_fd, path, flags, 0);
}

int rootfs_open_no_symlinks(int root_fd, const char *path, int flags)
{
	return open_resolved(root_fd, path, flags, RESOLVE_NO_SYMLINKS);
}

/* "a/b/c" -> "a/b" in buffer, name "c"; trailing slashes are dropped. -EINVAL for "", "/", ".." at the end. */
static int split_path(const char *path, char *buffer, size_t size, const char **out_name)
{
	size_t length = strlen(path);

	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(buffer, path, length + 1);
	while (length > 0 && buffer[length - 1] == '/')
		buffer[--length] = '\0';
	char *slash = strrchr(buffer, '/');
	char *name = slash ? slash + 1 : buffer;
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EINVAL;
	if (!slash) { /* make room for an empty parent */
		memmove(buffer + 1, buffer, length + 1);
		buffer[0] = '\0';
		*out_name = buffer + 1;
	} else {
		*slash = '\0';
		*out_name = name;
	}
	return 0;
}

enum make_kind { MAKE_DIRECTORY, MAKE_FILE };

static int make_at(int parent_fd, const char *name, enum make_kind kind, mode_t mode)
{
	int result = kind == MAKE_DIRECTORY ? mkdirat(parent_fd, name, mode)
					    : mknodat(parent_fd, name, S_IFREG | mode, 0);
	return result < 0 && errno != EEXIST ? -errno : 0;
}

/* A symlink that points nowhere yet: what it means is made, still below the root. */
static int make_through_symlink(int root_fd, const char *parent, int parent_fd, const char *name,
				enum make_kind kind, mode_t mode, int depth);

static int make_resolved(int root_fd, const char *path, enum make_kind kind, mode_t mode, int depth)
{
	char buffer[PATH_MAX];
	const char *name;
	int flags = O_PATH | (kind == MAKE_DIRECTORY ? O_DIRECTORY : 0);

	int fd = rootfs_open(root_fd, *path ? path : "/", flags);
	if (fd != -ENOENT)
		return fd;
	if (depth == 0)
		return -ELOOP;
	int result = split_path(path, buffer, sizeof buffer, &name);
	if (result < 0)
		return result;
	AUTO_FD parent_fd = make_resolved(root_fd, buffer, MAKE_DIRECTORY, 0755, depth - 1);
	if (parent_fd < 0)
		return parent_fd;
	result = make_at(parent_fd, name, kind, mode);
	if (result < 0)
		return result;
	fd = rootfs_open(root_fd, path, flags);
	if (fd != -ENOENT)
		return fd;
	return make_through_symlink(root_fd, buffer, parent_fd, name, kind, mode, depth - 1);
}

static int make_through_symlink(int root_fd, const char *parent, int parent_fd, const char *name,
				enum make_kind kind, mode_t mode, int depth)
{
	char target[PATH_MAX], path[PATH_MAX];
	ssize_t length = readlinkat(parent_fd, name, target, sizeof target - 1);

	if (length < 0)
		return errno == EINVAL ? -ENOENT : -errno; /* not a symlink: somebody removed it */
	target[length] = '\0';
	int written = target[0] == '/' ? snprintf(path, sizeof path, "%s", target)
				       : snprintf(path, sizeof path, "%s/%s", parent, target);
	if ((size_t)written >= sizeof path)
		return -ENAMETOOLONG;
	return make_resolved(root_fd, path, kind, mode, depth);
}

/* As deep as the kernel follows symlinks, for each of PATH_MAX/2 components at the most. */
#define MAKE_DEPTH 256

int rootfs_make_directory(int root_fd, const char *path, mode_t mode)
{
	return make_resolved(root_fd, path, MAKE_DIRECTORY, mode, MAKE_DEPTH);
}

int rootfs_make_file(int root_fd, const char *path)
{
	return make_resolved(root_fd, path, MAKE_FILE, 0644, MAKE_DEPTH);
}

int rootfs_open_parent(int root_fd, const char *path, const char **out_name, char *buffer,
		       size_t size)
{
	int result = split_path(path, buffer, size, out_name);

	if (result < 0)
		return result;
	return rootfs_make_directory(root_fd, *buffer ? buffer : "/", 0755);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Only with "shared" do mounts of the new namespace still have peers on the host while it is set up. */
static bool keeps_peers(const struct rootfs_request *request)
{
	return request->propagation & MS_SHARED;
}

static int propagation_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct rootfs_request *request = step->request;
	/* Private unless the configuration says otherwise, as crun(1) does: a mount that shall see what
	 * the host mounts later needs rootfsPropagation "rslave", one that shall give back "rshared".
	 * Everything, whether the word is recursive or not: what stays shared would take what is mounted
	 * and unmounted here to the host. rootfs-seal says the word itself, once the root is in place. */
	unsigned propagation = MS_PRIVATE | MS_REC;

	(void)launch;
	if (request->propagation & MS_SLAVE)
		propagation = MS_SLAVE | MS_REC;
	if (keeps_peers(request))
		propagation = request->propagation;
	if (mount(NULL, "/", NULL, propagation, NULL) < 0) {
		err_sys(e, "set the propagation of the new mount namespace");
		return errno == EINVAL
			       ? err_hint(e, "/ is no mount point here, as in a chroot: bind "
					     "the root on itself before chroot")
			       : -1;
	}
	return 0;
}

const struct step_kind propagation_step = {
	"propagation", PHASE_ROOTFS, ACTOR_INIT, propagation_run, NULL,
};

/* The namespace belongs to others too: its root and its mounts stay theirs, we go on in a copy. */
static int own_mounts_run(struct launch *launch, const struct step *step, struct err *e)
{
	(void)launch;
	(void)step;
	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, "copy the mount namespace that was joined");
	return 0;
}

const struct step_kind own_mounts_step = {
	"own-mounts", PHASE_ROOTFS, ACTOR_INIT, own_mounts_run, NULL,
};

/* The mount that holds `path` must not be shared, or attaching there would show on the host. Only
 * its mount point can be named, so the path is walked up until the kernel agrees. */
static int make_parent_mount_private(const char *path, struct err *e)
{
	char at[PATH_MAX];

	if (snprintf(at, sizeof at, "%s", path) >= (int)sizeof at)
		return err_errno(e, ENAMETOOLONG, "open the rootfs");
	for (;;) {
		if (mount(NULL, *at ? at : "/", NULL, MS_PRIVATE, NULL) == 0)
			return 0;
		if (errno != EINVAL || !*at)
			return err_sys(e, "make the mount that holds the rootfs private");
		char *slash = strrchr(at, '/');
		if (!slash)
			return err_errno(e, EINVAL, "find the mount that holds the rootfs");
		*slash = '\0';
	}
}

static int rootfs_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct rootfs_request *request = step->request;

	if (!request->has_mount_namespace) {
		launch->root_fd = open(request->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (launch->root_fd < 0)
			return err_sys(e, "open the rootfs %s", request->path);
		return 0;
	}
	if (keeps_peers(request) && make_parent_mount_private(request->path, e) < 0)
		return -1;
	AUTO_FD fd = open_tree(AT_FDCWD, request->path,
			       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (fd < 0)
		return err_sys(e, "open the rootfs %s", request->path);
	struct mount_attr attr = { .propagation = MS_PRIVATE };
	if (keeps_peers(request) &&
	    mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0)
		return err_sys(e, "make the rootfs %s private", request->path);
	if (move_mount(fd, "", AT_FDCWD, request->path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(e, "mount the rootfs %s on itself", request->path);
	launch->root_fd = take_fd(&fd);
	return 0;
}

static void rootfs_describe(const struct step *step, struct strbuf *out)
{
	const struct rootfs_request *request = step->request;

	if (!request->has_mount_namespace)
		strbuf_add(out, " (in the host's mount namespace)");
}

const struct step_kind rootfs_step = {
	"rootfs", PHASE_ROOTFS, ACTOR_INIT, rootfs_run, rootfs_describe,
};

/* Unmounting a shared mount would unmount its peer on the host. root_fd: the host's root. */
static int stop_propagation(int root_fd, struct err *e)
{
	struct mount_attr attr = { .propagation = MS_SLAVE };

	if (root_fd < 0)
		return err_sys(e, "open the host's root");
	if (mount_setattr(root_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0)
		return err_sys(e, "cut the host's mounts off");
	return 0;
}

static int pivot_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct rootfs_request *request = step->request;

	FAILPOINT("init.before_pivot");
	if (fchdir(launch->root_fd) < 0)
		return err_sys(e, "enter the rootfs");
	if (!request->has_mount_namespace) {
		if (chroot(".") < 0)
			return err_sys(e, "change the root directory");
	} else if (request->no_pivot) {
		if (host_mounts_let_go(launch->root_fd, e) < 0)
			return -1;
		if (move_mount(launch->root_fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
			return err_sys(e, "move the rootfs to /");
		if (chroot(".") < 0)
			return err_sys(e, "change the root directory");
	} else {
		/* New and old root stacked on one mount point (pivot_root(2), "pivot_root(".", ".")"):
		 * no directory is needed for the old one. */
		AUTO_FD host_root =
			keeps_peers(request) ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
		if (sys_pivot_root(".", ".") < 0) {
			err_sys(e, "pivot_root into the rootfs");
			return errno == EINVAL
				       ? err_hint(e,
						  "the current root may be a rootfs (initramfs), "
						  "which cannot be pivoted: use --no-pivot")
				       : -1;
		}
		if (keeps_peers(request) && stop_propagation(host_root, e) < 0)
			return -1;
		if (umount2(".", MNT_DETACH) < 0)
			return err_sys(e, "let go of the host's mounts");
	}
	if (chdir("/") < 0)
		return err_sys(e, "enter the new root");
	FAILPOINT("init.after_pivot");
	return 0;
}

static void pivot_describe(const struct step *step, struct strbuf *out)
{
	const struct rootfs_request *request = step->request;

	if (!request->has_mount_namespace)
		strbuf_add(out, " (chroot)");
	else if (request->no_pivot)
		strbuf_add(out, " (move and chroot)");
}

const struct step_kind pivot_step = {
	"pivot", PHASE_ROOTFS, ACTOR_INIT, pivot_run, pivot_describe,
};

static int rootfs_seal_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct rootfs_request *request = step->request;
	struct mount_attr attr = { 0 };

	if (request->readonly)
		attr.attr_set = MOUNT_ATTR_RDONLY;
	if (attr.attr_set &&
	    mount_setattr(launch->root_fd, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return err_sys(e, "make the rootfs read-only");
	if (request->propagation) {
		struct mount_attr words = { .propagation =
						    request->propagation & ~(unsigned)MS_REC };
		unsigned flags = AT_EMPTY_PATH;
		if ((request->propagation & MS_REC) && !request->mounts_have_their_own)
			flags |= AT_RECURSIVE;
		if (mount_setattr(launch->root_fd, "", flags, &words, sizeof words) < 0)
			return err_sys(e, "set the propagation of the rootfs");
	}
	return 0;
}

static void rootfs_seal_describe(const struct step *step, struct strbuf *out)
{
	const struct rootfs_request *request = step->request;

	strbuf_add(out, request->readonly ? " read-only" : "");
}

const struct step_kind rootfs_seal_step = {
	"rootfs-seal", PHASE_ROOTFS, ACTOR_INIT, rootfs_seal_run, rootfs_seal_describe,
};
