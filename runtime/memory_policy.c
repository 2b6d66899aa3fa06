/* memory_policy.c - see memory_policy.h. */
#include "runtime/memory_policy.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "oci/config.h"
#include "oci/words.h"
#include "runtime/cpu_affinity.h"

int memory_policy_parse(const struct oci_memory_policy *config, struct memory_policy *out,
			struct err *e)
{
	struct memory_policy policy = { .set = config != NULL };
	uint64_t value = 0;

	if (!config) {
		*out = policy;
		return 0;
	}
	if (!config->mode || oci_word_find(&oci_memory_policy_modes, config->mode, &value) < 0) {
		err_set(e, ERR_INVALID, "unknown memory policy %s",
			config->mode ? config->mode : "(none)");
		return err_pointer(e, "/linux/memoryPolicy/mode");
	}
	policy.mode = (int)value;
	for (size_t i = 0; i < config->n_flags; i++) {
		if (oci_word_find(&oci_memory_policy_flags, config->flags[i], &value) < 0) {
			err_set(e, ERR_INVALID, "unknown memory policy flag %s", config->flags[i]);
			return err_pointer(e, "/linux/memoryPolicy/flags/%zu", i);
		}
		policy.mode |= (int)value;
	}
	policy.has_nodes = !str_empty(config->nodes);
	if (policy.has_nodes &&
	    number_list_parse(config->nodes, policy.nodes, MEMORY_POLICY_NODE_MAX) < 0) {
		err_set(e, ERR_INVALID, "%s is no list of nodes below %d", config->nodes,
			MEMORY_POLICY_NODE_MAX);
		return err_pointer(e, "/linux/memoryPolicy/nodes");
	}
	*out = policy;
	return 0;
}

int memory_policy_apply(const struct memory_policy *policy, struct err *e)
{
	if (!policy->set)
		return 0;
	/* set_mempolicy(2): maxnode counts one more than the bits that are read */
	if (syscall(SYS_set_mempolicy, policy->mode, policy->has_nodes ? policy->nodes : NULL,
		    policy->has_nodes ? MEMORY_POLICY_NODE_MAX + 1UL : 0UL) == 0)
		return 0;
	int errnum = errno;
	err_errno(e, errnum, "set_mempolicy: set the memory policy");
	if (errnum == EINVAL)
		err_hint(e, "none of the nodes has memory here, or the kernel lacks the mode");
	if (errnum == ENOSYS)
		err_hint(e, "this kernel is built without CONFIG_NUMA");
	return err_pointer(e, "/linux/memoryPolicy");
}
