/* descriptors.c - closing what a container must not reach. */
#include "runtime/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "runtime/launch.h"

#define KEEP_MAX 8

static int compare_descriptors(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static bool is_kept(int fd, const int *sorted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sorted[i] == fd)
			return true;
	return false;
}

int descriptors_close_others(int preserve_fds, const int *keep, size_t n_keep)
{
	int sorted[KEEP_MAX];
	size_t count = 0;
	unsigned from = 3U + (unsigned)preserve_fds;

	if (n_keep > KEEP_MAX)
		return -E2BIG;
	for (size_t i = 0; i < n_keep; i++)
		if (keep[i] >= 3)
			sorted[count++] = keep[i];
	qsort(sorted, count, sizeof sorted[0], compare_descriptors);

	for (int fd = 3; fd < (int)from; fd++) {
		int flags = fcntl(fd, F_GETFD);
		if (flags >= 0 && (flags & FD_CLOEXEC) && !is_kept(fd, sorted, count))
			close(fd);
	}
	for (size_t i = 0; i < count; i++) {
		unsigned kept = (unsigned)sorted[i];
		if (kept < from)
			continue;
		if (kept > from && sys_close_range(from, kept - 1, 0) < 0)
			return -errno;
		from = kept + 1;
	}
	return sys_close_range(from, ~0U, 0) < 0 ? -errno : 0;
}

static int descriptors_run(struct launch *launch, const struct step *step, struct err *e)
{
	const int *listener = step->request;
	const int keep[] = { launch->sync_fd, launch->start_fifo_fd, *listener };
	int result =
		descriptors_close_others(launch->preserve_fds, keep, sizeof keep / sizeof keep[0]);

	if (result < 0)
		return err_errno(e, result, "close what the container must not reach");
	launch->root_fd = launch->proc_fd = launch->terminal_fd = launch->masked_directory_fd = -1;
	return 0;
}

const struct step_kind descriptors_step = {
	"descriptors", PHASE_SECURITY, ACTOR_INIT, descriptors_run, NULL,
};
