/* namespaces.c - the clone of a container's first process, and what it does right after. */
#include "runtime/namespaces.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/failpoint.h"
#include "base/file.h"
#include "base/process.h"
#include "base/scope.h"
#include "base/sys.h"
#include "netns/link.h"
#include "runtime/container.h"
#include "runtime/foreground.h"
#include "runtime/launch.h"
#include "runtime/procfs.h"
#include "runtime/sync.h"

/* 0 in the new process, its pid in the caller. *out_pidfd only where CLONE_PIDFD was asked for. */
static pid_t clone_process(uint64_t flags, int cgroup_fd, int *out_pidfd)
{
	struct clone_args args = {
		.flags = flags,
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
	};

	if (out_pidfd) {
		args.flags |= CLONE_PIDFD;
		args.pidfd = (uint64_t)(uintptr_t)out_pidfd;
	}
	if (cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_fd;
	}
	long pid = sys_clone3(&args, sizeof args);
	return pid < 0 ? -errno : (pid_t)pid;
}

static int explain_clone(int result, struct err *e)
{
	switch (result) {
	case -EAGAIN:
		return err_hint(e, "pids.max of its cgroup or of one above is reached, or "
				   "RLIMIT_NPROC of the user");
	case -ENOSPC: return err_hint(e, "see /proc/sys/user/max_*_namespaces");
	default: return -1;
	}
}

static int enter_joined(const struct namespaces_request *request, struct err *e)
{
	if (request->join_pidfd >= 0 && request->join_flags &&
	    setns(request->join_pidfd, (int)request->join_flags) < 0)
		return err_sys(e, "enter the container's namespaces");
	/* A user namespace comes last while the caller is privileged (the others may belong to the host),
	 * first when it is not (only there it has the right to enter the others). */
	bool user_first = geteuid() != 0;

	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < request->join_count; i++) {
			const struct namespace_join *join = &request->joins[i];
			bool now = (join->kind == NS_USER) == (user_first == (round == 0));
			if (!now)
				continue;
			if (setns(join->fd, (int)ns_kind_row(join->kind)->flag) < 0) {
				err_sys(e, "enter the %s namespace", ns_kind_row(join->kind)->name);
				return err_pointer(e, "%s", join->pointer);
			}
		}
	}
	return 0;
}

static int prepare_time(const struct namespaces_request *request, struct err *e)
{
	if (unshare(CLONE_NEWTIME) < 0)
		return err_sys(e, "make a time namespace");
	int result = file_write_once(AT_FDCWD, "/proc/self/timens_offsets", request->time_offsets,
				     strlen(request->time_offsets));
	if (result < 0) {
		err_errno(e, result, "set the time offsets");
		return err_pointer(e, "/linux/timeOffsets");
	}
	return 0;
}

/* 0 in init, its pid in the stage, -1 failed. */
static pid_t stage_clone(const struct namespaces_request *request, struct err *e)
{
	uint64_t flags = request->create;

	/* Before anyone inside can see us; init inherits it. Without privilege it would take our own
	 * /proc files away from us, and then they are out of reach for the container anyway. */
	if (geteuid() == 0 && prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_sys(e, "hide from the container's processes");
	FAILPOINT("stage.begins");
	if (request->time_offsets) {
		if (prepare_time(request, e) < 0)
			return -1;
		flags &= ~(uint64_t)CLONE_NEWTIME;
	}
	if (enter_joined(request, e) < 0)
		return -1;
	pid_t pid = clone_process(flags | CLONE_PARENT, -1, NULL);
	if (pid < 0) {
		err_errno(e, pid, "clone the container's first process");
		return explain_clone(pid, e);
	}
	return pid;
}

/* The process in between. Returns 0 in init; otherwise exits. */
static int stage_run(const struct namespaces_request *request, int pid_fd)
{
	struct err e = ERR_INIT;
	pid_t pid = stage_clone(request, &e);

	if (pid == 0) {
		close(pid_fd);
		return 0;
	}
	if (pid < 0) {
		err_phase(&e, PHASE_NAMESPACES);
		sync_send_error(pid_fd, &e);
		_exit(1);
	}
	FAILPOINT("stage.after_clone");
	_exit(sync_send(pid_fd, SYNC_PID, pid, &e) < 0);
}

/* 0 in init, 1 in the parent, -1 failed. */
static int clone_by_stage(struct launch *launch, const struct namespaces_request *request,
			  int cgroup_fd, struct err *e)
{
	int pair[2];

	if (sync_pair(pair, e) < 0)
		return -1;
	AUTO_FD ours = pair[0];
	AUTO_FD theirs = pair[1];
	AUTO_FD stage = -1;
	pid_t pid = clone_process(0, cgroup_fd, &stage);
	if (pid < 0) {
		err_errno(e, pid, "clone the process that enters namespaces");
		return explain_clone(pid, e);
	}
	if (pid == 0) {
		close(take_fd(&ours));
		return stage_run(request, take_fd(&theirs));
	}
	close(take_fd(&theirs));
	FAILPOINT("launch.after_stage");

	struct sync_message message = { .kind = SYNC_END };
	struct err late = ERR_INIT;
	int waited = foreground_ready(ours, e);
	if (waited < 0)
		(void)process_signal(stage, SIGKILL); /* reaped right below */
	/* It exits right after its message, and the message counts. */
	if (process_reap(stage, CONTAINER_KILL_TIMEOUT_MS) == -ETIMEDOUT) {
		if (waited == 0)
			err_set(e, ERR_TIMEOUT, "wait for the process that enters namespaces");
		return err_hint(e, "process %d has not ended: the kernel holds it", pid);
	}
	int received = sync_receive(ours, &message, waited < 0 ? &late : e);
	if (received < 0 || (waited < 0 && message.kind != SYNC_PID))
		return -1;
	if (message.kind != SYNC_PID)
		return err_set(e, ERR_GONE, "the process that enters namespaces died");
	launch->pid = (pid_t)message.value;
	/* Our child and not reaped yet: the pid cannot have been reused. */
	launch->pidfd = process_open(launch->pid);
	if (launch->pidfd < 0)
		return err_errno(e, launch->pidfd, "open the container's first process");
	return waited < 0 ? -1 : 1; /* interrupted: launch_start ends it */
}

static int namespaces_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct namespaces_request *request = step->request;
	int cgroup = launch->cgroup ? cgroup_fd(launch->cgroup) : -1;
	int born;

	FAILPOINT("launch.before_clone");
	if (request->join_count || request->join_pidfd >= 0 || request->time_offsets) {
		born = clone_by_stage(launch, request, cgroup, e);
		if (born < 0)
			return -1;
	} else {
		pid_t pid = clone_process(request->create, cgroup, &launch->pidfd);
		if (pid < 0) {
			err_errno(e, pid, "clone the container's first process");
			return explain_clone(pid, e);
		}
		launch->pid = pid;
		born = pid != 0;
	}
	if (!born) {
		launch->pid = 0;
		launch_run_init(launch); /* does not return */
	}
	close(take_fd(
		&launch->init_sync_fd)); /* init's end is init's alone, or its end would not show */
	FAILPOINT("launch.after_clone");
	return 0;
}

static void namespaces_describe(const struct step *step, struct strbuf *out)
{
	const struct namespaces_request *request = step->request;

	for (enum ns_kind kind = 0; kind < NS_KIND_COUNT; kind++)
		if (request->create & ns_kind_row(kind)->flag)
			strbuf_addf(out, "%s%s", out->length ? " " : "", ns_kind_row(kind)->name);
	for (unsigned i = 0; i < request->join_count; i++)
		strbuf_addf(out, " +%s", ns_kind_row(request->joins[i].kind)->name);
	if (request->join_pidfd >= 0)
		strbuf_add(out, "those of the container");
}

const struct step_kind namespaces_step = {
	"namespaces", PHASE_NAMESPACES, ACTOR_PARENT, namespaces_run, namespaces_describe,
};

/* ---- user namespace -------------------------------------------------------------------------- */

int id_map_text(const struct oci_id_mapping *maps, size_t count, char *out, size_t size)
{
	size_t length = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		int n = snprintf(out + length, size - length, "%u %u %u\n", maps[i].container_id,
				 maps[i].host_id, maps[i].size);
		if (n < 0 || (size_t)n >= size - length)
			return -E2BIG;
		length += (size_t)n;
	}
	return 0;
}

#define ID_MAP_MAX 340 /* lines the kernel takes, user_namespaces(7) */
/* One write(2) of less than a page: the kernel takes no more. */
#define ID_MAP_TEXT 4096

static int map_by_helper(pid_t pid, const char *helper, const struct oci_id_mapping *maps,
			 size_t count, struct err *e)
{
	/* newuidmap PID inside outside count [inside outside count ...] */
	static char numbers[3 * ID_MAP_MAX][12];
	char *argv[3 * ID_MAP_MAX + 3];
	char pid_text[12], path[64];
	char *environment[] = { (char[]){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" }, NULL };
	size_t argc = 0;

	if (count > ID_MAP_MAX)
		return err_set(e, ERR_LIMIT, "%zu mappings, at most %d", count, ID_MAP_MAX);
	snprintf(pid_text, sizeof pid_text, "%d", pid);
	snprintf(path, sizeof path, "/usr/bin/%s", helper);
	argv[argc++] = path;
	argv[argc++] = pid_text;
	for (size_t i = 0; i < count; i++) {
		const uint32_t values[] = { maps[i].container_id, maps[i].host_id, maps[i].size };
		for (int k = 0; k < 3; k++) {
			snprintf(numbers[3 * i + k], sizeof numbers[0], "%u", values[k]);
			argv[argc++] = numbers[3 * i + k];
		}
	}
	argv[argc] = NULL;
	AUTO_FD pidfd = -1;
	pid_t child = process_spawn(&(struct process_spawn){ .path = path,
							     .argv = argv,
							     .envp = environment,
							     .stdin_fd = -1,
							     .stdout_fd = -1,
							     .stderr_fd = -1,
							     .cwd_fd = -1 },
				    &pidfd);
	if (child < 0)
		return err_errno(e, child, "run %s", path);
	if (foreground_ready(pidfd, e) < 0) {
		(void)process_signal(pidfd, SIGKILL); /* reaped right below */
		if (process_reap(pidfd, CONTAINER_KILL_TIMEOUT_MS) == -ETIMEDOUT)
			err_hint(e, "process %d has not ended: the kernel holds it", child);
		return -1;
	}
	int status = process_reap(pidfd, 0);
	if (status != 0)
		return err_set(e, ERR_DENIED, "%s refused the mapping (exit status %d)", path,
			       status);
	return 0;
}

static int map_write(pid_t pid, const char *file, const char *helper,
		     const struct oci_id_mapping *maps, size_t count, struct err *e)
{
	char text[ID_MAP_TEXT];

	if (count == 0)
		return 0;
	if (id_map_text(maps, count, text, sizeof text) < 0)
		return err_set(e, ERR_LIMIT, "%zu id mappings do not fit one page", count);
	struct err direct = ERR_INIT;
	if (procfs_write_process(pid, file, text, &direct) == 0)
		return 0;
	if (direct.errnum != EPERM || geteuid() == 0) {
		*e = direct;
		return -1;
	}
	return map_by_helper(pid, helper, maps, count, e);
}

int id_maps_write(pid_t pid, const struct id_maps_request *maps, struct err *e)
{
	/* Without privilege a gid map may be written only after setgroups was given up. */
	if (geteuid() != 0 && maps->n_gids == 1 && maps->gids[0].size == 1 &&
	    procfs_write_process(pid, "setgroups", "deny", e) < 0)
		return -1;
	if (map_write(pid, "gid_map", "newgidmap", maps->gids, maps->n_gids, e) < 0)
		return err_pointer(e, "/linux/gidMappings");
	if (map_write(pid, "uid_map", "newuidmap", maps->uids, maps->n_uids, e) < 0)
		return err_pointer(e, "/linux/uidMappings");
	return 0;
}

static int id_maps_run(struct launch *launch, const struct step *step, struct err *e)
{
	if (id_maps_write(launch->pid, step->request, e) < 0)
		return -1;
	FAILPOINT("launch.after_id_maps");
	return 0;
}

static void id_maps_describe(const struct step *step, struct strbuf *out)
{
	const struct id_maps_request *maps = step->request;

	for (size_t i = 0; i < maps->n_uids; i++)
		strbuf_addf(out, "%suid %u:%u:%u", i ? ", " : "", maps->uids[i].container_id,
			    maps->uids[i].host_id, maps->uids[i].size);
}

const struct step_kind id_maps_step = {
	"id-maps", PHASE_NAMESPACES, ACTOR_PARENT, id_maps_run, id_maps_describe,
};

static int userns_root_run(struct launch *launch, const struct step *step, struct err *e)
{
	(void)launch;
	(void)step;
	if (setresgid(0, 0, 0) < 0)
		return err_sys(e, "become group 0 of the user namespace");
	if (setresuid(0, 0, 0) < 0)
		return err_sys(e, "become user 0 of the user namespace");
	/* The change of user made the process undumpable: its own /proc files would belong to the host. */
	return 0;
}

const struct step_kind userns_root_step = {
	"userns-root", PHASE_NAMESPACES, ACTOR_INIT, userns_root_run, NULL,
};

/* ---- what is set inside ---------------------------------------------------------------------- */

static int loopback_run(struct launch *launch, const struct step *step, struct err *e)
{
	int result = link_up_loopback();

	(void)launch;
	(void)step;
	return result < 0 ? err_errno(e, result, "bring up lo") : 0;
}

const struct step_kind loopback_step = {
	"loopback", PHASE_NETWORK, ACTOR_INIT, loopback_run, NULL,
};

static int hostname_run(struct launch *launch, const struct step *step, struct err *e)
{
	(void)launch;
	if (sethostname(step->object, strlen(step->object)) < 0)
		return err_sys(e, "set the hostname `%s`", step->object);
	return 0;
}

const struct step_kind hostname_step = {
	"hostname", PHASE_PROCESS, ACTOR_INIT, hostname_run, NULL,
};

static int domainname_run(struct launch *launch, const struct step *step, struct err *e)
{
	(void)launch;
	if (setdomainname(step->object, strlen(step->object)) < 0)
		return err_sys(e, "set the domainname `%s`", step->object);
	return 0;
}

const struct step_kind domainname_step = {
	"domainname", PHASE_PROCESS, ACTOR_INIT, domainname_run, NULL,
};

#define KEYCTL_JOIN_SESSION_KEYRING 1 /* keyctl(2) */

static int keyring_run(struct launch *launch, const struct step *step, struct err *e)
{
	(void)launch;
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, step->object, 0, 0, 0) >= 0)
		return 0;
	/* A kernel without keys, or one that a seccomp filter around us forbids; EDQUOT: full. */
	if (errno == ENOSYS || errno == EPERM || errno == EACCES)
		return 0;
	err_sys(e, "join a new session keyring");
	return err_hint(e, "--no-new-keyring keeps the caller's");
}

const struct step_kind keyring_step = {
	"keyring", PHASE_PROCESS, ACTOR_INIT, keyring_run, NULL,
};

static int net_device_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct net_device_request *request = step->request;
	AUTO_FD netns = ns_open_pidfd(NS_NETWORK, launch->pidfd, e);

	if (netns < 0)
		return -1;
	AUTO_RTNL rtnl = RTNL_CLOSED;
	if (rtnl_open(&rtnl, -1, e) < 0)
		return -1;
	return link_give(&rtnl, request->name, netns, request->new_name, e);
}

static void net_device_describe(const struct step *step, struct strbuf *out)
{
	const struct net_device_request *request = step->request;

	if (request->new_name)
		strbuf_addf(out, " as %s", request->new_name);
}

const struct step_kind net_device_step = {
	"net-device", PHASE_NETWORK, ACTOR_PARENT, net_device_run, net_device_describe,
};
