/* json_test.c - base/json: the tree, the words for every mistake, and every cap. */
#include "base/json.h"

#include <errno.h>

#include "base/scope.h"
#include "tests/unit/unit.h"

static const struct json *parse(struct arena *arena, const char *text)
{
	struct err e = ERR_INIT;
	const struct json *value = NULL;

	if (json_parse(arena, text, strlen(text), NULL, &value, &e) < 0)
		ck_abort_msg("%s: %s", text, e.text);
	return value;
}

/* The whole line an operator reads. */
static void refused(const char *text, size_t length, const struct json_limits *limits,
		    enum err_code code, const char *expected)
{
	AUTO_ARENA *arena = arena_new((size_t)64 << 20);
	struct err e = ERR_INIT;
	const struct json *value = (const struct json *)1;
	char line[2048];

	ck_assert_msg(json_parse(arena, text, length, limits, &value, &e) == -1, "accepted: %s",
		      text);
	ck_assert_ptr_eq(value, (const struct json *)1);
	err_format(&e, line, sizeof(line));
	ck_assert_str_eq(line, expected);
	ck_assert_int_eq(e.code, code);
}

START_TEST(a_document_becomes_a_tree_in_its_order)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	const struct json *top = parse(
		arena, "{\"args\": [\"sh\", \"-c\"], \"n\": -1.50e+3,\n \"t\":true,\"f\":false,"
		       "\"z\":null,\"o\":{},\"a\":[] }");

	ck_assert_int_eq(top->type, JSON_OBJECT);
	ck_assert_uint_eq(top->count, 7);
	ck_assert_ptr_null(top->name);
	const struct json *args = top->first;
	ck_assert_str_eq(args->name, "args");
	ck_assert_int_eq(args->type, JSON_ARRAY);
	ck_assert_uint_eq(args->count, 2);
	ck_assert_uint_eq(args->offset, 9);
	ck_assert_str_eq(args->first->text, "sh");
	ck_assert_uint_eq(args->first->offset, 10);
	ck_assert_ptr_null(args->first->name);
	ck_assert_str_eq(args->first->next->text, "-c");
	ck_assert_ptr_null(args->first->next->next);
	ck_assert_str_eq(args->next->text, "-1.50e+3");
	ck_assert_uint_eq(args->next->count, 8);
	ck_assert_int_eq(args->next->type, JSON_NUMBER);
	ck_assert(json_get(top, "t")->boolean);
	ck_assert(!json_get(top, "f")->boolean);
	ck_assert_int_eq(json_get(top, "z")->type, JSON_NULL);
	ck_assert_ptr_null(json_get(top, "o")->first);
	ck_assert_uint_eq(json_get(top, "a")->count, 0);
	ck_assert_ptr_null(json_get(top, "absent"));
	ck_assert_ptr_null(json_get(args, "sh"));
	ck_assert_ptr_null(json_get(NULL, "sh"));
}
END_TEST

START_TEST(any_value_may_stand_alone)
{
	AUTO_ARENA *arena = arena_new(1 << 20);

	ck_assert_str_eq(parse(arena, "12")->text, "12");
	ck_assert_str_eq(parse(arena, " 0 \n")->text, "0");
	ck_assert_str_eq(parse(arena, "\"\"")->text, "");
	ck_assert_int_eq(parse(arena, "null")->type, JSON_NULL);
	ck_assert_int_eq(parse(arena, "[]")->type, JSON_ARRAY);
}
END_TEST

START_TEST(escapes_are_undone)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	const struct json *value = parse(
		arena, "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\","
		       "\"\\uffff\\u0001\", {\"k\\u0065y\": 1}]");

	ck_assert_str_eq(value->first->text, "\"\\/\b\f\n\r\t");
	ck_assert_uint_eq(value->first->count, 8);
	ck_assert_str_eq(value->first->next->text, "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	ck_assert_uint_eq(value->first->next->count, 10);
	ck_assert_str_eq(value->first->next->next->text, "\xef\xbf\xbf\x01");
	ck_assert_str_eq(value->first->next->next->next->first->name, "key");
}
END_TEST

START_TEST(numbers_keep_their_text_beside_any_neighbour)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	const struct json *value = parse(arena, "[1,2 ,-3,\n4.0,5e-1,{\"a\":6,\"b\": 7}]");
	static const char *const texts[] = { "1", "2", "-3", "4.0", "5e-1" };

	value = value->first;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++, value = value->next)
		ck_assert_str_eq(value->text, texts[i]);
	ck_assert_str_eq(json_get(value, "a")->text, "6");
	ck_assert_str_eq(json_get(value, "b")->text, "7");
	ck_assert_str_eq(value->first->name, "a");
}
END_TEST

START_TEST(the_callers_text_is_not_written_to_nor_kept)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	char text[] = "[\"a\\n\", 17]";
	struct err e = ERR_INIT;
	const struct json *value;

	ck_assert_int_eq(json_parse(arena, text, strlen(text), NULL, &value, &e), 0);
	ck_assert_str_eq(text, "[\"a\\n\", 17]");
	memset(text, 'x', sizeof(text));
	ck_assert_str_eq(value->first->text, "a\n");
	ck_assert_str_eq(value->first->next->text, "17");
}
END_TEST

START_TEST(integers_are_exact_or_refused)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	const struct json *v =
		parse(arena, "[9223372036854775807, 18446744073709551615, -1, 1.0, 1e3, \"1\", -0,"
			     "18446744073709551616]")
			->first;
	int64_t i = 0;
	uint64_t u = 0;

	ck_assert_int_eq(json_to_int64(v, &i), 0);
	ck_assert(i == INT64_MAX);
	v = v->next;
	ck_assert_int_eq(json_to_int64(v, &i), -ERANGE);
	ck_assert_int_eq(json_to_uint64(v, &u), 0);
	ck_assert(u == UINT64_MAX);
	v = v->next;
	ck_assert_int_eq(json_to_int64(v, &i), 0);
	ck_assert_int_eq(i, -1);
	ck_assert_int_eq(json_to_uint64(v, &u), -ERANGE);
	for (int bad = 0; bad < 3; bad++) {
		v = v->next;
		ck_assert_int_eq(json_to_int64(v, &i), -EINVAL);
		ck_assert_int_eq(json_to_uint64(v, &u), -EINVAL);
	}
	v = v->next;
	ck_assert_int_eq(json_to_uint64(v, &u), 0);
	ck_assert_uint_eq(u, 0);
	ck_assert_int_eq(json_to_uint64(v->next, &u), -ERANGE);
	ck_assert_int_eq(json_to_int64(NULL, &i), -EINVAL);
	ck_assert_int_eq(json_to_uint64(NULL, &u), -EINVAL);
}
END_TEST

START_TEST(every_type_has_a_name)
{
	for (int type = JSON_NULL; type <= JSON_OBJECT; type++)
		for (int other = JSON_NULL; other < type; other++)
			ck_assert_str_ne(json_type_name((enum json_type)type),
					 json_type_name((enum json_type)other));
	ck_assert_str_eq(json_type_name((enum json_type)99), "unknown");
}
END_TEST

/* What a person who edits a config.json gets wrong, and what they read then. */
static const struct {
	const char *text, *line;
} mistakes[] = {
	{ "", "empty document" },
	{ " \n\t ", "empty document" },
	{ "\xef\xbb\xbf{}", "document begins with a byte order mark" },
	{ "[1,2,]", "line 1 column 5: trailing comma before `]`" },
	{ "{\n  \"a\": 1,\n}", "line 2 column 9: trailing comma before `}`" },
	{ "{\"p\":{\"q\":[{\"r\":1,}]}}", "/p/q/0: line 1 column 18: trailing comma before `}`" },
	{ "{\"a\":1\n\"b\":2}", "line 1 column 7: missing comma" },
	{ "[{} {}]", "line 1 column 4: missing comma" },
	{ "[1 2]", "line 1 column 4: expected `,` or `]`, got `2`" },
	{ "{\"a\" 1}", "/a: line 1 column 6: expected `:`, got `1`" },
	{ "{\"a\" \"b\"}", "/a: line 1 column 6: expected `:`, got `\"`" },
	{ "{a:1}", "line 1 column 2: expected a key in double quotes or `}`, got `a`" },
	{ "{\"b\":1,a:1}", "line 1 column 8: expected a key in double quotes, got `a`" },
	{ "{1:1}", "line 1 column 2: expected a key in double quotes or `}`, got `1`" },
	{ "{,}", "line 1 column 2: expected a key in double quotes or `}`, got `,`" },
	{ "{]", "line 1 column 2: expected a key in double quotes or `}`, got `]`" },
	{ "[}", "line 1 column 2: expected a value or `]`, got `}`" },
	{ "[1,,2]", "line 1 column 4: expected a value, got `,`" },
	{ "{\"a\":}", "/a: line 1 column 6: expected a value, got `}`" },
	{ "{\"a\":,}", "/a: line 1 column 6: expected a value, got `,`" },
	{ "{'a':1}", "line 1 column 2: a string needs double quotes" },
	{ "['a']", "line 1 column 2: a string needs double quotes" },
	{ "// x\n{}", "line 1 column 1: comments are not JSON" },
	{ "[1, # x\n2]", "line 1 column 5: comments are not JSON" },
	{ "[tru]", "line 1 column 2: expected a value or `]`, got `tru`" },
	{ "[True]", "line 1 column 2: expected a value or `]`, got `True`" },
	{ "[truex]", "line 1 column 6: expected `,` or `]`, got `x`" },
	{ "[NaN]", "line 1 column 2: expected a value or `]`, got `NaN`" },
	{ "[-Infinity]", "line 1 column 2: number without a digit after the minus sign" },
	{ "[+1]", "line 1 column 2: expected a value or `]`, got `+`" },
	{ "[.5]", "line 1 column 2: expected a value or `]`, got `.`" },
	{ "[01]", "line 1 column 2: a number may not begin with 0" },
	{ "[-01]", "line 1 column 2: a number may not begin with 0" },
	{ "{\"mode\":0755}", "line 1 column 9: a number may not begin with 0" },
	{ "[0x10]", "line 1 column 3: expected `,` or `]`, got `x10`" },
	{ "[1.]", "line 1 column 2: number without a digit after the decimal point" },
	{ "[1e]", "line 1 column 2: number without a digit after the exponent" },
	{ "[1e+]", "line 1 column 2: number without a digit after the exponent" },
	{ "[\"abc", "line 1 column 2: string is not closed" },
	{ "[\"abc\\", "line 1 column 2: string is not closed" },
	{ "[\"abc\n\"]", "line 1 column 2: string is not closed on its line" },
	{ "[\"a\tb\"]", "line 1 column 4: control character 0x09 in a string, write \\u0009" },
	{ "[\"a\\qb\"]",
	  "line 1 column 4: invalid escape in a string, a backslash is written \\\\" },
	{ "[\"\\u12\"]", "line 1 column 3: \\u needs four hexadecimal digits" },
	{ "[\"\\u12G4\"]", "line 1 column 3: \\u needs four hexadecimal digits" },
	{ "{\"a\":\"\\u0000\"}", "/a: line 1 column 7: a string may not hold \\u0000" },
	{ "{\"\\u0000\":1}", "line 1 column 3: a string may not hold \\u0000" },
	{ "[\"\\ud800\"]", "line 1 column 3: \\ud800 is half of a surrogate pair" },
	{ "[\"\\ud800\\n\"]", "line 1 column 3: \\ud800 is half of a surrogate pair" },
	{ "[\"\\ud800\\u0041\"]", "line 1 column 3: \\ud800 is half of a surrogate pair" },
	{ "[\"x\\uDFFF\"]", "line 1 column 4: \\uDFFF is half of a surrogate pair" },
	{ "[\"\xc3\xa9\", \"\xff\"]", "line 1 column 8: byte 0xff is not UTF-8" },
	{ "[\"\xed\xa0\x80\"]", "line 1 column 3: byte 0xed is not UTF-8" },
	{ "[\"\xe2\x82", "line 1 column 3: byte 0xe2 is not UTF-8" },
	{ "[\xc3\xa9]", "line 1 column 2: expected a value or `]`, got byte 0xc3" },
	{ "\v14", "line 1 column 1: control character 0x0b" },
	{ "[1,\f2]", "line 1 column 4: control character 0x0c" },
	{ "[\x01]", "line 1 column 2: expected a value or `]`, got byte 0x01" },
	{ "{\"a\":1,\"b\":{\"c\":2,\"d\":3,\"c\":4}}",
	  "/b/c: line 1 column 25: duplicate key `c`" },
	{ "{\"a\":1,\"\\u0061\":2}", "/a: line 1 column 8: duplicate key `a`" },
	{ "[0,{\"a/~b\":1,\n\"a/~b\":2}]", "/1/a~1~0b: line 2 column 1: duplicate key `a/~b`" },
	{ "{} {}", "line 1 column 4: more text after the document's end" },
	{ "1 2", "line 1 column 3: more text after the document's end" },
	{ "{}}", "line 1 column 3: more text after the document's end" },
	{ "{\"a\":[1,2",
	  "/a: line 1 column 10: document ends before the `]` of the array that opens on line 1 "
	  "column 6" },
	{ "{\"a\":1,\n",
	  "line 2 column 1: document ends before the `}` of the object that opens on line 1 column "
	  "1" },
	{ "{\"a\":",
	  "/a: line 1 column 6: document ends before the `}` of the object that opens on line 1 "
	  "column 1" },
	{ "{\"a\"",
	  "/a: line 1 column 5: document ends before the `}` of the object that opens on line 1 "
	  "column 1" },
	{ "nul", "line 1 column 1: expected a value, got `nul`" },
	{ "-", "line 1 column 1: number without a digit after the minus sign" },
};

START_TEST(every_mistake_is_named_with_its_place)
{
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++)
		refused(mistakes[i].text, strlen(mistakes[i].text), NULL, ERR_INVALID,
			mistakes[i].line);
}
END_TEST

START_TEST(a_nul_byte_is_refused_within_and_behind_values)
{
	refused("[1\0]", 4, NULL, ERR_INVALID,
		"line 1 column 3: expected `,` or `]`, got byte 0x00");
	refused("{}\0", 3, NULL, ERR_INVALID,
		"line 1 column 3: more text after the document's end");
	refused("[\"a\0b\"]", 7, NULL, ERR_INVALID,
		"line 1 column 4: control character 0x00 in a string, write \\u0000");
}
END_TEST

START_TEST(every_cut_of_a_document_is_refused)
{
	static const char text[] =
		"{\"a\\u00e9\": [1, -2.5e3, \"x\\\"\\ud83d\\ude00\", true, null], \"b\": {\"c\": {}}}";
	AUTO_ARENA *arena = arena_new(10 << 20);

	for (size_t length = 0; length < sizeof(text) - 1; length++) {
		AUTO_FREE char *cut = malloc(length + 1); /* exact, so that ASan sees past it */
		struct err e = ERR_INIT;
		const struct json *value;
		memcpy(cut, text, length);
		ck_assert_int_eq(json_parse(arena, cut, length, NULL, &value, &e), -1);
		ck_assert_int_eq(e.code, ERR_INVALID);
		ck_assert(*e.text);
	}
	ck_assert_int_eq(parse(arena, text)->type, JSON_OBJECT);
}
END_TEST

START_TEST(a_document_may_be_as_large_as_the_cap_and_no_larger)
{
	const struct json_limits limits = { .max_bytes = 4, .max_depth = 4, .max_values = 4 };
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	const struct json *value;

	ck_assert_int_eq(json_parse(arena, "[ 1]", 4, &limits, &value, &e), 0);
	refused("[ 1 ]", 5, &limits, ERR_LIMIT, "document of 5 bytes is larger than 4");
}
END_TEST

START_TEST(a_document_over_the_cap_is_not_read)
{
	/* The text ends long before the length says. */
	refused("[]", (size_t)1 << 30, NULL, ERR_LIMIT,
		"document of 1073741824 bytes is larger than 16777216");
}
END_TEST

START_TEST(nesting_goes_to_the_cap_and_no_deeper)
{
	const struct json_limits limits = { .max_bytes = 100, .max_depth = 3, .max_values = 100 };
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	const struct json *value;

	ck_assert_int_eq(json_parse(arena, "[[{\"a\":1}]]", 11, &limits, &value, &e), 0);
	refused("[[{\"a\":[]}]]", 12, &limits, ERR_LIMIT,
		"/0/0/a: line 1 column 8: nested deeper than 3 levels");
	refused("[[[{}]]]", 8, &limits, ERR_LIMIT,
		"/0/0: line 1 column 4: nested deeper than 3 levels");
}
END_TEST

START_TEST(the_default_depth_is_64)
{
	char text[140];
	AUTO_ARENA *arena = arena_new(1 << 20);

	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	text[128] = 0;
	ck_assert_int_eq(parse(arena, text)->count, 1);
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	AUTO_FREE char *line = NULL;
	AUTO_STRBUF pointer = STRBUF(1000);
	for (int i = 0; i < 63; i++)
		strbuf_add(&pointer, "/0");
	line = str_format("%s: line 1 column 65: nested deeper than 64 levels", pointer.data);
	refused(text, 130, NULL, ERR_LIMIT, line);
}
END_TEST

START_TEST(a_million_brackets_end_at_the_depth_cap)
{
	AUTO_FREE char *text = malloc(1000000);
	AUTO_ARENA *arena = arena_new(64 << 20);
	struct err e = ERR_INIT;
	const struct json *value;

	memset(text, '[', 1000000);
	ck_assert_int_eq(json_parse(arena, text, 1000000, NULL, &value, &e), -1);
	ck_assert_int_eq(e.code, ERR_LIMIT);
}
END_TEST

START_TEST(values_are_counted_to_the_cap)
{
	const struct json_limits limits = { .max_bytes = 100, .max_depth = 3, .max_values = 4 };
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	const struct json *value;

	ck_assert_int_eq(json_parse(arena, "[1,2,3]", 7, &limits, &value, &e), 0);
	refused("[1,2,[3]]", 9, &limits, ERR_LIMIT, "/2: line 1 column 7: more than 4 values");
}
END_TEST

START_TEST(an_arena_at_its_limit_is_said_so)
{
	static const char text[] = "{\"a\":[1,2,3,4,5,6,7,8,9,10,{\"b\":\"c\"}]}";

	for (size_t limit = 0;; limit += 8) {
		AUTO_ARENA *arena = arena_new(limit);
		struct err e = ERR_INIT;
		const struct json *value;
		if (json_parse(arena, text, strlen(text), NULL, &value, &e) == 0) {
			ck_assert_uint_ge(limit, strlen(text));
			break;
		}
		ck_assert_int_eq(e.code, ERR_LIMIT);
		ck_assert_str_eq(e.text, "document needs more memory than it may use");
	}
}
END_TEST

static char *object_of(size_t members, const char *last_key)
{
	AUTO_STRBUF b = STRBUF((size_t)64 << 20);

	strbuf_add(&b, "{");
	for (size_t i = 0; i < members; i++)
		strbuf_addf(&b, "\"key-%zu\":%zu,", i, i);
	strbuf_addf(&b, "\"%s\":0}", last_key);
	return strbuf_take(&b);
}

START_TEST(a_duplicate_is_found_in_objects_of_any_size)
{
	for (size_t members = 1; members < 40; members++) {
		AUTO_ARENA *arena = arena_new(1 << 20);
		AUTO_FREE char *good = object_of(members, "key-x");
		AUTO_FREE char *bad = object_of(members, "key-0");
		AUTO_FREE char *line =
			str_format("/key-0: line 1 column %zu: duplicate key `key-0`",
				   strlen(bad) - strlen("\"key-0\":0}") + 1);
		ck_assert_uint_eq(parse(arena, good)->count, members + 1);
		refused(bad, strlen(bad), NULL, ERR_INVALID, line);
	}
}
END_TEST

START_TEST(the_first_of_several_duplicates_is_told)
{
	for (int large = 0; large < 2; large++) {
		AUTO_STRBUF b = STRBUF(10000);
		strbuf_add(&b, "{\n\"z\":1,\"z\":2,\"a\":3,\"a\":4");
		for (int i = 0; i < 30 * large; i++)
			strbuf_addf(&b, ",\"%d\":0", i);
		strbuf_add(&b, "}");
		refused(b.data, b.length, NULL, ERR_INVALID,
			"/z: line 2 column 7: duplicate key `z`");
	}
}
END_TEST

/* Compared each with each this would be 2 * 10^10 comparisons: the test's time bound would end it. */
START_TEST(an_object_of_200000_members_is_checked_quickly)
{
	AUTO_ARENA *arena = arena_new((size_t)64 << 20);
	AUTO_FREE char *good = object_of(200000, "last");
	AUTO_FREE char *bad = object_of(200000, "key-100000");
	struct err e = ERR_INIT;
	const struct json *value;

	ck_assert_uint_eq(parse(arena, good)->count, 200001);
	ck_assert_int_eq(json_parse(arena, bad, strlen(bad), NULL, &value, &e), -1);
	ck_assert_str_eq(e.pointer, "/key-100000");
}
END_TEST

START_TEST(equal_trees_are_equal_in_any_order_of_members)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{ "{\"a\":1,\"b\":[true,null,\"x\"]}", "{\"b\":[true,null,\"x\"],\"a\":1}", true },
		{ "[1,2]", "[2,1]", false },
		{ "[1]", "[1,1]", false },
		{ "{\"a\":1}", "{\"b\":1}", false },
		{ "{\"a\":1}", "{\"a\":1,\"b\":1}", false },
		{ "{\"a\":1}", "{\"a\":2}", false },
		{ "1", "1.0", false },
		{ "1", "\"1\"", false },
		{ "true", "false", false },
		{ "null", "false", false },
		{ "{}", "[]", false },
		{ "{}", "{}", true },
		{ "\"ab\"", "\"abc\"", false },
	};
	AUTO_ARENA *arena = arena_new(1 << 20);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct json *a = parse(arena, rows[i].a), *b = parse(arena, rows[i].b);
		ck_assert_msg(json_equal(a, b) == rows[i].equal, "row %zu", i);
		ck_assert_msg(json_equal(b, a) == rows[i].equal, "row %zu", i);
		ck_assert(json_equal(a, a) && json_equal(b, b));
		ck_assert(!json_equal(a, NULL) && !json_equal(NULL, b));
	}
	ck_assert(json_equal(NULL, NULL));
}
END_TEST

START_TEST(pointers_escape_what_they_must)
{
	AUTO_STRBUF pointer = STRBUF(100);

	ck_assert_int_eq(json_pointer_add(&pointer, "a/b~c"), 0);
	ck_assert_int_eq(json_pointer_add(&pointer, ""), 0);
	ck_assert_int_eq(json_pointer_add_index(&pointer, 12), 0);
	ck_assert_int_eq(json_pointer_add(&pointer, "~1"), 0);
	ck_assert_str_eq(pointer.data, "/a~1b~0c//12/~01");
}
END_TEST

UNIT_MAIN("base/json", a_document_becomes_a_tree_in_its_order, any_value_may_stand_alone,
	  escapes_are_undone, numbers_keep_their_text_beside_any_neighbour,
	  the_callers_text_is_not_written_to_nor_kept, integers_are_exact_or_refused,
	  every_type_has_a_name, every_mistake_is_named_with_its_place,
	  a_nul_byte_is_refused_within_and_behind_values, every_cut_of_a_document_is_refused,
	  a_document_may_be_as_large_as_the_cap_and_no_larger, a_document_over_the_cap_is_not_read,
	  nesting_goes_to_the_cap_and_no_deeper, the_default_depth_is_64,
	  a_million_brackets_end_at_the_depth_cap, values_are_counted_to_the_cap,
	  an_arena_at_its_limit_is_said_so, a_duplicate_is_found_in_objects_of_any_size,
	  the_first_of_several_duplicates_is_told, an_object_of_200000_members_is_checked_quickly,
	  equal_trees_are_equal_in_any_order_of_members, pointers_escape_what_they_must)
