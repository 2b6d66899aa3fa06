/* The word tables: complete, unique, with the kernel's numbers. */
#include "oci/words.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/mempolicy.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "tests/unit/unit.h"

static const struct table {
	const char *name;
	const struct oci_words *words;
	size_t count; /* words of schema/defs-linux.json and of the manual pages */
	const char *prefix;
	bool values_repeat;
} tables[] = {
	{ "namespaces", &oci_namespaces, 8, "", false },
	{ "capabilities", &oci_capabilities, CAP_LAST_CAP + 1, "CAP_", false },
	{ "rlimits", &oci_rlimits, RLIM_NLIMITS, "RLIMIT_", false },
	{ "propagations", &oci_propagations, 8, "", false },
	{ "scheduler policies", &oci_scheduler_policies, 7, "SCHED_", false },
	{ "scheduler flags", &oci_scheduler_flags, 7, "SCHED_FLAG_", false },
	{ "I/O priority classes", &oci_io_priority_classes, 3, "IOPRIO_CLASS_", false },
	{ "personalities", &oci_personalities, 2, "LINUX", false },
	{ "memory policy modes", &oci_memory_policy_modes, 7, "MPOL_", false },
	{ "memory policy flags", &oci_memory_policy_flags, 3, "MPOL_F_", false },
	{ "seccomp actions", &oci_seccomp_actions, 9, "SCMP_ACT_", true },
	{ "seccomp operators", &oci_seccomp_operators, 7, "SCMP_CMP_", false },
	{ "seccomp architectures", &oci_seccomp_archs, 23, "SCMP_ARCH_", false },
	{ "seccomp flags", &oci_seccomp_flags, 4, "SECCOMP_FILTER_FLAG_", false },
};
#define N_TABLES (sizeof(tables) / sizeof(tables[0]))

START_TEST(tables_are_complete_and_name_each_word_once)
{
	for (size_t t = 0; t < N_TABLES; t++) {
		const struct oci_words *words = tables[t].words;

		ck_assert_msg(words->count == tables[t].count, "%zu %s", words->count,
			      tables[t].name);
		ck_assert(words->noun && *words->noun);
		for (size_t i = 0; i < words->count; i++) {
			const struct oci_word *row = &words->rows[i];

			ck_assert_int_eq(
				strncmp(row->name, tables[t].prefix, strlen(tables[t].prefix)), 0);
			for (size_t j = 0; j < i; j++) {
				ck_assert_str_ne(row->name, words->rows[j].name);
				if (!tables[t].values_repeat)
					ck_assert_uint_ne(row->value, words->rows[j].value);
			}
		}
	}
}
END_TEST

START_TEST(words_are_found_by_name_and_named_by_value)
{
	for (size_t t = 0; t < N_TABLES; t++) {
		const struct oci_words *words = tables[t].words;

		for (size_t i = 0; i < words->count; i++) {
			const struct oci_word *row = &words->rows[i];
			uint64_t value = UINT64_MAX, again = UINT64_MAX;

			ck_assert_int_eq(oci_word_find(words, row->name, &value), 0);
			ck_assert_uint_eq(value, row->value);
			ck_assert_int_eq(oci_word_find(words, oci_word_name(words, value), &again),
					 0);
			ck_assert_uint_eq(again, value);
		}
	}
}
END_TEST

START_TEST(unknown_words_and_values_are_not_found)
{
	uint64_t value = 7;

	for (size_t t = 0; t < N_TABLES; t++) {
		ck_assert_int_eq(oci_word_find(tables[t].words, "", &value), -ENOENT);
		ck_assert_int_eq(oci_word_find(tables[t].words, "nothing", &value), -ENOENT);
		ck_assert_ptr_null(oci_word_name(tables[t].words, UINT64_MAX));
	}
	ck_assert_int_eq(oci_word_find(&oci_capabilities, "CAP_KIL", &value), -ENOENT);
	ck_assert_int_eq(oci_word_find(&oci_capabilities, "CAP_KILLS", &value), -ENOENT);
	ck_assert_int_eq(oci_word_find(&oci_capabilities, "cap_kill", &value), -ENOENT);
	ck_assert_uint_eq(value, 7);
	ck_assert_int_eq(oci_word_find(&oci_capabilities, "CAP_KILL", NULL), 0);
}
END_TEST

START_TEST(capabilities_are_in_the_order_of_their_numbers)
{
	for (size_t i = 0; i < oci_capabilities.count; i++)
		ck_assert_uint_eq(oci_capabilities.rows[i].value, i);
}
END_TEST

static uint64_t number(const struct oci_words *words, const char *name)
{
	uint64_t value = 0;

	ck_assert_int_eq(oci_word_find(words, name, &value), 0);
	return value;
}

START_TEST(numbers_are_the_kernels)
{
	ck_assert_uint_eq(number(&oci_namespaces, "network"), CLONE_NEWNET);
	ck_assert_uint_eq(number(&oci_namespaces, "time"), 0x80);
	ck_assert_uint_eq(number(&oci_capabilities, "CAP_SYS_ADMIN"), CAP_SYS_ADMIN);
	ck_assert_uint_eq(number(&oci_rlimits, "RLIMIT_NOFILE"), RLIMIT_NOFILE);
	ck_assert_uint_eq(number(&oci_propagations, "rslave"), MS_SLAVE | MS_REC);
	ck_assert_uint_eq(number(&oci_scheduler_policies, "SCHED_IDLE"), SCHED_IDLE);
	ck_assert_uint_eq(number(&oci_memory_policy_modes, "MPOL_PREFERRED"), MPOL_PREFERRED);
	ck_assert_uint_eq(number(&oci_memory_policy_modes, "MPOL_BIND"), MPOL_BIND);
	ck_assert_uint_eq(number(&oci_memory_policy_modes, "MPOL_INTERLEAVE"), MPOL_INTERLEAVE);
	ck_assert_uint_eq(number(&oci_memory_policy_modes, "MPOL_LOCAL"), MPOL_LOCAL);
	ck_assert_uint_eq(number(&oci_memory_policy_modes, "MPOL_PREFERRED_MANY"),
			  MPOL_PREFERRED_MANY);
	ck_assert_uint_eq(number(&oci_memory_policy_flags, "MPOL_F_STATIC_NODES"),
			  MPOL_F_STATIC_NODES);
	ck_assert_uint_eq(number(&oci_memory_policy_flags, "MPOL_F_RELATIVE_NODES"),
			  MPOL_F_RELATIVE_NODES);
	ck_assert_uint_eq(number(&oci_memory_policy_flags, "MPOL_F_NUMA_BALANCING"),
			  MPOL_F_NUMA_BALANCING);
	ck_assert_uint_eq(number(&oci_seccomp_actions, "SCMP_ACT_KILL"), SECCOMP_RET_KILL_THREAD);
	ck_assert_uint_eq(number(&oci_seccomp_flags, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"),
			  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
}
END_TEST

START_TEST(seccomp_numbers_are_libseccomps)
{
	static const struct {
		const char *name;
		uint32_t value;
	} archs[] = {
		{ "SCMP_ARCH_X86", SCMP_ARCH_X86 },
		{ "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 },
		{ "SCMP_ARCH_X32", SCMP_ARCH_X32 },
		{ "SCMP_ARCH_ARM", SCMP_ARCH_ARM },
		{ "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64 },
		{ "SCMP_ARCH_MIPS", SCMP_ARCH_MIPS },
		{ "SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64 },
		{ "SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32 },
		{ "SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL },
		{ "SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64 },
		{ "SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32 },
		{ "SCMP_ARCH_PARISC", SCMP_ARCH_PARISC },
		{ "SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64 },
		{ "SCMP_ARCH_PPC", SCMP_ARCH_PPC },
		{ "SCMP_ARCH_PPC64", SCMP_ARCH_PPC64 },
		{ "SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE },
		{ "SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64 },
		{ "SCMP_ARCH_S390", SCMP_ARCH_S390 },
		{ "SCMP_ARCH_S390X", SCMP_ARCH_S390X },
	};

	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		ck_assert_uint_eq(number(&oci_seccomp_archs, archs[i].name), archs[i].value);
	ck_assert_uint_eq(number(&oci_seccomp_operators, "SCMP_CMP_NE"), SCMP_CMP_NE);
	ck_assert_uint_eq(number(&oci_seccomp_operators, "SCMP_CMP_GE"), SCMP_CMP_GE);
	ck_assert_uint_eq(number(&oci_seccomp_operators, "SCMP_CMP_MASKED_EQ"), SCMP_CMP_MASKED_EQ);
	ck_assert_uint_eq(number(&oci_seccomp_actions, "SCMP_ACT_NOTIFY"), SCMP_ACT_NOTIFY);
	ck_assert_uint_eq(number(&oci_seccomp_actions, "SCMP_ACT_KILL_PROCESS"),
			  SCMP_ACT_KILL_PROCESS);
}
END_TEST

UNIT_MAIN("oci/words", tables_are_complete_and_name_each_word_once,
	  words_are_found_by_name_and_named_by_value, unknown_words_and_values_are_not_found,
	  capabilities_are_in_the_order_of_their_numbers, numbers_are_the_kernels,
	  seccomp_numbers_are_libseccomps)
