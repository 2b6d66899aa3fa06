/* features.h - what `keg features` prints: the words this program knows, from the tables it reads
 * config.json with, and what the caller says this program supports.
 *
 * Ownership : everything is borrowed for the call.
 * Source    : runtime-spec features.md, features-linux.md.
 * Never     : asks the host; whoever fills the support structure does. */
#ifndef KEG_OCI_FEATURES_H
#define KEG_OCI_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/record.h"

/* A list of words, `count` of them. */
struct oci_word_list {
	const char *const *words;
	size_t count;
};

/* "Compiled in", never "works on this host", as features.md defines each. */
struct oci_features_support {
	struct oci_word_list mount_options;
	bool cgroup_v1, cgroup_v2, cgroup_systemd, cgroup_systemd_user, cgroup_rdma;
	bool seccomp;
	struct oci_word_list seccomp_archs;	      /* count 0: all the specification names */
	struct oci_word_list seccomp_supported_flags; /* those that the running kernel takes */
	bool apparmor, selinux;
	bool intel_rdt, intel_rdt_schemata, intel_rdt_monitoring;
	bool memory_policy;
	bool idmap_mounts;
	bool net_devices;
	const struct string_pair *annotations; /* "org.opencontainers..." -> value */
	size_t n_annotations;
	/* of config.json, which may do more than a caller expects; "x." is a prefix */
	struct oci_word_list unsafe_annotations;
};

void oci_features_write(struct json_writer *w, const struct oci_features_support *support);

#endif
