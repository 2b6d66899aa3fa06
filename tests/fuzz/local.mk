# libFuzzer programs; tests/fuzz/run builds and runs them, in a build tree of their own.

EXTRA_DIST += tests/fuzz/run tests/fuzz/corpus tests/fuzz/config.dict tests/fuzz/json.dict \
	tests/fuzz/record.dict tests/fuzz/toml.dict

if FUZZERS
FUZZ_LDFLAGS = -fsanitize=fuzzer

noinst_PROGRAMS += tests/fuzz/config_fuzz
tests_fuzz_config_fuzz_SOURCES = tests/fuzz/config_fuzz.c
tests_fuzz_config_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_config_fuzz_LDADD = oci/liboci.a $(BASE_LIBS)

noinst_PROGRAMS += tests/fuzz/json_fuzz
tests_fuzz_json_fuzz_SOURCES = tests/fuzz/json_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_json_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_json_fuzz_LDADD = $(BASE_LIBS)

noinst_PROGRAMS += tests/fuzz/netlink_fuzz
tests_fuzz_netlink_fuzz_SOURCES = tests/fuzz/netlink_fuzz.c
tests_fuzz_netlink_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_netlink_fuzz_LDADD = netns/libnetns.a $(BASE_LIBS)

noinst_PROGRAMS += tests/fuzz/record_fuzz
tests_fuzz_record_fuzz_SOURCES = tests/fuzz/record_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_record_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_record_fuzz_LDADD = $(BASE_LIBS)

noinst_PROGRAMS += tests/fuzz/toml_fuzz
tests_fuzz_toml_fuzz_SOURCES = tests/fuzz/toml_fuzz.c tests/fuzz/fuzz.h
tests_fuzz_toml_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_toml_fuzz_LDADD = $(BASE_LIBS)
endif
