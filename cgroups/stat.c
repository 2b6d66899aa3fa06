/* stat.c - reads the accounting files of a cgroup.
 *
 * Source    : cgroup-v2.rst cpu.stat, memory.stat, io.stat, pids.current. */
#include "cgroups/stat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "cgroups/cgroup-priv.h"

/* memory.stat has some 70 lines, io.stat one for each device: far below. */
#define FILE_LIMIT (1024 * 1024)

struct reading {
	const struct cgroup *cgroup;
	struct arena *arena;
	struct cgroup_stat *stat;
	struct err *e;
};

static int unreadable(const struct reading *r, const char *file, int why)
{
	return err_errno(r->e, why, "read %s of cgroup %s", file, r->cgroup->path);
}

/* A file of one number; the controller's bit is set when the file is there. */
static int read_number(const struct reading *r, const char *file, unsigned controller,
		       uint64_t *out_value)
{
	char text[64];
	ssize_t length = file_read_small(r->cgroup->fd, file, text, sizeof text);

	if (length == -ENOENT)
		return 0;
	if (length < 0)
		return unreadable(r, file, (int)length);
	r->stat->present |= controller;
	text[strcspn(text, "\n")] = '\0';
	if (str_equal(text, "max"))
		*out_value = UINT64_MAX;
	else if (str_to_uint64(text, out_value) < 0)
		return unreadable(r, file, EBADMSG);
	return 0;
}

/* The whole file in the arena; NULL when it is not there. */
static int read_text(const struct reading *r, const char *file, char **out_text)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	int result = file_read_at(r->cgroup->fd, file, FILE_LIMIT, &text, &length);

	*out_text = NULL;
	if (result == -ENOENT || result == -EOPNOTSUPP)
		return 0;
	if (result < 0)
		return unreadable(r, file, result);
	*out_text = arena_strndup(r->arena, text, length);
	return *out_text ? 0 : unreadable(r, file, ENOMEM);
}

static size_t lines_of(const char *text)
{
	size_t lines = 1;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* "name value" lines, cut in place. */
static int parse_values(const struct reading *r, char *text, struct cgroup_stat_value **out_values,
			size_t *out_count)
{
	struct cgroup_stat_value *values =
		ARENA_ARRAY(r->arena, lines_of(text), struct cgroup_stat_value);
	size_t count = 0;
	char *rest = text;

	if (!values)
		return unreadable(r, "a stat file", ENOMEM);
	for (char *line; (line = strsep(&rest, "\n"));) {
		char *value = strchr(line, ' ');

		if (!value)
			continue;
		*value++ = '\0';
		if (str_to_uint64(value, &values[count].value) == 0)
			values[count++].name = line;
	}
	*out_values = values;
	*out_count = count;
	return 0;
}

static int read_cpu(const struct reading *r)
{
	struct cgroup_stat *stat = r->stat;
	const struct {
		const char *name;
		uint64_t *value;
	} wanted[] = {
		{ "usage_usec", &stat->cpu_usage_us },
		{ "user_usec", &stat->cpu_user_us },
		{ "system_usec", &stat->cpu_system_us },
		{ "nr_periods", &stat->cpu_periods },
		{ "nr_throttled", &stat->cpu_throttled_periods },
		{ "throttled_usec", &stat->cpu_throttled_us },
	};
	struct cgroup_stat_value *values;
	size_t count;
	char *text;

	if (read_text(r, "cpu.stat", &text) < 0)
		return -1;
	if (!text)
		return 0;
	stat->present |= CGROUP_CPU;
	if (parse_values(r, text, &values, &count) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(wanted); j++) {
			if (str_equal(values[i].name, wanted[j].name))
				*wanted[j].value = values[i].value;
		}
	}
	return 0;
}

static int read_memory(const struct reading *r)
{
	struct cgroup_stat *stat = r->stat;
	char *text;

	if (read_number(r, "memory.current", CGROUP_MEMORY, &stat->memory_current) < 0 ||
	    read_number(r, "memory.peak", CGROUP_MEMORY, &stat->memory_peak) < 0 ||
	    read_number(r, "memory.max", CGROUP_MEMORY, &stat->memory_limit) < 0 ||
	    read_number(r, "memory.swap.current", CGROUP_MEMORY, &stat->memory_swap_current) < 0 ||
	    read_number(r, "memory.swap.max", CGROUP_MEMORY, &stat->memory_swap_limit) < 0 ||
	    read_text(r, "memory.stat", &text) < 0)
		return -1;
	return text ? parse_values(r, text, &stat->memory, &stat->n_memory) : 0;
}

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0" */
static bool parse_io_line(char *line, struct cgroup_stat_io *io)
{
	char *rest = line, *device = strsep(&rest, " "),
	     *colon = device ? strchr(device, ':') : NULL;
	const struct {
		const char *name;
		uint64_t *value;
	} wanted[] = {
		{ "rbytes", &io->read_bytes },
		{ "wbytes", &io->write_bytes },
		{ "rios", &io->read_operations },
		{ "wios", &io->write_operations },
	};

	if (!colon)
		return false;
	io->major = (uint32_t)strtoul(device, NULL, 10);
	io->minor = (uint32_t)strtoul(colon + 1, NULL, 10);
	for (char *word; (word = strsep(&rest, " "));) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
			if (str_equal(word, wanted[i].name))
				(void)str_to_uint64(value,
						    wanted[i].value); /* the kernel's own form */
		}
	}
	return true;
}

static int read_io(const struct reading *r)
{
	struct cgroup_stat *stat = r->stat;
	char *text;

	if (read_text(r, "io.stat", &text) < 0)
		return -1;
	if (!text)
		return 0;
	stat->present |= CGROUP_IO;
	stat->io = ARENA_ARRAY(r->arena, lines_of(text), struct cgroup_stat_io);
	if (!stat->io)
		return unreadable(r, "io.stat", ENOMEM);
	for (char *line; (line = strsep(&text, "\n"));)
		stat->n_io += parse_io_line(line, &stat->io[stat->n_io]);
	return 0;
}

int cgroup_stat_read(const struct cgroup *cgroup, struct arena *arena, struct cgroup_stat *out_stat,
		     struct err *e)
{
	struct cgroup_stat stat = { .memory_limit = UINT64_MAX,
				    .memory_swap_limit = UINT64_MAX,
				    .pids_limit = UINT64_MAX };
	struct reading r = { .cgroup = cgroup, .arena = arena, .stat = &stat, .e = e };

	if (read_cpu(&r) < 0 || read_memory(&r) < 0 ||
	    read_number(&r, "pids.current", CGROUP_PIDS, &stat.pids_current) < 0 ||
	    read_number(&r, "pids.max", CGROUP_PIDS, &stat.pids_limit) < 0 || read_io(&r) < 0)
		return err_phase(e, PHASE_CGROUP);
	*out_stat = stat;
	return 0;
}
