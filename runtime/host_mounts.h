/* host_mounts.h - kernel file systems of the host that must not stay in a container's mount namespace.
 *
 * pivot_root(2) lets the host's whole tree go. Where the root is moved instead, that tree stays below the
 * new root, out of every path's reach but not of the kernel's: it lets a user namespace mount a new proc or
 * sysfs where one is fully visible in the mount namespace already (mount_namespaces(7)), and one without
 * the container's masks gives the host away.
 *
 * Errors    : the mount point, what the kernel said.
 * Source    : proc_pid_mountinfo(5); umount2(2); mount_namespaces(7) "Restrictions on mount namespaces".
 * Never     : called where a mount outside the rootfs is shared: an unmount would travel to the host. */
#ifndef KEG_RUNTIME_HOST_MOUNTS_H
#define KEG_RUNTIME_HOST_MOUNTS_H

#include "base/err.h"

/* Unmounts each, or covers it where a user namespace holds it locked. root_fd: the mounted rootfs. */
int host_mounts_let_go(int root_fd, struct err *e);

#endif
