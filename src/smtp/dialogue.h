/*
 * dialogue - what an SMTP client says, as a step function
 *
 * Bytes that were received go in, bytes to be sent come out, and after each
 * step it tells what it waits for. It never sees a socket, a TLS library or a
 * clock: whoever drives it owns those. Nothing is sent ahead of the reply to
 * the command before it, and nothing at all behind STARTTLS.
 *
 * With an errand it goes on to sign in and to send a message. No secret is said
 * before the driver permits it, for this very connection; and from then on every
 * text that is kept of the server has the secret masked.
 */
#ifndef SMTPDX_SMTP_DIALOGUE_H
#define SMTPDX_SMTP_DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/peer_text.h"
#include "model/evidence.h"
#include "smtp/ehlo.h"
#include "smtp/errand.h"
#include "smtp/reply.h"

enum smtp_state {
    SMTP_STATE_GREETING,
    SMTP_STATE_EHLO,
    SMTP_STATE_HELO,      /* EHLO was not understood */
    SMTP_STATE_STARTTLS,
    SMTP_STATE_HANDSHAKE, /* the driver's turn */
    SMTP_STATE_EHLO_TLS,
    SMTP_STATE_PERMISSION, /* the driver's turn */
    SMTP_STATE_AUTH,       /* the command and all its challenges */
    SMTP_STATE_CANCEL,     /* `*` in place of a response */
    SMTP_STATE_MAIL,
    SMTP_STATE_RCPT,
    SMTP_STATE_DATA,
    SMTP_STATE_MESSAGE,    /* and the dot behind it */
    SMTP_STATE_RSET,
    SMTP_STATE_QUIT,
    SMTP_STATE_END,
    SMTP_STATE_COUNT,
};

/* How far it came: the step whose answer it waits for, or at which it failed. */
enum smtp_stage {
    SMTP_STAGE_GREETING,
    SMTP_STAGE_EHLO, /* HELO included */
    SMTP_STAGE_STARTTLS,
    SMTP_STAGE_TLS,
    SMTP_STAGE_EHLO_TLS,
    SMTP_STAGE_AUTH, /* from the question whether the secret may be said */
    SMTP_STAGE_MAIL,
    SMTP_STAGE_RCPT,
    SMTP_STAGE_DATA,
    SMTP_STAGE_MESSAGE,
    SMTP_STAGE_DONE,
    SMTP_STAGE_COUNT,
};

enum smtp_fault {
    SMTP_FAULT_NONE,
    SMTP_FAULT_REFUSED,   /* 4xx or 5xx: see refusal */
    SMTP_FAULT_MALFORMED, /* see flaw and raw */
    SMTP_FAULT_NOT_SMTP,  /* see service and raw */
    SMTP_FAULT_CLOSED,    /* the stream ended before the reply; raw holds what had come of it */
    SMTP_FAULT_STARTTLS_NOT_OFFERED,
    SMTP_FAULT_STARTTLS_REFUSED, /* see refusal */
    SMTP_FAULT_AUTH_NOT_OFFERED, /* no way of signing in at all */
    SMTP_FAULT_NO_MECHANISM,     /* none that both sides have, or not the one that was asked for */
    SMTP_FAULT_UNSAYABLE,        /* user name or secret hold what none of them can carry */
    SMTP_FAULT_UNVERIFIED,       /* the server could not prove that it knows the password */
    SMTP_FAULT_CHALLENGE,        /* a challenge that its mechanism cannot have, or one too many */
    SMTP_FAULT_TOO_LARGE,        /* the message would pass the limit that the server told */
};

enum smtp_want {
    SMTP_WANT_READ,      /* send `out`, then feed what comes */
    SMTP_WANT_HANDSHAKE, /* send what is left of `out`, begin TLS, then dialogue_tls_up() */
    SMTP_WANT_PERMISSION, /* may the secret be said here? dialogue_permit() or dialogue_forbid() */
    SMTP_WANT_CLOSE,     /* over; `out` need not be sent */
};

struct smtp_dialogue_spec {
    const char *ehlo_name;
    bool inside_tls;    /* TLS stands before the greeting (implicit TLS) */
    bool want_starttls; /* not with inside_tls */
    bool greeting_only; /* QUIT once it has come and welcomes */
    bool try_mail;      /* MAIL FROM:<> and RSET in clear; neither with inside_tls nor with want_starttls */
    const struct smtp_errand *errand; /* or NULL; neither with greeting_only nor with try_mail */
};

/* What was learned. Texts live until dialogue_done(). */
struct smtp_learned {
    enum smtp_stage stage;
    enum smtp_fault fault;
    enum reply_flaw flaw;
    enum service service; /* by the greeting; UNKNOWN before it */
    struct smtp_answer answers[SMTP_STAGE_COUNT]; /* EHLO's own where HELO followed; none to TLS and DONE;
                                                     AUTH's last, that to `*` left out */
    struct smtp_answer refusal;  /* where fault is REFUSED or STARTTLS_REFUSED: the answer that refused */
    struct smtp_caps clear;      /* of the EHLO in clear */
    struct smtp_caps tls;        /* of the EHLO inside TLS: the only one that counts there */
    bool helo_used;              /* EHLO was refused as unknown and HELO accepted */
    bool mail_accepted;          /* MAIL FROM:<> in clear */
    struct smtp_sign_in sign_in;
    struct smtp_sending sending;
    size_t n_injected;           /* bytes behind the 220 of STARTTLS, discarded (RFC 3207 section 4.2) */
    struct peer_text injected;   /* the first PEER_RAW_MAX of them */
    struct peer_text raw;        /* first bytes of the reply that failed or is being read, and behind it */
};

/* Read `learned`, `state`, `complete`, `err` and the trail; drain `out`; the rest is the dialogue's own. */
struct smtp_dialogue {
    struct buf out;             /* bytes to be sent: buf_consume() what was; a secret in it is wiped here */
    enum smtp_state state;
    bool complete;              /* nothing more will be learned; what is left is courtesy */
    struct err err;             /* this side failed (memory): the dialogue is over, no fault of the peer */
    struct smtp_learned learned;
    enum smtp_state trail[SMTP_STATE_COUNT]; /* states entered, the present one last */
    size_t n_trail;

    struct smtp_dialogue_spec spec;
    struct reply_reader reader;
    struct arena *arena;
    struct errand_state errand;
    struct buf pending; /* came where a permission is waited for */
    bool inside_tls;
    bool failed; /* memory was short for what should be kept */
    bool undecided; /* a greeting that is none, and too short to name */
    size_t n_raw;
    size_t n_injected_kept;
    char raw[PEER_RAW_MAX];
    char masked[PEER_RAW_MAX]; /* raw, once it may hold the secret */
    char injected[PEER_RAW_MAX];
};

/*
 * dialogue_init() - ready for the greeting
 * shape:  spec->ehlo_name is copied; the dialogue must not move in memory afterwards
 * errors: INPUT for a name or an address that cannot be sent, NOMEM; dialogue_done() is right in either case
 * source: RFC 5321 section 3.1 to 3.3, RFC 3207, RFC 4954, RFC 1870
 */
bool dialogue_init(struct smtp_dialogue *d, const struct smtp_dialogue_spec *spec, struct err *err);
void dialogue_done(struct smtp_dialogue *d);

/*
 * dialogue_feed() - bytes were received
 * shape:  takes all of them, in any cut; in clear before dialogue_tls_up(), decrypted afterwards.
 *         Bytes fed where a handshake is wanted are counted as injected.
 */
enum smtp_want dialogue_feed(struct smtp_dialogue *d, const void *bytes, size_t n);

/* The handshake that was wanted has succeeded; everything learned in clear counts no more. */
enum smtp_want dialogue_tls_up(struct smtp_dialogue *d);

/*
 * dialogue_permit() - the connection has been found fit for the secret
 * shape:  binding is the tls-exporter of this connection (RFC 9266), copied; n 0: there is none.
 *         A server that spoke up meanwhile is listened to first, and told nothing.
 */
enum smtp_want dialogue_permit(struct smtp_dialogue *d, const void *binding, size_t n);

/* It has not: what is left is QUIT. Stage DONE, no fault: the reason is the driver's. */
enum smtp_want dialogue_forbid(struct smtp_dialogue *d);

/* The stream has ended. */
enum smtp_want dialogue_eof(struct smtp_dialogue *d);

/* Stable words, for traces and tests: "ehlo-tls", "starttls-refused". */
const char *smtp_state_word(enum smtp_state state);
const char *smtp_fault_word(enum smtp_fault fault);

#endif
