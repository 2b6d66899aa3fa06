/* terminal.c - pseudo-terminals: made inside, handed out, attached. */
#include "runtime/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
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

static int bind_console(struct launch *launch, int slave, struct err *e)
{
	AUTO_FD tree = open_tree(slave, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (tree < 0)
		return err_sys(e, "open the terminal for /dev/console");
	AUTO_FD target = rootfs_open_no_symlinks(launch->root_fd, "/dev/console", O_PATH);
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
	if (request->console && bind_console(launch, slave, e) < 0)
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

static void signals_arrived(int signal_fd, int pidfd, int master)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGWINCH)
			copy_size(STDIN_FILENO, master);
		else if (info.ssi_signo != SIGCHLD)
			(void)process_signal(pidfd, (int)info.ssi_signo); /* gone: noticed next */
	}
}

/* false at end-of-file or when the other end is gone. */
static bool copy_some(int from, int to)
{
	char buffer[8192];
	ssize_t n = read(from, buffer, sizeof buffer);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	return n > 0 && file_write_all(to, buffer, (size_t)n) == 0;
}

static int pump(int master, int pidfd, int signal_fd, struct err *e)
{
	bool input = true;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = pidfd, .events = POLLIN },
			{ .fd = master, .events = POLLIN },
			{ .fd = input ? STDIN_FILENO : -1, .events = POLLIN },
			{ .fd = signal_fd, .events = POLLIN },
		};
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return err_sys(e, "wait for the container");
		if (fds[3].revents)
			signals_arrived(signal_fd, pidfd, master);
		if (fds[2].revents)
			input = copy_some(STDIN_FILENO, master);
		if (fds[1].revents && copy_some(master, STDOUT_FILENO))
			continue; /* all output comes before the end */
		if (fds[0].revents)
			return 0;
		if (fds[1].revents) { /* the slave is closed; only the exit is left */
			int gone = process_wait_gone(pidfd, 100);
			if (gone == 0)
				return 0;
		}
	}
}

int terminal_attach(int master_fd, int pidfd, int signal_fd, struct err *e)
{
	struct termios before;

	copy_size(STDIN_FILENO, master_fd);
	bool raw = make_raw(&before);
	int result = pump(master_fd, pidfd, signal_fd, e);
	if (raw)
		(void)tcsetattr(STDIN_FILENO, TCSANOW,
				&before); /* the shell repairs it otherwise */
	return result;
}
