#include "netns/link.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/str.h"
#include "netns/address.h"
#include "netns/ns.h"
#include "netns/route.h"
#include "tests/unit/netns/rooms.h"

static const uint8_t mac_a[LINK_MAC_SIZE] = { 2, 0, 0, 0, 0, 0xa };
static const uint8_t mac_b[LINK_MAC_SIZE] = { 2, 0, 0, 0, 0, 0xb };

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;
	ck_assert_msg(ip_prefix_parse(text, &p) == 0, "%s", text);
	return p;
}
static struct ip_address ip(const char *text)
{
	return prefix(text).address;
}

/* A namespace beside the test's own, with a socket in it. */
struct room {
	int netns;
	struct rtnl rtnl;
};
static struct room room_open(void)
{
	struct room room = { .netns = must(ns_create(NS_NETWORK, -1, &e)) };
	must(rtnl_open(&room.rtnl, room.netns, &e));
	return room;
}
static void room_close(struct room *room)
{
	rtnl_close(&room->rtnl);
	scope_close(&room->netns);
}
#define AUTO_ROOM __attribute__((cleanup(room_close))) struct room

static struct link_info link_of(struct rtnl *rtnl, const char *name)
{
	struct link_info link;
	must(link_get(rtnl, name, &link, &e));
	return link;
}

static size_t links_in(struct rtnl *rtnl)
{
	AUTO_FREE struct link_info *links = NULL;
	size_t count = 0;
	must(link_list(rtnl, &links, &count, &e));
	return count;
}

static int loopback_up(void *context, struct err *error)
{
	*(int *)context = link_up_loopback();
	return *(int *)context < 0 ? err_errno(error, *(int *)context, "set lo up") : 0;
}

START_TEST(loopback_comes_up_in_the_own_namespace)
{
	enter_room();
	AUTO_RTNL rtnl = RTNL_CLOSED;
	must(rtnl_open(&rtnl, -1, &e));
	int before = count_descriptors();
	ck_assert(!(link_of(&rtnl, "lo").flags & IFF_UP));
	ck_assert_int_eq(link_up_loopback(), 0);
	ck_assert_int_eq(link_up_loopback(), 0);
	ck_assert_int_eq(count_descriptors(), before);
	struct link_info lo = link_of(&rtnl, "lo");
	ck_assert(lo.flags & IFF_UP);
	ck_assert(lo.flags & IFF_LOOPBACK);
	ck_assert_uint_eq(lo.index, 1);

	AUTO_FREE struct address *addresses = NULL;
	size_t count = 0;
	must(address_list(&rtnl, lo.index, &addresses, &count, &e));
	ck_assert_uint_eq(count, 2);
	struct ip_prefix four = prefix("127.0.0.1/8"), six = prefix("::1/128");
	ck_assert(ip_equal(&addresses[0].prefix.address, &four.address));
	ck_assert_uint_eq(addresses[0].prefix.length, 8);
	ck_assert_uint_eq(addresses[0].scope, RT_SCOPE_HOST);
	ck_assert(ip_equal(&addresses[1].prefix.address, &six.address));
	ck_assert(addresses[1].flags & IFA_F_PERMANENT);
}
END_TEST

START_TEST(loopback_without_the_right_is_refused)
{
	enter_room();
	ck_assert_int_eq(setgid(65534), 0);
	ck_assert_int_eq(setuid(65534), 0);
	ck_assert_int_eq(link_up_loopback(), -EPERM);
}
END_TEST

START_TEST(a_socket_stays_in_the_namespace_it_was_opened_in)
{
	enter_room();
	AUTO_RTNL here = RTNL_CLOSED;
	must(rtnl_open(&here, -1, &e));
	AUTO_ROOM there = room_open();
	const struct link_end end = { .name = "only-there", .netns_fd = -1 };
	must(link_create_bridge(&there.rtnl, &end, &e));
	ck_assert_uint_eq(links_in(&here), 1);
	ck_assert_uint_eq(links_in(&there.rtnl), 2);
	int result = -1;
	must(ns_run_here(there.netns, loopback_up, &result, &e));
	ck_assert(link_of(&there.rtnl, "lo").flags & IFF_UP);
	ck_assert(!(link_of(&here, "lo").flags & IFF_UP));

	AUTO_RTNL none = RTNL_CLOSED;
	AUTO_FD uts = must(ns_open_self(NS_UTS, &e));
	AUTO_FD null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	must_fail(rtnl_open(&none, null, &e), ERR_INVALID);
	must_fail(rtnl_open(&none, uts, &e), ERR_INVALID);
	ck_assert_int_eq(none.fd, -1);
}
END_TEST

START_TEST(names_are_checked_before_the_kernel_is_asked)
{
	static const char *const good[] = { "a",   "eth0.100", "123456789012345",
					    "...", "-",	       "\xc3\xbc" };
	static const char *const bad[] = { "",	  ".",	   "..",  "1234567890123456",
					   "a/b", "a:b",   "a b", "a\t",
					   "%d",  "eth%d", "\n",  "\xa0" };
	enter_room();
	AUTO_RTNL rtnl = RTNL_CLOSED;
	must(rtnl_open(&rtnl, -1, &e));
	ck_assert(!link_name_valid(NULL));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct link_end end = { .name = bad[i], .netns_fd = -1 };
		struct link_info link;
		ck_assert_msg(!link_name_valid(bad[i]), "\"%s\"", bad[i]);
		must_fail(link_create_bridge(&rtnl, &end, &e), ERR_INVALID);
		must_fail(link_get(&rtnl, bad[i], &link, &e), ERR_INVALID);
		must_fail(link_set_name(&rtnl, 1, bad[i], &e), ERR_INVALID);
	}
	/* The kernel agrees with each. */
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const struct link_end end = { .name = good[i], .netns_fd = -1 };
		ck_assert_msg(link_name_valid(good[i]), "\"%s\"", good[i]);
		must(link_create_bridge(&rtnl, &end, &e));
		ck_assert_str_eq(link_of(&rtnl, good[i]).name, good[i]);
	}
}
END_TEST

START_TEST(a_veth_is_made_with_its_peer_in_another_namespace)
{
	enter_room();
	AUTO_RTNL here = RTNL_CLOSED;
	must(rtnl_open(&here, -1, &e));
	AUTO_ROOM there = room_open();
	/* Both names as long as they get. */
	const struct link_end end = {
		.name = "host-side-of-it", .netns_fd = -1, .mtu = 1400, .mac = mac_a, .up = true
	};
	const struct link_end peer = {
		.name = "the-pod-side-it", .netns_fd = there.netns, .mtu = 1300, .mac = mac_b
	};
	must(link_create_veth(&here, &end, &peer, 0, &e));

	struct link_info a = link_of(&here, end.name), b = link_of(&there.rtnl, peer.name);
	ck_assert_str_eq(a.kind, "veth");
	ck_assert_uint_eq(a.mtu, 1400);
	ck_assert_uint_eq(b.mtu, 1300);
	ck_assert(a.has_mac && memcmp(a.mac, mac_a, sizeof mac_a) == 0);
	ck_assert(b.has_mac && memcmp(b.mac, mac_b, sizeof mac_b) == 0);
	ck_assert_uint_eq(a.peer, b.index);
	ck_assert_uint_eq(b.peer, a.index);
	ck_assert(a.peer_elsewhere && b.peer_elsewhere);
	ck_assert(a.flags & IFF_UP);
	ck_assert(!(b.flags & IFF_UP));
	must(link_set_up(&there.rtnl, b.index, true, &e));
	ck_assert(link_of(&there.rtnl, peer.name).flags & IFF_RUNNING);
	ck_assert_uint_eq(links_in(&here), 2);

	must_fail(link_create_veth(&here, &end, &peer, 0, &e), ERR_EXISTS);
	ck_assert_str_eq(e.object, end.name);
	/* The peer's name is taken: nothing of the new one stays. */
	const struct link_end second = { .name = "second", .netns_fd = -1 };
	must_fail(link_create_veth(&here, &second, &peer, 0, &e), ERR_EXISTS);
	ck_assert_uint_eq(links_in(&here), 2);

	const struct link_end up = { .name = "third", .netns_fd = there.netns, .up = true };
	must_fail(link_create_veth(&here, &second, &up, 0, &e), ERR_INVALID);

	/* One end takes the other with it. */
	must(link_delete(&here, a.index, &e));
	ck_assert_uint_eq(links_in(&here), 1);
	ck_assert_uint_eq(links_in(&there.rtnl), 1);
}
END_TEST

START_TEST(links_are_changed_one_thing_at_a_time)
{
	enter_room();
	AUTO_RTNL rtnl = RTNL_CLOSED;
	must(rtnl_open(&rtnl, -1, &e));
	const struct link_end bridge_end = { .name = "bridge0", .netns_fd = -1, .mtu = 1400 };
	const struct link_end end = { .name = "v0", .netns_fd = -1 },
			      peer = { .name = "v1", .netns_fd = -1 };
	must(link_create_bridge(&rtnl, &bridge_end, &e));
	struct link_info bridge = link_of(&rtnl, "bridge0");
	ck_assert_str_eq(bridge.kind, "bridge");
	ck_assert_uint_eq(bridge.mtu, 1400);

	must(link_create_veth(&rtnl, &end, &peer, bridge.index, &e));
	struct link_info link = link_of(&rtnl, "v0");
	ck_assert_uint_eq(link.master, bridge.index);
	must(link_set_master(&rtnl, link.index, 0, &e));
	ck_assert_uint_eq(link_of(&rtnl, "v0").master, 0);
	must(link_set_master(&rtnl, link.index, bridge.index, &e));
	ck_assert_uint_eq(link_of(&rtnl, "v0").master, bridge.index);

	must(link_set_mtu(&rtnl, link.index, 9000, &e));
	must(link_set_mac(&rtnl, link.index, mac_b, &e));
	must(link_set_name(&rtnl, link.index, "renamed", &e));
	must(link_set_up(&rtnl, link.index, true, &e));
	struct link_info after;
	must(link_get_index(&rtnl, link.index, &after, &e));
	ck_assert_str_eq(after.name, "renamed");
	ck_assert_uint_eq(after.mtu, 9000);
	ck_assert_mem_eq(after.mac, mac_b, sizeof mac_b);
	ck_assert(after.flags & IFF_UP);
	must(link_set_up(&rtnl, link.index, false, &e));
	ck_assert(!(link_of(&rtnl, "renamed").flags & IFF_UP));
}
END_TEST

START_TEST(errors_say_what_and_why)
{
	enter_room();
	AUTO_RTNL rtnl = RTNL_CLOSED;
	struct link_info link;
	must(rtnl_open(&rtnl, -1, &e));
	must_fail(link_get(&rtnl, "nobody", &link, &e), ERR_NOT_FOUND);
	ck_assert_str_eq(e.text, "look up link nobody: No such device");
	must_fail(link_get_index(&rtnl, 4711, &link, &e), ERR_NOT_FOUND);
	must_fail(link_set_up(&rtnl, 4711, true, &e), ERR_NOT_FOUND);
	must_fail(link_delete(&rtnl, 4711, &e), ERR_NOT_FOUND);
	must_fail(link_set_name(&rtnl, 4711, "x", &e), ERR_NOT_FOUND);
	must_fail(link_move(&rtnl, 4711, -1, NULL, &e), ERR_SYSTEM);
	/* The kernel's own words are in there: of lo, which has limits. */
	must_fail(link_set_mtu(&rtnl, 1, 0xffffffff, &e), ERR_SYSTEM);
	ck_assert_msg(strstr(e.text, "set the MTU of link 1 to 4294967295: ") &&
			      strstr(e.text, "mtu") && strstr(e.text, ": Invalid argument"),
		      "%s", e.text);
}
END_TEST

START_TEST(a_dummy_is_made_or_refused_with_the_reason)
{
	enter_room();
	AUTO_RTNL rtnl = RTNL_CLOSED;
	must(rtnl_open(&rtnl, -1, &e));
	const struct link_end end = { .name = "d0", .netns_fd = -1, .mtu = 1234, .mac = mac_a };
	if (link_create_dummy(&rtnl, &end, &e) == 0) {
		struct link_info link = link_of(&rtnl, "d0");
		ck_assert_str_eq(link.kind, "dummy");
		ck_assert_uint_eq(link.mtu, 1234);
	} else {
		/* A kernel without the driver: some have none. */
		ck_assert_int_eq((int)e.code, ERR_UNSUPPORTED);
		ck_assert_str_eq(
			e.text,
			"create dummy link d0: Unknown device type: Operation not supported");
		ck_assert_uint_eq(links_in(&rtnl), 1);
	}
}
END_TEST

START_TEST(a_long_list_arrives_whole)
{
	enter_room();
	AUTO_RTNL rtnl = RTNL_CLOSED;
	AUTO_FREE struct link_info *links = NULL;
	size_t count = 0;
	must(rtnl_open(&rtnl, -1, &e));
	for (int i = 0; i < 60; i++) { /* more than one datagram */
		AUTO_FREE char *name = str_format("a%d", i), *other = str_format("b%d", i);
		const struct link_end end = { .name = name, .netns_fd = -1 },
				      peer = { .name = other, .netns_fd = -1 };
		must(link_create_veth(&rtnl, &end, &peer, 0, &e));
	}
	must(link_list(&rtnl, &links, &count, &e));
	ck_assert_uint_eq(count, 121);
	for (size_t i = 0; i < count; i++) {
		struct link_info one;
		must(link_get_index(&rtnl, links[i].index, &one, &e));
		ck_assert_mem_eq(&one, &links[i], sizeof one);
	}
}
END_TEST

START_TEST(a_moved_link_is_renamed_on_the_way)
{
	enter_room();
	AUTO_RTNL here = RTNL_CLOSED;
	must(rtnl_open(&here, -1, &e));
	AUTO_ROOM there = room_open();
	const struct link_end end = { .name = "v0", .netns_fd = -1 },
			      peer = { .name = "v1", .netns_fd = -1 };
	must(link_create_veth(&here, &end, &peer, 0, &e));
	must(link_move(&here, link_of(&here, "v0").index, there.netns, "eth0", &e));
	must(link_move(&here, link_of(&here, "v1").index, there.netns, NULL, &e));
	ck_assert_uint_eq(links_in(&here), 1);
	ck_assert_uint_eq(link_of(&there.rtnl, "eth0").peer, link_of(&there.rtnl, "v1").index);
	ck_assert(!link_of(&there.rtnl, "eth0").peer_elsewhere);
}
END_TEST

START_TEST(addresses_of_both_families_are_added_listed_and_deleted)
{
	enter_room();
	AUTO_RTNL rtnl = RTNL_CLOSED;
	must(rtnl_open(&rtnl, -1, &e));
	const struct link_end end = { .name = "b0", .netns_fd = -1, .up = true };
	must(link_create_bridge(&rtnl, &end, &e));
	unsigned link = link_of(&rtnl, "b0").index;
	struct address wanted[] = {
		{ .link = link,
		  .prefix = prefix("10.1.2.3/24"),
		  .flags = IFA_F_NOPREFIXROUTE,
		  .broadcast = ip("10.1.2.255") },
		{ .link = link, .prefix = prefix("10.9.9.9/32"), .peer = ip("10.9.9.10") },
		{ .link = link, .prefix = prefix("169.254.7.7/32"), .scope = RT_SCOPE_LINK },
		{ .link = link,
		  .prefix = prefix("fd00::2/64"),
		  .flags = IFA_F_NODAD | IFA_F_NOPREFIXROUTE },
		{ .link = link,
		  .prefix = prefix("fd00:1::2/128"),
		  .peer = ip("fd00:1::3"),
		  .flags = IFA_F_NODAD },
	};
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		must(address_add(&rtnl, &wanted[i], &e));
		must_fail(address_add(&rtnl, &wanted[i], &e), ERR_EXISTS);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		AUTO_FREE struct address *have = NULL;
		size_t count = 0, found = 0;
		char text[IP_TEXT_SIZE];
		ip_prefix_format(&wanted[i].prefix, text);
		must(address_list(&rtnl, link, &have, &count, &e));
		for (size_t j = 0; j < count; j++) {
			if (!ip_equal(&have[j].prefix.address, &wanted[i].prefix.address))
				continue;
			found++;
			ck_assert_uint_eq(have[j].link, link);
			ck_assert_uint_eq(have[j].prefix.length, wanted[i].prefix.length);
			ck_assert_uint_eq(have[j].scope, wanted[i].scope);
			ck_assert_msg(ip_equal(&have[j].peer, &wanted[i].peer), "peer of %s", text);
			ck_assert_msg(ip_equal(&have[j].broadcast, &wanted[i].broadcast),
				      "broadcast of %s", text);
			ck_assert_msg((have[j].flags & ~(uint32_t)IFA_F_PERMANENT) ==
					      wanted[i].flags,
				      "%s: flags %x", text, have[j].flags);
			ck_assert(have[j].flags & IFA_F_PERMANENT);
		}
		ck_assert_msg(found == 1, "%s: found %zu", text, found);
		must(address_delete(&rtnl, &wanted[i], &e));
		must_fail(address_delete(&rtnl, &wanted[i], &e), ERR_NOT_FOUND);
		ck_assert_str_eq(e.object, text);
	}
	/* IFA_F_NOPREFIXROUTE was honoured, or there would be a route to forget. */
	struct address bad = { .link = link };
	must_fail(address_add(&rtnl, &bad, &e), ERR_INVALID);
	bad = (struct address){ .link = 4711, .prefix = prefix("10.0.0.1/8") };
	must_fail(address_add(&rtnl, &bad, &e), ERR_NOT_FOUND);
}
END_TEST

static bool same_route(const struct route *a, const struct route *b)
{
	return ip_equal(&a->destination.address, &b->destination.address) &&
	       a->destination.length == b->destination.length && ip_equal(&a->via, &b->via) &&
	       ip_equal(&a->source, &b->source) && a->link == b->link && a->onlink == b->onlink;
}

START_TEST(routes_of_both_families_are_added_listed_and_deleted)
{
	enter_room();
	AUTO_RTNL rtnl = RTNL_CLOSED;
	must(rtnl_open(&rtnl, -1, &e));
	const struct link_end end = { .name = "b0", .netns_fd = -1, .up = true };
	const struct address addresses[] = {
		{ .prefix = prefix("10.1.2.3/32") },
		{ .prefix = prefix("fd00::3/128"), .flags = IFA_F_NODAD },
	};
	must(link_create_bridge(&rtnl, &end, &e));
	unsigned link = link_of(&rtnl, "b0").index;
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct address address = addresses[i];
		address.link = link;
		must(address_add(&rtnl, &address, &e));
	}
	const struct route routes[] = {
		{ .destination = prefix("10.7.0.0/16"), .link = link, .scope = RT_SCOPE_LINK },
		{ .destination = prefix("0.0.0.0/0"),
		  .via = ip("169.254.1.1"),
		  .link = link,
		  .onlink = true },
		{ .destination = prefix("10.8.0.0/16"), .via = ip("10.7.0.1"), .link = link },
		{ .destination = prefix("10.9.0.0/16"),
		  .link = link,
		  .source = ip("10.1.2.3"),
		  .metric = 77,
		  .scope = RT_SCOPE_LINK },
		{ .destination = prefix("10.10.0.0/16"),
		  .via = ip("fe80::1"),
		  .link = link,
		  .onlink = true },
		{ .destination = prefix("10.11.0.0/16"),
		  .link = link,
		  .table = 4711,
		  .scope = RT_SCOPE_LINK },
		{ .destination = prefix("fd07::/64"), .link = link },
		{ .destination = prefix("::/0"),
		  .via = ip("fe80::1"),
		  .link = link,
		  .onlink = true },
		{ .destination = prefix("fd08::/64"), .via = ip("fd07::1"), .link = link },
		{ .destination = prefix("fd09::/64"), .link = link, .table = 4711, .metric = 5 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		must(route_add(&rtnl, &routes[i], &e));
		must_fail(route_add(&rtnl, &routes[i], &e), ERR_EXISTS);
		must(route_replace(&rtnl, &routes[i], &e));
	}
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		AUTO_FREE struct route *have = NULL;
		size_t count = 0, found = 0;
		must(route_list(&rtnl, routes[i].destination.address.family, routes[i].table, &have,
				&count, &e));
		for (size_t j = 0; j < count; j++) {
			ck_assert_uint_eq(have[j].table, routes[i].table ? routes[i].table : 254);
			if (!same_route(&have[j], &routes[i]))
				continue;
			found++;
			ck_assert_uint_eq(have[j].protocol, RTPROT_STATIC);
			ck_assert_uint_eq(have[j].type, RTN_UNICAST);
			if (routes[i].metric)
				ck_assert_uint_eq(have[j].metric, routes[i].metric);
			ck_assert_uint_eq(have[j].scope, routes[i].scope);
		}
		ck_assert_msg(found == 1, "route %zu: found %zu", i, found);
	}
	for (size_t i = ARRAY_SIZE(routes); i-- > 0;) {
		must(route_delete(&rtnl, &routes[i], &e));
		must_fail(route_delete(&rtnl, &routes[i], &e), ERR_NOT_FOUND);
	}
	/* No way to the gateway: the kernel says so. */
	const struct route lost = { .destination = prefix("10.8.0.0/16"),
				    .via = ip("192.0.2.1"),
				    .link = link };
	must_fail(route_add(&rtnl, &lost, &e), ERR_SYSTEM);
	ck_assert_msg(strstr(e.text, "gateway"), "%s", e.text);
	const struct route nothing = { .link = link };
	must_fail(route_add(&rtnl, &nothing, &e), ERR_INVALID);
}
END_TEST

START_TEST(neighbours_are_written_down_listed_and_deleted)
{
	enter_room();
	AUTO_RTNL rtnl = RTNL_CLOSED;
	must(rtnl_open(&rtnl, -1, &e));
	const struct link_end end = { .name = "b0", .netns_fd = -1, .up = true };
	must(link_create_bridge(&rtnl, &end, &e));
	unsigned link = link_of(&rtnl, "b0").index;
	static const char *const addresses[] = { "169.254.1.1", "fe80::1" };
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct neighbour wanted = { .link = link, .address = ip(addresses[i]) };
		AUTO_FREE struct neighbour *have = NULL;
		size_t count = 0, found = 0;
		memcpy(wanted.mac, mac_a, sizeof mac_a);
		must(neighbour_set(&rtnl, &wanted, &e));
		memcpy(wanted.mac, mac_b, sizeof mac_b);
		must(neighbour_set(&rtnl, &wanted, &e));
		must(neighbour_list(&rtnl, link, &have, &count, &e));
		for (size_t j = 0; j < count; j++) {
			if (!ip_equal(&have[j].address, &wanted.address))
				continue;
			found++;
			ck_assert_mem_eq(have[j].mac, mac_b, sizeof mac_b);
			ck_assert_uint_eq(have[j].state, NUD_PERMANENT);
			ck_assert_uint_eq(have[j].link, link);
		}
		ck_assert_uint_eq(found, 1);
		must(neighbour_delete(&rtnl, &wanted, &e));
		must_fail(neighbour_delete(&rtnl, &wanted, &e), ERR_NOT_FOUND);
	}
	const struct neighbour nobody = { .link = link };
	must_fail(neighbour_set(&rtnl, &nobody, &e), ERR_INVALID);
}
END_TEST

/* A UDP socket of a family, bound to any port, opened wherever it is called. */
struct talker {
	int family, fd;
};
static int talk(void *context, struct err *error)
{
	struct talker *t = context;
	struct sockaddr_in6 any = { .sin6_family = (sa_family_t)t->family };
	t->fd = socket(t->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (t->fd < 0 || bind(t->fd, (struct sockaddr *)&any,
			      t->family == AF_INET ? sizeof(struct sockaddr_in) : sizeof any) < 0)
		return err_sys(error, "open a socket");
	return 0;
}

static void send_to(int fd, const struct ip_address *to, uint16_t port, const char *text)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = port };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = port };
	memcpy(&six.sin6_addr, to->bytes, 16);
	memcpy(&four.sin_addr, to->bytes, 4);
	ssize_t sent = to->family == AF_INET6
			       ? sendto(fd, text, 4, 0, (struct sockaddr *)&six, sizeof six)
			       : sendto(fd, text, 4, 0, (struct sockaddr *)&four, sizeof four);
	ck_assert_msg(sent == 4, "sendto: %s", strerror(errno));
}

/* Again until it arrives: the kernel opens the queue of a link that just came up when it gets to it, and drops
 * what comes before. */
static void exchange(int from_fd, const struct ip_address *to, uint16_t port, const char *text,
		     int to_fd, struct sockaddr_in6 *from)
{
	char heard[8] = { 0 };
	socklen_t size = sizeof *from;
	struct pollfd p = { .fd = to_fd, .events = POLLIN };
	int arrived = 0;

	for (int tries = 0; arrived == 0 && tries < 300; tries++) {
		send_to(from_fd, to, port, text);
		arrived = poll(&p, 1, 100);
	}
	ck_assert_msg(arrived == 1, "nothing arrived: %s", text);
	ck_assert_int_eq(
		(int)recvfrom(to_fd, heard, sizeof heard, 0, (struct sockaddr *)from, &size), 4);
	ck_assert_str_eq(heard, text);
}

/* The pod network in small: /32 and /128, the way out by a link-local next hop with a permanent
 * neighbour entry, and a host route to the pod. No bridge, no ARP. */
START_TEST(a_routed_pod_talks_to_its_host_over_both_families)
{
	enter_room();
	AUTO_RTNL host = RTNL_CLOSED;
	must(rtnl_open(&host, -1, &e));
	AUTO_ROOM pod = room_open();
	const struct link_end end = { .name = "veth0", .netns_fd = -1, .mac = mac_a, .up = true };
	const struct link_end peer = { .name = "eth0", .netns_fd = pod.netns, .mac = mac_b };
	must(link_create_veth(&host, &end, &peer, 0, &e));
	unsigned out = link_of(&host, "veth0").index, in = link_of(&pod.rtnl, "eth0").index;
	must(link_set_up(&pod.rtnl, in, true, &e));
	static const struct {
		int family;
		const char *pod, *host, *gateway, *all;
	} sides[] = {
		{ AF_INET, "10.99.0.2/32", "10.99.0.1/32", "169.254.1.1", "0.0.0.0/0" },
		{ AF_INET6, "fd99::2/128", "fd99::1/128", "fe80::1", "::/0" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
		const struct address pod_address = { .link = in,
						     .prefix = prefix(sides[i].pod),
						     .flags = IFA_F_NODAD };
		const struct address host_address = { .link = out,
						      .prefix = prefix(sides[i].host),
						      .flags = IFA_F_NODAD };
		const struct route to_pod = { .destination = prefix(sides[i].pod),
					      .link = out,
					      .scope = RT_SCOPE_LINK };
		const struct route way_out = { .destination = prefix(sides[i].all),
					       .via = ip(sides[i].gateway),
					       .link = in,
					       .onlink = true };
		struct neighbour gateway = { .link = in, .address = way_out.via };
		struct neighbour pod_itself = { .link = out,
						.address = pod_address.prefix.address };
		memcpy(gateway.mac, mac_a, sizeof mac_a);
		memcpy(pod_itself.mac, mac_b, sizeof mac_b);
		must(address_add(&pod.rtnl, &pod_address, &e));
		must(address_add(&host, &host_address, &e));
		must(route_add(&host, &to_pod, &e));
		must(route_add(&pod.rtnl, &way_out, &e));
		must(neighbour_set(&pod.rtnl, &gateway, &e));
		must(neighbour_set(&host, &pod_itself, &e));

		struct talker a = { .family = sides[i].family }, b = a;
		struct sockaddr_in6 name = { 0 }, from = { 0 };
		socklen_t size = sizeof name;
		must(talk(&a, &e));
		must(ns_run(&pod.netns, 1, talk, &b, &e));
		ck_assert_int_eq(getsockname(b.fd, (struct sockaddr *)&name, &size), 0);
		exchange(a.fd, &pod_address.prefix.address, name.sin6_port, "ping", b.fd, &from);
		exchange(b.fd, &host_address.prefix.address, from.sin6_port, "pong", a.fd, &from);
		scope_close(&a.fd);
		scope_close(&b.fd);
	}
}
END_TEST

START_TEST(a_dropped_namespace_takes_everything_with_it)
{
	enter_room();
	AUTO_RTNL host = RTNL_CLOSED;
	must(rtnl_open(&host, -1, &e));
	int before = count_descriptors();
	for (int i = 0; i < 3; i++) {
		AUTO_ROOM pod = room_open();
		const struct link_end end = { .name = "veth0", .netns_fd = -1 };
		const struct link_end peer = { .name = "eth0", .netns_fd = pod.netns };
		must(link_create_veth(&host, &end, &peer, 0, &e));
		room_close(&pod);
		pod.netns = pod.rtnl.fd = -1;
		/* The kernel cleans up in its own time. */
		for (int turn = 0; links_in(&host) > 1 && turn < 3000; turn++)
			usleep(10000);
		ck_assert_uint_eq(links_in(&host), 1);
	}
	ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

/* A host with a device `dev0` that has every sort of address, and its other end out of the way. */
static void make_device(struct rtnl *host, struct room *elsewhere)
{
	const struct link_end end = {
		.name = "dev0", .netns_fd = -1, .mtu = 1350, .mac = mac_a, .up = true
	};
	const struct link_end peer = { .name = "far", .netns_fd = elsewhere->netns };
	must(link_create_veth(host, &end, &peer, 0, &e));
	const struct address addresses[] = {
		{ .prefix = prefix("10.5.0.7/24"), .broadcast = ip("10.5.0.255") },
		{ .prefix = prefix("10.5.0.8/24") }, /* secondary */
		{ .prefix = prefix("169.254.3.3/16"), .scope = RT_SCOPE_LINK },
		{ .prefix = prefix("fd05::7/64"), .flags = IFA_F_NODAD },
	};
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct address address = addresses[i];
		address.link = link_of(host, "dev0").index;
		must(address_add(host, &address, &e));
	}
}

static unsigned count_global(struct rtnl *rtnl, unsigned link)
{
	static const char *const kept[] = { "10.5.0.7/24", "10.5.0.8/24", "fd05::7/64" };
	AUTO_FREE struct address *have = NULL;
	size_t count = 0;
	unsigned found = 0;
	must(address_list(rtnl, link, &have, &count, &e));
	for (size_t i = 0; i < count; i++) {
		char text[IP_TEXT_SIZE];
		if (have[i].scope != RT_SCOPE_UNIVERSE)
			continue;
		ip_prefix_format(&have[i].prefix, text);
		ck_assert_msg(found < ARRAY_SIZE(kept) && strcmp(text, kept[found]) == 0,
			      "address %u is %s", found, text);
		found++;
	}
	return found;
}

START_TEST(a_given_device_arrives_renamed_up_and_with_its_addresses)
{
	enter_room();
	AUTO_RTNL host = RTNL_CLOSED;
	must(rtnl_open(&host, -1, &e));
	AUTO_ROOM container = room_open();
	AUTO_ROOM elsewhere = room_open();
	make_device(&host, &elsewhere);
	int before = count_descriptors();
	must(link_give(&host, "dev0", container.netns, "eth0", &e));
	ck_assert_int_eq(count_descriptors(), before);

	ck_assert_uint_eq(links_in(&host), 1);
	struct link_info eth0 = link_of(&container.rtnl, "eth0");
	ck_assert(eth0.flags & IFF_UP);
	ck_assert_uint_eq(eth0.mtu, 1350);
	ck_assert_mem_eq(eth0.mac, mac_a, sizeof mac_a);
	ck_assert_uint_eq(count_global(&container.rtnl, eth0.index), 3);
	AUTO_FREE struct address *have = NULL;
	size_t count = 0;
	must(address_list(&container.rtnl, eth0.index, &have, &count, &e));
	for (size_t i = 0; i < count; i++) {
		struct ip_address local = ip("169.254.3.3"), first = ip("10.5.0.7"),
				  broadcast = ip("10.5.0.255");
		ck_assert(!ip_equal(&have[i].prefix.address, &local));
		if (ip_equal(&have[i].prefix.address, &first))
			ck_assert(ip_equal(&have[i].broadcast, &broadcast));
	}
}
END_TEST

START_TEST(a_device_is_not_given_where_it_cannot_go)
{
	enter_room();
	AUTO_RTNL host = RTNL_CLOSED;
	must(rtnl_open(&host, -1, &e));
	AUTO_ROOM container = room_open();
	AUTO_ROOM elsewhere = room_open();
	make_device(&host, &elsewhere);
	const struct link_end taken = { .name = "eth0", .netns_fd = -1 };
	const struct link_end stuck = { .name = "stuck0", .netns_fd = -1 };
	must(link_create_bridge(&container.rtnl, &taken, &e));
	must(link_create_bridge(&host, &stuck, &e));

	must_fail(link_give(&host, "dev0", container.netns, "eth0", &e), ERR_EXISTS);
	must_fail(link_give(&host, "nobody", container.netns, NULL, &e), ERR_NOT_FOUND);
	must_fail(link_give(&host, "lo", container.netns, "lo1", &e), ERR_INVALID);
	must_fail(link_give(&host, "dev0", container.netns, "a/b", &e), ERR_INVALID);
	/* A bridge belongs to its namespace for good. */
	must_fail(link_give(&host, "stuck0", container.netns, NULL, &e), ERR_SYSTEM);
	ck_assert_msg(strstr(e.text, "interface netns is"), "%s", e.text);

	struct link_info dev0 = link_of(&host, "dev0");
	ck_assert(dev0.flags & IFF_UP);
	ck_assert_uint_eq(count_global(&host, dev0.index), 3);
	ck_assert_uint_eq(links_in(&container.rtnl), 2);
	/* The old name taken over there does not matter when there is a new one. */
	must(link_set_name(&container.rtnl, link_of(&container.rtnl, "eth0").index, "dev0", &e));
	must(link_give(&host, "dev0", container.netns, "eth1", &e));
	struct link_info eth1 = link_of(&container.rtnl, "eth1");
	ck_assert_uint_eq(count_global(&container.rtnl, eth1.index), 3);
}
END_TEST

static int forbid_ipv6(void *context, struct err *error)
{
	(void)context;
	int r = file_write_once(AT_FDCWD, "/proc/sys/net/ipv6/conf/default/disable_ipv6", "1", 1);
	return r < 0 ? err_errno(error, r, "switch IPv6 off") : 0;
}

START_TEST(a_device_that_cannot_be_dressed_there_comes_back_as_it_was)
{
	enter_room();
	AUTO_RTNL host = RTNL_CLOSED;
	must(rtnl_open(&host, -1, &e));
	AUTO_ROOM container = room_open();
	AUTO_ROOM elsewhere = room_open();
	make_device(&host, &elsewhere);
	/* Its IPv6 address is refused where IPv6 is off for new devices. */
	must(ns_run(&container.netns, 1, forbid_ipv6, NULL, &e));
	must_fail(link_give(&host, "dev0", container.netns, "eth0", &e), ERR_DENIED);
	ck_assert_msg(str_starts(e.text, "give away network device dev0: add address fd05::7/64"),
		      "%s", e.text);
	ck_assert_uint_eq(links_in(&container.rtnl), 1);
	struct link_info dev0 = link_of(&host, "dev0");
	ck_assert(dev0.flags & IFF_UP);
	ck_assert_uint_eq(dev0.mtu, 1350);
	ck_assert_uint_eq(count_global(&host, dev0.index), 3);
}
END_TEST

UNIT_MAIN("netns/link", loopback_comes_up_in_the_own_namespace,
	  loopback_without_the_right_is_refused, a_socket_stays_in_the_namespace_it_was_opened_in,
	  names_are_checked_before_the_kernel_is_asked,
	  a_veth_is_made_with_its_peer_in_another_namespace, links_are_changed_one_thing_at_a_time,
	  errors_say_what_and_why, a_dummy_is_made_or_refused_with_the_reason,
	  a_long_list_arrives_whole, a_moved_link_is_renamed_on_the_way,
	  addresses_of_both_families_are_added_listed_and_deleted,
	  routes_of_both_families_are_added_listed_and_deleted,
	  neighbours_are_written_down_listed_and_deleted,
	  a_routed_pod_talks_to_its_host_over_both_families,
	  a_dropped_namespace_takes_everything_with_it,
	  a_given_device_arrives_renamed_up_and_with_its_addresses,
	  a_device_is_not_given_where_it_cannot_go,
	  a_device_that_cannot_be_dressed_there_comes_back_as_it_was)
