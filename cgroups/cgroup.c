/* cgroup.c - cgroups made, opened, entered, handed to a user, removed.
 *
 * Making one without controllers costs mkdir and open, nothing is read.
 *
 * Source    : cgroup-v2.rst "Organizing Processes and Threads", "Controlling Controllers". */
#include "cgroups/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "cgroups/cgroup-priv.h"

static const struct controller_row {
	enum cgroup_controller bit;
	const char *name;
} controllers[] = {
	{ CGROUP_CPU, "cpu" },	     { CGROUP_CPUSET, "cpuset" },   { CGROUP_IO, "io" },
	{ CGROUP_MEMORY, "memory" }, { CGROUP_HUGETLB, "hugetlb" }, { CGROUP_PIDS, "pids" },
	{ CGROUP_RDMA, "rdma" },     { CGROUP_MISC, "misc" },	    { CGROUP_DMEM, "dmem" },
};

static const char *const managers[CGROUP_MANAGER_COUNT] = {
	[CGROUP_MANAGER_CGROUPFS] = "cgroupfs",
	[CGROUP_MANAGER_DISABLED] = "disabled",
};

int cgroup_manager_from_name(const char *name, enum cgroup_manager *out_manager, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(managers); i++) {
		if (str_equal(name, managers[i])) {
			*out_manager = (enum cgroup_manager)i;
			return 0;
		}
	}
	(void)err_set(e, ERR_INVALID, "unknown cgroup manager `%s`", name ? name : "");
	(void)err_hint(e, "one of: cgroupfs, disabled");
	return err_phase(e, PHASE_CGROUP);
}

const char *cgroup_manager_name(enum cgroup_manager manager)
{
	return managers[manager];
}

const char *cgroup_controller_name(enum cgroup_controller one)
{
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		if (controllers[i].bit == one)
			return controllers[i].name;
	}
	return NULL;
}

unsigned cgroup_controllers_from_text(const char *text)
{
	unsigned bits = 0;

	while (*text) {
		size_t size = strcspn(text, " \n");

		for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
			if (strlen(controllers[i].name) == size &&
			    memcmp(controllers[i].name, text, size) == 0)
				bits |= controllers[i].bit;
		}
		text += size;
		text += strspn(text, " \n");
	}
	return bits;
}

static int controllers_at(int fd, unsigned *out_controllers)
{
	char text[512];
	ssize_t length = file_read_small(fd, "cgroup.controllers", text, sizeof text);

	if (length < 0)
		return (int)length;
	*out_controllers = cgroup_controllers_from_text(text);
	return 0;
}

int cgroup_controllers(const struct cgroup *cgroup, unsigned *out_controllers, struct err *e)
{
	int result = controllers_at(cgroup->fd, out_controllers);

	if (result < 0)
		return cgroup_failed(
			e, err_errno(e, result, "read cgroup.controllers of %s", cgroup->path));
	return 0;
}

/* Switches controllers on for the children of a directory; negative errno. */
static int enable_at(int fd, unsigned bits)
{
	char text[128];
	size_t length = 0;

	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		if (bits & controllers[i].bit)
			length += (size_t)snprintf(text + length, sizeof text - length, "+%s ",
						   controllers[i].name);
	}
	return file_write_once(fd, "cgroup.subtree_control", text, length);
}

static int refuse_controller(unsigned bit, const char *parent, int why, struct err *e)
{
	const char *name = cgroup_controller_name((enum cgroup_controller)bit);

	if (why == 0 || why == -ENOENT)
		return err_set(e, ERR_UNSUPPORTED,
			       "the requested cgroup controller `%s` is not available", name);
	(void)err_errno(e, why, "switch on controller `%s` below cgroup %s", name, parent);
	if (why == -EBUSY)
		return err_hint(
			e,
			"processes live in %s itself; a cgroup hands controllers to its children only when it has no processes of its own",
			parent);
	if (why == -EOPNOTSUPP)
		return err_hint(e, "%s is threaded or below a threaded cgroup", parent);
	return -1;
}

/* All at once, which is the rule; one by one to tell which is in the way. */
static int enable_below(int fd, const char *parent, unsigned needed, unsigned wanted, struct err *e)
{
	if (!(needed | wanted) || enable_at(fd, needed | wanted) == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		unsigned bit = (needed | wanted) & controllers[i].bit;
		int result = bit ? enable_at(fd, bit) : 0;

		if (result < 0 && (bit & needed))
			return refuse_controller(bit, parent, result, e);
	}
	return 0;
}

/* What was made, so that a failure takes it away again. */
struct making {
	int tree_fd;
	char path[CGROUP_PATH_MAX];
	size_t kept; /* length of the part of path that was there before */
};

static void unmake(struct making *making, size_t length)
{
	while (length > making->kept) {
		making->path[length] = '\0';
		/* What somebody else uses by now stays. */
		(void)unlinkat(making->tree_fd, making->path + 1, AT_REMOVEDIR);
		while (making->path[length] != '/')
			length--;
	}
}

/* Makes each component with the controllers switched on above it. */
static int make_components(struct making *making, const char *path,
			   const struct cgroup_options *options, bool *out_fresh, struct err *e)
{
	AUTO_FD fd = -1;
	unsigned wanted = options->wanted, available = 0;
	size_t length = strlen(path);
	int result = 0;

	if (options->needed | wanted) {
		result = controllers_at(making->tree_fd, &available);
		if (result < 0)
			return err_errno(e, result, "read cgroup.controllers");
		for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
			if (options->needed & ~available & controllers[i].bit)
				return refuse_controller(controllers[i].bit, "/", 0, e);
		}
		wanted &= available;
	}
	for (size_t at = 0; at < length;) {
		size_t next = at + 1 + strcspn(path + at + 1, "/");
		int parent_fd = fd >= 0 ? fd : making->tree_fd;
		bool last = next == length;

		making->path[at] = '\0';
		if (enable_below(parent_fd, at ? making->path : "/", options->needed, wanted, e) <
		    0)
			return -1;
		memcpy(making->path + at, path + at, next - at);
		making->path[next] = '\0';
		if (mkdirat(parent_fd, making->path + at + 1, 0755) == 0) {
			*out_fresh = last;
		} else if (errno == EEXIST) {
			making->kept = next;
			if (last && options->exclusive)
				return err_set(e, ERR_EXISTS, "cgroup %s exists", path);
		} else {
			(void)err_sys(e, "make cgroup %s", making->path);
			if (e->errnum == EAGAIN)
				return err_hint(
					e,
					"cgroup.max.depth or cgroup.max.descendants of a parent is reached");
			return -1;
		}
		if (!last) {
			int child = openat(parent_fd, making->path + at + 1,
					   O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (child < 0)
				return err_sys(e, "open cgroup %s", making->path);
			if (fd >= 0)
				(void)close(fd); /* O_PATH: nothing to lose */
			fd = child;
		}
		at = next;
	}
	return 0;
}

static int open_directory(int tree_fd, const char *path, bool fresh, struct cgroup **out_cgroup,
			  struct err *e)
{
	AUTO_FD fd = openat(tree_fd, path + 1, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "open cgroup %s", path);
	struct cgroup *cgroup = malloc(sizeof *cgroup + strlen(path) + 1);
	if (!cgroup)
		return err_errno(e, ENOMEM, "open cgroup %s", path);
	cgroup->fd = take_fd(&fd);
	cgroup->fresh = fresh;
	memcpy(cgroup->path, path, strlen(path) + 1);
	*out_cgroup = cgroup;
	return 0;
}

int cgroup_create(int tree_fd, const char *path, const struct cgroup_options *options,
		  struct cgroup **out_cgroup, struct err *e)
{
	static const struct cgroup_options none;
	struct making making = { .tree_fd = tree_fd };
	char normal[CGROUP_PATH_MAX];
	bool fresh = false;

	if (!options)
		options = &none;
	if (cgroup_path_make(path, NULL, NULL, normal, e) < 0)
		return -1;
	if (make_components(&making, normal, options, &fresh, e) < 0 ||
	    open_directory(tree_fd, normal, fresh, out_cgroup, e) < 0) {
		unmake(&making, strlen(making.path));
		return cgroup_failed(e, -1);
	}
	return 0;
}

int cgroup_open(int tree_fd, const char *path, struct cgroup **out_cgroup, struct err *e)
{
	char normal[CGROUP_PATH_MAX];

	if (cgroup_path_make(path, NULL, NULL, normal, e) < 0)
		return -1;
	if (open_directory(tree_fd, normal, false, out_cgroup, e) < 0)
		return cgroup_failed(e, -1);
	return 0;
}

void cgroup_close(struct cgroup *cgroup)
{
	if (cgroup) {
		scope_close(&cgroup->fd);
		free(cgroup);
	}
}

const char *cgroup_path(const struct cgroup *cgroup)
{
	return cgroup->path;
}

int cgroup_fd(const struct cgroup *cgroup)
{
	return cgroup->fd;
}

int cgroup_enter_refused(const struct cgroup *cgroup, int errnum, struct err *e)
{
	char text[64] = "";

	(void)err_errno(e, errnum, "move a process into cgroup %s", cgroup->path);
	switch (e->errnum) {
	case EOPNOTSUPP:
		if (file_read_small(cgroup->fd, "cgroup.type", text, sizeof text) > 0) {
			text[strcspn(text, "\n")] = '\0';
			(void)err_hint(
				e,
				"its type is `%s`: it is below a threaded cgroup, where only threads of that domain can be",
				text);
		}
		break;
	case EBUSY:
		(void)err_hint(
			e,
			"it hands controllers to its children, so processes can be in those only");
		break;
	case EAGAIN: (void)err_hint(e, "pids.max of it or of a parent is reached"); break;
	default: break;
	}
	return err_phase(e, PHASE_CGROUP);
}

int cgroup_enter(const struct cgroup *cgroup, pid_t pid, struct err *e)
{
	char text[16];
	int length = snprintf(text, sizeof text, "%d", (int)pid);
	int result = file_write_once(cgroup->fd, "cgroup.procs", text, (size_t)length);

	return result < 0 ? cgroup_enter_refused(cgroup, result, e) : 0;
}

int cgroup_delegate(const struct cgroup *cgroup, uid_t uid, gid_t gid, struct err *e)
{
	/* The list to use where the kernel (before 4.15) has none, by the runtime specification. */
	char text[4096] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";
	ssize_t length =
		file_read_small(AT_FDCWD, "/sys/kernel/cgroup/delegate", text, sizeof text);

	if (length < 0 && length != -ENOENT)
		return cgroup_failed(e,
				     err_errno(e, (int)length, "read /sys/kernel/cgroup/delegate"));
	if (fchownat(cgroup->fd, "", uid, gid, AT_EMPTY_PATH) < 0)
		return cgroup_failed(e, err_sys(e, "give cgroup %s to user %u", cgroup->path, uid));
	for (char *at = text; *at;) {
		size_t size = strcspn(at, "\n");
		bool end = at[size] == '\0';

		at[size] = '\0';
		/* Files of controllers that are off do not exist. */
		if (size > 0 && fchownat(cgroup->fd, at, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno != ENOENT)
			return cgroup_failed(e, err_sys(e, "give %s of cgroup %s to user %u", at,
							cgroup->path, uid));
		at += size + (end ? 0 : 1);
	}
	return 0;
}

/* ------------------------------------------------------------------------------------ removal */

static int remove_child(int parent_fd, const char *name, void *context)
{
	(void)context;
	return unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

/* By its own descriptor, so that no other path can be meant: "..", then the last component. */
static int remove_once(const struct cgroup *cgroup)
{
	static const struct cgroup_walk children = { .leave = remove_child };
	char name[NAME_MAX + 4];

	(void)snprintf(name, sizeof name, "..%s",
		       strrchr(cgroup->path, '/')); /* fits, checked by path */
	if (unlinkat(cgroup->fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -errno;
	int result = cgroup_walk(cgroup->fd, &children);
	if (result < 0)
		return result;
	return unlinkat(cgroup->fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

/* Waits for the last process to be gone; a cgroup without one can be busy for an instant more. */
static void wait_until_removable(const struct cgroup *cgroup, int64_t deadline_ns, unsigned attempt)
{
	struct timespec pause = { .tv_nsec = 200000L << (attempt < 6 ? attempt : 6) };
	AUTO_FD events = openat(cgroup->fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	bool populated = false, frozen = false;

	if (events >= 0 && cgroup_events_parse(events, &populated, &frozen) == 0 && populated)
		(void)cgroup_events_wait(events, CGROUP_EVENT_POPULATED, false, deadline_ns);
	else
		(void)nanosleep(&pause, NULL); /* the caller looks at the clock */
}

int cgroup_remove(const struct cgroup *cgroup, int timeout_ms, struct err *e)
{
	int64_t deadline_ns = cgroup_deadline(timeout_ms);
	char survivor[128];
	int result;

	for (unsigned attempt = 0;; attempt++) {
		result = remove_once(cgroup);
		if (result != -EBUSY && result != -ENOTEMPTY)
			break;
		if (deadline_ns >= 0 && cgroup_deadline(0) >= deadline_ns)
			break;
		wait_until_removable(cgroup, deadline_ns, attempt);
	}
	if (result == 0)
		return 0;
	if (result != -EBUSY && result != -ENOTEMPTY)
		return cgroup_failed(e, err_errno(e, result, "remove cgroup %s", cgroup->path));
	cgroup_survivor(cgroup, survivor, sizeof survivor);
	if (!*survivor)
		return cgroup_failed(e, err_set(e, ERR_CONFLICT, "remove cgroup %s: it stays busy",
						cgroup->path));
	return cgroup_failed(e, err_set(e, ERR_CONFLICT, "remove cgroup %s: %s lives in it",
					cgroup->path, survivor));
}
