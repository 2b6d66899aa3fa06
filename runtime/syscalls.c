/* syscalls.c - see syscalls.h. */
#include "runtime/syscalls.h"

#include <linux/audit.h>
#include <string.h>

#include "oci/words.h"
#include "runtime/syscalls_table.h"

/* Numbers that the headers of the oldest supported kernel lack; they are ABI. */
#define AUDIT_LOONGARCH64 0xc0000102U
#define MULTIPLEXED_IPC 100
#define ARM_PRIVATE_SLOT 1000
#define ARM_PRIVATE_NUMBER 0xf0000U

/* syscall(2) "Architecture calling conventions"; size and multiplexing as libseccomp has them. */
static const struct syscall_arch arch_rows[] = {
	{ AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64, COLUMN_X86_64, 0, true, false },
	{ AUDIT_ARCH_I386, AUDIT_ARCH_I386, COLUMN_X86, 0, false, true },
	{ OCI_SECCOMP_ARCH_X32, AUDIT_ARCH_X86_64, COLUMN_X32, SYSCALL_X32_BIT, false, false },
	{ AUDIT_ARCH_AARCH64, AUDIT_ARCH_AARCH64, COLUMN_AARCH64, 0, true, false },
	{ AUDIT_ARCH_ARM, AUDIT_ARCH_ARM, COLUMN_ARM, 0, false, false },
	{ AUDIT_ARCH_RISCV64, AUDIT_ARCH_RISCV64, COLUMN_RISCV64, 0, true, false },
	{ AUDIT_LOONGARCH64, AUDIT_LOONGARCH64, COLUMN_LOONGARCH64, 0, true, false },
	{ AUDIT_ARCH_PPC, AUDIT_ARCH_PPC, COLUMN_PPC, 0, false, true },
	{ AUDIT_ARCH_PPC64, AUDIT_ARCH_PPC64, COLUMN_PPC64, 0, true, true },
	{ AUDIT_ARCH_PPC64LE, AUDIT_ARCH_PPC64LE, COLUMN_PPC64, 0, true, true },
	{ AUDIT_ARCH_S390, AUDIT_ARCH_S390, COLUMN_S390, 0, false, true },
	{ AUDIT_ARCH_S390X, AUDIT_ARCH_S390X, COLUMN_S390X, 0, true, true },
	{ AUDIT_ARCH_MIPS, AUDIT_ARCH_MIPS, COLUMN_MIPS, 4000, false, true },
	{ AUDIT_ARCH_MIPS64, AUDIT_ARCH_MIPS64, COLUMN_MIPS64, 5000, true, false },
	{ AUDIT_ARCH_MIPS64N32, AUDIT_ARCH_MIPS64N32, COLUMN_MIPS64N32, 6000, false, false },
	{ AUDIT_ARCH_MIPSEL, AUDIT_ARCH_MIPSEL, COLUMN_MIPS, 4000, false, true },
	{ AUDIT_ARCH_MIPSEL64, AUDIT_ARCH_MIPSEL64, COLUMN_MIPS64, 5000, true, false },
	{ AUDIT_ARCH_MIPSEL64N32, AUDIT_ARCH_MIPSEL64N32, COLUMN_MIPS64N32, 6000, false, false },
	{ AUDIT_ARCH_PARISC, AUDIT_ARCH_PARISC, COLUMN_PARISC, 0, false, false },
	{ AUDIT_ARCH_PARISC64, AUDIT_ARCH_PARISC64, COLUMN_PARISC64, 0, true, false },
	{ AUDIT_ARCH_M68K, AUDIT_ARCH_M68K, COLUMN_M68K, 0, false, true },
	{ AUDIT_ARCH_SHEL, AUDIT_ARCH_SHEL, COLUMN_SH, 0, false, true },
	{ AUDIT_ARCH_SH, AUDIT_ARCH_SH, COLUMN_SH, 0, false, true },
};

#if defined(__x86_64__) && !defined(__ILP32__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define NATIVE AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define NATIVE AUDIT_ARCH_S390X
#elif defined(__arm__)
#define NATIVE AUDIT_ARCH_ARM
#elif defined(__i386__)
#define NATIVE AUDIT_ARCH_I386
#else
#error "name this architecture's AUDIT_ARCH_ here"
#endif

const struct syscall_arch *syscall_arch_find(uint32_t token)
{
	for (size_t i = 0; i < sizeof(arch_rows) / sizeof(arch_rows[0]); i++)
		if (arch_rows[i].token == token)
			return &arch_rows[i];
	return NULL;
}

const struct syscall_arch *syscall_arch_native(void)
{
	return syscall_arch_find(NATIVE);
}

bool syscall_arch_is_little_endian(const struct syscall_arch *arch)
{
	return arch->audit & __AUDIT_ARCH_LE;
}

const struct syscall_row *syscall_find(const char *name)
{
	uint16_t hash = 0;

	for (const char *c = name; *c; c++)
		hash = (uint16_t)(hash * 33U + (unsigned char)*c);
	for (size_t at = hash % SYSCALL_HASH_SIZE; syscall_hash[at] != 0;
	     at = (at + 1) % SYSCALL_HASH_SIZE) {
		const struct syscall_row *row = &syscall_rows[syscall_hash[at] - 1];
		if (strcmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

const char *syscall_row_name(const struct syscall_row *row)
{
	return row->name;
}

const struct syscall_row *syscall_row_at(size_t index)
{
	return index < SYSCALL_ROW_COUNT ? &syscall_rows[index] : NULL;
}

int syscall_slot(const struct syscall_row *row, const struct syscall_arch *arch)
{
	return row->slots[arch->column];
}

uint32_t syscall_slot_number(const struct syscall_arch *arch, int slot)
{
	if (slot > ARM_PRIVATE_SLOT && arch->column == COLUMN_ARM)
		return ARM_PRIVATE_NUMBER + (uint32_t)(slot - ARM_PRIVATE_SLOT);
	return arch->base + (uint32_t)slot;
}

int syscall_socketcall_number(const struct syscall_row *row)
{
	return row->multiplexed < MULTIPLEXED_IPC ? row->multiplexed : 0;
}

int syscall_ipc_number(const struct syscall_row *row)
{
	return row->multiplexed > MULTIPLEXED_IPC ? row->multiplexed - MULTIPLEXED_IPC : 0;
}
