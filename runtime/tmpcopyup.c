/* tmpcopyup.c - copies of what an image has below a mount point. */
#include "runtime/tmpcopyup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/sys.h"
#include "runtime/rootfs.h"

/* Deeper trees than this are refused: the walk keeps two descriptors a level. */
#define COPY_DEPTH 128

static int copy_tree(int from_fd, int to_fd, int depth);

static int copy_attributes(int to_fd, const char *name, const struct stat *st)
{
	struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (fchownat(to_fd, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISLNK(st->st_mode) && fchmodat(to_fd, name, st->st_mode & 07777, 0) < 0)
		return -errno;
	return utimensat(to_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int copy_file(int from_fd, int to_fd, const char *name, const struct stat *st)
{
	AUTO_FD in = openat(from_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_FD out = openat(to_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	off_t left = st->st_size;

	if (in < 0 || out < 0)
		return -errno;
	while (left > 0) {
		ssize_t n = sendfile(out, in, NULL, (size_t)left);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		left -= n;
	}
	return 0;
}

static int copy_link(int from_fd, int to_fd, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from_fd, name, target, sizeof target - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	return symlinkat(target, to_fd, name) < 0 ? -errno : 0;
}

static int copy_directory(int from_fd, int to_fd, const char *name, int depth)
{
	AUTO_FD from = openat(from_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (from < 0 || mkdirat(to_fd, name, 0700) < 0)
		return -errno;
	AUTO_FD to = openat(to_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return to < 0 ? -errno : copy_tree(from, to, depth);
}

static int copy_entry(int from_fd, int to_fd, const char *name, int depth)
{
	struct stat st;
	int result;

	if (fstatat(from_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	switch (st.st_mode & S_IFMT) {
	case S_IFDIR: result = copy_directory(from_fd, to_fd, name, depth - 1); break;
	case S_IFREG: result = copy_file(from_fd, to_fd, name, &st); break;
	case S_IFLNK: result = copy_link(from_fd, to_fd, name); break;
	case S_IFSOCK: return 0; /* means nothing without who listens */
	default: result = mknodat(to_fd, name, st.st_mode, st.st_rdev) < 0 ? -errno : 0;
	}
	return result < 0 ? result : copy_attributes(to_fd, name, &st);
}

static int copy_tree(int from_fd, int to_fd, int depth)
{
	int again = fcntl(from_fd, F_DUPFD_CLOEXEC, 3);
	AUTO_DIR *dir = again < 0 ? NULL : fdopendir(again);

	if (!dir)
		return -errno;
	if (depth == 0)
		return -ELOOP;
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		int result = copy_entry(from_fd, to_fd, entry->d_name, depth);
		if (result < 0)
			return result;
	}
	return 0;
}

int tmpcopyup(int root_fd, const char *path, int mount_fd, struct err *e)
{
	struct stat st;
	AUTO_FD from = rootfs_open(root_fd, path, O_RDONLY | O_DIRECTORY);

	if (from == -ENOENT || from == -ENOTDIR)
		return 0;
	if (from < 0 || fstat(from, &st) < 0)
		return err_errno(e, from < 0 ? from : errno, "open %s to copy it", path);
	/* The descriptor of a detached mount is O_PATH; a real one is needed to write below it. */
	AUTO_FD to = openat(mount_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0)
		return err_sys(e, "open the tmpfs for %s", path);
	int result = copy_tree(from, to, COPY_DEPTH);
	if (result == 0 &&
	    (fchown(to, st.st_uid, st.st_gid) < 0 || fchmod(to, st.st_mode & 07777) < 0))
		result = -errno;
	return result < 0 ? err_errno(e, result, "copy %s into its tmpfs", path) : 0;
}

int copy_symlink(const char *source, int root_fd, const char *destination, struct err *e)
{
	char target[PATH_MAX], buffer[PATH_MAX], there[PATH_MAX];
	const char *name;
	ssize_t n = readlink(source, target, sizeof target - 1);

	if (n < 0)
		return errno == EINVAL ? 0 : err_sys(e, "look at the source %s", source);
	target[n] = '\0';
	AUTO_FD parent = rootfs_open_parent(root_fd, destination, &name, buffer, sizeof buffer);
	if (parent < 0)
		return err_errno(e, parent, "open the directory of %s", destination);
	if (symlinkat(target, parent, name) == 0)
		return 1;
	if (errno != EEXIST)
		return err_sys(e, "make the symlink %s", destination);
	n = readlinkat(parent, name, there, sizeof there - 1);
	if (n < 0)
		return err_set(e, ERR_EXISTS, "make the symlink %s: something else is there",
			       destination);
	there[n] = '\0';
	return strcmp(there, target) == 0
		       ? 1
		       : err_set(e, ERR_EXISTS, "make the symlink %s: it points to %s, not to %s",
				 destination, there, target);
}
