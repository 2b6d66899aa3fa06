/* plan.h - a container start as a flat list of typed steps, printed or run.
 *
 * compile.c turns config.json into a plan; nothing is touched until the plan runs. Two processes walk
 * the same list: the parent (the caller of the library) and init (the container's first process,
 * which inherits the list by clone). Each runs the rows of its own; a barrier row makes them meet.
 *
 *   parent  cgroup       /c1                     /linux/cgroupsPath
 *   parent  namespaces   mount pid network       /linux/namespaces      <- init is born here
 *   init    mount        proc on /proc           /mounts/0
 *   both    barrier      mounts
 *   parent  hook         /bin/notify             /hooks/prestart/0
 *   both    barrier      ready
 *   init    exec         sh                      /process/args
 *
 * Ownership : steps, texts and requests live in the plan's arena.
 * Never     : a plan changes after it was compiled, but for descriptors that preparing steps fill. */
#ifndef KEG_RUNTIME_PLAN_H
#define KEG_RUNTIME_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct launch;
struct step;

enum step_actor {
	ACTOR_PARENT,
	ACTOR_INIT,
	ACTOR_BOTH,
};

/* One row per kind of step; a kind lives in the file of its noun, `const struct step_kind mount_step`. */
struct step_kind {
	const char *name;
	enum phase phase;
	enum step_actor actor;
	/* Does it. `*e` gets the step's phase, pointer and object where the function set none. */
	int (*run)(struct launch *launch, const struct step *step, struct err *e);
	/* What the printed plan says after the object; may be NULL. */
	void (*describe)(const struct step *step, struct strbuf *out);
};

struct step {
	const struct step_kind *kind;
	const char *pointer; /* of the field that asked, "" when the runtime itself does */
	const char *object;  /* what it acts on: a path, a name */
	void *request;	     /* the kind's own struct */
};

struct plan {
	struct arena *arena; /* borrowed */
	struct step *steps;
	size_t count, capacity;
	int failed;	   /* sticky -ENOMEM; plan_check tells */
	int **descriptors; /* plan_owns */
	size_t n_descriptors, descriptor_capacity;
};

void plan_init(struct plan *plan, struct arena *arena);
/* `object` and `request` must live as long as the arena. */
void plan_add(struct plan *plan, const struct step_kind *kind, const char *object, void *request,
	      const char *pointer_format, ...) __attribute__((format(printf, 5, 6)));
/* *fd, now or later, belongs to the plan: plan_done closes it when it is not -1. */
void plan_owns(struct plan *plan, int *fd);
int plan_check(const struct plan *plan, struct err *e);
void plan_done(struct plan *plan);

/* One line a step: actor, name, object and details, pointer. */
int plan_print(const struct plan *plan, struct strbuf *out);

/* Runs the rows of one side from *position on, until the end or until the row after `until` (NULL: to
 * the end). *position is where to go on. */
int plan_run(const struct plan *plan, enum step_actor actor, struct launch *launch,
	     size_t *position, const struct step_kind *until, struct err *e);

#endif
