/* config.h - config.json of a bundle: the whole runtime-spec 1.3 document as C structs.
 *
 *   {"linux": {"namespaces": [{"type": "pid"}]}}   ->   config->linux_->namespaces[0].type
 *
 * Names     : members are the wire's names in snake_case; `linux` is a macro of gnu11, so that one
 *             member is `linux_`. Arrays are `x` and `n_x`.
 * Absence   : strings and nested objects are NULL, arrays have n_x 0. A number or boolean whose
 *             absence means something else than 0 or false is a pointer, NULL when absent.
 * Units     : bytes, microseconds (cpu), nanoseconds (scheduler), seconds (hook timeout, secs).
 * Ownership : everything lives in the arena given to the parser. Nothing is changed after parsing.
 * Errors    : ERR_INVALID with PHASE_CONFIG and the JSON pointer; ERR_LIMIT past a cap.
 * Source    : config.md and config-linux.md of the runtime specification, section names at each struct.
 * Never     : looks at the host. What a parsed document may say is oci/validate.h's business. */
#ifndef KEG_OCI_CONFIG_H
#define KEG_OCI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/record.h"

/* A config.json may not be larger. */
#define OCI_CONFIG_MAX_BYTES ((size_t)16 << 20)

/* ---- config.md ------------------------------------------------------------------------------- */

/* "Root" */
struct oci_root {
	const char *path; /* absolute, or relative to the bundle */
	bool readonly;
};

/* "User namespace mappings" (config-linux.md), also of mounts and of process.user */
struct oci_id_mapping {
	uint32_t container_id;
	uint32_t host_id;
	uint32_t size;
};

/* "Mounts" */
struct oci_mount {
	const char *destination;
	const char *type;
	const char *source;
	const char **options;
	size_t n_options;
	struct oci_id_mapping *uid_mappings; /* of an idmapped mount */
	size_t n_uid_mappings;
	struct oci_id_mapping *gid_mappings;
	size_t n_gid_mappings;
};

/* "Process", consoleSize */
struct oci_console_size {
	uint64_t height; /* rows */
	uint64_t width;	 /* columns */
};

/* "User", POSIX platform user */
struct oci_user {
	uint32_t uid;
	uint32_t gid;
	const uint64_t *umask;	   /* NULL: left as it is */
	uint64_t *additional_gids; /* each fits 32 bits in a valid config */
	size_t n_additional_gids;
	const char *username; /* Windows only */
};

/* "Linux Process", capabilities: names such as CAP_KILL; oci_capability_number() */
struct oci_capabilities {
	const char **bounding;
	size_t n_bounding;
	const char **effective;
	size_t n_effective;
	const char **inheritable;
	size_t n_inheritable;
	const char **permitted;
	size_t n_permitted;
	const char **ambient;
	size_t n_ambient;
};

/* "POSIX process", rlimits: RLIMIT_NOFILE; oci_rlimits in oci/words.h */
struct oci_rlimit {
	const char *type;
	uint64_t hard;
	uint64_t soft;
};

/* "Linux Process", scheduler; sched_setattr(2) */
struct oci_scheduler {
	const char *policy; /* oci_scheduler_policies */
	int32_t nice;
	int32_t priority;
	const char **flags; /* oci_scheduler_flags */
	size_t n_flags;
	const uint64_t *runtime; /* nanoseconds, as deadline and period: SCHED_DEADLINE only */
	const uint64_t *deadline;
	const uint64_t *period;
};

/* "Linux Process", ioPriority; ioprio_set(2) */
struct oci_io_priority {
	const char *class_; /* oci_io_priority_classes */
	int32_t priority;
};

/* "Linux Process", execCPUAffinity: lists such as "0-3,7" */
struct oci_cpu_affinity {
	const char *initial;
	const char *final;
};

/* "Process" */
struct oci_process {
	bool terminal;
	struct oci_console_size *console_size;
	struct oci_user *user; /* NULL: 0:0 */
	const char **args;
	size_t n_args;
	const char *command_line; /* Windows only */
	const char **env;
	size_t n_env;
	const char *cwd;
	struct oci_capabilities *capabilities; /* NULL: none are asked for */
	struct oci_rlimit *rlimits;
	size_t n_rlimits;
	bool no_new_privileges;
	const char *apparmor_profile;
	const int64_t *oom_score_adj;
	struct oci_scheduler *scheduler;
	const char *selinux_label;
	struct oci_io_priority *io_priority;
	struct oci_cpu_affinity *exec_cpu_affinity;
};

/* "POSIX-platform Hooks" */
struct oci_hook {
	const char *path;  /* absolute */
	const char **args; /* argv, [0] included; n_args 0: the path alone */
	size_t n_args;
	const char **env;
	size_t n_env;
	const int64_t *timeout; /* seconds, above 0; NULL: none */
};

struct oci_hooks {
	struct oci_hook *prestart;
	size_t n_prestart;
	struct oci_hook *create_runtime;
	size_t n_create_runtime;
	struct oci_hook *create_container;
	size_t n_create_container;
	struct oci_hook *start_container;
	size_t n_start_container;
	struct oci_hook *poststart;
	size_t n_poststart;
	struct oci_hook *poststop;
	size_t n_poststop;
};

/* ---- config-linux.md ------------------------------------------------------------------------- */

/* "Namespaces" */
struct oci_namespace {
	const char *type; /* oci_namespaces in oci/words.h */
	const char *path; /* NULL: a new one */
};

/* "Offset for Time Namespace": {"boottime": {...}, "monotonic": {...}} */
struct oci_time_offset {
	const char *key; /* "boottime" or "monotonic" */
	int64_t secs;
	uint32_t nanosecs;
};

/* "Devices" */
struct oci_device {
	const char *type;     /* "c", "u" (same as c), "b" or "p" */
	const char *path;     /* in the container */
	const int64_t *major; /* NULL only for "p" in a valid config */
	const int64_t *minor;
	const uint64_t *file_mode; /* permission bits, at most 07777 in a valid config */
	const uint64_t *uid;	   /* fit 32 bits in a valid config */
	const uint64_t *gid;
};

/* "Network Devices": key is the name on the host */
struct oci_net_device {
	const char *key;
	const char *name; /* in the container; NULL: the same */
};

/* "Allowed Device list": major, minor NULL: every number */
struct oci_device_rule {
	bool allow;
	const char *type; /* "a" or NULL: c and b; "c", "b" */
	const int64_t *major;
	const int64_t *minor;
	const char *access; /* letters of "rwm"; NULL: all three */
};

/* "Memory": bytes, -1 is unlimited */
struct oci_memory {
	const int64_t *limit;
	const int64_t *reservation;
	const int64_t *swap; /* memory + swap */
	const int64_t *kernel;
	const int64_t *kernel_tcp;
	const uint64_t *swappiness;
	const bool *disable_oom_killer;
	const bool *use_hierarchy;
	const bool *check_before_update;
};

/* "CPU": microseconds */
struct oci_cpu {
	const uint64_t *shares;
	const int64_t *quota;
	const uint64_t *burst;
	const uint64_t *period;
	const int64_t *realtime_runtime;
	const uint64_t *realtime_period;
	const char *cpus; /* lists such as "0-3,7" */
	const char *mems;
	const int64_t *idle;
};

/* "PIDs": -1 is unlimited */
struct oci_pids {
	const int64_t *limit;
};

/* "Block IO" */
struct oci_weight_device {
	int64_t major;
	int64_t minor;
	const uint64_t *weight;
	const uint64_t *leaf_weight;
};

struct oci_throttle_device {
	int64_t major;
	int64_t minor;
	uint64_t rate; /* bytes or operations a second */
};

struct oci_block_io {
	const uint64_t *weight; /* 10 to 1000 */
	const uint64_t *leaf_weight;
	struct oci_weight_device *weight_device;
	size_t n_weight_device;
	struct oci_throttle_device *throttle_read_bps_device;
	size_t n_throttle_read_bps_device;
	struct oci_throttle_device *throttle_write_bps_device;
	size_t n_throttle_write_bps_device;
	struct oci_throttle_device *throttle_read_iops_device;
	size_t n_throttle_read_iops_device;
	struct oci_throttle_device *throttle_write_iops_device;
	size_t n_throttle_write_iops_device;
};

/* "Huge page limits" */
struct oci_hugepage_limit {
	const char *page_size; /* "2MB" */
	uint64_t limit;
};

/* "Network" */
struct oci_interface_priority {
	const char *name;
	uint32_t priority;
};

struct oci_network {
	const uint64_t *class_id;
	struct oci_interface_priority *priorities;
	size_t n_priorities;
};

/* "RDMA": key is the device's name; values fit 32 bits in a valid config */
struct oci_rdma {
	const char *key;
	const uint64_t *hca_handles;
	const uint64_t *hca_objects;
};

/* "Control groups", resources */
struct oci_resources {
	struct oci_device_rule *devices;
	size_t n_devices;
	struct oci_memory *memory;
	struct oci_cpu *cpu;
	struct oci_pids *pids;
	struct oci_block_io *block_io;
	struct oci_hugepage_limit *hugepage_limits;
	size_t n_hugepage_limits;
	struct oci_network *network;
	struct oci_rdma *rdma;
	size_t n_rdma;
	struct string_pair *unified; /* {"memory.high": "1000000"} */
	size_t n_unified;
};

/* "IntelRdt" */
struct oci_intel_rdt {
	const char *clos_id;
	const char **schemata;
	size_t n_schemata;
	const char *l3_cache_schema;
	const char *mem_bw_schema;
	bool enable_monitoring;
};

/* "Memory policy"; set_mempolicy(2) */
struct oci_memory_policy {
	const char *mode;   /* oci_memory_policy_modes */
	const char *nodes;  /* a list such as "0-3,7" */
	const char **flags; /* oci_memory_policy_flags */
	size_t n_flags;
};

/* "Seccomp" */
struct oci_seccomp_arg {
	uint32_t index; /* 0 to 5 */
	uint64_t value;
	uint64_t value_two; /* what is compared when op is SCMP_CMP_MASKED_EQ; value is the mask */
	const char *op;	    /* oci_seccomp_operators */
};

struct oci_seccomp_syscall {
	const char **names;
	size_t n_names;
	const char *action; /* oci_seccomp_actions */
	const uint64_t *errno_ret;
	struct oci_seccomp_arg *args;
	size_t n_args;
};

struct oci_seccomp {
	const char *default_action;
	const uint64_t *default_errno_ret;
	const char **flags; /* oci_seccomp_flags */
	size_t n_flags;
	const char *listener_path;
	const char *listener_metadata;
	const char **architectures; /* oci_seccomp_archs */
	size_t n_architectures;
	struct oci_seccomp_syscall *syscalls;
	size_t n_syscalls;
};

/* "Personality"; personality(2) */
struct oci_personality {
	const char *domain; /* oci_personalities */
	const char **flags;
	size_t n_flags;
};

struct oci_linux {
	struct oci_id_mapping *uid_mappings;
	size_t n_uid_mappings;
	struct oci_id_mapping *gid_mappings;
	size_t n_gid_mappings;
	struct string_pair *sysctl;
	size_t n_sysctl;
	struct oci_resources *resources;
	const char *cgroups_path;
	struct oci_namespace *namespaces;
	size_t n_namespaces;
	struct oci_device *devices;
	size_t n_devices;
	struct oci_net_device *net_devices;
	size_t n_net_devices;
	struct oci_seccomp *seccomp;
	const char *rootfs_propagation; /* oci_propagations */
	const char **masked_paths;
	size_t n_masked_paths;
	const char **readonly_paths;
	size_t n_readonly_paths;
	const char *mount_label;
	struct oci_intel_rdt *intel_rdt;
	struct oci_memory_policy *memory_policy;
	struct oci_personality *personality;
	struct oci_time_offset *time_offsets;
	size_t n_time_offsets;
};

/* The document. */
struct oci_config {
	const char *oci_version;
	struct oci_process *process; /* NULL: `start` has nothing to run */
	struct oci_root *root;
	const char *hostname;
	const char *domainname;
	struct oci_mount *mounts;
	size_t n_mounts;
	struct oci_hooks *hooks;
	struct string_pair *annotations;
	size_t n_annotations;
	struct oci_linux *linux_;
	const struct json *vm; /* of other platforms: kept, without effect */
	const struct json *solaris;
	const struct json *windows;
	const struct json *zos;
	const struct json *freebsd;
};

extern const struct record oci_config_record;
extern const struct record oci_process_record;
extern const struct record oci_hooks_record;
extern const struct record oci_resources_record;

/* `text` need not be NUL-terminated and is not kept. Decoded, not validated. */
int oci_config_parse(struct arena *arena, const char *text, size_t length, struct oci_config **out,
		     struct err *e);
/* The same from a file, named in errors as `path`. */
int oci_config_load(struct arena *arena, int dirfd, const char *path, struct oci_config **out,
		    struct err *e);
/* A process object alone, as `exec --process` reads it. */
int oci_process_parse(struct arena *arena, const char *text, size_t length,
		      struct oci_process **out, struct err *e);
int oci_process_load(struct arena *arena, int dirfd, const char *path, struct oci_process **out,
		     struct err *e);
/* The object of linux.resources alone, as `update --resources` reads it. */
int oci_resources_parse(struct arena *arena, const char *text, size_t length,
			struct oci_resources **out, struct err *e);

/* Members in the order of the specification's Go structs; absent ones are left out. */
void oci_config_encode(const struct oci_config *config, struct json_writer *w);

/* Each member of the document that has no effect: "/foo", "nothing here knows it"; "/vm", the reason
 * its table gives. For whoever wants to warn; parsing lets all of them pass, as it has to. */
typedef void oci_warn_fn(void *context, const char *pointer, const char *reason);
int oci_config_warnings(const char *text, size_t length, oci_warn_fn *warn, void *context,
			struct err *e);

/* The value of an annotation, NULL when absent. */
const char *oci_annotation(const struct oci_config *config, const char *key);
/* The namespace of that type ("pid"), NULL when the config asks for none. */
const struct oci_namespace *oci_namespace_find(const struct oci_config *config, const char *type);

#endif
