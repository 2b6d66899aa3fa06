/* file.c - see file.h. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/failpoint.h"
#include "base/scope.h"
#include "base/sys.h"

/* -- reading ------------------------------------------------------------------------------------ */

static ssize_t read_some(int fd, void *buffer, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buffer, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* What to allocate first: the size a regular file claims and one byte to see its end; /proc claims
 * 0 and pipes nothing. */
static size_t first_capacity(int fd, size_t limit)
{
	size_t want = 4096;
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		want = (size_t)st.st_size + 1;
	return want <= limit ? want : limit + 1;
}

int file_read_fd(int fd, size_t limit_bytes, char **out_data, size_t *out_length)
{
	/* One byte more than the limit shows that there is more; one more holds the NUL. */
	size_t limit = limit_bytes < SSIZE_MAX - 2 ? limit_bytes : SSIZE_MAX - 2;
	size_t capacity = first_capacity(fd, limit), length = 0;
	AUTO_FREE char *data = malloc(capacity + 1);

	if (!data)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read_some(fd, data + length, capacity - length);
		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		length += (size_t)n;
		if (length > limit)
			return -EFBIG;
		if (length == capacity) {
			capacity = capacity <= limit / 2 ? capacity * 2 : limit + 1;
			char *more = realloc(data, capacity + 1);
			if (!more)
				return -ENOMEM;
			data = more;
		}
	}
	data[length] = '\0';
	*out_data = take_ptr(&data);
	if (out_length)
		*out_length = length;
	return 0;
}

int file_read_at(int dirfd, const char *path, size_t limit_bytes, char **out_data,
		 size_t *out_length)
{
	AUTO_FD fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	return file_read_fd(fd, limit_bytes, out_data, out_length);
}

ssize_t file_read_small(int dirfd, const char *path, char *buffer, size_t size)
{
	size_t length = 0;

	if (size == 0)
		return -EINVAL;
	AUTO_FD fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	while (length < size) {
		ssize_t n = read_some(fd, buffer + length, size - length);
		if (n < 0)
			return n;
		if (n == 0) {
			buffer[length] = '\0';
			return (ssize_t)length;
		}
		length += (size_t)n;
	}
	return -EFBIG;
}

/* -- writing ------------------------------------------------------------------------------------ */

int file_write_all(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length > 0) {
		ssize_t n = write(fd, at, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO; /* no file system says so, and trying again could go on for ever */
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

int file_write_once(int dirfd, const char *path, const void *data, size_t length)
{
	AUTO_FD fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = write(fd, data, length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == length ? 0 : -EIO;
}

/* "a/b/c" -> "a/b" and "c"; "c" -> "." and "c"; "/c" -> "/" and "c". A path that ends in a slash,
 * "." or ".." names no entry of a directory: -EINVAL. */
static int split_path(const char *path, char parent[static PATH_MAX], const char **out_name)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EINVAL;
	if (length >= PATH_MAX)
		return -ENAMETOOLONG;
	if (!slash) {
		strcpy(parent, ".");
	} else if (length == 0) {
		strcpy(parent, "/");
	} else {
		memcpy(parent, path, length);
		parent[length] = '\0';
	}
	*out_name = name;
	return 0;
}

/* ".NAME.1f2e3d4c5b6a7988": hidden, and shortened so that it is a legal name for any legal NAME. */
static int make_temporary(int dirfd, const char *name, char temporary[static NAME_MAX + 1])
{
	for (int attempt = 0; attempt < 16; attempt++) {
		uint64_t random;

		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return -EIO;
		(void)snprintf(temporary, NAME_MAX + 1, ".%.200s.%016llx", name,
			       (unsigned long long)random); /* cannot be cut: 1 + 200 + 1 + 16 */
		int fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int fill_temporary(int fd, mode_t mode, const void *data, size_t length, bool durable)
{
	int r = FAILPOINT_ERRNO("file.replace.write");

	if (r)
		return -r;
	r = file_write_all(fd, data, length);
	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0)
		return -errno;
	if (durable && fsync(fd) < 0)
		return -errno;
	return 0;
}

int file_replace_at(int dirfd, const char *path, mode_t mode, const void *data, size_t length,
		    bool durable)
{
	char parent_path[PATH_MAX], temporary[NAME_MAX + 1];
	const char *name;
	int r = split_path(path, parent_path, &name);

	if (r < 0)
		return r;
	/* Opened first: all that follows happens in one directory, wherever that is moved. */
	AUTO_FD parent =
		openat(dirfd, parent_path, (durable ? O_RDONLY : O_PATH) | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return -errno;
	AUTO_FD fd = make_temporary(parent, name, temporary);
	if (fd < 0)
		return fd;
	r = fill_temporary(fd, mode, data, length, durable);
	FAILPOINT("file.replace.written");
	if (r == 0 && renameat(parent, temporary, parent, name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(parent, temporary, 0); /* the error at hand is the one to report */
		return r;
	}
	FAILPOINT("file.replace.renamed");
	return durable && fsync(parent) < 0 ? -errno : 0;
}

/* -- opening under a root ----------------------------------------------------------------------- */

/* openat2 gives EAGAIN when a rename elsewhere made it impossible to tell that ".." stayed inside. */
#define OPEN_ATTEMPTS 64

static int open_resolved(int dirfd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? mode : 0,
		.resolve = resolve,
	};

	for (int attempt = 0;; attempt++) {
		int fd = sys_openat2(dirfd, path, &how);
		if (fd >= 0)
			return fd;
		if (errno != EINTR && (errno != EAGAIN || attempt >= OPEN_ATTEMPTS))
			return -errno;
	}
}

int file_open_in_root(int dirfd, const char *path, int flags, mode_t mode)
{
	return open_resolved(dirfd, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int file_open_beneath(int dirfd, const char *path, int flags, mode_t mode)
{
	return open_resolved(dirfd, path, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

/* -- directories -------------------------------------------------------------------------------- */

int file_make_directories(int dirfd, const char *path, mode_t mode)
{
	char partial[PATH_MAX];
	size_t length = strlen(path);
	struct stat st;

	if (length == 0)
		return -ENOENT;
	if (length >= sizeof(partial))
		return -ENAMETOOLONG;
	if (mkdirat(dirfd, path, mode) == 0)
		return 0;
	if (errno == ENOENT) {
		memcpy(partial, path, length + 1);
		for (size_t i = 1; i < length; i++) {
			if (partial[i] != '/' || partial[i - 1] == '/')
				continue;
			partial[i] = '\0';
			if (mkdirat(dirfd, partial, mode) < 0 && errno != EEXIST)
				return -errno;
			partial[i] = '/';
		}
		if (mkdirat(dirfd, path, mode) == 0)
			return 0;
	}
	if (errno != EEXIST)
		return -errno;
	if (fstatat(dirfd, path, &st, 0) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

/* Removal holds one descriptor for each level it is down. What lies deeper than MAX_DEPTH is moved
 * up to the top of the tree, which is then read again:
 *
 *     top/1/2/.../128/deep        ->        top/.removing-0
 *
 * so that neither the stack nor the descriptor limit can be exhausted by whoever made the tree. */
#define MAX_DEPTH 128
#define MAX_MOVES 65536

struct removal {
	int top;	/* descriptor of the directory to be removed, -1 before it is open */
	unsigned moved; /* subtrees moved up so far; also makes their names */
	int first_error;
};

static void removal_failed(struct removal *removal, int error)
{
	if (removal->first_error == 0)
		removal->first_error = error;
}

static int move_up(struct removal *removal, int dirfd, const char *name)
{
	char up[32];

	while (removal->moved < MAX_MOVES) {
		(void)snprintf(up, sizeof(up), ".removing-%u", removal->moved++); /* fits */
		if (renameat2(dirfd, name, removal->top, up, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -ELOOP;
}

static int remove_entry(struct removal *removal, int dirfd, const char *name, unsigned depth);

static int remove_children(struct removal *removal, DIR *dir, unsigned depth)
{
	for (;;) {
		errno = 0;
		struct dirent *entry = readdir(dir);
		if (!entry)
			return -errno;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		int r = remove_entry(removal, dirfd(dir), entry->d_name, depth + 1);
		if (r < 0)
			removal_failed(removal, r);
	}
}

static int remove_directory(struct removal *removal, int dirfd, const char *name, unsigned depth)
{
	if (depth > MAX_DEPTH)
		return move_up(removal, dirfd, name);
	AUTO_FD fd = open_resolved(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
				   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (fd < 0)
		return fd == -EXDEV ? -EBUSY : fd;
	AUTO_DIR *dir = fdopendir(fd);
	if (!dir)
		return -errno;
	int own = take_fd(&fd); /* now the stream's */
	if (depth == 0)
		removal->top = own;
	unsigned moved;
	do {
		moved = removal->moved;
		int r = remove_children(removal, dir, depth);
		if (r < 0)
			return r;
		rewinddir(dir);
	} while (depth == 0 && moved != removal->moved);
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0)
		return 0;
	/* What stayed has said why already. */
	return errno == ENOTEMPTY && removal->first_error ? removal->first_error : -errno;
}

static int remove_entry(struct removal *removal, int dirfd, const char *name, unsigned depth)
{
	int r = 0;

	if (unlinkat(dirfd, name, 0) == 0)
		return 0;
	if (errno != EISDIR)
		r = -errno;
	else if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0)
		r = errno == ENOTEMPTY ? remove_directory(removal, dirfd, name, depth) : -errno;
	return r == -ENOENT && depth > 0 ? 0 : r;
}

int file_remove_tree(int dirfd, const char *path)
{
	struct removal removal = { .top = -1 };
	char parent_path[PATH_MAX];
	const char *name;
	int r = split_path(path, parent_path, &name);

	if (r < 0)
		return r;
	AUTO_FD parent = file_open_beneath(dirfd, parent_path, O_PATH | O_DIRECTORY, 0);
	if (parent < 0)
		return parent;
	r = remove_entry(&removal, parent, name, 0);
	return removal.first_error ? removal.first_error : r;
}
