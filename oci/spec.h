/* spec.h - the config.json that `keg spec` writes: a shell in ./rootfs with everything of its own.
 *
 * As crun and runc write it: a terminal, three capabilities, 1024 open files, a read-only root, the
 * usual mounts, masked and read-only paths, no device beyond the default ones. Rootless: with a user
 * namespace in which the caller is root, and without what only the host's root may ask for (the gid
 * of /dev/pts, device rules).
 *
 * Ownership : the arena's, and constants.
 * Source    : runtime-spec config-linux.md "Default Filesystems"; crun-spec in crun(1). */
#ifndef KEG_OCI_SPEC_H
#define KEG_OCI_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "oci/config.h"

struct oci_spec_options {
	const char *hostname; /* the program's name; NULL: "keg" */
	bool rootless;
	uint32_t host_uid; /* with rootless: who is root inside */
	uint32_t host_gid;
};

/* NULL when the arena is full. */
struct oci_config *oci_spec_default(struct arena *arena, const struct oci_spec_options *options);

#endif
