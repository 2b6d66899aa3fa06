/* foreground.h - a container in the foreground: waited for, signals passed on, its terminal ours.
 *
 * Source : crun(1) run, exec: signals that reach the runtime go to the container's process.
 * Never  : returns before the process is gone, but with an error. */
#ifndef KEG_RUNTIME_FOREGROUND_H
#define KEG_RUNTIME_FOREGROUND_H

#include "base/err.h"

/* Blocks every signal and returns a signalfd for them; before the clone, so that none is lost. */
int foreground_signals(struct err *e);

/* `master_fd`: the terminal's master, -1 without. *out_status: exit status, 128 + signal. */
int foreground_wait(int pidfd, int master_fd, int signal_fd, int *out_status, struct err *e);

#endif
