/* rooms.h - what the netns tests share: a private place to work in, and failures that say why.
 *
 * Needs root. Each test runs in a process of its own (Check forks), so what it makes in its own
 * namespaces ends with it. */
#ifndef KEG_TESTS_NETNS_ROOMS_H
#define KEG_TESTS_NETNS_ROOMS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/scope.h"
#include "tests/unit/unit.h"

/* The last error of the code under test. */
static struct err e;

static inline void show_err(const char *what)
{
	char text[4096];
	err_format(&e, text, sizeof text);
	ck_abort_msg("%s: %s", what, text);
}

/* A call that fills `e` has to succeed. */
#define must(call)                                                                                 \
	({                                                                                         \
		__typeof__(call) must_ = (call);                                                   \
		if (must_ < 0)                                                                     \
			show_err(#call);                                                           \
		must_;                                                                             \
	})

/* ... has to fail with this code. */
#define must_fail(call, want)                                                                      \
	do {                                                                                       \
		e = ERR_INIT;                                                                      \
		ck_assert_int_eq((call), -1);                                                      \
		if (e.code != (want))                                                              \
			show_err(#call " is not " #want);                                          \
	} while (0)

/* A mount and a network namespace of the test's own; "/tmp" is an empty tmpfs. */
static inline void enter_room(void)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0)
		ck_abort_msg("unshare: %s (these tests need root)", strerror(errno));
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("tmpfs", "/tmp", "tmpfs", 0, NULL), 0);
}

static inline int count_descriptors(void)
{
	int count = 0;
	AUTO_DIR *dir = opendir("/proc/self/fd");
	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	return count;
}

#endif
