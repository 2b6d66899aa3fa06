/* config_fuzz.c - libFuzzer: any bytes as config.json, process.json and `update --resources`.
 *
 * What is read is checked, written and read again: the second reading has to succeed and to give the
 * same. Every refusal has to have a code and a text. Seeds: tests/fuzz/corpus/config and
 * tests/data/configs; words: tests/fuzz/config.dict. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "oci/config.h"
#include "oci/validate.h"

#define ARENA_BYTES ((size_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* A failure says what is wrong; returns whether it was none. */
static bool sound(int r, const struct err *e)
{
	require(r == 0 ? e->code == ERR_NONE : r == -1 && e->code != ERR_NONE && *e->text);
	require(r == 0 || e->phase == PHASE_CONFIG);
	require(r == 0 || !*e->pointer || *e->pointer == '/');
	return r == 0;
}

static void written_and_read_again(struct arena *arena, const struct record *record,
				   const void *value)
{
	AUTO_STRBUF text = STRBUF(SIZE_MAX);
	struct json_writer w;
	const struct json *tree;
	struct err e = ERR_INIT;
	void *again = arena_alloc(arena, record->size);

	json_writer_init(&w, &text, false);
	record_encode(record, value, &w, NULL);
	require(json_writer_end(&w) == 0);
	require(json_parse(arena, text.data, text.length, NULL, &tree, &e) == 0);
	require(again && record_decode(record, arena, tree, "", NULL, again, &e) == 0);
	require(record_equal(record, value, again));
}

static void told(void *context, const char *pointer, const char *reason)
{
	require(*pointer == '/' && *reason);
	++*(size_t *)context;
}

static void config(const char *text, size_t size)
{
	AUTO_ARENA *arena = arena_new(ARENA_BYTES);
	struct oci_config *c;
	struct err e = ERR_INIT;
	size_t warnings = 0;

	require(arena);
	if (!sound(oci_config_parse(arena, text, size, &c, &e), &e))
		return;
	(void)sound(oci_config_validate(c, &e), &e); /* either will do */
	written_and_read_again(arena, &oci_config_record, c);
	e = ERR_INIT;
	require(sound(oci_config_warnings(text, size, told, &warnings, &e), &e));
}

static void process(const char *text, size_t size)
{
	AUTO_ARENA *arena = arena_new(ARENA_BYTES);
	struct oci_process *p;
	struct err e = ERR_INIT;

	require(arena);
	if (!sound(oci_process_parse(arena, text, size, &p, &e), &e))
		return;
	(void)sound(oci_process_validate(p, "", &e), &e); /* either will do */
	written_and_read_again(arena, &oci_process_record, p);
}

static void resources(const char *text, size_t size)
{
	AUTO_ARENA *arena = arena_new(ARENA_BYTES);
	struct oci_resources *r;
	struct err e = ERR_INIT;

	require(arena);
	if (!sound(oci_resources_parse(arena, text, size, &r, &e), &e))
		return;
	(void)sound(oci_resources_validate(r, "", &e), &e); /* either will do */
	written_and_read_again(arena, &oci_resources_record, r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	config((const char *)data, size);
	process((const char *)data, size);
	resources((const char *)data, size);
	return 0;
}
