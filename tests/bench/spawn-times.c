/* spawn-times.c - how long programs take from vfork to reaped, many of them, taking turns.
 *
 *     spawn-times PLAN ROUNDS
 *
 * PLAN is a text file. A line is a row of fields separated by tabs:
 *
 *     subject NAME                       the rows up to the next subject are one turn of NAME
 *     step LABEL WANT ARG0 ARG1 ...      run it, time it; WANT must be in its output
 *     quiet WANT ARG0 ARG1 ...           run it, do not time it
 *     reap                               wait for one process that a step left behind
 *
 * An empty WANT asks for no output at all. In arguments "%" becomes a number that is new each turn.
 * In each round every subject has one turn, in an order drawn anew for each round, because what one
 * run leaves to the kernel (namespaces are freed later) is paid by the next. Result, on stdout, a
 * row per step: "round subject label nanoseconds max_rss_kib".
 *
 * A step that exits with another status than 0, or says something else, ends everything with exit
 * status 1 and that step's output on stderr: a run that failed is not a fast run.
 *
 * Cheap by construction: vfork, no allocation while timing, results written between turns. max_rss
 * is that of the largest process of the step, from wait4(2); it is never less than this program's
 * own, which the row "- - self 0 KIB" says.
 *
 * Being the subreaper it inherits what `create` leaves behind, so `reap` can wait for it. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SUBJECTS = 8, MAX_ROWS = 128, MAX_ARGS = 24, MAX_TEXT = 16384, STEP_BOUND_S = 60 };

enum kind { KIND_SUBJECT, KIND_STEP, KIND_QUIET, KIND_REAP };

static const struct {
	const char *word;
	int before_args; /* fields between the word and the arguments */
} kinds[] = {
	[KIND_SUBJECT] = { "subject", 1 },
	[KIND_STEP] = { "step", 2 },
	[KIND_QUIET] = { "quiet", 1 },
	[KIND_REAP] = { "reap", 0 },
};

static struct row {
	enum kind kind;
	char *label, *want; /* label is also the name of a subject */
	char *argv[MAX_ARGS + 1];
	long ns;
	long rss_kib;
} rows[MAX_ROWS];

static char text[MAX_TEXT];
static int row_count, first_row[MAX_SUBJECTS + 1], subject_count;
static int output_fd, null_fd;

static _Noreturn void die(const char *what, const char *object)
{
	fprintf(stderr, "spawn-times: %s %s: %s\n", what, object, strerror(errno));
	exit(2);
}

static _Noreturn void refuse(const char *what, const char *object)
{
	errno = EINVAL;
	die(what, object);
}

static void parse_line(char *line)
{
	struct row *row = &rows[row_count];
	char *word = strsep(&line, "\t");
	size_t kind = 0;

	while (kind < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[kind].word, word) != 0)
		kind++;
	if (kind == sizeof(kinds) / sizeof(*kinds))
		refuse("unknown row", word);
	if (row_count == MAX_ROWS || (kind == KIND_SUBJECT && subject_count == MAX_SUBJECTS))
		refuse("too many rows at", word);
	row->kind = (enum kind)kind;
	if (kinds[kind].before_args == 2 || kind == KIND_SUBJECT)
		row->label = strsep(&line, "\t");
	if (kind == KIND_STEP || kind == KIND_QUIET)
		row->want = strsep(&line, "\t");
	for (int i = 0; line; i++) {
		if (i == MAX_ARGS)
			refuse("too many arguments in", word);
		row->argv[i] = strsep(&line, "\t");
	}
	if ((kind == KIND_STEP || kind == KIND_QUIET) && !row->argv[0])
		refuse("no command in a row", word);
	if (kind == KIND_SUBJECT)
		first_row[subject_count++] = row_count;
	else if (subject_count == 0)
		refuse("a row before the first subject", word);
	row_count++;
}

static void parse(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	char *rest = text, *line;

	if (len < 0)
		die("read", path);
	if (len == (ssize_t)sizeof(text))
		refuse("too long", path);
	close(fd);
	text[len] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (*line)
			parse_line(line);
	if (subject_count == 0)
		refuse("no subject in", path);
	first_row[subject_count] = row_count;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* One argument list with the turn's number filled in; storage is reused by the next call. */
static char **fill(char *const *from, const char *number)
{
	static char storage[4096];
	static char *argv[MAX_ARGS + 1];
	char *at = storage, *end = storage + sizeof(storage);
	int i;

	for (i = 0; from[i]; i++) {
		const char *percent = strchr(from[i], '%');

		if (!percent) {
			argv[i] = from[i];
			continue;
		}
		argv[i] = at;
		at += snprintf(at, (size_t)(end - at), "%.*s%s%s", (int)(percent - from[i]),
			       from[i], number, percent + 1) +
		      1;
		if (at >= end)
			refuse("too long", from[i]);
	}
	argv[i] = NULL;
	return argv;
}

/* The output is a file and not a pipe, so that a process left behind does not keep us waiting. */
static void check_output(const struct row *row, int status)
{
	static char output[8192];
	ssize_t len = pread(output_fd, output, sizeof(output) - 1, 0);

	output[len < 0 ? 0 : len] = '\0';
	bool said = *row->want ? strstr(output, row->want) != NULL : len == 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && said) {
		if (len > 0 && (ftruncate(output_fd, 0) < 0 || lseek(output_fd, 0, SEEK_SET) < 0))
			die("empty", "the output file");
		return;
	}
	fprintf(stderr, "spawn-times: %s", row->label ? row->label : "quiet step");
	for (char *const *arg = row->argv; *arg; arg++)
		fprintf(stderr, " %s", *arg);
	if (WIFSIGNALED(status))
		fprintf(stderr, ": killed by signal %d", WTERMSIG(status));
	else
		fprintf(stderr, ": exit status %d", WEXITSTATUS(status));
	fprintf(stderr, "%s, output:\n%s\n", said ? "" : ", not the output wanted", output);
	exit(1);
}

static void run_step(struct row *row, const char *number)
{
	char **argv = fill(row->argv, number);
	struct rusage usage;
	int status;
	int64_t start = now_ns();
	pid_t pid = vfork();

	if (pid == 0) {
		dup2(null_fd, 0);
		dup2(output_fd, 1);
		dup2(output_fd, 2);
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0)
		die("start", argv[0]);
	alarm(STEP_BOUND_S);
	if (wait4(pid, &status, 0, &usage) < 0)
		die("wait for", argv[0]);
	row->ns = now_ns() - start;
	row->rss_kib = usage.ru_maxrss;
	alarm(0);
	check_output(row, status);
}

static void take_turn(int subject, const char *number)
{
	for (int i = first_row[subject] + 1; i < first_row[subject + 1]; i++) {
		struct row *row = &rows[i];

		switch (row->kind) {
		case KIND_STEP:
		case KIND_QUIET: run_step(row, number); break;
		case KIND_REAP:
			alarm(STEP_BOUND_S);
			if (waitpid(-1, NULL, 0) < 0)
				die("reap a process of", rows[first_row[subject]].label);
			alarm(0);
			break;
		case KIND_SUBJECT: break;
		}
	}
}

static void print_turn(long round, int subject)
{
	for (int i = first_row[subject] + 1; i < first_row[subject + 1]; i++)
		if (rows[i].kind == KIND_STEP)
			printf("%ld %s %s %ld %ld\n", round, rows[first_row[subject]].label,
			       rows[i].label, rows[i].ns, rows[i].rss_kib);
	fflush(stdout);
}

/* VmHWM and not getrusage(2), which remembers what this process was before its exec. */
static long own_peak_kib(void)
{
	char line[128];
	long kib = -1;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && kib < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %ld", &kib) != 1)
			kib = -1;
	if (f)
		fclose(f);
	return kib;
}

/* Numerical Recipes' ranqd1: enough to shuffle eight things. */
static uint32_t draw(uint32_t below)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)state * below >> 32);
}

int main(int argc, char **argv)
{
	int order[MAX_SUBJECTS];
	char number[32];
	long turn = 0;

	if (argc != 3)
		refuse("usage: spawn-times PLAN ROUNDS; this many arguments is", "wrong");
	parse(argv[1]);
	output_fd = memfd_create("output", MFD_CLOEXEC);
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (output_fd < 0 || null_fd < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		die("prepare", "output");
	for (int i = 0; i < subject_count; i++)
		order[i] = i;
	for (long round = 0; round < atol(argv[2]); round++) {
		for (uint32_t left = (uint32_t)subject_count; left > 1; left--) {
			uint32_t pick = draw(left);
			int swap = order[pick];

			order[pick] = order[left - 1];
			order[left - 1] = swap;
		}
		for (int i = 0; i < subject_count; i++) {
			snprintf(number, sizeof(number), "%d-%ld", getpid(), turn++);
			take_turn(order[i], number);
			print_turn(round, order[i]);
		}
	}
	printf("- - self 0 %ld\n", own_peak_kib());
	return 0;
}
