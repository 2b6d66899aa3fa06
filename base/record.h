/* record.h - one table per struct: decode, encode, check, describe JSON objects.
 *
 *   struct oci_namespace { const char *type; const char *path; };
 *   static const struct field namespace_fields[] = {
 *           F_STRING(struct oci_namespace, type, "type", FIELD_REQUIRED),
 *           F_STRING(struct oci_namespace, path, "path", FIELD_OPTIONAL),
 *   };
 *   const struct record oci_namespace_record = RECORD(struct oci_namespace, namespace_fields);
 *
 * How a member looks in C (a wrong type does not compile):
 *   F_STRING          const char *m                 NULL when absent
 *   F_BOOL            bool m                        false when absent
 *   F_INT F_UINT      int64_t m, uint64_t m         0 when absent
 *   F_INT32 F_UINT32  int32_t m, uint32_t m         0 when absent
 *   F_BOOL_PTR F_INT_PTR F_UINT_PTR                 const bool *m ...: NULL when absent
 *   F_STRINGS         const char **m; size_t n_m    behind the last one a NULL, not counted
 *   F_INTS F_UINTS    int64_t *m / uint64_t *m; size_t n_m
 *   F_RECORD          struct x *m                   NULL when absent
 *   F_RECORDS         struct x *m; size_t n_m       elements in place
 *   F_STRING_MAP      struct string_pair *m; size_t n_m       {"a": "b"}, in order
 *   F_RECORD_MAP      struct x *m; size_t n_m, whose first member is `const char *key`
 *   F_JSON            const struct json *m          kept as it is
 *   F_WORD F_WORDS    as F_STRING, F_STRINGS: each of a NULL-terminated list, else refused by name
 * The counted kinds are NULL when absent; an empty list or map is not NULL, with n_m 0.
 *
 * null for an optional member is the same as absent; within a list or a map it is refused. Integers
 * are exact: 1.0 and 1e3 are refused. Unknown members are told to callers that want to warn
 * (record_decode's `unknown` callback), never an error: the specifications demand it.
 *
 * Ownership : decoded values live in the arena given; strings may point into the JSON tree.
 * Errors    : ERR_INVALID with pointer "/linux/namespaces/1/type" and text
 *             "expected string, got number" | "required" | "`x` is not one of ...". */
#ifndef KEG_BASE_RECORD_H
#define KEG_BASE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

struct string_pair {
	const char *key;
	const char *value;
};

enum field_kind {
	FIELD_KIND_STRING,
	FIELD_KIND_BOOL,
	FIELD_KIND_INT,
	FIELD_KIND_UINT,
	FIELD_KIND_INT32,
	FIELD_KIND_UINT32,
	FIELD_KIND_BOOL_PTR,
	FIELD_KIND_INT_PTR,
	FIELD_KIND_UINT_PTR,
	FIELD_KIND_STRINGS,
	FIELD_KIND_INTS,
	FIELD_KIND_UINTS,
	FIELD_KIND_RECORD,
	FIELD_KIND_RECORDS,
	FIELD_KIND_STRING_MAP,
	FIELD_KIND_RECORD_MAP,
	FIELD_KIND_JSON,
	FIELD_KIND_COUNT,
};

enum field_flag {
	FIELD_OPTIONAL = 0,
	FIELD_REQUIRED = 1, /* refused when absent; always encoded, so that it can be read back */
	FIELD_ALWAYS = 2,   /* encoded even when empty, zero or false: "", 0, false, [], {}, null */
};

struct record;

struct field {
	const char *name; /* as on the wire */
	enum field_kind kind;
	unsigned flags;
	size_t offset;
	size_t count_offset;	     /* of n_<member>, for the kinds that have one */
	const struct record *record; /* for the kinds that nest */
	const char *const *words;    /* what a string may be; NULL for anything */
	const char *ignored;	     /* why the value has no effect, NULL when it is honoured */
};

struct record {
	const char *name; /* the C struct's, for messages and generated docs */
	size_t size;
	const struct field *fields;
	size_t n_fields;
};

/* The address of the member converted to `type *` fails to compile when the member has another type. */
#define FIELD_OFFSET(s, member, type)                                                              \
	(offsetof(s, member) + 0 * sizeof(*(type **)0 == &((s *)0)->member))
#define FIELD_PLAIN(s, m, wire, flag, k, type)                                                     \
	{                                                                                          \
		.name = wire, .kind = k, .flags = flag, .offset = FIELD_OFFSET(s, m, type)         \
	}
#define FIELD_COUNTED(s, m, wire, flag, k, type)                                                   \
	{                                                                                          \
		.name = wire, .kind = k, .flags = flag, .offset = FIELD_OFFSET(s, m, type),        \
		.count_offset = FIELD_OFFSET(s, n_##m, size_t)                                     \
	}

#define F_STRING(s, m, wire, flag) FIELD_PLAIN(s, m, wire, flag, FIELD_KIND_STRING, const char *)
#define F_WORD(s, m, wire, flag, list)                                                             \
	{                                                                                          \
		.name = wire, .kind = FIELD_KIND_STRING, .flags = flag,                            \
		.offset = FIELD_OFFSET(s, m, const char *), .words = list                          \
	}
#define F_BOOL(s, m, wire, flag) FIELD_PLAIN(s, m, wire, flag, FIELD_KIND_BOOL, bool)
#define F_INT(s, m, wire, flag) FIELD_PLAIN(s, m, wire, flag, FIELD_KIND_INT, int64_t)
#define F_UINT(s, m, wire, flag) FIELD_PLAIN(s, m, wire, flag, FIELD_KIND_UINT, uint64_t)
#define F_INT32(s, m, wire, flag) FIELD_PLAIN(s, m, wire, flag, FIELD_KIND_INT32, int32_t)
#define F_UINT32(s, m, wire, flag) FIELD_PLAIN(s, m, wire, flag, FIELD_KIND_UINT32, uint32_t)
#define F_BOOL_PTR(s, m, wire, flag)                                                               \
	FIELD_PLAIN(s, m, wire, flag, FIELD_KIND_BOOL_PTR, const bool *)
#define F_INT_PTR(s, m, wire, flag)                                                                \
	FIELD_PLAIN(s, m, wire, flag, FIELD_KIND_INT_PTR, const int64_t *)
#define F_UINT_PTR(s, m, wire, flag)                                                               \
	FIELD_PLAIN(s, m, wire, flag, FIELD_KIND_UINT_PTR, const uint64_t *)
#define F_STRINGS(s, m, wire, flag)                                                                \
	FIELD_COUNTED(s, m, wire, flag, FIELD_KIND_STRINGS, const char **)
#define F_WORDS(s, m, wire, flag, list)                                                            \
	{                                                                                          \
		.name = wire, .kind = FIELD_KIND_STRINGS, .flags = flag,                           \
		.offset = FIELD_OFFSET(s, m, const char **),                                       \
		.count_offset = FIELD_OFFSET(s, n_##m, size_t), .words = list                      \
	}
#define F_INTS(s, m, wire, flag) FIELD_COUNTED(s, m, wire, flag, FIELD_KIND_INTS, int64_t *)
#define F_UINTS(s, m, wire, flag) FIELD_COUNTED(s, m, wire, flag, FIELD_KIND_UINTS, uint64_t *)
#define F_STRING_MAP(s, m, wire, flag)                                                             \
	FIELD_COUNTED(s, m, wire, flag, FIELD_KIND_STRING_MAP, struct string_pair *)
#define F_RECORD(s, m, wire, flag, type, rec)                                                      \
	{                                                                                          \
		.name = wire, .kind = FIELD_KIND_RECORD, .flags = flag,                            \
		.offset = FIELD_OFFSET(s, m, type *), .record = rec                                \
	}
#define F_RECORDS(s, m, wire, flag, type, rec)                                                     \
	{                                                                                          \
		.name = wire, .kind = FIELD_KIND_RECORDS, .flags = flag,                           \
		.offset = FIELD_OFFSET(s, m, type *),                                              \
		.count_offset = FIELD_OFFSET(s, n_##m, size_t), .record = rec                      \
	}
/* Fails to compile unless the element's first member is `const char *key`. */
#define FIELD_KEY_CHECK(type)                                                                      \
	(0 * sizeof(char[FIELD_OFFSET(type, key, const char *) == 0 ? 1 : -1]))
#define F_RECORD_MAP(s, m, wire, flag, type, rec)                                                  \
	{                                                                                          \
		.name = wire, .kind = FIELD_KIND_RECORD_MAP, .flags = flag,                        \
		.offset = FIELD_OFFSET(s, m, type *),                                              \
		.count_offset = FIELD_OFFSET(s, n_##m, size_t) + FIELD_KEY_CHECK(type),            \
		.record = rec                                                                      \
	}
#define F_JSON(s, m, wire, flag) FIELD_PLAIN(s, m, wire, flag, FIELD_KIND_JSON, const struct json *)

#define RECORD(s, f)                                                                               \
	{                                                                                          \
		.name = #s, .size = sizeof(s), .fields = f, .n_fields = sizeof(f) / sizeof((f)[0]) \
	}

typedef void record_unknown_fn(void *context, const char *pointer);

struct record_options {
	record_unknown_fn *unknown; /* called for each member no table knows; may be NULL */
	void *unknown_context;
};

/* `out` is a struct of record->size bytes, of unspecified content after a failure; `at` is the pointer
 * of `value` in its document ("" at top). */
int record_decode(const struct record *record, struct arena *arena, const struct json *value,
		  const char *at, const struct record_options *options, void *out, struct err *e);
/* Writes an object with the members that are present, in the table's order. */
void record_encode(const struct record *record, const void *value, struct json_writer *w,
		   const char *name);
/* Maps in any order, lists in theirs; absent equals absent only. */
bool record_equal(const struct record *record, const void *a, const void *b);

typedef void record_visit_fn(void *context, const char *pointer, const struct field *field);
/* Every field of the record and of those below it, once per place: "/linux", "/linux/namespaces",
 * "/linux/namespaces/-/type"; "*" stands for the keys of a map. A record inside itself is named, not
 * entered. */
void record_describe(const struct record *record, record_visit_fn *visit, void *context);

#endif
