/* container.h - the life of one container: what each command of the command line does.
 *
 *              create            start             (exits)
 *   (none) ──▶ creating ──▶ created ──▶ running ──▶ stopped ──▶ delete
 *                                        │  ▲
 *                                  pause ▼  │ resume
 *                                       paused
 *
 * Ownership : options are borrowed for the call; text results go to the caller's strbuf.
 * Errors    : ERR_NOT_FOUND no such container, ERR_CONFLICT wrong state for this, and what steps say.
 *             A poststop hook that fails stops nothing, runtime.md "Lifecycle": the first such error goes to
 *             *warning, which is untouched otherwise and may be NULL.
 * Source    : runtime-spec runtime.md; crun(1).
 * Never     : prints or logs; called from a process with threads. */
#ifndef KEG_RUNTIME_CONTAINER_H
#define KEG_RUNTIME_CONTAINER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "runtime/options.h"
#include "runtime/state.h"

/* How delete and kill wait for processes that do not go, milliseconds. */
#define CONTAINER_KILL_TIMEOUT_MS 10000

/* Shows the plan of a bundle; nothing is made. */
int container_plan(const struct container_options *options, bool wait_start, struct strbuf *out,
		   struct err *e);
int container_create(const struct container_options *options, struct err *e);
int container_start(const char *root, const char *id, struct err *e);
/* With options->detach: *out_status is 0 at once. Else the container's exit status, 128 + signal. */
int container_run(const struct container_options *options, int *out_status, struct err *warning,
		  struct err *e);
int container_exec(const char *root, const char *id, const struct exec_options *options,
		   int *out_status, struct err *e);

int container_kill(const char *root, const char *id, int signal, bool all, struct err *e);
int container_delete(const char *root, const char *id, bool force, struct err *warning,
		     struct err *e);
int container_pause(const char *root, const char *id, bool pause, struct err *e);
/* pids in the caller's pid namespace, sorted; malloc'ed. */
int container_pids(const char *root, const char *id, pid_t **out_pids, size_t *out_count,
		   struct err *e);

struct oci_resources;
int container_update(const char *root, const char *id, struct arena *arena,
		     const struct oci_resources *resources, struct err *e);

/* One container as `state` and `list` show it; texts in the arena. */
struct container_facts {
	struct state state;
	enum container_status status;
	pid_t pid; /* 0 unless it runs */
};
int container_facts(const char *root, const char *id, struct arena *arena,
		    struct container_facts *out, struct err *e);
/* The JSON of `state`. */
int container_state_write(const char *root, const char *id, struct strbuf *out, struct err *e);

#endif
