/* record.c - the pid of a container's first process, on record. */
#include "runtime/record.h"

#include "base/failpoint.h"
#include "base/process.h"
#include "runtime/launch.h"

static int record_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct record_request *request = step->request;

	request->state->pid = launch->pid;
	if (!launch->cgroup)
		request->state->cgroup_path = "";
	int result = process_start_time(launch->pid, &request->state->process_start_time);
	if (result < 0)
		return err_errno(e, result, "look at the container's first process");
	FAILPOINT("create.before_process_recorded");
	if (state_write(request->dir, request->state, e) < 0)
		return -1;
	FAILPOINT("create.after_process_recorded");
	return 0;
}

const struct step_kind record_step = { "record", PHASE_STATE, ACTOR_PARENT, record_run, NULL };
