/*
 * The reply of a server that is asked for an issuer: the input's first bytes,
 * with their length in front, are the certificate below it, the rest is the
 * reply. What is taken issues that certificate, and so does its copy.
 */
#include "fuzz.h"
#include "probe/aia.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len = size < 2 ? 0 : (size_t)data[0] << 8 | data[1];
    gnutls_datum_t der = { (unsigned char *)(uintptr_t)(data + 2), (unsigned)len };
    gnutls_x509_crt_t below = NULL, issuer = NULL;
    struct http_url url;

    if (len == 0 || len > size - 2)
        return 0;
    FUZZ_EXPECT(gnutls_x509_crt_init(&below) >= 0);
    if (gnutls_x509_crt_import(below, &der, GNUTLS_X509_FMT_DER) >= 0) {
        struct peer_text body = { (const char *)data + 2 + len, size - 2 - len };

        aia_url(&url, below, FETCH_ISSUER);
        aia_url(&url, below, FETCH_OCSP);
        if (aia_read_issuer(&issuer, body, below)) {
            struct buf request;

            FUZZ_EXPECT(gnutls_x509_crt_check_issuer(below, issuer) != 0);
            buf_init(&request, AIA_REQUEST_MAX);
            aia_put_ocsp_request(&request, below, issuer);
            buf_done(&request);
        }
        gnutls_x509_crt_deinit(issuer);
    }
    gnutls_x509_crt_deinit(below);
    return 0;
}
