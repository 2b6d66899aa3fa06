/* seccomp_assemble.c - see seccomp_assemble.h. */
#include "runtime/seccomp_assemble.h"

/* A jump may need two stepping stones between itself and the code after it. */
#define REACH (255 - 2)

void assembler_init(struct assembler *a)
{
	a->count = 0; /* what is not in use is never read, and never touched */
	a->n_returns = 0;
	a->is_full = false;
}

const struct sock_filter *assembler_start(const struct assembler *a)
{
	return a->insns + SECCOMP_PROGRAM_MAX - a->count;
}

static unsigned push(struct assembler *a, struct sock_filter insn)
{
	if (a->count == SECCOMP_PROGRAM_MAX) {
		a->is_full = true;
		return a->count;
	}
	a->count++;
	a->insns[SECCOMP_PROGRAM_MAX - a->count] = insn;
	return a->count;
}

static struct target here(unsigned position)
{
	return (struct target){ .is_action = false, .value = position };
}

static unsigned push_return(struct assembler *a, uint32_t action)
{
	return push(a, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* The position of a return of that action within reach. */
static unsigned near_return(struct assembler *a, uint32_t action)
{
	for (unsigned i = 0; i < a->n_returns; i++) {
		if (a->returns[i].action != action)
			continue;
		if (a->count - a->returns[i].position > REACH)
			a->returns[i].position = push_return(a, action);
		return a->returns[i].position;
	}

	unsigned position = push_return(a, action);
	if (a->n_returns < ASSEMBLER_RETURNS) {
		a->returns[a->n_returns].action = action;
		a->returns[a->n_returns].position = position;
		a->n_returns++;
	}
	return position;
}

static unsigned near(struct assembler *a, struct target target)
{
	if (target.is_action)
		return near_return(a, target.value);
	if (a->count - target.value <= REACH)
		return target.value;
	return push(a, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, a->count - target.value));
}

struct target assemble_load(struct assembler *a, uint32_t offset)
{
	return here(push(a, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)));
}

struct target assemble_and(struct assembler *a, uint32_t mask)
{
	return here(push(a, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask)));
}

struct target assemble_jump(struct assembler *a, uint16_t operation, uint32_t value,
			    struct target yes, struct target no)
{
	unsigned yes_at = near(a, yes);
	unsigned no_at = near(a, no);

	return here(push(a, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | operation | BPF_K),
							 value, (uint8_t)(a->count - yes_at),
							 (uint8_t)(a->count - no_at))));
}
