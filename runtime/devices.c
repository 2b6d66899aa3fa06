/* devices.c - device nodes and the links in /dev. */
#include "runtime/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

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

static int device_bind(struct launch *launch, const struct device_request *request, struct err *e)
{
	AUTO_FD source = open_tree(AT_FDCWD, request->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

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
