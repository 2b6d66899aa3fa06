/* arena.c - blocks from malloc, each twice the one before, carved from the front.
 *
 *   arena -> | block 8 KiB: arena, a, b, c ... free | -> | 16 KiB ... | -> ...
 *
 * The arena itself is the first thing in its first block, so that a small document is one malloc.
 * What is not handed out is poisoned under AddressSanitizer. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif
#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#define ALIGNMENT 16
#define BLOCK_FIRST ((size_t)8 << 10)
#define BLOCK_LARGEST ((size_t)1 << 20)

struct block {
	struct block *next; /* the one made before */
	size_t capacity, filled;
	_Alignas(ALIGNMENT) char data[];
};

struct arena {
	struct block *current;
	size_t limit, used;
	size_t next_capacity;
	bool at_limit;
};

static struct block *block_new(size_t capacity)
{
	if (capacity > PTRDIFF_MAX) /* malloc's own bound; keeps the sum from wrapping */
		return NULL;
	struct block *block = malloc(sizeof(*block) + capacity);
	if (!block)
		return NULL;
	block->next = NULL;
	block->capacity = capacity;
	block->filled = 0;
	ASAN_POISON_MEMORY_REGION(block->data, capacity);
	return block;
}

static void block_free(struct block *block)
{
	ASAN_UNPOISON_MEMORY_REGION(block->data, block->capacity);
	free(block);
}

/* The next `size` bytes of a block, or NULL when they do not fit. */
static void *block_carve(struct block *block, size_t size, size_t alignment)
{
	size_t start = (block->filled + alignment - 1) & ~(alignment - 1);

	if (start > block->capacity || size > block->capacity - start)
		return NULL;
	block->filled = start + size;
	ASAN_UNPOISON_MEMORY_REGION(block->data + start, size);
	return block->data + start;
}

struct arena *arena_new(size_t limit_bytes)
{
	struct block *block = block_new(BLOCK_FIRST - sizeof(struct block));

	if (!block)
		return NULL;
	struct arena *arena = block_carve(block, sizeof(*arena), ALIGNMENT);
	*arena = (struct arena){
		.current = block,
		.limit = limit_bytes,
		.next_capacity = 2 * BLOCK_FIRST,
	};
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct block *block = arena->current, *next; block; block = next) {
		next = block->next;
		block_free(block);
	}
}

/* A request of more than half a block gets one of its own behind the current one, whose rest stays
 * in use. */
static void *carve_from_new_block(struct arena *arena, size_t size, size_t alignment)
{
	bool alone = size > arena->next_capacity / 2;
	struct block *block = block_new(alone ? size : arena->next_capacity - sizeof(struct block));

	if (!block)
		return NULL;
	if (alone) {
		block->next = arena->current->next;
		arena->current->next = block;
	} else {
		block->next = arena->current;
		arena->current = block;
		if (arena->next_capacity < BLOCK_LARGEST)
			arena->next_capacity *= 2;
	}
	return block_carve(block, size, alignment);
}

static void *carve(struct arena *arena, size_t size, size_t alignment)
{
	arena->at_limit = size > arena->limit - arena->used;
	if (arena->at_limit)
		return NULL;
	void *memory = block_carve(arena->current, size, alignment);
	if (!memory)
		memory = carve_from_new_block(arena, size, alignment);
	if (memory)
		arena->used += size;
	return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *memory = carve(arena, size, ALIGNMENT);

	return memory ? memset(memory, 0, size) : NULL;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = SIZE_MAX; /* refused as larger than the limit or the machine */
	return arena_alloc(arena, bytes);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = length < SIZE_MAX ? carve(arena, length + 1, 1) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = 0;
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	char small[256];
	va_list args;

	va_start(args, format);
	int length = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	if (length < 0)
		return NULL;
	if ((size_t)length < sizeof(small))
		return arena_strndup(arena, small, (size_t)length);

	char *text = carve(arena, (size_t)length + 1, 1);
	if (!text)
		return NULL;
	va_start(args, format);
	vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

bool arena_at_limit(const struct arena *arena)
{
	return arena->at_limit;
}
