# The program that containers run in tests. Static even where the rest is built with sanitizers: it
# runs in root file systems that hold nothing else.
noinst_PROGRAMS += tests/harness/guest
tests_harness_guest_SOURCES = tests/harness/guest.c
tests_harness_guest_CFLAGS = -std=gnu11 $(WARNINGS) -O1
tests_harness_guest_LDFLAGS = -static
EXTRA_DIST += tests/check-layers tests/expected-skips.txt tests/harness tests/layers.txt tests/runner tests/vm
