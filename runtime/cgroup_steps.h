/* cgroup_steps.h - the steps that make a container's cgroup, limit it and choose its devices.
 *
 * Translates linux.resources into what cgroups/ takes; `update` uses the same translation.
 * Source : runtime-spec config-linux.md "Control groups". */
#ifndef KEG_RUNTIME_CGROUP_STEPS_H
#define KEG_RUNTIME_CGROUP_STEPS_H

#include "base/arena.h"
#include "cgroups/cgroup.h"
#include "cgroups/devices.h"
#include "cgroups/limits.h"
#include "oci/config.h"
#include "runtime/plan.h"

struct cgroup_request {
	const char *path;
	struct cgroup_limits limits;
	bool has_limits;
	struct device_rule *devices;
	size_t n_devices;
	bool delegate; /* to `uid`:`gid`, root of the user namespace */
	uid_t uid;
	gid_t gid;
};

/* resources may be NULL. Borrowed texts and numbers; lists are made in the arena. */
int cgroup_request_compile(struct arena *arena, const struct oci_resources *resources,
			   struct cgroup_request *out, struct err *e);

extern const struct step_kind cgroup_step; /* makes it: launch->cgroup */
extern const struct step_kind cgroup_limits_step;
extern const struct step_kind cgroup_devices_step;
extern const struct step_kind cgroup_delegate_step;

#endif
