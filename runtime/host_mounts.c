/* host_mounts.c - the host's kernel file systems, let go of where the root is not pivoted. */
#include "runtime/host_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "runtime/procfs.h"

/* The kernel looks for the first two (SB_I_USERNS_VISIBLE); the others are ways to the host as well. */
static const char *const types[] = {
	"proc", "sysfs", "cgroup", "cgroup2", "bpf", "debugfs", "tracefs", "securityfs", "configfs",
};

/* ---- reading mountinfo ----------------------------------------------------------------------- */

struct mount_line {
	uint64_t id;
	char *point;
	const char *type;
};

/* Octal escapes: \040 for a space, proc_pid_mountinfo(5). */
static void unescape(char *text)
{
	char *out = text;

	for (const char *in = text; *in; out++) {
		if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] >= '0' && in[2] <= '7' &&
		    in[3] >= '0' && in[3] <= '7') {
			*out = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
			in += 4;
		} else {
			*out = *in++;
		}
	}
	*out = '\0';
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
static bool parse_line(char *line, struct mount_line *out)
{
	char *type = strstr(line, " - ");
	char *at = line;

	if (!type)
		return false;
	*type = '\0';
	type += 3;
	type[strcspn(type, " ")] = '\0';
	out->type = type;
	out->id = 0;
	while (*at >= '0' && *at <= '9')
		out->id = 10 * out->id + (uint64_t)(*at++ - '0');
	for (int field = 0; field < 4; field++) {
		at = strchr(at, ' ');
		if (!at)
			return false;
		at++;
	}
	at[strcspn(at, " ")] = '\0';
	unescape(at);
	out->point = at;
	return true;
}

/* Lines of a descriptor; no stdio here, which would allocate. */
struct reader {
	int fd;
	size_t start, end;
	char buffer[4 * PATH_MAX];
};

/* 1 with a line, 0 at the end, negative errno. */
static int read_line(struct reader *reader, char **out_line)
{
	for (;;) {
		char *begin = reader->buffer + reader->start;
		char *newline = memchr(begin, '\n', reader->end - reader->start);
		if (newline) {
			*newline = '\0';
			reader->start = (size_t)(newline + 1 - reader->buffer);
			*out_line = begin;
			return 1;
		}
		memmove(reader->buffer, begin, reader->end - reader->start);
		reader->end -= reader->start;
		reader->start = 0;
		if (reader->end == sizeof reader->buffer)
			return -E2BIG;
		ssize_t n = read(reader->fd, reader->buffer + reader->end,
				 sizeof reader->buffer - reader->end);
		if (n <= 0)
			return n < 0 ? -errno : 0;
		reader->end += (size_t)n;
	}
}

/* ---- letting go ------------------------------------------------------------------------------ */

struct walk {
	int proc_fd;
	char rootfs[PATH_MAX]; /* as mountinfo names it */
	bool locked;	       /* a user namespace keeps mounts where they are */
};

/* `path` is `top` or below it. */
static bool is_at_or_below(const char *path, const char *top)
{
	size_t length = strlen(top);

	if (length == 1) /* "/" */
		return true;
	return strncmp(path, top, length) == 0 && (path[length] == '/' || !path[length]);
}

static bool is_wanted_gone(const struct walk *walk, const struct mount_line *found)
{
	if (is_at_or_below(found->point, walk->rootfs))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_equal(types[i], found->type))
			return true;
	return false;
}

/* Is it what its path leads to, or does another mount cover it? */
static bool is_on_top(const struct mount_line *found)
{
	struct statx st;

	return statx(AT_FDCWD, found->point, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_MNT_ID,
		     &st) == 0 &&
	       (st.stx_mask & STATX_MNT_ID) && st.stx_mnt_id == found->id;
}

/* 1 when the table of mounts changed, 0 when the mount stays. */
static int unmount(struct walk *walk, const struct mount_line *found, struct err *e)
{
	if (is_at_or_below(walk->rootfs, found->point)) {
		err_set(e, ERR_UNSUPPORTED, "let go of %s: the rootfs lies in it", found->point);
		return err_hint(e, "keep bundles on a disk or a tmpfs");
	}
	if (umount2(found->point, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return 1;
	if (errno == EINVAL && is_on_top(found))
		walk->locked = true;
	else if (errno != EINVAL && errno != ENOENT && errno != ENOTDIR && errno != EACCES)
		return err_sys(e, "let go of the host's %s on %s", found->type, found->point);
	return 0;
}

/* What the kernel sees below a locked cover, in a user namespace further down, is not fully visible. */
static int cover(struct walk *walk, const struct mount_line *found, struct err *e)
{
	if (!is_on_top(found)) {
		if (walk->locked) /* another one hides it already, locked as well */
			return 0;
		err_set(e, ERR_UNSUPPORTED, "let go of the host's %s on %s: it is covered",
			found->type, found->point);
		return err_hint(e, "unmount what hides it, or run without --no-pivot");
	}
	if (mount(NULL, found->point, "tmpfs", MS_RDONLY, "size=0k,mode=0555") < 0)
		return err_sys(e, "cover the host's %s on %s", found->type, found->point);
	return 0;
}

typedef int found_fn(struct walk *walk, const struct mount_line *found, struct err *e);

/* What `act` returns for the first mount that it does not return 0 for; 0 at the end. */
static int each_mount(struct walk *walk, found_fn *act, struct err *e)
{
	struct reader reader = { .start = 0 };
	struct mount_line found;
	char *line = NULL;
	int more;

	AUTO_FD fd = openat(walk->proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "read the host's mounts");
	reader.fd = fd;
	while ((more = read_line(&reader, &line)) > 0) {
		if (!parse_line(line, &found) || !is_wanted_gone(walk, &found))
			continue;
		int result = act(walk, &found, e);
		if (result != 0)
			return result;
	}
	return more < 0 ? err_errno(e, more, "read the host's mounts") : 0;
}

int host_mounts_let_go(int root_fd, struct err *e)
{
	struct walk walk = { .locked = false };
	char link[32];

	AUTO_FD proc = procfs_open();
	if (proc < 0)
		return err_errno(e, proc, "open a procfs of our own");
	walk.proc_fd = proc;
	snprintf(link, sizeof link, "self/fd/%d", root_fd);
	ssize_t length = readlinkat(proc, link, walk.rootfs, sizeof walk.rootfs - 1);
	if (length < 0)
		return err_sys(e, "find the path of the rootfs");
	walk.rootfs[length] = '\0';
	for (;;) { /* each change moves the table; below a mount that is gone are no more */
		int changed = each_mount(&walk, unmount, e);
		if (changed < 0)
			return -1;
		if (changed == 0)
			break;
	}
	return each_mount(&walk, cover, e);
}
