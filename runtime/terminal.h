/* terminal.h - a pseudo-terminal of the container's own devpts, handed to whoever asked for it.
 *
 * Only descriptors are used: the slave comes from TIOCGPTPEER, never from a path, and /dev/console is a bind
 * of that very descriptor. The master goes over a unix socket (SCM_RIGHTS): the caller's
 * --console-socket, or the parent itself for `run` and `exec` in the foreground.
 *
 * Errors    : phase PHASE_TERMINAL.
 * Source    : runtime-spec config.md "terminal", "consoleSize"; runc's console socket protocol: one
 *             message with the terminal's name as data. CVE-2025-52565. */
#ifndef KEG_RUNTIME_TERMINAL_H
#define KEG_RUNTIME_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "runtime/plan.h"

struct terminal_request {
	unsigned short rows, columns; /* 0: as it comes */
	uid_t uid;		      /* who gets the slave */
	bool console;		      /* bind it on /dev/console */
	bool console_exists_only;     /* ... where there is one: nothing may be made in /dev */
};

extern const struct step_kind terminal_step; /* setsid, controlling terminal, 0 1 2 */
extern const struct step_kind session_step;  /* setsid alone, without a terminal */

/* The console socket of a caller, connected. */
int terminal_connect(const char *path, struct err *e);
/* The master, from the other end of launch->terminal_fd. */
int terminal_receive(int socket_fd, struct err *e);

/* Copies between our own standard streams and the master, raw, with the size kept the same, until the
 * process of pidfd is gone. Signals in signal_fd other than SIGWINCH are passed on to it. Restores
 * the terminal's modes. 0, or -1 with *e. */
int terminal_attach(int master_fd, int pidfd, int signal_fd, struct err *e);

#endif
