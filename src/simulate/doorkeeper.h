/*
 * doorkeeper - the server's side of one sign-in (RFC 4954, RFC 4422)
 *
 * Compares with the accounts of the scenario what a client shows, by the
 * mechanism that it chose: with GNU SASL, and for OAuth 2.0 by itself
 * (RFC 7628; XOAUTH2 as Google describes it). Does wrong what a step of the
 * scenario asks for. Lines in, lines out; no socket.
 */
#ifndef SMTPDX_SIMULATE_DOORKEEPER_H
#define SMTPDX_SIMULATE_DOORKEEPER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/peer_text.h"
#include "simulate/scenario.h"

enum {
    DOORKEEPER_LINE_MAX = 12288, /* base64 of a challenge or response: RFC 4954 section 4 */
};

struct doorkeeper;

struct doorkeeper_spec {
    const struct scenario *scenario;
    enum scenario_auth_fault fault;
    struct peer_text mechanism; /* in whatever case */
    struct peer_text offer;     /* the mechanisms that were offered, with blanks between */
    struct peer_text binding;   /* tls-exporter (RFC 9266); empty outside of TLS */
};

enum doorkeeper_answer {
    DOORKEEPER_ASKS, /* and a response is next */
    DOORKEEPER_ACCEPTS,
    DOORKEEPER_DENIES,
    DOORKEEPER_CANCELLED, /* by the client */
    DOORKEEPER_MALFORMED,
    DOORKEEPER_UNOFFERED, /* no such mechanism was offered, or it is not known here */
};

/*
 * doorkeeper_read_offer() - the mechanisms of a reply to EHLO
 * shape:  *offer is part of reply then; unchanged where no line is about AUTH
 *         "AUTH=" is an older way to write "AUTH "
 */
void doorkeeper_read_offer(struct peer_text *offer, struct peer_text reply);

/*
 * doorkeeper_new()
 * shape:  what spec points to outlives it, but for mechanism, offer and binding
 * errors: NULL when memory is short
 */
struct doorkeeper *doorkeeper_new(const struct doorkeeper_spec *spec);
struct doorkeeper *doorkeeper_free(struct doorkeeper *d);

/* In capitals. */
const char *doorkeeper_mechanism(const struct doorkeeper *d);

/*
 * doorkeeper_begin() - answers AUTH
 * shape:  initial is what stood behind the mechanism; empty for none
 *         challenge gets what is asked, in base64 and without an end
 */
enum doorkeeper_answer doorkeeper_begin(struct doorkeeper *d, struct peer_text initial,
                                        struct buf *challenge);

/* Likewise answers the next line, without its end. */
enum doorkeeper_answer doorkeeper_hear(struct doorkeeper *d, struct peer_text line, struct buf *challenge);

/* What the client should not have done, NULL for nothing; a sentence without an end. */
const char *doorkeeper_complaint(const struct doorkeeper *d);

#endif
