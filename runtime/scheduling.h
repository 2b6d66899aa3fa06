/* scheduling.h - process.scheduler and process.ioPriority: CPU policy and I/O priority.
 *
 * Parsed and checked in the parent, applied to any pid (0: the caller), between clone and exec too.
 *
 * Units     : runtime, deadline and period in nanoseconds; nice -20..19.
 * Errors    : ERR_INVALID with a pointer; applying: ERR_DENIED or ERR_SYSTEM with the pointer.
 * Source    : sched_setattr(2), ioprio_set(2), runtime-spec config.md "scheduler", "ioPriority".
 * Never     : allocates. */
#ifndef KEG_RUNTIME_SCHEDULING_H
#define KEG_RUNTIME_SCHEDULING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct oci_scheduler;
struct oci_io_priority;

struct scheduler {
	bool set; /* false: nothing was asked for, applying does nothing */
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

struct io_priority {
	bool set;
	int value; /* IOPRIO_PRIO_VALUE(class, level) */
};

/* config may be NULL: out->set is false. Pointers are below /process. */
int scheduler_parse(const struct oci_scheduler *config, struct scheduler *out, struct err *e);
int scheduler_apply(const struct scheduler *scheduler, pid_t pid, struct err *e);

int io_priority_parse(const struct oci_io_priority *config, struct io_priority *out, struct err *e);
int io_priority_apply(const struct io_priority *priority, pid_t pid, struct err *e);

#endif
