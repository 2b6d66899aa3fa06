/* The table of system calls, name by name against libseccomp's. */
#include "runtime/syscalls.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <sys/syscall.h>

#include "oci/words.h"
#include "tests/unit/unit.h"

static const struct {
	uint32_t token;
	uint32_t theirs;
} archs[] = {
	{ AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64 },
	{ AUDIT_ARCH_I386, SCMP_ARCH_X86 },
	{ OCI_SECCOMP_ARCH_X32, SCMP_ARCH_X32 },
	{ AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64 },
	{ AUDIT_ARCH_ARM, SCMP_ARCH_ARM },
	{ AUDIT_ARCH_RISCV64, SCMP_ARCH_RISCV64 },
	{ AUDIT_ARCH_PPC, SCMP_ARCH_PPC },
	{ AUDIT_ARCH_PPC64, SCMP_ARCH_PPC64 },
	{ AUDIT_ARCH_PPC64LE, SCMP_ARCH_PPC64LE },
	{ AUDIT_ARCH_S390, SCMP_ARCH_S390 },
	{ AUDIT_ARCH_S390X, SCMP_ARCH_S390X },
	{ AUDIT_ARCH_MIPS, SCMP_ARCH_MIPS },
	{ AUDIT_ARCH_MIPS64, SCMP_ARCH_MIPS64 },
	{ AUDIT_ARCH_MIPS64N32, SCMP_ARCH_MIPS64N32 },
	{ AUDIT_ARCH_MIPSEL, SCMP_ARCH_MIPSEL },
	{ AUDIT_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64 },
	{ AUDIT_ARCH_MIPSEL64N32, SCMP_ARCH_MIPSEL64N32 },
	{ AUDIT_ARCH_PARISC, SCMP_ARCH_PARISC },
	{ AUDIT_ARCH_PARISC64, SCMP_ARCH_PARISC64 },
};

START_TEST(every_name_has_libseccomps_number_on_every_architecture)
{
	size_t compared = 0;

	for (size_t a = 0; a < sizeof archs / sizeof *archs; a++) {
		const struct syscall_arch *arch = syscall_arch_find(archs[a].token);
		ck_assert_ptr_nonnull(arch);
		for (size_t i = 0; syscall_row_at(i); i++) {
			const struct syscall_row *row = syscall_row_at(i);
			int theirs = seccomp_syscall_resolve_name_arch(archs[a].theirs,
								       syscall_row_name(row));
			int slot = syscall_slot(row, arch);
			if (theirs < 0)
				continue; /* it lacks the call, or is older */
			if (slot < 0 && archs[a].token == AUDIT_ARCH_PARISC64)
				continue; /* _llseek: corrected in libseccomp 2.6 */
			ck_assert_msg(slot >= 0 &&
					      syscall_slot_number(arch, slot) == (uint32_t)theirs,
				      "%s on %#x: we %d, libseccomp %d", syscall_row_name(row),
				      archs[a].token, slot, theirs);
			compared++;
		}
	}
	ck_assert_uint_gt(compared, 5000);
}
END_TEST

START_TEST(no_number_of_libseccomps_is_missing)
{
	const struct syscall_arch *arch = syscall_arch_find(AUDIT_ARCH_X86_64);

	for (int number = 0; number < 600; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, number);
		if (!name)
			continue;
		const struct syscall_row *row = syscall_find(name);
		ck_assert_msg(row && syscall_slot(row, arch) == number, "%s", name);
		free(name);
	}
}
END_TEST

START_TEST(every_row_is_found_and_names_are_unique)
{
	size_t count = 0;

	for (; syscall_row_at(count); count++)
		ck_assert_ptr_eq(syscall_find(syscall_row_name(syscall_row_at(count))),
				 syscall_row_at(count));
	ck_assert_uint_gt(count, 500);
	ck_assert_ptr_null(syscall_find(""));
	ck_assert_ptr_null(syscall_find("nosuchcall"));
	ck_assert_ptr_null(syscall_find("rea"));
	ck_assert_ptr_null(syscall_find("reads"));
	ck_assert_ptr_null(syscall_find("sched_rr_get_interval_time64_and_a_long_tail"));
}
END_TEST

START_TEST(slots_fit_and_rise_with_the_numbers)
{
	for (size_t a = 0; a < oci_seccomp_archs.count; a++) {
		const struct syscall_arch *arch =
			syscall_arch_find((uint32_t)oci_seccomp_archs.rows[a].value);
		ck_assert_msg(arch != NULL, "%s", oci_seccomp_archs.rows[a].name);
		for (size_t i = 0; syscall_row_at(i); i++) {
			int slot = syscall_slot(syscall_row_at(i), arch);
			ck_assert_int_lt(slot, SYSCALL_SLOT_COUNT - 1);
			if (slot > 0)
				ck_assert_uint_gt(syscall_slot_number(arch, slot),
						  syscall_slot_number(arch, slot - 1));
		}
		if (arch->is_multiplexed) {
			ck_assert_int_ge(syscall_slot(syscall_find("socketcall"), arch), 0);
			ck_assert_int_ge(syscall_slot(syscall_find("ipc"), arch), 0);
		}
	}
}
END_TEST

START_TEST(the_native_architecture_is_the_one_that_runs_this)
{
	const struct syscall_arch *arch = syscall_arch_native();

	ck_assert_uint_eq(syscall_slot_number(arch, syscall_slot(syscall_find("read"), arch)),
			  SYS_read);
	ck_assert_uint_eq(syscall_slot_number(arch, syscall_slot(syscall_find("execve"), arch)),
			  SYS_execve);
	ck_assert_uint_eq(arch->token, arch->audit);
}
END_TEST

START_TEST(newer_calls_are_the_same_everywhere)
{
	static const struct {
		const char *name;
		int number;
	} rows[] = {
		{ "landlock_create_ruleset", 444 },
		{ "process_mrelease", 448 },
		{ "futex_waitv", 449 },
		{ "set_mempolicy_home_node", 450 },
		{ "cachestat", 451 },
		{ "fchmodat2", 452 },
		{ "map_shadow_stack", 453 },
		{ "futex_wake", 454 },
		{ "futex_wait", 455 },
		{ "futex_requeue", 456 },
		{ "statmount", 457 },
		{ "listmount", 458 },
		{ "lsm_get_self_attr", 459 },
		{ "lsm_set_self_attr", 460 },
		{ "lsm_list_modules", 461 },
		{ "mseal", 462 },
		{ "setxattrat", 463 },
		{ "getxattrat", 464 },
		{ "listxattrat", 465 },
		{ "removexattrat", 466 },
		{ "open_tree_attr", 467 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct syscall_row *row = syscall_find(rows[i].name);
		ck_assert_ptr_nonnull(row);
		for (size_t a = 0; a < oci_seccomp_archs.count; a++)
			ck_assert_int_eq(
				syscall_slot(row,
					     syscall_arch_find(
						     (uint32_t)oci_seccomp_archs.rows[a].value)),
				rows[i].number);
	}
}
END_TEST

START_TEST(multiplexed_calls_have_their_numbers)
{
	ck_assert_int_eq(syscall_socketcall_number(syscall_find("socket")), 1);
	ck_assert_int_eq(syscall_socketcall_number(syscall_find("sendmmsg")), 20);
	ck_assert_int_eq(syscall_ipc_number(syscall_find("semop")), 1);
	ck_assert_int_eq(syscall_ipc_number(syscall_find("msgsnd")), 11);
	ck_assert_int_eq(syscall_ipc_number(syscall_find("shmctl")), 24);
	ck_assert_int_eq(syscall_socketcall_number(syscall_find("semop")), 0);
	ck_assert_int_eq(syscall_ipc_number(syscall_find("socket")), 0);
	ck_assert_int_eq(syscall_socketcall_number(syscall_find("read")), 0);
}
END_TEST

UNIT_MAIN("runtime/syscalls", every_name_has_libseccomps_number_on_every_architecture,
	  no_number_of_libseccomps_is_missing, every_row_is_found_and_names_are_unique,
	  slots_fit_and_rise_with_the_numbers, the_native_architecture_is_the_one_that_runs_this,
	  newer_calls_are_the_same_everywhere, multiplexed_calls_have_their_numbers)
