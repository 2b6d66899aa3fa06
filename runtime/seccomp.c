/* seccomp.c - a profile of config.json compiled to classic BPF; see seccomp.h.
 *
 *   profile -> entries (a name's row, a rule)             once
 *           -> slots (one for each number of one architecture)
 *           -> ranges of numbers with the same target
 *           -> a balanced tree of comparisons             for each architecture
 *           -> dispatch on the architecture
 *
 * The program is written backwards (seccomp_assemble.h): what runs last is made first. */
#include "runtime/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>

#include "oci/config.h"
#include "oci/words.h"
#include "runtime/seccomp_assemble.h"
#include "runtime/seccomp_rules.h"
#include "runtime/syscalls.h"

/* For architectures that the profile does not name, as every runtime has it. */
#define BAD_ARCH_ACTION SECCOMP_RET_KILL_THREAD

#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH (1UL << 4) /* Linux 5.7 */
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif

#define ARCH_MAX 32

/* One name of one item of syscalls[], or one of the alternatives that its arguments make. */
struct entry {
	const struct syscall_row *row;
	const struct seccomp_rule *rule;
	unsigned item; /* index into syscalls[], for messages */
};

struct profile {
	uint32_t default_action;
	const struct syscall_arch *archs[ARCH_MAX];
	unsigned n_archs;
	struct entry *entries;
	size_t n_entries;
};

/* What happens to one number: an action at once, or rules and then the default. */
struct slot {
	struct seccomp_rules rules; /* count 0: action */
	uint32_t action;
	bool is_set;
};

struct range {
	uint32_t start;
	struct target target;
};

/* ---- reading the profile ---------------------------------------------------------------------- */

/* item below 0: the default of the profile. */
static int parse_action(const char *name, const uint64_t *errno_ret, long item, uint32_t *out,
			struct err *e)
{
	uint64_t action = 0;

	if (!name || oci_word_find(&oci_seccomp_actions, name, &action) < 0) {
		err_set(e, ERR_INVALID, "unknown seccomp action %s", name ? name : "(none)");
		if (item < 0)
			return err_pointer(e, "/linux/seccomp/defaultAction");
		return err_pointer(e, "/linux/seccomp/syscalls/%ld/action", item);
	}
	bool takes_data = action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_TRACE;
	if (errno_ret && (!takes_data || *errno_ret > SECCOMP_RET_DATA)) {
		if (takes_data)
			err_set(e, ERR_INVALID, "%llu is no errno value",
				(unsigned long long)*errno_ret);
		else
			err_set(e, ERR_INVALID, "%s takes no errno value", name);
		if (item < 0)
			return err_pointer(e, "/linux/seccomp/defaultErrnoRet");
		return err_pointer(e, "/linux/seccomp/syscalls/%ld/errnoRet", item);
	}
	*out = (uint32_t)action;
	if (takes_data)
		*out |= errno_ret ? (uint32_t)*errno_ret : EPERM;
	return 0;
}

static int parse_archs(const struct oci_seccomp *config, struct profile *profile, struct err *e)
{
	const struct syscall_arch *native = syscall_arch_native();

	profile->archs[profile->n_archs++] = native;
	for (size_t i = 0; i < config->n_architectures; i++) {
		uint64_t token = 0;
		const struct syscall_arch *arch = NULL;
		if (oci_word_find(&oci_seccomp_archs, config->architectures[i], &token) == 0)
			arch = syscall_arch_find((uint32_t)token);
		if (!arch)
			err_set(e, ERR_INVALID, "unknown architecture %s",
				config->architectures[i]);
		else if (syscall_arch_is_little_endian(arch) !=
			 syscall_arch_is_little_endian(native))
			err_set(e, ERR_INVALID, "%s has another byte order than this machine",
				config->architectures[i]);
		else {
			bool is_known = false;
			for (unsigned j = 0; j < profile->n_archs; j++)
				is_known |= profile->archs[j] == arch;
			if (!is_known) /* at most one for each row of the table */
				profile->archs[profile->n_archs++] = arch;
			continue;
		}
		return err_pointer(e, "/linux/seccomp/architectures/%zu", i);
	}
	return 0;
}

static int parse_flags(const struct oci_seccomp *config, struct seccomp_program *out, struct err *e)
{
	out->flags = config->n_flags == 0 ? SECCOMP_FILTER_FLAG_SPEC_ALLOW : 0;
	for (size_t i = 0; i < config->n_flags; i++) {
		uint64_t flag = 0;
		if (oci_word_find(&oci_seccomp_flags, config->flags[i], &flag) < 0) {
			err_set(e, ERR_INVALID, "unknown seccomp flag %s", config->flags[i]);
			return err_pointer(e, "/linux/seccomp/flags/%zu", i);
		}
		if (flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV && !out->needs_listener) {
			err_set(e, ERR_INVALID, "%s needs an action SCMP_ACT_NOTIFY",
				config->flags[i]);
			return err_pointer(e, "/linux/seccomp/flags/%zu", i);
		}
		out->flags |= (uint32_t)flag;
	}
	if (out->needs_listener) {
		out->flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
		if (out->flags & SECCOMP_FILTER_FLAG_TSYNC) /* seccomp(2): both only with this */
			out->flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	}
	return 0;
}

static int parse_condition(const struct oci_seccomp_arg *arg, unsigned item, size_t index,
			   struct seccomp_condition *out, struct err *e)
{
	uint64_t op = 0;

	if (arg->index >= SECCOMP_ARG_COUNT) {
		err_set(e, ERR_INVALID, "system calls have arguments 0 to 5, not %u", arg->index);
		return err_pointer(e, "/linux/seccomp/syscalls/%u/args/%zu/index", item, index);
	}
	if (!arg->op || oci_word_find(&oci_seccomp_operators, arg->op, &op) < 0) {
		err_set(e, ERR_INVALID, "unknown comparison operator %s",
			arg->op ? arg->op : "(none)");
		return err_pointer(e, "/linux/seccomp/syscalls/%u/args/%zu/op", item, index);
	}
	bool is_masked = op == OCI_SECCOMP_MASKED_EQ;
	*out = (struct seccomp_condition){
		.arg = (uint8_t)arg->index,
		.op = (enum oci_seccomp_operator)op,
		.value = is_masked ? arg->value_two : arg->value,
		.mask = is_masked ? arg->value : UINT64_MAX,
	};
	return 0;
}

/* All args must hold together; when one argument is asked twice, any of them is enough, as the
 * other runtimes have it. */
static int parse_rules(struct arena *arena, const struct oci_seccomp_syscall *item, unsigned index,
		       uint32_t action, struct seccomp_rule **out, size_t *out_count, struct err *e)
{
	bool is_alternatives = false;
	unsigned seen = 0;

	for (size_t i = 0; i < item->n_args; i++) {
		uint32_t arg = item->args[i].index;
		if (arg >= SECCOMP_ARG_COUNT)
			continue; /* parse_condition refuses it */
		is_alternatives |= seen & (1U << arg);
		seen |= 1U << arg;
	}
	size_t count = is_alternatives ? item->n_args : 1;
	struct seccomp_rule *rules = ARENA_ARRAY(arena, count, struct seccomp_rule);
	if (!rules)
		return err_set(e, ERR_NO_MEMORY, "hold the rules of a seccomp profile");
	for (size_t i = 0; i < count; i++)
		rules[i].action = action;
	for (size_t i = 0; i < item->n_args; i++) {
		struct seccomp_condition condition;
		if (parse_condition(&item->args[i], index, i, &condition, e) < 0)
			return -1;
		struct seccomp_rule *rule = &rules[is_alternatives ? i : 0];
		rule->conditions[rule->count++] = condition;
	}
	*out = rules;
	*out_count = count;
	return 0;
}

static int parse_item(struct arena *arena, const struct oci_seccomp *config, unsigned index,
		      const struct seccomp_options *options, struct profile *profile,
		      struct seccomp_program *out, struct err *e)
{
	const struct oci_seccomp_syscall *item = &config->syscalls[index];
	uint32_t action = 0;
	struct seccomp_rule *rules = NULL;
	size_t n_rules = 0;

	if (parse_action(item->action, item->errno_ret, (long)index, &action, e) < 0 ||
	    parse_rules(arena, item, index, action, &rules, &n_rules, e) < 0)
		return -1;
	bool has_effect = action != profile->default_action;
	if (has_effect && action == SECCOMP_RET_USER_NOTIF)
		out->needs_listener = true;

	for (size_t i = 0; i < item->n_names; i++) {
		const struct syscall_row *row = syscall_find(item->names[i]);
		if (!row) {
			if (options && options->refuse_unknown_names) {
				err_set(e, ERR_INVALID, "unknown system call %s", item->names[i]);
				return err_pointer(e, "/linux/seccomp/syscalls/%u/names/%zu", index,
						   i);
			}
			out->unknown_names++;
			if (!out->first_unknown)
				out->first_unknown = item->names[i];
			continue;
		}
		for (size_t j = 0; has_effect && j < n_rules; j++)
			profile->entries[profile->n_entries++] =
				(struct entry){ .row = row, .rule = &rules[j], .item = index };
	}
	return 0;
}

static int parse_profile(struct arena *arena, const struct oci_seccomp *config,
			 const struct seccomp_options *options, struct profile *profile,
			 struct seccomp_program *out, struct err *e)
{
	size_t most = 0;

	if (parse_action(config->default_action, config->default_errno_ret, -1,
			 &profile->default_action, e) < 0 ||
	    parse_archs(config, profile, e) < 0)
		return -1;
	out->needs_listener =
		(options && options->listener) || profile->default_action == SECCOMP_RET_USER_NOTIF;
	for (size_t i = 0; i < config->n_syscalls; i++)
		most += config->syscalls[i].n_names *
			(config->syscalls[i].n_args ? config->syscalls[i].n_args : 1);
	profile->entries = ARENA_ARRAY(arena, most ? most : 1, struct entry);
	if (!profile->entries)
		return err_set(e, ERR_NO_MEMORY, "hold the rules of a seccomp profile");
	for (size_t i = 0; i < config->n_syscalls; i++)
		if (parse_item(arena, config, (unsigned)i, options, profile, out, e) < 0)
			return -1;
	return parse_flags(config, out, e);
}

/* ---- one architecture: what happens to each number -------------------------------------------- */

/* The first rule without conditions is the last word; one that comes after rules with conditions
 * replaces them. */
static int slot_add(struct arena *arena, struct slot *slot, struct seccomp_rule rule, bool is_64bit)
{
	if (slot->is_set && slot->rules.count == 0)
		return 0;
	seccomp_rule_fit(&rule, is_64bit);
	slot->is_set = true;
	if (rule.count > 0)
		return seccomp_rules_add(arena, &slot->rules, &rule, is_64bit);
	slot->rules.count = 0;
	slot->action = rule.action;
	return 0;
}

/* socketcall(2) and ipc(2) have pointers where the call has arguments: only which call it is can
 * be asked, in argument 0; other conditions are kept as they are, as libseccomp does. */
static struct seccomp_rule multiplexed_rule(const struct seccomp_rule *rule, int number)
{
	struct seccomp_rule result = { .action = rule->action, .count = 1 };

	result.conditions[0] = (struct seccomp_condition){
		.arg = 0,
		.op = OCI_SECCOMP_EQ,
		.value = (uint64_t)number,
		.mask = UINT64_MAX,
	};
	for (unsigned i = 0; i < rule->count; i++)
		if (rule->conditions[i].arg != 0)
			result.conditions[result.count++] = rule->conditions[i];
	return result;
}

static int slots_add(struct arena *arena, struct slot *slots, const struct syscall_arch *arch,
		     const struct entry *entry)
{
	int number = 0;
	const char *through = NULL;

	if (arch->is_multiplexed && (number = syscall_socketcall_number(entry->row)) > 0)
		through = "socketcall";
	else if (arch->is_multiplexed && (number = syscall_ipc_number(entry->row)) > 0)
		through = "ipc";
	if (through) {
		int rc = slot_add(arena, &slots[syscall_slot(syscall_find(through), arch)],
				  multiplexed_rule(entry->rule, number), arch->is_64bit);
		if (rc < 0)
			return rc;
	}
	int slot = syscall_slot(entry->row, arch);
	if (slot < 0)
		return 0; /* this architecture has no such call */
	return slot_add(arena, &slots[slot], *entry->rule, arch->is_64bit);
}

/* ---- code ------------------------------------------------------------------------------------- */

static uint32_t arg_offset(const struct syscall_arch *arch, unsigned arg, bool is_high)
{
	bool is_second = is_high == syscall_arch_is_little_endian(arch);

	return (uint32_t)(offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t) +
			  (is_second ? sizeof(uint32_t) : 0));
}

/* One half of == with a mask; `yes` itself when there is nothing to compare. */
static struct target emit_half_equal(struct assembler *a, uint32_t offset, uint32_t value,
				     uint32_t mask, struct target yes, struct target no)
{
	if (mask == 0)
		return yes;
	(void)assemble_jump(a, BPF_JEQ, value, yes, no);
	if (mask != UINT32_MAX)
		(void)assemble_and(a, mask);
	return assemble_load(a, offset);
}

static struct target emit_equal(struct assembler *a, const struct syscall_arch *arch,
				const struct seccomp_condition *c, struct target yes,
				struct target no)
{
	struct target low = emit_half_equal(a, arg_offset(arch, c->arg, false), (uint32_t)c->value,
					    (uint32_t)c->mask, yes, no);

	if (!arch->is_64bit)
		return low;
	return emit_half_equal(a, arg_offset(arch, c->arg, true), (uint32_t)(c->value >> 32),
			       (uint32_t)(c->mask >> 32), low, no);
}

/* > and >=: the upper half decides, unless it is equal. */
static struct target emit_greater(struct assembler *a, const struct syscall_arch *arch,
				  const struct seccomp_condition *c, uint16_t low_operation,
				  struct target yes, struct target no)
{
	(void)assemble_jump(a, low_operation, (uint32_t)c->value, yes, no);
	struct target low = assemble_load(a, arg_offset(arch, c->arg, false));
	if (!arch->is_64bit)
		return low;
	struct target equal = assemble_jump(a, BPF_JEQ, (uint32_t)(c->value >> 32), low, no);
	(void)assemble_jump(a, BPF_JGT, (uint32_t)(c->value >> 32), yes, equal);
	return assemble_load(a, arg_offset(arch, c->arg, true));
}

static struct target emit_condition(struct assembler *a, const struct syscall_arch *arch,
				    const struct seccomp_condition *c, struct target yes,
				    struct target no)
{
	switch (c->op) {
	case OCI_SECCOMP_EQ:
	case OCI_SECCOMP_MASKED_EQ: return emit_equal(a, arch, c, yes, no);
	case OCI_SECCOMP_NE: return emit_equal(a, arch, c, no, yes);
	case OCI_SECCOMP_GT: return emit_greater(a, arch, c, BPF_JGT, yes, no);
	case OCI_SECCOMP_GE: return emit_greater(a, arch, c, BPF_JGE, yes, no);
	case OCI_SECCOMP_LE: return emit_greater(a, arch, c, BPF_JGT, no, yes);
	case OCI_SECCOMP_LT: return emit_greater(a, arch, c, BPF_JGE, no, yes);
	}
	return no; /* parse_condition lets nothing else through */
}

/* Last rule first; recursion would be as deep as a profile is long. */
static struct target emit_rules(struct assembler *a, const struct syscall_arch *arch,
				const struct seccomp_rule_node *rules, struct target otherwise)
{
	const struct seccomp_rule_node *end = NULL;
	struct target target = otherwise;

	while (end != rules && !a->is_full) {
		const struct seccomp_rule_node *node = rules;
		while (node->next != end)
			node = node->next;
		struct target yes = target_action(node->rule.action);
		for (unsigned i = node->rule.count; i-- > 0;)
			yes = emit_condition(a, arch, &node->rule.conditions[i], yes, target);
		target = yes;
		end = node;
	}
	return target;
}

/* Which of ranges[0..count) has the number in the accumulator. Three ranges of which the middle
 * one is a single number between equals need one comparison. */
static struct target emit_search(struct assembler *a, const struct range *ranges, size_t count)
{
	if (count == 1)
		return ranges[0].target;
	if (count == 3 && ranges[2].start - ranges[1].start == 1 &&
	    target_equal(ranges[0].target, ranges[2].target))
		return assemble_jump(a, BPF_JEQ, ranges[1].start, ranges[1].target,
				     ranges[0].target);
	size_t half = count / 2;
	struct target above = emit_search(a, ranges + half, count - half);
	struct target below = emit_search(a, ranges, half);
	return assemble_jump(a, BPF_JGE, ranges[half].start, above, below);
}

struct range_list {
	struct range rows[2 * SYSCALL_SLOT_COUNT + 1];
	size_t count;
};

static void range_add(struct range_list *ranges, uint32_t start, struct target target)
{
	if (ranges->count > 0 && target_equal(ranges->rows[ranges->count - 1].target, target))
		return;
	if (ranges->count > 0 && ranges->rows[ranges->count - 1].start == start)
		ranges->count--; /* it was empty */
	if (ranges->count > 0 && target_equal(ranges->rows[ranges->count - 1].target, target))
		return;
	ranges->rows[ranges->count++] = (struct range){ .start = start, .target = target };
}

/* Code that decides over a number in the accumulator. */
static int emit_arch(struct arena *arena, struct assembler *a, const struct profile *profile,
		     const struct syscall_arch *arch, struct target *out, struct err *e)
{
	struct slot slots[SYSCALL_SLOT_COUNT];
	struct range_list ranges;
	struct target otherwise = target_action(profile->default_action);

	memset(slots, 0, sizeof slots);
	for (size_t i = 0; i < profile->n_entries; i++) {
		const struct entry *entry = &profile->entries[i];
		int rc = slots_add(arena, slots, arch, entry);
		if (rc == 0)
			continue;
		if (rc == -EEXIST)
			err_set(e, ERR_INVALID,
				"two rules for %s ask the same and answer differently",
				syscall_row_name(entry->row));
		else if (rc == -E2BIG)
			err_set(e, ERR_LIMIT, "more than %d rules for %s", SECCOMP_RULES_MAX,
				syscall_row_name(entry->row));
		else
			err_errno(e, rc, "hold the rules of a seccomp profile");
		return err_pointer(e, "/linux/seccomp/syscalls/%u", entry->item);
	}

	ranges.count = 0;
	range_add(&ranges, 0, otherwise);
	for (int i = 0; i < SYSCALL_SLOT_COUNT; i++) {
		if (!slots[i].is_set)
			continue;
		uint32_t number = syscall_slot_number(arch, i);
		range_add(&ranges, number,
			  slots[i].rules.count
				  ? emit_rules(a, arch, slots[i].rules.first, otherwise)
				  : target_action(slots[i].action));
		range_add(&ranges, number + 1, otherwise);
	}
	*out = emit_search(a, ranges.rows, ranges.count);
	return 0;
}

/* x86_64 and x32 are one architecture to the kernel, told apart by a bit of the number. Where only
 * one of them is in the profile, the other's numbers are those of a foreign architecture; -1 is
 * what a tracer writes to skip a call, seccomp(2). */
static int emit_x86_64(struct arena *arena, struct assembler *a, const struct profile *profile,
		       const struct syscall_arch *plain, const struct syscall_arch *x32,
		       struct target *out, struct err *e)
{
	struct target below = target_action(BAD_ARCH_ACTION), above = below;

	if (x32) {
		if (emit_arch(arena, a, profile, x32, &above, e) < 0)
			return -1;
	} else {
		above = assemble_jump(a, BPF_JEQ, UINT32_MAX,
				      target_action(profile->default_action), above);
	}
	if (plain && emit_arch(arena, a, profile, plain, &below, e) < 0)
		return -1;
	*out = assemble_jump(a, BPF_JGE, SYSCALL_X32_BIT, above, below);
	return 0;
}

static int emit_profile(struct arena *arena, struct assembler *a, const struct profile *profile,
			struct err *e)
{
	struct target target = target_action(BAD_ARCH_ACTION);
	struct {
		uint32_t audit;
		struct target target;
	} blocks[ARCH_MAX];
	unsigned n_blocks = 0;

	/* The native architecture is the first of the list: written last, it is nearest. */
	for (unsigned i = profile->n_archs; i-- > 0;) {
		const struct syscall_arch *arch = profile->archs[i];
		struct target block;
		if (arch->audit == AUDIT_ARCH_X86_64) {
			const struct syscall_arch *plain = NULL, *x32 = NULL;
			bool is_done = false;
			for (unsigned j = 0; j < profile->n_archs; j++) {
				if (profile->archs[j]->audit != arch->audit)
					continue;
				is_done |= j < i;
				*(profile->archs[j]->base ? &x32 : &plain) = profile->archs[j];
			}
			if (is_done) /* made with the first of the two */
				continue;
			if (emit_x86_64(arena, a, profile, plain, x32, &block, e) < 0)
				return -1;
		} else if (emit_arch(arena, a, profile, arch, &block, e) < 0) {
			return -1;
		}
		block = block.is_action ? block
					: assemble_load(a, offsetof(struct seccomp_data, nr));
		blocks[n_blocks].audit = arch->audit;
		blocks[n_blocks++].target = block;
	}
	for (unsigned i = 0; i < n_blocks; i++)
		target = assemble_jump(a, BPF_JEQ, blocks[i].audit, blocks[i].target, target);
	(void)assemble_load(a, offsetof(struct seccomp_data, arch));
	return 0;
}

int seccomp_compile(struct arena *arena, const struct oci_seccomp *config,
		    const struct seccomp_options *options, struct seccomp_program *out,
		    struct err *e)
{
	struct profile profile = { 0 };
	struct seccomp_program program = { 0 };
	struct assembler assembler;

	assembler_init(&assembler);
	if (parse_profile(arena, config, options, &profile, &program, e) < 0 ||
	    emit_profile(arena, &assembler, &profile, e) < 0)
		return err_phase(e, PHASE_SECCOMP);
	if (assembler.is_full) {
		err_set(e, ERR_LIMIT,
			"the seccomp profile needs more than the %d instructions that the kernel takes",
			SECCOMP_PROGRAM_MAX);
		(void)err_pointer(e, "/linux/seccomp");
		return err_phase(e, PHASE_SECCOMP);
	}
	program.count = (uint16_t)assembler.count;
	program.insns = ARENA_ARRAY(arena, assembler.count, struct sock_filter);
	if (!program.insns) {
		err_set(e, ERR_NO_MEMORY, "hold a seccomp program");
		return err_phase(e, PHASE_SECCOMP);
	}
	memcpy(program.insns, assembler_start(&assembler),
	       assembler.count * sizeof(struct sock_filter));
	*out = program;
	return 0;
}
