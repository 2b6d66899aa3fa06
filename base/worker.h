/* worker.h - a small pool of threads for what blocks; results come back to the loop as messages.
 *
 *   struct unpack { const char *layer; int dirfd; struct err e; };
 *   static int unpack_run(void *job) { ... }                    on a worker: blocks, touches the job alone
 *   static void unpack_done(void *job, int result) { ... }      on the loop: looks, frees the job
 *   r = worker_submit(pool, unpack_run, unpack_done, job);
 *
 * Ownership : a job is the worker's from worker_submit until `done` is called, which is exactly once for
 *             each job accepted, on the loop's thread. What it points at does not change meanwhile.
 * Limits    : `max_jobs` accepted and not yet done; one more is -EAGAIN. Threads start when there is
 *             work for them, never more than `max_threads`.
 * Errors    : negative errno.
 * Never     : calls into the loop from a worker. Lets a worker see a signal: all are blocked there. */
#ifndef KEG_BASE_WORKER_H
#define KEG_BASE_WORKER_H

#include <stddef.h>

#include "base/loop.h"

struct worker_pool;

/* Its result is handed to `done`; jobs say more in themselves, e.g. in a struct err. */
typedef int worker_run_fn(void *job);
/* `result` is what `run` returned, or -ECANCELED: the pool was freed before it began. */
typedef void worker_done_fn(void *job, int result);

struct worker_options {
	unsigned max_threads; /* 0: 4 */
	size_t max_jobs;      /* 0: 1024 */
	size_t stack_bytes;   /* 0: 256 KiB */
};

/* `options` may be NULL. The loop outlives the pool. */
int worker_pool_new(struct loop *loop, const struct worker_options *options,
		    struct worker_pool **out_pool);
/* Waits for the jobs that run; those that wait are cancelled; every `done` that is owed is called
 * before it returns, or, inside a `done`, right after that one. NULL is fine. */
void worker_pool_free(struct worker_pool *pool);

/* On the loop's thread, also inside a `done`. -ESHUTDOWN while the pool is being freed; -EAGAIN also
 * when not one thread could be started. */
int worker_submit(struct worker_pool *pool, worker_run_fn *run, worker_done_fn *done, void *job);
size_t worker_pending(const struct worker_pool *pool); /* accepted, not yet done */

#endif
