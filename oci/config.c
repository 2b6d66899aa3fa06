/* config.c - the document: tables of config.md, reading and writing.
 *
 * process.c, linux.c, resources.c and seccomp.c hold the tables of the parts. */
#include "oci/config.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "oci/config-priv.h"

/* "Root" */
static const struct field root_fields[] = {
	F_STRING(struct oci_root, path, "path", FIELD_REQUIRED),
	F_BOOL(struct oci_root, readonly, "readonly", FIELD_OPTIONAL),
};
static const struct record root_record = RECORD(struct oci_root, root_fields);

/* config-linux.md "User namespace mappings" */
static const struct field id_mapping_fields[] = {
	F_UINT32(struct oci_id_mapping, container_id, "containerID", FIELD_REQUIRED),
	F_UINT32(struct oci_id_mapping, host_id, "hostID", FIELD_REQUIRED),
	F_UINT32(struct oci_id_mapping, size, "size", FIELD_REQUIRED),
};
const struct record oci_id_mapping_record = RECORD(struct oci_id_mapping, id_mapping_fields);

/* "Mounts", "POSIX-platform Mounts" */
static const struct field mount_fields[] = {
	F_STRING(struct oci_mount, destination, "destination", FIELD_REQUIRED),
	F_STRING(struct oci_mount, type, "type", FIELD_OPTIONAL),
	F_STRING(struct oci_mount, source, "source", FIELD_OPTIONAL),
	F_STRINGS(struct oci_mount, options, "options", FIELD_OPTIONAL),
	F_RECORDS(struct oci_mount, uid_mappings, "uidMappings", FIELD_OPTIONAL,
		  struct oci_id_mapping, &oci_id_mapping_record),
	F_RECORDS(struct oci_mount, gid_mappings, "gidMappings", FIELD_OPTIONAL,
		  struct oci_id_mapping, &oci_id_mapping_record),
};
static const struct record mount_record = RECORD(struct oci_mount, mount_fields);

/* "POSIX-platform Hooks" */
static const struct field hook_fields[] = {
	F_STRING(struct oci_hook, path, "path", FIELD_REQUIRED),
	F_STRINGS(struct oci_hook, args, "args", FIELD_OPTIONAL),
	F_STRINGS(struct oci_hook, env, "env", FIELD_OPTIONAL),
	F_INT_PTR(struct oci_hook, timeout, "timeout", FIELD_OPTIONAL),
};
static const struct record hook_record = RECORD(struct oci_hook, hook_fields);

#define F_HOOKS(member, wire)                                                                      \
	F_RECORDS(struct oci_hooks, member, wire, FIELD_OPTIONAL, struct oci_hook, &hook_record)
static const struct field hooks_fields[] = {
	F_HOOKS(prestart, "prestart"),
	F_HOOKS(create_runtime, "createRuntime"),
	F_HOOKS(create_container, "createContainer"),
	F_HOOKS(start_container, "startContainer"),
	F_HOOKS(poststart, "poststart"),
	F_HOOKS(poststop, "poststop"),
};
const struct record oci_hooks_record = RECORD(struct oci_hooks, hooks_fields);

/* "Platform-specific configuration" */
#define F_OTHER_PLATFORM(member, wire, reason)                                                     \
	F_IGNORED(struct oci_config, member, wire, FIELD_KIND_JSON, const struct json *, reason)

static const struct field config_fields[] = {
	F_STRING(struct oci_config, oci_version, "ociVersion", FIELD_REQUIRED),
	F_RECORD(struct oci_config, process, "process", FIELD_OPTIONAL, struct oci_process,
		 &oci_process_record),
	F_RECORD(struct oci_config, root, "root", FIELD_OPTIONAL, struct oci_root, &root_record),
	F_STRING(struct oci_config, hostname, "hostname", FIELD_OPTIONAL),
	F_STRING(struct oci_config, domainname, "domainname", FIELD_OPTIONAL),
	F_RECORDS(struct oci_config, mounts, "mounts", FIELD_OPTIONAL, struct oci_mount,
		  &mount_record),
	F_RECORD(struct oci_config, hooks, "hooks", FIELD_OPTIONAL, struct oci_hooks,
		 &oci_hooks_record),
	F_STRING_MAP(struct oci_config, annotations, "annotations", FIELD_OPTIONAL),
	F_RECORD(struct oci_config, linux_, "linux", FIELD_OPTIONAL, struct oci_linux,
		 &oci_linux_record),
	F_OTHER_PLATFORM(solaris, "solaris", "this runtime is for Linux"),
	F_OTHER_PLATFORM(windows, "windows", "this runtime is for Linux"),
	F_OTHER_PLATFORM(vm, "vm", "this runtime starts processes, not virtual machines"),
	F_OTHER_PLATFORM(zos, "zos", "this runtime is for Linux"),
	F_OTHER_PLATFORM(freebsd, "freebsd", "this runtime is for Linux"),
};
const struct record oci_config_record = RECORD(struct oci_config, config_fields);

/* ---- reading --------------------------------------------------------------------------------- */

static const struct json_limits config_limits = {
	.max_bytes = OCI_CONFIG_MAX_BYTES,
	.max_depth = 64,
	.max_values = 1000000,
};

static int document_parse(struct arena *arena, const struct record *record, const char *text,
			  size_t length, void *out, struct err *e)
{
	const struct json *document;

	if (json_parse(arena, text, length, &config_limits, &document, e) < 0)
		return err_phase(e, PHASE_CONFIG);
	if (record_decode(record, arena, document, "", NULL, out, e) < 0)
		return err_phase(e, PHASE_CONFIG);
	return 0;
}

/* A struct of the record's size in the arena, filled; NULL after an error. */
static void *document_new(struct arena *arena, const struct record *record, const char *text,
			  size_t length, struct err *e)
{
	void *value = arena_alloc(arena, record->size);

	if (!value) {
		err_set(e, ERR_NO_MEMORY, "keep %zu bytes of the document", record->size);
		err_phase(e, PHASE_CONFIG);
		return NULL;
	}
	return document_parse(arena, record, text, length, value, e) < 0 ? NULL : value;
}

static void *document_load(struct arena *arena, const struct record *record, int dirfd,
			   const char *path, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	void *value;
	int r = file_read_at(dirfd, path, OCI_CONFIG_MAX_BYTES, &text, &length);

	if (r == -EFBIG)
		err_set(e, ERR_LIMIT, "read %s: it is larger than %zu bytes", path,
			OCI_CONFIG_MAX_BYTES);
	else if (r < 0)
		err_errno(e, r, "read %s", path);
	if (r < 0) {
		err_phase(e, PHASE_CONFIG);
		return NULL;
	}
	value = document_new(arena, record, text, length, e);
	if (!value)
		err_object(e, "%s", path);
	return value;
}

int oci_config_parse(struct arena *arena, const char *text, size_t length, struct oci_config **out,
		     struct err *e)
{
	struct oci_config *config = document_new(arena, &oci_config_record, text, length, e);

	if (!config)
		return -1;
	*out = config;
	return 0;
}

int oci_config_load(struct arena *arena, int dirfd, const char *path, struct oci_config **out,
		    struct err *e)
{
	struct oci_config *config = document_load(arena, &oci_config_record, dirfd, path, e);

	if (!config)
		return -1;
	*out = config;
	return 0;
}

int oci_process_parse(struct arena *arena, const char *text, size_t length,
		      struct oci_process **out, struct err *e)
{
	struct oci_process *process = document_new(arena, &oci_process_record, text, length, e);

	if (!process)
		return -1;
	*out = process;
	return 0;
}

int oci_process_load(struct arena *arena, int dirfd, const char *path, struct oci_process **out,
		     struct err *e)
{
	struct oci_process *process = document_load(arena, &oci_process_record, dirfd, path, e);

	if (!process)
		return -1;
	*out = process;
	return 0;
}

int oci_resources_parse(struct arena *arena, const char *text, size_t length,
			struct oci_resources **out, struct err *e)
{
	struct oci_resources *resources =
		document_new(arena, &oci_resources_record, text, length, e);

	if (!resources)
		return -1;
	*out = resources;
	return 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

void oci_config_encode(const struct oci_config *config, struct json_writer *w)
{
	record_encode(&oci_config_record, config, w, NULL);
}

/* ---- members without effect ------------------------------------------------------------------ */

struct warnings {
	oci_warn_fn *warn;
	void *context;
};

static void warn_at(const struct warnings *w, const struct place *at, const char *reason)
{
	AUTO_STRBUF pointer = STRBUF(SIZE_MAX);

	if (place_pointer(at, &pointer) == 0)
		w->warn(w->context, pointer.data, reason);
}

static const struct field *field_find(const struct record *record, const char *name)
{
	for (size_t i = 0; i < record->n_fields; i++)
		if (strcmp(record->fields[i].name, name) == 0)
			return &record->fields[i];
	return NULL;
}

static void warn_object(const struct warnings *w, const struct record *record,
			const struct json *object, const struct place *at);

/* An object, an array of them, or a map of them; anything else has nothing below it. */
static void warn_nested(const struct warnings *w, const struct field *field,
			const struct json *value, const struct place *at)
{
	size_t i = 0;

	if (!field->record || (value->type != JSON_OBJECT && value->type != JSON_ARRAY))
		return;
	if (field->kind == FIELD_KIND_RECORD) {
		warn_object(w, field->record, value, at);
		return;
	}
	for (const struct json *each = value->first; each; each = each->next)
		warn_object(w, field->record, each, each->name ? IN(at, each->name) : NTH(at, i++));
}

static void warn_object(const struct warnings *w, const struct record *record,
			const struct json *object, const struct place *at)
{
	if (object->type != JSON_OBJECT)
		return;
	for (const struct json *member = object->first; member; member = member->next) {
		const struct field *field = field_find(record, member->name);
		const struct place *here = IN(at, member->name);

		if (member->type == JSON_NULL)
			continue;
		if (!field)
			warn_at(w, here, "nothing here knows it");
		else if (field->ignored)
			warn_at(w, here, field->ignored);
		else
			warn_nested(w, field, member, here);
	}
}

int oci_config_warnings(const char *text, size_t length, oci_warn_fn *warn, void *context,
			struct err *e)
{
	AUTO_ARENA *arena = arena_new(OCI_CONFIG_MAX_BYTES * 8);
	const struct json *document;
	const struct warnings w = { warn, context };

	if (!arena)
		return err_set(e, ERR_NO_MEMORY, "keep the document");
	if (json_parse(arena, text, length, &config_limits, &document, e) < 0)
		return err_phase(e, PHASE_CONFIG);
	warn_object(&w, &oci_config_record, document, IN(NULL, ""));
	return 0;
}

/* ---- asking ---------------------------------------------------------------------------------- */

const char *oci_annotation(const struct oci_config *config, const char *key)
{
	for (size_t i = 0; i < config->n_annotations; i++)
		if (strcmp(config->annotations[i].key, key) == 0)
			return config->annotations[i].value;
	return NULL;
}

const struct oci_namespace *oci_namespace_find(const struct oci_config *config, const char *type)
{
	if (!config->linux_)
		return NULL;
	for (size_t i = 0; i < config->linux_->n_namespaces; i++)
		if (strcmp(config->linux_->namespaces[i].type, type) == 0)
			return &config->linux_->namespaces[i];
	return NULL;
}
