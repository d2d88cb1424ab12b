/*
 * errand - what a dialogue is to do once the server has been greeted
 *
 * Signing in and sending, without a word of when: that is the dialogue's. Owns
 * the copies of what it was told and the message; borrows the secret.
 */
#ifndef SMTPDX_SMTP_ERRAND_H
#define SMTPDX_SMTP_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/peer_text.h"
#include "base/secret.h"
#include "smtp/auth.h"
#include "smtp/ehlo.h"
#include "smtp/oauth_error.h"
#include "smtp/reply.h"

struct smtp_errand {
    bool sign_in; /* inside TLS alone */
    struct peer_text user;
    const struct secret *secret;
    const char *auth; /* this mechanism or none; NULL: the best that both sides have */
    const char *host; /* as connected to, for OAUTHBEARER */
    uint16_t port;
    const char *mail_from, *rcpt_to; /* of message_address_sendable(); NULL, both: nothing is sent */
    bool stop_after_rcpt;            /* no message: RSET once the recipient was accepted */
    int64_t wall_ms;                 /* the date of the message, since 1970 */
    int utc_offset_minutes;          /* its zone, east of Greenwich */
};

enum { SMTP_SET_ASIDE_MAX = 2 };

/* What was learned; texts live as long as the arena that they were put in. */
struct smtp_sign_in {
    bool begun;               /* AUTH was said */
    bool accepted;            /* and the server proved itself, where the mechanism has it do so */
    const char *mechanism;    /* the last that was begun; NULL: none */
    struct oauth_error oauth; /* why a token was refused, where the server told it as JSON */
    size_t n_set_aside;
    struct {
        const char *mechanism;
        struct smtp_answer answer;
    } set_aside[SMTP_SET_ASIDE_MAX]; /* refused as mechanisms (504), and another was begun */
};

struct smtp_sending {
    bool begun;             /* MAIL was said */
    const char *message_id; /* without its brackets; NULL: the message was not built */
    uint64_t size;          /* of the message with its line ends */
    bool accepted;          /* the server has taken it over */
};

/* Read `spec`, `message`, `permitted`; the rest is the errand's own. All zero: nothing is to be done. */
struct errand_state {
    struct smtp_errand spec;
    bool permitted; /* the secret may have been said: errand_keep() masks from now on */
    struct buf message;
    struct auth auth;
    struct peer_text binding;
};

/*
 * errand_init() - copies the errand into a; spec->secret is borrowed until errand_done()
 * errors: INPUT for an address that cannot be sent, NOMEM; errand_done() is right in either case
 */
bool errand_init(struct errand_state *e, const struct smtp_errand *spec, struct arena *a, struct err *err);
void errand_done(struct errand_state *e);

/* Most bytes that one step of it sends. */
size_t errand_room(const struct errand_state *e);

/* The secret may be said; binding (may be empty) is copied into a. */
void errand_permit(struct errand_state *e, struct peer_text binding, struct arena *a);

enum errand_auth {
    ERRAND_BEGUN,
    ERRAND_NO_MECHANISM,
    ERRAND_UNSAYABLE, /* there are some, and none of them can carry these bytes */
    ERRAND_FAILED,    /* this side: see err */
};

/* Writes AUTH for the best mechanism behind the one that was begun last. */
enum errand_auth errand_begin_auth(struct errand_state *e, const struct smtp_caps *caps,
                                   struct smtp_sign_in *learned, struct buf *out, struct err *err);

/*
 * errand_set_aside() - begins another mechanism, where it was the mechanism that was refused
 * shape:  never after 535, so that no account is locked by trying
 */
enum errand_auth errand_set_aside(struct errand_state *e, const struct smtp_answer *refusal,
                                  const struct smtp_caps *caps, struct smtp_sign_in *learned, struct buf *out,
                                  struct err *err);

/* Builds the message; errors: NOMEM, LIBRARY (no random numbers), INPUT (no such date). */
bool errand_make_message(struct errand_state *e, struct smtp_sending *learned, struct arena *a,
                         struct err *err);

/* An address of it is not ASCII. */
bool errand_is_wide(const struct errand_state *e);

/* What stands in MAIL FROM, from the path on: RFC 1870 section 6, RFC 6531 section 3.4. */
void errand_put_sender(const struct errand_state *e, const struct smtp_caps *caps, struct buf *out);

/*
 * errand_keep() - a text of the server, cut at max; masked before, where the secret may stand in it
 * errors: false when memory is short
 */
bool errand_keep(const struct errand_state *e, struct peer_text *ret, struct arena *a, struct peer_text text,
                 size_t max);

/*
 * errand_show() - likewise, into room where it is masked, and as it stands where it need not be
 * shape:  is_cut: text may end within the secret
 */
bool errand_show(const struct errand_state *e, struct peer_text *ret, char *room, size_t size,
                 struct peer_text text, bool is_cut);

#endif
