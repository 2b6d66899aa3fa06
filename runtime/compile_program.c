/* compile_program.c - the process object of a configuration as a program request. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/json.h"
#include "oci/state.h"
#include "runtime/compile-priv.h"
#include "runtime/descriptors.h"
#include "runtime/launch.h"
#include "runtime/program.h"
#include "runtime/seccomp_listener.h"

static int copy_texts(struct arena *arena, const char *const *from, size_t count, size_t spare,
		      char *const **out)
{
	char **to = ARENA_ARRAY(arena, count + spare + 1, char *);

	if (!to)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		to[i] = (char *)from[i];
	*out = to;
	return 0;
}

static int fill_user(struct arena *arena, const struct oci_user *user, struct program_request *out)
{
	if (!user)
		return 0;
	gid_t *groups = ARENA_ARRAY(arena, user->n_additional_gids, gid_t);
	if (!groups && user->n_additional_gids)
		return -ENOMEM;
	for (size_t i = 0; i < user->n_additional_gids; i++)
		groups[i] = (gid_t)user->additional_gids[i];
	out->uid = user->uid;
	out->gid = user->gid;
	out->groups = groups;
	out->n_groups = user->n_additional_gids;
	out->umask = user->umask ? (int)(*user->umask & 0777) : -1;
	return 0;
}

/* Says now, with the name of what is missing, what the kernel would only answer with EPERM later. */
static int check_raised_limits(const struct oci_process *process, const struct rlimits *limits,
			       struct err *e)
{
	for (unsigned i = 0; i < limits->count; i++) {
		struct rlimit now;
		if (getrlimit(limits->rows[i].resource, &now) < 0 ||
		    limits->rows[i].hard <= now.rlim_max)
			continue;
		/* Try it on ourselves: to the same value, which changes nothing when it is allowed. */
		struct rlimit raised = { now.rlim_cur, now.rlim_max == RLIM_INFINITY
							       ? RLIM_INFINITY
							       : now.rlim_max + 1 };
		if (setrlimit(limits->rows[i].resource, &raised) == 0) {
			(void)setrlimit(limits->rows[i].resource, &now); /* lowering never fails */
			continue;
		}
		err_set(e, ERR_DENIED, "raise %s above the hard limit %llu",
			process->rlimits[i].type, (unsigned long long)now.rlim_max);
		e->errnum = EPERM;
		err_pointer(e, "/process/rlimits/%u/hard", i);
		return err_hint(e, "raising a hard limit needs CAP_SYS_RESOURCE");
	}
	return 0;
}

/* Who gets the notification descriptor; NULL: nobody. */
static const char *listener_path(const struct oci_seccomp *profile, const struct oci_config *config)
{
	const char *path = profile->listener_path;

	if (!path)
		path = oci_annotation(config, "run.oci.seccomp.receiver");
	return path ? path : getenv("RUN_OCI_SECCOMP_RECEIVER");
}

static int fill_listener(const struct oci_seccomp *profile, const char *path,
			 struct program_request *out, struct err *e)
{
	if (!out->seccomp.needs_listener)
		return 0;
	if (!path) {
		err_set(e, ERR_INVALID, "an action is SCMP_ACT_NOTIFY: required");
		return err_pointer(e, "/linux/seccomp/listenerPath");
	}
	out->listener_socket = seccomp_listener_connect(path, e);
	if (out->listener_socket < 0)
		return err_pointer(e, "/linux/seccomp/listenerPath");
	out->listener_metadata = profile->listener_metadata;
	return 0;
}

static int fill_seccomp(struct arena *arena, const struct oci_seccomp *profile,
			const struct oci_config *config, struct program_request *out, struct err *e)
{
	if (!profile)
		return 0;
	const char *listener = listener_path(profile, config);
	struct seccomp_options options = {
		.refuse_unknown_names =
			oci_annotation(config, "run.oci.seccomp_fail_unknown_syscall") != NULL,
		.listener = listener != NULL,
	};
	if (seccomp_compile(arena, profile, &options, &out->seccomp, e) < 0)
		return -1;
	out->has_seccomp = true;
	return fill_listener(profile, listener, out, e);
}

struct program_request *compile_program(struct arena *arena, const struct oci_process *process,
					const struct oci_linux *linux_,
					const struct oci_config *config, struct err *e)
{
	struct program_request *out = ARENA_NEW(arena, struct program_request);
	const struct oci_cpu_affinity *affinity = process->exec_cpu_affinity;

	if (!out || copy_texts(arena, process->args, process->n_args, 0, &out->argv) < 0 ||
	    copy_texts(arena, process->env, process->n_env, PROGRAM_ENV_SPARE, &out->envp) < 0) {
		err_errno(e, ENOMEM, "compile the process");
		return NULL;
	}
	out->listener_socket = -1;
	out->n_env = process->n_env;
	out->cwd = str_empty(process->cwd) ? "/" : process->cwd;
	out->umask = -1;
	out->no_new_privileges = process->no_new_privileges;
	out->keep_groups = oci_annotation(config, "run.oci.keep_original_groups") != NULL;
	if (fill_user(arena, process->user, out) < 0) {
		err_errno(e, ENOMEM, "compile the process");
		return NULL;
	}
	if (capability_sets_from_config(process->capabilities, "/process/capabilities",
					&out->capabilities, e) < 0 ||
	    rlimits_parse(process->rlimits, process->n_rlimits, "/process/rlimits", &out->rlimits,
			  e) < 0 ||
	    check_raised_limits(process, &out->rlimits, e) < 0 ||
	    scheduler_parse(process->scheduler, &out->scheduler, e) < 0 ||
	    io_priority_parse(process->io_priority, &out->io_priority, e) < 0 ||
	    cpu_affinity_parse(affinity ? affinity->initial : NULL,
			       "/process/execCPUAffinity/initial", &out->affinity_initial, e) < 0 ||
	    cpu_affinity_parse(affinity ? affinity->final : NULL, "/process/execCPUAffinity/final",
			       &out->affinity_final, e) < 0 ||
	    memory_policy_parse(linux_->memory_policy, &out->memory_policy, e) < 0 ||
	    personality_parse(linux_->personality, &out->personality, e) < 0 ||
	    fill_seccomp(arena, linux_->seccomp, config, out, e) < 0)
		return NULL;
	return out;
}

void compile_program_steps(struct plan *plan, struct program_request *program, bool user_namespace)
{
	bool priority = program->scheduler.set || program->io_priority.set;
	bool scheduling = program->affinity_initial.set || program->affinity_final.set ||
			  program->memory_policy.set || program->personality.set;

	/* Not before init has set up the rest: a low limit must not be in its way. */
	if (user_namespace && (priority || program->rlimits.count))
		plan_add(plan, &barrier_step, "set up", NULL, "/process");
	if (priority)
		plan_add(plan, user_namespace ? &priority_outside_step : &priority_step, "",
			 program, "/process/scheduler");
	if (scheduling)
		plan_add(plan, &scheduling_step, "", program, "/process/execCPUAffinity");
	if (program->rlimits.count)
		plan_add(plan, user_namespace ? &rlimits_outside_step : &rlimits_step, "", program,
			 "/process/rlimits");
	plan_add(plan, &cwd_step, program->cwd, program, "/process/cwd");
	plan_add(plan, &home_step, "", program, "/process/env");
	plan_add(plan, &user_step, "", program, "/process/user");
	plan_owns(plan, &program->listener_socket);
	plan_add(plan, &descriptors_step, "", &program->listener_socket, "%s", "");
	plan_add(plan, &executable_step, program->argv[0], program, "/process/args/0");
}
