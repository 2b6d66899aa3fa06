/* arena.h - memory of one request or document, freed in one go.
 *
 * Units     : bytes; everything but text is aligned for any type.
 * Limits    : an arena never hands out more than its limit; a call that would returns NULL.
 * Ownership : what is allocated lives until arena_free; nothing is freed alone.
 * Never     : shared between threads. */
#ifndef KEG_BASE_ARENA_H
#define KEG_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(size_t limit_bytes); /* NULL when out of memory */
void arena_free(struct arena *arena);	     /* NULL is fine */

void *arena_alloc(struct arena *arena, size_t size);		   /* zeroed */
void *arena_array(struct arena *arena, size_t count, size_t size); /* zeroed, checks overflow */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

size_t arena_used(const struct arena *arena);
/* Whether the call before failed at the arena's limit, not for want of the machine's memory. */
bool arena_at_limit(const struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *)arena_array((arena), (count), sizeof(type)))

static inline void scope_arena_free(struct arena **arena)
{
	arena_free(*arena);
}
#define AUTO_ARENA __attribute__((cleanup(scope_arena_free))) struct arena

#endif
