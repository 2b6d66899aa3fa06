/* loop.h - the one place where a process waits: descriptors, timers, signals, exits, deferred calls.
 *
 *   struct loop *loop;
 *   struct loop_source *input;
 *   loop_new(0, &loop);
 *   loop_add_fd(loop, fd, EPOLLIN, on_input, connection, &input);
 *   status = loop_run(loop);              until a callback calls loop_stop(loop, status)
 *   loop_remove(input);
 *   loop_free(loop);
 *
 * Order     : a round waits, runs the timers that are due, then the events in the kernel's order, then
 *             the calls posted so far. What a callback arms or posts runs in a later round, so nothing
 *             starves the rest.
 * Units     : milliseconds on the monotonic clock. A timer never fires early.
 * Ownership : a source lives until loop_remove or loop_free, also when it has fired. Descriptors are
 *             the caller's; loop_remove comes before close(2), since epoll(7) knows them by number.
 * Removal   : any source may be removed inside any callback, its own included; it is not called
 *             again, even when its event is in hand already.
 * Limits    : `max_sources` sources; one more is -ENOSPC.
 * Errors    : negative errno.
 * Source    : epoll(7), signalfd(2), pidfd_open(2).
 * Never     : used by two threads; a result comes from another one through worker.h. Run from inside
 *             one of its own callbacks (-EBUSY). */
#ifndef KEG_BASE_LOOP_H
#define KEG_BASE_LOOP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#define LOOP_SOURCES_DEFAULT 65536
#define LOOP_TIMER_OFF (-1)

struct loop;
struct loop_source;

typedef void loop_fd_fn(void *context, int fd, uint32_t events);
typedef void loop_timer_fn(void *context);
typedef void loop_signal_fn(void *context, const struct signalfd_siginfo *info);
typedef void loop_process_fn(void *context, int status);
typedef void loop_call_fn(void *context);

int loop_new(size_t max_sources, struct loop **out_loop); /* 0: LOOP_SOURCES_DEFAULT */
void loop_free(struct loop *loop); /* with every source; NULL is fine; not from a callback */

/* Rounds until loop_stop: what that said, or a negative errno; -EDEADLK when no source is left, so
 * that nothing could ever happen. */
int loop_run(struct loop *loop);
/* The round at hand is finished first. `result` >= 0. */
void loop_stop(struct loop *loop, int result);
/* One round that waits at most `timeout_ms` (-1: for ever): 1 when a callback ran, 0 when none did. */
int loop_step(struct loop *loop, int timeout_ms);
/* When this round began. */
int64_t loop_now_ms(const struct loop *loop);

/* In all of these `out_source` may be NULL for what stays as long as the loop. */

/* Level-triggered; EPOLLERR and EPOLLHUP come unasked. -EEXIST: this fd is in the loop already,
 * -EPERM: a regular file, which is always ready. */
int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn, void *context,
		struct loop_source **out_source);
/* 0: paused, not even EPOLLHUP is reported. */
int loop_fd_set(struct loop_source *source, uint32_t events);

int loop_add_timer(struct loop *loop, loop_timer_fn *fn, void *context,
		   struct loop_source **out_source); /* off at first */
/* Fires once after `delay_ms`, then every `period_ms` (0: never again). Periods do not drift; those
 * missed are skipped. LOOP_TIMER_OFF disarms. Cannot fail: its place was reserved by loop_add_timer. */
void loop_timer_set(struct loop_source *source, int64_t delay_ms, int64_t period_ms);

/* Blocks the signal in the calling thread, and puts its mask back as it was on removal; before any
 * thread is made, or another thread may get the signal. One source a signal: -EEXIST. */
int loop_add_signal(struct loop *loop, int signal, loop_signal_fn *fn, void *context,
		    struct loop_source **out_source);

/* Once, when the process has exited: as process_reap says, so -ECHILD when it is no child of ours. */
int loop_add_process(struct loop *loop, int pidfd, loop_process_fn *fn, void *context,
		     struct loop_source **out_source);

/* Runs `fn` at the end of the round in which it was posted, or of the next one when posted by such a
 * call; posting twice before that is posting once. */
int loop_add_call(struct loop *loop, loop_call_fn *fn, void *context,
		  struct loop_source **out_source);
void loop_call_post(struct loop_source *source);

void loop_remove(struct loop_source *source); /* NULL is fine */

static inline void scope_loop_free(struct loop **loop)
{
	loop_free(*loop);
}
#define AUTO_LOOP __attribute__((cleanup(scope_loop_free))) struct loop

#endif
