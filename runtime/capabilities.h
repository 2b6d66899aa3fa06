/* capabilities.h - what the first process of a container may do.
 *
 * Parsing happens in the parent, the rest between clone and exec, in this order:
 *
 *   capabilities_last()                         the running kernel's highest
 *   capabilities_apply_bounding(&sets, last)    needs CAP_SETPCAP, so before the change of user
 *   capabilities_keep_over_setuid()
 *   ... setgroups, setgid, setuid: permitted stays, effective is empty ...
 *   capabilities_raise_effective()              only for what still needs privilege
 *   capabilities_apply_sets(&sets, last, NULL)  capset, then the ambient set
 *
 * Units     : a set is a bit mask, bit N is capability N of <linux/capability.h>.
 * Errors    : parsing fills an err with the pointer; the rest returns negative errno.
 * Source    : capabilities(7), runtime-spec config.md "capabilities".
 * Never     : allocates; leaves anything inheritable that the config did not ask for. */
#ifndef KEG_RUNTIME_CAPABILITIES_H
#define KEG_RUNTIME_CAPABILITIES_H

#include <stdint.h>

#include "base/err.h"

struct oci_capabilities;

struct capability_sets {
	uint64_t effective, permitted, inheritable, bounding, ambient;
};

int capability_number(const char *name); /* "CAP_CHOWN", any case, CAP_ optional; -EINVAL */
const char *capability_name(int number); /* "CAP_CHOWN"; NULL when unknown */

/* NULL (no process.capabilities): all sets are empty. `pointer` is that of the object,
 * "/process/capabilities"; an unknown name is ERR_INVALID at pointer/<set>/<index>. */
int capability_sets_from_config(const struct oci_capabilities *config, const char *pointer,
				struct capability_sets *out, struct err *e);
/* exec --cap: the name joins the bounding, permitted and effective sets, and the ambient set when
 * it is inheritable already. */
int capability_sets_add(struct capability_sets *sets, const char *name, struct err *e);

/* The highest capability of the running kernel, by asking it (no /proc needed). */
int capabilities_last(void);

/* Drops what is in the bounding set and not in the wanted one. What the kernel does not know is
 * nothing to drop. Without CAP_SETPCAP: -EPERM, unless nothing differs. */
int capabilities_apply_bounding(const struct capability_sets *sets, int last);
int capabilities_keep_over_setuid(void);
int capabilities_raise_effective(void); /* effective = permitted, of the calling thread */
/* Bits above `last` are ignored. An ambient capability that is not both permitted and inheritable,
 * or that securebits(7) forbid, is left out; *out_ambient_missing (may be NULL) gets those. */
int capabilities_apply_sets(const struct capability_sets *sets, int last,
			    uint64_t *out_ambient_missing);

#endif
