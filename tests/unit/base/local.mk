# One program for each file of base/; see tests/unit/unit.h.

check_PROGRAMS += tests/unit/base/arena
UNIT_TESTS += tests/unit/base/arena
tests_unit_base_arena_SOURCES = tests/unit/base/arena_test.c
tests_unit_base_arena_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_arena_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/err
UNIT_TESTS += tests/unit/base/err
tests_unit_base_err_SOURCES = tests/unit/base/err_test.c
tests_unit_base_err_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_err_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/failpoint
UNIT_TESTS += tests/unit/base/failpoint
tests_unit_base_failpoint_SOURCES = tests/unit/base/failpoint_test.c base/failpoint.c
tests_unit_base_failpoint_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) -DKEG_FAILPOINTS
tests_unit_base_failpoint_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/file
UNIT_TESTS += tests/unit/base/file
tests_unit_base_file_SOURCES = tests/unit/base/file_test.c tests/unit/base/scratch.h
tests_unit_base_file_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_file_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/json
UNIT_TESTS += tests/unit/base/json
tests_unit_base_json_SOURCES = tests/unit/base/json_test.c
tests_unit_base_json_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_json_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/json_write
UNIT_TESTS += tests/unit/base/json_write
tests_unit_base_json_write_SOURCES = tests/unit/base/json_write_test.c
tests_unit_base_json_write_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_json_write_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/log
UNIT_TESTS += tests/unit/base/log
tests_unit_base_log_SOURCES = tests/unit/base/log_test.c tests/unit/base/scratch.h
tests_unit_base_log_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_log_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/loop
UNIT_TESTS += tests/unit/base/loop
tests_unit_base_loop_SOURCES = tests/unit/base/loop_test.c tests/unit/base/scratch.h
tests_unit_base_loop_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_loop_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/process
UNIT_TESTS += tests/unit/base/process
tests_unit_base_process_SOURCES = tests/unit/base/process_test.c tests/unit/base/scratch.h
tests_unit_base_process_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_process_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/record
UNIT_TESTS += tests/unit/base/record
tests_unit_base_record_SOURCES = tests/unit/base/record_test.c
tests_unit_base_record_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_record_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/scope
UNIT_TESTS += tests/unit/base/scope
tests_unit_base_scope_SOURCES = tests/unit/base/scope_test.c tests/unit/base/scratch.h
tests_unit_base_scope_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_scope_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/str
UNIT_TESTS += tests/unit/base/str
tests_unit_base_str_SOURCES = tests/unit/base/str_test.c
tests_unit_base_str_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_str_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/toml
UNIT_TESTS += tests/unit/base/toml
tests_unit_base_toml_SOURCES = tests/unit/base/toml_test.c
tests_unit_base_toml_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_toml_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/unix_socket
UNIT_TESTS += tests/unit/base/unix_socket
tests_unit_base_unix_socket_SOURCES = tests/unit/base/unix_socket_test.c tests/unit/base/scratch.h
tests_unit_base_unix_socket_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_unix_socket_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/utc
UNIT_TESTS += tests/unit/base/utc
tests_unit_base_utc_SOURCES = tests/unit/base/utc_test.c
tests_unit_base_utc_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_utc_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/base/worker
UNIT_TESTS += tests/unit/base/worker
tests_unit_base_worker_SOURCES = tests/unit/base/worker_test.c tests/unit/base/scratch.h
tests_unit_base_worker_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_base_worker_LDADD = $(BASE_LIBS) $(CHECK_LIBS)
