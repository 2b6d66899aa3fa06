/* cpu_affinity.c - see cpu_affinity.h. */
#include "runtime/cpu_affinity.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int number_take(const char **text, unsigned limit, unsigned *out)
{
	unsigned value = 0;

	if (**text < '0' || **text > '9')
		return -EINVAL;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		value = value * 10 + (unsigned)(**text - '0');
		if (value >= limit)
			return -ERANGE;
	}
	*out = value;
	return 0;
}

int number_list_parse(const char *list, uint64_t *bits, unsigned bit_count)
{
	memset(bits, 0, (bit_count + 63) / 64 * sizeof *bits);
	for (;;) {
		unsigned first = 0, last = 0;
		int rc = number_take(&list, bit_count, &first);
		if (rc < 0)
			return rc;
		last = first;
		if (*list == '-') {
			list++;
			rc = number_take(&list, bit_count, &last);
			if (rc < 0)
				return rc;
			if (last < first)
				return -EINVAL;
		}
		for (unsigned i = first; i <= last; i++)
			bits[i / 64] |= (uint64_t)1 << (i % 64);
		if (*list == '\0')
			return 0;
		if (*list++ != ',')
			return -EINVAL;
	}
}

int cpu_affinity_parse(const char *list, const char *pointer, struct cpu_affinity *out,
		       struct err *e)
{
	int rc = 0;

	out->set = list && *list;
	if (!out->set)
		return 0;
	rc = number_list_parse(list, out->bits, CPU_AFFINITY_MAX);
	if (rc == 0)
		return 0;
	out->set = false;
	if (rc == -ERANGE)
		err_set(e, ERR_INVALID, "CPU numbers are below %d: %s", CPU_AFFINITY_MAX, list);
	else
		err_set(e, ERR_INVALID, "%s is no list of CPUs such as 0-3,7", list);
	return err_pointer(e, "%s", pointer);
}

/* The kernel takes masks as unsigned longs; 64-bit words are the same on little-endian machines
 * and on those with 64-bit longs. */
_Static_assert(sizeof(unsigned long) == sizeof(uint64_t) ||
		       __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "masks of longs");

int cpu_affinity_apply(const struct cpu_affinity *affinity, pid_t pid, const char *pointer,
		       struct err *e)
{
	if (!affinity->set)
		return 0;
	if (syscall(SYS_sched_setaffinity, pid, sizeof affinity->bits, affinity->bits) == 0)
		return 0;
	int errnum = errno;
	err_errno(e, errnum, "sched_setaffinity: choose CPUs");
	if (errnum == EINVAL)
		err_hint(e, "none of the CPUs is there or in the cgroup's cpuset.cpus");
	return err_pointer(e, "%s", pointer);
}

int cpu_affinity_reset(pid_t pid)
{
	uint64_t all[CPU_AFFINITY_MAX / 64];

	memset(all, 0xff, sizeof all);
	return syscall(SYS_sched_setaffinity, pid, sizeof all, all) < 0 ? -errno : 0;
}
