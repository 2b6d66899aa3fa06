/* compile.c - config.json to plan, in the order of the specification's life cycle. */
#include "runtime/compile.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/sys.h"
#include "oci/words.h"
#include "runtime/cgroup_steps.h"
#include "runtime/compile-priv.h"
#include "runtime/devices.h"
#include "runtime/idmap.h"
#include "runtime/launch.h"
#include "runtime/masks.h"
#include "runtime/mounts.h"
#include "runtime/namespaces.h"
#include "runtime/procfs.h"
#include "runtime/program.h"
#include "runtime/record.h"
#include "runtime/rootfs.h"
#include "runtime/terminal.h"

static const struct oci_linux no_linux;

static int no_memory(struct err *e)
{
	return err_errno(e, ENOMEM, "compile the plan");
}

uint64_t compile_namespace_flags(const struct oci_config *config)
{
	const struct oci_linux *linux_ = config->linux_ ? config->linux_ : &no_linux;
	uint64_t flags = 0, one;

	for (size_t i = 0; i < linux_->n_namespaces; i++)
		if (oci_word_find(&oci_namespaces, linux_->namespaces[i].type, &one) == 0)
			flags |= one;
	return flags;
}

/* ---- cgroup ---------------------------------------------------------------------------------- */

static uid_t mapped_root(const struct oci_id_mapping *maps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (maps[i].container_id == 0)
			return maps[i].host_id;
	return 0;
}

/* A container that may write to its cgroup file system: its root owns the cgroup. */
static bool wants_delegation(const struct compile *c)
{
	if (!(c->namespaces & CLONE_NEWUSER) || !(c->namespaces & CLONE_NEWCGROUP))
		return false;
	for (size_t i = 0; i < c->config->n_mounts; i++)
		if (str_equal(c->config->mounts[i].type, "cgroup") ||
		    str_equal(c->config->mounts[i].type, "cgroup2"))
			return true;
	return false;
}

static int compile_cgroup(struct compile *c, struct err *e)
{
	const char *path = c->input->cgroup_path;
	struct cgroup_request *request = ARENA_NEW(c->arena, struct cgroup_request);

	if (!request)
		return no_memory(e);
	request->path = path;
	if (cgroup_request_compile(c->arena, c->linux_->resources, request, e) < 0)
		return -1;
	if (!path && request->has_limits) {
		err_set(e, ERR_INVALID, "limits need a cgroup: the cgroup manager is `disabled`");
		return err_pointer(e, "/linux/resources");
	}
	if (!path)
		return 0;
	plan_add(c->plan, &cgroup_step, path, request, "/linux/cgroupsPath");
	c->cgroup = request;
	return 0;
}

/* What the parent does while init mounts: none of it is needed before the container's program runs. */
static void compile_beside_init(struct compile *c)
{
	struct cgroup_request *request = c->cgroup;

	plan_add(c->plan, &record_step, "", c->input->record, "%s", "");
	if (c->process->oom_score_adj)
		plan_add(c->plan, &oom_score_step, "", (void *)c->process->oom_score_adj,
			 "/process/oomScoreAdj");
	if (!request)
		return;
	if (request->has_limits)
		plan_add(c->plan, &cgroup_limits_step, request->path, request, "/linux/resources");
	if (request->n_devices)
		plan_add(c->plan, &cgroup_devices_step, request->path, request,
			 "/linux/resources/devices");
	if (wants_delegation(c)) {
		request->uid = mapped_root(c->id_maps->uids, c->id_maps->n_uids);
		request->gid = mapped_root(c->id_maps->gids, c->id_maps->n_gids);
		plan_add(c->plan, &cgroup_delegate_step, request->path, request,
			 "/linux/uidMappings");
	}
}

/* ---- namespaces ------------------------------------------------------------------------------ */

/* The maps of the container's user namespace. A new one without any maps its root to the caller, as crun
 * does; of one that is joined only the config can tell. */
static int compile_id_maps(struct compile *c, struct err *e)
{
	struct id_maps_request *maps = ARENA_NEW(c->arena, struct id_maps_request);
	struct oci_id_mapping *callers = ARENA_ARRAY(c->arena, 2, struct oci_id_mapping);
	bool new_one = false;

	if (!maps || !callers)
		return no_memory(e);
	maps->uids = c->linux_->uid_mappings;
	maps->n_uids = c->linux_->n_uid_mappings;
	maps->gids = c->linux_->gid_mappings;
	maps->n_gids = c->linux_->n_gid_mappings;
	c->id_maps = maps;
	for (size_t i = 0; i < c->linux_->n_namespaces; i++)
		if (str_equal(c->linux_->namespaces[i].type, "user"))
			new_one = str_empty(c->linux_->namespaces[i].path);
	if (!new_one || (maps->n_uids && maps->n_gids))
		return 0;
	if (maps->n_uids || maps->n_gids) {
		err_set(e, ERR_INVALID, "required: the user namespace has a map of %s ids only",
			maps->n_uids ? "user" : "group");
		return err_pointer(e, "/linux/%s", maps->n_uids ? "gidMappings" : "uidMappings");
	}
	callers[0] = (struct oci_id_mapping){ 0, geteuid(), 1 };
	callers[1] = (struct oci_id_mapping){ 0, getegid(), 1 };
	maps->uids = &callers[0];
	maps->gids = &callers[1];
	maps->n_uids = maps->n_gids = 1;
	return 0;
}

static const char *time_offsets_text(struct compile *c)
{
	AUTO_STRBUF text = STRBUF(256);

	for (size_t i = 0; i < c->linux_->n_time_offsets; i++) {
		const struct oci_time_offset *offset = &c->linux_->time_offsets[i];
		strbuf_addf(&text, "%s %lld %u\n", offset->key, (long long)offset->secs,
			    offset->nanosecs);
	}
	return text.data ? arena_strdup(c->arena, text.data) : NULL;
}

static int compile_namespaces(struct compile *c, struct err *e)
{
	struct namespaces_request *request = ARENA_NEW(c->arena, struct namespaces_request);

	if (!request)
		return no_memory(e);
	request->join_pidfd = -1;
	for (size_t i = 0; i < c->linux_->n_namespaces; i++) {
		const struct oci_namespace *ns = &c->linux_->namespaces[i];
		enum ns_kind kind;
		if (ns_kind_from_name(ns->type, &kind) < 0)
			return err_set(e, ERR_INVALID, "unknown namespace `%s`", ns->type);
		if (str_empty(ns->path)) {
			request->create |= ns_kind_row(kind)->flag;
			continue;
		}
		struct namespace_join *join = &request->joins[request->join_count++];
		join->kind = kind;
		join->pointer = arena_format(c->arena, "/linux/namespaces/%zu/path", i);
		join->fd = ns_open_path(kind, ns->path, e);
		plan_owns(c->plan, &join->fd);
		if (join->fd < 0) {
			err_phase(e, PHASE_NAMESPACES);
			return err_pointer(e, "%s", join->pointer);
		}
	}
	c->created = request->create;
	if (c->linux_->n_time_offsets && (request->create & CLONE_NEWTIME)) {
		request->time_offsets = time_offsets_text(c);
		if (!request->time_offsets)
			return no_memory(e);
	}
	plan_add(c->plan, &namespaces_step, "", request, "/linux/namespaces");
	return 0;
}

static void compile_user_namespace(struct compile *c)
{
	if (!(c->namespaces & CLONE_NEWUSER))
		return;
	if (c->created & CLONE_NEWUSER) {
		plan_add(c->plan, &id_maps_step, "", (void *)c->id_maps, "/linux/uidMappings");
		plan_add(c->plan, &barrier_step, "id maps", NULL, "/linux/uidMappings");
	}
	plan_add(c->plan, &userns_root_step, "", NULL, "/linux/namespaces");
}

static bool has_variable(const struct program_request *program, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < program->n_env; i++)
		if (strncmp(program->envp[i], name, length) == 0 && program->envp[i][length] == '=')
			return true;
	return false;
}

/* sd_listen_fds(3): the sockets are for the process with that pid, in a pid namespace the first one. */
static int tell_listen_fds(struct compile *c, struct program_request *program, struct err *e)
{
	int count = c->input->options->listen_fds;
	char **envp = (char **)program->envp;

	if (count == 0)
		return 0;
	if (!has_variable(program, "LISTEN_FDS"))
		envp[program->n_env++] = arena_format(c->arena, "LISTEN_FDS=%d", count);
	if (!has_variable(program, "LISTEN_PID"))
		envp[program->n_env++] = arena_strdup(c->arena, "LISTEN_PID=1");
	return envp[program->n_env - 1] ? 0 : no_memory(e);
}

static int compile_inside(struct compile *c, struct err *e)
{
	const struct oci_config *config = c->config;

	if (!c->input->options->no_new_keyring)
		plan_add(c->plan, &keyring_step, c->input->options->id, NULL, "%s", "");
	if (c->created & CLONE_NEWNET)
		plan_add(c->plan, &loopback_step, "lo", NULL, "/linux/namespaces");
	if (!str_empty(config->hostname))
		plan_add(c->plan, &hostname_step, config->hostname, NULL, "/hostname");
	if (!str_empty(config->domainname))
		plan_add(c->plan, &domainname_step, config->domainname, NULL, "/domainname");
	for (size_t i = 0; i < c->linux_->n_net_devices; i++) {
		struct net_device_request *request = ARENA_NEW(c->arena, struct net_device_request);
		if (!request)
			return no_memory(e);
		request->name = c->linux_->net_devices[i].key;
		request->new_name = c->linux_->net_devices[i].name;
		plan_add(c->plan, &net_device_step, request->name, request, "/linux/netDevices/%s",
			 request->name);
	}
	if (c->linux_->n_net_devices && c->linux_->n_sysctl) /* net.ipv4.conf.DEVICE exists then */
		plan_add(c->plan, &barrier_step, "net devices", NULL, "/linux/netDevices");
	for (size_t i = 0; i < c->linux_->n_sysctl; i++) {
		struct sysctl_request *request = ARENA_NEW(c->arena, struct sysctl_request);
		if (!request)
			return no_memory(e);
		request->key = c->linux_->sysctl[i].key;
		request->value = c->linux_->sysctl[i].value;
		plan_add(c->plan, &sysctl_step, request->key, request, "/linux/sysctl/%s",
			 request->key);
	}
	return 0;
}

/* ---- the file system ------------------------------------------------------------------------- */

/* Without a mount namespace of the container's each of these would be done to the host. */
static int refuse_on_the_hosts_mounts(const struct compile *c, struct err *e)
{
	const struct {
		bool asked;
		const char *pointer;
	} rows[] = {
		{ c->config->n_mounts > 0, "/mounts" },
		{ c->linux_->n_masked_paths > 0, "/linux/maskedPaths" },
		{ c->linux_->n_readonly_paths > 0, "/linux/readonlyPaths" },
		{ c->config->root->readonly, "/root/readonly" },
		{ !str_empty(c->linux_->rootfs_propagation), "/linux/rootfsPropagation" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].asked) {
			err_set(e, ERR_INVALID, "needs a mount namespace of the container's");
			return err_pointer(e, "%s", rows[i].pointer);
		}
	return 0;
}

static int compile_rootfs(struct compile *c, struct err *e)
{
	struct rootfs_request *request = ARENA_NEW(c->arena, struct rootfs_request);
	uint64_t propagation = 0;

	if (!request)
		return no_memory(e);
	if (c->linux_->rootfs_propagation)
		(void)oci_word_find(&oci_propagations, c->linux_->rootfs_propagation,
				    &propagation); /* validated */
	*request = (struct rootfs_request){
		.path = c->input->rootfs,
		.propagation = (unsigned)propagation,
		.has_mount_namespace = c->namespaces & CLONE_NEWNS,
		.no_pivot = c->input->options->no_pivot,
		.readonly = c->config->root->readonly,
	};
	for (size_t i = 0; i < c->config->n_mounts; i++)
		if (c->mounts[i].options.propagation_count)
			request->mounts_have_their_own = true;
	c->rootfs = request;
	if (!request->has_mount_namespace) {
		if (refuse_on_the_hosts_mounts(c, e) < 0)
			return -1;
	} else {
		if (request->no_pivot && (propagation & MS_SHARED)) {
			err_set(e, ERR_UNSUPPORTED,
				"the host's mounts cannot be let go of with --no-pivot while they are shared");
			return err_pointer(e, "/linux/rootfsPropagation");
		}
		if (!(c->created & CLONE_NEWNS))
			plan_add(c->plan, &own_mounts_step, "", NULL, "/linux/namespaces");
		plan_add(c->plan, &propagation_step, "/", request, "/linux/rootfsPropagation");
	}
	plan_add(c->plan, &rootfs_step, request->path, request, "/root/path");
	return 0;
}

static bool map_to_host(const struct oci_id_mapping *maps, size_t count, uint32_t *id)
{
	for (size_t i = 0; i < count; i++)
		if (*id >= maps[i].container_id && *id - maps[i].container_id < maps[i].size) {
			*id += maps[i].host_id - maps[i].container_id;
			return true;
		}
	return false;
}

/* The nodes that init could not make itself: see device_nodes_step. */
static int compile_device_nodes(struct compile *c, struct err *e)
{
	size_t count = c->linux_->n_devices;
	const struct id_maps_request *maps = c->id_maps;
	struct device_nodes_request *nodes = ARENA_NEW(c->arena, struct device_nodes_request);

	c->devices = ARENA_ARRAY(c->arena, count, struct device_request);
	if (!nodes || (!c->devices && count))
		return no_memory(e);
	for (size_t i = 0; i < count; i++) {
		const struct oci_device *device = &c->linux_->devices[i];
		c->devices[i] = (struct device_request){
			.path = device->path,
			.type = device->type[0] == 'b'	 ? S_IFBLK
				: device->type[0] == 'p' ? S_IFIFO
							 : S_IFCHR,
			.major = device->major ? (unsigned)*device->major : 0,
			.minor = device->minor ? (unsigned)*device->minor : 0,
			.mode = device->file_mode ? (mode_t)(*device->file_mode & 07777) : 0666,
			.uid = device->uid ? (uid_t)*device->uid : 0,
			.gid = device->gid ? (gid_t)*device->gid : 0,
			.bind = (c->namespaces & CLONE_NEWUSER) && device->type[0] != 'p',
			.node_fd = -1,
		};
		struct device_request *request = &c->devices[i];
		plan_owns(c->plan, &request->node_fd);
		request->host_uid = request->uid;
		request->host_gid = request->gid;
		request->make_node = request->bind &&
				     map_to_host(maps->uids, maps->n_uids, &request->host_uid) &&
				     map_to_host(maps->gids, maps->n_gids, &request->host_gid);
		nodes->wanted |= request->make_node;
	}
	nodes->devices = c->devices;
	nodes->count = count;
	if (nodes->wanted && geteuid() == 0)
		plan_add(c->plan, &device_nodes_step, "", nodes, "/linux/devices");
	return 0;
}

static bool is_in_dev(const char *path)
{
	return str_starts(path + strspn(path, "/"), "dev/");
}

/* A directory that is bound on /dev has the devices that its owner gave it: a node made there, or a new
 * owner, would stay on the host. */
static int compile_devices(struct compile *c, struct err *e)
{
	bool bind = c->namespaces & CLONE_NEWUSER;

	for (const struct device_row *row = default_devices; row->path && !c->dev_is_bound; row++) {
		struct device_request *request = ARENA_NEW(c->arena, struct device_request);
		if (!request)
			return no_memory(e);
		*request = (struct device_request){ .path = row->path,
						    .type = S_IFCHR,
						    .major = row->major,
						    .minor = row->minor,
						    .mode = 0666,
						    .bind = bind,
						    .node_fd = -1 };
		for (size_t i = 0; i < c->linux_->n_devices; i++)
			if (str_equal(c->linux_->devices[i].path, row->path))
				request = NULL; /* the config has its own */
		if (request)
			plan_add(c->plan, &device_step, row->path, request, "%s", "");
	}
	for (size_t i = 0; i < c->linux_->n_devices; i++) {
		if (c->dev_is_bound && is_in_dev(c->devices[i].path))
			continue;
		plan_add(c->plan, &device_step, c->devices[i].path, &c->devices[i],
			 "/linux/devices/%zu", i);
	}
	if (!c->dev_is_bound)
		plan_add(c->plan, &device_links_step, "/dev", NULL, "%s", "");
	return 0;
}

static void compile_masks(struct compile *c)
{
	for (size_t i = 0; i < c->linux_->n_readonly_paths; i++)
		plan_add(c->plan, &readonly_step, c->linux_->readonly_paths[i], NULL,
			 "/linux/readonlyPaths/%zu", i);
	for (size_t i = 0; i < c->linux_->n_masked_paths; i++)
		plan_add(c->plan, &mask_step, c->linux_->masked_paths[i], NULL,
			 "/linux/maskedPaths/%zu", i);
}

/* ---- hooks ----------------------------------------------------------------------------------- */

static int compile_hooks(struct compile *c, const struct step_kind *kind, const char *name,
			 const struct oci_hook *hooks, size_t count, const char *status,
			 struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		struct hook_request *request = ARENA_NEW(c->arena, struct hook_request);
		if (!request)
			return no_memory(e);
		*request = (struct hook_request){ &hooks[i], c->input->subject, status };
		plan_add(c->plan, kind, hooks[i].path, request, "/hooks/%s/%zu", name, i);
	}
	return 0;
}

static int compile_runtime_hooks(struct compile *c, struct err *e)
{
	const struct oci_hooks *hooks = c->config->hooks;

	if (!hooks || !(hooks->n_prestart || hooks->n_create_runtime))
		return 0;
	plan_add(c->plan, &barrier_step, "mounted", NULL, "/hooks");
	if (compile_hooks(c, &runtime_hook_step, "prestart", hooks->prestart, hooks->n_prestart,
			  "creating", e) < 0 ||
	    compile_hooks(c, &runtime_hook_step, "createRuntime", hooks->create_runtime,
			  hooks->n_create_runtime, "creating", e) < 0)
		return -1;
	plan_add(c->plan, &barrier_step, "hooks", NULL, "/hooks");
	return 0;
}

static int compile_container_hooks(struct compile *c, const char *name,
				   const struct oci_hook *hooks, size_t count, const char *status,
				   struct err *e)
{
	if (count && !c->knows_its_pid)
		plan_add(c->plan, &barrier_step, "pid for hooks", NULL, "/hooks/%s", name);
	c->knows_its_pid = c->knows_its_pid || count;
	return compile_hooks(c, &container_hook_step, name, hooks, count, status, e);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int compile_terminal(struct compile *c, const struct oci_process *process, bool console,
			    struct err *e)
{
	struct terminal_request *request = ARENA_NEW(c->arena, struct terminal_request);

	if (!request)
		return no_memory(e);
	if (!process->terminal) {
		plan_add(c->plan, &session_step, "", NULL, "%s", "");
		return 0;
	}
	if (process->console_size) {
		request->rows = (unsigned short)process->console_size->height;
		request->columns = (unsigned short)process->console_size->width;
	}
	request->uid = process->user ? process->user->uid : 0;
	request->console = console;
	request->console_exists_only = c->dev_is_bound;
	plan_add(c->plan, &terminal_step, "/dev/console", request, "/process/terminal");
	return 0;
}

static int refuse_unsupported(const struct compile *c, struct err *e)
{
	const struct {
		bool asked;
		const char *pointer, *what;
	} rows[] = {
		{ !str_empty(c->linux_->mount_label), "/linux/mountLabel", "SELinux labels" },
		{ c->process && !str_empty(c->process->selinux_label), "/process/selinuxLabel",
		  "SELinux labels" },
		{ c->process && !str_empty(c->process->apparmor_profile) &&
			  !str_equal(c->process->apparmor_profile, "unconfined"),
		  "/process/apparmorProfile", "AppArmor profiles" },
		{ c->linux_->intel_rdt != NULL, "/linux/intelRdt", "Intel RDT" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].asked) {
			err_set(e, ERR_UNSUPPORTED, "%s are not supported", rows[i].what);
			return err_pointer(e, "%s", rows[i].pointer);
		}
	return 0;
}

int compile_container(const struct compile_input *input, struct plan *plan, struct err *e)
{
	struct compile compile = {
		.input = input,
		.config = input->config,
		.linux_ = input->config->linux_ ? input->config->linux_ : &no_linux,
		.process = input->config->process,
		.plan = plan,
		.arena = plan->arena,
		.namespaces = compile_namespace_flags(input->config),
	};
	struct compile *c = &compile;
	const struct oci_hooks *hooks = c->config->hooks;

	if (!c->process) {
		err_set(e, ERR_INVALID, "required");
		return err_pointer(e, "/process");
	}
	if (refuse_unsupported(c, e) < 0 || compile_id_maps(c, e) < 0 || compile_cgroup(c, e) < 0 ||
	    compile_user_namespace_sources(c, e) < 0 || compile_device_nodes(c, e) < 0 ||
	    compile_namespaces(c, e) < 0)
		return -1;
	struct program_request *program =
		compile_program(c->arena, c->process, c->linux_, c->config, e);
	if (!program || tell_listen_fds(c, program, e) < 0)
		return -1;
	compile_user_namespace(c);
	compile_beside_init(c);
	program->user_namespace = c->namespaces & CLONE_NEWUSER;
	program->subject = input->subject;
	plan_add(plan, &undumpable_step, "", NULL, "%s", "");
	if (compile_inside(c, e) < 0 || compile_rootfs(c, e) < 0 || compile_mounts(c, e) < 0)
		return -1;
	if ((c->namespaces & CLONE_NEWNS) && compile_devices(c, e) < 0)
		return -1;
	if (compile_runtime_hooks(c, e) < 0)
		return -1;
	if (hooks && compile_container_hooks(c, "createContainer", hooks->create_container,
					     hooks->n_create_container, "creating", e) < 0)
		return -1;
	compile_masks(c);
	if (compile_terminal(c, c->process, c->namespaces & CLONE_NEWNS, e) < 0)
		return -1;
	plan_add(plan, &pivot_step, c->rootfs->path, c->rootfs, "/root/path");
	if (c->rootfs->readonly && !str_equal(program->cwd, "/"))
		plan_add(plan, &make_cwd_step, program->cwd, program, "/process/cwd");
	plan_add(plan, &rootfs_seal_step, "/", c->rootfs, "/root/readonly");
	compile_program_steps(plan, program, c->namespaces & CLONE_NEWUSER);
	plan_add(plan, &ready_step, "ready", NULL, "%s", "");
	c->knows_its_pid = true;
	if (input->wait_start)
		plan_add(plan, &wait_start_step, "", NULL, "%s", "");
	if (hooks && compile_container_hooks(c, "startContainer", hooks->start_container,
					     hooks->n_start_container, "created", e) < 0)
		return -1;
	plan_add(plan, &exec_step, "", program, "/process/args");
	return plan_check(plan, e);
}

int compile_exec(const struct compile_exec_input *input, struct plan *plan, struct err *e)
{
	struct compile compile = {
		.config = input->config,
		.linux_ = input->config->linux_ ? input->config->linux_ : &no_linux,
		.process = input->process,
		.plan = plan,
		.arena = plan->arena,
		.namespaces = compile_namespace_flags(input->config),
	};
	struct compile *c = &compile;
	struct namespaces_request *namespaces = ARENA_NEW(c->arena, struct namespaces_request);

	if (!namespaces)
		return no_memory(e);
	if (refuse_unsupported(c, e) < 0)
		return -1;
	namespaces->join_pidfd = input->pidfd;
	namespaces->join_flags = c->namespaces;
	plan_add(plan, &namespaces_step, "", namespaces, "%s", "");
	if (c->process->oom_score_adj)
		plan_add(plan, &oom_score_step, "", (void *)c->process->oom_score_adj,
			 "/process/oomScoreAdj");
	struct program_request *program =
		compile_program(c->arena, c->process, c->linux_, c->config, e);
	if (!program)
		return -1;
	program->user_namespace = c->namespaces & CLONE_NEWUSER;
	program->subject = input->subject;
	if (c->namespaces & CLONE_NEWUSER)
		plan_add(plan, &userns_root_step, "", NULL, "/linux/namespaces");
	plan_add(plan, &undumpable_step, "", NULL, "%s", "");
	plan_add(plan, &open_root_step, "/", NULL, "%s", "");
	if (compile_terminal(c, c->process, false, e) < 0)
		return -1;
	compile_program_steps(plan, program, c->namespaces & CLONE_NEWUSER);
	plan_add(plan, &ready_step, "ready", NULL, "%s", "");
	plan_add(plan, &exec_step, "", program, "/process/args");
	return plan_check(plan, e);
}
