/* personality.c - see personality.h. */
#include "runtime/personality.h"

#include <sys/personality.h>

#include "oci/config.h"
#include "oci/words.h"

int personality_parse(const struct oci_personality *config, struct personality *out, struct err *e)
{
	uint64_t persona = 0;

	if (!config) {
		*out = (struct personality){ 0 };
		return 0;
	}
	if (!config->domain || oci_word_find(&oci_personalities, config->domain, &persona) < 0) {
		err_set(e, ERR_INVALID, "unknown personality %s",
			config->domain ? config->domain : "(none)");
		return err_pointer(e, "/linux/personality/domain");
	}
	if (config->n_flags > 0) {
		err_set(e, ERR_INVALID, "unknown personality flag %s", config->flags[0]);
		return err_pointer(e, "/linux/personality/flags/0");
	}
	*out = (struct personality){ .set = true, .persona = (unsigned long)persona };
	return 0;
}

int personality_apply(const struct personality *wanted, struct err *e)
{
	if (!wanted->set)
		return 0;
	if (personality(wanted->persona) >= 0)
		return 0;
	err_sys(e, "set the personality");
	return err_pointer(e, "/linux/personality");
}
