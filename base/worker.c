/* worker.c - see worker.h. */
#include "base/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A job on its way: waiting -> (a worker) -> finished -> (the loop) -> done. */
struct message {
	struct message *next;
	worker_run_fn *run;
	worker_done_fn *done;
	void *job;
	int result;
};

struct queue {
	struct message *first, **end;
};

struct worker_pool {
	/* The loop's thread alone: */
	struct loop_source *source;
	unsigned n_threads, max_threads;
	size_t n_pending, max_jobs, stack_bytes;
	bool delivering, closing, freed;
	pthread_t *threads;
	int event_fd; /* set once; workers write, the loop reads */

	/* Under the lock: */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct queue waiting, finished;
	unsigned n_idle;
	size_t n_waiting;
	bool stopping;
};

static void queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->end = &queue->first;
}

static void queue_put(struct queue *queue, struct message *message)
{
	message->next = NULL;
	*queue->end = message;
	queue->end = &message->next;
}

static struct message *queue_take(struct queue *queue)
{
	struct message *message = queue->first;

	if (message) {
		queue->first = message->next;
		if (!queue->first)
			queue->end = &queue->first;
	}
	return message;
}

/* -- on the workers ----------------------------------------------------------------------------- */

static void *work(void *argument)
{
	struct worker_pool *pool = argument;

	(void)pthread_mutex_lock(&pool->lock); /* fails only for a lock that is none */
	for (;;) {
		struct message *message = pool->stopping ? NULL : queue_take(&pool->waiting);
		if (!message) {
			if (pool->stopping)
				break;
			pool->n_idle++;
			(void)pthread_cond_wait(&pool->wake, &pool->lock); /* as the lock */
			pool->n_idle--;
			continue;
		}
		pool->n_waiting--;
		(void)pthread_mutex_unlock(&pool->lock);
		message->result = message->run(message->job);
		(void)pthread_mutex_lock(&pool->lock);
		queue_put(&pool->finished, message);
		(void)eventfd_write(pool->event_fd,
				    1); /* EAGAIN at 2^64 - 2: then it is readable */
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* -- on the loop -------------------------------------------------------------------------------- */

static void destroy(struct worker_pool *pool)
{
	loop_remove(pool->source);
	(void)close(pool->event_fd);		 /* nothing is lost with it */
	(void)pthread_cond_destroy(&pool->wake); /* nobody waits: the threads were joined */
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool->threads);
	free(pool);
}

static struct message *take_finished(struct worker_pool *pool)
{
	(void)pthread_mutex_lock(&pool->lock);
	struct message *first = pool->finished.first;
	queue_init(&pool->finished);
	(void)pthread_mutex_unlock(&pool->lock);
	return first;
}

/* Calls each `done` that is due. Jobs that finish meanwhile have made the eventfd readable again and
 * wait for the next round, unless there will be none. */
static void deliver(struct worker_pool *pool)
{
	pool->delivering = true;
	do {
		struct message *message = take_finished(pool), *next;
		for (; message; message = next) {
			next = message->next;
			pool->n_pending--;
			message->done(message->job, message->result);
			free(message);
		}
	} while (pool->freed && pool->finished.first);
	pool->delivering = false;
	if (pool->freed)
		destroy(pool);
}

static void on_finished(void *context, int fd, uint32_t events)
{
	struct worker_pool *pool = context;
	eventfd_t count;

	(void)events;			/* readable is all there is */
	(void)eventfd_read(fd, &count); /* before the queue is, so that nothing is missed */
	deliver(pool);
}

int worker_pool_new(struct loop *loop, const struct worker_options *options,
		    struct worker_pool **out_pool)
{
	struct worker_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	pool->max_threads = options && options->max_threads ? options->max_threads : 4;
	pool->max_jobs = options && options->max_jobs ? options->max_jobs : 1024;
	pool->stack_bytes = options && options->stack_bytes ? options->stack_bytes : 256 * 1024;
	queue_init(&pool->waiting);
	queue_init(&pool->finished);
	pool->threads = calloc(pool->max_threads, sizeof(*pool->threads));
	pool->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int r = !pool->threads ? -ENOMEM : pool->event_fd < 0 ? -errno : 0;
	if (r == 0)
		r = loop_add_fd(loop, pool->event_fd, EPOLLIN, on_finished, pool, &pool->source);
	if (r < 0) {
		if (pool->event_fd >= 0)
			(void)close(pool->event_fd); /* nothing was written to it */
		free(pool->threads);
		free(pool);
		return r;
	}
	(void)pthread_mutex_init(&pool->lock, NULL); /* neither fails with default attributes */
	(void)pthread_cond_init(&pool->wake, NULL);
	*out_pool = pool;
	return 0;
}

void worker_pool_free(struct worker_pool *pool)
{
	struct message *message;

	if (!pool || pool->closing)
		return;
	pool->closing = true;
	(void)pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	(void)pthread_cond_broadcast(&pool->wake);
	(void)pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->n_threads; i++)
		(void)pthread_join(pool->threads[i], NULL); /* each was made, and is joined once */
	/* No other thread is left. */
	while ((message = queue_take(&pool->waiting))) {
		message->result = -ECANCELED;
		queue_put(&pool->finished, message);
	}
	pool->freed = true;
	if (!pool->delivering)
		deliver(pool);
}

static int start_thread(struct worker_pool *pool)
{
	sigset_t all, before;
	pthread_attr_t attributes;

	(void)sigfillset(&all); /* cannot fail */
	int r = pthread_attr_init(&attributes);
	if (r)
		return -r;
	r = pthread_attr_setstacksize(&attributes, pool->stack_bytes);
	if (r == 0) {
		(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* a thread inherits the mask */
		r = pthread_create(&pool->threads[pool->n_threads], &attributes, work, pool);
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	(void)pthread_attr_destroy(&attributes); /* cannot fail */
	if (r == 0)
		pool->n_threads++;
	return -r;
}

int worker_submit(struct worker_pool *pool, worker_run_fn *run, worker_done_fn *done, void *job)
{
	if (pool->closing)
		return -ESHUTDOWN;
	if (pool->n_pending >= pool->max_jobs)
		return -EAGAIN;
	struct message *message = calloc(1, sizeof(*message));
	if (!message)
		return -ENOMEM;
	message->run = run;
	message->done = done;
	message->job = job;
	(void)pthread_mutex_lock(&pool->lock);
	bool more = pool->n_waiting >= pool->n_idle && pool->n_threads < pool->max_threads;
	(void)pthread_mutex_unlock(&pool->lock);
	/* A thread that cannot be had now matters only when it is the first. */
	if (more && start_thread(pool) < 0 && pool->n_threads == 0) {
		free(message);
		return -EAGAIN;
	}
	(void)pthread_mutex_lock(&pool->lock);
	queue_put(&pool->waiting, message);
	pool->n_waiting++;
	(void)pthread_cond_signal(&pool->wake);
	(void)pthread_mutex_unlock(&pool->lock);
	pool->n_pending++;
	return 0;
}

size_t worker_pending(const struct worker_pool *pool)
{
	return pool->n_pending;
}
