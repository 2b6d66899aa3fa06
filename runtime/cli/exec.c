/* exec.c - exec. */
#include "base/scope.h"
#include "runtime/cli/command.h"
#include "runtime/container.h"

struct exec_values {
	struct exec_options options;
	struct option_list env, capabilities;
};

#define OPTION(member) offsetof(struct exec_values, member)
static const struct option_row rows[] = {
	{ "console-socket", 0, "SOCKET", OPTION_TEXT, OPTION(options.console_socket),
	  "socket that receives the master end of the terminal" },
	{ "tty", 't', "TTY", OPTION_BOOLEAN, OPTION(options.terminal), "allocate a pseudo-TTY" },
	{ "process", 'p', "FILE", OPTION_TEXT, OPTION(options.process),
	  "path to the process.json" },
	{ "cwd", 0, "CWD", OPTION_TEXT, OPTION(options.cwd), "current working directory" },
	{ "cgroup", 0, "PATH", OPTION_TEXT, OPTION(options.cgroup), "sub-cgroup in the container" },
	{ "detach", 'd', NULL, OPTION_FLAG, OPTION(options.detach), "do not wait for the command" },
	{ "user", 'u', "USERSPEC", OPTION_TEXT, OPTION(options.user), "UID[:GID]" },
	{ "env", 'e', "ENV", OPTION_LIST, OPTION(env), "add an environment variable" },
	{ "cap", 'c', "CAP", OPTION_LIST, OPTION(capabilities), "add a capability" },
	{ "pid-file", 0, "FILE", OPTION_TEXT, OPTION(options.pid_file),
	  "where to write the pid of the process" },
	{ "preserve-fds", 0, "N", OPTION_NUMBER, OPTION(options.preserve_fds),
	  "pass descriptors 3 to 2+N to the process" },
	{ "no-new-privs", 0, NULL, OPTION_FLAG, OPTION(options.no_new_privileges),
	  "set no_new_privs for the process" },
	{ "process-label", 0, "VALUE", OPTION_TEXT, OPTION(options.process_label),
	  "the SELinux label of the process" },
	{ "apparmor", 0, "VALUE", OPTION_TEXT, OPTION(options.apparmor),
	  "the AppArmor profile of the process" },
};
static const struct option_table table = { rows, ARRAY_SIZE(rows) };

static int exec_main(const struct global_options *global, void *values, int argc, char *const *argv,
		     struct err *e)
{
	struct exec_values *given = values;
	int status, unused;

	if (!given->options.process && argc < 2) {
		err_set(e, ERR_INVALID, "exec: expected CONTAINER cmd");
		return err_phase(e, PHASE_ARGUMENTS);
	}
	if (option_listen_fds(&given->options.preserve_fds, &unused, e) < 0)
		return -1;
	given->options.argv = argv + 1;
	given->options.env = given->env.items;
	given->options.n_env = given->env.count;
	given->options.capabilities = given->capabilities.items;
	given->options.n_capabilities = given->capabilities.count;
	return container_exec(global->root, argv[0], &given->options, &status, e) < 0 ? -1 : status;
}

const struct command exec_command = {
	"exec",
	"CONTAINER cmd",
	"exec a command in a running container",
	&table,
	sizeof(struct exec_values),
	1,
	-1,
	true,
	exec_main,
};
