/* compile.h - from a validated configuration to a plan.
 *
 * Reads what the plan needs (namespaces to join, sockets to connect) and checks what can be checked before
 * anything is made; makes nothing itself.
 *
 * Ownership : the plan lives in its arena; plan_done closes the descriptors it opened.
 * Errors    : ERR_INVALID or ERR_UNSUPPORTED with the pointer of the field.
 * Source    : runtime-spec runtime.md "Lifecycle" for the order of steps. */
#ifndef KEG_RUNTIME_COMPILE_H
#define KEG_RUNTIME_COMPILE_H

#include "oci/config.h"
#include "runtime/hooks.h"
#include "runtime/options.h"
#include "runtime/plan.h"

struct record_request;

struct compile_input {
	const struct oci_config *config;
	const struct container_options *options;
	const char *bundle;	 /* absolute */
	const char *cgroup_path; /* NULL without a cgroup */
	const char *rootfs;	 /* absolute */
	bool wait_start;	 /* `create`: init waits for `start` */
	struct record_request *record;
	const struct hook_subject *subject;
};

int compile_container(const struct compile_input *input, struct plan *plan, struct err *e);

struct compile_exec_input {
	const struct oci_config *config; /* the container's */
	const struct oci_process *process;
	int pidfd; /* the container's first process */
	const struct hook_subject *subject;
};
int compile_exec(const struct compile_exec_input *input, struct plan *plan, struct err *e);

/* Which CLONE_NEW* a configuration names, by path or anew. */
uint64_t compile_namespace_flags(const struct oci_config *config);

#endif
