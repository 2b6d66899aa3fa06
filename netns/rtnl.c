/* rtnl.c - a request goes out in one datagram, its answers come back in one or more.
 *
 * rtnetlink handles a request inside send(2), and makes each next part of a dump inside recv(2). So an
 * answer is there when it is asked for: receiving never waits, and EAGAIN means that none comes. */
#include "netns/rtnl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"
#include "netns/ns.h"
#include "netns/rtnl-priv.h"

/* The kernel fills at most this much of a dump at once: netlink_dump(), af_netlink.c. */
#define RECEIVE_SIZE ((size_t)32 * 1024)
#define MOST_RESTARTS 16
#define MOST_ITEMS ((size_t)1 << 20)

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

static int open_here(void *context, struct err *e)
{
	struct rtnl *rtnl = context;
	int on = 1;
	AUTO_FD fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return err_sys(e, "open a netlink socket");
	/* Each is a refinement that an older kernel may lack: texts in errors (4.12), errors without
	 * a copy of the request (4.3), dumps filtered by the kernel (4.20). */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
	*rtnl = (struct rtnl){ .fd = take_fd(&fd) };
	return 0;
}

int rtnl_open(struct rtnl *out_rtnl, int netns_fd, struct err *e)
{
	if (netns_fd < 0)
		return open_here(out_rtnl, e);
	enum ns_kind kind;
	if (ns_fd_kind(netns_fd, &kind) < 0 || kind != NS_NETWORK)
		return err_set(e, ERR_INVALID,
			       "open a netlink socket in what is no network namespace");
	/* A child, not setns and back: who may enter a namespace may still lack the right to return,
	 * as root of a user namespace does in a network namespace it was only born in. */
	if (ns_run(&netns_fd, 1, open_here, out_rtnl, e) < 0)
		return err_wrap(e, "open a netlink socket in another network namespace");
	return 0;
}

void rtnl_close(struct rtnl *rtnl)
{
	scope_close(&rtnl->fd);
	rtnl->fd = -1;
}

void rtnl_message_init(struct rtnl_message *m, uint16_t type, uint16_t flags, const void *fixed,
		       size_t fixed_size)
{
	m->overflow = false;
	m->header = (struct nlmsghdr){
		.nlmsg_len = NLMSG_HDRLEN,
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
	};
	rtnl_add_raw(m, fixed, fixed_size);
}

static size_t body_length(const struct rtnl_message *m)
{
	return m->header.nlmsg_len - NLMSG_HDRLEN;
}

/* Room for `size` bytes, with zeroed padding, at the end of the message; NULL when there is none. */
static uint8_t *grow(struct rtnl_message *m, size_t size)
{
	uint8_t *at = m->body + body_length(m);
	size_t room = sizeof m->body - body_length(m);

	if (m->overflow || size > room || NLMSG_ALIGN(size) > room) {
		m->overflow = true;
		return NULL;
	}
	memset(at, 0, NLMSG_ALIGN(size));
	m->header.nlmsg_len += (uint32_t)NLMSG_ALIGN(size);
	return at;
}

void rtnl_add_raw(struct rtnl_message *m, const void *data, size_t size)
{
	uint8_t *at = grow(m, size);

	if (at && size > 0)
		memcpy(at, data, size);
}

void rtnl_add(struct rtnl_message *m, uint16_t type, const void *data, size_t size)
{
	if (size > sizeof m->body) {
		m->overflow = true;
		return;
	}
	struct rtattr head = { .rta_len = (uint16_t)(sizeof head + size), .rta_type = type };
	uint8_t *at = grow(m, sizeof head + size);

	if (!at)
		return;
	memcpy(at, &head, sizeof head);
	if (size > 0)
		memcpy(at + sizeof head, data, size);
}

void rtnl_add_u8(struct rtnl_message *m, uint16_t type, uint8_t value)
{
	rtnl_add(m, type, &value, sizeof value);
}

void rtnl_add_u32(struct rtnl_message *m, uint16_t type, uint32_t value)
{
	rtnl_add(m, type, &value, sizeof value);
}

void rtnl_add_string(struct rtnl_message *m, uint16_t type, const char *text)
{
	rtnl_add(m, type, text, strlen(text) + 1);
}

size_t rtnl_nest_begin(struct rtnl_message *m, uint16_t type)
{
	size_t begin = body_length(m);

	rtnl_add(m, type, NULL, 0);
	return begin;
}

void rtnl_nest_end(struct rtnl_message *m, size_t begin)
{
	if (m->overflow)
		return;
	uint16_t size = (uint16_t)(body_length(m) - begin);
	memcpy(m->body + begin + offsetof(struct rtattr, rta_len), &size, sizeof size);
}

int rtnl_parse_attributes(const void *data, size_t size, struct rtnl_attribute *table, unsigned max)
{
	const uint8_t *at = data;

	memset(table, 0, (max + 1) * sizeof *table);
	/* Less than a header at the end is padding, as the kernel's own parser has it. */
	while (size >= sizeof(struct rtattr)) {
		struct rtattr head;
		memcpy(&head, at, sizeof head);
		if (head.rta_len < sizeof head || head.rta_len > size)
			return -EBADMSG;
		unsigned type = head.rta_type & NLA_TYPE_MASK;
		if (type <= max)
			table[type] = (struct rtnl_attribute){
				.data = at + sizeof head,
				.size = head.rta_len - sizeof head,
			};
		size_t step = RTA_ALIGN(head.rta_len);
		if (step > size)
			step = size;
		at += step;
		size -= step;
	}
	return 0;
}

bool rtnl_attribute_u32(const struct rtnl_attribute *a, uint32_t *out)
{
	if (!a->data || a->size != sizeof *out)
		return false;
	memcpy(out, a->data, sizeof *out);
	return true;
}

bool rtnl_attribute_text(const struct rtnl_attribute *a, char *out, size_t size)
{
	const uint8_t *end = a->data ? memchr(a->data, 0, a->size) : NULL;

	if (!end || (size_t)(end - a->data) >= size)
		return false;
	memcpy(out, a->data, (size_t)(end - a->data) + 1);
	return true;
}

/* NLMSG_ERROR: error, the request's header, the request itself unless capped, attributes if so
 * flagged. NLMSG_DONE: error, then at once the attributes. */
static int parse_verdict(const struct nlmsghdr *head, const uint8_t *payload, size_t size,
			 struct rtnl_reply *reply)
{
	int32_t error;
	size_t at = sizeof error;
	bool is_done = head->nlmsg_type == NLMSG_DONE;

	if (is_done && size < sizeof error) { /* kernels without an error in it */
		reply->done = true;
		return 0;
	}
	if (size < sizeof error)
		return -EBADMSG;
	memcpy(&error, payload, sizeof error);
	if (error > 0)
		error = is_done ? 0 : -EBADMSG; /* a dump ends with its length */
	if (!is_done && (head->nlmsg_flags & NLM_F_ACK_TLVS)) {
		struct nlmsghdr request;
		at = sizeof(struct nlmsgerr);
		if (size < at)
			return -EBADMSG;
		memcpy(&request, payload + sizeof error, sizeof request);
		if (!(head->nlmsg_flags & NLM_F_CAPPED)) {
			if (request.nlmsg_len < sizeof request ||
			    request.nlmsg_len - sizeof request > size - at)
				return -EBADMSG;
			at += NLMSG_ALIGN(request.nlmsg_len - sizeof request);
		}
	}
	if ((head->nlmsg_flags & NLM_F_ACK_TLVS) && at < size) {
		struct rtnl_attribute table[NLMSGERR_ATTR_MSG + 1];
		if (rtnl_parse_attributes(payload + at, size - at, table, NLMSGERR_ATTR_MSG) < 0)
			return -EBADMSG;
		const struct rtnl_attribute *text = &table[NLMSGERR_ATTR_MSG];
		size_t length = 0;
		for (size_t i = 0; i < text->size && text->data[i]; i++)
			if (length + 1 < sizeof reply->text)
				reply->text[length++] = text->data[i] < 0x20 || text->data[i] > 0x7e
								? '?'
								: (char)text->data[i];
		reply->text[length] = '\0';
	}
	reply->error = error;
	reply->done = true;
	return 0;
}

int rtnl_parse(const void *data, size_t size, uint32_t sequence, rtnl_visit_fn *visit,
	       void *context, struct rtnl_reply *reply)
{
	const uint8_t *at = data;

	while (size > 0 && !reply->done) {
		struct nlmsghdr head;
		if (size < sizeof head)
			return -EBADMSG;
		memcpy(&head, at, sizeof head);
		if (head.nlmsg_len < sizeof head || head.nlmsg_len > size)
			return -EBADMSG;
		if (head.nlmsg_seq == sequence) {
			const uint8_t *payload = at + sizeof head;
			size_t payload_size = head.nlmsg_len - sizeof head;
			int r = 0;
			if (head.nlmsg_flags & NLM_F_DUMP_INTR)
				reply->interrupted = true;
			if (head.nlmsg_type == NLMSG_ERROR || head.nlmsg_type == NLMSG_DONE)
				r = parse_verdict(&head, payload, payload_size, reply);
			else if (head.nlmsg_type == NLMSG_OVERRUN)
				r = -ENOBUFS;
			else if (head.nlmsg_type >= NLMSG_MIN_TYPE && visit)
				r = visit(context, head.nlmsg_type, payload, payload_size);
			if (r < 0)
				return r;
		}
		size_t step = NLMSG_ALIGN(head.nlmsg_len);
		if (step > size)
			step = size;
		at += step;
		size -= step;
	}
	return 0;
}

static int send_request(struct rtnl *rtnl, struct rtnl_message *m)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t sent;

	if (m->overflow)
		return -EMSGSIZE;
	m->header.nlmsg_seq = ++rtnl->sequence;
	do
		sent = sendto(rtnl->fd, m, m->header.nlmsg_len, 0, (const struct sockaddr *)&kernel,
			      sizeof kernel);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* The next datagram that the kernel itself sent: its length. */
static ssize_t receive(struct rtnl *rtnl, void *buffer, size_t size)
{
	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_size = sizeof from;
		ssize_t length = recvfrom(rtnl->fd, buffer, size, MSG_DONTWAIT | MSG_TRUNC,
					  (struct sockaddr *)&from, &from_size);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		if (from.nl_pid != 0)
			continue;
		return (size_t)length > size ? -EMSGSIZE : length;
	}
}

struct answer {
	rtnl_visit_fn *visit;
	void *context;
	unsigned seen;
	int failed; /* the visitor's first error: the rest of a dump is read, but not shown */
};

static int show(void *context, uint16_t type, const void *payload, size_t size)
{
	struct answer *answer = context;

	answer->seen++;
	if (answer->failed == 0 && answer->visit)
		answer->failed = answer->visit(answer->context, type, payload, size);
	return 0;
}

/* `one`: the first object is the whole answer. */
static int converse(struct rtnl *rtnl, struct rtnl_message *m, bool one, rtnl_visit_fn *visit,
		    void *context, struct rtnl_reply *reply)
{
	uint8_t buffer[RECEIVE_SIZE];
	struct answer answer = { .visit = visit, .context = context };
	int r = send_request(rtnl, m);

	while (r == 0 && !reply->done && !(one && answer.seen > 0)) {
		ssize_t length = receive(rtnl, buffer, sizeof buffer);
		r = length < 0 ? (int)length
			       : rtnl_parse(buffer, (size_t)length, rtnl->sequence, show, &answer,
					    reply);
	}
	if (r < 0)
		return r;
	return reply->error ? reply->error : answer.failed;
}

/* What callers ask for by code: on netlink these mean that an object is not there. */
static enum err_code code_of(int errnum, enum err_code otherwise)
{
	return errnum == ENODEV || errnum == ESRCH || errnum == EADDRNOTAVAIL || errnum == ENXIO
		       ? ERR_NOT_FOUND
		       : otherwise;
}

static int report(struct err *e, int error, const struct rtnl_reply *reply, const char *format,
		  va_list args) __attribute__((format(printf, 4, 0)));

static int report(struct err *e, int error, const struct rtnl_reply *reply, const char *format,
		  va_list args)
{
	char what[512];

	(void)vsnprintf(what, sizeof what, format, args); /* longer: cut */
	if (reply->text[0])
		err_errno(e, error, "%s: %s", what, reply->text);
	else
		err_errno(e, error, "%s", what);
	e->code = code_of(e->errnum, e->code);
	return -1;
}

int rtnl_request(struct rtnl *rtnl, struct rtnl_message *m, struct err *e, const char *format, ...)
{
	struct rtnl_reply reply = { 0 };

	m->header.nlmsg_flags |= NLM_F_ACK;
	int r = converse(rtnl, m, false, NULL, NULL, &reply);
	if (r < 0) {
		va_list args;
		va_start(args, format);
		report(e, r, &reply, format, args);
		va_end(args);
		return -1;
	}
	return 0;
}

int rtnl_get(struct rtnl *rtnl, struct rtnl_message *m, rtnl_visit_fn *visit, void *context,
	     struct err *e, const char *format, ...)
{
	struct rtnl_reply reply = { 0 };
	int r = converse(rtnl, m, true, visit, context, &reply);

	if (r < 0) {
		va_list args;
		va_start(args, format);
		report(e, r, &reply, format, args);
		va_end(args);
		return -1;
	}
	return 0;
}

int rtnl_dump(struct rtnl *rtnl, struct rtnl_message *m, rtnl_visit_fn *visit,
	      void (*restart)(void *context), void *context, struct err *e, const char *format, ...)
{
	struct rtnl_reply reply;
	int r = 0;

	m->header.nlmsg_flags |= NLM_F_DUMP;
	for (int turn = 0; turn <= MOST_RESTARTS; turn++) {
		if (turn > 0)
			restart(context);
		reply = (struct rtnl_reply){ 0 };
		r = converse(rtnl, m, false, visit, context, &reply);
		if (r == 0 && reply.interrupted)
			r = -EAGAIN;
		if (r != -EAGAIN || !reply.interrupted)
			break;
	}
	if (r < 0) {
		va_list args;
		va_start(args, format);
		report(e, r, &reply, format, args);
		va_end(args);
		return -1;
	}
	return 0;
}

void *rtnl_list_add(struct rtnl_list *list)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 16;
		if (capacity > MOST_ITEMS)
			return NULL;
		void *items = reallocarray(list->items, capacity, list->item_size);
		if (!items)
			return NULL;
		list->items = items;
		list->capacity = capacity;
	}
	uint8_t *item = (uint8_t *)list->items + list->count++ * list->item_size;
	memset(item, 0, list->item_size);
	return item;
}

void rtnl_list_restart(void *context)
{
	struct rtnl_list *list = context;
	list->count = 0;
}

void rtnl_list_done(struct rtnl_list *list)
{
	scope_free(&list->items);
}

bool rtnl_attribute_ip(const struct rtnl_attribute *a, int family, struct ip_address *out)
{
	struct ip_address address = { .family = (uint8_t)family };

	if (!a->data || ip_size(&address) == 0 || a->size != ip_size(&address))
		return false;
	memcpy(address.bytes, a->data, a->size);
	*out = address;
	return true;
}

void rtnl_add_ip(struct rtnl_message *m, uint16_t type, const struct ip_address *address)
{
	rtnl_add(m, type, address->bytes, ip_size(address));
}
