/*
 * staple - an OCSP answer as a responder would make it (RFC 6960 section 4.2.1)
 *
 * Writes DER from the inside out: what is wrapped goes into a buffer of its own.
 */
#include "simulate/staple.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <time.h>

enum {
    DER_MAX = 8 * 1024,
    POINT_SIZE = 65, /* of a public key on P-256, at the end of its DER */
    SHA1_SIZE = 20,
};

enum tag {
    TAG_INTEGER = 0x02,
    TAG_BIT_STRING = 0x03,
    TAG_OCTET_STRING = 0x04,
    TAG_ENUMERATED = 0x0a,
    TAG_GENERALIZED_TIME = 0x18,
    TAG_SEQUENCE = 0x30,
    TAG_CONTEXT = 0x80,     /* [n], primitive */
    TAG_CONSTRUCTED = 0xa0, /* [n], with something in it */
};

static const char oid_basic_response[] = "\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x01";
static const char oid_sha1[] = "\x06\x05\x2b\x0e\x03\x02\x1a\x05";
static const char oid_ecdsa_sha256[] = "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";

/* A string literal as bytes, its NUL left out. */
#define PUT_LITERAL(out, literal) buf_put((out), (literal), sizeof(literal) - 1)

/* ---- DER ------------------------------------------------------------------- */

static void put_length(struct buf *out, size_t len)
{
    if (len >= 0x100) {
        buf_put_char(out, (char)0x82);
        buf_put_char(out, (char)(len >> 8));
    } else if (len >= 0x80) {
        buf_put_char(out, (char)0x81);
    }
    buf_put_char(out, (char)len);
}

static void put_bytes(struct buf *out, unsigned tag, const void *bytes, size_t len)
{
    buf_put_char(out, (char)tag);
    put_length(out, len);
    buf_put(out, bytes, len);
}

/* Puts what inside holds, and empties it. */
static void put_wrapped(struct buf *out, unsigned tag, struct buf *inside)
{
    put_bytes(out, tag, buf_borrow(inside), inside->len);
    out->failed = out->failed || inside->failed; /* clearing forgets it */
    buf_clear(inside);
}

static void put_time(struct buf *out, int64_t seconds)
{
    time_t at = (time_t)seconds;
    struct tm tm;
    char text[32];
    size_t len = gmtime_r(&at, &tm) == NULL ? 0 : strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm);

    put_bytes(out, TAG_GENERALIZED_TIME, text, len);
}

/* ---- what the answer is about ------------------------------------------------ */

static int put_sha1(struct buf *out, const void *bytes, size_t len)
{
    unsigned char digest[SHA1_SIZE];
    int code = gnutls_hash_fast(GNUTLS_DIG_SHA1, bytes, len, digest);

    put_bytes(out, TAG_OCTET_STRING, digest, sizeof digest);
    return code;
}

static int put_name_hash(struct buf *out, gnutls_x509_crt_t issuer)
{
    gnutls_datum_t name = { 0 };
    int code = gnutls_x509_crt_get_raw_dn(issuer, &name);

    if (code >= 0)
        code = put_sha1(out, name.data, name.size);
    gnutls_free(name.data);
    return code;
}

static int put_key_hash(struct buf *out, gnutls_x509_crt_t issuer)
{
    gnutls_pubkey_t key = NULL;
    gnutls_datum_t der = { 0 };
    int code = gnutls_pubkey_init(&key);

    if (code >= 0)
        code = gnutls_pubkey_import_x509(key, issuer, 0);
    if (code >= 0)
        code = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &der);
    if (code >= 0 && der.size < POINT_SIZE)
        code = GNUTLS_E_INVALID_REQUEST;
    if (code >= 0)
        code = put_sha1(out, der.data + der.size - POINT_SIZE, POINT_SIZE);
    gnutls_free(der.data);
    gnutls_pubkey_deinit(key);
    return code;
}

/* CertID: which certificate of which issuer. */
static int put_certificate_id(struct buf *out, struct buf *spare, const struct staple *s)
{
    unsigned char serial[64];
    size_t serial_len = sizeof serial;
    int code;

    put_bytes(spare, TAG_SEQUENCE, oid_sha1, sizeof oid_sha1); /* its NUL is the length of ASN.1's NULL */
    code = put_name_hash(spare, s->issuer);
    if (code >= 0)
        code = put_key_hash(spare, s->issuer);
    if (code >= 0)
        code = gnutls_x509_crt_get_serial(s->leaf, serial, &serial_len);
    if (code >= 0)
        put_bytes(spare, TAG_INTEGER, serial, serial_len);
    put_wrapped(out, TAG_SEQUENCE, spare);
    return code;
}

static void put_status(struct buf *out, struct buf *spare, const struct staple *s)
{
    if (s->revoked) {
        put_time(spare, s->revoked_at);
        put_wrapped(out, TAG_CONSTRUCTED | 1, spare);
    } else {
        put_bytes(out, TAG_CONTEXT | (s->unknown ? 2 : 0), "", 0);
    }
}

/* ---- the answer -------------------------------------------------------------- */

/* ResponseData: what is signed. part and spare are empty before and after. */
static int put_data(struct buf *out, struct buf *part, struct buf *spare, const struct staple *s)
{
    gnutls_datum_t name = { 0 };
    struct buf inside;
    int code = gnutls_x509_crt_get_raw_dn(s->issuer, &name);

    buf_init(&inside, DER_MAX);
    put_bytes(&inside, TAG_CONSTRUCTED | 1, name.data, name.size); /* the responder, by its name */
    gnutls_free(name.data);
    put_time(&inside, s->this_update);
    if (code >= 0)
        code = put_certificate_id(part, spare, s);
    put_status(part, spare, s);
    put_time(part, s->this_update);
    put_time(spare, s->next_update);
    put_wrapped(part, TAG_CONSTRUCTED | 0, spare);
    put_wrapped(spare, TAG_SEQUENCE, part);   /* one SingleResponse ... */
    put_wrapped(&inside, TAG_SEQUENCE, spare); /* ... in the list of them */
    put_wrapped(out, TAG_SEQUENCE, &inside);
    buf_done(&inside);
    return code;
}

static int put_signature(struct buf *out, const struct buf *data, gnutls_x509_privkey_t key)
{
    gnutls_datum_t bytes = { (unsigned char *)data->bytes, (unsigned)data->len };
    gnutls_datum_t signature = { 0 };
    gnutls_privkey_t signer = NULL;
    int code = gnutls_privkey_init(&signer);

    if (code >= 0)
        code = gnutls_privkey_import_x509(signer, key, 0);
    if (code >= 0)
        code = gnutls_privkey_sign_data(signer, GNUTLS_DIG_SHA256, 0, &bytes, &signature);
    if (code >= 0) {
        buf_put_char(out, (char)TAG_BIT_STRING);
        put_length(out, signature.size + 1);
        buf_put_char(out, '\0'); /* no bits to spare */
        buf_put(out, signature.data, signature.size);
    }
    gnutls_free(signature.data);
    gnutls_privkey_deinit(signer);
    return code;
}

/* part and spare are empty */
static int put_answer(struct buf *out, struct buf *part, struct buf *spare, const struct staple *s)
{
    struct buf basic;
    int code;

    buf_init(&basic, DER_MAX);
    code = put_data(&basic, part, spare, s);
    if (code >= 0) {
        buf_put(part, buf_borrow(&basic), basic.len);
        put_bytes(part, TAG_SEQUENCE, oid_ecdsa_sha256, sizeof oid_ecdsa_sha256 - 1);
        code = put_signature(part, &basic, s->key);
    }
    put_wrapped(spare, TAG_SEQUENCE, part);
    PUT_LITERAL(part, oid_basic_response);
    put_wrapped(part, TAG_OCTET_STRING, spare);
    put_wrapped(spare, TAG_SEQUENCE, part);
    put_bytes(part, TAG_ENUMERATED, "", 1); /* successful */
    put_wrapped(part, TAG_CONSTRUCTED | 0, spare);
    put_wrapped(out, TAG_SEQUENCE, part);
    out->failed = out->failed || basic.failed;
    buf_done(&basic);
    return code;
}

bool staple_put(struct buf *out, const struct staple *s, struct err *err)
{
    struct buf part, spare;
    int code;

    buf_init(&part, DER_MAX);
    buf_init(&spare, DER_MAX);
    code = put_answer(out, &part, &spare, s);
    buf_done(&part);
    buf_done(&spare);
    if (code < 0)
        return err_set(err, code == GNUTLS_E_MEMORY_ERROR ? ERR_NOMEM : ERR_LIBRARY, code,
                       "making an OCSP answer");
    return !out->failed || err_set(err, ERR_NOMEM, 0, "making an OCSP answer");
}
