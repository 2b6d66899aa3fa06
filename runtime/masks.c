/* masks.c - masked and read-only paths. */
#include "runtime/masks.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/scope.h"
#include "base/sys.h"
#include "runtime/launch.h"
#include "runtime/mounts.h"
#include "runtime/rootfs.h"

/* The host's null device, opened before the root changes; a container's /dev could hold anything. */
static int mask_file(int target, struct err *e)
{
	struct stat st;
	AUTO_FD null = open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (null < 0 || fstat(null, &st) < 0)
		return err_sys(e, "open /dev/null of the host");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(e, ERR_UNSUPPORTED, "/dev/null of the host is not the null device");
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	if (mount_setattr(null, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return err_sys(e, "make the mask read-only");
	return mount_attach(null, target, e);
}

static int empty_directory(struct err *e)
{
	AUTO_FD context = fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (context < 0 || fsconfig(context, FSCONFIG_SET_STRING, "size", "0", 0) < 0 ||
	    fsconfig(context, FSCONFIG_SET_STRING, "mode", "0555", 0) < 0 ||
	    fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_sys(e, "make an empty directory to mask with");
	int fd = fsmount(context, FSMOUNT_CLOEXEC,
			 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				 MOUNT_ATTR_NOEXEC);
	return fd < 0 ? err_sys(e, "make an empty directory to mask with") : fd;
}

/* One file system for all masked directories: the first mask is attached, the others are its clones
 * (only what is attached can be cloned before Linux 6.15). */
static int mask_directory(struct launch *launch, int target, struct err *e)
{
	if (launch->masked_directory_fd < 0) {
		AUTO_FD first = empty_directory(e);
		if (first < 0 || mount_attach(first, target, e) < 0)
			return -1;
		launch->masked_directory_fd = take_fd(&first);
		return 0;
	}
	AUTO_FD clone = open_tree(launch->masked_directory_fd, "",
				  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (clone < 0)
		return err_sys(e, "clone the empty directory to mask with");
	return mount_attach(clone, target, e);
}

/* 1 when there is nothing to cover. */
static int open_covered(struct launch *launch, const char *path, int *out_fd, struct err *e)
{
	int fd = rootfs_open(launch->root_fd, path, O_PATH);

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 1;
	if (fd < 0)
		return err_errno(e, fd, "open %s", path);
	*out_fd = fd;
	return 0;
}

static int mask_run(struct launch *launch, const struct step *step, struct err *e)
{
	struct stat st;
	AUTO_FD target = -1;
	int missing = open_covered(launch, step->object, &target, e);

	if (missing != 0)
		return missing < 0 ? -1 : 0;
	if (fstat(target, &st) < 0)
		return err_sys(e, "look at %s", step->object);
	return S_ISDIR(st.st_mode) ? mask_directory(launch, target, e) : mask_file(target, e);
}

const struct step_kind mask_step = { "mask", PHASE_MASKS, ACTOR_INIT, mask_run, NULL };

static int readonly_run(struct launch *launch, const struct step *step, struct err *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	AUTO_FD target = -1;
	int missing = open_covered(launch, step->object, &target, e);

	if (missing != 0)
		return missing < 0 ? -1 : 0;
	AUTO_FD tree = open_tree(
		target, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
	if (tree < 0)
		return err_sys(e, "open %s to make it read-only", step->object);
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return err_sys(e, "make %s read-only", step->object);
	return mount_attach(tree, target, e);
}

const struct step_kind readonly_step = {
	"readonly", PHASE_MASKS, ACTOR_INIT, readonly_run, NULL,
};
