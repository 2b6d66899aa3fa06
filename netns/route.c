/* route.c - routes by RTM_NEWROUTE and its kin, neighbours by RTM_NEWNEIGH and its kin. */
#include "netns/route.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>

#include "base/scope.h"
#include "netns/rtnl-priv.h"

/* RTA_VIA: a gateway of another family than the destination, <linux/rtnetlink.h>. */
static bool parse_via(const struct rtnl_attribute *a, struct ip_address *out)
{
	struct rtvia via;

	if (!a->data || a->size < sizeof via)
		return false;
	memcpy(&via, a->data, sizeof via);
	const struct rtnl_attribute rest = { a->data + sizeof via, a->size - sizeof via };
	return rtnl_attribute_ip(&rest, via.rtvia_family, out);
}

/* What a next hop says, be it the route's only one or the first of several. */
static void parse_hop(const struct rtnl_attribute *table, int family, struct route *route)
{
	if (!rtnl_attribute_ip(&table[RTA_GATEWAY], family, &route->via))
		(void)parse_via(&table[RTA_VIA], &route->via); /* absent: none */
	uint32_t link;
	if (rtnl_attribute_u32(&table[RTA_OIF], &link))
		route->link = link;
}

static int parse_first_hop(const struct rtnl_attribute *a, int family, struct route *route)
{
	struct rtnl_attribute table[RTA_VIA + 1];
	struct rtnexthop hop;

	if (a->size < sizeof hop)
		return -EBADMSG;
	memcpy(&hop, a->data, sizeof hop);
	if (hop.rtnh_len < sizeof hop || hop.rtnh_len > a->size)
		return -EBADMSG;
	int r = rtnl_parse_attributes(a->data + sizeof hop, hop.rtnh_len - sizeof hop, table,
				      RTA_VIA);
	if (r < 0)
		return r;
	parse_hop(table, family, route);
	route->link = (unsigned)hop.rtnh_ifindex;
	route->onlink = hop.rtnh_flags & RTNH_F_ONLINK;
	return 0;
}

int route_visit(void *route_list, uint16_t type, const void *payload, size_t size)
{
	struct route_list *wanted = route_list;
	struct rtnl_attribute table[RTA_TABLE > RTA_VIA ? RTA_TABLE + 1 : RTA_VIA + 1];
	struct rtmsg head;

	if (type != RTM_NEWROUTE)
		return 0;
	if (size < sizeof head)
		return -EBADMSG;
	memcpy(&head, payload, sizeof head);
	if (head.rtm_family != wanted->family || (head.rtm_flags & RTM_F_CLONED))
		return 0;
	int r = rtnl_parse_attributes((const uint8_t *)payload + sizeof head, size - sizeof head,
				      table, ARRAY_SIZE(table) - 1);
	if (r < 0)
		return r;
	struct route route = {
		.destination = { .address = { .family = head.rtm_family },
				 .length = head.rtm_dst_len },
		.table = head.rtm_table,
		.scope = head.rtm_scope,
		.protocol = head.rtm_protocol,
		.type = head.rtm_type,
		.onlink = head.rtm_flags & RTNH_F_ONLINK,
	};
	if (route.destination.length > ip_size(&route.destination.address) * 8)
		return -EBADMSG;
	(void)rtnl_attribute_u32(&table[RTA_TABLE], &route.table); /* absent: rtm_table */
	if (route.table != wanted->table)
		return 0;
	/* Absent ones keep their zero. */
	(void)rtnl_attribute_ip(&table[RTA_DST], head.rtm_family, &route.destination.address);
	(void)rtnl_attribute_ip(&table[RTA_PREFSRC], head.rtm_family, &route.source);
	(void)rtnl_attribute_u32(&table[RTA_PRIORITY], &route.metric);
	parse_hop(table, head.rtm_family, &route);
	if (table[RTA_MULTIPATH].data) {
		r = parse_first_hop(&table[RTA_MULTIPATH], head.rtm_family, &route);
		if (r < 0)
			return r;
	}
	struct route *item = rtnl_list_add(&wanted->list);
	if (!item)
		return -ENOMEM;
	*item = route;
	return 0;
}

static int change_route(struct rtnl *rtnl, uint16_t type, uint16_t flags, const struct route *route,
			const char *verb, struct err *e)
{
	char to[IP_TEXT_SIZE], via[IP_TEXT_SIZE];
	struct rtnl_message m;
	const struct ip_address *destination = &route->destination.address;
	bool add = type == RTM_NEWROUTE;
	uint32_t table = route->table ? route->table : RT_TABLE_MAIN;
	struct rtmsg head = {
		.rtm_family = destination->family,
		.rtm_dst_len = route->destination.length,
		.rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC,
		.rtm_protocol = route->protocol,
		.rtm_scope = route->scope,
		.rtm_type = route->type,
		.rtm_flags = route->onlink ? RTNH_F_ONLINK : 0,
	};

	if (add) {
		if (!head.rtm_protocol)
			head.rtm_protocol = RTPROT_STATIC;
		if (!head.rtm_type)
			head.rtm_type = RTN_UNICAST;
	} else if (!head.rtm_scope) {
		head.rtm_scope = RT_SCOPE_NOWHERE; /* any, as ip-route(8) asks */
	}
	ip_prefix_format(&route->destination, to);
	ip_format(&route->via, via);
	if (ip_size(destination) == 0)
		return err_set(e, ERR_INVALID, "%s a route without an address family", verb);

	rtnl_message_init(&m, type, flags, &head, sizeof head);
	if (route->destination.length > 0)
		rtnl_add_ip(&m, RTA_DST, destination);
	if (route->via.family == destination->family) {
		rtnl_add_ip(&m, RTA_GATEWAY, &route->via);
	} else if (ip_size(&route->via) > 0) {
		uint8_t other[sizeof(struct rtvia) + sizeof route->via.bytes];
		const struct rtvia family = { .rtvia_family = route->via.family };
		memcpy(other, &family, sizeof family);
		memcpy(other + sizeof family, route->via.bytes, ip_size(&route->via));
		rtnl_add(&m, RTA_VIA, other, sizeof family + ip_size(&route->via));
	}
	if (ip_size(&route->source) > 0)
		rtnl_add_ip(&m, RTA_PREFSRC, &route->source);
	if (route->link)
		rtnl_add_u32(&m, RTA_OIF, route->link);
	if (route->metric)
		rtnl_add_u32(&m, RTA_PRIORITY, route->metric);
	rtnl_add_u32(&m, RTA_TABLE, table);
	if (rtnl_request(rtnl, &m, e, "%s route to %s via %s on link %u", verb, to, via,
			 route->link) < 0)
		return err_object(e, "%s", to);
	return 0;
}

int route_add(struct rtnl *rtnl, const struct route *route, struct err *e)
{
	return change_route(rtnl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route, "add", e);
}

int route_replace(struct rtnl *rtnl, const struct route *route, struct err *e)
{
	return change_route(rtnl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route, "replace", e);
}

int route_delete(struct rtnl *rtnl, const struct route *route, struct err *e)
{
	return change_route(rtnl, RTM_DELROUTE, 0, route, "delete", e);
}

int route_list(struct rtnl *rtnl, int family, uint32_t table, struct route **out, size_t *out_count,
	       struct err *e)
{
	struct rtnl_message m;
	const struct rtmsg head = { .rtm_family = (uint8_t)family };
	struct route_list wanted = {
		.list = { .item_size = sizeof **out },
		.family = family,
		.table = table ? table : RT_TABLE_MAIN,
	};

	rtnl_message_init(&m, RTM_GETROUTE, 0, &head, sizeof head);
	if (rtnl_dump(rtnl, &m, route_visit, rtnl_list_restart, &wanted, e, "list routes") < 0) {
		rtnl_list_done(&wanted.list);
		return -1;
	}
	*out_count = wanted.list.count;
	*out = wanted.list.items;
	return 0;
}

int neighbour_visit(void *neighbour_list, uint16_t type, const void *payload, size_t size)
{
	struct rtnl_list *list = neighbour_list;
	struct rtnl_attribute table[NDA_LLADDR + 1];
	struct neighbour neighbour = { 0 };
	struct ndmsg head;

	if (type != RTM_NEWNEIGH)
		return 0;
	if (size < sizeof head)
		return -EBADMSG;
	memcpy(&head, payload, sizeof head);
	if (head.ndm_family != AF_INET && head.ndm_family != AF_INET6)
		return 0;
	if (list->link && list->link != (unsigned)head.ndm_ifindex)
		return 0;
	int r = rtnl_parse_attributes((const uint8_t *)payload + sizeof head, size - sizeof head,
				      table, NDA_LLADDR);
	if (r < 0)
		return r;
	if (!rtnl_attribute_ip(&table[NDA_DST], head.ndm_family, &neighbour.address))
		return -EBADMSG;
	neighbour.link = (unsigned)head.ndm_ifindex;
	neighbour.state = head.ndm_state;
	if (table[NDA_LLADDR].data && table[NDA_LLADDR].size == LINK_MAC_SIZE)
		memcpy(neighbour.mac, table[NDA_LLADDR].data, LINK_MAC_SIZE);
	struct neighbour *item = rtnl_list_add(list);
	if (!item)
		return -ENOMEM;
	*item = neighbour;
	return 0;
}

static int change_neighbour(struct rtnl *rtnl, uint16_t type, uint16_t flags,
			    const struct neighbour *neighbour, const char *verb, struct err *e)
{
	char text[IP_TEXT_SIZE];
	struct rtnl_message m;
	const struct ndmsg head = {
		.ndm_family = neighbour->address.family,
		.ndm_ifindex = (int)neighbour->link,
		.ndm_state = NUD_PERMANENT,
	};

	ip_format(&neighbour->address, text);
	if (ip_size(&neighbour->address) == 0)
		return err_set(e, ERR_INVALID, "%s a neighbour without an address", verb);
	rtnl_message_init(&m, type, flags, &head, sizeof head);
	rtnl_add_ip(&m, NDA_DST, &neighbour->address);
	if (type == RTM_NEWNEIGH)
		rtnl_add(&m, NDA_LLADDR, neighbour->mac, LINK_MAC_SIZE);
	if (rtnl_request(rtnl, &m, e, "%s neighbour %s on link %u", verb, text, neighbour->link) <
	    0)
		return err_object(e, "%s", text);
	return 0;
}

int neighbour_set(struct rtnl *rtnl, const struct neighbour *neighbour, struct err *e)
{
	return change_neighbour(rtnl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, neighbour, "set",
				e);
}

int neighbour_delete(struct rtnl *rtnl, const struct neighbour *neighbour, struct err *e)
{
	return change_neighbour(rtnl, RTM_DELNEIGH, 0, neighbour, "delete", e);
}

int neighbour_list(struct rtnl *rtnl, unsigned link, struct neighbour **out, size_t *out_count,
		   struct err *e)
{
	struct rtnl_message m;
	const struct ndmsg head = { .ndm_family = AF_UNSPEC };
	AUTO_RTNL_LIST list = { .item_size = sizeof **out, .link = link };

	rtnl_message_init(&m, RTM_GETNEIGH, 0, &head, sizeof head);
	if (rtnl_dump(rtnl, &m, neighbour_visit, rtnl_list_restart, &list, e, "list neighbours") <
	    0)
		return -1;
	*out_count = list.count;
	*out = take_ptr(&list.items);
	return 0;
}
