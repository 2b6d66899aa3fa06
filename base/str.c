/* str.c - text in the small; see str.h. */
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

char *str_format(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	return length < 0 ? NULL : text;
}

char *str_copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

bool str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
	size_t length = strlen(text), tail = strlen(suffix);

	return length >= tail && memcmp(text + length - tail, suffix, tail) == 0;
}

/* All of the text as digits; -EINVAL wins over -ERANGE. */
static int parse_digits(const char *text, uint64_t *out)
{
	uint64_t value = 0;
	bool overflow = false;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			overflow = true;
	}
	if (overflow)
		return -ERANGE;
	*out = value;
	return 0;
}

int str_to_uint64(const char *text, uint64_t *out)
{
	return parse_digits(text, out);
}

int str_to_int64(const char *text, int64_t *out)
{
	bool negative = *text == '-';
	uint64_t size;
	int rc = parse_digits(text + negative, &size);

	if (rc < 0)
		return rc;
	if (size > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*out = negative ? (int64_t)(0 - size) : (int64_t)size;
	return 0;
}

/* RFC 3629, the table of section 4: what may follow the first byte. */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		length = 2;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		length = 3;
		if (p[0] == 0xe0)
			low = 0xa0; /* shorter forms exist */
		else if (p[0] == 0xed)
			high = 0x9f; /* surrogates */
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		length = 4;
		if (p[0] == 0xf0)
			low = 0x90;
		else if (p[0] == 0xf4)
			high = 0x8f; /* U+10FFFF is the last */
	} else {
		return 0;
	}
	if (left < length || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return length;
}

size_t str_utf8_prefix(const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t at = 0;

	while (at < length) {
		uint64_t eight;
		if (length - at >= sizeof(eight)) {
			memcpy(&eight, p + at, sizeof(eight));
			if (!(eight & 0x8080808080808080)) {
				at += sizeof(eight);
				continue;
			}
		}
		size_t step = utf8_sequence(p + at, length - at);
		if (step == 0)
			break;
		at += step;
	}
	return at;
}

bool str_is_utf8(const char *text, size_t length)
{
	return str_utf8_prefix(text, length) == length;
}

size_t str_put_utf8(char *out, unsigned rune)
{
	if (rune < 0x80) {
		out[0] = (char)rune;
		return 1;
	}
	if (rune < 0x800) {
		out[0] = (char)(0xc0 | rune >> 6);
		out[1] = (char)(0x80 | (rune & 0x3f));
		return 2;
	}
	if (rune < 0x10000) {
		out[0] = (char)(0xe0 | rune >> 12);
		out[1] = (char)(0x80 | (rune >> 6 & 0x3f));
		out[2] = (char)(0x80 | (rune & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | rune >> 18);
	out[1] = (char)(0x80 | (rune >> 12 & 0x3f));
	out[2] = (char)(0x80 | (rune >> 6 & 0x3f));
	out[3] = (char)(0x80 | (rune & 0x3f));
	return 4;
}

void str_locate(const char *text, size_t offset, size_t *out_line, size_t *out_column)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	*out_line = line;
	*out_column = column;
}

/* Room for `more` bytes and the NUL. */
static int strbuf_reserve(struct strbuf *b, size_t more)
{
	if (b->failed)
		return b->failed;
	if (more > b->limit - b->length)
		return b->failed = -E2BIG;
	size_t need = b->length + more + 1;
	if (need == 0)
		return b->failed = -E2BIG;
	if (need <= b->capacity)
		return 0;

	size_t capacity = b->capacity < 64 ? 64 : b->capacity;
	while (capacity < need)
		if (__builtin_mul_overflow(capacity, 2, &capacity))
			capacity = need;
	char *data = realloc(b->data, capacity);
	if (!data)
		return b->failed = -ENOMEM;
	b->data = data;
	b->capacity = capacity;
	return 0;
}

int strbuf_add_bytes(struct strbuf *b, const char *data, size_t length)
{
	int rc = strbuf_reserve(b, length);

	if (rc < 0)
		return rc;
	if (length > 0)
		memcpy(b->data + b->length, data, length);
	b->length += length;
	b->data[b->length] = 0;
	return 0;
}

int strbuf_add(struct strbuf *b, const char *text)
{
	return strbuf_add_bytes(b, text, strlen(text));
}

int strbuf_addf(struct strbuf *b, const char *format, ...)
{
	int rc = strbuf_reserve(b, 0);
	va_list args;

	if (rc < 0)
		return rc;
	size_t room = b->capacity - b->length;
	va_start(args, format);
	int formatted = vsnprintf(b->data + b->length, room, format, args);
	va_end(args);

	size_t length = formatted < 0 ? 0 : (size_t)formatted;
	bool fits = length < room && length <= b->limit - b->length;
	if (!fits) {
		b->data[b->length] = 0; /* what was cut is not kept */
		rc = strbuf_reserve(b, length);
		if (rc < 0)
			return rc;
		va_start(args, format);
		vsnprintf(b->data + b->length, length + 1, format, args);
		va_end(args);
	}
	b->length += length;
	return formatted < 0 ? (b->failed = -EINVAL) : 0;
}

char *strbuf_take(struct strbuf *b)
{
	char *text = NULL;

	if (strbuf_reserve(b, 0) == 0) {
		text = b->data;
		text[b->length] = 0;
		*b = STRBUF(b->limit);
	}
	return text;
}

void strbuf_done(struct strbuf *b)
{
	int saved = errno;

	free(b->data);
	*b = STRBUF(b->limit);
	errno = saved;
}
