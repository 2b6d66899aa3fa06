# keg once more, from the same sources, with its failpoints compiled in (base/failpoint.h).
noinst_PROGRAMS += tests/fault/keg
tests_fault_keg_SOURCES = $(keg_sources) $(runtime_sources) $(base_libbase_a_SOURCES)
tests_fault_keg_CPPFLAGS = $(AM_CPPFLAGS) -DKEG_FAILPOINTS
tests_fault_keg_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
tests_fault_keg_LDFLAGS = $(LINK_STATIC)
tests_fault_keg_LDADD = oci/liboci.a $(CGROUPS_LIBS) netns/libnetns.a -lyajl_s
