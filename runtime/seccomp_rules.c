/* seccomp_rules.c - see seccomp_rules.h. */
#include "runtime/seccomp_rules.h"

#include <errno.h>
#include <stddef.h>

static bool condition_holds_always(const struct seccomp_condition *c)
{
	return c->op == OCI_SECCOMP_MASKED_EQ && c->mask == 0;
}

void seccomp_rule_fit(struct seccomp_rule *rule, bool is_64bit)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < rule->count; i++) {
		struct seccomp_condition c = rule->conditions[i];
		if (!is_64bit) {
			c.value = (uint32_t)c.value;
			c.mask = (uint32_t)c.mask;
		}
		c.value &= c.mask;
		if (condition_holds_always(&c))
			continue;
		unsigned at = kept++;
		for (; at > 0 && rule->conditions[at - 1].arg > c.arg; at--)
			rule->conditions[at] = rule->conditions[at - 1];
		rule->conditions[at] = c;
	}
	rule->count = kept;
}

static const struct {
	uint8_t low_op;	 /* of the lower half, or of 32 bits */
	uint8_t high_op; /* the first test of the upper half; GT is followed by EQ */
	uint8_t rank;
	bool is_opposite;
} operator_rows[] = {
	[OCI_SECCOMP_NE] = { OCI_SECCOMP_EQ, OCI_SECCOMP_EQ, 3, true },
	[OCI_SECCOMP_EQ] = { OCI_SECCOMP_EQ, OCI_SECCOMP_EQ, 3, false },
	[OCI_SECCOMP_MASKED_EQ] = { OCI_SECCOMP_MASKED_EQ, OCI_SECCOMP_MASKED_EQ, 3, false },
	[OCI_SECCOMP_LT] = { OCI_SECCOMP_GE, OCI_SECCOMP_GT, 2, true },
	[OCI_SECCOMP_LE] = { OCI_SECCOMP_GT, OCI_SECCOMP_GT, 2, true },
	[OCI_SECCOMP_GE] = { OCI_SECCOMP_GE, OCI_SECCOMP_GT, 1, false },
	[OCI_SECCOMP_GT] = { OCI_SECCOMP_GT, OCI_SECCOMP_GT, 1, false },
};

static unsigned condition_tests(const struct seccomp_condition *c, bool is_64bit,
				struct seccomp_test *tests)
{
	unsigned count = 0;
	struct seccomp_test test = {
		.where = (uint8_t)(c->arg * 2 + 1),
		.op = operator_rows[c->op].high_op,
		.rank = operator_rows[c->op].rank,
		.lower_first = c->op == OCI_SECCOMP_LT || c->op == OCI_SECCOMP_LE,
		.is_opposite = operator_rows[c->op].is_opposite,
		.value = (uint32_t)(c->value >> 32),
		.mask = (uint32_t)(c->mask >> 32),
	};

	if (is_64bit) {
		tests[count++] = test;
		if (test.op == OCI_SECCOMP_GT) {
			test.op = OCI_SECCOMP_EQ;
			tests[count++] = test;
		}
	}
	test.where = (uint8_t)(c->arg * 2);
	test.op = operator_rows[c->op].low_op;
	test.value = (uint32_t)c->value;
	test.mask = (uint32_t)c->mask;
	test.is_last = true;
	tests[count++] = test;
	return count;
}

/* Rules with an equal test here are asked together; the opposite of a test is another answer. */
static bool test_equal(const struct seccomp_test *a, const struct seccomp_test *b)
{
	return a->where == b->where && a->op == b->op && a->value == b->value &&
	       a->mask == b->mask && a->is_last == b->is_last &&
	       (!a->is_last || a->is_opposite == b->is_opposite);
}

static bool test_is_before(const struct seccomp_test *a, const struct seccomp_test *b)
{
	if (a->where != b->where)
		return a->where > b->where;
	if (a->rank != b->rank)
		return a->rank > b->rank;
	return a->lower_first ? a->value < b->value : a->value > b->value;
}

/* The link after those nodes of [at, end) whose test number `depth` equals that of *at. */
static struct seccomp_rule_node **group_end(struct seccomp_rule_node **at,
					    const struct seccomp_rule_node *end, unsigned depth)
{
	const struct seccomp_test *test = &(*at)->tests[depth];
	struct seccomp_rule_node **link = &(*at)->next;

	while (*link != end && test_equal(&(*link)->tests[depth], test))
		link = &(*link)->next;
	return link;
}

int seccomp_rules_add(struct arena *arena, struct seccomp_rules *rules,
		      const struct seccomp_rule *rule, bool is_64bit)
{
	struct seccomp_rule_node new = { .rule = *rule };

	for (unsigned i = 0; i < rule->count; i++)
		new.n_tests +=
			condition_tests(&rule->conditions[i], is_64bit, new.tests + new.n_tests);

	/* [at, end): the rules whose first `depth` tests are those of the new one */
	struct seccomp_rule_node **at = &rules->first, *end = NULL;
	unsigned depth = 0;
	for (; depth < new.n_tests; depth++) {
		if (*at != end && (*at)->n_tests == depth)
			return 0; /* a shorter rule stands for this one */
		while (*at != end && !test_equal(&(*at)->tests[depth], &new.tests[depth]) &&
		       !test_is_before(&new.tests[depth], &(*at)->tests[depth]))
			at = group_end(at, end, depth);
		if (*at == end || !test_equal(&(*at)->tests[depth], &new.tests[depth]))
			break;
		end = *group_end(at, end, depth);
	}
	if (depth == new.n_tests &&*at != end) {
		for (const struct seccomp_rule_node *same = *at; same != end; same = same->next)
			if (same->rule.action != rule->action)
				return -EEXIST;
		if ((*at)->n_tests == depth)
			return 0;
	}

	if (rules->count == SECCOMP_RULES_MAX)
		return -E2BIG;
	struct seccomp_rule_node *node = ARENA_NEW(arena, struct seccomp_rule_node);
	if (!node)
		return -ENOMEM;
	*node = new;
	node->next = *at;
	*at = node;
	rules->count++;
	return 0;
}
