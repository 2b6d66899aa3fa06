#include "netns/ns.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "base/str.h"
#include "base/sys.h"
#include "netns/ns-priv.h"
#include "tests/unit/netns/rooms.h"

static struct ns_id own(enum ns_kind kind)
{
	struct ns_id id = { 0 };
	AUTO_FD fd = must(ns_open_self(kind, &e));
	ck_assert_int_eq(ns_fd_id(fd, &id), 0);
	return id;
}

static struct ns_id id_of(int fd)
{
	struct ns_id id = { 0 };
	ck_assert_int_eq(ns_fd_id(fd, &id), 0);
	return id;
}

static int count_mounts(void)
{
	int lines = 0, c;
	AUTO_FILE *f = fopen("/proc/self/mountinfo", "re");
	ck_assert_ptr_nonnull(f);
	while ((c = getc(f)) != EOF)
		lines += c == '\n';
	return lines;
}

START_TEST(every_kind_has_a_whole_row)
{
	for (int i = 0; i < NS_KIND_COUNT; i++) {
		const struct ns_kind_row *row = ns_kind_row((enum ns_kind)i);
		enum ns_kind kind = NS_KIND_COUNT;
		ck_assert_int_eq((int)row->kind, i);
		ck_assert(row->name && row->proc && row->introduced && row->flag);
		/* Unique, or the first of two would be found. */
		ck_assert_int_eq(ns_kind_from_name(row->name, &kind), 0);
		ck_assert_int_eq((int)kind, i);
		ck_assert_int_eq(ns_kind_from_flag(row->flag, &kind), 0);
		ck_assert_int_eq((int)kind, i);
		/* The kernel agrees with file name and flag. */
		AUTO_FD fd = must(ns_open_self((enum ns_kind)i, &e));
		ck_assert_int_eq(ns_fd_kind(fd, &kind), 0);
		ck_assert_int_eq((int)kind, i);
	}
}
END_TEST

START_TEST(unknown_kinds_are_not_found)
{
	enum ns_kind kind = NS_UTS;
	ck_assert_int_eq(ns_kind_from_name("net", &kind), -ENOENT);
	ck_assert_int_eq(ns_kind_from_name("", &kind), -ENOENT);
	ck_assert_int_eq(ns_kind_from_name(NULL, &kind), -ENOENT);
	ck_assert_int_eq(ns_kind_from_flag(CLONE_FILES, &kind), -ENOENT);
	ck_assert_int_eq((int)kind, NS_UTS);
}
END_TEST

START_TEST(a_path_has_to_be_a_namespace_of_the_kind)
{
	enter_room();
	int before = count_descriptors();
	ck_assert_int_eq(mkfifo("/tmp/fifo", 0600), 0);
	ck_assert_int_eq(symlink("/proc/self/ns/net", "/tmp/link"), 0);

	AUTO_FD fd = must(ns_open_path(NS_NETWORK, "/proc/self/ns/net", &e));
	AUTO_FD linked = must(ns_open_path(NS_NETWORK, "/tmp/link", &e));
	ck_assert_int_eq(ns_fd_same(fd, linked), 1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);

	must_fail(ns_open_path(NS_NETWORK, "/proc/self/ns/ipc", &e), ERR_INVALID);
	ck_assert_str_eq(e.text, "/proc/self/ns/ipc is a ipc namespace, not a network namespace");
	must_fail(ns_open_path(NS_NETWORK, "/tmp/fifo", &e), ERR_INVALID);
	must_fail(ns_open_path(NS_NETWORK, "/tmp", &e), ERR_INVALID);
	must_fail(ns_open_path(NS_NETWORK, "/dev/null", &e), ERR_INVALID);
	must_fail(ns_open_path(NS_NETWORK, "/proc/self/ns", &e), ERR_INVALID);
	must_fail(ns_open_path(NS_NETWORK, "/tmp/missing", &e), ERR_NOT_FOUND);
	ck_assert_str_eq(e.object, "/tmp/missing");
	ck_assert_int_eq(count_descriptors(), before + 2);
}
END_TEST

START_TEST(what_is_no_namespace_has_no_kind)
{
	enum ns_kind kind;
	AUTO_FD null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(ns_fd_kind(null, &kind), -ENOTTY);
	ck_assert_int_eq(ns_fd_kind(-1, &kind), -ENOTTY);
	ck_assert_int_eq(ns_fd_same(null, -1), -EBADF);
	ck_assert_int_eq(ns_owner(null), -ENOTTY);
}
END_TEST

/* A child in namespaces of its own, until the scope ends. */
struct sleeper {
	pid_t pid;
	int pidfd;
};
static struct sleeper sleeper_start(unsigned long flags)
{
	int ready[2];
	char byte;
	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (unshare((int)flags) == 0 && write(ready[1], "r", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	(void)close(ready[1]);
	ck_assert_int_eq((int)read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	struct sleeper s = { pid, sys_pidfd_open(pid, 0) };
	ck_assert_int_ge(s.pidfd, 0);
	return s;
}
static void sleeper_stop(struct sleeper *s)
{
	ck_assert_int_eq(kill(s->pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(s->pid, NULL, 0), s->pid);
}

START_TEST(a_process_gives_its_namespaces_by_pid_and_by_pidfd)
{
	struct sleeper s = sleeper_start(CLONE_NEWUTS | CLONE_NEWNET);
	for (int i = 0; i < NS_KIND_COUNT; i++) {
		enum ns_kind kind = (enum ns_kind)i, found;
		bool differs = kind == NS_UTS || kind == NS_NETWORK;
		AUTO_FD by_pid = must(ns_open_process(kind, s.pid, &e));
		AUTO_FD by_pidfd = must(ns_open_pidfd(kind, s.pidfd, &e));
		AUTO_FD by_proc = must(ns_open_pidfd_by_proc(kind, s.pidfd, &e));
		AUTO_FD mine = must(ns_open_self(kind, &e));
		ck_assert_int_eq(ns_fd_same(by_pid, by_pidfd), 1);
		ck_assert_int_eq(ns_fd_same(by_pid, by_proc), 1);
		ck_assert_int_eq(ns_fd_same(by_pid, mine), !differs);
		ck_assert_int_eq(ns_fd_kind(by_pidfd, &found), 0);
		ck_assert_int_eq((int)found, i);
		ck_assert_int_eq(fcntl(by_pidfd, F_GETFD), FD_CLOEXEC);
	}
	sleeper_stop(&s);
	must_fail(ns_open_process(NS_NETWORK, s.pid, &e), ERR_NOT_FOUND);
	must_fail(ns_open_pidfd(NS_NETWORK, s.pidfd, &e), ERR_GONE);
	must_fail(ns_open_pidfd_by_proc(NS_NETWORK, s.pidfd, &e), ERR_GONE);
	AUTO_FD null = open("/dev/null", O_RDWR | O_CLOEXEC);
	must_fail(ns_open_pidfd(NS_NETWORK, null, &e), ERR_INVALID);
	scope_close(&s.pidfd);
}
END_TEST

START_TEST(a_new_namespace_leaves_the_caller_where_it_was)
{
	int before = count_descriptors();
	for (int i = 0; i < NS_KIND_COUNT; i++) {
		enum ns_kind kind = (enum ns_kind)i, found;
		if (kind == NS_PID || kind == NS_USER) {
			must_fail(ns_create(kind, -1, &e), ERR_INVALID);
			continue;
		}
		struct ns_id mine = own(kind);
		AUTO_FD fd = must(ns_create(kind, -1, &e));
		struct ns_id after = own(kind);
		ck_assert(mine.dev == after.dev && mine.ino == after.ino);
		ck_assert(id_of(fd).ino != mine.ino);
		ck_assert_int_eq(ns_fd_kind(fd, &found), 0);
		ck_assert_int_eq((int)found, i);
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	}
	ck_assert_int_eq(count_descriptors(), before);
	ck_assert_int_eq(waitpid(-1, NULL, __WALL), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

static int ask_dumpable(void *context, struct err *error)
{
	(void)error;
	*(int *)context = prctl(PR_GET_DUMPABLE);
	return 0;
}

/* The child shares our memory; root in there must not be able to trace it. */
START_TEST(memory_is_out_of_reach_while_in_a_foreign_user_namespace)
{
	struct sleeper s = sleeper_start(CLONE_NEWUSER | CLONE_NEWUTS);
	AUTO_FD user = must(ns_open_pidfd(NS_USER, s.pidfd, &e));
	AUTO_FD uts = must(ns_open_pidfd(NS_UTS, s.pidfd, &e));
	AUTO_FD own_user = must(ns_open_self(NS_USER, &e));
	const int both[] = { user, uts };
	int inside = -1;
	must(ns_run(both, 2, ask_dumpable, &inside, &e));
	ck_assert_int_eq(inside, 0);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 1);
	must(ns_run(&uts, 1, ask_dumpable, &inside, &e));
	ck_assert_int_eq(inside, 1);
	/* One's own is no foreign one, and staying there is no error. */
	must(ns_run(&own_user, 1, ask_dumpable, &inside, &e));
	AUTO_FD net = must(ns_create(NS_NETWORK, own_user, &e));
	AUTO_FD owner = ns_owner(net);
	ck_assert_int_eq(ns_fd_same(owner, own_user), 1);
	sleeper_stop(&s);
	scope_close(&s.pidfd);
}
END_TEST

START_TEST(a_namespace_can_be_owned_by_another_user_namespace)
{
	struct sleeper s = sleeper_start(CLONE_NEWUSER);
	AUTO_FD user = must(ns_open_pidfd(NS_USER, s.pidfd, &e));
	AUTO_FD net = must(ns_create(NS_NETWORK, user, &e));
	AUTO_FD owner = ns_owner(net);
	AUTO_FD mine = must(ns_open_self(NS_USER, &e));
	AUTO_FD parent = ns_parent(user);
	ck_assert_int_eq(ns_fd_same(owner, user), 1);
	ck_assert_int_eq(ns_fd_same(parent, mine), 1);
	ck_assert_int_eq(ns_parent(net), -EINVAL);
	/* It shared our memory while in there. */
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 1);
	sleeper_stop(&s);
	scope_close(&s.pidfd);
}
END_TEST

static int set_name(void *context, struct err *error)
{
	struct utsname *out = context;
	if (sethostname("inside", 6) < 0)
		return err_sys(error, "set the host name");
	if (uname(out) < 0)
		return err_sys(error, "read the host name");
	return 0;
}

START_TEST(work_in_a_namespace_is_seen_there_and_only_there)
{
	struct utsname inside, outside, again;
	AUTO_FD uts = must(ns_create(NS_UTS, -1, &e));
	ck_assert_int_eq(uname(&outside), 0);
	must(ns_run(&uts, 1, set_name, &inside, &e));
	ck_assert_str_eq(inside.nodename, "inside");
	ck_assert_int_eq(uname(&again), 0);
	ck_assert_str_eq(again.nodename, outside.nodename);

	AUTO_FD other = must(ns_create(NS_UTS, -1, &e));
	struct ns_id mine = own(NS_UTS);
	memset(&inside, 0, sizeof inside);
	must(ns_run_here(other, set_name, &inside, &e));
	ck_assert_str_eq(inside.nodename, "inside");
	ck_assert(own(NS_UTS).ino == mine.ino);
	ck_assert_int_eq(uname(&again), 0);
	ck_assert_str_eq(again.nodename, outside.nodename);
}
END_TEST

static int fail_inside(void *context, struct err *error)
{
	*(int *)context = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return err_set(error, ERR_CONFLICT, "nothing fits");
}

START_TEST(errors_and_descriptors_come_back_from_inside)
{
	AUTO_FD uts = must(ns_create(NS_UTS, -1, &e));
	AUTO_FD null = -1;
	AUTO_FD null_here = -1;
	struct ns_id mine = own(NS_UTS);
	must_fail(ns_run(&uts, 1, fail_inside, &null, &e), ERR_CONFLICT);
	ck_assert_str_eq(e.text, "nothing fits");
	ck_assert_int_eq(fcntl(null, F_GETFD), FD_CLOEXEC);
	must_fail(ns_run_here(uts, fail_inside, &null_here, &e), ERR_CONFLICT);
	ck_assert_int_eq(fcntl(null_here, F_GETFD), FD_CLOEXEC);
	ck_assert(own(NS_UTS).ino == mine.ino);
}
END_TEST

static int die(void *context, struct err *error)
{
	(void)context;
	(void)error;
	(void)kill(getpid(), SIGKILL); /* ends us, or the test sees that it did not */
	return 0;
}

START_TEST(work_that_dies_is_an_error_of_the_caller)
{
	AUTO_FD uts = must(ns_create(NS_UTS, -1, &e));
	must_fail(ns_run(&uts, 1, die, NULL, &e), ERR_INTERNAL);
	ck_assert_int_eq(waitpid(-1, NULL, __WALL), -1);
}
END_TEST

START_TEST(what_cannot_be_entered_is_an_error)
{
	int opened = -1;
	AUTO_FD null = open("/dev/null", O_RDWR | O_CLOEXEC);
	AUTO_FD mount_ns = must(ns_open_self(NS_MOUNT, &e));
	must_fail(ns_run(&null, 1, fail_inside, &opened, &e), ERR_SYSTEM);
	must_fail(ns_run_here(null, fail_inside, &opened, &e), ERR_SYSTEM);
	must_fail(ns_run_here(mount_ns, fail_inside, &opened, &e), ERR_INVALID);
	ck_assert_int_eq(opened, -1);
}
END_TEST

static volatile sig_atomic_t signals;
static void count_signal(int number)
{
	(void)number;
	signals++;
}

START_TEST(a_helper_child_is_invisible_to_its_parent)
{
	/* Neither SIGCHLD nor an ignored SIGCHLD gets in the way. */
	ck_assert(signal(SIGCHLD, count_signal) != SIG_ERR);
	AUTO_FD one = must(ns_create(NS_UTS, -1, &e));
	ck_assert_int_ge(one, 0);
	ck_assert_int_eq(signals, 0);
	ck_assert(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	AUTO_FD two = must(ns_create(NS_UTS, -1, &e));
	ck_assert_int_ge(two, 0);
	sigset_t mask;
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
	ck_assert_int_eq(sigismember(&mask, SIGTERM), 0);
}
END_TEST

static void make_empty(const char *path)
{
	AUTO_FD fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
}

START_TEST(a_pin_outlives_every_process_and_goes_with_unpin)
{
	enter_room();
	int mounts = count_mounts();
	pid_t pid = fork();
	if (pid == 0) {
		int fd = ns_create(NS_NETWORK, -1, &e);
		_exit(fd >= 0 && ns_pin(fd, AT_FDCWD, "/tmp/net", &e) == 0 ? 0 : 1);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);

	AUTO_FD fd = must(ns_open_path(NS_NETWORK, "/tmp/net", &e));
	ck_assert(id_of(fd).ino != own(NS_NETWORK).ino);
	ck_assert_int_eq(count_mounts(), mounts + 1);

	must(ns_unpin(AT_FDCWD, "/tmp/net", &e));
	ck_assert_int_eq(access("/tmp/net", F_OK), -1);
	ck_assert_int_eq(count_mounts(), mounts);
	must(ns_unpin(AT_FDCWD, "/tmp/net", &e));
}
END_TEST

START_TEST(every_kind_but_the_own_mount_namespace_can_be_pinned)
{
	/* On one CPU the younger mount namespace has the greater number; see ns_pin. */
	int cpu = sched_getcpu();
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(cpu < 0 ? 0 : cpu, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
	enter_room();
	int mounts = count_mounts();
	struct sleeper s = sleeper_start(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC);
	AUTO_FD dir = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < NS_KIND_COUNT; i++) {
		const struct ns_kind_row *row = ns_kind_row((enum ns_kind)i);
		AUTO_FD fd = must(ns_open_pidfd(row->kind, s.pidfd, &e));
		must(ns_pin(fd, dir, row->name, &e));
		AUTO_FREE char *path = str_format("/tmp/%s", row->name);
		AUTO_FD pinned = must(ns_open_path(row->kind, path, &e));
		ck_assert_int_eq(ns_fd_same(fd, pinned), 1);
		must(ns_unpin(dir, row->name, &e));
	}
	sleeper_stop(&s);
	scope_close(&s.pidfd);
	/* The kernel refuses this loop, and nothing may be left of the attempt. */
	AUTO_FD own_mounts = must(ns_open_self(NS_MOUNT, &e));
	must_fail(ns_pin(own_mounts, dir, "mount", &e), ERR_SYSTEM);
	ck_assert_int_eq(e.errnum, ELOOP);
	ck_assert_str_ne(e.hint, "");
	ck_assert_int_eq(access("/tmp/mount", F_OK), -1);
	ck_assert_int_eq(count_mounts(), mounts);
}
END_TEST

START_TEST(pinning_again_is_success_for_the_same_namespace_only)
{
	enter_room();
	int mounts = count_mounts();
	AUTO_FD a = must(ns_create(NS_IPC, -1, &e));
	AUTO_FD b = must(ns_create(NS_IPC, -1, &e));
	must(ns_pin(a, AT_FDCWD, "/tmp/ipc", &e));
	must(ns_pin(a, AT_FDCWD, "/tmp/ipc", &e));
	ck_assert_int_eq(count_mounts(), mounts + 1);
	must_fail(ns_pin(b, AT_FDCWD, "/tmp/ipc", &e), ERR_EXISTS);
	must(ns_unpin(AT_FDCWD, "/tmp/ipc", &e));
}
END_TEST

START_TEST(what_an_interrupted_pin_left_is_taken_over)
{
	enter_room();
	int mounts = count_mounts();
	AUTO_FD fd = must(ns_create(NS_IPC, -1, &e));
	make_empty("/tmp/ipc");
	must(ns_pin(fd, AT_FDCWD, "/tmp/ipc", &e));
	/* And what two programs at once could have stacked up goes with one unpin. */
	ck_assert_int_eq(mount("/proc/self/ns/ipc", "/tmp/ipc", NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(count_mounts(), mounts + 2);
	must(ns_unpin(AT_FDCWD, "/tmp/ipc", &e));
	ck_assert_int_eq(count_mounts(), mounts);
	/* An interrupted unpin left the file. */
	make_empty("/tmp/ipc");
	must(ns_unpin(AT_FDCWD, "/tmp/ipc", &e));
	ck_assert_int_eq(access("/tmp/ipc", F_OK), -1);
}
END_TEST

START_TEST(a_pin_never_touches_what_is_not_its_own)
{
	enter_room();
	AUTO_FD fd = must(ns_create(NS_IPC, -1, &e));
	AUTO_FD null = open("/dev/null", O_RDWR | O_CLOEXEC);
	AUTO_FD file = open("/tmp/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	ck_assert_int_eq((int)write(file, "x", 1), 1);
	make_empty("/tmp/target");
	ck_assert_int_eq(symlink("/tmp/target", "/tmp/link"), 0);
	ck_assert_int_eq(symlink("/tmp/nowhere", "/tmp/dangling"), 0);
	ck_assert_int_eq(mkdir("/tmp/dir", 0755), 0);
	static const char *const others[] = { "/tmp/file", "/tmp/link", "/tmp/dangling",
					      "/tmp/dir" };
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct stat before, after;
		ck_assert_int_eq(lstat(others[i], &before), 0);
		must_fail(ns_pin(fd, AT_FDCWD, others[i], &e), ERR_EXISTS);
		must_fail(ns_unpin(AT_FDCWD, others[i], &e), ERR_CONFLICT);
		ck_assert_int_eq(lstat(others[i], &after), 0);
		ck_assert(before.st_ino == after.st_ino && before.st_dev == after.st_dev);
	}
	ck_assert_int_eq(access("/tmp/nowhere", F_OK), -1);
	must_fail(ns_pin(fd, AT_FDCWD, "/tmp/no/such/dir", &e), ERR_NOT_FOUND);
	must_fail(ns_pin(null, AT_FDCWD, "/tmp/new", &e), ERR_INVALID);
	ck_assert_int_eq(access("/tmp/new", F_OK), -1);
}
END_TEST

UNIT_MAIN("netns/ns", every_kind_has_a_whole_row, unknown_kinds_are_not_found,
	  a_path_has_to_be_a_namespace_of_the_kind, what_is_no_namespace_has_no_kind,
	  a_process_gives_its_namespaces_by_pid_and_by_pidfd,
	  a_new_namespace_leaves_the_caller_where_it_was,
	  memory_is_out_of_reach_while_in_a_foreign_user_namespace,
	  a_namespace_can_be_owned_by_another_user_namespace,
	  work_in_a_namespace_is_seen_there_and_only_there,
	  errors_and_descriptors_come_back_from_inside, work_that_dies_is_an_error_of_the_caller,
	  what_cannot_be_entered_is_an_error, a_helper_child_is_invisible_to_its_parent,
	  a_pin_outlives_every_process_and_goes_with_unpin,
	  every_kind_but_the_own_mount_namespace_can_be_pinned,
	  pinning_again_is_success_for_the_same_namespace_only,
	  what_an_interrupted_pin_left_is_taken_over, a_pin_never_touches_what_is_not_its_own)
