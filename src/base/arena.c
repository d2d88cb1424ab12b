#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 4096 };

struct block {
    struct block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *blocks;
    size_t total;
    size_t ceiling;
    bool failed;
};

struct arena *arena_new(size_t ceiling)
{
    struct arena *a = calloc(1, sizeof *a);

    if (a != NULL)
        a->ceiling = ceiling;
    return a;
}

struct arena *arena_free(struct arena *a)
{
    if (a == NULL)
        return NULL;
    while (a->blocks != NULL) {
        struct block *next = a->blocks->next;

        free(a->blocks);
        a->blocks = next;
    }
    free(a);
    return NULL;
}

bool arena_failed(const struct arena *a)
{
    return a->failed;
}

static bool arena_grow(struct arena *a, size_t len)
{
    size_t size = len > BLOCK_SIZE ? len : BLOCK_SIZE;
    struct block *block = calloc(1, sizeof *block + size);

    if (block == NULL)
        return false;
    block->size = size;
    block->next = a->blocks;
    a->blocks = block;
    return true;
}

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t len;
    void *p;

    if (size != 0 && n > (SIZE_MAX - align) / size)
        goto failed;
    len = (n * size + align - 1) / align * align;
    if (len > a->ceiling - a->total)
        goto failed;
    if ((a->blocks == NULL || len > a->blocks->size - a->blocks->used) && !arena_grow(a, len))
        goto failed;
    p = a->blocks->bytes + a->blocks->used;
    a->blocks->used += len;
    a->total += len;
    return p;
failed:
    a->failed = true;
    return NULL;
}

char *arena_strdup(struct arena *a, const char *string)
{
    size_t len;
    char *copy;

    if (string == NULL)
        return NULL;
    len = strlen(string);
    copy = arena_alloc(a, len + 1, 1);
    if (copy != NULL)
        memcpy(copy, string, len + 1);
    return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    char *text;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || (text = arena_alloc(a, (size_t)n + 1, 1)) == NULL)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return text;
}

struct peer_text arena_peer_text(struct arena *a, struct peer_text t, size_t max_len)
{
    size_t len = t.len < max_len ? t.len : max_len;
    char *copy = arena_alloc(a, len + 1, 1);

    if (copy == NULL)
        return (struct peer_text){ 0 };
    if (len > 0)
        memcpy(copy, t.bytes, len);
    return (struct peer_text){ .bytes = copy, .len = len };
}

void *arena_append(struct arena *a, void *array, size_t *n, size_t size, size_t max)
{
    void *elements;

    memcpy(&elements, array, sizeof elements);
    if (*n >= max)
        return NULL;
    /* Full at 0, 4, 8, 16, ...: the size is told by the count, so nothing else is kept. */
    if (*n == 0 || (*n >= 4 && (*n & (*n - 1)) == 0)) {
        void *grown = arena_alloc(a, *n == 0 ? 4 : *n * 2, size);

        if (grown == NULL)
            return NULL;
        if (*n > 0)
            memcpy(grown, elements, *n * size);
        elements = grown;
        memcpy(array, &elements, sizeof elements);
    }
    return (unsigned char *)elements + size * (*n)++;
}
