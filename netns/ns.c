/* ns.c - the table of namespace kinds, and namespaces opened, compared, made and worked in. */
#include "netns/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "netns/ns-priv.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* <linux/sched.h>, Linux 5.6 */
#endif

/* PIDFD_GET_*_NAMESPACE of <linux/pidfd.h>, Linux 6.11: newer than Debian 12's headers. */
#define PIDFD_IO(number) _IO(0xFF, number)

#define STACK_SIZE ((size_t)256 * 1024)
#define GUARD_SIZE ((size_t)64 * 1024) /* a multiple of every page size */

/* namespaces(7); the names are those of runtime-spec config-linux.md "Namespaces". */
static const struct kind {
	struct ns_kind_row row;
	unsigned pidfd_ioctl;
	bool can_be_made; /* by unshare(2) in a process of its own that then goes away */
} kinds[NS_KIND_COUNT] = {
	[NS_CGROUP] = { { NS_CGROUP, "cgroup", "cgroup", NULL, CLONE_NEWCGROUP, "4.6" },
			PIDFD_IO(1),
			true },
	[NS_IPC] = { { NS_IPC, "ipc", "ipc", NULL, CLONE_NEWIPC, "3.0" }, PIDFD_IO(2), true },
	[NS_MOUNT] = { { NS_MOUNT, "mount", "mnt", NULL, CLONE_NEWNS, "3.8" }, PIDFD_IO(3), true },
	[NS_NETWORK] = { { NS_NETWORK, "network", "net", NULL, CLONE_NEWNET, "3.0" },
			 PIDFD_IO(4),
			 true },
	[NS_PID] = { { NS_PID, "pid", "pid", "pid_for_children", CLONE_NEWPID, "3.8" },
		     PIDFD_IO(5),
		     false },
	[NS_TIME] = { { NS_TIME, "time", "time", "time_for_children", CLONE_NEWTIME, "5.6" },
		      PIDFD_IO(7),
		      true },
	[NS_USER] = { { NS_USER, "user", "user", NULL, CLONE_NEWUSER, "3.8" }, PIDFD_IO(9), false },
	[NS_UTS] = { { NS_UTS, "uts", "uts", NULL, CLONE_NEWUTS, "3.0" }, PIDFD_IO(10), true },
};

const struct ns_kind_row *ns_kind_row(enum ns_kind kind)
{
	return &kinds[kind].row;
}

int ns_kind_from_name(const char *name, enum ns_kind *out_kind)
{
	for (int i = 0; i < NS_KIND_COUNT; i++) {
		if (str_equal(kinds[i].row.name, name)) {
			*out_kind = kinds[i].row.kind;
			return 0;
		}
	}
	return -ENOENT;
}

int ns_kind_from_flag(unsigned long flag, enum ns_kind *out_kind)
{
	for (int i = 0; i < NS_KIND_COUNT; i++) {
		if (kinds[i].row.flag == flag) {
			*out_kind = kinds[i].row.kind;
			return 0;
		}
	}
	return -ENOENT;
}

int ns_fd_kind(int fd, enum ns_kind *out_kind)
{
	/* Asked of a device, the same number could mean anything: look first. */
	if (ns_fd_is_nsfs(fd) != 1)
		return -ENOTTY;
	int flag = ioctl(fd, NS_GET_NSTYPE);
	if (flag < 0)
		return -errno;
	return ns_kind_from_flag((unsigned long)flag, out_kind);
}

int ns_fd_id(int fd, struct ns_id *out_id)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*out_id = (struct ns_id){ .dev = st.st_dev, .ino = st.st_ino };
	return 0;
}

int ns_fd_same(int fd_a, int fd_b)
{
	struct ns_id a = { 0 }, b = { 0 };
	int r = ns_fd_id(fd_a, &a);

	if (r == 0)
		r = ns_fd_id(fd_b, &b);
	return r < 0 ? r : a.dev == b.dev && a.ino == b.ino;
}

int ns_owner(int fd)
{
	int owner = ioctl(fd, NS_GET_USERNS);
	return owner < 0 ? -errno : owner;
}

int ns_parent(int fd)
{
	int parent = ioctl(fd, NS_GET_PARENT);
	return parent < 0 ? -errno : parent;
}

int ns_open_path(enum ns_kind kind, const char *path, struct err *e)
{
	AUTO_FD place = open(path, O_PATH | O_CLOEXEC);
	if (place < 0) {
		err_sys(e, "open the %s namespace %s", kinds[kind].row.name, path);
		return err_object(e, "%s", path);
	}
	if (ns_fd_is_nsfs(place) != 1) {
		err_set(e, ERR_INVALID, "%s is no namespace", path);
		err_object(e, "%s", path);
		return err_hint(e, "name a file such as /proc/PID/ns/%s or a bind mount of one",
				kinds[kind].row.proc);
	}

	char again[NS_PROC_PATH_SIZE];
	ns_proc_fd_path(again, place);
	AUTO_FD fd = open(again, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err_sys(e, "open the %s namespace %s", kinds[kind].row.name, path);
		return err_object(e, "%s", path);
	}
	enum ns_kind found;
	int r = ns_fd_kind(fd, &found);
	if (r < 0) {
		err_errno(e, r, "ask for the kind of the namespace %s", path);
		return err_object(e, "%s", path);
	}
	if (found != kind) {
		err_set(e, ERR_INVALID, "%s is a %s namespace, not a %s namespace", path,
			kinds[found].row.name, kinds[kind].row.name);
		return err_object(e, "%s", path);
	}
	return take_fd(&fd);
}

int ns_open_process(enum ns_kind kind, pid_t pid, struct err *e)
{
	char path[NS_PROC_PATH_SIZE];

	(void)snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kinds[kind].row.proc);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open the %s namespace of process %d", kinds[kind].row.name,
			       (int)pid);
	return fd;
}

/* Until Linux 6.11 is the oldest we run on. The pid may be reused between reading it and opening the
 * file, so the process is looked at again afterwards. */
int ns_open_pidfd_by_proc(enum ns_kind kind, int pidfd, struct err *e)
{
	char path[NS_PROC_PATH_SIZE], text[1024];

	(void)snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
	ssize_t length = file_read_small(AT_FDCWD, path, text, sizeof text);
	if (length < 0)
		return err_errno(e, (int)length, "read %s", path);
	const char *line = strstr(text, "\nPid:\t");
	if (!line)
		return err_set(e, ERR_INVALID, "descriptor %d is no pidfd", pidfd);
	long pid = strtol(line + strlen("\nPid:\t"), NULL, 10);
	if (pid <= 0)
		return err_errno(e, ESRCH, "open the %s namespace of a process by pidfd",
				 kinds[kind].row.name);
	AUTO_FD fd = ns_open_process(kind, (pid_t)pid, e);
	if (fd < 0)
		return -1;
	if (sys_pidfd_send_signal(pidfd, 0, NULL, 0) < 0 && errno == ESRCH)
		return err_sys(e, "open the %s namespace of process %ld", kinds[kind].row.name,
			       pid);
	return take_fd(&fd);
}

int ns_open_pidfd(enum ns_kind kind, int pidfd, struct err *e)
{
	int fd = ioctl(pidfd, kinds[kind].pidfd_ioctl, 0);
	if (fd >= 0)
		return fd;
	if (errno == ENOTTY || errno == EINVAL)
		return ns_open_pidfd_by_proc(kind, pidfd, e);
	return err_sys(e, "open the %s namespace of a process by pidfd", kinds[kind].row.name);
}

int ns_open_self(enum ns_kind kind, struct err *e)
{
	char path[NS_PROC_PATH_SIZE];

	(void)snprintf(path, sizeof path, "/proc/thread-self/ns/%s", kinds[kind].row.proc);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open the caller's own %s namespace", kinds[kind].row.name);
	return fd;
}

/* What the child of in_child() works on; it lives in memory that both see. */
struct child {
	const int *fds;
	size_t count;
	ns_run_fn *run;
	void *context;
	struct err *e;
	bool returned;
	int result;
};

/* The kernel refuses to enter the user namespace one is in already: setns(2), EINVAL. */
static bool is_own_user_namespace(int fd)
{
	struct err ignored = ERR_INIT;
	AUTO_FD own = ns_open_self(NS_USER, &ignored);
	return own >= 0 && ns_fd_same(fd, own) == 1;
}

static int enter_and_run(void *argument)
{
	struct child *child = argument;

	for (size_t i = 0; i < child->count; i++) {
		if (setns(child->fds[i], 0) < 0) {
			int why = errno;
			if (why == EINVAL && is_own_user_namespace(child->fds[i]))
				continue;
			enum ns_kind kind;
			const char *name = "unknown";
			if (ns_fd_kind(child->fds[i], &kind) == 0)
				name = kinds[kind].row.name;
			child->result = err_errno(child->e, why, "enter a %s namespace", name);
			child->returned = true;
			return 0;
		}
	}
	child->result = child->run(child->context, child->e);
	child->returned = true;
	return 0;
}

/* Runs it in a child that borrows memory and descriptors while this thread sleeps (as vfork does).
 * Exit signal 0: a waitpid(-1) or SIGCHLD handler elsewhere in the program never sees this child. */
static int in_child(struct child *child, bool foreign_user)
{
	struct err *e = child->e;
	uint8_t *memory = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return err_sys(e, "map a stack for a helper process");
	if (mprotect(memory + GUARD_SIZE, STACK_SIZE, PROT_READ | PROT_WRITE) < 0) {
		err_sys(e, "map a stack for a helper process");
		(void)munmap(memory, GUARD_SIZE + STACK_SIZE); /* a mapping of our own */
		return -1;
	}

	/* Whoever is root in the user namespace could trace the child there, and so read and write
	 * the memory of this process: ptrace(2), "PTRACE_MODE_ATTACH", dumpable. */
	int dumpable = foreign_user ? prctl(PR_GET_DUMPABLE) : 0;
	if (dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, 0); /* cannot fail with 0 */

	/* No handler of the parent may run in the child on the parent's memory. */
	sigset_t all, before;
	sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before); /* fails only for a bad `how` */
	int pid = clone(enter_and_run, memory + GUARD_SIZE + STACK_SIZE,
			CLONE_VM | CLONE_VFORK | CLONE_FILES, child);
	int clone_errno = errno, status = 0;
	if (pid > 0)
		while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
			;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL); /* as above */
	if (dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, 1);       /* cannot fail with 1 */
	(void)munmap(memory, GUARD_SIZE + STACK_SIZE); /* a mapping of our own */

	if (pid < 0)
		return err_errno(e, clone_errno, "start a helper process");
	if (!child->returned)
		return err_set(e, ERR_INTERNAL, "helper process %d ended early, wait status 0x%x",
			       pid, (unsigned)status);
	return child->result;
}

int ns_run(const int *fds, size_t count, ns_run_fn *run, void *context, struct err *e)
{
	struct child child = { .fds = fds, .count = count, .run = run, .context = context, .e = e };
	bool foreign_user = false;
	enum ns_kind kind;

	for (size_t i = 0; i < count; i++)
		if (ns_fd_kind(fds[i], &kind) == 0 && kind == NS_USER)
			foreign_user = true;
	return in_child(&child, foreign_user);
}

int ns_run_here(int fd, ns_run_fn *run, void *context, struct err *e)
{
	enum ns_kind kind;
	int r = ns_fd_kind(fd, &kind);

	if (r < 0)
		return err_errno(e, r, "ask for the kind of a namespace");
	const struct ns_kind_row *row = &kinds[kind].row;
	if (kind != NS_NETWORK && kind != NS_IPC && kind != NS_UTS && kind != NS_CGROUP)
		return err_set(e, ERR_INVALID, "a thread cannot enter a %s namespace and come back",
			       row->name);
	AUTO_FD back = ns_open_self(kind, e);
	if (back < 0)
		return -1;
	/* A rehearsal of the way back: without the right to it there is no way out either. */
	if (setns(back, (int)row->flag) < 0)
		return err_sys(e, "re-enter the caller's own %s namespace", row->name);
	if (setns(fd, (int)row->flag) < 0)
		return err_sys(e, "enter a %s namespace", row->name);
	r = run(context, e);
	if (setns(back, (int)row->flag) < 0)
		return err_set(e, ERR_INTERNAL, "return to the caller's own %s namespace: %s",
			       row->name, strerror(errno));
	return r;
}

struct creation {
	const struct ns_kind_row *row;
	int fd;
};

static int unshare_and_open(void *context, struct err *e)
{
	struct creation *creation = context;
	const struct ns_kind_row *row = creation->row;
	char path[NS_PROC_PATH_SIZE];

	if (unshare((int)row->flag) < 0)
		return err_sys(e, "create a %s namespace", row->name);
	(void)snprintf(path, sizeof path, "/proc/self/ns/%s",
		       row->children ? row->children : row->proc);
	creation->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (creation->fd < 0)
		return err_sys(e, "open the new %s namespace", row->name);
	return 0;
}

int ns_create(enum ns_kind kind, int user_fd, struct err *e)
{
	struct creation creation = { .row = &kinds[kind].row, .fd = -1 };

	if (!kinds[kind].can_be_made)
		return err_set(e, ERR_INVALID, "a %s namespace cannot be made without a process",
			       creation.row->name);
	if (ns_run(&user_fd, user_fd >= 0 ? 1 : 0, unshare_and_open, &creation, e) < 0)
		return -1;
	return creation.fd;
}
