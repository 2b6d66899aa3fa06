/* utc.h - moments as RFC 3339 text in UTC: "2026-01-02T03:04:05.678901Z".
 *
 * The C library reads /etc/localtime for gmtime_r(3) too; this never opens a file.
 *
 * Units  : a struct timespec of CLOCK_REALTIME; years 1970 to 9999, later ones are shown as the last.
 * Source : RFC 3339 section 5.6; the proleptic Gregorian calendar. */
#ifndef KEG_BASE_UTC_H
#define KEG_BASE_UTC_H

#include <stddef.h>
#include <time.h>

#define UTC_TEXT_SIZE 32 /* nine digits of fraction and the NUL fit */

/* `digits` of the second's fraction, 0 to 9. */
void utc_format(const struct timespec *moment, unsigned digits, char out[UTC_TEXT_SIZE]);

#endif
