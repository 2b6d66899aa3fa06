/* pidfile.h - the number other programs read to find a container's first process.
 *
 * Units     : pids as seen in the caller's pid namespace, pid_namespaces(7).
 * Ownership : nothing is kept; paths are borrowed for the call.
 * Errors    : phase PHASE_STATE. The file appears whole or not at all.
 * Source    : runtime-spec runtime.md "create"; crun(1) --pid-file.
 * Never     : kills, waits, or looks inside /proc of the process. */
#ifndef KEG_RUNTIME_PIDFILE_H
#define KEG_RUNTIME_PIDFILE_H

#include <sys/types.h>

#include "base/err.h"

int pidfile_write(const char *path, pid_t pid, struct err *e);
void pidfile_remove(const char *path); /* one that is gone is fine */

#endif
