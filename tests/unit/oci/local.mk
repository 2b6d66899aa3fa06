# One program for each header of oci/; see tests/unit/unit.h.
OCI_TESTS = \
	tests/unit/oci/config \
	tests/unit/oci/features \
	tests/unit/oci/spec \
	tests/unit/oci/state \
	tests/unit/oci/validate \
	tests/unit/oci/words
UNIT_TESTS += $(OCI_TESTS)
check_PROGRAMS += $(OCI_TESTS)
EXTRA_DIST += tests/unit/oci/maximal.json

OCI_TEST_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_SOURCE_DIR='"$(abs_top_srcdir)"'
OCI_TEST_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
OCI_TEST_LIBS = oci/liboci.a $(BASE_LIBS) $(CHECK_LIBS)

tests_unit_oci_config_CFLAGS = $(OCI_TEST_CFLAGS)
tests_unit_oci_config_CPPFLAGS = $(OCI_TEST_CPPFLAGS)
tests_unit_oci_config_LDADD = $(OCI_TEST_LIBS)
tests_unit_oci_config_SOURCES = tests/unit/oci/config.c tests/unit/oci/documents.h
tests_unit_oci_features_CFLAGS = $(OCI_TEST_CFLAGS)
tests_unit_oci_features_CPPFLAGS = $(OCI_TEST_CPPFLAGS)
tests_unit_oci_features_LDADD = $(OCI_TEST_LIBS)
tests_unit_oci_features_SOURCES = tests/unit/oci/documents.h tests/unit/oci/features.c
tests_unit_oci_spec_CFLAGS = $(OCI_TEST_CFLAGS)
tests_unit_oci_spec_CPPFLAGS = $(OCI_TEST_CPPFLAGS)
tests_unit_oci_spec_LDADD = $(OCI_TEST_LIBS)
tests_unit_oci_spec_SOURCES = tests/unit/oci/documents.h tests/unit/oci/spec.c
tests_unit_oci_state_CFLAGS = $(OCI_TEST_CFLAGS)
tests_unit_oci_state_CPPFLAGS = $(OCI_TEST_CPPFLAGS)
tests_unit_oci_state_LDADD = $(OCI_TEST_LIBS)
tests_unit_oci_state_SOURCES = tests/unit/oci/documents.h tests/unit/oci/state.c
tests_unit_oci_validate_CFLAGS = $(OCI_TEST_CFLAGS)
tests_unit_oci_validate_CPPFLAGS = $(OCI_TEST_CPPFLAGS)
tests_unit_oci_validate_LDADD = $(OCI_TEST_LIBS)
tests_unit_oci_validate_SOURCES = tests/unit/oci/documents.h tests/unit/oci/validate.c
tests_unit_oci_words_CFLAGS = $(OCI_TEST_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_oci_words_LDADD = $(OCI_TEST_LIBS) $(SECCOMP_LIBS)
tests_unit_oci_words_SOURCES = tests/unit/oci/words.c
