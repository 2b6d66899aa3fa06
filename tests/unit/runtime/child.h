/* child.h - what changes a process is tried in a process of its own. */
#ifndef KEG_TESTS_UNIT_RUNTIME_CHILD_H
#define KEG_TESTS_UNIT_RUNTIME_CHILD_H

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* The line of the first CHILD_ASSERT that did not hold, else 0. */
static inline int in_child(int (*child)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(child() ? 1 : 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define CHILD_ASSERT(condition)                                                                    \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

#endif
