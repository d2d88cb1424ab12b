/*
 * fail_alloc - lets every allocation fail once in its turn
 *
 * For a test that is linked with --wrap for the three allocators (see
 * `wrapped_alloc` in meson.build). Allocations of Check itself are wrapped only
 * where they are compiled into the test, so fail_alloc_stop() comes before any
 * assertion.
 */
#ifndef SMTPDX_TESTS_FAIL_ALLOC_H
#define SMTPDX_TESTS_FAIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

/* How many allocations still succeed; negative: all of them. */
static long fail_alloc_left = -1;
static bool fail_alloc_hit;

static inline void fail_alloc_start(long after)
{
    fail_alloc_left = after;
    fail_alloc_hit = false;
}

/* True where an allocation was made to fail. */
static inline bool fail_alloc_stop(void)
{
    fail_alloc_left = -1;
    return fail_alloc_hit;
}

static inline bool fail_alloc_now(void)
{
    if (fail_alloc_left < 0)
        return false;
    if (fail_alloc_left > 0) {
        fail_alloc_left--;
        return false;
    }
    fail_alloc_hit = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fail_alloc_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fail_alloc_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fail_alloc_now() ? NULL : __real_realloc(p, size);
}

#endif
