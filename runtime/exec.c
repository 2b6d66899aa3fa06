/* exec.c - another process in a running container. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/file.h"
#include "base/process.h"
#include "base/scope.h"
#include "oci/validate.h"
#include "runtime/compile.h"
#include "runtime/container-priv.h"
#include "runtime/foreground.h"
#include "runtime/launch.h"
#include "runtime/pidfile.h"
#include "runtime/sync.h"
#include "runtime/terminal.h"

struct execution {
	struct container container;
	struct oci_process *process;
	struct hook_subject subject;
	struct plan plan;
	struct launch launch;
};

static void execution_done(struct execution *x)
{
	launch_done(&x->launch);
	plan_done(&x->plan);
	container_close(&x->container);
}
#define AUTO_EXECUTION __attribute__((cleanup(execution_done))) struct execution

/* ---- the process object ---------------------------------------------------------------------- */

/* "UID[:GID]", digits only: anything else would end as root (CVE-2026-30892). */
static int parse_user(struct arena *arena, const char *text, struct oci_user *out, struct err *e)
{
	const char *colon = strchr(text, ':');
	char *uid = arena_strndup(arena, text, colon ? (size_t)(colon - text) : strlen(text));
	uint64_t number;

	if (!uid)
		return err_errno(e, ENOMEM, "read the user");
	if (str_to_uint64(uid, &number) < 0 || number >= UINT32_MAX)
		return err_set(e, ERR_INVALID, "invalid USERSPEC `%s`: UID[:GID] in digits", text);
	out->uid = (uint32_t)number;
	if (!colon)
		return 0;
	if (str_to_uint64(colon + 1, &number) < 0 || number >= UINT32_MAX)
		return err_set(e, ERR_INVALID, "invalid USERSPEC `%s`: UID[:GID] in digits", text);
	out->gid = (uint32_t)number;
	return 0;
}

static const char **join_texts(struct arena *arena, const char *const *a, size_t n_a,
			       const char *const *b, size_t n_b)
{
	const char **all = ARENA_ARRAY(arena, n_a + n_b + 1, const char *);

	if (!all)
		return NULL;
	if (n_a)
		memcpy(all, a, n_a * sizeof *all);
	if (n_b)
		memcpy(all + n_a, b, n_b * sizeof *all);
	return all;
}

static bool same_variable(const char *a, const char *b)
{
	size_t length = strcspn(a, "=");

	return strncmp(a, b, length) == 0 && b[length] == '=';
}

/* The container's environment, with what --env says in its place or behind it. */
static int merge_environment(struct arena *arena, const struct oci_process *base,
			     const struct exec_options *options, struct oci_process *out)
{
	const char **env = join_texts(arena, base->env, base->n_env, options->env, options->n_env);
	size_t count = base->n_env;

	if (!env)
		return -ENOMEM;
	for (size_t i = 0; i < options->n_env; i++) {
		size_t at = 0;
		while (at < count && !same_variable(options->env[i], env[at]))
			at++;
		env[at] = options->env[i];
		if (at == count)
			count++;
	}
	out->env = env;
	out->n_env = count;
	return 0;
}

static int add_capabilities(struct arena *arena, const struct exec_options *options,
			    struct oci_process *out)
{
	const struct oci_capabilities none = { 0 };
	const struct oci_capabilities *base = out->capabilities ? out->capabilities : &none;
	struct oci_capabilities *sets = ARENA_NEW(arena, struct oci_capabilities);

	if (!sets)
		return -ENOMEM;
	*sets = *base;
#define ADD(set)                                                                                   \
	do {                                                                                       \
		sets->set = join_texts(arena, base->set, base->n_##set, options->capabilities,     \
				       options->n_capabilities);                                   \
		sets->n_##set = base->n_##set + options->n_capabilities;                           \
		if (!sets->set)                                                                    \
			return -ENOMEM;                                                            \
	} while (0)
	ADD(bounding);
	ADD(effective);
	ADD(permitted);
#undef ADD
	out->capabilities = sets;
	return 0;
}

/* The container's own process with what the command line changes. */
static int process_from_options(struct arena *arena, const struct oci_process *base,
				const struct exec_options *options, struct oci_process **out,
				struct err *e)
{
	static const struct oci_user nobody_said;
	struct oci_process *process = ARENA_NEW(arena, struct oci_process);
	struct oci_user *user = ARENA_NEW(arena, struct oci_user);
	size_t argc = 0;

	if (!process || !user)
		return err_errno(e, ENOMEM, "prepare the process");
	*process = *base;
	*user = base->user ? *base->user : nobody_said;
	process->user = user;
	while (options->argv[argc])
		argc++;
	process->args = join_texts(arena, (const char *const *)options->argv, argc, NULL, 0);
	process->n_args = argc;
	process->terminal = options->terminal;
	process->oom_score_adj = NULL; /* inherited from nobody: the caller's stays */
	if (options->cwd)
		process->cwd = options->cwd;
	process->no_new_privileges = options->no_new_privileges; /* as crun: the option decides */
	if (options->process_label)
		process->selinux_label = options->process_label;
	if (options->apparmor)
		process->apparmor_profile = options->apparmor;
	if (options->user) {
		*user = (struct oci_user){ .umask = user->umask };
		if (parse_user(arena, options->user, user, e) < 0)
			return -1;
	}
	if (!process->args || merge_environment(arena, base, options, process) < 0 ||
	    (options->n_capabilities && add_capabilities(arena, options, process) < 0))
		return err_errno(e, ENOMEM, "prepare the process");
	*out = process;
	return oci_process_validate(process, "/process", e);
}

static int find_process(struct execution *x, const struct exec_options *options, struct err *e)
{
	struct arena *arena = x->container.arena;

	if (!options->process)
		return process_from_options(arena, x->container.config->process, options,
					    &x->process, e);
	if (oci_process_load(arena, AT_FDCWD, options->process, &x->process, e) < 0)
		return -1;
	if (options->terminal)
		x->process->terminal = true;
	return oci_process_validate(x->process, "", e);
}

/* ---- running it ------------------------------------------------------------------------------ */

static int execution_open(struct execution *x, const char *root, const char *id,
			  const struct exec_options *options, struct err *e)
{
	struct container *container = &x->container;

	if (container_open(root, id, false, container, e) < 0)
		return -1;
	if (container->status != CONTAINER_RUNNING && container->status != CONTAINER_CREATED) {
		err_set(e, ERR_CONFLICT, "exec in container `%s`: it is %s", id,
			container_status_name(container->status));
		return err_phase(e, PHASE_STATE);
	}
	if (container_load_config(container, e) < 0 || find_process(x, options, e) < 0)
		return -1;
	container_subject(container, &x->subject);
	return 0;
}

/* The container's cgroup, or one that exists below it. */
static int enter_cgroup(struct execution *x, const char *below, struct err *e)
{
	const char *path = x->container.state.cgroup_path;
	char joined[CGROUP_PATH_MAX], text[256];

	if (str_empty(path))
		return below ? err_set(e, ERR_UNSUPPORTED, "the container has no cgroup") : 0;
	if (below) {
		below += strspn(below, "/"); /* "/a" too is below the container's own */
		if (cgroup_path_make(below, x->container.dir.id, path, joined, e) < 0)
			return -1;
		path = joined;
	}
	AUTO_FD tree = cgroup_tree_open(e);
	if (tree < 0 || cgroup_open(tree, path, &x->launch.cgroup, e) < 0)
		return -1;
	/* A cgroup that hands controllers on takes no processes: a container that has divided its own
	 * (systemd does) has moved its first process below, and others go there with it. */
	if (below ||
	    file_read_small(cgroup_fd(x->launch.cgroup), "cgroup.subtree_control", text,
			    sizeof text) <= 0 ||
	    *text == '\n')
		return 0;
	cgroup_close(x->launch.cgroup);
	x->launch.cgroup = NULL;
	if (cgroup_path_of((pid_t)x->container.state.pid, joined, e) < 0)
		return -1;
	return cgroup_open(tree, joined, &x->launch.cgroup, e);
}

static int prepare_terminal(struct execution *x, const struct exec_options *options,
			    int *out_socket, struct err *e)
{
	int pair[2];

	if (!x->process->terminal)
		return 0;
	if (options->console_socket) {
		x->launch.terminal_fd = terminal_connect(options->console_socket, e);
		return x->launch.terminal_fd < 0 ? -1 : 0;
	}
	if (options->detach) {
		err_set(e, ERR_INVALID,
			"use --console-socket with --detach when a terminal is used");
		return err_phase(e, PHASE_TERMINAL);
	}
	if (sync_pair(pair, e) < 0)
		return -1;
	x->launch.terminal_fd = pair[0];
	*out_socket = pair[1];
	return 0;
}

static int execution_start(struct execution *x, const struct exec_options *options, struct err *e)
{
	struct compile_exec_input input = {
		.config = x->container.config,
		.process = x->process,
		.pidfd = x->container.pidfd,
		.subject = &x->subject,
	};

	x->launch.preserve_fds = options->preserve_fds;
	if (enter_cgroup(x, options->cgroup, e) < 0)
		return -1;
	plan_init(&x->plan, x->container.arena);
	if (compile_exec(&input, &x->plan, e) < 0 || launch_start(&x->launch, e) < 0)
		return -1;
	FAILPOINT("exec.ready");
	if ((options->pid_file && pidfile_write(options->pid_file, x->launch.pid, e) < 0) ||
	    launch_release(&x->launch, true, e) < 0)
		return launch_failed(&x->launch, e);
	return 0;
}

int container_exec(const char *root, const char *id, const struct exec_options *options,
		   int *out_status, struct err *e)
{
	AUTO_EXECUTION x = { .container = CONTAINER_CLOSED };
	AUTO_FD terminal_socket = -1;
	AUTO_FD signal_fd = -1;
	AUTO_FD master = -1;

	launch_init(&x.launch, &x.plan);
	if (execution_open(&x, root, id, options, e) < 0 ||
	    prepare_terminal(&x, options, &terminal_socket, e) < 0)
		return -1;
	if (!options->detach) {
		signal_fd = foreground_signals(e);
		if (signal_fd < 0)
			return -1;
	}
	if (execution_start(&x, options, e) < 0)
		return -1;
	*out_status = 0;
	if (options->detach)
		return 0;
	if (terminal_socket >= 0) {
		master = terminal_receive(terminal_socket, e);
		if (master < 0)
			return launch_failed(&x.launch, e);
	}
	if (foreground_wait(x.launch.pidfd, master, signal_fd, out_status, e) < 0)
		return launch_failed(&x.launch, e);
	return 0;
}
