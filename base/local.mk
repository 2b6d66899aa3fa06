noinst_LIBRARIES += base/libbase.a

base_libbase_a_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS)
base_libbase_a_SOURCES = \
	base/arena.c base/arena.h \
	base/err.c base/err.h \
	base/failpoint.c base/failpoint.h \
	base/file.c base/file.h \
	base/json.c base/json.h base/json_write.c \
	base/log.c base/log.h \
	base/loop.c base/loop.h \
	base/process.c base/process.h \
	base/record.c base/record.h \
	base/scope.h \
	base/str.c base/str.h \
	base/sys.h \
	base/toml.c base/toml.h \
	base/unix_socket.c base/unix_socket.h \
	base/utc.c base/utc.h \
	base/worker.c base/worker.h

BASE_LIBS = base/libbase.a -lyajl_s
