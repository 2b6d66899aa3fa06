/* Capabilities: words, and sets as the kernel has them afterwards. */
#include "runtime/capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#include "oci/config.h"
#include "oci/words.h"
#include "tests/unit/runtime/child.h"

#define BIT(number) ((uint64_t)1 << (number))
#define LIST(member, ...)                                                                          \
	.member = (const char *[]){ __VA_ARGS__ },                                                 \
	.n_##member = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *)

START_TEST(names_and_numbers_agree)
{
	for (size_t i = 0; i < oci_capabilities.count; i++) {
		ck_assert_int_eq(capability_number(oci_capabilities.rows[i].name), (int)i);
		ck_assert_str_eq(capability_name((int)i), oci_capabilities.rows[i].name);
	}
	ck_assert_uint_eq(oci_capabilities.count, CAP_LAST_CAP + 1);
	ck_assert_int_eq(capability_number("chown"), CAP_CHOWN);
	ck_assert_int_eq(capability_number("cap_net_raw"), CAP_NET_RAW);
	ck_assert_int_eq(capability_number("CAP_"), -EINVAL);
	ck_assert_int_eq(capability_number("CAP_CHOWN "), -EINVAL);
	ck_assert_int_eq(capability_number("0"), -EINVAL);
	ck_assert_ptr_null(capability_name(-1));
	ck_assert_ptr_null(capability_name(CAP_LAST_CAP + 1));
}
END_TEST

START_TEST(each_set_is_its_own)
{
	const struct oci_capabilities config = {
		LIST(bounding, "CAP_CHOWN", "CAP_KILL"), LIST(effective, "CAP_CHOWN"),
		LIST(inheritable, "CAP_KILL"),		 LIST(permitted, "CAP_CHOWN", "CAP_KILL"),
		LIST(ambient, "CAP_CHECKPOINT_RESTORE"),
	};
	struct capability_sets sets;
	struct err e = ERR_INIT;

	ck_assert_int_eq(capability_sets_from_config(&config, "/process/capabilities", &sets, &e),
			 0);
	ck_assert_uint_eq(sets.bounding, BIT(CAP_CHOWN) | BIT(CAP_KILL));
	ck_assert_uint_eq(sets.effective, BIT(CAP_CHOWN));
	ck_assert_uint_eq(sets.inheritable, BIT(CAP_KILL));
	ck_assert_uint_eq(sets.permitted, BIT(CAP_CHOWN) | BIT(CAP_KILL));
	ck_assert_uint_eq(sets.ambient, BIT(CAP_CHECKPOINT_RESTORE));
}
END_TEST

START_TEST(no_config_means_no_capability)
{
	struct capability_sets sets = { .effective = 1 };
	const struct capability_sets none = { 0 };
	struct err e = ERR_INIT;

	ck_assert_int_eq(capability_sets_from_config(NULL, "/process/capabilities", &sets, &e), 0);
	ck_assert_mem_eq(&sets, &none, sizeof sets);
}
END_TEST

START_TEST(an_unknown_name_is_refused_where_it_stands)
{
	const struct oci_capabilities config = {
		LIST(bounding, "CAP_CHOWN", "CAP_KILL", "CAP_MKNOD", "CAP_NONSENSE"),
	};
	struct capability_sets sets;
	struct err e = ERR_INIT;

	ck_assert_int_eq(capability_sets_from_config(&config, "/process/capabilities", &sets, &e),
			 -1);
	ck_assert_int_eq(e.code, ERR_INVALID);
	ck_assert_str_eq(e.pointer, "/process/capabilities/bounding/3");
	ck_assert_str_eq(e.text, "unknown capability CAP_NONSENSE");
}
END_TEST

START_TEST(an_added_capability_does_not_become_inheritable)
{
	struct capability_sets sets = { .inheritable = BIT(CAP_KILL) };
	struct err e = ERR_INIT;

	ck_assert_int_eq(capability_sets_add(&sets, "CAP_NET_RAW", &e), 0);
	ck_assert_uint_eq(sets.effective, BIT(CAP_NET_RAW));
	ck_assert_uint_eq(sets.permitted, BIT(CAP_NET_RAW));
	ck_assert_uint_eq(sets.bounding, BIT(CAP_NET_RAW));
	ck_assert_uint_eq(sets.inheritable, BIT(CAP_KILL));
	ck_assert_uint_eq(sets.ambient, 0);
	ck_assert_int_eq(capability_sets_add(&sets, "CAP_KILL", &e), 0);
	ck_assert_uint_eq(sets.ambient, BIT(CAP_KILL));
	ck_assert_int_eq(capability_sets_add(&sets, "NONSENSE", &e), -1);
	ck_assert_str_eq(e.text, "unknown capability NONSENSE");
}
END_TEST

START_TEST(the_last_capability_is_what_proc_says)
{
	int last = -1;
	FILE *f = fopen("/proc/sys/kernel/cap_last_cap", "re");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%d", &last), 1);
	fclose(f);
	ck_assert_int_eq(capabilities_last(), last);
}
END_TEST

/* A line of /proc/self/status, in hexadecimal. */
static uint64_t status_line(const char *name)
{
	char line[256];
	uint64_t value = UINT64_MAX;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoull(line + strlen(name) + 1, NULL, 16);
	if (f)
		fclose(f);
	return value;
}

static int become_nobody_with_net_raw(void)
{
	const struct capability_sets sets = {
		.bounding = BIT(CAP_NET_RAW) | BIT(CAP_KILL) | BIT(63),
		.permitted = BIT(CAP_NET_RAW) | BIT(CAP_KILL) | BIT(63),
		.effective = BIT(CAP_NET_RAW),
		.inheritable = BIT(CAP_KILL),
		.ambient = BIT(CAP_KILL) | BIT(CAP_NET_RAW),
	};
	uint64_t missing = 0;
	int last = capabilities_last();

	CHILD_ASSERT(capabilities_apply_bounding(&sets, last) == 0);
	CHILD_ASSERT(status_line("CapBnd:") == (BIT(CAP_NET_RAW) | BIT(CAP_KILL)));
	CHILD_ASSERT(capabilities_keep_over_setuid() == 0);
	CHILD_ASSERT(setresgid(65534, 65534, 65534) == 0);
	CHILD_ASSERT(setresuid(65534, 65534, 65534) == 0);
	CHILD_ASSERT(status_line("CapEff:") == 0);
	CHILD_ASSERT(capabilities_raise_effective() == 0);
	CHILD_ASSERT(status_line("CapEff:") == status_line("CapPrm:"));
	CHILD_ASSERT(capabilities_apply_sets(&sets, last, &missing) == 0);
	CHILD_ASSERT(status_line("CapPrm:") == (BIT(CAP_NET_RAW) | BIT(CAP_KILL)));
	CHILD_ASSERT(status_line("CapEff:") == BIT(CAP_NET_RAW));
	CHILD_ASSERT(status_line("CapInh:") == BIT(CAP_KILL));
	CHILD_ASSERT(status_line("CapAmb:") == BIT(CAP_KILL));
	CHILD_ASSERT(missing == BIT(CAP_NET_RAW)); /* it is not inheritable */
	return 0;
}

static int become_nobody(void)
{
	const struct capability_sets sets = { 0 };
	int last = capabilities_last();

	CHILD_ASSERT(capabilities_apply_bounding(&sets, last) == 0);
	CHILD_ASSERT(status_line("CapBnd:") == 0);
	CHILD_ASSERT(capabilities_apply_sets(&sets, last, NULL) == 0);
	CHILD_ASSERT(status_line("CapPrm:") == 0 && status_line("CapEff:") == 0);
	CHILD_ASSERT(status_line("CapInh:") == 0 && status_line("CapAmb:") == 0);
	CHILD_ASSERT(capabilities_apply_bounding(&sets, last) == 0); /* nothing differs */
	return 0;
}

static int drop_without_the_right(void)
{
	const struct capability_sets none = { 0 };
	int last = capabilities_last();

	CHILD_ASSERT(capabilities_apply_sets(&none, last, NULL) == 0);
	CHILD_ASSERT(capabilities_apply_bounding(&none, last) == -EPERM);
	return 0;
}

/* The tests below need root; `./check` runs them as root. */
START_TEST(sets_are_what_was_asked_for_after_the_change_of_user)
{
	ck_assert_int_eq(geteuid(), 0);
	ck_assert_int_eq(in_child(become_nobody_with_net_raw), 0);
}
END_TEST

START_TEST(empty_sets_leave_nothing)
{
	ck_assert_int_eq(in_child(become_nobody), 0);
}
END_TEST

START_TEST(a_bounding_set_that_cannot_shrink_is_an_error)
{
	ck_assert_int_eq(in_child(drop_without_the_right), 0);
}
END_TEST

UNIT_MAIN("runtime/capabilities", names_and_numbers_agree, each_set_is_its_own,
	  no_config_means_no_capability, an_unknown_name_is_refused_where_it_stands,
	  an_added_capability_does_not_become_inheritable, the_last_capability_is_what_proc_says,
	  sets_are_what_was_asked_for_after_the_change_of_user, empty_sets_leave_nothing,
	  a_bounding_set_that_cannot_shrink_is_an_error)
