/* cgroup_steps.c - linux.resources as steps. */
#include "runtime/cgroup_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/file.h"
#include "base/scope.h"
#include "runtime/launch.h"

#define AT "/linux/resources"

static void translate_memory(const struct oci_memory *memory, struct cgroup_limits *out)
{
	out->memory_limit = memory->limit;
	out->memory_reservation = memory->reservation;
	out->memory_swap = memory->swap;
	out->memory_kernel = memory->kernel;
	out->memory_kernel_tcp = memory->kernel_tcp;
	out->memory_swappiness = memory->swappiness;
	out->memory_disable_oom_killer = memory->disable_oom_killer;
	out->memory_use_hierarchy = memory->use_hierarchy;
	out->memory_check_before_update = memory->check_before_update;
}

static void translate_cpu(const struct oci_cpu *cpu, struct cgroup_limits *out)
{
	out->cpu_shares = cpu->shares;
	out->cpu_quota_us = cpu->quota;
	out->cpu_period_us = cpu->period;
	out->cpu_burst_us = cpu->burst;
	out->cpu_realtime_runtime_us = cpu->realtime_runtime;
	out->cpu_realtime_period_us = cpu->realtime_period;
	out->cpu_idle = cpu->idle;
	out->cpus = cpu->cpus;
	out->mems = cpu->mems;
}

static const struct cgroup_throttle *translate_throttles(struct arena *arena,
							 const struct oci_throttle_device *from,
							 size_t count)
{
	struct cgroup_throttle *to = ARENA_ARRAY(arena, count, struct cgroup_throttle);

	for (size_t i = 0; to && i < count; i++)
		to[i] = (struct cgroup_throttle){ from[i].major, from[i].minor, from[i].rate };
	return to;
}

static int translate_io(struct arena *arena, const struct oci_block_io *io,
			struct cgroup_limits *out)
{
	struct cgroup_weight_device *weights =
		ARENA_ARRAY(arena, io->n_weight_device, struct cgroup_weight_device);

	if (!weights && io->n_weight_device)
		return -ENOMEM;
	for (size_t i = 0; i < io->n_weight_device; i++)
		weights[i] = (struct cgroup_weight_device){
			.major = io->weight_device[i].major,
			.minor = io->weight_device[i].minor,
			.weight = io->weight_device[i].weight,
			.leaf_weight = io->weight_device[i].leaf_weight,
		};
	out->io_weight = io->weight;
	out->io_leaf_weight = io->leaf_weight;
	out->io_weight_devices = weights;
	out->n_io_weight_devices = io->n_weight_device;
#define THROTTLE(to, from)                                                                         \
	do {                                                                                       \
		out->to = translate_throttles(arena, io->from, io->n_##from);                      \
		out->n_##to = io->n_##from;                                                        \
		if (!out->to && io->n_##from)                                                      \
			return -ENOMEM;                                                            \
	} while (0)
	THROTTLE(io_read_bps, throttle_read_bps_device);
	THROTTLE(io_write_bps, throttle_write_bps_device);
	THROTTLE(io_read_iops, throttle_read_iops_device);
	THROTTLE(io_write_iops, throttle_write_iops_device);
#undef THROTTLE
	return 0;
}

static int translate_lists(struct arena *arena, const struct oci_resources *from,
			   struct cgroup_limits *out)
{
	struct cgroup_hugepage *pages =
		ARENA_ARRAY(arena, from->n_hugepage_limits, struct cgroup_hugepage);
	struct cgroup_rdma *rdma = ARENA_ARRAY(arena, from->n_rdma, struct cgroup_rdma);
	struct cgroup_unified *unified = ARENA_ARRAY(arena, from->n_unified, struct cgroup_unified);

	if ((!pages && from->n_hugepage_limits) || (!rdma && from->n_rdma) ||
	    (!unified && from->n_unified))
		return -ENOMEM;
	for (size_t i = 0; i < from->n_hugepage_limits; i++)
		pages[i] = (struct cgroup_hugepage){ from->hugepage_limits[i].page_size,
						     from->hugepage_limits[i].limit };
	for (size_t i = 0; i < from->n_rdma; i++)
		rdma[i] = (struct cgroup_rdma){ from->rdma[i].key, from->rdma[i].hca_handles,
						from->rdma[i].hca_objects };
	for (size_t i = 0; i < from->n_unified; i++)
		unified[i] =
			(struct cgroup_unified){ from->unified[i].key, from->unified[i].value };
	out->hugepages = pages;
	out->n_hugepages = from->n_hugepage_limits;
	out->rdma = rdma;
	out->n_rdma = from->n_rdma;
	out->unified = unified;
	out->n_unified = from->n_unified;
	return 0;
}

/* What every container may use, whatever the list says: the devices it is given in /dev, terminals, and
 * making (not opening) any node. As crun and runc. */
static const struct device_rule always_allowed[] = {
	{ true, 'c', DEVICE_ANY, DEVICE_ANY, DEVICE_MKNOD },
	{ true, 'b', DEVICE_ANY, DEVICE_ANY, DEVICE_MKNOD },
	{ true, 'c', 1, 3, DEVICE_RWM },	    /* null */
	{ true, 'c', 1, 8, DEVICE_RWM },	    /* random */
	{ true, 'c', 1, 7, DEVICE_RWM },	    /* full */
	{ true, 'c', 5, 0, DEVICE_RWM },	    /* tty */
	{ true, 'c', 1, 5, DEVICE_RWM },	    /* zero */
	{ true, 'c', 1, 9, DEVICE_RWM },	    /* urandom */
	{ true, 'c', 5, 1, DEVICE_RWM },	    /* console */
	{ true, 'c', 136, DEVICE_ANY, DEVICE_RWM }, /* pts */
	{ true, 'c', 5, 2, DEVICE_RWM },	    /* ptmx */
	{ true, 'c', 10, 200, DEVICE_RWM },	    /* net/tun */
};

static int translate_devices(struct arena *arena, const struct oci_resources *from,
			     struct cgroup_request *out, struct err *e)
{
	size_t count = from->n_devices + ARRAY_SIZE(always_allowed);
	struct device_rule *rules = ARENA_ARRAY(arena, count, struct device_rule);

	if (!rules)
		return err_errno(e, ENOMEM, "translate the device rules");
	for (size_t i = 0; i < from->n_devices; i++) {
		const struct oci_device_rule *rule = &from->devices[i];
		rules[i] = (struct device_rule){
			.allow = rule->allow,
			.type = str_empty(rule->type) ? 'a' : rule->type[0],
			.major = rule->major ? *rule->major : DEVICE_ANY,
			.minor = rule->minor ? *rule->minor : DEVICE_ANY,
		};
		if (device_access_from_text(rule->access, &rules[i].access) < 0) {
			err_set(e, ERR_INVALID, "`%s` is not made of the letters r, w and m",
				rule->access);
			return err_pointer(e, AT "/devices/%zu/access", i);
		}
	}
	memcpy(rules + from->n_devices, always_allowed, sizeof always_allowed);
	out->devices = rules;
	out->n_devices = count;
	return 0;
}

int cgroup_request_compile(struct arena *arena, const struct oci_resources *resources,
			   struct cgroup_request *out, struct err *e)
{
	struct cgroup_limits *limits = &out->limits;

	if (!resources)
		return 0;
	if (resources->memory)
		translate_memory(resources->memory, limits);
	if (resources->cpu)
		translate_cpu(resources->cpu, limits);
	if (resources->pids)
		limits->pids_limit = resources->pids->limit;
	if (resources->network) {
		limits->network_class_id = resources->network->class_id;
		limits->network_priorities = resources->network->n_priorities > 0;
	}
	if ((resources->block_io && translate_io(arena, resources->block_io, limits) < 0) ||
	    translate_lists(arena, resources, limits) < 0)
		return err_errno(e, ENOMEM, "translate the resources");
	out->has_limits = resources->memory || resources->cpu || resources->pids ||
			  resources->block_io || resources->n_hugepage_limits ||
			  resources->network || resources->n_rdma || resources->n_unified;
	if (out->has_limits && cgroup_limits_check(limits, AT, e) < 0)
		return -1;
	return resources->n_devices ? translate_devices(arena, resources, out, e) : 0;
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* One that is there already is taken over when it is empty. With processes in it, it is somebody else's: what
 * we would do to it when the start fails, or at the end, would be done to them. */
static int cgroup_take_over(int tree, const char *path, struct cgroup_options *options,
			    struct cgroup **out, struct err *e)
{
	AUTO_CGROUP *cgroup = NULL;
	struct cgroup_events events;

	options->exclusive = false;
	if (cgroup_create(tree, path, options, &cgroup, e) < 0 ||
	    cgroup_events_read(cgroup, &events, e) < 0)
		return -1;
	if (events.populated) {
		err_set(e, ERR_CONFLICT, "use cgroup %s: processes of others live in it", path);
		return err_phase(e, PHASE_CGROUP);
	}
	*out = take_ptr(&cgroup);
	return 0;
}

static int cgroup_make(struct launch *launch, const struct cgroup_request *request, struct err *e)
{
	AUTO_FD tree = cgroup_tree_open(e);
	struct err there = ERR_INIT;

	if (tree < 0)
		return -1;
	/* All that the host has, for statistics and later updates; a limit whose controller is missing is
	 * refused with its pointer when it is written. */
	struct cgroup_options options = { .wanted = CGROUP_ALL, .exclusive = true };
	if (cgroup_create(tree, request->path, &options, &launch->cgroup, &there) == 0)
		return 0;
	if (there.code == ERR_EXISTS)
		return cgroup_take_over(tree, request->path, &options, &launch->cgroup, e);
	*e = there;
	return -1;
}

/* Root of a user namespace counts as little as any user where it comes to the host's cgroups. */
static bool privilege_is_missing(const struct err *e)
{
	char map[64] = "";
	unsigned inside, outside, size;

	if (e->errnum != EACCES && e->errnum != EPERM && e->errnum != EROFS)
		return false;
	if (geteuid() != 0)
		return true;
	return file_read_small(AT_FDCWD, "/proc/self/uid_map", map, sizeof map) > 0 &&
	       sscanf(map, "%u %u %u", &inside, &outside, &size) == 3 && size != UINT32_MAX;
}

static int cgroup_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct cgroup_request *request = step->request;
	struct err local = ERR_INIT;

	/* A user to whom nobody gave a cgroup can have containers without limits, in the one he is in. */
	if (cgroup_make(launch, request, &local) < 0 &&
	    (request->has_limits || !privilege_is_missing(&local))) {
		*e = local;
		return -1;
	}
	FAILPOINT("create.after_cgroup");
	return 0;
}

const struct step_kind cgroup_step = {
	"cgroup", PHASE_CGROUP, ACTOR_PARENT, cgroup_run, NULL,
};

static int cgroup_limits_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct cgroup_request *request = step->request;

	if (cgroup_limits_apply(launch->cgroup, &request->limits, AT, e) < 0)
		return -1;
	FAILPOINT("create.after_limits");
	return 0;
}

const struct step_kind cgroup_limits_step = {
	"cgroup-limits", PHASE_CGROUP, ACTOR_PARENT, cgroup_limits_run, NULL,
};

static int cgroup_devices_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct cgroup_request *request = step->request;
	struct err local = ERR_INIT;

	/* Programs for devices need CAP_BPF in the first user namespace. Who lacks that can neither make nor
	 * open a device that is closed to him outside. */
	if (launch->cgroup &&
	    cgroup_devices_apply(launch->cgroup, request->devices, request->n_devices,
				 AT "/devices", &local) < 0 &&
	    !privilege_is_missing(&local)) {
		*e = local;
		return -1;
	}
	FAILPOINT("create.after_devices");
	return 0;
}

static void cgroup_devices_describe(const struct step *step, struct strbuf *out)
{
	const struct cgroup_request *request = step->request;

	strbuf_addf(out, " (%zu rules)", request->n_devices);
}

const struct step_kind cgroup_devices_step = {
	"cgroup-devices", PHASE_CGROUP, ACTOR_PARENT, cgroup_devices_run, cgroup_devices_describe,
};

static int cgroup_delegate_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct cgroup_request *request = step->request;

	if (launch->cgroup && cgroup_delegate(launch->cgroup, request->uid, request->gid, e) < 0)
		return -1;
	FAILPOINT("create.after_delegation");
	return 0;
}

static void cgroup_delegate_describe(const struct step *step, struct strbuf *out)
{
	const struct cgroup_request *request = step->request;

	strbuf_addf(out, " to %u:%u", request->uid, request->gid);
}

const struct step_kind cgroup_delegate_step = {
	"cgroup-delegate",	  PHASE_CGROUP, ACTOR_PARENT, cgroup_delegate_run,
	cgroup_delegate_describe,
};
