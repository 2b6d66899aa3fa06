/* json_fuzz.c - libFuzzer: any bytes as a JSON document.
 *
 * What is read and written, in either layout, is read again as the same; no node leaves its document;
 * caps that the document just meets let it pass, caps one smaller do not. */
#include "tests/fuzz/fuzz.h"

struct extent {
	size_t values;
	unsigned depth;
};

/* Counts the tree, and checks what json.h says of each node. */
static void measure(const struct json *value, size_t size, unsigned depth, struct extent *out)
{
	bool container = value->type == JSON_ARRAY || value->type == JSON_OBJECT;
	uint32_t children = 0;

	out->values++;
	if (container && depth > out->depth)
		out->depth = depth;
	FUZZ_REQUIRE(value->offset < size);
	if (value->type == JSON_STRING || value->type == JSON_NUMBER)
		FUZZ_REQUIRE(strlen(value->text) == value->count &&
			     str_is_utf8(value->text, value->count));
	if (!container)
		return;
	for (const struct json *child = value->first; child; child = child->next) {
		FUZZ_REQUIRE(child->offset > value->offset);
		FUZZ_REQUIRE(!child->name == (value->type == JSON_ARRAY));
		FUZZ_REQUIRE(!child->name || json_get(value, child->name) == child);
		measure(child, size, depth + 1, out);
		children++;
	}
	FUZZ_REQUIRE(children == value->count);
}

static void caps(const char *text, size_t size, const struct extent *extent)
{
	for (int cap = 0; cap < 4; cap++) {
		AUTO_ARENA *arena = arena_new(FUZZ_ARENA_BYTES);
		struct json_limits limits = { size, extent->depth, extent->values };
		struct err e = ERR_INIT;
		const struct json *value;
		if (cap == 1)
			limits.max_bytes--;
		if (cap == 2 && limits.max_depth-- == 0)
			continue;
		if (cap == 3)
			limits.max_values--;
		int r = json_parse(arena, text, size, &limits, &value, &e);
		FUZZ_REQUIRE(r == (cap == 0 ? 0 : -1));
		FUZZ_REQUIRE(e.code == (cap == 0 ? ERR_NONE : ERR_LIMIT));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA *arena = arena_new(FUZZ_ARENA_BYTES);
	AUTO_STRBUF compact = STRBUF(SIZE_MAX), pretty = STRBUF(SIZE_MAX), again = STRBUF(SIZE_MAX);
	struct err e = ERR_INIT;
	struct extent extent = { 0 };
	const struct json *value;

	FUZZ_REQUIRE(arena);
	int r = json_parse(arena, (const char *)data, size, NULL, &value, &e);
	if (r != 0) {
		fuzz_check_refusal(r, &e);
		return 0;
	}
	measure(value, size, 1, &extent);
	caps((const char *)data, size, &extent);
	fuzz_write(&compact, value, false);
	fuzz_write(&pretty, value, true);
	const struct json *second = fuzz_read(arena, &compact, NULL);
	FUZZ_REQUIRE(json_equal(value, second));
	FUZZ_REQUIRE(json_equal(value, fuzz_read(arena, &pretty, NULL)));
	fuzz_write(&again, second, false);
	FUZZ_REQUIRE(strcmp(compact.data, again.data) == 0);
	return 0;
}
