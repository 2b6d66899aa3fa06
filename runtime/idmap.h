/* idmap.h - user namespaces that exist only to carry an id mapping for mounts.
 *
 * Ownership : the descriptor is the caller's, O_CLOEXEC; the namespace lives as long as it is used.
 * Source    : mount_setattr(2) "ID-mapped mounts"; runtime-spec config.md "mounts" uidMappings. */
#ifndef KEG_RUNTIME_IDMAP_H
#define KEG_RUNTIME_IDMAP_H

#include "base/arena.h"
#include "runtime/namespaces.h"

int idmap_open(const struct id_maps_request *maps, struct err *e);

/* "uids=0-1000-1#1-2000-5;gids=0-1000-1" of the option idmap=: container-host-size triples; with '@'
 * in front of a triple its host id is one of `container` (the mappings of the user namespace), translated. */
int idmap_parse(struct arena *arena, const char *spec, const struct id_maps_request *container,
		struct id_maps_request *out, struct err *e);

#endif
