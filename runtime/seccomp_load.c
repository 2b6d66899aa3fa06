/* seccomp_load.c - the half of seccomp.h that runs between clone and exec. */
#include <errno.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/seccomp.h"

static long seccomp(unsigned operation, unsigned flags, const void *args)
{
	return syscall(SYS_seccomp, operation, flags, args);
}

int seccomp_load(const struct seccomp_program *program, int *out_listener_fd)
{
	const struct sock_fprog filter = { .len = program->count, .filter = program->insns };
	long rc = seccomp(SECCOMP_SET_MODE_FILTER, program->flags, &filter);

	if (rc < 0)
		return -errno;
	if (!program->needs_listener && rc > 0)
		return -ESRCH; /* TSYNC: the thread that could not take the filter */
	if (out_listener_fd)
		*out_listener_fd = program->needs_listener ? (int)rc : -1;
	return 0;
}

bool seccomp_action_is_supported(uint32_t action)
{
	return seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* A known flag gets as far as reading the program. */
bool seccomp_flag_is_supported(uint32_t flag)
{
	return seccomp(SECCOMP_SET_MODE_FILTER, flag, NULL) < 0 && errno == EFAULT;
}
