/* config.json decoded and encoded: every member of the specification, and files of other programs. */
#include "oci/config.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "oci/validate.h"
#include "tests/unit/oci/documents.h"

#define MAXIMAL "tests/unit/oci/maximal.json"
#define REAL_CONFIGS "tests/data/configs"

/* ---- the tables ------------------------------------------------------------------------------ */

static size_t kind_size(const struct field *field)
{
	switch (field->kind) {
	case FIELD_KIND_BOOL: return sizeof(bool);
	case FIELD_KIND_INT32:
	case FIELD_KIND_UINT32: return sizeof(int32_t);
	default: return sizeof(int64_t);
	}
}

/* Bytes of the struct that a field owns, each of them once. */
static void claim(const struct record *record, unsigned char *owned, size_t offset, size_t size,
		  const char *name)
{
	ck_assert_msg(offset + size <= record->size, "%s of %s is outside of it", name,
		      record->name);
	for (size_t i = 0; i < size; i++)
		ck_assert_msg(!owned[offset + i]++, "%s of %s overlaps another member", name,
			      record->name);
}

static void check_record(const struct record *record)
{
	AUTO_FREE unsigned char *owned = calloc(1, record->size);

	ck_assert_ptr_nonnull(owned);
	ck_assert_uint_gt(record->n_fields, 0);
	for (size_t i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];

		ck_assert_ptr_nonnull(field->name);
		ck_assert_int_lt(field->kind, FIELD_KIND_COUNT);
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(field->name, record->fields[j].name);
		claim(record, owned, field->offset, kind_size(field), field->name);
		if (field->count_offset)
			claim(record, owned, field->count_offset, sizeof(size_t), field->name);
		if (field->record)
			check_record(field->record);
	}
}

START_TEST(tables_name_each_member_once_and_within_its_struct)
{
	check_record(&oci_config_record);
	check_record(&oci_process_record);
	check_record(&oci_resources_record);
}
END_TEST

struct pointers {
	const struct json *document;
	unsigned missing;
	unsigned seen;
};

/* "/hooks/prestart/-/path": "-" and "*" are any element. NULL when no element has it. */
static const struct json *find_pattern(const struct json *value, const char *pattern)
{
	AUTO_FREE char *name = NULL;
	const struct json *child;
	size_t n;

	if (!*pattern)
		return value;
	n = strcspn(pattern + 1, "/");
	name = strndup(pattern + 1, n);
	if (value->type != JSON_OBJECT && value->type != JSON_ARRAY)
		return NULL;
	for (child = value->first; child; child = child->next) {
		bool fits = strcmp(name, "-") == 0 || strcmp(name, "*") == 0 ||
			    str_equal(name, child->name);
		const struct json *found = fits ? find_pattern(child, pattern + 1 + n) : NULL;

		if (found)
			return found;
	}
	return NULL;
}

static void look_for(void *context, const char *pattern, const struct field *field)
{
	struct pointers *p = context;

	p->seen++;
	if (find_pattern(p->document, pattern))
		return;
	p->missing++;
	fprintf(stderr, "%s has no %s\n", MAXIMAL, pattern);
}

START_TEST(the_maximal_config_has_every_member_of_the_tables)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *text = document_file(MAXIMAL);
	struct pointers p = { 0 };
	struct err e = ERR_INIT;

	ck_assert_int_eq(json_parse(arena, text, strlen(text), NULL, &p.document, &e), 0);
	record_describe(&oci_config_record, look_for, &p);
	ck_assert_uint_eq(p.missing, 0);
	ck_assert_uint_gt(p.seen, 200); /* the schema of 1.3 has 228 members on this platform */
}
END_TEST

static void count_unknown(void *context, const char *pointer, const char *reason)
{
	ck_assert_str_ne(reason, "");
	if (strcmp(reason, "nothing here knows it") == 0)
		++*(unsigned *)context;
}

START_TEST(the_maximal_config_has_no_member_that_is_not_in_the_tables)
{
	AUTO_FREE char *text = document_file(MAXIMAL);
	struct err e = ERR_INIT;
	unsigned unknown = 0;

	ck_assert_int_eq(oci_config_warnings(text, strlen(text), count_unknown, &unknown, &e), 0);
	ck_assert_uint_eq(unknown, 0);
}
END_TEST

/* ---- there and back -------------------------------------------------------------------------- */

/* Check cannot print texts this long: the first line that differs will do. */
static void check_same_text(const char *a, const char *b)
{
	size_t line = 1;

	for (; *a && *a == *b; a++, b++)
		line += *a == '\n';
	ck_assert_msg(*a == *b, "line %zu differs: `%.40s` instead of `%.40s`", line, a, b);
}

START_TEST(the_maximal_config_is_written_as_it_was_read)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *text = document_file(MAXIMAL);
	struct oci_config *once = document_parsed(arena, text);
	AUTO_FREE char *pretty = document_encoded(once, true);
	AUTO_FREE char *compact = document_encoded(once, false);
	struct oci_config *again = document_parsed(arena, compact);

	ck_assert(str_ends(text, "}\n"));
	text[strlen(text) - 1] = '\0';
	check_same_text(pretty, text);
	ck_assert(record_equal(&oci_config_record, once, again));
}
END_TEST

START_TEST(the_maximal_config_is_valid)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *text = document_file(MAXIMAL);
	struct err e = ERR_INIT;

	ck_assert_msg(oci_config_validate(document_parsed(arena, text), &e) == 0, "%s: %s",
		      e.pointer, e.text);
}
END_TEST

START_TEST(members_land_where_the_struct_says)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *text = document_file(MAXIMAL);
	struct oci_config *c = document_parsed(arena, text);
	struct oci_linux *l = c->linux_;

	ck_assert_str_eq(c->oci_version, "1.3.0");
	ck_assert_uint_eq(c->process->n_args, 4);
	ck_assert_str_eq(c->process->args[2], "echo \"/\" \xc3\xa9 \\ \x01");
	ck_assert_uint_eq(c->process->user->additional_gids[1], 4294967294u);
	ck_assert_uint_eq(c->process->rlimits[0].hard, UINT64_MAX);
	ck_assert_int_eq(*c->process->oom_score_adj, -1000);
	ck_assert_uint_eq(*c->process->scheduler->runtime, 0);
	ck_assert_int_eq(*c->hooks->prestart[0].timeout, 30);
	ck_assert_ptr_null(c->hooks->prestart[1].timeout);
	ck_assert_str_eq(c->mounts[0].options[2], "idmap");
	ck_assert_uint_eq(c->mounts[0].gid_mappings[0].size, 4294967294u);
	ck_assert_str_eq(oci_annotation(c, "com.example.key"), "value");
	ck_assert_ptr_null(oci_annotation(c, "com.example"));
	ck_assert_str_eq(oci_namespace_find(c, "pid")->path, "/proc/1234/ns/pid");
	ck_assert_ptr_null(oci_namespace_find(c, "network")->path);
	ck_assert_str_eq(l->sysctl[0].key, "net.ipv4.ip_forward");
	ck_assert_str_eq(l->net_devices[0].key, "eth0");
	ck_assert_str_eq(l->net_devices[0].name, "container_eth0");
	ck_assert_str_eq(l->time_offsets[0].key, "monotonic");
	ck_assert_int_eq(l->time_offsets[0].secs, -172800);
	ck_assert_str_eq(l->resources->rdma[1].key, "rxe3");
	ck_assert_ptr_null(l->resources->rdma[1].hca_handles);
	ck_assert(!*l->resources->memory->disable_oom_killer);
	ck_assert_int_eq(*l->resources->pids->limit, 0);
	ck_assert_uint_eq(l->seccomp->syscalls[0].args[0].value, UINT64_MAX);
	ck_assert_ptr_null(l->devices[1].major);
}
END_TEST

START_TEST(what_is_absent_is_null_and_not_written)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *text = document_text("{" MINIMAL ",'process':null,'hostname':null}");
	struct oci_config *config = document_parsed(arena, text);
	AUTO_FREE char *encoded = document_encoded(config, false);

	ck_assert_ptr_null(config->process);
	ck_assert_ptr_null(config->linux_);
	ck_assert_ptr_null(config->hostname);
	ck_assert_uint_eq(config->n_mounts, 0);
	ck_assert_ptr_null(oci_namespace_find(config, "pid"));
	ck_assert_str_eq(encoded, "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"rootfs\"}}");
}
END_TEST

/* Members that say nothing may be left out when written. */
static bool says_nothing(const struct json *value)
{
	return value->type == JSON_NULL || (value->type == JSON_BOOL && !value->boolean) ||
	       (value->type == JSON_NUMBER && strcmp(value->text, "0") == 0);
}

static bool same_tree(const struct json *a, const struct json *b);

static bool has_members_of(const struct json *a, const struct json *b)
{
	for (const struct json *member = b->first; member; member = member->next) {
		const struct json *other = json_get(a, member->name);

		if (other ? !same_tree(other, member) : !says_nothing(member)) {
			fprintf(stderr, "%s differs\n", member->name);
			return false;
		}
	}
	return true;
}

static bool same_tree(const struct json *a, const struct json *b)
{
	if (a->type == JSON_OBJECT && b->type == JSON_OBJECT)
		return has_members_of(a, b) && has_members_of(b, a);
	if (a->type != JSON_ARRAY || b->type != JSON_ARRAY)
		return json_equal(a, b);
	a = a->first;
	b = b->first;
	for (; a && b; a = a->next, b = b->next)
		if (!same_tree(a, b))
			return false;
	return !a && !b;
}

static void check_real_config(const char *path)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *text = document_file(path);
	struct oci_config *config = document_parsed(arena, text);
	AUTO_FREE char *encoded = document_encoded(config, true);
	const struct json *before, *after;
	struct err e = ERR_INIT;
	int valid = oci_config_validate(config, &e);

	ck_assert_int_eq(json_parse(arena, text, strlen(text), NULL, &before, &e), 0);
	ck_assert_int_eq(json_parse(arena, encoded, strlen(encoded), NULL, &after, &e), 0);
	ck_assert_msg(same_tree(before, after), "%s is written differently", path);
	if (config->process && config->process->n_args == 0) {
		/* A template, made to be filled in: the one thing it lacks is told. */
		ck_assert_int_eq(valid, -1);
		ck_assert_str_eq(e.pointer, "/process/args");
		return;
	}
	ck_assert_msg(valid == 0, "%s: %s: %s", path, e.pointer, e.text);
}

START_TEST(configs_of_other_programs_are_valid_and_written_as_they_were_read)
{
	AUTO_FREE char *directory = str_format("%s/" REAL_CONFIGS, TEST_SOURCE_DIR);
	AUTO_DIR *dir = opendir(directory);
	unsigned found = 0;

	ck_assert_msg(dir, "%s: %s", directory, strerror(errno));
	for (struct dirent *entry; (entry = readdir(dir));) {
		AUTO_FREE char *path = str_format(REAL_CONFIGS "/%s", entry->d_name);

		if (!str_ends(entry->d_name, ".json"))
			continue;
		check_real_config(path);
		found++;
	}
	ck_assert_uint_ge(found, 1);
}
END_TEST

/* ---- what is wrong with a document ----------------------------------------------------------- */

static void check_refused(const char *quoted, enum err_code code, const char *pointer,
			  const char *text)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *document = document_text(quoted);
	struct oci_config *config = NULL;
	struct err e = ERR_INIT;

	ck_assert_msg(oci_config_parse(arena, document, strlen(document), &config, &e) == -1,
		      "accepted: %s", document);
	ck_assert_ptr_null(config);
	ck_assert_int_eq(e.code, code);
	ck_assert_int_eq(e.phase, PHASE_CONFIG);
	ck_assert_str_eq(e.pointer, pointer);
	ck_assert_msg(strstr(e.text, text), "`%s` does not say `%s`", e.text, text);
}

START_TEST(wrong_types_are_refused_with_their_pointer)
{
	check_refused(CONFIG("'process':{'cwd':'/','args':'sh'}"), ERR_INVALID, "/process/args",
		      "expected array, got string");
	check_refused(CONFIG("'process':{'cwd':'/','args':['sh',7]}"), ERR_INVALID,
		      "/process/args/1", "expected string, got number");
	check_refused(LINUX("'resources':{'memory':{'limit':'1g'}}"), ERR_INVALID,
		      "/linux/resources/memory/limit", "expected number, got string");
	check_refused(LINUX("'netDevices':{'a/b':[]}"), ERR_INVALID, "/linux/netDevices/a~1b",
		      "expected object, got array");
	check_refused(LINUX("'uidMappings':[{'containerID':0,'hostID':-1,'size':1}]"), ERR_INVALID,
		      "/linux/uidMappings/0/hostID", "out of range");
	check_refused(LINUX("'resources':{'pids':{'limit':1.5}}"), ERR_INVALID,
		      "/linux/resources/pids/limit", "not an integer");
	check_refused("[]", ERR_INVALID, "", "expected object, got array");
}
END_TEST

START_TEST(missing_members_are_named)
{
	static const struct {
		const char *document, *pointer;
	} rows[] = {
		{ "{}", "/ociVersion" },
		{ "{'ociVersion':null}", "/ociVersion" },
		{ "{'ociVersion':'1.0.0','root':{}}", "/root/path" },
		{ CONFIG("'process':{'args':['a']}"), "/process/cwd" },
		{ CONFIG("'mounts':[{'type':'proc'}]"), "/mounts/0/destination" },
		{ CONFIG("'hooks':{'poststop':[{'args':[]}]}"), "/hooks/poststop/0/path" },
		{ PROCESS("'rlimits':[{'type':'RLIMIT_CPU','soft':1}]"),
		  "/process/rlimits/0/hard" },
		{ PROCESS("'consoleSize':{'height':1}"), "/process/consoleSize/width" },
		{ PROCESS("'scheduler':{}"), "/process/scheduler/policy" },
		{ PROCESS("'ioPriority':{}"), "/process/ioPriority/class" },
		{ LINUX("'namespaces':[{'path':'/a'}]"), "/linux/namespaces/0/type" },
		{ LINUX("'gidMappings':[{'hostID':0,'size':1}]"),
		  "/linux/gidMappings/0/containerID" },
		{ LINUX("'devices':[{'type':'c'}]"), "/linux/devices/0/path" },
		{ LINUX("'seccomp':{}"), "/linux/seccomp/defaultAction" },
		{ LINUX("'seccomp':{'defaultAction':'A','syscalls':[{'action':'B'}]}"),
		  "/linux/seccomp/syscalls/0/names" },
		{ LINUX("'memoryPolicy':{}"), "/linux/memoryPolicy/mode" },
		{ LINUX("'personality':{}"), "/linux/personality/domain" },
		{ RESOURCES("'devices':[{'type':'c'}]"), "/linux/resources/devices/0/allow" },
		{ RESOURCES("'hugepageLimits':[{'limit':1}]"),
		  "/linux/resources/hugepageLimits/0/pageSize" },
		{ RESOURCES("'blockIO':{'throttleReadBpsDevice':[{'major':1,'minor':1}]}"),
		  "/linux/resources/blockIO/throttleReadBpsDevice/0/rate" },
		{ RESOURCES("'network':{'priorities':[{'name':'a'}]}"),
		  "/linux/resources/network/priorities/0/priority" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_refused(rows[i].document, ERR_INVALID, rows[i].pointer, "required");
}
END_TEST

START_TEST(broken_documents_are_refused)
{
	check_refused("{" MINIMAL ",}", ERR_INVALID, "", "");
	check_refused("{" MINIMAL ",'hostname':'a','hostname':'b'}", ERR_INVALID, "/hostname", "");
	check_refused("", ERR_INVALID, "", "");
	check_refused("{" MINIMAL "} x", ERR_INVALID, "", "");
}
END_TEST

START_TEST(unknown_members_pass_and_are_told_to_whoever_asks)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *text =
		document_text(CONFIG("'x-foo':{'a':1},'linux':{'namespaces':[{'type':'pid',"
				     "'flavour':1}],'resources':{'rdma':{'a':{'b':2}}}}"));
	unsigned unknown = 0;
	struct err e = ERR_INIT;

	document_parsed(arena, text);
	ck_assert_int_eq(oci_config_warnings(text, strlen(text), count_unknown, &unknown, &e), 0);
	ck_assert_uint_eq(unknown, 3);
}
END_TEST

static void keep_warning(void *context, const char *pointer, const char *reason)
{
	strbuf_addf(context, "%s: %s\n", pointer, reason);
}

START_TEST(members_without_effect_are_told_with_the_reason)
{
	AUTO_STRBUF said = STRBUF(4096);
	AUTO_FREE char *text = document_text(CONFIG("'vm':{'kernel':{}},'solaris':null,"
						    "'process':{'user':{'username':'a'}},"
						    "'mounts':[{'a/b':1}]"));
	struct err e = ERR_INIT;

	ck_assert_int_eq(oci_config_warnings(text, strlen(text), keep_warning, &said, &e), 0);
	ck_assert_str_eq(said.data, "/vm: this runtime starts processes, not virtual machines\n"
				    "/process/user/username: only Windows has it\n"
				    "/mounts/0/a~1b: nothing here knows it\n");
}
END_TEST

/* ---- files and parts ------------------------------------------------------------------------- */

START_TEST(a_file_that_is_missing_is_named)
{
	AUTO_ARENA *arena = document_arena();
	struct oci_config *config;
	struct err e = ERR_INIT;

	ck_assert_int_eq(oci_config_load(arena, AT_FDCWD, "/nonexistent/config.json", &config, &e),
			 -1);
	ck_assert_int_eq(e.code, ERR_NOT_FOUND);
	ck_assert_int_eq(e.phase, PHASE_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "/nonexistent/config.json"));
}
END_TEST

/* An unlinked file in /tmp that holds `text`, as a path. */
static char *temporary_file(const char *text, off_t size, int *out_fd)
{
	char name[] = "/tmp/keg-oci-XXXXXX";
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(ftruncate(fd, size ? size : (off_t)strlen(text)), 0);
	*out_fd = fd;
	return str_format("/proc/self/fd/%d", fd);
}

START_TEST(a_file_that_is_too_large_is_not_read)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FD fd = -1;
	AUTO_FREE char *path = temporary_file("{", (off_t)1 << 30, &fd);
	struct oci_config *config;
	struct err e = ERR_INIT;

	ck_assert_int_eq(oci_config_load(arena, AT_FDCWD, path, &config, &e), -1);
	ck_assert_int_eq(e.code, ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(e.text, path));
}
END_TEST

START_TEST(a_file_that_is_wrong_is_named_as_the_object)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FD fd = -1;
	AUTO_FREE char *path = temporary_file("{\"ociVersion\": 1}", 0, &fd);
	struct oci_config *config;
	struct err e = ERR_INIT;

	ck_assert_int_eq(oci_config_load(arena, AT_FDCWD, path, &config, &e), -1);
	ck_assert_str_eq(e.object, path);
	ck_assert_str_eq(e.pointer, "/ociVersion");
}
END_TEST

START_TEST(a_process_is_read_by_itself)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *text = document_text("{'cwd':'/','args':['a'],'user':{'uid':7}}");
	struct oci_process *process = NULL;
	struct err e = ERR_INIT;

	ck_assert_int_eq(oci_process_parse(arena, text, strlen(text), &process, &e), 0);
	ck_assert_uint_eq(process->user->uid, 7);
	ck_assert_uint_eq(process->user->gid, 0);
	ck_assert_int_eq(oci_process_parse(arena, "{}", 2, &process, &e), -1);
	ck_assert_str_eq(e.pointer, "/cwd");
}
END_TEST

START_TEST(resources_are_read_by_themselves)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *text = document_text("{'memory':{'limit':1048576},'pids':{}}");
	struct oci_resources *resources = NULL;
	struct err e = ERR_INIT;

	ck_assert_int_eq(oci_resources_parse(arena, text, strlen(text), &resources, &e), 0);
	ck_assert_int_eq(*resources->memory->limit, 1048576);
	ck_assert_ptr_null(resources->memory->swap);
	ck_assert_ptr_null(resources->pids->limit);
	ck_assert_ptr_null(resources->cpu);
}
END_TEST

UNIT_MAIN("oci/config", tables_name_each_member_once_and_within_its_struct,
	  the_maximal_config_has_every_member_of_the_tables,
	  the_maximal_config_has_no_member_that_is_not_in_the_tables,
	  the_maximal_config_is_written_as_it_was_read, the_maximal_config_is_valid,
	  members_land_where_the_struct_says, what_is_absent_is_null_and_not_written,
	  configs_of_other_programs_are_valid_and_written_as_they_were_read,
	  wrong_types_are_refused_with_their_pointer, missing_members_are_named,
	  broken_documents_are_refused, unknown_members_pass_and_are_told_to_whoever_asks,
	  members_without_effect_are_told_with_the_reason, a_file_that_is_missing_is_named,
	  a_file_that_is_too_large_is_not_read, a_file_that_is_wrong_is_named_as_the_object,
	  a_process_is_read_by_itself, resources_are_read_by_themselves)
