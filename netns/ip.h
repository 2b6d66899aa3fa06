/* ip.h - IPv4 and IPv6 addresses and prefixes as plain values.
 *
 * Format : inet_pton(3)'s: no leading zeros, no zone; a prefix is "10.1.2.3/24" with host bits kept.
 * Errors : negative errno, -EINVAL not of the form. */
#ifndef KEG_NETNS_IP_H
#define KEG_NETNS_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ip_address {
	uint8_t family;	   /* AF_INET, AF_INET6; AF_UNSPEC (0): none */
	uint8_t bytes[16]; /* network order; IPv4 uses the first four, the rest is zero */
};
struct ip_prefix {
	struct ip_address address;
	uint8_t length; /* bits: 0..32 or 0..128 */
};

#define IP_TEXT_SIZE 64 /* any address or prefix as text */

int ip_parse(const char *text, struct ip_address *out);
/* Without "/n" the prefix is the whole address: /32 or /128. */
int ip_prefix_parse(const char *text, struct ip_prefix *out);
/* Return `out`; "none" for AF_UNSPEC. */
const char *ip_format(const struct ip_address *address, char out[IP_TEXT_SIZE]);
const char *ip_prefix_format(const struct ip_prefix *prefix, char out[IP_TEXT_SIZE]);

size_t ip_size(const struct ip_address *address); /* 4, 16, or 0 for AF_UNSPEC */
bool ip_equal(const struct ip_address *a, const struct ip_address *b);
struct ip_prefix ip_whole(const struct ip_address *address); /* /32 or /128 */
/* The prefix with its host bits cleared: 10.1.2.3/24 -> 10.1.2.0/24. */
struct ip_prefix ip_network(const struct ip_prefix *prefix);
bool ip_prefix_has(const struct ip_prefix *prefix, const struct ip_address *address);

#endif
