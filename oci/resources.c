/* resources.c - linux.resources: tables of config-linux.md "Control groups", and its checks.
 *
 * What cgroup v2 can and cannot do is cgroups/limits.h's business; here is only what no kernel and no
 * version of the hierarchy would take. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "oci/config-priv.h"

/* ---- tables ---------------------------------------------------------------------------------- */

/* "Allowed Device list" */
static const struct field device_rule_fields[] = {
	F_BOOL(struct oci_device_rule, allow, "allow", FIELD_REQUIRED),
	F_STRING(struct oci_device_rule, type, "type", FIELD_OPTIONAL),
	F_INT_PTR(struct oci_device_rule, major, "major", FIELD_OPTIONAL),
	F_INT_PTR(struct oci_device_rule, minor, "minor", FIELD_OPTIONAL),
	F_STRING(struct oci_device_rule, access, "access", FIELD_OPTIONAL),
};
static const struct record device_rule_record = RECORD(struct oci_device_rule, device_rule_fields);

/* "Memory" */
static const struct field memory_fields[] = {
	F_INT_PTR(struct oci_memory, limit, "limit", FIELD_OPTIONAL),
	F_INT_PTR(struct oci_memory, reservation, "reservation", FIELD_OPTIONAL),
	F_INT_PTR(struct oci_memory, swap, "swap", FIELD_OPTIONAL),
	F_INT_PTR(struct oci_memory, kernel, "kernel", FIELD_OPTIONAL),
	F_INT_PTR(struct oci_memory, kernel_tcp, "kernelTCP", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_memory, swappiness, "swappiness", FIELD_OPTIONAL),
	F_BOOL_PTR(struct oci_memory, disable_oom_killer, "disableOOMKiller", FIELD_OPTIONAL),
	F_BOOL_PTR(struct oci_memory, use_hierarchy, "useHierarchy", FIELD_OPTIONAL),
	F_BOOL_PTR(struct oci_memory, check_before_update, "checkBeforeUpdate", FIELD_OPTIONAL),
};
static const struct record memory_record = RECORD(struct oci_memory, memory_fields);

/* "CPU" */
static const struct field cpu_fields[] = {
	F_UINT_PTR(struct oci_cpu, shares, "shares", FIELD_OPTIONAL),
	F_INT_PTR(struct oci_cpu, quota, "quota", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_cpu, burst, "burst", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_cpu, period, "period", FIELD_OPTIONAL),
	F_INT_PTR(struct oci_cpu, realtime_runtime, "realtimeRuntime", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_cpu, realtime_period, "realtimePeriod", FIELD_OPTIONAL),
	F_STRING(struct oci_cpu, cpus, "cpus", FIELD_OPTIONAL),
	F_STRING(struct oci_cpu, mems, "mems", FIELD_OPTIONAL),
	F_INT_PTR(struct oci_cpu, idle, "idle", FIELD_OPTIONAL),
};
static const struct record cpu_record = RECORD(struct oci_cpu, cpu_fields);

/* "PIDs" */
static const struct field pids_fields[] = {
	F_INT_PTR(struct oci_pids, limit, "limit", FIELD_OPTIONAL),
};
static const struct record pids_record = RECORD(struct oci_pids, pids_fields);

/* "Block IO" */
static const struct field weight_device_fields[] = {
	F_INT(struct oci_weight_device, major, "major", FIELD_REQUIRED),
	F_INT(struct oci_weight_device, minor, "minor", FIELD_REQUIRED),
	F_UINT_PTR(struct oci_weight_device, weight, "weight", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_weight_device, leaf_weight, "leafWeight", FIELD_OPTIONAL),
};
static const struct record weight_device_record =
	RECORD(struct oci_weight_device, weight_device_fields);

static const struct field throttle_device_fields[] = {
	F_INT(struct oci_throttle_device, major, "major", FIELD_REQUIRED),
	F_INT(struct oci_throttle_device, minor, "minor", FIELD_REQUIRED),
	F_UINT(struct oci_throttle_device, rate, "rate", FIELD_REQUIRED),
};
static const struct record throttle_device_record =
	RECORD(struct oci_throttle_device, throttle_device_fields);

#define F_THROTTLES(member, wire)                                                                  \
	F_RECORDS(struct oci_block_io, member, wire, FIELD_OPTIONAL, struct oci_throttle_device,   \
		  &throttle_device_record)
static const struct field block_io_fields[] = {
	F_UINT_PTR(struct oci_block_io, weight, "weight", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_block_io, leaf_weight, "leafWeight", FIELD_OPTIONAL),
	F_RECORDS(struct oci_block_io, weight_device, "weightDevice", FIELD_OPTIONAL,
		  struct oci_weight_device, &weight_device_record),
	F_THROTTLES(throttle_read_bps_device, "throttleReadBpsDevice"),
	F_THROTTLES(throttle_write_bps_device, "throttleWriteBpsDevice"),
	F_THROTTLES(throttle_read_iops_device, "throttleReadIOPSDevice"),
	F_THROTTLES(throttle_write_iops_device, "throttleWriteIOPSDevice"),
};
static const struct record block_io_record = RECORD(struct oci_block_io, block_io_fields);

/* "Huge page limits" */
static const struct field hugepage_limit_fields[] = {
	F_STRING(struct oci_hugepage_limit, page_size, "pageSize", FIELD_REQUIRED),
	F_UINT(struct oci_hugepage_limit, limit, "limit", FIELD_REQUIRED),
};
static const struct record hugepage_limit_record =
	RECORD(struct oci_hugepage_limit, hugepage_limit_fields);

/* "Network" */
static const struct field interface_priority_fields[] = {
	F_STRING(struct oci_interface_priority, name, "name", FIELD_REQUIRED),
	F_UINT32(struct oci_interface_priority, priority, "priority", FIELD_REQUIRED),
};
static const struct record interface_priority_record =
	RECORD(struct oci_interface_priority, interface_priority_fields);

static const struct field network_fields[] = {
	F_UINT_PTR(struct oci_network, class_id, "classID", FIELD_OPTIONAL),
	F_RECORDS(struct oci_network, priorities, "priorities", FIELD_OPTIONAL,
		  struct oci_interface_priority, &interface_priority_record),
};
static const struct record network_record = RECORD(struct oci_network, network_fields);

/* "RDMA" */
static const struct field rdma_fields[] = {
	F_UINT_PTR(struct oci_rdma, hca_handles, "hcaHandles", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_rdma, hca_objects, "hcaObjects", FIELD_OPTIONAL),
};
static const struct record rdma_record = RECORD(struct oci_rdma, rdma_fields);

/* "Control groups", "Unified" */
static const struct field resources_fields[] = {
	F_RECORDS(struct oci_resources, devices, "devices", FIELD_OPTIONAL, struct oci_device_rule,
		  &device_rule_record),
	F_RECORD(struct oci_resources, memory, "memory", FIELD_OPTIONAL, struct oci_memory,
		 &memory_record),
	F_RECORD(struct oci_resources, cpu, "cpu", FIELD_OPTIONAL, struct oci_cpu, &cpu_record),
	F_RECORD(struct oci_resources, pids, "pids", FIELD_OPTIONAL, struct oci_pids, &pids_record),
	F_RECORD(struct oci_resources, block_io, "blockIO", FIELD_OPTIONAL, struct oci_block_io,
		 &block_io_record),
	F_RECORDS(struct oci_resources, hugepage_limits, "hugepageLimits", FIELD_OPTIONAL,
		  struct oci_hugepage_limit, &hugepage_limit_record),
	F_RECORD(struct oci_resources, network, "network", FIELD_OPTIONAL, struct oci_network,
		 &network_record),
	F_RECORD_MAP(struct oci_resources, rdma, "rdma", FIELD_OPTIONAL, struct oci_rdma,
		     &rdma_record),
	F_STRING_MAP(struct oci_resources, unified, "unified", FIELD_OPTIONAL),
};
const struct record oci_resources_record = RECORD(struct oci_resources, resources_fields);

/* ---- checks ---------------------------------------------------------------------------------- */

/* include/linux/kdev_t.h: 12 bits of major, 20 of minor */
#define LAST_MAJOR 0xfff
#define LAST_MINOR 0xfffff
/* What callers write for "every number". */
#define ANY_NUMBER (-1)

static int check_device_rule(const struct oci_device_rule *rule, const struct place *at,
			     struct err *e)
{
	if (!str_empty(rule->type) && (strlen(rule->type) != 1 || !strchr("acb", *rule->type)))
		return invalid(e, IN(at, "type"), "`%s` is not one of a, c, b", rule->type);
	if (check_int(rule->major, ANY_NUMBER, LAST_MAJOR, IN(at, "major"), e) < 0 ||
	    check_int(rule->minor, ANY_NUMBER, LAST_MINOR, IN(at, "minor"), e) < 0)
		return -1;
	if (rule->access && rule->access[strspn(rule->access, "rwm")])
		return invalid(e, IN(at, "access"), "`%s` has more than the letters r, w, m",
			       rule->access);
	return 0;
}

static int check_memory(const struct oci_memory *m, const struct place *at, struct err *e)
{
	if (check_int(m->limit, -1, INT64_MAX, IN(at, "limit"), e) < 0 ||
	    check_int(m->reservation, -1, INT64_MAX, IN(at, "reservation"), e) < 0 ||
	    check_int(m->swap, -1, INT64_MAX, IN(at, "swap"), e) < 0 ||
	    check_int(m->kernel, -1, INT64_MAX, IN(at, "kernel"), e) < 0 ||
	    check_int(m->kernel_tcp, -1, INT64_MAX, IN(at, "kernelTCP"), e) < 0 ||
	    check_uint(m->swappiness, 0, 100, IN(at, "swappiness"), e) < 0)
		return -1;
	if (m->swap && *m->swap > 0 && m->limit && *m->limit > *m->swap)
		return invalid(e, IN(at, "swap"),
			       "%" PRId64
			       " is memory and swap together, and below the limit of %" PRId64,
			       *m->swap, *m->limit);
	return 0;
}

static int check_cpu(const struct oci_cpu *c, const struct place *at, struct err *e)
{
	if (check_int(c->quota, -1, INT64_MAX, IN(at, "quota"), e) < 0 ||
	    check_int(c->realtime_runtime, -1, INT64_MAX, IN(at, "realtimeRuntime"), e) < 0 ||
	    check_int(c->idle, 0, 1, IN(at, "idle"), e) < 0)
		return -1;
	if (c->burst && c->quota && *c->quota > 0 && *c->burst > (uint64_t)*c->quota)
		return invalid(e, IN(at, "burst"), "%" PRIu64 " is above the quota of %" PRId64,
			       *c->burst, *c->quota);
	if (c->cpus && check_number_list(c->cpus, IN(at, "cpus"), e) < 0)
		return -1;
	return c->mems ? check_number_list(c->mems, IN(at, "mems"), e) : 0;
}

/* blkio-controller.rst: 10 to 1000; 0 is what callers write who do not want to set it. */
static int check_weight(const uint64_t *weight, const struct place *at, struct err *e)
{
	return weight && *weight == 0 ? 0 : check_uint(weight, 10, 1000, at, e);
}

static int check_block_device(int64_t major, int64_t minor, const struct place *at, struct err *e)
{
	if (check_int(&major, 0, LAST_MAJOR, IN(at, "major"), e) < 0)
		return -1;
	return check_int(&minor, 0, LAST_MINOR, IN(at, "minor"), e);
}

static int check_throttles(const struct oci_throttle_device *list, size_t count,
			   const struct place *at, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (check_block_device(list[i].major, list[i].minor, NTH(at, i), e) < 0)
			return -1;
	return 0;
}

static int check_block_io(const struct oci_block_io *b, const struct place *at, struct err *e)
{
	if (check_weight(b->weight, IN(at, "weight"), e) < 0 ||
	    check_weight(b->leaf_weight, IN(at, "leafWeight"), e) < 0)
		return -1;
	for (size_t i = 0; i < b->n_weight_device; i++) {
		const struct oci_weight_device *device = &b->weight_device[i];
		const struct place *here = NTH(IN(at, "weightDevice"), i);

		if (check_block_device(device->major, device->minor, here, e) < 0)
			return -1;
		if (!device->weight && !device->leaf_weight)
			return invalid(e, here, "it needs a weight or a leafWeight");
		if (check_weight(device->weight, IN(here, "weight"), e) < 0 ||
		    check_weight(device->leaf_weight, IN(here, "leafWeight"), e) < 0)
			return -1;
	}
	if (check_throttles(b->throttle_read_bps_device, b->n_throttle_read_bps_device,
			    IN(at, "throttleReadBpsDevice"), e) < 0 ||
	    check_throttles(b->throttle_write_bps_device, b->n_throttle_write_bps_device,
			    IN(at, "throttleWriteBpsDevice"), e) < 0 ||
	    check_throttles(b->throttle_read_iops_device, b->n_throttle_read_iops_device,
			    IN(at, "throttleReadIOPSDevice"), e) < 0)
		return -1;
	return check_throttles(b->throttle_write_iops_device, b->n_throttle_write_iops_device,
			       IN(at, "throttleWriteIOPSDevice"), e);
}

/* It becomes part of a file's name: hugetlb.2MB.max. */
static int check_page_size(const char *size, const struct place *at, struct err *e)
{
	size_t digits = strspn(size, "0123456789");
	const char *unit = size + digits;

	if (digits == 0 || *size == '0' || strlen(unit) != 2 || !strchr("KMG", unit[0]) ||
	    unit[1] != 'B')
		return invalid(e, at, "`%s` is not a page size such as 2MB", size);
	return 0;
}

static int check_network(const struct oci_network *n, const struct place *at, struct err *e)
{
	if (check_uint(n->class_id, 0, UINT32_MAX, IN(at, "classID"), e) < 0)
		return -1;
	for (size_t i = 0; i < n->n_priorities; i++)
		if (check_interface_name(n->priorities[i].name,
					 IN(NTH(IN(at, "priorities"), i), "name"), e) < 0)
			return -1;
	return 0;
}

static int check_rdma(const struct oci_rdma *device, const struct place *at, struct err *e)
{
	if (!*device->key || device->key[strcspn(device->key, " \t\n/")])
		return invalid(e, at, "`%s` cannot be the name of an RDMA device", device->key);
	if (!device->hca_handles && !device->hca_objects)
		return invalid(e, at, "it needs hcaHandles or hcaObjects");
	if (check_uint(device->hca_handles, 0, UINT32_MAX, IN(at, "hcaHandles"), e) < 0)
		return -1;
	return check_uint(device->hca_objects, 0, UINT32_MAX, IN(at, "hcaObjects"), e);
}

/* "Unified": a key is a file of the container's own cgroup, "memory.high". */
static int check_unified_key(const char *key, const struct place *at, struct err *e)
{
	const char *dot = strchr(key, '.');

	if (strchr(key, '/'))
		return invalid(e, at, "`%s` has a `/`: only files of the cgroup itself can be set",
			       key);
	if (!dot || dot == key || !dot[1])
		return invalid(e, at, "the specified key has not the form CONTROLLER.VALUE `%s`",
			       key);
	return 0;
}

int check_resources(const struct oci_resources *r, const struct place *at, struct err *e)
{
	for (size_t i = 0; i < r->n_devices; i++)
		if (check_device_rule(&r->devices[i], NTH(IN(at, "devices"), i), e) < 0)
			return -1;
	if (r->memory && check_memory(r->memory, IN(at, "memory"), e) < 0)
		return -1;
	if (r->cpu && check_cpu(r->cpu, IN(at, "cpu"), e) < 0)
		return -1;
	if (r->pids && check_int(r->pids->limit, -1, INT64_MAX, IN(IN(at, "pids"), "limit"), e) < 0)
		return -1;
	if (r->block_io && check_block_io(r->block_io, IN(at, "blockIO"), e) < 0)
		return -1;
	for (size_t i = 0; i < r->n_hugepage_limits; i++)
		if (check_page_size(r->hugepage_limits[i].page_size,
				    IN(NTH(IN(at, "hugepageLimits"), i), "pageSize"), e) < 0)
			return -1;
	if (r->network && check_network(r->network, IN(at, "network"), e) < 0)
		return -1;
	for (size_t i = 0; i < r->n_rdma; i++)
		if (check_rdma(&r->rdma[i], IN(IN(at, "rdma"), r->rdma[i].key), e) < 0)
			return -1;
	for (size_t i = 0; i < r->n_unified; i++)
		if (check_unified_key(r->unified[i].key, IN(IN(at, "unified"), r->unified[i].key),
				      e) < 0)
			return -1;
	return 0;
}
