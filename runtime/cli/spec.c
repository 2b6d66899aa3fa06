/* spec.c - spec and features: documents about what could be. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/scope.h"
#include "oci/features.h"
#include "oci/spec.h"
#include "oci/words.h"
#include "runtime/cli/command.h"
#include "runtime/mount_options.h"
#include "runtime/seccomp.h"

#define OUTPUT_MAX ((size_t)4 << 20)

struct spec_values {
	const char *bundle, *file;
	bool rootless;
};

#define OPTION(member) offsetof(struct spec_values, member)
static const struct option_row rows[] = {
	{ "bundle", 'b', "DIR", OPTION_TEXT, OPTION(bundle), "where to write it (default \".\")" },
	{ "file", 'f', "PATH", OPTION_TEXT, OPTION(file), "what to write (default config.json)" },
	{ "rootless", 0, NULL, OPTION_FLAG, OPTION(rootless), "for a caller without privilege" },
};
static const struct option_table table = { rows, ARRAY_SIZE(rows) };

static int spec_main(const struct global_options *global, void *values, int argc, char *const *argv,
		     struct err *e)
{
	const struct spec_values *given = values;
	struct oci_spec_options options = {
		.hostname = program_invocation_short_name,
		.rootless = given->rootless,
		.host_uid = geteuid(),
		.host_gid = getegid(),
	};
	const char *file = given->file ? given->file : "config.json";
	AUTO_ARENA *arena = arena_new((size_t)1 << 20);
	AUTO_STRBUF out = STRBUF(OUTPUT_MAX);
	struct json_writer w;

	struct oci_config *config = arena ? oci_spec_default(arena, &options) : NULL;
	if (!config)
		return err_errno(e, ENOMEM, "write the configuration");
	AUTO_FD dir = open(given->bundle ? given->bundle : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "open the bundle %s", given->bundle ? given->bundle : ".");
	json_writer_init(&w, &out, true);
	oci_config_encode(config, &w);
	strbuf_add(&out, "\n");
	if (json_writer_end(&w) < 0)
		return err_errno(e, out.failed, "write the configuration");
	AUTO_FD fd = openat(dir, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		if (errno == EEXIST)
			return err_set(e, ERR_EXISTS, "%s already exists", file);
		return err_sys(e, "write %s", file);
	}
	int result = file_write_all(fd, out.data, out.length);
	return result < 0 ? err_errno(e, result, "write %s", file) : 0;
}

const struct command spec_command = {
	"spec",
	"[OPTION]...",
	"write a configuration to start from",
	&table,
	sizeof(struct spec_values),
	0,
	0,
	false,
	spec_main,
};

/* Annotations that change what the runtime does. */
static const char *const unsafe_annotations[] = {
	"run.oci.hooks.stderr",
	"run.oci.hooks.stdout",
	"run.oci.keep_original_groups",
	"run.oci.seccomp.receiver",
	"run.oci.seccomp_fail_unknown_syscall",
};

static int features_main(const struct global_options *global, void *values, int argc,
			 char *const *argv, struct err *e)
{
	const char *options[256], *flags[16];
	size_t n_options = 0, n_flags = 0;

	for (; n_options < ARRAY_SIZE(options) && mount_option_name(n_options); n_options++)
		options[n_options] = mount_option_name(n_options);
	for (size_t i = 0; i < oci_seccomp_flags.count && n_flags < ARRAY_SIZE(flags); i++)
		if (seccomp_flag_is_supported((uint32_t)oci_seccomp_flags.rows[i].value))
			flags[n_flags++] = oci_seccomp_flags.rows[i].name;
	struct oci_features_support support = {
		.mount_options = { options, n_options },
		.cgroup_v2 = true,
		.cgroup_rdma = true,
		.seccomp = true,
		.seccomp_supported_flags = { flags, n_flags },
		.memory_policy = true,
		.idmap_mounts = true,
		.net_devices = true,
		.unsafe_annotations = { unsafe_annotations, ARRAY_SIZE(unsafe_annotations) },
	};
	AUTO_STRBUF out = STRBUF(OUTPUT_MAX);
	struct json_writer w;

	json_writer_init(&w, &out, true);
	oci_features_write(&w, &support);
	if (json_writer_end(&w) < 0)
		return err_errno(e, out.failed, "write the features");
	printf("%s\n", out.data);
	return 0;
}

const struct command features_command = {
	"features", "", "show what this runtime can do", NULL, 0, 0, 0, false, features_main,
};
