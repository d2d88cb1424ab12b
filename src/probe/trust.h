/*
 * trust - the roots that are believed, and what they say of a chain
 *
 * Belongs to the engine. The system's roots are loaded once, in a thread, while
 * names and connections are under way.
 */
#ifndef SMTPDX_PROBE_TRUST_H
#define SMTPDX_PROBE_TRUST_H

#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/evidence.h"
#include "probe/http_url.h"

struct trust;

typedef void trust_ready_fn(void *user);

/*
 * trust_new() - begins to load the roots that a plan believes in
 * shape:  ready is called once, from the loop
 * errors: ERR_INPUT where a file holds no certificate, *bad_file naming it
 *         (borrowed from the plan)
 */
bool trust_new(struct trust **ret, uv_loop_t *loop, const struct plan *plan, trust_ready_fn *ready, void *user,
               const char **bad_file, struct err *err);

/* The same roots serve this plan too. */
bool trust_fits(const struct trust *t, const struct plan *plan);
bool trust_is_ready(const struct trust *t);

/* Number of roots; 0 where none could be loaded. */
size_t trust_roots(const struct trust *t);

/* Fills in what is judged of every chain; while the roots are not ready, only what needs none. */
void trust_judge(struct trust *t, struct evidence *e);

/*
 * trust_misses_issuer() - whether a chain ends in a certificate whose issuer is not known here
 * shape:  ret is where that certificate says that its issuer can be fetched; what was fetched before
 *         belongs to the chain. Never while the roots are not ready
 */
bool trust_misses_issuer(struct trust *t, const struct evidence *e, size_t chain, struct http_url *ret);

/* Keeps the issuer that is in the reply; false where it holds none that the chain lacks. */
bool trust_take_issuer(struct evidence *e, size_t chain, struct peer_text body);

/*
 * trust_misses_ocsp() - whether nobody has said if the leaf was revoked, and its issuer is known
 * shape:  ret is where the leaf says that one can ask, request what to ask there (appended, DER)
 */
bool trust_misses_ocsp(struct trust *t, const struct evidence *e, size_t chain, struct http_url *ret,
                       struct buf *request);

/* Keeps an OCSP answer about the leaf; false where the reply is none that counts. */
bool trust_take_ocsp(struct trust *t, struct evidence *e, size_t chain, struct peer_text body);

/* Frees it once the loading thread has ended. */
void trust_close(struct trust *t);

#endif
