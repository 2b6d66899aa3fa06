/* file.h - whole files read and written, directories made and removed, by descriptor.
 *
 * Units     : bytes; modes are exact where file_replace_at makes a file, else the umask applies.
 * Errors    : negative errno; no function here knows what the path means to its caller.
 * Ownership : buffers returned are malloc'ed, descriptors are the caller's and O_CLOEXEC.
 * Source    : openat2(2), path_resolution(7), fsync(2).
 * Never     : follows a symlink out of the directory that a function was told to stay in. */
#ifndef KEG_BASE_FILE_H
#define KEG_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The whole file, NUL-terminated, at most `limit_bytes` (more: -EFBIG, found before more than that
 * is held). Works on /proc and pipes. `out_length` may be NULL. */
int file_read_fd(int fd, size_t limit_bytes, char **out_data, size_t *out_length);
int file_read_at(int dirfd, const char *path, size_t limit_bytes, char **out_data,
		 size_t *out_length);
/* The same into the caller's buffer, no allocation, so also after clone(2); NUL-terminated; returns
 * the length or -errno, -EFBIG when file and NUL do not fit. */
ssize_t file_read_small(int dirfd, const char *path, char *buffer, size_t size);

int file_write_all(int fd, const void *data, size_t length);
/* One write(2) to an existing file such as a cgroup or proc file; a part written is -EIO. */
int file_write_once(int dirfd, const char *path, const void *data, size_t length);
/* Temporary file + rename: readers see the old file or the new one, whole. After a failure the old
 * one is still there and nothing else is. A symlink at `path` is replaced, not followed.
 * With `durable` also fsync of file and directory; when only the latter fails, the new file stands
 * and the error says that a power loss may undo it. */
int file_replace_at(int dirfd, const char *path, mode_t mode, const void *data, size_t length,
		    bool durable);

/* open(2) that resolves within dirfd as if it were the root; no magic links, openat2(2) RESOLVE_IN_ROOT.
 * `mode` counts only with O_CREAT or O_TMPFILE. */
int file_open_in_root(int dirfd, const char *path, int flags, mode_t mode);
/* ... that refuses to leave dirfd (-EXDEV) and to follow any symlink (-ELOOP). */
int file_open_beneath(int dirfd, const char *path, int flags, mode_t mode);

/* Makes every missing component; 0 when all is there already, -ENOTDIR when a file is in the way.
 * Follows symlinks: for paths of ours, not of a container's. */
int file_make_directories(int dirfd, const char *path, mode_t mode);
/* Removes `path` below dirfd and all under it, never crossing a symlink or a mount point: a symlink
 * is removed itself, a mount point stays (-EBUSY) with what is mounted there. Goes on after a
 * failure and returns the first one. -ENOENT when `path` is not there; what vanishes meanwhile
 * is no failure. Any depth; at most some 130 descriptors. */
int file_remove_tree(int dirfd, const char *path);

#endif
