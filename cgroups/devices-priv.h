/* devices-priv.h - what the compiler of device rules and its user share. */
#ifndef KEG_CGROUPS_DEVICES_PRIV_H
#define KEG_CGROUPS_DEVICES_PRIV_H

#include "cgroups/devices.h"

/* The member of a rule that cannot be ("type", "major" ...); NULL for a good one. */
const char *device_rule_fault(const struct device_rule *rule);

/* Our programs on a cgroup as descriptors, the caller's; how many, or negative errno. */
int device_programs_open(int cgroup_fd, int *out_fds, size_t limit);

#endif
