/* rlimits.c - see rlimits.h. */
#include "runtime/rlimits.h"

#include <errno.h>
#include <sys/resource.h>

#include "oci/config.h"
#include "oci/words.h"

_Static_assert(RLIM_NLIMITS <= RLIMIT_ROW_COUNT, "a row for each limit");

int rlimits_parse(const struct oci_rlimit *config, size_t count, const char *pointer,
		  struct rlimits *out, struct err *e)
{
	struct rlimits limits = { 0 };
	uint64_t seen = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t resource = 0;
		if (!config[i].type || oci_word_find(&oci_rlimits, config[i].type, &resource) < 0) {
			err_set(e, ERR_INVALID, "unknown resource limit %s",
				config[i].type ? config[i].type : "(none)");
			return err_pointer(e, "%s/%zu/type", pointer, i);
		}
		if (seen & ((uint64_t)1 << resource)) {
			err_set(e, ERR_INVALID, "%s is set twice", config[i].type);
			return err_pointer(e, "%s/%zu/type", pointer, i);
		}
		if (config[i].soft > config[i].hard) {
			err_set(e, ERR_INVALID,
				"%s: the soft limit %llu is above the hard one %llu",
				config[i].type, (unsigned long long)config[i].soft,
				(unsigned long long)config[i].hard);
			return err_pointer(e, "%s/%zu/soft", pointer, i);
		}
		seen |= (uint64_t)1 << resource;
		limits.rows[limits.count].resource = (uint8_t)resource;
		limits.rows[limits.count].soft = config[i].soft;
		limits.rows[limits.count++].hard = config[i].hard;
	}
	*out = limits;
	return 0;
}

int rlimits_apply(const struct rlimits *limits, pid_t pid, const char *pointer, struct err *e)
{
	for (unsigned i = 0; i < limits->count; i++) {
		const struct rlimit64 wanted = { .rlim_cur = limits->rows[i].soft,
						 .rlim_max = limits->rows[i].hard };
		if (prlimit64(pid, limits->rows[i].resource, &wanted, NULL) == 0)
			continue;
		int errnum = errno;
		err_errno(e, errnum, "set %s to %llu:%llu",
			  oci_word_name(&oci_rlimits, limits->rows[i].resource),
			  (unsigned long long)wanted.rlim_cur, (unsigned long long)wanted.rlim_max);
		if (errnum == EPERM)
			err_hint(e, "raising a hard limit needs CAP_SYS_RESOURCE");
		return err_pointer(e, "%s/%u", pointer, i);
	}
	return 0;
}
