/* words.h - the words of config.json that stand for a number of the kernel, as tables.
 *
 *   uint64_t flag;
 *   if (oci_word_find(&oci_namespaces, "pid", &flag) == 0)     flag is CLONE_NEWPID
 *
 * Units     : each table says which kernel constant its values are.
 * Errors    : -ENOENT for a word that is not in the table.
 * Source    : schema/defs-linux.json of the runtime specification 1.3; the man page at each table.
 * Never     : asks the running kernel which of them it knows. */
#ifndef KEG_OCI_WORDS_H
#define KEG_OCI_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct oci_word {
	const char *name;
	uint64_t value;
};

struct oci_words {
	const char *noun; /* for messages: "a namespace type" */
	const struct oci_word *rows;
	size_t count;
};

extern const struct oci_words oci_namespaces;	/* CLONE_NEW*, namespaces(7) */
extern const struct oci_words oci_capabilities; /* 0 .. 40, capabilities(7) */
extern const struct oci_words oci_rlimits;	/* RLIMIT_*, getrlimit(2) */
extern const struct oci_words oci_propagations; /* MS_SHARED ..., with MS_REC for the r... words */
extern const struct oci_words oci_scheduler_policies;  /* SCHED_*, sched(7) */
extern const struct oci_words oci_scheduler_flags;     /* SCHED_FLAG_*, sched_setattr(2) */
extern const struct oci_words oci_io_priority_classes; /* IOPRIO_CLASS_*, ioprio_set(2) */
extern const struct oci_words oci_personalities;       /* PER_*, personality(2) */
extern const struct oci_words oci_memory_policy_modes; /* MPOL_*, set_mempolicy(2) */
extern const struct oci_words oci_memory_policy_flags; /* MPOL_F_* */
extern const struct oci_words oci_seccomp_actions;     /* SECCOMP_RET_*, without the data */
extern const struct oci_words oci_seccomp_operators;   /* enum oci_seccomp_operator */
extern const struct oci_words oci_seccomp_archs;       /* AUDIT_ARCH_*; see OCI_SECCOMP_ARCH_X32 */
extern const struct oci_words oci_seccomp_flags;       /* SECCOMP_FILTER_FLAG_* */

/* In the order of libseccomp's enum scmp_compare. */
enum oci_seccomp_operator {
	OCI_SECCOMP_NE = 1,
	OCI_SECCOMP_LT,
	OCI_SECCOMP_LE,
	OCI_SECCOMP_EQ,
	OCI_SECCOMP_GE,
	OCI_SECCOMP_GT,
	OCI_SECCOMP_MASKED_EQ,
};

/* x32 has no AUDIT_ARCH of its own: the kernel reports AUDIT_ARCH_X86_64 and a bit in the number. */
#define OCI_SECCOMP_ARCH_X32 0x4000003eU

int oci_word_find(const struct oci_words *words, const char *name, uint64_t *out);
/* The first word with that value; NULL when none has it. */
const char *oci_word_name(const struct oci_words *words, uint64_t value);

#endif
