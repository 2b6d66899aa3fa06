/* limits.h - linux.resources as cgroup v2 files.
 *
 * One row per member: which field of config.json asked, which controller it needs, which file it
 * ends in, and how the value is converted (v1 words become v2 ones as crun and runc do).
 *
 * Units     : as in the runtime specification (bytes, microseconds, v1 CPU shares).
 * Ownership : everything is borrowed for the call; NULL is an absent member.
 * Errors    : `pointer` is the base given ("/linux/resources") plus the row's member;
 *             ERR_UNSUPPORTED "the requested cgroup controller `memory` is not available";
 *             ERR_INVALID for a value no kernel takes; what the kernel refuses names file and value.
 * Source    : runtime-spec config-linux.md "Control groups"; cgroup-v2.rst. */
#ifndef KEG_CGROUPS_LIMITS_H
#define KEG_CGROUPS_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cgroups/cgroup.h"

struct cgroup_weight_device {
	int64_t major, minor;
	const uint64_t *weight; /* 10..1000, as v1 has it */
	const uint64_t *leaf_weight;
};

struct cgroup_throttle {
	int64_t major, minor;
	uint64_t rate; /* bytes or operations per second; 0 lifts it */
};

struct cgroup_hugepage {
	const char *page_size; /* "2MB" */
	uint64_t limit_bytes;
};

struct cgroup_rdma {
	const char *device;
	const uint64_t *hca_handles, *hca_objects;
};

struct cgroup_unified {
	const char *file, *value;
};

struct cgroup_limits {
	/* memory */
	const int64_t *memory_limit;	   /* bytes, -1: none */
	const int64_t *memory_reservation; /* -> memory.low */
	const int64_t *memory_swap;	   /* memory and swap together, -1: none */
	const int64_t *memory_kernel, *memory_kernel_tcp;
	const uint64_t *memory_swappiness;
	const bool *memory_disable_oom_killer, *memory_use_hierarchy;
	const bool *memory_check_before_update;
	/* cpu */
	const uint64_t *cpu_shares;
	const int64_t *cpu_quota_us; /* 0 or less: none */
	const uint64_t *cpu_period_us, *cpu_burst_us;
	const int64_t *cpu_realtime_runtime_us;
	const uint64_t *cpu_realtime_period_us;
	const int64_t *cpu_idle;
	const char *cpus, *mems;
	/* pids */
	const int64_t *pids_limit; /* -1 and 0: none */
	/* blockIO */
	const uint64_t *io_weight, *io_leaf_weight; /* 10..1000 */
	const struct cgroup_weight_device *io_weight_devices;
	const struct cgroup_throttle *io_read_bps, *io_write_bps, *io_read_iops, *io_write_iops;
	size_t n_io_weight_devices, n_io_read_bps, n_io_write_bps, n_io_read_iops, n_io_write_iops;
	/* hugepageLimits, rdma, unified */
	const struct cgroup_hugepage *hugepages;
	const struct cgroup_rdma *rdma;
	const struct cgroup_unified *unified;
	size_t n_hugepages, n_rdma, n_unified;
	/* network: v1 only */
	const uint64_t *network_class_id;
	bool network_priorities;
};

/* What must be switched on for them; pure. */
unsigned cgroup_limits_controllers(const struct cgroup_limits *limits);

/* Everything that can be said without a kernel: forms, ranges, members v2 does not have. `at` is
 * the pointer of linux.resources in its document. Pure. */
int cgroup_limits_check(const struct cgroup_limits *limits, const char *at, struct err *e);

/* Writes them, in an order that holds when limits go up or down. Create and update are the same
 * call; absent members are left as they are. Includes cgroup_limits_check. */
int cgroup_limits_apply(const struct cgroup *cgroup, const struct cgroup_limits *limits,
			const char *at, struct err *e);

/* v1 numbers as v2 ones; pure. */
uint64_t cgroup_cpu_weight(uint64_t shares); /* 0: leave as it is; 2..262144 -> 1..10000 */
uint64_t cgroup_io_weight(uint64_t weight);  /* 10..1000 -> 1..10000 */
/* memory.swap.max for a v1 memory+swap limit: -1 for "max"; -EINVAL when swap is below memory or has
 * no memory limit to be compared with. */
int cgroup_swap_limit(int64_t memory_and_swap, const int64_t *memory, int64_t *out_swap);

#endif
