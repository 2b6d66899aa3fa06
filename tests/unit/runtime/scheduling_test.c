/* Scheduler and I/O priority: words, and what the kernel has afterwards. */
#include "runtime/scheduling.h"

#include <linux/capability.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "oci/config.h"
#include "runtime/capabilities.h"
#include "tests/unit/runtime/child.h"

START_TEST(nothing_asked_for_is_nothing_done)
{
	struct scheduler scheduler = { .set = true };
	struct io_priority priority = { .set = true };
	struct err e = ERR_INIT;

	ck_assert_int_eq(scheduler_parse(NULL, &scheduler, &e), 0);
	ck_assert(!scheduler.set);
	ck_assert_int_eq(scheduler_apply(&scheduler, -1, &e), 0);
	ck_assert_int_eq(io_priority_parse(NULL, &priority, &e), 0);
	ck_assert(!priority.set);
	ck_assert_int_eq(io_priority_apply(&priority, -1, &e), 0);
}
END_TEST

START_TEST(every_member_of_a_scheduler_is_taken)
{
	const uint64_t runtime = 1000000, deadline = 2000000, period = 3000000;
	const struct oci_scheduler config = {
		.policy = "SCHED_DEADLINE",
		.flags = (const char *[]){ "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_DL_OVERRUN" },
		.n_flags = 2,
		.runtime = &runtime,
		.deadline = &deadline,
		.period = &period,
		.nice = -3,
		.priority = 7,
	};
	struct scheduler s;
	struct err e = ERR_INIT;

	ck_assert_int_eq(scheduler_parse(&config, &s, &e), 0);
	ck_assert(s.set);
	ck_assert_uint_eq(s.policy, 6);
	ck_assert_uint_eq(s.flags, 5);
	ck_assert_uint_eq(s.runtime_ns, runtime);
	ck_assert_uint_eq(s.deadline_ns, deadline);
	ck_assert_uint_eq(s.period_ns, period);
	ck_assert_int_eq(s.nice, -3);
	ck_assert_uint_eq(s.priority, 7);
}
END_TEST

START_TEST(unknown_words_are_refused_where_they_stand)
{
	struct oci_scheduler scheduler = { .policy = "SCHED_NORMAL" };
	struct oci_io_priority priority = { .class_ = "IOPRIO_CLASS_NONE" };
	struct scheduler s;
	struct io_priority p;
	struct err e = ERR_INIT;

	ck_assert_int_eq(scheduler_parse(&scheduler, &s, &e), -1);
	ck_assert_str_eq(e.pointer, "/process/scheduler/policy");
	ck_assert_str_eq(e.text, "unknown scheduling policy SCHED_NORMAL");

	e = ERR_INIT;
	scheduler = (struct oci_scheduler){ .policy = "SCHED_OTHER",
					    .flags = (const char *[]){ "NO_FLAG" },
					    .n_flags = 1 };
	ck_assert_int_eq(scheduler_parse(&scheduler, &s, &e), -1);
	ck_assert_str_eq(e.pointer, "/process/scheduler/flags/0");

	e = ERR_INIT;
	ck_assert_int_eq(io_priority_parse(&priority, &p, &e), -1);
	ck_assert_str_eq(e.pointer, "/process/ioPriority/class");

	static const int bad[] = { -1, 8 };
	for (size_t i = 0; i < 2; i++) {
		e = ERR_INIT;
		priority =
			(struct oci_io_priority){ .class_ = "IOPRIO_CLASS_BE", .priority = bad[i] };
		ck_assert_int_eq(io_priority_parse(&priority, &p, &e), -1);
		ck_assert_str_eq(e.pointer, "/process/ioPriority/priority");
	}
}
END_TEST

static int become_batch(void)
{
	const struct oci_scheduler config = { .policy = "SCHED_BATCH", .nice = 5 };
	struct scheduler s;
	struct err e = ERR_INIT;

	CHILD_ASSERT(scheduler_parse(&config, &s, &e) == 0);
	CHILD_ASSERT(scheduler_apply(&s, 0, &e) == 0);
	CHILD_ASSERT(sched_getscheduler(0) == SCHED_BATCH);
	CHILD_ASSERT(getpriority(PRIO_PROCESS, 0) == 5);
	return 0;
}

static int become_realtime_without_the_right(void)
{
	const struct oci_scheduler config = { .policy = "SCHED_FIFO", .priority = 10 };
	const struct capability_sets none = { 0 };
	struct scheduler s;
	struct err e = ERR_INIT;

	CHILD_ASSERT(scheduler_parse(&config, &s, &e) == 0);
	CHILD_ASSERT(capabilities_apply_sets(&none, capabilities_last(), NULL) == 0);
	CHILD_ASSERT(scheduler_apply(&s, 0, &e) == -1);
	CHILD_ASSERT(e.code == ERR_DENIED);
	CHILD_ASSERT(strcmp(e.pointer, "/process/scheduler") == 0);
	CHILD_ASSERT(strcmp(e.text, "sched_setattr: set SCHED_FIFO: Operation not permitted") == 0);
	CHILD_ASSERT(strstr(e.hint, "CAP_SYS_NICE") != NULL);
	return 0;
}

START_TEST(policy_and_nice_value_are_set)
{
	ck_assert_int_eq(in_child(become_batch), 0);
}
END_TEST

START_TEST(a_policy_without_the_right_to_it_is_an_error_with_a_hint)
{
	ck_assert_int_eq(in_child(become_realtime_without_the_right), 0);
}
END_TEST

static int become_idle(void)
{
	const struct oci_io_priority config = { .class_ = "IOPRIO_CLASS_IDLE", .priority = 7 };
	struct io_priority p;
	struct err e = ERR_INIT;

	CHILD_ASSERT(io_priority_parse(&config, &p, &e) == 0);
	CHILD_ASSERT(io_priority_apply(&p, 0, &e) == 0);
	CHILD_ASSERT(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0) ==
		     ((3 << IOPRIO_CLASS_SHIFT) | 7));
	return 0;
}

START_TEST(io_priority_is_set)
{
	ck_assert_int_eq(in_child(become_idle), 0);
}
END_TEST

UNIT_MAIN("runtime/scheduling", nothing_asked_for_is_nothing_done,
	  every_member_of_a_scheduler_is_taken, unknown_words_are_refused_where_they_stand,
	  policy_and_nice_value_are_set, a_policy_without_the_right_to_it_is_an_error_with_a_hint,
	  io_priority_is_set)
