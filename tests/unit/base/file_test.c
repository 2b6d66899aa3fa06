/* Files read under a cap, replaced as a whole, opened below a root, removed without leaving a tree. */
#include "base/file.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/unit/base/scratch.h"

/* -- fsync, watched: this definition comes before the C library's ------------------------------- */

static char synced[8];	 /* 'f' for each file, 'd' for each directory */
static int fail_sync_of; /* one of these letters */

int fsync(int fd)
{
	struct stat st;
	size_t n = strlen(synced);

	ck_assert_int_eq(fstat(fd, &st), 0);
	char what = S_ISDIR(st.st_mode) ? 'd' : 'f';
	ck_assert_uint_lt(n, sizeof(synced) - 1);
	synced[n] = what;
	if (what == fail_sync_of) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

/* A writer that hands over one byte at a time, from another process. */
static int pipe_of(size_t length)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	if (fork() == 0) {
		close(ends[0]);
		for (size_t i = 0; i < length; i++)
			if (write(ends[1], "x", 1) != 1)
				break;
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

/* Nothing may be asserted while it is in force: Check writes to files. */
static void limit_file_size(rlim_t bytes)
{
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ bytes, RLIM_INFINITY });
}

static void enter_mount_namespace(void)
{
	ck_assert_msg(unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0,
		      "this test needs root or user namespaces: %s", strerror(errno));
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

/* -- reading ------------------------------------------------------------------------------------ */

START_TEST(a_file_is_read_whole_and_terminated)
{
	struct scratch s = scratch_new();
	char *data = NULL;
	size_t length = 99;

	scratch_write(&s, "f", "hello");
	ck_assert_int_eq(file_read_at(s.fd, "f", 100, &data, &length), 0);
	ck_assert_str_eq(data, "hello");
	ck_assert_uint_eq(length, 5);
	free(data);
	scratch_write(&s, "empty", "");
	ck_assert_int_eq(file_read_at(s.fd, "empty", 100, &data, NULL), 0);
	ck_assert_str_eq(data, "");
	free(data);
	scratch_done(&s);
}
END_TEST

START_TEST(a_file_of_the_limit_is_read_and_one_byte_more_is_refused)
{
	struct scratch s = scratch_new();
	char *data = (char *)-1;
	size_t length = 99;

	scratch_write(&s, "f", "12345678");
	ck_assert_int_eq(file_read_at(s.fd, "f", 7, &data, &length), -EFBIG);
	ck_assert_int_eq(file_read_at(s.fd, "f", 0, &data, &length), -EFBIG);
	ck_assert_ptr_eq(data, (char *)-1);
	ck_assert_uint_eq(length, 99);
	ck_assert_int_eq(file_read_at(s.fd, "f", 8, &data, &length), 0);
	ck_assert_uint_eq(length, 8);
	free(data);
	ck_assert_int_eq(file_read_at(s.fd, "f", SIZE_MAX, &data, &length), 0);
	ck_assert_uint_eq(length, 8);
	free(data);
	scratch_write(&s, "empty", "");
	ck_assert_int_eq(file_read_at(s.fd, "empty", 0, &data, &length), 0);
	ck_assert_uint_eq(length, 0);
	free(data);
	scratch_done(&s);
}
END_TEST

START_TEST(a_huge_file_is_refused_without_being_held)
{
	struct scratch s = scratch_new();
	char *data;

	scratch_write(&s, "f", "");
	ck_assert_int_eq(truncate(strcat(strcpy((char[PATH_MAX]){ 0 }, s.path), "/f"), 1L << 40),
			 0);
	ck_assert_int_eq(file_read_at(s.fd, "f", 1000, &data, NULL), -EFBIG);
	scratch_done(&s);
}
END_TEST

START_TEST(pipes_are_read_to_their_end_in_short_pieces)
{
	char *data;
	size_t length;
	int fd = pipe_of(20000); /* more than is allocated at first */

	ck_assert_int_eq(file_read_fd(fd, 20000, &data, &length), 0);
	ck_assert_uint_eq(length, 20000);
	ck_assert_uint_eq(strspn(data, "x"), 20000);
	free(data);
	close(fd);
	fd = pipe_of(20001);
	ck_assert_int_eq(file_read_fd(fd, 20000, &data, &length), -EFBIG);
	close(fd);
	wait(NULL);
	wait(NULL);
}
END_TEST

START_TEST(proc_files_which_claim_to_be_empty_are_read)
{
	char *data;
	size_t length;

	ck_assert_int_eq(file_read_at(AT_FDCWD, "/proc/self/status", 1 << 20, &data, &length), 0);
	ck_assert_ptr_nonnull(strstr(data, "\nPid:"));
	ck_assert_uint_eq(length, strlen(data));
	free(data);
	ck_assert_int_eq(file_read_at(AT_FDCWD, "/proc/self/status", 10, &data, &length), -EFBIG);
}
END_TEST

START_TEST(what_cannot_be_read_says_why)
{
	struct scratch s = scratch_new();
	char *data;

	ck_assert_int_eq(file_read_at(s.fd, "none", 10, &data, NULL), -ENOENT);
	ck_assert_int_eq(file_read_at(s.fd, ".", 10, &data, NULL), -EISDIR);
	ck_assert_int_eq(file_read_fd(-1, 10, &data, NULL), -EBADF);
	scratch_done(&s);
}
END_TEST

START_TEST(a_small_read_needs_room_for_the_nul)
{
	struct scratch s = scratch_new();
	char buffer[6] = "zzzzz";

	scratch_write(&s, "f", "12345");
	ck_assert_int_eq(file_read_small(s.fd, "f", buffer, 0), -EINVAL);
	ck_assert_str_eq(buffer, "zzzzz");
	ck_assert_int_eq(file_read_small(s.fd, "f", buffer, 5), -EFBIG);
	ck_assert_int_eq(file_read_small(s.fd, "f", buffer, 6), 5);
	ck_assert_str_eq(buffer, "12345");
	ck_assert_int_eq(file_read_small(s.fd, "none", buffer, 6), -ENOENT);
	ck_assert_int_eq(file_read_small(s.fd, ".", buffer, 6), -EISDIR);
	scratch_done(&s);
}
END_TEST

/* -- writing ------------------------------------------------------------------------------------ */

START_TEST(a_partial_write_is_continued_and_then_says_why_it_stopped)
{
	struct scratch s = scratch_new();
	int fd = openat(s.fd, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	limit_file_size(10);
	int r = file_write_all(fd, "0123456789abcdef", 16);
	limit_file_size(RLIM_INFINITY);
	ck_assert_int_eq(r, -EFBIG);
	ck_assert_str_eq(scratch_read(&s, "f"), "0123456789");
	ck_assert_int_eq(file_write_all(fd, "", 0), 0);
	ck_assert_int_eq(file_write_all(fd, "ab", 2), 0);
	ck_assert_str_eq(scratch_read(&s, "f"), "0123456789ab");
	close(fd);
	scratch_done(&s);
}
END_TEST

START_TEST(one_write_does_not_create_and_refuses_to_write_a_part)
{
	struct scratch s = scratch_new();

	ck_assert_int_eq(file_write_once(s.fd, "f", "x", 1), -ENOENT);
	scratch_write(&s, "f", "");
	ck_assert_int_eq(file_write_once(s.fd, "f", "0123", 4), 0);
	ck_assert_str_eq(scratch_read(&s, "f"), "0123");
	limit_file_size(10);
	int r = file_write_once(s.fd, "f", "0123456789abcdef", 16);
	limit_file_size(RLIM_INFINITY);
	ck_assert_int_eq(r, -EIO);
	ck_assert_int_eq(file_write_once(AT_FDCWD, "/dev/full", "x", 1), -ENOSPC);
	scratch_done(&s);
}
END_TEST

START_TEST(a_file_is_replaced_whole_with_its_exact_mode)
{
	struct scratch s = scratch_new();
	struct stat st;

	umask(077);
	ck_assert_int_eq(file_replace_at(s.fd, "f", 0644, "one", 3, false), 0);
	ck_assert_str_eq(scratch_read(&s, "f"), "one");
	ck_assert_int_eq(fstatat(s.fd, "f", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	ck_assert_int_eq(file_replace_at(s.fd, "f", 0600, "second", 6, false), 0);
	ck_assert_str_eq(scratch_read(&s, "f"), "second");
	ck_assert_int_eq(mkdirat(s.fd, "sub", 0755), 0);
	ck_assert_int_eq(file_replace_at(s.fd, "sub/g", 0600, "", 0, true), 0);
	ck_assert_str_eq(scratch_read(&s, "sub/g"), "");
	char absolute[PATH_MAX + 16];
	snprintf(absolute, sizeof(absolute), "%s/sub/g", s.path);
	ck_assert_int_eq(file_replace_at(-1, absolute, 0600, "abs", 3, false), 0);
	ck_assert_str_eq(scratch_read(&s, "sub/g"), "abs");
	ck_assert_int_eq(scratch_count(&s), 2);
	scratch_done(&s);
}
END_TEST

START_TEST(a_symlink_is_replaced_and_not_followed)
{
	struct scratch s = scratch_new();
	struct stat st;

	scratch_write(&s, "target", "old");
	ck_assert_int_eq(symlinkat("target", s.fd, "link"), 0);
	ck_assert_int_eq(file_replace_at(s.fd, "link", 0600, "new", 3, false), 0);
	ck_assert_str_eq(scratch_read(&s, "target"), "old");
	ck_assert_int_eq(fstatat(s.fd, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert(S_ISREG(st.st_mode));
	scratch_done(&s);
}
END_TEST

START_TEST(a_failed_replace_leaves_the_old_file_and_nothing_else)
{
	struct scratch s = scratch_new();
	int before = open_descriptors();

	scratch_write(&s, "f", "old");
	ck_assert_int_eq(mkdirat(s.fd, "dir", 0755), 0);
	limit_file_size(10);
	int r = file_replace_at(s.fd, "f", 0600, "0123456789abcdef", 16, true);
	limit_file_size(RLIM_INFINITY);
	ck_assert_int_eq(r, -EFBIG);
	ck_assert_int_eq(file_replace_at(s.fd, "dir", 0600, "x", 1, false), -EISDIR);
	ck_assert_int_eq(file_replace_at(s.fd, "none/f", 0600, "x", 1, false), -ENOENT);
	ck_assert_int_eq(file_replace_at(s.fd, "f/f", 0600, "x", 1, false), -ENOTDIR);
	fail_sync_of = 'f';
	ck_assert_int_eq(file_replace_at(s.fd, "f", 0600, "x", 1, true), -EIO);
	ck_assert_str_eq(scratch_read(&s, "f"), "old");
	ck_assert_int_eq(scratch_count(&s), 2);
	ck_assert_int_eq(open_descriptors(), before);
	scratch_done(&s);
}
END_TEST

START_TEST(a_durable_replace_syncs_the_file_and_then_its_directory)
{
	struct scratch s = scratch_new();

	ck_assert_int_eq(file_replace_at(s.fd, "f", 0600, "x", 1, false), 0);
	ck_assert_str_eq(synced, "");
	ck_assert_int_eq(file_replace_at(s.fd, "f", 0600, "y", 1, true), 0);
	ck_assert_str_eq(synced, "fd");
	memset(synced, 0, sizeof(synced));
	fail_sync_of = 'd';
	ck_assert_int_eq(file_replace_at(s.fd, "f", 0600, "z", 1, true), -EIO);
	ck_assert_str_eq(synced, "fd");
	ck_assert_str_eq(scratch_read(&s, "f"), "z");
	/* The directory may be held without the right to read it. */
	int path_only = open(s.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fail_sync_of = 0;
	memset(synced, 0, sizeof(synced));
	ck_assert_int_eq(file_replace_at(path_only, "f", 0600, "p", 1, true), 0);
	ck_assert_str_eq(synced, "fd");
	ck_assert_int_eq(scratch_count(&s), 1);
	close(path_only);
	scratch_done(&s);
}
END_TEST

START_TEST(a_path_that_names_no_entry_is_refused)
{
	static const char *const paths[] = { "", "/", ".", "..", "a/", "a/.", "a/.." };
	struct scratch s = scratch_new();

	ck_assert_int_eq(mkdirat(s.fd, "a", 0755), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		ck_assert_int_eq(file_replace_at(s.fd, paths[i], 0600, "x", 1, false), -EINVAL);
		ck_assert_int_eq(file_remove_tree(s.fd, paths[i]), -EINVAL);
	}
	ck_assert_int_eq(scratch_count(&s), 1);
	scratch_done(&s);
}
END_TEST

START_TEST(the_longest_name_can_be_replaced)
{
	struct scratch s = scratch_new();
	char name[NAME_MAX + 2];

	memset(name, 'n', sizeof(name));
	name[NAME_MAX] = '\0';
	ck_assert_int_eq(file_replace_at(s.fd, name, 0600, "x", 1, false), 0);
	name[NAME_MAX] = 'n';
	name[NAME_MAX + 1] = '\0';
	ck_assert_int_eq(file_replace_at(s.fd, name, 0600, "x", 1, false), -ENAMETOOLONG);
	ck_assert_int_eq(scratch_count(&s), 1);
	scratch_done(&s);
}
END_TEST

START_TEST(a_reader_never_sees_a_part_of_a_file_being_replaced)
{
	enum { SIZE = 50000, ROUNDS = 300 };
	static char text[SIZE];
	struct scratch s = scratch_new();
	int status;

	memset(text, 'a', SIZE);
	ck_assert_int_eq(file_replace_at(s.fd, "f", 0600, text, SIZE, false), 0);
	pid_t writer = fork();
	if (writer == 0) {
		for (int i = 0; i < ROUNDS; i++) {
			memset(text, 'a' + i % 26, SIZE);
			if (file_replace_at(s.fd, "f", 0600, text, SIZE, false) < 0)
				_exit(1);
		}
		_exit(0);
	}
	while (waitpid(writer, &status, WNOHANG) == 0) {
		const char *seen = scratch_read(&s, "f");
		ck_assert_uint_eq(strspn(seen, (char[]){ seen[0], '\0' }), SIZE);
	}
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(scratch_count(&s), 1);
	scratch_done(&s);
}
END_TEST

/* -- opening under a root ----------------------------------------------------------------------- */

START_TEST(a_root_cannot_be_left_by_dots_or_symlinks)
{
	struct scratch s = scratch_new();
	char text[8] = "";

	ck_assert_int_eq(mkdirat(s.fd, "root", 0755), 0);
	ck_assert_int_eq(mkdirat(s.fd, "root/dir", 0755), 0);
	scratch_write(&s, "file", "outside");
	scratch_write(&s, "root/file", "inside");
	ck_assert_int_eq(symlinkat("/file", s.fd, "root/absolute"), 0);
	ck_assert_int_eq(symlinkat("../../../../file", s.fd, "root/dir/relative"), 0);
	ck_assert_int_eq(symlinkat("dir/relative", s.fd, "root/chain"), 0);
	int root = openat(s.fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	static const char *const paths[] = { "file",	       "/file",	      "../file",
					     "dir/../../file", "absolute",    "dir/relative",
					     "chain",	       "/../../chain" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = file_open_in_root(root, paths[i], O_RDONLY, 0);
		ck_assert_msg(fd >= 0, "%s: %s", paths[i], strerror(-fd));
		ck_assert_int_eq(read(fd, text, sizeof(text)), 6);
		ck_assert_int_eq(memcmp(text, "inside", 6), 0);
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		close(fd);
	}
	ck_assert_int_eq(file_open_in_root(root, "/etc/passwd", O_RDONLY, 0), -ENOENT);
	close(root);
	scratch_done(&s);
}
END_TEST

START_TEST(magic_links_are_refused_under_a_root)
{
	int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(file_open_in_root(self, "root", O_PATH, 0), -ELOOP);
	ck_assert_int_eq(file_open_in_root(self, "cwd/x", O_PATH, 0), -ELOOP);
	ck_assert_int_eq(file_open_in_root(self, "exe", O_RDONLY, 0), -ELOOP);
	ck_assert_int_eq(file_open_in_root(self, "fd/0", O_RDONLY, 0), -ELOOP);
	ck_assert_int_eq(file_open_beneath(self, "exe", O_RDONLY, 0), -ELOOP);
	close(self);
}
END_TEST

START_TEST(beneath_refuses_to_leave_and_every_symlink)
{
	struct scratch s = scratch_new();

	ck_assert_int_eq(mkdirat(s.fd, "dir", 0755), 0);
	scratch_write(&s, "file", "");
	scratch_write(&s, "dir/file", "");
	ck_assert_int_eq(symlinkat("file", s.fd, "link"), 0);
	ck_assert_int_eq(symlinkat("dir", s.fd, "dirlink"), 0);
	int dir = openat(s.fd, "dir", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(file_open_beneath(dir, "..", O_PATH, 0), -EXDEV);
	ck_assert_int_eq(file_open_beneath(dir, "../file", O_RDONLY, 0), -EXDEV);
	ck_assert_int_eq(file_open_beneath(dir, "/etc/passwd", O_RDONLY, 0), -EXDEV);
	ck_assert_int_eq(file_open_beneath(s.fd, "link", O_RDONLY, 0), -ELOOP);
	ck_assert_int_eq(file_open_beneath(s.fd, "dirlink/file", O_RDONLY, 0), -ELOOP);
	ck_assert_int_eq(file_open_beneath(s.fd, "none", O_RDONLY, 0), -ENOENT);
	int fd = file_open_beneath(s.fd, "dir/../dir/file", O_RDONLY, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	close(dir);
	scratch_done(&s);
}
END_TEST

START_TEST(a_mode_counts_only_when_a_file_is_made)
{
	struct scratch s = scratch_new();
	struct stat st;

	umask(0);
	int fd = file_open_beneath(s.fd, "f", O_WRONLY | O_CREAT | O_EXCL, 0640);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	close(fd);
	ck_assert_int_eq(file_open_beneath(s.fd, "f", O_WRONLY | O_CREAT | O_EXCL, 0640), -EEXIST);
	fd = file_open_in_root(s.fd, "f", O_RDONLY, 0640); /* openat2 refuses a mode here */
	ck_assert_int_ge(fd, 0);
	close(fd);
	fd = file_open_in_root(s.fd, ".", O_RDWR | O_TMPFILE, 0600);
	ck_assert_msg(fd >= 0 || fd == -EOPNOTSUPP, "%s", strerror(-fd));
	if (fd >= 0)
		close(fd);
	fd = file_open_in_root(s.fd, ".", O_RDONLY | O_DIRECTORY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	scratch_done(&s);
}
END_TEST

/* -- directories -------------------------------------------------------------------------------- */

START_TEST(missing_directories_are_made)
{
	struct scratch s = scratch_new();
	struct stat st;
	char absolute[PATH_MAX + 16];

	umask(0);
	ck_assert_int_eq(file_make_directories(s.fd, "a/b/c", 0750), 0);
	ck_assert_int_eq(fstatat(s.fd, "a/b/c", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode, S_IFDIR | 0750);
	ck_assert_int_eq(file_make_directories(s.fd, "a/b/c", 0750), 0);
	ck_assert_int_eq(file_make_directories(s.fd, "a//d///e/", 0750), 0);
	ck_assert(scratch_has(&s, "a/d/e"));
	ck_assert_int_eq(file_make_directories(s.fd, ".", 0750), 0);
	snprintf(absolute, sizeof(absolute), "%s/x/y", s.path);
	ck_assert_int_eq(file_make_directories(-1, absolute, 0750), 0);
	ck_assert(scratch_has(&s, "x/y"));
	ck_assert_int_eq(file_make_directories(AT_FDCWD, "/", 0750), 0);
	scratch_done(&s);
}
END_TEST

START_TEST(what_is_in_the_way_of_a_directory_is_told)
{
	struct scratch s = scratch_new();
	static char path[PATH_MAX + 10];

	scratch_write(&s, "file", "");
	ck_assert_int_eq(symlinkat("nowhere", s.fd, "dangling"), 0);
	ck_assert_int_eq(symlinkat(".", s.fd, "here"), 0);
	ck_assert_int_eq(file_make_directories(s.fd, "file", 0755), -ENOTDIR);
	ck_assert_int_eq(file_make_directories(s.fd, "file/a", 0755), -ENOTDIR);
	ck_assert_int_eq(file_make_directories(s.fd, "dangling", 0755), -ENOENT);
	ck_assert_int_eq(file_make_directories(s.fd, "here", 0755), 0);
	ck_assert_int_eq(file_make_directories(s.fd, "", 0755), -ENOENT);
	memset(path, 'a', sizeof(path) - 1);
	ck_assert_int_eq(file_make_directories(s.fd, path, 0755), -ENAMETOOLONG);
	ck_assert_int_eq(scratch_count(&s), 3);
	scratch_done(&s);
}
END_TEST

START_TEST(a_tree_is_removed_and_only_it)
{
	struct scratch s = scratch_new();
	char name[64];

	ck_assert_int_eq(file_make_directories(s.fd, "tree/a/b/c", 0755), 0);
	ck_assert_int_eq(file_make_directories(s.fd, "tree/empty", 0755), 0);
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "tree/a/f%d", i);
		scratch_write(&s, name, "x");
	}
	ck_assert_int_eq(mkfifoat(s.fd, "tree/a/fifo", 0600), 0);
	scratch_write(&s, "beside", "x");
	int before = open_descriptors();
	ck_assert_int_eq(file_remove_tree(s.fd, "tree"), 0);
	ck_assert_int_eq(file_remove_tree(s.fd, "tree"), -ENOENT);
	ck_assert_int_eq(scratch_count(&s), 1);
	ck_assert_int_eq(file_remove_tree(s.fd, "beside"), 0);
	ck_assert_int_eq(scratch_count(&s), 0);
	ck_assert_int_eq(file_make_directories(s.fd, "one/two", 0755), 0);
	ck_assert_int_eq(file_remove_tree(s.fd, "one/two"), 0);
	ck_assert(scratch_has(&s, "one"));
	ck_assert_int_eq(open_descriptors(), before);
	scratch_done(&s);
}
END_TEST

START_TEST(symlinks_are_removed_and_what_they_name_stays)
{
	struct scratch s = scratch_new();

	ck_assert_int_eq(file_make_directories(s.fd, "tree/dir", 0755), 0);
	ck_assert_int_eq(file_make_directories(s.fd, "keep/dir", 0755), 0);
	scratch_write(&s, "keep/dir/file", "x");
	ck_assert_int_eq(symlinkat("../keep", s.fd, "tree/relative"), 0);
	ck_assert_int_eq(symlinkat(s.path, s.fd, "tree/dir/absolute"), 0);
	ck_assert_int_eq(symlinkat("keep", s.fd, "toplink"), 0);
	ck_assert_int_eq(file_remove_tree(s.fd, "tree"), 0);
	ck_assert_int_eq(file_remove_tree(s.fd, "toplink/dir"), -ELOOP);
	ck_assert_int_eq(file_remove_tree(s.fd, "toplink"), 0);
	ck_assert(scratch_has(&s, "keep/dir/file"));
	ck_assert_int_eq(scratch_count(&s), 1);
	scratch_done(&s);
}
END_TEST

START_TEST(a_removal_cannot_leave_its_directory)
{
	struct scratch s = scratch_new();
	char absolute[PATH_MAX + 16];

	ck_assert_int_eq(mkdirat(s.fd, "dir", 0755), 0);
	ck_assert_int_eq(mkdirat(s.fd, "other", 0755), 0);
	int dir = openat(s.fd, "dir", O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(absolute, sizeof(absolute), "%s/other", s.path);
	ck_assert_int_eq(file_remove_tree(dir, "../other"), -EXDEV);
	ck_assert_int_eq(file_remove_tree(dir, absolute), -EXDEV);
	ck_assert(scratch_has(&s, "other"));
	close(dir);
	scratch_done(&s);
}
END_TEST

START_TEST(a_mount_point_stays_with_what_is_mounted_there_and_the_rest_goes)
{
	enter_mount_namespace(); /* first: descriptors from before it lead to the old one */
	struct scratch s = scratch_new();

	ck_assert_int_eq(file_make_directories(s.fd, "tree/a/mount", 0755), 0);
	ck_assert_int_eq(file_make_directories(s.fd, "tree/z/sub", 0755), 0);
	ck_assert_int_eq(file_make_directories(s.fd, "keep", 0755), 0);
	scratch_write(&s, "keep/file", "x");
	scratch_write(&s, "tree/a/filemount", "");
	scratch_write(&s, "tree/a/gone", "");
	ck_assert_int_eq(fchdir(s.fd), 0);
	/* Of the same file system, so that only the mount tells them apart. */
	ck_assert_int_eq(mount("keep", "tree/a/mount", NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(mount("keep/file", "tree/a/filemount", NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(file_remove_tree(s.fd, "tree"), -EBUSY);
	ck_assert(scratch_has(&s, "keep/file"));
	ck_assert(scratch_has(&s, "tree/a/mount/file"));
	ck_assert(scratch_has(&s, "tree/a/filemount"));
	ck_assert(!scratch_has(&s, "tree/a/gone"));
	ck_assert(!scratch_has(&s, "tree/z"));
	ck_assert_int_eq(file_remove_tree(s.fd, "tree/a/mount"), -EBUSY);
	ck_assert(scratch_has(&s, "keep/file"));
	ck_assert_int_eq(umount2("tree/a/mount", MNT_DETACH), 0);
	ck_assert_int_eq(umount2("tree/a/filemount", MNT_DETACH), 0);
	ck_assert_int_eq(file_remove_tree(s.fd, "tree"), 0);
	ck_assert_int_eq(scratch_count(&s), 1);
	ck_assert_int_eq(chdir("/"), 0);
	scratch_done(&s);
}
END_TEST

START_TEST(a_tree_deeper_than_there_are_descriptors_is_removed)
{
	struct scratch s = scratch_new();
	int at = dup(s.fd);

	for (int i = 0; i < 3000; i++) {
		ck_assert_int_eq(mkdirat(at, "deep", 0755), 0);
		ck_assert_int_eq(mkdirat(at, "side", 0755), 0);
		ck_assert_int_eq(symlinkat("/", at, "link"), 0);
		int next = openat(at, "deep", O_PATH | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ge(next, 0);
		close(at);
		at = next;
	}
	close(at);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 200, 1024 }), 0);
	int before = open_descriptors();
	ck_assert_int_eq(file_remove_tree(s.fd, "deep"), 0);
	ck_assert_int_eq(open_descriptors(), before);
	ck_assert_int_eq(scratch_count(&s), 2);
	scratch_done(&s);
}
END_TEST

UNIT_MAIN("base/file", a_file_is_read_whole_and_terminated,
	  a_file_of_the_limit_is_read_and_one_byte_more_is_refused,
	  a_huge_file_is_refused_without_being_held, pipes_are_read_to_their_end_in_short_pieces,
	  proc_files_which_claim_to_be_empty_are_read, what_cannot_be_read_says_why,
	  a_small_read_needs_room_for_the_nul,
	  a_partial_write_is_continued_and_then_says_why_it_stopped,
	  one_write_does_not_create_and_refuses_to_write_a_part,
	  a_file_is_replaced_whole_with_its_exact_mode, a_symlink_is_replaced_and_not_followed,
	  a_failed_replace_leaves_the_old_file_and_nothing_else,
	  a_durable_replace_syncs_the_file_and_then_its_directory,
	  a_path_that_names_no_entry_is_refused, the_longest_name_can_be_replaced,
	  a_reader_never_sees_a_part_of_a_file_being_replaced,
	  a_root_cannot_be_left_by_dots_or_symlinks, magic_links_are_refused_under_a_root,
	  beneath_refuses_to_leave_and_every_symlink, a_mode_counts_only_when_a_file_is_made,
	  missing_directories_are_made, what_is_in_the_way_of_a_directory_is_told,
	  a_tree_is_removed_and_only_it, symlinks_are_removed_and_what_they_name_stays,
	  a_removal_cannot_leave_its_directory,
	  a_mount_point_stays_with_what_is_mounted_there_and_the_rest_goes,
	  a_tree_deeper_than_there_are_descriptors_is_removed)
