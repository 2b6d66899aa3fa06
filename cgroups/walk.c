/* walk.c - a cgroup and those below it, whatever a container piled up there.
 *
 * One descriptor and one list of names per level is held; the way up is "..", so neither depth nor
 * the length of paths ends a walk.
 *
 * Source    : kernfs keeps st_nlink of a directory at 2 plus its subdirectories. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "cgroups/cgroup-priv.h"

/* The names of one directory's subdirectories, each NUL-terminated, and how far we are. */
struct level {
	struct level *up;
	size_t length, at;
	char names[];
};

/* 64 MB of names: far above cgroup.max.descendants of any sane host. */
#define NAMES_LIMIT (64u * 1024 * 1024)

static int subdirectories(int fd, struct strbuf *names)
{
	AUTO_FD copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_DIR *directory = copy >= 0 ? fdopendir(copy) : NULL;

	if (!directory)
		/* Removed by the container while we came. */
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	(void)take_fd(&copy); /* the stream closes it */
	for (struct dirent *entry; (entry = readdir(directory));) {
		if (entry->d_type == DT_DIR && !str_equal(entry->d_name, ".") &&
		    !str_equal(entry->d_name, ".."))
			(void)strbuf_add_bytes(names, entry->d_name, strlen(entry->d_name) + 1);
	}
	return names->failed;
}

static int level_push(int fd, struct level **levels)
{
	AUTO_STRBUF names = STRBUF(NAMES_LIMIT);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_nlink != 2) {
		int result = subdirectories(fd, &names);
		if (result < 0)
			return result;
	}
	struct level *level = malloc(sizeof *level + names.length);
	if (!level)
		return -ENOMEM;
	level->up = *levels;
	level->length = names.length;
	level->at = 0;
	if (names.length)
		memcpy(level->names, names.data, names.length);
	*levels = level;
	return 0;
}

static void level_pop(struct level **levels)
{
	struct level *up = (*levels)->up;

	free(*levels);
	*levels = up;
}

static int enter(int fd, const struct cgroup_walk *walk, struct level **levels)
{
	int result = walk->enter ? walk->enter(fd, walk->context) : 0;

	return result < 0 ? result : level_push(fd, levels);
}

/* One step: into the next child, or out to the parent. 1 at the end. */
static int step(int *fd, const struct cgroup_walk *walk, struct level **levels)
{
	struct level *level = *levels;

	if (level->at < level->length) {
		const char *name = level->names + level->at;
		int child = openat(*fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (child < 0) {
			if (errno != ENOENT)
				return -errno;
			level->at += strlen(name) + 1;
			return 0;
		}
		scope_close(fd);
		*fd = child;
		return enter(child, walk, levels);
	}
	level_pop(levels);
	level = *levels;
	if (!level)
		return 1;
	int parent = openat(*fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return -errno;
	scope_close(fd);
	*fd = parent;
	const char *name = level->names + level->at;
	level->at += strlen(name) + 1;
	return walk->leave ? walk->leave(parent, name, walk->context) : 0;
}

int cgroup_walk(int fd, const struct cgroup_walk *walk)
{
	struct level *levels = NULL;
	AUTO_FD here = openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (here < 0)
		return -errno;
	int result = enter(here, walk, &levels);
	while (result == 0)
		result = step(&here, walk, &levels);
	while (levels)
		level_pop(&levels);
	return result < 0 ? result : 0;
}
