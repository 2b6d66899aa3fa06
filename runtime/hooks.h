/* hooks.h - programs that the configuration wants run at points of a container's life.
 *
 * The state goes to their standard input on one line; stderr is kept (its last 4 KiB) for the message
 * when one fails; a timeout kills the hook. Standard output is /dev/null and the working directory the
 * bundle, as crun has it; startContainer hooks, in the container's root, stay where they are.
 *
 * Errors    : phase PHASE_HOOKS, pointer "/hooks/prestart/0", text with path, status or signal, stderr.
 * Source    : runtime-spec config.md "POSIX-platform Hooks", runtime.md "Lifecycle". */
#ifndef KEG_RUNTIME_HOOKS_H
#define KEG_RUNTIME_HOOKS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "oci/config.h"
#include "runtime/plan.h"

/* What is known of the container when a hook runs; borrowed. */
struct hook_subject {
	const char *id, *bundle, *root;
	const struct string_pair *annotations;
	size_t n_annotations;
	int stdout_fd, stderr_fd; /* stderr -1: kept for the message */
};

struct hook_request {
	const struct oci_hook *hook;
	const struct hook_subject *subject;
	const char *status; /* "creating", "created", "running", "stopped" */
};

extern const struct step_kind runtime_hook_step;   /* prestart, createRuntime: in the parent */
extern const struct step_kind container_hook_step; /* createContainer, startContainer: in init */

/* Opens the files of the annotations run.oci.hooks.stdout and .stderr, which hooks append to; the caller
 * closes. Before the clone: a hook in the container could not reach them. */
int hook_output_open(struct hook_subject *subject, struct err *e);
void hook_output_close(struct hook_subject *subject);
/* One hook now; poststart and poststop. */
int hook_run(const struct hook_request *request, pid_t pid, struct err *e);

#endif
