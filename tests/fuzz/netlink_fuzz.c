/* netlink_fuzz.c - libFuzzer: any bytes as a netlink datagram, through every reader of objects.
 *
 * The first byte picks the sequence number asked for (0..3), so that both taking and passing over
 * messages is reached. Never calls the kernel. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/address.h"
#include "netns/route.h"
#include "netns/rtnl-priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		rtnl_visit_fn *visit;
		size_t item_size;
	} readers[] = {
		{ link_visit, sizeof(struct link_info) },
		{ address_visit, sizeof(struct address) },
		{ neighbour_visit, sizeof(struct neighbour) },
		{ route_visit, sizeof(struct route) },
		{ NULL, 1 },
	};

	if (size == 0)
		return 0;
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
		for (int family = 0; family < 2; family++) {
			struct rtnl_reply reply = { 0 };
			struct route_list list = {
				.list = { .item_size = readers[i].item_size },
				.family = family ? AF_INET6 : AF_INET,
				.table = 254,
			};
			int r = rtnl_parse(data + 1, size - 1, data[0] & 3, readers[i].visit, &list,
					   &reply);
			if (r > 0 || reply.error > 0 || (reply.error && !reply.done) ||
			    !memchr(reply.text, 0, sizeof reply.text))
				abort();
			rtnl_list_done(&list.list);
		}
	}
	return 0;
}
