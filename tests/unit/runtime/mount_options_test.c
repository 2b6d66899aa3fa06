/* What lists of mount options mean. */
#include "runtime/mount_options.h"

#include <sys/mount.h>

#include "tests/unit/unit.h"

#define NOSYMFOLLOW 0x00200000U

static struct mount_options parse(struct arena *arena, const char *const *words, size_t count)
{
	struct mount_options options;
	struct err e = ERR_INIT;

	ck_assert_int_eq(
		mount_options_parse(arena, words, count, "/mounts/0/options", &options, &e), 0);
	return options;
}
#define PARSE(...)                                                                                 \
	parse(arena, (const char *[]){ __VA_ARGS__ },                                              \
	      sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *))

START_TEST(the_table_is_sorted_and_every_word_is_known)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	size_t count = 0;

	for (; mount_option_name(count); count++) {
		const char *name = mount_option_name(count);
		if (count > 0)
			ck_assert_str_gt(name, mount_option_name(count - 1));
		struct mount_options o = PARSE(name);
		ck_assert_msg(o.data == NULL, "%s went to the file system", name);
		const struct mount_options none = { 0 };
		if (strcmp(name, "defaults") != 0)
			ck_assert_msg(memcmp(&o, &none, sizeof o) != 0, "%s does nothing", name);
	}
	ck_assert_uint_ge(count, 64);
}
END_TEST

START_TEST(no_options_are_nothing)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	const struct mount_options none = { 0 };
	struct mount_options o = parse(arena, NULL, 0);

	ck_assert_mem_eq(&o, &none, sizeof o);
	o = PARSE("", "defaults", "");
	ck_assert_mem_eq(&o, &none, sizeof o);
}
END_TEST

START_TEST(attributes_are_set_and_the_last_word_wins)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct mount_options o = PARSE("nosuid", "nodev", "noexec", "ro", "nosymfollow");

	ck_assert_uint_eq(o.attr_set, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
					      MOUNT_ATTR_RDONLY | NOSYMFOLLOW);
	ck_assert_uint_eq(o.attr_clear, 0);
	ck_assert_uint_eq(o.super_set, MS_RDONLY);

	o = PARSE("ro", "nosuid", "rw", "suid", "nodev", "dev", "nodev");
	ck_assert_uint_eq(o.attr_set, MOUNT_ATTR_NODEV);
	ck_assert_uint_eq(o.attr_clear, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID);
	ck_assert_uint_eq(o.super_set, 0);
	ck_assert_uint_eq(o.super_clear, MS_RDONLY);
}
END_TEST

START_TEST(recursive_words_have_their_own_attributes)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct mount_options o = PARSE("rbind", "rro", "rnosuid", "nodev", "rexec");

	ck_assert(o.bind && o.bind_recursive);
	ck_assert_uint_eq(o.attr_set, MOUNT_ATTR_NODEV);
	ck_assert_uint_eq(o.attr_set_recursive, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID);
	ck_assert_uint_eq(o.attr_clear_recursive, MOUNT_ATTR_NOEXEC);
	ck_assert_uint_eq(o.super_set, 0);
}
END_TEST

START_TEST(there_is_one_atime_mode)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	static const struct {
		const char *words[3];
		uint64_t mode;
	} rows[] = {
		{ { "noatime", "" }, MOUNT_ATTR_NOATIME },
		{ { "strictatime", "" }, MOUNT_ATTR_STRICTATIME },
		{ { "relatime", "" }, MOUNT_ATTR_RELATIME },
		{ { "noatime", "strictatime", "" }, MOUNT_ATTR_STRICTATIME },
		{ { "strictatime", "relatime", "" }, MOUNT_ATTR_RELATIME },
		{ { "noatime", "atime", "" }, MOUNT_ATTR_RELATIME },
		{ { "noatime", "norelatime", "" }, MOUNT_ATTR_NOATIME },
		{ { "strictatime", "nostrictatime", "" }, MOUNT_ATTR_RELATIME },
		{ { "strictatime", "atime", "" }, MOUNT_ATTR_STRICTATIME },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *words[3] = { "", "", "" };
		for (size_t j = 0; j < 3 && rows[i].words[j]; j++)
			words[j] = rows[i].words[j];
		struct mount_options o = parse(arena, words, 3);
		ck_assert_msg(o.attr_set == rows[i].mode, "%s %s", words[0], words[1]);
		ck_assert_uint_eq(o.attr_clear, MOUNT_ATTR__ATIME);
	}
	struct mount_options o = PARSE("nodiratime", "rnoatime");
	ck_assert_uint_eq(o.attr_set, MOUNT_ATTR_NODIRATIME);
	ck_assert_uint_eq(o.attr_clear, 0);
	ck_assert_uint_eq(o.attr_set_recursive, MOUNT_ATTR_NOATIME);
	ck_assert_uint_eq(o.attr_clear_recursive, MOUNT_ATTR__ATIME);
}
END_TEST

START_TEST(superblock_words_are_flags)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct mount_options o = PARSE("sync", "dirsync", "mand", "lazytime", "async", "remount");

	ck_assert_uint_eq(o.super_set, MS_DIRSYNC | MS_MANDLOCK | (1U << 25));
	ck_assert_uint_eq(o.super_clear, MS_SYNCHRONOUS);
	ck_assert_uint_eq(o.attr_set, 0);
	ck_assert(o.remount && !o.bind);
}
END_TEST

START_TEST(propagation_keeps_its_order)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct mount_options o = PARSE("rslave", "shared");

	ck_assert_uint_eq(o.propagation_count, 2);
	ck_assert_uint_eq(o.propagation[0], MS_SLAVE | MS_REC);
	ck_assert_uint_eq(o.propagation[1], MS_SHARED);

	o = PARSE("private", "shared", "slave", "unbindable", "rprivate");
	ck_assert_uint_eq(o.propagation_count, 4);
	ck_assert_uint_eq(o.propagation[0], MS_SHARED);
	ck_assert_uint_eq(o.propagation[3], MS_PRIVATE | MS_REC);
}
END_TEST

START_TEST(words_of_containers_are_understood)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct mount_options o =
		PARSE("tmpcopyup", "copy-symlink", "src-nofollow", "dest-nofollow");

	ck_assert(o.tmpcopyup && o.copy_symlink && o.source_nofollow && o.destination_nofollow);
	ck_assert_ptr_null(o.data);
}
END_TEST

START_TEST(idmaps_may_carry_their_map)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct mount_options o = PARSE("idmap");

	ck_assert_int_eq(o.idmap, MOUNT_IDMAP);
	ck_assert_ptr_null(o.idmap_spec);
	o = PARSE("ridmap=uids=0-1000-10;gids=@0-1-2");
	ck_assert_int_eq(o.idmap, MOUNT_IDMAP_RECURSIVE);
	ck_assert_str_eq(o.idmap_spec, "uids=0-1000-10;gids=@0-1-2");
	o = PARSE("ridmap=uids=0-1-2", "idmap");
	ck_assert_int_eq(o.idmap, MOUNT_IDMAP);
	ck_assert_ptr_null(o.idmap_spec);
	ck_assert_ptr_null(o.data);
}
END_TEST

START_TEST(the_rest_is_the_file_systems)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct mount_options o = PARSE("size=64k", "nosuid", "mode=755,,uid=1,",
				       "context=\"a:b,c\"", "lowerdir=/x\\,y:/z", "Ro", "bind=1");
	static const char *const expected[] = {
		"size=64k",	      "mode=755", "uid=1", "context=\"a:b,c\"",
		"lowerdir=/x\\,y:/z", "Ro",	  "bind=1"
	};

	ck_assert_str_eq(o.data, "size=64k,mode=755,uid=1,context=\"a:b,c\",lowerdir=/x\\,y:/z,Ro,"
				 "bind=1");
	ck_assert_uint_eq(o.rest_count, 7);
	for (size_t i = 0; i < 7; i++)
		ck_assert_str_eq(o.rest[i], expected[i]);
	ck_assert_uint_eq(o.attr_set, MOUNT_ATTR_NOSUID);
	ck_assert(!o.bind);
}
END_TEST

START_TEST(commas_and_odd_ends_do_no_harm)
{
	AUTO_ARENA *arena = arena_new(1 << 20);
	struct mount_options o = PARSE(",,,,", "a,b,c,d,e", "x\\", "\"open,quote");

	ck_assert_str_eq(o.data, "a,b,c,d,e,x\\,\"open,quote");
	ck_assert_uint_eq(o.rest_count, 7);
	o = PARSE(",,");
	ck_assert_ptr_null(o.data);
	ck_assert_uint_eq(o.rest_count, 0);
}
END_TEST

START_TEST(a_full_arena_is_an_error)
{
	AUTO_ARENA *arena = arena_new(64);
	struct mount_options o;
	struct err e = ERR_INIT;
	static char word[4096];
	const char *words[] = { word };

	memset(word, 'x', sizeof word - 1);
	ck_assert_int_eq(mount_options_parse(arena, words, 1, "/mounts/0/options", &o, &e), -1);
	ck_assert_int_eq(e.code, ERR_NO_MEMORY);
	ck_assert_str_eq(e.pointer, "/mounts/0/options/0");
}
END_TEST

UNIT_MAIN("runtime/mount_options", the_table_is_sorted_and_every_word_is_known,
	  no_options_are_nothing, attributes_are_set_and_the_last_word_wins,
	  recursive_words_have_their_own_attributes, there_is_one_atime_mode,
	  superblock_words_are_flags, propagation_keeps_its_order,
	  words_of_containers_are_understood, idmaps_may_carry_their_map,
	  the_rest_is_the_file_systems, commas_and_odd_ends_do_no_harm, a_full_arena_is_an_error)
