/* foreground.h - a container in the foreground: waited for, signals passed on, its terminal ours.
 *
 * Source : crun(1) run, exec: signals that reach the runtime go to the container's process.
 * Never  : returns before the process is gone, but with an error. */
#ifndef KEG_RUNTIME_FOREGROUND_H
#define KEG_RUNTIME_FOREGROUND_H

#include "base/err.h"

/* Blocks every signal and returns a signalfd for them; before the clone, so that none is lost. */
int foreground_signals(struct err *e);

/* Until foreground_wait, a SIGHUP, SIGINT, SIGQUIT or SIGTERM interrupts the waits for a hook or for
 * init, and what was begun is undone. One that comes while nothing is waited for is passed on later,
 * as the other signals are.
 *
 * Readable when one is there; -1 when signals are not blocked. Borrowed. */
int foreground_interrupt_fd(void);
/* Takes that signal: -1 with *e. */
int foreground_interrupted(struct err *e);
/* 0 when `fd` is readable or at its end, -1 when interrupted before. */
int foreground_ready(int fd, struct err *e);
/* In init: its parent is the one that is interrupted. */
void foreground_leave(void);

/* `master_fd`: the terminal's master, -1 without. *out_status: exit status, 128 + signal. */
int foreground_wait(int pidfd, int master_fd, int signal_fd, int *out_status, struct err *e);

#endif
