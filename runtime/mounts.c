/* mounts.c - each entry of `mounts`, by descriptor. */
#include "runtime/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "base/sys.h"
#include "cgroups/cgroup.h"
#include "runtime/idmap.h"
#include "runtime/launch.h"
#include "runtime/rootfs.h"
#include "runtime/tmpcopyup.h"

int mount_attach(int mount_fd, int target_fd, struct err *e)
{
	if (move_mount(mount_fd, "", target_fd, "",
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(e, "attach the mount");
	return 0;
}

void mount_explain(int context_fd, struct err *e)
{
	char line[sizeof e->hint];
	ssize_t length = read(context_fd, line, sizeof line - 1);

	if (length <= 2)
		return;
	while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == ' '))
		length--;
	line[length] = '\0';
	/* "e overlay: No changes allowed" : a level, then the text, fsopen(2). */
	err_hint(e, "%s", line[1] == ' ' ? line + 2 : line);
}

/* ---- sources --------------------------------------------------------------------------------- */

static int open_bind(const struct mount_request *request, struct err *e)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;

	if (request->options.bind_recursive)
		flags |= AT_RECURSIVE;
	if (request->options.source_nofollow || request->options.copy_symlink)
		flags |= AT_SYMLINK_NOFOLLOW;
	int fd = open_tree(AT_FDCWD, request->source_path, flags);
	if (fd < 0) {
		err_sys(e, "open the source %s", request->source_path);
		return errno == EINVAL ? err_hint(e, "the source lies in another mount namespace "
						     "or is unbindable")
				       : -1;
	}
	return fd;
}

static int source_run(struct launch *launch, const struct step *step, struct err *e)
{
	struct mount_request *request = step->request;
	AUTO_FD fd = open_bind(request, e);

	(void)launch;
	if (fd < 0)
		return -1;
	if (request->idmap) {
		AUTO_FD userns = idmap_open(request->idmap, e);
		if (userns < 0)
			return -1;
		struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP,
					   .userns_fd = (uint64_t)userns };
		unsigned flags = AT_EMPTY_PATH;
		if (request->options.idmap == MOUNT_IDMAP_RECURSIVE)
			flags |= AT_RECURSIVE;
		if (mount_setattr(fd, "", flags, &attr, sizeof attr) < 0) {
			err_sys(e, "map the ids of the mount");
			return errno == EINVAL ? err_hint(e,
							  "the file system of %s may not "
							  "support idmapped mounts",
							  request->source_path)
					       : -1;
		}
	}
	request->tree_fd = take_fd(&fd);
	return 0;
}

static void source_describe(const struct step *step, struct strbuf *out)
{
	const struct mount_request *request = step->request;

	strbuf_addf(out, " from %s%s", request->source_path, request->idmap ? " (idmapped)" : "");
}

const struct step_kind mount_source_step = {
	"mount-source", PHASE_MOUNTS, ACTOR_PARENT, source_run, source_describe,
};

/* ---- file systems ---------------------------------------------------------------------------- */

/* fsconfig(2) takes strings of up to 255 bytes. */
#define FSCONFIG_VALUE_MAX 255

static bool fits_fsconfig(const struct mount_request *request)
{
	for (size_t i = 0; i < request->options.rest_count; i++)
		if (strlen(request->options.rest[i]) > FSCONFIG_VALUE_MAX)
			return false;
	return !request->source || strlen(request->source) <= FSCONFIG_VALUE_MAX;
}

static int set_option(int context, const char *word)
{
	char key[FSCONFIG_VALUE_MAX + 1];
	const char *value = strchr(word, '=');

	if (!value)
		return fsconfig(context, FSCONFIG_SET_FLAG, word, NULL, 0);
	snprintf(key, sizeof key, "%.*s", (int)(value - word), word);
	return fsconfig(context, FSCONFIG_SET_STRING, key, value + 1, 0);
}

/* Superblock flags with the names that fsconfig(2) knows. "ro" is for disks only: other superblocks may be
 * shared with the host (cgroup2, mqueue); there read-only is an attribute of the mount. */
static const struct {
	uint32_t flag;
	const char *name;
} super_flags[] = {
	{ MS_SYNCHRONOUS, "sync" }, { MS_DIRSYNC, "dirsync" },
	{ MS_MANDLOCK, "mand" },    { 1U << 25, "lazytime" }, /* MS_LAZYTIME */
	{ MS_RDONLY, "ro" },
};

/* A disk that is write-protected, or mounted read-only elsewhere, cannot be had in another way. */
static uint32_t super_flags_of(const struct mount_request *request)
{
	uint32_t flags = request->options.super_set;
	struct stat st;

	if (!(flags & MS_RDONLY))
		return flags;
	AUTO_FD source = request->source && request->source[0] == '/'
				 ? open(request->source, O_PATH | O_CLOEXEC)
				 : -1;
	if (source < 0 || fstat(source, &st) < 0 || !S_ISBLK(st.st_mode))
		flags &= ~(uint32_t)MS_RDONLY;
	return flags;
}

static int new_file_system(const struct mount_request *request, struct err *e)
{
	AUTO_FD context = fsopen(request->type, FSOPEN_CLOEXEC);

	if (context < 0) {
		int error = errno;
		err_sys(e, "open the file system type `%s`", request->type);
		return error == ENODEV ? err_hint(e, "invalid file system type, or its kernel "
						     "module is not loaded")
				       : -1;
	}
	if (fsconfig(context, FSCONFIG_SET_STRING, "source",
		     request->source ? request->source : request->type, 0) < 0)
		return err_sys(e, "set the source of %s", request->type);
	for (size_t i = 0; i < request->options.rest_count; i++)
		if (set_option(context, request->options.rest[i]) < 0) {
			err_sys(e, "set option `%s` of %s", request->options.rest[i],
				request->type);
			mount_explain(context, e);
			return -1;
		}
	uint32_t flags = super_flags_of(request);
	for (size_t i = 0; i < ARRAY_SIZE(super_flags); i++)
		if ((flags & super_flags[i].flag) &&
		    fsconfig(context, FSCONFIG_SET_FLAG, super_flags[i].name, NULL, 0) < 0)
			return err_sys(e, "set option `%s` of %s", super_flags[i].name,
				       request->type);
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
		err_sys(e, "create the file system %s", request->type);
		mount_explain(context, e);
		return -1;
	}
	int fd = fsmount(context, FSMOUNT_CLOEXEC, (unsigned)request->options.attr_set);
	if (fd < 0)
		return err_sys(e, "mount %s", request->type);
	return fd;
}

/* Options longer than fsconfig takes: mount(2) on the directory that target_fd is, by entering it. */
static int mount_long(const struct mount_request *request, int target_fd, struct err *e)
{
	AUTO_FD back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (back < 0 || fchdir(target_fd) < 0)
		return err_sys(e, "enter the mount point");
	int result = mount(request->source ? request->source : request->type, ".", request->type,
			   super_flags_of(request), request->options.data);
	int error = errno;
	if (fchdir(back) < 0)
		return err_sys(e, "leave the mount point");
	return result < 0 ? err_errno(e, error, "mount %s", request->type) : 0;
}

/* Without a namespace of its own a user namespace may not mount these anew; the host's is bound. */
static const struct {
	const char *type;
	const char *host_path;
} host_fallbacks[] = {
	{ "sysfs", "/sys" },
	{ "mqueue", "/dev/mqueue" },
	{ "cgroup2", "/sys/fs/cgroup" },
	{ "proc", "/proc" },
};

static int bind_host(const struct mount_request *request)
{
	for (size_t i = 0; i < ARRAY_SIZE(host_fallbacks); i++) {
		if (!str_equal(host_fallbacks[i].type, request->type))
			continue;
		int fd = open_tree(AT_FDCWD, host_fallbacks[i].host_path,
				   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

/* ---- dressing and attaching ------------------------------------------------------------------ */

static int set_attributes(int fd, uint64_t set, uint64_t clear, bool recursive, struct err *e)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = clear };

	if (!set && !clear)
		return 0;
	if (mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr,
			  sizeof attr) < 0) {
		err_sys(e, "set the attributes of the mount");
		return errno == EPERM ? err_hint(e, "flags that the host locked cannot be "
						    "cleared in a user namespace")
				      : -1;
	}
	return 0;
}

static int set_propagation(int fd, const struct mount_options *options, struct err *e)
{
	for (unsigned i = 0; i < options->propagation_count; i++) {
		struct mount_attr attr = { .propagation =
						   options->propagation[i] & ~(uint32_t)MS_REC };
		unsigned flags =
			AT_EMPTY_PATH | (options->propagation[i] & MS_REC ? AT_RECURSIVE : 0);
		if (mount_setattr(fd, "", flags, &attr, sizeof attr) < 0)
			return err_sys(e, "set the propagation of the mount");
	}
	return 0;
}

static int dress(int fd, const struct mount_options *options, struct err *e)
{
	if (set_attributes(fd, options->attr_set, options->attr_clear, false, e) < 0)
		return -1;
	return set_attributes(fd, options->attr_set_recursive, options->attr_clear_recursive, true,
			      e);
}

/* A new mount made in the first cgroup namespace would set the options of the one hierarchy that there is
 * (cgroups/tree.c), so the host's own is cloned. */
static int clone_host_cgroups(struct err *e)
{
	AUTO_FD tree = cgroup_tree_open(e);

	if (tree < 0)
		return -1;
	int fd = open_tree(tree, "",
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
	if (fd >= 0)
		return fd;
	/* Where the host has none mounted, the tree is a detached mount already. */
	return errno == EINVAL ? take_fd(&tree) : err_sys(e, "clone the cgroup hierarchy");
}

/* The detached mount with its attributes; a new file system has them from fsmount(2). */
static int make_mount(const struct mount_request *request, struct err *e)
{
	AUTO_FD fd = -1;

	if (request->tree_fd >= 0) {
		fd = fcntl(request->tree_fd, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return err_sys(e, "keep the source of the mount");
	} else if (request->options.bind) {
		fd = open_bind(request, e);
	} else if (request->host_cgroups) {
		fd = clone_host_cgroups(e);
	} else {
		struct err refused = ERR_INIT;
		int made = new_file_system(request, &refused);
		if (made >= 0 && !request->options.attr_set_recursive)
			return made;
		fd = made;
		if (made < 0 && (refused.errnum == EPERM || refused.errnum == EBUSY ||
				 refused.errnum == EACCES))
			fd = bind_host(request);
		if (fd < 0)
			*e = refused;
	}
	if (fd < 0 || dress(fd, &request->options, e) < 0)
		return -1;
	return take_fd(&fd);
}

/* /proc and /sys are written to by whoever trusts them: what looks like them must not be elsewhere. */
static bool target_must_be_plain(const struct mount_request *request)
{
	return str_equal(request->type, "proc") || str_equal(request->type, "sysfs") ||
	       request->options.destination_nofollow;
}

static int open_target(int root_fd, const struct mount_request *request, int mount_fd,
		       struct err *e)
{
	struct stat st = { .st_mode = S_IFDIR };
	int fd;

	if (mount_fd >= 0 && fstat(mount_fd, &st) < 0)
		return err_sys(e, "look at the source of the mount");
	if (target_must_be_plain(request)) {
		fd = rootfs_open_no_symlinks(root_fd, request->destination, O_PATH);
		if (fd >= 0)
			return fd;
		if (fd == -ELOOP)
			return err_errno(e, ELOOP, "refuse a symlink on the way to %s",
					 request->destination);
	}
	fd = rootfs_open(root_fd, request->destination, O_PATH);
	if (fd == -ENOENT)
		fd = S_ISDIR(st.st_mode)
			     ? rootfs_make_directory(root_fd, request->destination, 0755)
			     : rootfs_make_file(root_fd, request->destination);
	if (fd < 0) {
		err_errno(e, fd, "open the mount point %s", request->destination);
		return fd == -ELOOP ? err_hint(e, "symlinks in a circle, or a link of /proc that "
						  "leads out of the container")
				    : -1;
	}
	return fd;
}

static int remount(struct launch *launch, const struct mount_request *request, struct err *e)
{
	AUTO_FD fd = rootfs_open(launch->root_fd, request->destination, O_PATH);

	if (fd < 0)
		return err_errno(e, fd, "open the mount point %s", request->destination);
	return dress(fd, &request->options, e) < 0 ? -1 : set_propagation(fd, &request->options, e);
}

/* The kernel says EINVAL to many things; this is the one that people do. */
static bool kinds_differ(int mount_fd, int target_fd)
{
	struct stat source, target;

	return fstat(mount_fd, &source) == 0 && fstat(target_fd, &target) == 0 &&
	       S_ISDIR(source.st_mode) != S_ISDIR(target.st_mode);
}

static int mount_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct mount_request *request = step->request;
	bool fresh = !request->options.bind && request->tree_fd < 0;

	if (request->options.remount)
		return remount(launch, request, e);
	if (request->options.copy_symlink) {
		int copied = copy_symlink(request->source_path, launch->root_fd,
					  request->destination, e);
		if (copied != 0)
			return copied < 0 ? -1 : 0;
	}
	if (fresh && !fits_fsconfig(request)) {
		AUTO_FD target = open_target(launch->root_fd, request, -1, e);
		if (target < 0 || mount_long(request, target, e) < 0)
			return -1;
		return remount(launch, request, e);
	}

	AUTO_FD fd = make_mount(request, e);
	if (fd < 0)
		return -1;
	if (request->options.tmpcopyup &&
	    tmpcopyup(launch->root_fd, request->destination, fd, e) < 0)
		return -1;
	AUTO_FD target = open_target(launch->root_fd, request, fd, e);
	if (target < 0)
		return -1;
	if (mount_attach(fd, target, e) < 0) {
		err_wrap(e, "mount %s on %s", request->source ? request->source : request->type,
			 request->destination);
		return kinds_differ(fd, target) ? err_hint(e, "one of source and destination is a "
							      "directory, the other is not")
						: -1;
	}
	return set_propagation(fd, &request->options, e);
}

static void mount_describe(const struct step *step, struct strbuf *out)
{
	const struct mount_request *request = step->request;

	strbuf_addf(out, " %s", request->type);
	if (request->source_path)
		strbuf_addf(out, " from %s", request->source_path);
	if (request->options.attr_set & MOUNT_ATTR_RDONLY)
		strbuf_add(out, " ro");
	if (request->options.data)
		strbuf_addf(out, " %s", request->options.data);
}

const struct step_kind mount_step = {
	"mount", PHASE_MOUNTS, ACTOR_INIT, mount_run, mount_describe,
};
