/* err.c - filling, annotating and printing struct err.
 *
 * Never     : allocates; everything is formatted in a buffer on the stack. */
#include "base/err.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"

/* Holds a path of PATH_MAX with what is said about it, so that both ends of it survive. */
#define SCRATCH_SIZE 8192

static const struct err_code_row code_rows[] = {
	/* code, name, exit, google.rpc.Code, HTTP, metav1.StatusReason */
	{ ERR_NONE, "no error", 0, 0, 200, "" },
	{ ERR_SYSTEM, "system error", 1, 2, 500, "InternalError" },
	{ ERR_INVALID, "invalid", 1, 3, 422, "Invalid" },
	{ ERR_NOT_FOUND, "not found", 1, 5, 404, "NotFound" },
	{ ERR_EXISTS, "already exists", 1, 6, 409, "AlreadyExists" },
	{ ERR_CONFLICT, "conflict", 1, 9, 409, "Conflict" },
	{ ERR_DENIED, "denied", 1, 7, 403, "Forbidden" },
	{ ERR_UNSUPPORTED, "unsupported", 1, 12, 405, "MethodNotAllowed" },
	{ ERR_TIMEOUT, "timeout", 1, 4, 504, "Timeout" },
	{ ERR_GONE, "gone", 1, 5, 410, "Gone" },
	{ ERR_LIMIT, "limit exceeded", 1, 8, 413, "RequestEntityTooLarge" },
	{ ERR_NO_MEMORY, "out of memory", 1, 8, 503, "ServiceUnavailable" },
	{ ERR_INTERNAL, "internal error", 1, 13, 500, "InternalError" },
};

static const char *const phase_names[PHASE_COUNT] = {
	[PHASE_NONE] = "",
	[PHASE_ARGUMENTS] = "arguments",
	[PHASE_CONFIG] = "config",
	[PHASE_STATE] = "state",
	[PHASE_CGROUP] = "cgroup",
	[PHASE_NAMESPACES] = "namespaces",
	[PHASE_NETWORK] = "network",
	[PHASE_ROOTFS] = "rootfs",
	[PHASE_MOUNTS] = "mounts",
	[PHASE_DEVICES] = "devices",
	[PHASE_MASKS] = "masks",
	[PHASE_TERMINAL] = "terminal",
	[PHASE_HOOKS] = "hooks",
	[PHASE_PROCESS] = "process",
	[PHASE_CAPABILITIES] = "capabilities",
	[PHASE_SECCOMP] = "seccomp",
	[PHASE_SECURITY] = "security",
	[PHASE_EXEC] = "exec",
	[PHASE_SYNC] = "sync",
};

/* What callers branch on; every other errno is ERR_SYSTEM. */
static const struct {
	int errnum;
	enum err_code code;
} errno_rows[] = {
	{ ENOENT, ERR_NOT_FOUND },  { EEXIST, ERR_EXISTS },	 { EPERM, ERR_DENIED },
	{ EACCES, ERR_DENIED },	    { ENOSYS, ERR_UNSUPPORTED }, { EOPNOTSUPP, ERR_UNSUPPORTED },
	{ ETIMEDOUT, ERR_TIMEOUT }, { ESRCH, ERR_GONE },	 { ESTALE, ERR_GONE },
	{ EFBIG, ERR_LIMIT },	    { E2BIG, ERR_LIMIT },	 { ENAMETOOLONG, ERR_LIMIT },
	{ ENOMEM, ERR_NO_MEMORY },
};

const struct err_code_row *err_code_row(enum err_code code)
{
	for (size_t i = 0; i < ARRAY_SIZE(code_rows); i++)
		if (code_rows[i].code == code)
			return &code_rows[i];
	return err_code_row(ERR_INTERNAL);
}

const char *phase_name(enum phase phase)
{
	return (unsigned)phase < PHASE_COUNT ? phase_names[phase] : "";
}

static enum err_code code_of_errno(int errnum)
{
	for (size_t i = 0; i < ARRAY_SIZE(errno_rows); i++)
		if (errno_rows[i].errnum == errnum)
			return errno_rows[i].code;
	return ERR_SYSTEM;
}

static bool inside_character(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Copies a text of `length` bytes to out, or its two ends around "...[length bytes]...". Of a text too
 * long for the scratch buffer, `have` bytes are there, of which only the last `tail` are its end. */
static void shorten(char *out, size_t size, const char *text, size_t have, size_t length,
		    size_t tail)
{
	if (length < size) {
		memcpy(out, text, length);
		out[length] = 0;
		return;
	}
	char mark[40];
	size_t mark_length = (size_t)snprintf(mark, sizeof(mark), "...[%zu bytes]...", length);
	size_t room = size - 1 - mark_length;
	size_t back = room / 2;
	if (have < length && back > tail)
		back = tail;
	size_t front = room - back;
	while (front > 0 && inside_character(text[front]))
		front--;
	while (back > 0 && inside_character(text[have - back]))
		back--;
	memcpy(out, text, front);
	memcpy(out + front, mark, mark_length);
	memcpy(out + front + mark_length, text + have - back, back);
	out[front + mark_length + back] = 0;
}

/* "<format>[: <suffix>]" into out. Arguments and suffix may point into out. */
__attribute__((format(printf, 4, 0))) static void compose(char *out, size_t size,
							  const char *suffix, const char *format,
							  va_list args)
{
	char scratch[SCRATCH_SIZE];
	size_t tail = suffix ? strlen(suffix) + 2 : 0;
	size_t room = sizeof(scratch) - tail;

	int formatted = vsnprintf(scratch, room, format, args);
	size_t length = formatted < 0 ? 0 : (size_t)formatted;
	size_t have = length < room ? length : room - 1;
	if (suffix) {
		memcpy(scratch + have, ": ", 2);
		memcpy(scratch + have + 2, suffix, tail - 2);
	}
	shorten(out, size, scratch, have + tail, length + tail, tail);
}

__attribute__((format(printf, 5, 0))) static int fill(struct err *e, enum err_code code, int errnum,
						      const char *suffix, const char *format,
						      va_list args)
{
	char text[sizeof(e->text)];

	compose(text, sizeof(text), suffix, format, args);
	*e = (struct err){ .code = code, .errnum = errnum };
	memcpy(e->text, text, sizeof(text));
	return -1;
}

int err_setv(struct err *e, enum err_code code, int errnum, const char *format, va_list args)
{
	return fill(e, code, errnum, NULL, format, args);
}

int err_set(struct err *e, enum err_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(e, code, 0, NULL, format, args);
	va_end(args);
	return -1;
}

__attribute__((format(printf, 3, 0))) static int fill_errno(struct err *e, int errnum,
							    const char *format, va_list args)
{
	char number[32];
	const char *why = strerrordesc_np(errnum);

	if (!why) {
		snprintf(number, sizeof(number), "error %d", errnum);
		why = number;
	}
	return fill(e, code_of_errno(errnum), errnum, why, format, args);
}

int err_sys(struct err *e, const char *format, ...)
{
	int errnum = errno;
	va_list args;

	va_start(args, format);
	fill_errno(e, errnum, format, args);
	va_end(args);
	errno = errnum;
	return -1;
}

int err_errno(struct err *e, int errnum, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill_errno(e, errnum < 0 ? -errnum : errnum, format, args);
	va_end(args);
	return -1;
}

int err_wrap(struct err *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	compose(e->text, sizeof(e->text), e->text, format, args);
	va_end(args);
	return -1;
}

int err_phase(struct err *e, enum phase phase)
{
	if (e->phase == PHASE_NONE)
		e->phase = phase;
	return -1;
}

__attribute__((format(printf, 3, 0))) static int annotate(char *out, size_t size,
							  const char *format, va_list args)
{
	if (!*out)
		compose(out, size, NULL, format, args);
	return -1;
}

int err_pointer(struct err *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	annotate(e->pointer, sizeof(e->pointer), format, args);
	va_end(args);
	return -1;
}

int err_object(struct err *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	annotate(e->object, sizeof(e->object), format, args);
	va_end(args);
	return -1;
}

int err_hint(struct err *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	annotate(e->hint, sizeof(e->hint), format, args);
	va_end(args);
	return -1;
}

/* snprintf's bookkeeping: counts everything, writes what fits. */
struct line {
	char *out;
	size_t size, length;
};

static void line_byte(struct line *line, char byte)
{
	if (line->length + 1 < line->size)
		line->out[line->length] = byte;
	line->length++;
}

static void line_add(struct line *line, const char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		if (byte >= 0x20 && byte != 0x7f) {
			line_byte(line, *text);
			continue;
		}
		line_byte(line, '\\');
		line_byte(line, 'x');
		line_byte(line, digits[byte >> 4]);
		line_byte(line, digits[byte & 15]);
	}
}

static void line_part(struct line *line, const char *text)
{
	if (!*text)
		return;
	line_add(line, text);
	line_add(line, ": ");
}

int err_format(const struct err *e, char *out, size_t size)
{
	struct line line = { .out = out, .size = size };

	line_part(&line, phase_name(e->phase));
	line_part(&line, e->pointer);
	if (*e->object && !strstr(e->text, e->object))
		line_part(&line, e->object);
	line_add(&line, e->text);
	if (*e->hint) {
		line_add(&line, " (");
		line_add(&line, e->hint);
		line_add(&line, ")");
	}
	if (size > 0)
		out[line.length < size ? line.length : size - 1] = 0;
	return (int)line.length;
}
