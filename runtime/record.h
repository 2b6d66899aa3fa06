/* record.h - the step that writes down who a container's first process is, as soon as it is born.
 *
 * A creator that is killed later leaves a process that `delete --force` finds.
 *
 * Ownership : the request borrows the container's directory and state for the life of the plan. */
#ifndef KEG_RUNTIME_RECORD_H
#define KEG_RUNTIME_RECORD_H

#include "runtime/plan.h"
#include "runtime/state.h"

struct record_request {
	const struct state_dir *dir;
	struct state
		*state; /* gets pid and start time, and loses a cgroup that could not be made */
};

extern const struct step_kind record_step;

#endif
