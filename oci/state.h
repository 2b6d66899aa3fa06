/* state.h - the state of a container as others see it: `state`, hooks, seccomp agents.
 *
 *   {"ociVersion":"1.3.0","id":"web","status":"running","pid":4422,"bundle":"/b"}
 *
 * Source    : runtime-spec runtime.md "State"; rootfs, created, owner and root are crun's additions,
 *             which its callers read.
 * Never     : escapes slashes, or breaks lines when the writer is not a pretty one: hooks get one line. */
#ifndef KEG_OCI_STATE_H
#define KEG_OCI_STATE_H

#include "base/json.h"
#include "base/record.h"

/* The newest version of the runtime specification whose documents are known here, and the oldest. */
#define OCI_VERSION_MAX "1.3.0"
#define OCI_VERSION_MIN "1.0.0"

struct oci_state {
	const char *oci_version; /* NULL: OCI_VERSION_MAX */
	const char *id;
	int64_t pid; /* in the runtime's pid namespace; 0 when there is no process */
	const char
		*status; /* "creating", "created", "running", "stopped"; "paused" as crun has it */
	const char *bundle;  /* absolute */
	const char *rootfs;  /* absolute; for `state` */
	const char *root;    /* the same, for hooks, which know it by this name */
	const char *created; /* RFC 3339 with a fraction */
	const char *owner;
	struct string_pair *annotations;
	size_t n_annotations;
};

extern const struct record oci_state_record;

void oci_state_encode(const struct oci_state *state, struct json_writer *w, const char *name);

#endif
