/* The event loop: what runs when, and that anything may be removed at any moment. */
#include "base/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "base/process.h"
#include "base/scope.h"
#include "tests/unit/base/scratch.h"

/* What ran, as letters in order. */
static char trace[256];

static void note(char letter)
{
	size_t n = strlen(trace);

	ck_assert_uint_lt(n, sizeof(trace) - 1);
	trace[n] = letter;
}

/* A context of its own for each letter. */
static void *letter(char which)
{
	static char letters[128];

	letters[(unsigned char)which] = which;
	return &letters[(unsigned char)which];
}

static void expect(const char *wanted)
{
	ck_assert_str_eq(trace, wanted);
	memset(trace, 0, sizeof(trace));
}

static struct loop *new_loop(void)
{
	struct loop *loop;

	ck_assert_int_eq(loop_new(0, &loop), 0);
	return loop;
}

static void note_timer(void *context)
{
	note(*(const char *)context);
}

static void note_fd(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	note(*(const char *)context);
}

static struct loop_source *timer(struct loop *loop, loop_timer_fn *fn, void *context)
{
	struct loop_source *source;

	ck_assert_int_eq(loop_add_timer(loop, fn, context, &source), 0);
	return source;
}

static struct loop_source *call(struct loop *loop, loop_call_fn *fn, void *context)
{
	struct loop_source *source;

	ck_assert_int_eq(loop_add_call(loop, fn, context, &source), 0);
	return source;
}

static struct loop_source *reader(struct loop *loop, int fd, loop_fd_fn *fn, void *context)
{
	struct loop_source *source;

	ck_assert_int_eq(loop_add_fd(loop, fd, EPOLLIN, fn, context, &source), 0);
	return source;
}

static void make_pipe(int ends[2])
{
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
}

static void put(int fd)
{
	ck_assert_int_eq(write(fd, letter('x'), 1), 1);
}

/* -- descriptors -------------------------------------------------------------------------------- */

static void read_one(void *context, int fd, uint32_t events)
{
	char byte;

	ck_assert_uint_eq(events, EPOLLIN);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
	note(*(const char *)context);
}

START_TEST(a_readable_descriptor_is_reported_until_it_is_read)
{
	struct loop *loop = new_loop();
	int ends[2];

	make_pipe(ends);
	reader(loop, ends[0], read_one, letter('r'));
	ck_assert_int_eq(loop_step(loop, 0), 0);
	put(ends[1]);
	put(ends[1]);
	ck_assert_int_eq(loop_step(loop, -1), 1);
	ck_assert_int_eq(loop_step(loop, -1), 1);
	ck_assert_int_eq(loop_step(loop, 0), 0);
	expect("rr");
	loop_free(loop);
}
END_TEST

START_TEST(a_paused_descriptor_reports_nothing_not_even_its_end)
{
	struct loop *loop = new_loop();
	int ends[2];

	make_pipe(ends);
	struct loop_source *source = reader(loop, ends[0], note_fd, letter('r'));
	put(ends[1]);
	ck_assert_int_eq(loop_fd_set(source, 0), 0);
	close(ends[1]);
	ck_assert_int_eq(loop_step(loop, 0), 0);
	ck_assert_int_eq(loop_fd_set(source, EPOLLIN), 0);
	ck_assert_int_eq(loop_step(loop, -1), 1);
	ck_assert_int_eq(loop_fd_set(source, EPOLLRDHUP), 0);
	ck_assert_int_eq(loop_step(loop, -1), 1); /* EPOLLHUP comes unasked */
	expect("rr");
	loop_free(loop);
}
END_TEST

START_TEST(what_epoll_refuses_is_refused)
{
	struct loop *loop = new_loop();
	struct loop_source *source = NULL;
	int ends[2], file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	make_pipe(ends);
	reader(loop, ends[0], note_fd, letter('r'));
	ck_assert_int_eq(loop_add_fd(loop, ends[0], EPOLLIN, note_fd, NULL, &source), -EEXIST);
	ck_assert_int_eq(loop_add_fd(loop, file, EPOLLIN, note_fd, NULL, &source), -EPERM);
	ck_assert_int_eq(loop_add_fd(loop, -1, EPOLLIN, note_fd, NULL, &source), -EBADF);
	ck_assert_int_eq(loop_add_process(loop, -1, NULL, NULL, &source), -EBADF);
	ck_assert_ptr_null(source);
	loop_free(loop);
	close(file);
}
END_TEST

/* -- removal ------------------------------------------------------------------------------------ */

static struct loop_source *victims[4];

static void remove_all(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	note(*(const char *)context);
	for (size_t i = 0; i < ARRAY_SIZE(victims); i++) {
		loop_remove(victims[i]);
		victims[i] = NULL;
	}
}

START_TEST(a_callback_may_remove_itself_and_those_whose_events_are_in_hand)
{
	struct loop *loop = new_loop();
	int ends[4][2];

	for (int i = 0; i < 4; i++) {
		make_pipe(ends[i]);
		put(ends[i][1]);
		victims[i] = reader(loop, ends[i][0], remove_all, letter('r'));
	}
	ck_assert_int_eq(loop_step(loop, -1), 1);
	expect("r");
	ck_assert_int_eq(loop_step(loop, 0), 0);
	ck_assert_int_eq(loop_run(loop), -EDEADLK);
	loop_remove(NULL);
	loop_free(loop);
}
END_TEST

static int reused[2];

/* Closes the other's descriptor and adds a new source that gets the same number. */
static void replace_other(void *context, int fd, uint32_t events)
{
	struct loop *loop = context;

	(void)events;
	note('a');
	int other = fd == reused[0] ? 1 : 0;
	loop_remove(victims[other]);
	int number = reused[other], fresh[2];
	close(number);
	make_pipe(fresh); /* empty: it must not be reported */
	ck_assert(fresh[0] == number || dup2(fresh[0], number) == number);
	victims[other] = reader(loop, number, note_fd, letter('!'));
	victims[other ^ 1] = (loop_remove(victims[other ^ 1]), NULL);
}

START_TEST(an_event_in_hand_does_not_reach_a_source_with_the_same_number)
{
	struct loop *loop = new_loop();
	int ends[2][2];

	for (int i = 0; i < 2; i++) {
		make_pipe(ends[i]);
		put(ends[i][1]);
		reused[i] = ends[i][0];
		victims[i] = reader(loop, ends[i][0], replace_other, loop);
	}
	ck_assert_int_eq(loop_step(loop, -1), 1);
	ck_assert_int_eq(loop_step(loop, 0), 0);
	expect("a");
	loop_free(loop);
}
END_TEST

static void pause_other(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	note('p');
	struct loop_source **pair = context;
	loop_fd_set(pair[0], 0);
	loop_fd_set(pair[1], 0);
}

START_TEST(an_event_in_hand_does_not_reach_a_source_that_was_paused)
{
	struct loop *loop = new_loop();
	struct loop_source *pair[2];
	int ends[2][2];

	for (int i = 0; i < 2; i++) {
		make_pipe(ends[i]);
		put(ends[i][1]);
		close(ends[i][1]); /* EPOLLHUP as well, which a mask does not keep out */
		pair[i] = reader(loop, ends[i][0], pause_other, pair);
	}
	ck_assert_int_eq(loop_step(loop, -1), 1);
	expect("p");
	loop_free(loop);
}
END_TEST

static void remove_victims(void *context)
{
	note(*(const char *)context);
	for (size_t i = 0; i < ARRAY_SIZE(victims); i++) {
		loop_remove(victims[i]);
		victims[i] = NULL;
	}
}

START_TEST(due_timers_and_posted_calls_may_be_removed)
{
	struct loop *loop = new_loop();

	for (int i = 0; i < 4; i++) {
		victims[i] = timer(loop, remove_victims, letter('t'));
		loop_timer_set(victims[i], 0, i); /* one with a period as well */
	}
	ck_assert_int_eq(loop_step(loop, -1), 1);
	for (int i = 0; i < 4; i++) {
		victims[i] = call(loop, remove_victims, letter('c'));
		loop_call_post(victims[i]);
	}
	ck_assert_int_eq(loop_step(loop, -1), 1);
	expect("tc");
	/* Posted, then removed before any round. */
	victims[0] = call(loop, note_timer, letter('!'));
	victims[1] = call(loop, note_timer, letter('k'));
	victims[2] = call(loop, note_timer, letter('!'));
	for (int i = 0; i < 3; i++)
		loop_call_post(victims[i]);
	loop_remove(victims[0]);
	loop_remove(victims[2]);
	ck_assert_int_eq(loop_step(loop, -1), 1);
	ck_assert_int_eq(loop_step(loop, 0), 0);
	expect("k");
	loop_free(loop);
}
END_TEST

/* -- timers ------------------------------------------------------------------------------------- */

START_TEST(timers_run_in_the_order_in_which_they_are_due)
{
	enum { COUNT = 200 };
	static char letters[COUNT];
	struct loop_source *timers[COUNT];
	struct loop *loop = new_loop();
	unsigned random = 12345;

	for (int i = 0; i < COUNT; i++) {
		random = random * 1103515245 + 12345;
		letters[i] = (char)('a' + (random >> 16) % 20);
		timers[i] = timer(loop, note_timer, &letters[i]);
		loop_timer_set(timers[i], (letters[i] - 'a') * 3, 0);
	}
	/* A third is disarmed, a third armed again for later, a third stays. */
	size_t left = 0;
	for (int i = 0; i < COUNT; i++) {
		if (i % 3 == 0) {
			loop_timer_set(timers[i], LOOP_TIMER_OFF, 0);
		} else if (i % 3 == 1) {
			letters[i] = 'z';
			loop_timer_set(timers[i], 25 * 3, 0);
		}
		left += i % 3 != 0;
	}
	while (strlen(trace) < left)
		ck_assert_int_ge(loop_step(loop, -1), 0);
	for (size_t i = 1; i < left; i++)
		ck_assert_msg(trace[i - 1] <= trace[i], "%s", trace);
	ck_assert_int_eq(loop_step(loop, 0), 0);
	loop_free(loop);
}
END_TEST

START_TEST(timers_of_one_moment_run_as_they_were_armed)
{
	struct loop *loop = new_loop();
	static const char letters[] = "abcdefghij";

	for (int i = 0; i < 10; i++)
		loop_timer_set(timer(loop, note_timer, (void *)(uintptr_t)&letters[i]), 0, 0);
	/* They may straddle a tick of the clock, but not their order. */
	while (strlen(trace) < 10)
		ck_assert_int_ge(loop_step(loop, -1), 0);
	expect("abcdefghij");
	loop_free(loop);
}
END_TEST

static int64_t exact_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

START_TEST(a_timer_never_fires_early_and_waiting_for_it_does_not_spin)
{
	struct loop *loop = new_loop();
	struct loop_source *source = timer(loop, note_timer, letter('t'));

	for (int i = 0; i < 30; i++) {
		int64_t before = exact_ns();
		int rounds = 0;
		loop_timer_set(source, 3, 0);
		while (!*trace) {
			ck_assert_int_ge(loop_step(loop, -1), 0);
			rounds++;
		}
		ck_assert_int_ge(exact_ns() - before, 3000000);
		ck_assert_int_le(rounds, 2);
		expect("t");
	}
	loop_free(loop);
}
END_TEST

START_TEST(a_period_goes_on_and_skips_what_was_missed)
{
	struct loop *loop = new_loop();
	struct loop_source *source = timer(loop, note_timer, letter('p'));
	int64_t first;

	loop_timer_set(source, 0, 10);
	ck_assert_int_eq(loop_step(loop, -1), 1);
	first = loop_now_ms(loop);
	nanosleep(&(struct timespec){ .tv_nsec = 55000000 }, NULL); /* five periods and a half */
	ck_assert_int_eq(loop_step(loop, -1), 1);
	ck_assert_int_eq(loop_step(loop, 0), 0); /* one, not five */
	ck_assert_int_eq(loop_step(loop, -1), 1);
	ck_assert_int_ge(loop_now_ms(loop), first + 60);
	loop_timer_set(source, LOOP_TIMER_OFF, 10);
	ck_assert_int_eq(loop_step(loop, 30), 0);
	expect("ppp");
	loop_free(loop);
}
END_TEST

static struct loop_source *self;

static void arm_again(void *context)
{
	note(*(const char *)context);
	loop_timer_set(self, 0, 0);
}

START_TEST(a_timer_that_arms_itself_with_no_delay_does_not_starve_the_rest)
{
	struct loop *loop = new_loop();
	int ends[2];

	make_pipe(ends);
	put(ends[1]);
	self = timer(loop, arm_again, letter('t'));
	loop_timer_set(self, 0, 0);
	reader(loop, ends[0], note_fd, letter('r'));
	ck_assert_int_eq(loop_step(loop, -1), 1);
	ck_assert_int_eq(loop_step(loop, -1), 1);
	expect("trtr");
	loop_free(loop);
}
END_TEST

START_TEST(a_delay_beyond_all_times_does_not_overflow)
{
	struct loop *loop = new_loop();
	struct loop_source *source = timer(loop, note_timer, letter('!'));

	loop_timer_set(source, INT64_MAX, INT64_MAX);
	ck_assert_int_eq(loop_step(loop, 1), 0);
	loop_timer_set(source, (int64_t)INT32_MAX * 4, 0);
	ck_assert_int_eq(loop_step(loop, 1), 0);
	loop_timer_set(source, 0, INT64_MAX);
	ck_assert_int_eq(loop_step(loop, -1), 1);
	ck_assert_int_eq(loop_step(loop, 1), 0);
	expect("!");
	loop_free(loop);
}
END_TEST

/* -- signals ------------------------------------------------------------------------------------ */

static void note_signal(void *context, const struct signalfd_siginfo *info)
{
	ck_assert_int_eq(info->ssi_pid, getpid());
	note(*(const char *)context);
}

static bool is_blocked(int number)
{
	sigset_t now;

	pthread_sigmask(SIG_BLOCK, NULL, &now);
	return sigismember(&now, number) == 1;
}

START_TEST(signals_come_as_events_and_the_mask_is_put_back)
{
	struct loop *loop = new_loop();
	struct loop_source *source, *other = NULL;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	ck_assert_int_eq(loop_add_signal(loop, SIGUSR1, note_signal, letter('1'), &source), 0);
	ck_assert_int_eq(loop_add_signal(loop, SIGUSR2, note_signal, letter('2'), NULL), 0);
	ck_assert_int_eq(loop_add_signal(loop, SIGRTMIN, note_signal, letter('r'), NULL), 0);
	ck_assert_int_eq(loop_add_signal(loop, SIGUSR1, note_signal, letter('!'), &other), -EEXIST);
	ck_assert_ptr_null(other);
	ck_assert(is_blocked(SIGUSR1));
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGRTMIN);
	kill(getpid(), SIGRTMIN);
	ck_assert_int_eq(loop_step(loop, -1), 1);
	expect("12rr");
	loop_remove(source);
	ck_assert(!is_blocked(SIGUSR1));
	ck_assert(is_blocked(SIGRTMIN));
	ck_assert_int_eq(loop_add_signal(loop, SIGUSR1, note_signal, letter('n'), NULL), 0);
	kill(getpid(), SIGUSR1);
	ck_assert_int_eq(loop_step(loop, -1), 1);
	expect("n");
	loop_free(loop);
	ck_assert(!is_blocked(SIGUSR1));
	ck_assert(is_blocked(SIGUSR2)); /* as before */
	ck_assert(!is_blocked(SIGRTMIN));
}
END_TEST

START_TEST(signals_that_cannot_be_caught_are_refused)
{
	struct loop *loop = new_loop();
	static const int numbers[] = { 0, -1, SIGKILL, SIGSTOP, 32, 33, 65, 9999 };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		ck_assert_int_eq(loop_add_signal(loop, numbers[i], note_signal, NULL, NULL),
				 -EINVAL);
	ck_assert_int_eq(loop_run(loop), -EDEADLK);
	loop_free(loop);
}
END_TEST

static struct loop_source *two_signals[2];

static void remove_both(void *context, const struct signalfd_siginfo *info)
{
	(void)info;
	note(*(const char *)context);
	signal(SIGUSR1, SIG_IGN); /* the one that is left is delivered when it is unblocked */
	signal(SIGUSR2, SIG_IGN);
	loop_remove(two_signals[0]);
	loop_remove(two_signals[1]);
}

START_TEST(a_signal_source_may_be_removed_while_another_signal_waits)
{
	struct loop *loop = new_loop();

	loop_add_signal(loop, SIGUSR1, remove_both, letter('s'), &two_signals[0]);
	loop_add_signal(loop, SIGUSR2, remove_both, letter('s'), &two_signals[1]);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR2);
	ck_assert_int_eq(loop_step(loop, -1), 1);
	ck_assert_int_eq(loop_step(loop, 0), 0);
	expect("s");
	loop_free(loop);
}
END_TEST

static void ignore(int number)
{
	(void)number;
}

START_TEST(a_handler_elsewhere_does_not_end_the_loop)
{
	struct loop *loop = new_loop();
	struct sigaction interrupting = { .sa_handler = ignore };

	sigaction(SIGALRM, &interrupting, NULL);
	setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 2000 }, { 0, 2000 } }, NULL);
	loop_timer_set(timer(loop, note_timer, letter('t')), 50, 0);
	while (!*trace)
		ck_assert_int_ge(loop_step(loop, -1), 0);
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	loop_free(loop);
}
END_TEST

/* -- processes ---------------------------------------------------------------------------------- */

struct exit_seen {
	struct loop *loop;
	int status;
};

static void see_exit(void *context, int status)
{
	struct exit_seen *seen = context;

	note('x');
	seen->status = status;
	loop_stop(seen->loop, 5);
}

static int spawn_shell(const char *script, int stdin_fd)
{
	char sh[] = "sh", dash_c[] = "-c";
	char *argv[] = { sh, dash_c, (char *)(uintptr_t)script, NULL }, *envp[] = { NULL };
	struct process_spawn what = PROCESS_SPAWN_INIT;
	int pidfd;

	what.path = "/bin/sh";
	what.argv = argv;
	what.envp = envp;
	what.stdin_fd = stdin_fd;
	ck_assert_int_gt(process_spawn(&what, &pidfd), 0);
	return pidfd;
}

START_TEST(an_exit_is_reported_once_with_its_status)
{
	struct loop *loop = new_loop();
	struct exit_seen seen = { loop, -1 };
	int pidfd = spawn_shell("exit 9", -1);

	ck_assert_int_eq(loop_add_process(loop, pidfd, see_exit, &seen, NULL), 0);
	ck_assert_int_eq(loop_run(loop), 5);
	ck_assert_int_eq(seen.status, 9);
	ck_assert_int_eq(loop_step(loop, 20), 0);
	expect("x");
	close(pidfd);
	pidfd = spawn_shell("kill -9 $$", -1);
	ck_assert_int_eq(loop_add_process(loop, pidfd, see_exit, &seen, NULL), 0);
	ck_assert_int_eq(loop_run(loop), 5);
	ck_assert_int_eq(seen.status, 128 + 9);
	close(pidfd);
	loop_free(loop);
}
END_TEST

START_TEST(a_process_reaped_elsewhere_is_reported_as_no_child)
{
	struct loop *loop = new_loop();
	struct exit_seen seen = { loop, 0 };
	int pidfd = spawn_shell("exit 0", -1);

	ck_assert_int_eq(process_reap(pidfd, -1), 0);
	ck_assert_int_eq(loop_add_process(loop, pidfd, see_exit, &seen, NULL), 0);
	ck_assert_int_eq(loop_run(loop), 5);
	ck_assert_int_eq(seen.status, -ECHILD);
	close(pidfd);
	loop_free(loop);
}
END_TEST

START_TEST(a_removed_process_is_neither_reported_nor_reaped)
{
	struct loop *loop = new_loop();
	struct exit_seen seen = { loop, -1 };
	struct loop_source *source;
	int pidfd = spawn_shell("exit 4", -1);

	ck_assert_int_eq(loop_add_process(loop, pidfd, see_exit, &seen, &source), 0);
	ck_assert_int_eq(process_wait_gone(pidfd, -1), 0);
	loop_remove(source);
	ck_assert_int_eq(loop_step(loop, 0), 0);
	ck_assert_int_eq(process_reap(pidfd, -1), 4);
	close(pidfd);
	loop_free(loop);
}
END_TEST

/* -- calls, rounds, caps ------------------------------------------------------------------------ */

static void post_again(void *context)
{
	note(*(const char *)context);
	loop_call_post(self);
	loop_call_post(self);
}

START_TEST(a_call_runs_once_a_round_after_everything_else)
{
	struct loop *loop = new_loop();
	int ends[2];

	make_pipe(ends);
	put(ends[1]);
	self = call(loop, post_again, letter('c'));
	loop_call_post(self);
	loop_call_post(self);
	loop_timer_set(timer(loop, note_timer, letter('t')), 0, 0);
	reader(loop, ends[0], note_fd, letter('r'));
	ck_assert_int_eq(loop_step(loop, -1), 1);
	expect("trc");
	ck_assert_int_eq(loop_step(loop, -1), 1); /* does not wait: a call is due */
	expect("rc");
	loop_free(loop);
}
END_TEST

static void step_inside(void *context)
{
	ck_assert_int_eq(loop_step(context, 0), -EBUSY);
	ck_assert_int_eq(loop_run(context), -EBUSY);
	note('i');
}

START_TEST(a_loop_does_not_run_inside_itself)
{
	struct loop *loop = new_loop();

	loop_call_post(call(loop, step_inside, loop));
	ck_assert_int_eq(loop_step(loop, -1), 1);
	expect("i");
	loop_free(loop);
}
END_TEST

static void stop(void *context)
{
	note('s');
	loop_stop(context, 3);
}

START_TEST(a_stop_finishes_the_round_and_the_loop_can_run_again)
{
	struct loop *loop = new_loop();
	struct loop_source *stopping = call(loop, stop, loop),
			   *after = call(loop, note_timer, letter('a'));

	for (int i = 0; i < 2; i++) {
		loop_call_post(stopping);
		loop_call_post(after);
		ck_assert_int_eq(loop_run(loop), 3);
		expect("sa");
	}
	loop_stop(loop, 0); /* before it runs */
	ck_assert_int_eq(loop_run(loop), 0);
	loop_free(loop);
}
END_TEST

START_TEST(one_source_above_the_cap_is_refused_and_a_removal_makes_room)
{
	struct loop *loop;
	struct loop_source *sources[3], *none = NULL;
	int ends[2];

	make_pipe(ends);
	ck_assert_int_eq(loop_new(3, &loop), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(loop_add_timer(loop, note_timer, letter('t'), &sources[i]), 0);
	ck_assert_int_eq(loop_add_timer(loop, note_timer, letter('t'), &none), -ENOSPC);
	ck_assert_int_eq(loop_add_call(loop, note_timer, letter('t'), &none), -ENOSPC);
	ck_assert_int_eq(loop_add_fd(loop, ends[0], EPOLLIN, note_fd, letter('t'), &none), -ENOSPC);
	ck_assert_int_eq(loop_add_signal(loop, SIGUSR1, note_signal, letter('t'), &none), -ENOSPC);
	ck_assert_int_eq(loop_add_process(loop, ends[0], see_exit, NULL, &none), -ENOSPC);
	ck_assert_ptr_null(none);
	ck_assert(!is_blocked(SIGUSR1));
	loop_remove(sources[1]);
	ck_assert_int_eq(loop_add_fd(loop, ends[0], EPOLLIN, note_fd, letter('t'), NULL), 0);
	loop_free(loop);
}
END_TEST

START_TEST(a_loop_leaves_no_descriptor_behind)
{
	int before = open_descriptors(), ends[2];
	struct loop *loop = new_loop();

	loop_add_signal(loop, SIGUSR1, note_signal, letter('s'), NULL);
	make_pipe(ends);
	reader(loop, ends[0], note_fd, letter('r'));
	loop_free(loop);
	loop_free(NULL);
	close(ends[0]);
	close(ends[1]);
	ck_assert_int_eq(open_descriptors(), before);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 3, 1024 });
	ck_assert_int_eq(loop_new(0, &loop), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 1024, 1024 });
}
END_TEST

UNIT_MAIN("base/loop", a_readable_descriptor_is_reported_until_it_is_read,
	  a_paused_descriptor_reports_nothing_not_even_its_end, what_epoll_refuses_is_refused,
	  a_callback_may_remove_itself_and_those_whose_events_are_in_hand,
	  an_event_in_hand_does_not_reach_a_source_with_the_same_number,
	  an_event_in_hand_does_not_reach_a_source_that_was_paused,
	  due_timers_and_posted_calls_may_be_removed, timers_run_in_the_order_in_which_they_are_due,
	  timers_of_one_moment_run_as_they_were_armed,
	  a_timer_never_fires_early_and_waiting_for_it_does_not_spin,
	  a_period_goes_on_and_skips_what_was_missed,
	  a_timer_that_arms_itself_with_no_delay_does_not_starve_the_rest,
	  a_delay_beyond_all_times_does_not_overflow,
	  signals_come_as_events_and_the_mask_is_put_back,
	  signals_that_cannot_be_caught_are_refused,
	  a_signal_source_may_be_removed_while_another_signal_waits,
	  a_handler_elsewhere_does_not_end_the_loop, an_exit_is_reported_once_with_its_status,
	  a_process_reaped_elsewhere_is_reported_as_no_child,
	  a_removed_process_is_neither_reported_nor_reaped,
	  a_call_runs_once_a_round_after_everything_else, a_loop_does_not_run_inside_itself,
	  a_stop_finishes_the_round_and_the_loop_can_run_again,
	  one_source_above_the_cap_is_refused_and_a_removal_makes_room,
	  a_loop_leaves_no_descriptor_behind)
