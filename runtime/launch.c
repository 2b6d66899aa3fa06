/* launch.c - the parent's and init's walk over one plan. */
#include "runtime/launch.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/process.h"
#include "base/scope.h"
#include "base/sys.h"
#include "runtime/container.h"
#include "runtime/foreground.h"
#include "runtime/state.h"
#include "runtime/sync.h"

void launch_init(struct launch *launch, const struct plan *plan)
{
	*launch = (struct launch){
		.plan = plan,
		.pidfd = -1,
		.pid = -1,
		.lock_fd = -1,
		.sync_fd = -1,
		.init_sync_fd = -1,
		.root_fd = -1,
		.proc_fd = -1,
		.start_fifo_fd = -1,
		.terminal_fd = -1,
		.masked_directory_fd = -1,
	};
}

void launch_done(struct launch *launch)
{
	int *const fds[] = { &launch->pidfd,	    &launch->sync_fd,
			     &launch->init_sync_fd, &launch->root_fd,
			     &launch->proc_fd,	    &launch->start_fifo_fd,
			     &launch->terminal_fd,  &launch->masked_directory_fd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		scope_close(fds[i]);
		*fds[i] = -1;
	}
	cgroup_close(launch->cgroup);
	launch->cgroup = NULL;
}

int launch_abort(struct launch *launch)
{
	if (launch->pidfd < 0)
		return 0;
	(void)process_signal(launch->pidfd, SIGKILL); /* gone already is fine */
	int reaped = process_reap(launch->pidfd, CONTAINER_KILL_TIMEOUT_MS);
	close(take_fd(&launch->pidfd));
	launch->pid = -1;
	return reaped == -ETIMEDOUT ? reaped : 0;
}

int launch_failed(struct launch *launch, struct err *e)
{
	pid_t pid = launch->pid;

	if (launch_abort(launch) < 0)
		err_hint(e, "process %d was killed and has not ended: the kernel holds it", pid);
	return -1;
}

/* What init said before it died and nobody has read yet. */
static bool last_words(struct launch *launch, struct err *e)
{
	struct sync_message message = { .kind = SYNC_END };
	struct err said = ERR_INIT;

	if (launch->init_sync_fd >= 0) /* our copy keeps its end open: reading could block */
		return false;
	do
		if (sync_receive(launch->sync_fd, &message, &said) < 0)
			break;
	while (message.kind != SYNC_END);
	if (message.kind != SYNC_ERROR)
		return false;
	*e = said;
	return true;
}

/* init is dead: tell what it said, or how it died. */
static int explain_death(struct launch *launch, struct err *e)
{
	if (launch->pidfd < 0 || (e->code != ERR_GONE && process_wait_gone(launch->pidfd, 0) < 0))
		return -1;
	if (process_wait_gone(launch->pidfd, 5000) == 0 && last_words(launch, e))
		return -1;
	if (e->code != ERR_GONE)
		return -1;
	int status = process_reap(launch->pidfd, 5000);
	if (status < 0)
		return -1;
	err_set(e, ERR_GONE, "the container's first process died while it was set up%s%s",
		status > 128 ? " by signal " : "", status > 128 ? strsignal(status - 128) : "");
	if (status == 128 + SIGKILL && launch->cgroup) {
		struct cgroup_events events;
		struct err ignored = ERR_INIT;
		if (cgroup_events_read(launch->cgroup, &events, &ignored) == 0 &&
		    events.memory_oom_kill > 0)
			err_hint(e, "it ran out of memory: raise linux.resources.memory.limit");
	}
	err_phase(e, PHASE_SYNC);
	close(take_fd(&launch->pidfd));
	return -1;
}

int launch_start(struct launch *launch, struct err *e)
{
	int pair[2];

	if (sync_pair(pair, e) < 0)
		return -1;
	launch->sync_fd = pair[0];
	launch->init_sync_fd = pair[1];
	if (plan_run(launch->plan, ACTOR_PARENT, launch, &launch->position, &ready_step, e) == 0)
		return 0;
	/* What init has to say weighs more than a parent's step that failed because init was gone. */
	explain_death(launch, e);
	return launch_failed(launch, e);
}

int launch_release(struct launch *launch, bool wait_exec, struct err *e)
{
	struct sync_message message;

	if (sync_send(launch->sync_fd, SYNC_GO, launch->pid, e) < 0)
		return explain_death(launch, e);
	FAILPOINT("launch.released");
	if (!wait_exec)
		return 0;
	if (foreground_ready(launch->sync_fd, e) < 0 ||
	    sync_receive(launch->sync_fd, &message, e) < 0)
		return explain_death(launch, e);
	if (message.kind != SYNC_END)
		return err_set(e, ERR_INTERNAL, "unexpected message %d instead of the exec",
			       message.kind);
	return 0;
}

/* ---- init ------------------------------------------------------------------------------------ */

void launch_run_init(struct launch *launch)
{
	struct err e = ERR_INIT;

	close(take_fd(&launch->sync_fd));
	launch->sync_fd = take_fd(&launch->init_sync_fd);
	scope_close(&launch->lock_fd);
	foreground_leave();
	/* Should the parent die during the set-up; a barrier notices too, this is at once. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	umask(0); /* modes are meant as they are written */
	FAILPOINT("init.begins");

	(void)plan_run(launch->plan, ACTOR_INIT, launch, &launch->position, NULL, &e);
	if (e.code == ERR_NONE)
		err_set(&e, ERR_INTERNAL, "the plan ended without executing anything");
	if (launch->start_fifo_fd >= 0 && launch->sync_fd < 0)
		state_fifo_tell(launch->start_fifo_fd, &e); /* `create` is long gone */
	else
		sync_send_error(launch->sync_fd, &e);
	_exit(e.code == ERR_NOT_FOUND ? 127 : 1);
}

static int barrier_meet(struct launch *launch, const struct step *step, struct err *e)
{
	int64_t row = step - launch->plan->steps;

	if (launch->pid != 0) {
		FAILPOINT("launch.parent_at_barrier");
		if (foreground_ready(launch->sync_fd, e) < 0)
			return err_phase(e, PHASE_SYNC);
		return sync_expect(launch->sync_fd, SYNC_REACHED, row, e);
	}
	FAILPOINT("init.at_barrier");
	return sync_send(launch->sync_fd, SYNC_REACHED, row, e);
}

static int init_wait_go(struct launch *launch, struct err *e)
{
	struct sync_message message;

	if (sync_receive(launch->sync_fd, &message, e) < 0)
		return -1;
	if (message.kind != SYNC_GO)
		_exit(1); /* the parent is gone, there is nobody to tell */
	launch->outer_pid = (pid_t)message.value;
	FAILPOINT("init.after_barrier");
	return 0;
}

static int barrier_run(struct launch *launch, const struct step *step, struct err *e)
{
	if (barrier_meet(launch, step, e) < 0)
		return -1;
	return launch->pid != 0 ? sync_send(launch->sync_fd, SYNC_GO, launch->pid, e)
				: init_wait_go(launch, e);
}

const struct step_kind barrier_step = { "barrier", PHASE_SYNC, ACTOR_BOTH, barrier_run, NULL };

/* The parent's part ends here; launch_release sends the GO. */
static int ready_run(struct launch *launch, const struct step *step, struct err *e)
{
	if (launch->pid == 0)
		(void)prctl(PR_SET_PDEATHSIG, 0); /* from here on end-of-file tells */
	if (barrier_meet(launch, step, e) < 0)
		return -1;
	return launch->pid != 0 ? 0 : init_wait_go(launch, e);
}

const struct step_kind ready_step = { "ready", PHASE_SYNC, ACTOR_BOTH, ready_run, NULL };

/* The fifo is open for reading and writing, so that read(2) blocks until `start` writes, whoever comes
 * and goes in between. */
static int wait_start_run(struct launch *launch, const struct step *step, struct err *e)
{
	char byte;
	ssize_t n;

	(void)step;
	close(take_fd(&launch->sync_fd)); /* `create` returns */
	do
		n = read(launch->start_fifo_fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	FAILPOINT("init.started");
	return n == 1 ? 0 : err_sys(e, "wait for the start");
}

const struct step_kind wait_start_step = {
	"wait-start", PHASE_SYNC, ACTOR_INIT, wait_start_run, NULL,
};
