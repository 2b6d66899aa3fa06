/* list.c - state, list, ps: what there is, as tables and JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/scope.h"
#include "oci/state.h"
#include "runtime/cli/command.h"
#include "runtime/container.h"

#define OUTPUT_MAX ((size_t)64 << 20)

struct format_values {
	const char *format;
	bool quiet;
};

static int is_json(const struct format_values *given, bool *out, struct err *e)
{
	*out = str_equal(given->format, "json");
	if (!given->format || *out || str_equal(given->format, "table"))
		return 0;
	err_set(e, ERR_INVALID, "invalid format `%s`: table or json", given->format);
	return err_phase(e, PHASE_ARGUMENTS);
}

static int state_main(const struct global_options *global, void *values, int argc,
		      char *const *argv, struct err *e)
{
	AUTO_STRBUF out = STRBUF(OUTPUT_MAX);

	if (container_state_write(global->root, argv[0], &out, e) < 0)
		return -1;
	printf("%s\n", out.data);
	return 0;
}

const struct command state_command = {
	"state", "CONTAINER", "output the state of a container", NULL, 0, 1, 1, false, state_main,
};

/* ---- list ------------------------------------------------------------------------------------ */

#define OPTION(member) offsetof(struct format_values, member)
static const struct option_row list_rows[] = {
	{ "quiet", 'q', NULL, OPTION_FLAG, OPTION(quiet), "show only IDs" },
	{ "format", 'f', "FORMAT", OPTION_TEXT, OPTION(format), "table (default) or json" },
};
static const struct option_table list_table = { list_rows, ARRAY_SIZE(list_rows) };

static void list_json(const char *id, const struct container_facts *facts, struct json_writer *w)
{
	struct oci_state state = {
		.id = id,
		.pid = facts->pid,
		.status = container_status_name(facts->status),
		.bundle = facts->state.bundle,
		.created = facts->state.created,
		.owner = facts->state.owner,
	};
	oci_state_encode(&state, w, NULL);
}

static void list_row(int width, const char *id, const struct container_facts *facts)
{
	printf("%-*s%-10d%-8s %-39s %-30s %s\n", width, id, facts->pid,
	       container_status_name(facts->status), facts->state.bundle, facts->state.created,
	       facts->state.owner ? facts->state.owner : "");
}

static int list_main(const struct global_options *global, void *values, int argc, char *const *argv,
		     struct err *e)
{
	const struct format_values *given = values;
	AUTO_ARENA *arena = arena_new(OUTPUT_MAX);
	AUTO_STRBUF out = STRBUF(OUTPUT_MAX);
	struct json_writer w;
	const char **ids;
	size_t count;
	bool json;
	int width = 4;

	AUTO_FD root_fd = state_root_open(global->root, e);
	if (root_fd < 0 || !arena || is_json(given, &json, e) < 0 ||
	    state_list(root_fd, arena, &ids, &count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if ((int)strlen(ids[i]) > width)
			width = (int)strlen(ids[i]);
	json_writer_init(&w, &out, true);
	json_open_array(&w, NULL);
	if (!json && !given->quiet)
		printf("%-*s%-10s%-8s %-39s %-30s %s\n", width + 1, "NAME", "PID", "STATUS",
		       "BUNDLE PATH", "CREATED", "OWNER");
	for (size_t i = 0; i < count; i++) {
		struct container_facts facts;
		struct err one = ERR_INIT;
		char line[sizeof one];
		if (given->quiet && !json) {
			printf("%s\n", ids[i]);
			continue;
		}
		if (container_facts(global->root, ids[i], arena, &facts, &one) < 0) {
			/* One that is being made or deleted right now; the others still count. */
			err_format(&one, line, sizeof line);
			fprintf(stderr, "%s\n", line);
			continue;
		}
		if (json)
			list_json(ids[i], &facts, &w);
		else
			list_row(width + 1, ids[i], &facts);
	}
	json_close_array(&w);
	if (json_writer_end(&w) < 0)
		return err_errno(e, out.failed, "list containers");
	if (json)
		printf("%s\n", out.data);
	return 0;
}

const struct command list_command = {
	"list",
	"[OPTION]...",
	"list known containers",
	&list_table,
	sizeof(struct format_values),
	0,
	0,
	false,
	list_main,
};

/* ---- ps -------------------------------------------------------------------------------------- */

static const struct option_row ps_rows[] = {
	{ "format", 'f', "FORMAT", OPTION_TEXT, OPTION(format), "table (default) or json" },
};
static const struct option_table ps_table = { ps_rows, ARRAY_SIZE(ps_rows) };

static int ps_main(const struct global_options *global, void *values, int argc, char *const *argv,
		   struct err *e)
{
	AUTO_FREE pid_t *pids = NULL;
	size_t count;
	bool json;

	if (is_json(values, &json, e) < 0 ||
	    container_pids(global->root, argv[0], &pids, &count, e) < 0)
		return -1;
	puts(json ? "[" : "PID");
	for (size_t i = 0; i < count; i++)
		printf(json ? "  %d%s\n" : "%d%s\n", pids[i], json && i + 1 < count ? "," : "");
	if (json)
		puts("]");
	return 0;
}

const struct command ps_command = {
	"ps",
	"[OPTION]... CONTAINER",
	"show the processes of a container",
	&ps_table,
	sizeof(struct format_values),
	1,
	1,
	false,
	ps_main,
};
