/* record_fuzz.c - libFuzzer: any bytes as a JSON document of a table with a field of every kind.
 *
 * What is decoded is encoded and decoded again as the same. */
#include "base/record.h"
#include "tests/fuzz/fuzz.h"

struct tree {
	const char *key;
	const char *word;
	struct tree *children;
	size_t n_children;
	struct tree *named;
	size_t n_named;
	struct tree *one;
};

struct all {
	const char *string;
	bool boolean;
	int64_t integer;
	uint64_t natural;
	int32_t integer32;
	uint32_t natural32;
	const bool *boolean_ptr;
	const int64_t *integer_ptr;
	const uint64_t *natural_ptr;
	const char **strings;
	size_t n_strings;
	int64_t *integers;
	size_t n_integers;
	uint64_t *naturals;
	size_t n_naturals;
	struct string_pair *pairs;
	size_t n_pairs;
	const struct json *json;
	const char **words;
	size_t n_words;
	struct tree *tree;
};

static const char *const words[] = { "x", "yy", NULL };
static const struct record tree_record;
static const struct field tree_fields[] = {
	F_WORD(struct tree, word, "w", FIELD_REQUIRED, words),
	F_RECORDS(struct tree, children, "c", FIELD_OPTIONAL, struct tree, &tree_record),
	F_RECORD_MAP(struct tree, named, "n", FIELD_ALWAYS, struct tree, &tree_record),
	F_RECORD(struct tree, one, "o", FIELD_OPTIONAL, struct tree, &tree_record),
};
static const struct record tree_record = RECORD(struct tree, tree_fields);

static const struct field all_fields[] = {
	F_STRING(struct all, string, "s", FIELD_OPTIONAL),
	F_BOOL(struct all, boolean, "b", FIELD_OPTIONAL),
	F_INT(struct all, integer, "i", FIELD_ALWAYS),
	F_UINT(struct all, natural, "u", FIELD_OPTIONAL),
	F_INT32(struct all, integer32, "i3", FIELD_OPTIONAL),
	F_UINT32(struct all, natural32, "u3", FIELD_OPTIONAL),
	F_BOOL_PTR(struct all, boolean_ptr, "bp", FIELD_OPTIONAL),
	F_INT_PTR(struct all, integer_ptr, "ip", FIELD_OPTIONAL),
	F_UINT_PTR(struct all, natural_ptr, "up", FIELD_OPTIONAL),
	F_STRINGS(struct all, strings, "ss", FIELD_OPTIONAL),
	F_INTS(struct all, integers, "is", FIELD_OPTIONAL),
	F_UINTS(struct all, naturals, "us", FIELD_OPTIONAL),
	F_STRING_MAP(struct all, pairs, "sm", FIELD_OPTIONAL),
	F_JSON(struct all, json, "j", FIELD_OPTIONAL),
	F_WORDS(struct all, words, "ws", FIELD_OPTIONAL, words),
	F_RECORD(struct all, tree, "t", FIELD_OPTIONAL, struct tree, &tree_record),
};
static const struct record all_record = RECORD(struct all, all_fields);

static void count_unknown(void *context, const char *pointer)
{
	FUZZ_REQUIRE(*pointer == '/');
	++*(size_t *)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA *arena = arena_new(FUZZ_ARENA_BYTES);
	AUTO_STRBUF text = STRBUF(SIZE_MAX);
	struct json_writer w;
	struct err e = ERR_INIT;
	struct all all, again;
	const struct json *value;
	size_t unknown = 0;
	const struct record_options options = { count_unknown, &unknown };

	FUZZ_REQUIRE(arena);
	if (json_parse(arena, (const char *)data, size, NULL, &value, &e) != 0)
		return 0; /* json_fuzz's */
	int r = record_decode(&all_record, arena, value, "", &options, &all, &e);
	if (r != 0) {
		fuzz_check_refusal(r, &e);
		return 0;
	}
	FUZZ_REQUIRE(unknown <= size);
	json_writer_init(&w, &text, false);
	record_encode(&all_record, &all, &w, NULL);
	FUZZ_REQUIRE(json_writer_end(&w) == 0);
	unknown = 0;
	r = record_decode(&all_record, arena, fuzz_read(arena, &text, NULL), "", &options, &again,
			  &e);
	FUZZ_REQUIRE(r == 0 && unknown == 0);
	/* An absent FIELD_ALWAYS map is written empty: one more round has nothing to add. */
	AUTO_STRBUF third = STRBUF(SIZE_MAX);
	json_writer_init(&w, &third, false);
	record_encode(&all_record, &again, &w, NULL);
	FUZZ_REQUIRE(json_writer_end(&w) == 0 && strcmp(text.data, third.data) == 0);
	FUZZ_REQUIRE(record_equal(&all_record, &again, &again));
	return 0;
}
