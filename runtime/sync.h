/* sync.h - what the parent and a container's first process tell each other.
 *
 * One SOCK_SEQPACKET pair; each message is one struct, an error travels whole. End-of-file means the
 * other side is gone (or has executed its program: the socket is close-on-exec).
 *
 * Errors : struct err of phase PHASE_SYNC when the socket itself fails.
 * Never  : allocates. */
#ifndef KEG_RUNTIME_SYNC_H
#define KEG_RUNTIME_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum sync_kind {
	SYNC_END = 0, /* end-of-file; never sent */
	SYNC_REACHED, /* init stands at a barrier */
	SYNC_GO,      /* the parent lets it go on */
	SYNC_ERROR,
	SYNC_PID, /* from the process that entered namespaces: init's pid */
	SYNC_KIND_COUNT,
};

struct sync_message {
	enum sync_kind kind;
	int64_t value;	/* REACHED, GO: the row of the plan; PID: the pid */
	struct err err; /* ERROR */
};

int sync_pair(int out_fds[2], struct err *e); /* close-on-exec */
int sync_send(int fd, enum sync_kind kind, int64_t value, struct err *e);
/* Best effort: the other side may be gone. */
void sync_send_error(int fd, const struct err *err);
/* Waits for one message. An ERROR is returned as -1 with *e = the sender's error; SYNC_END is a kind. */
int sync_receive(int fd, struct sync_message *out, struct err *e);
/* Waits for `kind` with `value`; anything else, END included, is an error. */
int sync_expect(int fd, enum sync_kind kind, int64_t value, struct err *e);

#endif
