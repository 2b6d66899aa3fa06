/* rooms.h - what the tests of cgroups/ share: a cgroup of the test's own, children that live in it.
 *
 * Needs root and a cgroup v2 hierarchy, with or without controllers. Each test runs in a process of
 * its own (Check forks); at its end, failed or not, everything in "/keg-test-PID" is killed and the
 * cgroup is removed. */
#ifndef KEG_TESTS_CGROUPS_ROOMS_H
#define KEG_TESTS_CGROUPS_ROOMS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/scope.h"
#include "base/sys.h"
#include "cgroups/cgroup.h"
#include "tests/unit/unit.h"

/* Ten times and more what the kernel needs; only a hang reaches it. */
#define HANG_MS 20000

static struct err e; /* of the last failure */
static int tree = -1;
static char room[CGROUP_PATH_MAX]; /* "/keg-test-PID" */

static inline void show_err(const char *what)
{
	char text[4096];

	err_format(&e, text, sizeof text);
	ck_abort_msg("%s: %s", what, text);
}

#define must(call)                                                                                 \
	({                                                                                         \
		__typeof__(call) must_ = (call);                                                   \
		if (must_ < 0)                                                                     \
			show_err(#call);                                                           \
		must_;                                                                             \
	})

#define must_fail(call, want)                                                                      \
	do {                                                                                       \
		e = ERR_INIT;                                                                      \
		ck_assert_int_eq((call), -1);                                                      \
		if (e.code != (want))                                                              \
			show_err(#call " is not " #want);                                          \
		ck_assert_int_eq(e.phase, PHASE_CGROUP);                                           \
	} while (0)

/* Sweeps the room when the test's process is gone, however it went: a process of its own, for a
 * failing Check test runs no handlers. */
static inline void room_sweeper(void)
{
	struct pollfd test = { .fd = sys_pidfd_open(getpid(), 0), .events = POLLIN };
	struct cgroup *cgroup;
	int ready[2];
	char byte;

	ck_assert_int_ge(test.fd, 0);
	ck_assert_int_eq(pipe(ready), 0);
	if (fork() == 0) {
		(void)setsid(); /* Check kills the test's process group */
		close(ready[1]);
		for (int fd = 0; fd < 1024; fd++) {
			if (fd != test.fd && fd != tree)
				close(fd);
		}
		while (poll(&test, 1, -1) < 0 && errno == EINTR)
			;
		if (cgroup_open(tree, room, &cgroup, &e) == 0 &&
		    cgroup_kill(cgroup, HANG_MS, &e) == 0)
			(void)cgroup_remove(cgroup, HANG_MS, &e); /* nobody is left to tell */
		_exit(0);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 0); /* it has left the group */
	close(ready[0]);
	close(test.fd);
}

/* The name below the room, in a buffer of its own for each of four. */
static inline const char *in_room(const char *name)
{
	static char paths[4][CGROUP_PATH_MAX + 300];
	static int next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof paths[0], "%s/%s", room, name);
	return path;
}

static inline struct cgroup *room_enter(void)
{
	struct cgroup *cgroup = NULL;

	tree = must(cgroup_tree_open(&e));
	(void)snprintf(room, sizeof room, "/keg-test-%d", getpid());
	room_sweeper();
	must(cgroup_create(tree, room, NULL, &cgroup, &e));
	return cgroup;
}

/* fork(2) straight into the cgroup. */
static inline pid_t fork_into(const struct cgroup *cgroup)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP,
				   .exit_signal = SIGCHLD,
				   .cgroup = (uint64_t)cgroup_fd(cgroup) };
	pid_t pid = (pid_t)sys_clone3(&args, sizeof args);

	ck_assert_msg(pid >= 0, "clone3: %s", strerror(errno));
	return pid;
}

/* A child that sleeps until it is killed. */
static inline pid_t sleeper_into(const struct cgroup *cgroup)
{
	pid_t pid = fork_into(cgroup);

	if (pid == 0) {
		for (;;)
			pause();
	}
	return pid;
}

static inline int count_descriptors(void)
{
	int count = 0;
	DIR *directory = opendir("/proc/self/fd");

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

#endif
