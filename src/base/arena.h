/*
 * arena - memory that lives and dies with one object
 *
 * A Plan, an Evidence and a Diagnosis each own one: everything that they point
 * to lies in it, and arena_free() ends all of it. Bounded, because most of what
 * is put there came from outside. Once an allocation fails, `failed` stays set,
 * so that a builder may look once at the end.
 */
#ifndef SMTPDX_BASE_ARENA_H
#define SMTPDX_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/peer_text.h"

struct arena;

/* ceiling: most bytes it hands out; errors: NULL when memory is short */
struct arena *arena_new(size_t ceiling);
struct arena *arena_free(struct arena *a);
bool arena_failed(const struct arena *a);

/* Zeroed room for n objects of size bytes each, aligned for any object; NULL on failure. */
void *arena_alloc(struct arena *a, size_t n, size_t size);

/* NULL for NULL and on failure. */
char *arena_strdup(struct arena *a, const char *string);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A copy of t cut at max_len bytes; also terminated, so that bytes reads as a string. Empty on failure. */
struct peer_text arena_peer_text(struct arena *a, struct peer_text t, size_t max_len);

/*
 * arena_append() - makes room for one more element at the end of an array
 * shape:  *array holds *n elements of size bytes; grows by doubling, so the
 *         array may move: keep indices, not pointers, across calls
 * errors: NULL when max elements are there already or memory is short; the
 *         array is unchanged then
 */
void *arena_append(struct arena *a, void *array, size_t *n, size_t size, size_t max);

/* arena_append() for `type *array; size_t n_array;`, giving the new zeroed element. */
#define ARENA_APPEND(a, array, n, max) \
    ((__typeof__(array))arena_append((a), &(array), &(n), sizeof *(array), (max)))

#endif
