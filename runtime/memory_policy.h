/* memory_policy.h - linux.memoryPolicy: on which NUMA nodes memory comes from.
 *
 * Errors    : ERR_INVALID below /linux/memoryPolicy.
 * Source    : set_mempolicy(2), runtime-spec config-linux.md "Memory policy".
 * Never     : allocates. */
#ifndef KEG_RUNTIME_MEMORY_POLICY_H
#define KEG_RUNTIME_MEMORY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct oci_memory_policy;

#define MEMORY_POLICY_NODE_MAX 1024 /* MAX_NUMNODES of the largest kernels */

struct memory_policy {
	bool set;
	int mode; /* MPOL_* with MPOL_F_* */
	bool has_nodes;
	uint64_t nodes[MEMORY_POLICY_NODE_MAX / 64];
};

/* config may be NULL: out->set is false. */
int memory_policy_parse(const struct oci_memory_policy *config, struct memory_policy *out,
			struct err *e);
int memory_policy_apply(const struct memory_policy *policy, struct err *e); /* to the caller */

#endif
