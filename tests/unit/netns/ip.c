#include <sys/socket.h>

#include "base/scope.h"
#include "netns/ip.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text, *network; /* NULL: refused */
} prefixes[] = {
	{ "10.1.2.3/24", "10.1.2.0/24" },
	{ "10.1.2.3/0", "0.0.0.0/0" },
	{ "10.1.2.3/1", "0.0.0.0/1" },
	{ "255.255.255.255/31", "255.255.255.254/31" },
	{ "10.1.2.3/32", "10.1.2.3/32" },
	{ "fd00:1:2:3:4:5:6:7/64", "fd00:1:2:3::/64" },
	{ "fd00:1:2:3:4:5:6:7/61", "fd00:1:2::/61" },
	{ "::/0", "::/0" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127",
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127" },
	{ "::1/128", "::1/128" },
	{ "10.1.2.3/33", NULL },
	{ "::1/129", NULL },
	{ "10.1.2.3/", NULL },
	{ "10.1.2.3/-1", NULL },
	{ "10.1.2.3/+8", NULL },
	{ "10.1.2.3/ 8", NULL },
	{ "10.1.2.3/08", NULL },
	{ "10.1.2.3/8/8", NULL },
	{ "10.1.2.3/18446744073709551624", NULL },
	{ "10.1.2.03/8", NULL },
	{ "10.1.2/8", NULL },
	{ "fe80::1%eth0/64", NULL },
	{ "/8", NULL },
	{ "", NULL },
	{ "0123456789012345678901234567890123456789012345678901234567890123456789/8", NULL },
};

START_TEST(prefixes_are_read_whole_or_refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		char text[IP_TEXT_SIZE];
		struct ip_prefix prefix;
		int r = ip_prefix_parse(prefixes[i].text, &prefix);
		ck_assert_msg((r == 0) == (prefixes[i].network != NULL), "%s: %d", prefixes[i].text,
			      r);
		if (r < 0)
			continue;
		ck_assert_str_eq(ip_prefix_format(&prefix, text), prefixes[i].text);
		struct ip_prefix network = ip_network(&prefix);
		ck_assert_str_eq(ip_prefix_format(&network, text), prefixes[i].network);
		ck_assert(ip_prefix_has(&network, &prefix.address));
	}
}
END_TEST

START_TEST(an_address_alone_is_a_whole_prefix)
{
	struct ip_prefix prefix;
	ck_assert_int_eq(ip_prefix_parse("10.0.0.1", &prefix), 0);
	ck_assert_uint_eq(prefix.length, 32);
	ck_assert_int_eq(ip_prefix_parse("fd00::1", &prefix), 0);
	ck_assert_uint_eq(prefix.length, 128);
	ck_assert_uint_eq(ip_whole(&prefix.address).length, 128);
}
END_TEST

START_TEST(addresses_outside_a_prefix_are_told_apart)
{
	struct ip_prefix prefix;
	struct ip_address in, out, other;
	ck_assert_int_eq(ip_prefix_parse("10.1.2.0/23", &prefix), 0);
	ck_assert_int_eq(ip_parse("10.1.3.255", &in), 0);
	ck_assert_int_eq(ip_parse("10.1.4.0", &out), 0);
	ck_assert_int_eq(ip_parse("::a01:200", &other), 0);
	ck_assert(ip_prefix_has(&prefix, &in));
	ck_assert(!ip_prefix_has(&prefix, &out));
	ck_assert(!ip_prefix_has(&prefix, &other));
}
END_TEST

START_TEST(no_address_has_no_size_and_a_name)
{
	char text[IP_TEXT_SIZE];
	struct ip_address none = { 0 };
	ck_assert_uint_eq(ip_size(&none), 0);
	ck_assert_str_eq(ip_format(&none, text), "none");
	ck_assert(ip_equal(&none, &(struct ip_address){ 0 }));
}
END_TEST

UNIT_MAIN("netns/ip", prefixes_are_read_whole_or_refused, an_address_alone_is_a_whole_prefix,
	  addresses_outside_a_prefix_are_told_apart, no_address_has_no_size_and_a_name)
