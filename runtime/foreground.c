/* foreground.c - waiting for a container's process. */
#include "runtime/foreground.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/process.h"
#include "base/scope.h"
#include "runtime/terminal.h"

/* Signals belong to the process, and so does this. */
static int interrupt_fd = -1;

static int open_interrupts(struct err *e)
{
	static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		sigaddset(&set, ending[i]);
	interrupt_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return interrupt_fd < 0 ? err_sys(e, "make a signalfd") : 0;
}

int foreground_interrupt_fd(void)
{
	return interrupt_fd;
}

int foreground_interrupted(struct err *e)
{
	struct signalfd_siginfo info;

	if (read(interrupt_fd, &info, sizeof info) != sizeof info)
		return err_sys(e, "read the signal that interrupts");
	return err_set(e, ERR_CONFLICT, "interrupted by signal %u", info.ssi_signo);
}

int foreground_ready(int fd, struct err *e)
{
	for (;;) {
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
					{ .fd = interrupt_fd, .events = POLLIN } };
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return err_sys(e, "wait for the container");
		if (fds[0].revents)
			return 0;
		if (fds[1].revents)
			return foreground_interrupted(e);
	}
}

void foreground_leave(void)
{
	scope_close(&interrupt_fd);
	interrupt_fd = -1;
}

int foreground_signals(struct err *e)
{
	sigset_t all;

	sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, NULL) < 0)
		return err_sys(e, "block signals");
	if (open_interrupts(e) < 0)
		return -1;
	int fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(e, "make a signalfd") : fd;
}

static void pass_on(int signal_fd, int pidfd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof info) == sizeof info)
		if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGWINCH)
			(void)process_signal(pidfd, (int)info.ssi_signo); /* gone: reaped next */
}

static int wait_plain(int pidfd, int signal_fd, struct err *e)
{
	for (;;) {
		struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
					{ .fd = signal_fd, .events = POLLIN } };
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return err_sys(e, "wait for the container");
		if (fds[1].revents)
			pass_on(signal_fd, pidfd);
		if (fds[0].revents)
			return 0;
	}
}

int foreground_wait(int pidfd, int master_fd, int signal_fd, int *out_status, struct err *e)
{
	int waited = master_fd >= 0 ? terminal_attach(master_fd, pidfd, signal_fd, e)
				    : wait_plain(pidfd, signal_fd, e);

	if (waited < 0)
		return -1;
	int status = process_reap(pidfd, 0); /* it is gone */
	if (status < 0)
		return err_errno(e, status, "reap the container");
	pass_on(signal_fd, pidfd); /* meant for it, not for what comes after it */
	*out_status = status;
	return 0;
}
