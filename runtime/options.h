/* options.h - what a caller asks of the runtime, beside the configuration; filled by the caller.
 *
 * Ownership : texts are borrowed for the call. */
#ifndef KEG_RUNTIME_OPTIONS_H
#define KEG_RUNTIME_OPTIONS_H

#include <stdbool.h>

#include "cgroups/cgroup.h"

struct container_options {
	const char *root; /* state root; NULL for the default */
	enum cgroup_manager cgroup_manager;

	const char *id;
	const char *bundle; /* NULL for "." */
	const char *config; /* file below the bundle; NULL for "config.json" */
	const char *console_socket, *pid_file;
	int preserve_fds; /* descriptors 3 .. 2+N go to the container */
	int listen_fds; /* the first of these are sockets, sd_listen_fds(3); the program is told */
	bool detach;	/* run: do not wait for the container */
	bool keep;	/* run: leave the stopped container */
	bool no_pivot, no_new_keyring;
};

struct exec_options {
	const char *process; /* a process.json, or what follows */
	char *const *argv;
	const char *cwd, *user; /* "UID[:GID]" */
	const char *const *env;
	size_t n_env;
	const char *const *capabilities;
	size_t n_capabilities;
	const char *cgroup; /* below the container's */
	const char *console_socket, *pid_file;
	const char *process_label, *apparmor;
	int preserve_fds; /* as above; listening ones count, too */
	bool terminal, detach, no_new_privileges;
};

#endif
