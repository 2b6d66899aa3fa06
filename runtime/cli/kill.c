/* kill.c - kill, delete, pause, resume. */
#include <errno.h>
#include <regex.h>
#include <stdio.h>

#include "base/log.h"
#include "base/scope.h"
#include "runtime/cli/command.h"
#include "runtime/container.h"
#include "runtime/signals.h"

/* Every container whose name matches: one that fails is told and does not stop the others. */
typedef int each_fn(const struct global_options *global, const char *id, void *context,
		    struct err *e);

static int for_each_match(const struct global_options *global, const char *pattern, each_fn *each,
			  void *context, struct err *e)
{
	AUTO_ARENA *arena = arena_new((size_t)16 << 20);
	const char **ids;
	size_t count;
	regex_t expression;

	AUTO_FD root_fd = state_root_open(global->root, e);
	if (!arena)
		return err_errno(e, ENOMEM, "list containers");
	if (root_fd < 0 || state_list(root_fd, arena, &ids, &count, e) < 0)
		return -1;
	if (regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
		err_set(e, ERR_INVALID, "invalid regular expression `%s`", pattern);
		return err_phase(e, PHASE_ARGUMENTS);
	}
	int result = 0;
	for (size_t i = 0; i < count; i++) {
		struct err one = ERR_INIT;
		if (regexec(&expression, ids[i], 0, NULL, 0) != 0 ||
		    each(global, ids[i], context, &one) == 0)
			continue;
		if (result < 0) /* the first one ends the command, the others are told at once */
			command_warn(global, &one);
		else
			*e = one;
		result = -1;
	}
	regfree(&expression);
	return result;
}

struct kill_values {
	bool all, regex;
	int signal;
};

#define OPTION(member) offsetof(struct kill_values, member)
static const struct option_row kill_rows[] = {
	{ "all", 'a', NULL, OPTION_FLAG, OPTION(all), "send it to every process" },
	{ "regex", 'r', NULL, OPTION_FLAG, OPTION(regex), "CONTAINER is a regular expression" },
};
static const struct option_table kill_table = { kill_rows, ARRAY_SIZE(kill_rows) };

static int kill_one(const struct global_options *global, const char *id, void *context,
		    struct err *e)
{
	const struct kill_values *given = context;

	return container_kill(global->root, id, given->signal, given->all, e);
}

static int kill_main(const struct global_options *global, void *values, int argc, char *const *argv,
		     struct err *e)
{
	struct kill_values *given = values;

	if (signal_parse(argc > 1 ? argv[1] : "SIGTERM", &given->signal, e) < 0)
		return err_phase(e, PHASE_ARGUMENTS);
	return given->regex ? for_each_match(global, argv[0], kill_one, given, e)
			    : kill_one(global, argv[0], given, e);
}

const struct command kill_command = {
	"kill",
	"CONTAINER [SIGNAL]",
	"send a signal to the container's first process",
	&kill_table,
	sizeof(struct kill_values),
	1,
	2,
	false,
	kill_main,
};

struct delete_values {
	bool force, regex;
};

#undef OPTION
#define OPTION(member) offsetof(struct delete_values, member)
static const struct option_row delete_rows[] = {
	{ "force", 'f', NULL, OPTION_FLAG, OPTION(force), "kill it first, whatever its state" },
	{ "regex", 'r', NULL, OPTION_FLAG, OPTION(regex), "CONTAINER is a regular expression" },
};
static const struct option_table delete_table = { delete_rows, ARRAY_SIZE(delete_rows) };

static int delete_one(const struct global_options *global, const char *id, void *context,
		      struct err *e)
{
	const struct delete_values *given = context;
	struct err failed = ERR_INIT, warning = ERR_INIT;

	int result = container_delete(global->root, id, given->force, &warning, &failed);
	command_warn(global, &warning);
	if (result == 0 ||
	    (given->force && failed.code == ERR_NOT_FOUND)) /* as crun and runc: nothing is left */
		return 0;
	*e = failed;
	return -1;
}

static int delete_main(const struct global_options *global, void *values, int argc,
		       char *const *argv, struct err *e)
{
	struct delete_values *given = values;

	return given->regex ? for_each_match(global, argv[0], delete_one, given, e)
			    : delete_one(global, argv[0], given, e);
}

const struct command delete_command = {
	"delete", "CONTAINER", "remove a container", &delete_table, sizeof(struct delete_values), 1,
	1,	  false,       delete_main,
};

static int pause_main(const struct global_options *global, void *values, int argc,
		      char *const *argv, struct err *e)
{
	return container_pause(global->root, argv[0], true, e);
}

const struct command pause_command = {
	"pause", "CONTAINER", "pause all the processes of a container", NULL, 0, 1, 1,
	false,	 pause_main,
};

static int resume_main(const struct global_options *global, void *values, int argc,
		       char *const *argv, struct err *e)
{
	return container_pause(global->root, argv[0], false, e);
}

const struct command resume_command = {
	"resume", "CONTAINER", "let the processes of a container go on", NULL, 0, 1, 1,
	false,	  resume_main,
};
