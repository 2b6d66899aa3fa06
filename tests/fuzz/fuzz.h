/* fuzz.h - what the fuzzers of base/ share. */
#ifndef KEG_TESTS_FUZZ_H
#define KEG_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/scope.h"
#include "base/str.h"

#define FUZZ_ARENA_BYTES ((size_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what did not hold, and dies of it. */
#define FUZZ_REQUIRE(holds)                                                                        \
	do {                                                                                       \
		if (!(holds)) {                                                                    \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #holds);                \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A refusal has a code and one line of text that a terminal can show. */
static inline void fuzz_check_refusal(int r, const struct err *e)
{
	char line[sizeof(*e) * 4];

	FUZZ_REQUIRE(r == -1);
	FUZZ_REQUIRE(e->code == ERR_INVALID || e->code == ERR_LIMIT);
	FUZZ_REQUIRE(*e->text && e->errnum == 0);
	FUZZ_REQUIRE(!*e->pointer || *e->pointer == '/');
	int length = err_format(e, line, sizeof(line));
	FUZZ_REQUIRE(length > 0 && (size_t)length < sizeof(line));
	FUZZ_REQUIRE(str_is_utf8(line, strlen(line)));
	for (const char *c = line; *c; c++)
		FUZZ_REQUIRE((unsigned char)*c >= 0x20 && *c != 0x7f);
}

static inline void fuzz_write(struct strbuf *out, const struct json *value, bool pretty)
{
	struct json_writer w;

	json_writer_init(&w, out, pretty);
	json_write_value(&w, NULL, value);
	FUZZ_REQUIRE(json_writer_end(&w) == 0);
	FUZZ_REQUIRE(str_is_utf8(out->data, out->length));
}

static inline const struct json *fuzz_read(struct arena *arena, const struct strbuf *text,
					   const struct json_limits *limits)
{
	struct err e = ERR_INIT;
	const struct json *value = NULL;

	FUZZ_REQUIRE(json_parse(arena, text->data, text->length, limits, &value, &e) == 0);
	return value;
}

#endif
