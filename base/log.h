/* log.h - what a program says to its operator: one line per event, as text or JSON.
 *
 *   2026-01-02T03:04:05Z error: set up the rootfs of web-1: mount proc on /proc: Operation not permitted
 *   {"msg":"...","level":"error","time":"2026-01-02T03:04:05Z","phase":"mounts","pointer":"/mounts/0"}
 *
 * The JSON members msg, level and time are what callers of OCI runtimes parse. A line is one
 * write(2) on a descriptor opened with O_APPEND, so lines of several processes do not mix. What is
 * no UTF-8 becomes U+FFFD; control characters, newlines first, are written as escapes in both forms,
 * so nobody's input can forge a line.
 *
 * Limits    : a message is cut after LOG_MESSAGE_MAX bytes, visibly.
 * Errors    : log_open says why; log_line and log_err lose the line when it cannot be written, as
 *             nobody is left to tell.
 * Never     : called from libraries (they return struct err); a program's outermost wrapper logs.
 *             Waits for more than a second for a log daemon that does not read.
 * Source    : systemd's "Native Journal Protocol"; RFC 3164 as syslog(3) writes it to /dev/log. */
#ifndef KEG_BASE_LOG_H
#define KEG_BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_kind { LOG_KIND_STREAM, LOG_KIND_JOURNALD, LOG_KIND_SYSLOG };

#define LOG_MESSAGE_MAX 4096
#define LOG_ID_MAX 63

struct log {
	int fd; /* where lines go; -1: nowhere */
	bool json;
	bool borrowed;	      /* stderr, which log_close leaves open */
	enum log_level level; /* lines above it are dropped */
	enum log_kind kind;
	char id[LOG_ID_MAX + 1]; /* of journald:ID and syslog:ID */
};
#define LOG_INIT ((struct log){ .fd = -1 })

/* `destination`: a path or "file:PATH", appended to; "journald:ID"; "syslog:ID"; NULL for stderr.
 * `format`: "text" or "json", NULL for text; journald gets fields of its own kind in either case.
 * `level`: "error", "warning", "info" or "debug"; NULL for error. */
int log_open(struct log *log, const char *destination, const char *format, const char *level,
	     struct err *e);
void log_close(struct log *log); /* LOG_INIT after it */
void log_line(const struct log *log, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* One line for a whole error; JSON carries phase, pointer, object and hint as members too, journald
 * as fields KEG_PHASE and so on. */
void log_err(const struct log *log, const struct err *e);

#endif
