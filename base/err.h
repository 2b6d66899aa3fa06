/* err.h - what went wrong, where, on which object, as one plain value.
 *
 * A function that knows the object it works on takes a `struct err *` as its last parameter, fills
 * it on failure and returns -1; on success the value is untouched. Thin wrappers that know no names
 * return a negative errno instead.
 *
 * Ownership : the caller owns the value; it points at nothing and allocates nothing, so it can be
 *             used between clone(2) and execve(2) and sent over a pipe by one write(2).
 * Limits    : every text is shortened in the middle, visibly ("...[1234 bytes]..."), when it does
 *             not fit.
 * Never     : prints, logs or exits. */
#ifndef KEG_BASE_ERR_H
#define KEG_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

enum err_code {
	ERR_NONE = 0,
	ERR_SYSTEM,  /* the kernel refused; errnum says how */
	ERR_INVALID, /* the input is wrong */
	ERR_NOT_FOUND,
	ERR_EXISTS,
	ERR_CONFLICT,	 /* the object is in another state than the request needs */
	ERR_DENIED,	 /* the caller may not do this */
	ERR_UNSUPPORTED, /* this host or this program cannot do it */
	ERR_TIMEOUT,
	ERR_GONE,  /* it was there and is not any more */
	ERR_LIMIT, /* larger than a cap */
	ERR_NO_MEMORY,
	ERR_INTERNAL,
	ERR_CODE_COUNT,
};

/* The part of a container's life in which something failed; PHASE_NONE outside a container. */
enum phase {
	PHASE_NONE = 0,
	PHASE_ARGUMENTS,
	PHASE_CONFIG,
	PHASE_STATE,
	PHASE_CGROUP,
	PHASE_NAMESPACES,
	PHASE_NETWORK,
	PHASE_ROOTFS,
	PHASE_MOUNTS,
	PHASE_DEVICES,
	PHASE_MASKS,
	PHASE_TERMINAL,
	PHASE_HOOKS,
	PHASE_PROCESS,
	PHASE_CAPABILITIES,
	PHASE_SECCOMP,
	PHASE_SECURITY,
	PHASE_EXEC,
	PHASE_SYNC,
	PHASE_COUNT,
};

struct err {
	enum err_code code;
	int errnum; /* errno, 0 when no system call was involved */
	enum phase phase;
	char pointer[256]; /* RFC 6901 pointer of the field that asked, "" when none */
	char object
		[512];	 /* the path, container, image ... it failed on, "" when the text says it */
	char hint[256];	 /* the one thing worth trying, "" when none */
	char text[1536]; /* verb + object + why, no "failed to", no capital, no full stop */
};

#define ERR_INIT ((struct err){ 0 })

/* Each of these returns -1, so that `return err_...(e, ...)` ends a function. */
int err_set(struct err *e, enum err_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int err_setv(struct err *e, enum err_code code, int errnum, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));
/* From errno: the text gets ": strerror(errno)", the code follows from it (ENOENT: NOT_FOUND ...). */
int err_sys(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same from a given errno, positive or negative. */
int err_errno(struct err *e, int errnum, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* On the way up: "<format>: <text so far>". Keeps code, errnum, phase, pointer. */
int err_wrap(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Annotations; what is set already stays (the deepest caller knows best), return -1. */
int err_phase(struct err *e, enum phase phase);
int err_pointer(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
int err_object(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
int err_hint(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One line: "<phase>: <pointer>: <object>: <text> (<hint>)", leaving out what is empty. An object
 * that the text names already is not repeated. Returns the length that snprintf would. */
int err_format(const struct err *e, char *out, size_t size);

const char *phase_name(enum phase phase); /* "mounts", "" for PHASE_NONE */

/* The one table that maps a code to what each protocol says. */
struct err_code_row {
	enum err_code code;
	const char *name; /* "not found" */
	int exit_status;
	int grpc_status; /* google.rpc.Code */
	int http_status;
	const char *reason; /* Kubernetes metav1.StatusReason */
};
const struct err_code_row *err_code_row(enum err_code code);

#endif
