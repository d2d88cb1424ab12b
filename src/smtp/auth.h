/*
 * auth - the AUTH command and its challenges, between SASL and SMTP
 *
 * Writes lines and reads challenges; which reply ends a sign-in, and what that
 * means, is the dialogue's to say.
 */
#ifndef SMTPDX_SMTP_AUTH_H
#define SMTPDX_SMTP_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/peer_text.h"
#include "smtp/oauth_error.h"
#include "smtp/sasl.h"

/* No mechanism here has more than three; a server that goes on asking is cut short. */
enum { AUTH_CHALLENGES_MAX = 6 };

enum auth_step {
    AUTH_ANSWERED,   /* a line was written */
    AUTH_UNVERIFIED, /* the server could not prove itself: nothing was written, cancel it */
    AUTH_NONSENSE,   /* a challenge that the mechanism cannot have, or one too many: likewise */
    AUTH_FAILED,     /* this side: see err */
};

struct auth {
    struct sasl *sasl; /* NULL: not begun, or ended */
    struct sasl_spec spec;
    struct buf waiting; /* an initial response too long for the command; sent when it is asked for */
    bool all_said;      /* what is asked now is how a refusal is told */
    unsigned n_challenges;
};

/*
 * auth_begin() - writes the AUTH command
 * shape:  what spec points to is borrowed until auth_end(); out, which holds a
 *         secret from now on, needs auth_room() bytes
 * errors: as sasl_new(): nothing is written
 * source: RFC 4954 section 4
 */
bool auth_begin(struct auth *a, const struct sasl_spec *spec, struct buf *out, struct err *err);

/*
 * auth_challenge() - answers a 334
 * shape:  text is what stands behind the code. Where it tells why a token is
 *         refused, that goes into *error, the secret masked
 */
enum auth_step auth_challenge(struct auth *a, struct peer_text text, struct oauth_error *error,
                              struct arena *arena, struct buf *out, struct err *err);

/* The mechanism has nothing more to say, so that a server may accept it. */
bool auth_all_said(const struct auth *a);

/* The server has proved itself, as far as the mechanism asks it to. */
bool auth_server_verified(const struct auth *a);

/* Wipes what was held of the secret; right at any time, also for a zeroed one. */
void auth_end(struct auth *a);

/* Most bytes that one line of this sign-in can have. */
size_t auth_room(const struct sasl_spec *spec);

#endif
