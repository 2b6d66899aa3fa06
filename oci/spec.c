/* spec.c - the default config.json, as data. */
#include "oci/spec.h"

#include <string.h>

#include "oci/state.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A list of words as the members `x` and `n_x` of a struct. */
#define LIST(member, ...)                                                                          \
	.member = (const char *[]){ __VA_ARGS__ },                                                 \
	.n_##member = COUNT(((const char *[]){ __VA_ARGS__ }))

static struct oci_mount default_mounts[] = {
	{ .destination = "/proc", .type = "proc", .source = "proc" },
	{ .destination = "/dev",
	  .type = "tmpfs",
	  .source = "tmpfs",
	  LIST(options, "nosuid", "strictatime", "mode=755", "size=65536k") },
	{ .destination = "/dev/pts",
	  .type = "devpts",
	  .source = "devpts",
	  /* gid 5 is tty on every distribution; last, because rootless goes without it */
	  LIST(options, "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5") },
	{ .destination = "/dev/shm",
	  .type = "tmpfs",
	  .source = "shm",
	  LIST(options, "nosuid", "noexec", "nodev", "mode=1777", "size=65536k") },
	{ .destination = "/dev/mqueue",
	  .type = "mqueue",
	  .source = "mqueue",
	  LIST(options, "nosuid", "noexec", "nodev") },
	{ .destination = "/sys",
	  .type = "sysfs",
	  .source = "sysfs",
	  LIST(options, "nosuid", "noexec", "nodev", "ro") },
	{ .destination = "/sys/fs/cgroup",
	  .type = "cgroup",
	  .source = "cgroup",
	  LIST(options, "nosuid", "noexec", "nodev", "relatime", "ro") },
};
#define DEV_PTS 2

/* The last one only when rootless. */
static struct oci_namespace default_namespaces[] = {
	{ .type = "pid" },    { .type = "network" }, { .type = "ipc" },	 { .type = "uts" },
	{ .type = "cgroup" }, { .type = "mount" },   { .type = "user" },
};

#define DEFAULT_CAPABILITIES "CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"

static struct oci_capabilities default_capabilities = {
	LIST(bounding, DEFAULT_CAPABILITIES),
	LIST(effective, DEFAULT_CAPABILITIES),
	LIST(permitted, DEFAULT_CAPABILITIES),
};

static struct oci_user default_user; /* 0:0 */

static struct oci_rlimit default_rlimits[] = {
	{ .type = "RLIMIT_NOFILE", .hard = 1024, .soft = 1024 },
};

static struct oci_process default_process = {
	.terminal = true,
	.user = &default_user,
	LIST(args, "sh"),
	LIST(env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	     "TERM=xterm"),
	.cwd = "/",
	.capabilities = &default_capabilities,
	.rlimits = default_rlimits,
	.n_rlimits = COUNT(default_rlimits),
	.no_new_privileges = true,
};

static struct oci_root default_root = { .path = "rootfs", .readonly = true };

/* The default devices are allowed by the runtime itself; config-linux.md "Default Devices". */
static struct oci_device_rule default_device_rules[] = {
	{ .allow = false, .access = "rwm" },
};
static struct oci_resources default_resources = {
	.devices = default_device_rules,
	.n_devices = COUNT(default_device_rules),
};

static const struct oci_linux default_linux = {
	.resources = &default_resources,
	.namespaces = default_namespaces,
	.n_namespaces = COUNT(default_namespaces) - 1,
	LIST(masked_paths, "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys",
	     "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
	     "/sys/firmware", "/sys/devices/virtual/powercap", "/proc/scsi"),
	LIST(readonly_paths, "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
	     "/proc/sysrq-trigger"),
};

/* One id: the caller is root inside. */
static struct oci_id_mapping *map_to_root(struct arena *arena, uint32_t host_id)
{
	struct oci_id_mapping *map = ARENA_NEW(arena, struct oci_id_mapping);

	if (map)
		*map = (struct oci_id_mapping){ .container_id = 0, .host_id = host_id, .size = 1 };
	return map;
}

static int make_rootless(struct arena *arena, const struct oci_spec_options *options,
			 struct oci_config *config)
{
	struct oci_mount *mounts = ARENA_ARRAY(arena, config->n_mounts, struct oci_mount);
	struct oci_linux *l = config->linux_;

	l->uid_mappings = map_to_root(arena, options->host_uid);
	l->gid_mappings = map_to_root(arena, options->host_gid);
	if (!mounts || !l->uid_mappings || !l->gid_mappings)
		return -1;
	l->n_uid_mappings = 1;
	l->n_gid_mappings = 1;
	l->n_namespaces = COUNT(default_namespaces);
	l->resources = NULL;
	memcpy(mounts, default_mounts, sizeof(default_mounts));
	mounts[DEV_PTS].n_options--;
	config->mounts = mounts;
	return 0;
}

struct oci_config *oci_spec_default(struct arena *arena, const struct oci_spec_options *options)
{
	struct oci_config *config = ARENA_NEW(arena, struct oci_config);
	struct oci_linux *l = ARENA_NEW(arena, struct oci_linux);

	if (!config || !l)
		return NULL;
	*l = default_linux;
	*config = (struct oci_config){
		.oci_version = OCI_VERSION_MAX,
		.process = &default_process,
		.root = &default_root,
		.hostname = options->hostname ? options->hostname : "keg",
		.mounts = default_mounts,
		.n_mounts = COUNT(default_mounts),
		.linux_ = l,
	};
	if (options->rootless && make_rootless(arena, options, config) < 0)
		return NULL;
	return config;
}
