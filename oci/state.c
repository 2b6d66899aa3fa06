/* state.c - the table of oci/state.h. */
#include "oci/state.h"

#include "oci/config-priv.h"

/* runtime.md "State" */
static const struct field state_fields[] = {
	F_STRING(struct oci_state, oci_version, "ociVersion", FIELD_REQUIRED),
	F_STRING(struct oci_state, id, "id", FIELD_REQUIRED),
	F_INT(struct oci_state, pid, "pid", FIELD_ALWAYS),
	F_STRING(struct oci_state, status, "status", FIELD_REQUIRED),
	F_STRING(struct oci_state, bundle, "bundle", FIELD_REQUIRED),
	F_STRING(struct oci_state, rootfs, "rootfs", FIELD_OPTIONAL),
	F_STRING(struct oci_state, root, "root", FIELD_OPTIONAL),
	F_STRING(struct oci_state, created, "created", FIELD_OPTIONAL),
	F_STRING(struct oci_state, owner, "owner", FIELD_OPTIONAL),
	F_STRING_MAP(struct oci_state, annotations, "annotations", FIELD_OPTIONAL),
};
const struct record oci_state_record = RECORD(struct oci_state, state_fields);

void oci_state_encode(const struct oci_state *state, struct json_writer *w, const char *name)
{
	struct oci_state full = *state;

	if (!full.oci_version)
		full.oci_version = OCI_VERSION_MAX;
	record_encode(&oci_state_record, &full, w, name);
}
