/* seccomp_oracle.c - see seccomp_oracle.h. */
#include "tests/unit/runtime/seccomp_oracle.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#define seccomp_load libseccomp_load /* we have a function of that name */
#include <seccomp.h>
#undef seccomp_load
#include <sys/mman.h>
#include <unistd.h>

#include "oci/words.h"
#include "runtime/seccomp.h"
#include "runtime/syscalls.h"
#include "tests/unit/runtime/bpf.h"

/* libseccomp loses nodes of the rules that it miscompiles. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libseccomp.so";
}

/* ---- the oracle -------------------------------------------------------------------------------- */

static uint32_t oracle_action(const char *name, const uint64_t *errno_ret)
{
	uint64_t action;

	ck_assert_int_eq(oci_word_find(&oci_seccomp_actions, name, &action), 0);
	if (action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_TRACE)
		action |= errno_ret ? *errno_ret : EPERM;
	return (uint32_t)action;
}

static uint32_t oracle_arch(const char *name)
{
	char lower[32] = "";

	for (size_t i = 0; name[10 + i] && i < sizeof lower - 1; i++) /* after SCMP_ARCH_ */
		lower[i] = (char)(name[10 + i] >= 'A' && name[10 + i] <= 'Z' ? name[10 + i] + 32
									     : name[10 + i]);
	return seccomp_arch_resolve_name(lower);
}

static int oracle_add_item(scmp_filter_ctx ctx, const struct oci_seccomp_syscall *item,
			   uint32_t action, int number)
{
	struct scmp_arg_cmp args[16];
	unsigned seen = 0;
	bool is_twice = false;

	ck_assert_uint_le(item->n_args, 16);
	for (size_t i = 0; i < item->n_args; i++) {
		uint64_t op;
		ck_assert_int_eq(oci_word_find(&oci_seccomp_operators, item->args[i].op, &op), 0);
		args[i] = (struct scmp_arg_cmp){ .arg = item->args[i].index,
						 .op = (enum scmp_compare)op,
						 .datum_a = item->args[i].value,
						 .datum_b = item->args[i].value_two };
		is_twice |= seen & (1U << args[i].arg);
		seen |= 1U << args[i].arg;
	}
	if (!is_twice)
		return seccomp_rule_add_array(ctx, action, number, (unsigned)item->n_args, args);
	for (size_t i = 0; i < item->n_args; i++) {
		int rc = seccomp_rule_add_array(ctx, action, number, 1, &args[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* 0, or what libseccomp says against the profile. Used as the other runtimes use it. */
static int oracle_compile(const struct oci_seccomp *profile, struct sock_filter *out, size_t *count)
{
	uint32_t otherwise = oracle_action(profile->default_action, profile->default_errno_ret);
	scmp_filter_ctx ctx = seccomp_init(otherwise);
	int rc = 0;

	ck_assert_ptr_nonnull(ctx);
	for (size_t i = 0; i < profile->n_architectures && rc == 0; i++) {
		rc = seccomp_arch_add(ctx, oracle_arch(profile->architectures[i]));
		if (rc == -EEXIST)
			rc = 0;
	}
	for (size_t i = 0; i < profile->n_syscalls && rc == 0; i++) {
		const struct oci_seccomp_syscall *item = &profile->syscalls[i];
		uint32_t action = oracle_action(item->action, item->errno_ret);
		if (action == otherwise)
			continue;
		for (size_t j = 0; j < item->n_names && rc == 0; j++) {
			int number = seccomp_syscall_resolve_name(item->names[j]);
			if (number != __NR_SCMP_ERROR)
				rc = oracle_add_item(ctx, item, action, number);
		}
	}
	if (rc == 0) {
		int fd = memfd_create("oracle", MFD_CLOEXEC);
		ck_assert_int_ge(fd, 0);
		rc = seccomp_export_bpf(ctx, fd);
		ck_assert_int_eq(rc, 0);
		ssize_t size = pread(fd, out, 4096 * sizeof *out, 0);
		ck_assert_int_gt(size, 0);
		*count = (size_t)size / sizeof *out;
		close(fd);
	}
	seccomp_release(ctx);
	return rc;
}

/* Does libseccomp's table, which may be older, have the number that ours has, on every
 * architecture of the profile? */
static bool oracle_knows(const struct oci_seccomp *profile, const char *name)
{
	const struct syscall_row *row = syscall_find(name);

	if (!row || seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
		return false;
	for (size_t i = 0; i <= profile->n_architectures; i++) {
		uint64_t token = syscall_arch_native()->token;
		if (i > 0)
			ck_assert_int_eq(oci_word_find(&oci_seccomp_archs,
						       profile->architectures[i - 1], &token),
					 0);
		const struct syscall_arch *arch = syscall_arch_find((uint32_t)token);
		int slot = syscall_slot(row, arch);
		int theirs = seccomp_syscall_resolve_name_arch((uint32_t)token, name);
		if (slot >= 0 && theirs < 0 && !syscall_socketcall_number(row) &&
		    !syscall_ipc_number(row))
			return false;
	}
	return true;
}

static void drop_names_oracle_lacks(struct oci_seccomp *profile)
{
	for (size_t i = 0; i < profile->n_syscalls; i++) {
		struct oci_seccomp_syscall *item = &profile->syscalls[i];
		size_t kept = 0;
		for (size_t j = 0; j < item->n_names; j++)
			if (oracle_knows(profile, item->names[j]))
				item->names[kept++] = item->names[j];
		item->n_names = kept;
	}
}

/* ---- the specification, read naively ------------------------------------------------------------ */

/* One way in which a name of the profile reaches the kernel. */
struct way {
	uint32_t audit, number;
	bool is_64bit;
	int multiplexed; /* what argument 0 must be; 0: nothing */
	const struct oci_seccomp_syscall *item;
	uint32_t action;
};

struct truth {
	uint32_t otherwise;
	const struct syscall_arch *archs[32];
	size_t n_archs;
	struct way ways[4096];
	size_t count;
};

static void truth_add(struct truth *t, const struct syscall_arch *arch,
		      const struct oci_seccomp_syscall *item, const struct syscall_row *row,
		      int multiplexed)
{
	int slot = syscall_slot(row, arch);

	if (slot < 0)
		return;
	ck_assert_uint_lt(t->count, sizeof t->ways / sizeof *t->ways);
	t->ways[t->count++] =
		(struct way){ .audit = arch->audit,
			      .number = syscall_slot_number(arch, slot),
			      .is_64bit = arch->is_64bit,
			      .multiplexed = multiplexed,
			      .item = item,
			      .action = oracle_action(item->action, item->errno_ret) };
}

static void truth_init(struct truth *t, const struct oci_seccomp *profile)
{
	t->count = 0;
	t->n_archs = 0;
	t->otherwise = oracle_action(profile->default_action, profile->default_errno_ret);
	for (size_t k = 0; k < oci_seccomp_archs.count; k++) {
		const struct syscall_arch *arch =
			syscall_arch_find((uint32_t)oci_seccomp_archs.rows[k].value);
		bool is_in = arch == syscall_arch_native();
		for (size_t i = 0; i < profile->n_architectures; i++)
			is_in |= strcmp(profile->architectures[i],
					oci_seccomp_archs.rows[k].name) == 0;
		if (is_in)
			t->archs[t->n_archs++] = arch;
		for (size_t i = 0; is_in && i < profile->n_syscalls; i++) {
			const struct oci_seccomp_syscall *item = &profile->syscalls[i];
			if (oracle_action(item->action, item->errno_ret) == t->otherwise)
				continue;
			for (size_t j = 0; j < item->n_names; j++) {
				const struct syscall_row *row = syscall_find(item->names[j]);
				if (arch->is_multiplexed && syscall_socketcall_number(row))
					truth_add(t, arch, item, syscall_find("socketcall"),
						  syscall_socketcall_number(row));
				if (arch->is_multiplexed && syscall_ipc_number(row))
					truth_add(t, arch, item, syscall_find("ipc"),
						  syscall_ipc_number(row));
				truth_add(t, arch, item, row, 0);
			}
		}
	}
}

static bool argument_holds(const struct oci_seccomp_arg *arg, uint64_t given, bool is_64bit)
{
	uint64_t a = is_64bit ? given : (uint32_t)given;
	uint64_t value = is_64bit ? arg->value : (uint32_t)arg->value;
	uint64_t two = is_64bit ? arg->value_two : (uint32_t)arg->value_two;

	switch (arg->op[9]) { /* after SCMP_CMP_ */
	case 'N': return a != value;
	case 'E': return a == value;
	case 'M': return (a & value) == (two & value);
	case 'L': return arg->op[10] == 'T' ? a < value : a <= value;
	default: return arg->op[10] == 'T' ? a > value : a >= value;
	}
}

/* *out_always: without looking at arguments that may differ. */
static bool way_holds(const struct way *way, const struct seccomp_data *data, bool *out_always)
{
	const struct oci_seccomp_syscall *item = way->item;
	unsigned seen = 0, always = 0, holding = 0, considered = 0;
	bool is_twice = false;

	for (size_t i = 0; i < item->n_args; i++) {
		is_twice |= seen & (1U << item->args[i].index);
		seen |= 1U << item->args[i].index;
	}
	for (size_t i = 0; i < item->n_args; i++) {
		const struct oci_seccomp_arg *arg = &item->args[i];
		bool is_replaced = way->multiplexed && arg->index == 0;
		uint64_t mask = way->is_64bit ? arg->value : (uint32_t)arg->value;
		considered++;
		always += is_replaced || (arg->op[9] == 'M' && mask == 0);
		holding +=
			is_replaced || argument_holds(arg, data->args[arg->index], way->is_64bit);
	}
	bool number_holds =
		!way->multiplexed || (uint32_t)way->multiplexed == (uint32_t)data->args[0];
	if (way->is_64bit && way->multiplexed)
		number_holds = data->args[0] == (uint64_t)way->multiplexed;
	*out_always = !way->multiplexed && (is_twice ? always > 0 : always == considered);
	return number_holds && (is_twice ? holding > 0 : holding == considered);
}

/* Is it a call of an architecture that the profile does not name? x32 and x86_64 share theirs. */
static bool is_foreign(const struct truth *t, const struct seccomp_data *data)
{
	uint32_t number = (uint32_t)data->nr;

	if (number == UINT32_MAX && data->arch == AUDIT_ARCH_X86_64)
		return false; /* what a tracer skips */
	for (size_t i = 0; i < t->n_archs; i++)
		if (t->archs[i]->audit == data->arch &&
		    (data->arch != AUDIT_ARCH_X86_64 ||
		     (t->archs[i]->base == SYSCALL_X32_BIT) == (number >= SYSCALL_X32_BIT)))
			return false;
	return true;
}

/* May this be the verdict? Where rules with different actions hold, any of them may come first. */
static bool truth_admits(const struct truth *t, const struct seccomp_data *data, uint32_t verdict)
{
	uint32_t number = (uint32_t)data->nr;
	bool may = false, any = false;

	if (is_foreign(t, data))
		return verdict == SECCOMP_RET_KILL_THREAD;
	for (size_t i = 0; i < t->count; i++) {
		const struct way *way = &t->ways[i];
		if (way->audit != data->arch || way->number != number)
			continue;
		bool always = false;
		if (!way_holds(way, data, &always))
			continue;
		if (always)
			return verdict == way->action;
		any = true;
		may |= verdict == way->action;
	}
	return any ? may : verdict == t->otherwise;
}

/* ---- comparing --------------------------------------------------------------------------------- */

struct values {
	uint64_t list[512];
	size_t count;
};

static void value_add(struct values *v, uint64_t value)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->list[i] == value)
			return;
	ck_assert_uint_lt(v->count, sizeof(v->list) / sizeof(v->list[0]));
	v->list[v->count++] = value;
}

/* Around every constant of the profile, in both halves. */
static void values_collect(const struct oci_seccomp *profile, unsigned arg, struct values *v)
{
	v->count = 0;
	value_add(v, 0);
	value_add(v, UINT64_MAX);
	for (size_t i = 0; i < profile->n_syscalls; i++) {
		const struct oci_seccomp_syscall *item = &profile->syscalls[i];
		for (size_t j = 0; j < item->n_args; j++) {
			if (item->args[j].index != arg)
				continue;
			const uint64_t constants[] = { item->args[j].value,
						       item->args[j].value_two };
			for (size_t k = 0; k < 2; k++) {
				uint64_t c = constants[k];
				const uint64_t around[] = {
					c,
					c + 1,
					c - 1,
					c ^ (1ULL << 32),
					c + (1ULL << 32),
					c - (1ULL << 32),
					(uint32_t)c,
					c | 0xffffffff00000000ULL,
					~c,
				};
				for (size_t n = 0; n < sizeof around / sizeof *around; n++)
					if (v->count < 40)
						value_add(v, around[n]);
			}
		}
	}
}

struct comparison {
	const struct sock_filter *ours, *theirs;
	const struct truth *truth;
	size_t inputs;
	enum outcome outcome;
	struct seccomp_data differs; /* an input for which it is so */
	uint32_t our_verdict, their_verdict;
};

/* The gravest is kept, the first of its kind. */
static void keep_difference(struct comparison *c, const struct seccomp_data *data, uint32_t ours,
			    uint32_t theirs, enum outcome outcome)
{
	if (outcome <= c->outcome)
		return;
	c->outcome = outcome;
	c->differs = *data;
	c->our_verdict = ours;
	c->their_verdict = theirs;
}

/* false: there is no point in going on. */
static bool compare_one(struct comparison *c, const struct seccomp_data *data)
{
	uint32_t ours = bpf_run(c->ours, data, NULL), theirs = bpf_run(c->theirs, data, NULL);

	c->inputs++;
	if (!truth_admits(c->truth, data, ours)) {
		keep_difference(c, data, ours, theirs, DIFFERENT);
		return false;
	}
	if (ours == theirs)
		return true;
	keep_difference(c, data, ours, theirs,
			truth_admits(c->truth, data, theirs) ? OTHER_ORDER : ORACLE_WRONG);
	return true;
}

static const uint32_t every_audit_arch[] = {
	AUDIT_ARCH_X86_64,
	AUDIT_ARCH_I386,
	AUDIT_ARCH_AARCH64,
	AUDIT_ARCH_ARM,
	AUDIT_ARCH_PPC64LE,
	AUDIT_ARCH_RISCV64,
	AUDIT_ARCH_MIPSEL,
	AUDIT_ARCH_MIPSEL64,
	AUDIT_ARCH_S390X,
	AUDIT_ARCH_MIPSEL64N32,
	0,
	0xffffffff,
};

/* Arguments one at a time against zeros, and pairs of the first values of each. */
static bool compare_arguments(struct comparison *c, const struct values *values, uint32_t arch,
			      uint32_t number)
{
	struct seccomp_data data = { .nr = (int)number, .arch = arch };

	for (unsigned a = 0; a < 6; a++) {
		for (size_t i = 0; i < values[a].count; i++) {
			data.args[a] = values[a].list[i];
			if (!compare_one(c, &data))
				return false;
			for (unsigned b = a + 1; b < 6; b++) {
				for (size_t j = 0; j < values[b].count && values[b].count > 2;
				     j++) {
					data.args[b] = values[b].list[j];
					if (!compare_one(c, &data))
						return false;
				}
				data.args[b] = 0;
			}
		}
		data.args[a] = 0;
	}
	return true;
}

static bool has_arguments(const struct oci_seccomp *profile)
{
	for (size_t i = 0; i < profile->n_syscalls; i++)
		if (profile->syscalls[i].n_args > 0)
			return true;
	return false;
}

static bool is_watched(const struct oci_seccomp *profile, uint32_t audit, uint32_t number)
{
	if (number == 102 || number == 117 || number == 4102 || number == 4117)
		return true; /* socketcall, ipc */
	for (size_t i = 0; i < profile->n_syscalls; i++) {
		const struct oci_seccomp_syscall *item = &profile->syscalls[i];
		for (size_t j = 0; item->n_args > 0 && j < item->n_names; j++) {
			const struct syscall_row *row = syscall_find(item->names[j]);
			for (size_t k = 0; row && k < oci_seccomp_archs.count; k++) {
				const struct syscall_arch *arch = syscall_arch_find(
					(uint32_t)oci_seccomp_archs.rows[k].value);
				if (arch->audit == audit && syscall_slot(row, arch) >= 0 &&
				    syscall_slot_number(arch, syscall_slot(row, arch)) == number)
					return true;
			}
		}
	}
	return false;
}

static void compare_programs(const struct oci_seccomp *profile, struct comparison *c)
{
	static const uint32_t bases[] = { 0, SYSCALL_X32_BIT, 4000, 5000, 6000, 0xf0000 };
	static const uint32_t special[] = { 0xffffffff, 0xfffffffe, 0x80000000, 0x7fffffff,
					    0x3fffffff, 0x40000300, 1023,	100000 };
	struct values values[6];
	bool with_arguments = has_arguments(profile);

	for (unsigned a = 0; a < 6; a++)
		values_collect(profile, a, &values[a]);
	for (size_t i = 0; i < sizeof every_audit_arch / sizeof *every_audit_arch; i++) {
		struct seccomp_data data = { .arch = every_audit_arch[i] };
		for (size_t s = 0; s < sizeof special / sizeof *special; s++) {
			data.nr = (int)special[s];
			if (!compare_one(c, &data))
				return;
		}
		for (size_t b = 0; b < sizeof bases / sizeof *bases; b++) {
			for (uint32_t n = 0; n <= 600; n++) {
				data.nr = (int)(bases[b] + n);
				if (!compare_one(c, &data))
					return;
				if (with_arguments &&
				    is_watched(profile, data.arch, bases[b] + n) &&
				    !compare_arguments(c, values, data.arch, bases[b] + n))
					return;
			}
		}
	}
}

static void print_profile(const struct oci_seccomp *p)
{
	fprintf(stderr, "default %s, archs", p->default_action);
	for (size_t i = 0; i < p->n_architectures; i++)
		fprintf(stderr, " %s", p->architectures[i]);
	fprintf(stderr, "\n");
	for (size_t i = 0; i < p->n_syscalls && p->n_syscalls < 50; i++) {
		const struct oci_seccomp_syscall *item = &p->syscalls[i];
		fprintf(stderr, "  %s %llu:", item->action,
			item->errno_ret ? (unsigned long long)*item->errno_ret : 0);
		for (size_t j = 0; j < item->n_names; j++)
			fprintf(stderr, " %s", item->names[j]);
		for (size_t j = 0; j < item->n_args; j++)
			fprintf(stderr, " [%u %s %#llx %#llx]", item->args[j].index,
				item->args[j].op, (unsigned long long)item->args[j].value,
				(unsigned long long)item->args[j].value_two);
		fprintf(stderr, "\n");
	}
}

enum outcome seccomp_compare(struct oci_seccomp *profile)
{
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	static struct sock_filter theirs[4096];
	size_t their_count = 0;
	struct seccomp_program ours;
	struct err e = ERR_INIT;

	drop_names_oracle_lacks(profile);
	int we = seccomp_compile(arena, profile, NULL, &ours, &e);
	int they = oracle_compile(profile, theirs, &their_count);
	if (we < 0 || they < 0) {
		if (getenv("VERBOSE") && (we == 0 || they == 0)) {
			print_profile(profile);
			fprintf(stderr, "we %d (%s), libseccomp %d\n", we, e.text, they);
		}
		return we < 0 && they < 0 ? BOTH_REFUSE
		       : we < 0		  ? ONLY_WE_REFUSE
					  : ONLY_ORACLE_REFUSES;
	}
	bpf_check(ours.insns, ours.count);
	static struct truth truth;
	truth_init(&truth, profile);
	struct comparison c = { .ours = ours.insns, .theirs = theirs, .truth = &truth };
	compare_programs(profile, &c);
	if (c.outcome == SAME)
		ck_assert_uint_gt(c.inputs, 40000);
	if (c.outcome == DIFFERENT || (c.outcome != SAME && getenv("VERBOSE"))) {
		print_profile(profile);
		fprintf(stderr, "arch %#x nr %#x args %#llx %#llx %#llx: we %#x, libseccomp %#x\n",
			c.differs.arch, (unsigned)c.differs.nr,
			(unsigned long long)c.differs.args[0],
			(unsigned long long)c.differs.args[1],
			(unsigned long long)c.differs.args[2], c.our_verdict, c.their_verdict);
	}
	return c.outcome;
}
