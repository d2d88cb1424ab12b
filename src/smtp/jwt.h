/*
 * jwt - reads what an access token says about itself, where it is a JWT
 */
#ifndef SMTPDX_SMTP_JWT_H
#define SMTPDX_SMTP_JWT_H

#include "base/arena.h"
#include "model/token.h"

/*
 * jwt_read() - the claims of a token
 * shape:  ret is for one that is none, too: is_jwt is false then. The signature
 *         is neither checked nor kept
 * errors: false when memory is short
 * source: RFC 7519 and RFC 7515 section 3.1 (three parts in base64url), RFC 9068
 *         (an access token's claims); `upn`, `scp`, `roles` and `unique_name` as
 *         Microsoft's "Access token claims reference" has them
 */
bool jwt_read(struct token_facts *ret, struct arena *a, struct peer_text token);

#endif
