/* capabilities.c - see capabilities.h. Raw system calls: libcap allocates. */
#include "runtime/capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oci/config.h"
#include "oci/words.h"

#define BIT(number) ((uint64_t)1 << (number))

int capability_number(const char *name)
{
	const char *plain = strncasecmp(name, "CAP_", 4) == 0 ? name + 4 : name;

	for (size_t i = 0; i < oci_capabilities.count; i++)
		if (strcasecmp(oci_capabilities.rows[i].name + 4, plain) == 0)
			return (int)oci_capabilities.rows[i].value;
	return -EINVAL;
}

const char *capability_name(int number)
{
	return number < 0 ? NULL : oci_word_name(&oci_capabilities, (uint64_t)number);
}

static int set_from_names(const char **names, size_t count, const char *pointer, const char *set,
			  uint64_t *out, struct err *e)
{
	*out = 0;
	for (size_t i = 0; i < count; i++) {
		int number = capability_number(names[i]);
		if (number < 0) {
			err_set(e, ERR_INVALID, "unknown capability %s", names[i]);
			return err_pointer(e, "%s/%s/%zu", pointer, set, i);
		}
		*out |= BIT(number);
	}
	return 0;
}

int capability_sets_from_config(const struct oci_capabilities *config, const char *pointer,
				struct capability_sets *out, struct err *e)
{
	struct capability_sets sets = { 0 };

	if (config && (set_from_names(config->bounding, config->n_bounding, pointer, "bounding",
				      &sets.bounding, e) < 0 ||
		       set_from_names(config->effective, config->n_effective, pointer, "effective",
				      &sets.effective, e) < 0 ||
		       set_from_names(config->inheritable, config->n_inheritable, pointer,
				      "inheritable", &sets.inheritable, e) < 0 ||
		       set_from_names(config->permitted, config->n_permitted, pointer, "permitted",
				      &sets.permitted, e) < 0 ||
		       set_from_names(config->ambient, config->n_ambient, pointer, "ambient",
				      &sets.ambient, e) < 0))
		return -1;
	*out = sets;
	return 0;
}

int capability_sets_add(struct capability_sets *sets, const char *name, struct err *e)
{
	int number = capability_number(name);

	if (number < 0)
		return err_set(e, ERR_INVALID, "unknown capability %s", name);
	sets->bounding |= BIT(number);
	sets->permitted |= BIT(number);
	sets->effective |= BIT(number);
	if (sets->inheritable & BIT(number))
		sets->ambient |= BIT(number);
	return 0;
}

static int bounding_has(int number)
{
	return prctl(PR_CAPBSET_READ, number, 0, 0, 0);
}

int capabilities_last(void)
{
	int known = CAP_LAST_CAP, unknown = 64;

	/* nearly every kernel has exactly those that the headers name: two calls */
	if (bounding_has(known) >= 0) {
		if (bounding_has(known + 1) < 0)
			return known;
		known++;
	} else {
		unknown = known;
		known = 0;
	}
	while (unknown - known > 1) {
		int middle = (known + unknown) / 2;
		if (bounding_has(middle) >= 0)
			known = middle;
		else
			unknown = middle;
	}
	return known;
}

/* One call to ask costs a tenth of one that drops: dropping makes new credentials. */
int capabilities_apply_bounding(const struct capability_sets *sets, int last)
{
	for (int i = 0; i <= last && i < 64; i++) {
		if (sets->bounding & BIT(i))
			continue;
		int has = bounding_has(i);
		if (has < 0 && errno == EINVAL)
			break;
		if (has > 0 && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return -errno;
	}
	return 0;
}

int capabilities_keep_over_setuid(void)
{
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

struct kernel_sets {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2];
};

static struct kernel_sets kernel_sets(void)
{
	return (struct kernel_sets){ .header = { .version = _LINUX_CAPABILITY_VERSION_3 } };
}

int capabilities_raise_effective(void)
{
	struct kernel_sets k = kernel_sets();

	if (syscall(SYS_capget, &k.header, k.data) < 0)
		return -errno;
	k.data[0].effective = k.data[0].permitted;
	k.data[1].effective = k.data[1].permitted;
	return syscall(SYS_capset, &k.header, k.data) < 0 ? -errno : 0;
}

int capabilities_apply_sets(const struct capability_sets *sets, int last,
			    uint64_t *out_ambient_missing)
{
	struct kernel_sets k = kernel_sets();
	uint64_t known = last >= 63 ? UINT64_MAX : BIT(last + 1) - 1, missing = 0;

	for (int half = 0; half < 2; half++) {
		k.data[half].effective = (uint32_t)((sets->effective & known) >> (32 * half));
		k.data[half].permitted = (uint32_t)((sets->permitted & known) >> (32 * half));
		k.data[half].inheritable = (uint32_t)((sets->inheritable & known) >> (32 * half));
	}
	if (syscall(SYS_capset, &k.header, k.data) < 0)
		return -errno;

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	for (int i = 0; i <= last && i < 64; i++) {
		if (!(sets->ambient & BIT(i)))
			continue;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) == 0)
			continue;
		if (errno != EPERM && errno != EINVAL)
			return -errno;
		missing |= BIT(i);
	}
	if (out_ambient_missing)
		*out_ambient_missing = missing;
	return 0;
}
