/* err_test.c - base/err: what is said of a failure, and that nothing of it is lost unseen. */
#include "base/err.h"

#include <errno.h>

#include "base/scope.h"
#include "base/str.h"
#include "tests/unit/unit.h"

START_TEST(every_code_has_a_row_and_a_name_of_its_own)
{
	for (int code = ERR_NONE; code < ERR_CODE_COUNT; code++) {
		const struct err_code_row *row = err_code_row((enum err_code)code);
		ck_assert_int_eq(row->code, code);
		ck_assert(*row->name);
		ck_assert_int_eq(row->exit_status == 0, code == ERR_NONE);
		ck_assert_int_eq(row->grpc_status == 0, code == ERR_NONE);
		ck_assert_int_eq(row->http_status == 200, code == ERR_NONE);
		ck_assert_int_eq(*row->reason == 0, code == ERR_NONE);
		ck_assert_int_le(row->grpc_status, 16);
		for (int other = ERR_NONE; other < code; other++)
			ck_assert_str_ne(row->name, err_code_row((enum err_code)other)->name);
	}
}
END_TEST

START_TEST(a_code_out_of_range_is_an_internal_error)
{
	ck_assert_int_eq(err_code_row(ERR_CODE_COUNT)->code, ERR_INTERNAL);
	ck_assert_int_eq(err_code_row((enum err_code) - 1)->code, ERR_INTERNAL);
}
END_TEST

START_TEST(every_phase_has_a_name_of_its_own)
{
	ck_assert_str_eq(phase_name(PHASE_NONE), "");
	ck_assert_str_eq(phase_name(PHASE_COUNT), "");
	ck_assert_str_eq(phase_name((enum phase) - 1), "");
	for (int phase = PHASE_NONE + 1; phase < PHASE_COUNT; phase++) {
		ck_assert(*phase_name((enum phase)phase));
		for (int other = PHASE_NONE; other < phase; other++)
			ck_assert_str_ne(phase_name((enum phase)phase),
					 phase_name((enum phase)other));
	}
}
END_TEST

START_TEST(an_error_fits_one_write_to_a_pipe)
{
	ck_assert_uint_le(sizeof(struct err), 4096);
}
END_TEST

START_TEST(errno_gives_the_code_and_the_end_of_the_text)
{
	static const struct {
		int errnum;
		enum err_code code;
	} rows[] = {
		{ ENOENT, ERR_NOT_FOUND }, { EEXIST, ERR_EXISTS },	{ EPERM, ERR_DENIED },
		{ EACCES, ERR_DENIED },	   { ENOSYS, ERR_UNSUPPORTED }, { ETIMEDOUT, ERR_TIMEOUT },
		{ ESRCH, ERR_GONE },	   { EFBIG, ERR_LIMIT },	{ ENOMEM, ERR_NO_MEMORY },
		{ EINVAL, ERR_SYSTEM },	   { EBUSY, ERR_SYSTEM },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err e = ERR_INIT;
		errno = rows[i].errnum;
		ck_assert_int_eq(err_sys(&e, "open %s", "x"), -1);
		ck_assert_int_eq(e.code, rows[i].code);
		ck_assert_int_eq(e.errnum, rows[i].errnum);
		ck_assert_int_eq(errno, rows[i].errnum);
		ck_assert(str_starts(e.text, "open x: "));
		ck_assert(str_ends(e.text, strerrordesc_np(rows[i].errnum)));
	}
}
END_TEST

START_TEST(errno_may_be_given_negative)
{
	struct err e = ERR_INIT;

	ck_assert_int_eq(err_errno(&e, -ENOENT, "open %s", "x"), -1);
	ck_assert_int_eq(e.code, ERR_NOT_FOUND);
	ck_assert_int_eq(e.errnum, ENOENT);
	ck_assert_str_eq(e.text, "open x: No such file or directory");
}
END_TEST

START_TEST(an_unknown_errno_is_shown_as_a_number)
{
	struct err e = ERR_INIT;

	err_errno(&e, 9999, "open");
	ck_assert_str_eq(e.text, "open: error 9999");
	ck_assert_int_eq(e.code, ERR_SYSTEM);
}
END_TEST

START_TEST(wrapping_goes_in_front_and_keeps_the_rest)
{
	struct err e = ERR_INIT;

	err_errno(&e, EPERM, "mount proc");
	err_phase(&e, PHASE_MOUNTS);
	err_pointer(&e, "/mounts/%d", 3);
	ck_assert_int_eq(err_wrap(&e, "set up the rootfs of %s", "web-1"), -1);
	ck_assert_str_eq(e.text, "set up the rootfs of web-1: mount proc: Operation not permitted");
	ck_assert_int_eq(e.code, ERR_DENIED);
	ck_assert_int_eq(e.errnum, EPERM);
	ck_assert_int_eq(e.phase, PHASE_MOUNTS);
	ck_assert_str_eq(e.pointer, "/mounts/3");
}
END_TEST

START_TEST(the_deepest_annotation_stays)
{
	struct err e = ERR_INIT;

	err_set(&e, ERR_INVALID, "x");
	ck_assert_int_eq(err_phase(&e, PHASE_MOUNTS), -1);
	ck_assert_int_eq(err_phase(&e, PHASE_ROOTFS), -1);
	ck_assert_int_eq(err_pointer(&e, "/a"), -1);
	ck_assert_int_eq(err_pointer(&e, "/b"), -1);
	ck_assert_int_eq(err_object(&e, "one"), -1);
	ck_assert_int_eq(err_object(&e, "two"), -1);
	ck_assert_int_eq(err_hint(&e, "try this"), -1);
	ck_assert_int_eq(err_hint(&e, "try that"), -1);
	ck_assert_int_eq(e.phase, PHASE_MOUNTS);
	ck_assert_str_eq(e.pointer, "/a");
	ck_assert_str_eq(e.object, "one");
	ck_assert_str_eq(e.hint, "try this");
}
END_TEST

START_TEST(a_new_error_forgets_the_one_before)
{
	struct err e = ERR_INIT;

	err_errno(&e, EPERM, "first");
	err_phase(&e, PHASE_MOUNTS);
	err_pointer(&e, "/a");
	err_object(&e, "b");
	err_hint(&e, "c");
	err_set(&e, ERR_INVALID, "second after %s", e.text);
	ck_assert_str_eq(e.text, "second after first: Operation not permitted");
	ck_assert_int_eq(e.errnum, 0);
	ck_assert_int_eq(e.phase, PHASE_NONE);
	ck_assert_str_eq(e.pointer, "");
	ck_assert_str_eq(e.object, "");
	ck_assert_str_eq(e.hint, "");
}
END_TEST

START_TEST(the_line_has_every_part_in_order)
{
	struct err e = ERR_INIT;
	char line[256];

	err_set(&e, ERR_INVALID, "not known");
	err_phase(&e, PHASE_CAPABILITIES);
	err_pointer(&e, "/process/capabilities/bounding/0");
	err_object(&e, "CAP_FLY");
	err_hint(&e, "see capabilities(7)");
	int length = err_format(&e, line, sizeof(line));
	ck_assert_str_eq(line, "capabilities: /process/capabilities/bounding/0: CAP_FLY: "
			       "not known (see capabilities(7))");
	ck_assert_int_eq(length, (int)strlen(line));
}
END_TEST

START_TEST(the_line_leaves_out_what_is_empty)
{
	struct err e = ERR_INIT;
	char line[64];

	err_set(&e, ERR_INVALID, "no such thing");
	err_format(&e, line, sizeof(line));
	ck_assert_str_eq(line, "no such thing");
}
END_TEST

START_TEST(an_object_that_the_text_names_is_not_repeated)
{
	struct err e = ERR_INIT;
	char line[64];

	err_set(&e, ERR_NOT_FOUND, "open /etc/x: not there");
	err_object(&e, "/etc/x");
	err_format(&e, line, sizeof(line));
	ck_assert_str_eq(line, "open /etc/x: not there");
}
END_TEST

START_TEST(a_line_stays_one_line_whatever_a_name_holds)
{
	struct err e = ERR_INIT;
	char line[64];

	err_set(&e, ERR_NOT_FOUND, "open %s", "a\nb\033[1m\x7f\xc3\xa9");
	err_format(&e, line, sizeof(line));
	ck_assert_str_eq(line, "open a\\x0ab\\x1b[1m\\x7f\xc3\xa9");
}
END_TEST

START_TEST(a_short_buffer_gets_the_front_and_the_length_of_all)
{
	struct err e = ERR_INIT;
	char line[8] = "zzzzzzz";

	err_set(&e, ERR_NOT_FOUND, "abcdefghij");
	ck_assert_int_eq(err_format(&e, line, sizeof(line)), 10);
	ck_assert_str_eq(line, "abcdefg");
	ck_assert_int_eq(err_format(&e, NULL, 0), 10);
}
END_TEST

START_TEST(a_long_text_keeps_both_ends_and_shows_its_length)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *path = str_format("/begin%0*dend", 4000, 0);
	AUTO_FREE char *mark =
		str_format("...[%zu bytes]...", strlen("open : Permission denied") + strlen(path));

	err_errno(&e, EACCES, "open %s", path);
	ck_assert_uint_le(strlen(e.text), sizeof(e.text) - 1);
	ck_assert_uint_ge(strlen(e.text), sizeof(e.text) - 4);
	ck_assert(str_starts(e.text, "open /begin000"));
	ck_assert(str_ends(e.text, "000end: Permission denied"));
	ck_assert_ptr_nonnull(strstr(e.text, mark));
}
END_TEST

START_TEST(a_text_larger_than_the_scratch_buffer_keeps_its_reason)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *path = str_format("/begin%0*dend", 100000, 0);

	err_errno(&e, EACCES, "open %s", path);
	ck_assert(str_starts(e.text, "open /begin000"));
	ck_assert(str_ends(e.text, "bytes]...: Permission denied"));
	ck_assert_ptr_nonnull(strstr(e.text, "...[100033 bytes]..."));
}
END_TEST

START_TEST(the_longest_text_that_fits_is_not_shortened)
{
	struct err e = ERR_INIT;
	size_t room = sizeof(e.text) - 1;
	AUTO_FREE char *fits = str_format("%0*d", (int)room, 7);
	AUTO_FREE char *longer = str_format("%0*d", (int)room + 1, 7);

	err_set(&e, ERR_INVALID, "%s", fits);
	ck_assert_str_eq(e.text, fits);
	err_set(&e, ERR_INVALID, "%s", longer);
	ck_assert_uint_eq(strlen(e.text), room);
	ck_assert_ptr_nonnull(strstr(e.text, "...[1536 bytes]..."));
}
END_TEST

START_TEST(every_annotation_is_shortened_at_its_own_size)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *text = str_format("a%0*db", 2000, 0);

	err_set(&e, ERR_INVALID, "x");
	err_pointer(&e, "%s", text);
	err_object(&e, "%s", text);
	err_hint(&e, "%s", text);
	const char *const parts[] = { e.pointer, e.object, e.hint };
	const size_t sizes[] = { sizeof(e.pointer), sizeof(e.object), sizeof(e.hint) };
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		ck_assert_uint_eq(strlen(parts[i]), sizes[i] - 1);
		ck_assert_int_eq(parts[i][0], 'a');
		ck_assert(str_ends(parts[i], "0b"));
		ck_assert_ptr_nonnull(strstr(parts[i], "...[2002 bytes]..."));
	}
}
END_TEST

START_TEST(a_text_is_never_cut_within_a_character)
{
	for (int shift = 0; shift < 4; shift++) {
		struct err e = ERR_INIT;
		AUTO_STRBUF text = STRBUF(8000);
		strbuf_addf(&text, "%.*s", shift, "abc");
		for (int i = 0; i < 1000; i++)
			strbuf_add(&text, "\xe2\x82\xac");
		err_set(&e, ERR_INVALID, "%s", text.data);
		ck_assert(strlen(e.text) < sizeof(e.text));
		ck_assert(str_is_utf8(e.text, strlen(e.text)));
	}
}
END_TEST

START_TEST(wrapping_for_ever_keeps_the_outermost_and_the_reason)
{
	struct err e = ERR_INIT;

	err_errno(&e, EPERM, "mount proc");
	for (int i = 0; i < 500; i++)
		err_wrap(&e, "layer %d", i);
	ck_assert(str_starts(e.text, "layer 499: layer 498: "));
	ck_assert(str_ends(e.text, "mount proc: Operation not permitted"));
	ck_assert_uint_lt(strlen(e.text), sizeof(e.text));
}
END_TEST

UNIT_MAIN("base/err", every_code_has_a_row_and_a_name_of_its_own,
	  a_code_out_of_range_is_an_internal_error, every_phase_has_a_name_of_its_own,
	  an_error_fits_one_write_to_a_pipe, errno_gives_the_code_and_the_end_of_the_text,
	  errno_may_be_given_negative, an_unknown_errno_is_shown_as_a_number,
	  wrapping_goes_in_front_and_keeps_the_rest, the_deepest_annotation_stays,
	  a_new_error_forgets_the_one_before, the_line_has_every_part_in_order,
	  the_line_leaves_out_what_is_empty, an_object_that_the_text_names_is_not_repeated,
	  a_line_stays_one_line_whatever_a_name_holds,
	  a_short_buffer_gets_the_front_and_the_length_of_all,
	  a_long_text_keeps_both_ends_and_shows_its_length,
	  a_text_larger_than_the_scratch_buffer_keeps_its_reason,
	  the_longest_text_that_fits_is_not_shortened,
	  every_annotation_is_shortened_at_its_own_size, a_text_is_never_cut_within_a_character,
	  wrapping_for_ever_keeps_the_outermost_and_the_reason)
