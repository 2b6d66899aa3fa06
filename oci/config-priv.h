/* config-priv.h - what the files of oci/ share: records of nested objects, checks, places in a document.
 *
 * A place is where a check is: a chain on the stack, made into a JSON pointer only when something is
 * wrong. {"mounts": [{"destination": ""}]}:
 *
 *   check_mount(mount, NTH(IN(top, "mounts"), 0), e)
 *     return invalid(e, IN(at, "destination"), "the destination is empty");
 *       -> pointer "/mounts/0/destination" */
#ifndef KEG_OCI_CONFIG_PRIV_H
#define KEG_OCI_CONFIG_PRIV_H

#include "oci/config.h"
#include "oci/words.h"

/* A member that is read and written but has no effect, with the reason. */
#define F_IGNORED(s, m, wire, k, type, reason)                                                     \
	{                                                                                          \
		.name = wire, .kind = k, .offset = FIELD_OFFSET(s, m, type), .ignored = reason     \
	}

extern const struct record oci_id_mapping_record;
extern const struct record oci_linux_record;
extern const struct record oci_seccomp_record;

struct place {
	const struct place *up; /* NULL: the top, whose name is the pointer to begin with */
	const char *name;	/* member, NULL for an element */
	size_t index;		/* element */
};
#define IN(parent, member) (&(const struct place){ .up = (parent), .name = (member) })
#define NTH(parent, i) (&(const struct place){ .up = (parent), .index = (i) })

/* RFC 6901, added to `pointer`; negative errno of the buffer. */
int place_pointer(const struct place *at, struct strbuf *pointer);

/* ERR_INVALID at `at`, PHASE_CONFIG; returns -1. */
int invalid(struct err *e, const struct place *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* 0 when `word` is in the table, else refused by name. */
int check_word(const struct oci_words *words, const char *word, const struct place *at,
	       struct err *e);
/* Each of a list. */
int check_words(const struct oci_words *words, const char *const *list, size_t count,
		const struct place *at, struct err *e);
int check_absolute(const char *path, const struct place *at, struct err *e);
/* "0-3,7" as cpuset(7) has it. */
int check_number_list(const char *list, const struct place *at, struct err *e);
/* An optional number that has to be in [min, max]. */
int check_int(const int64_t *value, int64_t min, int64_t max, const struct place *at,
	      struct err *e);
int check_uint(const uint64_t *value, uint64_t min, uint64_t max, const struct place *at,
	       struct err *e);
/* KEY=VALUE, the key not empty. */
int check_environment(const char *const *env, size_t count, const struct place *at, struct err *e);
int check_id_mappings(const struct oci_id_mapping *maps, size_t count, const struct place *at,
		      struct err *e);
/* What the kernel takes as the name of a network interface; dev_valid_name() in net/core/dev.c. */
int check_interface_name(const char *name, const struct place *at, struct err *e);

int check_process(const struct oci_process *process, const struct place *at, struct err *e);
int check_linux(const struct oci_config *config, const struct place *at, struct err *e);
int check_resources(const struct oci_resources *resources, const struct place *at, struct err *e);
int check_seccomp(const struct oci_seccomp *seccomp, const struct place *at, struct err *e);

#endif
