#include "netns/rtnl.h"

#include <linux/if_link.h>
#include <sys/socket.h>

#include "netns/rtnl-priv.h"
#include "tests/unit/netns/rooms.h"

/* Datagrams as a kernel sends them, or would if it were hostile. */
struct datagram {
	union {
		struct nlmsghdr header;
		uint8_t bytes[4096];
	};
	size_t size;
};

static void say(struct datagram *d, uint16_t type, uint16_t flags, uint32_t sequence,
		const void *payload, size_t size)
{
	struct nlmsghdr head = {
		.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + size),
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = sequence,
	};
	ck_assert_uint_le(d->size + NLMSG_ALIGN(head.nlmsg_len), sizeof d->bytes);
	memcpy(d->bytes + d->size, &head, sizeof head);
	if (size > 0)
		memcpy(d->bytes + d->size + sizeof head, payload, size);
	d->size += NLMSG_ALIGN(head.nlmsg_len);
}

static void say_link(struct datagram *d, uint16_t flags, uint32_t sequence, int index,
		     const char *name)
{
	struct rtnl_message m;
	const struct ifinfomsg head = { .ifi_index = index };
	rtnl_message_init(&m, RTM_NEWLINK, 0, &head, sizeof head);
	rtnl_add_string(&m, IFLA_IFNAME, name);
	say(d, RTM_NEWLINK, flags, sequence, m.body, m.header.nlmsg_len - NLMSG_HDRLEN);
}

/* The other end of a socket that a struct rtnl takes for the kernel. */
static int fake_kernel(struct rtnl *rtnl)
{
	int ends[2];
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	*rtnl = (struct rtnl){ .fd = ends[0] };
	return ends[1];
}
static void answer(int kernel, const struct datagram *d)
{
	ck_assert_int_eq((int)send(kernel, d->bytes, d->size, 0), (int)d->size);
}

static int count_visit(void *context, uint16_t type, const void *payload, size_t size)
{
	(void)type;
	(void)payload;
	(void)size;
	(*(int *)context)++;
	return 0;
}

START_TEST(a_message_is_laid_out_as_the_kernel_reads_it)
{
	struct rtnl_message m;
	struct rtnl_attribute table[8], inner[4];
	char text[8];
	uint32_t number;
	const struct ifinfomsg head = { .ifi_index = 7 };

	rtnl_message_init(&m, RTM_NEWLINK, NLM_F_CREATE, &head, sizeof head);
	rtnl_add_string(&m, 3, "eth0");
	rtnl_add_u8(&m, 1, 9);
	size_t nest = rtnl_nest_begin(&m, 5);
	rtnl_add_u32(&m, 2, 0x01020304);
	rtnl_nest_end(&m, nest);
	ck_assert(!m.overflow);
	ck_assert_uint_eq(m.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE);
	ck_assert_uint_eq(m.header.nlmsg_len, 16 + 16 + 12 + 8 + 12);

	ck_assert_int_eq(rtnl_parse_attributes(m.body + 16, m.header.nlmsg_len - 32, table, 7), 0);
	ck_assert(rtnl_attribute_text(&table[3], text, sizeof text));
	ck_assert_str_eq(text, "eth0");
	ck_assert_uint_eq(table[1].size, 1);
	ck_assert_uint_eq(table[1].data[0], 9);
	ck_assert_ptr_null(table[2].data);
	ck_assert_int_eq(rtnl_parse_attributes(table[5].data, table[5].size, inner, 3), 0);
	ck_assert(rtnl_attribute_u32(&inner[2], &number));
	ck_assert_uint_eq(number, 0x01020304);
}
END_TEST

START_TEST(a_message_that_grows_too_long_is_never_sent)
{
	struct rtnl_message m;
	struct rtnl rtnl;
	AUTO_FD kernel = fake_kernel(&rtnl);
	char big[RTNL_BODY_SIZE + 8], byte;
	const struct ifinfomsg head = { 0 };

	memset(big, 'x', sizeof big);
	for (size_t size = RTNL_BODY_SIZE - 64; size <= sizeof big; size++) {
		rtnl_message_init(&m, RTM_NEWLINK, 0, &head, sizeof head);
		size_t nest = rtnl_nest_begin(&m, 1);
		rtnl_add(&m, 3, big, size);
		rtnl_nest_end(&m, nest);
		ck_assert_uint_le(m.header.nlmsg_len, 16 + sizeof m.body);
		ck_assert_int_eq(m.overflow, size + 16 + 4 + 4 > sizeof m.body);
	}
	rtnl_add_u32(&m, 1, 1); /* nothing fits after what did not fit */
	ck_assert(m.overflow);
	must_fail(rtnl_request(&rtnl, &m, &e, "add a long thing"), ERR_SYSTEM);
	ck_assert_int_eq(e.errnum, EMSGSIZE);
	ck_assert_int_eq((int)recv(kernel, &byte, 1, MSG_DONTWAIT), -1);
	rtnl_close(&rtnl);
}
END_TEST

START_TEST(replies_to_others_are_passed_over)
{
	struct datagram d = { .size = 0 };
	struct rtnl_reply reply = { 0 };
	int seen = 0, error = -EEXIST;
	struct nlmsgerr none = { 0 };

	say_link(&d, NLM_F_MULTI, 4, 1, "other");
	say(&d, NLMSG_DONE, NLM_F_MULTI, 4, &error, sizeof error);
	say(&d, NLMSG_NOOP, 0, 5, NULL, 0);
	say_link(&d, NLM_F_MULTI, 5, 2, "ours");
	say(&d, NLMSG_ERROR, 0, 5, &none, sizeof none);
	say_link(&d, NLM_F_MULTI, 5, 3, "after the end");
	ck_assert_int_eq(rtnl_parse(d.bytes, d.size, 5, count_visit, &seen, &reply), 0);
	ck_assert(reply.done);
	ck_assert_int_eq(reply.error, 0);
	ck_assert_int_eq(seen, 1);
}
END_TEST

/* Each kind of verdict with a text, and where the text is. */
START_TEST(errors_carry_the_text_of_the_kernel)
{
	static const struct {
		uint16_t type, flags;
		size_t copied; /* bytes of the request's payload that come back */
	} forms[] = {
		{ NLMSG_ERROR, NLM_F_ACK_TLVS | NLM_F_CAPPED, 0 },
		{ NLMSG_ERROR, NLM_F_ACK_TLVS, 20 },
		{ NLMSG_ERROR, NLM_F_ACK_TLVS, 0 },
		{ NLMSG_DONE, NLM_F_ACK_TLVS | NLM_F_MULTI, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct datagram d = { .size = 0 };
		struct rtnl_reply reply = { 0 };
		uint8_t payload[256] = { 0 };
		const char text[] = "no\x01 such\xff thing";
		struct nlmsgerr head = { .error = -ENODEV };
		struct rtattr attribute = { sizeof attribute + sizeof text, NLMSGERR_ATTR_MSG };
		size_t at =
			forms[i].type == NLMSG_DONE ? sizeof(int) : sizeof head + forms[i].copied;
		/* A capped one tells the length of the whole request all the same. */
		head.msg.nlmsg_len = (uint32_t)(sizeof head.msg + forms[i].copied +
						(forms[i].flags & NLM_F_CAPPED ? 999 : 0));
		memcpy(payload, &head, sizeof head);
		memcpy(payload + at, &attribute, sizeof attribute);
		memcpy(payload + at + sizeof attribute, text, sizeof text);
		say(&d, forms[i].type, forms[i].flags, 1, payload, at + attribute.rta_len);
		ck_assert_int_eq(rtnl_parse(d.bytes, d.size, 1, NULL, NULL, &reply), 0);
		ck_assert(reply.done);
		ck_assert_int_eq(reply.error, -ENODEV);
		ck_assert_str_eq(reply.text, "no? such? thing");
	}
}
END_TEST

START_TEST(a_text_longer_than_its_place_is_cut)
{
	struct datagram d = { .size = 0 };
	struct rtnl_reply reply = { 0 };
	uint8_t payload[1024];
	int error = -EINVAL;
	struct rtattr attribute = { sizeof payload - sizeof error, NLMSGERR_ATTR_MSG };
	memset(payload, 'x', sizeof payload); /* no NUL either */
	memcpy(payload, &error, sizeof error);
	memcpy(payload + sizeof error, &attribute, sizeof attribute);
	say(&d, NLMSG_DONE, NLM_F_ACK_TLVS, 1, payload, sizeof payload);
	ck_assert_int_eq(rtnl_parse(d.bytes, d.size, 1, NULL, NULL, &reply), 0);
	ck_assert_uint_eq(strlen(reply.text), sizeof reply.text - 1);
}
END_TEST

START_TEST(lengths_that_lie_are_refused)
{
	static const uint32_t lengths[] = { 0, 1, 15, 33, 0x7fffffff, 0xffffffff };
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct datagram d = { .size = 0 };
		struct rtnl_reply reply = { 0 };
		const struct ifinfomsg head = { 0 };
		int seen = 0;
		say(&d, RTM_NEWLINK, 0, 1, &head, sizeof head);
		d.header.nlmsg_len = lengths[i];
		ck_assert_int_eq(rtnl_parse(d.bytes, d.size, 1, count_visit, &seen, &reply),
				 -EBADMSG);
		ck_assert_int_eq(seen, 0);
		ck_assert(!reply.done);
	}
	/* An error that is none, and one without room for its error. */
	struct datagram d = { .size = 0 };
	struct rtnl_reply reply = { 0 };
	struct nlmsgerr positive = { .error = 5 };
	say(&d, NLMSG_ERROR, 0, 1, &positive, sizeof positive);
	ck_assert_int_eq(rtnl_parse(d.bytes, d.size, 1, NULL, NULL, &reply), 0);
	ck_assert_int_eq(reply.error, -EBADMSG);
	d.size = 0;
	reply = (struct rtnl_reply){ 0 };
	say(&d, NLMSG_ERROR, 0, 1, &positive, 3);
	ck_assert_int_eq(rtnl_parse(d.bytes, d.size, 1, NULL, NULL, &reply), -EBADMSG);
	/* A copied request longer than the message that holds it. */
	d.size = 0;
	positive.msg.nlmsg_len = 0xfffffff0;
	say(&d, NLMSG_ERROR, NLM_F_ACK_TLVS, 1, &positive, sizeof positive);
	ck_assert_int_eq(rtnl_parse(d.bytes, d.size, 1, NULL, NULL, &reply), -EBADMSG);
}
END_TEST

START_TEST(attributes_that_lie_are_refused)
{
	struct rtnl_attribute table[4];
	static const uint16_t lengths[] = { 0, 3, 9, 0xffff };
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		uint8_t bytes[8] = { 0 };
		memcpy(bytes, &lengths[i], sizeof lengths[i]);
		bytes[2] = 1;
		ck_assert_int_eq(rtnl_parse_attributes(bytes, sizeof bytes, table, 3), -EBADMSG);
	}
	/* Above the table, empty, flagged as nested, and trailing padding are fine. */
	static const uint8_t fine[] = { 4, 0, 200, 0, 5, 0, 2, 0x80, 'x', 0, 0, 0, 0, 0 };
	uint32_t number = 42;
	char text[2] = "-";
	ck_assert_int_eq(rtnl_parse_attributes(fine, sizeof fine, table, 3), 0);
	ck_assert_uint_eq(table[2].size, 1);
	ck_assert(!rtnl_attribute_u32(&table[2], &number));
	ck_assert(!rtnl_attribute_text(&table[2], text, sizeof text)); /* no NUL */
	ck_assert(!rtnl_attribute_text(&table[1], text, sizeof text));
	ck_assert_uint_eq(number, 42);
	ck_assert_str_eq(text, "-");
}
END_TEST

/* What a real kernel says, cut off at every byte: refused or understood, never read past the end
 * (each cut is in a block of its own, so that the address sanitizer sees one byte too many). */
START_TEST(a_real_reply_cut_anywhere_is_survived)
{
	enter_room();
	static const uint16_t requests[] = { RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETNEIGH };
	AUTO_RTNL rtnl = RTNL_CLOSED;
	must(rtnl_open(&rtnl, -1, &e));
	ck_assert_int_eq(link_up_loopback(), 0);
	const struct link_end end = { .name = "b0", .netns_fd = -1, .up = true };
	must(link_create_bridge(&rtnl, &end, &e));
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		static uint8_t reply[65536];
		struct rtnl_message m;
		const uint8_t zeros[16] = { 0 };
		rtnl_message_init(&m, requests[i], NLM_F_DUMP, zeros,
				  requests[i] == RTM_GETLINK   ? sizeof(struct ifinfomsg)
				  : requests[i] == RTM_GETADDR ? 8
							       : 12);
		m.header.nlmsg_seq = 1;
		ck_assert_int_gt((int)send(rtnl.fd, &m, m.header.nlmsg_len, 0), 0);
		ssize_t size = recv(rtnl.fd, reply, sizeof reply, 0);
		ck_assert_int_gt((int)size, 16);
		uint8_t rest[1024];
		while (recv(rtnl.fd, rest, sizeof rest, MSG_DONTWAIT) > 0)
			; /* the end of the dump */
		rtnl_visit_fn *const visits[] = { link_visit, address_visit, route_visit,
						  neighbour_visit };
		for (size_t cut = 0; cut <= (size_t)size; cut++) {
			uint8_t *copy = malloc(cut ? cut : 1);
			memcpy(copy, reply, cut);
			struct rtnl_reply verdict = { 0 };
			struct route_list list = { .list.item_size = 512, .family = AF_INET6 };
			int r = rtnl_parse(copy, cut, 1, visits[i], &list, &verdict);
			ck_assert(r == 0 || r == -EBADMSG);
			if (cut == (size_t)size)
				ck_assert_int_eq(r, 0);
			rtnl_list_done(&list.list);
			free(copy);
		}
	}
}
END_TEST

START_TEST(a_list_that_changed_meanwhile_is_read_again)
{
	struct rtnl rtnl;
	AUTO_FD kernel = fake_kernel(&rtnl);
	struct datagram d = { .size = 0 };
	int none = 0;
	AUTO_FREE struct link_info *links = NULL;
	size_t count = 0;

	say_link(&d, NLM_F_MULTI, 1, 1, "old");
	say_link(&d, NLM_F_MULTI | NLM_F_DUMP_INTR, 1, 2, "torn");
	answer(kernel, &d);
	d.size = 0;
	say(&d, NLMSG_DONE, NLM_F_MULTI, 1, &none, sizeof none);
	answer(kernel, &d);
	d.size = 0;
	say_link(&d, NLM_F_MULTI, 2, 1, "new");
	say(&d, NLMSG_DONE, NLM_F_MULTI, 2, &none, sizeof none);
	answer(kernel, &d);

	must(link_list(&rtnl, &links, &count, &e));
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(links[0].name, "new");
	rtnl_close(&rtnl);
}
END_TEST

START_TEST(a_list_that_never_settles_is_an_error_in_the_end)
{
	struct rtnl rtnl;
	AUTO_FD kernel = fake_kernel(&rtnl);
	struct link_info *links = NULL;
	size_t count = 7;
	int none = 0;
	for (uint32_t i = 1; i <= 17; i++) {
		struct datagram d = { .size = 0 };
		say(&d, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, i, &none, sizeof none);
		answer(kernel, &d);
	}
	must_fail(link_list(&rtnl, &links, &count, &e), ERR_SYSTEM);
	ck_assert_int_eq(e.errnum, EAGAIN);
	ck_assert_ptr_null(links);
	ck_assert_uint_eq(count, 7);
	rtnl_close(&rtnl);
}
END_TEST

START_TEST(no_answer_is_an_error_and_not_a_hang)
{
	struct rtnl rtnl;
	struct link_info link;
	AUTO_FD kernel = fake_kernel(&rtnl);
	must_fail(link_get(&rtnl, "eth0", &link, &e), ERR_SYSTEM);
	ck_assert_int_eq(e.errnum, EAGAIN);
	must_fail(link_set_up(&rtnl, 1, true, &e), ERR_SYSTEM);
	/* An old answer is no answer to a new question. */
	struct datagram d = { .size = 0 };
	struct nlmsgerr ack = { 0 };
	say(&d, NLMSG_ERROR, 0, 1, &ack, sizeof ack);
	answer(kernel, &d);
	must_fail(link_set_up(&rtnl, 1, true, &e), ERR_SYSTEM);
	rtnl_close(&rtnl);
}
END_TEST

START_TEST(broken_objects_are_refused_by_their_readers)
{
	static const uint8_t wide[] = { AF_INET, 33, 0,		0, 1, 0, 0, 0,
					8,	 0,  IFA_LOCAL, 0, 1, 2, 3, 4 };
	static const uint8_t nameless[] = { AF_INET, 24, 0, 0, 1, 0, 0, 0 };
	static const uint8_t short_one[] = { AF_INET, 24, 0 };
	AUTO_RTNL_LIST list = { .item_size = 512 };
	ck_assert_int_eq(address_visit(&list, RTM_NEWADDR, wide, sizeof wide), -EBADMSG);
	ck_assert_int_eq(address_visit(&list, RTM_NEWADDR, nameless, sizeof nameless), -EBADMSG);
	ck_assert_int_eq(address_visit(&list, RTM_NEWADDR, short_one, sizeof short_one), -EBADMSG);
	ck_assert_int_eq(link_visit(&list, RTM_NEWLINK, wide, 15), -EBADMSG);
	ck_assert_int_eq(neighbour_visit(&list, RTM_NEWNEIGH, wide, 11), -EBADMSG);
	struct route_list routes = { .list.item_size = 512, .family = AF_INET };
	uint8_t route[12 + 4 + 8] = { AF_INET, 33 };
	ck_assert_int_eq(route_visit(&routes, RTM_NEWROUTE, route, 12), -EBADMSG);
	/* Next hops shorter than they say. */
	route[1] = 0;
	route[12] = 12;
	route[14] = RTA_MULTIPATH;
	route[16] = 200;
	ck_assert_int_eq(route_visit(&routes, RTM_NEWROUTE, route, sizeof route), -EBADMSG);
	ck_assert_uint_eq(list.count + routes.list.count, 0);
}
END_TEST

UNIT_MAIN("netns/rtnl", a_message_is_laid_out_as_the_kernel_reads_it,
	  a_message_that_grows_too_long_is_never_sent, replies_to_others_are_passed_over,
	  errors_carry_the_text_of_the_kernel, a_text_longer_than_its_place_is_cut,
	  lengths_that_lie_are_refused, attributes_that_lie_are_refused,
	  a_real_reply_cut_anywhere_is_survived, a_list_that_changed_meanwhile_is_read_again,
	  a_list_that_never_settles_is_an_error_in_the_end, no_answer_is_an_error_and_not_a_hang,
	  broken_objects_are_refused_by_their_readers)
