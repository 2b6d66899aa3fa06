/* mount_options.h - the words of mounts[].options, as a table, and what a list of them means.
 *
 *   ["rbind", "ro", "rprivate", "size=64k"]
 *     -> attr_set MOUNT_ATTR_RDONLY, bind, bind_recursive, propagation MS_PRIVATE|MS_REC,
 *        data "size=64k"
 *
 * Words are applied in order, as mount(8) does: a later word undoes an earlier one of the same
 * matter. What is in no row goes to the file system, comma separated, in order.
 *
 * Ownership : texts live in the arena or are borrowed from the options.
 * Errors    : ERR_NO_MEMORY; no word is wrong here, the file system knows its own.
 * Source    : mount(8), mount_setattr(2), runtime-spec config.md "mounts".
 * Never     : mounts; looks at a path. */
#ifndef KEG_RUNTIME_MOUNT_OPTIONS_H
#define KEG_RUNTIME_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum mount_idmap_kind {
	MOUNT_IDMAP_NONE = 0,
	MOUNT_IDMAP,	       /* this mount */
	MOUNT_IDMAP_RECURSIVE, /* and those below */
};

struct mount_options {
	/* Attributes of the mount, for mount_setattr(2): MOUNT_ATTR_*. A bit is in at most one of
	 * set and clear; atime modes put MOUNT_ATTR__ATIME in clear, as the call wants it. */
	uint64_t attr_set, attr_clear;
	uint64_t attr_set_recursive, attr_clear_recursive; /* rro ... with AT_RECURSIVE */

	/* Flags of the superblock, MS_*: for fsconfig or a remount. `ro` is here and above. */
	uint32_t super_set, super_clear; /* MS_RDONLY SYNCHRONOUS DIRSYNC MANDLOCK LAZYTIME ... */

	bool bind, bind_recursive; /* rbind sets both */
	bool remount;
	/* MS_SHARED, MS_PRIVATE, MS_SLAVE or MS_UNBINDABLE, with MS_REC for the r... words; in
	 * the order of the words, as slave then shared differs from shared alone. */
	uint32_t propagation[4];
	unsigned propagation_count;

	bool tmpcopyup;	   /* fill a new tmpfs with what is below it */
	bool copy_symlink; /* a source that is a symlink is made anew, not followed */
	bool source_nofollow, destination_nofollow;

	enum mount_idmap_kind idmap;
	const char *idmap_spec; /* what follows idmap=, NULL for the word alone */

	const char *data;	 /* what is left, "a,b=c"; NULL when nothing */
	const char *const *rest; /* the same word by word, for fsconfig */
	size_t rest_count;
};

/* options may be NULL with count 0. `pointer` is that of the array, "/mounts/3/options". */
int mount_options_parse(struct arena *arena, const char *const *options, size_t count,
			const char *pointer, struct mount_options *out, struct err *e);

/* The words of the table in order, for `features`: NULL past the last. */
const char *mount_option_name(size_t index);

#endif
