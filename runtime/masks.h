/* masks.h - parts of a container's file systems hidden (maskedPaths) or made read-only (readonlyPaths).
 *
 * A masked file shows the host's null device, checked to be 1:3, bound read-only; a masked directory an empty
 * read-only one, the same for all. What does not exist needs no mask; anything else that fails is an
 * error, and so is a path that a symlink leads to elsewhere.
 *
 * Source : runtime-spec config-linux.md "Masked Paths", "Readonly Paths"; CVE-2025-31133. */
#ifndef KEG_RUNTIME_MASKS_H
#define KEG_RUNTIME_MASKS_H

#include "runtime/plan.h"

extern const struct step_kind mask_step;     /* object: the path */
extern const struct step_kind readonly_step; /* object: the path */

#endif
