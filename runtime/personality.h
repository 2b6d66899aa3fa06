/* personality.h - linux.personality: which uname a 32-bit world sees.
 *
 * Errors    : ERR_INVALID below /linux/personality.
 * Source    : personality(2), runtime-spec config-linux.md "Personality".
 * Never     : allocates. */
#ifndef KEG_RUNTIME_PERSONALITY_H
#define KEG_RUNTIME_PERSONALITY_H

#include <stdbool.h>

#include "base/err.h"

struct oci_personality;

struct personality {
	bool set;
	unsigned long persona; /* PER_LINUX, PER_LINUX32 */
};

/* config may be NULL: out->set is false. */
int personality_parse(const struct oci_personality *config, struct personality *out, struct err *e);
int personality_apply(const struct personality *personality, struct err *e); /* to the caller */

#endif
