/* arena_test.c - base/arena: alignment, zeroes, and what happens at the limit. */
#include "base/arena.h"

#include <stdint.h>

#include "tests/unit/unit.h"

START_TEST(memory_is_zeroed_and_aligned)
{
	AUTO_ARENA *arena = arena_new(10 << 20);

	for (size_t size = 1; size < 3000; size += 7) {
		unsigned char *memory = arena_alloc(arena, size);
		ck_assert_ptr_nonnull(memory);
		ck_assert_uint_eq((uintptr_t)memory % 16, 0);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(memory[i], 0);
		memset(memory, 0xff, size);
		ck_assert_ptr_nonnull(arena_strdup(arena, "odd")); /* disturbs the alignment */
	}
}
END_TEST

START_TEST(pieces_do_not_overlap_across_blocks)
{
	enum { COUNT = 2000 };
	AUTO_ARENA *arena = arena_new(100 << 20);
	unsigned char *pieces[COUNT];

	for (size_t i = 0; i < COUNT; i++) {
		size_t size = 1 + i * 37 % 5000;
		pieces[i] = arena_alloc(arena, size);
		ck_assert_ptr_nonnull(pieces[i]);
		memset(pieces[i], (int)(i % 251) + 1, size);
	}
	for (size_t i = 0; i < COUNT; i++) {
		size_t size = 1 + i * 37 % 5000;
		for (size_t j = 0; j < size; j++)
			ck_assert_uint_eq(pieces[i][j], i % 251 + 1);
	}
}
END_TEST

START_TEST(the_limit_is_exact)
{
	AUTO_ARENA *arena = arena_new(100);

	ck_assert_ptr_nonnull(arena_alloc(arena, 60));
	ck_assert_ptr_nonnull(arena_alloc(arena, 40));
	ck_assert_uint_eq(arena_used(arena), 100);
	ck_assert(!arena_at_limit(arena));
	ck_assert_ptr_null(arena_alloc(arena, 1));
	ck_assert(arena_at_limit(arena));
	ck_assert_uint_eq(arena_used(arena), 100);
}
END_TEST

START_TEST(what_passes_the_limit_leaves_room_for_what_does_not)
{
	AUTO_ARENA *arena = arena_new(100);

	ck_assert_ptr_null(arena_alloc(arena, 101));
	ck_assert(arena_at_limit(arena));
	ck_assert_ptr_nonnull(arena_alloc(arena, 100));
	ck_assert(!arena_at_limit(arena));
}
END_TEST

START_TEST(text_counts_its_nul_against_the_limit)
{
	AUTO_ARENA *arena = arena_new(4);

	ck_assert_ptr_null(arena_strdup(arena, "four"));
	ck_assert_str_eq(arena_strdup(arena, "abc"), "abc");
	ck_assert_ptr_null(arena_strdup(arena, ""));
	ck_assert_ptr_null(arena_format(arena, "%d", 1));
}
END_TEST

START_TEST(a_limit_larger_than_the_first_block_is_reached)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	size_t count = 0;

	while (arena_alloc(arena, 1000))
		count++;
	ck_assert_uint_eq(count, (1 << 20) / 1000);
	ck_assert(arena_at_limit(arena));
}
END_TEST

START_TEST(a_huge_request_fails_for_memory_not_by_wrapping)
{
	AUTO_ARENA *arena = arena_new(SIZE_MAX);

	ck_assert_ptr_null(arena_alloc(arena, SIZE_MAX));
	ck_assert_ptr_null(arena_alloc(arena, SIZE_MAX - 64));
	ck_assert(!arena_at_limit(arena));
	ck_assert_uint_eq(arena_used(arena), 0);
	ck_assert_ptr_nonnull(arena_alloc(arena, 16));
}
END_TEST

START_TEST(an_array_whose_size_overflows_is_refused)
{
	AUTO_ARENA *arena = arena_new(SIZE_MAX);

	ck_assert_ptr_null(arena_array(arena, SIZE_MAX / 2, 4));
	ck_assert_ptr_null(arena_array(arena, SIZE_MAX, SIZE_MAX));
	ck_assert_ptr_nonnull(arena_array(arena, 0, 8));
	ck_assert_ptr_nonnull(arena_array(arena, 3, 8));
}
END_TEST

START_TEST(one_large_piece_leaves_the_current_block_in_use)
{
	AUTO_ARENA *arena = arena_new(10 << 20);
	char *before = arena_alloc(arena, 16);
	char *large = arena_alloc(arena, 1 << 20);
	char *after = arena_alloc(arena, 16);

	ck_assert_ptr_nonnull(large);
	memset(large, 1, 1 << 20);
	ck_assert_ptr_eq(after, before + 16);
}
END_TEST

START_TEST(strndup_copies_no_more_than_it_is_told)
{
	AUTO_ARENA *arena = arena_new(1000);

	ck_assert_str_eq(arena_strndup(arena, "abcdef", 3), "abc");
	ck_assert_str_eq(arena_strndup(arena, "", 0), "");
}
END_TEST

START_TEST(format_works_for_short_and_long_text)
{
	AUTO_ARENA *arena = arena_new(100000);

	ck_assert_str_eq(arena_format(arena, "%s-%d", "a", 7), "a-7");
	for (int length = 250; length < 262; length++) {
		const char *text = arena_format(arena, "%0*d", length, 7);
		ck_assert_uint_eq(strlen(text), (size_t)length);
		ck_assert_int_eq(text[length - 1], '7');
	}
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
	arena_free(NULL);
}
END_TEST

UNIT_MAIN("base/arena", memory_is_zeroed_and_aligned, pieces_do_not_overlap_across_blocks,
	  the_limit_is_exact, what_passes_the_limit_leaves_room_for_what_does_not,
	  text_counts_its_nul_against_the_limit, a_limit_larger_than_the_first_block_is_reached,
	  a_huge_request_fails_for_memory_not_by_wrapping, an_array_whose_size_overflows_is_refused,
	  one_large_piece_leaves_the_current_block_in_use, strndup_copies_no_more_than_it_is_told,
	  format_works_for_short_and_long_text, freeing_nothing_is_fine)
