/* rtnl-priv.h - what the kinds of objects (links, addresses, routes) share in reading lists. */
#ifndef KEG_NETNS_RTNL_PRIV_H
#define KEG_NETNS_RTNL_PRIV_H

#include "netns/ip.h"
#include "netns/link.h"
#include "netns/rtnl.h"

/* The objects of a dump. It comes first in the context of a visitor, so that rtnl_list_restart fits
 * any of them. */
struct rtnl_list {
	void *items;
	size_t count, capacity, item_size;
	unsigned link; /* only objects of this link; 0: of any */
};
void *rtnl_list_add(struct rtnl_list *list); /* a zeroed item; NULL without memory or at the cap */
void rtnl_list_restart(void *list);
void rtnl_list_done(struct rtnl_list *list);
#define AUTO_RTNL_LIST __attribute__((cleanup(rtnl_list_done))) struct rtnl_list

bool rtnl_attribute_ip(const struct rtnl_attribute *a, int family, struct ip_address *out);
void rtnl_add_ip(struct rtnl_message *m, uint16_t type, const struct ip_address *address);

/* Visitors over the payload of one message: 0, or negative errno. Pure; the fuzzer calls them. */
int link_visit(void *link_list, uint16_t type, const void *payload, size_t size);
int address_visit(void *address_list, uint16_t type, const void *payload, size_t size);
int neighbour_visit(void *neighbour_list, uint16_t type, const void *payload, size_t size);
struct route_list {
	struct rtnl_list list;
	int family;
	uint32_t table;
};
int route_visit(void *route_list, uint16_t type, const void *payload, size_t size);

#endif
