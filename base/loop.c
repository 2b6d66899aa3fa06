/* loop.c - see loop.h. */
#include "base/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/process.h"
#include "base/scope.h"

enum source_kind { SOURCE_FD, SOURCE_TIMER, SOURCE_SIGNAL, SOURCE_PROCESS, SOURCE_CALL };

#define NOT_IN_HEAP SIZE_MAX

struct loop_source {
	struct loop *loop;
	struct loop_source *previous,
		*next; /* every source; once removed, `next` in the graveyard */
	enum source_kind kind;
	bool removed;
	void *context;
	union {
		struct {
			loop_fd_fn *fn;
			int fd;
			uint32_t events; /* 0: not in the epoll set */
		} fd;
		struct {
			loop_timer_fn *fn;
			int64_t due_ms, period_ms;
			uint64_t order; /* first armed, first run, at the same time */
			size_t place;	/* in the heap, or NOT_IN_HEAP */
		} timer;
		struct {
			loop_signal_fn *fn;
			int number;
			bool was_blocked;
		} signal;
		struct {
			loop_process_fn *fn;
			int pidfd;
			bool waiting; /* in the epoll set */
		} process;
		struct {
			loop_call_fn *fn;
			struct loop_source *previous, *next; /* in the queue */
			uint64_t order;
			bool posted;
		} call;
	};
};

struct loop {
	int epoll_fd;
	int signal_fd; /* -1 until the first signal */
	sigset_t signals;
	struct loop_source *signal_sources[_NSIG];
	struct loop_source *sources;
	struct loop_source *graveyard; /* removed; an event in hand may still point there */
	size_t n_sources, max_sources;
	struct loop_source **heap; /* binary, the next due first; room for every timer there is */
	size_t n_heap, heap_capacity, n_timers;
	uint64_t armed;				    /* how often a timer was, for `order` */
	struct loop_source *first_call, *last_call; /* queue of what was posted */
	uint64_t posted;			    /* how often something was, for `order` */
	int64_t now_ms;
	bool running, stopped;
	int result;
};

static int64_t monotonic_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* -- the loop and its sources ------------------------------------------------------------------- */

int loop_new(size_t max_sources, struct loop **out_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		int error = -errno;
		free(loop);
		return error;
	}
	loop->signal_fd = -1;
	loop->max_sources = max_sources ? max_sources : LOOP_SOURCES_DEFAULT;
	loop->now_ms = monotonic_ms();
	(void)sigemptyset(&loop->signals); /* cannot fail */
	*out_loop = loop;
	return 0;
}

static int source_new(struct loop *loop, enum source_kind kind, void *context,
		      struct loop_source **out_source)
{
	if (loop->n_sources >= loop->max_sources)
		return -ENOSPC;
	struct loop_source *source = calloc(1, sizeof(*source));
	if (!source)
		return -ENOMEM;
	source->loop = loop;
	source->kind = kind;
	source->context = context;
	*out_source = source;
	return 0;
}

/* From here on it is in the loop and loop_remove undoes all of it. */
static int source_enter(struct loop_source *source, struct loop_source **out_source)
{
	struct loop *loop = source->loop;

	source->next = loop->sources;
	if (source->next)
		source->next->previous = source;
	loop->sources = source;
	loop->n_sources++;
	if (out_source)
		*out_source = source;
	return 0;
}

static void source_leave(struct loop_source *source)
{
	struct loop *loop = source->loop;

	if (source->previous)
		source->previous->next = source->next;
	else
		loop->sources = source->next;
	if (source->next)
		source->next->previous = source->previous;
	loop->n_sources--;
	source->removed = true;
	source->previous = NULL;
	source->next = loop->graveyard;
	loop->graveyard = source;
}

static void bury(struct loop *loop)
{
	while (loop->graveyard) {
		struct loop_source *source = loop->graveyard;
		loop->graveyard = source->next;
		free(source);
	}
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	while (loop->sources)
		loop_remove(loop->sources);
	bury(loop);
	if (loop->signal_fd >= 0)
		(void)close(loop->signal_fd); /* as the one below: nothing is written to them */
	(void)close(loop->epoll_fd);
	free(loop->heap);
	free(loop);
}

static int epoll_set(struct loop *loop, int operation, int fd, uint32_t events, void *pointer)
{
	struct epoll_event event = { .events = events, .data.ptr = pointer };

	return epoll_ctl(loop->epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

static void epoll_forget(struct loop *loop, int fd)
{
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd,
			NULL); /* fails only for a caller that closed first, and then it is gone */
}

/* -- descriptors -------------------------------------------------------------------------------- */

int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn, void *context,
		struct loop_source **out_source)
{
	struct loop_source *source;
	int r = source_new(loop, SOURCE_FD, context, &source);

	if (r < 0)
		return r;
	source->fd.fn = fn;
	source->fd.fd = fd;
	r = loop_fd_set(source, events);
	if (r < 0) {
		free(source);
		return r;
	}
	return source_enter(source, out_source);
}

int loop_fd_set(struct loop_source *source, uint32_t events)
{
	struct loop *loop = source->loop;
	int r = 0;

	if (events == source->fd.events)
		return 0;
	if (events == 0)
		epoll_forget(loop, source->fd.fd);
	else
		r = epoll_set(loop, source->fd.events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
			      source->fd.fd, events, source);
	if (r == 0)
		source->fd.events = events;
	return r;
}

/* -- timers: a binary heap ---------------------------------------------------------------------- */

static bool due_before(const struct loop_source *a, const struct loop_source *b)
{
	return a->timer.due_ms != b->timer.due_ms ? a->timer.due_ms < b->timer.due_ms
						  : a->timer.order < b->timer.order;
}

static void heap_put(struct loop *loop, size_t place, struct loop_source *source)
{
	loop->heap[place] = source;
	source->timer.place = place;
}

/* Puts `source` where it belongs on the path through `place`, which is free. */
static void heap_settle(struct loop *loop, size_t place, struct loop_source *source)
{
	while (place > 0 && due_before(source, loop->heap[(place - 1) / 2])) {
		heap_put(loop, place, loop->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * place + 1;
		if (child + 1 < loop->n_heap &&
		    due_before(loop->heap[child + 1], loop->heap[child]))
			child++;
		if (child >= loop->n_heap || !due_before(loop->heap[child], source))
			break;
		heap_put(loop, place, loop->heap[child]);
		place = child;
	}
	heap_put(loop, place, source);
}

static void heap_remove(struct loop *loop, struct loop_source *source)
{
	size_t place = source->timer.place;

	if (place == NOT_IN_HEAP)
		return;
	source->timer.place = NOT_IN_HEAP;
	struct loop_source *last = loop->heap[--loop->n_heap];
	if (last != source)
		heap_settle(loop, place, last);
}

static void heap_add(struct loop *loop, struct loop_source *source, int64_t due_ms)
{
	source->timer.due_ms = due_ms;
	source->timer.order = loop->armed++;
	heap_settle(loop, loop->n_heap++, source);
}

/* `times` delays after `due`, or never: 292 million years are enough. */
static int64_t later(int64_t due, int64_t delay_ms, int64_t times)
{
	if (__builtin_mul_overflow(delay_ms, times, &delay_ms) ||
	    __builtin_add_overflow(due, delay_ms, &due))
		return INT64_MAX;
	return due;
}

int loop_add_timer(struct loop *loop, loop_timer_fn *fn, void *context,
		   struct loop_source **out_source)
{
	struct loop_source *source;
	int r = source_new(loop, SOURCE_TIMER, context, &source);

	if (r < 0)
		return r;
	if (loop->n_timers == loop->heap_capacity) {
		size_t capacity = loop->heap_capacity ? loop->heap_capacity * 2 : 16;
		struct loop_source **heap = reallocarray(loop->heap, capacity, sizeof(*loop->heap));
		if (!heap) {
			free(source);
			return -ENOMEM;
		}
		loop->heap = heap;
		loop->heap_capacity = capacity;
	}
	loop->n_timers++;
	source->timer.fn = fn;
	source->timer.place = NOT_IN_HEAP;
	return source_enter(source, out_source);
}

void loop_timer_set(struct loop_source *source, int64_t delay_ms, int64_t period_ms)
{
	struct loop *loop = source->loop;
	/* One more, since the clock is rounded down: 1 ms from 0.9 on is over at 1.9, not at 1. */
	int64_t due = monotonic_ms() + (delay_ms > 0);

	heap_remove(loop, source);
	source->timer.period_ms = period_ms > 0 ? period_ms : 0;
	if (delay_ms < 0)
		return;
	heap_add(loop, source, later(due, delay_ms, 1));
}

/* Those armed by a callback of this round have a higher order and wait for the next one. */
static int run_timers(struct loop *loop)
{
	uint64_t before = loop->armed;
	int ran = 0;

	while (loop->n_heap > 0) {
		struct loop_source *source = loop->heap[0];
		int64_t due = source->timer.due_ms, period = source->timer.period_ms;
		if (due > loop->now_ms || source->timer.order >= before)
			break;
		heap_remove(loop, source);
		if (period > 0)
			heap_add(loop, source,
				 later(due, period, (loop->now_ms - due) / period + 1));
		source->timer.fn(source->context);
		ran++;
	}
	return ran;
}

/* -- signals ------------------------------------------------------------------------------------ */

static int watch_signals(struct loop *loop)
{
	int fd = signalfd(loop->signal_fd, &loop->signals, SFD_CLOEXEC | SFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (loop->signal_fd < 0) {
		int r = epoll_set(loop, EPOLL_CTL_ADD, fd, EPOLLIN, NULL);
		if (r < 0) {
			(void)close(fd); /* nothing was written to it */
			return r;
		}
		loop->signal_fd = fd;
	}
	return 0;
}

static void block_signal(int number, bool block, bool *out_before)
{
	sigset_t one, before;

	(void)sigemptyset(&one);       /* these three fail only for a number that is none, and */
	(void)sigaddset(&one, number); /* signalfd or loop_add_signal has refused that */
	(void)pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &one, &before);
	if (out_before)
		*out_before = sigismember(&before, number) == 1;
}

int loop_add_signal(struct loop *loop, int signal, loop_signal_fn *fn, void *context,
		    struct loop_source **out_source)
{
	struct loop_source *source;

	/* signalfd(2) would ignore the last two silently. */
	if (signal <= 0 || signal >= _NSIG || signal == SIGKILL || signal == SIGSTOP)
		return -EINVAL;
	if (loop->signal_sources[signal])
		return -EEXIST;
	int r = source_new(loop, SOURCE_SIGNAL, context, &source);
	if (r < 0)
		return r;
	if (sigaddset(&loop->signals, signal) < 0) { /* the C library's own signals */
		free(source);
		return -EINVAL;
	}
	r = watch_signals(loop);
	if (r < 0) {
		(void)sigdelset(&loop->signals, signal); /* was just added */
		free(source);
		return r;
	}
	source->signal.fn = fn;
	source->signal.number = signal;
	block_signal(signal, true, &source->signal.was_blocked);
	loop->signal_sources[signal] = source;
	return source_enter(source, out_source);
}

static void forget_signal(struct loop *loop, struct loop_source *source)
{
	int number = source->signal.number;

	loop->signal_sources[number] = NULL;
	(void)sigdelset(&loop->signals, number); /* a member */
	(void)watch_signals(loop); /* changing the mask of a signalfd that exists cannot fail */
	if (!source->signal.was_blocked)
		block_signal(number, false, NULL);
}

static int run_signals(struct loop *loop)
{
	struct signalfd_siginfo info;
	int ran = 0;

	/* Not more in one round than there are kinds; the rest is still there in the next one. */
	while (ran < _NSIG && read(loop->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		struct loop_source *source =
			info.ssi_signo < _NSIG ? loop->signal_sources[info.ssi_signo] : NULL;
		ran++;
		if (source)
			source->signal.fn(source->context, &info);
	}
	return ran;
}

/* -- processes ---------------------------------------------------------------------------------- */

int loop_add_process(struct loop *loop, int pidfd, loop_process_fn *fn, void *context,
		     struct loop_source **out_source)
{
	struct loop_source *source;
	int r = source_new(loop, SOURCE_PROCESS, context, &source);

	if (r < 0)
		return r;
	r = epoll_set(loop, EPOLL_CTL_ADD, pidfd, EPOLLIN, source);
	if (r < 0) {
		free(source);
		return r;
	}
	source->process.fn = fn;
	source->process.pidfd = pidfd;
	source->process.waiting = true;
	return source_enter(source, out_source);
}

static void run_process(struct loop *loop, struct loop_source *source)
{
	/* A pidfd stays readable. */
	epoll_forget(loop, source->process.pidfd);
	source->process.waiting = false;
	source->process.fn(source->context, process_reap(source->process.pidfd, 0));
}

/* -- deferred calls ----------------------------------------------------------------------------- */

int loop_add_call(struct loop *loop, loop_call_fn *fn, void *context,
		  struct loop_source **out_source)
{
	struct loop_source *source;
	int r = source_new(loop, SOURCE_CALL, context, &source);

	if (r < 0)
		return r;
	source->call.fn = fn;
	return source_enter(source, out_source);
}

void loop_call_post(struct loop_source *source)
{
	struct loop *loop = source->loop;

	if (source->call.posted)
		return;
	source->call.posted = true;
	source->call.order = loop->posted++;
	source->call.next = NULL;
	source->call.previous = loop->last_call;
	if (loop->last_call)
		loop->last_call->call.next = source;
	else
		loop->first_call = source;
	loop->last_call = source;
}

static void unpost(struct loop_source *source)
{
	struct loop *loop = source->loop;

	if (!source->call.posted)
		return;
	source->call.posted = false;
	if (source->call.previous)
		source->call.previous->call.next = source->call.next;
	else
		loop->first_call = source->call.next;
	if (source->call.next)
		source->call.next->call.previous = source->call.previous;
	else
		loop->last_call = source->call.previous;
}

static int run_calls(struct loop *loop)
{
	uint64_t before = loop->posted;
	int ran = 0;

	while (loop->first_call && loop->first_call->call.order < before) {
		struct loop_source *source = loop->first_call;
		unpost(source);
		source->call.fn(source->context);
		ran++;
	}
	return ran;
}

/* -- rounds ------------------------------------------------------------------------------------- */

void loop_remove(struct loop_source *source)
{
	if (!source || source->removed)
		return;
	struct loop *loop = source->loop;
	switch (source->kind) {
	case SOURCE_FD:
		if (source->fd.events)
			epoll_forget(loop, source->fd.fd);
		break;
	case SOURCE_TIMER:
		heap_remove(loop, source);
		loop->n_timers--;
		break;
	case SOURCE_SIGNAL: forget_signal(loop, source); break;
	case SOURCE_PROCESS:
		if (source->process.waiting)
			epoll_forget(loop, source->process.pidfd);
		break;
	case SOURCE_CALL: unpost(source); break;
	}
	source_leave(source);
}

static int run_event(struct loop *loop, struct loop_source *source, uint32_t events)
{
	if (!source)
		return run_signals(loop);
	if (source->removed)
		return 0;
	if (source->kind == SOURCE_PROCESS) {
		run_process(loop, source);
		return 1;
	}
	/* A callback before this one may have paused it, or asks for less now. */
	events &= source->fd.events | EPOLLERR | EPOLLHUP;
	if (!source->fd.events || !events)
		return 0;
	source->fd.fn(source->context, source->fd.fd, events);
	return 1;
}

static int wait_ms(const struct loop *loop, int timeout_ms)
{
	if (loop->first_call)
		return 0;
	if (loop->n_heap > 0) {
		int64_t left = loop->heap[0]->timer.due_ms - monotonic_ms();
		if (left < 0)
			left = 0;
		if (timeout_ms < 0 || left < timeout_ms)
			return left < INT32_MAX ? (int)left : INT32_MAX;
	}
	return timeout_ms;
}

int loop_step(struct loop *loop, int timeout_ms)
{
	struct epoll_event events[64];
	int ran = 0;

	if (loop->running)
		return -EBUSY;
	int n = epoll_wait(loop->epoll_fd, events, ARRAY_SIZE(events), wait_ms(loop, timeout_ms));
	if (n < 0 && errno != EINTR)
		return -errno;
	loop->running = true;
	loop->now_ms = monotonic_ms();
	ran += run_timers(loop);
	for (int i = 0; i < n; i++)
		ran += run_event(loop, events[i].data.ptr, events[i].events);
	ran += run_calls(loop);
	loop->running = false;
	bury(loop);
	return ran > 0;
}

int loop_run(struct loop *loop)
{
	if (loop->running)
		return -EBUSY;
	while (!loop->stopped) {
		if (loop->n_sources == 0)
			return -EDEADLK;
		int r = loop_step(loop, -1);
		if (r < 0)
			return r;
	}
	loop->stopped = false;
	return loop->result;
}

void loop_stop(struct loop *loop, int result)
{
	loop->stopped = true;
	loop->result = result;
}

int64_t loop_now_ms(const struct loop *loop)
{
	return loop->now_ms;
}
