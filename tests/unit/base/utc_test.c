/* utc_test.c - base/utc.h against the C library and known moments. */
#include "base/utc.h"

#include "tests/unit/unit.h"

static const char *text(int64_t seconds, long nanoseconds, unsigned digits)
{
	static char out[UTC_TEXT_SIZE];

	utc_format(&(struct timespec){ .tv_sec = seconds, .tv_nsec = nanoseconds }, digits, out);
	return out;
}

START_TEST(known_moments_are_written_as_rfc_3339)
{
	ck_assert_str_eq(text(0, 0, 0), "1970-01-01T00:00:00Z");
	ck_assert_str_eq(text(951782399, 0, 0), "2000-02-28T23:59:59Z");
	ck_assert_str_eq(text(951782400, 0, 0), "2000-02-29T00:00:00Z");
	ck_assert_str_eq(text(4107542400, 0, 0), "2100-03-01T00:00:00Z");
	ck_assert_str_eq(text(253402300799, 0, 0), "9999-12-31T23:59:59Z");
}
END_TEST

START_TEST(every_day_until_2400_is_as_the_c_library_has_it)
{
	char expected[UTC_TEXT_SIZE];

	for (int64_t day = 0; day < 157000; day++) {
		time_t seconds = day * 86400 + (day * 7919) % 86400;
		struct tm tm;
		gmtime_r(&seconds, &tm);
		strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &tm);
		ck_assert_str_eq(text(seconds, 999999999, 0), expected);
	}
}
END_TEST

START_TEST(a_fraction_is_cut_not_rounded)
{
	ck_assert_str_eq(text(0, 999999999, 6), "1970-01-01T00:00:00.999999Z");
	ck_assert_str_eq(text(0, 1000, 6), "1970-01-01T00:00:00.000001Z");
	ck_assert_str_eq(text(0, 1, 9), "1970-01-01T00:00:00.000000001Z");
	ck_assert_str_eq(text(0, 500000000, 1), "1970-01-01T00:00:00.5Z");
}
END_TEST

START_TEST(what_is_out_of_range_is_held_at_the_ends)
{
	ck_assert_str_eq(text(-1, 0, 0), "1970-01-01T00:00:00Z");
	ck_assert_str_eq(text(INT64_MAX, 0, 0), "9999-12-31T23:59:59Z");
	ck_assert_str_eq(text(0, 5, 40), "1970-01-01T00:00:00.000000005Z");
}
END_TEST

UNIT_MAIN("base/utc", known_moments_are_written_as_rfc_3339,
	  every_day_until_2400_is_as_the_c_library_has_it, a_fraction_is_cut_not_rounded,
	  what_is_out_of_range_is_held_at_the_ends)
