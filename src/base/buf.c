#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t ceiling)
{
    *b = (struct buf){ .ceiling = ceiling };
}

void buf_done(struct buf *b)
{
    free(b->bytes);
    *b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->bytes != NULL)
        b->bytes[0] = '\0';
}

bool buf_reserve(struct buf *b, size_t n)
{
    size_t size = b->size == 0 ? 64 : b->size;
    char *bytes;

    if (b->failed || n > b->ceiling - b->len) {
        b->failed = true;
        return false;
    }
    while (size < b->len + n + 1)
        size *= 2;
    if (size == b->size)
        return true;
    bytes = realloc(b->bytes, size);
    if (bytes == NULL) {
        b->failed = true;
        return false;
    }
    b->bytes = bytes;
    b->size = size;
    return true;
}

bool buf_put(struct buf *b, const void *bytes, size_t len)
{
    if (!buf_reserve(b, len))
        return false;
    if (len > 0)
        memcpy(b->bytes + b->len, bytes, len);
    b->len += len;
    b->bytes[b->len] = '\0';
    return true;
}

bool buf_put_string(struct buf *b, const char *string)
{
    return buf_put(b, string, strlen(string));
}

bool buf_put_char(struct buf *b, char c)
{
    return buf_put(b, &c, 1);
}

bool buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !buf_reserve(b, (size_t)n)) {
        b->failed = true;
        return false;
    }
    va_start(args, format);
    vsnprintf(b->bytes + b->len, (size_t)n + 1, format, args);
    va_end(args);
    b->len += (size_t)n;
    return true;
}

void buf_consume(struct buf *b, size_t n)
{
    assert(n <= b->len);
    if (n == 0)
        return;
    memmove(b->bytes, b->bytes + n, b->len - n);
    b->len -= n;
    b->bytes[b->len] = '\0';
}

const char *buf_borrow(const struct buf *b)
{
    return b->bytes == NULL ? "" : b->bytes;
}

char *buf_take(struct buf *b)
{
    char *bytes;

    if (b->failed || !buf_reserve(b, 0))
        return NULL;
    b->bytes[b->len] = '\0';
    bytes = b->bytes;
    b->bytes = NULL;
    b->len = b->size = 0;
    return bytes;
}
