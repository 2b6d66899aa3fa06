/* documents.h - config.json texts for the tests of oci/, and what is done with them in most.
 *
 * Texts are written with ' for " so that they can be read in C. */
#ifndef KEG_TESTS_UNIT_OCI_DOCUMENTS_H
#define KEG_TESTS_UNIT_OCI_DOCUMENTS_H

#include <fcntl.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "base/scope.h"
#include "base/str.h"
#include "oci/config.h"
#include "tests/unit/unit.h"

#define DOCUMENT_ARENA_BYTES ((size_t)128 << 20)

#define MINIMAL "'ociVersion':'1.0.0','root':{'path':'rootfs'}"
#define CONFIG(members) "{" MINIMAL "," members "}"
#define PROCESS_OF(members) "'process':{'cwd':'/','args':['sh']," members "}"
#define PROCESS(members) CONFIG(PROCESS_OF(members))
#define LINUX(members) CONFIG("'linux':{" members "}")
/* With each namespace that some member needs. */
#define ALL_NAMESPACES                                                                             \
	"'namespaces':[{'type':'user'},{'type':'uts'},{'type':'ipc'},{'type':'network'},"          \
	"{'type':'time'}]"
#define ISOLATED(members) LINUX(ALL_NAMESPACES "," members)
#define RESOURCES(members) LINUX("'resources':{" members "}")

/* The text with " for '; malloc'ed. */
static inline char *document_text(const char *quoted)
{
	char *text = strdup(quoted);

	ck_assert_ptr_nonnull(text);
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	return text;
}

static inline struct arena *document_arena(void)
{
	struct arena *arena = arena_new(DOCUMENT_ARENA_BYTES);

	ck_assert_ptr_nonnull(arena);
	return arena;
}

static inline struct oci_config *document_parsed(struct arena *arena, const char *text)
{
	struct oci_config *config = NULL;
	struct err e = ERR_INIT;

	ck_assert_msg(oci_config_parse(arena, text, strlen(text), &config, &e) == 0, "%s: %s in %s",
		      e.pointer, e.text, text);
	return config;
}

/* Encoded; malloc'ed. */
static inline char *document_encoded(const struct oci_config *config, bool pretty)
{
	AUTO_STRBUF out = STRBUF(OCI_CONFIG_MAX_BYTES);
	struct json_writer w;

	json_writer_init(&w, &out, pretty);
	oci_config_encode(config, &w);
	ck_assert_int_eq(json_writer_end(&w), 0);
	return strbuf_take(&out);
}

/* A file of the source tree, NUL-terminated; malloc'ed. */
static inline char *document_file(const char *path)
{
	AUTO_FREE char *full = str_format("%s/%s", TEST_SOURCE_DIR, path);
	char *text = NULL;
	size_t length;
	int r = file_read_at(AT_FDCWD, full, OCI_CONFIG_MAX_BYTES, &text, &length);

	ck_assert_msg(r == 0, "read %s: %s", full, strerror(-r));
	return text;
}

#endif
