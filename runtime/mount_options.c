/* mount_options.c - see mount_options.h. */
#include "runtime/mount_options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/str.h"

/* Flags that the C library's header lacks; they are ABI. */
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000 /* Linux 5.14 */
#endif
#ifndef MS_I_VERSION
#define MS_I_VERSION (1 << 23)
#endif
#ifndef MS_LAZYTIME
#define MS_LAZYTIME (1 << 25)
#endif

enum option_kind {
	OPTION_NOTHING,
	OPTION_ATTRIBUTE, /* value: a MOUNT_ATTR_ bit */
	OPTION_ATIME,	  /* value: one of the three modes of MOUNT_ATTR__ATIME */
	OPTION_READ_ONLY, /* of the mount and of the superblock */
	OPTION_SUPER,	  /* value: an MS_ bit */
	OPTION_BIND,	  /* value: MS_REC or 0 */
	OPTION_REMOUNT,
	OPTION_PROPAGATION, /* value: MS_SHARED ... */
	OPTION_TMPCOPYUP,
	OPTION_COPY_SYMLINK,
	OPTION_SOURCE_NOFOLLOW,
	OPTION_DESTINATION_NOFOLLOW,
	OPTION_IDMAP,
};

enum option_how {
	HOW_SET = 0,
	HOW_CLEAR = 1,
	HOW_RECURSIVE = 2,
};
#define RECURSIVE_CLEAR (HOW_RECURSIVE | HOW_CLEAR)

struct option_row {
	char name[16];
	uint8_t kind, how;
	uint32_t value;
};

/* Sorted for bsearch. mount(8) "FILESYSTEM-INDEPENDENT MOUNT OPTIONS", mount_setattr(2),
 * runtime-spec config.md "Linux mount options"; those of crun(1) "MOUNT OPTIONS" are tmpcopyup,
 * copy-symlink, dest-nofollow, src-nofollow and idmap. A superblock has no parts, so that r...
 * words of its flags mean what the plain ones do. */
static const struct option_row option_rows[] = {
	{ "async", OPTION_SUPER, HOW_CLEAR, MS_SYNCHRONOUS },
	{ "atime", OPTION_ATIME, HOW_CLEAR, MOUNT_ATTR_NOATIME },
	{ "bind", OPTION_BIND, HOW_SET, 0 },
	{ "copy-symlink", OPTION_COPY_SYMLINK, HOW_SET, 0 },
	{ "defaults", OPTION_NOTHING, HOW_SET, 0 },
	{ "dest-nofollow", OPTION_DESTINATION_NOFOLLOW, HOW_SET, 0 },
	{ "dev", OPTION_ATTRIBUTE, HOW_CLEAR, MOUNT_ATTR_NODEV },
	{ "diratime", OPTION_ATTRIBUTE, HOW_CLEAR, MOUNT_ATTR_NODIRATIME },
	{ "dirsync", OPTION_SUPER, HOW_SET, MS_DIRSYNC },
	{ "exec", OPTION_ATTRIBUTE, HOW_CLEAR, MOUNT_ATTR_NOEXEC },
	{ "idmap", OPTION_IDMAP, HOW_SET, 0 },
	{ "iversion", OPTION_SUPER, HOW_SET, MS_I_VERSION },
	{ "lazytime", OPTION_SUPER, HOW_SET, MS_LAZYTIME },
	{ "loud", OPTION_SUPER, HOW_CLEAR, MS_SILENT },
	{ "mand", OPTION_SUPER, HOW_SET, MS_MANDLOCK },
	{ "noatime", OPTION_ATIME, HOW_SET, MOUNT_ATTR_NOATIME },
	{ "nodev", OPTION_ATTRIBUTE, HOW_SET, MOUNT_ATTR_NODEV },
	{ "nodiratime", OPTION_ATTRIBUTE, HOW_SET, MOUNT_ATTR_NODIRATIME },
	{ "noexec", OPTION_ATTRIBUTE, HOW_SET, MOUNT_ATTR_NOEXEC },
	{ "noiversion", OPTION_SUPER, HOW_CLEAR, MS_I_VERSION },
	{ "nolazytime", OPTION_SUPER, HOW_CLEAR, MS_LAZYTIME },
	{ "nomand", OPTION_SUPER, HOW_CLEAR, MS_MANDLOCK },
	{ "norelatime", OPTION_ATIME, HOW_CLEAR, MOUNT_ATTR_RELATIME },
	{ "nostrictatime", OPTION_ATIME, HOW_CLEAR, MOUNT_ATTR_STRICTATIME },
	{ "nosuid", OPTION_ATTRIBUTE, HOW_SET, MOUNT_ATTR_NOSUID },
	{ "nosymfollow", OPTION_ATTRIBUTE, HOW_SET, MOUNT_ATTR_NOSYMFOLLOW },
	{ "private", OPTION_PROPAGATION, HOW_SET, MS_PRIVATE },
	{ "rasync", OPTION_SUPER, HOW_CLEAR, MS_SYNCHRONOUS },
	{ "ratime", OPTION_ATIME, RECURSIVE_CLEAR, MOUNT_ATTR_NOATIME },
	{ "rbind", OPTION_BIND, HOW_RECURSIVE, 0 },
	{ "rdev", OPTION_ATTRIBUTE, RECURSIVE_CLEAR, MOUNT_ATTR_NODEV },
	{ "rdiratime", OPTION_ATTRIBUTE, RECURSIVE_CLEAR, MOUNT_ATTR_NODIRATIME },
	{ "rdirsync", OPTION_SUPER, HOW_SET, MS_DIRSYNC },
	{ "relatime", OPTION_ATIME, HOW_SET, MOUNT_ATTR_RELATIME },
	{ "remount", OPTION_REMOUNT, HOW_SET, 0 },
	{ "rexec", OPTION_ATTRIBUTE, RECURSIVE_CLEAR, MOUNT_ATTR_NOEXEC },
	{ "ridmap", OPTION_IDMAP, HOW_RECURSIVE, 0 },
	{ "rmand", OPTION_SUPER, HOW_SET, MS_MANDLOCK },
	{ "rnoatime", OPTION_ATIME, HOW_RECURSIVE, MOUNT_ATTR_NOATIME },
	{ "rnodev", OPTION_ATTRIBUTE, HOW_RECURSIVE, MOUNT_ATTR_NODEV },
	{ "rnodiratime", OPTION_ATTRIBUTE, HOW_RECURSIVE, MOUNT_ATTR_NODIRATIME },
	{ "rnoexec", OPTION_ATTRIBUTE, HOW_RECURSIVE, MOUNT_ATTR_NOEXEC },
	{ "rnomand", OPTION_SUPER, HOW_CLEAR, MS_MANDLOCK },
	{ "rnorelatime", OPTION_ATIME, RECURSIVE_CLEAR, MOUNT_ATTR_RELATIME },
	{ "rnostrictatime", OPTION_ATIME, RECURSIVE_CLEAR, MOUNT_ATTR_STRICTATIME },
	{ "rnosuid", OPTION_ATTRIBUTE, HOW_RECURSIVE, MOUNT_ATTR_NOSUID },
	{ "rnosymfollow", OPTION_ATTRIBUTE, HOW_RECURSIVE, MOUNT_ATTR_NOSYMFOLLOW },
	{ "ro", OPTION_READ_ONLY, HOW_SET, 0 },
	{ "rprivate", OPTION_PROPAGATION, HOW_RECURSIVE, MS_PRIVATE },
	{ "rrelatime", OPTION_ATIME, HOW_RECURSIVE, MOUNT_ATTR_RELATIME },
	{ "rro", OPTION_ATTRIBUTE, HOW_RECURSIVE, MOUNT_ATTR_RDONLY },
	{ "rrw", OPTION_ATTRIBUTE, RECURSIVE_CLEAR, MOUNT_ATTR_RDONLY },
	{ "rshared", OPTION_PROPAGATION, HOW_RECURSIVE, MS_SHARED },
	{ "rslave", OPTION_PROPAGATION, HOW_RECURSIVE, MS_SLAVE },
	{ "rstrictatime", OPTION_ATIME, HOW_RECURSIVE, MOUNT_ATTR_STRICTATIME },
	{ "rsuid", OPTION_ATTRIBUTE, RECURSIVE_CLEAR, MOUNT_ATTR_NOSUID },
	{ "rsymfollow", OPTION_ATTRIBUTE, RECURSIVE_CLEAR, MOUNT_ATTR_NOSYMFOLLOW },
	{ "rsync", OPTION_SUPER, HOW_SET, MS_SYNCHRONOUS },
	{ "runbindable", OPTION_PROPAGATION, HOW_RECURSIVE, MS_UNBINDABLE },
	{ "rw", OPTION_READ_ONLY, HOW_CLEAR, 0 },
	{ "shared", OPTION_PROPAGATION, HOW_SET, MS_SHARED },
	{ "silent", OPTION_SUPER, HOW_SET, MS_SILENT },
	{ "slave", OPTION_PROPAGATION, HOW_SET, MS_SLAVE },
	{ "src-nofollow", OPTION_SOURCE_NOFOLLOW, HOW_SET, 0 },
	{ "strictatime", OPTION_ATIME, HOW_SET, MOUNT_ATTR_STRICTATIME },
	{ "suid", OPTION_ATTRIBUTE, HOW_CLEAR, MOUNT_ATTR_NOSUID },
	{ "symfollow", OPTION_ATTRIBUTE, HOW_CLEAR, MOUNT_ATTR_NOSYMFOLLOW },
	{ "sync", OPTION_SUPER, HOW_SET, MS_SYNCHRONOUS },
	{ "tmpcopyup", OPTION_TMPCOPYUP, HOW_SET, 0 },
	{ "unbindable", OPTION_PROPAGATION, HOW_SET, MS_UNBINDABLE },
};
#define OPTION_COUNT (sizeof(option_rows) / sizeof(option_rows[0]))

const char *mount_option_name(size_t index)
{
	return index < OPTION_COUNT ? option_rows[index].name : NULL;
}

static int compare_name(const void *key, const void *row)
{
	return strcmp(key, ((const struct option_row *)row)->name);
}

static const struct option_row *option_find(const char *word)
{
	return bsearch(word, option_rows, OPTION_COUNT, sizeof option_rows[0], compare_name);
}

static void put_bits(uint64_t bits, bool clear, uint64_t *set, uint64_t *cleared)
{
	*set = clear ? *set & ~bits : *set | bits;
	*cleared = clear ? *cleared | bits : *cleared & ~bits;
}

/* The kernel has three modes, of which relatime is 0 and the default; a word with "no" takes back
 * the mode it names and leaves another one alone. */
static void put_atime(uint64_t mode, bool clear, uint64_t *set, uint64_t *cleared)
{
	bool is_chosen = *cleared & MOUNT_ATTR__ATIME;

	if (clear && is_chosen && (*set & MOUNT_ATTR__ATIME) != mode)
		return;
	*cleared |= MOUNT_ATTR__ATIME;
	*set &= ~(uint64_t)MOUNT_ATTR__ATIME;
	if (!clear)
		*set |= mode;
}

static void put_super(uint32_t bits, bool clear, struct mount_options *out)
{
	out->super_set = clear ? out->super_set & ~bits : out->super_set | bits;
	out->super_clear = clear ? out->super_clear | bits : out->super_clear & ~bits;
}

/* Only the last ones matter once there are more than a mount has states. */
static void put_propagation(uint32_t type, struct mount_options *out)
{
	const unsigned most = sizeof(out->propagation) / sizeof(out->propagation[0]);

	if (out->propagation_count == most) {
		memmove(out->propagation, out->propagation + 1,
			(most - 1) * sizeof(out->propagation[0]));
		out->propagation_count--;
	}
	out->propagation[out->propagation_count++] = type;
}

static void option_apply(const struct option_row *row, struct mount_options *out)
{
	bool clear = row->how & HOW_CLEAR, recursive = row->how & HOW_RECURSIVE;
	uint64_t *set = recursive ? &out->attr_set_recursive : &out->attr_set;
	uint64_t *cleared = recursive ? &out->attr_clear_recursive : &out->attr_clear;

	switch ((enum option_kind)row->kind) {
	case OPTION_NOTHING: break;
	case OPTION_ATTRIBUTE: put_bits(row->value, clear, set, cleared); break;
	case OPTION_ATIME: put_atime(row->value, clear, set, cleared); break;
	case OPTION_READ_ONLY:
		put_bits(MOUNT_ATTR_RDONLY, clear, set, cleared);
		put_super(MS_RDONLY, clear, out);
		break;
	case OPTION_SUPER: put_super(row->value, clear, out); break;
	case OPTION_BIND:
		out->bind = true;
		out->bind_recursive = recursive;
		break;
	case OPTION_REMOUNT: out->remount = true; break;
	case OPTION_PROPAGATION: put_propagation(row->value | (recursive ? MS_REC : 0), out); break;
	case OPTION_TMPCOPYUP: out->tmpcopyup = true; break;
	case OPTION_COPY_SYMLINK: out->copy_symlink = true; break;
	case OPTION_SOURCE_NOFOLLOW: out->source_nofollow = true; break;
	case OPTION_DESTINATION_NOFOLLOW: out->destination_nofollow = true; break;
	case OPTION_IDMAP:
		out->idmap = recursive ? MOUNT_IDMAP_RECURSIVE : MOUNT_IDMAP;
		out->idmap_spec = NULL;
		break;
	}
}

/* "idmap=uids=0-1000-10;gids=..." and "ridmap=..." carry a map in the word. */
static bool idmap_with_spec(const char *word, struct mount_options *out)
{
	bool recursive = str_starts(word, "ridmap=");

	if (!recursive && !str_starts(word, "idmap="))
		return false;
	out->idmap = recursive ? MOUNT_IDMAP_RECURSIVE : MOUNT_IDMAP;
	out->idmap_spec = strchr(word, '=') + 1;
	return true;
}

/* The end of the first option of a comma separated list: commas in double quotes (SELinux contexts)
 * and after a backslash (overlay paths) belong to it. */
static size_t data_word_length(const char *text)
{
	bool in_quotes = false;
	size_t i = 0;

	for (; text[i] && (text[i] != ',' || in_quotes); i++) {
		if (text[i] == '"')
			in_quotes = !in_quotes;
		else if (text[i] == '\\' && text[i + 1])
			i++;
	}
	return i;
}

struct data_words {
	char *joined;
	size_t length;
	const char **list;
	size_t count;
};

static int data_add(struct arena *arena, struct data_words *data, const char *word)
{
	while (*word) {
		size_t length = data_word_length(word);
		if (length > 0) {
			char *copy = arena_strndup(arena, word, length);
			if (!copy)
				return -1;
			data->list[data->count++] = copy;
			if (data->length > 0)
				data->joined[data->length++] = ',';
			memcpy(data->joined + data->length, word, length);
			data->length += length;
		}
		word += length + (word[length] == ',');
	}
	return 0;
}

int mount_options_parse(struct arena *arena, const char *const *options, size_t count,
			const char *pointer, struct mount_options *out, struct err *e)
{
	struct mount_options parsed = { 0 };
	struct data_words data = { 0 };
	size_t most_bytes = 1, most_words = 1;

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(options[i]);
		most_bytes += length + 1;
		most_words += length / 2 + 1;
	}
	for (size_t i = 0; i < count; i++) {
		const struct option_row *row = option_find(options[i]);
		if (row) {
			option_apply(row, &parsed);
			continue;
		}
		if (options[i][0] == '\0' || idmap_with_spec(options[i], &parsed))
			continue;
		if (!data.joined) {
			data.joined = arena_alloc(arena, most_bytes);
			data.list = ARENA_ARRAY(arena, most_words, const char *);
		}
		if (!data.joined || !data.list || data_add(arena, &data, options[i]) < 0) {
			err_set(e, ERR_NO_MEMORY, "hold mount options");
			return err_pointer(e, "%s/%zu", pointer, i);
		}
	}
	if (data.count > 0) {
		parsed.data = data.joined;
		parsed.rest = data.list;
		parsed.rest_count = data.count;
	}
	*out = parsed;
	return 0;
}
