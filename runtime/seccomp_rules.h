/* seccomp_rules.h - the rules of one system call that look at arguments, in the order in which
 * they are asked.
 *
 * Rules of a config have no order of their own: with libseccomp, which every container profile was
 * written for, the more particular one comes first, wherever the profile has it. This keeps that
 * order:
 *   - higher argument first; == and != and masks, then < and <=, then > and >=; higher value first
 *     (lower for < and <=); what ties, in the order of the profile;
 *   - 64-bit values are compared by their upper, then their lower half;
 *   - a rule whose conditions are the first ones of a longer rule stands for both.
 *
 *      arg0 >= 3 -> ALLOW, arg0 == 5 -> ERRNO        5 gets ERRNO
 *      arg0 == 1 -> ALLOW, arg0 == 1 && arg1 == 2    the second has no effect
 *
 * Limits    : SECCOMP_RULES_MAX for one system call; a longer program the kernel would not take.
 * Errors    : -EEXIST when two rules ask the same and answer differently, -E2BIG, -ENOMEM.
 * Source    : the behaviour of libseccomp 2.5.4, which the unit test compares with. Where it loses a
 *             rule (several inequalities or orders over the arguments of one call, upper halves that
 *             are not 0), every rule holds here; what it refuses there may be taken. */
#ifndef KEG_RUNTIME_SECCOMP_RULES_H
#define KEG_RUNTIME_SECCOMP_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "oci/words.h"

#define SECCOMP_ARG_COUNT 6
#define SECCOMP_RULES_MAX 2048 /* two instructions each, at least */

struct seccomp_condition {
	uint8_t arg;
	enum oci_seccomp_operator op;
	uint64_t value;
	uint64_t mask; /* of MASKED_EQ; else all ones */
};

struct seccomp_rule {
	uint32_t action;
	unsigned count;
	struct seccomp_condition conditions[SECCOMP_ARG_COUNT]; /* one for each argument, rising */
};

/* One comparison of 32 bits, as the order sees it. */
struct seccomp_test {
	uint8_t where; /* argument * 2, + 1 for the upper half */
	uint8_t op;    /* EQ, MASKED_EQ, GT or GE: the others are their opposites */
	uint8_t rank;  /* higher is asked first */
	bool lower_first;
	bool is_last, is_opposite; /* last of its condition; which holds when the test does not */
	uint32_t value, mask;
};
#define SECCOMP_TESTS_MAX (3 * SECCOMP_ARG_COUNT)

struct seccomp_rule_node {
	struct seccomp_rule_node *next;
	struct seccomp_rule rule;
	unsigned n_tests;
	struct seccomp_test tests[SECCOMP_TESTS_MAX];
};

struct seccomp_rules {
	struct seccomp_rule_node *first;
	unsigned count;
};

/* What an architecture makes of a rule: arguments of 32 bits drop upper halves, conditions that
 * always hold are left out, conditions are sorted. count 0: it holds always. */
void seccomp_rule_fit(struct seccomp_rule *rule, bool is_64bit);

/* Adds a fitted rule with at least one condition. */
int seccomp_rules_add(struct arena *arena, struct seccomp_rules *rules,
		      const struct seccomp_rule *rule, bool is_64bit);

#endif
