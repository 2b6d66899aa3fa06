/* file.h - whole files read and written, directories walked and removed, by descriptor.
 *
 * Errors    : negative errno where no name is known, else struct err.
 * Ownership : buffers returned are malloc'ed, descriptors are the caller's and O_CLOEXEC. */
#ifndef KEG_BASE_FILE_H
#define KEG_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* The whole file, NUL-terminated, at most `limit_bytes` (more: -EFBIG). Works on /proc and pipes. */
int file_read_fd(int fd, size_t limit_bytes, char **out_data, size_t *out_length);
int file_read_at(int dirfd, const char *path, size_t limit_bytes, char **out_data,
		 size_t *out_length);
/* The same into the caller's buffer, no allocation; NUL-terminated; returns length or -errno. */
ssize_t file_read_small(int dirfd, const char *path, char *buffer, size_t size);

int file_write_all(int fd, const void *data, size_t length);
/* One write(2) to an existing file such as a cgroup or proc file. */
int file_write_once(int dirfd, const char *path, const void *data, size_t length);
/* Temporary file + rename; with `durable` also fsync of file and directory. */
int file_replace_at(int dirfd, const char *path, mode_t mode, const void *data, size_t length,
		    bool durable);

/* open(2) that resolves within dirfd as if it were the root; no magic links, openat2(2) RESOLVE_IN_ROOT. */
int file_open_in_root(int dirfd, const char *path, int flags, mode_t mode);
/* ... that refuses to leave dirfd and to follow any symlink (RESOLVE_BENEATH | NO_SYMLINKS). */
int file_open_beneath(int dirfd, const char *path, int flags, mode_t mode);

/* Makes every missing component; returns 0 or -errno. */
int file_make_directories(int dirfd, const char *path, mode_t mode);
/* Removes `path` below dirfd and all under it, never crossing a symlink or a mount point. */
int file_remove_tree(int dirfd, const char *path);

#endif
