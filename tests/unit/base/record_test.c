/* record_test.c - base/record: one table in every direction, every kind, every refusal. */
#include "base/record.h"

#include "base/scope.h"
#include "tests/unit/unit.h"

struct part {
	const char *key;
	const char *type;
	uint32_t id;
};

struct tree {
	const char *name;
	struct tree *children;
	size_t n_children;
};

struct whole {
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
	struct part *record;
	struct part *records;
	size_t n_records;
	struct string_pair *pairs;
	size_t n_pairs;
	struct part *parts;
	size_t n_parts;
	const struct json *json;
	const char **words;
	size_t n_words;
};

static const char *const part_types[] = { "pid", "net", NULL };
static const struct field part_fields[] = {
	F_WORD(struct part, type, "type", FIELD_REQUIRED, part_types),
	F_UINT32(struct part, id, "id", FIELD_OPTIONAL),
};
static const struct record part_record = RECORD(struct part, part_fields);

static const struct record tree_record;
static const struct field tree_fields[] = {
	F_STRING(struct tree, name, "name", FIELD_REQUIRED),
	F_RECORDS(struct tree, children, "children", FIELD_OPTIONAL, struct tree, &tree_record),
};
static const struct record tree_record = RECORD(struct tree, tree_fields);

/* One field of every kind. */
#define WHOLE_FIELDS(flag)                                                                         \
	{                                                                                          \
		F_STRING(struct whole, string, "string", flag),                                    \
			F_BOOL(struct whole, boolean, "bool", flag),                               \
			F_INT(struct whole, integer, "int", flag),                                 \
			F_UINT(struct whole, natural, "uint", flag),                               \
			F_INT32(struct whole, integer32, "int32", flag),                           \
			F_UINT32(struct whole, natural32, "uint32", flag),                         \
			F_BOOL_PTR(struct whole, boolean_ptr, "boolPtr", flag),                    \
			F_INT_PTR(struct whole, integer_ptr, "intPtr", flag),                      \
			F_UINT_PTR(struct whole, natural_ptr, "uintPtr", flag),                    \
			F_STRINGS(struct whole, strings, "strings", flag),                         \
			F_INTS(struct whole, integers, "ints", flag),                              \
			F_UINTS(struct whole, naturals, "uints", flag),                            \
			F_RECORD(struct whole, record, "record", flag, struct part, &part_record), \
			F_RECORDS(struct whole, records, "records", flag, struct part,             \
				  &part_record),                                                   \
			F_STRING_MAP(struct whole, pairs, "pairs", flag),                          \
			F_RECORD_MAP(struct whole, parts, "parts", flag, struct part,              \
				     &part_record),                                                \
			F_JSON(struct whole, json, "json", flag),                                  \
			F_WORDS(struct whole, words, "words", flag, part_types),                   \
	}
static const struct field whole_fields[] = WHOLE_FIELDS(FIELD_OPTIONAL);
static const struct record whole_record = RECORD(struct whole, whole_fields);
static const struct field always_fields[] = WHOLE_FIELDS(FIELD_ALWAYS);
static const struct record always_record = RECORD(struct whole, always_fields);
static const struct field required_fields[] = WHOLE_FIELDS(FIELD_REQUIRED);
static const struct record required_record = RECORD(struct whole, required_fields);

static const char full[] =
	"{\"string\":\"s\",\"bool\":true,\"int\":-9223372036854775808,\"uint\":18446744073709551615,"
	"\"int32\":-2147483648,\"uint32\":4294967295,\"boolPtr\":false,\"intPtr\":0,\"uintPtr\":0,"
	"\"strings\":[\"a\",\"\"],\"ints\":[-1,0],\"uints\":[1,0],\"record\":{\"type\":\"pid\"},"
	"\"records\":[{\"type\":\"pid\"},{\"type\":\"net\",\"id\":7}],\"pairs\":{\"z\":\"1\",\"a\":\"\"},"
	"\"parts\":{\"one\":{\"type\":\"net\",\"id\":1},\"two\":{\"type\":\"pid\"}},"
	"\"json\":[1.50,{\"a\":null}],\"words\":[\"net\"]}";

static int decode(const struct record *record, struct arena *arena, const char *text, void *out,
		  struct err *e)
{
	const struct json *value;

	if (json_parse(arena, text, strlen(text), NULL, &value, e) < 0)
		ck_abort_msg("%s", e->text);
	return record_decode(record, arena, value, "", NULL, out, e);
}

static char *encode(const struct record *record, const void *value)
{
	AUTO_STRBUF b = STRBUF(100000);
	struct json_writer w;

	json_writer_init(&w, &b, false);
	record_encode(record, value, &w, NULL);
	ck_assert_int_eq(json_writer_end(&w), 0);
	return strbuf_take(&b);
}

START_TEST(every_kind_is_in_the_sample_table)
{
	for (int kind = 0; kind < FIELD_KIND_COUNT; kind++) {
		bool found = false;
		for (size_t i = 0; i < ARRAY_SIZE(whole_fields); i++)
			found = found || (int)whole_fields[i].kind == kind;
		ck_assert_msg(found, "kind %d", kind);
	}
}
END_TEST

START_TEST(every_kind_is_decoded_into_its_member)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	struct whole w;

	memset(&w, 0xff, sizeof(w));
	ck_assert_int_eq(decode(&whole_record, arena, full, &w, &e), 0);
	ck_assert_str_eq(w.string, "s");
	ck_assert(w.boolean);
	ck_assert(w.integer == INT64_MIN);
	ck_assert(w.natural == UINT64_MAX);
	ck_assert(w.integer32 == INT32_MIN);
	ck_assert(w.natural32 == UINT32_MAX);
	ck_assert(!*w.boolean_ptr);
	ck_assert_int_eq(*w.integer_ptr, 0);
	ck_assert_uint_eq(*w.natural_ptr, 0);
	ck_assert_uint_eq(w.n_strings, 2);
	ck_assert_ptr_null(w.strings[2]); /* for execve(2) */
	ck_assert_str_eq(w.strings[0], "a");
	ck_assert_str_eq(w.strings[1], "");
	ck_assert_uint_eq(w.n_integers, 2);
	ck_assert_int_eq(w.integers[0], -1);
	ck_assert_uint_eq(w.n_naturals, 2);
	ck_assert_uint_eq(w.naturals[0], 1);
	ck_assert_str_eq(w.record->type, "pid");
	ck_assert_ptr_null(w.record->key);
	ck_assert_uint_eq(w.n_records, 2);
	ck_assert_str_eq(w.records[1].type, "net");
	ck_assert_uint_eq(w.records[1].id, 7);
	ck_assert_uint_eq(w.n_pairs, 2);
	ck_assert_str_eq(w.pairs[0].key, "z");
	ck_assert_str_eq(w.pairs[0].value, "1");
	ck_assert_str_eq(w.pairs[1].key, "a");
	ck_assert_uint_eq(w.n_parts, 2);
	ck_assert_str_eq(w.parts[0].key, "one");
	ck_assert_str_eq(w.parts[1].type, "pid");
	ck_assert_int_eq(w.json->type, JSON_ARRAY);
	ck_assert_uint_eq(w.n_words, 1);
}
END_TEST

START_TEST(what_is_decoded_is_encoded_to_the_same_text)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	struct whole w;

	ck_assert_int_eq(decode(&whole_record, arena, full, &w, &e), 0);
	AUTO_FREE char *text = encode(&whole_record, &w);
	ck_assert_str_eq(text, full);
}
END_TEST

START_TEST(an_empty_object_is_all_absent)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	struct whole w, zero = { 0 };

	memset(&w, 0xff, sizeof(w));
	ck_assert_int_eq(decode(&whole_record, arena, "{}", &w, &e), 0);
	ck_assert(memcmp(&w, &zero, sizeof(w)) == 0);
	AUTO_FREE char *text = encode(&whole_record, &w);
	ck_assert_str_eq(text, "{}");
}
END_TEST

START_TEST(null_is_absent_for_every_kind)
{
	AUTO_ARENA *arena = arena_new(1 << 20);

	for (size_t i = 0; i < ARRAY_SIZE(whole_fields); i++) {
		struct err e = ERR_INIT;
		struct whole w, zero = { 0 };
		AUTO_FREE char *text = str_format("{\"%s\":null}", whole_fields[i].name);
		ck_assert_int_eq(decode(&whole_record, arena, text, &w, &e), 0);
		ck_assert(memcmp(&w, &zero, sizeof(w)) == 0);
	}
}
END_TEST

START_TEST(empty_lists_and_maps_are_not_absent)
{
	static const char text[] =
		"{\"string\":\"\",\"strings\":[],\"ints\":[],\"uints\":[],\"records\":[],\"pairs\":{},"
		"\"parts\":{},\"words\":[]}";
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	struct whole w;

	ck_assert_int_eq(decode(&whole_record, arena, text, &w, &e), 0);
	ck_assert_ptr_nonnull(w.strings);
	ck_assert_uint_eq(w.n_strings, 0);
	AUTO_FREE char *again = encode(&whole_record, &w);
	ck_assert_str_eq(again, text);
}
END_TEST

START_TEST(always_and_required_fields_are_encoded_even_when_empty)
{
	static const char text[] =
		"{\"string\":\"\",\"bool\":false,\"int\":0,\"uint\":0,\"int32\":0,\"uint32\":0,"
		"\"boolPtr\":false,\"intPtr\":0,\"uintPtr\":0,\"strings\":[],\"ints\":[],\"uints\":[],"
		"\"record\":{},\"records\":[],\"pairs\":{},\"parts\":{},\"json\":null,\"words\":[]}";
	struct whole w = { 0 };
	AUTO_FREE char *always = encode(&always_record, &w);
	AUTO_FREE char *required = encode(&required_record, &w);

	ck_assert_str_eq(always, text);
	ck_assert_str_eq(required, text);
}
END_TEST

START_TEST(every_required_field_is_missed_by_name)
{
	AUTO_ARENA *arena = arena_new(10 << 20);

	for (size_t i = 0; i < ARRAY_SIZE(required_fields); i++) {
		struct err e = ERR_INIT;
		struct whole w;
		const struct json *value;
		ck_assert_int_eq(json_parse(arena, full, strlen(full), NULL, &value, &e), 0);
		/* Null counts as missing, and so does a name that is not there. */
		struct json *member = (struct json *)json_get(value, required_fields[i].name);
		for (int renamed = 0; renamed < 2; renamed++) {
			member->type = renamed ? member->type : JSON_NULL;
			member->name = renamed ? "other" : member->name;
			AUTO_FREE char *pointer = str_format("/%s", required_fields[i].name);
			ck_assert_int_eq(
				record_decode(&required_record, arena, value, "", NULL, &w, &e),
				-1);
			ck_assert_int_eq(e.code, ERR_INVALID);
			ck_assert_str_eq(e.text, "required");
			ck_assert_str_eq(e.pointer, pointer);
		}
	}
}
END_TEST

static const struct {
	const char *text, *line;
} wrong[] = {
	{ "[]", "expected object, got array" },
	{ "{\"string\":5}", "/string: expected string, got number" },
	{ "{\"bool\":\"true\"}", "/bool: expected boolean, got string" },
	{ "{\"boolPtr\":1}", "/boolPtr: expected boolean, got number" },
	{ "{\"int\":true}", "/int: expected number, got boolean" },
	{ "{\"int\":1.5}", "/int: `1.5` is not an integer" },
	{ "{\"int\":1.0}", "/int: `1.0` is not an integer" },
	{ "{\"uint\":1e3}", "/uint: `1e3` is not an integer" },
	{ "{\"int\":9223372036854775808}",
	  "/int: `9223372036854775808` is out of range (-9223372036854775808 to "
	  "9223372036854775807)" },
	{ "{\"intPtr\":-9223372036854775809}",
	  "/intPtr: `-9223372036854775809` is out of range (-9223372036854775808 to "
	  "9223372036854775807)" },
	{ "{\"uint\":-1}", "/uint: `-1` is out of range (0 to 18446744073709551615)" },
	{ "{\"uint\":18446744073709551616}",
	  "/uint: `18446744073709551616` is out of range (0 to 18446744073709551615)" },
	{ "{\"uintPtr\":-5}", "/uintPtr: `-5` is out of range (0 to 18446744073709551615)" },
	{ "{\"int32\":2147483648}",
	  "/int32: `2147483648` is out of range (-2147483648 to 2147483647)" },
	{ "{\"int32\":-2147483649}",
	  "/int32: `-2147483649` is out of range (-2147483648 to 2147483647)" },
	{ "{\"uint32\":4294967296}", "/uint32: `4294967296` is out of range (0 to 4294967295)" },
	{ "{\"strings\":\"a\"}", "/strings: expected array, got string" },
	{ "{\"strings\":[\"a\",2]}", "/strings/1: expected string, got number" },
	{ "{\"strings\":[null]}", "/strings/0: expected string, got null" },
	{ "{\"ints\":[1,\"2\"]}", "/ints/1: expected number, got string" },
	{ "{\"uints\":[1,2,-3]}", "/uints/2: `-3` is out of range (0 to 18446744073709551615)" },
	{ "{\"record\":[]}", "/record: expected object, got array" },
	{ "{\"record\":{}}", "/record/type: required" },
	{ "{\"records\":{}}", "/records: expected array, got object" },
	{ "{\"records\":[{\"type\":\"pid\"},{\"id\":1}]}", "/records/1/type: required" },
	{ "{\"records\":[null]}", "/records/0: expected object, got null" },
	{ "{\"records\":[{\"type\":\"cpu\"}]}", "/records/0/type: `cpu` is not one of pid, net" },
	{ "{\"pairs\":[]}", "/pairs: expected object, got array" },
	{ "{\"pairs\":{\"a/b\":7}}", "/pairs/a~1b: expected string, got number" },
	{ "{\"pairs\":{\"a\":null}}", "/pairs/a: expected string, got null" },
	{ "{\"parts\":[]}", "/parts: expected object, got array" },
	{ "{\"parts\":{\"~\":{\"type\":1}}}", "/parts/~0/type: expected string, got number" },
	{ "{\"words\":[\"pid\",\"PID\"]}", "/words/1: `PID` is not one of pid, net" },
};

START_TEST(a_wrong_value_is_named_with_its_pointer)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		AUTO_ARENA *arena = arena_new(1 << 20);
		struct err e = ERR_INIT;
		struct whole w;
		char line[512];
		ck_assert_int_eq(decode(&whole_record, arena, wrong[i].text, &w, &e), -1);
		err_format(&e, line, sizeof(line));
		ck_assert_str_eq(line, wrong[i].line);
		ck_assert_int_eq(e.code, ERR_INVALID);
	}
}
END_TEST

START_TEST(pointers_begin_where_the_caller_says)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	struct part part;
	const struct json *value;

	ck_assert_int_eq(json_parse(arena, "{}", 2, NULL, &value, &e), 0);
	ck_assert_int_eq(
		record_decode(&part_record, arena, value, "/linux/namespaces/3", NULL, &part, &e),
		-1);
	ck_assert_str_eq(e.pointer, "/linux/namespaces/3/type");
}
END_TEST

static void collect(void *context, const char *pointer)
{
	strbuf_addf(context, "%s\n", pointer);
}

START_TEST(unknown_members_are_told_and_skipped)
{
	static const char text[] =
		"{\"x\":1,\"string\":\"s\",\"record\":{\"type\":\"pid\",\"y/z\":{}},"
		"\"records\":[{\"type\":\"pid\"},{\"type\":\"pid\",\"q\":1}],"
		"\"parts\":{\"k\":{\"type\":\"pid\",\"r\":null}}}";
	AUTO_ARENA *arena = arena_new(1 << 20);
	AUTO_STRBUF told = STRBUF(1000);
	struct record_options options = { .unknown = collect, .unknown_context = &told };
	struct err e = ERR_INIT;
	struct whole w;
	const struct json *value;

	ck_assert_int_eq(json_parse(arena, text, strlen(text), NULL, &value, &e), 0);
	ck_assert_int_eq(record_decode(&whole_record, arena, value, "", &options, &w, &e), 0);
	ck_assert_str_eq(told.data, "/x\n/record/y~1z\n/records/1/q\n/parts/k/r\n");
	ck_assert_str_eq(w.string, "s");
}
END_TEST

START_TEST(members_are_found_in_any_order)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	struct whole w;

	ck_assert_int_eq(decode(&whole_record, arena,
				"{\"uint\":3,\"words\":[],\"string\":\"s\",\"int\":2}", &w, &e),
			 0);
	ck_assert_uint_eq(w.natural, 3);
	ck_assert_int_eq(w.integer, 2);
	ck_assert_str_eq(w.string, "s");
}
END_TEST

START_TEST(an_arena_at_its_limit_is_said_so)
{
	AUTO_ARENA *document = arena_new(1 << 20);
	struct err e = ERR_INIT;
	const struct json *value;
	struct whole w;
	size_t limit = 0;

	ck_assert_int_eq(json_parse(document, full, strlen(full), NULL, &value, &e), 0);
	for (;; limit++) {
		AUTO_ARENA *arena = arena_new(limit);
		e = ERR_INIT;
		if (record_decode(&whole_record, arena, value, "", NULL, &w, &e) == 0)
			break;
		ck_assert_int_eq(e.code, ERR_LIMIT);
	}
	ck_assert_uint_gt(limit, 5 * sizeof(struct part));
}
END_TEST

START_TEST(records_equal_themselves_and_nothing_else)
{
	/* Each row differs from every other. */
	static const char *const rows[] = {
		"{}",
		"{\"string\":\"\"}",
		"{\"string\":\"s\"}",
		"{\"bool\":true}",
		"{\"int\":1}",
		"{\"uint\":1}",
		"{\"int32\":1}",
		"{\"uint32\":1}",
		"{\"boolPtr\":false}",
		"{\"boolPtr\":true}",
		"{\"intPtr\":0}",
		"{\"intPtr\":1}",
		"{\"uintPtr\":0}",
		"{\"strings\":[]}",
		"{\"strings\":[\"a\"]}",
		"{\"strings\":[\"a\",\"b\"]}",
		"{\"strings\":[\"b\",\"a\"]}",
		"{\"ints\":[1]}",
		"{\"ints\":[2]}",
		"{\"uints\":[1]}",
		"{\"record\":{\"type\":\"pid\"}}",
		"{\"record\":{\"type\":\"net\"}}",
		"{\"records\":[{\"type\":\"net\"}]}",
		"{\"records\":[{\"type\":\"net\",\"id\":1}]}",
		"{\"pairs\":{\"a\":\"1\",\"b\":\"2\"}}",
		"{\"pairs\":{\"a\":\"2\",\"b\":\"1\"}}",
		"{\"pairs\":{\"a\":\"1\",\"c\":\"2\"}}",
		"{\"parts\":{\"a\":{\"type\":\"net\"}}}",
		"{\"parts\":{\"b\":{\"type\":\"net\"}}}",
		"{\"json\":1}",
		"{\"json\":{\"a\":1}}",
		"{\"words\":[\"pid\"]}",
	};
	AUTO_ARENA *arena = arena_new(10 << 20);
	struct err e = ERR_INIT;
	struct whole a, b;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t j = 0; j < ARRAY_SIZE(rows); j++) {
			ck_assert_int_eq(decode(&whole_record, arena, rows[i], &a, &e), 0);
			ck_assert_int_eq(decode(&whole_record, arena, rows[j], &b, &e), 0);
			ck_assert_msg(record_equal(&whole_record, &a, &b) == (i == j), "%s %s",
				      rows[i], rows[j]);
		}
}
END_TEST

START_TEST(maps_are_equal_in_any_order)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	struct whole a, b;

	ck_assert_int_eq(decode(&whole_record, arena,
				"{\"pairs\":{\"a\":\"1\",\"b\":\"2\"},"
				"\"parts\":{\"x\":{\"type\":\"pid\"},\"y\":{\"type\":\"net\"}}}",
				&a, &e),
			 0);
	ck_assert_int_eq(decode(&whole_record, arena,
				"{\"parts\":{\"y\":{\"type\":\"net\"},\"x\":{\"type\":\"pid\"}},"
				"\"pairs\":{\"b\":\"2\",\"a\":\"1\"}}",
				&b, &e),
			 0);
	ck_assert(record_equal(&whole_record, &a, &b));
}
END_TEST

static void collect_field(void *context, const char *pointer, const struct field *field)
{
	strbuf_addf(context, "%s %s\n", pointer, field->name);
}

START_TEST(every_field_is_described_with_its_pointer)
{
	AUTO_STRBUF told = STRBUF(4000);

	record_describe(&whole_record, collect_field, &told);
	ck_assert_str_eq(told.data, "/string string\n/bool bool\n/int int\n/uint uint\n"
				    "/int32 int32\n/uint32 uint32\n/boolPtr boolPtr\n"
				    "/intPtr intPtr\n/uintPtr uintPtr\n/strings strings\n"
				    "/ints ints\n/uints uints\n"
				    "/record record\n/record/type type\n/record/id id\n"
				    "/records records\n/records/-/type type\n/records/-/id id\n"
				    "/pairs pairs\n"
				    "/parts parts\n/parts/*/type type\n/parts/*/id id\n"
				    "/json json\n/words words\n");
}
END_TEST

START_TEST(a_record_within_itself_is_decoded_and_described)
{
	static const char text[] =
		"{\"name\":\"a\",\"children\":[{\"name\":\"b\",\"children\":[{\"name\":\"c\"}]}]}";
	AUTO_ARENA *arena = arena_new(1 << 20);
	AUTO_STRBUF told = STRBUF(1000);
	struct err e = ERR_INIT;
	struct tree tree;

	ck_assert_int_eq(decode(&tree_record, arena, text, &tree, &e), 0);
	ck_assert_str_eq(tree.children[0].children[0].name, "c");
	AUTO_FREE char *again = encode(&tree_record, &tree);
	ck_assert_str_eq(again, text);
	record_describe(&tree_record, collect_field, &told);
	ck_assert_str_eq(told.data, "/name name\n/children children\n");
	ck_assert_int_eq(decode(&tree_record, arena,
				"{\"name\":\"a\",\"children\":[{\"name\":\"b\"},{}]}", &tree, &e),
			 -1);
	ck_assert_str_eq(e.pointer, "/children/1/name");
}
END_TEST

UNIT_MAIN("base/record", every_kind_is_in_the_sample_table, every_kind_is_decoded_into_its_member,
	  what_is_decoded_is_encoded_to_the_same_text, an_empty_object_is_all_absent,
	  null_is_absent_for_every_kind, empty_lists_and_maps_are_not_absent,
	  always_and_required_fields_are_encoded_even_when_empty,
	  every_required_field_is_missed_by_name, a_wrong_value_is_named_with_its_pointer,
	  pointers_begin_where_the_caller_says, unknown_members_are_told_and_skipped,
	  members_are_found_in_any_order, an_arena_at_its_limit_is_said_so,
	  records_equal_themselves_and_nothing_else, maps_are_equal_in_any_order,
	  every_field_is_described_with_its_pointer,
	  a_record_within_itself_is_decoded_and_described)
