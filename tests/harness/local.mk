# The program that containers run in tests. Static even where the rest is built with sanitizers: it
# runs in root file systems that hold nothing else.
noinst_PROGRAMS += tests/harness/guest
tests_harness_guest_SOURCES = tests/harness/guest.c
tests_harness_guest_CFLAGS = -std=gnu11 $(WARNINGS) -O1
tests_harness_guest_LDFLAGS = -static
EXTRA_DIST += tests/harness/run tests/harness/__init__.py tests/harness/bounds.py \
	tests/harness/bundle.py tests/harness/fixture.py tests/harness/isolate.py \
	tests/harness/linux.py tests/harness/needs.py tests/harness/registry.py
