# One program for each file of runtime/; see tests/unit/unit.h.

# libseccomp is the oracle of the seccomp compiler; keg itself does not link it.
check_PROGRAMS += tests/unit/runtime/seccomp
UNIT_TESTS += tests/unit/runtime/seccomp
tests_unit_runtime_seccomp_SOURCES = \
	tests/unit/runtime/bpf.h tests/unit/runtime/child.h \
	tests/unit/runtime/seccomp_oracle.c tests/unit/runtime/seccomp_oracle.h \
	tests/unit/runtime/seccomp_test.c
tests_unit_runtime_seccomp_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_runtime_seccomp_LDADD = \
	runtime/libruntime.a oci/liboci.a $(BASE_LIBS) $(CHECK_LIBS) $(SECCOMP_LIBS)

check_PROGRAMS += tests/unit/runtime/capabilities
UNIT_TESTS += tests/unit/runtime/capabilities
tests_unit_runtime_capabilities_SOURCES = tests/unit/runtime/capabilities_test.c tests/unit/runtime/child.h
tests_unit_runtime_capabilities_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_runtime_capabilities_LDADD = \
	runtime/libruntime.a oci/liboci.a $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/runtime/cpu_affinity
UNIT_TESTS += tests/unit/runtime/cpu_affinity
tests_unit_runtime_cpu_affinity_SOURCES = tests/unit/runtime/cpu_affinity_test.c tests/unit/runtime/child.h
tests_unit_runtime_cpu_affinity_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_runtime_cpu_affinity_LDADD = \
	runtime/libruntime.a oci/liboci.a $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/runtime/descriptors
UNIT_TESTS += tests/unit/runtime/descriptors
tests_unit_runtime_descriptors_SOURCES = tests/unit/runtime/descriptors_test.c
tests_unit_runtime_descriptors_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_runtime_descriptors_LDADD = $(RUNTIME_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/runtime/memory_policy
UNIT_TESTS += tests/unit/runtime/memory_policy
tests_unit_runtime_memory_policy_SOURCES = tests/unit/runtime/memory_policy_test.c tests/unit/runtime/child.h
tests_unit_runtime_memory_policy_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_runtime_memory_policy_LDADD = \
	runtime/libruntime.a oci/liboci.a $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/runtime/mount_options
UNIT_TESTS += tests/unit/runtime/mount_options
tests_unit_runtime_mount_options_SOURCES = tests/unit/runtime/mount_options_test.c
tests_unit_runtime_mount_options_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_runtime_mount_options_LDADD = \
	runtime/libruntime.a oci/liboci.a $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/runtime/personality
UNIT_TESTS += tests/unit/runtime/personality
tests_unit_runtime_personality_SOURCES = tests/unit/runtime/personality_test.c tests/unit/runtime/child.h
tests_unit_runtime_personality_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_runtime_personality_LDADD = \
	runtime/libruntime.a oci/liboci.a $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/runtime/rlimits
UNIT_TESTS += tests/unit/runtime/rlimits
tests_unit_runtime_rlimits_SOURCES = tests/unit/runtime/rlimits_test.c tests/unit/runtime/child.h
tests_unit_runtime_rlimits_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_runtime_rlimits_LDADD = \
	runtime/libruntime.a oci/liboci.a $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/runtime/scheduling
UNIT_TESTS += tests/unit/runtime/scheduling
tests_unit_runtime_scheduling_SOURCES = tests/unit/runtime/scheduling_test.c tests/unit/runtime/child.h
tests_unit_runtime_scheduling_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_runtime_scheduling_LDADD = \
	runtime/libruntime.a oci/liboci.a $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/runtime/signals
UNIT_TESTS += tests/unit/runtime/signals
tests_unit_runtime_signals_SOURCES = tests/unit/runtime/signals_test.c
tests_unit_runtime_signals_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_runtime_signals_LDADD = \
	runtime/libruntime.a oci/liboci.a $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/runtime/syscalls
UNIT_TESTS += tests/unit/runtime/syscalls
tests_unit_runtime_syscalls_SOURCES = tests/unit/runtime/syscalls_test.c
tests_unit_runtime_syscalls_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_runtime_syscalls_LDADD = \
	runtime/libruntime.a oci/liboci.a $(BASE_LIBS) $(CHECK_LIBS) $(SECCOMP_LIBS)
