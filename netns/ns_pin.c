/* ns_pin.c - names for namespaces: nsfs mounted on files.
 *
 *   missing --create--> empty file --mount--> pinned --umount--> empty file --unlink--> missing
 *
 * A program killed at any arrow leaves one of these states, and both functions start from any of
 * them. The file is held by an O_PATH descriptor from the look at it to the change of it, so what
 * was checked is what is mounted on or unmounted. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/sys.h"
#include "netns/ns-priv.h"
#include "netns/ns.h"

/* More than anyone stacks by accident; a bound on a loop over foreign state. */
#define MOST_ATTEMPTS 64

enum place {
	PLACE_MISSING,
	PLACE_EMPTY, /* an empty regular file */
	PLACE_PIN,
	PLACE_OTHER,
};

/* What is at `path` now; *out_fd is an O_PATH descriptor of it unless it is missing. */
static int look(int dirfd, const char *path, enum place *out_place, int *out_fd)
{
	struct stat st;
	AUTO_FD fd = openat(dirfd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		if (errno != ENOENT)
			return -errno;
		*out_place = PLACE_MISSING;
		return 0;
	}
	int nsfs = ns_fd_is_nsfs(fd);
	if (nsfs < 0 || fstat(fd, &st) < 0)
		return -errno;
	*out_place = nsfs				      ? PLACE_PIN
		     : S_ISREG(st.st_mode) && st.st_size == 0 ? PLACE_EMPTY
							      : PLACE_OTHER;
	*out_fd = take_fd(&fd);
	return 0;
}

static int mount_on(int fd, int target)
{
	AUTO_FD tree = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return -errno;
	if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

int ns_pin(int fd, int dirfd, const char *path, struct err *e)
{
	bool created = false;
	enum ns_kind kind;
	int r = ns_fd_kind(fd, &kind);

	if (r == -ENOTTY)
		return err_set(e, ERR_INVALID, "pin at %s what is no namespace", path);
	if (r < 0)
		return err_errno(e, r, "ask for the kind of the namespace to pin at %s", path);
	const char *name = ns_kind_row(kind)->name;

	for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
		AUTO_FD target = -1;
		enum place place;

		r = look(dirfd, path, &place, &target);
		if (r < 0)
			return err_errno(e, r, "pin a %s namespace at %s", name, path);
		switch (place) {
		case PLACE_MISSING:
			target = openat(dirfd, path,
					O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
			if (target < 0 && errno != EEXIST)
				return err_sys(e, "create %s to pin a %s namespace", path, name);
			created = target >= 0;
			break; /* look again: nobody else may have put something else there */
		case PLACE_EMPTY:
			r = mount_on(fd, target);
			if (r == 0)
				return 0;
			if (created)
				(void)unlinkat(dirfd, path, 0); /* a leftover does no harm */
			err_errno(e, r, "pin a %s namespace at %s", name, path);
			if (r ==
			    -ELOOP) /* the kernel's guard against namespaces that keep themselves */
				err_hint(
					e,
					"a mount namespace fits only into one that is older, by the kernel's count of them");
			return -1;
		case PLACE_PIN:
			r = ns_fd_same(fd, target);
			if (r == 1)
				return 0;
			if (r < 0)
				return err_errno(e, r, "look at the namespace pinned at %s", path);
			return err_set(e, ERR_EXISTS, "another namespace is pinned at %s", path);
		case PLACE_OTHER:
			return err_set(e, ERR_EXISTS,
				       "%s is no empty file to pin a %s namespace at", path, name);
		}
	}
	return err_set(e, ERR_CONFLICT, "%s keeps changing while a %s namespace is pinned", path,
		       name);
}

int ns_unpin(int dirfd, const char *path, struct err *e)
{
	for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
		AUTO_FD target = -1;
		enum place place;
		char by_fd[NS_PROC_PATH_SIZE];

		int r = look(dirfd, path, &place, &target);
		if (r < 0)
			return err_errno(e, r, "unpin %s", path);
		switch (place) {
		case PLACE_MISSING: return 0;
		case PLACE_PIN: /* the one on top; there may be more below */
			ns_proc_fd_path(by_fd, target);
			if (umount2(by_fd, MNT_DETACH) < 0)
				return err_sys(e, "unmount the namespace pinned at %s", path);
			break;
		case PLACE_EMPTY:
			if (unlinkat(dirfd, path, 0) < 0 && errno != ENOENT)
				return err_sys(e, "remove %s", path);
			return 0;
		case PLACE_OTHER:
			return err_set(e, ERR_CONFLICT, "%s is no pinned namespace", path);
		}
	}
	return err_set(e, ERR_CONFLICT, "%s keeps changing while it is unpinned", path);
}
