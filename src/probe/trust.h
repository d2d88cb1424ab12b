/*
 * trust - the roots that are believed
 *
 * Belongs to the engine. Roots are loaded once, in a thread, while names and
 * connections are under way; of a file that was named only the first
 * certificate is looked at before that.
 */
#ifndef SMTPDX_PROBE_TRUST_H
#define SMTPDX_PROBE_TRUST_H

#include <gnutls/x509.h>
#include <uv.h>

#include "base/err.h"
#include "model/evidence.h"

struct trust;

typedef void trust_ready_fn(void *user);

/*
 * trust_new() - begins to load the roots that a plan believes in
 * shape:  reads the files of the plan; ready is called once, from the loop
 * errors: ERR_INPUT where a file holds no certificate, *bad_file naming it
 *         (borrowed from the plan)
 */
bool trust_new(struct trust **ret, uv_loop_t *loop, const struct plan *plan, trust_ready_fn *ready, void *user,
               const char **bad_file, struct err *err);

/* The same roots serve this plan too. */
bool trust_fits(const struct trust *t, const struct plan *plan);
bool trust_is_ready(const struct trust *t);

/* Number of roots; 0 where none could be loaded, or none is yet. */
size_t trust_roots(const struct trust *t);

/* Number of certificates in the plan's files that cannot be read and are passed over. */
size_t trust_broken(const struct trust *t);

/*
 * trust_verify() - what the roots say of n certificates, leaf first, windows of validity left out
 * shape:  *flaws is a set of enum trust_flaw; empty: they believe it
 * errors: false where there is no opinion: there is no root, or none is loaded yet
 */
bool trust_verify(const struct trust *t, gnutls_x509_crt_t *crts, unsigned n, unsigned *flaws);

/* The roots of the plan's files alone believe it, as far as they are loaded. */
bool trust_is_given(const struct trust *t, gnutls_x509_crt_t *crts, unsigned n);

/* The roots believe it today, windows of validity looked at, their own too; by the local clock. */
bool trust_is_current(const struct trust *t, gnutls_x509_crt_t *crts, unsigned n);

/* The organisation that issued this certificate owns a root that is believed here. */
bool trust_owns_root(const struct trust *t, gnutls_x509_crt_t crt);

/* The root that has issued it, the caller's to free; NULL where there is none. */
gnutls_x509_crt_t trust_find_issuer(const struct trust *t, gnutls_x509_crt_t crt);

/* Frees it once the loading thread has ended. */
void trust_close(struct trust *t);

#endif
