/* route.h - unicast routes, and permanent neighbours (a MAC written down instead of asked for).
 *
 * Errors : ERR_EXISTS, ERR_NOT_FOUND with the destination and the kernel's text.
 * Source : rtnetlink(7) RTM_NEWROUTE, RTM_NEWNEIGH; <linux/neighbour.h>. */
#ifndef KEG_NETNS_ROUTE_H
#define KEG_NETNS_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "netns/ip.h"
#include "netns/link.h"
#include "netns/rtnl.h"

/* A pod's way out, 169.254.1.1 being nobody's address but a neighbour entry:
 *
 *   default via 169.254.1.1 dev eth0 onlink
 *   { .destination = { { AF_INET } , 0 }, .via = 169.254.1.1, .link = 2, .onlink = true } */
struct route {
	struct ip_prefix destination; /* length 0: default route of the family */
	struct ip_address via;	      /* AF_UNSPEC: none */
	struct ip_address source;     /* preferred source, AF_UNSPEC: none */
	unsigned link;		      /* interface index, 0: from `via` */
	uint32_t table;		      /* 0: main (254) */
	uint32_t metric;	      /* 0: the kernel's default */
	uint8_t scope;	  /* RT_SCOPE_*; IPv4 only: RT_SCOPE_LINK where there is no `via` */
	uint8_t protocol; /* RTPROT_*, 0: RTPROT_STATIC when added */
	uint8_t type;	  /* RTN_*, 0: RTN_UNICAST */
	bool onlink;	  /* the gateway is reached directly, whatever the addresses say */
};

int route_add(struct rtnl *rtnl, const struct route *route, struct err *e);
/* The same, taking the place of a route with equal destination, table and metric. */
int route_replace(struct rtnl *rtnl, const struct route *route, struct err *e);
int route_delete(struct rtnl *rtnl, const struct route *route, struct err *e);
/* Of one family (AF_INET, AF_INET6) and table (0: main); no cached clones; *out is malloc'ed.
 * A route over several next hops shows the first. */
int route_list(struct rtnl *rtnl, int family, uint32_t table, struct route **out, size_t *out_count,
	       struct err *e);

struct neighbour {
	unsigned link;
	struct ip_address address;
	uint8_t mac[LINK_MAC_SIZE];
	uint16_t state; /* NUD_*; set ones are NUD_PERMANENT */
};
/* Takes the place of any entry for that address on that link. */
int neighbour_set(struct rtnl *rtnl, const struct neighbour *neighbour, struct err *e);
int neighbour_delete(struct rtnl *rtnl, const struct neighbour *neighbour, struct err *e);
int neighbour_list(struct rtnl *rtnl, unsigned link, struct neighbour **out, size_t *out_count,
		   struct err *e);

#endif
