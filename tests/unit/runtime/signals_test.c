/* Names and numbers of signals. */
#include "runtime/signals.h"

#include <signal.h>

#include "tests/unit/unit.h"

START_TEST(every_way_to_write_a_signal_is_understood)
{
	static const struct {
		const char *text;
		int number;
	} rows[] = {
		{ "SIGTERM", SIGTERM }, { "TERM", SIGTERM },   { "term", SIGTERM },
		{ "SigKill", SIGKILL }, { "15", 15 },	       { "0", 0 },
		{ "64", 64 },		{ "CLD", SIGCHLD },    { "SIGPOLL", SIGIO },
		{ "IOT", SIGABRT },	{ "SIGRTMIN", 34 },    { "RTMIN", 34 },
		{ "SIGRTMIN+3", 37 },	{ "rtmin+30", 64 },    { "SIGRTMAX", 64 },
		{ "RTMAX-1", 63 },	{ "SIGRTMAX-30", 34 }, { "SIGWINCH", SIGWINCH },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int number = -1;
		struct err e = ERR_INIT;
		ck_assert_msg(signal_parse(rows[i].text, &number, &e) == 0, "%s", rows[i].text);
		ck_assert_int_eq(number, rows[i].number);
	}
}
END_TEST

START_TEST(what_is_no_signal_is_named)
{
	static const char *const rows[] = { "",	       "SIG",	     "FOO",	 "SIGFOO",
					    "65",      "-1",	     " 9",	 "9x",
					    "0x9",     "+9",	     "RTMIN+31", "RTMIN-1",
					    "RTMAX+1", "RTMAX-31",   "RTMIN+",	 "RTMIN+x",
					    "RTMINX",  "SIGSIGTERM", "SIG15",	 "4294967311" };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int number = 77;
		struct err e = ERR_INIT;
		char expected[64];
		ck_assert_msg(signal_parse(rows[i], &number, &e) == -1, "%s", rows[i]);
		snprintf(expected, sizeof expected, "unknown signal %s", rows[i]);
		ck_assert_str_eq(e.text, expected);
		ck_assert_int_eq(e.code, ERR_INVALID);
		ck_assert_int_eq(number, 77);
	}
}
END_TEST

START_TEST(every_name_is_understood_again)
{
	int named = 0;

	for (int i = -1; i < 70; i++) {
		int number = -1;
		struct err e = ERR_INIT;
		if (!signal_name(i))
			continue;
		ck_assert_int_eq(signal_parse(signal_name(i), &number, &e), 0);
		ck_assert_int_eq(number, i);
		named++;
	}
	ck_assert_int_ge(named, 31);
	for (int i = 1; i < 32; i++)
		ck_assert_msg(signal_name(i) != NULL, "%d has no name", i);
}
END_TEST

UNIT_MAIN("runtime/signals", every_way_to_write_a_signal_is_understood, what_is_no_signal_is_named,
	  every_name_is_understood_again)
