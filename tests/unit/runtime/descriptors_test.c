/* descriptors_test.c - runtime/descriptors.h in child processes. */
#include "runtime/descriptors.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/scope.h"
#include "tests/unit/unit.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* Descriptors 3.. of a child: 'c' close-on-exec, 'o' open over exec, ' ' closed. After the call, what is
 * left is compared with `expected`, and returned as the child's verdict. */
static int verdict(const char *before, int preserve, const int *keep, size_t n_keep,
		   const char *expected)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);
		int high = fcntl(null, F_DUPFD_CLOEXEC, 200);
		for (int fd = 3; fd < 200; fd++)
			close(fd);
		for (int i = 0; before[i]; i++)
			if (before[i] != ' ')
				dup3(high, 3 + i, before[i] == 'c' ? O_CLOEXEC : 0);
		if (descriptors_close_others(preserve, keep, n_keep) < 0)
			_exit(100);
		for (int i = 0; expected[i]; i++)
			if (is_open(3 + i) != (expected[i] != ' '))
				_exit(i + 1);
		_exit(is_open(high) ? 101 : 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(without_preserved_ones_only_the_kept_stay)
{
	int keep[] = { 5, -1, 8 };

	ck_assert_int_eq(verdict("oooooooo", 0, keep, ARRAY_SIZE(keep), "  o  o  "), 0);
	ck_assert_int_eq(verdict("oooooooo", 0, NULL, 0, "        "), 0);
}
END_TEST

START_TEST(preserved_ones_of_the_caller_stay)
{
	int keep[] = { 7 };

	ck_assert_int_eq(verdict("oooooooo", 2, keep, 1, "oo  o   "), 0);
}
END_TEST

START_TEST(our_own_with_a_preserved_number_is_closed)
{
	int keep[] = { 5 };

	ck_assert_int_eq(verdict("occcoc", 100, keep, 1, "o c o "), 0);
}
END_TEST

START_TEST(kept_ones_may_be_neighbours_and_in_any_order)
{
	int keep[] = { 6, 4, 5 };

	ck_assert_int_eq(verdict("cccccccc", 0, keep, ARRAY_SIZE(keep), " ccc    "), 0);
}
END_TEST

UNIT_MAIN("runtime/descriptors", without_preserved_ones_only_the_kept_stay,
	  preserved_ones_of_the_caller_stay, our_own_with_a_preserved_number_is_closed,
	  kept_ones_may_be_neighbours_and_in_any_order)
