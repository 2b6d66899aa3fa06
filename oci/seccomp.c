/* seccomp.c - linux.seccomp: tables of config-linux.md "Seccomp", and its checks. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "oci/config-priv.h"

/* ---- tables ---------------------------------------------------------------------------------- */

static const struct field arg_fields[] = {
	F_UINT32(struct oci_seccomp_arg, index, "index", FIELD_REQUIRED),
	F_UINT(struct oci_seccomp_arg, value, "value", FIELD_REQUIRED),
	F_UINT(struct oci_seccomp_arg, value_two, "valueTwo", FIELD_OPTIONAL),
	F_STRING(struct oci_seccomp_arg, op, "op", FIELD_REQUIRED),
};
static const struct record arg_record = RECORD(struct oci_seccomp_arg, arg_fields);

static const struct field syscall_fields[] = {
	F_STRINGS(struct oci_seccomp_syscall, names, "names", FIELD_REQUIRED),
	F_STRING(struct oci_seccomp_syscall, action, "action", FIELD_REQUIRED),
	F_UINT_PTR(struct oci_seccomp_syscall, errno_ret, "errnoRet", FIELD_OPTIONAL),
	F_RECORDS(struct oci_seccomp_syscall, args, "args", FIELD_OPTIONAL, struct oci_seccomp_arg,
		  &arg_record),
};
static const struct record syscall_record = RECORD(struct oci_seccomp_syscall, syscall_fields);

static const struct field seccomp_fields[] = {
	F_STRING(struct oci_seccomp, default_action, "defaultAction", FIELD_REQUIRED),
	F_UINT_PTR(struct oci_seccomp, default_errno_ret, "defaultErrnoRet", FIELD_OPTIONAL),
	F_STRINGS(struct oci_seccomp, architectures, "architectures", FIELD_OPTIONAL),
	F_STRINGS(struct oci_seccomp, flags, "flags", FIELD_OPTIONAL),
	F_STRING(struct oci_seccomp, listener_path, "listenerPath", FIELD_OPTIONAL),
	F_STRING(struct oci_seccomp, listener_metadata, "listenerMetadata", FIELD_OPTIONAL),
	F_RECORDS(struct oci_seccomp, syscalls, "syscalls", FIELD_OPTIONAL,
		  struct oci_seccomp_syscall, &syscall_record),
};
const struct record oci_seccomp_record = RECORD(struct oci_seccomp, seccomp_fields);

/* ---- checks ---------------------------------------------------------------------------------- */

/* What an action may carry is 16 bits wide; an errno is at most 4095, seccomp(2). */
static int check_errno(const char *action, const uint64_t *number, const struct place *at,
		       struct err *e)
{
	if (!number)
		return 0;
	if (strcmp(action, "SCMP_ACT_ERRNO") == 0)
		return check_uint(number, 0, 4095, at, e);
	if (strcmp(action, "SCMP_ACT_TRACE") == 0)
		return check_uint(number, 0, UINT16_MAX, at, e);
	return invalid(e, at, "`%s` takes no errno", action);
}

static int check_syscall(const struct oci_seccomp_syscall *s, const struct place *at, struct err *e)
{
	if (s->n_names == 0)
		return invalid(e, IN(at, "names"), "the list is empty");
	for (size_t i = 0; i < s->n_names; i++)
		if (!*s->names[i])
			return invalid(e, NTH(IN(at, "names"), i),
				       "the name of a system call is empty");
	if (check_word(&oci_seccomp_actions, s->action, IN(at, "action"), e) < 0 ||
	    check_errno(s->action, s->errno_ret, IN(at, "errnoRet"), e) < 0)
		return -1;
	for (size_t i = 0; i < s->n_args; i++) {
		const struct place *arg = NTH(IN(at, "args"), i);
		uint64_t index = s->args[i].index;

		if (check_uint(&index, 0, 5, IN(arg, "index"), e) < 0 ||
		    check_word(&oci_seccomp_operators, s->args[i].op, IN(arg, "op"), e) < 0)
			return -1;
	}
	return 0;
}

int check_seccomp(const struct oci_seccomp *s, const struct place *at, struct err *e)
{
	if (check_word(&oci_seccomp_actions, s->default_action, IN(at, "defaultAction"), e) < 0 ||
	    check_errno(s->default_action, s->default_errno_ret, IN(at, "defaultErrnoRet"), e) <
		    0 ||
	    check_words(&oci_seccomp_archs, s->architectures, s->n_architectures,
			IN(at, "architectures"), e) < 0 ||
	    check_words(&oci_seccomp_flags, s->flags, s->n_flags, IN(at, "flags"), e) < 0)
		return -1;
	if (!str_empty(s->listener_metadata) && str_empty(s->listener_path))
		return invalid(e, IN(at, "listenerMetadata"), "it needs a listenerPath");
	for (size_t i = 0; i < s->n_syscalls; i++)
		if (check_syscall(&s->syscalls[i], NTH(IN(at, "syscalls"), i), e) < 0)
			return -1;
	return 0;
}
