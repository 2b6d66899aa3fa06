/* toml.h - TOML 1.0 documents as the trees of json.h, in the order they are written.
 *
 *   server = "https://a"               OBJECT -> STRING  name="server"
 *   [host."https://b"]            ->          -> OBJECT  name="host" -> OBJECT name="https://b"
 *   skip_verify = true                                                   -> BOOL name="skip_verify"
 *
 * What came first in the document comes first in the tree: the hosts of a hosts.toml are tried so.
 * Strings, booleans, arrays and tables are their JSON kin. Integers are numbers in plain decimal
 * (0xff reads "255"), floats keep their digits, dates and times are strings as written. Two things
 * that TOML has are refused: inf and nan, for which JSON has no value, and \u0000 in strings.
 *
 * Ownership : nodes and strings live in the arena; the text is borrowed for the call.
 * Errors    : ERR_INVALID with line and column (in characters, from 1) and the pointer of the table or
 *             value that was being read; ERR_LIMIT at a cap; ERR_NO_MEMORY.
 * Source    : https://toml.io/en/v1.0.0 */
#ifndef KEG_BASE_TOML_H
#define KEG_BASE_TOML_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

extern const struct json_limits toml_limits_default; /* 1 MiB, depth 32, 10,000 values */

/* `limits` NULL: toml_limits_default. Looking names up is linear: `max_values` bounds that, too. */
int toml_parse(struct arena *arena, const char *text, size_t length,
	       const struct json_limits *limits, const struct json **out, struct err *e);

#endif
