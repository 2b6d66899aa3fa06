/* The default config: valid, and what crun and runc write where it matters. */
#include "oci/spec.h"

#include "oci/validate.h"
#include "tests/unit/oci/documents.h"

static struct oci_config *spec_of(struct arena *arena, struct oci_spec_options options)
{
	struct oci_config *config = oci_spec_default(arena, &options);
	struct err e = ERR_INIT;

	ck_assert_ptr_nonnull(config);
	ck_assert_msg(oci_config_validate(config, &e) == 0, "%s: %s", e.pointer, e.text);
	return config;
}

START_TEST(the_default_config_is_read_back_as_it_was)
{
	for (int rootless = 0; rootless <= 1; rootless++) {
		AUTO_ARENA *arena = document_arena();
		struct oci_config *config =
			spec_of(arena, (struct oci_spec_options){ .rootless = rootless });
		AUTO_FREE char *text = document_encoded(config, true);

		ck_assert(record_equal(&oci_config_record, config, document_parsed(arena, text)));
	}
}
END_TEST

static void check_lists(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
	ck_assert_uint_eq(n_a, n_b);
	for (size_t i = 0; i < n_a; i++)
		ck_assert_str_eq(a[i], b[i]);
}

/* Ours has more masked paths than crun's, and no ambient capabilities: without inheritable ones the
 * kernel refuses them. */
START_TEST(process_mounts_and_namespaces_are_those_of_crun)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *text = document_file("tests/data/configs/crun-spec.json");
	struct oci_config *crun = document_parsed(arena, text);
	struct oci_config *ours =
		spec_of(arena, (struct oci_spec_options){ .hostname = crun->hostname });

	crun->oci_version = ours->oci_version;
	crun->process->capabilities->ambient = NULL;
	crun->process->capabilities->n_ambient = 0;
	crun->process->capabilities->inheritable = NULL;
	crun->process->capabilities->n_inheritable = 0;
	for (size_t i = 0; i < crun->linux_->n_masked_paths; i++) {
		bool found = false;

		for (size_t j = 0; j < ours->linux_->n_masked_paths; j++)
			found |= str_equal(crun->linux_->masked_paths[i],
					   ours->linux_->masked_paths[j]);
		ck_assert_msg(found, "%s", crun->linux_->masked_paths[i]);
	}
	crun->linux_->masked_paths = ours->linux_->masked_paths;
	crun->linux_->n_masked_paths = ours->linux_->n_masked_paths;
	ck_assert(record_equal(&oci_config_record, crun, ours));
}
END_TEST

START_TEST(rootless_maps_the_caller_to_root_and_asks_for_nothing_of_the_hosts)
{
	AUTO_ARENA *arena = document_arena();
	struct oci_config *config = spec_of(
		arena,
		(struct oci_spec_options){ .rootless = true, .host_uid = 1000, .host_gid = 100 });
	struct oci_linux *l = config->linux_;
	static const char *const pts[] = { "nosuid", "noexec", "newinstance", "ptmxmode=0666",
					   "mode=0620" };

	ck_assert_ptr_nonnull(oci_namespace_find(config, "user"));
	ck_assert_uint_eq(l->n_uid_mappings, 1);
	ck_assert_uint_eq(l->uid_mappings[0].container_id, 0);
	ck_assert_uint_eq(l->uid_mappings[0].host_id, 1000);
	ck_assert_uint_eq(l->uid_mappings[0].size, 1);
	ck_assert_uint_eq(l->gid_mappings[0].host_id, 100);
	ck_assert_ptr_null(l->resources);
	ck_assert_str_eq(config->mounts[2].destination, "/dev/pts");
	check_lists(config->mounts[2].options, config->mounts[2].n_options, pts, 5);
	ck_assert_str_eq(config->hostname, "keg");
}
END_TEST

START_TEST(rootless_leaves_the_default_as_it_was)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *before = NULL;
	AUTO_FREE char *after = NULL;

	before = document_encoded(spec_of(arena, (struct oci_spec_options){ 0 }), true);
	spec_of(arena, (struct oci_spec_options){ .rootless = true });
	after = document_encoded(spec_of(arena, (struct oci_spec_options){ 0 }), true);
	ck_assert(str_equal(before, after));
	ck_assert_ptr_nonnull(strstr(before, "gid=5"));
	ck_assert_ptr_null(strstr(before, "\"user\"\n"));
}
END_TEST

START_TEST(a_full_arena_gives_no_config)
{
	struct oci_spec_options options = { .rootless = true };
	unsigned refused = 0, made = 0;

	for (size_t limit = 1; limit < 16384; limit *= 2) {
		AUTO_ARENA *arena = arena_new(limit);

		if (arena && oci_spec_default(arena, &options))
			made++;
		else
			refused++;
	}
	ck_assert_uint_gt(refused, 0);
	ck_assert_uint_gt(made, 0);
}
END_TEST

UNIT_MAIN("oci/spec", the_default_config_is_read_back_as_it_was,
	  process_mounts_and_namespaces_are_those_of_crun,
	  rootless_maps_the_caller_to_root_and_asks_for_nothing_of_the_hosts,
	  rootless_leaves_the_default_as_it_was, a_full_arena_gives_no_config)
