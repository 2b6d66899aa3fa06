/* container.c - commands on containers that exist: start, kill, delete, pause, update, facts. */
#include "runtime/container.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/process.h"
#include "base/scope.h"
#include "cgroups/cgroup.h"
#include "oci/config.h"
#include "oci/state.h"
#include "runtime/cgroup_steps.h"
#include "runtime/container-priv.h"

/* ---- opened containers ----------------------------------------------------------------------- */

void container_close(struct container *container)
{
	cgroup_close(container->cgroup);
	scope_close(&container->pidfd);
	state_dir_close(&container->dir);
	arena_free(container->arena);
	*container = CONTAINER_CLOSED;
}

int container_open(const char *root, const char *id, bool lock, struct container *out,
		   struct err *e)
{
	*out = CONTAINER_CLOSED;
	AUTO_FD root_fd = state_root_open(root, e);
	if (root_fd < 0)
		return -1;
	out->arena = arena_new(CONTAINER_ARENA_LIMIT);
	if (!out->arena)
		return err_errno(e, ENOMEM, "open container `%s`", id);
	if (state_dir_open(root_fd, id, lock, &out->dir, e) < 0 ||
	    state_read(&out->dir, out->arena, &out->state, e) < 0)
		return err_phase(e, PHASE_STATE);
	out->pidfd = state_open_process(&out->state);
	out->status = state_status(&out->dir, &out->state);
	return 0;
}

int container_open_cgroup(struct container *container, struct err *e)
{
	if (str_empty(container->state.cgroup_path)) {
		err_set(e, ERR_UNSUPPORTED, "container `%s` has no cgroup", container->dir.id);
		return err_phase(e, PHASE_CGROUP);
	}
	AUTO_FD tree = cgroup_tree_open(e);
	return tree < 0 ? -1
			: cgroup_open(tree, container->state.cgroup_path, &container->cgroup, e);
}

static int wrong_state(const struct container *container, const char *verb, struct err *e)
{
	/* Callers of OCI runtimes look for "container not running". */
	err_set(e, ERR_CONFLICT, "%s container `%s`: %sit is %s", verb, container->dir.id,
		container->status == CONTAINER_STOPPED ? "container not running: " : "",
		container_status_name(container->status));
	return err_phase(e, PHASE_STATE);
}

int container_load_config(struct container *container, struct err *e)
{
	return oci_config_load(container->arena, container->dir.fd, "config.json",
			       &container->config, e);
}

void container_subject(const struct container *container, struct hook_subject *out)
{
	*out = (struct hook_subject){
		.id = container->dir.id,
		.bundle = container->state.bundle,
		.root = container->state.rootfs,
		.annotations = container->config->annotations,
		.n_annotations = container->config->n_annotations,
		.stdout_fd = -1,
		.stderr_fd = -1,
	};
}

int container_run_hooks(struct container *container, const char *name, const struct oci_hook *hooks,
			size_t count, const char *status, struct err *e)
{
	struct hook_subject subject;

	container_subject(container, &subject);
	int result = count ? hook_output_open(&subject, e) : 0;
	for (size_t i = 0; result == 0 && i < count; i++) {
		struct hook_request request = { &hooks[i], &subject, status };
		if (hook_run(&request, (pid_t)container->state.pid, e) < 0)
			result = err_pointer(e, "/hooks/%s/%zu", name, i);
	}
	hook_output_close(&subject);
	return result;
}

/* ---- start ----------------------------------------------------------------------------------- */

int container_poststart(struct container *container, struct err *e)
{
	const struct oci_hooks *hooks = container->config->hooks;

	return hooks ? container_run_hooks(container, "poststart", hooks->poststart,
					   hooks->n_poststart, "running", e)
		     : 0;
}

int container_start(const char *root, const char *id, struct err *e)
{
	AUTO_CONTAINER container = CONTAINER_CLOSED;

	if (container_open(root, id, true, &container, e) < 0)
		return -1;
	if (container.status != CONTAINER_CREATED)
		return wrong_state(&container, "start", e);
	if (container_load_config(&container, e) < 0)
		return -1;
	FAILPOINT("start.before_release");
	AUTO_FD started = -1;
	if (state_fifo_release(&container.dir, &started, e) < 0)
		return err_phase(e, PHASE_STATE);
	FAILPOINT("start.after_release");
	/* It runs now, and hooks may take their time: others may look, kill and delete. */
	state_dir_unlock(&container.dir);
	if (state_fifo_wait(&container.dir, started, e) < 0)
		return -1;
	if (container_poststart(&container, e) == 0)
		return 0;
	/* As crun(1): a container whose hook failed is not left running. */
	struct err ignored = ERR_INIT;
	if (state_dir_relock(&container.dir, &ignored) == 0)
		(void)container_destroy(&container, NULL,
					&ignored); /* the hook's error is the one to tell */
	return -1;
}

/* ---- kill, delete ---------------------------------------------------------------------------- */

int container_kill(const char *root, const char *id, int signal_number, bool all, struct err *e)
{
	AUTO_CONTAINER container = CONTAINER_CLOSED;

	if (container_open(root, id, false, &container, e) < 0)
		return -1;
	if (all) {
		if (container_open_cgroup(&container, e) < 0)
			return e->code == ERR_GONE || e->code == ERR_NOT_FOUND ? 0 : -1;
		return cgroup_signal(container.cgroup, signal_number, e);
	}
	if (container.pidfd < 0)
		return wrong_state(&container, "kill", e);
	int result = process_signal(container.pidfd, signal_number);
	if (result == -ESRCH) {
		container.status = CONTAINER_STOPPED;
		return wrong_state(&container, "kill", e);
	}
	return result < 0 ? err_errno(e, result, "kill container `%s`", id) : 0;
}

static int gone_is_fine(struct err *e)
{
	if (e->code != ERR_GONE && e->code != ERR_NOT_FOUND)
		return -1;
	*e = ERR_INIT;
	return 0;
}

static int destroy_cgroup(struct container *container, struct err *e)
{
	struct err busy = ERR_INIT;

	if (!container->cgroup && container_open_cgroup(container, e) < 0)
		return -1;
	/* As a rule nobody is left in it, and then this is all. */
	if (cgroup_remove(container->cgroup, 0, &busy) == 0)
		return 0;
	if (cgroup_kill(container->cgroup, CONTAINER_KILL_TIMEOUT_MS, e) < 0)
		return -1;
	return cgroup_remove(container->cgroup, CONTAINER_KILL_TIMEOUT_MS, e);
}

/* Each of them, whatever the others do. */
static void run_poststop(struct container *container, struct err *warning)
{
	const struct oci_hooks *hooks = container->config ? container->config->hooks : NULL;
	struct hook_subject subject;

	if (!hooks || container->state.pid <= 0)
		return;
	struct err failed = ERR_INIT;
	container_subject(container, &subject);
	if (hooks->n_poststop && hook_output_open(&subject, &failed) < 0 && warning)
		*warning = failed;
	for (size_t i = 0; i < hooks->n_poststop; i++) {
		struct hook_request request = { &hooks->poststop[i], &subject, "stopped" };
		failed = ERR_INIT;
		if (hook_run(&request, (pid_t)container->state.pid, &failed) == 0)
			continue;
		err_pointer(&failed, "/hooks/poststop/%zu", i);
		if (warning && warning->code == ERR_NONE)
			*warning = failed;
	}
	hook_output_close(&subject);
}

/* Whatever still runs dies; then what was made is taken away, the directory last, so that a delete that is
 * killed half-way can be repeated. */
int container_destroy(struct container *container, struct err *warning, struct err *e)
{
	if (container->pidfd >= 0) {
		(void)process_signal(container->pidfd, SIGKILL);
		int result = process_wait_gone(container->pidfd, CONTAINER_KILL_TIMEOUT_MS);
		if (result < 0)
			return err_errno(e, result, "wait for the end of container `%s`",
					 container->dir.id);
	}
	FAILPOINT("delete.after_kill");
	if (!str_empty(container->state.cgroup_path) && destroy_cgroup(container, e) < 0 &&
	    gone_is_fine(e) < 0)
		return -1;
	FAILPOINT("delete.after_cgroup");
	run_poststop(container, warning);
	FAILPOINT("delete.before_state");
	return state_dir_remove(&container->dir, e);
}

int container_delete(const char *root, const char *id, bool force, struct err *warning,
		     struct err *e)
{
	AUTO_CONTAINER container = CONTAINER_CLOSED;

	if (container_open(root, id, true, &container, e) < 0) {
		/* A creator that was killed very early, or a delete that was killed very late: there is a
		 * directory, ours by its lock, and nothing else that is known. */
		bool remains = e->code == ERR_NOT_FOUND ||
			       (force && e->code == ERR_INVALID); /* no status */
		if (!remains || !container.dir.locked)
			return -1;
		*e = ERR_INIT;
		return state_dir_remove(&container.dir, e);
	}
	if (!force && container.status != CONTAINER_STOPPED &&
	    container.status != CONTAINER_CREATED && container.status != CONTAINER_CREATING)
		return wrong_state(&container, "delete", e);
	struct err unread = ERR_INIT;
	/* Not copied yet when its creator was killed: then it has run no hook either. */
	if (container_load_config(&container, &unread) < 0 && !force &&
	    unread.code != ERR_NOT_FOUND) {
		*e = unread;
		return -1;
	}
	return container_destroy(&container, warning, e);
}

/* ---- pause, ps, update ----------------------------------------------------------------------- */

int container_pause(const char *root, const char *id, bool pause, struct err *e)
{
	AUTO_CONTAINER container = CONTAINER_CLOSED;
	enum container_status wanted = pause ? CONTAINER_RUNNING : CONTAINER_PAUSED;

	if (container_open(root, id, true, &container, e) < 0)
		return -1;
	if (container.status != wanted)
		return wrong_state(&container, pause ? "pause" : "resume", e);
	if (container_open_cgroup(&container, e) < 0)
		return -1;
	return pause ? cgroup_freeze(container.cgroup, CONTAINER_KILL_TIMEOUT_MS, e)
		     : cgroup_thaw(container.cgroup, CONTAINER_KILL_TIMEOUT_MS, e);
}

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

int container_pids(const char *root, const char *id, pid_t **out_pids, size_t *out_count,
		   struct err *e)
{
	AUTO_CONTAINER container = CONTAINER_CLOSED;

	if (container_open(root, id, false, &container, e) < 0)
		return -1;
	if (container.status == CONTAINER_STOPPED)
		return wrong_state(&container, "list the processes of", e);
	if (container_open_cgroup(&container, e) < 0 ||
	    cgroup_pids(container.cgroup, out_pids, out_count, e) < 0)
		return -1;
	qsort(*out_pids, *out_count, sizeof **out_pids, compare_pids);
	return 0;
}

int container_update(const char *root, const char *id, struct arena *arena,
		     const struct oci_resources *resources, struct err *e)
{
	AUTO_CONTAINER container = CONTAINER_CLOSED;
	struct cgroup_request request = { 0 };

	if (container_open(root, id, true, &container, e) < 0)
		return -1;
	if (container.status == CONTAINER_STOPPED)
		return wrong_state(&container, "update", e);
	if (cgroup_request_compile(arena, resources, &request, e) < 0 ||
	    container_open_cgroup(&container, e) < 0)
		return -1;
	if (request.has_limits &&
	    cgroup_limits_apply(container.cgroup, &request.limits, "/linux/resources", e) < 0)
		return -1;
	if (request.n_devices &&
	    cgroup_devices_apply(container.cgroup, request.devices, request.n_devices,
				 "/linux/resources/devices", e) < 0)
		return -1;
	return 0;
}

/* ---- facts ----------------------------------------------------------------------------------- */

int container_facts(const char *root, const char *id, struct arena *arena,
		    struct container_facts *out, struct err *e)
{
	AUTO_STATE_DIR dir = STATE_DIR_CLOSED;
	AUTO_FD root_fd = state_root_open(root, e);

	if (root_fd < 0 || state_dir_open(root_fd, id, false, &dir, e) < 0 ||
	    state_read(&dir, arena, &out->state, e) < 0)
		return -1;
	out->status = state_status(&dir, &out->state);
	out->pid = out->status == CONTAINER_STOPPED ? 0 : (pid_t)out->state.pid;
	return 0;
}

int container_state_write(const char *root, const char *id, struct strbuf *out, struct err *e)
{
	AUTO_CONTAINER container = CONTAINER_CLOSED;
	struct json_writer w;

	if (container_open(root, id, false, &container, e) < 0 ||
	    container_load_config(&container, e) < 0)
		return -1;
	struct oci_state state = {
		.id = id,
		.pid = container.status == CONTAINER_STOPPED ? 0 : container.state.pid,
		.status = container_status_name(container.status),
		.bundle = container.state.bundle,
		.rootfs = container.state.rootfs,
		.created = container.state.created,
		.owner = container.state.owner,
		.annotations = container.config->annotations,
		.n_annotations = container.config->n_annotations,
	};
	json_writer_init(&w, out, true);
	oci_state_encode(&state, &w, NULL);
	int result = json_writer_end(&w);
	return result < 0 ? err_errno(e, result, "write the state of container `%s`", id) : 0;
}
