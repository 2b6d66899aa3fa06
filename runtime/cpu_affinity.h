/* cpu_affinity.h - process.execCPUAffinity: lists such as "0-3,7" and sched_setaffinity.
 *
 * Limits    : CPU numbers below CPU_AFFINITY_MAX, 8192 as the largest kernels have.
 * Errors    : ERR_INVALID at the given pointer.
 * Source    : cpuset(7) "List format", runtime-spec config.md "execCPUAffinity".
 * Never     : allocates. */
#ifndef KEG_RUNTIME_CPU_AFFINITY_H
#define KEG_RUNTIME_CPU_AFFINITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define CPU_AFFINITY_MAX 8192

struct cpu_affinity {
	bool set;
	uint64_t bits[CPU_AFFINITY_MAX / 64];
};

/* list NULL or "": out->set is false. */
int cpu_affinity_parse(const char *list, const char *pointer, struct cpu_affinity *out,
		       struct err *e);
/* One number list of any kernel file, up to `bit_count` bits: negative errno (-EINVAL, -ERANGE). */
int number_list_parse(const char *list, uint64_t *bits, unsigned bit_count);
int cpu_affinity_apply(const struct cpu_affinity *affinity, pid_t pid, const char *pointer,
		       struct err *e);
/* Every CPU that the kernel may give: what a process moved to another cgroup starts from. */
int cpu_affinity_reset(pid_t pid);

#endif
