/* scheduling.c - see scheduling.h. */
#include "runtime/scheduling.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oci/config.h"
#include "oci/words.h"

int scheduler_parse(const struct oci_scheduler *config, struct scheduler *out, struct err *e)
{
	struct scheduler scheduler = { .set = config != NULL };
	uint64_t value = 0;

	if (!config) {
		*out = scheduler;
		return 0;
	}
	if (!config->policy || oci_word_find(&oci_scheduler_policies, config->policy, &value) < 0) {
		err_set(e, ERR_INVALID, "unknown scheduling policy %s",
			config->policy ? config->policy : "(none)");
		return err_pointer(e, "/process/scheduler/policy");
	}
	scheduler.policy = (uint32_t)value;
	scheduler.nice = config->nice;
	scheduler.priority = (uint32_t)config->priority;
	scheduler.runtime_ns = config->runtime ? *config->runtime : 0;
	scheduler.deadline_ns = config->deadline ? *config->deadline : 0;
	scheduler.period_ns = config->period ? *config->period : 0;
	for (size_t i = 0; i < config->n_flags; i++) {
		if (oci_word_find(&oci_scheduler_flags, config->flags[i], &value) < 0) {
			err_set(e, ERR_INVALID, "unknown scheduling flag %s", config->flags[i]);
			return err_pointer(e, "/process/scheduler/flags/%zu", i);
		}
		scheduler.flags |= value;
	}
	*out = scheduler;
	return 0;
}

int scheduler_apply(const struct scheduler *scheduler, pid_t pid, struct err *e)
{
	struct sched_attr attr = {
		.size = SCHED_ATTR_SIZE_VER0, /* known since Linux 3.14 */
		.sched_policy = scheduler->policy,
		.sched_flags = scheduler->flags,
		.sched_nice = scheduler->nice,
		.sched_priority = scheduler->priority,
		.sched_runtime = scheduler->runtime_ns,
		.sched_deadline = scheduler->deadline_ns,
		.sched_period = scheduler->period_ns,
	};

	if (!scheduler->set)
		return 0;
	if (syscall(SYS_sched_setattr, pid, &attr, 0) == 0)
		return 0;
	int errnum = errno;
	err_errno(e, errnum, "sched_setattr: set %s",
		  oci_word_name(&oci_scheduler_policies, scheduler->policy));
	if (errnum == EPERM)
		err_hint(e, "this policy, priority or nice value needs CAP_SYS_NICE");
	if (errnum == EBUSY)
		err_hint(e, "the deadlines of this machine's CPUs are all given away");
	return err_pointer(e, "/process/scheduler");
}

int io_priority_parse(const struct oci_io_priority *config, struct io_priority *out, struct err *e)
{
	uint64_t class = 0;

	if (!config) {
		*out = (struct io_priority){ 0 };
		return 0;
	}
	if (!config->class_ ||
	    oci_word_find(&oci_io_priority_classes, config->class_, &class) < 0) {
		err_set(e, ERR_INVALID, "unknown I/O priority class %s",
			config->class_ ? config->class_ : "(none)");
		return err_pointer(e, "/process/ioPriority/class");
	}
	if (config->priority < 0 || config->priority >= IOPRIO_NR_LEVELS) {
		err_set(e, ERR_INVALID, "I/O priorities are 0 to %d, not %d", IOPRIO_NR_LEVELS - 1,
			config->priority);
		return err_pointer(e, "/process/ioPriority/priority");
	}
	*out = (struct io_priority){
		.set = true,
		.value = (int)(class << IOPRIO_CLASS_SHIFT) | config->priority,
	};
	return 0;
}

int io_priority_apply(const struct io_priority *priority, pid_t pid, struct err *e)
{
	if (!priority->set)
		return 0;
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, priority->value) == 0)
		return 0;
	int errnum = errno;
	err_errno(e, errnum, "ioprio_set: set the I/O priority");
	if (errnum == EPERM)
		err_hint(e, "IOPRIO_CLASS_RT needs CAP_SYS_NICE or CAP_SYS_ADMIN");
	return err_pointer(e, "/process/ioPriority");
}
