/* command.h - the commands of `keg`, one row each.
 *
 * main.c parses, opens the log, runs the row and reports what it returns; a command's function holds
 * the verb alone. It returns the exit status, or -1 with *e filled. */
#ifndef KEG_RUNTIME_CLI_COMMAND_H
#define KEG_RUNTIME_CLI_COMMAND_H

#include "base/log.h"
#include "cgroups/cgroup.h"
#include "runtime/cli/option.h"

struct global_options {
	const char *root, *log, *log_format, *log_level, *cgroup_manager;
	bool debug, systemd_cgroup, version, dry_run;
	enum cgroup_manager manager; /* from cgroup_manager */
	const struct log *logger;    /* what --log opened */
};

/* Tells what went wrong without stopping the command; nothing when nothing did. */
void command_warn(const struct global_options *global, const struct err *warning);

struct command {
	const char *name;
	const char *usage; /* behind the name: "CONTAINER [SIGNAL]" */
	const char *help;
	const struct option_table *options;
	size_t values_size;	  /* of the struct that the options fill */
	int min_words, max_words; /* what follows the options; -1: any number */
	bool enters_container; /* its process is seen from inside: main protects the binary first */
	int (*run)(const struct global_options *global, void *values, int argc, char *const *argv,
		   struct err *e);
	bool plans; /* honours --dry-run */
};

extern const struct command create_command, run_command, start_command, exec_command;
extern const struct command kill_command, delete_command, pause_command, resume_command;
extern const struct command state_command, list_command, ps_command, update_command;
extern const struct command spec_command, features_command;

#endif
