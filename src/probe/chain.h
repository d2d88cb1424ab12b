/*
 * chain - what the roots say of the chains that were shown, and what these lack
 */
#ifndef SMTPDX_PROBE_CHAIN_H
#define SMTPDX_PROBE_CHAIN_H

#include "base/buf.h"
#include "model/evidence.h"
#include "probe/http_url.h"
#include "probe/trust.h"

/* Fills in what is judged of every chain; while the roots are not ready, only what needs none. */
void chain_judge_all(struct trust *t, struct evidence *e);

/*
 * chain_is_verified() - whether a secret may go to whoever showed this chain
 * shape:  by what was judged last: trusted, for the name, within its days by the local clock, not revoked;
 *         chain may be -1
 * source: RFC 9525, RFC 5280
 */
bool chain_is_verified(const struct evidence *e, int chain);

/*
 * chain_doubts() - a client with these roots would not take this chain: not trusted, or for another name
 * shape:  false while the roots are not ready; nothing is written down
 */
bool chain_doubts(struct trust *t, const struct evidence *e, size_t chain);

/*
 * chain_misses_issuer() - whether a chain ends in a certificate whose issuer is not known here
 * shape:  ret is where that certificate says that its issuer can be fetched; what was fetched before
 *         belongs to the chain. Never while the roots are not ready
 */
bool chain_misses_issuer(struct trust *t, const struct evidence *e, size_t chain, struct http_url *ret);

/* Keeps the issuer that is in the reply; false where it holds none that the chain lacks. */
bool chain_take_issuer(struct evidence *e, size_t chain, struct peer_text body);

/*
 * chain_misses_ocsp() - whether nobody has said if the leaf was revoked, and its issuer is known
 * shape:  ret is where the leaf says that one can ask, request what to ask there (appended, DER)
 */
bool chain_misses_ocsp(struct trust *t, const struct evidence *e, size_t chain, struct http_url *ret,
                       struct buf *request);

/* Keeps an OCSP answer about the leaf; false where the reply is none that counts. */
bool chain_take_ocsp(struct trust *t, struct evidence *e, size_t chain, struct peer_text body);

#endif
