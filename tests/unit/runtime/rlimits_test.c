/* Resource limits: what is refused, and what the kernel has afterwards. */
#include "runtime/rlimits.h"

#include <linux/capability.h>
#include <sys/resource.h>

#include "oci/config.h"
#include "runtime/capabilities.h"
#include "tests/unit/runtime/child.h"

static int parse(const struct oci_rlimit *config, size_t count, struct rlimits *out, struct err *e)
{
	return rlimits_parse(config, count, "/process/rlimits", out, e);
}

START_TEST(limits_keep_their_order_and_values)
{
	const struct oci_rlimit config[] = {
		{ "RLIMIT_NOFILE", .hard = 1024, .soft = 512 },
		{ "RLIMIT_CORE", .hard = UINT64_MAX, .soft = 0 },
	};
	struct rlimits limits;
	struct err e = ERR_INIT;

	ck_assert_int_eq(parse(config, 2, &limits, &e), 0);
	ck_assert_uint_eq(limits.count, 2);
	ck_assert_uint_eq(limits.rows[0].resource, RLIMIT_NOFILE);
	ck_assert_uint_eq(limits.rows[0].soft, 512);
	ck_assert_uint_eq(limits.rows[0].hard, 1024);
	ck_assert_uint_eq(limits.rows[1].resource, RLIMIT_CORE);
	ck_assert_uint_eq(limits.rows[1].hard, RLIM_INFINITY);
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
	static const struct {
		struct oci_rlimit second;
		const char *pointer, *text;
	} rows[] = {
		{ { "RLIMIT_FILES", 1, 1 },
		  "/process/rlimits/1/type",
		  "unknown resource limit RLIMIT_FILES" },
		{ { "NOFILE", 1, 1 }, "/process/rlimits/1/type", "unknown resource limit NOFILE" },
		{ { "RLIMIT_CPU", 1, 1 }, "/process/rlimits/1/type", "RLIMIT_CPU is set twice" },
		{ { "RLIMIT_AS", .hard = 1, .soft = 2 },
		  "/process/rlimits/1/soft",
		  "RLIMIT_AS: the soft limit 2 is above the hard one 1" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct oci_rlimit config[] = { { "RLIMIT_CPU", 9, 9 }, rows[i].second };
		struct rlimits limits = { .count = 77 };
		struct err e = ERR_INIT;
		ck_assert_int_eq(parse(config, 2, &limits, &e), -1);
		ck_assert_int_eq(e.code, ERR_INVALID);
		ck_assert_str_eq(e.pointer, rows[i].pointer);
		ck_assert_str_eq(e.text, rows[i].text);
		ck_assert_uint_eq(limits.count, 77);
	}
}
END_TEST

static int lower_and_raise(void)
{
	struct rlimits limits = { .rows = { { RLIMIT_NOFILE, 30, 40 }, { RLIMIT_CORE, 0, 0 } },
				  .count = 2 };
	const struct capability_sets none = { 0 };
	struct rlimit now;
	struct err e = ERR_INIT;

	CHILD_ASSERT(rlimits_apply(&limits, 0, "/process/rlimits", &e) == 0);
	CHILD_ASSERT(getrlimit(RLIMIT_NOFILE, &now) == 0);
	CHILD_ASSERT(now.rlim_cur == 30 && now.rlim_max == 40);
	CHILD_ASSERT(getrlimit(RLIMIT_CORE, &now) == 0 && now.rlim_max == 0);

	CHILD_ASSERT(capabilities_apply_sets(&none, capabilities_last(), NULL) == 0);
	limits = (struct rlimits){ .rows = { { RLIMIT_CORE, 0, 0 }, { RLIMIT_NOFILE, 30, 41 } },
				   .count = 2 };
	CHILD_ASSERT(rlimits_apply(&limits, 0, "/process/rlimits", &e) == -1);
	CHILD_ASSERT(e.code == ERR_DENIED);
	CHILD_ASSERT(strcmp(e.pointer, "/process/rlimits/1") == 0);
	CHILD_ASSERT(strcmp(e.text, "set RLIMIT_NOFILE to 30:41: Operation not permitted") == 0);
	CHILD_ASSERT(strstr(e.hint, "CAP_SYS_RESOURCE") != NULL);
	return 0;
}

START_TEST(a_hard_limit_that_may_not_rise_is_an_error_with_a_hint)
{
	ck_assert_int_eq(in_child(lower_and_raise), 0);
}
END_TEST

UNIT_MAIN("runtime/rlimits", limits_keep_their_order_and_values, what_is_wrong_is_named,
	  a_hard_limit_that_may_not_rise_is_an_error_with_a_hint)
