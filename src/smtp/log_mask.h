/*
 * log_mask - takes the secrets out of a log or a setting that somebody pastes
 *
 * Nobody knows the secret here: what stands where one belongs is masked, and
 * rather too much than too little.
 */
#ifndef SMTPDX_SMTP_LOG_MASK_H
#define SMTPDX_SMTP_LOG_MASK_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/peer_text.h"

/*
 * log_mask() - appends the text, "***" in the place of each secret
 * shape:  what stands behind AUTH and its mechanism; what a client answers to a
 *         334; behind "Bearer", "Basic" and PASS; the value of a password, secret
 *         or token, which has no quotation marks around it, to the end of the
 *         line; the password of a URL, of curl's -u, of netrc and of sasl_passwd;
 *         what begins as tokens do. Lines stay lines.
 * errors: false when out refused the bytes
 * source: RFC 4954 section 4, RFC 1939 section 7, RFC 6750 section 2.1
 */
bool log_mask(struct buf *out, struct peer_text text);

#endif
