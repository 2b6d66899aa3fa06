/* The features structure: every member of features.md and features-linux.md, from the tables. */
#include "oci/features.h"

#include "oci/words.h"
#include "tests/unit/oci/documents.h"

static const char *const mount_options[] = { "bind", "ro" };
static const char *const archs[] = { "SCMP_ARCH_X86_64", "SCMP_ARCH_X86" };
static const char *const flags[] = { "SECCOMP_FILTER_FLAG_LOG" };
static const char *const unsafe[] = { "run.oci." };
static const struct string_pair annotations[] = { { "org.example.version", "1/2" } };

static const struct oci_features_support everything = {
	.mount_options = { mount_options, 2 },
	.cgroup_v1 = true,
	.cgroup_v2 = true,
	.cgroup_systemd = true,
	.cgroup_systemd_user = true,
	.cgroup_rdma = true,
	.seccomp = true,
	.seccomp_archs = { archs, 2 },
	.seccomp_supported_flags = { flags, 1 },
	.apparmor = true,
	.selinux = true,
	.intel_rdt = true,
	.intel_rdt_schemata = true,
	.intel_rdt_monitoring = true,
	.memory_policy = true,
	.idmap_mounts = true,
	.net_devices = true,
	.annotations = annotations,
	.n_annotations = 1,
	.unsafe_annotations = { unsafe, 1 },
};

static const struct json *written(struct arena *arena, const struct oci_features_support *support)
{
	AUTO_STRBUF out = STRBUF(1 << 20);
	struct json_writer w;
	const struct json *value = NULL;
	struct err e = ERR_INIT;

	json_writer_init(&w, &out, true);
	oci_features_write(&w, support);
	ck_assert_int_eq(json_writer_end(&w), 0);
	ck_assert_msg(json_parse(arena, out.data, out.length, NULL, &value, &e) == 0, "%s", e.text);
	return value;
}

/* "linux/cgroup/v2" */
static const struct json *at(const struct json *value, const char *path)
{
	while (value && *path) {
		size_t n = strcspn(path, "/");
		AUTO_FREE char *name = strndup(path, n);

		value = json_get(value, name);
		path += n + (path[n] == '/');
	}
	return value;
}

static void check_words(const struct json *list, const struct oci_words *words)
{
	const struct json *each = list->first;

	ck_assert_uint_eq(list->count, words->count);
	for (size_t i = 0; i < words->count; i++, each = each->next)
		ck_assert_str_eq(json_string(each), words->rows[i].name);
}

static const char *const switches[] = {
	"linux/cgroup/v1",	     "linux/cgroup/v2",
	"linux/cgroup/systemd",	     "linux/cgroup/systemdUser",
	"linux/cgroup/rdma",	     "linux/seccomp/enabled",
	"linux/apparmor/enabled",    "linux/selinux/enabled",
	"linux/intelRdt/enabled",    "linux/intelRdt/schemata",
	"linux/intelRdt/monitoring", "linux/mountExtensions/idmap/enabled",
	"linux/netDevices/enabled",
};

START_TEST(what_the_caller_supports_is_said_and_nothing_else)
{
	static const struct oci_features_support nothing;
	AUTO_ARENA *arena = document_arena();
	const struct json *all = written(arena, &everything), *none = written(arena, &nothing);

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		const struct json *yes = at(all, switches[i]), *no = at(none, switches[i]);

		ck_assert_msg(yes && yes->type == JSON_BOOL && yes->boolean, "%s", switches[i]);
		ck_assert_msg(no && no->type == JSON_BOOL && !no->boolean, "%s", switches[i]);
	}
	ck_assert_ptr_null(at(none, "linux/seccomp/actions"));
	ck_assert_ptr_null(at(none, "linux/memoryPolicy/modes"));
}
END_TEST

START_TEST(words_come_from_the_tables_that_read_configs)
{
	AUTO_ARENA *arena = document_arena();
	const struct json *all = written(arena, &everything);

	check_words(at(all, "linux/namespaces"), &oci_namespaces);
	check_words(at(all, "linux/capabilities"), &oci_capabilities);
	check_words(at(all, "linux/seccomp/actions"), &oci_seccomp_actions);
	check_words(at(all, "linux/seccomp/operators"), &oci_seccomp_operators);
	check_words(at(all, "linux/seccomp/knownFlags"), &oci_seccomp_flags);
	check_words(at(all, "linux/memoryPolicy/modes"), &oci_memory_policy_modes);
	check_words(at(all, "linux/memoryPolicy/flags"), &oci_memory_policy_flags);
}
END_TEST

START_TEST(lists_of_the_caller_are_written_as_they_are)
{
	AUTO_ARENA *arena = document_arena();
	const struct json *all = written(arena, &everything);
	struct oci_features_support any_arch = everything;

	ck_assert_str_eq(json_string(at(all, "mountOptions")->first), "bind");
	ck_assert_str_eq(json_string(at(all, "linux/seccomp/archs")->first), "SCMP_ARCH_X86_64");
	ck_assert_uint_eq(at(all, "linux/seccomp/archs")->count, 2);
	ck_assert_str_eq(json_string(at(all, "linux/seccomp/supportedFlags")->first), flags[0]);
	ck_assert_str_eq(json_string(at(all, "annotations/org.example.version")), "1/2");
	ck_assert_str_eq(json_string(at(all, "potentiallyUnsafeConfigAnnotations")->first),
			 "run.oci.");
	any_arch.seccomp_archs.count = 0;
	check_words(at(written(arena, &any_arch), "linux/seccomp/archs"), &oci_seccomp_archs);
}
END_TEST

START_TEST(versions_and_hooks_are_said)
{
	AUTO_ARENA *arena = document_arena();
	const struct json *all = written(arena, &everything);
	const struct json *hook = at(all, "hooks")->first;
	static const char *const names[] = { "prestart",       "createRuntime", "createContainer",
					     "startContainer", "poststart",	"poststop" };

	ck_assert_str_eq(json_string(at(all, "ociVersionMin")), "1.0.0");
	ck_assert_str_eq(json_string(at(all, "ociVersionMax")), "1.3.0");
	ck_assert_uint_eq(at(all, "hooks")->count, 6);
	for (size_t i = 0; i < 6; i++, hook = hook->next)
		ck_assert_str_eq(json_string(hook), names[i]);
}
END_TEST

UNIT_MAIN("oci/features", what_the_caller_supports_is_said_and_nothing_else,
	  words_come_from_the_tables_that_read_configs, lists_of_the_caller_are_written_as_they_are,
	  versions_and_hooks_are_said)
