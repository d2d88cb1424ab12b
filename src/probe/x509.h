/*
 * x509 - certificates as the Evidence keeps them
 */
#ifndef SMTPDX_PROBE_X509_H
#define SMTPDX_PROBE_X509_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "model/evidence.h"

enum { CERTIFICATE_DER_MAX = 64 * 1024 };

/*
 * x509_chain_put() - keeps what one server showed, unless the same is kept already
 * shape:  ders as sent, leaf first; the result is the index into e->chains
 * errors: -1 when a ceiling or memory forbids it, or the leaf cannot be read
 */
int x509_chain_put(struct evidence *e, const char *host, const gnutls_datum_t *ders, unsigned n);

/*
 * x509_fetched_put() - keeps an issuer that was fetched, on top of the chain and of what was fetched before
 * errors: false when it is there already, or a ceiling or memory forbids it
 */
bool x509_fetched_put(struct evidence *e, size_t chain, gnutls_x509_crt_t crt);

/*
 * x509_key_is_bearable() - whether a signature can be checked with this key in no time
 * shape:  a key of a hundred thousand bits would hold the loop for minutes, past every
 *         deadline; false too where the key cannot be read
 */
bool x509_key_is_bearable(gnutls_x509_crt_t crt);

/*
 * x509_name_matches() - whether a certificate is for that host
 * shape:  subjectAltName alone; an address matches an iPAddress entry
 * source: RFC 9525 sections 6.3 and 6.4
 */
bool x509_name_matches(gnutls_x509_crt_t leaf, const char *host, const struct address *address);

#endif
