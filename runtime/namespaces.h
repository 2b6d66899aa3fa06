/* namespaces.h - where a container's first process is born.
 *
 * New namespaces come with the clone itself, straight into the cgroup. When others are joined, or time
 * offsets set, a process that is thrown away enters them first and clones init as its sibling
 * (CLONE_PARENT): so the caller stays where it is, and init is born complete, in the new pid namespace too.
 *
 * Errors    : phase PHASE_NAMESPACES with the pointer of the namespace.
 * Source    : clone(2) clone3, setns(2), time_namespaces(7), user_namespaces(7). */
#ifndef KEG_RUNTIME_NAMESPACES_H
#define KEG_RUNTIME_NAMESPACES_H

#include <stdbool.h>
#include <stdint.h>

#include "netns/ns.h"
#include "oci/config.h"
#include "runtime/plan.h"

struct namespace_join {
	enum ns_kind kind;
	int fd; /* opened while compiling: a wrong path fails before anything is made */
	const char *pointer; /* "/linux/namespaces/2/path" */
};

struct namespaces_request {
	uint64_t create; /* CLONE_NEW* of new ones */
	struct namespace_join joins[NS_KIND_COUNT];
	unsigned join_count;
	int join_pidfd;		  /* exec: all of this process's, -1 otherwise */
	uint64_t join_flags;	  /* which of them, CLONE_NEW* */
	const char *time_offsets; /* text for timens_offsets, NULL */
};

/* Runs in the parent and returns in both: launch->pid is 0 in init. */
extern const struct step_kind namespaces_step;

struct id_maps_request {
	const struct oci_id_mapping *uids, *gids;
	size_t n_uids, n_gids;
};
/* The parent writes init's id maps; init waits for it at the next barrier. */
extern const struct step_kind id_maps_step;
/* init becomes root of its user namespace. */
extern const struct step_kind userns_root_step;

extern const struct step_kind loopback_step;
extern const struct step_kind hostname_step; /* object: the name */
extern const struct step_kind domainname_step;
extern const struct step_kind keyring_step; /* object: its name */

struct net_device_request {
	const char *name, *new_name;
};
extern const struct step_kind net_device_step;

/* Text of a uid_map or gid_map file. -E2BIG when it does not fit. */
int id_map_text(const struct oci_id_mapping *maps, size_t count, char *out, size_t size);
/* Writes both maps of a process by /proc, or by newuidmap(1) where the caller lacks the privilege. */
int id_maps_write(pid_t pid, const struct id_maps_request *maps, struct err *e);

#endif
