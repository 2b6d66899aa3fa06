/* limits.c - the table of linux.resources, and the members that are single values.
 *
 * Rows are checked all together before the first is written, then written in the table's order.
 * Where the right order depends on the values (a burst may not exceed the quota), the row that
 * comes first writes the other one too; writing that again is harmless.
 *
 * Source    : runtime-spec config-linux.md "Control groups"; cgroup-v2.rst, section of each file. */
#include "cgroups/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "cgroups/cgroup-priv.h"
#include "cgroups/limits-priv.h"

/* ----------------------------------------------------------------------------- v1 words as v2 */

uint64_t cgroup_cpu_weight(uint64_t shares)
{
	if (shares == 0)
		return 0;
	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	/* The curve through (2, 1), (1024, 100), (262144, 10000) that runc and crun agreed on in
	 * 2025, so that the default of one is the default of the other. */
	double l = log2((double)shares);
	double exponent = (l * l + 125 * l) / 612.0 - 7.0 / 34.0;
	return (uint64_t)ceil(pow(10, exponent));
}

uint64_t cgroup_io_weight(uint64_t weight)
{
	return 1 + (weight - 10) * 9999 / 990;
}

int cgroup_swap_limit(int64_t memory_and_swap, const int64_t *memory, int64_t *out_swap)
{
	if (memory_and_swap <= 0) {
		*out_swap = memory_and_swap < 0 ? -1 : 0;
		return 0;
	}
	if (!memory || *memory <= 0 || memory_and_swap < *memory)
		return -EINVAL;
	*out_swap = memory_and_swap - *memory;
	return 0;
}

/* A number, or "max" for a negative one. */
#define NUMBER_SIZE 24
static const char *number_or_max(int64_t value, char out[NUMBER_SIZE])
{
	if (value < 0)
		return "max";
	(void)snprintf(out, NUMBER_SIZE, "%" PRId64, value); /* 20 digits at most */
	return out;
}

/* -------------------------------------------------------------------------------------- errors */

int limit_invalid(const struct limits_job *job, const struct limit_row *row, const char *below,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)err_setv(job->e, ERR_INVALID, 0, format, args);
	va_end(args);
	return err_pointer(job->e, "%s%s%s", job->at, row->member, below);
}

static const struct {
	const char *file;
	int errnum;
	const char *hint;
} hints[] = {
	{ "cpu.max", EINVAL,
	  "quota from 1000, period from 1000 to 1000000 microseconds; not below cpu.max.burst" },
	{ "cpu.max.burst", EINVAL, "a burst is at most the quota" },
	{ "cpu.weight", EINVAL, "an idle cgroup (cpu.idle 1) has no weight" },
	{ "cpuset.cpus", EINVAL, "a list such as 0-3,7" },
	{ "cpuset.cpus", ERANGE, "no such CPU on this host" },
	{ "cpuset.cpus", ENODEV, "no CPU of these is online or the parent's" },
	{ "cpuset.mems", EINVAL, "a list such as 0-1" },
	{ "cpuset.mems", ERANGE, "no such memory node on this host" },
	{ "io.max", ENODEV, "no such block device; a partition has no limit of its own" },
	{ "io.bfq.weight", ENODEV, "no such block device" },
	{ "io.weight", ENODEV, "no such block device" },
	{ "io.weight", EOPNOTSUPP, "the device's scheduler has no weights" },
	{ "rdma.max", ENODEV, "no such RDMA device" },
};

static bool has_controller(const struct cgroup *cgroup, const char *file, char *out_all,
			   size_t size)
{
	size_t length = strcspn(file, ".");
	ssize_t all = file_read_small(cgroup->fd, "cgroup.controllers", out_all, size);

	if (all < 0)
		return true; /* unknown: the refusal itself says more */
	out_all[strcspn(out_all, "\n")] = '\0';
	for (const char *at = out_all; *at; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");

		if (word == length && memcmp(at, file, length) == 0)
			return true;
		at += word;
	}
	return false;
}

static int explain(const struct limits_job *job, const struct limit_row *row, const char *below,
		   const char *file, const char *text, int result)
{
	struct err *e = job->e;
	char all[512] = "";

	if ((result == -ENOENT || result == -EPERM || result == -EACCES) &&
	    !str_starts(file, "cgroup.") && !has_controller(job->cgroup, file, all, sizeof all)) {
		(void)err_set(e, ERR_UNSUPPORTED,
			      "the requested cgroup controller `%.*s` is not available",
			      (int)strcspn(file, "."), file);
		(void)err_pointer(e, "%s%s%s", job->at, row->member, below);
		return err_hint(e, "cgroup %s has: %s", job->cgroup->path, *all ? all : "none");
	}
	(void)err_errno(e, result, "write `%s` to %s", text, file);
	(void)err_pointer(e, "%s%s%s", job->at, row->member, below);
	(void)err_object(e, "cgroup %s", job->cgroup->path);
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
		if (hints[i].errnum == -result && str_equal(hints[i].file, file))
			(void)err_hint(e, "%s", hints[i].hint);
	}
	return -1;
}

static int put(const struct limits_job *job, const char *file, const char *text)
{
	return file_write_once(job->cgroup->fd, file, text, strlen(text));
}

int limit_put(const struct limits_job *job, const struct limit_row *row, const char *below,
	      const char *file, const char *text)
{
	int result = put(job, file, text);

	return result < 0 ? explain(job, row, below, file, text, result) : 0;
}

/* -------------------------------------------------------------------------------- plain values */

static const void *member_of(const struct limits_job *job, const struct limit_row *row)
{
	const void *value;

	memcpy(&value, (const char *)job->limits + row->offset, sizeof value);
	return value;
}

static int write_number_or_max(const struct limits_job *job, const struct limit_row *row)
{
	const int64_t *value = member_of(job, row);
	char text[NUMBER_SIZE];

	return limit_put(job, row, "", row->file, number_or_max(*value, text));
}

/* 0 is no limit, as crun takes it and as engines mean it: no process could be made otherwise. */
static int write_pids(const struct limits_job *job, const struct limit_row *row)
{
	const int64_t *value = member_of(job, row);
	char text[NUMBER_SIZE];

	return limit_put(job, row, "", row->file, number_or_max(*value ? *value : -1, text));
}

static int write_unsigned(const struct limits_job *job, const struct limit_row *row)
{
	const uint64_t *value = member_of(job, row);
	char text[NUMBER_SIZE];

	(void)snprintf(text, sizeof text, "%" PRIu64, *value); /* 20 digits at most */
	return limit_put(job, row, "", row->file, text);
}

static int write_text(const struct limits_job *job, const struct limit_row *row)
{
	return limit_put(job, row, "", row->file, member_of(job, row));
}

/* -------------------------------------------------------------------------------------- memory */

static int read_number(const struct limits_job *job, const char *file, int64_t *out_value)
{
	char text[64];
	ssize_t length = file_read_small(job->cgroup->fd, file, text, sizeof text);

	if (length < 0)
		return (int)length;
	text[strcspn(text, "\n")] = '\0';
	if (str_equal(text, "max")) {
		*out_value = INT64_MAX;
		return 0;
	}
	return str_to_int64(text, out_value);
}

static int check_swap(const struct limits_job *job, const struct limit_row *row)
{
	const struct cgroup_limits *l = job->limits;
	int64_t swap;

	if (cgroup_swap_limit(*l->memory_swap, l->memory_limit, &swap) == 0)
		return 0;
	if (!l->memory_limit || *l->memory_limit <= 0)
		return limit_invalid(job, row, "",
				     "memory and swap of %" PRId64
				     " without a memory limit to take from it",
				     *l->memory_swap);
	return limit_invalid(job, row, "",
			     "memory and swap of %" PRId64
			     " is less than the memory limit of %" PRId64,
			     *l->memory_swap, *l->memory_limit);
}

static int write_swap(const struct limits_job *job, const struct limit_row *row)
{
	char text[NUMBER_SIZE], all[512];
	int64_t swap = 0;

	(void)cgroup_swap_limit(*job->limits->memory_swap, job->limits->memory_limit,
				&swap); /* checked */
	const char *value = number_or_max(swap, text);
	int result = put(job, "memory.swap.max", value);
	/* A kernel that does not count swap has the controller but not the file; crun and runc accept
	 * that, and engines send the member without asking. */
	if (result == -ENOENT && has_controller(job->cgroup, "memory", all, sizeof all))
		return 0;
	return result < 0 ? explain(job, row, "", "memory.swap.max", value, result) : 0;
}

static const struct limit_row *row_of(const char *member);

/* Lowering memory pushes pages to swap, so more swap comes before it and less swap after it. */
static bool swap_goes_up(const struct limits_job *job)
{
	int64_t now, swap = 0;

	if (!job->limits->memory_swap || job->cgroup->fresh ||
	    read_number(job, "memory.swap.max", &now) < 0)
		return false;
	(void)cgroup_swap_limit(*job->limits->memory_swap, job->limits->memory_limit,
				&swap); /* checked */
	return swap < 0 || swap > now;
}

static int write_memory(const struct limits_job *job, const struct limit_row *row)
{
	const struct cgroup_limits *l = job->limits;
	int64_t limit = *l->memory_limit, now = 0;

	if (l->memory_check_before_update && *l->memory_check_before_update && limit >= 0 &&
	    !job->cgroup->fresh && read_number(job, "memory.current", &now) == 0 && limit < now) {
		(void)err_set(job->e, ERR_CONFLICT,
			      "a memory limit of %" PRId64
			      " is below the current usage of %" PRId64,
			      limit, now);
		return err_pointer(job->e, "%s%s", job->at, row->member);
	}
	if (swap_goes_up(job) && write_swap(job, row_of("/memory/swap")) < 0)
		return -1;
	return write_number_or_max(job, row);
}

static bool kernel_memory_unlimited(const struct cgroup_limits *l)
{
	return *l->memory_kernel < 0;
}

static bool kernel_tcp_unlimited(const struct cgroup_limits *l)
{
	return *l->memory_kernel_tcp < 0;
}

static bool hierarchical(const struct cgroup_limits *l)
{
	return *l->memory_use_hierarchy;
}

static bool oom_killer_on(const struct cgroup_limits *l)
{
	return !*l->memory_disable_oom_killer;
}

/* ----------------------------------------------------------------------------------------- cpu */

static bool shares_unset(const struct cgroup_limits *l)
{
	return *l->cpu_shares == 0;
}

static bool quota_unset(const struct cgroup_limits *l)
{
	return *l->cpu_quota_us == 0;
}

static bool period_unset(const struct cgroup_limits *l)
{
	return *l->cpu_period_us == 0;
}

static bool realtime_runtime_unset(const struct cgroup_limits *l)
{
	return *l->cpu_realtime_runtime_us == 0;
}

static bool realtime_period_unset(const struct cgroup_limits *l)
{
	return *l->cpu_realtime_period_us == 0;
}

static bool cpus_unset(const struct cgroup_limits *l)
{
	return !*l->cpus;
}

static bool mems_unset(const struct cgroup_limits *l)
{
	return !*l->mems;
}

static int check_idle(const struct limits_job *job, const struct limit_row *row)
{
	int64_t idle = *job->limits->cpu_idle;

	return idle == 0 || idle == 1
		       ? 0
		       : limit_invalid(job, row, "", "idle is 0 or 1, not %" PRId64, idle);
}

static int check_burst(const struct limits_job *job, const struct limit_row *row)
{
	const struct cgroup_limits *l = job->limits;

	if (l->cpu_quota_us && *l->cpu_quota_us > 0 &&
	    *l->cpu_burst_us > (uint64_t)*l->cpu_quota_us)
		return limit_invalid(job, row, "",
				     "a burst of %" PRIu64 " is more than the quota of %" PRId64,
				     *l->cpu_burst_us, *l->cpu_quota_us);
	return 0;
}

/* An idle cgroup takes no weight: out of idle before the weight, into idle after it. */
static int write_shares(const struct limits_job *job, const struct limit_row *row)
{
	const struct cgroup_limits *l = job->limits;
	char text[NUMBER_SIZE];
	int64_t idle = 0;

	if (l->cpu_idle && *l->cpu_idle == 0 && write_number_or_max(job, row_of("/cpu/idle")) < 0)
		return -1;
	(void)snprintf(text, sizeof text, "%" PRIu64, cgroup_cpu_weight(*l->cpu_shares)); /* fits */
	int result = put(job, row->file, text);
	/* It stays idle: the weight will be without effect either way. */
	if (result == -EINVAL && l->cpu_idle && *l->cpu_idle == 1 &&
	    read_number(job, "cpu.idle", &idle) == 0 && idle == 1)
		return 0;
	return result < 0 ? explain(job, row, "", row->file, text, result) : 0;
}

/* "quota period"; the kernel keeps the period when there is only a quota. */
static int write_cpu_max(const struct limits_job *job, const struct limit_row *row,
			 const char *quota)
{
	const struct cgroup_limits *l = job->limits;
	char text[2 * NUMBER_SIZE + 2];

	if (l->cpu_period_us && *l->cpu_period_us)
		(void)snprintf(text, sizeof text, "%s %" PRIu64, quota,
			       *l->cpu_period_us); /* fits */
	else
		(void)snprintf(text, sizeof text, "%s", quota);
	int result = put(job, "cpu.max", text);
	/* The burst of before may be above the new quota. */
	if (result == -EINVAL && l->cpu_burst_us) {
		if (write_unsigned(job, row_of("/cpu/burst")) < 0)
			return -1;
		result = put(job, "cpu.max", text);
	}
	return result < 0 ? explain(job, row, "", "cpu.max", text, result) : 0;
}

static int write_quota(const struct limits_job *job, const struct limit_row *row)
{
	char text[NUMBER_SIZE];

	return write_cpu_max(job, row, number_or_max(*job->limits->cpu_quota_us, text));
}

/* Alone it keeps the quota of before. */
static int write_period(const struct limits_job *job, const struct limit_row *row)
{
	char quota[NUMBER_SIZE] = "max", text[64];

	if (job->limits->cpu_quota_us && !quota_unset(job->limits))
		return 0;
	if (!job->cgroup->fresh &&
	    file_read_small(job->cgroup->fd, "cpu.max", text, sizeof text) > 0)
		(void)snprintf(quota, sizeof quota, "%.*s", (int)strcspn(text, " \n"),
			       text); /* fits */
	return write_cpu_max(job, row, quota);
}

/* --------------------------------------------------------------------------------------- table */

static bool io_weight_unset(const struct cgroup_limits *l)
{
	return *l->io_weight == 0;
}

static bool io_leaf_weight_unset(const struct cgroup_limits *l)
{
	return *l->io_leaf_weight == 0;
}

#define VALUE(m) .offset = offsetof(struct cgroup_limits, m), .count_offset = SIZE_MAX
#define LIST(m)                                                                                    \
	.offset = offsetof(struct cgroup_limits, m),                                               \
	.count_offset = offsetof(struct cgroup_limits, n_##m)

static const struct limit_row rows[] = {
	{ "/memory/limit", LIMIT_WRITTEN, CGROUP_MEMORY, "memory.max", VALUE(memory_limit),
	  .write = write_memory },
	{ "/memory/swap", LIMIT_WRITTEN, CGROUP_MEMORY, "memory.swap.max", VALUE(memory_swap),
	  .check = check_swap, .write = write_swap },
	{ "/memory/reservation", LIMIT_WRITTEN, CGROUP_MEMORY, "memory.low",
	  VALUE(memory_reservation), .write = write_number_or_max },
	{ "/memory/checkBeforeUpdate", LIMIT_PART, .why = "/memory/limit",
	  VALUE(memory_check_before_update) },
	{ "/memory/kernel", LIMIT_REFUSED,
	  .why = "cgroup v2 counts kernel memory with the rest, there is no separate limit",
	  VALUE(memory_kernel), .absent = kernel_memory_unlimited },
	{ "/memory/kernelTCP", LIMIT_REFUSED,
	  .why = "cgroup v2 counts socket memory with the rest, there is no separate limit",
	  VALUE(memory_kernel_tcp), .absent = kernel_tcp_unlimited },
	{ "/memory/swappiness", LIMIT_REFUSED, .why = "cgroup v2 has no swappiness of a cgroup",
	  VALUE(memory_swappiness) },
	{ "/memory/disableOOMKiller", LIMIT_REFUSED,
	  .why = "cgroup v2 cannot switch the OOM killer off", VALUE(memory_disable_oom_killer),
	  .absent = oom_killer_on },
	{ "/memory/useHierarchy", LIMIT_REFUSED, .why = "cgroup v2 is always hierarchical",
	  VALUE(memory_use_hierarchy), .absent = hierarchical },
	{ "/cpu/shares", LIMIT_WRITTEN, CGROUP_CPU, "cpu.weight", VALUE(cpu_shares),
	  .absent = shares_unset, .write = write_shares },
	{ "/cpu/idle", LIMIT_WRITTEN, CGROUP_CPU, "cpu.idle", VALUE(cpu_idle), .check = check_idle,
	  .write = write_number_or_max },
	{ "/cpu/quota", LIMIT_WRITTEN, CGROUP_CPU, "cpu.max", VALUE(cpu_quota_us),
	  .absent = quota_unset, .write = write_quota },
	{ "/cpu/period", LIMIT_WRITTEN, CGROUP_CPU, "cpu.max", VALUE(cpu_period_us),
	  .absent = period_unset, .write = write_period },
	{ "/cpu/burst", LIMIT_WRITTEN, CGROUP_CPU, "cpu.max.burst", VALUE(cpu_burst_us),
	  .check = check_burst, .write = write_unsigned },
	{ "/cpu/realtimeRuntime", LIMIT_REFUSED, .why = "cgroup v2 has no realtime budget",
	  VALUE(cpu_realtime_runtime_us), .absent = realtime_runtime_unset },
	{ "/cpu/realtimePeriod", LIMIT_REFUSED, .why = "cgroup v2 has no realtime budget",
	  VALUE(cpu_realtime_period_us), .absent = realtime_period_unset },
	{ "/cpu/cpus", LIMIT_WRITTEN, CGROUP_CPUSET, "cpuset.cpus", VALUE(cpus),
	  .absent = cpus_unset, .write = write_text },
	{ "/cpu/mems", LIMIT_WRITTEN, CGROUP_CPUSET, "cpuset.mems", VALUE(mems),
	  .absent = mems_unset, .write = write_text },
	{ "/pids/limit", LIMIT_WRITTEN, CGROUP_PIDS, "pids.max", VALUE(pids_limit),
	  .write = write_pids },
	{ "/blockIO/weight", LIMIT_WRITTEN, CGROUP_IO, "io.bfq.weight", VALUE(io_weight),
	  .absent = io_weight_unset, .check = limit_check_io_weight,
	  .write = limit_write_io_weight },
	{ "/blockIO/leafWeight", LIMIT_REFUSED,
	  .why = "in cgroup v2 processes do not compete with child cgroups", VALUE(io_leaf_weight),
	  .absent = io_leaf_weight_unset },
	{ "/blockIO/weightDevice", LIMIT_WRITTEN, CGROUP_IO, "io.bfq.weight",
	  LIST(io_weight_devices), .check = limit_check_io_weight_devices,
	  .write = limit_write_io_weight_devices },
	{ "/blockIO/throttleReadBpsDevice", LIMIT_WRITTEN, CGROUP_IO, "io.max rbps",
	  LIST(io_read_bps), .check = limit_check_throttle, .write = limit_write_throttle },
	{ "/blockIO/throttleWriteBpsDevice", LIMIT_WRITTEN, CGROUP_IO, "io.max wbps",
	  LIST(io_write_bps), .check = limit_check_throttle, .write = limit_write_throttle },
	{ "/blockIO/throttleReadIOPSDevice", LIMIT_WRITTEN, CGROUP_IO, "io.max riops",
	  LIST(io_read_iops), .check = limit_check_throttle, .write = limit_write_throttle },
	{ "/blockIO/throttleWriteIOPSDevice", LIMIT_WRITTEN, CGROUP_IO, "io.max wiops",
	  LIST(io_write_iops), .check = limit_check_throttle, .write = limit_write_throttle },
	{ "/hugepageLimits", LIMIT_WRITTEN, CGROUP_HUGETLB, "hugetlb.<size>.max", LIST(hugepages),
	  .check = limit_check_hugepages, .write = limit_write_hugepages },
	{ "/rdma", LIMIT_WRITTEN, CGROUP_RDMA, "rdma.max", LIST(rdma), .check = limit_check_rdma,
	  .write = limit_write_rdma },
	{ "/network/classID", LIMIT_IGNORED,
	  .why = "cgroup v2 has no network class; crun passes over it too",
	  VALUE(network_class_id) },
	{ "/network/priorities", LIMIT_IGNORED,
	  .why = "cgroup v2 has no network priorities; crun passes over them too",
	  .offset = SIZE_MAX, .count_offset = SIZE_MAX },
	/* Last, so that a file named here has the last word. */
	{ "/unified", LIMIT_WRITTEN, 0, "<key>", LIST(unified), .check = limit_check_unified,
	  .write = limit_write_unified },
};

const struct limit_row *limit_rows(size_t *out_count)
{
	*out_count = ARRAY_SIZE(rows);
	return rows;
}

static const struct limit_row *row_of(const char *member)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (str_equal(rows[i].member, member))
			return &rows[i];
	}
	abort(); /* a member named in this file only */
}

static bool asked(const struct limits_job *job, const struct limit_row *row)
{
	size_t count;

	if (row->count_offset != SIZE_MAX) {
		memcpy(&count, (const char *)job->limits + row->count_offset, sizeof count);
		return count > 0;
	}
	return row->offset != SIZE_MAX && member_of(job, row) &&
	       !(row->absent && row->absent(job->limits));
}

/* A file of no controller ("cgroup.max.depth") adds none; one that nobody knows is left to the
 * write, whose refusal names it. */
static unsigned unified_controllers(const struct cgroup_limits *limits)
{
	unsigned bits = 0;
	char name[32];

	for (size_t i = 0; i < limits->n_unified; i++) {
		const char *file = limits->unified[i].file;

		(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(file, "."),
			       file); /* longer: no controller */
		bits |= cgroup_controllers_from_text(name);
	}
	return bits;
}

unsigned cgroup_limits_controllers(const struct cgroup_limits *limits)
{
	struct limits_job job = { .limits = limits };
	unsigned bits = unified_controllers(limits);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (asked(&job, &rows[i]))
			bits |= rows[i].controller;
	}
	return bits;
}

static int check(const struct limits_job *job)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct limit_row *row = &rows[i];

		if (!asked(job, row))
			continue;
		if (row->fate == LIMIT_REFUSED) {
			(void)err_set(job->e, ERR_UNSUPPORTED, "%s", row->why);
			return err_pointer(job->e, "%s%s", job->at, row->member);
		}
		if (row->check && row->check(job, row) < 0)
			return -1;
	}
	return 0;
}

int cgroup_limits_check(const struct cgroup_limits *limits, const char *at, struct err *e)
{
	struct limits_job job = { .limits = limits, .at = at, .e = e };

	return check(&job) < 0 ? err_phase(e, PHASE_CGROUP) : 0;
}

int cgroup_limits_apply(const struct cgroup *cgroup, const struct cgroup_limits *limits,
			const char *at, struct err *e)
{
	struct limits_job job = { .cgroup = cgroup, .limits = limits, .at = at, .e = e };

	if (check(&job) < 0)
		return err_phase(e, PHASE_CGROUP);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].write && asked(&job, &rows[i]) && rows[i].write(&job, &rows[i]) < 0)
			return err_phase(e, PHASE_CGROUP);
	}
	return 0;
}
