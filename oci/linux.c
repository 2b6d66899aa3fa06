/* linux.c - the linux object: tables of config-linux.md, and its checks. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "oci/config-priv.h"

/* ---- tables ---------------------------------------------------------------------------------- */

/* "Namespaces" */
static const struct field namespace_fields[] = {
	F_STRING(struct oci_namespace, type, "type", FIELD_REQUIRED),
	F_STRING(struct oci_namespace, path, "path", FIELD_OPTIONAL),
};
static const struct record namespace_record = RECORD(struct oci_namespace, namespace_fields);

/* "Offset for Time Namespace" */
static const struct field time_offset_fields[] = {
	F_INT(struct oci_time_offset, secs, "secs", FIELD_OPTIONAL),
	F_UINT32(struct oci_time_offset, nanosecs, "nanosecs", FIELD_OPTIONAL),
};
static const struct record time_offset_record = RECORD(struct oci_time_offset, time_offset_fields);

/* "Devices" */
static const struct field device_fields[] = {
	F_STRING(struct oci_device, path, "path", FIELD_REQUIRED),
	F_STRING(struct oci_device, type, "type", FIELD_REQUIRED),
	F_INT_PTR(struct oci_device, major, "major", FIELD_OPTIONAL),
	F_INT_PTR(struct oci_device, minor, "minor", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_device, file_mode, "fileMode", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_device, uid, "uid", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_device, gid, "gid", FIELD_OPTIONAL),
};
static const struct record device_record = RECORD(struct oci_device, device_fields);

/* "Network Devices" */
static const struct field net_device_fields[] = {
	F_STRING(struct oci_net_device, name, "name", FIELD_OPTIONAL),
};
static const struct record net_device_record = RECORD(struct oci_net_device, net_device_fields);

/* "IntelRdt" */
static const struct field intel_rdt_fields[] = {
	F_STRING(struct oci_intel_rdt, clos_id, "closID", FIELD_OPTIONAL),
	F_STRINGS(struct oci_intel_rdt, schemata, "schemata", FIELD_OPTIONAL),
	F_STRING(struct oci_intel_rdt, l3_cache_schema, "l3CacheSchema", FIELD_OPTIONAL),
	F_STRING(struct oci_intel_rdt, mem_bw_schema, "memBwSchema", FIELD_OPTIONAL),
	F_BOOL(struct oci_intel_rdt, enable_monitoring, "enableMonitoring", FIELD_OPTIONAL),
};
static const struct record intel_rdt_record = RECORD(struct oci_intel_rdt, intel_rdt_fields);

/* "Memory policy" */
static const struct field memory_policy_fields[] = {
	F_STRING(struct oci_memory_policy, mode, "mode", FIELD_REQUIRED),
	F_STRING(struct oci_memory_policy, nodes, "nodes", FIELD_OPTIONAL),
	F_STRINGS(struct oci_memory_policy, flags, "flags", FIELD_OPTIONAL),
};
static const struct record memory_policy_record =
	RECORD(struct oci_memory_policy, memory_policy_fields);

/* "Personality" */
static const struct field personality_fields[] = {
	F_STRING(struct oci_personality, domain, "domain", FIELD_REQUIRED),
	F_STRINGS(struct oci_personality, flags, "flags", FIELD_OPTIONAL),
};
static const struct record personality_record = RECORD(struct oci_personality, personality_fields);

static const struct field linux_fields[] = {
	F_RECORDS(struct oci_linux, uid_mappings, "uidMappings", FIELD_OPTIONAL,
		  struct oci_id_mapping, &oci_id_mapping_record),
	F_RECORDS(struct oci_linux, gid_mappings, "gidMappings", FIELD_OPTIONAL,
		  struct oci_id_mapping, &oci_id_mapping_record),
	F_STRING_MAP(struct oci_linux, sysctl, "sysctl", FIELD_OPTIONAL),
	F_RECORD(struct oci_linux, resources, "resources", FIELD_OPTIONAL, struct oci_resources,
		 &oci_resources_record),
	F_STRING(struct oci_linux, cgroups_path, "cgroupsPath", FIELD_OPTIONAL),
	F_RECORDS(struct oci_linux, namespaces, "namespaces", FIELD_OPTIONAL, struct oci_namespace,
		  &namespace_record),
	F_RECORDS(struct oci_linux, devices, "devices", FIELD_OPTIONAL, struct oci_device,
		  &device_record),
	F_RECORD_MAP(struct oci_linux, net_devices, "netDevices", FIELD_OPTIONAL,
		     struct oci_net_device, &net_device_record),
	F_RECORD(struct oci_linux, seccomp, "seccomp", FIELD_OPTIONAL, struct oci_seccomp,
		 &oci_seccomp_record),
	F_STRING(struct oci_linux, rootfs_propagation, "rootfsPropagation", FIELD_OPTIONAL),
	F_STRINGS(struct oci_linux, masked_paths, "maskedPaths", FIELD_OPTIONAL),
	F_STRINGS(struct oci_linux, readonly_paths, "readonlyPaths", FIELD_OPTIONAL),
	F_STRING(struct oci_linux, mount_label, "mountLabel", FIELD_OPTIONAL),
	F_RECORD(struct oci_linux, intel_rdt, "intelRdt", FIELD_OPTIONAL, struct oci_intel_rdt,
		 &intel_rdt_record),
	F_RECORD(struct oci_linux, memory_policy, "memoryPolicy", FIELD_OPTIONAL,
		 struct oci_memory_policy, &memory_policy_record),
	F_RECORD(struct oci_linux, personality, "personality", FIELD_OPTIONAL,
		 struct oci_personality, &personality_record),
	F_RECORD_MAP(struct oci_linux, time_offsets, "timeOffsets", FIELD_OPTIONAL,
		     struct oci_time_offset, &time_offset_record),
};
const struct record oci_linux_record = RECORD(struct oci_linux, linux_fields);

/* ---- checks ---------------------------------------------------------------------------------- */

static int check_namespaces(const struct oci_linux *l, const struct place *at, struct err *e)
{
	for (size_t i = 0; i < l->n_namespaces; i++) {
		const struct oci_namespace *ns = &l->namespaces[i];
		const struct place *here = NTH(at, i);

		if (check_word(&oci_namespaces, ns->type, IN(here, "type"), e) < 0)
			return -1;
		for (size_t j = 0; j < i; j++)
			if (strcmp(ns->type, l->namespaces[j].type) == 0)
				return invalid(e, IN(here, "type"), "`%s` is given twice",
					       ns->type);
		if (!str_empty(ns->path) && check_absolute(ns->path, IN(here, "path"), e) < 0)
			return -1;
	}
	return 0;
}

/* time_namespaces(7) */
static int check_time_offsets(const struct oci_config *config, const struct place *at,
			      struct err *e)
{
	const struct oci_linux *l = config->linux_;

	for (size_t i = 0; i < l->n_time_offsets; i++) {
		const struct oci_time_offset *offset = &l->time_offsets[i];
		const struct place *here = IN(at, offset->key);
		uint64_t nanosecs = offset->nanosecs;

		if (strcmp(offset->key, "boottime") != 0 && strcmp(offset->key, "monotonic") != 0)
			return invalid(e, here, "`%s` is not one of boottime, monotonic",
				       offset->key);
		if (check_uint(&nanosecs, 0, 999999999, IN(here, "nanosecs"), e) < 0)
			return -1;
	}
	if (l->n_time_offsets > 0 && !oci_namespace_find(config, "time"))
		return invalid(e, at, "offsets need a time namespace");
	return 0;
}

static int check_device(const struct oci_device *device, const struct place *at, struct err *e)
{
	if (check_absolute(device->path, IN(at, "path"), e) < 0)
		return -1;
	if (strlen(device->type) != 1 || !strchr("cubp", *device->type))
		return invalid(e, IN(at, "type"), "`%s` is not one of c, u, b, p", device->type);
	if (*device->type != 'p' && !device->major)
		return invalid(e, IN(at, "major"), "required");
	if (*device->type != 'p' && !device->minor)
		return invalid(e, IN(at, "minor"), "required");
	/* include/linux/kdev_t.h; a mode may come with the bits of the type, as stat(2) gives it */
	if (check_int(device->major, 0, 0xfff, IN(at, "major"), e) < 0 ||
	    check_int(device->minor, 0, 0xfffff, IN(at, "minor"), e) < 0 ||
	    check_uint(device->file_mode, 0, 0177777, IN(at, "fileMode"), e) < 0 ||
	    check_uint(device->uid, 0, UINT32_MAX - 1, IN(at, "uid"), e) < 0)
		return -1;
	return check_uint(device->gid, 0, UINT32_MAX - 1, IN(at, "gid"), e);
}

static int check_net_devices(const struct oci_config *config, const struct place *at, struct err *e)
{
	const struct oci_linux *l = config->linux_;

	for (size_t i = 0; i < l->n_net_devices; i++) {
		const struct oci_net_device *device = &l->net_devices[i];
		const struct place *here = IN(at, device->key);

		if (check_interface_name(device->key, here, e) < 0)
			return -1;
		if (!str_empty(device->name) &&
		    check_interface_name(device->name, IN(here, "name"), e) < 0)
			return -1;
	}
	if (l->n_net_devices > 0 && !oci_namespace_find(config, "network"))
		return invalid(e, at, "moving network devices needs a network namespace");
	return 0;
}

/* config-linux.md "Cgroups Path": no component may lead upwards. */
static int check_cgroups_path(const char *path, const struct place *at, struct err *e)
{
	for (const char *c = path; *c;) {
		size_t n = strcspn(c, "/");

		if (n == 2 && strncmp(c, "..", 2) == 0)
			return invalid(e, at, "`%s`: `..` components are not allowed", path);
		c += n;
		c += *c == '/';
	}
	return 0;
}

/* Which kernel parameters belong to a namespace; a name that ends in a dot is a prefix. The rest are
 * the host's. ipc_namespaces(7), uts_namespaces(7), network_namespaces(7), user_namespaces(7);
 * ipc/ipc_sysctl.c for those that the manual pages do not name. */
static const struct sysctl_row {
	const char *name;
	const char *namespace;
} sysctl_rows[] = {
	{ "fs.mqueue.", "ipc" },	 { "kernel.auto_msgmni", "ipc" },
	{ "kernel.msg_next_id", "ipc" }, { "kernel.msgmax", "ipc" },
	{ "kernel.msgmnb", "ipc" },	 { "kernel.msgmni", "ipc" },
	{ "kernel.sem", "ipc" },	 { "kernel.sem_next_id", "ipc" },
	{ "kernel.shm_next_id", "ipc" }, { "kernel.shm_rmid_forced", "ipc" },
	{ "kernel.shmall", "ipc" },	 { "kernel.shmmax", "ipc" },
	{ "kernel.shmmni", "ipc" },	 { "kernel.domainname", "uts" },
	{ "net.", "network" },		 { "user.", "user" },
};

/* sysctl(8): either separator can be used, "net/ipv4/ip_forward" is "net.ipv4.ip_forward". */
static bool sysctl_row_matches(const struct sysctl_row *row, const char *name)
{
	size_t i;

	for (i = 0; row->name[i]; i++)
		if ((name[i] == '/' ? '.' : name[i]) != row->name[i])
			return false;
	return row->name[i - 1] == '.' ? name[i] != '\0' : name[i] == '\0';
}

static bool sysctl_name_is_sound(const char *name)
{
	char before = '.';

	for (; *name; before = *name++)
		if (strchr("./", *name) && strchr("./", before))
			return false; /* an empty component, "." or ".." */
	return !strchr("./", before);
}

static int check_sysctl(const struct oci_config *config, const struct string_pair *pair,
			const struct place *at, struct err *e)
{
	if (!sysctl_name_is_sound(pair->key))
		return invalid(e, at, "`%s` is not the name of a kernel parameter", pair->key);
	if (strcmp(pair->key, "kernel.hostname") == 0 || strcmp(pair->key, "kernel/hostname") == 0)
		return invalid(e, at, "`%s` is set by the member `hostname`", pair->key);
	for (size_t i = 0; i < sizeof(sysctl_rows) / sizeof(sysctl_rows[0]); i++) {
		const struct sysctl_row *row = &sysctl_rows[i];

		if (!sysctl_row_matches(row, pair->key))
			continue;
		if (!oci_namespace_find(config, row->namespace))
			return invalid(
				e, at,
				"`%s` needs a %s namespace: without one it would be the host's",
				pair->key, row->namespace);
		if (strcmp(row->name, "kernel.domainname") == 0 && !str_empty(config->domainname) &&
		    strcmp(config->domainname, pair->value) != 0)
			return invalid(e, at, "`%s` contradicts the domainname `%s`", pair->value,
				       config->domainname);
		return 0;
	}
	return invalid(e, at, "`%s` belongs to no namespace: it would be the host's", pair->key);
}

/* "IntelRdt": closID is a directory, the rest are lines of its schemata file. */
static int check_intel_rdt(const struct oci_intel_rdt *r, const struct place *at, struct err *e)
{
	const struct place *schemata = IN(at, "schemata");

	if (r->clos_id && (!*r->clos_id || strchr(r->clos_id, '/') ||
			   strcmp(r->clos_id, ".") == 0 || strcmp(r->clos_id, "..") == 0))
		return invalid(e, IN(at, "closID"), "`%s` cannot be the name of a directory",
			       r->clos_id);
	for (size_t i = 0; i < r->n_schemata; i++)
		if (!*r->schemata[i] || strchr(r->schemata[i], '\n'))
			return invalid(e, NTH(schemata, i), "`%s` is not one line", r->schemata[i]);
	if (r->l3_cache_schema && strchr(r->l3_cache_schema, '\n'))
		return invalid(e, IN(at, "l3CacheSchema"), "`%s` is not one line",
			       r->l3_cache_schema);
	if (!str_empty(r->mem_bw_schema) &&
	    (!str_starts(r->mem_bw_schema, "MB:") || strchr(r->mem_bw_schema, '\n')))
		return invalid(e, IN(at, "memBwSchema"),
			       "`%s` is not one line that begins with MB:", r->mem_bw_schema);
	return 0;
}

static bool flag_is_in(const struct oci_memory_policy *p, const char *flag)
{
	for (size_t i = 0; i < p->n_flags; i++)
		if (strcmp(p->flags[i], flag) == 0)
			return true;
	return false;
}

/* set_mempolicy(2), what it says about EINVAL */
static int check_memory_policy(const struct oci_memory_policy *p, const struct place *at,
			       struct err *e)
{
	uint64_t mode;
	bool local = strcmp(p->mode, "MPOL_DEFAULT") == 0 || strcmp(p->mode, "MPOL_LOCAL") == 0;
	bool preferred = strcmp(p->mode, "MPOL_PREFERRED") == 0;

	if (oci_word_find(&oci_memory_policy_modes, p->mode, &mode) < 0)
		return invalid(e, IN(at, "mode"), "`%s` is not %s", p->mode,
			       oci_memory_policy_modes.noun);
	if (check_words(&oci_memory_policy_flags, p->flags, p->n_flags, IN(at, "flags"), e) < 0)
		return -1;
	if (p->nodes && check_number_list(p->nodes, IN(at, "nodes"), e) < 0)
		return -1;
	if (local && !str_empty(p->nodes))
		return invalid(e, IN(at, "nodes"), "`%s` takes no nodes", p->mode);
	if (!local && !preferred && str_empty(p->nodes))
		return invalid(e, IN(at, "nodes"), "`%s` needs nodes", p->mode);
	if (flag_is_in(p, "MPOL_F_STATIC_NODES") && flag_is_in(p, "MPOL_F_RELATIVE_NODES"))
		return invalid(e, IN(at, "flags"),
			       "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
	if (flag_is_in(p, "MPOL_F_NUMA_BALANCING") && strcmp(p->mode, "MPOL_BIND") != 0 &&
	    strcmp(p->mode, "MPOL_PREFERRED_MANY") != 0)
		return invalid(e, IN(at, "flags"), "MPOL_F_NUMA_BALANCING does not go with `%s`",
			       p->mode);
	return 0;
}

static int check_personality(const struct oci_personality *p, const struct place *at, struct err *e)
{
	if (check_word(&oci_personalities, p->domain, IN(at, "domain"), e) < 0)
		return -1;
	if (p->n_flags > 0)
		return invalid(e, NTH(IN(at, "flags"), 0),
			       "`%s`: the specification knows no flags yet", p->flags[0]);
	return 0;
}

static int check_paths(const char *const *paths, size_t count, const struct place *at,
		       struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (check_absolute(paths[i], NTH(at, i), e) < 0)
			return -1;
	return 0;
}

static int check_user_namespace(const struct oci_config *config, const struct place *at,
				struct err *e)
{
	const struct oci_linux *l = config->linux_;

	if (check_id_mappings(l->uid_mappings, l->n_uid_mappings, IN(at, "uidMappings"), e) < 0 ||
	    check_id_mappings(l->gid_mappings, l->n_gid_mappings, IN(at, "gidMappings"), e) < 0)
		return -1;
	if ((l->n_uid_mappings > 0 || l->n_gid_mappings > 0) && !oci_namespace_find(config, "user"))
		return invalid(e, IN(at, l->n_uid_mappings > 0 ? "uidMappings" : "gidMappings"),
			       "mappings need a user namespace");
	return 0;
}

int check_linux(const struct oci_config *config, const struct place *at, struct err *e)
{
	const struct oci_linux *l = config->linux_;

	if (check_namespaces(l, IN(at, "namespaces"), e) < 0 ||
	    check_user_namespace(config, at, e) < 0 ||
	    check_time_offsets(config, IN(at, "timeOffsets"), e) < 0)
		return -1;
	for (size_t i = 0; i < l->n_sysctl; i++)
		if (check_sysctl(config, &l->sysctl[i], IN(IN(at, "sysctl"), l->sysctl[i].key), e) <
		    0)
			return -1;
	if (l->cgroups_path && check_cgroups_path(l->cgroups_path, IN(at, "cgroupsPath"), e) < 0)
		return -1;
	if (l->resources && check_resources(l->resources, IN(at, "resources"), e) < 0)
		return -1;
	for (size_t i = 0; i < l->n_devices; i++)
		if (check_device(&l->devices[i], NTH(IN(at, "devices"), i), e) < 0)
			return -1;
	if (check_net_devices(config, IN(at, "netDevices"), e) < 0)
		return -1;
	if (l->seccomp && check_seccomp(l->seccomp, IN(at, "seccomp"), e) < 0)
		return -1;
	if (!str_empty(l->rootfs_propagation) &&
	    check_word(&oci_propagations, l->rootfs_propagation, IN(at, "rootfsPropagation"), e) <
		    0)
		return -1;
	if (check_paths(l->masked_paths, l->n_masked_paths, IN(at, "maskedPaths"), e) < 0 ||
	    check_paths(l->readonly_paths, l->n_readonly_paths, IN(at, "readonlyPaths"), e) < 0)
		return -1;
	if (l->intel_rdt && check_intel_rdt(l->intel_rdt, IN(at, "intelRdt"), e) < 0)
		return -1;
	if (l->memory_policy &&
	    check_memory_policy(l->memory_policy, IN(at, "memoryPolicy"), e) < 0)
		return -1;
	if (l->personality && check_personality(l->personality, IN(at, "personality"), e) < 0)
		return -1;
	return 0;
}
