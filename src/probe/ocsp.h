/*
 * ocsp - what the issuer of a certificate says of it now (RFC 6960)
 */
#ifndef SMTPDX_PROBE_OCSP_H
#define SMTPDX_PROBE_OCSP_H

#include <gnutls/x509.h>

#include "model/evidence.h"

/*
 * ocsp_read() - an OCSP answer as it came, judged for one certificate
 * shape:  issuer may be NULL, and then nothing counts. Only an answer for this
 *         leaf that the issuer or its responder has signed does; whether it is
 *         still in force is not looked at, for the clock may be wrong
 */
struct ocsp_answer ocsp_read(struct peer_text der, gnutls_x509_crt_t leaf, gnutls_x509_crt_t issuer);

#endif
