/* Lists of numbers, and the CPUs a process may use. */
#include "runtime/cpu_affinity.h"

#include <errno.h>
#include <sched.h>

#include "tests/unit/runtime/child.h"

START_TEST(lists_become_bits)
{
	static const struct {
		const char *list;
		uint64_t low;
	} rows[] = {
		{ "0", 1 },	      { "0-3", 0xf }, { "0-3,7", 0x8f },      { "5,1,1-2", 0x26 },
		{ "63", 1ULL << 63 }, { "3-3", 8 },   { "0-63", UINT64_MAX },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t bits[2] = { 7, 7 };
		ck_assert_int_eq(number_list_parse(rows[i].list, bits, 128), 0);
		ck_assert_uint_eq(bits[0], rows[i].low);
		ck_assert_uint_eq(bits[1], 0);
	}
}
END_TEST

START_TEST(what_is_no_list_is_refused)
{
	static const char *const malformed[] = { "",	"-",   "a",  "1-",  "-1",   "1,",   ",1",
						 "3-2", "1 2", " 1", "0x1", "1--2", "1-2-3" };
	static const char *const out_of_range[] = { "128", "0-128", "4294967296",
						    "99999999999999999999999" };
	uint64_t bits[2];

	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
		ck_assert_msg(number_list_parse(malformed[i], bits, 128) == -EINVAL, "%s",
			      malformed[i]);
	for (size_t i = 0; i < sizeof out_of_range / sizeof *out_of_range; i++)
		ck_assert_msg(number_list_parse(out_of_range[i], bits, 128) == -ERANGE, "%s",
			      out_of_range[i]);
}
END_TEST

START_TEST(a_wrong_mask_is_named)
{
	struct cpu_affinity affinity;
	struct err e = ERR_INIT;

	ck_assert_int_eq(
		cpu_affinity_parse("0-", "/process/execCPUAffinity/initial", &affinity, &e), -1);
	ck_assert_int_eq(e.code, ERR_INVALID);
	ck_assert_str_eq(e.pointer, "/process/execCPUAffinity/initial");
	ck_assert_str_eq(e.text, "0- is no list of CPUs such as 0-3,7");
	e = ERR_INIT;
	ck_assert_int_eq(cpu_affinity_parse("8192", "/x", &affinity, &e), -1);
	ck_assert_str_eq(e.text, "CPU numbers are below 8192: 8192");
	ck_assert(!affinity.set);
}
END_TEST

START_TEST(no_mask_changes_nothing)
{
	struct cpu_affinity affinity = { .set = true };
	struct err e = ERR_INIT;

	ck_assert_int_eq(cpu_affinity_parse(NULL, "/x", &affinity, &e), 0);
	ck_assert(!affinity.set);
	ck_assert_int_eq(cpu_affinity_parse("", "/x", &affinity, &e), 0);
	ck_assert(!affinity.set);
	ck_assert_int_eq(cpu_affinity_apply(&affinity, -1, "/x", &e), 0);
}
END_TEST

static int first_allowed(void)
{
	cpu_set_t now;

	CPU_ZERO(&now);
	if (sched_getaffinity(0, sizeof now, &now) < 0)
		return -1;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &now))
			return i;
	return -1;
}

static int pin_and_release(void)
{
	struct cpu_affinity affinity;
	struct err e = ERR_INIT;
	cpu_set_t before, now;
	char list[16];

	CHILD_ASSERT(cpu_affinity_reset(0) == 0);
	CHILD_ASSERT(sched_getaffinity(0, sizeof before, &before) == 0);
	snprintf(list, sizeof list, "%d", first_allowed());
	CHILD_ASSERT(cpu_affinity_parse(list, "/x", &affinity, &e) == 0);
	CHILD_ASSERT(cpu_affinity_apply(&affinity, 0, "/x", &e) == 0);
	CHILD_ASSERT(sched_getaffinity(0, sizeof now, &now) == 0);
	CHILD_ASSERT(CPU_COUNT(&now) == 1 && CPU_ISSET(first_allowed(), &now));
	CHILD_ASSERT(cpu_affinity_reset(0) == 0);
	CHILD_ASSERT(sched_getaffinity(0, sizeof now, &now) == 0);
	CHILD_ASSERT(CPU_EQUAL(&before, &now));
	return 0;
}

static int ask_for_no_cpu(void)
{
	struct cpu_affinity affinity;
	struct err e = ERR_INIT;

	CHILD_ASSERT(cpu_affinity_parse("8191", "/process/execCPUAffinity/final", &affinity, &e) ==
		     0);
	CHILD_ASSERT(cpu_affinity_apply(&affinity, 0, "/process/execCPUAffinity/final", &e) == -1);
	CHILD_ASSERT(strcmp(e.pointer, "/process/execCPUAffinity/final") == 0);
	CHILD_ASSERT(strstr(e.hint, "cpuset.cpus") != NULL);
	return 0;
}

START_TEST(a_process_is_pinned_and_released)
{
	ck_assert_int_eq(in_child(pin_and_release), 0);
}
END_TEST

START_TEST(cpus_that_are_not_there_are_an_error_with_a_hint)
{
	ck_assert_int_eq(in_child(ask_for_no_cpu), 0);
}
END_TEST

UNIT_MAIN("runtime/cpu_affinity", lists_become_bits, what_is_no_list_is_refused,
	  a_wrong_mask_is_named, no_mask_changes_nothing, a_process_is_pinned_and_released,
	  cpus_that_are_not_there_are_an_error_with_a_hint)
