/* utc.c - moments as text. */
#include "base/utc.h"

#include <stdint.h>
#include <stdio.h>

#define SECONDS_A_DAY 86400
#define LAST_SECOND INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

struct date {
	unsigned year, month, day;
};

/* Days since 1970-01-01 to a date. Years are counted from March, so that the leap day comes last: then
 * month lengths repeat every five months (31 30 31 30 31 = 153 days), and 400 years are 146097 days. */
static struct date date_of(int64_t days)
{
	int64_t z = days + 719468; /* since 0000-03-01 */
	int64_t era = z / 146097;
	unsigned of_era = (unsigned)(z - era * 146097);
	unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153; /* 0 is March */
	unsigned day = of_year - (153 * month + 2) / 5 + 1;

	month = month < 10 ? month + 3 : month - 9;
	return (struct date){ (unsigned)(year + era * 400 + (month <= 2)), month, day };
}

void utc_format(const struct timespec *moment, unsigned digits, char out[UTC_TEXT_SIZE])
{
	int64_t seconds = moment->tv_sec < 0		 ? 0
			  : moment->tv_sec > LAST_SECOND ? LAST_SECOND
							 : moment->tv_sec;
	struct date date = date_of(seconds / SECONDS_A_DAY);
	unsigned rest = (unsigned)(seconds % SECONDS_A_DAY);
	unsigned long fraction = (unsigned long)moment->tv_nsec;
	int length;

	length = snprintf(out, UTC_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u", date.year % 10000U,
			  date.month % 100U, date.day % 100U, rest / 3600, rest / 60 % 60,
			  rest % 60);
	if (digits == 0) {
		snprintf(out + length, UTC_TEXT_SIZE - (size_t)length, "Z");
		return;
	}
	if (digits > 9)
		digits = 9;
	for (unsigned i = digits; i < 9; i++)
		fraction /= 10;
	snprintf(out + length, UTC_TEXT_SIZE - (size_t)length, ".%0*luZ", (int)digits,
		 fraction % 1000000000UL);
}
