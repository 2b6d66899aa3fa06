/* state.h - what is remembered of a container between two commands: its directory below --root.
 *
 *   ROOT/ID/config.json   the configuration it was made from
 *   ROOT/ID/status        this struct as JSON, crun's member names; replaced atomically
 *   ROOT/ID/exec.fifo     while it is created and not started
 *   ROOT/ID/lock          flock(2) of whoever changes it
 *
 * Intent before effect: `status` names the cgroup before the cgroup exists, so that whatever kills
 * the creating process, delete --force knows what there is to undo.
 *
 * Ownership : texts live in the arena given.
 * Errors    : phase PHASE_STATE; ERR_NOT_FOUND "container `x` does not exist", ERR_EXISTS.
 * Source    : crun's state directory; runtime-spec runtime.md "State". */
#ifndef KEG_RUNTIME_STATE_H
#define KEG_RUNTIME_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct state {
	int64_t pid; /* 0 before there is one */
	uint64_t process_start_time;
	const char *cgroup_path; /* "" without one */
	const char *scope;	 /* systemd's, "" without */
	const char *rootfs, *bundle;
	bool systemd_cgroup;
	const char *created; /* RFC 3339, UTC */
	const char *owner;
	bool detached;
	const char *external_descriptors;
};

enum container_status {
	CONTAINER_CREATING,
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_STOPPED,
	CONTAINER_STATUS_COUNT,
};
const char *container_status_name(enum container_status status);

/* A container's directory, locked: nobody else changes it meanwhile. */
struct state_dir {
	int root_fd, fd, lock_fd; /* O_CLOEXEC; -1 when closed */
	bool locked;
	char id[256];
};
#define STATE_DIR_CLOSED ((struct state_dir){ .root_fd = -1, .fd = -1, .lock_fd = -1 })
void state_dir_close(struct state_dir *dir);
#define AUTO_STATE_DIR __attribute__((cleanup(state_dir_close))) struct state_dir

/* --root, or $XDG_RUNTIME_DIR/<program> without privilege, or /run/<program>. Made when missing. */
int state_root_open(const char *root, struct err *e);
void state_root_path(const char *root, char *out, size_t size);
int state_id_check(const char *id, struct err *e);

int state_dir_create(int root_fd, const char *id, struct state_dir *out, struct err *e);
/* `lock` waits for whoever holds it, at most STATE_LOCK_TIMEOUT_MS: ERR_TIMEOUT. */
#define STATE_LOCK_TIMEOUT_MS 10000
int state_dir_open(int root_fd, const char *id, bool lock, struct state_dir *out, struct err *e);
/* Lets others in for a while. ERR_NOT_FOUND: one of them deleted it. */
void state_dir_unlock(struct state_dir *dir);
int state_dir_relock(struct state_dir *dir, struct err *e);
int state_dir_remove(struct state_dir *dir, struct err *e);

int state_read(const struct state_dir *dir, struct arena *arena, struct state *out, struct err *e);
int state_write(const struct state_dir *dir, const struct state *state, struct err *e);

/* What a container with this state is now. `fifo` and cgroup tell created and paused apart. */
enum container_status state_status(const struct state_dir *dir, const struct state *state);
/* Its first process: a pidfd checked against pid reuse; -1 with errno ESRCH when it is gone. */
int state_open_process(const struct state *state);

/* The start fifo: made and opened by the creator, who passes it on to the first process alone.
 *
 *   start                                    first process, which holds a flock(2) on it
 *   one byte ──────────────────────────────▶ goes on: startContainer hooks, then execve
 *   waits for the flock    ◀──────────────── execve closes the descriptor and so gives the lock up,
 *   reads nothing, or a whole struct err     and so does its death, before which it writes why */
int state_fifo_create(const struct state_dir *dir, struct err *e);
bool state_fifo_exists(const struct state_dir *dir);
/* *out_fd: what state_fifo_wait takes. */
int state_fifo_release(const struct state_dir *dir, int *out_fd, struct err *e);
/* Until the program runs; -1 when the first process ended before, with what it said. */
int state_fifo_wait(const struct state_dir *dir, int fd, struct err *e);
/* In the first process: the last words. */
void state_fifo_tell(int fd, const struct err *e);

/* Names of the containers below root_fd, sorted, in the arena. */
int state_list(int root_fd, struct arena *arena, const char ***out_ids, size_t *out_count,
	       struct err *e);

#endif
