/* seccomp.h - from the seccomp profile of a config.json to a filter in the kernel.
 *
 * Two halves: seccomp_compile runs where memory may be allocated (the parent, beside the child),
 * seccomp_load between clone and exec. The program is classic BPF of our own making: the
 * architecture, then ranges of system call numbers by binary search, then argument rules.
 *
 * Units     : instructions; system call numbers as the kernel puts them in struct seccomp_data.
 * Ownership : the program lives in the arena; nothing is kept.
 * Errors    : ERR_INVALID with a pointer below /linux/seccomp; ERR_LIMIT when the program would be
 *             longer than the kernel takes (4096 instructions).
 * Source    : runtime-spec config-linux.md "Seccomp"; seccomp(2); verdicts equal libseccomp's.
 * Never     : logs. Compiling does not ask the running kernel what it knows. */
#ifndef KEG_RUNTIME_SECCOMP_H
#define KEG_RUNTIME_SECCOMP_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct oci_seccomp;

#define SECCOMP_PROGRAM_MAX 4096 /* BPF_MAXINSNS */

struct seccomp_options {
	bool refuse_unknown_names; /* annotation run.oci.seccomp_fail_unknown_syscall */
	bool listener;		   /* an agent wants the descriptor, even if no rule says NOTIFY */
};

struct seccomp_program {
	struct sock_filter *insns;
	uint16_t count;
	uint32_t flags;		   /* of seccomp(2), SECCOMP_FILTER_FLAG_* */
	bool needs_listener;	   /* some rule says NOTIFY, or asked for; flags has NEW_LISTENER */
	unsigned unknown_names;	   /* names that no architecture has; left out */
	const char *first_unknown; /* one of them for the log, NULL when none; borrowed */
};

int seccomp_compile(struct arena *arena, const struct oci_seccomp *profile,
		    const struct seccomp_options *options, struct seccomp_program *out,
		    struct err *e);

/* Puts the filter on the calling thread (on all of them with TSYNC). With needs_listener,
 * *out_listener_fd is the new descriptor, else -1. Needs no_new_privs or CAP_SYS_ADMIN.
 * Allocates nothing. Negative errno. */
int seccomp_load(const struct seccomp_program *program, int *out_listener_fd);

/* What the running kernel takes, for `features`: a SECCOMP_RET_*, a SECCOMP_FILTER_FLAG_*. */
bool seccomp_action_is_supported(uint32_t action);
bool seccomp_flag_is_supported(uint32_t flag);

#endif
