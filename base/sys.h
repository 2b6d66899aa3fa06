/* sys.h - system calls and constants that Debian 12's glibc (2.36) lacks, one sys_x each.
 *
 * Errors : each returns what the call returns: -1 with errno set on failure.
 * Mounts : glibc's <sys/mount.h> is the one used. It declares fsopen, fsconfig, fsmount, fspick,
 *          open_tree, move_mount and mount_setattr, and includes <linux/mount.h> itself where that
 *          exists. Nothing else may include <linux/mount.h> or <linux/fs.h>: without glibc's header
 *          before them their MS_* and struct mount_attr are defined twice. What is newer than those
 *          headers is defined here under its kernel name.
 * Sched  : <linux/sched/types.h> defines glibc's struct sched_param again, so the attributes of
 *          sched_setattr(2) are struct sys_sched_attr.
 * Source : man-pages 6.x, the kernel's uapi headers; each constant says the release it came with. */
#ifndef KEG_BASE_SYS_H
#define KEG_BASE_SYS_H

#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/mempolicy.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* -- processes ---------------------------------------------------------------------------------- */

static inline long sys_clone3(struct clone_args *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

static inline int sys_execveat(int dirfd, const char *path, char *const argv[], char *const envp[],
			       int flags)
{
	return (int)syscall(SYS_execveat, dirfd, path, argv, envp, flags);
}

#ifndef PIDFD_NONBLOCK
#define PIDFD_NONBLOCK O_NONBLOCK /* 5.10 */
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* 6.9 */
#endif

static inline int sys_pidfd_open(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static inline int sys_pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned flags)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, info, flags);
}

/* A copy of another process's descriptor; ptrace(2) permissions on it. */
static inline int sys_pidfd_getfd(int pidfd, int target_fd, unsigned flags)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, target_fd, flags);
}

/* -- files and roots ---------------------------------------------------------------------------- */

static inline int sys_openat2(int dirfd, const char *path, const struct open_how *how)
{
	return (int)syscall(SYS_openat2, dirfd, path, how, sizeof *how);
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1) /* 5.9 */
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2) /* 5.11 */
#endif

static inline int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

/* -- mounts: constants newer than the headers, see the head of this file ------------------------ */

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000 /* 5.2 */
#endif
#ifndef MOUNT_ATTR_IDMAP
#define MOUNT_ATTR_IDMAP 0x00100000 /* 5.12 */
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000 /* 5.14 */
#endif
#ifndef MOVE_MOUNT_SET_GROUP
#define MOVE_MOUNT_SET_GROUP 0x00000100 /* 5.15 */
#endif
#ifndef MOVE_MOUNT_BENEATH
#define MOVE_MOUNT_BENEATH 0x00000200 /* 6.5 */
#endif
/* Commands of fsconfig(2) are an enum in the headers, which #ifndef does not see: those that 6.1's
 * lack have a name of ours. */
#define SYS_FSCONFIG_CMD_CREATE_EXCL 8 /* 6.6 */

/* -- scheduling and memory placement ------------------------------------------------------------ */

/* sched_setattr(2), the 56 bytes of Linux 5.3. */
struct sys_sched_attr {
	uint32_t size; /* sizeof(struct sys_sched_attr) */
	uint32_t sched_policy;
	uint64_t sched_flags;
	int32_t sched_nice;				      /* SCHED_OTHER, SCHED_BATCH */
	uint32_t sched_priority;			      /* SCHED_FIFO, SCHED_RR */
	uint64_t sched_runtime, sched_deadline, sched_period; /* SCHED_DEADLINE, nanoseconds */
	uint32_t sched_util_min, sched_util_max;
};

static inline int sys_sched_setattr(pid_t pid, const struct sys_sched_attr *attr, unsigned flags)
{
	return (int)syscall(SYS_sched_setattr, pid, attr, flags);
}

static inline int sys_sched_getattr(pid_t pid, struct sys_sched_attr *out_attr, unsigned flags)
{
	return (int)syscall(SYS_sched_getattr, pid, out_attr, sizeof *out_attr, flags);
}

/* `which` is IOPRIO_WHO_PROCESS and the like, `priority` an IOPRIO_PRIO_VALUE(). */
static inline int sys_ioprio_set(int which, int who, int priority)
{
	return (int)syscall(SYS_ioprio_set, which, who, priority);
}

static inline int sys_ioprio_get(int which, int who)
{
	return (int)syscall(SYS_ioprio_get, which, who);
}

/* MPOL_* but for the newest are an enum of <linux/mempolicy.h>. */
#define SYS_MPOL_WEIGHTED_INTERLEAVE 6 /* 6.9 */

/* `max_node` counts bits, and the kernel reads one less than it says: get_mempolicy(2), NOTES. */
static inline int sys_set_mempolicy(int mode, const unsigned long *nodes, unsigned long max_node)
{
	return (int)syscall(SYS_set_mempolicy, mode, nodes, max_node);
}

static inline int sys_get_mempolicy(int *out_mode, unsigned long *out_nodes, unsigned long max_node,
				    void *address, unsigned long flags)
{
	return (int)syscall(SYS_get_mempolicy, out_mode, out_nodes, max_node, address, flags);
}

/* -- security ----------------------------------------------------------------------------------- */

static inline int sys_seccomp(unsigned operation, unsigned flags, void *args)
{
	return (int)syscall(SYS_seccomp, operation, flags, args);
}

union bpf_attr; /* <linux/bpf.h>, long and wanted in one place only */

static inline int sys_bpf(int command, union bpf_attr *attr, unsigned size)
{
	return (int)syscall(SYS_bpf, command, attr, size);
}

/* keyctl(2) takes what the operation takes: KEYCTL_JOIN_SESSION_KEYRING a name, or NULL. */
static inline long sys_keyctl(int operation, unsigned long arg2, unsigned long arg3,
			      unsigned long arg4, unsigned long arg5)
{
	return syscall(SYS_keyctl, operation, arg2, arg3, arg4, arg5);
}

#endif
