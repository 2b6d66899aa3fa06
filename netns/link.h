/* link.h - network interfaces of one namespace: listed, made, changed, moved, removed.
 *
 * Every function but link_up_loopback works in the namespace that the rtnl socket is in (rtnl_open).
 * Addresses, routes and neighbours are in address.h and route.h.
 *
 * Units     : interface indexes as the kernel counts them from 1; 0 means none.
 * Errors    : ERR_NOT_FOUND no such link, ERR_EXISTS the name is taken, ERR_INVALID a bad name;
 *             texts carry the kernel's extended acknowledgement.
 * Source    : rtnetlink(7), <linux/if_link.h>; runtime-spec config-linux.md "Network Devices".
 * Cost      : deleting a veth blocks for tens of milliseconds; dropping its namespace does not. */
#ifndef KEG_NETNS_LINK_H
#define KEG_NETNS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "netns/rtnl.h"

#define LINK_NAME_SIZE 16 /* IFNAMSIZ, with the NUL */
#define LINK_MAC_SIZE 6

/* Brings lo up in the calling thread's own network namespace: three system calls, no memory, no
 * netlink; for the child between clone and exec. 0 or negative errno. */
int link_up_loopback(void);

/* A name the kernel takes: 1..15 bytes, no '/', ':', '%' or white space, not "." or "..". */
bool link_name_valid(const char *name);

struct link_info {
	unsigned index;
	char name[LINK_NAME_SIZE];
	char kind[16];	     /* "veth", "bridge" ...; "" for hardware and lo */
	unsigned flags;	     /* IFF_UP, IFF_LOOPBACK ... */
	uint32_t mtu;	     /* bytes */
	unsigned master;     /* index of the bridge or bond it is in */
	unsigned peer;	     /* IFLA_LINK: index of a veth's other end, in its own namespace */
	bool peer_elsewhere; /* that end is in another network namespace */
	uint8_t mac[LINK_MAC_SIZE];
	bool has_mac;
};

int link_get(struct rtnl *rtnl, const char *name, struct link_info *out, struct err *e);
int link_get_index(struct rtnl *rtnl, unsigned index, struct link_info *out, struct err *e);
/* All of them, by index; *out_links is malloc'ed. */
int link_list(struct rtnl *rtnl, struct link_info **out_links, size_t *out_count, struct err *e);

/* One end of a new link; a zero (NULL, -1 for netns_fd) leaves it to the kernel. */
struct link_end {
	const char *name;
	int netns_fd; /* where it is made: -1 the socket's namespace */
	uint32_t mtu;
	const uint8_t *mac; /* LINK_MAC_SIZE bytes */
	bool up;	    /* not for a veth's peer: it is made before the other end */
};
/* Each is one message; the new link appears whole or not at all. `master`: 0 or a bridge's index. */
int link_create_veth(struct rtnl *rtnl, const struct link_end *end, const struct link_end *peer,
		     unsigned master, struct err *e);
int link_create_bridge(struct rtnl *rtnl, const struct link_end *end, struct err *e);
int link_create_dummy(struct rtnl *rtnl, const struct link_end *end, struct err *e);

int link_set_up(struct rtnl *rtnl, unsigned index, bool up, struct err *e);
int link_set_name(struct rtnl *rtnl, unsigned index, const char *name, struct err *e);
int link_set_mtu(struct rtnl *rtnl, unsigned index, uint32_t mtu, struct err *e);
int link_set_mac(struct rtnl *rtnl, unsigned index, const uint8_t mac[LINK_MAC_SIZE],
		 struct err *e);
int link_set_master(struct rtnl *rtnl, unsigned index, unsigned master, struct err *e);
/* Into another namespace, renamed in the same message unless `name` is NULL. */
int link_move(struct rtnl *rtnl, unsigned index, int netns_fd, const char *name, struct err *e);
int link_delete(struct rtnl *rtnl, unsigned index, struct err *e);

/* linux.netDevices of runtime-spec 1.3: moves the device `name` of the socket's namespace into
 * `netns_fd`, as `new_name` unless NULL, and there gives it back its permanent addresses of global
 * scope and sets it up. MTU and MAC stay. Refused for lo, and where the new name is taken
 * (ERR_EXISTS). When a step after the move fails the device goes back under its old name, with its
 * addresses, as it was. */
int link_give(struct rtnl *rtnl, const char *name, int netns_fd, const char *new_name,
	      struct err *e);

#endif
