/* The worker pool: jobs run elsewhere, results come back on the loop, each exactly once. */
#include "base/worker.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/scope.h"
#include "tests/unit/base/scratch.h"

struct job {
	struct loop *loop;
	struct worker_pool *pool;
	int input, result; /* `result` as seen by done */
	int left;	   /* how often to submit itself again */
	atomic_int runs;
	int dones;
	pthread_t ran_on, done_on;
	bool all_blocked;
	int *finished;
	int wanted;  /* of *finished, to stop the loop */
	int hold_fd; /* run waits until this can be read */
};

static int run_job(void *context)
{
	struct job *job = context;
	sigset_t mask;
	char byte;

	job->runs++;
	job->ran_on = pthread_self();
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	job->all_blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGCHLD) == 1;
	if (job->hold_fd > 0 && read(job->hold_fd, &byte, 1) < 0)
		return -errno;
	return job->input * 2;
}

static void job_done(void *context, int result)
{
	struct job *job = context;

	job->dones++;
	job->result = result;
	job->done_on = pthread_self();
	if (job->left-- > 0)
		ck_assert_int_eq(worker_submit(job->pool, run_job, job_done, job), 0);
	else if (job->finished && ++*job->finished == job->wanted)
		loop_stop(job->loop, 1);
}

static void make(struct loop **loop, struct worker_pool **pool, unsigned threads, size_t jobs)
{
	struct worker_options options = { .max_threads = threads, .max_jobs = jobs };

	ck_assert_int_eq(loop_new(0, loop), 0);
	ck_assert_int_eq(worker_pool_new(*loop, &options, pool), 0);
}

static int threads_now(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* A thread that was joined is listed a moment longer; a hang is Check's affair. */
static void wait_for_threads(int wanted)
{
	while (threads_now() > wanted)
		sched_yield();
	ck_assert_int_eq(threads_now(), wanted);
}

START_TEST(a_result_comes_back_on_the_thread_of_the_loop)
{
	struct loop *loop;
	struct worker_pool *pool;
	int finished = 0, threads = threads_now();

	ck_assert_int_eq(loop_new(0, &loop), 0);
	ck_assert_int_eq(worker_pool_new(loop, NULL, &pool), 0);
	struct job job = { .loop = loop, .input = 21, .finished = &finished, .wanted = 1 };
	ck_assert_int_eq(threads_now(), threads); /* none before there is work */
	ck_assert_int_eq(worker_submit(pool, run_job, job_done, &job), 0);
	ck_assert_uint_eq(worker_pending(pool), 1);
	ck_assert_int_eq(job.dones, 0);
	ck_assert_int_eq(loop_run(loop), 1);
	ck_assert_int_eq(job.result, 42);
	ck_assert_int_eq(job.runs, 1);
	ck_assert_uint_eq(worker_pending(pool), 0);
	ck_assert(!pthread_equal(job.ran_on, pthread_self()));
	ck_assert(pthread_equal(job.done_on, pthread_self()));
	ck_assert(job.all_blocked);
	sigset_t mask;
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	ck_assert_int_eq(sigismember(&mask, SIGTERM), 0); /* here as before */
	worker_pool_free(pool);
	loop_free(loop);
	wait_for_threads(threads);
}
END_TEST

START_TEST(every_job_of_many_is_done_once)
{
	enum { JOBS = 500 };
	static struct job jobs[JOBS];
	struct loop *loop;
	struct worker_pool *pool;
	int finished = 0, threads = threads_now();

	make(&loop, &pool, 3, JOBS);
	for (int i = 0; i < JOBS; i++) {
		jobs[i] = (struct job){ .loop = loop,
					.pool = pool,
					.input = i,
					.left = 4,
					.finished = &finished,
					.wanted = JOBS };
		ck_assert_int_eq(worker_submit(pool, run_job, job_done, &jobs[i]), 0);
	}
	ck_assert_int_eq(loop_run(loop), 1);
	ck_assert_int_le(threads_now(), threads + 3);
	for (int i = 0; i < JOBS; i++) {
		ck_assert_int_eq(jobs[i].result, 2 * i);
		ck_assert_int_eq(jobs[i].runs, 5);
		ck_assert_int_eq(jobs[i].dones, 5);
	}
	worker_pool_free(pool);
	loop_free(loop);
}
END_TEST

START_TEST(one_job_above_the_cap_is_refused_until_one_is_done)
{
	struct loop *loop;
	struct worker_pool *pool;
	struct job jobs[3];
	int ends[2], finished = 0;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	make(&loop, &pool, 1, 2);
	for (int i = 0; i < 3; i++)
		jobs[i] = (struct job){
			.loop = loop, .hold_fd = ends[0], .finished = &finished, .wanted = i + 1
		};
	ck_assert_int_eq(worker_submit(pool, run_job, job_done, &jobs[0]), 0);
	ck_assert_int_eq(worker_submit(pool, run_job, job_done, &jobs[1]), 0);
	ck_assert_int_eq(worker_submit(pool, run_job, job_done, &jobs[2]), -EAGAIN);
	ck_assert_uint_eq(worker_pending(pool), 2);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	ck_assert_int_eq(loop_run(loop), 1); /* stopped by the first */
	ck_assert_int_eq(jobs[0].dones, 1);
	ck_assert_int_eq(worker_submit(pool, run_job, job_done, &jobs[2]), 0);
	ck_assert_int_eq(write(ends[1], "xx", 2), 2);
	while (finished < 3)
		ck_assert_int_ge(loop_run(loop), 0);
	worker_pool_free(pool);
	loop_free(loop);
}
END_TEST

/* Lets the job go once the main thread sleeps, which it does only in worker_pool_free. */
static void *let_go(void *context)
{
	char path[64], state = 'R';

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
	while (state != 'S') {
		AUTO_FILE *file = fopen(path, "re");
		ck_assert_int_eq(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
		sched_yield();
	}
	ck_assert_int_eq(write(*(int *)context, "x", 1), 1);
	return NULL;
}

START_TEST(freeing_waits_for_what_runs_and_cancels_what_waits)
{
	struct loop *loop;
	struct worker_pool *pool;
	struct job jobs[3];
	int ends[2];
	pthread_t helper;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	make(&loop, &pool, 1, 0);
	for (int i = 0; i < 3; i++) {
		jobs[i] = (struct job){ .input = 7, .hold_fd = ends[0] };
		ck_assert_int_eq(worker_submit(pool, run_job, job_done, &jobs[i]), 0);
	}
	while (jobs[0].runs == 0)
		sched_yield();
	ck_assert_int_eq(pthread_create(&helper, NULL, let_go, &ends[1]), 0);
	worker_pool_free(pool);
	pthread_join(helper, NULL);
	ck_assert_int_eq(jobs[0].result, 14);
	ck_assert_int_eq(jobs[0].dones, 1);
	for (int i = 1; i < 3; i++) {
		ck_assert_int_eq(jobs[i].runs, 0);
		ck_assert_int_eq(jobs[i].result, -ECANCELED);
		ck_assert_int_eq(jobs[i].dones, 1);
	}
	ck_assert_int_eq(loop_run(loop), -EDEADLK); /* its source is gone */
	loop_free(loop);
}
END_TEST

static int refused;

static void free_inside(void *context, int result)
{
	struct job *job = context;

	job_done(context, result);
	worker_pool_free(job->pool);
	worker_pool_free(job->pool); /* under way */
	refused = worker_submit(job->pool, run_job, job_done, job);
}

START_TEST(a_pool_may_be_freed_by_a_job_that_is_done)
{
	struct loop *loop;
	struct worker_pool *pool;
	struct job jobs[4];

	make(&loop, &pool, 1, 0);
	for (int i = 0; i < 4; i++) {
		jobs[i] = (struct job){ .pool = pool };
		ck_assert_int_eq(worker_submit(pool, run_job, i ? job_done : free_inside, &jobs[i]),
				 0);
	}
	while (jobs[0].dones == 0)
		ck_assert_int_ge(loop_step(loop, -1), 0);
	ck_assert_int_eq(refused, -ESHUTDOWN);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(jobs[i].dones, 1);
		ck_assert(jobs[i].runs == 1 ? jobs[i].result == 0 : jobs[i].result == -ECANCELED);
	}
	ck_assert_int_eq(loop_run(loop), -EDEADLK);
	loop_free(loop);
}
END_TEST

/* Long enough that the job it submits has finished when it returns. */
static void slow_done(void *context, int result)
{
	struct job *job = context;

	(void)result;
	job->dones++;
	if (job->left-- > 0)
		ck_assert_int_eq(worker_submit(job->pool, run_job, slow_done, job), 0);
	nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

START_TEST(done_jobs_that_submit_again_do_not_starve_the_loop)
{
	struct loop *loop;
	struct worker_pool *pool;
	struct job job = { .left = 20 };

	make(&loop, &pool, 2, 0);
	job.pool = pool;
	ck_assert_int_eq(worker_submit(pool, run_job, slow_done, &job), 0);
	for (int rounds = 1; job.dones < 20; rounds++) {
		ck_assert_int_ge(loop_step(loop, -1), 0);
		ck_assert_int_le(job.dones, rounds);
	}
	worker_pool_free(NULL);
	worker_pool_free(pool);
	loop_free(loop);
}
END_TEST

START_TEST(a_thread_that_cannot_be_had_is_told_only_when_it_is_the_first)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct loop *loop;
		struct worker_pool *pool;
		struct job job = { .input = 1 };

		make(&loop, &pool, 4, 0);
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(2);
		setrlimit(RLIMIT_NPROC, &(struct rlimit){ 0, 0 });
		if (worker_submit(pool, run_job, job_done, &job) != -EAGAIN ||
		    worker_pending(pool) != 0)
			_exit(3);
		worker_pool_free(pool);
		loop_free(loop);
		_exit(job.dones == 0 ? 0 : 4);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_pool_leaves_no_descriptor_and_no_thread_behind)
{
	int before = open_descriptors(), threads = threads_now();
	struct loop *loop;
	struct worker_pool *pool;
	struct job jobs[8] = { { .input = 1 } };

	make(&loop, &pool, 4, 0);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(worker_submit(pool, run_job, job_done, &jobs[i]), 0);
	worker_pool_free(pool);
	loop_free(loop);
	ck_assert_int_eq(open_descriptors(), before);
	wait_for_threads(threads);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(jobs[i].dones, 1);
	ck_assert_int_eq(loop_new(1, &loop), 0); /* no room for the pool's source */
	ck_assert_int_eq(loop_add_timer(loop, NULL, NULL, NULL), 0);
	ck_assert_int_eq(worker_pool_new(loop, NULL, &pool), -ENOSPC);
	loop_free(loop);
	ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

UNIT_MAIN("base/worker", a_result_comes_back_on_the_thread_of_the_loop,
	  every_job_of_many_is_done_once, one_job_above_the_cap_is_refused_until_one_is_done,
	  freeing_waits_for_what_runs_and_cancels_what_waits,
	  a_pool_may_be_freed_by_a_job_that_is_done,
	  done_jobs_that_submit_again_do_not_starve_the_loop,
	  a_thread_that_cannot_be_had_is_told_only_when_it_is_the_first,
	  a_pool_leaves_no_descriptor_and_no_thread_behind)
