/*
 * ehlo - the keywords of an EHLO reply
 *
 * Knows what SMTP and its registered extensions define, and how servers and
 * firewalls bend it. Texts are copied into the arena that is passed in.
 */
#ifndef SMTPDX_SMTP_EHLO_H
#define SMTPDX_SMTP_EHLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/peer_text.h"
#include "smtp/reply.h"

enum { EHLO_AUTH_MAX = 32 }; /* mechanisms kept; real servers offer up to a dozen */

struct smtp_caps {
    bool known;                 /* an EHLO was accepted; else all the rest is empty */
    struct peer_text *keywords; /* lines with their parameters, the greeting line left out */
    size_t n_keywords;
    struct peer_text *auth;     /* mechanisms as spelled by the server, each once */
    size_t n_auth;
    uint64_t size;              /* 0: no limit told; beyond the type: its greatest value */
    bool size_given;
    bool starttls;
    bool starttls_masked;       /* no STARTTLS, and a keyword of its length is blotted out (XXXXXXXA) */
};

/*
 * ehlo_read() - the keywords of a reply to EHLO
 * errors: false when the arena is full; *ret is untouched
 * source: RFC 5321 section 4.1.1.1, 1870, 3207, 4954; "AUTH=LOGIN" is what
 *         servers send for clients older than RFC 2554
 */
bool ehlo_read(struct smtp_caps *ret, struct arena *a, const struct smtp_reply *reply);

#endif
