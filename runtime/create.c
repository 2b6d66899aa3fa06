/* create.c - new containers: create and run. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/file.h"
#include "base/process.h"
#include "base/scope.h"
#include "base/utc.h"
#include "oci/validate.h"
#include "runtime/compile.h"
#include "runtime/container-priv.h"
#include "runtime/foreground.h"
#include "runtime/launch.h"
#include "runtime/pidfile.h"
#include "runtime/record.h"
#include "runtime/sync.h"
#include "runtime/terminal.h"

struct creation {
	const struct container_options *options;
	struct container container;
	char *config_text;
	size_t config_length;
	char cgroup_path[CGROUP_PATH_MAX];
	struct hook_subject subject;
	struct record_request record;
	struct plan plan;
	struct launch launch;
	bool has_cgroup, wait_start, wrote_pid_file;
};

static void creation_done(struct creation *c)
{
	launch_done(&c->launch);
	plan_done(&c->plan);
	hook_output_close(&c->subject);
	container_close(&c->container);
	free(c->config_text);
}
#define AUTO_CREATION __attribute__((cleanup(creation_done))) struct creation

/* ---- reading and planning -------------------------------------------------------------------- */

static int load_bundle(struct creation *c, struct err *e)
{
	struct container *container = &c->container;
	const char *bundle = c->options->bundle ? c->options->bundle : ".";
	const char *file = c->options->config ? c->options->config : "config.json";
	char path[PATH_MAX];

	container->arena = arena_new(CONTAINER_ARENA_LIMIT);
	if (!container->arena)
		return err_errno(e, ENOMEM, "load the bundle");
	if (!realpath(bundle, path)) {
		err_sys(e, "open the bundle %s", bundle);
		return err_phase(e, PHASE_CONFIG);
	}
	container->state.bundle = arena_strdup(container->arena, path);
	AUTO_FD bundle_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (bundle_fd < 0) {
		err_sys(e, "open the bundle %s", path);
		return err_phase(e, PHASE_CONFIG);
	}
	int result = file_read_at(bundle_fd, file, OCI_CONFIG_MAX_BYTES, &c->config_text,
				  &c->config_length);
	if (result < 0) {
		if (result == -EFBIG)
			err_set(e, ERR_LIMIT, "%s is larger than %zu bytes", file,
				(size_t)OCI_CONFIG_MAX_BYTES);
		else
			err_errno(e, result, "read %s of the bundle %s", file, path);
		return err_phase(e, PHASE_CONFIG);
	}
	if (oci_config_parse(container->arena, c->config_text, c->config_length, &container->config,
			     e) < 0 ||
	    oci_config_validate(container->config, e) < 0) {
		if (!*e->object)
			err_object(e, "%s", file);
		return err_phase(e, PHASE_CONFIG);
	}
	return 0;
}

static int find_rootfs(struct creation *c, struct err *e)
{
	struct container *container = &c->container;
	const char *root = container->config->root->path;
	struct stat st;
	char path[PATH_MAX], real[PATH_MAX];

	int n = root[0] == '/'
			? snprintf(path, sizeof path, "%s", root)
			: snprintf(path, sizeof path, "%s/%s", container->state.bundle, root);
	if ((size_t)n >= sizeof path)
		err_errno(e, ENAMETOOLONG, "open the rootfs");
	else if (!realpath(path, real) || stat(real, &st) < 0)
		err_sys(e, "open the rootfs %s", path);
	else if (!S_ISDIR(st.st_mode))
		err_errno(e, ENOTDIR, "open the rootfs %s", path);
	else {
		container->state.rootfs = arena_strdup(container->arena, real);
		return 0;
	}
	err_pointer(e, "/root/path");
	return err_phase(e, PHASE_ROOTFS);
}

static int find_cgroup(struct creation *c, struct err *e)
{
	const struct oci_linux *linux_ = c->container.config->linux_;

	c->has_cgroup = c->options->cgroup_manager != CGROUP_MANAGER_DISABLED;
	c->container.state.cgroup_path = "";
	if (!c->has_cgroup)
		return 0;
	if (cgroup_path_make(linux_ ? linux_->cgroups_path : NULL, c->options->id, NULL,
			     c->cgroup_path, e) < 0)
		return err_pointer(e, "/linux/cgroupsPath");
	c->container.state.cgroup_path = c->cgroup_path;
	return 0;
}

static int creation_plan(struct creation *c, const struct container_options *options,
			 bool wait_start, struct err *e)
{
	*c = (struct creation){ .options = options,
				.container = CONTAINER_CLOSED,
				.subject = { .stdout_fd = -1, .stderr_fd = -1 },
				.wait_start = wait_start };
	launch_init(&c->launch, &c->plan);
	if (state_id_check(options->id, e) < 0 || load_bundle(c, e) < 0 || find_rootfs(c, e) < 0 ||
	    find_cgroup(c, e) < 0)
		return -1;
	snprintf(c->container.dir.id, sizeof c->container.dir.id, "%s", options->id);
	container_subject(&c->container, &c->subject);
	struct compile_input input = {
		.config = c->container.config,
		.options = options,
		.bundle = c->container.state.bundle,
		.cgroup_path = c->has_cgroup ? c->cgroup_path : NULL,
		.rootfs = c->container.state.rootfs,
		.wait_start = wait_start,
		.record = &c->record,
		.subject = &c->subject,
	};
	c->record = (struct record_request){ &c->container.dir, &c->container.state };
	plan_init(&c->plan, c->container.arena);
	if (compile_container(&input, &c->plan, e) == 0)
		return 0;
	if (e->phase == PHASE_NONE) {
		err_phase(e, PHASE_CONFIG);
		err_object(e, "%s", options->config ? options->config : "config.json");
	}
	return -1;
}

int container_plan(const struct container_options *options, bool wait_start, struct strbuf *out,
		   struct err *e)
{
	AUTO_CREATION c;

	if (creation_plan(&c, options, wait_start, e) < 0)
		return -1;
	return plan_print(&c.plan, out) < 0 ? err_errno(e, out->failed, "print the plan") : 0;
}

/* ---- effects --------------------------------------------------------------------------------- */

static int record_intent(struct creation *c, struct err *e)
{
	struct container *container = &c->container;
	struct timespec now;
	char created[UTC_TEXT_SIZE];

	AUTO_FD root_fd = state_root_open(c->options->root, e);
	if (root_fd < 0 || state_dir_create(root_fd, c->options->id, &container->dir, e) < 0)
		return -1;
	c->launch.lock_fd = container->dir.lock_fd;
	FAILPOINT("create.after_state_directory");
	clock_gettime(CLOCK_REALTIME, &now);
	utc_format(&now, 6, created);
	container->state.created = arena_strdup(container->arena, created);
	container->state.owner =
		geteuid() == 0 ? "root" : arena_format(container->arena, "%u", geteuid());
	container->state.scope = "";
	container->state.external_descriptors = "[]";
	container->state.detached = c->options->detach || c->wait_start;
	if (state_write(&container->dir, &container->state, e) < 0)
		return -1;
	FAILPOINT("create.after_intent");
	int result = file_replace_at(container->dir.fd, "config.json", 0600, c->config_text,
				     c->config_length, false);
	if (result < 0)
		return err_errno(e, result, "copy the configuration of container `%s`",
				 c->options->id);
	FAILPOINT("create.after_config");
	if (c->wait_start) {
		c->launch.start_fifo_fd = state_fifo_create(&container->dir, e);
		if (c->launch.start_fifo_fd < 0)
			return -1;
		FAILPOINT("create.after_fifo");
	}
	return 0;
}

/* What the container's terminal is connected to; *out_socket our end when that is us. */
static int prepare_terminal(struct creation *c, int *out_socket, struct err *e)
{
	bool terminal = c->container.config->process->terminal;
	bool detached = c->wait_start || c->options->detach;
	int pair[2];

	if (!terminal)
		return 0;
	if (c->options->console_socket) {
		c->launch.terminal_fd = terminal_connect(c->options->console_socket, e);
		return c->launch.terminal_fd < 0 ? -1 : 0;
	}
	if (detached) {
		err_set(e, ERR_INVALID, "use --console-socket with %s when a terminal is used",
			c->wait_start ? "create" : "--detach");
		err_pointer(e, "/process/terminal");
		return err_phase(e, PHASE_TERMINAL);
	}
	if (sync_pair(pair, e) < 0)
		return -1;
	c->launch.terminal_fd = pair[0];
	*out_socket = pair[1];
	return 0;
}

/* Up to the "ready" barrier; what fails is undone. */
static int creation_start(struct creation *c, int *out_terminal_socket, struct err *e)
{
	c->launch.preserve_fds = c->options->preserve_fds;
	if (prepare_terminal(c, out_terminal_socket, e) < 0 ||
	    (c->container.config->hooks && hook_output_open(&c->subject, e) < 0))
		return -1;
	if (record_intent(c, e) < 0)
		return err_phase(e, PHASE_STATE);
	if (launch_start(&c->launch, e) < 0)
		return -1;
	if (c->options->pid_file) {
		if (pidfile_write(c->options->pid_file, c->launch.pid, e) < 0)
			return -1;
		c->wrote_pid_file = true;
	}
	FAILPOINT("create.ready");
	return 0;
}

/* The first error is the one to tell. */
static int creation_undo(struct creation *c)
{
	struct err ignored = ERR_INIT;

	launch_abort(&c->launch);
	if (c->wrote_pid_file)
		pidfile_remove(c->options->pid_file);
	if (c->container.dir.lock_fd < 0)
		return -1; /* the name belongs to somebody else, or nothing was made */
	if (!c->container.dir.locked && state_dir_relock(&c->container.dir, &ignored) < 0)
		return -1; /* it was deleted meanwhile */
	/* A cgroup that we did not get to make or to take over belongs to others. */
	if (!c->launch.cgroup)
		c->container.state.cgroup_path = "";
	c->container.cgroup = c->launch.cgroup;
	c->launch.cgroup = NULL;
	(void)container_destroy(&c->container, NULL, &ignored);
	return -1;
}

int container_create(const struct container_options *options, struct err *e)
{
	AUTO_CREATION c;
	int unused = -1;

	if (creation_plan(&c, options, true, e) < 0)
		return -1;
	if (creation_start(&c, &unused, e) < 0 || launch_release(&c.launch, false, e) < 0)
		return creation_undo(&c);
	FAILPOINT("create.released");
	return 0;
}

/* ---- run ------------------------------------------------------------------------------------- */

static int run_to_end(struct creation *c, int terminal_socket, int signal_fd, int *out_status,
		      struct err *e)
{
	AUTO_FD master = -1;

	if (terminal_socket >= 0) {
		master = terminal_receive(terminal_socket, e);
		if (master < 0)
			return -1;
	}
	return foreground_wait(c->launch.pidfd, master, signal_fd, out_status, e);
}

/* What delete --force would do, with what is open already. */
static int delete_after_run(struct creation *c, struct err *warning, struct err *e)
{
	struct container *container = &c->container;
	struct err gone = ERR_INIT;

	if (state_dir_relock(&container->dir, &gone) < 0) {
		if (gone.code == ERR_NOT_FOUND) /* somebody else deleted it meanwhile */
			return 0;
		*e = gone;
		return -1;
	}
	container->cgroup = c->launch.cgroup;
	c->launch.cgroup = NULL;
	return container_destroy(container, warning, e);
}

int container_run(const struct container_options *options, int *out_status, struct err *warning,
		  struct err *e)
{
	AUTO_CREATION c;
	AUTO_FD terminal_socket = -1;
	AUTO_FD signal_fd = -1;

	if (creation_plan(&c, options, false, e) < 0)
		return -1;
	if (!options->detach) {
		signal_fd = foreground_signals(e);
		if (signal_fd < 0)
			return -1;
	}
	if (creation_start(&c, &terminal_socket, e) < 0 || launch_release(&c.launch, true, e) < 0)
		return creation_undo(&c);
	/* It runs now, and hooks may take their time: others may look, pause, kill and delete. */
	state_dir_unlock(&c.container.dir);
	if (container_poststart(&c.container, e) < 0)
		return creation_undo(&c);
	*out_status = 0;
	if (options->detach)
		return 0;
	if (run_to_end(&c, terminal_socket, signal_fd, out_status, e) < 0)
		return creation_undo(&c);
	return options->keep ? 0 : delete_after_run(&c, warning, e);
}
