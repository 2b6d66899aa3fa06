/* link.c - interfaces by RTM_NEWLINK, RTM_GETLINK, RTM_DELLINK. */
#include "netns/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "netns/rtnl-priv.h"

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3) /* <linux/rtnetlink.h>, Linux 4.5 */
#endif

/* Socket, ioctl, close: one call fewer than by netlink, and as fast as anything (the time goes into
 * the kernel's own work for an interface that comes up). Every socket family passes this ioctl on to
 * the devices of its namespace, netdevice(7); unix(7) is there in every kernel. */
int link_up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	AUTO_FD fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return -errno;
	return 0;
}

/* dev_valid_name() of the kernel, and '%', which the kernel replaces by a number. */
bool link_name_valid(const char *name)
{
	size_t length = name ? strlen(name) : 0;

	if (length == 0 || length >= LINK_NAME_SIZE || str_equal(name, ".") ||
	    str_equal(name, ".."))
		return false;
	for (size_t i = 0; i < length; i++)
		if (strchr("/:% \t\n\v\f\r\xa0", name[i]))
			return false;
	return true;
}

static int check_name(const char *name, struct err *e)
{
	if (link_name_valid(name))
		return 0;
	err_set(e, ERR_INVALID, "\"%s\" is no name for a network interface", name ? name : "");
	return err_hint(e, "1 to 15 bytes without '/', ':', '%%' and white space");
}

int link_visit(void *link_list, uint16_t type, const void *payload, size_t size)
{
	struct ifinfomsg head;
	struct rtnl_attribute table[IFLA_LINK_NETNSID + 1], info[IFLA_INFO_KIND + 1];

	if (type != RTM_NEWLINK)
		return 0;
	if (size < sizeof head)
		return -EBADMSG;
	memcpy(&head, payload, sizeof head);
	int r = rtnl_parse_attributes((const uint8_t *)payload + NLMSG_ALIGN(sizeof head),
				      size - sizeof head, table, IFLA_LINK_NETNSID);
	if (r == 0 && table[IFLA_LINKINFO].data)
		r = rtnl_parse_attributes(table[IFLA_LINKINFO].data, table[IFLA_LINKINFO].size,
					  info, IFLA_INFO_KIND);
	if (r < 0)
		return r;
	struct link_info *link = rtnl_list_add(link_list);
	if (!link)
		return -ENOMEM;
	link->index = (unsigned)head.ifi_index;
	link->flags = head.ifi_flags;
	/* Absent ones stay zero. */
	(void)rtnl_attribute_text(&table[IFLA_IFNAME], link->name, sizeof link->name);
	(void)rtnl_attribute_u32(&table[IFLA_MTU], &link->mtu);
	(void)rtnl_attribute_u32(&table[IFLA_MASTER], &link->master);
	(void)rtnl_attribute_u32(&table[IFLA_LINK], &link->peer);
	link->peer_elsewhere = table[IFLA_LINK_NETNSID].data != NULL;
	if (table[IFLA_LINKINFO].data)
		(void)rtnl_attribute_text(&info[IFLA_INFO_KIND], link->kind, sizeof link->kind);
	if (table[IFLA_ADDRESS].data && table[IFLA_ADDRESS].size == LINK_MAC_SIZE) {
		memcpy(link->mac, table[IFLA_ADDRESS].data, LINK_MAC_SIZE);
		link->has_mac = true;
	}
	return 0;
}

static void begin(struct rtnl_message *m, uint16_t type, uint16_t flags, unsigned index,
		  unsigned set, unsigned mask)
{
	const struct ifinfomsg head = { .ifi_index = (int)index,
					.ifi_flags = set,
					.ifi_change = mask };
	rtnl_message_init(m, type, flags, &head, sizeof head);
}

static int get(struct rtnl *rtnl, unsigned index, const char *name, const char *shown,
	       struct link_info *out, struct err *e)
{
	struct rtnl_message m;
	AUTO_RTNL_LIST list = { .item_size = sizeof *out };

	begin(&m, RTM_GETLINK, 0, index, 0, 0);
	rtnl_add_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (name)
		rtnl_add_string(&m, IFLA_IFNAME, name);
	if (rtnl_get(rtnl, &m, link_visit, &list, e, "look up link %s", shown) < 0)
		return err_object(e, "%s", shown);
	if (list.count != 1)
		return err_set(e, ERR_INTERNAL, "look up link %s: no answer", shown);
	*out = *(struct link_info *)list.items;
	return 0;
}

int link_get(struct rtnl *rtnl, const char *name, struct link_info *out, struct err *e)
{
	if (check_name(name, e) < 0)
		return -1;
	return get(rtnl, 0, name, name, out, e);
}

/* "7" for messages about a link whose name nobody gave. */
struct index_text {
	char text[16];
};
static struct index_text number(unsigned index)
{
	struct index_text t;
	(void)snprintf(t.text, sizeof t.text, "%u", index);
	return t;
}

int link_get_index(struct rtnl *rtnl, unsigned index, struct link_info *out, struct err *e)
{
	return get(rtnl, index, NULL, number(index).text, out, e);
}

int link_list(struct rtnl *rtnl, struct link_info **out_links, size_t *out_count, struct err *e)
{
	struct rtnl_message m;
	AUTO_RTNL_LIST list = { .item_size = sizeof **out_links };

	begin(&m, RTM_GETLINK, 0, 0, 0, 0);
	rtnl_add_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (rtnl_dump(rtnl, &m, link_visit, rtnl_list_restart, &list, e, "list links") < 0)
		return -1;
	*out_count = list.count;
	*out_links = take_ptr(&list.items);
	return 0;
}

static void add_end(struct rtnl_message *m, const struct link_end *end)
{
	if (end->name)
		rtnl_add_string(m, IFLA_IFNAME, end->name);
	if (end->mtu)
		rtnl_add_u32(m, IFLA_MTU, end->mtu);
	if (end->mac)
		rtnl_add(m, IFLA_ADDRESS, end->mac, LINK_MAC_SIZE);
	if (end->netns_fd >= 0)
		rtnl_add_u32(m, IFLA_NET_NS_FD, (uint32_t)end->netns_fd);
}

static int create(struct rtnl *rtnl, const char *kind, const struct link_end *end,
		  const struct link_end *peer, unsigned master, struct err *e)
{
	struct rtnl_message m;
	const char *name = end->name ? end->name : "without a name";

	if ((end->name && check_name(end->name, e) < 0) ||
	    (peer && peer->name && check_name(peer->name, e) < 0))
		return -1;
	if (peer && peer->up)
		return err_set(e, ERR_INVALID,
			       "create veth link %s with its peer up: it has no other end yet",
			       name);
	begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, end->up ? IFF_UP : 0,
	      end->up ? IFF_UP : 0);
	add_end(&m, end);
	if (master)
		rtnl_add_u32(&m, IFLA_MASTER, master);
	size_t info = rtnl_nest_begin(&m, IFLA_LINKINFO);
	rtnl_add(&m, IFLA_INFO_KIND, kind, strlen(kind));
	if (peer) {
		const struct ifinfomsg head = { 0 };
		size_t data = rtnl_nest_begin(&m, IFLA_INFO_DATA);
		size_t other = rtnl_nest_begin(&m, VETH_INFO_PEER);
		rtnl_add_raw(&m, &head, sizeof head);
		add_end(&m, peer);
		rtnl_nest_end(&m, other);
		rtnl_nest_end(&m, data);
	}
	rtnl_nest_end(&m, info);
	if (rtnl_request(rtnl, &m, e, "create %s link %s", kind, name) < 0)
		return err_object(e, "%s", name);
	return 0;
}

int link_create_veth(struct rtnl *rtnl, const struct link_end *end, const struct link_end *peer,
		     unsigned master, struct err *e)
{
	return create(rtnl, "veth", end, peer, master, e);
}

int link_create_bridge(struct rtnl *rtnl, const struct link_end *end, struct err *e)
{
	return create(rtnl, "bridge", end, NULL, 0, e);
}

int link_create_dummy(struct rtnl *rtnl, const struct link_end *end, struct err *e)
{
	return create(rtnl, "dummy", end, NULL, 0, e);
}

int link_set_up(struct rtnl *rtnl, unsigned index, bool up, struct err *e)
{
	struct rtnl_message m;

	begin(&m, RTM_NEWLINK, 0, index, up ? IFF_UP : 0, IFF_UP);
	return rtnl_request(rtnl, &m, e, "set link %u %s", index, up ? "up" : "down");
}

int link_set_name(struct rtnl *rtnl, unsigned index, const char *name, struct err *e)
{
	struct rtnl_message m;

	if (check_name(name, e) < 0)
		return -1;
	begin(&m, RTM_NEWLINK, 0, index, 0, 0);
	rtnl_add_string(&m, IFLA_IFNAME, name);
	return rtnl_request(rtnl, &m, e, "rename link %u to %s", index, name);
}

int link_set_mtu(struct rtnl *rtnl, unsigned index, uint32_t mtu, struct err *e)
{
	struct rtnl_message m;

	begin(&m, RTM_NEWLINK, 0, index, 0, 0);
	rtnl_add_u32(&m, IFLA_MTU, mtu);
	return rtnl_request(rtnl, &m, e, "set the MTU of link %u to %u", index, mtu);
}

int link_set_mac(struct rtnl *rtnl, unsigned index, const uint8_t mac[LINK_MAC_SIZE], struct err *e)
{
	struct rtnl_message m;

	begin(&m, RTM_NEWLINK, 0, index, 0, 0);
	rtnl_add(&m, IFLA_ADDRESS, mac, LINK_MAC_SIZE);
	return rtnl_request(rtnl, &m, e, "set the MAC address of link %u", index);
}

int link_set_master(struct rtnl *rtnl, unsigned index, unsigned master, struct err *e)
{
	struct rtnl_message m;

	begin(&m, RTM_NEWLINK, 0, index, 0, 0);
	rtnl_add_u32(&m, IFLA_MASTER, master);
	return rtnl_request(rtnl, &m, e, "set the master of link %u to %u", index, master);
}

int link_move(struct rtnl *rtnl, unsigned index, int netns_fd, const char *name, struct err *e)
{
	struct rtnl_message m;

	if (name && check_name(name, e) < 0)
		return -1;
	begin(&m, RTM_NEWLINK, 0, index, 0, 0);
	rtnl_add_u32(&m, IFLA_NET_NS_FD, (uint32_t)netns_fd);
	if (name)
		rtnl_add_string(&m, IFLA_IFNAME, name);
	return rtnl_request(rtnl, &m, e, "move link %u%s%s to another network namespace", index,
			    name ? " as " : "", name ? name : "");
}

int link_delete(struct rtnl *rtnl, unsigned index, struct err *e)
{
	struct rtnl_message m;

	begin(&m, RTM_DELLINK, 0, index, 0, 0);
	return rtnl_request(rtnl, &m, e, "delete link %u", index);
}
