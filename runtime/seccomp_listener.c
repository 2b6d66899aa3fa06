/* seccomp_listener.c - the helper that sends a seccomp notification descriptor. */
#include "runtime/seccomp_listener.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/sys.h"
#include "base/unix_socket.h"
#include "oci/state.h"

int seccomp_listener_connect(const char *path, struct err *e)
{
	int fd = unix_socket_connect(path);

	return fd < 0 ? err_errno(e, fd, "connect to the seccomp listener %s", path) : fd;
}

/* Of the message, not of the state in it: what crun(1) says, whose agents may compare it. */
#define CONTAINER_PROCESS_STATE_VERSION "0.2.0"

char *seccomp_listener_message(const struct hook_subject *subject, const char *metadata, pid_t pid)
{
	struct strbuf out = STRBUF((size_t)1 << 20);
	struct json_writer w;
	struct oci_state state = {
		.id = subject->id,
		.status = "creating",
		.pid = pid,
		.bundle = subject->bundle,
		.annotations = (struct string_pair *)subject->annotations,
		.n_annotations = subject->n_annotations,
	};

	json_writer_init(&w, &out, false);
	json_open_object(&w, NULL);
	json_write_string(&w, "ociVersion", CONTAINER_PROCESS_STATE_VERSION);
	json_open_array(&w, "fds");
	json_write_string(&w, NULL, "seccompFd");
	json_close_array(&w);
	json_write_int(&w, "pid", pid);
	if (metadata)
		json_write_string(&w, "metadata", metadata);
	oci_state_encode(&state, &w, "state");
	json_close_object(&w);
	if (json_writer_end(&w) < 0) {
		strbuf_done(&out);
		return NULL;
	}
	return strbuf_take(&out);
}

/* What the two processes share: the number of the descriptor, then how sending it went.
 *
 *   container's process                     helper (shares the descriptor table)
 *   seccomp(2) -> listener = 7 ───────────▶ sendmsg(agent, 7)
 *   execve, when sent is 0     ◀─────────── sent = 0, _exit */
struct mailbox {
	_Atomic int listener; /* -1: not known yet, -2: never */
	_Atomic int sent;     /* 1: not yet, 0 or negative errno */
};

static void rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000 }, NULL);
}

static void helper_run(struct mailbox *mailbox, pid_t parent, int socket_fd, const char *message)
{
	int fd;

	while ((fd = atomic_load(&mailbox->listener)) == -1) {
		if (getppid() != parent)
			_exit(1);
		rest();
	}
	if (fd >= 0)
		atomic_store(&mailbox->sent, unix_socket_send_fd(socket_fd, fd, message));
	_exit(0);
}

/* An agent that does not read does not stop the start for ever. */
#define SEND_TIMEOUT_S 10

/* Memory only: the filter may kill whoever makes any call, a clock's included. The helper answers within
 * SEND_TIMEOUT_S unless somebody killed it; the count then ends this after seconds to a minute. */
static int wait_sent(struct mailbox *mailbox)
{
	for (uint64_t left = (uint64_t)1 << 31; left > 0; left--) {
		int result = atomic_load(&mailbox->sent);
		if (result != 1)
			return result;
#if defined(__x86_64__)
		__builtin_ia32_pause();
#elif defined(__aarch64__)
		__asm__ volatile("isb" ::: "memory");
#endif
	}
	return -ETIMEDOUT;
}

int seccomp_load_with_listener(const struct seccomp_program *program, int socket_fd,
			       const char *message)
{
	struct mailbox *mailbox = mmap(NULL, sizeof *mailbox, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct clone_args args = { .flags = CLONE_FILES, .exit_signal = SIGCHLD };
	pid_t self = getpid();
	int listener = -1;

	if (mailbox == MAP_FAILED)
		return -errno;
	atomic_store(&mailbox->listener, -1);
	atomic_store(&mailbox->sent, 1);
	struct timeval timeout = { .tv_sec = SEND_TIMEOUT_S };
	if (setsockopt(socket_fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) < 0)
		return -errno;
	/* Nobody waits for the helper; execve(2) forgets the flag. */
	struct sigaction no_zombies = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };
	(void)sigaction(SIGCHLD, &no_zombies, NULL);
	long helper = sys_clone3(&args, sizeof args);
	if (helper < 0)
		return -errno;
	if (helper == 0)
		helper_run(mailbox, self, socket_fd, message);

	int result = seccomp_load(program, &listener);
	atomic_store(&mailbox->listener, result < 0 ? -2 : listener);
	return result < 0 ? result : wait_sent(mailbox);
}
