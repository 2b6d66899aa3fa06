/* path.c - where in the hierarchy a container belongs.
 *
 * Paths are text here; nothing is opened but /proc/PID/cgroup.
 *
 * Source    : runtime-spec config-linux.md "Cgroups Path"; cgroups(7) "/proc/pid/cgroup". */
#include "cgroups/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "cgroups/cgroup-priv.h"

/* Appends the components of `text`; the length so far, or -1. */
static ssize_t add_components(char *out, size_t length, const char *text, struct err *e)
{
	for (const char *at = text; *at;) {
		size_t size = strcspn(at, "/");

		if (size == 2 && memcmp(at, "..", 2) == 0)
			return err_set(e, ERR_INVALID,
				       "cgroup path `%s`: `..` components are not allowed", text);
		if (size > NAME_MAX)
			return err_set(e, ERR_INVALID,
				       "cgroup path `%s`: a component is longer than %d bytes",
				       text, NAME_MAX);
		if (memchr(at, '\n', size))
			return err_set(e, ERR_INVALID,
				       "cgroup path `%s`: a line break is not allowed", text);
		if (size > 0 && !(size == 1 && *at == '.')) {
			if (length + 1 + size >= CGROUP_PATH_MAX)
				return err_set(e, ERR_INVALID,
					       "cgroup path `%s` is longer than %d bytes", text,
					       CGROUP_PATH_MAX - 1);
			out[length++] = '/';
			memcpy(out + length, at, size);
			length += size;
		}
		at += size;
		at += strspn(at, "/");
	}
	out[length] = '\0';
	return (ssize_t)length;
}

int cgroup_path_make(const char *cgroups_path, const char *id, const char *below,
		     char out_path[CGROUP_PATH_MAX], struct err *e)
{
	char path[CGROUP_PATH_MAX] = "";
	ssize_t length = 0;

	if (str_empty(cgroups_path)) {
		if (str_empty(id) || strchr(id, '/'))
			return cgroup_failed(e, err_set(e, ERR_INVALID, "`%s` cannot name a cgroup",
							id ? id : ""));
		cgroups_path = id;
	}
	if (below && *cgroups_path != '/')
		length = add_components(path, 0, below, e);
	if (length >= 0)
		length = add_components(path, (size_t)length, cgroups_path, e);
	if (length < 0)
		return cgroup_failed(e, -1);
	if (length == 0)
		return cgroup_failed(e,
				     err_set(e, ERR_INVALID, "cgroup path `%s` is the root cgroup",
					     cgroups_path));
	memcpy(out_path, path, (size_t)length + 1);
	return 0;
}

int cgroup_path_of(pid_t pid, char out_path[CGROUP_PATH_MAX], struct err *e)
{
	/* A line for each v1 hierarchy beside the one that counts. */
	char text[16 * 1024], file[64] = "/proc/self/cgroup";

	if (pid != 0)
		(void)snprintf(file, sizeof file, "/proc/%d/cgroup", (int)pid); /* fits */
	ssize_t length = file_read_small(AT_FDCWD, file, text, sizeof text);
	if (length < 0)
		return cgroup_failed(e, err_errno(e, (int)length, "read %s", file));
	char *line = str_starts(text, "0::") ? text : strstr(text, "\n0::");
	if (!line)
		return cgroup_failed(
			e, err_set(e, ERR_UNSUPPORTED, "%s shows no cgroup v2 hierarchy", file));
	line = strstr(line, "0::") + strlen("0::");
	line[strcspn(line, "\n")] = '\0';
	if (str_ends(line, " (deleted)"))
		return cgroup_failed(
			e, err_set(e, ERR_GONE, "the cgroup of process %d was removed", (int)pid));
	if (str_starts(line, "/.."))
		return cgroup_failed(e, err_set(e, ERR_UNSUPPORTED,
						"process %d is outside of this cgroup namespace",
						(int)pid));
	if (strlen(line) >= CGROUP_PATH_MAX)
		return cgroup_failed(
			e, err_set(e, ERR_LIMIT,
				   "the cgroup path of process %d is longer than %d bytes",
				   (int)pid, CGROUP_PATH_MAX - 1));
	(void)snprintf(out_path, CGROUP_PATH_MAX, "%s", line); /* measured above */
	return 0;
}
