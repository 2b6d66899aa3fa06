/* process.c - the process object: tables of config.md "Process", and its checks. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "oci/config-priv.h"

/* ---- tables ---------------------------------------------------------------------------------- */

/* "Process", consoleSize */
static const struct field console_size_fields[] = {
	F_UINT(struct oci_console_size, height, "height", FIELD_REQUIRED),
	F_UINT(struct oci_console_size, width, "width", FIELD_REQUIRED),
};
static const struct record console_size_record =
	RECORD(struct oci_console_size, console_size_fields);

/* "User", "POSIX-platform User" */
static const struct field user_fields[] = {
	F_UINT32(struct oci_user, uid, "uid", FIELD_ALWAYS),
	F_UINT32(struct oci_user, gid, "gid", FIELD_ALWAYS),
	F_UINT_PTR(struct oci_user, umask, "umask", FIELD_OPTIONAL),
	F_UINTS(struct oci_user, additional_gids, "additionalGids", FIELD_OPTIONAL),
	F_IGNORED(struct oci_user, username, "username", FIELD_KIND_STRING, const char *,
		  "only Windows has it"),
};
static const struct record user_record = RECORD(struct oci_user, user_fields);

/* "Linux Process", capabilities */
static const struct field capabilities_fields[] = {
	F_STRINGS(struct oci_capabilities, bounding, "bounding", FIELD_OPTIONAL),
	F_STRINGS(struct oci_capabilities, effective, "effective", FIELD_OPTIONAL),
	F_STRINGS(struct oci_capabilities, inheritable, "inheritable", FIELD_OPTIONAL),
	F_STRINGS(struct oci_capabilities, permitted, "permitted", FIELD_OPTIONAL),
	F_STRINGS(struct oci_capabilities, ambient, "ambient", FIELD_OPTIONAL),
};
static const struct record capabilities_record =
	RECORD(struct oci_capabilities, capabilities_fields);

/* "POSIX process", rlimits */
static const struct field rlimit_fields[] = {
	F_STRING(struct oci_rlimit, type, "type", FIELD_REQUIRED),
	F_UINT(struct oci_rlimit, hard, "hard", FIELD_REQUIRED),
	F_UINT(struct oci_rlimit, soft, "soft", FIELD_REQUIRED),
};
static const struct record rlimit_record = RECORD(struct oci_rlimit, rlimit_fields);

/* "Linux Process", scheduler */
static const struct field scheduler_fields[] = {
	F_STRING(struct oci_scheduler, policy, "policy", FIELD_REQUIRED),
	F_INT32(struct oci_scheduler, nice, "nice", FIELD_OPTIONAL),
	F_INT32(struct oci_scheduler, priority, "priority", FIELD_OPTIONAL),
	F_STRINGS(struct oci_scheduler, flags, "flags", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_scheduler, runtime, "runtime", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_scheduler, deadline, "deadline", FIELD_OPTIONAL),
	F_UINT_PTR(struct oci_scheduler, period, "period", FIELD_OPTIONAL),
};
static const struct record scheduler_record = RECORD(struct oci_scheduler, scheduler_fields);

/* "Linux Process", ioPriority */
static const struct field io_priority_fields[] = {
	F_STRING(struct oci_io_priority, class_, "class", FIELD_REQUIRED),
	F_INT32(struct oci_io_priority, priority, "priority", FIELD_ALWAYS),
};
static const struct record io_priority_record = RECORD(struct oci_io_priority, io_priority_fields);

/* "Linux Process", execCPUAffinity */
static const struct field cpu_affinity_fields[] = {
	F_STRING(struct oci_cpu_affinity, initial, "initial", FIELD_OPTIONAL),
	F_STRING(struct oci_cpu_affinity, final, "final", FIELD_OPTIONAL),
};
static const struct record cpu_affinity_record =
	RECORD(struct oci_cpu_affinity, cpu_affinity_fields);

/* "Process", "POSIX process", "Linux Process" */
static const struct field process_fields[] = {
	F_BOOL(struct oci_process, terminal, "terminal", FIELD_OPTIONAL),
	F_RECORD(struct oci_process, console_size, "consoleSize", FIELD_OPTIONAL,
		 struct oci_console_size, &console_size_record),
	F_RECORD(struct oci_process, user, "user", FIELD_OPTIONAL, struct oci_user, &user_record),
	F_STRINGS(struct oci_process, args, "args", FIELD_OPTIONAL),
	F_IGNORED(struct oci_process, command_line, "commandLine", FIELD_KIND_STRING, const char *,
		  "only Windows has it"),
	F_STRINGS(struct oci_process, env, "env", FIELD_OPTIONAL),
	F_STRING(struct oci_process, cwd, "cwd", FIELD_REQUIRED),
	F_RECORD(struct oci_process, capabilities, "capabilities", FIELD_OPTIONAL,
		 struct oci_capabilities, &capabilities_record),
	F_RECORDS(struct oci_process, rlimits, "rlimits", FIELD_OPTIONAL, struct oci_rlimit,
		  &rlimit_record),
	F_BOOL(struct oci_process, no_new_privileges, "noNewPrivileges", FIELD_OPTIONAL),
	F_STRING(struct oci_process, apparmor_profile, "apparmorProfile", FIELD_OPTIONAL),
	F_INT_PTR(struct oci_process, oom_score_adj, "oomScoreAdj", FIELD_OPTIONAL),
	F_RECORD(struct oci_process, scheduler, "scheduler", FIELD_OPTIONAL, struct oci_scheduler,
		 &scheduler_record),
	F_STRING(struct oci_process, selinux_label, "selinuxLabel", FIELD_OPTIONAL),
	F_RECORD(struct oci_process, io_priority, "ioPriority", FIELD_OPTIONAL,
		 struct oci_io_priority, &io_priority_record),
	F_RECORD(struct oci_process, exec_cpu_affinity, "execCPUAffinity", FIELD_OPTIONAL,
		 struct oci_cpu_affinity, &cpu_affinity_record),
};
const struct record oci_process_record = RECORD(struct oci_process, process_fields);

/* ---- checks ---------------------------------------------------------------------------------- */

/* The id 4294967295 means "leave it as it is" to the kernel, setresuid(2). */
#define LAST_ID (UINT32_MAX - 1)

static int check_user(const struct oci_user *user, const struct place *at, struct err *e)
{
	uint64_t uid = user->uid, gid = user->gid;

	if (check_uint(&uid, 0, LAST_ID, IN(at, "uid"), e) < 0 ||
	    check_uint(&gid, 0, LAST_ID, IN(at, "gid"), e) < 0 ||
	    check_uint(user->umask, 0, 0777, IN(at, "umask"), e) < 0)
		return -1;
	for (size_t i = 0; i < user->n_additional_gids; i++)
		if (check_uint(&user->additional_gids[i], 0, LAST_ID,
			       NTH(IN(at, "additionalGids"), i), e) < 0)
			return -1;
	return 0;
}

static int check_capabilities(const struct oci_capabilities *c, const struct place *at,
			      struct err *e)
{
	const struct {
		const char *name;
		const char **list;
		size_t count;
	} sets[] = {
		{ "bounding", c->bounding, c->n_bounding },
		{ "effective", c->effective, c->n_effective },
		{ "inheritable", c->inheritable, c->n_inheritable },
		{ "permitted", c->permitted, c->n_permitted },
		{ "ambient", c->ambient, c->n_ambient },
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (check_words(&oci_capabilities, sets[i].list, sets[i].count,
				IN(at, sets[i].name), e) < 0)
			return -1;
	return 0;
}

static int check_rlimits(const struct oci_rlimit *limits, size_t count, const struct place *at,
			 struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		const struct place *here = NTH(at, i);

		if (check_word(&oci_rlimits, limits[i].type, IN(here, "type"), e) < 0)
			return -1;
		for (size_t j = 0; j < i; j++)
			if (strcmp(limits[i].type, limits[j].type) == 0)
				return invalid(e, IN(here, "type"), "`%s` is given twice",
					       limits[i].type);
		if (limits[i].soft > limits[i].hard)
			return invalid(e, IN(here, "soft"),
				       "%" PRIu64 " is above the hard limit of %" PRIu64,
				       limits[i].soft, limits[i].hard);
	}
	return 0;
}

/* sched(7) "SCHED_DEADLINE": 1024 ns <= runtime <= deadline <= period, below 2^63. The words are
 * those that callers of crun look for. */
static int check_deadline(const struct oci_scheduler *s, const struct place *at, struct err *e)
{
	static const uint64_t least = 1024, most = (uint64_t)1 << 63;

	if (!s->runtime)
		return invalid(e, at, "sched_setattr: `SCHED_DEADLINE` requires `runtime`");
	if (!s->deadline)
		return invalid(e, at, "sched_setattr: `SCHED_DEADLINE` requires `deadline`");
	if (*s->runtime == 0)
		return invalid(e, IN(at, "runtime"),
			       "sched_setattr: `SCHED_DEADLINE` runtime must be greater than 0");
	if (*s->runtime < least || *s->runtime >= most)
		return invalid(e, IN(at, "runtime"),
			       "sched_setattr: `SCHED_DEADLINE` runtime %" PRIu64
			       " must be between %" PRIu64 " and %" PRIu64,
			       *s->runtime, least, most - 1);
	if (*s->runtime > *s->deadline)
		return invalid(e, IN(at, "runtime"),
			       "sched_setattr: `SCHED_DEADLINE` runtime %" PRIu64
			       " must be <= deadline %" PRIu64,
			       *s->runtime, *s->deadline);
	if (s->period && *s->period != 0 && *s->deadline > *s->period)
		return invalid(e, IN(at, "deadline"),
			       "sched_setattr: `SCHED_DEADLINE` deadline %" PRIu64
			       " must be <= period %" PRIu64,
			       *s->deadline, *s->period);
	return 0;
}

static int check_scheduler(const struct oci_scheduler *s, const struct place *at, struct err *e)
{
	int64_t nice = s->nice, priority = s->priority;
	bool realtime = strcmp(s->policy, "SCHED_FIFO") == 0 || strcmp(s->policy, "SCHED_RR") == 0;

	if (check_word(&oci_scheduler_policies, s->policy, IN(at, "policy"), e) < 0 ||
	    check_words(&oci_scheduler_flags, s->flags, s->n_flags, IN(at, "flags"), e) < 0 ||
	    check_int(&nice, -20, 19, IN(at, "nice"), e) < 0 ||
	    check_int(&priority, realtime ? 1 : 0, realtime ? 99 : 0, IN(at, "priority"), e) < 0)
		return -1;
	return strcmp(s->policy, "SCHED_DEADLINE") == 0 ? check_deadline(s, at, e) : 0;
}

static int check_io_priority(const struct oci_io_priority *p, const struct place *at, struct err *e)
{
	int64_t priority = p->priority;

	if (check_word(&oci_io_priority_classes, p->class_, IN(at, "class"), e) < 0)
		return -1;
	return check_int(&priority, 0, 7, IN(at, "priority"), e);
}

static int check_cpu_affinity(const struct oci_cpu_affinity *a, const struct place *at,
			      struct err *e)
{
	if (a->initial && check_number_list(a->initial, IN(at, "initial"), e) < 0)
		return -1;
	return a->final ? check_number_list(a->final, IN(at, "final"), e) : 0;
}

int check_process(const struct oci_process *p, const struct place *at, struct err *e)
{
	static const uint64_t most_lines = UINT16_MAX; /* struct winsize, TIOCGWINSZ(2const) */

	if (p->n_args == 0)
		return invalid(e, IN(at, "args"), "there is nothing to run");
	if (!*p->args[0])
		return invalid(e, NTH(IN(at, "args"), 0), "the name of the program is empty");
	if (check_absolute(p->cwd, IN(at, "cwd"), e) < 0 ||
	    check_environment(p->env, p->n_env, IN(at, "env"), e) < 0)
		return -1;
	if (p->terminal && p->console_size) {
		const struct place *size = IN(at, "consoleSize");

		if (check_uint(&p->console_size->height, 0, most_lines, IN(size, "height"), e) <
			    0 ||
		    check_uint(&p->console_size->width, 0, most_lines, IN(size, "width"), e) < 0)
			return -1;
	}
	if (p->user && check_user(p->user, IN(at, "user"), e) < 0)
		return -1;
	if (p->capabilities && check_capabilities(p->capabilities, IN(at, "capabilities"), e) < 0)
		return -1;
	if (check_rlimits(p->rlimits, p->n_rlimits, IN(at, "rlimits"), e) < 0 ||
	    check_int(p->oom_score_adj, -1000, 1000, IN(at, "oomScoreAdj"), e) < 0)
		return -1;
	if (p->scheduler && check_scheduler(p->scheduler, IN(at, "scheduler"), e) < 0)
		return -1;
	if (p->io_priority && check_io_priority(p->io_priority, IN(at, "ioPriority"), e) < 0)
		return -1;
	if (p->exec_cpu_affinity &&
	    check_cpu_affinity(p->exec_cpu_affinity, IN(at, "execCPUAffinity"), e) < 0)
		return -1;
	return 0;
}
