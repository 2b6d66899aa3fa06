/* stat.h - what a cgroup has used.
 *
 * Units     : bytes, microseconds, counts. UINT64_MAX is "max" (no limit).
 * Ownership : lists live in the arena given.
 * Errors    : a missing controller is not an error: its bit in `present` is clear.
 * Source    : cgroup-v2.rst, the *.stat and *.current files. */
#ifndef KEG_CGROUPS_STAT_H
#define KEG_CGROUPS_STAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "cgroups/cgroup.h"

struct cgroup_stat_value {
	const char *name; /* "anon", as the kernel spells it */
	uint64_t value;
};

struct cgroup_stat_io {
	uint32_t major, minor;
	uint64_t read_bytes, write_bytes, read_operations, write_operations;
};

struct cgroup_stat {
	unsigned
		present; /* enum cgroup_controller; CGROUP_CPU covers usage, which is always there */

	uint64_t cpu_usage_us, cpu_user_us, cpu_system_us;
	uint64_t cpu_periods, cpu_throttled_periods, cpu_throttled_us;

	uint64_t memory_current, memory_peak, memory_limit, memory_swap_current, memory_swap_limit;
	struct cgroup_stat_value *memory; /* memory.stat */
	size_t n_memory;

	uint64_t pids_current, pids_limit;

	struct cgroup_stat_io *io;
	size_t n_io;
};

int cgroup_stat_read(const struct cgroup *cgroup, struct arena *arena, struct cgroup_stat *out_stat,
		     struct err *e);

#endif
