/* json.h - RFC 8259 documents as trees in an arena, and a writer.
 *
 * Reading is strict: UTF-8 only, no duplicate keys, no trailing commas or comments, one value, caps on
 * size, depth and count of values. Numbers keep their text; nothing is rounded.
 *
 *   {"args": ["sh", "-c"]}   ->   OBJECT -> ARRAY name="args" -> STRING "sh" -> STRING "-c"
 *                                 (children are a list: first, then next)
 *
 * Ownership : nodes and strings live in the arena.
 *             A string may hold no NUL: \u0000 is refused.
 * Errors    : ERR_INVALID with line and column (in characters, from 1) and the pointer of the value or
 *             container that was being read; ERR_LIMIT at a cap; ERR_NO_MEMORY. */
#ifndef KEG_BASE_JSON_H
#define KEG_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json {
	enum json_type type;
	uint32_t count;	  /* bytes of a string or number, children of an array or object */
	uint32_t offset;  /* where the value starts in the document, for messages */
	const char *name; /* of a member; NULL otherwise */
	union {
		bool boolean;
		const char *text; /* STRING (unescaped, may hold no NUL), NUMBER */
		const struct json *first;
	};
	const struct json *next;
};

struct json_limits {
	size_t max_bytes;
	unsigned max_depth;
	size_t max_values;
};
extern const struct json_limits json_limits_default; /* 16 MiB, depth 64, 1,000,000 values */

/* `limits` NULL: json_limits_default. The text is borrowed for the call. */
int json_parse(struct arena *arena, const char *text, size_t length,
	       const struct json_limits *limits, const struct json **out, struct err *e);

const struct json *json_get(const struct json *object, const char *name); /* NULL when absent */
const char *json_string(const struct json *value);			  /* NULL unless STRING */
const char *json_type_name(enum json_type type);			  /* "object" ... */
/* -ERANGE; -EINVAL for what is not a number of digits alone, such as 1.0 and 1e3. */
int json_to_int64(const struct json *value, int64_t *out);
int json_to_uint64(const struct json *value, uint64_t *out);
/* Members in any order, numbers by their text. NULL equals NULL only. */
bool json_equal(const struct json *a, const struct json *b);

/* RFC 6901: adds "/name" with ~ and / escaped. Negative errno of the buffer. */
int json_pointer_add(struct strbuf *pointer, const char *name);
int json_pointer_add_index(struct strbuf *pointer, size_t index);

/* Writing. `name` is NULL inside arrays and at the top. Slashes are not escaped; bytes that are not
 * UTF-8 become U+FFFD; a NULL string or value is null. Commas and indentation are the writer's
 * business; one check of json_writer_end() at the end is enough. */
struct json_writer {
	struct strbuf *out;
	bool pretty; /* two spaces a level, "name": value; else compact */
	unsigned depth;
	bool member_before; /* a comma is due */
};
void json_writer_init(struct json_writer *w, struct strbuf *out, bool pretty);
void json_open_object(struct json_writer *w, const char *name);
void json_open_array(struct json_writer *w, const char *name);
void json_close_object(struct json_writer *w);
void json_close_array(struct json_writer *w);
void json_write_string(struct json_writer *w, const char *name, const char *value);
void json_write_int(struct json_writer *w, const char *name, int64_t value);
void json_write_uint(struct json_writer *w, const char *name, uint64_t value);
void json_write_bool(struct json_writer *w, const char *name, bool value);
void json_write_null(struct json_writer *w, const char *name);
void json_write_value(struct json_writer *w, const char *name, const struct json *value);
int json_writer_end(
	struct json_writer *w); /* negative errno of the buffer; -EPROTO when unbalanced */

#endif
