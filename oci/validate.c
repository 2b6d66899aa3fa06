/* validate.c - the document's top, and the small checks that every part uses.
 *
 * The parts check themselves, beside their tables: process.c, linux.c, resources.c, seccomp.c. */
#include "oci/validate.h"

#include <ctype.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "oci/config-priv.h"

/* ---- places ---------------------------------------------------------------------------------- */

static void place_add(struct strbuf *pointer, const struct place *at)
{
	if (!at->up) {
		strbuf_add(pointer, at->name);
		return;
	}
	place_add(pointer, at->up);
	if (at->name)
		json_pointer_add(pointer, at->name);
	else
		json_pointer_add_index(pointer, at->index);
}

int place_pointer(const struct place *at, struct strbuf *pointer)
{
	place_add(pointer, at);
	return pointer->failed;
}

int invalid(struct err *e, const struct place *at, const char *format, ...)
{
	AUTO_STRBUF pointer = STRBUF(SIZE_MAX);
	va_list args;

	va_start(args, format);
	err_setv(e, ERR_INVALID, 0, format, args);
	va_end(args);
	if (place_pointer(at, &pointer) == 0)
		err_pointer(e, "%s", pointer.data ? pointer.data : "");
	return err_phase(e, PHASE_CONFIG);
}

/* ---- small checks ---------------------------------------------------------------------------- */

int check_word(const struct oci_words *words, const char *word, const struct place *at,
	       struct err *e)
{
	if (oci_word_find(words, word, NULL) == 0)
		return 0;
	return invalid(e, at, "`%s` is not %s", word, words->noun);
}

int check_words(const struct oci_words *words, const char *const *list, size_t count,
		const struct place *at, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (check_word(words, list[i], NTH(at, i), e) < 0)
			return -1;
	return 0;
}

int check_absolute(const char *path, const struct place *at, struct err *e)
{
	if (!*path)
		return invalid(e, at, "the path is empty");
	if (*path != '/')
		return invalid(e, at, "`%s` is not an absolute path", path);
	return 0;
}

int check_number_list(const char *list, const struct place *at, struct err *e)
{
	const char *c = list;

	while (*c) {
		uint64_t numbers[2] = { 0, 0 };
		int count = 0;

		do {
			char digits[12];
			size_t n = strspn(c, "0123456789");

			if (n == 0 || n >= sizeof(digits))
				return invalid(e, at, "`%s` is not a list of numbers such as 0-3,7",
					       list);
			memcpy(digits, c, n);
			digits[n] = '\0';
			(void)str_to_uint64(digits,
					    &numbers[count++]); /* digits, and few: it fits */
			c += n;
		} while (count == 1 && *c == '-' && c++);
		if (count == 2 && numbers[1] < numbers[0])
			return invalid(e, at, "the range %" PRIu64 "-%" PRIu64 " in `%s` goes down",
				       numbers[0], numbers[1], list);
		if (*c == '\0')
			return 0;
		if (*c != ',')
			return invalid(e, at, "`%s` is not a list of numbers such as 0-3,7", list);
		c++;
		while (*c == ' ')
			c++;
	}
	if (c != list)
		return invalid(e, at, "`%s` ends with a comma", list);
	return 0;
}

int check_int(const int64_t *value, int64_t min, int64_t max, const struct place *at, struct err *e)
{
	if (!value || (*value >= min && *value <= max))
		return 0;
	if (max == INT64_MAX)
		return invalid(e, at, "%" PRId64 " is below %" PRId64, *value, min);
	return invalid(e, at, "%" PRId64 " is not between %" PRId64 " and %" PRId64, *value, min,
		       max);
}

int check_uint(const uint64_t *value, uint64_t min, uint64_t max, const struct place *at,
	       struct err *e)
{
	if (!value || (*value >= min && *value <= max))
		return 0;
	return invalid(e, at, "%" PRIu64 " is not between %" PRIu64 " and %" PRIu64, *value, min,
		       max);
}

int check_environment(const char *const *env, size_t count, const struct place *at, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		const char *equals = strchr(env[i], '=');

		if (!equals)
			return invalid(e, NTH(at, i), "`%s` is not of the form NAME=value", env[i]);
		if (equals == env[i])
			return invalid(e, NTH(at, i), "`%s` has no name before the `=`", env[i]);
	}
	return 0;
}

int check_interface_name(const char *name, const struct place *at, struct err *e)
{
	if (!*name)
		return invalid(e, at, "the name of a network interface is empty");
	if (strlen(name) >= IFNAMSIZ)
		return invalid(e, at, "`%s` is longer than %d bytes", name, IFNAMSIZ - 1);
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return invalid(e, at, "`%s` cannot be the name of a network interface", name);
	for (const char *c = name; *c; c++)
		if (*c == '/' || *c == ':' || isspace((unsigned char)*c))
			return invalid(e, at, "`%s` has `%c` in the name of a network interface",
				       name, *c);
	return 0;
}

/* user_namespaces(7): ranges must not overlap, on either side; map_write() in
 * kernel/user_namespace.c: a range may not reach 4294967295, which means "no id". */
int check_id_mappings(const struct oci_id_mapping *maps, size_t count, const struct place *at,
		      struct err *e)
{
	static const size_t most = 340;

	if (count > most)
		return invalid(e, at, "%zu ranges are more than the %zu that the kernel takes",
			       count, most);
	for (size_t i = 0; i < count; i++) {
		const struct oci_id_mapping *a = &maps[i];

		if (a->size == 0)
			return invalid(e, IN(NTH(at, i), "size"), "the range is empty");
		if (a->container_id > UINT32_MAX - a->size)
			return invalid(e, NTH(at, i),
				       "the range of %u ids from containerID %u is too long",
				       a->size, a->container_id);
		if (a->host_id > UINT32_MAX - a->size)
			return invalid(e, NTH(at, i),
				       "the range of %u ids from hostID %u is too long", a->size,
				       a->host_id);
		for (size_t j = 0; j < i; j++) {
			const struct oci_id_mapping *b = &maps[j];

			if (a->container_id < b->container_id + b->size &&
			    b->container_id < a->container_id + a->size)
				return invalid(
					e, NTH(at, i),
					"its ids in the container overlap those of range %zu", j);
			if (a->host_id < b->host_id + b->size && b->host_id < a->host_id + a->size)
				return invalid(e, NTH(at, i),
					       "its ids on the host overlap those of range %zu", j);
		}
	}
	return 0;
}

/* ---- the document's top ---------------------------------------------------------------------- */

/* A run of digits without a leading zero; semver.org 2.0.0, items 2 and 9. */
static const char *semver_number(const char *c)
{
	size_t n = strspn(c, "0123456789");

	if (n == 0 || (n > 1 && *c == '0'))
		return NULL;
	return c + n;
}

/* Dot-separated identifiers of [0-9A-Za-z-]. */
static const char *semver_identifiers(const char *c)
{
	for (;;) {
		size_t n = strspn(c, "0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
		if (n == 0)
			return NULL;
		c += n;
		if (*c != '.')
			return c;
		c++;
	}
}

static bool semver_valid(const char *text)
{
	const char *c = text;

	for (int part = 0; part < 3; part++) {
		c = semver_number(c);
		if (!c || (part < 2 && *c++ != '.'))
			return false;
	}
	if (*c == '-' && !(c = semver_identifiers(c + 1)))
		return false;
	if (*c == '+' && !(c = semver_identifiers(c + 1)))
		return false;
	return *c == '\0';
}

/* config.md "Specification version" */
static int check_version(const char *version, const struct place *at, struct err *e)
{
	if (!semver_valid(version))
		return invalid(e, at, "`%s` is not a version such as 1.3.0", version);
	if (!str_starts(version, "1."))
		return invalid(e, at,
			       "`%s` is not a version of the specification this runtime knows, 1.x",
			       version);
	return 0;
}

static bool option_is_in(const struct oci_mount *mount, const char *word)
{
	for (size_t i = 0; i < mount->n_options; i++)
		if (strcmp(mount->options[i], word) == 0)
			return true;
	return false;
}

/* config.md "Mounts". A relative destination is relative to the root: old documents have them. */
static int check_mount(const struct oci_mount *mount, const struct place *at, struct err *e)
{
	bool binds = str_equal(mount->type, "bind") || option_is_in(mount, "bind") ||
		     option_is_in(mount, "rbind");

	if (!*mount->destination)
		return invalid(e, IN(at, "destination"), "the path is empty");
	if (binds && str_empty(mount->source) && !option_is_in(mount, "remount"))
		return invalid(e, IN(at, "source"), "a bind mount on %s needs a source",
			       mount->destination);
	if (!mount->n_uid_mappings != !mount->n_gid_mappings)
		return invalid(e, at, "uidMappings and gidMappings need each other");
	if (check_id_mappings(mount->uid_mappings, mount->n_uid_mappings, IN(at, "uidMappings"),
			      e) < 0)
		return -1;
	return check_id_mappings(mount->gid_mappings, mount->n_gid_mappings, IN(at, "gidMappings"),
				 e);
}

/* config.md "POSIX-platform Hooks" */
static int check_hooks_of(const struct oci_hook *hooks, size_t count, const struct place *at,
			  struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		const struct oci_hook *hook = &hooks[i];

		if (check_absolute(hook->path, IN(NTH(at, i), "path"), e) < 0)
			return -1;
		if (check_environment(hook->env, hook->n_env, IN(NTH(at, i), "env"), e) < 0)
			return -1;
		if (hook->timeout && *hook->timeout <= 0)
			return invalid(e, IN(NTH(at, i), "timeout"), "%" PRId64 " is not above 0",
				       *hook->timeout);
	}
	return 0;
}

static int check_hooks(const struct oci_hooks *h, const struct place *at, struct err *e)
{
	if (check_hooks_of(h->prestart, h->n_prestart, IN(at, "prestart"), e) < 0 ||
	    check_hooks_of(h->create_runtime, h->n_create_runtime, IN(at, "createRuntime"), e) <
		    0 ||
	    check_hooks_of(h->create_container, h->n_create_container, IN(at, "createContainer"),
			   e) < 0 ||
	    check_hooks_of(h->start_container, h->n_start_container, IN(at, "startContainer"), e) <
		    0 ||
	    check_hooks_of(h->poststart, h->n_poststart, IN(at, "poststart"), e) < 0)
		return -1;
	return check_hooks_of(h->poststop, h->n_poststop, IN(at, "poststop"), e);
}

/* uts_namespaces(7); __NEW_UTS_LEN of linux/utsname.h */
static int check_uts_name(const struct oci_config *config, const char *name, const struct place *at,
			  struct err *e)
{
	static const size_t most = 64;

	if (str_empty(name))
		return 0;
	if (strlen(name) > most)
		return invalid(e, at, "`%s` is longer than %zu bytes", name, most);
	if (!oci_namespace_find(config, "uts"))
		return invalid(e, at,
			       "`%s` needs a uts namespace: without one it would be the host's",
			       name);
	return 0;
}

int oci_config_validate(const struct oci_config *config, struct err *e)
{
	const struct place *top = IN(NULL, "");

	if (check_version(config->oci_version, IN(top, "ociVersion"), e) < 0)
		return -1;
	if (!config->root)
		return invalid(e, IN(top, "root"), "required");
	if (!*config->root->path)
		return invalid(e, IN(IN(top, "root"), "path"), "the path is empty");
	if (config->process && check_process(config->process, IN(top, "process"), e) < 0)
		return -1;
	if (check_uts_name(config, config->hostname, IN(top, "hostname"), e) < 0 ||
	    check_uts_name(config, config->domainname, IN(top, "domainname"), e) < 0)
		return -1;
	for (size_t i = 0; i < config->n_mounts; i++)
		if (check_mount(&config->mounts[i], NTH(IN(top, "mounts"), i), e) < 0)
			return -1;
	if (config->hooks && check_hooks(config->hooks, IN(top, "hooks"), e) < 0)
		return -1;
	for (size_t i = 0; i < config->n_annotations; i++)
		if (!*config->annotations[i].key)
			return invalid(e, IN(IN(top, "annotations"), ""),
				       "the name of an annotation is empty");
	return config->linux_ ? check_linux(config, IN(top, "linux"), e) : 0;
}

int oci_process_validate(const struct oci_process *process, const char *at, struct err *e)
{
	return check_process(process, IN(NULL, at), e);
}

int oci_resources_validate(const struct oci_resources *resources, const char *at, struct err *e)
{
	return check_resources(resources, IN(NULL, at), e);
}
