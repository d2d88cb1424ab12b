/*
 * aia - what a certificate says can be fetched, and what is fetched there (RFC 5280 section 4.2.2.1)
 *
 * Reads and writes with GnuTLS; sees no socket.
 */
#ifndef SMTPDX_PROBE_AIA_H
#define SMTPDX_PROBE_AIA_H

#include <gnutls/x509.h>

#include "base/buf.h"
#include "model/evidence.h"
#include "probe/http_url.h"

enum { AIA_REQUEST_MAX = 4 * 1024 };

/* The first place that can be asked over HTTP; false where the certificate names none. */
bool aia_url(struct http_url *ret, gnutls_x509_crt_t crt, enum fetch_kind kind);

/*
 * aia_read_issuer() - the issuer of `below`, from a reply: one certificate, or PKCS #7 with several
 * shape:  *ret is the caller's
 * errors: false where it is not in there; that its name fits is all that is looked at
 * source: RFC 5280 section 4.2.2.1, RFC 2797 section 2.2 (certs-only)
 */
bool aia_read_issuer(gnutls_x509_crt_t *ret, struct peer_text body, gnutls_x509_crt_t below);

/*
 * aia_put_ocsp_request() - appends a request as DER
 * shape:  without a nonce, for responders give out answers that were made before
 * source: RFC 6960 section 4.1
 */
bool aia_put_ocsp_request(struct buf *out, gnutls_x509_crt_t leaf, gnutls_x509_crt_t issuer);

#endif
