/* sync.c - messages between the parent and init. */
#include "runtime/sync.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

int sync_pair(int out_fds[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out_fds) < 0)
		return err_sys(e, "make the sync socket");
	return 0;
}

/* Only an error carries its text; the others are the first bytes of the struct. */
#define SYNC_SHORT offsetof(struct sync_message, err)

static ssize_t sync_write(int fd, const void *data, size_t size)
{
	ssize_t n;

	do
		n = send(fd, data, size, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n;
}

int sync_send(int fd, enum sync_kind kind, int64_t value, struct err *e)
{
	struct sync_message message;

	memset(&message, 0, SYNC_SHORT);
	message.kind = kind;
	message.value = value;
	if (sync_write(fd, &message, SYNC_SHORT) < 0) {
		if (errno == EPIPE || errno == ECONNRESET)
			err_set(e, ERR_GONE, "the other side of the start died");
		else
			err_sys(e, "tell the other side of the start");
		return err_phase(e, PHASE_SYNC);
	}
	return 0;
}

void sync_send_error(int fd, const struct err *err)
{
	struct sync_message message = { .kind = SYNC_ERROR, .err = *err };

	(void)sync_write(fd, &message, sizeof message); /* nobody is left to tell */
}

int sync_receive(int fd, struct sync_message *out, struct err *e)
{
	ssize_t n;

	do
		n = recv(fd, out, sizeof *out, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == ECONNRESET)
		n = 0; /* it died with a message of ours unread */
	if (n < 0) {
		err_sys(e, "hear from the other side of the start");
		return err_phase(e, PHASE_SYNC);
	}
	if (n == 0) {
		out->kind = SYNC_END;
		out->value = 0;
		return 0;
	}
	if (out->kind <= SYNC_END || out->kind >= SYNC_KIND_COUNT ||
	    (size_t)n != (out->kind == SYNC_ERROR ? sizeof *out : SYNC_SHORT)) {
		err_set(e, ERR_INTERNAL, "malformed message of %zd bytes in the start protocol", n);
		return err_phase(e, PHASE_SYNC);
	}
	if (out->kind == SYNC_ERROR) {
		*e = out->err;
		return -1;
	}
	return 0;
}

int sync_expect(int fd, enum sync_kind kind, int64_t value, struct err *e)
{
	struct sync_message message;

	if (sync_receive(fd, &message, e) < 0)
		return -1;
	if (message.kind == SYNC_END) {
		err_set(e, ERR_GONE, "the container's first process died while it was set up");
		return err_phase(e, PHASE_SYNC);
	}
	if (message.kind != kind || message.value != value) {
		err_set(e, ERR_INTERNAL, "expected message %d/%lld of the start, got %d/%lld", kind,
			(long long)value, message.kind, (long long)message.value);
		return err_phase(e, PHASE_SYNC);
	}
	return 0;
}
