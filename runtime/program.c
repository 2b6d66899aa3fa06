/* program.c - from a set-up container to its running program. */
#include "runtime/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/failpoint.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/sys.h"
#include "runtime/launch.h"
#include "runtime/rootfs.h"
#include "runtime/seccomp_listener.h"
#include "runtime/sync.h"

static int undumpable_run(struct launch *launch, const struct step *step, struct err *e)
{
	(void)launch;
	(void)step;
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_sys(e, "hide from the container's processes");
	return 0;
}

const struct step_kind undumpable_step = {
	"undumpable", PHASE_SECURITY, ACTOR_INIT, undumpable_run, NULL,
};

static int priority_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct program_request *request = step->request;

	if (scheduler_apply(&request->scheduler, launch->pid, e) < 0)
		return -1;
	return io_priority_apply(&request->io_priority, launch->pid, e);
}

const struct step_kind priority_step = {
	"priority", PHASE_PROCESS, ACTOR_INIT, priority_run, NULL,
};

const struct step_kind priority_outside_step = {
	"priority", PHASE_PROCESS, ACTOR_PARENT, priority_run, NULL,
};

static int scheduling_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct program_request *request = step->request;

	(void)launch;
	if (cpu_affinity_apply(&request->affinity_initial, 0, "/process/execCPUAffinity/initial",
			       e) < 0 ||
	    memory_policy_apply(&request->memory_policy, e) < 0 ||
	    personality_apply(&request->personality, e) < 0)
		return -1;
	return cpu_affinity_apply(&request->affinity_final, 0, "/process/execCPUAffinity/final", e);
}

const struct step_kind scheduling_step = {
	"scheduling", PHASE_PROCESS, ACTOR_INIT, scheduling_run, NULL,
};

static int rlimits_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct program_request *request = step->request;

	return rlimits_apply(&request->rlimits, launch->pid, "/process/rlimits", e);
}

const struct step_kind rlimits_step = {
	"rlimits", PHASE_PROCESS, ACTOR_INIT, rlimits_run, NULL,
};

const struct step_kind rlimits_outside_step = {
	"rlimits", PHASE_PROCESS, ACTOR_PARENT, rlimits_run, NULL,
};

static int open_root_run(struct launch *launch, const struct step *step, struct err *e)
{
	(void)step;
	launch->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return launch->root_fd < 0 ? err_sys(e, "open the container's root") : 0;
}

const struct step_kind open_root_step = {
	"open-root", PHASE_ROOTFS, ACTOR_INIT, open_root_run, NULL,
};

static int make_cwd_run(struct launch *launch, const struct step *step, struct err *e)
{
	int fd = rootfs_make_directory(launch->root_fd, step->object, 0755);

	(void)e; /* the cwd step says what is wrong with it, when it still is */
	scope_close(&fd);
	return 0;
}

const struct step_kind make_cwd_step = {
	"make-cwd", PHASE_PROCESS, ACTOR_INIT, make_cwd_run, NULL,
};

static int cwd_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct program_request *request = step->request;
	char where[PATH_MAX];

	AUTO_FD fd = rootfs_make_directory(launch->root_fd, request->cwd, 0755);
	if (fd < 0)
		return err_errno(e, fd, "chdir to `%s`", request->cwd);
	if (fchdir(fd) < 0)
		return err_sys(e, "chdir to `%s`", request->cwd);
	/* "(unreachable)/..." is a directory outside: one that a leaked descriptor leads to. */
	if (syscall(SYS_getcwd, where, sizeof where) < 0)
		return err_sys(e, "look where `%s` is", request->cwd);
	if (where[0] != '/')
		return err_set(e, ERR_DENIED, "chdir to `%s`: it lies outside the container",
			       request->cwd);
	return 0;
}

const struct step_kind cwd_step = { "cwd", PHASE_PROCESS, ACTOR_INIT, cwd_run, NULL };

static int set_groups(const struct program_request *request, struct err *e)
{
	if (request->keep_groups || setgroups(request->n_groups, request->groups) == 0)
		return 0;
	/* Whoever made the user namespace without privilege has given setgroups(2) up, or there would be no
	 * gid map, user_namespaces(7): the caller's groups stay. */
	bool denied = errno == EPERM && request->user_namespace;
	if (denied && request->n_groups == 0)
		return 0;
	err_sys(e, "set the additional groups");
	err_pointer(e, "/process/user/additionalGids");
	return denied ? err_hint(e, "this user namespace was made without privilege, which "
				    "denies setgroups(2)")
		      : -1;
}

static int user_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct program_request *request = step->request;
	int result;

	launch->last_capability = capabilities_last();
	if (launch->last_capability < 0)
		return err_errno(e, launch->last_capability, "ask for the kernel's capabilities");
	result = capabilities_apply_bounding(&request->capabilities, launch->last_capability);
	if (result < 0) {
		err_errno(e, result, "drop capabilities from the bounding set");
		return err_phase(e, PHASE_CAPABILITIES);
	}
	result = capabilities_keep_over_setuid();
	if (result < 0)
		return err_errno(e, result, "keep capabilities over the change of user");
	umask(request->umask < 0 ? 0022 : (mode_t)request->umask);
	if (set_groups(request, e) < 0)
		return -1;
	if (setresgid(request->gid, request->gid, request->gid) < 0)
		return err_sys(e, "become group %u", request->gid);
	if (setresuid(request->uid, request->uid, request->uid) < 0) {
		err_sys(e, "become user %u", request->uid);
		return errno == EINVAL ? err_hint(e, "the id has no mapping in the user namespace")
				       : -1;
	}
	return 0;
}

static void user_describe(const struct step *step, struct strbuf *out)
{
	const struct program_request *request = step->request;

	strbuf_addf(out, "%u:%u", request->uid, request->gid);
	for (size_t i = 0; i < request->n_groups; i++)
		strbuf_addf(out, "%c%u", i ? ',' : '+', request->groups[i]);
}

const struct step_kind user_step = { "user", PHASE_PROCESS, ACTOR_INIT, user_run, user_describe };

/* ---- the executable -------------------------------------------------------------------------- */

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *environment_get(const struct program_request *request, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < request->n_env; i++)
		if (strncmp(request->envp[i], name, length) == 0 && request->envp[i][length] == '=')
			return request->envp[i] + length + 1;
	return NULL;
}

/* "name:x:uid:gid:comment:home:shell", passwd(5): the home of a line with this uid. */
static bool passwd_home(char *line, uid_t uid, char **out_home)
{
	char *fields[7];
	uint64_t number;

	for (int i = 0; i < 7; i++) {
		fields[i] = strsep(&line, ":");
		if (!fields[i])
			return false;
	}
	if (str_to_uint64(fields[2], &number) < 0 || number != uid)
		return false;
	*out_home = fields[5];
	return true;
}

#define PASSWD_MAX ((size_t)1 << 20)

/* A program expects HOME; as crun and runc do, it comes from the image's own passwd file, "/" without. */
static int home_run(struct launch *launch, const struct step *step, struct err *e)
{
	struct program_request *request = step->request;
	char *home = NULL;
	AUTO_FREE char *text = NULL;

	if (environment_get(request, "HOME"))
		return 0;
	AUTO_FD fd = rootfs_open(launch->root_fd, "/etc/passwd", O_RDONLY | O_NONBLOCK);
	if (fd >= 0 && file_read_fd(fd, PASSWD_MAX, &text, NULL) == 0)
		for (char *line, *rest = text; !home && (line = strsep(&rest, "\n"));)
			(void)passwd_home(line, request->uid, &home); /* no line: "/" */
	request->home = str_format("HOME=%s", home && *home ? home : "/");
	if (!request->home)
		return err_errno(e, ENOMEM, "set HOME");
	((char **)request->envp)[request->n_env++] = request->home;
	return 0;
}

const struct step_kind home_step = { "home", PHASE_PROCESS, ACTOR_INIT, home_run, NULL };

/* 0, or the errno that execve would give. */
static int check_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return access(path, X_OK) < 0 ? errno : 0;
}

static int explain_refusal(const char *path, int error, struct err *e)
{
	struct stat st;

	err_errno(e, error, "open executable `%s`", path);
	if (error != EACCES || stat(path, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode))
		return err_hint(e, "it is %s",
				S_ISDIR(st.st_mode) ? "a directory" : "no regular file");
	return -1;
}

static int find_in_path(struct launch *launch, const struct program_request *request)
{
	const char *path = environment_get(request, "PATH");
	const char *name = request->argv[0];
	int result = ENOENT;

	for (const char *at = path && *path ? path : DEFAULT_PATH; at;) {
		const char *colon = strchr(at, ':');
		int length = colon ? (int)(colon - at) : (int)strlen(at);
		int n = snprintf(launch->executable_buffer, sizeof launch->executable_buffer,
				 "%.*s/%s", length ? length : 1, length ? at : ".", name);
		if (n > 0 && (size_t)n < sizeof launch->executable_buffer) {
			int error = check_executable(launch->executable_buffer);
			if (error == 0)
				return 0;
			if (error == EACCES)
				result = EACCES; /* as execvp(3): remembered, the search goes on */
		}
		at = colon ? colon + 1 : NULL;
	}
	return result;
}

static int executable_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct program_request *request = step->request;
	const char *name = request->argv[0];

	if (!strchr(name, '/')) {
		int error = find_in_path(launch, request);
		if (error == ENOENT) {
			err_set(e, ERR_NOT_FOUND, "executable file `%s` not found in $PATH", name);
			e->errnum = ENOENT;
			return -1;
		}
		if (error)
			return err_errno(e, error, "open executable `%s`", name);
		launch->executable = launch->executable_buffer;
		return 0;
	}
	int error = check_executable(name);
	if (error == ENOENT) {
		err_set(e, ERR_NOT_FOUND,
			"executable file `%s` not found: No such file or directory", name);
		e->errnum = ENOENT;
		return -1;
	}
	if (error)
		return explain_refusal(name, error, e);
	launch->executable = name;
	return 0;
}

const struct step_kind executable_step = {
	"executable", PHASE_EXEC, ACTOR_INIT, executable_run, NULL,
};

/* Why a file that exists "does not": its interpreter or dynamic loader is missing. */
static void explain_missing(const char *path, struct err *e)
{
	char head[4096];
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof head - 1, 0);

	if (n < 4)
		return;
	head[n] = '\0';
	if (head[0] == '#' && head[1] == '!') {
		char *start = head + 2 + strspn(head + 2, " \t");
		start[strcspn(start, " \t\r\n")] = '\0';
		err_hint(e, "its interpreter `%.200s` is missing", start);
		return;
	}
	if (memcmp(head, ELFMAG, SELFMAG) != 0 || head[EI_CLASS] != ELFCLASS64 ||
	    (size_t)n < sizeof(Elf64_Ehdr))
		return;
	Elf64_Ehdr header;
	memcpy(&header, head, sizeof header);
	for (unsigned i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr segment;
		size_t at = header.e_phoff + (size_t)i * header.e_phentsize;
		if (at + sizeof segment > (size_t)n)
			return;
		memcpy(&segment, head + at, sizeof segment);
		if (segment.p_type == PT_INTERP &&
		    segment.p_offset + segment.p_filesz <= (size_t)n) {
			err_hint(e, "its dynamic loader `%.200s` is missing",
				 head + segment.p_offset);
			return;
		}
	}
}

static void reset_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int signal = 1; signal < NSIG; signal++)
		(void)sigaction(signal, &action, NULL); /* KILL and STOP refuse */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int load_seccomp(const struct launch *launch, const struct program_request *request,
			struct err *e)
{
	AUTO_FREE char *message = NULL;
	int result;

	if (!request->has_seccomp)
		return 0;
	if (request->seccomp.needs_listener) {
		message = seccomp_listener_message(request->subject, request->listener_metadata,
						   launch->outer_pid);
		if (!message)
			return err_errno(e, ENOMEM, "tell the seccomp agent");
	}
	result = request->seccomp.needs_listener
			 ? seccomp_load_with_listener(&request->seccomp, request->listener_socket,
						      message)
			 : seccomp_load(&request->seccomp, NULL);
	if (result < 0) {
		err_errno(e, result, "load the seccomp filter");
		err_phase(e, PHASE_SECCOMP);
		return err_pointer(e, "/linux/seccomp");
	}
	return 0;
}

static int exec_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct program_request *request = step->request;
	int result;

	reset_signals();
	if (request->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "set no_new_privs");
	/* Without no_new_privs the filter needs CAP_SYS_ADMIN, which the sets may take away. */
	bool seccomp_first = !request->no_new_privileges;
	if (seccomp_first && request->has_seccomp && request->uid != 0)
		(void)capabilities_raise_effective(); /* loading the filter tells */
	if (seccomp_first && load_seccomp(launch, request, e) < 0)
		return -1;
	result = capabilities_apply_sets(&request->capabilities, launch->last_capability, NULL);
	if (result < 0) {
		err_errno(e, result, "set the capabilities");
		err_phase(e, PHASE_CAPABILITIES);
		return err_pointer(e, "/process/capabilities");
	}
	if (!seccomp_first && load_seccomp(launch, request, e) < 0)
		return -1;
	FAILPOINT("init.before_exec");
	execve(launch->executable, request->argv, request->envp);
	int error = errno;
	err_sys(e, "exec container process `%s`", launch->executable);
	if (error == ENOENT)
		explain_missing(launch->executable, e);
	return -1;
}

static void exec_describe(const struct step *step, struct strbuf *out)
{
	const struct program_request *request = step->request;

	for (char *const *arg = request->argv; *arg; arg++)
		strbuf_addf(out, "%s%s", arg == request->argv ? "" : " ", *arg);
	if (request->has_seccomp)
		strbuf_addf(out, " (seccomp: %u instructions)", request->seccomp.count);
}

const struct step_kind exec_step = { "exec", PHASE_EXEC, ACTOR_INIT, exec_run, exec_describe };
