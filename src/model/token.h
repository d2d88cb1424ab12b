/*
 * token - what an OAuth 2 access token says about itself
 *
 * Read without a network and without a look at its signature: whoever made the
 * token may have written anything here, and only the server judges it.
 */
#ifndef SMTPDX_MODEL_TOKEN_H
#define SMTPDX_MODEL_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/peer_text.h"

enum {
    TOKEN_CLAIM_MAX = 512,   /* bytes kept of one claim */
    TOKEN_SCOPES_MAX = 2048, /* bytes kept of all scopes, and of all roles */
};

/* Of a token that is opaque, as Google's are, only is_jwt has a meaning: false. Absent texts are empty. */
struct token_facts {
    bool is_jwt;
    struct peer_text issuer;
    struct peer_text audience; /* for whom it is; several with blanks between */
    struct peer_text scopes;   /* what it allows, blanks between */
    struct peer_text roles;    /* what it allows an application that acts for no user */
    struct peer_text user;     /* the best name that it gives */
    int64_t expires_s;         /* Unix seconds; -1: not said */
    int64_t not_before_s;
    int64_t issued_s;
};

#endif
