/* create.c - create, run, start. */
#include <stdio.h>
#include <stdlib.h>

#include "base/scope.h"
#include "runtime/cli/command.h"
#include "runtime/container.h"

#define OPTION(member) offsetof(struct container_options, member)
#define BUNDLE_OPTIONS                                                                             \
	{ "bundle", 'b', "DIR", OPTION_TEXT, OPTION(bundle), "container bundle (default \".\")" }, \
		{ "config",	  'f',                                                             \
		  "FILE",	  OPTION_TEXT,                                                     \
		  OPTION(config), "override the config file name" },                               \
		{ "console-socket",                                                                \
		  0,                                                                               \
		  "SOCKET",                                                                        \
		  OPTION_TEXT,                                                                     \
		  OPTION(console_socket),                                                          \
		  "socket that receives the master end of the terminal" },                         \
		{ "preserve-fds",                                                                  \
		  0,                                                                               \
		  "N",                                                                             \
		  OPTION_NUMBER,                                                                   \
		  OPTION(preserve_fds),                                                            \
		  "pass descriptors 3 to 2+N to the container" },                                  \
		{ "pid-file",	    0,                                                             \
		  "FILE",	    OPTION_TEXT,                                                   \
		  OPTION(pid_file), "where to write the pid of the container" },                   \
		{ "no-subreaper", 0, NULL, OPTION_ACCEPTED, 0, "accepted, without effect" },       \
		{ "no-new-keyring",                                                                \
		  0,                                                                               \
		  NULL,                                                                            \
		  OPTION_FLAG,                                                                     \
		  OPTION(no_new_keyring),                                                          \
		  "keep the caller's session keyring" },                                           \
	{                                                                                          \
		"no-pivot", 0, NULL, OPTION_FLAG, OPTION(no_pivot), "do not use pivot_root"        \
	}

static const struct option_row create_rows[] = { BUNDLE_OPTIONS };
static const struct option_table create_table = { create_rows, ARRAY_SIZE(create_rows) };

static const struct option_row run_rows[] = {
	BUNDLE_OPTIONS,
	{ "detach", 'd', NULL, OPTION_FLAG, OPTION(detach), "do not wait for the container" },
	{ "keep", 0, NULL, OPTION_FLAG, OPTION(keep),
	  "do not delete the container after it exits" },
};
static const struct option_table run_table = { run_rows, ARRAY_SIZE(run_rows) };

static int fill(const struct global_options *global, struct container_options *options,
		char *const *argv, struct err *e)
{
	options->root = global->root;
	options->cgroup_manager = global->manager;
	options->id = argv[0];
	return option_listen_fds(&options->preserve_fds, &options->listen_fds, e);
}

static int print_plan(const struct container_options *options, bool wait_start, struct err *e)
{
	AUTO_STRBUF out = STRBUF((size_t)64 << 20);

	if (container_plan(options, wait_start, &out, e) < 0)
		return -1;
	fputs(out.data ? out.data : "", stdout);
	return 0;
}

static int create_main(const struct global_options *global, void *values, int argc,
		       char *const *argv, struct err *e)
{
	struct container_options *options = values;

	if (fill(global, options, argv, e) < 0)
		return -1;
	if (global->dry_run)
		return print_plan(options, true, e);
	return container_create(options, e);
}

const struct command create_command = {
	"create",
	"[OPTION]... CONTAINER",
	"create a container",
	&create_table,
	sizeof(struct container_options),
	1,
	1,
	true,
	create_main,
	true,
};

static int run_main(const struct global_options *global, void *values, int argc, char *const *argv,
		    struct err *e)
{
	struct container_options *options = values;
	struct err warning = ERR_INIT;
	int status;

	if (fill(global, options, argv, e) < 0)
		return -1;
	if (global->dry_run)
		return print_plan(options, false, e);
	int result = container_run(options, &status, &warning, e);
	command_warn(global, &warning);
	return result < 0 ? -1 : status;
}

const struct command run_command = {
	"run",
	"[OPTION]... CONTAINER",
	"run a container",
	&run_table,
	sizeof(struct container_options),
	1,
	1,
	true,
	run_main,
	true,
};

static int start_main(const struct global_options *global, void *values, int argc,
		      char *const *argv, struct err *e)
{
	return container_start(global->root, argv[0], e);
}

const struct command start_command = {
	"start", "CONTAINER", "start a container that was created", NULL, 0, 1, 1,
	false,	 start_main,
};
