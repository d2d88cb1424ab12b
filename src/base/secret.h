/*
 * secret - a password or a token, from where it is given to where it is sent
 *
 * The one owner of such bytes. Its memory is locked where that is permitted,
 * stands in no core dump and in no forked child, and is wiped when it ends.
 * There is no function that prints a secret; secret_mask() is the door for
 * every text of a server that has seen one.
 */
#ifndef SMTPDX_BASE_SECRET_H
#define SMTPDX_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/peer_text.h"
#include "base/secret_form.h"

struct arena;
struct buf;
struct err;
struct secret;

/* Bytes. No service asks for a longer password; a token with many claims stays far below. */
enum {
    SECRET_PASSWORD_MAX = 4096,
    SECRET_TOKEN_MAX = 64 * 1024,
};

enum secret_kind {
    SECRET_PASSWORD,
    SECRET_TOKEN, /* OAuth 2 access token */
};

/* What stands in a text instead of the secret. */
#define SECRET_MASK "[secret]"

/*
 * secret_new() - takes a copy
 * errors: ERR_LIMIT where it is longer than its kind may be, ERR_NOMEM
 */
bool secret_new(struct secret **ret, enum secret_kind kind, const void *bytes, size_t n, struct err *err);

/* Wipes it. */
struct secret *secret_free(struct secret *s);

enum secret_kind secret_kind(const struct secret *s);

/* Borrowed, any byte, not terminated. */
const char *secret_bytes(const struct secret *s, size_t *n);

/*
 * secret_mask() - a text as it may be kept and shown
 * shape:  a copy of text in a, with SECRET_MASK instead of every sight of the
 *         secret: plain, percent-encoded, in base64 of either alphabet
 *         wherever it stands in what was encoded, folded at blanks or line
 *         ends, long parts of a long secret, and its first four bytes or more
 *         at the end of a text that was cut (in a short text, where they are no
 *         word). Mask before cutting all the same. Of a secret below four bytes no
 *         part of the text is left. s may be NULL: then it is only copied.
 *         user: the name that it was sent with, or empty
 * errors: false when memory is short: the text must not be kept then
 */
bool secret_mask(struct peer_text *ret, const struct secret *s, struct peer_text user, struct arena *a,
                 struct peer_text text);

/*
 * secret_mask_cut() - likewise, where the text is known to have been cut
 * shape:  of a secret that began at its end, not even a part below four bytes is left: unless that
 *         end is masked, as many bytes as may hold one are dropped
 */
bool secret_mask_cut(struct peer_text *ret, const struct secret *s, struct peer_text user, struct arena *a,
                     struct peer_text text);

/* Room for a secret that is not one yet: locked, not dumped, zeroed. NULL when memory is short. */
void *secret_room_new(size_t n);

/* Wipes it; n as it was asked for; room may be NULL. */
void secret_room_free(void *room, size_t n);

/*
 * Ends a buffer that held a secret, wiped. buf_reserve() it at its full size
 * before the first put: growing would leave a copy behind.
 */
void secret_wipe_buf(struct buf *b);

#endif
