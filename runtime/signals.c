/* signals.c - see signals.h. */
#include "runtime/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

/* signal(7) "Standard signals", the names after SIG; IOT, CLD, POLL and UNUSED are other names. */
static const struct signal_row {
	char name[8];
	int number;
} signal_rows[] = {
	{ "HUP", SIGHUP },	 { "INT", SIGINT },    { "QUIT", SIGQUIT },	{ "ILL", SIGILL },
	{ "TRAP", SIGTRAP },	 { "ABRT", SIGABRT },  { "IOT", SIGIOT },	{ "BUS", SIGBUS },
	{ "FPE", SIGFPE },	 { "KILL", SIGKILL },  { "USR1", SIGUSR1 },	{ "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 },	 { "PIPE", SIGPIPE },  { "ALRM", SIGALRM },	{ "TERM", SIGTERM },
	{ "CHLD", SIGCHLD },	 { "CLD", SIGCHLD },   { "CONT", SIGCONT },	{ "STOP", SIGSTOP },
	{ "TSTP", SIGTSTP },	 { "TTIN", SIGTTIN },  { "TTOU", SIGTTOU },	{ "URG", SIGURG },
	{ "XCPU", SIGXCPU },	 { "XFSZ", SIGXFSZ },  { "VTALRM", SIGVTALRM }, { "PROF", SIGPROF },
	{ "WINCH", SIGWINCH },	 { "IO", SIGIO },      { "POLL", SIGIO },	{ "PWR", SIGPWR },
	{ "SYS", SIGSYS },	 { "UNUSED", SIGSYS },
#ifdef SIGSTKFLT
	{ "STKFLT", SIGSTKFLT },
#endif
};
#define SIGNAL_ROWS (sizeof(signal_rows) / sizeof(signal_rows[0]))

/* The C library keeps 32 and 33 for itself; the kernel's own ends are what a container sees. */
#define REALTIME_MIN 34
#define REALTIME_MAX 64

static int named(const char *name)
{
	for (size_t i = 0; i < SIGNAL_ROWS; i++)
		if (strcasecmp(signal_rows[i].name, name) == 0)
			return signal_rows[i].number;
	return -1;
}

/* "RTMIN", "RTMIN+n", "RTMAX", "RTMAX-n" */
static int realtime(const char *name)
{
	bool from_max = strncasecmp(name, "RTMAX", 5) == 0;
	uint64_t distance = 0;

	if (!from_max && strncasecmp(name, "RTMIN", 5) != 0)
		return -1;
	if (name[5] != '\0' &&
	    (name[5] != (from_max ? '-' : '+') || str_to_uint64(name + 6, &distance) < 0 ||
	     distance > REALTIME_MAX - REALTIME_MIN))
		return -1;
	return from_max ? REALTIME_MAX - (int)distance : REALTIME_MIN + (int)distance;
}

int signal_parse(const char *text, int *out_number, struct err *e)
{
	uint64_t value = 0;
	int number = -1;

	if (str_to_uint64(text, &value) == 0) {
		if (value <= REALTIME_MAX)
			number = (int)value;
	} else {
		const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
		number = named(name);
		if (number < 0)
			number = realtime(name);
	}
	if (number < 0)
		return err_set(e, ERR_INVALID, "unknown signal %s", text);
	*out_number = number;
	return 0;
}

const char *signal_name(int number)
{
	static const char *const names[REALTIME_MIN + 1] = {
		[SIGHUP] = "SIGHUP",	     [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT",
		[SIGILL] = "SIGILL",	     [SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT",
		[SIGBUS] = "SIGBUS",	     [SIGFPE] = "SIGFPE",   [SIGKILL] = "SIGKILL",
		[SIGUSR1] = "SIGUSR1",	     [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
		[SIGPIPE] = "SIGPIPE",	     [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM",
		[SIGCHLD] = "SIGCHLD",	     [SIGCONT] = "SIGCONT", [SIGSTOP] = "SIGSTOP",
		[SIGTSTP] = "SIGTSTP",	     [SIGTTIN] = "SIGTTIN", [SIGTTOU] = "SIGTTOU",
		[SIGURG] = "SIGURG",	     [SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ",
		[SIGVTALRM] = "SIGVTALRM",   [SIGPROF] = "SIGPROF", [SIGWINCH] = "SIGWINCH",
		[SIGIO] = "SIGIO",	     [SIGPWR] = "SIGPWR",   [SIGSYS] = "SIGSYS",
#ifdef SIGSTKFLT
		[SIGSTKFLT] = "SIGSTKFLT",
#endif
		[REALTIME_MIN] = "SIGRTMIN",
	};

	return number > 0 && number <= REALTIME_MIN ? names[number] : NULL;
}
