/* syscalls.h - names of system calls and their numbers on every architecture a profile may name.
 *
 * A table of numbers beside names, so that the static program carries no library; the unit test
 * holds it against libseccomp, name by name.
 *
 * Units     : a slot is a small index that grows with the number: number = base + slot, but the
 *             private calls of ARM (0xf0001 ...), which have slots from 1001 on.
 * Source    : syscalls_table.h, made by syscalls_generate.awk from the syscalls.csv of
 *             libseccomp 2.6.1 (Linux 7.1); syscall(2) for the bases.
 * Never     : allocates; asks the running kernel. */
#ifndef KEG_RUNTIME_SYSCALLS_H
#define KEG_RUNTIME_SYSCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYSCALL_SLOT_COUNT 1024
#define SYSCALL_X32_BIT 0x40000000U

struct syscall_arch {
	uint32_t token; /* the value of its word in oci_seccomp_archs */
	uint32_t audit; /* what struct seccomp_data.arch has; x32: that of x86_64 */
	uint8_t column;
	uint32_t base;	     /* of its numbers */
	bool is_64bit;	     /* arguments are 64 bits wide */
	bool is_multiplexed; /* has socketcall(2) and ipc(2) beside direct calls */
};

const struct syscall_arch *syscall_arch_find(uint32_t token); /* NULL when unknown */
const struct syscall_arch *syscall_arch_native(void);
bool syscall_arch_is_little_endian(const struct syscall_arch *arch);

/* One name on all architectures at once; NULL when none has it. */
struct syscall_row;
const struct syscall_row *syscall_find(const char *name);
const char *syscall_row_name(const struct syscall_row *row);
/* Every row, for tests: NULL past the end. */
const struct syscall_row *syscall_row_at(size_t index);

/* Below 0: the architecture has no such call. */
int syscall_slot(const struct syscall_row *row, const struct syscall_arch *arch);
uint32_t syscall_slot_number(const struct syscall_arch *arch, int slot);

/* The first argument with which socketcall(2) or ipc(2) does what this call does; 0: not one of
 * those. */
int syscall_socketcall_number(const struct syscall_row *row);
int syscall_ipc_number(const struct syscall_row *row);

#endif
