/* compile-priv.h - what the files of the plan compiler share. */
#ifndef KEG_RUNTIME_COMPILE_PRIV_H
#define KEG_RUNTIME_COMPILE_PRIV_H

#include "runtime/compile.h"
#include "runtime/rootfs.h"

struct compile {
	const struct compile_input *input; /* NULL for exec */
	const struct oci_config *config;
	const struct oci_linux *linux_; /* never NULL */
	const struct oci_process *process;
	struct plan *plan;
	struct arena *arena;
	uint64_t namespaces; /* CLONE_NEW* the container has, new or joined */
	uint64_t created;    /* the new ones */
	const struct id_maps_request *id_maps;
	struct rootfs_request *rootfs;
	struct cgroup_request *cgroup;	/* NULL without one */
	struct mount_request *mounts;	/* one for each of config->mounts */
	struct device_request *devices; /* one for each of linux_->devices */
	bool dev_is_bound;  /* /dev is a directory of somebody else's: nothing is made in it */
	bool knows_its_pid; /* a barrier before this point told init its pid */
};

/* compile_mounts.c: sources that the parent opens before the clone, then the mounts themselves. */
int compile_user_namespace_sources(struct compile *c, struct err *e);
int compile_mounts(struct compile *c, struct err *e);

/* compile_program.c: the process object, parsed and checked; NULL with *e. */
struct program_request *compile_program(struct arena *arena, const struct oci_process *process,
					const struct oci_linux *linux_,
					const struct oci_config *config, struct err *e);
void compile_program_steps(struct plan *plan, struct program_request *program, bool user_namespace);

#endif
