/* plan.c - the list of steps: built, printed, walked. */
#include "runtime/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"

void plan_init(struct plan *plan, struct arena *arena)
{
	*plan = (struct plan){ .arena = arena };
}

void plan_owns(struct plan *plan, int *fd)
{
	if (plan->n_descriptors == plan->descriptor_capacity) {
		size_t capacity = plan->descriptor_capacity ? 2 * plan->descriptor_capacity : 16;
		int **more = ARENA_ARRAY(plan->arena, capacity, int *);
		if (!more) {
			plan->failed = -ENOMEM;
			return;
		}
		if (plan->n_descriptors)
			memcpy(more, plan->descriptors, plan->n_descriptors * sizeof(int *));
		plan->descriptors = more;
		plan->descriptor_capacity = capacity;
	}
	plan->descriptors[plan->n_descriptors++] = fd;
}

void plan_done(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_descriptors; i++) {
		scope_close(plan->descriptors[i]);
		*plan->descriptors[i] = -1;
	}
	plan->n_descriptors = 0;
}

static struct step *plan_slot(struct plan *plan)
{
	if (plan->count == plan->capacity) {
		size_t capacity = plan->capacity ? 2 * plan->capacity : 128;
		struct step *steps = ARENA_ARRAY(plan->arena, capacity, struct step);
		if (!steps)
			return NULL;
		if (plan->count)
			memcpy(steps, plan->steps, plan->count * sizeof *steps);
		plan->steps = steps;
		plan->capacity = capacity;
	}
	return &plan->steps[plan->count++];
}

void plan_add(struct plan *plan, const struct step_kind *kind, const char *object, void *request,
	      const char *pointer_format, ...)
{
	char pointer[sizeof ERR_INIT.pointer];
	va_list args;

	va_start(args, pointer_format);
	vsnprintf(pointer, sizeof pointer, pointer_format, args);
	va_end(args);

	struct step *step = plan_slot(plan);
	const char *kept = arena_strdup(plan->arena, pointer);
	if (!step || !kept) {
		plan->failed = -ENOMEM;
		return;
	}
	*step = (struct step){
		.kind = kind, .pointer = kept, .object = object, .request = request
	};
}

int plan_check(const struct plan *plan, struct err *e)
{
	return plan->failed ? err_errno(e, plan->failed, "compile the plan") : 0;
}

int plan_print(const struct plan *plan, struct strbuf *out)
{
	static const char *const actors[] = { "parent", "init", "both" };

	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];
		AUTO_STRBUF what = STRBUF(64 << 10);

		strbuf_add(&what, step->object ? step->object : "");
		if (step->kind->describe)
			step->kind->describe(step, &what);
		strbuf_addf(out, "%-7s %-14s %-50s %s\n", actors[step->kind->actor],
			    step->kind->name, what.data ? what.data : "", step->pointer);
	}
	return out->failed;
}

static int step_run(const struct step *step, struct launch *launch, struct err *e)
{
	if (step->kind->run(launch, step, e) == 0)
		return 0;
	err_phase(e, step->kind->phase);
	if (*step->pointer)
		err_pointer(e, "%s", step->pointer);
	if (step->object)
		err_object(e, "%s", step->object);
	return -1;
}

int plan_run(const struct plan *plan, enum step_actor actor, struct launch *launch,
	     size_t *position, const struct step_kind *until, struct err *e)
{
	while (*position < plan->count) {
		const struct step *step = &plan->steps[(*position)++];

		if ((step->kind->actor == actor || step->kind->actor == ACTOR_BOTH) &&
		    step_run(step, launch, e) < 0)
			return -1;
		if (until && step->kind == until)
			return 0;
	}
	return 0;
}
