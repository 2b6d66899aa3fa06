/* hooks.c - hooks run with the state on their standard input. */
#include "runtime/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/process.h"
#include "base/scope.h"
#include "oci/state.h"
#include "runtime/container.h"
#include "runtime/foreground.h"
#include "runtime/launch.h"

#define STATE_MAX ((size_t)1 << 20)
#define STDERR_KEPT 4096 /* the end of what a hook said */
#define PIPE_READS 64	 /* of STDERR_KEPT: more than a pipe holds, pipe(7) "Pipe capacity" */

struct hook_io {
	int stdin_fd, stderr_fd; /* our ends, -1 when closed */
	const char *state;
	size_t state_length, state_written;
	char said[STDERR_KEPT + 1];
	size_t said_length;
};

static void io_write(struct hook_io *io)
{
	ssize_t n = write(io->stdin_fd, io->state + io->state_written,
			  io->state_length - io->state_written);

	if (n > 0)
		io->state_written += (size_t)n;
	/* EPIPE: a hook need not read its input. */
	if ((n < 0 && errno != EAGAIN && errno != EINTR) || io->state_written == io->state_length)
		close(take_fd(&io->stdin_fd));
}

/* false when there is nothing more now, or ever. */
static bool io_read(struct hook_io *io)
{
	char chunk[STDERR_KEPT];
	ssize_t n = read(io->stderr_fd, chunk, sizeof chunk);

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			close(take_fd(&io->stderr_fd));
		return false;
	}
	size_t length = (size_t)n, keep = STDERR_KEPT - length;
	if (io->said_length > keep) {
		memmove(io->said, io->said + (io->said_length - keep), keep);
		io->said_length = keep;
	}
	memcpy(io->said + io->said_length, chunk, length);
	io->said_length += length;
	return true;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Feeds the hook and listens to it until it is gone. -ETIMEDOUT, -ECANCELED: a signal interrupts. */
static int hook_serve(struct hook_io *io, int pidfd, int64_t timeout_ms)
{
	int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = pidfd, .events = POLLIN },
			{ .fd = io->stdin_fd, .events = POLLOUT },
			{ .fd = io->stderr_fd, .events = POLLIN },
			{ .fd = foreground_interrupt_fd(), .events = POLLIN },
		};
		int64_t left = deadline < 0 ? -1 : deadline - now_ms();
		if (deadline >= 0 && left <= 0)
			return -ETIMEDOUT;
		int n = poll(fds, ARRAY_SIZE(fds), left > 1 << 30 ? 1 << 30 : (int)left);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n <= 0)
			continue;
		if (fds[1].revents)
			io_write(io);
		if (fds[2].revents)
			(void)io_read(io); /* what is left shows in the next round */
		if (fds[0].revents) {
			/* Its last words are in the pipe. Not until the end of file: a child that it
			 * left behind may have the other end, and may go on writing. */
			for (int reads = 0; io->stderr_fd >= 0 && reads < PIPE_READS; reads++)
				if (!io_read(io))
					break;
			return 0;
		}
		if (fds[3].revents)
			return -ECANCELED;
	}
}

static int hook_failed(const struct oci_hook *hook, const struct hook_io *io, int status,
		       struct err *e)
{
	char said[512] = "";
	size_t length = io->said_length;

	while (length > 0 && (io->said[length - 1] == '\n' || io->said[length - 1] == ' '))
		length--;
	size_t from = length > sizeof said - 1 ? length - (sizeof said - 1) : 0;
	memcpy(said, io->said + from, length - from);
	for (char *p = said; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	if (status > 128)
		return err_set(e, ERR_INVALID, "run the hook `%s`: killed by signal %d%s%s",
			       hook->path, status - 128, *said ? ": " : "", said);
	return err_set(e, ERR_INVALID, "error executing hook `%s` (exit code: %d)%s%s", hook->path,
		       status, *said ? ": " : "", said);
}

static char *hook_state(const struct hook_request *request, pid_t pid, struct err *e)
{
	const struct hook_subject *subject = request->subject;
	struct oci_state state = {
		.id = subject->id,
		.status = request->status,
		.pid = pid,
		.root = subject->root,
		.bundle = subject->bundle,
		.annotations = (struct string_pair *)subject->annotations,
		.n_annotations = subject->n_annotations,
	};
	struct strbuf out = STRBUF(STATE_MAX);
	struct json_writer w;

	json_writer_init(&w, &out, false);
	oci_state_encode(&state, &w, NULL);
	strbuf_add(&out, "\n");
	char *text = strbuf_take(&out);
	if (!text && out.failed == -ENOMEM)
		err_errno(e, ENOMEM, "write the state for a hook");
	else if (!text)
		err_set(e, ERR_LIMIT, "the state is too large for a hook");
	return text;
}

static int output_open(const struct hook_subject *subject, const char *annotation, int *out_fd,
		       struct err *e)
{
	const char *path = NULL;

	for (size_t i = 0; i < subject->n_annotations; i++)
		if (str_equal(subject->annotations[i].key, annotation))
			path = subject->annotations[i].value;
	if (!path)
		return 0;
	*out_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0700);
	if (*out_fd >= 0)
		return 0;
	err_sys(e, "open `%s` for the output of hooks", path);
	err_pointer(e, "/annotations/%s", annotation);
	return err_phase(e, PHASE_HOOKS);
}

int hook_output_open(struct hook_subject *subject, struct err *e)
{
	if (output_open(subject, "run.oci.hooks.stdout", &subject->stdout_fd, e) < 0)
		return -1;
	/* Ours is the container's. */
	if (subject->stdout_fd < 0)
		subject->stdout_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (subject->stdout_fd < 0) {
		err_sys(e, "open /dev/null for the output of hooks");
		return err_phase(e, PHASE_HOOKS);
	}
	return output_open(subject, "run.oci.hooks.stderr", &subject->stderr_fd, e);
}

void hook_output_close(struct hook_subject *subject)
{
	scope_close(&subject->stdout_fd);
	scope_close(&subject->stderr_fd);
	subject->stdout_fd = subject->stderr_fd = -1;
}

/* The folder of the bundle where it can be entered, -1 (stay) elsewhere: a user namespace may not
 * reach it, and at the end it may be deleted. */
static int hook_directory(const struct hook_subject *subject)
{
	AUTO_FD fd = open(subject->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || faccessat(fd, ".", X_OK, AT_EACCESS) < 0 ? -1 : take_fd(&fd);
}

static int hook_spawn(const struct hook_request *request, int cwd_fd, struct hook_io *io,
		      int *out_pidfd, struct err *e)
{
	const struct oci_hook *hook = request->hook;
	extern char **environ;
	int in[2], err[2];
	char *path_only[] = { (char *)hook->path, NULL };

	if (pipe2(in, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe for the hook");
	AUTO_FD in_theirs = in[0];
	io->stdin_fd = in[1];
	if (pipe2(err, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe for the hook");
	AUTO_FD err_theirs = err[1];
	io->stderr_fd = err[0];
	(void)fcntl(io->stdin_fd, F_SETFL, O_NONBLOCK);
	(void)fcntl(io->stderr_fd, F_SETFL, O_NONBLOCK);

	struct process_spawn what = {
		.path = hook->path,
		.argv = hook->n_args ? (char *const *)hook->args : path_only,
		.envp = hook->n_env ? (char *const *)hook->env : environ,
		.stdin_fd = in_theirs,
		.stdout_fd = request->subject->stdout_fd,
		.stderr_fd =
			request->subject->stderr_fd >= 0 ? request->subject->stderr_fd : err_theirs,
		.cwd_fd = cwd_fd,
		.dies_with_parent = true, /* what it prepares is undone when we are killed */
	};
	pid_t pid = process_spawn(&what, out_pidfd);
	return pid < 0 ? err_errno(e, pid, "run the hook `%s`", hook->path) : 0;
}

/* A hundred years are for ever; more would overflow. */
#define HOOK_TIMEOUT_MAX_S INT64_C(3155760000)

static int64_t hook_timeout_ms(const struct oci_hook *hook)
{
	if (!hook->timeout || *hook->timeout > HOOK_TIMEOUT_MAX_S)
		return -1;
	return *hook->timeout * 1000;
}

static int hook_run_in(int cwd_fd, const struct hook_request *request, pid_t pid, struct err *e)
{
	const struct oci_hook *hook = request->hook;
	AUTO_FREE char *state = hook_state(request, pid, e);
	struct hook_io io = { .stdin_fd = -1, .stderr_fd = -1, .state = state };
	AUTO_FD pidfd = -1;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;

	if (!state)
		return err_phase(e, PHASE_HOOKS);
	io.state_length = strlen(state);
	sigaction(SIGPIPE, &ignore, &before);
	int result = hook_spawn(request, cwd_fd, &io, &pidfd, e);
	if (result == 0) {
		FAILPOINT("hook.running");
		int served = hook_serve(&io, pidfd, hook_timeout_ms(hook));
		if (served < 0)
			(void)process_signal(pidfd, SIGKILL); /* reaped right below */
		int status = process_reap(pidfd, CONTAINER_KILL_TIMEOUT_MS);
		if (served == -ECANCELED) {
			foreground_interrupted(e);
			result = err_wrap(e, "wait for the hook `%s`", hook->path);
		} else if (served == -ETIMEDOUT)
			result = err_set(e, ERR_TIMEOUT,
					 "run the hook `%s`: timeout of %lld s expired", hook->path,
					 (long long)*hook->timeout);
		else if (served < 0 || status < 0)
			result = err_errno(e, served < 0 ? served : status,
					   "wait for the hook `%s`", hook->path);
		else if (status != 0)
			result = hook_failed(hook, &io, status, e);
		if (status == -ETIMEDOUT)
			err_hint(e, "the hook was killed and has not ended: the kernel holds it");
	}
	sigaction(SIGPIPE, &before, NULL);
	scope_close(&io.stdin_fd);
	scope_close(&io.stderr_fd);
	if (result < 0)
		err_phase(e, PHASE_HOOKS);
	return result;
}

int hook_run(const struct hook_request *request, pid_t pid, struct err *e)
{
	AUTO_FD cwd = hook_directory(request->subject);

	return hook_run_in(cwd, request, pid, e);
}

static int runtime_hook_run(struct launch *launch, const struct step *step, struct err *e)
{
	return hook_run(step->request, launch->pid, e);
}

const struct step_kind runtime_hook_step = {
	"hook", PHASE_HOOKS, ACTOR_PARENT, runtime_hook_run, NULL,
};

static int container_hook_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct hook_request *request = step->request;

	/* After "creating" the root is the container's. */
	return str_equal(request->status, "creating")
		       ? hook_run(request, launch->outer_pid, e)
		       : hook_run_in(-1, request, launch->outer_pid, e);
}

const struct step_kind container_hook_step = {
	"hook", PHASE_HOOKS, ACTOR_INIT, container_hook_run, NULL,
};
