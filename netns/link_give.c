/* link_give.c - a host's network device handed to a container, addresses and all.
 *
 *   look -> move and rename -> addresses -> up          runtime-spec 1.3, "Network Devices"
 *             |                  |           |
 *             +------------------+-----------+--> on failure: back, old name, addresses, up as before
 *
 * A kernel moves a device and then renames it, in one request; the rename may fail with the device
 * already on the other side. So the way back starts with finding out where the device is. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/scope.h"
#include "base/str.h"
#include "netns/address.h"
#include "netns/link.h"

/* The flags of an address that its owner chose; the kernel sets the others. */
#define CHOSEN_FLAGS ((uint32_t)(IFA_F_NODAD | IFA_F_NOPREFIXROUTE | IFA_F_MANAGETEMPADDR))

static bool is_kept(const struct address *address)
{
	return (address->flags & IFA_F_PERMANENT) && address->scope == RT_SCOPE_UNIVERSE;
}

/* Puts the device `index` into the state it is to have: its addresses, up or down. */
static int dress(struct rtnl *rtnl, unsigned index, const struct address *addresses, size_t count,
		 bool up, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_kept(&addresses[i]))
			continue;
		struct address address = addresses[i];
		address.link = index;
		address.flags &= CHOSEN_FLAGS;
		/* There already: the kernel made it itself when the device arrived. */
		struct err why = ERR_INIT;
		if (address_add(rtnl, &address, &why) < 0 && why.code != ERR_EXISTS) {
			*e = why;
			return -1;
		}
	}
	return up ? link_set_up(rtnl, index, true, e) : 0;
}

/* Whoever took the name meanwhile keeps it: only the device itself is moved back. */
static bool is_same(const struct link_info *a, const struct link_info *b)
{
	return str_equal(a->kind, b->kind) && a->has_mac == b->has_mac &&
	       memcmp(a->mac, b->mac, sizeof a->mac) == 0;
}

/* Best effort on the way out of an error that is worth more than this one's: *e is kept. */
static void take_back(struct rtnl *here, struct rtnl *there, const struct link_info *device,
		      const char *there_name, const struct address *addresses, size_t count)
{
	struct err ignored = ERR_INIT;
	struct link_info found;

	AUTO_FD home = ioctl(here->fd, SIOCGSKNS);
	if (home < 0)
		return;
	if (!(link_get(there, there_name, &found, &ignored) == 0 && is_same(&found, device)) &&
	    !(link_get(there, device->name, &found, &ignored) == 0 && is_same(&found, device)))
		return;
	if (link_move(there, found.index, home, device->name, &ignored) < 0 ||
	    link_get(here, device->name, &found, &ignored) < 0)
		return;
	(void)dress(here, found.index, addresses, count, device->flags & IFF_UP, &ignored);
}

int link_give(struct rtnl *rtnl, const char *name, int netns_fd, const char *new_name,
	      struct err *e)
{
	AUTO_FREE struct address *addresses = NULL;
	size_t count = 0;
	struct link_info device, found;
	AUTO_RTNL there = RTNL_CLOSED;
	struct err missing = ERR_INIT;
	const char *there_name = new_name ? new_name : name;

	if (link_get(rtnl, name, &device, e) < 0)
		return -1;
	if (device.flags & IFF_LOOPBACK)
		return err_set(e, ERR_INVALID, "give away the loopback device %s", name);
	if (address_list(rtnl, device.index, &addresses, &count, e) < 0 ||
	    rtnl_open(&there, netns_fd, e) < 0)
		return err_wrap(e, "give away network device %s", name);
	if (link_get(&there, there_name, &found, &missing) == 0) {
		err_set(e, ERR_EXISTS,
			"give away network device %s: the other namespace has a link %s already",
			name, there_name);
		return err_object(e, "%s", there_name);
	}
	if (missing.code != ERR_NOT_FOUND) {
		*e = missing;
		return err_wrap(e, "give away network device %s", name);
	}

	if (link_move(rtnl, device.index, netns_fd, there_name, e) < 0) {
		if (link_get_index(rtnl, device.index, &found, &missing) < 0)
			take_back(rtnl, &there, &device, there_name, addresses, count);
		return err_wrap(e, "give away network device %s", name);
	}
	if (link_get(&there, there_name, &found, e) < 0 ||
	    dress(&there, found.index, addresses, count, true, e) < 0) {
		take_back(rtnl, &there, &device, there_name, addresses, count);
		return err_wrap(e, "give away network device %s", name);
	}
	return 0;
}
