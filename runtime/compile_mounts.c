/* compile_mounts.c - the mounts of a configuration as steps. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "runtime/compile-priv.h"
#include "runtime/idmap.h"
#include "runtime/mounts.h"

static const char *file_system_type(const struct oci_mount *mount,
				    const struct mount_options *options)
{
	if (options->bind || str_equal(mount->type, "bind"))
		return "bind";
	if (str_equal(mount->type, "cgroup")) /* the word of v1 configurations */
		return "cgroup2";
	return mount->type;
}

static int fill_idmap(struct compile *c, const struct oci_mount *mount,
		      struct mount_request *request, struct err *e)
{
	struct mount_options *options = &request->options;
	struct id_maps_request *maps;

	if (!mount->n_uid_mappings && !mount->n_gid_mappings && options->idmap == MOUNT_IDMAP_NONE)
		return 0;
	if (!options->bind) {
		err_set(e, ERR_INVALID, "only a bind mount can be idmapped");
		return -1;
	}
	maps = ARENA_NEW(c->arena, struct id_maps_request);
	if (!maps)
		return err_errno(e, ENOMEM, "compile the mount");
	if (options->idmap == MOUNT_IDMAP_NONE)
		options->idmap = MOUNT_IDMAP;
	request->idmap = maps;
	if (mount->n_uid_mappings || mount->n_gid_mappings) {
		*maps = (struct id_maps_request){ mount->uid_mappings, mount->gid_mappings,
						  mount->n_uid_mappings, mount->n_gid_mappings };
		return 0;
	}
	struct id_maps_request container = { c->linux_->uid_mappings, c->linux_->gid_mappings,
					     c->linux_->n_uid_mappings, c->linux_->n_gid_mappings };
	if (options->idmap_spec)
		return idmap_parse(c->arena, options->idmap_spec, &container, maps, e);
	if (!container.n_uids)
		return err_set(e, ERR_INVALID,
			       "the option idmap without mappings needs a user namespace");
	*maps = container;
	return 0;
}

static int compile_mount(struct compile *c, const struct oci_mount *mount, size_t index,
			 struct mount_request *request, struct err *e)
{
	char pointer[64];

	snprintf(pointer, sizeof pointer, "/mounts/%zu/options", index);
	if (mount_options_parse(c->arena, mount->options, mount->n_options, pointer,
				&request->options, e) < 0)
		return -1;
	request->destination = mount->destination;
	request->type = file_system_type(mount, &request->options);
	request->source = mount->source;
	request->tree_fd = -1;
	request->host_cgroups =
		str_equal(request->type, "cgroup2") && !(c->namespaces & CLONE_NEWCGROUP);
	plan_owns(c->plan, &request->tree_fd);
	if (str_equal(request->type, "bind")) {
		request->options.bind = true;
		if (str_empty(mount->source)) {
			err_set(e, ERR_INVALID, "required for a bind mount");
			return err_pointer(e, "/mounts/%zu/source", index);
		}
		request->source_path =
			mount->source[0] == '/'
				? mount->source
				: arena_format(c->arena, "%s/%s", c->input->bundle, mount->source);
	} else if (str_empty(request->type) && !request->options.remount) {
		err_set(e, ERR_INVALID, "required unless the mount is a bind mount");
		return err_pointer(e, "/mounts/%zu/type", index);
	}
	if (fill_idmap(c, mount, request, e) < 0) {
		err_pointer(e, "/mounts/%zu", index);
		return err_object(e, "%s", mount->destination);
	}
	return 0;
}

/* "/dev", "dev", "//dev/" */
static bool is_dev(const char *path)
{
	path += strspn(path, "/");
	return str_starts(path, "dev") && path[3 + strspn(path + 3, "/")] == '\0';
}

int compile_user_namespace_sources(struct compile *c, struct err *e)
{
	size_t count = c->config->n_mounts;
	bool early = c->namespaces & CLONE_NEWUSER;

	c->mounts = ARENA_ARRAY(c->arena, count, struct mount_request);
	if (!c->mounts && count)
		return err_errno(e, ENOMEM, "compile the mounts");
	for (size_t i = 0; i < count; i++) {
		struct mount_request *request = &c->mounts[i];
		if (compile_mount(c, &c->config->mounts[i], i, request, e) < 0)
			return -1;
		if (is_dev(request->destination) && !request->options.remount)
			c->dev_is_bound = request->options.bind; /* the last one is on top */
		/* Init in a user namespace may be refused the way to a source, and may not map ids. */
		if (request->options.bind && !request->options.remount &&
		    !request->options.copy_symlink && (early || request->idmap))
			plan_add(c->plan, &mount_source_step, request->destination, request,
				 "/mounts/%zu", i);
	}
	return 0;
}

int compile_mounts(struct compile *c, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < c->config->n_mounts; i++)
		plan_add(c->plan, &mount_step, c->mounts[i].destination, &c->mounts[i],
			 "/mounts/%zu", i);
	return 0;
}
