#include "simulate/mint.h"

#include <gnutls/crypto.h>
#include <gnutls/pkcs7.h>
#include <gnutls/x509-ext.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "simulate/staple.h"

enum { DAY_S = 24 * 60 * 60, AUTHORITY_DAYS = 3650, SERIAL_SIZE = 16, STAPLE_MAX = 16 * 1024 };

struct authority {
    gnutls_x509_crt_t certificate;
    gnutls_x509_privkey_t key;
};

struct mint {
    int64_t now;
    struct authority root;
    struct authority intermediate;
    struct authority unknown;
    struct authority server;  /* no authority, and issues all the same */
    struct authority below;   /* below the intermediate */
    struct authority limited; /* for other.test alone */
};

static bool library(struct err *err, int code, const char *doing)
{
    if (code >= 0)
        return true;
    return err_set(err, code == GNUTLS_E_MEMORY_ERROR ? ERR_NOMEM : ERR_LIBRARY, code, doing);
}

static bool make_key(gnutls_x509_privkey_t *ret, enum scenario_key kind, struct err *err)
{
    static const struct {
        gnutls_pk_algorithm_t algorithm;
        unsigned bits;
    } kinds[] = {
        [SCENARIO_KEY_ECDSA] = { GNUTLS_PK_ECDSA, (unsigned)GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) },
        [SCENARIO_KEY_RSA2048] = { GNUTLS_PK_RSA, 2048 },
        [SCENARIO_KEY_RSA1024] = { GNUTLS_PK_RSA, 1024 },
        [SCENARIO_KEY_ED25519] = { GNUTLS_PK_EDDSA_ED25519, 256 },
    };
    gnutls_x509_privkey_t key = NULL;
    int code = gnutls_x509_privkey_init(&key);

    if (code >= 0)
        code = gnutls_x509_privkey_generate(key, kinds[kind].algorithm, kinds[kind].bits, 0);
    if (code < 0) {
        gnutls_x509_privkey_deinit(key);
        return library(err, code, "making a practice key");
    }
    *ret = key;
    return true;
}

static int set_serial(gnutls_x509_crt_t crt)
{
    unsigned char serial[SERIAL_SIZE];
    int code = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);

    if (code < 0)
        return code;
    serial[0] = (serial[0] & 0x3f) | 0x40; /* positive, and always of one length (RFC 5280 4.1.2.2) */
    return gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
}

/* A common name alone, or a whole name as RFC 4514 writes it. */
static int set_name(gnutls_x509_crt_t crt, const char *name)
{
    if (strchr(name, '=') != NULL)
        return gnutls_x509_crt_set_dn(crt, name, NULL);
    return gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
}

static int set_identity(gnutls_x509_crt_t crt, const char *name, gnutls_x509_privkey_t key)
{
    unsigned char id[64];
    size_t id_size = sizeof id;
    int code = gnutls_x509_crt_set_version(crt, 3);

    if (code >= 0)
        code = set_serial(crt);
    if (code >= 0)
        code = set_name(crt, name);
    if (code >= 0)
        code = gnutls_x509_crt_set_key(crt, key);
    if (code >= 0)
        code = gnutls_x509_crt_get_key_id(crt, 0, id, &id_size);
    if (code >= 0)
        code = gnutls_x509_crt_set_subject_key_id(crt, id, id_size);
    return code;
}

static int set_window(gnutls_x509_crt_t crt, int64_t now, int since_days, int until_days)
{
    int code = gnutls_x509_crt_set_activation_time(crt, (time_t)(now + (int64_t)since_days * DAY_S));

    if (code < 0)
        return code;
    return gnutls_x509_crt_set_expiration_time(crt, (time_t)(now + (int64_t)until_days * DAY_S));
}

/* Names the issuer's key and signs. */
static int sign_with(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer, gnutls_x509_privkey_t issuer_key,
                     gnutls_digest_algorithm_t digest)
{
    unsigned char id[64];
    size_t id_size = sizeof id;
    int code = gnutls_x509_crt_get_subject_key_id(issuer, id, &id_size, NULL);

    if (code >= 0)
        code = gnutls_x509_crt_set_authority_key_id(crt, id, id_size);
    if (code >= 0)
        code = gnutls_x509_crt_sign2(crt, issuer, issuer_key, digest, 0);
    return code;
}

static int sign(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer, gnutls_x509_privkey_t issuer_key)
{
    int algorithm = gnutls_x509_privkey_get_pk_algorithm(issuer_key);

    /* Ed25519 has its digest built in (RFC 8410). */
    return sign_with(crt, issuer, issuer_key,
                     algorithm == GNUTLS_PK_EDDSA_ED25519 ? GNUTLS_DIG_SHA512 : GNUTLS_DIG_SHA256);
}

/* What an authority may do: sign; a server: speak TLS. purpose: of a server's certificate. */
static int set_purpose(gnutls_x509_crt_t crt, bool authority, int path_length, const char *purpose)
{
    int code = gnutls_x509_crt_set_basic_constraints(crt, authority, path_length);

    if (code >= 0)
        code = gnutls_x509_crt_set_key_usage(crt, authority ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN
                                                            : GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (code >= 0 && !authority)
        code = gnutls_x509_crt_set_key_purpose_oid(crt, purpose, 0);
    return code;
}

/* RFC 5280 section 4.2.1.10: nothing outside of this domain. */
static int set_limit(gnutls_x509_crt_t crt, const char *domain)
{
    gnutls_datum_t name = { (unsigned char *)(uintptr_t)domain, (unsigned)strlen(domain) };
    gnutls_x509_name_constraints_t limits = NULL;
    int code = gnutls_x509_name_constraints_init(&limits);

    if (code >= 0)
        code = gnutls_x509_name_constraints_add_permitted(limits, GNUTLS_SAN_DNSNAME, &name);
    if (code >= 0)
        code = gnutls_x509_crt_set_name_constraints(crt, limits, 1);
    gnutls_x509_name_constraints_deinit(limits);
    return code;
}

/* limit: the only domain that it may issue for, NULL: any. signer NULL: signs itself. */
static bool make_issuer(struct authority *a, const struct mint *m, const char *name, const char *limit,
                        const struct authority *signer, bool authority, struct err *err)
{
    int code;

    if (!make_key(&a->key, SCENARIO_KEY_ECDSA, err))
        return false;
    code = gnutls_x509_crt_init(&a->certificate);
    if (code >= 0)
        code = set_identity(a->certificate, name, a->key);
    if (code >= 0)
        code = set_window(a->certificate, m->now, -AUTHORITY_DAYS, AUTHORITY_DAYS);
    if (code >= 0)
        code = set_purpose(a->certificate, authority, signer == NULL || !authority ? -1 : 0,
                           GNUTLS_KP_TLS_WWW_SERVER);
    if (code >= 0 && limit != NULL)
        code = set_limit(a->certificate, limit);
    if (signer == NULL)
        signer = a;
    if (code >= 0)
        code = sign(a->certificate, signer->certificate, signer->key);
    return library(err, code, "making a practice authority");
}

static void authority_done(struct authority *a)
{
    gnutls_x509_crt_deinit(a->certificate);
    gnutls_x509_privkey_deinit(a->key);
}

bool mint_new(struct mint **ret, int64_t now, struct err *err)
{
    struct mint *m = calloc(1, sizeof *m);

    if (m == NULL)
        return err_set(err, ERR_NOMEM, 0, "making practice certificates");
    m->now = now;
    if (!make_issuer(&m->root, m, "smtpdx practice root", NULL, NULL, true, err) ||
        !make_issuer(&m->intermediate, m, "smtpdx practice intermediate", NULL, &m->root, true, err) ||
        !make_issuer(&m->unknown, m, "smtpdx practice root that nobody knows", NULL, NULL, true, err) ||
        !make_issuer(&m->server, m, "smtpdx practice server", NULL, &m->intermediate, false, err) ||
        !make_issuer(&m->below, m, "smtpdx practice authority below", NULL, &m->intermediate, true, err) ||
        !make_issuer(&m->limited, m, "smtpdx practice authority of other.test", "other.test", &m->root, true, err)) {
        mint_free(m);
        return false;
    }
    *ret = m;
    return true;
}

struct mint *mint_free(struct mint *m)
{
    if (m == NULL)
        return NULL;
    authority_done(&m->root);
    authority_done(&m->intermediate);
    authority_done(&m->unknown);
    authority_done(&m->server);
    authority_done(&m->below);
    authority_done(&m->limited);
    free(m);
    return NULL;
}

static int add_name(gnutls_x509_crt_t crt, const char *name)
{
    struct address a;

    if (address_parse(&a, name))
        return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, a.bytes,
                                                    a.family == FAMILY_IPV4 ? 4 : 16, GNUTLS_FSAN_APPEND);
    return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name),
                                                GNUTLS_FSAN_APPEND);
}

/* what: GNUTLS_IA_CAISSUERS_URI or GNUTLS_IA_OCSP_URI; url may be NULL */
static int set_place(gnutls_x509_crt_t crt, int what, const char *url)
{
    gnutls_datum_t place = { (unsigned char *)(uintptr_t)url, url == NULL ? 0 : (unsigned)strlen(url) };

    return url == NULL ? 0 : gnutls_x509_crt_set_authority_info_access(crt, what, &place);
}

/* named: the authority that the scenario names, where it does; NULL: the leaf signs itself. */
static const struct authority *issuer_of(const struct mint *m, enum scenario_issuer issuer,
                                         const struct authority *named)
{
    switch (issuer) {
    case SCENARIO_ISSUER_INTERMEDIATE:
        return &m->intermediate;
    case SCENARIO_ISSUER_ROOT:
        return &m->root;
    case SCENARIO_ISSUER_UNKNOWN:
        return &m->unknown;
    case SCENARIO_ISSUER_SERVER:
        return &m->server;
    case SCENARIO_ISSUER_BELOW:
        return &m->below;
    case SCENARIO_ISSUER_LIMITED:
        return &m->limited;
    case SCENARIO_ISSUER_NAMED:
        return named;
    case SCENARIO_ISSUER_SELF:
        break;
    }
    return NULL;
}

/* Of the arc for examples (RFC 7299 has none to spare): nobody gives it a meaning. */
static const char unknown_extension[] = "2.999.25";

/* RFC 7633: a server that shows it sends an OCSP answer along (status_request, RFC 6066 section 8). */
static int demand_staple(gnutls_x509_crt_t crt)
{
    enum { STATUS_REQUEST = 5 };
    gnutls_x509_tlsfeatures_t features = NULL;
    int code = gnutls_x509_tlsfeatures_init(&features);

    if (code >= 0)
        code = gnutls_x509_tlsfeatures_add(features, STATUS_REQUEST);
    if (code >= 0)
        code = gnutls_x509_crt_set_tlsfeatures(crt, features);
    gnutls_x509_tlsfeatures_deinit(features);
    return code;
}

/* issuer NULL: signs itself. */
static int sign_leaf(gnutls_x509_crt_t crt, const struct mint *m, const struct scenario_cert *spec,
                     const struct authority *issuer, gnutls_x509_privkey_t key)
{
    int code = set_identity(crt, spec->names[0], key);

    if (code >= 0)
        code = set_window(crt, m->now, spec->since_days, spec->until_days);
    for (size_t i = 0; code >= 0 && i < spec->n_names; i++)
        code = add_name(crt, spec->names[i]);
    if (code >= 0)
        code = set_purpose(crt, false, -1, spec->flaw == SCENARIO_FLAW_PURPOSE ? GNUTLS_KP_TLS_WWW_CLIENT
                                                                              : GNUTLS_KP_TLS_WWW_SERVER);
    if (code >= 0 && spec->flaw == SCENARIO_FLAW_EXTENSION)
        code = gnutls_x509_crt_set_extension_by_oid(crt, unknown_extension, "\x05", 2, 1);
    if (code >= 0 && spec->flaw == SCENARIO_FLAW_MUST_STAPLE)
        code = demand_staple(crt);
    if (code >= 0)
        code = set_place(crt, GNUTLS_IA_OCSP_URI, spec->ocsp);
    if (code >= 0)
        code = set_place(crt, GNUTLS_IA_CAISSUERS_URI, spec->aia);
    if (code >= 0 && issuer != NULL && spec->flaw == SCENARIO_FLAW_SHA1)
        code = sign_with(crt, issuer->certificate, issuer->key, GNUTLS_DIG_SHA1);
    else if (code >= 0)
        code = issuer != NULL ? sign(crt, issuer->certificate, issuer->key) : sign(crt, crt, key);
    return code;
}

/*
 * Appends a copy, read back from its bytes: GnuTLS knows the names of a certificate that it has
 * read, not of one that it has made, and then takes the chain for broken and sends the leaf alone.
 */
static int add_copy(struct mint_chain *c, gnutls_x509_crt_t from, bool break_signature)
{
    gnutls_datum_t der = { 0 };
    gnutls_x509_crt_t crt = NULL;
    int code = gnutls_x509_crt_export2(from, GNUTLS_X509_FMT_DER, &der);

    if (code >= 0 && break_signature)
        der.data[der.size - 1] ^= 1; /* the signature stands at the end */
    if (code >= 0)
        code = gnutls_x509_crt_init(&crt);
    if (code >= 0) {
        c->certificates[c->n_certificates++] = crt;
        code = gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER);
    }
    gnutls_free(der.data);
    return code;
}

static int add_leaf(struct mint_chain *c, const struct mint *m, const struct scenario_cert *spec,
                    const struct authority *issuer)
{
    gnutls_x509_crt_t crt = NULL;
    int code = gnutls_x509_crt_init(&crt);

    if (code >= 0)
        code = sign_leaf(crt, m, spec, issuer, c->key);
    if (code >= 0)
        code = add_copy(c, crt, spec->flaw == SCENARIO_FLAW_SIGNATURE);
    gnutls_x509_crt_deinit(crt);
    return code;
}

/* All that is above the leaf but the trusted root. */
static int add_issuers(struct mint_chain *c, const struct mint *m, const struct authority *issuer)
{
    int code = 0;

    if (issuer == NULL || issuer == &m->root)
        return 0;
    code = add_copy(c, issuer->certificate, false);
    if (code >= 0 && (issuer == &m->server || issuer == &m->below))
        code = add_copy(c, m->intermediate.certificate, false);
    return code;
}

/* About the leaf as it is sent, made today; a stale one has ended before. */
static bool put_ocsp(const struct mint *m, const struct authority *issuer, enum scenario_staple says,
                     const struct mint_chain *c, struct buf *out, struct err *err)
{
    int64_t age_s = says == SCENARIO_STAPLE_STALE ? 20 * (int64_t)DAY_S : 0;
    const struct authority *signer = says == SCENARIO_STAPLE_FORGED ? &m->unknown : issuer;
    struct staple staple = {
        .leaf = c->certificates[0],
        .issuer = issuer->certificate,
        .key = signer->key,
        .revoked = says == SCENARIO_STAPLE_REVOKED || says == SCENARIO_STAPLE_FORGED,
        .unknown = says == SCENARIO_STAPLE_UNKNOWN,
        .revoked_at = m->now - 2 * DAY_S,
        .this_update = m->now - age_s - DAY_S / 2,
        .next_update = m->now - age_s + 7 * DAY_S,
    };

    return staple_put(out, &staple, err);
}

bool mint_put_ocsp(const struct mint *m, enum scenario_issuer issuer, enum scenario_staple says,
                   const struct mint_chain *c, struct buf *out, struct err *err)
{
    return put_ocsp(m, issuer_of(m, issuer, NULL), says, c, out, err);
}

static int put_der(struct buf *out, gnutls_x509_crt_t crt)
{
    gnutls_datum_t der = { 0 };
    int code = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der);

    if (code >= 0 && !buf_put(out, der.data, der.size))
        code = GNUTLS_E_MEMORY_ERROR;
    gnutls_free(der.data);
    return code;
}

static int put_bundle(struct buf *out, gnutls_x509_crt_t first, gnutls_x509_crt_t second)
{
    gnutls_pkcs7_t bundle = NULL;
    gnutls_datum_t der = { 0 };
    int code = gnutls_pkcs7_init(&bundle);

    if (code >= 0)
        code = gnutls_pkcs7_set_crt(bundle, first);
    if (code >= 0)
        code = gnutls_pkcs7_set_crt(bundle, second);
    if (code >= 0)
        code = gnutls_pkcs7_export2(bundle, GNUTLS_X509_FMT_DER, &der);
    if (code >= 0 && !buf_put(out, der.data, der.size))
        code = GNUTLS_E_MEMORY_ERROR;
    gnutls_free(der.data);
    gnutls_pkcs7_deinit(bundle);
    return code;
}

bool mint_put_issuer(const struct mint *m, enum scenario_issuer issuer, bool bundled, struct buf *out,
                     struct err *err)
{
    gnutls_x509_crt_t crt = issuer_of(m, issuer, NULL)->certificate;
    int code = bundled ? put_bundle(out, m->unknown.certificate, crt) : put_der(out, crt);

    return library(err, code, "making a practice web page");
}

bool mint_chain(struct mint_chain *ret, const struct mint *m, const struct scenario_cert *spec,
                struct err *err)
{
    const struct scenario_authority *named = spec->issuer == SCENARIO_ISSUER_NAMED ? spec->authority : NULL;
    struct mint_chain c = { .n_certificates = 0 };
    struct authority own = { NULL, NULL };
    const struct authority *issuer = issuer_of(m, spec->issuer, &own);
    bool ok;
    int code;

    buf_init(&c.staple, STAPLE_MAX);
    ok = (named == NULL || make_issuer(&own, m, named->dn, NULL, named->trusted ? &m->root : NULL, true, err)) &&
         make_key(&c.key, spec->key, err);
    code = ok ? add_leaf(&c, m, spec, issuer) : 0;
    if (ok && code >= 0 && spec->chain == SCENARIO_CHAIN_FULL)
        code = add_issuers(&c, m, issuer);
    ok = ok && library(err, code, "making a practice certificate") &&
         (spec->staple == SCENARIO_STAPLE_NONE || put_ocsp(m, issuer, spec->staple, &c, &c.staple, err));
    authority_done(&own);
    if (!ok)
        mint_chain_done(&c);
    else
        *ret = c;
    return ok;
}

void mint_chain_done(struct mint_chain *c)
{
    for (unsigned i = 0; i < c->n_certificates; i++)
        gnutls_x509_crt_deinit(c->certificates[i]);
    gnutls_x509_privkey_deinit(c->key);
    buf_done(&c->staple);
    *c = (struct mint_chain){ .n_certificates = 0 };
}

static bool put_pem(struct buf *out, int code, gnutls_datum_t *pem, struct err *err)
{
    bool ok = library(err, code, "writing a practice certificate");

    if (ok && !buf_put(out, pem->data, pem->size))
        ok = err_set(err, ERR_NOMEM, 0, "writing a practice certificate");
    gnutls_free(pem->data);
    return ok;
}

static bool put_certificate(struct buf *out, gnutls_x509_crt_t crt, struct err *err)
{
    gnutls_datum_t pem = { 0 };
    int code = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);

    return put_pem(out, code, &pem, err);
}

bool mint_put_root(const struct mint *m, struct buf *out, struct err *err)
{
    return put_certificate(out, m->root.certificate, err);
}

bool mint_put_chain(const struct mint_chain *c, struct buf *out, struct err *err)
{
    gnutls_datum_t pem = { 0 };
    int code;

    for (unsigned i = 0; i < c->n_certificates; i++) {
        if (!put_certificate(out, c->certificates[i], err))
            return false;
    }
    code = gnutls_x509_privkey_export2(c->key, GNUTLS_X509_FMT_PEM, &pem);
    return put_pem(out, code, &pem, err);
}
