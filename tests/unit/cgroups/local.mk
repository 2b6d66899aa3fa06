# One program for each file of cgroups/; see tests/unit/unit.h.
CGROUPS_TESTS = \
	tests/unit/cgroups/cgroup \
	tests/unit/cgroups/devices \
	tests/unit/cgroups/limits \
	tests/unit/cgroups/path
UNIT_TESTS += $(CGROUPS_TESTS)
check_PROGRAMS += $(CGROUPS_TESTS)

CGROUPS_TEST_LIBS = $(CGROUPS_LIBS) $(BASE_LIBS) $(CHECK_LIBS)

tests_unit_cgroups_cgroup_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_cgroups_cgroup_LDADD = $(CGROUPS_TEST_LIBS)
tests_unit_cgroups_cgroup_SOURCES = tests/unit/cgroups/cgroup.c tests/unit/cgroups/rooms.h
tests_unit_cgroups_devices_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_cgroups_devices_LDADD = $(CGROUPS_TEST_LIBS)
tests_unit_cgroups_devices_SOURCES = tests/unit/cgroups/devices.c tests/unit/cgroups/rooms.h
tests_unit_cgroups_limits_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_cgroups_limits_LDADD = $(CGROUPS_TEST_LIBS)
tests_unit_cgroups_limits_SOURCES = tests/unit/cgroups/limits.c tests/unit/cgroups/rooms.h
tests_unit_cgroups_path_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_cgroups_path_LDADD = $(CGROUPS_TEST_LIBS)
tests_unit_cgroups_path_SOURCES = tests/unit/cgroups/path.c tests/unit/cgroups/rooms.h
