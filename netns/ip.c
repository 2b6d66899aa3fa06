/* ip.c - addresses and prefixes: text to value and back. */
#include "netns/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

int ip_parse(const char *text, struct ip_address *out)
{
	struct ip_address address = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(address.family, text, address.bytes) != 1)
		return -EINVAL;
	*out = address;
	return 0;
}

int ip_prefix_parse(const char *text, struct ip_prefix *out)
{
	char head[IP_TEXT_SIZE];
	struct ip_prefix prefix;
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);

	if (length >= sizeof head)
		return -EINVAL;
	memcpy(head, text, length);
	head[length] = '\0';
	if (ip_parse(head, &prefix.address) < 0)
		return -EINVAL;
	uint64_t bits = ip_size(&prefix.address) * 8;
	if (slash) {
		uint64_t given;
		/* "024" is a number to str_to_uint64, but no prefix length that anybody writes. */
		if (str_to_uint64(slash + 1, &given) < 0 || given > bits ||
		    (slash[1] == '0' && slash[2]))
			return -EINVAL;
		bits = given;
	}
	prefix.length = (uint8_t)bits;
	*out = prefix;
	return 0;
}

const char *ip_format(const struct ip_address *address, char out[IP_TEXT_SIZE])
{
	if (ip_size(address) == 0 || !inet_ntop(address->family, address->bytes, out, IP_TEXT_SIZE))
		(void)snprintf(out, IP_TEXT_SIZE, "none");
	return out;
}

const char *ip_prefix_format(const struct ip_prefix *prefix, char out[IP_TEXT_SIZE])
{
	ip_format(&prefix->address, out);
	if (ip_size(&prefix->address) > 0) {
		size_t length = strlen(out);
		(void)snprintf(out + length, IP_TEXT_SIZE - length, "/%u", prefix->length);
	}
	return out;
}

size_t ip_size(const struct ip_address *address)
{
	return address->family == AF_INET ? 4 : address->family == AF_INET6 ? 16 : 0;
}

bool ip_equal(const struct ip_address *a, const struct ip_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, ip_size(a)) == 0;
}

struct ip_prefix ip_whole(const struct ip_address *address)
{
	return (struct ip_prefix){ .address = *address, .length = (uint8_t)(ip_size(address) * 8) };
}

struct ip_prefix ip_network(const struct ip_prefix *prefix)
{
	struct ip_prefix network = *prefix;

	for (unsigned i = 0; i < sizeof network.address.bytes; i++) {
		unsigned kept = prefix->length > i * 8 ? prefix->length - i * 8 : 0;
		if (kept < 8)
			network.address.bytes[i] &= (uint8_t)(0xff00U >> kept);
	}
	return network;
}

bool ip_prefix_has(const struct ip_prefix *prefix, const struct ip_address *address)
{
	struct ip_prefix a = ip_network(prefix);
	struct ip_prefix b =
		ip_network(&(struct ip_prefix){ .address = *address, .length = prefix->length });

	return ip_equal(&a.address, &b.address);
}
