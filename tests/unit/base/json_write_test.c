/* json_write_test.c - base/json_write: both layouts, escaping, and a buffer at its cap. */
#include <errno.h>

#include "base/json.h"
#include "base/scope.h"
#include "tests/unit/unit.h"

static void write_sample(struct json_writer *w)
{
	json_open_object(w, NULL);
	json_write_string(w, "s", "x");
	json_write_int(w, "i", INT64_MIN);
	json_write_uint(w, "u", UINT64_MAX);
	json_open_array(w, "a");
	json_write_bool(w, NULL, true);
	json_write_bool(w, NULL, false);
	json_write_null(w, NULL);
	json_open_object(w, NULL);
	json_close_object(w);
	json_open_array(w, NULL);
	json_close_array(w);
	json_close_array(w);
	json_open_object(w, "o");
	json_write_int(w, "k", 0);
	json_close_object(w);
	json_close_object(w);
}

START_TEST(compact_text_has_no_space)
{
	AUTO_STRBUF b = STRBUF(1000);
	struct json_writer w;

	json_writer_init(&w, &b, false);
	write_sample(&w);
	ck_assert_int_eq(json_writer_end(&w), 0);
	ck_assert_str_eq(b.data,
			 "{\"s\":\"x\",\"i\":-9223372036854775808,\"u\":18446744073709551615,"
			 "\"a\":[true,false,null,{},[]],\"o\":{\"k\":0}}");
}
END_TEST

START_TEST(pretty_text_has_two_spaces_a_level)
{
	AUTO_STRBUF b = STRBUF(1000);
	struct json_writer w;

	json_writer_init(&w, &b, true);
	write_sample(&w);
	ck_assert_int_eq(json_writer_end(&w), 0);
	ck_assert_str_eq(b.data, "{\n"
				 "  \"s\": \"x\",\n"
				 "  \"i\": -9223372036854775808,\n"
				 "  \"u\": 18446744073709551615,\n"
				 "  \"a\": [\n"
				 "    true,\n"
				 "    false,\n"
				 "    null,\n"
				 "    {},\n"
				 "    []\n"
				 "  ],\n"
				 "  \"o\": {\n"
				 "    \"k\": 0\n"
				 "  }\n"
				 "}");
}
END_TEST

static void writes_string(const char *value, const char *expected)
{
	AUTO_STRBUF b = STRBUF(1000);
	struct json_writer w;

	json_writer_init(&w, &b, false);
	json_write_string(&w, NULL, value);
	ck_assert_int_eq(json_writer_end(&w), 0);
	ck_assert_str_eq(b.data, expected);
}

START_TEST(strings_escape_what_they_must_and_nothing_else)
{
	writes_string("", "\"\"");
	writes_string("a/b <&> \x7f", "\"a/b <&> \x7f\"");
	writes_string("\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
	writes_string("\x01\x1f", "\"\\u0001\\u001f\"");
	writes_string("\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\"");
	writes_string(NULL, "null");
}
END_TEST

START_TEST(bytes_that_are_not_utf8_are_replaced)
{
	writes_string("a\xff\xfe"
		      "b",
		      "\"a\xef\xbf\xbd\xef\xbf\xbd"
		      "b\"");
	writes_string("\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}
END_TEST

START_TEST(names_are_escaped_too)
{
	AUTO_STRBUF b = STRBUF(1000);
	struct json_writer w;

	json_writer_init(&w, &b, false);
	json_open_object(&w, NULL);
	json_write_int(&w, "a\"\n", 1);
	json_close_object(&w);
	ck_assert_str_eq(b.data, "{\"a\\\"\\n\":1}");
}
END_TEST

START_TEST(what_is_read_is_written_back)
{
	static const char text[] =
		"{\"a\":[1,-2.50e+3,\"x\\n\\\"\xe2\x82\xac\",true,false,null,[],{}],\"b\":{\"c\":{\"d\":[[1]]}}}";
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	const struct json *value, *again;

	ck_assert_int_eq(json_parse(arena, text, strlen(text), NULL, &value, &e), 0);
	for (int pretty = 0; pretty < 2; pretty++) {
		AUTO_STRBUF b = STRBUF(1000);
		struct json_writer w;
		json_writer_init(&w, &b, pretty);
		json_write_value(&w, NULL, value);
		ck_assert_int_eq(json_writer_end(&w), 0);
		if (!pretty)
			ck_assert_str_eq(b.data, text);
		ck_assert_int_eq(json_parse(arena, b.data, b.length, NULL, &again, &e), 0);
		ck_assert(json_equal(value, again));
	}
}
END_TEST

START_TEST(no_tree_is_null)
{
	AUTO_STRBUF b = STRBUF(100);
	struct json_writer w;

	json_writer_init(&w, &b, false);
	json_write_value(&w, NULL, NULL);
	ck_assert_str_eq(b.data, "null");
}
END_TEST

START_TEST(every_cap_short_of_the_text_is_told_at_the_end)
{
	AUTO_STRBUF whole = STRBUF(1000);
	struct json_writer w;

	json_writer_init(&w, &whole, true);
	write_sample(&w);
	for (size_t cap = 0; cap < whole.length; cap++) {
		AUTO_STRBUF b = STRBUF(cap);
		json_writer_init(&w, &b, true);
		write_sample(&w);
		ck_assert_int_eq(json_writer_end(&w), -E2BIG);
		ck_assert_uint_le(b.length, cap);
	}
	AUTO_STRBUF b = STRBUF(whole.length);
	json_writer_init(&w, &b, true);
	write_sample(&w);
	ck_assert_int_eq(json_writer_end(&w), 0);
	ck_assert_str_eq(b.data, whole.data);
}
END_TEST

START_TEST(what_is_opened_and_closed_unevenly_is_told)
{
	AUTO_STRBUF open = STRBUF(100), closed = STRBUF(100);
	struct json_writer w;

	json_writer_init(&w, &open, false);
	json_open_object(&w, NULL);
	ck_assert_int_eq(json_writer_end(&w), -EPROTO);
	json_writer_init(&w, &closed, false);
	json_close_array(&w);
	ck_assert_int_eq(json_writer_end(&w), -EPROTO);
}
END_TEST

UNIT_MAIN("base/json_write", compact_text_has_no_space, pretty_text_has_two_spaces_a_level,
	  strings_escape_what_they_must_and_nothing_else, bytes_that_are_not_utf8_are_replaced,
	  names_are_escaped_too, what_is_read_is_written_back, no_tree_is_null,
	  every_cap_short_of_the_text_is_told_at_the_end,
	  what_is_opened_and_closed_unevenly_is_told)
