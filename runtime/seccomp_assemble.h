/* seccomp_assemble.h - an assembler of classic BPF that writes from the last instruction to the
 * first.
 *
 * Jumps of classic BPF go forward and at most 255 instructions. Written backwards, every target
 * exists before the jump to it does, so that one pass is enough, and a target that has come out of
 * reach gets a stepping stone right where it is needed: another copy of a return, or a long jump.
 *
 *      ... JEQ 59 -> ALLOW else JGE ...                 ^ written last
 *      RET ALLOW                       (a copy)         |
 *      ... 300 instructions ...                         |
 *      RET ALLOW                                        | written first
 *
 * Units     : a position is counted from the end, 1 is the last instruction.
 * Limits    : SECCOMP_PROGRAM_MAX; past it nothing more is written and `is_full` is set.
 * Never     : allocates. */
#ifndef KEG_RUNTIME_SECCOMP_ASSEMBLE_H
#define KEG_RUNTIME_SECCOMP_ASSEMBLE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/seccomp.h"

/* Where a jump goes: an instruction that was written, or the return of an action. */
struct target {
	bool is_action;
	uint32_t value; /* the position, or what to return */
};

/* Different actions in one program: errno values count as actions of their own. A program with
 * more of them is still right, only longer. */
#define ASSEMBLER_RETURNS 16

struct assembler {
	struct sock_filter insns[SECCOMP_PROGRAM_MAX]; /* the last `count` are in use */
	unsigned count;
	bool is_full;
	struct {
		uint32_t action;
		unsigned position;
	} returns[ASSEMBLER_RETURNS]; /* the nearest copy of each */
	unsigned n_returns;
};

static inline struct target target_action(uint32_t action)
{
	return (struct target){ .is_action = true, .value = action };
}
static inline bool target_equal(struct target a, struct target b)
{
	return a.is_action == b.is_action && a.value == b.value;
}

void assembler_init(struct assembler *a);

/* Each returns where it is, as the target of what is written next. */
struct target assemble_load(struct assembler *a, uint32_t offset);
struct target assemble_and(struct assembler *a, uint32_t mask);
/* operation: BPF_JEQ, BPF_JGE, BPF_JGT */
struct target assemble_jump(struct assembler *a, uint16_t operation, uint32_t value,
			    struct target yes, struct target no);

/* The first instruction of the program. */
const struct sock_filter *assembler_start(const struct assembler *a);

#endif
