#include "probe/aia.h"

#include <gnutls/ocsp.h>
#include <gnutls/pkcs7.h>

enum {
    PLACES_MAX = 16,   /* of one certificate that are looked at */
    PKCS7_CERTIFICATES_MAX = 16,
};

bool aia_url(struct http_url *ret, gnutls_x509_crt_t crt, enum fetch_kind kind)
{
    int what = kind == FETCH_ISSUER ? GNUTLS_IA_CAISSUERS_URI : GNUTLS_IA_OCSP_URI;
    bool found = false;

    for (unsigned i = 0; !found && i < PLACES_MAX; i++) {
        gnutls_datum_t uri = { 0 };
        int status = gnutls_x509_crt_get_authority_info_access(crt, i, what, &uri, NULL);

        if (status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return false;
        if (status < 0)
            continue; /* of the other kind */
        found = http_url_read(ret, (struct peer_text){ (const char *)uri.data, uri.size });
        gnutls_free(uri.data);
    }
    return found;
}

static gnutls_datum_t datum_of(struct peer_text t)
{
    return (gnutls_datum_t){ (unsigned char *)(uintptr_t)t.bytes, (unsigned)t.len };
}

/* A certificate that may be the issuer, or NULL. */
static gnutls_x509_crt_t read_candidate(const gnutls_datum_t *der, gnutls_x509_crt_t below)
{
    gnutls_x509_crt_t crt = NULL;

    if (gnutls_x509_crt_init(&crt) < 0)
        return NULL;
    if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) >= 0 &&
        gnutls_x509_crt_check_issuer(below, crt) != 0)
        return crt;
    gnutls_x509_crt_deinit(crt);
    return NULL;
}

static gnutls_x509_crt_t find_in_pkcs7(const gnutls_datum_t *der, gnutls_x509_crt_t below)
{
    gnutls_x509_crt_t found = NULL;
    gnutls_pkcs7_t pkcs7 = NULL;

    if (gnutls_pkcs7_init(&pkcs7) < 0)
        return NULL;
    if (gnutls_pkcs7_import(pkcs7, der, GNUTLS_X509_FMT_DER) >= 0) {
        for (unsigned i = 0; found == NULL && i < PKCS7_CERTIFICATES_MAX; i++) {
            gnutls_datum_t one = { 0 };

            if (gnutls_pkcs7_get_crt_raw2(pkcs7, i, &one) < 0)
                break;
            found = read_candidate(&one, below);
            gnutls_free(one.data);
        }
    }
    gnutls_pkcs7_deinit(pkcs7);
    return found;
}

bool aia_read_issuer(gnutls_x509_crt_t *ret, struct peer_text body, gnutls_x509_crt_t below)
{
    gnutls_datum_t der = datum_of(body);
    gnutls_x509_crt_t found = read_candidate(&der, below);

    if (found == NULL)
        found = find_in_pkcs7(&der, below);
    *ret = found;
    return found != NULL;
}

bool aia_put_ocsp_request(struct buf *out, gnutls_x509_crt_t leaf, gnutls_x509_crt_t issuer)
{
    gnutls_ocsp_req_t request = NULL;
    gnutls_datum_t der = { 0 };
    bool ok = gnutls_ocsp_req_init(&request) >= 0;

    /* SHA-1 only names the issuer here, and is what every responder knows (RFC 5019 section 2.1.1). */
    ok = ok && gnutls_ocsp_req_add_cert(request, GNUTLS_DIG_SHA1, issuer, leaf) >= 0 &&
         gnutls_ocsp_req_export(request, &der) >= 0 && buf_put(out, der.data, der.size);
    gnutls_free(der.data);
    if (request != NULL)
        gnutls_ocsp_req_deinit(request);
    return ok;
}
