/* validate.h - is a decoded config.json one that could ever run, on some host?
 *
 * Everything the specification demands and everything the kernel would refuse whatever the host:
 * missing things, words nobody knows, numbers out of range, members that contradict each other.
 * The first thing wrong is reported.
 *
 * Errors    : ERR_INVALID, PHASE_CONFIG, the pointer of the member, a text with value and reason.
 * Source    : runtime-spec 1.3 config.md, config-linux.md; the man page at each check.
 * Never     : looks at the host; changes the config. A config without `process` is valid: the
 *             specification wants one only when the container is started. */
#ifndef KEG_OCI_VALIDATE_H
#define KEG_OCI_VALIDATE_H

#include "base/err.h"
#include "oci/config.h"

int oci_config_validate(const struct oci_config *config, struct err *e);
/* A process object by itself; `at` is what pointers begin with: "" for process.json. */
int oci_process_validate(const struct oci_process *process, const char *at, struct err *e);
/* A linux.resources object by itself. */
int oci_resources_validate(const struct oci_resources *resources, const char *at, struct err *e);

#endif
