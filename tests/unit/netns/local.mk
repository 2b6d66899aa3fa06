NETNS_TESTS = \
	tests/unit/netns/ip \
	tests/unit/netns/link \
	tests/unit/netns/ns \
	tests/unit/netns/rtnl
UNIT_TESTS += $(NETNS_TESTS)
check_PROGRAMS += $(NETNS_TESTS)

NETNS_TEST_LIBS = netns/libnetns.a $(BASE_LIBS) $(CHECK_LIBS)

tests_unit_netns_ip_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_netns_ip_LDADD = $(NETNS_TEST_LIBS)
tests_unit_netns_link_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_netns_link_LDADD = $(NETNS_TEST_LIBS)
tests_unit_netns_link_SOURCES = tests/unit/netns/link.c tests/unit/netns/rooms.h
tests_unit_netns_ns_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_netns_ns_LDADD = $(NETNS_TEST_LIBS)
tests_unit_netns_ns_SOURCES = tests/unit/netns/ns.c tests/unit/netns/rooms.h
tests_unit_netns_rtnl_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_netns_rtnl_LDADD = $(NETNS_TEST_LIBS)
tests_unit_netns_rtnl_SOURCES = tests/unit/netns/rooms.h tests/unit/netns/rtnl.c
