/* processes.c - the processes of a cgroup: listed, signalled, killed.
 *
 * A pid read from cgroup.procs may be gone and used again a moment later. A signal goes through a
 * pidfd that was open while a second listing still showed the pid, so it cannot reach a stranger.
 *
 * Source    : cgroup-v2.rst cgroup.procs, cgroup.kill; pidfd_send_signal(2); proc(5). */
#include "cgroups/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "cgroups/cgroup-priv.h"

struct pid_list {
	pid_t *pids;
	size_t count, capacity;
};

static int pid_list_add(struct pid_list *list, pid_t pid)
{
	if (list->count == CGROUP_PIDS_MAX)
		return -E2BIG;
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 64;
		pid_t *pids = realloc(list->pids, capacity * sizeof *pids);

		if (!pids)
			return -ENOMEM;
		list->pids = pids;
		list->capacity = capacity;
	}
	list->pids[list->count++] = pid;
	return 0;
}

static int add_pids_of(int fd, void *context)
{
	struct pid_list *list = context;
	char text[4096];
	uint64_t pid = 0;
	ssize_t length;
	AUTO_FD procs = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);

	if (procs < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	while ((length = read(procs, text, sizeof text)) > 0) {
		for (ssize_t i = 0; i < length; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (uint64_t)(text[i] - '0');
				continue;
			}
			/* 0 is a process outside of our pid namespace: nothing to say about it. */
			int result = pid ? pid_list_add(list, (pid_t)pid) : 0;
			if (result < 0)
				return result;
			pid = 0;
		}
	}
	/* A threaded cgroup lists its processes at the root of its domain. */
	return length < 0 && errno != EOPNOTSUPP && errno != ENODEV ? -errno : 0;
}

static int list_pids(const struct cgroup *cgroup, struct pid_list *list)
{
	struct cgroup_walk walk = { .enter = add_pids_of, .context = list };
	int result = cgroup_walk(cgroup->fd, &walk);

	if (result < 0) {
		free(list->pids);
		*list = (struct pid_list){ 0 };
	}
	return result;
}

int cgroup_pids(const struct cgroup *cgroup, pid_t **out_pids, size_t *out_count, struct err *e)
{
	struct pid_list list = { 0 };
	int result = list_pids(cgroup, &list);

	if (result == -E2BIG)
		return cgroup_failed(e,
				     err_set(e, ERR_LIMIT, "cgroup %s has more than %d processes",
					     cgroup->path, CGROUP_PIDS_MAX));
	if (result < 0)
		return cgroup_failed(
			e, err_errno(e, result, "list the processes of cgroup %s", cgroup->path));
	*out_pids = list.pids;
	*out_count = list.count;
	return 0;
}

/* ------------------------------------------------------------------------------------- signals */

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

static bool contains(const struct pid_list *sorted, pid_t pid)
{
	return sorted->count &&
	       bsearch(&pid, sorted->pids, sorted->count, sizeof pid, compare_pids);
}

static int list_sorted(const struct cgroup *cgroup, struct pid_list *list)
{
	int result = list_pids(cgroup, list);

	if (result == 0 && list->count)
		qsort(list->pids, list->count, sizeof *list->pids, compare_pids);
	return result;
}

/* Few enough to be open beside whatever else the caller has. */
#define SIGNAL_BATCH 64

static int signal_batch(const struct cgroup *cgroup, const pid_t *pids, size_t count, int signal)
{
	int pidfds[SIGNAL_BATCH], result = 0;
	struct pid_list now = { 0 };

	for (size_t i = 0; i < count; i++) {
		pidfds[i] = sys_pidfd_open(pids[i], 0);
		if (pidfds[i] < 0 && errno != ESRCH)
			result = -errno;
	}
	if (result == 0)
		result = list_sorted(cgroup, &now);
	for (size_t i = 0; i < count; i++) {
		if (result == 0 && pidfds[i] >= 0 && contains(&now, pids[i]) &&
		    sys_pidfd_send_signal(pidfds[i], signal, NULL, 0) < 0 && errno != ESRCH)
			result = -errno;
		scope_close(&pidfds[i]);
	}
	free(now.pids);
	return result;
}

/* Those in `list` that are not in `seen`, in batches. 1 when there were some. */
static int signal_new(const struct cgroup *cgroup, const struct pid_list *list,
		      const struct pid_list *seen, int signal)
{
	pid_t batch[SIGNAL_BATCH];
	size_t n = 0;
	int result = 0, some = 0;

	for (size_t i = 0; i < list->count && result == 0; i++) {
		if (contains(seen, list->pids[i]))
			continue;
		some = 1;
		batch[n++] = list->pids[i];
		if (n == SIGNAL_BATCH) {
			result = signal_batch(cgroup, batch, n, signal);
			n = 0;
		}
	}
	if (n && result == 0)
		result = signal_batch(cgroup, batch, n, signal);
	return result < 0 ? result : some;
}

/* Rounds after which whoever still makes new processes is left alone; cgroup_kill gets all. */
#define SIGNAL_ROUNDS 8

static int signal_all(const struct cgroup *cgroup, int signal)
{
	struct pid_list seen = { 0 };
	int result = 1;

	for (int round = 0; round < SIGNAL_ROUNDS && result == 1; round++) {
		struct pid_list list = { 0 };

		result = list_sorted(cgroup, &list);
		if (result == 0)
			result = signal_new(cgroup, &list, &seen, signal);
		free(seen.pids);
		seen = list;
	}
	free(seen.pids);
	return result < 0 ? result : 0;
}

int cgroup_signal(const struct cgroup *cgroup, int signal, struct err *e)
{
	int result = signal_all(cgroup, signal);

	if (result < 0)
		return cgroup_failed(e, err_errno(e, result, "send signal %d to cgroup %s", signal,
						  cgroup->path));
	return 0;
}

/* ---------------------------------------------------------------------------------------- kill */

/* The state letter and the name, from "12 (a name) S ...". */
static char process_state(pid_t pid, char *out_name, size_t size)
{
	char path[48], text[512];

	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid); /* fits */
	if (file_read_small(AT_FDCWD, path, text, sizeof text) < 0)
		return 0;
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	if (!open || !close || close[1] != ' ')
		return 0;
	(void)snprintf(out_name, size, "%.*s", (int)(close - open - 1), open + 1);
	return close[2];
}

void cgroup_survivor(const struct cgroup *cgroup, char *out, size_t size)
{
	struct pid_list list = { 0 };
	char name[32], function[64], path[48];

	*out = '\0';
	if (list_pids(cgroup, &list) < 0)
		return;
	for (size_t i = 0; i < list.count; i++) {
		char state = process_state(list.pids[i], name, sizeof name);

		if (state == 0 || (*out && state != 'D'))
			continue;
		(void)snprintf(path, sizeof path, "/proc/%d/wchan", (int)list.pids[i]);
		if (file_read_small(AT_FDCWD, path, function, sizeof function) <= 0 ||
		    str_equal(function, "0"))
			(void)snprintf(out, size, "process %d (%s) in state %c", (int)list.pids[i],
				       name, state);
		else
			(void)snprintf(out, size, "process %d (%s) in state %c in %s",
				       (int)list.pids[i], name, state, function);
		if (state == 'D')
			break;
	}
	free(list.pids);
}

/* 0 also when the cgroup is gone: then nothing lives in it. */
static int wait_until_empty(const struct cgroup *cgroup, int events, int64_t deadline_ns,
			    struct err *e)
{
	char survivor[128];
	int result = cgroup_events_wait(events, CGROUP_EVENT_POPULATED, false, deadline_ns);

	if (result == 0 || result == -ENODEV)
		return 0;
	(void)err_errno(e, result, "wait for the processes of cgroup %s to end", cgroup->path);
	cgroup_survivor(cgroup, survivor, sizeof survivor);
	if (*survivor)
		(void)err_hint(e, "left: %s", survivor);
	return err_phase(e, PHASE_CGROUP);
}

int cgroup_kill_each(const struct cgroup *cgroup, int64_t deadline_ns, struct err *e)
{
	/* What does not stop in time is killed all the same, a bomb just takes more rounds. */
	bool frozen = cgroup_freeze(cgroup, 1000, &ERR_INIT) == 0;
	int result;

	do {
		result = signal_all(cgroup, SIGKILL);
		AUTO_FD events = openat(cgroup->fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
		bool populated = false, ignored;
		if (result == 0 && events >= 0)
			result = cgroup_events_parse(events, &populated, &ignored);
		if (result < 0 || !populated || frozen)
			break;
		(void)cgroup_events_wait(events, CGROUP_EVENT_POPULATED, false,
					 cgroup_deadline(20));
	} while (deadline_ns < 0 || cgroup_deadline(0) < deadline_ns);
	/* Killed processes leave a frozen cgroup by themselves, but a new one must be able to run. */
	(void)file_write_once(cgroup->fd, "cgroup.freeze", "0", 1);
	if (result < 0)
		return err_errno(e, result, "kill the processes of cgroup %s", cgroup->path);
	return 0;
}

int cgroup_kill(const struct cgroup *cgroup, int timeout_ms, struct err *e)
{
	int64_t deadline_ns = cgroup_deadline(timeout_ms);
	AUTO_FD events = openat(cgroup->fd, "cgroup.events", O_RDONLY | O_CLOEXEC);

	if (events < 0)
		return errno == ENOENT || errno == ENODEV
			       ? 0
			       : cgroup_failed(
					 e, err_sys(e, "open cgroup.events of %s", cgroup->path));
	int result = file_write_once(cgroup->fd, "cgroup.kill", "1", 1);
	if (result == -ENOENT) {
		/* Removable with Linux 5.14. */
		if (cgroup_kill_each(cgroup, deadline_ns, e) < 0)
			return err_phase(e, PHASE_CGROUP);
	} else if (result < 0 && result != -ENODEV) {
		return cgroup_failed(
			e, err_errno(e, result, "kill the processes of cgroup %s", cgroup->path));
	}
	return timeout_ms == 0 ? 0 : wait_until_empty(cgroup, events, deadline_ns, e);
}
