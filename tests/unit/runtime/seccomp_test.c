/* The seccomp compiler: verdicts, refusals, and a filter at work. */
#include "runtime/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "oci/words.h"
#include "runtime/syscalls.h"
#include "tests/unit/runtime/bpf.h"
#include "tests/unit/runtime/child.h"
#include "tests/unit/runtime/seccomp_oracle.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* ---- profiles of containers -------------------------------------------------------------------- */

static struct oci_seccomp *load_profile(struct arena *arena, const char *name)
{
	const char *source = getenv("srcdir");
	char path[4096];
	static char text[1 << 20];
	struct oci_config *config = NULL;
	struct err e = ERR_INIT;

	snprintf(path, sizeof path, "%s/tests/data/seccomp/%s.json", source ? source : ".", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "open %s: %s", path, strerror(errno));
	int start =
		snprintf(text, sizeof text, "{\"ociVersion\":\"1.0.0\",\"linux\":{\"seccomp\":");
	ssize_t length = read(fd, text + start, sizeof text - 100);
	ck_assert_int_gt(length, 100);
	close(fd);
	strcpy(text + start + length, "}}");
	ck_assert_msg(oci_config_parse(arena, text, strlen(text), &config, &e) == 0, "%s: %s %s",
		      path, e.pointer, e.text);
	return config->linux_->seccomp;
}

static void check_default_profile(const char *name)
{
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	struct seccomp_program program;
	struct err e = ERR_INIT;

	struct oci_seccomp *profile = load_profile(arena, name);
	ck_assert_uint_gt(profile->n_syscalls, 10);
	ck_assert_int_eq(seccomp_compile(arena, profile, NULL, &program, &e), 0);
	ck_assert_uint_eq(program.unknown_names, 0);
	ck_assert_uint_lt(program.count, 1500);
	ck_assert_int_eq(seccomp_compare(profile), SAME);
}

START_TEST(the_profile_of_podman_gets_libseccomps_verdicts)
{
	check_default_profile("containers-default");
}
END_TEST

START_TEST(the_profile_of_containerd_gets_libseccomps_verdicts)
{
	check_default_profile("containerd-default");
}
END_TEST

/* ---- profiles by hand -------------------------------------------------------------------------- */

#define NAMES(...)                                                                                 \
	.names = (const char *[]){ __VA_ARGS__ },                                                  \
	.n_names = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *)
#define ARGS(...)                                                                                  \
	.args = (struct oci_seccomp_arg[]){ __VA_ARGS__ },                                         \
	.n_args =                                                                                  \
		sizeof((struct oci_seccomp_arg[]){ __VA_ARGS__ }) / sizeof(struct oci_seccomp_arg)
#define SYSCALLS(...)                                                                              \
	.syscalls = (struct oci_seccomp_syscall[]){ __VA_ARGS__ },                                 \
	.n_syscalls = sizeof((struct oci_seccomp_syscall[]){ __VA_ARGS__ }) /                      \
		      sizeof(struct oci_seccomp_syscall)
#define ARCHS(...)                                                                                 \
	.architectures = (const char *[]){ __VA_ARGS__ },                                          \
	.n_architectures = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *)
#define FLAGS(...)                                                                                 \
	.flags = (const char *[]){ __VA_ARGS__ },                                                  \
	.n_flags = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *)

static const uint64_t enosys = ENOSYS, too_large = 0x10000;

static uint32_t verdict(const struct seccomp_program *program, uint32_t arch, uint32_t number,
			uint64_t arg0)
{
	const struct seccomp_data data = { .nr = (int)number, .arch = arch, .args = { arg0 } };

	bpf_check(program->insns, program->count);
	return bpf_run(program->insns, &data, NULL);
}

static struct seccomp_program compile(struct arena *arena, const struct oci_seccomp *profile)
{
	struct seccomp_program program;
	struct err e = ERR_INIT;

	ck_assert_msg(seccomp_compile(arena, profile, NULL, &program, &e) == 0, "%s: %s", e.pointer,
		      e.text);
	return program;
}

START_TEST(every_architecture_gets_its_own_numbers)
{
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	const struct oci_seccomp profile = {
		.default_action = "SCMP_ACT_ERRNO",
		.default_errno_ret = &enosys,
		ARCHS("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"),
		SYSCALLS({ NAMES("uname", "cachestat", "mseal", "set_tls"),
			   .action = "SCMP_ACT_ALLOW" }),
	};
	struct seccomp_program p = compile(arena, &profile);

	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_X86_64, 63, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_X86_64, 122, 0), SECCOMP_RET_ERRNO | ENOSYS);
	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_I386, 122, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_AARCH64, 160, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_ARM, 0xf0005, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_ARM, 0xf0004, 0), SECCOMP_RET_ERRNO | ENOSYS);
	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_ARM, 0xf0006, 0), SECCOMP_RET_ERRNO | ENOSYS);
	static const uint32_t same[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					 AUDIT_ARCH_ARM };
	for (size_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(verdict(&p, same[i], 451, 0), SECCOMP_RET_ALLOW);
		ck_assert_uint_eq(verdict(&p, same[i], 462, 0), SECCOMP_RET_ALLOW);
		ck_assert_uint_eq(verdict(&p, same[i], 450, 0), SECCOMP_RET_ERRNO | ENOSYS);
	}
	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_PPC64LE, 63, 0), SECCOMP_RET_KILL_THREAD);
}
END_TEST

START_TEST(x32_numbers_are_foreign_unless_x32_is_named)
{
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	struct oci_seccomp profile = {
		.default_action = "SCMP_ACT_ERRNO",
		ARCHS("SCMP_ARCH_X86_64"),
		SYSCALLS({ NAMES("read", "execve"), .action = "SCMP_ACT_ALLOW" }),
	};
	struct seccomp_program p = compile(arena, &profile);

	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_X86_64, 0, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_X86_64, SYSCALL_X32_BIT, 0),
			  SECCOMP_RET_KILL_THREAD);
	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_X86_64, UINT32_MAX, 0), SECCOMP_RET_ERRNO | EPERM);

	profile.architectures = (const char *[]){ "SCMP_ARCH_X32", "SCMP_ARCH_X86_64" };
	profile.n_architectures = 2;
	p = compile(arena, &profile);
	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_X86_64, SYSCALL_X32_BIT, 0), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_X86_64, SYSCALL_X32_BIT + 520, 0),
			  SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(&p, AUDIT_ARCH_X86_64, SYSCALL_X32_BIT + 59, 0),
			  SECCOMP_RET_ERRNO | EPERM);
}
END_TEST

static const char *const operators[] = { "SCMP_CMP_NE", "SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ",
					 "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_GE",
					 "SCMP_CMP_GT" };
#define N_EQUALITY_OPERATORS 3
#define N_OPERATORS 7

static const uint64_t constants[] = {
	0,
	1,
	2,
	5,
	9,
	0xff,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	0x100000000,
	0x100000005,
	0x500000001,
	0x8000ffff,
	0x7fffffff00000000,
	0xffffffff00000000,
	UINT64_MAX,
};
#define N_CONSTANTS (sizeof(constants) / sizeof(constants[0]))
#define N_SMALL_CONSTANTS 9 /* those of 32 bits, at the front */

START_TEST(each_operator_holds_around_each_constant)
{
	for (size_t op = 0; op < N_OPERATORS; op++) {
		for (size_t i = 0; i < N_CONSTANTS; i++) {
			struct oci_seccomp profile = {
				.default_action = "SCMP_ACT_ERRNO",
				ARCHS("SCMP_ARCH_X86", "SCMP_ARCH_X32"),
				SYSCALLS({ NAMES("personality"), .action = "SCMP_ACT_ALLOW",
					   ARGS({ .index = (uint32_t)(i % 6),
						  .op = operators[op],
						  .value = constants[i],
						  .value_two =
							  constants[(i * 7) % N_CONSTANTS] }) }),
			};
			ck_assert_int_eq(seccomp_compare(&profile), SAME);
		}
	}
}
END_TEST

START_TEST(the_more_particular_rule_comes_first)
{
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	struct oci_seccomp profile = {
		.default_action = "SCMP_ACT_KILL",
		SYSCALLS({ NAMES("read"), .action = "SCMP_ACT_ALLOW",
			   ARGS({ .index = 0, .op = "SCMP_CMP_GE", .value = 3 }) },
			 { NAMES("read"), .action = "SCMP_ACT_TRAP",
			   ARGS({ .index = 0, .op = "SCMP_CMP_GE", .value = 100 }) },
			 { NAMES("read"), .action = "SCMP_ACT_ERRNO",
			   ARGS({ .index = 0, .op = "SCMP_CMP_EQ", .value = 5 }) },
			 { NAMES("write"), .action = "SCMP_ACT_ALLOW",
			   ARGS({ .index = 0, .op = "SCMP_CMP_EQ", .value = 5 }) },
			 { NAMES("write"), .action = "SCMP_ACT_LOG" },
			 { NAMES("write"), .action = "SCMP_ACT_TRAP" }),
	};
	uint32_t native = syscall_arch_native()->audit;
	struct seccomp_program p = compile(arena, &profile);

	ck_assert_uint_eq(verdict(&p, native, SYS_read, 2), SECCOMP_RET_KILL_THREAD);
	ck_assert_uint_eq(verdict(&p, native, SYS_read, 3), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(&p, native, SYS_read, 5), SECCOMP_RET_ERRNO | EPERM);
	ck_assert_uint_eq(verdict(&p, native, SYS_read, 99), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(verdict(&p, native, SYS_read, 100), SECCOMP_RET_TRAP);
	ck_assert_uint_eq(verdict(&p, native, SYS_write, 5), SECCOMP_RET_LOG);
	ck_assert_int_eq(seccomp_compare(&profile), SAME);
}
END_TEST

START_TEST(rules_that_contradict_each_other_are_refused)
{
	struct oci_seccomp profile = {
		.default_action = "SCMP_ACT_KILL",
		SYSCALLS({ NAMES("read"), .action = "SCMP_ACT_ALLOW",
			   ARGS({ .index = 0, .op = "SCMP_CMP_EQ", .value = 5 }) },
			 { NAMES("read"), .action = "SCMP_ACT_TRAP",
			   ARGS({ .index = 0, .op = "SCMP_CMP_EQ", .value = 5 }) }),
	};
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	struct seccomp_program p;
	struct err e = ERR_INIT;

	ck_assert_int_eq(seccomp_compile(arena, &profile, NULL, &p, &e), -1);
	ck_assert_int_eq(e.code, ERR_INVALID);
	ck_assert_int_eq(e.phase, PHASE_SECCOMP);
	ck_assert_str_eq(e.pointer, "/linux/seccomp/syscalls/1");
	ck_assert_str_eq(e.text, "two rules for read ask the same and answer differently");
	ck_assert_int_eq(seccomp_compare(&profile), BOTH_REFUSE);
}
END_TEST

/* ---- random profiles --------------------------------------------------------------------------- */

static uint64_t random_state;

static uint32_t random_below(size_t limit)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)((random_state >> 33) % limit);
}
#define PICK(array) ((array)[random_below(sizeof(array) / sizeof((array)[0]))])

static const char *const little_endian_archs[] = {
	"SCMP_ARCH_X86_64",   "SCMP_ARCH_X86",	       "SCMP_ARCH_X32",	    "SCMP_ARCH_AARCH64",
	"SCMP_ARCH_ARM",      "SCMP_ARCH_PPC64LE",     "SCMP_ARCH_RISCV64", "SCMP_ARCH_MIPSEL",
	"SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
};
static const char *const actions[] = { "SCMP_ACT_ALLOW",	"SCMP_ACT_ERRNO", "SCMP_ACT_KILL",
				       "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP",  "SCMP_ACT_LOG",
				       "SCMP_ACT_TRACE",	"SCMP_ACT_NOTIFY" };
/* Many rules on few calls, the multiplexed ones of x86 among them. */
static const char *const names[] = { "read",	   "write",	 "personality", "clone",
				     "socket",	   "accept",	 "accept4",	"semop",
				     "shmat",	   "semtimedop", "ioctl",	"rt_sigreturn",
				     "kexec_load", "send",	 "mmap2",	"set_tls",
				     "socketcall", "futex_waitv" };

struct variety {
	bool many_actions; /* else all rules say the same */
	size_t n_operators, n_constants;
};

static void random_item(struct arena *arena, struct oci_seccomp_syscall *item,
			struct variety variety)
{
	item->n_names = 1 + random_below(3);
	item->names = ARENA_ARRAY(arena, item->n_names, const char *);
	for (size_t i = 0; i < item->n_names; i++)
		item->names[i] = random_below(4)
					 ? PICK(names)
					 : syscall_row_name(syscall_row_at(random_below(480)));
	item->n_args = random_below(4);
	item->args = ARENA_ARRAY(arena, item->n_args + 1, struct oci_seccomp_arg);
	for (size_t i = 0; i < item->n_args; i++)
		item->args[i] = (struct oci_seccomp_arg){
			.index = random_below(3),
			.value = constants[random_below(variety.n_constants)],
			.value_two = constants[random_below(variety.n_constants)],
			.op = operators[random_below(variety.n_operators)],
		};
}

static struct oci_seccomp *random_profile(struct arena *arena, struct variety variety)
{
	struct oci_seccomp *p = ARENA_NEW(arena, struct oci_seccomp);
	const char *action = PICK(actions);

	p->default_action = PICK(actions);
	p->n_architectures = random_below(5);
	p->architectures = ARENA_ARRAY(arena, p->n_architectures + 1, const char *);
	for (size_t i = 0; i < p->n_architectures; i++)
		p->architectures[i] = PICK(little_endian_archs);
	p->n_syscalls = 1 + random_below(8);
	p->syscalls = ARENA_ARRAY(arena, p->n_syscalls, struct oci_seccomp_syscall);
	for (size_t i = 0; i < p->n_syscalls; i++) {
		if (variety.many_actions)
			action = PICK(actions);
		p->syscalls[i].action = action;
		if (strcmp(action, "SCMP_ACT_ERRNO") == 0 && random_below(2))
			p->syscalls[i].errno_ret = &enosys;
		random_item(arena, &p->syscalls[i], variety);
	}
	return p;
}

#define RANDOM_PROFILES 60

static void compare_random_profiles(uint64_t seed, struct variety variety,
				    size_t out[OUTCOME_COUNT])
{
	size_t total = getenv("RANDOM_PROFILES") ? (size_t)atol(getenv("RANDOM_PROFILES"))
						 : RANDOM_PROFILES;

	random_state = seed;
	memset(out, 0, OUTCOME_COUNT * sizeof *out);
	for (size_t i = 0; i < total; i++) {
		AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
		out[seccomp_compare(random_profile(arena, variety))]++;
	}
	if (getenv("VERBOSE"))
		for (size_t i = 0; i < OUTCOME_COUNT; i++)
			fprintf(stderr, "outcome %zu: %zu\n", i, out[i]);
	ck_assert_uint_eq(out[DIFFERENT], 0);
	ck_assert_uint_gt(out[SAME], total / 2);
	/* what libseccomp mistakes it may also refuse, or take in another order: a few in a hundred */
	ck_assert_uint_le(out[OTHER_ORDER] + out[ONLY_WE_REFUSE] + out[ONLY_ORACLE_REFUSES],
			  total / 30);
}

START_TEST(random_profiles_of_one_action_get_libseccomps_verdicts)
{
	size_t n[OUTCOME_COUNT];

	compare_random_profiles(1, (struct variety){ false, N_OPERATORS, N_CONSTANTS }, n);
}
END_TEST

START_TEST(random_profiles_of_many_actions_and_equalities_get_libseccomps_verdicts)
{
	size_t n[OUTCOME_COUNT];

	compare_random_profiles(2, (struct variety){ true, N_EQUALITY_OPERATORS, N_CONSTANTS }, n);
	ck_assert_uint_gt(n[BOTH_REFUSE], 0);
}
END_TEST

/* Orders over 64-bit constants with different actions are left out: libseccomp forgets which rule
 * was for which. */
START_TEST(random_profiles_of_many_actions_and_orders_get_libseccomps_verdicts)
{
	size_t n[OUTCOME_COUNT];

	compare_random_profiles(3, (struct variety){ true, N_OPERATORS, N_SMALL_CONSTANTS }, n);
}
END_TEST

/* ---- limits ------------------------------------------------------------------------------------ */

/* `count` items, each one call of the table with `n_args` alternatives. */
static struct oci_seccomp *large_profile(struct arena *arena, size_t count, size_t n_args)
{
	struct oci_seccomp *p = ARENA_NEW(arena, struct oci_seccomp);

	p->default_action = "SCMP_ACT_ERRNO";
	p->architectures = (const char *[]){ "SCMP_ARCH_X86", "SCMP_ARCH_X32" };
	p->architectures = ARENA_ARRAY(arena, 2, const char *);
	p->architectures[0] = "SCMP_ARCH_X86";
	p->architectures[1] = "SCMP_ARCH_X32";
	p->n_architectures = 2;
	p->n_syscalls = count;
	p->syscalls = ARENA_ARRAY(arena, count, struct oci_seccomp_syscall);
	for (size_t i = 0; i < count; i++) {
		struct oci_seccomp_syscall *item = &p->syscalls[i];
		item->action = i % 3 ? "SCMP_ACT_ALLOW" : "SCMP_ACT_TRAP";
		item->n_names = 1;
		item->names = ARENA_ARRAY(arena, 1, const char *);
		item->names[0] = syscall_row_name(syscall_row_at(i));
		item->n_args = n_args;
		item->args = ARENA_ARRAY(arena, n_args, struct oci_seccomp_arg);
		for (size_t j = 0; j < n_args; j++)
			item->args[j] = (struct oci_seccomp_arg){ .index = 1,
								  .value = i * 10 + j,
								  .op = "SCMP_CMP_EQ" };
	}
	return p;
}

START_TEST(jumps_over_hundreds_of_instructions_arrive)
{
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	struct oci_seccomp *profile = large_profile(arena, 150, 2);
	struct seccomp_program p = compile(arena, profile);

	ck_assert_uint_gt(p.count, 1000);
	ck_assert_int_eq(seccomp_compare(profile), SAME);
}
END_TEST

START_TEST(a_profile_too_long_for_the_kernel_is_refused)
{
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	struct seccomp_program p;
	struct err e = ERR_INIT;

	ck_assert_int_eq(seccomp_compile(arena, large_profile(arena, 400, 6), NULL, &p, &e), -1);
	ck_assert_int_eq(e.code, ERR_LIMIT);
	ck_assert_str_eq(e.pointer, "/linux/seccomp");
	ck_assert_ptr_nonnull(strstr(e.text, "4096"));
}
END_TEST

START_TEST(a_call_with_too_many_rules_is_refused)
{
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	struct seccomp_program p;
	struct err e = ERR_INIT;

	ck_assert_int_eq(seccomp_compile(arena, large_profile(arena, 1, 5000), NULL, &p, &e), -1);
	ck_assert_int_eq(e.code, ERR_LIMIT);
	ck_assert_str_eq(e.pointer, "/linux/seccomp/syscalls/0");
}
END_TEST

/* ---- refusals ---------------------------------------------------------------------------------- */

START_TEST(unknown_names_are_counted_or_refused)
{
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	const struct oci_seccomp profile = {
		.default_action = "SCMP_ACT_ERRNO",
		SYSCALLS({ NAMES("read", "nosuchcall", "alsonone"), .action = "SCMP_ACT_ALLOW" }),
	};
	const struct seccomp_options strict = { .refuse_unknown_names = true };
	struct seccomp_program p = compile(arena, &profile);
	struct err e = ERR_INIT;

	ck_assert_uint_eq(p.unknown_names, 2);
	ck_assert_str_eq(p.first_unknown, "nosuchcall");
	ck_assert_uint_eq(verdict(&p, syscall_arch_native()->audit, SYS_read, 0),
			  SECCOMP_RET_ALLOW);
	ck_assert_int_eq(seccomp_compile(arena, &profile, &strict, &p, &e), -1);
	ck_assert_str_eq(e.pointer, "/linux/seccomp/syscalls/0/names/1");
	ck_assert_str_eq(e.text, "unknown system call nosuchcall");
}
END_TEST

START_TEST(what_is_wrong_in_a_profile_is_named)
{
	const struct {
		const char *pointer, *text;
		struct oci_seccomp profile;
	} rows[] = {
		{ "/linux/seccomp/defaultAction", "unknown seccomp action (none)", { 0 } },
		{ "/linux/seccomp/defaultAction",
		  "unknown seccomp action ALLOW",
		  { .default_action = "ALLOW" } },
		{ "/linux/seccomp/defaultErrnoRet",
		  "SCMP_ACT_ALLOW takes no errno value",
		  { .default_action = "SCMP_ACT_ALLOW", .default_errno_ret = &enosys } },
		{ "/linux/seccomp/defaultErrnoRet",
		  "65536 is no errno value",
		  { .default_action = "SCMP_ACT_ERRNO", .default_errno_ret = &too_large } },
		{ "/linux/seccomp/architectures/1",
		  "unknown architecture SCMP_ARCH_Z80",
		  { .default_action = "SCMP_ACT_ALLOW", ARCHS("SCMP_ARCH_X86", "SCMP_ARCH_Z80") } },
		{ "/linux/seccomp/architectures/0",
		  "SCMP_ARCH_S390X has another byte order than this machine",
		  { .default_action = "SCMP_ACT_ALLOW", ARCHS("SCMP_ARCH_S390X") } },
		{ "/linux/seccomp/flags/0",
		  "unknown seccomp flag SPEC_ALLOW",
		  { .default_action = "SCMP_ACT_ALLOW", FLAGS("SPEC_ALLOW") } },
		{ "/linux/seccomp/flags/0",
		  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs an action SCMP_ACT_NOTIFY",
		  { .default_action = "SCMP_ACT_ALLOW",
		    FLAGS("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV") } },
		{ "/linux/seccomp/syscalls/0/action",
		  "unknown seccomp action DENY",
		  { .default_action = "SCMP_ACT_ALLOW",
		    SYSCALLS({ NAMES("read"), .action = "DENY" }) } },
		{ "/linux/seccomp/syscalls/0/errnoRet",
		  "SCMP_ACT_KILL takes no errno value",
		  { .default_action = "SCMP_ACT_ALLOW",
		    SYSCALLS(
			    { NAMES("read"), .action = "SCMP_ACT_KILL", .errno_ret = &enosys }) } },
		{ "/linux/seccomp/syscalls/0/args/0/index",
		  "system calls have arguments 0 to 5, not 6",
		  { .default_action = "SCMP_ACT_ALLOW",
		    SYSCALLS({ NAMES("read"), .action = "SCMP_ACT_KILL",
			       ARGS({ .index = 6, .op = "SCMP_CMP_EQ" }) }) } },
		{ "/linux/seccomp/syscalls/0/args/0/op",
		  "unknown comparison operator EQ",
		  { .default_action = "SCMP_ACT_ALLOW",
		    SYSCALLS({ NAMES("read"), .action = "SCMP_ACT_KILL",
			       ARGS({ .index = 0, .op = "EQ" }) }) } },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
		struct seccomp_program p;
		struct err e = ERR_INIT;
		ck_assert_int_eq(seccomp_compile(arena, &rows[i].profile, NULL, &p, &e), -1);
		ck_assert_int_eq(e.code, ERR_INVALID);
		ck_assert_int_eq(e.phase, PHASE_SECCOMP);
		ck_assert_str_eq(e.pointer, rows[i].pointer);
		ck_assert_str_eq(e.text, rows[i].text);
	}
}
END_TEST

START_TEST(flags_are_those_of_the_profile)
{
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	struct oci_seccomp profile = { .default_action = "SCMP_ACT_ALLOW" };

	struct seccomp_program p = compile(arena, &profile);
	ck_assert_uint_eq(p.flags, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	ck_assert(!p.needs_listener);

	profile.flags = (const char *[]){ "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC" };
	profile.n_flags = 2;
	p = compile(arena, &profile);
	ck_assert_uint_eq(p.flags, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC);

	profile.default_action = "SCMP_ACT_NOTIFY";
	p = compile(arena, &profile);
	ck_assert(p.needs_listener);
	ck_assert_uint_eq(p.flags, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC |
					   SECCOMP_FILTER_FLAG_NEW_LISTENER |
					   SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
}
END_TEST

/* ---- in the kernel ----------------------------------------------------------------------------- */

static int refuse_getppid(void)
{
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	const struct oci_seccomp profile = {
		.default_action = "SCMP_ACT_ALLOW",
		SYSCALLS({ NAMES("getppid"), .action = "SCMP_ACT_ERRNO", .errno_ret = &enosys }),
	};
	struct seccomp_program p;
	struct err e = ERR_INIT;
	int fd = 0;

	CHILD_ASSERT(seccomp_compile(arena, &profile, NULL, &p, &e) == 0);
	CHILD_ASSERT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHILD_ASSERT(seccomp_load(&p, &fd) == 0 && fd == -1);
	CHILD_ASSERT(syscall(SYS_getppid) == -1 && errno == ENOSYS);
	CHILD_ASSERT(syscall(SYS_getpid) > 0);
	return 0;
}

START_TEST(a_loaded_filter_refuses_what_it_should)
{
	ck_assert_int_eq(in_child(refuse_getppid), 0);
}
END_TEST

static int listen_to_getppid(void)
{
	AUTO_ARENA *arena = arena_new(TEST_ARENA_BYTES);
	const struct oci_seccomp profile = {
		.default_action = "SCMP_ACT_ALLOW",
		SYSCALLS({ NAMES("getppid"), .action = "SCMP_ACT_NOTIFY" }),
	};
	struct seccomp_program p;
	struct err e = ERR_INIT;
	int fd = -1;

	CHILD_ASSERT(seccomp_compile(arena, &profile, NULL, &p, &e) == 0);
	CHILD_ASSERT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHILD_ASSERT(seccomp_load(&p, &fd) == 0 && fd >= 0);
	CHILD_ASSERT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	return 0;
}

START_TEST(a_filter_that_notifies_has_a_listener)
{
	ck_assert_int_eq(in_child(listen_to_getppid), 0);
}
END_TEST

static int load_nonsense(void)
{
	struct sock_filter nonsense = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 3);
	const struct seccomp_program p = { .insns = &nonsense, .count = 1 };

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* the load tells */
	CHILD_ASSERT(seccomp_load(&p, NULL) == -EINVAL);
	return 0;
}

START_TEST(what_the_kernel_says_against_a_filter_comes_back)
{
	ck_assert_int_eq(in_child(load_nonsense), 0);
}
END_TEST

START_TEST(the_kernel_tells_what_it_takes)
{
	ck_assert(seccomp_action_is_supported(SECCOMP_RET_ALLOW));
	ck_assert(!seccomp_action_is_supported(0x12340000));
	ck_assert(seccomp_flag_is_supported(SECCOMP_FILTER_FLAG_LOG));
	ck_assert(!seccomp_flag_is_supported(1U << 30));
}
END_TEST

UNIT_MAIN("runtime/seccomp", the_profile_of_podman_gets_libseccomps_verdicts,
	  the_profile_of_containerd_gets_libseccomps_verdicts,
	  every_architecture_gets_its_own_numbers, x32_numbers_are_foreign_unless_x32_is_named,
	  each_operator_holds_around_each_constant, the_more_particular_rule_comes_first,
	  rules_that_contradict_each_other_are_refused,
	  random_profiles_of_one_action_get_libseccomps_verdicts,
	  random_profiles_of_many_actions_and_equalities_get_libseccomps_verdicts,
	  random_profiles_of_many_actions_and_orders_get_libseccomps_verdicts,
	  jumps_over_hundreds_of_instructions_arrive, a_profile_too_long_for_the_kernel_is_refused,
	  a_call_with_too_many_rules_is_refused, unknown_names_are_counted_or_refused,
	  what_is_wrong_in_a_profile_is_named, flags_are_those_of_the_profile,
	  a_loaded_filter_refuses_what_it_should, a_filter_that_notifies_has_a_listener,
	  what_the_kernel_says_against_a_filter_comes_back, the_kernel_tells_what_it_takes)
