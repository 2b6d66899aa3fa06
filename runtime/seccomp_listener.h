/* seccomp_listener.h - a seccomp filter whose NOTIFY descriptor is handed to an agent.
 *
 * The filter may forbid sendmsg(2) to the very process that has the descriptor, so a helper that shares
 * its descriptor table, made before the filter, sends it.
 *
 * Source : runtime-spec config-linux.md "Seccomp" listenerPath, "The Container Process State";
 *          seccomp_unotify(2). */
#ifndef KEG_RUNTIME_SECCOMP_LISTENER_H
#define KEG_RUNTIME_SECCOMP_LISTENER_H

#include <sys/types.h>

#include "base/err.h"
#include "runtime/hooks.h"
#include "runtime/seccomp.h"

/* Connects to linux.seccomp.listenerPath. */
int seccomp_listener_connect(const char *path, struct err *e);

/* The ContainerProcessState of the specification as one line; malloc'ed, NULL without memory. */
char *seccomp_listener_message(const struct hook_subject *subject, const char *metadata, pid_t pid);

/* Loads the filter in the caller and sends its descriptor with `message` to the socket. Negative errno. */
int seccomp_load_with_listener(const struct seccomp_program *program, int socket_fd,
			       const char *message);

#endif
