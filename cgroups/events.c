/* events.c - what the kernel reports about a cgroup, and waiting for it: populated, frozen, oom.
 *
 * Source    : cgroup-v2.rst "[Un]populated Notification", "Core Interface Files", memory.events. */
#include "cgroups/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "cgroups/cgroup-priv.h"

int64_t cgroup_deadline(int timeout_ms)
{
	struct timespec now;

	if (timeout_ms < 0)
		return -1;
	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail on Linux */
	return now.tv_sec * 1000000000LL + now.tv_nsec + timeout_ms * 1000000LL;
}

/* The value of a line "name value" in a flat keyed file; false when there is no such line. */
static bool keyed_value(const char *text, const char *name, uint64_t *out_value)
{
	size_t length = strlen(name);

	for (const char *at = text; at && *at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, length) == 0 && at[length] == ' ') {
			*out_value = strtoull(at + length + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

int cgroup_events_parse(int events_fd, bool *out_populated, bool *out_frozen)
{
	char text[256];
	ssize_t length = pread(events_fd, text, sizeof text - 1, 0);
	uint64_t populated = 0, frozen = 0;

	if (length < 0)
		return -errno;
	text[length] = '\0';
	if (!keyed_value(text, "populated", &populated))
		return -EIO;
	(void)keyed_value(text, "frozen", &frozen); /* before Linux 5.2 there is none */
	*out_populated = populated != 0;
	*out_frozen = frozen != 0;
	return 0;
}

int cgroup_events_wait(int events_fd, enum cgroup_event event, bool value, int64_t deadline_ns)
{
	for (;;) {
		struct pollfd wait = { .fd = events_fd, .events = POLLPRI };
		int64_t left_ns = deadline_ns < 0 ? -1 : deadline_ns - cgroup_deadline(0);
		bool is[2];
		int result = cgroup_events_parse(events_fd, &is[CGROUP_EVENT_POPULATED],
						 &is[CGROUP_EVENT_FROZEN]);

		if (result < 0)
			return result;
		if (is[event] == value)
			return 0;
		if (deadline_ns >= 0 && left_ns <= 0)
			return -ETIMEDOUT;
		/* At most a second at a time: the kernel drops no notification, but a bound costs nothing. */
		int wait_ms =
			left_ns < 0 || left_ns > 1000000000 ? 1000 : (int)(left_ns / 1000000) + 1;
		if (poll(&wait, 1, wait_ms) < 0 && errno != EINTR)
			return -errno;
	}
}

int cgroup_events_open(const struct cgroup *cgroup, const char *file, struct err *e)
{
	int fd = openat(cgroup->fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return cgroup_failed(e, err_sys(e, "open %s of cgroup %s", file, cgroup->path));
	return fd;
}

int cgroup_events_read(const struct cgroup *cgroup, struct cgroup_events *out_events, struct err *e)
{
	struct cgroup_events events = { 0 };
	char text[512];
	AUTO_FD fd = cgroup_events_open(cgroup, "cgroup.events", e);

	if (fd < 0)
		return -1;
	int result = cgroup_events_parse(fd, &events.populated, &events.frozen);
	if (result < 0)
		return cgroup_failed(
			e, err_errno(e, result, "read cgroup.events of %s", cgroup->path));
	ssize_t length = file_read_small(cgroup->fd, "memory.events", text, sizeof text);
	if (length < 0 && length != -ENOENT)
		return cgroup_failed(
			e, err_errno(e, (int)length, "read memory.events of %s", cgroup->path));
	if (length >= 0) {
		events.has_memory = true;
		(void)keyed_value(text, "low", &events.memory_low);
		(void)keyed_value(text, "high", &events.memory_high);
		(void)keyed_value(text, "max", &events.memory_max);
		(void)keyed_value(text, "oom", &events.memory_oom);
		(void)keyed_value(text, "oom_kill", &events.memory_oom_kill);
	}
	*out_events = events;
	return 0;
}

/* --------------------------------------------------------------------------------- the freezer */

/* Opened before the write, so that the change cannot be missed. */
static int set_frozen(const struct cgroup *cgroup, bool frozen, int timeout_ms)
{
	AUTO_FD events = openat(cgroup->fd, "cgroup.events", O_RDONLY | O_CLOEXEC);

	if (events < 0)
		return -errno;
	int result = file_write_once(cgroup->fd, "cgroup.freeze", frozen ? "1" : "0", 1);
	if (result < 0)
		return result;
	return cgroup_events_wait(events, CGROUP_EVENT_FROZEN, frozen, cgroup_deadline(timeout_ms));
}

int cgroup_freeze(const struct cgroup *cgroup, int timeout_ms, struct err *e)
{
	char survivor[128];
	int result = set_frozen(cgroup, true, timeout_ms);

	if (result == 0)
		return 0;
	(void)err_errno(e, result, "freeze cgroup %s", cgroup->path);
	if (result == -ETIMEDOUT) {
		cgroup_survivor(cgroup, survivor, sizeof survivor);
		/* A failure here leaves it freezing, which the error says already. */
		(void)file_write_once(cgroup->fd, "cgroup.freeze", "0", 1);
		if (*survivor)
			(void)err_hint(e, "%s did not stop", survivor);
	}
	return err_phase(e, PHASE_CGROUP);
}

int cgroup_thaw(const struct cgroup *cgroup, int timeout_ms, struct err *e)
{
	int result = set_frozen(cgroup, false, timeout_ms);

	if (result == 0)
		return 0;
	(void)err_errno(e, result, "thaw cgroup %s", cgroup->path);
	if (result == -ETIMEDOUT)
		(void)err_hint(e, "a parent of it may be frozen");
	return err_phase(e, PHASE_CGROUP);
}
