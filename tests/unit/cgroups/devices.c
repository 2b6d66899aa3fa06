/* devices.c - tests of device rules: the oracle, the program against it, the kernel against both.
 *
 * The program runs in a small interpreter of the instructions it uses; anything else fails. */
#include <linux/bpf.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "cgroups/devices-priv.h"
#include "cgroups/devices.h"
#include "tests/unit/cgroups/rooms.h"

#define ANY DEVICE_ANY
#define R DEVICE_READ
#define W DEVICE_WRITE
#define M DEVICE_MKNOD

/* ------------------------------------------------------------------------------ the interpreter */

/* The 64-bit registers are used as 32-bit ones throughout; 32-bit operations clear the rest. No
 * ck_assert in here: each one that passes is a message to Check's parent, and these would be millions. */
static int run(const struct bpf_insn *insns, size_t count, const struct bpf_cgroup_dev_ctx *context)
{
	uint32_t reg[11] = { 0 };
	size_t at = 0;

	for (size_t steps = 0; steps <= count; steps++) {
		if (at >= count)
			ck_abort_msg("the program runs over its end");
		const struct bpf_insn *i = &insns[at++];
		uint32_t value = (uint32_t)i->imm;

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			if (i->src_reg != BPF_REG_1)
				ck_abort_msg("a load from what is not the context");
			memcpy(&reg[i->dst_reg], (const char *)context + i->off, 4);
			break;
		case BPF_ALU | BPF_MOV | BPF_X: reg[i->dst_reg] = reg[i->src_reg]; break;
		case BPF_ALU | BPF_OR | BPF_X: reg[i->dst_reg] |= reg[i->src_reg]; break;
		case BPF_ALU | BPF_MOV | BPF_K: reg[i->dst_reg] = value; break;
		case BPF_ALU | BPF_AND | BPF_K: reg[i->dst_reg] &= value; break;
		case BPF_ALU | BPF_LSH | BPF_K: reg[i->dst_reg] <<= value; break;
		case BPF_ALU | BPF_RSH | BPF_K: reg[i->dst_reg] >>= value; break;
		case BPF_JMP32 | BPF_JEQ | BPF_K:
			at += reg[i->dst_reg] == value ? i->off : 0;
			break;
		case BPF_JMP32 | BPF_JNE | BPF_K:
			at += reg[i->dst_reg] != value ? i->off : 0;
			break;
		case BPF_JMP32 | BPF_JSET | BPF_K:
			at += reg[i->dst_reg] & value ? i->off : 0;
			break;
		case BPF_JMP | BPF_JA: at += i->off; break;
		case BPF_JMP | BPF_EXIT: return (int)reg[0];
		default: ck_abort_msg("instruction %zu has code %#x", at - 1, i->code);
		}
	}
	ck_abort_msg("the program does not end");
}

static bool program_allows(const struct bpf_insn *insns, size_t count, char type, uint32_t major,
			   uint32_t minor, unsigned access)
{
	uint32_t bits = (access & R ? BPF_DEVCG_ACC_READ : 0) |
			(access & W ? BPF_DEVCG_ACC_WRITE : 0) |
			(access & M ? BPF_DEVCG_ACC_MKNOD : 0);
	struct bpf_cgroup_dev_ctx context = {
		.access_type =
			bits << 16 | (type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
		.major = major,
		.minor = minor,
	};
	int result = run(insns, count, &context);

	if (result != 0 && result != 1)
		ck_abort_msg("the program says %d", result);
	return result == 1;
}

/* ------------------------------------------------------------------------------------ the rules */

START_TEST(the_last_rule_that_matches_decides_each_bit)
{
	static const struct device_rule rules[] = {
		{ false, 'a', ANY, ANY, R | W | M },
		{ true, 'c', 1, 3, R | W | M },
		{ true, 'c', 5, ANY, R },
		{ true, 'b', 8, 0, R | W },
		{ false, 'c', ANY, 3, W },
		{ true, 'c', 1, ANY, M },
	};
	static const struct {
		char type;
		uint32_t major, minor;
		unsigned access;
		bool allowed;
	} cases[] = {
		{ 'c', 1, 3, R, true },	    { 'c', 1, 3, W, false }, { 'c', 1, 3, R | W, false },
		{ 'c', 1, 3, R | M, true }, { 'c', 1, 5, M, true },  { 'c', 1, 5, R | M, false },
		{ 'c', 5, 9, R, true },	    { 'c', 5, 9, W, false }, { 'b', 5, 9, R, false },
		{ 'b', 8, 0, R | W, true }, { 'b', 8, 0, M, false }, { 'b', 8, 1, R, false },
		{ 'c', 8, 0, R, false },    { 'b', 1, 3, R, false }, { 'b', 8, 0, 0, true },
		{ 'c', 99, 99, 0, true },
	};
	struct bpf_insn *insns;
	size_t count;

	ck_assert_int_eq(device_program(rules, ARRAY_SIZE(rules), &insns, &count), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_msg(device_rules_allow(rules, ARRAY_SIZE(rules), cases[i].type,
						 cases[i].major, cases[i].minor,
						 cases[i].access) == cases[i].allowed,
			      "case %zu", i);
		ck_assert_msg(program_allows(insns, count, cases[i].type, cases[i].major,
					     cases[i].minor, cases[i].access) == cases[i].allowed,
			      "program, case %zu", i);
	}
	free(insns);
}
END_TEST

START_TEST(without_a_rule_the_answer_is_no)
{
	struct bpf_insn *insns;
	size_t count;

	ck_assert(!device_rules_allow(NULL, 0, 'c', 1, 3, R));
	ck_assert_int_eq(device_program(NULL, 0, &insns, &count), 0);
	ck_assert(!program_allows(insns, count, 'c', 1, 3, R));
	free(insns);
}
END_TEST

START_TEST(what_stands_before_a_rule_for_everything_costs_nothing)
{
	struct device_rule rules[] = {
		{ true, 'c', 1, 3, R },
		{ false, 'a', ANY, ANY, R | W | M },
		{ true, 'c', 1, 5, R },
	};
	struct bpf_insn *long_one, *short_one;
	size_t long_count, short_count;

	ck_assert_int_eq(device_program(rules, 3, &long_one, &long_count), 0);
	ck_assert_int_eq(device_program(rules + 1, 2, &short_one, &short_count), 0);
	ck_assert_uint_eq(long_count, short_count);
	ck_assert_int_eq(memcmp(long_one, short_one, long_count * sizeof *long_one), 0);
	free(long_one);
	free(short_one);
}
END_TEST

/* xorshift; the seed is in the message of what fails. */
static uint32_t random_state;
static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

/* Few numbers, so that rules meet; sometimes the greatest ones that devices have, and in rules
 * one above those. */
static int64_t random_number(bool rule, uint32_t greatest)
{
	uint32_t pick = random_below(rule ? 8 : 5);

	if (pick == 7)
		return (int64_t)greatest + 1;
	if (pick >= 5)
		return ANY;
	return pick == 4 ? (int64_t)greatest - random_below(2) : (int64_t)pick;
}

static void random_rule(struct device_rule *rule)
{
	*rule = (struct device_rule){
		.allow = random_below(2),
		.type = "abc"[random_below(3)],
		.major = random_number(true, 0xfff),
		.minor = random_number(true, 0xfffff),
		.access = 1 + random_below(7),
	};
	if (rule->type == 'a' && random_below(2))
		rule->type = 0;
}

START_TEST(random_lists_say_what_the_oracle_says)
{
	struct device_rule rules[24];

	for (uint32_t seed = 1; seed <= 3000; seed++) {
		struct bpf_insn *insns;
		size_t n_insns, n_rules;

		random_state = seed * 2654435761u;
		n_rules = random_below(ARRAY_SIZE(rules) + 1);
		for (size_t i = 0; i < n_rules; i++)
			random_rule(&rules[i]);
		ck_assert_int_eq(device_program(rules, n_rules, &insns, &n_insns), 0);
		for (int i = 0; i < 200; i++) {
			char type = "bc"[random_below(2)];
			uint32_t major = (uint32_t)random_number(false, 0xfff);
			uint32_t minor = (uint32_t)random_number(false, 0xfffff);
			unsigned access = random_below(8);

			bool want = device_rules_allow(rules, n_rules, type, major, minor, access);

			if (program_allows(insns, n_insns, type, major, minor, access) != want)
				ck_abort_msg("seed %u: %c %u:%u access %u is not %d", seed, type,
					     major, minor, access, want);
		}
		free(insns);
	}
}
END_TEST

START_TEST(access_letters_are_read_strictly)
{
	unsigned access = 99;

	ck_assert_int_eq(device_access_from_text("rwm", &access), 0);
	ck_assert_uint_eq(access, R | W | M);
	ck_assert_int_eq(device_access_from_text("mr", &access), 0);
	ck_assert_uint_eq(access, R | M);
	ck_assert_int_eq(device_access_from_text(NULL, &access), 0);
	ck_assert_uint_eq(access, R | W | M);
	ck_assert_int_eq(device_access_from_text("", &access), -EINVAL);
	ck_assert_int_eq(device_access_from_text("rx", &access), -EINVAL);
	ck_assert_int_eq(device_access_from_text("r ", &access), -EINVAL);
}
END_TEST

START_TEST(rules_that_cannot_be_are_named)
{
	static const struct {
		struct device_rule rule;
		const char *pointer;
	} cases[] = {
		{ { true, 'x', 1, 3, R }, "/linux/resources/devices/1/type" },
		{ { true, 'c', -2, 3, R }, "/linux/resources/devices/1/major" },
		{ { true, 'c', 1, 1LL << 32, R }, "/linux/resources/devices/1/minor" },
		{ { true, 'c', 1, 3, 0 }, "/linux/resources/devices/1/access" },
		{ { true, 'c', 1, 3, 8 }, "/linux/resources/devices/1/access" },
	};
	struct cgroup *base = room_enter();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct device_rule rules[2] = { { true, 'c', 1, 3, R }, cases[i].rule };
		struct bpf_insn *insns;
		size_t count;

		ck_assert_int_eq(device_program(rules, 2, &insns, &count), -EINVAL);
		must_fail(cgroup_devices_apply(base, rules, 2, "/linux/resources/devices", &e),
			  ERR_INVALID);
		ck_assert_str_eq(e.pointer, cases[i].pointer);
	}
	cgroup_close(base);
}
END_TEST

/* ----------------------------------------------------------------------------------- the kernel */

START_TEST(a_list_at_the_cap_is_loaded_and_one_above_is_not)
{
	static struct device_rule rules[CGROUP_DEVICE_RULES_MAX + 1];
	struct cgroup *base = room_enter();

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		rules[i] = (struct device_rule){ i % 2, "bc"[i / 2 % 2], (int64_t)i, (int64_t)i,
						 1 + i % 6 };
	must(cgroup_devices_apply(base, rules, CGROUP_DEVICE_RULES_MAX, "", &e));
	must_fail(cgroup_devices_apply(base, rules, CGROUP_DEVICE_RULES_MAX + 1, "/d", &e),
		  ERR_LIMIT);
	ck_assert_str_eq(e.pointer, "/d");
	cgroup_close(base);
}
END_TEST

enum verdict_bit {
	NULL_READ = 1,
	NULL_WRITE = 2,
	NULL_BOTH = 4,
	ZERO_READ = 8,
	MKNOD_NULL = 16,
	MKNOD_BLOCK = 32,
	MKNOD_FIFO = 64,
};

static bool can_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool can_make(mode_t type, dev_t device)
{
	bool made = mknod("/tmp/node", type | 0600, device) == 0;

	if (made)
		unlink("/tmp/node");
	return made;
}

/* What a process in the cgroup can do. */
static int verdict_in(const struct cgroup *cgroup)
{
	int status;
	pid_t pid = fork_into(cgroup);

	if (pid == 0) {
		int bits = 0;

		bits |= can_open("/tmp/null", O_RDONLY) ? NULL_READ : 0;
		bits |= can_open("/tmp/null", O_WRONLY) ? NULL_WRITE : 0;
		bits |= can_open("/tmp/null", O_RDWR) ? NULL_BOTH : 0;
		bits |= can_open("/tmp/zero", O_RDONLY) ? ZERO_READ : 0;
		bits |= can_make(S_IFCHR, makedev(1, 3)) ? MKNOD_NULL : 0;
		bits |= can_make(S_IFBLK, makedev(7, 0)) ? MKNOD_BLOCK : 0;
		bits |= can_make(S_IFIFO, 0) ? MKNOD_FIFO : 0;
		_exit(bits);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Nodes to try, on a tmpfs of this process's own. */
static void make_nodes(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("tmpfs", "/tmp", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mknod("/tmp/null", S_IFCHR | 0666, makedev(1, 3)), 0);
	ck_assert_int_eq(mknod("/tmp/zero", S_IFCHR | 0666, makedev(1, 5)), 0);
}

static int programs_on(const struct cgroup *cgroup)
{
	int fds[64], count = device_programs_open(cgroup_fd(cgroup), fds, ARRAY_SIZE(fds));

	for (int i = 0; i < count; i++)
		close(fds[i]);
	return count;
}

START_TEST(the_kernel_asks_the_program_and_an_update_replaces_it)
{
	static const struct device_rule deny_all[] = { { false, 'a', ANY, ANY, R | W | M } };
	static const struct device_rule read_null[] = {
		{ false, 'a', ANY, ANY, R | W | M },
		{ true, 'c', 1, 3, R },
		{ true, 'c', ANY, ANY, M },
	};
	static const struct device_rule allow_all[] = { { true, 'a', ANY, ANY, R | W | M } };
	struct cgroup *base = room_enter(), *again;

	make_nodes();
	int everything = NULL_READ | NULL_WRITE | NULL_BOTH | ZERO_READ | MKNOD_NULL | MKNOD_BLOCK |
			 MKNOD_FIFO;
	ck_assert_int_eq(verdict_in(base), everything);
	must(cgroup_devices_apply(base, deny_all, 1, "", &e));
	/* mknod of a fifo asks nobody. */
	ck_assert_int_eq(verdict_in(base), MKNOD_FIFO);
	ck_assert_int_eq(programs_on(base), 1);
	must(cgroup_devices_apply(base, read_null, ARRAY_SIZE(read_null), "", &e));
	ck_assert_int_eq(verdict_in(base), NULL_READ | MKNOD_NULL | MKNOD_FIFO);
	ck_assert_int_eq(programs_on(base), 1);

	/* Another process, later: only the cgroup knows of the program. */
	must(cgroup_open(tree, room, &again, &e));
	int before = count_descriptors();
	must(cgroup_devices_apply(again, allow_all, 1, "", &e));
	ck_assert_int_eq(verdict_in(base), everything);
	ck_assert_int_eq(programs_on(base), 1);
	must(cgroup_devices_apply(again, NULL, 0, "", &e));
	ck_assert_int_eq(verdict_in(base), MKNOD_FIFO);
	ck_assert_int_eq(count_descriptors(), before);
	cgroup_close(again);
	cgroup_close(base);
}
END_TEST

START_TEST(programs_of_others_stay)
{
	static const struct device_rule deny_all[] = { { false, 'a', ANY, ANY, R | W | M } };
	static const struct bpf_insn allow[] = {
		{ .code = BPF_ALU | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct cgroup *base = room_enter(), *again;
	union bpf_attr attr;
	uint32_t ids[8];

	memset(&attr, 0, sizeof attr);
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)allow;
	attr.insn_cnt = ARRAY_SIZE(allow);
	attr.license = (uintptr_t) "GPL";
	strcpy(attr.prog_name, "sd_devices");
	int other = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
	ck_assert_int_ge(other, 0);
	memset(&attr, 0, sizeof attr);
	attr.target_fd = (uint32_t)cgroup_fd(base);
	attr.attach_bpf_fd = (uint32_t)other;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	ck_assert_int_eq(syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof attr), 0);
	close(other);

	must(cgroup_open(tree, room, &again, &e));
	for (int i = 0; i < 3; i++)
		must(cgroup_devices_apply(again, deny_all, 1, "", &e));
	ck_assert_int_eq(programs_on(base), 1);
	memset(&attr, 0, sizeof attr);
	attr.query.target_fd = (uint32_t)cgroup_fd(base);
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = ARRAY_SIZE(ids);
	ck_assert_int_eq(syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof attr), 0);
	ck_assert_uint_eq(attr.query.prog_cnt, 2);
	cgroup_close(again);
	cgroup_close(base);
}
END_TEST

START_TEST(a_refusal_to_attach_leaves_the_old_program)
{
	static const struct device_rule deny_all[] = { { false, 'a', ANY, ANY, R | W | M } };
	struct cgroup *base = room_enter();

	must(cgroup_devices_apply(base, deny_all, 1, "", &e));
	/* Without the capabilities; the rest of this process is over with them. */
	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	must_fail(cgroup_devices_apply(base, NULL, 0, "/linux/resources/devices", &e), ERR_DENIED);
	ck_assert_str_eq(e.pointer, "/linux/resources/devices");
	ck_assert_ptr_nonnull(strstr(e.hint, "CAP_SYS_ADMIN"));
	cgroup_close(base);
}
END_TEST

UNIT_MAIN("cgroups/devices", the_last_rule_that_matches_decides_each_bit,
	  without_a_rule_the_answer_is_no, what_stands_before_a_rule_for_everything_costs_nothing,
	  random_lists_say_what_the_oracle_says, access_letters_are_read_strictly,
	  rules_that_cannot_be_are_named, a_list_at_the_cap_is_loaded_and_one_above_is_not,
	  the_kernel_asks_the_program_and_an_update_replaces_it, programs_of_others_stay,
	  a_refusal_to_attach_leaves_the_old_program)
