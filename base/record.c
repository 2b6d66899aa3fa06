/* record.c - walks a struct by its table: decode, encode, compare, describe.
 *
 * Each kind is one row of functions; what is said of a wrong value is said in one place. */
#include "base/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"

/* Where a value is, as a list up to the top; made into a pointer only when something is said of it. */
struct place {
	const struct place *up;
	const char *name; /* NULL: `index` */
	size_t index;
};

struct decoder {
	struct arena *arena;
	const char *at;
	const struct record_options *options;
	struct err *e;
};

static void add_place(struct strbuf *pointer, const struct place *place)
{
	if (!place)
		return;
	add_place(pointer, place->up);
	if (place->name)
		json_pointer_add(pointer, place->name);
	else
		json_pointer_add_index(pointer, place->index);
}

static void place_pointer(const struct decoder *d, const struct place *place,
			  struct strbuf *pointer)
{
	strbuf_add(pointer, d->at ? d->at : "");
	add_place(pointer, place);
}

__attribute__((format(printf, 3, 4))) static int invalid(const struct decoder *d,
							 const struct place *place,
							 const char *format, ...)
{
	AUTO_STRBUF pointer = STRBUF(SIZE_MAX);
	va_list args;

	va_start(args, format);
	err_setv(d->e, ERR_INVALID, 0, format, args);
	va_end(args);
	place_pointer(d, place, &pointer);
	if (!pointer.failed)
		err_pointer(d->e, "%s", pointer.data);
	return -1;
}

static int no_memory(const struct decoder *d)
{
	if (arena_at_limit(d->arena))
		return err_set(d->e, ERR_LIMIT, "document needs more memory than it may use");
	return err_set(d->e, ERR_NO_MEMORY, "no memory for a decoded document");
}

static int expect(const struct decoder *d, const struct place *place, const struct json *value,
		  enum json_type type)
{
	if (value->type == type)
		return 0;
	return invalid(d, place, "expected %s, got %s", json_type_name(type),
		       json_type_name(value->type));
}

/* ---- one value ---- */

static int not_a_word(const struct decoder *d, const struct place *place, const char *const *words,
		      const char *text)
{
	AUTO_STRBUF list = STRBUF(SIZE_MAX);

	for (size_t i = 0; words[i]; i++)
		strbuf_addf(&list, "%s%s", i ? ", " : "", words[i]);
	return invalid(d, place, "`%s` is not one of %s", text,
		       list.data && !list.failed ? list.data : "the words known here");
}

static int decode_text(const struct decoder *d, const struct field *field,
		       const struct place *place, const struct json *value, const char **out)
{
	if (expect(d, place, value, JSON_STRING) < 0)
		return -1;
	if (field->words) {
		size_t i = 0;
		while (field->words[i] && strcmp(field->words[i], value->text) != 0)
			i++;
		if (!field->words[i])
			return not_a_word(d, place, field->words, value->text);
	}
	*out = value->text;
	return 0;
}

static int decode_bool(const struct decoder *d, const struct place *place, const struct json *value,
		       bool *out)
{
	if (expect(d, place, value, JSON_BOOL) < 0)
		return -1;
	*out = value->boolean;
	return 0;
}

static int decode_int(const struct decoder *d, const struct place *place, const struct json *value,
		      int64_t min, int64_t max, int64_t *out)
{
	int64_t number;

	if (expect(d, place, value, JSON_NUMBER) < 0)
		return -1;
	int rc = json_to_int64(value, &number);
	if (rc == -EINVAL)
		return invalid(d, place, "`%s` is not an integer", value->text);
	if (rc < 0 || number < min || number > max)
		return invalid(d, place, "`%s` is out of range (%lld to %lld)", value->text,
			       (long long)min, (long long)max);
	*out = number;
	return 0;
}

static int decode_uint(const struct decoder *d, const struct place *place, const struct json *value,
		       uint64_t max, uint64_t *out)
{
	uint64_t number;

	if (expect(d, place, value, JSON_NUMBER) < 0)
		return -1;
	int rc = json_to_uint64(value, &number);
	if (rc == -EINVAL)
		return invalid(d, place, "`%s` is not an integer", value->text);
	if (rc < 0 || number > max)
		return invalid(d, place, "`%s` is out of range (0 to %llu)", value->text,
			       (unsigned long long)max);
	*out = number;
	return 0;
}

static int decode_record(const struct decoder *d, const struct record *record,
			 const struct place *place, const struct json *value, void *out);

/* ---- values in a row ---- */

static size_t element_size(const struct field *field)
{
	switch (field->kind) {
	case FIELD_KIND_STRINGS: return sizeof(const char *);
	case FIELD_KIND_INTS: return sizeof(int64_t);
	case FIELD_KIND_UINTS: return sizeof(uint64_t);
	case FIELD_KIND_STRING_MAP: return sizeof(struct string_pair);
	default: return field->record->size;
	}
}

static bool is_map(enum field_kind kind)
{
	return kind == FIELD_KIND_STRING_MAP || kind == FIELD_KIND_RECORD_MAP;
}

static int decode_element(const struct decoder *d, const struct field *field,
			  const struct place *place, const struct json *value, void *out)
{
	struct string_pair *pair = out;

	switch (field->kind) {
	case FIELD_KIND_STRINGS: return decode_text(d, field, place, value, out);
	case FIELD_KIND_INTS: return decode_int(d, place, value, INT64_MIN, INT64_MAX, out);
	case FIELD_KIND_UINTS: return decode_uint(d, place, value, UINT64_MAX, out);
	case FIELD_KIND_STRING_MAP:
		pair->key = value->name;
		return decode_text(d, field, place, value, &pair->value);
	default: break;
	}
	if (decode_record(d, field->record, place, value, out) < 0)
		return -1;
	if (field->kind == FIELD_KIND_RECORD_MAP)
		*(const char **)out = value->name;
	return 0;
}

static int decode_counted(const struct decoder *d, const struct field *field,
			  const struct place *place, const struct json *value, void *out_struct)
{
	size_t size = element_size(field), n = 0;

	if (expect(d, place, value, is_map(field->kind) ? JSON_OBJECT : JSON_ARRAY) < 0)
		return -1;
	/* argv and envp of execve(2) end with a NULL. */
	size_t end = field->kind == FIELD_KIND_STRINGS;
	char *elements = arena_array(d->arena, value->count + end, size);
	if (!elements)
		return no_memory(d);
	for (const struct json *child = value->first; child; child = child->next) {
		struct place here = { .up = place, .name = child->name, .index = n };
		if (decode_element(d, field, &here, child, elements + n * size) < 0)
			return -1;
		n++;
	}
	*(void **)((char *)out_struct + field->offset) = elements;
	*(size_t *)((char *)out_struct + field->count_offset) = n;
	return 0;
}

/* ---- one member ---- */

/* A value of its own behind a pointer. */
static void *new_value(const struct decoder *d, void *member, size_t size)
{
	void *value = arena_alloc(d->arena, size);

	if (value)
		*(void **)member = value;
	else
		no_memory(d);
	return value;
}

static int decode_field(const struct decoder *d, const struct field *field,
			const struct place *place, const struct json *value, void *out_struct)
{
	void *member = (char *)out_struct + field->offset;
	int64_t integer;
	uint64_t natural;
	void *own;

	switch (field->kind) {
	case FIELD_KIND_STRING: return decode_text(d, field, place, value, member);
	case FIELD_KIND_BOOL: return decode_bool(d, place, value, member);
	case FIELD_KIND_INT: return decode_int(d, place, value, INT64_MIN, INT64_MAX, member);
	case FIELD_KIND_UINT: return decode_uint(d, place, value, UINT64_MAX, member);
	case FIELD_KIND_INT32:
		if (decode_int(d, place, value, INT32_MIN, INT32_MAX, &integer) < 0)
			return -1;
		*(int32_t *)member = (int32_t)integer;
		return 0;
	case FIELD_KIND_UINT32:
		if (decode_uint(d, place, value, UINT32_MAX, &natural) < 0)
			return -1;
		*(uint32_t *)member = (uint32_t)natural;
		return 0;
	case FIELD_KIND_BOOL_PTR:
		own = new_value(d, member, sizeof(bool));
		return own ? decode_bool(d, place, value, own) : -1;
	case FIELD_KIND_INT_PTR:
		own = new_value(d, member, sizeof(int64_t));
		return own ? decode_int(d, place, value, INT64_MIN, INT64_MAX, own) : -1;
	case FIELD_KIND_UINT_PTR:
		own = new_value(d, member, sizeof(uint64_t));
		return own ? decode_uint(d, place, value, UINT64_MAX, own) : -1;
	case FIELD_KIND_RECORD:
		if (expect(d, place, value, JSON_OBJECT) < 0)
			return -1;
		own = new_value(d, member, field->record->size);
		return own ? decode_record(d, field->record, place, value, own) : -1;
	case FIELD_KIND_JSON: *(const struct json **)member = value; return 0;
	case FIELD_KIND_STRINGS:
	case FIELD_KIND_INTS:
	case FIELD_KIND_UINTS:
	case FIELD_KIND_RECORDS:
	case FIELD_KIND_STRING_MAP:
	case FIELD_KIND_RECORD_MAP: return decode_counted(d, field, place, value, out_struct);
	case FIELD_KIND_COUNT: break;
	}
	return err_set(d->e, ERR_INTERNAL, "field %s has no kind", field->name);
}

/* Documents mostly follow the table's order, so the search begins behind the last field found. */
static const struct field *find_field(const struct record *record, const char *name,
				      size_t *io_next)
{
	for (size_t i = 0; i < record->n_fields; i++) {
		size_t at = *io_next + i;
		if (at >= record->n_fields)
			at -= record->n_fields;
		if (strcmp(record->fields[at].name, name) == 0) {
			*io_next = at + 1 < record->n_fields ? at + 1 : 0;
			return &record->fields[at];
		}
	}
	return NULL;
}

static void report_unknown(const struct decoder *d, const struct place *place)
{
	AUTO_STRBUF pointer = STRBUF(SIZE_MAX);

	if (!d->options || !d->options->unknown)
		return;
	place_pointer(d, place, &pointer);
	if (!pointer.failed)
		d->options->unknown(d->options->unknown_context, pointer.data);
}

static int check_required(const struct decoder *d, const struct record *record,
			  const struct place *place, const struct json *value)
{
	for (size_t i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];
		if (!(field->flags & FIELD_REQUIRED))
			continue;
		const struct json *member = json_get(value, field->name);
		if (member && member->type != JSON_NULL)
			continue;
		struct place here = { .up = place, .name = field->name };
		return invalid(d, &here, "required");
	}
	return 0;
}

static int decode_record(const struct decoder *d, const struct record *record,
			 const struct place *place, const struct json *value, void *out)
{
	size_t next = 0;

	memset(out, 0, record->size);
	if (expect(d, place, value, JSON_OBJECT) < 0)
		return -1;
	for (const struct json *member = value->first; member; member = member->next) {
		struct place here = { .up = place, .name = member->name };
		const struct field *field = find_field(record, member->name, &next);
		if (!field)
			report_unknown(d, &here);
		else if (member->type != JSON_NULL &&
			 decode_field(d, field, &here, member, out) < 0)
			return -1;
	}
	return check_required(d, record, place, value);
}

int record_decode(const struct record *record, struct arena *arena, const struct json *value,
		  const char *at, const struct record_options *options, void *out, struct err *e)
{
	struct decoder d = { .arena = arena, .at = at, .options = options, .e = e };

	return decode_record(&d, record, NULL, value, out);
}

/* ---- encode ---- */

static size_t count_of(const struct field *field, const void *value)
{
	return *(const size_t *)((const char *)value + field->count_offset);
}

static void encode_counted(const struct field *field, const void *value, struct json_writer *w)
{
	const char *elements = *(const char *const *)((const char *)value + field->offset);
	size_t size = element_size(field), n = elements ? count_of(field, value) : 0;
	bool map = is_map(field->kind);

	if (map)
		json_open_object(w, field->name);
	else
		json_open_array(w, field->name);
	for (size_t i = 0; i < n; i++) {
		const void *element = elements + i * size;
		const struct string_pair *pair = element;
		switch (field->kind) {
		case FIELD_KIND_STRINGS:
			json_write_string(w, NULL, *(const char *const *)element);
			break;
		case FIELD_KIND_INTS: json_write_int(w, NULL, *(const int64_t *)element); break;
		case FIELD_KIND_UINTS: json_write_uint(w, NULL, *(const uint64_t *)element); break;
		case FIELD_KIND_STRING_MAP: json_write_string(w, pair->key, pair->value); break;
		default:
			record_encode(field->record, element, w,
				      map ? *(const char *const *)element : NULL);
			break;
		}
	}
	if (map)
		json_close_object(w);
	else
		json_close_array(w);
}

static void encode_pointed(const struct field *field, const void *pointed, struct json_writer *w)
{
	switch (field->kind) {
	case FIELD_KIND_STRING: json_write_string(w, field->name, pointed ? pointed : ""); break;
	case FIELD_KIND_BOOL_PTR:
		json_write_bool(w, field->name, pointed && *(const bool *)pointed);
		break;
	case FIELD_KIND_INT_PTR:
		json_write_int(w, field->name, pointed ? *(const int64_t *)pointed : 0);
		break;
	case FIELD_KIND_UINT_PTR:
		json_write_uint(w, field->name, pointed ? *(const uint64_t *)pointed : 0);
		break;
	case FIELD_KIND_JSON: json_write_value(w, field->name, pointed); break;
	default:
		if (pointed) {
			record_encode(field->record, pointed, w, field->name);
			break;
		}
		json_open_object(w, field->name);
		json_close_object(w);
		break;
	}
}

static void encode_field(const struct field *field, const void *value, struct json_writer *w)
{
	const void *member = (const char *)value + field->offset;
	bool always = field->flags & (FIELD_REQUIRED | FIELD_ALWAYS);
	int64_t integer = 0;
	uint64_t natural = 0;

	switch (field->kind) {
	case FIELD_KIND_BOOL:
		if (always || *(const bool *)member)
			json_write_bool(w, field->name, *(const bool *)member);
		return;
	case FIELD_KIND_INT: integer = *(const int64_t *)member; break;
	case FIELD_KIND_INT32: integer = *(const int32_t *)member; break;
	case FIELD_KIND_UINT: natural = *(const uint64_t *)member; break;
	case FIELD_KIND_UINT32: natural = *(const uint32_t *)member; break;
	case FIELD_KIND_STRINGS:
	case FIELD_KIND_INTS:
	case FIELD_KIND_UINTS:
	case FIELD_KIND_RECORDS:
	case FIELD_KIND_STRING_MAP:
	case FIELD_KIND_RECORD_MAP:
		if (always || *(const void *const *)member)
			encode_counted(field, value, w);
		return;
	default:
		if (always || *(const void *const *)member)
			encode_pointed(field, *(const void *const *)member, w);
		return;
	}
	if (natural > 0)
		json_write_uint(w, field->name, natural);
	else if (always || integer != 0)
		json_write_int(w, field->name, integer);
}

void record_encode(const struct record *record, const void *value, struct json_writer *w,
		   const char *name)
{
	json_open_object(w, name);
	for (size_t i = 0; i < record->n_fields; i++)
		encode_field(&record->fields[i], value, w);
	json_close_object(w);
}

/* ---- compare ---- */

static bool element_equal(const struct field *field, const void *a, const void *b)
{
	const struct string_pair *x = a, *y = b;

	switch (field->kind) {
	case FIELD_KIND_STRINGS: return str_equal(*(const char *const *)a, *(const char *const *)b);
	case FIELD_KIND_INTS:
	case FIELD_KIND_UINTS: return memcmp(a, b, sizeof(int64_t)) == 0;
	case FIELD_KIND_STRING_MAP: return str_equal(x->value, y->value);
	default: return record_equal(field->record, a, b);
	}
}

/* The element of a map with this key, looked for first where it is in the other map. */
static const void *find_key(const char *elements, size_t n, size_t size, size_t hint,
			    const char *key)
{
	if (str_equal(*(const char *const *)(elements + hint * size), key))
		return elements + hint * size;
	for (size_t i = 0; i < n; i++)
		if (str_equal(*(const char *const *)(elements + i * size), key))
			return elements + i * size;
	return NULL;
}

static bool counted_equal(const struct field *field, const void *a, const void *b)
{
	const char *x = *(const char *const *)((const char *)a + field->offset);
	const char *y = *(const char *const *)((const char *)b + field->offset);
	size_t size = element_size(field), n = count_of(field, a);

	if (!x || !y)
		return x == y;
	if (n != count_of(field, b))
		return false;
	for (size_t i = 0; i < n; i++) {
		const void *mine = x + i * size, *other = y + i * size;
		if (is_map(field->kind))
			other = find_key(y, n, size, i, *(const char *const *)mine);
		if (!other || !element_equal(field, mine, other))
			return false;
	}
	return true;
}

static bool pointed_equal(const struct field *field, const void *x, const void *y)
{
	if (!x || !y)
		return x == y;
	switch (field->kind) {
	case FIELD_KIND_STRING: return strcmp(x, y) == 0;
	case FIELD_KIND_BOOL_PTR: return *(const bool *)x == *(const bool *)y;
	case FIELD_KIND_INT_PTR:
	case FIELD_KIND_UINT_PTR: return memcmp(x, y, sizeof(int64_t)) == 0;
	case FIELD_KIND_JSON: return json_equal(x, y);
	default: return record_equal(field->record, x, y);
	}
}

static bool field_equal(const struct field *field, const void *a, const void *b)
{
	const void *x = (const char *)a + field->offset, *y = (const char *)b + field->offset;

	switch (field->kind) {
	case FIELD_KIND_BOOL: return *(const bool *)x == *(const bool *)y;
	case FIELD_KIND_INT:
	case FIELD_KIND_UINT: return memcmp(x, y, sizeof(int64_t)) == 0;
	case FIELD_KIND_INT32:
	case FIELD_KIND_UINT32: return memcmp(x, y, sizeof(int32_t)) == 0;
	case FIELD_KIND_STRINGS:
	case FIELD_KIND_INTS:
	case FIELD_KIND_UINTS:
	case FIELD_KIND_RECORDS:
	case FIELD_KIND_STRING_MAP:
	case FIELD_KIND_RECORD_MAP: return counted_equal(field, a, b);
	default: return pointed_equal(field, *(const void *const *)x, *(const void *const *)y);
	}
}

bool record_equal(const struct record *record, const void *a, const void *b)
{
	for (size_t i = 0; i < record->n_fields; i++)
		if (!field_equal(&record->fields[i], a, b))
			return false;
	return true;
}

/* ---- describe ---- */

#define POINTER_SIZE 512 /* several times what the deepest table needs */

struct description {
	record_visit_fn *visit;
	void *context;
	char pointer[POINTER_SIZE];
};

/* The records on the way down, so that one that contains itself ends. */
struct descent {
	const struct descent *up;
	const struct record *record;
};

static bool descends_from(const struct descent *descent, const struct record *record)
{
	for (; descent; descent = descent->up)
		if (descent->record == record)
			return true;
	return false;
}

static void describe(struct description *d, size_t length, const struct record *record,
		     const struct descent *up)
{
	struct descent here = { .up = up, .record = record };

	for (size_t i = 0; i < record->n_fields; i++) {
		const struct field *field = &record->fields[i];
		AUTO_STRBUF name = STRBUF(POINTER_SIZE);
		if (json_pointer_add(&name, field->name) < 0 ||
		    length + name.length + sizeof("/-") > sizeof(d->pointer))
			continue;
		size_t end = length + name.length;
		memcpy(d->pointer + length, name.data, name.length + 1);
		d->visit(d->context, d->pointer, field);
		if (!field->record || descends_from(&here, field->record))
			continue;
		if (field->kind != FIELD_KIND_RECORD) {
			d->pointer[end++] = '/';
			d->pointer[end++] = field->kind == FIELD_KIND_RECORDS ? '-' : '*';
		}
		describe(d, end, field->record, &here);
	}
}

void record_describe(const struct record *record, record_visit_fn *visit, void *context)
{
	struct description d = { .visit = visit, .context = context };

	describe(&d, 0, record, NULL);
}
