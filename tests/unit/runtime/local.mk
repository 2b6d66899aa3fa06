# One program for each file of runtime/; see tests/unit/unit.h.

# libseccomp is the oracle of the seccomp compiler; keg itself does not link it.
check_PROGRAMS += tests/unit/runtime/seccomp
UNIT_TESTS += tests/unit/runtime/seccomp
tests_unit_runtime_seccomp_SOURCES = \
	tests/unit/runtime/bpf.h \
	tests/unit/runtime/seccomp_oracle.c tests/unit/runtime/seccomp_oracle.h \
	tests/unit/runtime/seccomp_test.c
tests_unit_runtime_seccomp_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_runtime_seccomp_LDADD = \
	runtime/libruntime.a oci/liboci.a $(BASE_LIBS) $(CHECK_LIBS) $(SECCOMP_LIBS)
