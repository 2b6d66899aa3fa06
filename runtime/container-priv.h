/* container-priv.h - an opened container, shared by the files of its life cycle. */
#ifndef KEG_RUNTIME_CONTAINER_PRIV_H
#define KEG_RUNTIME_CONTAINER_PRIV_H

#include "oci/config.h"
#include "runtime/container.h"
#include "runtime/hooks.h"

struct container {
	struct arena *arena;
	struct state_dir dir;
	struct state state;
	enum container_status status;
	struct oci_config *config; /* NULL until container_load_config */
	struct cgroup *cgroup;	   /* NULL until container_open_cgroup */
	int pidfd;		   /* of its first process; -1 when it is gone */
};
#define CONTAINER_CLOSED ((struct container){ .dir = STATE_DIR_CLOSED, .pidfd = -1 })

/* Room for a configuration of OCI_CONFIG_MAX_BYTES, its tree and its plan. */
#define CONTAINER_ARENA_LIMIT ((size_t)512 << 20)

int container_open(const char *root, const char *id, bool lock, struct container *out,
		   struct err *e);
void container_close(struct container *container);
#define AUTO_CONTAINER __attribute__((cleanup(container_close))) struct container

int container_load_config(struct container *container, struct err *e);
int container_open_cgroup(struct container *container, struct err *e);
void container_subject(const struct container *container, struct hook_subject *out);
int container_run_hooks(struct container *container, const char *name, const struct oci_hook *hooks,
			size_t count, const char *status, struct err *e);
int container_poststart(struct container *container, struct err *e);
/* Kills, runs poststop hooks, removes cgroup and directory. */
int container_destroy(struct container *container, struct err *warning, struct err *e);

#endif
