/* features.c - the features structure, written member by member in the order of features.md. */
#include "oci/features.h"

#include "oci/config.h"
#include "oci/state.h"
#include "oci/words.h"

static void write_words(struct json_writer *w, const char *name, const struct oci_words *words)
{
	json_open_array(w, name);
	for (size_t i = 0; i < words->count; i++)
		json_write_string(w, NULL, words->rows[i].name);
	json_close_array(w);
}

static void write_list(struct json_writer *w, const char *name, const struct oci_word_list *list)
{
	json_open_array(w, name);
	for (size_t i = 0; i < list->count; i++)
		json_write_string(w, NULL, list->words[i]);
	json_close_array(w);
}

/* {"enabled": ...} */
static void write_enabled(struct json_writer *w, const char *name, bool enabled)
{
	json_open_object(w, name);
	json_write_bool(w, "enabled", enabled);
	json_close_object(w);
}

/* features-linux.md "Cgroup" */
static void write_cgroup(struct json_writer *w, const struct oci_features_support *s)
{
	json_open_object(w, "cgroup");
	json_write_bool(w, "v1", s->cgroup_v1);
	json_write_bool(w, "v2", s->cgroup_v2);
	json_write_bool(w, "systemd", s->cgroup_systemd);
	json_write_bool(w, "systemdUser", s->cgroup_systemd_user);
	json_write_bool(w, "rdma", s->cgroup_rdma);
	json_close_object(w);
}

/* features-linux.md "Seccomp" */
static void write_seccomp(struct json_writer *w, const struct oci_features_support *s)
{
	json_open_object(w, "seccomp");
	json_write_bool(w, "enabled", s->seccomp);
	if (s->seccomp) {
		write_words(w, "actions", &oci_seccomp_actions);
		write_words(w, "operators", &oci_seccomp_operators);
		if (s->seccomp_archs.count > 0)
			write_list(w, "archs", &s->seccomp_archs);
		else
			write_words(w, "archs", &oci_seccomp_archs);
		write_words(w, "knownFlags", &oci_seccomp_flags);
		write_list(w, "supportedFlags", &s->seccomp_supported_flags);
	}
	json_close_object(w);
}

/* features-linux.md "Intel RDT" */
static void write_intel_rdt(struct json_writer *w, const struct oci_features_support *s)
{
	json_open_object(w, "intelRdt");
	json_write_bool(w, "enabled", s->intel_rdt);
	json_write_bool(w, "schemata", s->intel_rdt_schemata);
	json_write_bool(w, "monitoring", s->intel_rdt_monitoring);
	json_close_object(w);
}

static void write_memory_policy(struct json_writer *w, const struct oci_features_support *s)
{
	json_open_object(w, "memoryPolicy");
	if (s->memory_policy) {
		write_words(w, "modes", &oci_memory_policy_modes);
		write_words(w, "flags", &oci_memory_policy_flags);
	}
	json_close_object(w);
}

static void write_linux(struct json_writer *w, const struct oci_features_support *s)
{
	json_open_object(w, "linux");
	write_words(w, "namespaces", &oci_namespaces);
	write_words(w, "capabilities", &oci_capabilities);
	write_cgroup(w, s);
	write_seccomp(w, s);
	write_enabled(w, "apparmor", s->apparmor);
	write_enabled(w, "selinux", s->selinux);
	write_intel_rdt(w, s);
	write_memory_policy(w, s);
	json_open_object(w, "mountExtensions");
	write_enabled(w, "idmap", s->idmap_mounts);
	json_close_object(w);
	write_enabled(w, "netDevices", s->net_devices);
	json_close_object(w);
}

void oci_features_write(struct json_writer *w, const struct oci_features_support *s)
{
	json_open_object(w, NULL);
	json_write_string(w, "ociVersionMin", OCI_VERSION_MIN);
	json_write_string(w, "ociVersionMax", OCI_VERSION_MAX);
	json_open_array(w, "hooks");
	for (size_t i = 0; i < oci_hooks_record.n_fields; i++)
		json_write_string(w, NULL, oci_hooks_record.fields[i].name);
	json_close_array(w);
	write_list(w, "mountOptions", &s->mount_options);
	write_linux(w, s);
	json_open_object(w, "annotations");
	for (size_t i = 0; i < s->n_annotations; i++)
		json_write_string(w, s->annotations[i].key, s->annotations[i].value);
	json_close_object(w);
	write_list(w, "potentiallyUnsafeConfigAnnotations", &s->unsafe_annotations);
	json_close_object(w);
}
