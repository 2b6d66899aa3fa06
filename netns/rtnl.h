/* rtnl.h - rtnetlink(7) without a library: messages built and parsed within bounds, one socket for
 * each network namespace.
 *
 * Ownership : struct rtnl is embedded; rtnl_close (or AUTO_RTNL) closes it. Messages are plain values.
 * Errors    : the kernel's errno with its extended-ack text: "add link v0: File exists".
 * Memory    : none allocated by requests; usable between clone and exec.
 * Trust     : replies are checked as if hostile: lengths, sequence, sender. */
#ifndef KEG_NETNS_RTNL_H
#define KEG_NETNS_RTNL_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct rtnl {
	int fd;		   /* -1 when closed */
	uint32_t sequence; /* of the last request */
};
#define RTNL_CLOSED ((struct rtnl){ .fd = -1 })

/* A socket in the network namespace `netns_fd`, or in the caller's own with -1. The caller does not
 * move; the socket stays in that namespace wherever it is used from. */
int rtnl_open(struct rtnl *out_rtnl, int netns_fd, struct err *e);
void rtnl_close(struct rtnl *rtnl);
#define AUTO_RTNL __attribute__((cleanup(rtnl_close))) struct rtnl

/* A request under construction. What does not fit marks it; rtnl_request then refuses it. */
#define RTNL_BODY_SIZE 2032 /* with the header 2 KiB */
struct rtnl_message {
	struct nlmsghdr header; /* nlmsg_len counts itself and what is in the body so far */
	uint8_t body[RTNL_BODY_SIZE];
	bool overflow;
};
/* `flags` besides NLM_F_REQUEST; `fixed` is the family's header (struct ifinfomsg ...). */
void rtnl_message_init(struct rtnl_message *m, uint16_t type, uint16_t flags, const void *fixed,
		       size_t fixed_size);
void rtnl_add(struct rtnl_message *m, uint16_t type, const void *data, size_t size);
void rtnl_add_u8(struct rtnl_message *m, uint16_t type, uint8_t value);
void rtnl_add_u32(struct rtnl_message *m, uint16_t type, uint32_t value);
void rtnl_add_string(struct rtnl_message *m, uint16_t type, const char *text);
/* Attributes, or a family header, between the two are inside the nest. */
size_t rtnl_nest_begin(struct rtnl_message *m, uint16_t type);
void rtnl_add_raw(struct rtnl_message *m, const void *data, size_t size);
void rtnl_nest_end(struct rtnl_message *m, size_t begin);

/* One message of a reply, without its nlmsghdr. Returns 0, or negative errno to end the walk. */
typedef int rtnl_visit_fn(void *context, uint16_t type, const void *payload, size_t size);

/* Sends, waits for the kernel's acknowledgement. The text of an error is built from `format`. */
int rtnl_request(struct rtnl *rtnl, struct rtnl_message *m, struct err *e, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* One object: `visit` sees the reply (at most one). */
int rtnl_get(struct rtnl *rtnl, struct rtnl_message *m, rtnl_visit_fn *visit, void *context,
	     struct err *e, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* A whole list. The kernel may say that it changed meanwhile (NLM_F_DUMP_INTR): then `restart` is
 * called, which forgets what was seen, and the walk begins again, at most 16 times. */
int rtnl_dump(struct rtnl *rtnl, struct rtnl_message *m, rtnl_visit_fn *visit,
	      void (*restart)(void *context), void *context, struct err *e, const char *format, ...)
	__attribute__((format(printf, 7, 8)));

/* Pure functions over bytes, for the above, tests and the fuzzer. */

/* What a datagram said. */
struct rtnl_reply {
	bool done;	  /* acknowledged, or the end of a dump */
	bool interrupted; /* NLM_F_DUMP_INTR */
	int error;	  /* negative errno of the kernel, 0 */
	char text[256];	  /* extended ack, printable, "" when none */
};
/* Messages of other sequence numbers are skipped; a malformed one is -EBADMSG. */
int rtnl_parse(const void *data, size_t size, uint32_t sequence, rtnl_visit_fn *visit,
	       void *context, struct rtnl_reply *reply);

struct rtnl_attribute {
	const uint8_t *data; /* NULL when absent */
	size_t size;
};
/* Fills table[0..max], the last of each type wins, types above max are skipped; -EBADMSG. */
int rtnl_parse_attributes(const void *data, size_t size, struct rtnl_attribute *table,
			  unsigned max);
bool rtnl_attribute_u32(const struct rtnl_attribute *a, uint32_t *out);
/* Copies a NUL-terminated text that fits; false otherwise, `out` untouched. */
bool rtnl_attribute_text(const struct rtnl_attribute *a, char *out, size_t size);

#endif
