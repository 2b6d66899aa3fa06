/* address.h - IPv4 and IPv6 addresses of a link.
 *
 * Errors : ERR_EXISTS, ERR_NOT_FOUND with the address and the kernel's text.
 * Source : rtnetlink(7) RTM_NEWADDR, <linux/if_addr.h>. */
#ifndef KEG_NETNS_ADDRESS_H
#define KEG_NETNS_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "netns/ip.h"
#include "netns/rtnl.h"

struct address {
	unsigned link;		 /* interface index */
	struct ip_prefix prefix; /* 10.1.2.3/24 */
	struct ip_address peer;	 /* of a point-to-point address; AF_UNSPEC: none */
	struct ip_address broadcast;
	uint32_t flags; /* IFA_F_PERMANENT, IFA_F_NODAD, IFA_F_NOPREFIXROUTE ... */
	uint8_t scope;	/* RT_SCOPE_UNIVERSE (0), RT_SCOPE_LINK, RT_SCOPE_HOST */
};

/* IFA_F_NODAD makes an IPv6 address usable at once. */
int address_add(struct rtnl *rtnl, const struct address *address, struct err *e);
int address_delete(struct rtnl *rtnl, const struct address *address, struct err *e);
/* Those of one link, or of all with 0; both families; *out is malloc'ed. */
int address_list(struct rtnl *rtnl, unsigned link, struct address **out, size_t *out_count,
		 struct err *e);

#endif
