/* json.c - RFC 8259 text into a tree, by yajl's callbacks.
 *
 * The text is copied into the arena once and strings are unescaped and ended in place: a string's
 * closing quote becomes its NUL; a number moves one byte to the left, over the separator that the
 * lexer has passed, to make room for its own. What yajl does not refuse (duplicate keys, lone
 * surrogates, NULs, ill-formed UTF-8, depth, size) is refused here, and what it does refuse is said
 * here in words that name the mistake, its line and column, and the pointer of where it is.
 *
 * Source    : RFC 8259, RFC 6901; yajl 2.1: yajl_get_bytes_consumed() within a callback is the end of
 *             the token called back for. */
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/scope.h"

const struct json_limits json_limits_default = {
	.max_bytes = (size_t)16 << 20,
	.max_depth = 64,
	.max_values = 1000000,
};

static const char *const type_names[] = {
	[JSON_NULL] = "null",	  [JSON_BOOL] = "boolean", [JSON_NUMBER] = "number",
	[JSON_STRING] = "string", [JSON_ARRAY] = "array",  [JSON_OBJECT] = "object",
};

/* An object or array that is not closed yet. */
struct frame {
	struct json *node;
	struct json *last; /* child */
	const char *key;   /* read, its value not yet */
};

/* Nodes are taken from small arrays: one alone would be padded to the arena's alignment. */
#define NODES_AT_ONCE 32

/* With so few members, comparing each with each beats sorting. */
#define SMALL_OBJECT 16

struct reader {
	struct arena *arena;
	const struct json_limits *limits;
	struct err *e;
	const char *text; /* as given */
	size_t length;
	char *copy; /* with one byte before it and a line feed behind */
	yajl_handle yajl;
	bool failed; /* *e is set */
	size_t token_end;
	struct json *root;
	struct frame *frames;
	unsigned depth;
	size_t values;
	struct json *spare;
	size_t n_spare;
};

const char *json_type_name(enum json_type type)
{
	return (size_t)type < ARRAY_SIZE(type_names) ? type_names[type] : "unknown";
}

int json_pointer_add(struct strbuf *pointer, const char *name)
{
	strbuf_add_bytes(pointer, "/", 1);
	for (;;) {
		size_t plain = strcspn(name, "~/");
		strbuf_add_bytes(pointer, name, plain);
		name += plain;
		if (!*name)
			return pointer->failed;
		strbuf_add(pointer, *name == '~' ? "~0" : "~1");
		name++;
	}
}

int json_pointer_add_index(struct strbuf *pointer, size_t index)
{
	return strbuf_addf(pointer, "/%zu", index);
}

/* The pointer of the innermost value that was being read, or of `key` in the innermost object. */
static void add_pointer(const struct reader *r, const char *key, struct err *e)
{
	AUTO_STRBUF pointer = STRBUF(SIZE_MAX);

	for (unsigned i = 1; i < r->depth; i++) {
		if (r->frames[i].node->name)
			json_pointer_add(&pointer, r->frames[i].node->name);
		else
			json_pointer_add_index(&pointer, r->frames[i - 1].node->count - 1);
	}
	if (!key && r->depth > 0)
		key = r->frames[r->depth - 1].key;
	if (key)
		json_pointer_add(&pointer, key);
	if (!pointer.failed && pointer.data)
		err_pointer(e, "%s", pointer.data);
}

__attribute__((format(printf, 5, 6))) static int fail_at(struct reader *r, size_t offset,
							 enum err_code code, const char *key,
							 const char *format, ...)
{
	size_t line, column;
	va_list args;

	if (r->failed)
		return 0;
	r->failed = true;
	va_start(args, format);
	err_setv(r->e, code, 0, format, args);
	va_end(args);
	str_locate(r->text, offset, &line, &column);
	err_wrap(r->e, "line %zu column %zu", line, column);
	add_pointer(r, key, r->e);
	return 0; /* to yajl: stop */
}

static int fail_memory(struct reader *r)
{
	if (r->failed)
		return 0;
	r->failed = true;
	if (arena_at_limit(r->arena))
		err_set(r->e, ERR_LIMIT, "document needs more memory than it may use");
	else
		err_set(r->e, ERR_NO_MEMORY, "no memory for a document of %zu bytes", r->length);
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_separator(char c)
{
	return is_space(c) || c == ',' || c == ':';
}

/* The token that yajl is calling back for: from the first byte that is no separator. Lengthens
 * token_end to its end. */
static size_t next_token(struct reader *r)
{
	size_t start = r->token_end;

	r->token_end = yajl_get_bytes_consumed(r->yajl);
	while (start < r->token_end && is_separator(r->text[start]))
		start++;
	return start;
}

static struct json *add_node(struct reader *r, enum json_type type, size_t offset)
{
	if (r->values >= r->limits->max_values) {
		fail_at(r, offset, ERR_LIMIT, NULL, "more than %zu values", r->limits->max_values);
		return NULL;
	}
	if (r->n_spare == 0) {
		r->spare = ARENA_ARRAY(r->arena, NODES_AT_ONCE, struct json);
		if (!r->spare) {
			fail_memory(r);
			return NULL;
		}
		r->n_spare = NODES_AT_ONCE;
	}
	struct json *node = r->spare++;
	r->n_spare--;
	r->values++;
	node->type = type;
	node->offset = (uint32_t)offset;
	if (r->depth == 0) {
		r->root = node;
		return node;
	}

	struct frame *frame = &r->frames[r->depth - 1];
	node->name = frame->key;
	frame->key = NULL;
	if (frame->last)
		frame->last->next = node;
	else
		frame->node->first = node;
	frame->last = node;
	frame->node->count++;
	return node;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits after \u; -1 when they are not there. */
static int hex_four(const char *text, const char *end)
{
	int value = 0;

	if (end - text < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(text[i]);
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static char unescape_letter(char letter)
{
	switch (letter) {
	case 'b': return '\b';
	case 'f': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	default: return letter; /* quote, backslash, slash */
	}
}

/* Text between quotes, from `in`, to `out`, which may be the same. yajl has checked the escapes' form.
 * Returns the length; -1 with *e set at what C strings and UTF-8 cannot hold. */
static ssize_t unescape(struct reader *r, size_t start, size_t end, char *out)
{
	const char *in = r->text + start, *stop = r->text + end;
	char *to = out;

	while (in < stop) {
		const char *backslash = memchr(in, '\\', (size_t)(stop - in));
		size_t plain = (size_t)((backslash ? backslash : stop) - in);
		memmove(to, in, plain);
		to += plain;
		if (!backslash)
			break;
		size_t at = (size_t)(backslash - r->text);
		if (backslash[1] != 'u') {
			*to++ = unescape_letter(backslash[1]);
			in = backslash + 2;
			continue;
		}
		int rune = hex_four(backslash + 2, stop);
		in = backslash + 6;
		if (rune >= 0xd800 && rune <= 0xdbff) {
			int low = stop - in >= 6 && in[0] == '\\' && in[1] == 'u'
					  ? hex_four(in + 2, stop)
					  : -1;
			if (low < 0xdc00 || low > 0xdfff) {
				fail_at(r, at, ERR_INVALID, NULL,
					"\\u%.4s is half of a surrogate pair", backslash + 2);
				return -1;
			}
			rune = 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00);
			in += 6;
		} else if (rune >= 0xdc00 && rune <= 0xdfff) {
			fail_at(r, at, ERR_INVALID, NULL, "\\u%.4s is half of a surrogate pair",
				backslash + 2);
			return -1;
		} else if (rune <= 0) {
			fail_at(r, at, ERR_INVALID, NULL, "a string may not hold \\u0000");
			return -1;
		}
		to += str_put_utf8(to, (unsigned)rune);
	}
	return to - out;
}

/* The string whose opening quote is at `start`, ended in place. */
static char *take_string(struct reader *r, size_t start, size_t *out_length)
{
	char *out = r->copy + start + 1;
	ssize_t length = unescape(r, start + 1, r->token_end - 1, out);

	if (length < 0)
		return NULL;
	out[length] = 0;
	*out_length = (size_t)length;
	return out;
}

static int on_null(void *context)
{
	struct reader *r = context;

	return add_node(r, JSON_NULL, next_token(r)) != NULL;
}

static int on_boolean(void *context, int value)
{
	struct reader *r = context;
	struct json *node = add_node(r, JSON_BOOL, next_token(r));

	if (!node)
		return 0;
	node->boolean = value;
	return 1;
}

static int on_number(void *context, const char *digits, size_t length)
{
	struct reader *r = context;
	size_t start = next_token(r);
	struct json *node = add_node(r, JSON_NUMBER, start);

	if (!node)
		return 0;
	char *text = r->copy + start - 1;
	memmove(text, text + 1, length);
	text[length] = 0;
	node->text = text;
	node->count = (uint32_t)length;
	(void)digits; /* the same bytes, as yajl sees them */
	return 1;
}

static int on_string(void *context, const unsigned char *value, size_t length)
{
	struct reader *r = context;
	size_t start = next_token(r);
	char *text = take_string(r, start, &length);
	struct json *node = text ? add_node(r, JSON_STRING, start) : NULL;

	if (!node)
		return 0;
	node->text = text;
	node->count = (uint32_t)length;
	(void)value; /* unescaped by yajl, without its surrogates being checked */
	return 1;
}

static int on_key(void *context, const unsigned char *key, size_t length)
{
	struct reader *r = context;

	r->frames[r->depth - 1].key = take_string(r, next_token(r), &length);
	(void)key;
	return r->frames[r->depth - 1].key != NULL;
}

static int open_container(struct reader *r, enum json_type type)
{
	size_t offset = next_token(r);

	if (r->depth >= r->limits->max_depth)
		return fail_at(r, offset, ERR_LIMIT, NULL, "nested deeper than %u levels",
			       r->limits->max_depth);
	struct json *node = add_node(r, type, offset);
	if (!node)
		return 0;
	r->frames[r->depth++] = (struct frame){ .node = node };
	return 1;
}

static int close_container(struct reader *r)
{
	next_token(r);
	r->depth--;
	return 1;
}

static int on_open_object(void *context)
{
	return open_container(context, JSON_OBJECT);
}

static int on_open_array(void *context)
{
	return open_container(context, JSON_ARRAY);
}

static int on_close_array(void *context)
{
	return close_container(context);
}

/* By name, then by place in the document, which names show: they all point into the copy. */
static int compare_members(const void *a, const void *b)
{
	const struct json *x = *(const struct json *const *)a;
	const struct json *y = *(const struct json *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->name > y->name) - (x->name < y->name);
}

/* The first member of which another came before: by each with each, or sorted when that would be slow.
 * NULL when there is none; -1 without memory. */
static int find_duplicate(const struct json *object, const struct json **out)
{
	*out = NULL;
	if (object->count <= SMALL_OBJECT) {
		for (const struct json *m = object->first; m; m = m->next)
			for (const struct json *before = object->first; before != m;
			     before = before->next)
				if (strcmp(before->name, m->name) == 0) {
					*out = m;
					return 0;
				}
		return 0;
	}

	AUTO_FREE const struct json **members = calloc(object->count, sizeof(*members));
	size_t n = 0;
	if (!members)
		return -ENOMEM;
	for (const struct json *m = object->first; m; m = m->next)
		members[n++] = m;
	qsort(members, n, sizeof(*members), compare_members);
	for (size_t i = 1; i < n; i++)
		if (strcmp(members[i - 1]->name, members[i]->name) == 0 &&
		    (!*out || members[i]->name < (*out)->name))
			*out = members[i];
	return 0;
}

static int on_close_object(void *context)
{
	struct reader *r = context;
	const struct json *again;

	next_token(r);
	if (find_duplicate(r->frames[r->depth - 1].node, &again) < 0)
		return fail_memory(r);
	if (again)
		return fail_at(r, (size_t)(again->name - 1 - r->copy), ERR_INVALID, again->name,
			       "duplicate key `%s`", again->name);
	r->depth--;
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_open_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_close_object,
	.yajl_start_array = on_open_array,
	.yajl_end_array = on_close_array,
};

/* ---- what is wrong: a second look at the text behind the last good token. The first fail_at() stands. ---- */

static size_t skip_space(const struct reader *r, size_t at)
{
	while (at < r->length && is_space(r->text[at]))
		at++;
	return at;
}

static int diagnose_end(struct reader *r)
{
	if (r->depth == 0)
		return fail_at(r, r->length, ERR_INVALID, NULL,
			       "document ends in the middle of a value");
	const struct json *open = r->frames[r->depth - 1].node;
	size_t line, column;
	str_locate(r->text, open->offset, &line, &column);
	return fail_at(r, r->length, ERR_INVALID, NULL,
		       "document ends before the `%c` of the %s that opens on line %zu column %zu",
		       open->type == JSON_OBJECT ? '}' : ']', json_type_name(open->type), line,
		       column);
}

static int diagnose_string(struct reader *r, size_t start)
{
	for (size_t at = start + 1; at < r->length; at++) {
		unsigned char c = (unsigned char)r->text[at];
		if (c == '"')
			return 0;
		if (c == '\n' || c == '\r')
			return fail_at(r, start, ERR_INVALID, NULL,
				       "string is not closed on its line");
		if (c < 0x20)
			return fail_at(r, at, ERR_INVALID, NULL,
				       "control character 0x%02x in a string, write \\u%04x", c, c);
		if (c != '\\')
			continue;
		if (++at >= r->length)
			break;
		c = (unsigned char)r->text[at];
		if (c == 'u' && hex_four(r->text + at + 1, r->text + r->length) < 0)
			return fail_at(r, at - 1, ERR_INVALID, NULL,
				       "\\u needs four hexadecimal digits");
		if (!c || !strchr("\"\\/bfnrtu", c))
			return fail_at(r, at - 1, ERR_INVALID, NULL,
				       "invalid escape in a string, a backslash is written \\\\");
	}
	return fail_at(r, start, ERR_INVALID, NULL, "string is not closed");
}

static int diagnose_number(struct reader *r, size_t start)
{
	size_t at = start + (r->text[start] == '-');
	const char *after = at > start ? "the minus sign" : "";

	for (;;) {
		size_t digits = at;
		while (at < r->length && r->text[at] >= '0' && r->text[at] <= '9')
			at++;
		if (at == digits)
			return fail_at(r, start, ERR_INVALID, NULL,
				       "number without a digit after %s", after);
		char c = at < r->length ? r->text[at] : 0;
		if (c == '.') {
			after = "the decimal point";
			at++;
		} else if (c == 'e' || c == 'E') {
			after = "the exponent";
			at++;
			if (at < r->length && (r->text[at] == '+' || r->text[at] == '-'))
				at++;
		} else {
			return 0;
		}
	}
}

/* What stands where a value or a key must begin, and cannot. */
static int diagnose_token(struct reader *r, size_t at, const char *expected)
{
	char c = r->text[at];

	if (c == '"')
		diagnose_string(r, at);
	else if (c == '-' || (c >= '0' && c <= '9'))
		diagnose_number(r, at);
	if (c == '/' || c == '#')
		return fail_at(r, at, ERR_INVALID, NULL, "comments are not JSON");
	if (c == '\'')
		return fail_at(r, at, ERR_INVALID, NULL, "a string needs double quotes");

	size_t word = at;
	while (word < r->length &&
	       ((r->text[word] >= 'a' && r->text[word] <= 'z') ||
		(r->text[word] >= 'A' && r->text[word] <= 'Z') ||
		(r->text[word] >= '0' && r->text[word] <= '9') || r->text[word] == '_'))
		word++;
	if (word > at)
		return fail_at(r, at, ERR_INVALID, NULL, "expected %s, got `%.*s`", expected,
			       (int)(word - at < 64 ? word - at : 64), r->text + at);
	if (c > 0x20 && c < 0x7f)
		return fail_at(r, at, ERR_INVALID, NULL, "expected %s, got `%c`", expected, c);
	return fail_at(r, at, ERR_INVALID, NULL, "expected %s, got byte 0x%02x", expected,
		       (unsigned char)c);
}

static int diagnose_member_end(struct reader *r, size_t at, const struct frame *frame)
{
	bool object = frame->node->type == JSON_OBJECT;

	if (frame->last->type == JSON_NUMBER && at == r->token_end &&
	    str_starts(frame->last->text + (*frame->last->text == '-'), "0") &&
	    r->text[at] >= '0' && r->text[at] <= '9')
		return fail_at(r, frame->last->offset, ERR_INVALID, NULL,
			       "a number may not begin with 0");
	if (r->text[at] == '"' || r->text[at] == '{' || r->text[at] == '[')
		return fail_at(r, r->token_end, ERR_INVALID, NULL, "missing comma");
	return diagnose_token(r, at, object ? "`,` or `}`" : "`,` or `]`");
}

static int diagnose(struct reader *r)
{
	size_t at = skip_space(r, r->token_end);

	if (at >= r->length)
		return diagnose_end(r);
	if (r->depth == 0) {
		if (r->root)
			return fail_at(r, at, ERR_INVALID, NULL,
				       "more text after the document's end");
		return diagnose_token(r, at, "a value");
	}

	const struct frame *frame = &r->frames[r->depth - 1];
	bool object = frame->node->type == JSON_OBJECT;
	char close = object ? '}' : ']';
	if (frame->key) {
		if (r->text[at] != ':')
			return diagnose_token(r, at, "`:`");
		at = skip_space(r, at + 1);
		if (at >= r->length)
			return diagnose_end(r);
		return diagnose_token(r, at, "a value");
	}
	if (frame->last) {
		if (r->text[at] != ',')
			return diagnose_member_end(r, at, frame);
		size_t comma = at;
		at = skip_space(r, at + 1);
		if (at >= r->length)
			return diagnose_end(r);
		if (r->text[at] == close)
			return fail_at(r, comma, ERR_INVALID, NULL, "trailing comma before `%c`",
				       close);
	}
	if (object)
		return diagnose_token(r, at,
				      frame->last ? "a key in double quotes"
						  : "a key in double quotes or `}`");
	return diagnose_token(r, at, frame->last ? "a value" : "a value or `]`");
}

/* ---- the whole ---- */

static int check_text(struct reader *r)
{
	size_t cap = r->limits->max_bytes < UINT32_MAX ? r->limits->max_bytes : UINT32_MAX;

	if (r->length > cap)
		return err_set(r->e, ERR_LIMIT, "document of %zu bytes is larger than %zu",
			       r->length, cap);
	if (r->length >= 3 && memcmp(r->text, "\xef\xbb\xbf", 3) == 0)
		return err_set(r->e, ERR_INVALID, "document begins with a byte order mark");
	if (skip_space(r, 0) == r->length)
		return err_set(r->e, ERR_INVALID, "empty document");
	size_t valid = str_utf8_prefix(r->text, r->length);
	if (valid < r->length) {
		fail_at(r, valid, ERR_INVALID, NULL, "byte 0x%02x is not UTF-8",
			(unsigned char)r->text[valid]);
		return -1;
	}
	/* yajl takes these two for space; no place of a document may have them. */
	const char *lenient = memchr(r->text, '\v', r->length);
	if (!lenient)
		lenient = memchr(r->text, '\f', r->length);
	if (lenient) {
		fail_at(r, (size_t)(lenient - r->text), ERR_INVALID, NULL,
			"control character 0x%02x", (unsigned char)*lenient);
		return -1;
	}
	return 0;
}

static void scope_yajl_free(yajl_handle *yajl)
{
	if (*yajl)
		yajl_free(*yajl);
}

int json_parse(struct arena *arena, const char *text, size_t length,
	       const struct json_limits *limits, const struct json **out, struct err *e)
{
	struct reader r = {
		.arena = arena,
		.limits = limits ? limits : &json_limits_default,
		.e = e,
		.text = text,
		.length = length,
	};

	if (check_text(&r) < 0)
		return -1;

	/* The line feed ends a number at the end of the text, within the same chunk. */
	char *copy = arena_alloc(arena, length + 2);
	AUTO_FREE struct frame *frames = calloc(r.limits->max_depth, sizeof(*frames));
	__attribute__((cleanup(scope_yajl_free))) yajl_handle yajl =
		yajl_alloc(&callbacks, NULL, &r);
	if (!copy || !frames || !yajl) {
		fail_memory(&r);
		return -1;
	}
	copy[0] = ' ';
	memcpy(copy + 1, text, length);
	copy[length + 1] = '\n';
	r.copy = copy + 1;
	r.frames = frames;
	r.yajl = yajl;
	yajl_config(yajl, yajl_dont_validate_strings, 1); /* done, strictly, for all of the text */

	yajl_status status = yajl_parse(yajl, (const unsigned char *)r.copy, length + 1);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(yajl);
	if (status != yajl_status_ok && !r.failed)
		diagnose(&r);
	if (r.failed)
		return -1;
	*out = r.root;
	return 0;
}

const struct json *json_get(const struct json *object, const char *name)
{
	if (!object || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *m = object->first; m; m = m->next)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

const char *json_string(const struct json *value)
{
	return value && value->type == JSON_STRING ? value->text : NULL;
}

int json_to_int64(const struct json *value, int64_t *out)
{
	return value && value->type == JSON_NUMBER ? str_to_int64(value->text, out) : -EINVAL;
}

int json_to_uint64(const struct json *value, uint64_t *out)
{
	if (!value || value->type != JSON_NUMBER)
		return -EINVAL;
	if (*value->text != '-')
		return str_to_uint64(value->text, out);
	int64_t negative;
	int rc = str_to_int64(value->text, &negative);
	if (rc == 0 && negative < 0)
		rc = -ERANGE;
	if (rc == 0)
		*out = 0;
	return rc;
}

/* Members of the same name, wherever they are; cheap while both are in the same order. */
static bool members_equal(const struct json *a, const struct json *b)
{
	const struct json *same_place = b->first;

	for (const struct json *m = a->first; m; m = m->next) {
		const struct json *other = same_place;
		if (strcmp(m->name, other->name) != 0)
			other = json_get(b, m->name);
		if (!other || !json_equal(m, other))
			return false;
		same_place = same_place->next;
	}
	return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
	if (!a || !b)
		return a == b;
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case JSON_NULL: return true;
	case JSON_BOOL: return a->boolean == b->boolean;
	case JSON_NUMBER:
	case JSON_STRING: return a->count == b->count && memcmp(a->text, b->text, a->count) == 0;
	case JSON_OBJECT: return a->count == b->count && members_equal(a, b);
	case JSON_ARRAY: break;
	}
	if (a->count != b->count)
		return false;
	for (a = a->first, b = b->first; a; a = a->next, b = b->next)
		if (!json_equal(a, b))
			return false;
	return true;
}
