/* Personalities. */
#include "runtime/personality.h"

#include <sys/personality.h>
#include <sys/utsname.h>

#include "oci/config.h"
#include "tests/unit/runtime/child.h"

START_TEST(what_is_wrong_is_named)
{
	struct oci_personality config = { .domain = "BSD" };
	struct personality p;
	struct err e = ERR_INIT;

	ck_assert_int_eq(personality_parse(&config, &p, &e), -1);
	ck_assert_str_eq(e.pointer, "/linux/personality/domain");
	ck_assert_str_eq(e.text, "unknown personality BSD");

	e = ERR_INIT;
	config = (struct oci_personality){ .domain = "LINUX",
					   .flags = (const char *[]){ "ADDR_NO_RANDOMIZE" },
					   .n_flags = 1 };
	ck_assert_int_eq(personality_parse(&config, &p, &e), -1);
	ck_assert_str_eq(e.pointer, "/linux/personality/flags/0");
}
END_TEST

START_TEST(nothing_asked_for_is_nothing_done)
{
	struct personality p = { .set = true };
	struct err e = ERR_INIT;

	ck_assert_int_eq(personality_parse(NULL, &p, &e), 0);
	ck_assert(!p.set);
	ck_assert_int_eq(personality_apply(&p, &e), 0);
}
END_TEST

static int become_32_bit(void)
{
	const struct oci_personality config = { .domain = "LINUX32" };
	struct personality p;
	struct err e = ERR_INIT;

	CHILD_ASSERT(personality_parse(&config, &p, &e) == 0);
	CHILD_ASSERT(personality_apply(&p, &e) == 0);
	CHILD_ASSERT(personality(0xffffffff) == PER_LINUX32);
#ifdef __x86_64__
	struct utsname name;
	CHILD_ASSERT(uname(&name) == 0 && strcmp(name.machine, "i686") == 0);
#endif
	return 0;
}

START_TEST(linux32_is_what_the_process_sees)
{
	ck_assert_int_eq(in_child(become_32_bit), 0);
}
END_TEST

UNIT_MAIN("runtime/personality", what_is_wrong_is_named, nothing_asked_for_is_nothing_done,
	  linux32_is_what_the_process_sees)
