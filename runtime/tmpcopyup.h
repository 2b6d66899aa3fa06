/* tmpcopyup.h - what the image has at a mount point, carried over: the options tmpcopyup and copy-symlink.
 *
 * Source : crun(1) "tmpcopyup mount options", "copy-symlink mount options".
 * Never  : follows a symlink while copying, leaves the container's root. */
#ifndef KEG_RUNTIME_TMPCOPYUP_H
#define KEG_RUNTIME_TMPCOPYUP_H

#include "base/err.h"

/* Copies the tree at `path` below root_fd into the directory mount_fd (a detached tmpfs): directories,
 * files, symlinks, device nodes, with owner, mode and times. Nothing at `path` is fine. */
int tmpcopyup(int root_fd, const char *path, int mount_fd, struct err *e);

/* Makes `destination` a symlink like `source`. 1 done, 0 source is no symlink, -1 *e. */
int copy_symlink(const char *source, int root_fd, const char *destination, struct err *e);

#endif
