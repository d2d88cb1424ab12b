/*
 * x509 - certificates as the Evidence keeps them
 *
 * Reads with GnuTLS, judges nothing but whether names match.
 */
#include "probe/x509.h"

#include <gnutls/x509-ext.h>
#include <stdio.h>
#include <string.h>

enum {
    NAME_MAX_BYTES = 1024,
    RSA_BITS_MAX = 16384, /* what OpenSSL takes too */
    RSA_EXPONENT_MAX = 33, /* bytes: 256 bits and a zero in front (CA/Browser Forum, section 6.1.6) */
    OTHER_BITS_MAX = 4096, /* of DSA; curves have fewer by far */
};

/* Subject or issuer as RFC 4514 text. */
static struct peer_text distinguished_name(struct arena *arena, gnutls_x509_crt_t crt,
                                           int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned))
{
    gnutls_datum_t text = { 0 };
    struct peer_text kept;

    if (get(crt, &text, 0) < 0)
        return (struct peer_text){ 0 };
    kept = arena_peer_text(arena, (struct peer_text){ (const char *)text.data, text.size }, NAME_MAX_BYTES);
    gnutls_free(text.data);
    return kept;
}

static struct peer_text common_name(struct arena *arena, gnutls_x509_crt_t crt)
{
    char name[NAME_MAX_BYTES];
    size_t len = sizeof name;

    if (gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &len) < 0)
        return (struct peer_text){ 0 };
    return arena_peer_text(arena, (struct peer_text){ name, len }, NAME_MAX_BYTES);
}

static void put_name(struct arena *arena, struct certificate *c, unsigned type, const char *bytes, size_t len)
{
    struct certificate_name *name;
    struct address a = { .family = len == 4 ? FAMILY_IPV4 : FAMILY_IPV6 };
    char text[ADDRESS_TEXT_SIZE];
    struct peer_text printed = { bytes, len };

    if (type == GNUTLS_SAN_IPADDRESS) {
        if (len != 4 && len != 16)
            return;
        memcpy(a.bytes, bytes, len);
        printed = peer_text_of(address_format(&a, text));
    } else if (type != GNUTLS_SAN_DNSNAME) {
        return;
    }
    name = ARENA_APPEND(arena, c->names, c->n_names, CERTIFICATE_NAMES_MAX);
    if (name == NULL)
        return;
    name->kind = type == GNUTLS_SAN_DNSNAME ? NAME_DNS : NAME_ADDRESS;
    name->text = arena_peer_text(arena, printed, NAME_MAX_BYTES);
}

/* False where there are more than are kept. */
static bool read_names(struct arena *arena, struct certificate *c, gnutls_x509_crt_t crt)
{
    for (unsigned i = 0; i <= CERTIFICATE_NAMES_MAX; i++) {
        char bytes[NAME_MAX_BYTES];
        size_t len = sizeof bytes;
        unsigned type = 0;
        int status = gnutls_x509_crt_get_subject_alt_name2(crt, i, bytes, &len, &type, NULL);

        if (status == GNUTLS_E_SHORT_MEMORY_BUFFER)
            continue; /* longer than any name can be */
        if (status < 0)
            return true;
        if (i < CERTIFICATE_NAMES_MAX)
            put_name(arena, c, type, bytes, len);
    }
    return false;
}

static const char *key_text(struct arena *arena, gnutls_x509_crt_t crt)
{
    unsigned bits = 0;
    int algorithm = gnutls_x509_crt_get_pk_algorithm(crt, &bits);
    const char *name = algorithm < 0 ? NULL : gnutls_pk_get_name((gnutls_pk_algorithm_t)algorithm);

    return name == NULL ? NULL : arena_printf(arena, "%s %u", name, bits);
}

static const char *signature_text(struct arena *arena, gnutls_x509_crt_t crt)
{
    int algorithm = gnutls_x509_crt_get_signature_algorithm(crt);

    return algorithm < 0 ? NULL : arena_strdup(arena, gnutls_sign_get_name((gnutls_sign_algorithm_t)algorithm));
}

/* Under 112 bits of security: RSA below 2048 (NIST SP 800-57 part 1, table 2). */
static bool has_weak_key(gnutls_x509_crt_t crt)
{
    unsigned bits = 0;
    int algorithm = gnutls_x509_crt_get_pk_algorithm(crt, &bits);
    gnutls_sec_param_t security;

    if (algorithm <= GNUTLS_PK_UNKNOWN)
        return false;
    security = gnutls_pk_bits_to_sec_param((gnutls_pk_algorithm_t)algorithm, bits);
    return security != GNUTLS_SEC_PARAM_UNKNOWN && security < GNUTLS_SEC_PARAM_MEDIUM;
}

static bool has_weak_signature(gnutls_x509_crt_t crt)
{
    int algorithm = gnutls_x509_crt_get_signature_algorithm(crt);

    if (algorithm <= GNUTLS_SIGN_UNKNOWN)
        return false;
    switch (gnutls_sign_get_hash_algorithm((gnutls_sign_algorithm_t)algorithm)) {
    case GNUTLS_DIG_MD2:
    case GNUTLS_DIG_MD5:
    case GNUTLS_DIG_SHA1:
        return true;
    default:
        return false;
    }
}

static bool names_its_issuer_address(gnutls_x509_crt_t crt)
{
    gnutls_datum_t uri = { 0 };

    for (unsigned i = 0; i < 16; i++) {
        int status = gnutls_x509_crt_get_authority_info_access(crt, i, GNUTLS_IA_CAISSUERS_URI, &uri, NULL);

        if (status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return false;
        if (status >= 0) {
            gnutls_free(uri.data);
            return true;
        }
    }
    return false;
}

/* The TLS feature status_request (RFC 7633): a client is to refuse it without a staple. */
static bool demands_staple(gnutls_x509_crt_t crt)
{
    enum { STATUS_REQUEST = 5, FEATURES_MAX = 16 };
    gnutls_x509_tlsfeatures_t features = NULL;
    unsigned feature = 0;
    bool demands = false;

    if (gnutls_x509_tlsfeatures_init(&features) < 0)
        return false;
    if (gnutls_x509_crt_get_tlsfeatures(crt, features, 0, NULL) >= 0) {
        for (unsigned i = 0; i < FEATURES_MAX && gnutls_x509_tlsfeatures_get(features, i, &feature) >= 0; i++)
            demands = demands || feature == STATUS_REQUEST;
    }
    gnutls_x509_tlsfeatures_deinit(features);
    return demands;
}

static void put_hex(char out[65], const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* False where the DER cannot be read; what can be told of it is kept all the same. */
static bool read_certificate(struct evidence *e, struct certificate *c, const gnutls_datum_t *der)
{
    struct arena *arena = e->arena;
    gnutls_x509_crt_t crt;
    unsigned char digest[32];
    size_t digest_len = sizeof digest;

    c->der = arena_peer_text(arena, (struct peer_text){ (const char *)der->data, der->size }, CERTIFICATE_DER_MAX);
    if (gnutls_x509_crt_init(&crt) < 0)
        return false;
    if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) < 0) {
        gnutls_x509_crt_deinit(crt);
        return false;
    }
    c->subject = distinguished_name(arena, crt, gnutls_x509_crt_get_dn3);
    c->issuer = distinguished_name(arena, crt, gnutls_x509_crt_get_issuer_dn3);
    c->common_name = common_name(arena, crt);
    if (!read_names(arena, c, crt))
        e->incomplete = true;
    c->not_before = gnutls_x509_crt_get_activation_time(crt);
    c->not_after = gnutls_x509_crt_get_expiration_time(crt);
    c->key = key_text(arena, crt);
    c->signature = signature_text(arena, crt);
    c->weak_key = has_weak_key(crt);
    c->weak_signature = has_weak_signature(crt);
    if (gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, digest, &digest_len) == 0)
        put_hex(c->sha256, digest, digest_len);
    c->self_issued = gnutls_x509_crt_check_issuer(crt, crt) != 0;
    c->must_staple = demands_staple(crt);
    c->has_ca_issuers = names_its_issuer_address(crt);
    gnutls_x509_crt_deinit(crt);
    return true;
}

static bool same_chain(const struct chain *c, const char *host, const gnutls_datum_t *ders, size_t n)
{
    if (c->n_certificates != n || strcmp(c->host, host) != 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct peer_text der = { (const char *)ders[i].data, ders[i].size };

        if (!peer_text_equal(c->certificates[i].der, der))
            return false;
    }
    return true;
}

int x509_chain_put(struct evidence *e, const char *host, const gnutls_datum_t *ders, unsigned n)
{
    size_t kept = n < CHAIN_CERTIFICATES_MAX ? n : CHAIN_CERTIFICATES_MAX;
    struct chain chain = { .host = host, .ocsp = { .this_update = -1, .next_update = -1, .revoked_at = -1 } };
    struct chain *slot;

    for (size_t i = 0; i < e->n_chains; i++) {
        if (same_chain(&e->chains[i], host, ders, kept))
            return (int)i;
    }
    for (size_t i = 0; i < kept; i++) {
        struct certificate *c = ARENA_APPEND(e->arena, chain.certificates, chain.n_certificates,
                                             CHAIN_CERTIFICATES_MAX);

        if (c == NULL || ders[i].size > CERTIFICATE_DER_MAX || (!read_certificate(e, c, &ders[i]) && i == 0))
            return -1;
    }
    slot = kept == 0 ? NULL : ARENA_APPEND(e->arena, e->chains, e->n_chains, EVIDENCE_CHAINS_MAX);
    if (slot == NULL)
        return -1;
    *slot = chain;
    return (int)(e->n_chains - 1);
}

static bool holds(const struct certificate *certificates, size_t n, struct peer_text der)
{
    for (size_t i = 0; i < n; i++) {
        if (peer_text_equal(certificates[i].der, der))
            return true;
    }
    return false;
}

bool x509_fetched_put(struct evidence *e, size_t chain, gnutls_x509_crt_t crt)
{
    struct chain *c = &e->chains[chain];
    struct certificate *slot = NULL;
    struct certificate read = { .key = NULL };
    gnutls_datum_t der = { 0 };

    if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0)
        return false;
    if (der.size <= CERTIFICATE_DER_MAX &&
        !holds(c->certificates, c->n_certificates, (struct peer_text){ (const char *)der.data, der.size }) &&
        !holds(c->fetched, c->n_fetched, (struct peer_text){ (const char *)der.data, der.size }) &&
        read_certificate(e, &read, &der))
        slot = ARENA_APPEND(e->arena, c->fetched, c->n_fetched, CHAIN_FETCHED_MAX);
    if (slot != NULL)
        *slot = read;
    gnutls_free(der.data);
    return slot != NULL;
}

bool x509_key_is_bearable(gnutls_x509_crt_t crt)
{
    gnutls_datum_t modulus = { 0 };
    gnutls_datum_t exponent = { 0 };
    unsigned bits = 0;
    int algorithm = gnutls_x509_crt_get_pk_algorithm(crt, &bits);
    bool bearable;

    if (algorithm != GNUTLS_PK_RSA && algorithm != GNUTLS_PK_RSA_PSS)
        return algorithm >= 0 && bits <= OTHER_BITS_MAX;
    if (bits > RSA_BITS_MAX || gnutls_x509_crt_get_pk_rsa_raw(crt, &modulus, &exponent) < 0)
        return false;
    bearable = exponent.size <= RSA_EXPONENT_MAX;
    gnutls_free(modulus.data);
    gnutls_free(exponent.data);
    return bearable;
}

/* GnuTLS falls back to the CN where no dNSName is there; RFC 9525 does not. */
static bool has_dns_name(gnutls_x509_crt_t crt)
{
    for (unsigned i = 0; i < CERTIFICATE_NAMES_MAX; i++) {
        char bytes[NAME_MAX_BYTES];
        size_t len = sizeof bytes;
        unsigned type = 0;
        int status = gnutls_x509_crt_get_subject_alt_name2(crt, i, bytes, &len, &type, NULL);

        if (status >= 0 && type == GNUTLS_SAN_DNSNAME)
            return true;
        if (status < 0 && status != GNUTLS_E_SHORT_MEMORY_BUFFER)
            return false;
    }
    return false;
}

bool x509_name_matches(gnutls_x509_crt_t leaf, const char *host, const struct address *address)
{
    if (address != NULL)
        return gnutls_x509_crt_check_ip(leaf, address->bytes, address->family == FAMILY_IPV4 ? 4 : 16, 0) != 0;
    return has_dns_name(leaf) && gnutls_x509_crt_check_hostname2(leaf, host, 0) != 0;
}
