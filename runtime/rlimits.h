/* rlimits.h - process.rlimits: parsed and checked in the parent, set in the child.
 *
 * Errors    : ERR_INVALID at <pointer>/<index>/type, soft, hard; applying: ERR_DENIED at
 *             <pointer>/<index> with a hint that names CAP_SYS_RESOURCE.
 * Source    : getrlimit(2), runtime-spec config.md "rlimits".
 * Never     : allocates. */
#ifndef KEG_RUNTIME_RLIMITS_H
#define KEG_RUNTIME_RLIMITS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct oci_rlimit;

#define RLIMIT_ROW_COUNT 16 /* RLIM_NLIMITS */

struct rlimits {
	struct {
		uint8_t resource;    /* RLIMIT_* */
		uint64_t soft, hard; /* RLIM_INFINITY: ~0 */
	} rows[RLIMIT_ROW_COUNT];    /* in the config's order */
	unsigned count;
};

/* `pointer` is that of the array, "/process/rlimits". */
int rlimits_parse(const struct oci_rlimit *config, size_t count, const char *pointer,
		  struct rlimits *out, struct err *e);
/* Sets them on `pid`, 0 for the caller. Usable between clone and exec. */
int rlimits_apply(const struct rlimits *limits, pid_t pid, const char *pointer, struct err *e);

#endif
