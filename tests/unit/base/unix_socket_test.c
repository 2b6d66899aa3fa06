/* unix_socket_test.c - base/unix_socket.h against sockets of our own. */
#include "base/unix_socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/scope.h"
#include "tests/unit/base/scratch.h"

/* A listener at scratch/NAME, bound from within the directory, so that the full path may be long. */
static int listener_at(const char *directory, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char before[PATH_MAX];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_ptr_nonnull(getcwd(before, sizeof before));
	ck_assert_int_eq(chdir(directory), 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", name);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(chdir(before), 0);
	return fd;
}

START_TEST(a_descriptor_arrives_close_on_exec)
{
	int pair[2], pipes[2];
	char byte;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(unix_socket_send_fd(pair[0], pipes[1], "name"), 0);
	AUTO_FD arrived = unix_socket_receive_fd(pair[1]);
	ck_assert_int_ge(arrived, 0);
	ck_assert_int_eq(fcntl(arrived, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(write(arrived, "x", 1), 1);
	ck_assert_int_eq(read(pipes[0], &byte, 1), 1);
}
END_TEST

START_TEST(a_message_without_a_descriptor_and_the_end_are_told_apart)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(write(pair[0], "text", 4), 4);
	ck_assert_int_eq(unix_socket_receive_fd(pair[1]), -ENOMSG);
	close(pair[0]);
	ck_assert_int_eq(unix_socket_receive_fd(pair[1]), -ECONNRESET);
}
END_TEST

START_TEST(a_receiver_that_is_gone_is_an_error_and_no_signal)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	close(pair[1]);
	ck_assert_int_eq(unix_socket_send_fd(pair[0], 0, "name"), -EPIPE);
}
END_TEST

START_TEST(a_socket_is_reached_by_a_path_of_any_length)
{
	struct scratch scratch = scratch_new();
	char directory[2 * PATH_MAX], path[3 * PATH_MAX];
	AUTO_FD near = listener_at(scratch.path, "s");
	ck_assert_int_ge(near, 0);

	snprintf(path, sizeof path, "%s/s", scratch.path);
	AUTO_FD first = unix_socket_connect(path);
	ck_assert_int_ge(first, 0);

	snprintf(directory, sizeof directory, "%s/%0120d", scratch.path, 0);
	ck_assert_int_eq(mkdir(directory, 0755), 0);
	AUTO_FD far = listener_at(directory, "s");
	ck_assert_int_ge(far, 0);
	snprintf(path, sizeof path, "%s/s", directory);
	ck_assert_int_gt(strlen(path), 108);
	AUTO_FD second = unix_socket_connect(path);
	ck_assert_int_ge(second, 0);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_path_that_leads_nowhere_says_so)
{
	char path[4 * PATH_MAX];

	ck_assert_int_eq(unix_socket_connect("/nowhere/at/all"), -ENOENT);
	snprintf(path, sizeof path, "/%0200d/s", 0);
	ck_assert_int_eq(unix_socket_connect(path), -ENOENT);
	snprintf(path, sizeof path, "/tmp/%0200d", 0);
	ck_assert_int_eq(unix_socket_connect(path), -ENAMETOOLONG);
	memset(path, 'a', sizeof path);
	path[0] = '/';
	path[sizeof path - 3] = '/';
	path[sizeof path - 1] = '\0';
	ck_assert_int_eq(unix_socket_connect(path), -ENAMETOOLONG);
}
END_TEST

UNIT_MAIN("base/unix_socket", a_descriptor_arrives_close_on_exec,
	  a_message_without_a_descriptor_and_the_end_are_told_apart,
	  a_receiver_that_is_gone_is_an_error_and_no_signal,
	  a_socket_is_reached_by_a_path_of_any_length, a_path_that_leads_nowhere_says_so)
