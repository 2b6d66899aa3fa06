/* state.c - the state directory of a container. */
#include "runtime/state.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/failpoint.h"
#include "base/file.h"
#include "base/process.h"
#include "base/record.h"
#include "base/scope.h"
#include "base/sys.h"
#include "cgroups/cgroup.h"

static const struct field state_fields[] = {
	F_INT(struct state, pid, "pid", FIELD_ALWAYS),
	F_UINT(struct state, process_start_time, "process-start-time", FIELD_ALWAYS),
	F_STRING(struct state, cgroup_path, "cgroup-path", FIELD_ALWAYS),
	F_STRING(struct state, scope, "scope", FIELD_ALWAYS),
	F_STRING(struct state, rootfs, "rootfs", FIELD_ALWAYS),
	F_BOOL(struct state, systemd_cgroup, "systemd-cgroup", FIELD_ALWAYS),
	F_STRING(struct state, bundle, "bundle", FIELD_ALWAYS),
	F_STRING(struct state, created, "created", FIELD_ALWAYS),
	F_STRING(struct state, owner, "owner", FIELD_ALWAYS),
	F_BOOL(struct state, detached, "detached", FIELD_ALWAYS),
	F_STRING(struct state, external_descriptors, "external_descriptors", FIELD_ALWAYS),
};
static const struct record state_record = RECORD(struct state, state_fields);

static const char *const status_names[CONTAINER_STATUS_COUNT] = {
	[CONTAINER_CREATING] = "creating", [CONTAINER_CREATED] = "created",
	[CONTAINER_RUNNING] = "running",   [CONTAINER_PAUSED] = "paused",
	[CONTAINER_STOPPED] = "stopped",
};

const char *container_status_name(enum container_status status)
{
	return status_names[status];
}

/* ---- the directory --------------------------------------------------------------------------- */

void state_dir_close(struct state_dir *dir)
{
	scope_close(&dir->lock_fd);
	scope_close(&dir->fd);
	scope_close(&dir->root_fd);
	dir->root_fd = dir->fd = dir->lock_fd = -1;
}

void state_root_path(const char *root, char *out, size_t size)
{
	if (root)
		snprintf(out, size, "%s", root);
	else if (geteuid() != 0 && !str_empty(getenv("XDG_RUNTIME_DIR")))
		snprintf(out, size, "%s/%s", getenv("XDG_RUNTIME_DIR"),
			 program_invocation_short_name);
	else
		snprintf(out, size, "/run/%s", program_invocation_short_name);
}

int state_root_open(const char *root, struct err *e)
{
	char path[PATH_MAX];

	state_root_path(root, path, sizeof path);
	int fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		int result = file_make_directories(AT_FDCWD, path, 0700);
		if (result < 0) {
			err_errno(e, result, "make the state root %s", path);
			return err_phase(e, PHASE_STATE);
		}
		fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0) {
		err_sys(e, "open the state root %s", path);
		return err_phase(e, PHASE_STATE);
	}
	return fd;
}

int state_id_check(const char *id, struct err *e)
{
	const char *p;

	if (!*id)
		err_set(e, ERR_INVALID, "empty container ID");
	else if (*id == '.')
		err_set(e, ERR_INVALID, "invalid container ID `%s`", id);
	else if (strlen(id) > NAME_MAX)
		err_set(e, ERR_INVALID, "container ID of %zu bytes, at most %d", strlen(id),
			NAME_MAX);
	else {
		for (p = id; *p; p++)
			if (!isalnum((unsigned char)*p) && !strchr("_+.-", *p))
				break;
		if (!*p)
			return 0;
		err_set(e, ERR_INVALID, "invalid character `%c` in the ID `%s`", *p, id);
	}
	return err_phase(e, PHASE_ARGUMENTS);
}

static int missing(const char *id, struct err *e)
{
	err_set(e, ERR_NOT_FOUND, "container `%s` does not exist", id);
	return err_phase(e, PHASE_STATE);
}

/* Others hold it for moments, but for hooks: what those do is bounded by nobody. */
static int lock_wait(struct state_dir *dir, struct err *e)
{
	for (int waited_ms = 0, pause_ms = 1;; waited_ms += pause_ms) {
		if (flock(dir->lock_fd, LOCK_EX | LOCK_NB) == 0)
			break;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(e, "lock container `%s`", dir->id);
		if (waited_ms >= STATE_LOCK_TIMEOUT_MS) {
			err_set(e, ERR_TIMEOUT,
				"container `%s` is busy: another command has held it for %d s",
				dir->id, STATE_LOCK_TIMEOUT_MS / 1000);
			return err_phase(e, PHASE_STATE);
		}
		nanosleep(&(struct timespec){ .tv_nsec = pause_ms * 1000000L }, NULL);
		if (pause_ms < 32)
			pause_ms *= 2;
	}
	dir->locked = true;
	return 0;
}

/* The lock lives in the directory and goes with it: whoever gets a lock on a directory that was removed
 * meanwhile has nothing. */
int state_dir_relock(struct state_dir *dir, struct err *e)
{
	struct stat locked, named;

	if (lock_wait(dir, e) < 0)
		return -1;
	if (fstat(dir->fd, &locked) < 0 ||
	    fstatat(dir->root_fd, dir->id, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	    locked.st_ino != named.st_ino)
		return missing(dir->id, e);
	return 0;
}

void state_dir_unlock(struct state_dir *dir)
{
	(void)flock(dir->lock_fd, LOCK_UN); /* cannot fail for a lock that is held */
	dir->locked = false;
}

static int state_dir_lock(struct state_dir *dir, struct err *e)
{
	dir->lock_fd = openat(dir->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (dir->lock_fd < 0)
		return errno == ENOENT ? missing(dir->id, e)
				       : err_sys(e, "open the lock of container `%s`", dir->id);
	return state_dir_relock(dir, e);
}

static int state_dir_enter(int root_fd, const char *id, struct state_dir *out, struct err *e)
{
	if (state_id_check(id, e) < 0)
		return -1;
	*out = STATE_DIR_CLOSED;
	snprintf(out->id, sizeof out->id, "%s", id);
	out->root_fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);
	if (out->root_fd < 0)
		return err_sys(e, "keep the state root");
	return 0;
}

int state_dir_create(int root_fd, const char *id, struct state_dir *out, struct err *e)
{
	if (state_dir_enter(root_fd, id, out, e) < 0)
		return -1;
	if (mkdirat(out->root_fd, id, 0711) < 0) {
		if (errno == EEXIST)
			err_set(e, ERR_EXISTS, "container `%s` already exists", id);
		else
			err_sys(e, "make the state directory of container `%s`", id);
		return err_phase(e, PHASE_STATE);
	}
	FAILPOINT("state.directory_made");
	out->fd = openat(out->root_fd, id, O_DIRECTORY | O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (out->fd < 0)
		err_sys(e, "open the state directory of container `%s`", id);
	else if (state_dir_lock(out, e) == 0)
		return 0;
	/* Best effort, the error at hand is the one to tell; deleted meanwhile, the name may be another's. */
	if (e->code != ERR_NOT_FOUND)
		(void)unlinkat(out->root_fd, id, AT_REMOVEDIR);
	return -1;
}

int state_dir_open(int root_fd, const char *id, bool lock, struct state_dir *out, struct err *e)
{
	if (state_dir_enter(root_fd, id, out, e) < 0)
		return -1;
	out->fd = openat(out->root_fd, id, O_DIRECTORY | O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (out->fd < 0) {
		if (errno == ENOENT)
			return missing(id, e);
		err_sys(e, "open the state directory of container `%s`", id);
		return err_phase(e, PHASE_STATE);
	}
	return lock ? state_dir_lock(out, e) : 0;
}

int state_dir_remove(struct state_dir *dir, struct err *e)
{
	static const char *const names[] = { "status", "config.json", "exec.fifo", "lock" };

	/* The usual four by name; only something unexpected needs the walk. */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unlinkat(dir->fd, names[i], 0); /* what matters is the directory, below */
	FAILPOINT("state.directory_emptied");
	if (unlinkat(dir->root_fd, dir->id, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	int result = file_remove_tree(dir->root_fd, dir->id);
	if (result < 0 && result != -ENOENT) {
		err_errno(e, result, "remove the state directory of container `%s`", dir->id);
		return err_phase(e, PHASE_STATE);
	}
	return 0;
}

/* ---- the status ------------------------------------------------------------------------------ */

#define STATUS_MAX ((size_t)256 << 10)

int state_read(const struct state_dir *dir, struct arena *arena, struct state *out, struct err *e)
{
	AUTO_FREE char *text = NULL;
	const struct json *tree;
	size_t length;

	int result = file_read_at(dir->fd, "status", STATUS_MAX, &text, &length);
	if (result < 0) {
		err_errno(e, result, "read the status of container `%s`", dir->id);
		return err_phase(e, PHASE_STATE);
	}
	if (json_parse(arena, text, length, &json_limits_default, &tree, e) < 0 ||
	    record_decode(&state_record, arena, tree, "", NULL, out, e) < 0) {
		err_wrap(e, "read the status of container `%s`", dir->id);
		return err_phase(e, PHASE_STATE);
	}
	return 0;
}

int state_write(const struct state_dir *dir, const struct state *state, struct err *e)
{
	AUTO_STRBUF out = STRBUF(STATUS_MAX);
	struct json_writer w;

	json_writer_init(&w, &out, true);
	record_encode(&state_record, state, &w, NULL);
	int result = json_writer_end(&w);
	if (result == 0)
		result = file_replace_at(dir->fd, "status", 0600, out.data, out.length, false);
	if (result < 0) {
		err_errno(e, result, "write the status of container `%s`", dir->id);
		return err_phase(e, PHASE_STATE);
	}
	return 0;
}

int state_open_process(const struct state *state)
{
	uint64_t ticks;

	if (state->pid <= 0) {
		errno = ESRCH;
		return -1;
	}
	AUTO_FD pidfd = process_open((pid_t)state->pid);
	if (pidfd < 0) {
		errno = -pidfd;
		return -1;
	}
	/* Opened first, compared after: a pid that was reused has another start time. */
	if (process_start_time((pid_t)state->pid, &ticks) < 0 ||
	    (state->process_start_time && ticks != state->process_start_time) ||
	    process_wait_gone(pidfd, 0) == 0) {
		errno = ESRCH;
		return -1;
	}
	return take_fd(&pidfd);
}

static bool is_frozen(const char *path)
{
	struct cgroup_events events;
	struct err ignored = ERR_INIT;
	AUTO_FD tree = cgroup_tree_open(&ignored);
	AUTO_CGROUP *cgroup = NULL;

	return tree >= 0 && cgroup_open(tree, path, &cgroup, &ignored) == 0 &&
	       cgroup_events_read(cgroup, &events, &ignored) == 0 && events.frozen;
}

enum container_status state_status(const struct state_dir *dir, const struct state *state)
{
	if (state->pid == 0)
		return CONTAINER_CREATING;
	AUTO_FD pidfd = state_open_process(state);
	if (pidfd < 0)
		return CONTAINER_STOPPED;
	if (state_fifo_exists(dir))
		return CONTAINER_CREATED;
	if (!str_empty(state->cgroup_path) && is_frozen(state->cgroup_path))
		return CONTAINER_PAUSED;
	return CONTAINER_RUNNING;
}

/* ---- the start fifo -------------------------------------------------------------------------- */

#define FIFO "exec.fifo"

int state_fifo_create(const struct state_dir *dir, struct err *e)
{
	if (mkfifoat(dir->fd, FIFO, 0600) < 0) {
		err_sys(e, "make the start fifo of container `%s`", dir->id);
		return err_phase(e, PHASE_STATE);
	}
	/* Both directions: reading blocks until something is written, with or without a writer. */
	int fd = openat(dir->fd, FIFO, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		err_sys(e, "open the start fifo of container `%s`", dir->id);
		return err_phase(e, PHASE_STATE);
	}
	if (flock(fd, LOCK_EX) < 0) {
		err_sys(e, "lock the start fifo of container `%s`", dir->id);
		close(fd);
		return err_phase(e, PHASE_STATE);
	}
	return fd;
}

bool state_fifo_exists(const struct state_dir *dir)
{
	return faccessat(dir->fd, FIFO, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int state_fifo_release(const struct state_dir *dir, int *out_fd, struct err *e)
{
	AUTO_FD reader = openat(dir->fd, FIFO, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	AUTO_FD fd = openat(dir->fd, FIFO, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0) {
		if (errno == ENOENT || errno == ENXIO)
			err_set(e, ERR_CONFLICT,
				"start container `%s`: it is not in the created state", dir->id);
		else
			err_sys(e, "open the start fifo of container `%s`", dir->id);
		return err_phase(e, PHASE_STATE);
	}
	/* Removed first: once init reads the byte the container is running. */
	if (unlinkat(dir->fd, FIFO, 0) < 0)
		return err_sys(e, "remove the start fifo of container `%s`", dir->id);
	FAILPOINT("start.fifo_removed");
	if (write(fd, "\n", 1) != 1)
		return err_sys(e, "start container `%s`", dir->id);
	*out_fd = take_fd(&reader);
	return 0;
}

int state_fifo_wait(const struct state_dir *dir, int fd, struct err *e)
{
	struct err said;

	while (flock(fd, LOCK_SH) < 0)
		if (errno != EINTR)
			return err_sys(e, "wait for the start of container `%s`", dir->id);
	ssize_t n = read(fd, &said, sizeof said);
	if (n == sizeof said)
		*e = said;
	else if (n > 0) /* our own byte, which nobody took */
		err_set(e, ERR_GONE, "start container `%s`: its first process died", dir->id);
	return n > 0 ? -1 : 0;
}

void state_fifo_tell(int fd, const struct err *e)
{
	_Static_assert(sizeof *e <= PIPE_BUF, "one write carries it out");
	(void)!write(fd, e, sizeof *e); /* the last thing it can do */
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int state_list(int root_fd, struct arena *arena, const char ***out_ids, size_t *out_count,
	       struct err *e)
{
	size_t count = 0, capacity = 16;
	const char **ids = ARENA_ARRAY(arena, capacity, const char *);
	int fd = openat(root_fd, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	AUTO_DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct err ignored = ERR_INIT;

	if (!dir || !ids)
		return err_sys(e, "list the state root");
	errno = 0;
	for (struct dirent *entry; (entry = readdir(dir)); errno = 0) {
		if (state_id_check(entry->d_name, &ignored) < 0 ||
		    (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
			continue;
		if (count == capacity) {
			const char **more = ARENA_ARRAY(arena, 2 * capacity, const char *);
			if (!more)
				return err_errno(e, ENOMEM, "list the state root");
			memcpy(more, ids, count * sizeof *ids);
			ids = more;
			capacity *= 2;
		}
		ids[count] = arena_strdup(arena, entry->d_name);
		if (!ids[count++])
			return err_errno(e, ENOMEM, "list the state root");
	}
	if (errno)
		return err_sys(e, "list the state root");
	qsort(ids, count, sizeof *ids, compare_ids);
	*out_ids = ids;
	*out_count = count;
	return 0;
}
