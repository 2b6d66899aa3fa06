/* main.c - the `keg` program: global options, the table of commands, errors to stderr and the log. */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "oci/state.h"
#include "runtime/cli/command.h"
#include "runtime/self.h"
#include "runtime/state.h"

#define EXIT_OWN_FAILURE 1

static const struct command *const commands[] = {
	&create_command, &delete_command, &exec_command,  &features_command, &kill_command,
	&list_command,	 &pause_command,  &ps_command,	  &resume_command,   &run_command,
	&spec_command,	 &start_command,  &state_command, &update_command,
};

#define OPTION(member) offsetof(struct global_options, member)
static const struct option_row global_rows[] = {
	{ "debug", 0, NULL, OPTION_FLAG, OPTION(debug), "log more: same as --log-level=debug" },
	{ "cgroup-manager", 0, "MANAGER", OPTION_TEXT, OPTION(cgroup_manager),
	  "cgroupfs (default) or disabled" },
	{ "systemd-cgroup", 0, NULL, OPTION_FLAG, OPTION(systemd_cgroup),
	  "use systemd cgroups (not supported yet: refused)" },
	{ "log", 0, "FILE", OPTION_TEXT, OPTION(log),
	  "[file:]PATH, journald:ID or syslog:ID (default: stderr alone)" },
	{ "log-format", 0, "FORMAT", OPTION_TEXT, OPTION(log_format), "text (default) or json" },
	{ "log-level", 0, "LEVEL", OPTION_TEXT, OPTION(log_level),
	  "error (default), warning or debug" },
	{ "root", 0, "DIR", OPTION_TEXT, OPTION(root), "where the state of containers is kept" },
	{ "rootless", 0, "VALUE", OPTION_ACCEPTED, 0, "accepted, without effect" },
	{ "dry-run", 0, NULL, OPTION_FLAG, OPTION(dry_run),
	  "create, run: print the plan instead of running it" },
	{ "version", 'v', NULL, OPTION_FLAG, OPTION(version), "print the version" },
	{ NULL, 'V', NULL, OPTION_FLAG, OPTION(version), "" },
};
static const struct option_table global_table = { global_rows, ARRAY_SIZE(global_rows) - 1 };
static const struct option_table global_all = { global_rows, ARRAY_SIZE(global_rows) };

static void print_usage(void)
{
	printf("Usage: %s [OPTION...] COMMAND [OPTION...]\n\nCOMMANDS:\n",
	       program_invocation_short_name);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("\t%-11s - %s\n", commands[i]->name, commands[i]->help);
	printf("\n");
	option_print(&global_table);
}

static void print_command_usage(const struct command *command)
{
	printf("Usage: %s [OPTION...] %s %s\n%s\n\n", program_invocation_short_name, command->name,
	       command->usage, command->help);
	if (command->options)
		option_print(command->options);
	else
		option_print(&(struct option_table){ NULL, 0 });
}

/* The form that callers look at: crun's. */
static void print_version(const struct global_options *global)
{
	char root[PATH_MAX];

	state_root_path(global->root, root, sizeof root);
	printf("%s version %s\ncommit: %s\nrundir: %s\n", program_invocation_short_name,
	       KEG_VERSION, KEG_VERSION, root);
	printf("spec: %s\n+CAP +SECCOMP +EBPF +YAJL\n", OCI_VERSION_MAX);
}

static int find_manager(struct global_options *global, struct err *e)
{
	if (global->systemd_cgroup || str_equal(global->cgroup_manager, "systemd")) {
		err_set(e, ERR_UNSUPPORTED, "the systemd cgroup manager is not supported");
		return err_phase(e, PHASE_ARGUMENTS);
	}
	global->manager = CGROUP_MANAGER_CGROUPFS;
	return global->cgroup_manager
		       ? cgroup_manager_from_name(global->cgroup_manager, &global->manager, e)
		       : 0;
}

static int run_with_values(const struct command *command, const struct option_table *options,
			   const struct global_options *global, void *values, int argc,
			   char *const *argv, int index, struct err *e)
{
	bool help = false;

	if (option_parse(options, argc, argv, &index, values, &help, e) < 0)
		return -1;
	if (help) {
		print_command_usage(command);
		return 0;
	}
	int words = argc - index;
	if (words < command->min_words || (command->max_words >= 0 && words > command->max_words)) {
		err_set(e, ERR_INVALID, "%s: expected %s", command->name, command->usage);
		return err_phase(e, PHASE_ARGUMENTS);
	}
	return command->run(global, values, words, argv + index, e);
}

static int run_command_row(const struct command *command, const struct global_options *global,
			   int argc, char *const *argv, int index, struct err *e)
{
	static const struct option_table none;
	const struct option_table *options = command->options ? command->options : &none;
	AUTO_FREE void *values = calloc(1, command->values_size + 1);

	if (!values)
		return err_errno(e, ENOMEM, "read the options");
	int status = run_with_values(command, options, global, values, argc, argv, index, e);
	option_done(options, values);
	return status;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int keg_main(int argc, char **argv, struct global_options *global, struct log *log,
		    struct err *e)
{
	bool help = false;
	int index = 1;

	if (option_parse(&global_all, argc, argv, &index, global, &help, e) < 0)
		return -1;
	if (help || global->version) {
		if (help)
			print_usage();
		else
			print_version(global);
		return 0;
	}
	if (log_open(log, global->log, global->log_format,
		     global->debug ? "debug" : global->log_level, e) < 0 ||
	    find_manager(global, e) < 0)
		return -1;
	if (index >= argc) {
		err_set(e, ERR_INVALID, "no command; see --help");
		return err_phase(e, PHASE_ARGUMENTS);
	}
	const struct command *command = find_command(argv[index]);
	if (!command) {
		err_set(e, ERR_INVALID, "unknown command `%s`; see --help", argv[index]);
		return err_phase(e, PHASE_ARGUMENTS);
	}
	if (global->dry_run && !command->plans) {
		err_set(e, ERR_INVALID, "%s: there is no plan to print with --dry-run",
			command->name);
		return err_phase(e, PHASE_ARGUMENTS);
	}
	if (command->enters_container && !global->dry_run && self_protect(argv, e) < 0)
		return -1;
	return run_command_row(command, global, argc, argv, index + 1, e);
}

void command_warn(const struct global_options *global, const struct err *warning)
{
	char line[sizeof *warning + 64];

	if (warning->code == ERR_NONE)
		return;
	err_format(warning, line, sizeof line);
	if (global->log)
		log_line(global->logger, LOG_LEVEL_WARNING, "%s", line);
	fprintf(stderr, "%s: warning: %s\n", program_invocation_short_name, line);
}

static void report(const struct global_options *global, const struct log *log, const struct err *e)
{
	char line[sizeof *e + 64];

	err_format(e, line, sizeof line);
	/* With --log the caller reads the error there, and its user on stderr. */
	if (global->log)
		log_err(log, e);
	if (str_equal(global->log_format, "json") && !global->log)
		log_err(log, e);
	else
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
}

int main(int argc, char **argv)
{
	struct log log = { .fd = STDERR_FILENO };
	struct global_options global = { .logger = &log };
	struct err e = ERR_INIT;
	/* Few, large steps of the heap: each one is a system call and a fault. */
	(void)mallopt(M_TOP_PAD, 256 << 10);
	int status = keg_main(argc, argv, &global, &log, &e);

	if (status >= 0 && fflush(stdout) != 0 && errno != EPIPE)
		status = err_sys(&e, "write the output");
	if (status < 0) {
		report(&global, &log, &e);
		status = EXIT_OWN_FAILURE;
	}
	log_close(&log);
	return status;
}
