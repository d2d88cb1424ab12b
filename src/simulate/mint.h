/*
 * mint - certificates made in memory for practice servers
 *
 * One mint has a root that a check may be told to trust, an intermediate below
 * it, and a second root that nobody is told of. Every chain it makes is
 * relative to the time it was given, so tests decide what "expired" means.
 */
#ifndef SMTPDX_SIMULATE_MINT_H
#define SMTPDX_SIMULATE_MINT_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "simulate/scenario.h"

struct mint;

enum { MINT_CHAIN_MAX = 3 };

/* A certificate with what is sent along with it, leaf first, and its key. Freed by mint_chain_done(). */
struct mint_chain {
    gnutls_x509_crt_t certificates[MINT_CHAIN_MAX];
    unsigned n_certificates;
    gnutls_x509_privkey_t key;
    struct buf staple; /* an OCSP answer as DER; empty where there is none */
};

/*
 * mint_new() - makes the authorities
 * units:  now in Unix seconds
 * errors: ERR_NOMEM, ERR_LIBRARY with GnuTLS's code
 */
bool mint_new(struct mint **ret, int64_t now, struct err *err);
struct mint *mint_free(struct mint *m);

/* The trusted root as PEM. */
bool mint_put_root(const struct mint *m, struct buf *out, struct err *err);

/* What a scenario's cert line asks for. */
bool mint_chain(struct mint_chain *ret, const struct mint *m, const struct scenario_cert *spec,
                struct err *err);
void mint_chain_done(struct mint_chain *c);

/* Appends one of the mint's own authorities (neither SELF nor NAMED), as DER; bundled: in PKCS #7, behind the root that nobody knows. */
bool mint_put_issuer(const struct mint *m, enum scenario_issuer issuer, bool bundled, struct buf *out,
                     struct err *err);

/* Appends an OCSP answer about the chain's leaf, of such an authority, as DER. */
bool mint_put_ocsp(const struct mint *m, enum scenario_issuer issuer, enum scenario_staple says,
                   const struct mint_chain *c, struct buf *out, struct err *err);

/* The chain, and its key behind it, as PEM. */
bool mint_put_chain(const struct mint_chain *c, struct buf *out, struct err *err);

#endif
