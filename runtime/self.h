/* self.h - the runtime's own binary, kept out of a container's reach.
 *
 * A process of ours that a container can see leads to our file by /proc/PID/exe, and whoever is root in
 * the container could write to it (CVE-2019-5736). So before anything enters a container the program is
 * executed once more from a read-only view of itself: a detached mount, or a sealed copy in memory where
 * mounts are not allowed. Not needed when the file lies on a read-only mount already.
 *
 * Source : CVE-2019-5736; open_tree(2), mount_setattr(2), memfd_create(2). */
#ifndef KEG_RUNTIME_SELF_H
#define KEG_RUNTIME_SELF_H

#include "base/err.h"

int self_protect(char *const *argv, struct err *e);

#endif
