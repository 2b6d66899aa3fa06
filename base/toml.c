/* toml.c - a reader by recursive descent; each function takes what it is named for.
 *
 *   document   = { [ key-value | [table] | [[table]] ] [ #comment ] newline }
 *
 * What may be written to again is decided by how a table came to be (TOML 1.0, "Table"):
 *
 *   made by             again by [x]   by x.y = in a later section   by [x.y]   by [[x]]
 *   [x]                 no             no                            yes        no
 *   [x.y], as x         once           yes                           yes        no
 *   x.y = 1, as x       no             no                            yes        no
 *   [[x]]               no             no                            the last   another
 *   x = {...} or [...]  no             no                            no         no
 *
 * Source    : https://toml.io/en/v1.0.0; rows and cells as in CPython's tomllib. */
#include "base/toml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"

const struct json_limits toml_limits_default = {
	.max_bytes = (size_t)1 << 20,
	.max_depth = 32,
	.max_values = 10000,
};

enum made_by {
	MADE_AS_PARENT, /* the x of [x.y] */
	MADE_BY_HEADER,
	MADE_BY_DOTTED_KEY, /* in `section` */
	MADE_BY_DOUBLE_HEADER,
	MADE_AS_VALUE,
};

/* Every node of the tree, with what only the reader needs to know behind it. */
struct item {
	struct json json;
	struct item *parent, *last; /* child */
	enum made_by made_by;
	unsigned section;
	unsigned depth;
};

struct reader {
	struct arena *arena;
	const struct json_limits *limits;
	struct err *e;
	const char *text;
	size_t length, at;
	unsigned section; /* counts headers */
	size_t values;
};

static void add_pointer(struct strbuf *pointer, const struct item *item)
{
	if (!item || !item->parent)
		return;
	add_pointer(pointer, item->parent);
	if (item->json.name)
		json_pointer_add(pointer, item->json.name);
	else
		json_pointer_add_index(pointer, item->parent->json.count - 1);
}

/* At a byte of the text, while reading `name` in `table`; either may be NULL. */
__attribute__((format(printf, 6, 7))) static int fail_at(struct reader *r, size_t offset,
							 enum err_code code,
							 const struct item *table, const char *name,
							 const char *format, ...)
{
	AUTO_STRBUF pointer = STRBUF(SIZE_MAX);
	size_t line, column;
	va_list args;

	va_start(args, format);
	err_setv(r->e, code, 0, format, args);
	va_end(args);
	str_locate(r->text, offset, &line, &column);
	err_wrap(r->e, "line %zu column %zu", line, column);
	add_pointer(&pointer, table);
	if (name)
		json_pointer_add(&pointer, name);
	if (!pointer.failed && pointer.data)
		err_pointer(r->e, "%s", pointer.data);
	return -1;
}

static int fail_memory(struct reader *r)
{
	if (arena_at_limit(r->arena))
		return err_set(r->e, ERR_LIMIT, "document needs more memory than it may use");
	return err_set(r->e, ERR_NO_MEMORY, "no memory for a document of %zu bytes", r->length);
}

/* ---- the text ---- */

/* NUL at the end and at a NUL, which no rule allows. */
static char peek(const struct reader *r, size_t ahead)
{
	return r->length - r->at > ahead ? r->text[r->at + ahead] : 0;
}

static bool at_end(const struct reader *r)
{
	return r->at >= r->length;
}

static bool looking_at(const struct reader *r, const char *text)
{
	size_t length = strlen(text);

	return r->length - r->at >= length && memcmp(r->text + r->at, text, length) == 0;
}

static bool take(struct reader *r, const char *text)
{
	bool there = looking_at(r, text);

	if (there)
		r->at += strlen(text);
	return there;
}

static bool take_newline(struct reader *r)
{
	return take(r, "\n") || take(r, "\r\n");
}

static void skip_blanks(struct reader *r)
{
	while (peek(r, 0) == ' ' || peek(r, 0) == '\t')
		r->at++;
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_bare(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       c == '-';
}

static int skip_comment(struct reader *r)
{
	if (!take(r, "#"))
		return 0;
	while (!at_end(r) && !looking_at(r, "\n") && !looking_at(r, "\r\n")) {
		if (is_control(peek(r, 0)))
			return fail_at(r, r->at, ERR_INVALID, NULL, NULL,
				       "control character 0x%02x in a comment",
				       (unsigned char)peek(r, 0));
		r->at++;
	}
	return 0;
}

/* Blanks, comments and line breaks, as between the elements of an array. */
static int skip_lines(struct reader *r)
{
	do {
		skip_blanks(r);
		if (skip_comment(r) < 0)
			return -1;
	} while (take_newline(r));
	return 0;
}

/* "expected X, got Y" about what is next. */
static int fail_expected(struct reader *r, const struct item *table, const char *name,
			 const char *expected)
{
	size_t length = 0;

	while (is_bare(peek(r, length)) && length < 64)
		length++;
	if (at_end(r))
		return fail_at(r, r->at, ERR_INVALID, table, name,
			       "expected %s, got the end of the document", expected);
	if (looking_at(r, "\n") || looking_at(r, "\r\n"))
		return fail_at(r, r->at, ERR_INVALID, table, name,
			       "expected %s, got the end of the line", expected);
	if (length > 0)
		return fail_at(r, r->at, ERR_INVALID, table, name, "expected %s, got `%.*s`",
			       expected, (int)length, r->text + r->at);
	if (is_control(peek(r, 0)) || (unsigned char)peek(r, 0) >= 0x80)
		return fail_at(r, r->at, ERR_INVALID, table, name, "expected %s, got byte 0x%02x",
			       expected, (unsigned char)peek(r, 0));
	return fail_at(r, r->at, ERR_INVALID, table, name, "expected %s, got `%c`", expected,
		       peek(r, 0));
}

/* ---- the tree ---- */

static struct item *find(const struct item *table, const char *name)
{
	return (struct item *)json_get(&table->json, name);
}

/* A new last child; a NULL parent makes the root. */
static struct item *add(struct reader *r, struct item *parent, const char *name,
			enum json_type type, size_t offset, enum made_by made_by)
{
	unsigned depth = parent ? parent->depth + 1 : 1;

	if ((type == JSON_OBJECT || type == JSON_ARRAY) && depth > r->limits->max_depth) {
		fail_at(r, offset, ERR_LIMIT, parent, name, "nested deeper than %u levels",
			r->limits->max_depth);
		return NULL;
	}
	if (r->values >= r->limits->max_values) {
		fail_at(r, offset, ERR_LIMIT, parent, name, "more than %zu values",
			r->limits->max_values);
		return NULL;
	}
	struct item *item = ARENA_NEW(r->arena, struct item);
	if (!item) {
		fail_memory(r);
		return NULL;
	}
	r->values++;
	item->json.type = type;
	item->json.offset = (uint32_t)offset;
	item->json.name = name;
	item->parent = parent;
	item->made_by = made_by;
	item->section = r->section;
	item->depth = depth;
	if (!parent)
		return item;
	if (parent->last)
		parent->last->json.next = &item->json;
	else
		parent->json.first = &item->json;
	parent->last = item;
	parent->json.count++;
	return item;
}

static size_t line_of(const struct reader *r, const struct item *item)
{
	size_t line, column;

	str_locate(r->text, item->json.offset, &line, &column);
	return line;
}

static int fail_duplicate(struct reader *r, size_t offset, const struct item *table,
			  const struct item *first)
{
	return fail_at(r, offset, ERR_INVALID, table, first->json.name,
		       "duplicate key `%s`, first on line %zu", first->json.name,
		       line_of(r, first));
}

/* The table `name` of `table`, on the way to something below it by a header ([a.name.b]) or by a dotted
 * key (name.b = 1); made when it is not there. */
static struct item *descend(struct reader *r, struct item *table, const char *name, size_t offset,
			    bool by_header)
{
	struct item *next = find(table, name);

	if (!next)
		return add(r, table, name, JSON_OBJECT, offset,
			   by_header ? MADE_AS_PARENT : MADE_BY_DOTTED_KEY);
	bool closed = next->made_by == MADE_AS_VALUE;
	if (!by_header && next->made_by != MADE_AS_PARENT)
		closed = next->made_by != MADE_BY_DOTTED_KEY || next->section != r->section;
	if (closed) {
		fail_at(r, offset, ERR_INVALID, table, name,
			"`%s` of line %zu cannot be added to here", name, line_of(r, next));
		return NULL;
	}
	if (next->made_by == MADE_BY_DOUBLE_HEADER)
		return next->last;
	if (!by_header) {
		next->made_by = MADE_BY_DOTTED_KEY;
		next->section = r->section;
	}
	return next;
}

/* ---- strings ---- */

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static void put_utf8(struct strbuf *out, unsigned rune)
{
	char bytes[4];
	size_t length = str_put_utf8(bytes, rune);

	strbuf_add_bytes(out, bytes, length);
}

/* \uXXXX and \UXXXXXXXX, behind the letter. */
static int take_rune(struct reader *r, int digits, struct strbuf *out)
{
	size_t start = r->at - 2;
	unsigned rune = 0;

	for (int i = 0; i < digits; i++) {
		int value = hex_value(peek(r, 0));
		if (value < 0)
			return fail_at(r, start, ERR_INVALID, NULL, NULL,
				       "\\%c needs %d hexadecimal digits", r->text[start + 1],
				       digits);
		rune = rune << 4 | (unsigned)value;
		r->at++;
	}
	if (rune == 0)
		return fail_at(r, start, ERR_INVALID, NULL, NULL, "a string may not hold \\u0000");
	if (rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
		return fail_at(r, start, ERR_INVALID, NULL, NULL, "%.*s is not a Unicode character",
			       (int)(r->at - start), r->text + start);
	put_utf8(out, rune);
	return 0;
}

/* A backslash at the end of a line takes the line break and all space before the next text with it. */
static bool take_line_continuation(struct reader *r)
{
	size_t start = r->at;

	skip_blanks(r);
	if (!take_newline(r)) {
		r->at = start;
		return false;
	}
	do
		skip_blanks(r);
	while (take_newline(r));
	return true;
}

static int take_escape(struct reader *r, bool many_lines, struct strbuf *out)
{
	static const char letters[] = "btnfr\"\\", meanings[] = "\b\t\n\f\r\"\\";
	size_t start = r->at++;
	char c = peek(r, 0);
	const char *letter = c ? strchr(letters, c) : NULL;

	if (letter) {
		r->at++;
		return strbuf_add_bytes(out, &meanings[letter - letters], 1);
	}
	if (c == 'u' || c == 'U') {
		r->at++;
		return take_rune(r, c == 'u' ? 4 : 8, out);
	}
	if (many_lines && take_line_continuation(r))
		return 0;
	return fail_at(r, start, ERR_INVALID, NULL, NULL,
		       "invalid escape in a string, a backslash is written \\\\ or within '...'");
}

/* What is between the quotes, to the closing one. `quote` is one or three of " or '. */
static int take_quoted(struct reader *r, const char *quote, struct strbuf *out)
{
	size_t start = r->at;
	bool many_lines = strlen(quote) == 3, escapes = *quote == '"';

	r->at += strlen(quote);
	if (many_lines)
		take_newline(r);
	while (!looking_at(r, quote)) {
		char c = peek(r, 0);
		if (at_end(r))
			return fail_at(r, start, ERR_INVALID, NULL, NULL, "string is not closed");
		if (looking_at(r, "\n") || looking_at(r, "\r\n")) {
			if (!many_lines)
				return fail_at(r, start, ERR_INVALID, NULL, NULL,
					       "string is not closed on its line");
			take_newline(r);
			strbuf_add_bytes(out, "\n", 1);
		} else if (is_control(c)) {
			return fail_at(r, r->at, ERR_INVALID, NULL, NULL,
				       "control character 0x%02x in a string", (unsigned char)c);
		} else if (c == '\\' && escapes) {
			if (take_escape(r, many_lines, out) < 0 && !out->failed)
				return -1;
		} else {
			strbuf_add_bytes(out, &c, 1);
			r->at++;
		}
	}
	r->at += strlen(quote);
	/* Up to two quotes may stand right before the closing three. */
	for (int i = 0; many_lines && i < 2 && peek(r, 0) == *quote; i++) {
		strbuf_add_bytes(out, quote, 1);
		r->at++;
	}
	return 0;
}

static const char *take_string(struct reader *r, bool many_lines_allowed, size_t *out_length)
{
	AUTO_STRBUF text = STRBUF(SIZE_MAX);
	const char *quote = looking_at(r, "\"") ? "\"" : "'";

	if (many_lines_allowed && looking_at(r, "\"\"\""))
		quote = "\"\"\"";
	else if (many_lines_allowed && looking_at(r, "'''"))
		quote = "'''";
	if (take_quoted(r, quote, &text) < 0)
		return NULL;
	const char *copy =
		text.failed ? NULL
			    : arena_strndup(r->arena, text.data ? text.data : "", text.length);
	if (!copy)
		fail_memory(r);
	*out_length = text.length;
	return copy;
}

/* ---- numbers, booleans, dates ---- */

/* Copies a number without its underscores, each of which must stand between two digits. */
static bool without_underscores(const char *token, size_t length, bool prefixed, char *out)
{
	for (size_t i = 0; i < length; i++) {
		if (token[i] != '_') {
			*out++ = token[i];
			continue;
		}
		if (i <= (prefixed ? 2 : 0) || i + 1 == length)
			return false;
		if (prefixed ? hex_value(token[i - 1]) < 0 || hex_value(token[i + 1]) < 0
			     : !is_digit(token[i - 1]) || !is_digit(token[i + 1]))
			return false;
	}
	*out = 0;
	return true;
}

static size_t count_digits(const char *text)
{
	size_t n = 0;

	while (is_digit(text[n]))
		n++;
	return n;
}

/* "[-]digits[.digits][e[+-]digits]", no leading zero. */
static bool is_decimal(const char *text, bool *out_integer)
{
	text += *text == '-';
	size_t whole = count_digits(text);
	if (whole == 0 || (whole > 1 && *text == '0'))
		return false;
	text += whole;
	*out_integer = !*text;
	if (*text == '.') {
		size_t fraction = count_digits(++text);
		if (fraction == 0)
			return false;
		text += fraction;
	}
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '+' || *text == '-';
		size_t exponent = count_digits(text);
		if (exponent == 0)
			return false;
		text += exponent;
	}
	return !*text;
}

/* 0x, 0o and 0b. -EINVAL, -ERANGE. */
static int parse_prefixed(const char *text, int64_t *out)
{
	int base = text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : 2;
	int64_t value = 0;
	bool overflow = false;

	if (!text[2])
		return -EINVAL;
	for (text += 2; *text; text++) {
		int digit = hex_value(*text);
		if (digit < 0 || digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			overflow = true;
	}
	*out = value;
	return overflow ? -ERANGE : 0;
}

/* The number as JSON writes it; NULL with -EINVAL, -ERANGE or -ENOMEM in *rc. */
static const char *plain_number(struct reader *r, const char *token, size_t length, int *rc)
{
	bool prefixed = length > 1 && token[0] == '0' && token[1] && strchr("xob", token[1]);
	char *text = arena_alloc(r->arena, length + 1);
	int64_t value;
	bool integer = true;

	*rc = -ENOMEM;
	if (!text)
		return NULL;
	*rc = -EINVAL;
	if (!without_underscores(token, length, prefixed, text))
		return NULL;
	if (prefixed) {
		*rc = parse_prefixed(text, &value);
		return *rc < 0 ? NULL : arena_format(r->arena, "%lld", (long long)value);
	}
	text += *text == '+' && text[1] != '-';
	if (!is_decimal(text, &integer))
		return NULL;
	*rc = integer ? str_to_int64(text, &value) : 0;
	return *rc < 0 ? NULL : text;
}

static int two_digits(const char *text)
{
	return (text[0] - '0') * 10 + text[1] - '0';
}

/* Whether a text begins with a pattern of digits (0) and themselves. */
static bool matches(const char *text, const char *pattern)
{
	for (; *pattern; text++, pattern++)
		if (*pattern == '0' ? !is_digit(*text) : *text != *pattern)
			return false;
	return true;
}

static bool is_date(const char *text)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	int year = two_digits(text) * 100 + two_digits(text + 2);
	int month = two_digits(text + 5), day = two_digits(text + 8);
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1] + (month == 2 && leap);
}

/* "00:00:00[.digits]" of a real time of day; returns its length, 0 when it is not. */
static size_t time_length(const char *text)
{
	if (!matches(text, "00:00:00") || two_digits(text) > 23 || two_digits(text + 3) > 59 ||
	    two_digits(text + 6) > 60) /* RFC 3339: a leap second */
		return 0;
	if (text[8] != '.')
		return 8;
	size_t digits = count_digits(text + 9);
	return digits ? 9 + digits : 0;
}

static bool is_zone(const char *text)
{
	if (str_equal(text, "Z") || str_equal(text, "z"))
		return true;
	return (matches(text, "+00:00") || matches(text, "-00:00")) && !text[6] &&
	       two_digits(text + 1) <= 23 && two_digits(text + 4) <= 59;
}

/* Offset and local date-times, local dates and local times. */
static bool is_moment(const char *text)
{
	if (!matches(text, "0000-00-00")) {
		size_t length = time_length(text);
		return length > 0 && !text[length];
	}
	if (!is_date(text))
		return false;
	if (!text[10])
		return true;
	if (!strchr("Tt ", text[10]))
		return false;
	size_t length = time_length(text + 11);
	return length > 0 && (!text[11 + length] || is_zone(text + 11 + length));
}

static bool is_token(char c)
{
	return is_bare(c) || c == '+' || c == '.' || c == ':';
}

/* The length of a word, number or moment; a date and its time may have a space between them. */
static size_t token_length(const struct reader *r)
{
	size_t length = 0;

	while (is_token(peek(r, length)))
		length++;
	if (length == 10 && matches(r->text + r->at, "0000-00-00") && peek(r, 10) == ' ' &&
	    is_digit(peek(r, 11)))
		for (length = 11; is_token(peek(r, length)); length++)
			;
	return length;
}

static int take_token(struct reader *r, struct item *parent, const char *name)
{
	size_t start = r->at, length = token_length(r);
	const char *token = r->text + start;
	int shown = (int)(length < 64 ? length : 64), rc;
	struct item *item;

	if (looking_at(r, "true") || looking_at(r, "false")) {
		bool value = *token == 't';
		if (length == (value ? 4U : 5U)) {
			item = add(r, parent, name, JSON_BOOL, start, MADE_AS_VALUE);
			if (!item)
				return -1;
			item->json.boolean = value;
			r->at += length;
			return 0;
		}
	}
	size_t sign = *token == '+' || *token == '-';
	if (length == sign + 3 &&
	    (memcmp(token + sign, "inf", 3) == 0 || memcmp(token + sign, "nan", 3) == 0))
		return fail_at(r, start, ERR_INVALID, parent, name, "`%.*s` is not used here",
			       shown, token);
	if (length <= sign || !is_digit(token[sign]))
		return fail_at(r, start, ERR_INVALID, parent, name,
			       "expected a value, got `%.*s` (a string needs quotes)", shown,
			       token);

	const char *number = plain_number(r, token, length, &rc);
	const char *moment = NULL;
	if (rc == -EINVAL && length > 2 && (token[2] == ':' || (length > 4 && token[4] == '-'))) {
		moment = arena_strndup(r->arena, token, length);
		if (moment && !is_moment(moment))
			return fail_at(r, start, ERR_INVALID, parent, name,
				       "`%.*s` is not a date or time", shown, token);
	} else if (rc == -ERANGE) {
		return fail_at(r, start, ERR_INVALID, parent, name,
			       "`%.*s` is out of range of a 64-bit integer", shown, token);
	} else if (rc == -EINVAL) {
		return fail_at(r, start, ERR_INVALID, parent, name, "`%.*s` is not a number", shown,
			       token);
	}
	if (!number && !moment)
		return fail_memory(r);
	item = add(r, parent, name, number ? JSON_NUMBER : JSON_STRING, start, MADE_AS_VALUE);
	if (!item)
		return -1;
	item->json.text = number ? number : moment;
	item->json.count = (uint32_t)strlen(item->json.text);
	r->at += length;
	return 0;
}

/* ---- values ---- */

static int take_value(struct reader *r, struct item *parent, const char *name);
static int take_key_value(struct reader *r, struct item *table);

static int take_array(struct reader *r, struct item *parent, const char *name)
{
	struct item *array = add(r, parent, name, JSON_ARRAY, r->at, MADE_AS_VALUE);

	if (!array)
		return -1;
	r->at++;
	for (;;) {
		if (skip_lines(r) < 0)
			return -1;
		if (take(r, "]"))
			return 0;
		if (at_end(r))
			break;
		if (take_value(r, array, NULL) < 0 || skip_lines(r) < 0)
			return -1;
		if (!take(r, ",") && !looking_at(r, "]"))
			break;
	}
	if (at_end(r))
		return fail_at(r, array->json.offset, ERR_INVALID, parent, name,
			       "array is not closed");
	return fail_expected(r, array, NULL, "`,` or `]`");
}

static int take_inline_table(struct reader *r, struct item *parent, const char *name)
{
	struct item *table = add(r, parent, name, JSON_OBJECT, r->at, MADE_AS_VALUE);

	if (!table)
		return -1;
	r->at++;
	skip_blanks(r);
	if (take(r, "}"))
		return 0;
	for (;;) {
		size_t comma;
		if (take_key_value(r, table) < 0)
			return -1;
		skip_blanks(r);
		if (take(r, "}"))
			return 0;
		comma = r->at;
		if (!take(r, ","))
			return fail_expected(r, table, NULL, "`,` or `}` on the same line");
		skip_blanks(r);
		if (looking_at(r, "}"))
			return fail_at(r, comma, ERR_INVALID, table, NULL,
				       "trailing comma before `}`");
	}
}

static int take_value(struct reader *r, struct item *parent, const char *name)
{
	size_t start = r->at, length;
	char c = peek(r, 0);

	if (c == '[')
		return take_array(r, parent, name);
	if (c == '{')
		return take_inline_table(r, parent, name);
	if (is_token(c))
		return take_token(r, parent, name);
	if (c != '"' && c != '\'')
		return fail_expected(r, parent, name, "a value");

	const char *text = take_string(r, true, &length);
	struct item *item = text ? add(r, parent, name, JSON_STRING, start, MADE_AS_VALUE) : NULL;
	if (!item)
		return -1;
	item->json.text = text;
	item->json.count = (uint32_t)length;
	return 0;
}

/* ---- keys and tables ---- */

static const char *take_simple_key(struct reader *r, const struct item *table)
{
	size_t length = 0;

	if (peek(r, 0) == '"' || peek(r, 0) == '\'')
		return take_string(r, false, &length);
	while (is_bare(peek(r, length)))
		length++;
	if (length == 0) {
		fail_expected(r, table, NULL, "a key");
		return NULL;
	}
	const char *name = arena_strndup(r->arena, r->text + r->at, length);
	if (!name)
		fail_memory(r);
	r->at += length;
	return name;
}

/* a.b."c": the table that the last part belongs to and that part, of `io_table`. */
static const char *take_key(struct reader *r, struct item **io_table, size_t *out_offset,
			    bool header)
{
	for (;;) {
		skip_blanks(r);
		*out_offset = r->at;
		const char *name = take_simple_key(r, *io_table);
		if (!name)
			return NULL;
		skip_blanks(r);
		if (!take(r, "."))
			return name;
		*io_table = descend(r, *io_table, name, *out_offset, header);
		if (!*io_table)
			return NULL;
	}
}

static int take_key_value(struct reader *r, struct item *table)
{
	size_t offset;
	const char *name = take_key(r, &table, &offset, false);

	if (!name)
		return -1;
	const struct item *first = find(table, name);
	if (first)
		return fail_duplicate(r, offset, table, first);
	if (!take(r, "="))
		return fail_expected(r, table, name, "`=` after the key");
	skip_blanks(r);
	return take_value(r, table, name);
}

/* [name] in `table`: found when it was only a parent so far. */
static struct item *open_table(struct reader *r, struct item *table, const char *name,
			       size_t offset)
{
	struct item *found = find(table, name);

	if (!found)
		return add(r, table, name, JSON_OBJECT, offset, MADE_BY_HEADER);
	if (found->made_by != MADE_AS_PARENT) {
		fail_duplicate(r, offset, table, found);
		return NULL;
	}
	found->made_by = MADE_BY_HEADER;
	return found;
}

/* [[name]] in `table`: one more. */
static struct item *open_element(struct reader *r, struct item *table, const char *name,
				 size_t offset)
{
	struct item *array = find(table, name);

	if (array && array->made_by != MADE_BY_DOUBLE_HEADER) {
		fail_duplicate(r, offset, table, array);
		return NULL;
	}
	if (!array)
		array = add(r, table, name, JSON_ARRAY, offset, MADE_BY_DOUBLE_HEADER);
	return array ? add(r, array, NULL, JSON_OBJECT, offset, MADE_BY_HEADER) : NULL;
}

static struct item *take_header(struct reader *r, struct item *root)
{
	bool twice = take(r, "[[");
	struct item *table = root;
	size_t offset;

	if (!twice)
		r->at++;
	r->section++;
	const char *name = take_key(r, &table, &offset, true);
	if (!name)
		return NULL;
	if (!take(r, twice ? "]]" : "]")) {
		fail_expected(r, table, name, twice ? "`]]`" : "`]`");
		return NULL;
	}
	return twice ? open_element(r, table, name, offset) : open_table(r, table, name, offset);
}

static int take_document(struct reader *r, struct item *root)
{
	struct item *table = root;

	for (;;) {
		if (skip_lines(r) < 0)
			return -1;
		if (at_end(r))
			return 0;
		if (looking_at(r, "[")) {
			table = take_header(r, root);
			if (!table)
				return -1;
		} else if (take_key_value(r, table) < 0) {
			return -1;
		}
		skip_blanks(r);
		if (skip_comment(r) < 0)
			return -1;
		if (!at_end(r) && !take_newline(r))
			return fail_expected(r, table, NULL, "the end of the line");
	}
}

int toml_parse(struct arena *arena, const char *text, size_t length,
	       const struct json_limits *limits, const struct json **out, struct err *e)
{
	struct reader r = {
		.arena = arena,
		.limits = limits ? limits : &toml_limits_default,
		.e = e,
		.text = text,
		.length = length,
	};
	size_t cap = r.limits->max_bytes < UINT32_MAX ? r.limits->max_bytes : UINT32_MAX;

	if (length > cap)
		return err_set(e, ERR_LIMIT, "document of %zu bytes is larger than %zu", length,
			       cap);
	size_t valid = str_utf8_prefix(text, length);
	if (valid < length)
		return fail_at(&r, valid, ERR_INVALID, NULL, NULL, "byte 0x%02x is not UTF-8",
			       (unsigned char)text[valid]);
	take(&r, "\xef\xbb\xbf"); /* a byte order mark */
	struct item *root = add(&r, NULL, NULL, JSON_OBJECT, 0, MADE_BY_HEADER);
	if (!root || take_document(&r, root) < 0)
		return -1;
	*out = &root->json;
	return 0;
}
