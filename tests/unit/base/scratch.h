/* scratch.h - an empty directory for one test, gone after it passed; kept when it failed. */
#ifndef KEG_TESTS_UNIT_BASE_SCRATCH_H
#define KEG_TESTS_UNIT_BASE_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

struct scratch {
	char path[PATH_MAX];
	int fd;
};

static inline struct scratch scratch_new(void)
{
	struct scratch scratch;
	const char *parent = getenv("TMPDIR");

	snprintf(scratch.path, sizeof(scratch.path), "%s/keg-unit-XXXXXX",
		 parent ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(scratch.path));
	scratch.fd = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(scratch.fd, 0);
	return scratch;
}

/* By another program than the one under test. */
static inline void scratch_done(struct scratch *scratch)
{
	char command[PATH_MAX + 32];

	close(scratch->fd);
	snprintf(command, sizeof(command), "rm -rf -- '%s'", scratch->path);
	ck_assert_int_eq(system(command), 0);
}

static inline void scratch_write(const struct scratch *scratch, const char *name, const char *text)
{
	int fd = openat(scratch->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static inline const char *scratch_read(const struct scratch *scratch, const char *name)
{
	static char text[65536];
	int fd = openat(scratch->fd, name, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	close(fd);
	return text;
}

static inline int scratch_has(const struct scratch *scratch, const char *name)
{
	struct stat st;

	return fstatat(scratch->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Entries of the directory, hidden ones too. */
static inline int scratch_count(const struct scratch *scratch)
{
	DIR *dir = opendir(scratch->path);
	struct dirent *entry;
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return count;
}

static inline int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

#endif
