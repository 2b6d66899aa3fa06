/* program.h - the container's program: which file, as whom, where, with what rights, and its execve.
 *
 * Order in the plan (each needs what the later ones take away):
 *   limits -> cwd -> bounding set -> user (capabilities kept) -> executable -> [ready, start] ->
 *   startContainer hooks -> no_new_privs -> seccomp -> capability sets -> execve
 *
 * Errors    : "executable file `x` not found in $PATH" and "open executable `x`" are what callers
 *             look for; phase PHASE_EXEC or PHASE_PROCESS.
 * Source    : runtime-spec config.md "Process", capabilities(7), credentials(7), execve(2). */
#ifndef KEG_RUNTIME_PROGRAM_H
#define KEG_RUNTIME_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

#include "oci/config.h"
#include "runtime/capabilities.h"
#include "runtime/cpu_affinity.h"
#include "runtime/hooks.h"
#include "runtime/memory_policy.h"
#include "runtime/personality.h"
#include "runtime/plan.h"
#include "runtime/rlimits.h"
#include "runtime/scheduling.h"
#include "runtime/seccomp.h"

/* HOME, LISTEN_FDS, LISTEN_PID */
#define PROGRAM_ENV_SPARE 3

struct program_request {
	char *const *argv;
	char *const *envp; /* has room for PROGRAM_ENV_SPARE more entries */
	size_t n_env;
	char *home; /* its entry, when the step made it */
	const char *cwd;
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t n_groups;
	bool user_namespace;
	bool keep_groups; /* annotation run.oci.keep_original_groups */
	int umask;	  /* -1: 0022 */
	bool no_new_privileges;
	struct capability_sets capabilities;
	struct rlimits rlimits;
	struct scheduler scheduler;
	struct io_priority io_priority;
	struct cpu_affinity affinity_initial, affinity_final;
	struct memory_policy memory_policy;
	struct personality personality;
	struct seccomp_program seccomp;
	bool has_seccomp;
	int listener_socket; /* where a seccomp listener goes, -1 */
	const char *listener_metadata;
	const struct hook_subject *subject; /* whose filter it is */
};

/* All take a struct program_request. */
extern const struct step_kind undumpable_step; /* nobody in the container may look into us */
extern const struct step_kind priority_step;   /* scheduler, I/O priority */
extern const struct step_kind scheduling_step;
extern const struct step_kind rlimits_step;
/* The same by the parent: the capabilities of a user namespace raise neither limits nor priorities. */
extern const struct step_kind priority_outside_step;
extern const struct step_kind rlimits_outside_step;
extern const struct step_kind open_root_step; /* exec: "/" as it is now, into launch->root_fd */
extern const struct step_kind cwd_step;	      /* makes it, too */
extern const struct step_kind make_cwd_step;  /* before the root becomes read-only */
extern const struct step_kind home_step;      /* HOME from /etc/passwd where env has none */
extern const struct step_kind user_step;      /* bounding set, groups, user, umask */
extern const struct step_kind executable_step;
extern const struct step_kind exec_step;

#endif
