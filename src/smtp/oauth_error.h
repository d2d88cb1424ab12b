/*
 * oauth_error - what a server says of a token that it refuses
 *
 * A challenge that stands in the place of a refusal: a JSON object, to which
 * the client has nothing to say.
 */
#ifndef SMTPDX_SMTP_OAUTH_ERROR_H
#define SMTPDX_SMTP_OAUTH_ERROR_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/peer_text.h"
#include "base/secret.h"

enum { OAUTH_TEXT_MAX = 512 }; /* of each text that is kept */

/* Empty where it was not said. */
struct oauth_error {
    struct peer_text status; /* "invalid_token"; of XOAUTH2 "400", "401" */
    struct peer_text schemes;
    struct peer_text scope;
};

/*
 * oauth_error_read() - of the challenge, decoded
 * shape:  the texts as they are once JSON's escapes are resolved, with the secret
 *         masked in each. What is no JSON object, or of another shape, leaves *ret empty
 * errors: false when memory is short
 * source: RFC 7628 section 3.2.2; Google's "OAuth 2.0 mechanism" for XOAUTH2
 */
bool oauth_error_read(struct oauth_error *ret, struct arena *a, struct peer_text json, const struct secret *secret,
                      struct peer_text user);

#endif
