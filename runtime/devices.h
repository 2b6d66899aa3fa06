/* devices.h - /dev of a container: nodes, the links beside them.
 *
 * Every node is made in its opened parent directory and checked: what is there already has to be the
 * very device, or the start fails. In a user namespace, where mknod(2) is refused, a node that the parent
 * made is bound, or the host's.
 *
 * Errors    : pointer "/linux/devices/N".
 * Source    : runtime-spec config-linux.md "Devices", "Default Devices"; runtime.md "Dev symbolic links".
 * Never     : follows a symlink for the last component of a device's path. */
#ifndef KEG_RUNTIME_DEVICES_H
#define KEG_RUNTIME_DEVICES_H

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/plan.h"

struct device_request {
	const char *path;
	mode_t type; /* S_IFCHR, S_IFBLK, S_IFIFO */
	unsigned major, minor;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool bind; /* init may not make it: bind node_fd, or the host's node of the same path */
	bool make_node;
	uid_t host_uid; /* the owner as the caller's user namespace knows him, for make_node */
	gid_t host_gid;
	int node_fd; /* a detached mount of the node, -1 */
};

struct device_nodes_request {
	struct device_request *devices;
	size_t count;
	bool wanted; /* by any */
};

struct device_row {
	const char *path;
	unsigned major, minor;
};
extern const struct device_row default_devices[]; /* ends with path NULL */

/* The parent makes the nodes with make_node before the clone: a device of the container's user namespace
 * need not be on the host under that path, with that owner and mode. Takes a struct device_nodes_request. */
extern const struct step_kind device_nodes_step;
extern const struct step_kind device_step;
extern const struct step_kind device_links_step; /* /dev/fd, stdin ... ptmx */

#endif
