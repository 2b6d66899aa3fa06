/* str.h - text: formatted, compared, parsed strictly, built up under a cap.
 *
 * Ownership : what str_format and str_copy return is malloc'ed, the caller frees it.
 * Errors    : negative errno (-EINVAL not of the form, -ERANGE out of range, -ENOMEM, -E2BIG cap). */
#ifndef KEG_BASE_STR_H
#define KEG_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

char *str_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *str_copy(const char *text); /* NULL for NULL */

static inline bool str_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}
static inline bool str_empty(const char *text)
{
	return !text || !*text;
}
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);

/* Whole-string decimal: no sign but '-' for int64, no spaces, no leading '+'. */
int str_to_int64(const char *text, int64_t *out);
int str_to_uint64(const char *text, uint64_t *out);

/* RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF. */
bool str_is_utf8(const char *text, size_t length);
size_t str_utf8_prefix(const char *text, size_t length); /* how many bytes of it are UTF-8 */

/* Writes the UTF-8 of a code point, at most 4 bytes; returns how many. */
size_t str_put_utf8(char *out, unsigned rune);
/* Line and column of a byte, from 1; a column is a character. */
void str_locate(const char *text, size_t offset, size_t *out_line, size_t *out_column);

/* Text that grows up to a cap of `limit` bytes without the NUL. Zero-initialise with STRBUF(limit);
 * strbuf_done frees. After a failure every call fails the same way, so one check at the end is enough. */
struct strbuf {
	char *data; /* NUL-terminated once anything was added; NULL before */
	size_t length, capacity, limit;
	int failed; /* 0 or negative errno */
};
#define STRBUF(limit_bytes) ((struct strbuf){ .limit = (limit_bytes) })
int strbuf_add(struct strbuf *b, const char *text);
int strbuf_add_bytes(struct strbuf *b, const char *data, size_t length);
int strbuf_addf(struct strbuf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *strbuf_take(
	struct strbuf *b); /* the text, never NULL unless failed; the buffer is empty after */
void strbuf_done(struct strbuf *b);
#define AUTO_STRBUF __attribute__((cleanup(strbuf_done))) struct strbuf

#endif
