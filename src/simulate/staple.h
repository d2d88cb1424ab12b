/*
 * staple - an OCSP answer as a responder would make it (RFC 6960)
 *
 * GnuTLS reads such answers and makes none.
 */
#ifndef SMTPDX_SIMULATE_STAPLE_H
#define SMTPDX_SIMULATE_STAPLE_H

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct staple {
    gnutls_x509_crt_t leaf;
    gnutls_x509_crt_t issuer;
    gnutls_x509_privkey_t key; /* signs; the issuer's own, unless the answer is forged. ECDSA, P-256 */
    bool revoked;
    bool unknown; /* neither: good */
    int64_t revoked_at; /* Unix seconds */
    int64_t this_update;
    int64_t next_update;
};

/* Appends the answer as DER. errors: ERR_NOMEM, ERR_LIBRARY with GnuTLS's code */
bool staple_put(struct buf *out, const struct staple *s, struct err *err);

#endif
