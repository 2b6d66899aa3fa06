/* Values that clean up after themselves: once, quietly, and not when they were taken. */
#include "base/scope.h"

#include "tests/unit/base/scratch.h"

static int is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

START_TEST(descriptors_and_streams_close_at_the_end_of_their_scope)
{
	int fd_number, file_number, dir_number;
	{
		AUTO_FD fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		AUTO_FILE *file = fopen("/dev/null", "re");
		AUTO_DIR *dir = opendir("/");
		ck_assert(fd >= 0 && file && dir);
		fd_number = fd;
		file_number = fileno(file);
		dir_number = dirfd(dir);
		ck_assert(is_open(fd_number) && is_open(file_number) && is_open(dir_number));
	}
	ck_assert(!is_open(fd_number));
	ck_assert(!is_open(file_number));
	ck_assert(!is_open(dir_number));
}
END_TEST

START_TEST(empty_values_are_left_alone_and_errno_is_kept)
{
	int before = open_descriptors();

	errno = 4242;
	{
		AUTO_FD none = -1;
		AUTO_FREE char *null = NULL;
		AUTO_FILE *file = NULL;
		AUTO_DIR *dir = NULL;
		ck_assert(none == -1 && !null && !file && !dir);
		errno = 4242;
	}
	ck_assert_int_eq(errno, 4242);
	{
		AUTO_FD closed = dup(0);
		close(closed); /* so that closing it again fails */
		AUTO_FREE char *memory = malloc(1 << 22);
		ck_assert_ptr_nonnull(memory);
		errno = 4242;
	}
	ck_assert_int_eq(errno, 4242);
	ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

START_TEST(what_was_taken_outlives_the_scope)
{
	int kept;
	char *text;
	{
		AUTO_FD fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		AUTO_FREE char *memory = strdup("text");
		kept = take_fd(&fd);
		text = take_ptr(&memory);
		ck_assert_int_eq(fd, -1);
		ck_assert_ptr_null(memory);
	}
	ck_assert(is_open(kept));
	ck_assert_str_eq(text, "text");
	close(kept);
	free(text);
}
END_TEST

UNIT_MAIN("base/scope", descriptors_and_streams_close_at_the_end_of_their_scope,
	  empty_values_are_left_alone_and_errno_is_kept, what_was_taken_outlives_the_scope)
