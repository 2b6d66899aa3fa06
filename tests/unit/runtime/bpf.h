/* bpf.h - an interpreter of the classic BPF that seccomp(2) takes, for tests.
 *
 * Source : linux/filter.h, seccomp(2); a program that the kernel would refuse fails the test. */
#ifndef KEG_TESTS_UNIT_RUNTIME_BPF_H
#define KEG_TESTS_UNIT_RUNTIME_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/unit.h"

static inline void bpf_check(const struct sock_filter *insns, size_t count)
{
	ck_assert_uint_gt(count, 0);
	ck_assert_uint_le(count, 4096);
	for (size_t i = 0; i < count; i++) {
		const struct sock_filter *f = &insns[i];
		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			ck_assert_uint_eq(f->k % 4, 0);
			ck_assert_uint_lt(f->k, sizeof(struct seccomp_data));
			break;
		case BPF_ALU | BPF_AND | BPF_K: break;
		case BPF_RET | BPF_K: continue;
		case BPF_JMP | BPF_JA: ck_assert_uint_lt(i + 1 + f->k, count); continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
			ck_assert_uint_lt(i + 1 + f->jt, count);
			ck_assert_uint_lt(i + 1 + f->jf, count);
			continue;
		default: ck_abort_msg("instruction %zu: code %#x", i, f->code);
		}
		ck_assert_uint_lt(i + 1, count);
	}
}

/* The verdict; *steps (may be NULL) is the number of instructions executed. */
static inline uint32_t bpf_run(const struct sock_filter *insns, const struct seccomp_data *data,
			       unsigned *steps)
{
	uint32_t a = 0;
	unsigned n = 0;

	for (size_t i = 0;; i++) {
		const struct sock_filter *f = &insns[i];
		n++;
		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS: memcpy(&a, (const char *)data + f->k, 4); break;
		case BPF_ALU | BPF_AND | BPF_K: a &= f->k; break;
		case BPF_JMP | BPF_JA: i += f->k; break;
		case BPF_JMP | BPF_JEQ | BPF_K: i += a == f->k ? f->jt : f->jf; break;
		case BPF_JMP | BPF_JGE | BPF_K: i += a >= f->k ? f->jt : f->jf; break;
		case BPF_JMP | BPF_JGT | BPF_K: i += a > f->k ? f->jt : f->jf; break;
		default:
			if (steps)
				*steps = n;
			return f->k;
		}
	}
}

#endif
