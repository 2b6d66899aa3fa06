/* str_test.c - base/str: strict numbers, UTF-8 to the letter, buffers at their cap. */
#include "base/str.h"

#include <errno.h>

#include "base/scope.h"
#include "tests/unit/unit.h"

START_TEST(formatted_and_copied_text_is_the_callers)
{
	AUTO_FREE char *text = str_format("%s/%d", "a", 5);
	AUTO_FREE char *copy = str_copy(text);

	ck_assert_str_eq(text, "a/5");
	ck_assert_str_eq(copy, "a/5");
	ck_assert_ptr_ne(text, copy);
	ck_assert_ptr_null(str_copy(NULL));
}
END_TEST

START_TEST(equality_knows_null)
{
	ck_assert(str_equal(NULL, NULL));
	ck_assert(!str_equal(NULL, ""));
	ck_assert(!str_equal("", NULL));
	ck_assert(str_equal("a", "a"));
	ck_assert(!str_equal("a", "b"));
	ck_assert(str_empty(NULL) && str_empty("") && !str_empty(" "));
}
END_TEST

START_TEST(prefixes_and_suffixes)
{
	ck_assert(str_starts("abc", "") && str_starts("abc", "ab") && str_starts("abc", "abc"));
	ck_assert(!str_starts("abc", "abcd") && !str_starts("abc", "b"));
	ck_assert(str_ends("abc", "") && str_ends("abc", "bc") && str_ends("abc", "abc"));
	ck_assert(!str_ends("abc", "xabc") && !str_ends("abc", "b"));
}
END_TEST

START_TEST(signed_numbers_to_both_ends_of_their_range)
{
	static const struct {
		const char *text;
		int rc;
		int64_t value;
	} rows[] = {
		{ "0", 0, 0 },
		{ "-0", 0, 0 },
		{ "007", 0, 7 },
		{ "-12", 0, -12 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "--1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1.0", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "99999999999999999999999x", -EINVAL, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t value = 4711;
		ck_assert_int_eq(str_to_int64(rows[i].text, &value), rows[i].rc);
		ck_assert_int_eq(value, rows[i].rc ? 4711 : rows[i].value);
	}
}
END_TEST

START_TEST(unsigned_numbers_to_the_end_of_their_range)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t value;
	} rows[] = {
		{ "0", 0, 0 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "28446744073709551616", -ERANGE, 0 },
		{ "-1", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "1,", -EINVAL, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t value = 4711;
		ck_assert_int_eq(str_to_uint64(rows[i].text, &value), rows[i].rc);
		ck_assert_uint_eq(value, rows[i].rc ? 4711 : rows[i].value);
	}
}
END_TEST

START_TEST(well_formed_utf8_is_known)
{
	static const char *const good[] = {
		"",
		"plain",
		"\x7f",
		"\xc2\x80",
		"\xdf\xbf",
		"\xe0\xa0\x80",
		"\xed\x9f\xbf",
		"\xee\x80\x80",
		"\xef\xbf\xbf",
		"\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf",
		"eight by eight bytes \xe2\x82\xac and on",
	};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(str_is_utf8(good[i], strlen(good[i])), "row %zu", i);
	ck_assert(str_is_utf8("a\0b", 3));
}
END_TEST

START_TEST(ill_formed_utf8_is_refused_at_its_first_byte)
{
	static const char *const bad[] = {
		"\x80",		    /* a continuation alone */
		"\xc0\x80",	    /* overlong NUL */
		"\xc1\xbf",	    /* overlong */
		"\xc2",		    /* cut */
		"\xc2\x41",	    /* no continuation */
		"\xe0\x9f\xbf",	    /* overlong */
		"\xed\xa0\x80",	    /* U+D800 */
		"\xed\xbf\xbf",	    /* U+DFFF */
		"\xe2\x82",	    /* cut */
		"\xe2\x82\x41",	    /* cut within */
		"\xf0\x8f\xbf\xbf", /* overlong */
		"\xf4\x90\x80\x80", /* U+110000 */
		"\xf5\x80\x80\x80", /* never */
		"\xf0\x90\x80",	    /* cut */
		"\xfe",		    /* never */
		"\xff",		    /* never */
	};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		for (int lead = 0; lead < 20; lead++) {
			AUTO_FREE char *text =
				str_format("%.*s%s", lead, "aaaaaaaaaaaaaaaaaaaa", bad[i]);
			ck_assert_msg(!str_is_utf8(text, strlen(text)), "row %zu", i);
			ck_assert_uint_eq(str_utf8_prefix(text, strlen(text)), (size_t)lead);
		}
	}
}
END_TEST

START_TEST(a_buffer_grows_and_is_taken)
{
	AUTO_STRBUF b = STRBUF(100000);

	ck_assert_ptr_null(b.data);
	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(strbuf_add(&b, "ab"), 0);
		ck_assert_int_eq(strbuf_addf(&b, "%d", i % 10), 0);
		ck_assert_int_eq(strbuf_add_bytes(&b, "cdef", 2), 0);
	}
	ck_assert_uint_eq(b.length, 5000);
	AUTO_FREE char *text = strbuf_take(&b);
	ck_assert_uint_eq(strlen(text), 5000);
	ck_assert(str_starts(text, "ab0cdab1cd"));
	ck_assert_ptr_null(b.data);
	ck_assert_uint_eq(b.length, 0);
}
END_TEST

START_TEST(an_empty_buffer_gives_an_empty_text)
{
	AUTO_STRBUF b = STRBUF(10);
	AUTO_FREE char *text = strbuf_take(&b);

	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(a_buffer_holds_exactly_its_cap)
{
	AUTO_STRBUF b = STRBUF(8);

	ck_assert_int_eq(strbuf_add(&b, "12345"), 0);
	ck_assert_int_eq(strbuf_addf(&b, "%d", 678), 0);
	ck_assert_str_eq(b.data, "12345678");
	ck_assert_int_eq(strbuf_add(&b, ""), 0);
	ck_assert_int_eq(strbuf_add(&b, "9"), -E2BIG);
	ck_assert_str_eq(b.data, "12345678");
}
END_TEST

START_TEST(formatting_past_the_cap_keeps_nothing_of_it)
{
	AUTO_STRBUF b = STRBUF(8);

	ck_assert_int_eq(strbuf_add(&b, "1234"), 0);
	ck_assert_int_eq(strbuf_addf(&b, "%d", 56789), -E2BIG);
	ck_assert_str_eq(b.data, "1234");
	ck_assert_uint_eq(b.length, 4);
}
END_TEST

START_TEST(after_a_failure_every_call_fails_the_same_way)
{
	AUTO_STRBUF b = STRBUF(3);

	ck_assert_int_eq(strbuf_add(&b, "1234"), -E2BIG);
	ck_assert_int_eq(strbuf_add(&b, "1"), -E2BIG);
	ck_assert_int_eq(strbuf_addf(&b, "%d", 1), -E2BIG);
	ck_assert_int_eq(strbuf_add_bytes(&b, "", 0), -E2BIG);
	ck_assert_ptr_null(strbuf_take(&b));
	ck_assert_int_eq(b.failed, -E2BIG);
	strbuf_done(&b);
	ck_assert_int_eq(strbuf_add(&b, "1"), 0);
}
END_TEST

START_TEST(a_length_that_would_wrap_is_refused)
{
	AUTO_STRBUF b = STRBUF(SIZE_MAX);

	ck_assert_int_eq(strbuf_add(&b, "x"), 0);
	ck_assert_int_eq(strbuf_add_bytes(&b, "", SIZE_MAX - 1), -E2BIG);
}
END_TEST

START_TEST(long_formats_are_whole)
{
	AUTO_STRBUF b = STRBUF(10000);

	for (int length = 60; length < 70; length++)
		ck_assert_int_eq(strbuf_addf(&b, "%0*d\n", length, 7), 0);
	ck_assert_int_eq(strbuf_addf(&b, "%0*d", 3000, 8), 0);
	ck_assert_uint_eq(b.length, strlen(b.data));
	ck_assert_uint_eq(b.length, 645 + 10 + 3000);
	ck_assert(str_ends(b.data, "08"));
}
END_TEST

UNIT_MAIN("base/str", formatted_and_copied_text_is_the_callers, equality_knows_null,
	  prefixes_and_suffixes, signed_numbers_to_both_ends_of_their_range,
	  unsigned_numbers_to_the_end_of_their_range, well_formed_utf8_is_known,
	  ill_formed_utf8_is_refused_at_its_first_byte, a_buffer_grows_and_is_taken,
	  an_empty_buffer_gives_an_empty_text, a_buffer_holds_exactly_its_cap,
	  formatting_past_the_cap_keeps_nothing_of_it,
	  after_a_failure_every_call_fails_the_same_way, a_length_that_would_wrap_is_refused,
	  long_formats_are_whole)
