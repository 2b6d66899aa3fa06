/* json_write.c - JSON text into a strbuf, compact or indented.
 *
 * Source    : RFC 8259 section 7 for what a string must escape. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

void json_writer_init(struct json_writer *w, struct strbuf *out, bool pretty)
{
	*w = (struct json_writer){ .out = out, .pretty = pretty };
}

/* What a byte below 0x20, a quote or a backslash is written as; NULL for any other. */
static const char *escape(unsigned char byte, char buffer[7])
{
	switch (byte) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '\b': return "\\b";
	case '\f': return "\\f";
	case '\n': return "\\n";
	case '\r': return "\\r";
	case '\t': return "\\t";
	default: break;
	}
	if (byte >= 0x20)
		return NULL;
	snprintf(buffer, 7, "\\u%04x", byte);
	return buffer;
}

static void put_escaped(struct strbuf *out, const char *text, size_t length)
{
	size_t plain = 0;

	for (size_t i = 0; i < length; i++) {
		char buffer[7];
		unsigned char byte = (unsigned char)text[i];
		if (byte >= 0x20 && byte != '"' && byte != '\\')
			continue;
		strbuf_add_bytes(out, text + plain, i - plain);
		strbuf_add(out, escape(byte, buffer));
		plain = i + 1;
	}
	strbuf_add_bytes(out, text + plain, length - plain);
}

static void put_string(struct strbuf *out, const char *text)
{
	size_t length = strlen(text);

	strbuf_add_bytes(out, "\"", 1);
	for (;;) {
		size_t valid = str_utf8_prefix(text, length);
		put_escaped(out, text, valid);
		if (valid == length)
			break;
		strbuf_add(out, "\xef\xbf\xbd");
		text += valid + 1;
		length -= valid + 1;
	}
	strbuf_add_bytes(out, "\"", 1);
}

static void put_indent(struct json_writer *w)
{
	strbuf_add_bytes(w->out, "\n", 1);
	for (unsigned i = 0; i < w->depth; i++)
		strbuf_add_bytes(w->out, "  ", 2);
}

/* Everything that stands before a value: comma, line break, name. */
static void put_prefix(struct json_writer *w, const char *name)
{
	if (w->member_before)
		strbuf_add_bytes(w->out, ",", 1);
	if (w->pretty && w->depth > 0)
		put_indent(w);
	if (name) {
		put_string(w->out, name);
		strbuf_add(w->out, w->pretty ? ": " : ":");
	}
	w->member_before = true;
}

static void put_raw(struct json_writer *w, const char *name, const char *text)
{
	put_prefix(w, name);
	strbuf_add(w->out, text);
}

static void open_container(struct json_writer *w, const char *name, const char *bracket)
{
	put_raw(w, name, bracket);
	w->depth++;
	w->member_before = false;
}

static void close_container(struct json_writer *w, const char *bracket)
{
	if (w->depth == 0) {
		if (!w->out->failed)
			w->out->failed = -EPROTO;
		return;
	}
	w->depth--;
	if (w->pretty && w->member_before)
		put_indent(w);
	strbuf_add(w->out, bracket);
	w->member_before = true;
}

void json_open_object(struct json_writer *w, const char *name)
{
	open_container(w, name, "{");
}

void json_open_array(struct json_writer *w, const char *name)
{
	open_container(w, name, "[");
}

void json_close_object(struct json_writer *w)
{
	close_container(w, "}");
}

void json_close_array(struct json_writer *w)
{
	close_container(w, "]");
}

void json_write_string(struct json_writer *w, const char *name, const char *value)
{
	if (!value) {
		json_write_null(w, name);
		return;
	}
	put_prefix(w, name);
	put_string(w->out, value);
}

void json_write_int(struct json_writer *w, const char *name, int64_t value)
{
	put_prefix(w, name);
	strbuf_addf(w->out, "%lld", (long long)value);
}

void json_write_uint(struct json_writer *w, const char *name, uint64_t value)
{
	put_prefix(w, name);
	strbuf_addf(w->out, "%llu", (unsigned long long)value);
}

void json_write_bool(struct json_writer *w, const char *name, bool value)
{
	put_raw(w, name, value ? "true" : "false");
}

void json_write_null(struct json_writer *w, const char *name)
{
	put_raw(w, name, "null");
}

static void write_children(struct json_writer *w, const struct json *value)
{
	for (const struct json *child = value->first; child; child = child->next)
		json_write_value(w, child->name, child);
}

/* Recursion is as deep as the tree, which json_parse() has bounded. */
void json_write_value(struct json_writer *w, const char *name, const struct json *value)
{
	switch (value ? value->type : JSON_NULL) {
	case JSON_NULL: json_write_null(w, name); break;
	case JSON_BOOL: json_write_bool(w, name, value->boolean); break;
	case JSON_NUMBER: put_raw(w, name, value->text); break;
	case JSON_STRING: json_write_string(w, name, value->text); break;
	case JSON_ARRAY:
		json_open_array(w, name);
		write_children(w, value);
		json_close_array(w);
		break;
	case JSON_OBJECT:
		json_open_object(w, name);
		write_children(w, value);
		json_close_object(w);
		break;
	}
}

int json_writer_end(struct json_writer *w)
{
	if (!w->out->failed && w->depth > 0)
		w->out->failed = -EPROTO;
	return w->out->failed;
}
