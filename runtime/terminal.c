/* terminal.c - pseudo-terminals: made inside, handed out, attached. */
#include "runtime/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "base/process.h"
#include "base/scope.h"
#include "base/sys.h"
#include "base/unix_socket.h"
#include "runtime/launch.h"
#include "runtime/mounts.h"
#include "runtime/rootfs.h"

/* ---- handing the master over ----------------------------------------------------------------- */

int terminal_connect(const char *path, struct err *e)
{
	int fd = unix_socket_connect(path);

	if (fd < 0) {
		err_errno(e, fd, "connect to the console socket %s", path);
		return err_phase(e, PHASE_TERMINAL);
	}
	return fd;
}

int terminal_receive(int socket_fd, struct err *e)
{
	int fd = unix_socket_receive_fd(socket_fd);

	if (fd < 0) {
		err_errno(e, fd, "receive the container's terminal");
		return err_phase(e, PHASE_TERMINAL);
	}
	return fd;
}

/* ---- the container's side -------------------------------------------------------------------- */

static int open_master(struct launch *launch, char *name, size_t size, struct err *e)
{
	unsigned number;
	int unlock = 0;
	/* Not /dev/ptmx, which may be a symlink or a node of the host's instance. */
	AUTO_FD master =
		rootfs_open_no_symlinks(launch->root_fd, "/dev/pts/ptmx", O_RDWR | O_NOCTTY);

	if (master < 0) {
		err_errno(e, master, "open a terminal in the container's /dev/pts");
		return master == -ENOENT ? err_hint(e, "the configuration mounts no devpts there")
					 : -1;
	}
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCGPTN, &number) < 0)
		return err_sys(e, "set up the terminal");
	snprintf(name, size, "/dev/pts/%u", number);
	return take_fd(&master);
}

static int bind_console(struct launch *launch, const struct terminal_request *request, int slave,
			struct err *e)
{
	AUTO_FD tree = open_tree(slave, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (tree < 0)
		return err_sys(e, "open the terminal for /dev/console");
	AUTO_FD target = rootfs_open_no_symlinks(launch->root_fd, "/dev/console", O_PATH);
	if (target == -ENOENT && request->console_exists_only)
		return 0;
	if (target == -ENOENT)
		target = rootfs_make_file(launch->root_fd, "/dev/console");
	if (target < 0)
		return err_errno(e, target, "open /dev/console");
	return mount_attach(tree, target, e);
}

static int terminal_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct terminal_request *request = step->request;
	char name[64];

	AUTO_FD master = open_master(launch, name, sizeof name, e);
	if (master < 0)
		return -1;
	AUTO_FD slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return err_sys(e, "open the terminal's slave");
	struct winsize size = { .ws_row = request->rows, .ws_col = request->columns };
	if ((size.ws_row || size.ws_col) && ioctl(master, TIOCSWINSZ, &size) < 0)
		return err_sys(e, "set the terminal's size");
	if (fchown(slave, request->uid, (gid_t)-1) < 0)
		return err_sys(e, "give the terminal to user %u", request->uid);
	if (request->console && bind_console(launch, request, slave, e) < 0)
		return -1;
	int sent = unix_socket_send_fd(launch->terminal_fd, master, name);
	if (sent < 0)
		return err_errno(e, sent, "send the terminal to the console socket");
	if (setsid() < 0)
		return err_sys(e, "start a session");
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return err_sys(e, "make the terminal the controlling one");
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(slave, fd) < 0)
			return err_sys(e, "put the terminal on descriptor %d", fd);
	return 0;
}

static void terminal_describe(const struct step *step, struct strbuf *out)
{
	const struct terminal_request *request = step->request;

	if (request->rows || request->columns)
		strbuf_addf(out, " %ux%u", request->columns, request->rows);
}

const struct step_kind terminal_step = {
	"terminal", PHASE_TERMINAL, ACTOR_INIT, terminal_run, terminal_describe,
};

static int session_run(struct launch *launch, const struct step *step, struct err *e)
{
	(void)launch;
	(void)step;
	return setsid() < 0 ? err_sys(e, "start a session") : 0;
}

const struct step_kind session_step = {
	"session", PHASE_TERMINAL, ACTOR_INIT, session_run, NULL,
};

/* ---- attached to our own terminal ------------------------------------------------------------ */

static void copy_size(int from, int to)
{
	struct winsize size;

	if (ioctl(from, TIOCGWINSZ, &size) == 0)
		(void)ioctl(to, TIOCSWINSZ, &size); /* a size is not worth an error */
}

static int make_raw(struct termios *before)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, before) < 0)
		return 0; /* not a terminal: nothing to restore */
	raw = *before;
	cfmakeraw(&raw);
	return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

/* One direction: what was read and is not written yet. Nothing here blocks, so a side that does not
 * read holds up neither the other direction, nor a signal, nor the end. */
struct stream {
	int from, to;	/* -1: ended, closed or not there */
	bool to_socket; /* `to` is a socket */
	size_t start, end;
	char bytes[PIPE_BUF]; /* a pipe that poll(2) calls writable takes this much at once */
};

static bool stream_empty(const struct stream *stream)
{
	return stream->start == stream->end;
}

/* Bytes read; 0 when there is nothing now; -1 at the end of file or when the other end is gone. */
static ssize_t stream_read(struct stream *stream)
{
	ssize_t n = read(stream->from, stream->bytes, sizeof stream->bytes);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	stream->start = 0;
	stream->end = (size_t)n;
	if (stream->to < 0)
		stream->end = 0; /* nobody wants it, but whoever writes it shall not wait */
	return n;
}

static void stream_write(struct stream *stream)
{
	const char *bytes = stream->bytes + stream->start;
	size_t left = stream->end - stream->start;
	ssize_t n = stream->to_socket ? send(stream->to, bytes, left, MSG_DONTWAIT | MSG_NOSIGNAL)
				      : write(stream->to, bytes, left);

	if (n >= 0) {
		stream->start += (size_t)n;
	} else if (errno != EAGAIN && errno != EINTR) {
		stream->to = -1;
		stream->start = stream->end;
	}
}

#define DEV_PTMX makedev(5, 2) /* Documentation/admin-guide/devices.txt */

/* Our standard output for writing without blocking. O_NONBLOCK belongs to the open file, which others
 * share: a pipe or a terminal is opened once more, a file never blocks, a socket has MSG_DONTWAIT. */
static int open_output(int *out_own, bool *out_socket)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) < 0)
		return -1;
	*out_socket = S_ISSOCK(st.st_mode);
	/* /dev/ptmx would be another terminal each time. */
	if (S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && st.st_rdev != DEV_PTMX))
		*out_own = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return *out_own >= 0 ? *out_own : STDOUT_FILENO;
}

struct pump {
	struct stream in, out;
	int master, pidfd, signal_fd;
	bool gone;	  /* the process; what it wrote is still to come */
	bool interrupted; /* while only that was left */
	size_t left_bytes;
};

/* More than a terminal keeps: what comes after this much was written by another process. */
#define OUTPUT_AFTER_EXIT ((size_t)1 << 20)
/* A terminal that nobody in the container has open may be opened again. */
#define REOPENED_MS 100

static void signals_arrived(struct pump *pump)
{
	struct signalfd_siginfo info;

	while (read(pump->signal_fd, &info, sizeof info) == sizeof info) {
		int number = (int)info.ssi_signo;
		if (number == SIGWINCH)
			copy_size(STDIN_FILENO, pump->master);
		else if (number == SIGCHLD || info.ssi_pid == (uint32_t)getpid())
			continue; /* also the SIGPIPE of our own write */
		else if (pump->gone)
			pump->interrupted |= number == SIGHUP || number == SIGINT ||
					     number == SIGQUIT || number == SIGTERM;
		else
			(void)process_signal(pump->pidfd, number); /* gone: noticed next */
	}
}

/* 1 when all output has come, 0 when not yet. */
static int drained(struct pump *pump, ssize_t n)
{
	if (n > 0)
		pump->left_bytes -= (size_t)n < pump->left_bytes ? (size_t)n : pump->left_bytes;
	return (n <= 0 || pump->left_bytes == 0) && stream_empty(&pump->out);
}

static int pump_step(struct pump *pump, struct err *e)
{
	struct stream *in = &pump->in, *out = &pump->out;
	bool hung_up = out->from < 0;
	struct pollfd fds[] = {
		{ .fd = pump->gone ? -1 : pump->pidfd, .events = POLLIN },
		{ .fd = pump->signal_fd, .events = POLLIN },
		{ .fd = stream_empty(in) ? in->from : -1, .events = POLLIN },
		{ .fd = stream_empty(in) ? -1 : in->to, .events = POLLOUT },
		{ .fd = stream_empty(out) && !pump->gone ? out->from : -1, .events = POLLIN },
		{ .fd = stream_empty(out) ? -1 : out->to, .events = POLLOUT },
	};
	ssize_t n = 0;

	/* After the exit only writing is waited for: all that can be read is there. */
	int timeout_ms = pump->gone && stream_empty(out) ? 0 : hung_up ? REOPENED_MS : -1;
	if (poll(fds, ARRAY_SIZE(fds), timeout_ms) < 0 && errno != EINTR)
		return err_sys(e, "wait for the container");
	if (fds[1].revents)
		signals_arrived(pump);
	if (pump->interrupted)
		return 1;
	if (fds[3].revents)
		stream_write(in);
	if ((fds[2].revents && stream_read(in) < 0) || in->to < 0)
		in->from = -1;
	if (fds[5].revents)
		stream_write(out);
	if (stream_empty(out) && (fds[4].revents || pump->gone || hung_up)) {
		n = stream_read(out);
		out->from = n < 0 ? -1 : pump->master;
	}
	if (pump->gone)
		return drained(pump, n);
	if (fds[0].revents) {
		pump->gone = true;
		in->from = in->to = -1;
		in->start = in->end;
	}
	return 0;
}

int terminal_attach(int master_fd, int pidfd, int signal_fd, struct err *e)
{
	struct termios before;
	AUTO_FD own = -1;
	bool socket = false;
	int result = 0;

	if (fcntl(master_fd, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, "make the terminal non-blocking");
	int output = open_output(&own, &socket);
	struct pump pump = {
		.in = { .from = STDIN_FILENO, .to = master_fd },
		.out = { .from = master_fd, .to = output, .to_socket = socket },
		.master = master_fd,
		.pidfd = pidfd,
		.signal_fd = signal_fd,
		.left_bytes = OUTPUT_AFTER_EXIT,
	};
	copy_size(STDIN_FILENO, master_fd);
	bool raw = make_raw(&before);
	while (result == 0)
		result = pump_step(&pump, e);
	if (raw)
		(void)tcsetattr(STDIN_FILENO, TCSANOW,
				&before); /* the shell repairs it otherwise */
	return result < 0 ? -1 : 0;
}
