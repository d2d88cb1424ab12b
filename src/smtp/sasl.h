/*
 * sasl - one sign-in by one mechanism, as a step function
 *
 * Challenges go in and responses come out, both decoded: what carries them
 * (RFC 4954) is auth's part. PLAIN, LOGIN, XOAUTH2 and OAUTHBEARER send user
 * name and secret byte for byte as they were given; CRAM-MD5 and SCRAM are GNU
 * SASL's, which prepares both by SASLprep (RFC 4013) as those mechanisms ask.
 */
#ifndef SMTPDX_SMTP_SASL_H
#define SMTPDX_SMTP_SASL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/peer_text.h"
#include "base/secret.h"

/*
 * Password hashings that a SCRAM server may ask for: at ten million it would
 * hold up everything else for seconds. RFC 7677 asks for 4096 at least.
 */
enum { SASL_ITERATIONS_MAX = 1000 * 1000 };

struct sasl;

/* All of it is borrowed until sasl_free(). */
struct sasl_spec {
    const char *mechanism; /* of sasl_choose() */
    struct peer_text user;
    const struct secret *secret;
    const char *host; /* as connected to; OAUTHBEARER tells it, with the port */
    uint16_t port;
    const void *binding; /* tls-exporter (RFC 9266), for -PLUS alone */
    size_t n_binding;    /* 0: none */
};

enum sasl_step {
    SASL_STEP_MORE,       /* send the response; another challenge is expected */
    SASL_STEP_DONE,       /* send the response; the server has all that it needs */
    SASL_STEP_UNVERIFIED, /* the server has not proved that it knows the password: leave it */
    SASL_STEP_MALFORMED,  /* the mechanism has no such challenge */
    SASL_STEP_FAILED,     /* this side: see err */
};

/*
 * sasl_choose() - the best mechanism that both sides have
 * shape:  as spelled by the registry. Those that prove the server and never
 *         show the password come first; then those that every server has.
 *         binding: -PLUS can be done. forced: this one or none. after: only
 *         mechanisms behind this one; NULL for the first choice
 * errors: NULL where there is none
 */
const char *sasl_choose(const struct peer_text *offered, size_t n_offered, enum secret_kind kind,
                        bool binding, const char *forced, const char *after);

/*
 * sasl_new() - ready for the first step
 * errors: ERR_INPUT where user name or secret hold what the mechanism cannot
 *         say (a NUL in PLAIN, a control character in SCRAM); ERR_NOMEM, ERR_LIBRARY
 */
bool sasl_new(struct sasl **ret, const struct sasl_spec *spec, struct err *err);

/* Wipes what it held. */
struct sasl *sasl_free(struct sasl *s);

/* The client speaks first: sasl_step() with an empty challenge gives the initial response. */
bool sasl_has_initial(const struct sasl *s);

/* False where the client's part does not depend on what the challenges say. */
bool sasl_reads_challenges(const struct sasl *s);

/* Most bytes that a response of this sign-in has. */
size_t sasl_response_max(const struct sasl_spec *spec);

/*
 * sasl_step() - answers a challenge
 * shape:  appends to response, which holds the secret then: buf_reserve() and
 *         secret_wipe_buf() it. After DONE one more challenge is taken where
 *         the mechanism tells errors by one (RFC 7628 section 3.2.3)
 */
enum sasl_step sasl_step(struct sasl *s, struct peer_text challenge, struct buf *response, struct err *err);

/* False where the mechanism proves the server too, and this server has not been proved. */
bool sasl_server_verified(const struct sasl *s);

#endif
