/* failpoint.c - see failpoint.h. Empty in ordinary builds. */
#include "base/failpoint.h"

#ifdef KEG_FAILPOINTS

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"

enum failpoint_action { ACTION_KILL, ACTION_EXIT, ACTION_STOP, ACTION_SLEEP, ACTION_ERRNO };

static const struct {
	const char *name; /* those that end in '=' take a value */
	enum failpoint_action action;
} actions[] = {
	{ "kill", ACTION_KILL },    { "exit", ACTION_EXIT },	{ "stop", ACTION_STOP },
	{ "sleep=", ACTION_SLEEP }, { "errno=", ACTION_ERRNO },
};

#define MAX_ARMED 16
#define MAX_TEXT 1024
#define STATUS_MISUSE 125
#define STATUS_KILLED 137

/* Filled before main(), never written again. */
static struct failpoint {
	const char *name;
	enum failpoint_action action;
	long value;
} armed[MAX_ARMED];
static size_t n_armed;

/* Made by the linker; weak, since a program may have no failpoint at all. */
extern const char *__start_keg_failpoints[] __attribute__((weak));
extern const char *__stop_keg_failpoints[] __attribute__((weak));

__attribute__((format(printf, 1, 2))) static _Noreturn void misused(const char *format, ...)
{
	char text[MAX_TEXT + 128];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n > (int)sizeof(text) - 1)
		n = sizeof(text) - 1;
	(void)!write(2, text, (size_t)n); /* nobody is left to tell */
	_exit(STATUS_MISUSE);
}

static int errno_by_name(const char *name)
{
	for (int errnum = 1; errnum < 256; errnum++) {
		const char *known = strerrorname_np(errnum);
		if (known && strcmp(known, name) == 0)
			return errnum;
	}
	return 0;
}

static void arm(char *item)
{
	char *text = strchr(item, ':');

	if (!text || text == item)
		misused("KEG_FAILPOINT: \"%s\" is not of the form name:action\n", item);
	if (n_armed == MAX_ARMED)
		misused("KEG_FAILPOINT: more than %d failpoints\n", MAX_ARMED);
	*text++ = '\0';
	struct failpoint *point = &armed[n_armed++];
	point->name = item;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		size_t length = strlen(actions[i].name);
		if (actions[i].name[length - 1] != '=') {
			if (strcmp(text, actions[i].name) != 0)
				continue;
			point->action = actions[i].action;
			return;
		}
		if (strncmp(text, actions[i].name, length) != 0)
			continue;
		char *value = text + length, *end = value;
		point->action = actions[i].action;
		if (point->action == ACTION_ERRNO) {
			point->value = errno_by_name(value);
		} else if (*value >= '0' && *value <= '9') {
			errno = 0;
			point->value = strtol(value, &end, 10);
		}
		if (point->action == ACTION_ERRNO ? point->value == 0
						  : *end || end == value || errno == ERANGE)
			break;
		return;
	}
	misused("KEG_FAILPOINT: \"%s\" is no action; they are kill, exit, stop, sleep=MS, errno=NAME\n",
		text);
}

static _Noreturn void list_names(void)
{
	for (const char **at = __start_keg_failpoints; at != __stop_keg_failpoints; at++) {
		const char **earlier = __start_keg_failpoints;
		while (strcmp(*earlier, *at) != 0)
			earlier++;
		if (earlier == at) /* a name may be used in several places, and inlined in more */
			puts(*at);
	}
	_exit(fflush(stdout) == 0 ? 0 : STATUS_MISUSE);
}

__attribute__((constructor)) static void failpoint_read_environment(void)
{
	static char text[MAX_TEXT];
	const char *wanted = getenv("KEG_FAILPOINT");
	char *rest = text, *item;

	if (!wanted || !*wanted)
		return;
	if (strcmp(wanted, "list") == 0)
		list_names();
	if (strlen(wanted) >= sizeof(text))
		misused("KEG_FAILPOINT: longer than %d bytes\n", MAX_TEXT - 1);
	strcpy(text, wanted);
	while ((item = strsep(&rest, ",")))
		arm(item);
}

static int act(const struct failpoint *point)
{
	switch (point->action) {
	case ACTION_KILL:
		(void)kill(getpid(), SIGKILL); /* returns only where a signal cannot kill us */
		_exit(STATUS_KILLED);
	case ACTION_EXIT: _exit(STATUS_MISUSE);
	case ACTION_STOP:
		(void)kill(getpid(), SIGSTOP);
		while (getpid() == 1)
			(void)pause();
		return 0;
	case ACTION_SLEEP: {
		struct timespec left = { .tv_sec = point->value / 1000,
					 .tv_nsec = point->value % 1000 * 1000000 };
		while (nanosleep(&left, &left) < 0 && errno == EINTR)
			;
		return 0;
	}
	case ACTION_ERRNO: return (int)point->value;
	}
	return 0;
}

int failpoint_errno(const char *name)
{
	int saved = errno, result = 0;

	for (size_t i = 0; i < n_armed && !result; i++)
		if (strcmp(armed[i].name, name) == 0)
			result = act(&armed[i]);
	errno = saved;
	return result;
}

void failpoint_hit(const char *name)
{
	if (failpoint_errno(name))
		misused("KEG_FAILPOINT: %s is not where an errno can be returned\n", name);
}

#endif
