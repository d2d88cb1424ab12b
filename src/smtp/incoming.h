/*
 * incoming - what a client says to an IMAP or POP3 server before it signs in, as a step function
 *
 * The same bargain as dialogue: bytes in, bytes out, no socket; nothing is sent
 * ahead of the answer to the command before it, and nothing behind STARTTLS or
 * STLS. What was learned is told in the words of the SMTP dialogue, so that one
 * driver drives either: EHLO stands for CAPABILITY and CAPA, STARTTLS for STLS.
 */
#ifndef SMTPDX_SMTP_INCOMING_H
#define SMTPDX_SMTP_INCOMING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/protocol.h"
#include "smtp/dialogue.h"

enum incoming_state {
    INCOMING_GREETING,
    INCOMING_CAPABILITY,
    INCOMING_STARTTLS,
    INCOMING_HANDSHAKE, /* the driver's turn */
    INCOMING_CAPABILITY_TLS,
    INCOMING_LOGOUT,
    INCOMING_END,
    INCOMING_STATE_COUNT,
};

/* Far beyond what servers say before a sign-in. */
enum {
    INCOMING_LINE_MAX = 8192, /* bytes before the line feed */
    INCOMING_LINES_MAX = 512, /* of one answer */
    INCOMING_BYTES_MAX = 65536,
    INCOMING_WORDS_MAX = 128, /* capabilities kept */
};

struct incoming_spec {
    enum protocol protocol; /* IMAP or POP3 */
    bool inside_tls;    /* TLS stands before the greeting (implicit TLS) */
    bool want_starttls; /* not with inside_tls */
    bool greeting_only; /* good-bye once it has come and welcomes */
};

/* Read `learned`, `state`, `complete`, `err` and the trail; drain `out`; the rest is the dialogue's own. */
struct incoming {
    struct buf out;
    enum incoming_state state;
    bool complete; /* nothing more will be learned; what is left is courtesy */
    struct err err;
    struct smtp_learned learned;
    enum incoming_state trail[INCOMING_STATE_COUNT]; /* states entered, the present one last */
    size_t n_trail;

    struct incoming_spec spec;
    struct arena *arena;
    struct buf line;   /* of the answer, so far */
    size_t n_lines;    /* of the answer, and its bytes */
    size_t n_bytes;
    bool listing;      /* POP3: the list of capabilities has begun */
    bool named_any;    /* a line of this answer names capabilities */
    bool preauth;      /* IMAP: signed in from the start */
    bool inside_tls;
    bool undecided;    /* a greeting that is none, and too short to name */
    enum reply_flaw undecided_flaw;
    size_t n_raw;
    size_t n_injected_kept;
    char raw[PEER_RAW_MAX];
    char injected[PEER_RAW_MAX];
};

/*
 * incoming_init() - ready for the greeting
 * shape:  it must not move in memory afterwards
 * errors: NOMEM; incoming_done() is right in either case
 * source: RFC 9051 section 3 and 6.1, RFC 3501; RFC 1939, 2449 and 2595
 */
bool incoming_init(struct incoming *d, const struct incoming_spec *spec, struct err *err);
void incoming_done(struct incoming *d);

/* As dialogue_feed(), dialogue_tls_up() and dialogue_eof(). */
enum smtp_want incoming_feed(struct incoming *d, const void *bytes, size_t n);
enum smtp_want incoming_tls_up(struct incoming *d);
enum smtp_want incoming_eof(struct incoming *d);

/* "capability-tls": for traces and tests. */
const char *incoming_state_word(enum incoming_state state);

#endif
