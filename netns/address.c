/* address.c - addresses by RTM_NEWADDR, RTM_GETADDR, RTM_DELADDR.
 *
 * The kernel's two words for a plain and for a point-to-point address:
 *
 *                  IFA_LOCAL   IFA_ADDRESS
 *   IPv4           own         own or peer
 *   IPv6           -           own
 *   IPv6 with peer own         peer */
#include "netns/address.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

#include "base/scope.h"
#include "netns/rtnl-priv.h"

int address_visit(void *address_list, uint16_t type, const void *payload, size_t size)
{
	struct rtnl_list *list = address_list;
	struct ifaddrmsg head;
	struct rtnl_attribute table[IFA_FLAGS + 1];
	struct address address = { 0 };

	if (type != RTM_NEWADDR)
		return 0;
	if (size < sizeof head)
		return -EBADMSG;
	memcpy(&head, payload, sizeof head);
	if (head.ifa_family != AF_INET && head.ifa_family != AF_INET6)
		return 0;
	if (list->link && list->link != head.ifa_index)
		return 0;
	int r = rtnl_parse_attributes((const uint8_t *)payload + sizeof head, size - sizeof head,
				      table, IFA_FLAGS);
	if (r < 0)
		return r;
	struct ip_address own, other;
	bool has_other = rtnl_attribute_ip(&table[IFA_ADDRESS], head.ifa_family, &other);
	if (rtnl_attribute_ip(&table[IFA_LOCAL], head.ifa_family, &own)) {
		if (has_other && !ip_equal(&own, &other))
			address.peer = other;
	} else if (has_other) {
		own = other;
	} else {
		return -EBADMSG;
	}
	if (head.ifa_prefixlen > ip_size(&own) * 8)
		return -EBADMSG;
	address.link = head.ifa_index;
	address.prefix = (struct ip_prefix){ .address = own, .length = head.ifa_prefixlen };
	address.scope = head.ifa_scope;
	if (!rtnl_attribute_u32(&table[IFA_FLAGS], &address.flags))
		address.flags = head.ifa_flags;
	(void)rtnl_attribute_ip(&table[IFA_BROADCAST], head.ifa_family, &address.broadcast);

	struct address *item = rtnl_list_add(list);
	if (!item)
		return -ENOMEM;
	*item = address;
	return 0;
}

static int change(struct rtnl *rtnl, uint16_t type, uint16_t flags, const struct address *address,
		  const char *verb, struct err *e)
{
	char text[IP_TEXT_SIZE];
	struct rtnl_message m;
	const struct ip_address *own = &address->prefix.address;
	const struct ip_address *peer = ip_size(&address->peer) ? &address->peer : own;
	const struct ifaddrmsg head = {
		.ifa_family = own->family,
		.ifa_prefixlen = address->prefix.length,
		.ifa_flags = (uint8_t)address->flags,
		.ifa_scope = address->scope,
		.ifa_index = address->link,
	};

	ip_prefix_format(&address->prefix, text);
	if (ip_size(own) == 0 || peer->family != own->family)
		return err_set(e, ERR_INVALID, "%s address %s: no family, or two", verb, text);
	rtnl_message_init(&m, type, flags, &head, sizeof head);
	rtnl_add_ip(&m, IFA_LOCAL, own);
	rtnl_add_ip(&m, IFA_ADDRESS, peer);
	if (type == RTM_NEWADDR) {
		if (address->broadcast.family == AF_INET)
			rtnl_add_ip(&m, IFA_BROADCAST, &address->broadcast);
		rtnl_add_u32(&m, IFA_FLAGS, address->flags);
	}
	if (rtnl_request(rtnl, &m, e, "%s address %s %s link %u", verb, text,
			 type == RTM_NEWADDR ? "to" : "of", address->link) < 0)
		return err_object(e, "%s", text);
	return 0;
}

int address_add(struct rtnl *rtnl, const struct address *address, struct err *e)
{
	return change(rtnl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address, "add", e);
}

int address_delete(struct rtnl *rtnl, const struct address *address, struct err *e)
{
	return change(rtnl, RTM_DELADDR, 0, address, "delete", e);
}

int address_list(struct rtnl *rtnl, unsigned link, struct address **out, size_t *out_count,
		 struct err *e)
{
	struct rtnl_message m;
	const struct ifaddrmsg head = { .ifa_family = AF_UNSPEC };
	AUTO_RTNL_LIST list = { .item_size = sizeof **out, .link = link };

	rtnl_message_init(&m, RTM_GETADDR, 0, &head, sizeof head);
	if (rtnl_dump(rtnl, &m, address_visit, rtnl_list_restart, &list, e, "list addresses") < 0)
		return -1;
	*out_count = list.count;
	*out = take_ptr(&list.items);
	return 0;
}
