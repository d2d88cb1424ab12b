/*
 * buf - bytes that grow up to a ceiling
 *
 * The result is always terminated, so that bytes can be read as a string.
 * Once a put fails, every later one does too and `failed` stays set: a writer
 * may put on and look once at the end.
 */
#ifndef SMTPDX_BASE_BUF_H
#define SMTPDX_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *bytes; /* NULL until the first put */
    size_t len;
    size_t size;
    size_t ceiling; /* most bytes it may hold, the terminator not counted */
    bool failed;    /* a put was refused: ceiling reached or no memory */
};

void buf_init(struct buf *b, size_t ceiling);
void buf_done(struct buf *b);

/* Forgets the contents and the failure, keeps the memory. */
void buf_clear(struct buf *b);

/* Makes room for n more bytes at once: what is held does not move until they are put. */
bool buf_reserve(struct buf *b, size_t n);

/* Each appends all or nothing; false when the ceiling or memory forbids it. */
bool buf_put(struct buf *b, const void *bytes, size_t len);
bool buf_put_string(struct buf *b, const char *string);
bool buf_put_char(struct buf *b, char c);
bool buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops the first n bytes (n <= len). */
void buf_consume(struct buf *b, size_t n);

/* The contents as a string, "" where nothing was put; valid until the next put. */
const char *buf_borrow(const struct buf *b);

/* Hands the bytes over (free with free()); NULL where nothing was put or memory is short. */
char *buf_take(struct buf *b);

#endif
