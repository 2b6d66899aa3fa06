noinst_LIBRARIES += netns/libnetns.a

netns_libnetns_a_SOURCES = \
	netns/address.c netns/address.h \
	netns/ip.c netns/ip.h \
	netns/link.c netns/link.h \
	netns/link_give.c \
	netns/ns.c netns/ns.h netns/ns-priv.h \
	netns/ns_pin.c \
	netns/route.c netns/route.h \
	netns/rtnl.c netns/rtnl.h netns/rtnl-priv.h
