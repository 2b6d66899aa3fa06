/* ns.h - Linux namespaces as descriptors: opened, compared, made, pinned, and worked in.
 *
 * Ownership : every descriptor returned is the caller's and close-on-exec.
 * Errors    : struct err where a path, a process or a kind can be named (ERR_NOT_FOUND nothing there,
 *             ERR_INVALID not a namespace of the kind asked for, ERR_EXISTS pinned to another one);
 *             negative errno elsewhere.
 * Threads   : nothing here moves any thread of the caller but ns_run_here, and that moves it back.
 * Needs     : /proc of the caller's own pid namespace for ns_open_process, ns_open_self, ns_create
 *             and ns_unpin.
 * Source    : namespaces(7), ioctl_nsfs(2), setns(2), runtime-spec config-linux.md "Namespaces".
 * Never     : maps ids, mounts file systems, or keeps state. */
#ifndef KEG_NETNS_NS_H
#define KEG_NETNS_NS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

enum ns_kind {
	NS_CGROUP,
	NS_IPC,
	NS_MOUNT,
	NS_NETWORK,
	NS_PID,
	NS_TIME,
	NS_USER,
	NS_UTS,
	NS_KIND_COUNT,
};

struct ns_kind_row {
	enum ns_kind kind;
	const char *name;	/* as config.json spells it: "network" */
	const char *proc;	/* below /proc/PID/ns: "net" */
	const char *children;	/* "pid_for_children" where children enter another one, else NULL */
	unsigned long flag;	/* CLONE_NEW*; TIME's is for unshare, setns and clone3 only */
	const char *introduced; /* the first kernel with it, for hints */
};

const struct ns_kind_row *ns_kind_row(enum ns_kind kind);
/* By the OCI name, by a CLONE_NEW* flag; -ENOENT when there is none. */
int ns_kind_from_name(const char *name, enum ns_kind *out_kind);
int ns_kind_from_flag(unsigned long flag, enum ns_kind *out_kind);

/* A namespace at a path (a pin, or /proc/PID/ns/x): refused unless it is an nsfs file of this kind.
 * Nothing that is not an nsfs file is ever really opened, so a FIFO or a device has no effect. */
int ns_open_path(enum ns_kind kind, const char *path, struct err *e);
int ns_open_process(enum ns_kind kind, pid_t pid, struct err *e);
/* The same of a process held by pidfd: no race with the reuse of its pid. */
int ns_open_pidfd(enum ns_kind kind, int pidfd, struct err *e);
/* The calling thread's own. */
int ns_open_self(enum ns_kind kind, struct err *e);

int ns_fd_kind(int fd, enum ns_kind *out_kind); /* -ENOTTY when fd is no namespace */

/* Equal dev and ino: the same namespace, as long as both are kept alive. */
struct ns_id {
	dev_t dev;
	ino_t ino;
};
int ns_fd_id(int fd, struct ns_id *out_id);
int ns_fd_same(int fd_a, int fd_b); /* 1, 0 or negative errno */

int ns_owner(int fd); /* the user namespace that owns it; -EPERM when out of the caller's sight */
int ns_parent(
	int fd); /* of a pid or user namespace; -EINVAL for others, -EPERM at the caller's own */

/* A new namespace that the caller stays out of; only the descriptor keeps it alive. Kinds: cgroup,
 * ipc, mount, network, uts, time. `user_fd` >= 0: owned by that user namespace, else by the caller's. */
int ns_create(enum ns_kind kind, int user_fd, struct err *e);

/* A name for a namespace: nsfs bound on a file, which keeps it alive without any process.
 *
 *   ns_pin(fd, AT_FDCWD, "/run/keg-cri/sandboxes/1/ns/network", e)
 *
 * The file is made when missing, never through a symlink. Idempotent: what a pin cut short by
 * SIGKILL left is taken over; the same namespace there already is success, another is ERR_EXISTS.
 * A mount namespace can be refused (errnum ELOOP): the kernel takes it only where the caller's own has
 * a smaller number, and Linux 6.18 numbers them in batches for each CPU, not by age. */
int ns_pin(int fd, int dirfd, const char *path, struct err *e);
/* Unmounts and removes it. Idempotent: nothing there is success. A file that is no pin and not empty,
 * or a symlink, is refused (ERR_CONFLICT). */
int ns_unpin(int dirfd, const char *path, struct err *e);

/* Returns 0, or -1 with *e filled. */
typedef int ns_run_fn(void *context, struct err *e);

/* Calls `run` inside the namespaces of `fds` (entered in order; put a user namespace first) in a
 * child that shares the caller's memory and descriptor table, while the calling thread waits: what
 * `run` writes and opens is there afterwards, and its error comes back in *e. `run` must not block,
 * exit or start threads, and has 256 KiB of stack. A pid namespace applies to its children only. */
int ns_run(const int *fds, size_t count, ns_run_fn *run, void *context, struct err *e);

/* The same by setns(2) and back in the calling thread, for network, ipc, uts and cgroup namespaces:
 * cheaper, no child. ERR_INTERNAL: the way back failed; the caller is in a foreign namespace and
 * has to end its process. */
int ns_run_here(int fd, ns_run_fn *run, void *context, struct err *e);

#endif
