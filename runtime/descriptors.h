/* descriptors.h - what is open when the container's program is looked up and executed.
 *
 *   0 1 2                  standard streams
 *   3 .. 2+N               what the caller opened and asked to pass (--preserve-fds N)
 *   sync, fifo, listener   ours, close-on-exec, until the execve
 *   everything else        closed: neither /proc/self/fd/N of a path nor the program finds it
 *
 * A descriptor of ours may have a number below 3+N when the caller opened fewer than N; it is known by its
 * close-on-exec flag, which what came through the caller's execve cannot have.
 *
 * Source : crun(1) --preserve-fds; CVE-2024-21626. */
#ifndef KEG_RUNTIME_DESCRIPTORS_H
#define KEG_RUNTIME_DESCRIPTORS_H

#include "runtime/plan.h"

/* request: int, the seccomp listener's socket, -1 for none. */
extern const struct step_kind descriptors_step;

/* Closes every descriptor from 3 on but those in `keep` (-1 is skipped), and but those below 3 +
 * preserve_fds that are not close-on-exec. Negative errno. */
int descriptors_close_others(int preserve_fds, const int *keep, size_t n_keep);

#endif
