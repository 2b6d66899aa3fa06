/* toml_fuzz.c - libFuzzer: any bytes as a TOML document.
 *
 * What is read is a tree that JSON can say: its text, read as JSON, gives the same tree, with every
 * number and string well-formed and no name twice. */
#include "base/toml.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA *arena = arena_new(FUZZ_ARENA_BYTES);
	AUTO_STRBUF text = STRBUF(SIZE_MAX);
	struct err e = ERR_INIT;
	const struct json *value;

	FUZZ_REQUIRE(arena);
	int r = toml_parse(arena, (const char *)data, size, NULL, &value, &e);
	if (r != 0) {
		fuzz_check_refusal(r, &e);
		return 0;
	}
	FUZZ_REQUIRE(value->type == JSON_OBJECT);
	fuzz_write(&text, value, false);
	/* The limits of TOML are the tighter ones: what they let pass fits here, too. */
	FUZZ_REQUIRE(json_equal(value, fuzz_read(arena, &text, NULL)));
	return 0;
}
