/*
 * peer_text - bytes that came from outside
 *
 * A type of its own, so that what a server said cannot reach printf by
 * accident: a reporter turns it into bytes for its surface through
 * peer_text_escape() and nothing else.
 */
#ifndef SMTPDX_BASE_PEER_TEXT_H
#define SMTPDX_BASE_PEER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* As received: any byte, not terminated; bytes may be NULL where len is 0. */
struct peer_text {
    const char *bytes;
    size_t len;
};

#define PEER_TEXT_LITERAL(s) ((struct peer_text){ .bytes = (s), .len = sizeof(s) - 1 })

/* A terminated string seen as peer text; NULL becomes the empty text. */
struct peer_text peer_text_of(const char *string);

bool peer_text_equal(struct peer_text a, struct peer_text b);

/* ASCII letters compared without case (SMTP keywords and host names). */
bool peer_text_equal_nocase(struct peer_text a, const char *word);

/*
 * peer_text_next() - takes the next character off the front of t
 * shape:  *ret is its code point; printable says whether a terminal may show
 *         it as it is: assigned, no control, no format character (bidi marks,
 *         zero-width), no line or paragraph separator, no private use
 * errors: a byte that is not well-formed UTF-8 comes alone, as its own value
 *         with *printable false
 * source: RFC 3629; the Unicode general category (libunistring)
 */
bool peer_text_next(struct peer_text *t, uint32_t *ret, size_t *len, bool *printable);

/* White space of any script, the ideographic and the no-break space too. */
bool peer_text_is_space(uint32_t c);

/*
 * peer_text_escape() - appends t so that it is harmless in any printed face
 * shape:  every byte that is not part of a printable character becomes \xNN,
 *         and a backslash becomes \\, so the result can be read back; ends in
 *         "..." where max_len bytes of output would be passed (0: no limit)
 * errors: false when out refused the bytes
 */
bool peer_text_escape(struct buf *out, struct peer_text t, size_t max_len);

#endif
