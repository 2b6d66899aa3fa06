/* log.h - what a program says to its operator: one line per event, as text or JSON.
 *
 * Text: "2026-01-02T03:04:05Z level: message"; JSON: {"msg":..,"level":..,"time":..}, the form that
 * callers of OCI runtimes parse.
 * Never: called from libraries (they return struct err); a program's outermost wrapper logs. */
#ifndef KEG_BASE_LOG_H
#define KEG_BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log {
	int fd; /* where lines go; -1: nowhere */
	bool json;
	enum log_level level; /* lines above it are dropped */
};

/* `destination`: a path or "file:PATH", appended to; "journald:ID"; "syslog:ID"; NULL for stderr. */
int log_open(struct log *log, const char *destination, const char *format, const char *level,
	     struct err *e);
void log_close(struct log *log);
void log_line(const struct log *log, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* One line for a whole error; JSON carries phase, pointer, object and hint as members too. */
void log_err(const struct log *log, const struct err *e);

#endif
