/* cgroup.c - tests of cgroups in the kernel: made, entered, frozen, killed, removed. */
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>

#include "base/file.h"
#include "cgroups/cgroup-priv.h"
#include "tests/unit/cgroups/rooms.h"

static bool exists(const char *path)
{
	struct stat st;

	return fstatat(tree, path + 1, &st, 0) == 0;
}

static char state_of(pid_t pid)
{
	char path[64], text[512];

	(void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
	if (file_read_small(AT_FDCWD, path, text, sizeof text) < 0)
		return 0;
	return strrchr(text, ')')[2];
}

START_TEST(a_cgroup_is_made_with_its_parents_and_removed_alone)
{
	struct cgroup *base = room_enter(), *cgroup;

	must(cgroup_create(tree, in_room("a/b/c"), NULL, &cgroup, &e));
	ck_assert_str_eq(cgroup_path(cgroup), in_room("a/b/c"));
	ck_assert(exists(in_room("a/b/c")));
	must(cgroup_remove(cgroup, HANG_MS, &e));
	ck_assert(!exists(in_room("a/b/c")));
	ck_assert(exists(in_room("a/b")));
	must(cgroup_remove(cgroup, HANG_MS, &e)); /* once more is fine */
	cgroup_close(cgroup);
	must_fail(cgroup_open(tree, in_room("a/b/c"), &cgroup, &e), ERR_NOT_FOUND);
	cgroup_close(base);
}
END_TEST

START_TEST(an_existing_cgroup_is_taken_over_unless_exclusive)
{
	struct cgroup_options exclusive = { .exclusive = true };
	struct cgroup *base = room_enter(), *first, *second;

	must(cgroup_create(tree, in_room("one"), &exclusive, &first, &e));
	must(cgroup_create(tree, in_room("one"), NULL, &second, &e));
	cgroup_close(second);
	must_fail(cgroup_create(tree, in_room("one"), &exclusive, &second, &e), ERR_EXISTS);
	ck_assert(exists(in_room("one")));
	cgroup_close(first);
	cgroup_close(base);
}
END_TEST

START_TEST(a_failed_create_leaves_nothing_behind)
{
	struct cgroup *base = room_enter(), *cgroup;

	/* A file of the kernel's stands where a directory is wanted. */
	must_fail(cgroup_create(tree, in_room("cgroup.procs/x"), NULL, &cgroup, &e), ERR_SYSTEM);
	AUTO_FREE char *deep = malloc(CGROUP_PATH_MAX);
	(void)snprintf(deep, CGROUP_PATH_MAX, "%s", in_room("new/newer"));
	int depth = openat(cgroup_fd(base), "cgroup.max.depth", O_WRONLY);
	ck_assert_int_eq(write(depth, "1", 1), 1);
	close(depth);
	must_fail(cgroup_create(tree, deep, NULL, &cgroup, &e), ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(e.hint, "cgroup.max.depth"));
	ck_assert(!exists(in_room("new")));
	cgroup_close(base);
}
END_TEST

START_TEST(a_controller_that_is_missing_is_refused_by_name)
{
	char all[512];
	struct cgroup *base = room_enter(), *cgroup;
	unsigned missing = 0;

	must((int)file_read_small(tree, "cgroup.controllers", all, sizeof all));
	unsigned have = cgroup_controllers_from_text(all);
	for (unsigned bit = 1; bit < CGROUP_ALL && !missing; bit <<= 1)
		missing = bit & ~have;
	ck_assert_uint_ne(missing, 0); /* no kernel has dmem, rdma and all others at once */
	struct cgroup_options options = { .needed = missing };
	must_fail(cgroup_create(tree, in_room("x"), &options, &cgroup, &e), ERR_UNSUPPORTED);
	char want[128];
	(void)snprintf(want, sizeof want, "the requested cgroup controller `%s` is not available",
		       cgroup_controller_name(missing));
	ck_assert_str_eq(e.text, want);
	ck_assert(!exists(in_room("x")));

	options = (struct cgroup_options){ .wanted = CGROUP_ALL };
	must(cgroup_create(tree, in_room("y"), &options, &cgroup, &e));
	unsigned got = 0;
	must(cgroup_controllers(cgroup, &got, &e));
	ck_assert_uint_eq(got & ~have, 0);
	cgroup_close(cgroup);
	cgroup_close(base);
}
END_TEST

START_TEST(every_controller_and_manager_has_a_name)
{
	char all[256] = "";
	enum cgroup_manager manager;

	for (unsigned bit = 1; bit <= CGROUP_ALL; bit <<= 1) {
		ck_assert_ptr_nonnull(cgroup_controller_name(bit));
		strcat(strcat(all, cgroup_controller_name(bit)), " ");
	}
	ck_assert_uint_eq(cgroup_controllers_from_text(all), CGROUP_ALL);
	ck_assert_uint_eq(cgroup_controllers_from_text("cpus memor iox perf_event\n"), 0);
	ck_assert_uint_eq(cgroup_controllers_from_text("cpuset io\n"), CGROUP_CPUSET | CGROUP_IO);
	for (int i = 0; i < CGROUP_MANAGER_COUNT; i++) {
		must(cgroup_manager_from_name(cgroup_manager_name(i), &manager, &e));
		ck_assert_int_eq(manager, i);
	}
	must_fail(cgroup_manager_from_name("cgroup", &manager, &e), ERR_INVALID);
}
END_TEST

START_TEST(a_child_is_born_in_it_or_moved_into_it)
{
	char path[CGROUP_PATH_MAX];
	struct cgroup *base = room_enter(), *cgroup;

	must(cgroup_create(tree, in_room("in"), NULL, &cgroup, &e));
	pid_t child = sleeper_into(base);
	must(cgroup_path_of(child, path, &e));
	ck_assert_str_eq(path, room);
	must(cgroup_enter(cgroup, child, &e));
	must(cgroup_path_of(child, path, &e));
	ck_assert_str_eq(path, in_room("in"));
	must_fail(cgroup_enter(cgroup, 2147483647, &e), ERR_GONE);
	cgroup_close(cgroup);
	cgroup_close(base);
}
END_TEST

START_TEST(a_threaded_parent_is_explained)
{
	struct cgroup *base = room_enter(), *parent, *cgroup;

	must(cgroup_create(tree, in_room("p"), NULL, &parent, &e));
	ck_assert_int_eq(file_write_once(cgroup_fd(parent), "cgroup.type", "threaded", 8), 0);
	must(cgroup_create(tree, in_room("p/c"), NULL, &cgroup, &e));
	pid_t child = sleeper_into(base);
	e = ERR_INIT;
	ck_assert_int_eq(cgroup_enter(cgroup, child, &e), -1);
	ck_assert_int_eq(e.errnum, EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.hint, "domain invalid"));
	cgroup_close(cgroup);
	cgroup_close(parent);
	cgroup_close(base);
}
END_TEST

START_TEST(processes_below_are_listed_too)
{
	struct cgroup *base = room_enter(), *deep;
	pid_t *pids, a, b;
	size_t count;

	must(cgroup_pids(base, &pids, &count, &e));
	ck_assert_uint_eq(count, 0);
	free(pids);
	must(cgroup_create(tree, in_room("x/y/z"), NULL, &deep, &e));
	a = sleeper_into(base);
	b = sleeper_into(deep);
	must(cgroup_pids(base, &pids, &count, &e));
	ck_assert_uint_eq(count, 2);
	ck_assert((pids[0] == a && pids[1] == b) || (pids[0] == b && pids[1] == a));
	free(pids);
	must(cgroup_pids(deep, &pids, &count, &e));
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(pids[0], b);
	free(pids);
	cgroup_close(deep);
	cgroup_close(base);
}
END_TEST

START_TEST(a_walk_goes_deeper_than_a_path_can)
{
	struct cgroup *base = room_enter();
	int fd = dup(cgroup_fd(base)), before = count_descriptors();
	char name[240];
	pid_t *pids;
	size_t count;

	/* 40 times 240 bytes: more than PATH_MAX. */
	memset(name, 'd', sizeof name);
	name[sizeof name - 1] = '\0';
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(mkdirat(fd, name, 0755), 0);
		ck_assert_int_eq(mkdirat(fd, "sibling", 0755), 0);
		int next = openat(fd, name, O_PATH | O_DIRECTORY);
		ck_assert_int_ge(next, 0);
		close(fd);
		fd = next;
	}
	must(cgroup_pids(base, &pids, &count, &e));
	ck_assert_uint_eq(count, 0);
	free(pids);
	ck_assert_int_eq(count_descriptors(), before);
	must(cgroup_remove(base, HANG_MS, &e));
	ck_assert(!exists(room));
	close(fd);
	cgroup_close(base);
}
END_TEST

START_TEST(freezing_stops_and_thawing_goes_on)
{
	struct cgroup *base = room_enter();
	struct cgroup_events events;
	int counter[2];
	char byte;

	ck_assert_int_eq(pipe(counter), 0);
	pid_t child = fork_into(base);
	if (child == 0) {
		for (;;)
			(void)!write(counter[1], "x", 1);
	}
	ck_assert_int_eq(read(counter[0], &byte, 1), 1);
	must(cgroup_freeze(base, HANG_MS, &e));
	must(cgroup_events_read(base, &events, &e));
	ck_assert(events.frozen && events.populated);
	/* What is in the pipe comes out, then nothing does. */
	ck_assert_int_eq(fcntl(counter[0], F_SETFL, O_NONBLOCK), 0);
	while (read(counter[0], &byte, 1) == 1)
		;
	ck_assert_int_eq(errno, EAGAIN);
	must(cgroup_freeze(base, HANG_MS, &e)); /* once more is fine */
	must(cgroup_thaw(base, HANG_MS, &e));
	must(cgroup_events_read(base, &events, &e));
	ck_assert(!events.frozen);
	struct pollfd more = { .fd = counter[0], .events = POLLIN };
	ck_assert_int_eq(poll(&more, 1, HANG_MS), 1);
	cgroup_close(base);
}
END_TEST

/* A child in a system call that no signal but SIGKILL ends: it asks a FUSE file system that never
 * answers. "/tmp" is covered in this process's own mount namespace. */
static pid_t hang_into(const struct cgroup *cgroup, int *out_fuse)
{
	char options[128];

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("tmpfs", "/tmp", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mknod("/tmp/fuse", S_IFCHR | 0600, makedev(10, 229)), 0);
	ck_assert_int_eq(mkdir("/tmp/hang", 0755), 0);
	*out_fuse = open("/tmp/fuse", O_RDWR | O_CLOEXEC);
	ck_assert_msg(*out_fuse >= 0, "open a FUSE device: %s", strerror(errno));
	(void)snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0",
		       *out_fuse);
	ck_assert_int_eq(mount("fuse", "/tmp/hang", "fuse", 0, options), 0);
	pid_t pid = fork_into(cgroup);
	if (pid == 0) {
		struct stat st;
		(void)!stat("/tmp/hang/x", &st);
		_exit(0);
	}
	for (int i = 0; i < HANG_MS && state_of(pid) != 'D'; i++)
		usleep(1000);
	ck_assert_int_eq(state_of(pid), 'D');
	return pid;
}

START_TEST(a_process_that_cannot_freeze_ends_the_wait_and_is_named)
{
	struct cgroup *base = room_enter();
	struct cgroup_events events;
	char want[64];
	int fuse;
	pid_t child = hang_into(base, &fuse);

	must_fail(cgroup_freeze(base, 100, &e), ERR_TIMEOUT);
	(void)snprintf(want, sizeof want, "process %d (", child);
	ck_assert_msg(strstr(e.hint, want) && strstr(e.hint, ") in state D in "), "%s", e.hint);
	ck_assert_int_eq(file_read_small(cgroup_fd(base), "cgroup.freeze", want, sizeof want), 2);
	ck_assert_str_eq(want, "0\n");
	must(cgroup_events_read(base, &events, &e));
	ck_assert(!events.frozen);
	close(fuse);
	cgroup_close(base);
}
END_TEST

START_TEST(thawing_below_a_frozen_parent_ends_the_wait)
{
	struct cgroup *base = room_enter(), *child;

	must(cgroup_create(tree, in_room("child"), NULL, &child, &e));
	must(cgroup_freeze(base, HANG_MS, &e));
	must_fail(cgroup_thaw(child, 50, &e), ERR_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(e.hint, "parent"));
	must(cgroup_thaw(base, HANG_MS, &e));
	must(cgroup_thaw(child, HANG_MS, &e));
	cgroup_close(child);
	cgroup_close(base);
}
END_TEST

START_TEST(kill_ends_all_of_them_at_any_depth_frozen_or_not)
{
	struct cgroup *base = room_enter(), *deep;
	struct cgroup_events events;

	must(cgroup_create(tree, in_room("x/y"), NULL, &deep, &e));
	for (int frozen = 0; frozen < 2; frozen++) {
		pid_t pids[2] = { sleeper_into(base), sleeper_into(deep) };

		if (frozen)
			must(cgroup_freeze(base, HANG_MS, &e));
		must(cgroup_kill(base, HANG_MS, &e));
		must(cgroup_events_read(base, &events, &e));
		ck_assert(!events.populated);
		for (size_t i = 0; i < 2; i++) {
			int status;
			ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
			ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		}
	}
	must(cgroup_thaw(base, HANG_MS, &e));
	must(cgroup_kill(base, HANG_MS, &e)); /* nobody there is fine */
	must(cgroup_remove(base, HANG_MS, &e));
	must(cgroup_kill(base, HANG_MS, &e)); /* and so is no cgroup */
	cgroup_close(deep);
	cgroup_close(base);
}
END_TEST

START_TEST(a_fork_bomb_ends_without_cgroup_kill)
{
	struct cgroup *base = room_enter();
	struct cgroup_events events;
	int alive[2];
	char byte;

	ck_assert_int_eq(pipe(alive), 0);
	pid_t child = fork_into(base);
	if (child == 0) {
		/* 64 lines in which each generation makes the next one and ends: no listing of pids
		 * stays true. */
		for (int i = 0; i < 6; i++)
			(void)fork();
		for (;;) {
			pid_t next = fork();
			if (next > 0) {
				(void)!write(alive[1], "x", 1);
				_exit(0);
			}
		}
	}
	close(alive[1]);
	ck_assert_int_eq(read(alive[0], &byte, 1), 1);
	must(cgroup_kill_each(base, cgroup_deadline(HANG_MS), &e));
	/* End of file: the last holder of the other end is gone. */
	while (read(alive[0], &byte, 1) > 0)
		;
	must(cgroup_events_read(base, &events, &e));
	ck_assert(!events.frozen);
	must(cgroup_remove(base, HANG_MS, &e));
	cgroup_close(base);
}
END_TEST

START_TEST(a_signal_reaches_every_process)
{
	struct cgroup *base = room_enter(), *deep;
	pid_t pids[200];

	must(cgroup_create(tree, in_room("deep"), NULL, &deep, &e));
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = sleeper_into(i % 2 ? base : deep);
	int before = count_descriptors();
	must(cgroup_signal(base, SIGUSR1, &e));
	ck_assert_int_eq(count_descriptors(), before);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		int status;
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
	}
	must(cgroup_signal(base, SIGUSR1, &e)); /* to nobody */
	(void)sleeper_into(base);
	must_fail(cgroup_signal(base, 1000, &e), ERR_SYSTEM);
	ck_assert_int_eq(e.errnum, EINVAL);
	cgroup_close(deep);
	cgroup_close(base);
}
END_TEST

START_TEST(a_cgroup_with_a_process_is_not_removed_and_says_who)
{
	struct cgroup *base = room_enter();
	pid_t child = sleeper_into(base);
	char want[64];

	must_fail(cgroup_remove(base, 50, &e), ERR_CONFLICT);
	(void)snprintf(want, sizeof want, "process %d (", child);
	ck_assert_ptr_nonnull(strstr(e.text, want));
	ck_assert(exists(room));
	cgroup_close(base);
}
END_TEST

START_TEST(removal_waits_for_those_that_are_dying)
{
	struct cgroup *base = room_enter();
	pid_t child = fork_into(base);

	if (child == 0) {
		usleep(100000);
		_exit(0);
	}
	must(cgroup_remove(base, HANG_MS, &e));
	ck_assert(!exists(room));
	cgroup_close(base);
}
END_TEST

START_TEST(events_wake_a_poll)
{
	struct cgroup *base = room_enter();
	int fd = must(cgroup_events_open(base, "cgroup.events", &e));
	struct pollfd wait = { .fd = fd, .events = POLLPRI };
	bool populated, frozen;

	ck_assert_int_eq(cgroup_events_parse(fd, &populated, &frozen), 0);
	ck_assert(!populated && !frozen);
	pid_t child = sleeper_into(base);
	ck_assert_int_eq(poll(&wait, 1, HANG_MS), 1);
	ck_assert(wait.revents & POLLPRI);
	ck_assert_int_eq(cgroup_events_parse(fd, &populated, &frozen), 0);
	ck_assert(populated);
	kill(child, SIGKILL);
	ck_assert_int_eq(
		cgroup_events_wait(fd, CGROUP_EVENT_POPULATED, false, cgroup_deadline(HANG_MS)), 0);
	ck_assert_int_eq(cgroup_events_wait(fd, CGROUP_EVENT_POPULATED, true, cgroup_deadline(30)),
			 -ETIMEDOUT);
	must_fail(cgroup_events_open(base, "no.events", &e), ERR_NOT_FOUND);
	close(fd);
	cgroup_close(base);
}
END_TEST

START_TEST(delegation_gives_the_directory_and_the_listed_files_only)
{
	struct cgroup *base = room_enter();
	struct stat st;
	static const struct {
		const char *file;
		uid_t owner;
	} want[] = {
		{ ".", 4242 },
		{ "cgroup.procs", 4242 },
		{ "cgroup.threads", 4242 },
		{ "cgroup.subtree_control", 4242 },
		{ "cgroup.freeze", 0 },
		{ "cgroup.kill", 0 },
		{ "cgroup.max.depth", 0 },
	};

	must(cgroup_delegate(base, 4242, 4243, &e));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		ck_assert_int_eq(fstatat(cgroup_fd(base), want[i].file, &st, 0), 0);
		ck_assert_msg(st.st_uid == want[i].owner, "%s belongs to %u", want[i].file,
			      st.st_uid);
		ck_assert_uint_eq(st.st_gid, want[i].owner ? 4243 : 0);
	}
	cgroup_close(base);
}
END_TEST

START_TEST(the_tree_of_a_cgroup_namespace_is_its_own_and_the_hosts_options_stay)
{
	struct cgroup *base = room_enter(), *inner;
	char before[8192], after[8192];
	int status;

	must((int)file_read_small(AT_FDCWD, "/proc/self/mounts", before, sizeof before));
	pid_t child = fork_into(base);
	if (child == 0) {
		/* Not through Check: this process shows what went wrong by its exit status. */
		if (unshare(CLONE_NEWCGROUP) < 0)
			_exit(1);
		int own = cgroup_tree_open(&e);
		if (own < 0)
			_exit(2);
		if (cgroup_create(own, "/inner", NULL, &inner, &e) < 0)
			_exit(3);
		close(own);
		char path[CGROUP_PATH_MAX];
		if (cgroup_enter(inner, 0, &e) < 0 || cgroup_path_of(0, path, &e) < 0)
			_exit(4);
		_exit(strcmp(path, "/inner") == 0 ? 0 : 5);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert(exists(in_room("inner")));
	must((int)file_read_small(AT_FDCWD, "/proc/self/mounts", after, sizeof after));
	ck_assert_str_eq(before, after);
	cgroup_close(base);
}
END_TEST

START_TEST(nothing_keeps_a_descriptor)
{
	struct cgroup *base = room_enter(), *cgroup;
	int before = count_descriptors();

	for (int i = 0; i < 20; i++) {
		must(cgroup_create(tree, in_room("a/b"),
				   &(struct cgroup_options){ .wanted = CGROUP_ALL }, &cgroup, &e));
		pid_t child = sleeper_into(cgroup);
		must(cgroup_freeze(cgroup, HANG_MS, &e));
		must(cgroup_thaw(cgroup, HANG_MS, &e));
		must(cgroup_kill(cgroup, HANG_MS, &e));
		ck_assert_int_eq(waitpid(child, NULL, 0), child);
		must(cgroup_remove(cgroup, HANG_MS, &e));
		cgroup_close(cgroup);
		close(must(cgroup_tree_open(&e)));
	}
	ck_assert_int_eq(count_descriptors(), before);
	cgroup_close(base);
}
END_TEST

UNIT_MAIN("cgroups/cgroup", a_cgroup_is_made_with_its_parents_and_removed_alone,
	  an_existing_cgroup_is_taken_over_unless_exclusive, a_failed_create_leaves_nothing_behind,
	  a_controller_that_is_missing_is_refused_by_name, every_controller_and_manager_has_a_name,
	  a_child_is_born_in_it_or_moved_into_it, a_threaded_parent_is_explained,
	  processes_below_are_listed_too, a_walk_goes_deeper_than_a_path_can,
	  freezing_stops_and_thawing_goes_on,
	  a_process_that_cannot_freeze_ends_the_wait_and_is_named,
	  thawing_below_a_frozen_parent_ends_the_wait,
	  kill_ends_all_of_them_at_any_depth_frozen_or_not, a_fork_bomb_ends_without_cgroup_kill,
	  a_signal_reaches_every_process, a_cgroup_with_a_process_is_not_removed_and_says_who,
	  removal_waits_for_those_that_are_dying, events_wake_a_poll,
	  delegation_gives_the_directory_and_the_listed_files_only,
	  the_tree_of_a_cgroup_namespace_is_its_own_and_the_hosts_options_stay,
	  nothing_keeps_a_descriptor)
