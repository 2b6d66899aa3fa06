/* toml_test.c - base/toml: order, values, which table may be opened again, mistakes and caps. */
#include "base/toml.h"

#include "base/scope.h"
#include "tests/unit/unit.h"

/* The document as JSON says all that the tree holds. */
static void reads(const char *text, const char *expected)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	AUTO_STRBUF b = STRBUF(1 << 20);
	struct err e = ERR_INIT;
	struct json_writer w;
	const struct json *value;

	if (toml_parse(arena, text, strlen(text), NULL, &value, &e) < 0)
		ck_abort_msg("%s: %s", text, e.text);
	json_writer_init(&w, &b, false);
	json_write_value(&w, NULL, value);
	ck_assert_int_eq(json_writer_end(&w), 0);
	ck_assert_str_eq(b.data, expected);
}

static void refused(const char *text, size_t length, const struct json_limits *limits,
		    enum err_code code, const char *expected)
{
	AUTO_ARENA *arena = arena_new((size_t)16 << 20);
	struct err e = ERR_INIT;
	const struct json *value = (const struct json *)1;
	char line[1024];

	ck_assert_msg(toml_parse(arena, text, length, limits, &value, &e) == -1, "accepted: %s",
		      text);
	ck_assert_ptr_eq(value, (const struct json *)1);
	err_format(&e, line, sizeof(line));
	ck_assert_str_eq(line, expected);
	ck_assert_int_eq(e.code, code);
}

START_TEST(a_registry_hosts_file_keeps_its_order)
{
	reads("server = \"https://registry.example\"\n"
	      "\n"
	      "[host.\"https://mirror-b.example\"]\n"
	      "  capabilities = [\"pull\", \"resolve\"] # no push\n"
	      "  [host.\"https://mirror-b.example\".header]\n"
	      "    x-custom = [\"1\"]\r\n"
	      "[host.\"https://mirror-a.example\"]\n"
	      "  skip_verify = true\n"
	      "  client = [[\"/etc/cert.pem\", \"/etc/key.pem\"],]",
	      "{\"server\":\"https://registry.example\",\"host\":{"
	      "\"https://mirror-b.example\":{\"capabilities\":[\"pull\",\"resolve\"],"
	      "\"header\":{\"x-custom\":[\"1\"]}},"
	      "\"https://mirror-a.example\":{\"skip_verify\":true,"
	      "\"client\":[[\"/etc/cert.pem\",\"/etc/key.pem\"]]}}}");
}
END_TEST

START_TEST(an_empty_document_is_an_empty_table)
{
	reads("", "{}");
	reads(" \n# only a comment", "{}");
	reads("\xef\xbb\xbf"
	      "a = 1",
	      "{\"a\":1}");
}
END_TEST

START_TEST(integers_come_out_in_plain_decimal)
{
	reads("a = +99\nb = -17\nc = 1_000\nd = 0xDEAD_beef\ne = 0o755\nf = 0b1101\ng = -0\nh = +0",
	      "{\"a\":99,\"b\":-17,\"c\":1000,\"d\":3735928559,\"e\":493,\"f\":13,\"g\":-0,\"h\":0}");
	reads("a = 9223372036854775807\nb = -9223372036854775808\nc = 0x7fffffffffffffff",
	      "{\"a\":9223372036854775807,\"b\":-9223372036854775808,\"c\":9223372036854775807}");
}
END_TEST

START_TEST(floats_keep_their_digits)
{
	reads("a = +1.0\nb = 3.14_15\nc = -0.01\nd = 5e+22\ne = 1E06\nf = 6.626e-34\ng = 1_0e1_0",
	      "{\"a\":1.0,\"b\":3.1415,\"c\":-0.01,\"d\":5e+22,\"e\":1E06,\"f\":6.626e-34,\"g\":10e10}");
}
END_TEST

START_TEST(dates_and_times_are_strings_as_written)
{
	reads("a = 1979-05-27T07:32:00Z\nb = 1979-05-27 00:32:00.999999-07:00\n"
	      "c = 1979-05-27T07:32:00\nd = 2000-02-29 # leap\ne = 07:32:00.5\n"
	      "f = 1979-05-27t07:32:00z",
	      "{\"a\":\"1979-05-27T07:32:00Z\",\"b\":\"1979-05-27 00:32:00.999999-07:00\","
	      "\"c\":\"1979-05-27T07:32:00\",\"d\":\"2000-02-29\",\"e\":\"07:32:00.5\","
	      "\"f\":\"1979-05-27t07:32:00z\"}");
}
END_TEST

START_TEST(strings_of_all_four_forms)
{
	reads("a = \"\\b\\t\\n\\f\\r\\\"\\\\\\u00e9\\U0001F600\"\n"
	      "b = 'C:\\dir\\'\n"
	      "c = \"\"\"\nline 1\n  line 2 \\\n\n   \t and on\"\"\"\n"
	      "d = '''\nlit \\\n ''two'' ''''' # two quotes more\n"
	      "e = \"\"\"\"quoted\"\"\"\"\"\n"
	      "f = \"\"\ng = ''\nh = \"\"\"\"\"\"\n"
	      "i = \"\"\"a\r\nb\"\"\"",
	      "{\"a\":\"\\b\\t\\n\\f\\r\\\"\\\\\xc3\xa9\xf0\x9f\x98\x80\",\"b\":\"C:\\\\dir\\\\\","
	      "\"c\":\"line 1\\n  line 2 and on\",\"d\":\"lit \\\\\\n ''two'' ''\","
	      "\"e\":\"\\\"quoted\\\"\\\"\",\"f\":\"\",\"g\":\"\",\"h\":\"\",\"i\":\"a\\nb\"}");
}
END_TEST

START_TEST(keys_may_be_bare_quoted_and_dotted)
{
	reads("a-b_1 = 1\n\"c d\" = 2\n'e\"' = 3\n\"\" = 4\n1234 = 5\nx . \"y.z\" .w = 6\nx.v = 7",
	      "{\"a-b_1\":1,\"c d\":2,\"e\\\"\":3,\"\":4,\"1234\":5,\"x\":{\"y.z\":{\"w\":6},\"v\":7}}");
}
END_TEST

START_TEST(arrays_span_lines_and_inline_tables_nest)
{
	reads("a = [ # comment\n 1,\n [2, {x = 3, y.z = {}, y.w = []}]\n , ]\nb = {}",
	      "{\"a\":[1,[2,{\"x\":3,\"y\":{\"z\":{},\"w\":[]}}]],\"b\":{}}");
}
END_TEST

START_TEST(tables_of_arrays_get_one_more_element_each)
{
	reads("[[p]]\nn = 1\n[p.sub]\nq = 1\n[[p]]\n[[p]]\nn = 3\n[[p.l]]\nm = 1\n[[p.l]]\n[p.sub]",
	      "{\"p\":[{\"n\":1,\"sub\":{\"q\":1}},{},{\"n\":3,\"l\":[{\"m\":1},{}],\"sub\":{}}]}");
}
END_TEST

/* The table at the top of toml.c, cell by cell. */
START_TEST(tables_are_opened_again_only_where_toml_allows)
{
	static const struct {
		const char *text, *json, *line; /* read or refused */
	} rows[] = {
		{ "[x]\n[x]", NULL, "/x: line 2 column 2: duplicate key `x`, first on line 1" },
		{ "[x.y]\nb=1\n[x]\na=1", "{\"x\":{\"y\":{\"b\":1},\"a\":1}}", NULL },
		{ "[x.y]\n[x]\n[x]", NULL,
		  "/x: line 3 column 2: duplicate key `x`, first on line 1" },
		{ "x.y=1\n[x]", NULL, "/x: line 2 column 2: duplicate key `x`, first on line 1" },
		{ "[[x]]\n[x]", NULL, "/x: line 2 column 2: duplicate key `x`, first on line 1" },
		{ "x={}\n[x]", NULL, "/x: line 2 column 2: duplicate key `x`, first on line 1" },
		{ "x=1\n[x]", NULL, "/x: line 2 column 2: duplicate key `x`, first on line 1" },

		{ "[a.x]\n[a]\nx.y=1", NULL,
		  "/a/x: line 3 column 1: `x` of line 1 cannot be added to here" },
		{ "[a.x.z]\n[a]\nx.y=1", "{\"a\":{\"x\":{\"z\":{},\"y\":1}}}", NULL },
		{ "x.y=1\nx.z=2", "{\"x\":{\"y\":1,\"z\":2}}", NULL },
		{ "[a]\nx.y=1\n[b]\n[a.c]\n[a.x.d]",
		  "{\"a\":{\"x\":{\"y\":1,\"d\":{}},\"c\":{}},\"b\":{}}", NULL },
		{ "[a.b]\nx.y=1\n[a]\nb.x.z=2", NULL,
		  "/a/b: line 4 column 1: `b` of line 1 cannot be added to here" },
		{ "[[a.x]]\n[a]\nx.y=1", NULL,
		  "/a/x: line 3 column 1: `x` of line 1 cannot be added to here" },
		{ "x={}\nx.y=1", NULL,
		  "/x: line 2 column 1: `x` of line 1 cannot be added to here" },
		{ "x=[]\nx.y=1", NULL,
		  "/x: line 2 column 1: `x` of line 1 cannot be added to here" },

		{ "[x]\n[x.y]", "{\"x\":{\"y\":{}}}", NULL },
		{ "[x.a]\n[x.y]", "{\"x\":{\"a\":{},\"y\":{}}}", NULL },
		{ "x.a=1\n[x.y]", "{\"x\":{\"a\":1,\"y\":{}}}", NULL },
		{ "[[x]]\n[[x]]\n[x.y]", "{\"x\":[{},{\"y\":{}}]}", NULL },
		{ "x={}\n[x.y]", NULL,
		  "/x: line 2 column 2: `x` of line 1 cannot be added to here" },
		{ "x=[{}]\n[x.y]", NULL,
		  "/x: line 2 column 2: `x` of line 1 cannot be added to here" },

		{ "[x]\n[[x]]", NULL, "/x: line 2 column 3: duplicate key `x`, first on line 1" },
		{ "[x.y]\n[[x]]", NULL, "/x: line 2 column 3: duplicate key `x`, first on line 1" },
		{ "x.y=1\n[[x]]", NULL, "/x: line 2 column 3: duplicate key `x`, first on line 1" },
		{ "[[x]]\n[[x]]", "{\"x\":[{},{}]}", NULL },
		{ "x=[]\n[[x]]", NULL, "/x: line 2 column 3: duplicate key `x`, first on line 1" },

		{ "a={b.c=1,b.d=2}", "{\"a\":{\"b\":{\"c\":1,\"d\":2}}}", NULL },
		{ "a={b={c=1},b.d=2}", NULL,
		  "/a/b: line 1 column 12: `b` of line 1 cannot be added to here" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].json)
			reads(rows[i].text, rows[i].json);
		else
			refused(rows[i].text, strlen(rows[i].text), NULL, ERR_INVALID,
				rows[i].line);
	}
}
END_TEST

static const struct {
	const char *text, *line;
} mistakes[] = {
	{ "a", "/a: line 1 column 2: expected `=` after the key, got the end of the document" },
	{ "a\n", "/a: line 1 column 2: expected `=` after the key, got the end of the line" },
	{ "a =", "/a: line 1 column 4: expected a value, got the end of the document" },
	{ "a = # x", "/a: line 1 column 5: expected a value, got `#`" },
	{ "= 1", "line 1 column 1: expected a key, got `=`" },
	{ "a. = 1", "/a: line 1 column 4: expected a key, got `=`" },
	{ "a = 1 b = 2", "line 1 column 7: expected the end of the line, got `b`" },
	{ "[t] a = 1", "/t: line 1 column 5: expected the end of the line, got `a`" },
	{ "[t", "/t: line 1 column 3: expected `]`, got the end of the document" },
	{ "[]", "line 1 column 2: expected a key, got `]`" },
	{ "[[t]\n", "/t: line 1 column 4: expected `]]`, got `]`" },
	{ "[t]\n\xc3\xa9 = 1", "/t: line 2 column 1: expected a key, got byte 0xc3" },
	{ "a = 1\r", "line 1 column 6: expected the end of the line, got byte 0x0d" },
	{ "a = 1\nb = 2\na = 3", "/a: line 3 column 1: duplicate key `a`, first on line 1" },
	{ "[t]\na.b = 1\na.b = 1", "/t/a/b: line 3 column 3: duplicate key `b`, first on line 2" },
	{ "[[t]]\n[[t]]\na=1\na=2", "/t/1/a: line 4 column 1: duplicate key `a`, first on line 3" },
	{ "server = https://x",
	  "/server: line 1 column 10: expected a value, got `https:` (a string needs quotes)" },
	{ "a = True", "/a: line 1 column 5: expected a value, got `True` (a string needs quotes)" },
	{ "a = null", "/a: line 1 column 5: expected a value, got `null` (a string needs quotes)" },
	{ "a = inf", "/a: line 1 column 5: `inf` is not used here" },
	{ "a = -nan", "/a: line 1 column 5: `-nan` is not used here" },
	{ "a = 01", "/a: line 1 column 5: `01` is not a number" },
	{ "a = 1_", "/a: line 1 column 5: `1_` is not a number" },
	{ "a = 1__0", "/a: line 1 column 5: `1__0` is not a number" },
	{ "a = 0b_1", "/a: line 1 column 5: `0b_1` is not a number" },
	{ "a = 0x", "/a: line 1 column 5: `0x` is not a number" },
	{ "a = 0o8", "/a: line 1 column 5: `0o8` is not a number" },
	{ "a = -0x1", "/a: line 1 column 5: `-0x1` is not a number" },
	{ "a = 1.", "/a: line 1 column 5: `1.` is not a number" },
	{ "a = .5", "/a: line 1 column 5: expected a value, got `.5` (a string needs quotes)" },
	{ "a = 1e", "/a: line 1 column 5: `1e` is not a number" },
	{ "a = 9223372036854775808",
	  "/a: line 1 column 5: `9223372036854775808` is out of range of a 64-bit integer" },
	{ "a = 0x8000000000000000",
	  "/a: line 1 column 5: `0x8000000000000000` is out of range of a 64-bit integer" },
	{ "a = 2001-02-29", "/a: line 1 column 5: `2001-02-29` is not a date or time" },
	{ "a = 24:00:00", "/a: line 1 column 5: `24:00:00` is not a date or time" },
	{ "a = 1979-05-27T07:32", "/a: line 1 column 5: `1979-05-27T07:32` is not a date or time" },
	{ "a = \"x", "line 1 column 5: string is not closed" },
	{ "a = \"x\n\"", "line 1 column 5: string is not closed on its line" },
	{ "a = \"\"\"x\n\"\"", "line 1 column 5: string is not closed" },
	{ "a = 'x", "line 1 column 5: string is not closed" },
	{ "a = \"\\q\"",
	  "line 1 column 6: invalid escape in a string, a backslash is written \\\\ or within '...'" },
	{ "a = \"\\u12\"", "line 1 column 6: \\u needs 4 hexadecimal digits" },
	{ "a = \"\\U0011\"", "line 1 column 6: \\U needs 8 hexadecimal digits" },
	{ "a = \"\\ud800\"", "line 1 column 6: \\ud800 is not a Unicode character" },
	{ "a = \"\\U00110000\"", "line 1 column 6: \\U00110000 is not a Unicode character" },
	{ "a = \"\\u0000\"", "line 1 column 6: a string may not hold \\u0000" },
	{ "a = \"\x01\"", "line 1 column 6: control character 0x01 in a string" },
	{ "# \x7f", "line 1 column 3: control character 0x7f in a comment" },
	{ "a = \"\xff\"", "line 1 column 6: byte 0xff is not UTF-8" },
	{ "a = [1 2]", "/a: line 1 column 8: expected `,` or `]`, got `2`" },
	{ "a = [1,\n2", "/a: line 1 column 5: array is not closed" },
	{ "a = [,]", "/a: line 1 column 6: expected a value, got `,`" },
	{ "a = {x = 1,}", "/a: line 1 column 11: trailing comma before `}`" },
	{ "a = {x = 1\n}",
	  "/a: line 1 column 11: expected `,` or `}` on the same line, got the end of the line" },
	{ "a = {x = 1, x = 2}", "/a/x: line 1 column 13: duplicate key `x`, first on line 1" },
	{ "a = {", "/a: line 1 column 6: expected a key, got the end of the document" },
};

START_TEST(every_mistake_is_named_with_its_place)
{
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++)
		refused(mistakes[i].text, strlen(mistakes[i].text), NULL, ERR_INVALID,
			mistakes[i].line);
}
END_TEST

START_TEST(a_nul_byte_is_refused_everywhere)
{
	refused("a\0 = 1", 6, NULL, ERR_INVALID,
		"/a: line 1 column 2: expected `=` after the key, got byte 0x00");
	refused("a = \"\0\"", 7, NULL, ERR_INVALID,
		"line 1 column 6: control character 0x00 in a string");
	refused("#\0", 2, NULL, ERR_INVALID,
		"line 1 column 2: control character 0x00 in a comment");
	refused("\0", 1, NULL, ERR_INVALID, "line 1 column 1: expected a key, got byte 0x00");
}
END_TEST

START_TEST(no_cut_of_a_document_reads_past_its_end)
{
	static const char text[] =
		"[a.\"b\"]\nc.d = [1, -2.5, {x = \"\\u00e9\"}, 1979-05-27 07:32:00Z]\n"
		"e = \"\"\"m\\\n \"\"\"\nf = '''l'''\n[[g]]\n# end";

	for (size_t length = 0; length < sizeof(text) - 1; length++) {
		AUTO_FREE char *exact = malloc(length ? length : 1); /* ASan sees past it */
		AUTO_ARENA *arena = arena_new(1 << 20);
		struct err e = ERR_INIT;
		const struct json *value;
		memcpy(exact, text, length);
		if (toml_parse(arena, exact, length, NULL, &value, &e) < 0)
			ck_assert_int_eq(e.code, ERR_INVALID);
		else
			ck_assert_int_eq(value->type, JSON_OBJECT);
	}
}
END_TEST

START_TEST(a_document_may_be_as_large_as_the_cap_and_no_larger)
{
	const struct json_limits limits = { .max_bytes = 5, .max_depth = 4, .max_values = 4 };
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	const struct json *value;

	ck_assert_int_eq(toml_parse(arena, "a = 1", 5, &limits, &value, &e), 0);
	refused("a = 1\n", 6, &limits, ERR_LIMIT, "document of 6 bytes is larger than 5");
	refused("", (size_t)1 << 30, NULL, ERR_LIMIT,
		"document of 1073741824 bytes is larger than 1048576");
}
END_TEST

START_TEST(nesting_goes_to_the_cap_by_every_way_down)
{
	const struct json_limits limits = { .max_bytes = 100, .max_depth = 3, .max_values = 100 };
	static const char *const fits[] = { "a.b.c = 1", "[a.b]", "[[a]]", "a = [[]]",
					    "a = {b = {}}" };
	static const struct {
		const char *text, *line;
	} deep[] = {
		{ "a.b.c.d = 1", "/a/b/c: line 1 column 5: nested deeper than 3 levels" },
		{ "[a.b.c]", "/a/b/c: line 1 column 6: nested deeper than 3 levels" },
		{ "[[a.b]]", "/a/b: line 1 column 5: nested deeper than 3 levels" },
		{ "a = [[[]]]", "/a/0: line 1 column 7: nested deeper than 3 levels" },
		{ "a = {b = {c = {}}}", "/a/b/c: line 1 column 15: nested deeper than 3 levels" },
	};
	AUTO_ARENA *arena = arena_new(1 << 20);

	for (size_t i = 0; i < ARRAY_SIZE(fits); i++) {
		struct err e = ERR_INIT;
		const struct json *value;
		ck_assert_msg(toml_parse(arena, fits[i], strlen(fits[i]), &limits, &value, &e) == 0,
			      "%s: %s", fits[i], e.text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(deep); i++)
		refused(deep[i].text, strlen(deep[i].text), &limits, ERR_LIMIT, deep[i].line);
}
END_TEST

START_TEST(a_million_brackets_end_at_the_depth_cap)
{
	AUTO_FREE char *text = malloc(1000000);
	AUTO_ARENA *arena = arena_new(64 << 20);
	struct err e = ERR_INIT;
	const struct json *value;

	memset(text, '[', 1000000);
	memcpy(text, "a=", 2);
	ck_assert_int_eq(toml_parse(arena, text, 1000000, NULL, &value, &e), -1);
	ck_assert_int_eq(e.code, ERR_LIMIT);
}
END_TEST

START_TEST(values_are_counted_to_the_cap)
{
	const struct json_limits limits = { .max_bytes = 100, .max_depth = 3, .max_values = 4 };
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct err e = ERR_INIT;
	const struct json *value;

	/* The document itself is one of them. */
	ck_assert_int_eq(toml_parse(arena, "a=[1,2]", 7, &limits, &value, &e), 0);
	refused("a=[1,2]\nb=1", 11, &limits, ERR_LIMIT, "/b: line 2 column 3: more than 4 values");
}
END_TEST

START_TEST(an_arena_at_its_limit_is_said_so)
{
	static const char text[] = "[a]\nb = \"c\"\nd = [0x10, 2, 07:32:00]\n";

	for (size_t limit = 0;; limit += 4) {
		AUTO_ARENA *arena = arena_new(limit);
		struct err e = ERR_INIT;
		const struct json *value;
		if (toml_parse(arena, text, strlen(text), NULL, &value, &e) == 0) {
			ck_assert_uint_gt(limit, 7 * sizeof(struct json));
			break;
		}
		ck_assert_int_eq(e.code, ERR_LIMIT);
		ck_assert_str_eq(e.text, "document needs more memory than it may use");
	}
}
END_TEST

UNIT_MAIN("base/toml", a_registry_hosts_file_keeps_its_order, an_empty_document_is_an_empty_table,
	  integers_come_out_in_plain_decimal, floats_keep_their_digits,
	  dates_and_times_are_strings_as_written, strings_of_all_four_forms,
	  keys_may_be_bare_quoted_and_dotted, arrays_span_lines_and_inline_tables_nest,
	  tables_of_arrays_get_one_more_element_each,
	  tables_are_opened_again_only_where_toml_allows, every_mistake_is_named_with_its_place,
	  a_nul_byte_is_refused_everywhere, no_cut_of_a_document_reads_past_its_end,
	  a_document_may_be_as_large_as_the_cap_and_no_larger,
	  nesting_goes_to_the_cap_by_every_way_down, a_million_brackets_end_at_the_depth_cap,
	  values_are_counted_to_the_cap, an_arena_at_its_limit_is_said_so)
