/*
 * ocsp - what the issuer of a certificate says of it now (RFC 6960)
 *
 * Reads with GnuTLS. The bytes come from outside and are believed only when
 * their signature holds.
 */
#include "probe/ocsp.h"

#include <gnutls/ocsp.h>

#include "probe/x509.h"

enum { ANSWERS_MAX = 16 }; /* an answer may be about several certificates */

/* No signer that comes along has a key to calculate with for minutes. */
static bool is_bearable(gnutls_ocsp_resp_t answer)
{
    gnutls_x509_crt_t *signers = NULL;
    size_t n = 0;
    bool bearable = true;

    if (gnutls_ocsp_resp_get_certs(answer, &signers, &n) < 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        bearable = bearable && x509_key_is_bearable(signers[i]);
        gnutls_x509_crt_deinit(signers[i]);
    }
    gnutls_free(signers);
    return bearable;
}

static bool is_signed_by(gnutls_ocsp_resp_t answer, gnutls_x509_crt_t issuer)
{
    unsigned verdict = 0;

    return issuer != NULL && is_bearable(answer) &&
           gnutls_ocsp_resp_verify_direct(answer, issuer, &verdict,
                                          GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
                                              GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS) >= 0 &&
           verdict == 0;
}

/* Which of its parts is about this certificate; -1 none. */
static int find_part(gnutls_ocsp_resp_t answer, gnutls_x509_crt_t leaf)
{
    for (unsigned i = 0; i < ANSWERS_MAX; i++) {
        int status = gnutls_ocsp_resp_check_crt(answer, i, leaf);

        if (status >= 0)
            return (int)i;
        if (status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return -1;
    }
    return -1;
}

static enum ocsp_status status_of(unsigned status)
{
    switch (status) {
    case GNUTLS_OCSP_CERT_GOOD:
        return OCSP_GOOD;
    case GNUTLS_OCSP_CERT_REVOKED:
        return OCSP_REVOKED;
    default:
        return OCSP_UNKNOWN;
    }
}

static void read_part(struct ocsp_answer *ret, gnutls_ocsp_resp_t answer, unsigned part)
{
    unsigned status = GNUTLS_OCSP_CERT_UNKNOWN;
    time_t this_update = -1;
    time_t next_update = -1;
    time_t revoked_at = -1;

    if (gnutls_ocsp_resp_get_single(answer, part, NULL, NULL, NULL, NULL, &status, &this_update, &next_update,
                                    &revoked_at, NULL) < 0)
        return;
    ret->status = status_of(status);
    ret->this_update = this_update < 0 ? -1 : this_update;
    ret->next_update = next_update < 0 ? -1 : next_update;
    ret->revoked_at = ret->status != OCSP_REVOKED || revoked_at < 0 ? -1 : revoked_at;
}

struct ocsp_answer ocsp_read(struct peer_text der, gnutls_x509_crt_t leaf, gnutls_x509_crt_t issuer)
{
    struct ocsp_answer ret = { .status = OCSP_INVALID, .this_update = -1, .next_update = -1, .revoked_at = -1 };
    gnutls_datum_t bytes = { (unsigned char *)(uintptr_t)der.bytes, (unsigned)der.len };
    gnutls_ocsp_resp_t answer;
    int part;

    if (gnutls_ocsp_resp_init(&answer) < 0)
        return ret;
    if (gnutls_ocsp_resp_import2(answer, &bytes, GNUTLS_X509_FMT_DER) >= 0 &&
        gnutls_ocsp_resp_get_status(answer) == GNUTLS_OCSP_RESP_SUCCESSFUL && is_signed_by(answer, issuer)) {
        part = find_part(answer, leaf);
        if (part >= 0)
            read_part(&ret, answer, (unsigned)part);
    }
    gnutls_ocsp_resp_deinit(answer);
    return ret;
}
