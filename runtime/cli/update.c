/* update.c - update: the flags of the command line, or a file, as linux.resources. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/scope.h"
#include "oci/config.h"
#include "oci/validate.h"
#include "runtime/cli/command.h"
#include "runtime/container.h"

struct update_values {
	const char *resources;
	/* in the order of `members` */
	const char *blkio_weight, *cpu_period, *cpu_quota, *cpu_rt_period, *cpu_rt_runtime;
	const char *cpu_share, *cpu_burst, *cpu_idle, *cpuset_cpus, *cpuset_mems, *kernel_memory;
	const char *kernel_memory_tcp, *memory, *memory_reservation, *memory_swap, *pids_limit;
	const char *l3_cache_schema, *mem_bw_schema;
};

#define OPTION(member) offsetof(struct update_values, member)
#define ROW(name, argument, member, help)                                                          \
	{                                                                                          \
		name, 0, argument, OPTION_TEXT, OPTION(member), help                               \
	}
static const struct option_row rows[] = {
	{ "resources", 'r', "FILE", OPTION_TEXT, OPTION(resources),
	  "file with linux.resources as JSON, - for standard input" },
	ROW("blkio-weight", "VALUE", blkio_weight, "block I/O weight, 10 to 1000"),
	ROW("cpu-period", "VALUE", cpu_period, "CPU period in microseconds"),
	ROW("cpu-quota", "VALUE", cpu_quota, "CPU time in a period, microseconds"),
	ROW("cpu-rt-period", "VALUE", cpu_rt_period, "realtime period (cgroup v1: refused)"),
	ROW("cpu-rt-runtime", "VALUE", cpu_rt_runtime, "realtime runtime (cgroup v1: refused)"),
	ROW("cpu-share", "VALUE", cpu_share, "CPU shares, 2 to 262144"),
	ROW("cpu-burst", "VALUE", cpu_burst, "CPU burst in microseconds"),
	ROW("cpu-idle", "VALUE", cpu_idle, "1: only when nothing else runs"),
	ROW("cpuset-cpus", "VALUE", cpuset_cpus, "CPUs to use, \"0-3,7\""),
	ROW("cpuset-mems", "VALUE", cpuset_mems, "memory nodes to use"),
	ROW("kernel-memory", "VALUE", kernel_memory, "kernel memory limit (cgroup v1)"),
	ROW("kernel-memory-tcp", "VALUE", kernel_memory_tcp, "TCP memory limit (cgroup v1)"),
	ROW("memory", "VALUE", memory, "memory limit in bytes, -1 for none"),
	ROW("memory-reservation", "VALUE", memory_reservation, "memory kept when others want it"),
	ROW("memory-swap", "VALUE", memory_swap, "memory and swap together, -1 for no limit"),
	ROW("pids-limit", "VALUE", pids_limit, "processes, -1 for no limit"),
	ROW("l3-cache-schema", "VALUE", l3_cache_schema, "Intel RDT (not supported: refused)"),
	ROW("mem-bw-schema", "VALUE", mem_bw_schema, "Intel RDT (not supported: refused)"),
};
static const struct option_table table = { rows, ARRAY_SIZE(rows) };

/* Which member of linux.resources a flag is; grouped by section. */
static const struct {
	size_t offset;
	const char *section, *member;
	bool text;
} members[] = {
	{ OPTION(blkio_weight), "blockIO", "weight", false },
	{ OPTION(cpu_period), "cpu", "period", false },
	{ OPTION(cpu_quota), "cpu", "quota", false },
	{ OPTION(cpu_rt_period), "cpu", "realtimePeriod", false },
	{ OPTION(cpu_rt_runtime), "cpu", "realtimeRuntime", false },
	{ OPTION(cpu_share), "cpu", "shares", false },
	{ OPTION(cpu_burst), "cpu", "burst", false },
	{ OPTION(cpu_idle), "cpu", "idle", false },
	{ OPTION(cpuset_cpus), "cpu", "cpus", true },
	{ OPTION(cpuset_mems), "cpu", "mems", true },
	{ OPTION(kernel_memory), "memory", "kernel", false },
	{ OPTION(kernel_memory_tcp), "memory", "kernelTCP", false },
	{ OPTION(memory), "memory", "limit", false },
	{ OPTION(memory_reservation), "memory", "reservation", false },
	{ OPTION(memory_swap), "memory", "swap", false },
	{ OPTION(pids_limit), "pids", "limit", false },
};

static int write_member(struct json_writer *w, size_t row, const char *value, struct err *e)
{
	int64_t number;

	if (members[row].text) {
		json_write_string(w, members[row].member, value);
		return 0;
	}
	if (str_to_int64(value, &number) < 0) {
		err_set(e, ERR_INVALID, "`%s` for %s.%s is not a number", value,
			members[row].section, members[row].member);
		return err_phase(e, PHASE_ARGUMENTS);
	}
	json_write_int(w, members[row].member, number);
	return 0;
}

/* The flags as the document that --resources would have been. */
static int resources_from_flags(const struct update_values *given, struct strbuf *out,
				struct err *e)
{
	const char *open = NULL;
	struct json_writer w;

	json_writer_init(&w, out, false);
	json_open_object(&w, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *value = *(const char *const *)((const char *)given + members[i].offset);
		if (!value)
			continue;
		if (open && !str_equal(open, members[i].section))
			json_close_object(&w);
		if (!str_equal(open, members[i].section))
			json_open_object(&w, members[i].section);
		open = members[i].section;
		if (write_member(&w, i, value, e) < 0)
			return -1;
	}
	if (open)
		json_close_object(&w);
	json_close_object(&w);
	int result = json_writer_end(&w);
	return result < 0 ? err_errno(e, result, "read the options") : 0;
}

#define RESOURCES_MAX ((size_t)4 << 20)

static int resources_from_file(const char *path, struct strbuf *out, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t length;
	int result = str_equal(path, "-")
			     ? file_read_fd(STDIN_FILENO, RESOURCES_MAX, &text, &length)
			     : file_read_at(AT_FDCWD, path, RESOURCES_MAX, &text, &length);

	if (result == 0)
		result = strbuf_add_bytes(out, text, length);
	if (result == 0)
		return 0;
	err_errno(e, result, "read the resources from %s", path);
	return err_phase(e, PHASE_ARGUMENTS);
}

static int update_main(const struct global_options *global, void *values, int argc,
		       char *const *argv, struct err *e)
{
	const struct update_values *given = values;
	AUTO_ARENA *arena = arena_new((size_t)64 << 20);
	AUTO_STRBUF text = STRBUF(RESOURCES_MAX);
	struct oci_resources *resources;

	if (given->l3_cache_schema || given->mem_bw_schema) {
		err_set(e, ERR_UNSUPPORTED, "Intel RDT is not supported");
		return err_phase(e, PHASE_ARGUMENTS);
	}
	if (!arena)
		return err_errno(e, ENOMEM, "read the resources");
	int read = given->resources ? resources_from_file(given->resources, &text, e)
				    : resources_from_flags(given, &text, e);
	if (read < 0 || oci_resources_parse(arena, text.data, text.length, &resources, e) < 0 ||
	    oci_resources_validate(resources, "", e) < 0)
		return -1;
	return container_update(global->root, argv[0], arena, resources, e);
}

const struct command update_command = {
	"update",
	"[OPTION]... CONTAINER",
	"change the resource limits of a container",
	&table,
	sizeof(struct update_values),
	1,
	1,
	false,
	update_main,
};
