/* devices.c - device nodes and the links in /dev. */
#include "runtime/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/process.h"
#include "base/scope.h"
#include "base/sys.h"
#include "runtime/launch.h"
#include "runtime/mounts.h"
#include "runtime/rootfs.h"

const struct device_row default_devices[] = {
	{ "/dev/null", 1, 3 },	 { "/dev/zero", 1, 5 },	   { "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
	{ NULL, 0, 0 },
};

/* ---- nodes made by the parent ---------------------------------------------------------------- */

/* A mount of this file system may be attached in the container, and nodes in it work: its user namespace
 * is the caller's. Attached in the helper's mount namespace, or open_tree(2) would not clone from it. */
static int nodes_mount(void)
{
	AUTO_FD context = fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	AUTO_FD fd = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID);
	AUTO_FD root = open_tree(AT_FDCWD, "/", OPEN_TREE_CLOEXEC);
	struct mount_attr attr = { .propagation = MS_PRIVATE };
	if (fd < 0 || root < 0 ||
	    mount_setattr(root, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0 ||
	    move_mount(fd, "", root, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return take_fd(&fd);
}

static int node_make(int dir_fd, size_t index, const struct device_request *request)
{
	char name[24];

	snprintf(name, sizeof name, "%zu", index);
	if (mknodat(dir_fd, name, request->type, makedev(request->major, request->minor)) < 0 ||
	    fchownat(dir_fd, name, request->host_uid, request->host_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(dir_fd, name, request->mode, 0) < 0)
		return -errno;
	int fd = open_tree(dir_fd, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* In a process that shares our descriptors but has a mount namespace to itself; 0 or negative errno. */
static int nodes_make(const struct device_nodes_request *request, int *out_fds)
{
	AUTO_FD dir = nodes_mount();

	if (dir < 0)
		return dir;
	for (size_t i = 0; i < request->count; i++) {
		if (!request->devices[i].make_node)
			continue;
		out_fds[i] = node_make(dir, i, &request->devices[i]);
		if (out_fds[i] < 0)
			return out_fds[i];
	}
	return 0;
}

static int device_nodes_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct device_nodes_request *request = step->request;
	size_t size = (request->count + 1) * sizeof(int);
	AUTO_FD pidfd = -1;
	struct clone_args args = { .flags = CLONE_FILES | CLONE_NEWNS | CLONE_PIDFD,
				   .exit_signal = SIGCHLD,
				   .pidfd = (uint64_t)(uintptr_t)&pidfd };

	(void)launch;
	int *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return err_sys(e, "make the devices");
	long pid = sys_clone3(&args, sizeof args);
	if (pid == 0) {
		shared[request->count] = nodes_make(request, shared);
		_exit(0);
	}
	int result = pid < 0 ? -errno : process_reap(pidfd, -1);
	if (result > 0)
		result = -ECHILD;
	else if (result == 0)
		result = shared[request->count];
	for (size_t i = 0; result == 0 && i < request->count; i++)
		if (request->devices[i].make_node)
			request->devices[i].node_fd = shared[i];
	(void)munmap(shared, size);
	if (result < 0 && result != -EPERM) /* not allowed to: what the host has is bound */
		return err_errno(e, result, "make the devices");
	return 0;
}

const struct step_kind device_nodes_step = {
	"device-nodes", PHASE_DEVICES, ACTOR_PARENT, device_nodes_run, NULL,
};

/* ---- the container's ------------------------------------------------------------------------- */

static int device_bind(struct launch *launch, const struct device_request *request, struct err *e)
{
	AUTO_FD source = request->node_fd;

	if (source < 0)
		source = open_tree(AT_FDCWD, request->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (source < 0)
		return err_sys(e, "open the host's device %s", request->path);
	AUTO_FD target = rootfs_make_file(launch->root_fd, request->path);
	if (target < 0)
		return err_errno(e, target, "make the mount point of the device");
	return mount_attach(source, target, e);
}

/* An entry that was there already must be what was asked for. */
static int device_check(int parent_fd, const char *name, const struct device_request *request,
			struct err *e)
{
	struct stat st;

	if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "look at the device");
	if ((st.st_mode & S_IFMT) != request->type)
		return err_set(e, ERR_EXISTS, "make the device: something else is there");
	if (request->type != S_IFIFO && st.st_rdev != makedev(request->major, request->minor))
		return err_set(e, ERR_EXISTS, "make the device: another one, %u:%u, is there",
			       major(st.st_rdev), minor(st.st_rdev));
	return 0;
}

static int device_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct device_request *request = step->request;
	char buffer[PATH_MAX];
	const char *name;

	if (request->bind)
		return device_bind(launch, request, e);
	AUTO_FD parent =
		rootfs_open_parent(launch->root_fd, request->path, &name, buffer, sizeof buffer);
	if (parent < 0)
		return err_errno(e, parent, "open the directory of the device");
	bool made = mknodat(parent, name, request->type | request->mode,
			    makedev(request->major, request->minor)) == 0;
	if (!made && errno == EPERM)
		return device_bind(launch, request, e);
	if (!made && errno != EEXIST)
		return err_sys(e, "make the device");
	if (!made && device_check(parent, name, request, e) < 0)
		return -1;
	/* The umask is 0 here, so that a node we made has its mode; its owner is us. */
	if ((request->uid || request->gid) &&
	    fchownat(parent, name, request->uid, request->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "give the device to %u:%u", request->uid, request->gid);
	return 0;
}

static void device_describe(const struct step *step, struct strbuf *out)
{
	const struct device_request *request = step->request;

	strbuf_addf(out, " %c %u:%u %04o%s",
		    request->type == S_IFBLK   ? 'b'
		    : request->type == S_IFIFO ? 'p'
					       : 'c',
		    request->major, request->minor, request->mode, request->bind ? " (bound)" : "");
}

const struct step_kind device_step = {
	"device", PHASE_DEVICES, ACTOR_INIT, device_run, device_describe,
};

static const struct {
	const char *name, *target;
} links[] = {
	{ "fd", "/proc/self/fd" },	 { "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
	{ "core", "/proc/kcore" },	 { "ptmx", "pts/ptmx" },
};

static int device_links_run(struct launch *launch, const struct step *step, struct err *e)
{
	AUTO_FD dev = rootfs_make_directory(launch->root_fd, "/dev", 0755);

	(void)step;
	if (dev < 0)
		return err_errno(e, dev, "open /dev");
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlinkat(links[i].target, dev, links[i].name) < 0 && errno != EEXIST &&
		    errno != EROFS)
			return err_sys(e, "link /dev/%s", links[i].name);
	return 0;
}

const struct step_kind device_links_step = {
	"device-links", PHASE_DEVICES, ACTOR_INIT, device_links_run, NULL,
};
