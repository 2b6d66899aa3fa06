/* unit.h - the shape of every unit test program: a file of START_TEST sentences, then UNIT_MAIN.
 *
 *   START_TEST(a_limit_is_kept) { ... } END_TEST
 *   UNIT_MAIN("base/arena", a_limit_is_kept, ...)
 *
 * One test alone: CK_RUN_CASE is not needed; `tests/unit/base/arena a_limit_is_kept` runs it.
 * Source: Check 0.15, CK_TAP_LOG_FILE_NAME for a TAP log. */
#ifndef KEG_TESTS_UNIT_H
#define KEG_TESTS_UNIT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ten times what the slowest machine needs; only a hang reaches it. */
#define UNIT_TIMEOUT_SECONDS 120

static inline int unit_run(const char *name, const TTest *const *tests, size_t count,
			   const char *only)
{
	Suite *suite = suite_create(name);
	size_t added = 0;

	for (size_t i = 0; i < count; i++) {
		if (only && strcmp(only, tests[i]->name) != 0)
			continue;
		TCase *tc = tcase_create(tests[i]->name);
		tcase_set_timeout(tc, UNIT_TIMEOUT_SECONDS);
		tcase_add_test(tc, tests[i]);
		suite_add_tcase(suite, tc);
		added++;
	}
	if (added == 0) {
		fprintf(stderr, "%s: no test named %s\n", name, only ? only : "at all");
		return EXIT_FAILURE;
	}
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_MAIN(name, ...)                                                                       \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		const TTest *const tests[] = { __VA_ARGS__ };                                      \
		return unit_run(name, tests, sizeof(tests) / sizeof(tests[0]),                     \
				argc > 1 ? argv[1] : NULL);                                        \
	}

#endif
