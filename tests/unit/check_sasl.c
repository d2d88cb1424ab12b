#include "smtp/sasl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gsasl.h>

#include "unit.h"

enum { TEXT_SIZE = 2048 };

static struct secret *secret_of(enum secret_kind kind, const char *bytes, size_t n)
{
    struct secret *s = NULL;

    ck_assert(secret_new(&s, kind, bytes, n, NULL));
    return s;
}

/* ---- what goes over the wire ---------------------------------------------------- */

static const struct wire_case {
    const char *says, *mechanism;
    enum secret_kind kind;
    const char *user, *secret;
    const char *challenges[3]; /* decoded; the first is that of the initial response where there is one */
    struct {
        enum sasl_step step;
        const char *response;
        size_t len;
    } answers[3];
} wire_cases[] = {
#define SAYS(step, text) { (step), (text), sizeof(text) - 1 }
    { "RFC 4616 section 4, first example", "PLAIN", SECRET_PASSWORD, "tim", "tanstaaftanstaaf", { "" },
      { SAYS(SASL_STEP_DONE, "\0tim\0tanstaaftanstaaf") } },
    { "white space at both ends and bytes over 127 stay", "PLAIN", SECRET_PASSWORD, " t\xc3\xafm ",
      "\tp \xff ",
      { "" }, { SAYS(SASL_STEP_DONE, "\0 t\xc3\xafm \0\tp \xff ") } },
    { "PLAIN has nothing to say to a second challenge", "PLAIN", SECRET_PASSWORD, "tim", "x", { "", "what?" },
      { SAYS(SASL_STEP_DONE, "\0tim\0x"), SAYS(SASL_STEP_MALFORMED, "") } },
    { "LOGIN by position, whatever it is asked in", "LOGIN", SECRET_PASSWORD, "tim ", " x",
      { "Username:", "Passwort bitte", "more" },
      { SAYS(SASL_STEP_MORE, "tim "), SAYS(SASL_STEP_DONE, " x"), SAYS(SASL_STEP_MALFORMED, "") } },
    { "RFC 2195 section 2", "CRAM-MD5", SECRET_PASSWORD, "tim", "tanstaaftanstaaf",
      { "<1896.697170952@postoffice.reston.mci.net>", "<again@example>" },
      { SAYS(SASL_STEP_DONE, "tim b913a602c7eda7a495b4e6e7334d3890"), SAYS(SASL_STEP_MALFORMED, "") } },
    { "CRAM-MD5 needs a challenge", "CRAM-MD5", SECRET_PASSWORD, "tim", "x", { "" },
      { SAYS(SASL_STEP_MALFORMED, "") } },
    { "RFC 7628 section 4.1, and its error", "OAUTHBEARER", SECRET_TOKEN, "user@example.com",
      "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", { "", "{\"status\":\"invalid_token\"}", "again" },
      { SAYS(SASL_STEP_DONE, "n,a=user@example.com,\1host=server.example.com\1port=143\1"
                             "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1"),
        SAYS(SASL_STEP_DONE, "\1"), SAYS(SASL_STEP_MALFORMED, "") } },
    { "a comma and an equals sign in the GS2 header", "OAUTHBEARER", SECRET_TOKEN, "a,b=c", "t", { "" },
      { SAYS(SASL_STEP_DONE, "n,a=a=2Cb=3Dc,\1host=server.example.com\1port=143\1auth=Bearer t\1\1") } },
    { "Google's example, and its error", "XOAUTH2", SECRET_TOKEN, "someuser@example.com",
      "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", { "", "{\"status\":\"401\"}", "again" },
      { SAYS(SASL_STEP_DONE, "user=someuser@example.com\1auth=Bearer "
                             "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\1\1"),
        SAYS(SASL_STEP_DONE, ""), SAYS(SASL_STEP_MALFORMED, "") } },
};

START_TEST(a_mechanism_says_what_its_specification_shows)
{
    const struct wire_case *c = &wire_cases[_i];
    struct secret *secret = secret_of(c->kind, c->secret, strlen(c->secret));
    struct sasl_spec spec = { .mechanism = c->mechanism, .user = peer_text_of(c->user), .secret = secret,
                              .host = "server.example.com", .port = 143 };
    struct sasl *s = NULL;

    ck_assert_msg(sasl_new(&s, &spec, NULL), "%s", c->says);
    for (size_t i = 0; i < 3 && c->challenges[i] != NULL; i++) {
        struct buf out;
        enum sasl_step step;

        buf_init(&out, sasl_response_max(&spec));
        step = sasl_step(s, peer_text_of(c->challenges[i]), &out, NULL);
        ck_assert_msg(step == c->answers[i].step, "%s, %zu: step %d", c->says, i, (int)step);
        ck_assert_msg(out.len == c->answers[i].len && memcmp(buf_borrow(&out), c->answers[i].response,
        out.len) == 0,
                      "%s, %zu: %s", c->says, i, buf_borrow(&out));
        secret_wipe_buf(&out);
    }
    ck_assert(sasl_server_verified(s));
    sasl_free(s);
    secret_free(secret);
}
END_TEST

static const struct unsayable_case {
    const char *says, *mechanism;
    enum secret_kind kind;
    struct peer_text user, secret;
    bool sayable;
} unsayable_cases[] = {
#define T(s) { (s), sizeof(s) - 1 }
    { "a NUL in PLAIN's user", "PLAIN", SECRET_PASSWORD, T("a\0b"), T("x"), false },
    { "a NUL in PLAIN's password", "PLAIN", SECRET_PASSWORD, T("a"), T("x\0"), false },
    { "a NUL in LOGIN", "LOGIN", SECRET_PASSWORD, T("a"), T("x\0"), true },
    { "^A in a token", "XOAUTH2", SECRET_TOKEN, T("a"), T("x\1auth=y"), false },
    { "^A in a user", "OAUTHBEARER", SECRET_TOKEN, T("a\1b"), T("x"), false },
    { "a control character in SCRAM", "SCRAM-SHA-256", SECRET_PASSWORD, T("a"), T("x\ty"), false },
    { "a NUL in SCRAM", "SCRAM-SHA-256", SECRET_PASSWORD, T("a"), T("x\0y"), false },
    { "no UTF-8 in SCRAM", "SCRAM-SHA-1", SECRET_PASSWORD, T("a"), T("\xff"), false },
    { "a blank at the end in SCRAM", "SCRAM-SHA-1", SECRET_PASSWORD, T("a"), T("x "), true },
    { "a NUL in CRAM-MD5", "CRAM-MD5", SECRET_PASSWORD, T("a\0"), T("x"), false },
    { "an empty password", "PLAIN", SECRET_PASSWORD, T("a"), T(""), true },
};

START_TEST(what_a_mechanism_cannot_carry_is_known_before)
{
    const struct unsayable_case *c = &unsayable_cases[_i];
    struct secret *secret = secret_of(c->kind, c->secret.bytes, c->secret.len);
    struct sasl_spec spec = { .mechanism = c->mechanism, .user = c->user, .secret = secret, .host = "h" };
    struct err err = { 0 };
    struct sasl *s = NULL;

    ck_assert_msg(sasl_new(&s, &spec, &err) == c->sayable, "%s", c->says);
    ck_assert_msg(err.kind == (c->sayable ? ERR_NONE : ERR_INPUT), "%s: %d", c->says, (int)err.kind);
    sasl_free(s);
    secret_free(secret);
}
END_TEST

/* ---- SCRAM ------------------------------------------------------------------------- */

/* A server's part of RFC 5802 section 3, by GnuTLS. */
struct scram {
    gnutls_mac_algorithm_t mac;
    gnutls_digest_algorithm_t digest;
    size_t len;
};

static const struct scram sha1 = { GNUTLS_MAC_SHA1, GNUTLS_DIG_SHA1, 20 };
static const struct scram sha256 = { GNUTLS_MAC_SHA256, GNUTLS_DIG_SHA256, 32 };

static const char *base64(const void *bytes, size_t n, char out[static TEXT_SIZE])
{
    char *text = NULL;

    ck_assert_int_eq(gsasl_base64_to(bytes, n, &text, NULL), GSASL_OK);
    snprintf(out, TEXT_SIZE, "%s", text);
    gsasl_free(text);
    return out;
}

/* Proof and server signature, in base64, for the whole of AuthMessage. */
static void scram_compute(const struct scram *h, const char *password, const char *salt64,
                          unsigned iterations, const char *message, char proof[static TEXT_SIZE],
                          char signature[static TEXT_SIZE])
{
    unsigned char salted[32], client_key[32], stored[32], mask[32], server_key[32], sign[32];
    gnutls_datum_t key = { (unsigned char *)(uintptr_t)password, (unsigned)strlen(password) };
    gnutls_datum_t salt_bytes;
    char *salt = NULL;
    size_t salt_len = 0;

    ck_assert_int_eq(gsasl_base64_from(salt64, strlen(salt64), &salt, &salt_len), GSASL_OK);
    salt_bytes = (gnutls_datum_t){ (unsigned char *)salt, (unsigned)salt_len };
    ck_assert_int_eq(gnutls_pbkdf2(h->mac, &key, &salt_bytes, iterations, salted, h->len), 0);
    gsasl_free(salt);
    gnutls_hmac_fast(h->mac, salted, h->len, "Client Key", 10, client_key);
    gnutls_hash_fast(h->digest, client_key, h->len, stored);
    gnutls_hmac_fast(h->mac, stored, h->len, message, strlen(message), mask);
    for (size_t i = 0; i < h->len; i++)
        mask[i] ^= client_key[i];
    base64(mask, h->len, proof);
    gnutls_hmac_fast(h->mac, salted, h->len, "Server Key", 10, server_key);
    gnutls_hmac_fast(h->mac, server_key, h->len, message, strlen(message), sign);
    base64(sign, h->len, signature);
}

static const struct vector {
    const char *says;
    const struct scram *hash;
    const char *message, *salt, *proof, *signature;
} vectors[] = {
    { "RFC 5802 section 5", &sha1,
      "n=user,r=fyko+d2lbbFgONRv9qkxdawL,"
      "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
      "QSXCR+Q6sek8bf92", "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ=" },
    { "RFC 7677 section 3", &sha256,
      "n=user,r=rOprNGfwEbeRWgbNEkqO,"
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
      "W22ZaJ0SNY7soEsUEjb6gQ==", "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
      "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" },
};

START_TEST(the_server_of_these_tests_computes_what_the_rfcs_show)
{
    const struct vector *v = &vectors[_i];
    char proof[TEXT_SIZE], signature[TEXT_SIZE];

    scram_compute(v->hash, "pencil", v->salt, 4096, v->message, proof, signature);
    ck_assert_str_eq(proof, v->proof);
    ck_assert_str_eq(signature, v->signature);
}
END_TEST

enum lie {
    LIE_NONE,
    LIE_SIGNATURE,  /* of another password */
    LIE_NONCE,      /* not the client's */
    LIE_ITERATIONS, /* that nobody waits for */
    LIE_ERROR,      /* e= in place of the proof */
    LIE_NO_PROOF,   /* an empty last message */
    LIE_NO_MESSAGE, /* an empty first message */
    LIE_NOISE,      /* a last message that is none */
    LIE_SALT,       /* no base64 */
    LIE_ZERO,       /* no iteration at all */
    LIE_NO_NUMBER,  /* an empty number of them */
    LIE_PROOF,      /* no base64 */
};

static const struct scram_case {
    const char *says, *mechanism;
    const struct scram *hash;
    const char *header; /* GS2, with its binding behind it in c= */
    enum lie lie;
    enum sasl_step first, last; /* the answers to the server's messages */
    bool verified;
} scram_cases[] = {
    { "SHA-1", "SCRAM-SHA-1", &sha1, "n,,", LIE_NONE, SASL_STEP_MORE, SASL_STEP_DONE, true },
    { "SHA-256", "SCRAM-SHA-256", &sha256, "n,,", LIE_NONE, SASL_STEP_MORE, SASL_STEP_DONE, true },
    { "SHA-1-PLUS", "SCRAM-SHA-1-PLUS", &sha1, "p=tls-exporter,,", LIE_NONE, SASL_STEP_MORE, SASL_STEP_DONE,
      true },
    { "SHA-256-PLUS", "SCRAM-SHA-256-PLUS", &sha256, "p=tls-exporter,,", LIE_NONE, SASL_STEP_MORE,
      SASL_STEP_DONE,
      true },
    { "a wrong server signature", "SCRAM-SHA-256", &sha256, "n,,", LIE_SIGNATURE, SASL_STEP_MORE,
      SASL_STEP_UNVERIFIED, false },
    { "a wrong one in PLUS", "SCRAM-SHA-1-PLUS", &sha1, "p=tls-exporter,,", LIE_SIGNATURE, SASL_STEP_MORE,
      SASL_STEP_UNVERIFIED, false },
    { "another nonce", "SCRAM-SHA-256", &sha256, "n,,", LIE_NONCE, SASL_STEP_MALFORMED, SASL_STEP_MORE,
      false },
    { "a number of iterations that would take an hour", "SCRAM-SHA-256", &sha256, "n,,", LIE_ITERATIONS,
      SASL_STEP_MALFORMED, SASL_STEP_MORE, false },
    { "an error in place of the proof", "SCRAM-SHA-256", &sha256, "n,,", LIE_ERROR, SASL_STEP_MORE,
      SASL_STEP_DONE,
      false },
    { "no proof", "SCRAM-SHA-1", &sha1, "n,,", LIE_NO_PROOF, SASL_STEP_MORE, SASL_STEP_MALFORMED, false },
    { "no first message", "SCRAM-SHA-1", &sha1, "n,,", LIE_NO_MESSAGE, SASL_STEP_MALFORMED, SASL_STEP_MORE,
      false },
    { "noise", "SCRAM-SHA-1", &sha1, "n,,", LIE_NOISE, SASL_STEP_MORE, SASL_STEP_MALFORMED, false },
    { "a salt that is no base64", "SCRAM-SHA-1", &sha1, "n,,", LIE_SALT, SASL_STEP_MALFORMED, SASL_STEP_MORE, false },
    { "no iterations", "SCRAM-SHA-256", &sha256, "n,,", LIE_ZERO, SASL_STEP_MALFORMED, SASL_STEP_MORE, false },
    { "no number of them", "SCRAM-SHA-256", &sha256, "n,,", LIE_NO_NUMBER, SASL_STEP_MALFORMED, SASL_STEP_MORE,
      false },
    { "a proof that is no base64", "SCRAM-SHA-1", &sha1, "n,,", LIE_PROOF, SASL_STEP_MORE, SASL_STEP_UNVERIFIED,
      false },
};

static const char binding[] = "thirty-two bytes of an exporter.";
static const char salt[] = "QSXCR+Q6sek8bf92";

/* One step of the client: its answer as a string. */
static enum sasl_step client_step(struct sasl *s, const char *challenge, char answer[static TEXT_SIZE])
{
    struct buf out;
    enum sasl_step step;

    buf_init(&out, TEXT_SIZE - 1);
    step = sasl_step(s, peer_text_of(challenge), &out, NULL);
    memcpy(answer, buf_borrow(&out), out.len + 1);
    secret_wipe_buf(&out);
    return step;
}

static void server_first(const struct scram_case *c, const char *nonce, char out[static TEXT_SIZE])
{
    const char *iterations = c->lie == LIE_ITERATIONS ? "4294967295"
                             : c->lie == LIE_ZERO     ? "0"
                             : c->lie == LIE_NO_NUMBER ? ""
                                                       : "4096";

    snprintf(out, TEXT_SIZE, "r=%s3rfcNHYJY1ZVvWVs7j,s=%s,i=%s", c->lie == LIE_NONCE ? "x" : nonce,
             c->lie == LIE_SALT ? "!!!!" : salt, iterations);
    if (c->lie == LIE_NO_MESSAGE)
        out[0] = '\0';
}

/* Checks the client's proof; the server's own message, honest or not. */
static void server_final(const struct scram_case *c, const char *bare, const char *first, char *final,
                         char out[static TEXT_SIZE])
{
    char message[4 * TEXT_SIZE], proof[TEXT_SIZE], signature[TEXT_SIZE], other[TEXT_SIZE], channel[TEXT_SIZE];
    char expected[TEXT_SIZE], bound[TEXT_SIZE];
    char *mark = strstr(final, ",p=");

    ck_assert_ptr_nonnull(mark);
    *mark = '\0';
    snprintf(channel, sizeof channel, "%s%s", c->header, c->header[0] == 'p' ? binding : "");
    snprintf(expected, sizeof expected, "c=%.900s,", base64(channel, strlen(channel), bound));
    ck_assert_msg(strncmp(final, expected, strlen(expected)) == 0, "%s: %s", c->says, final);
    snprintf(message, sizeof message, "%s,%s,%s", bare, first, final);
    scram_compute(c->hash, "pencil ", salt, 4096, message, proof, signature);
    scram_compute(c->hash, "pen", salt, 4096, message, other, other);
    ck_assert_msg(strcmp(mark + 3, proof) == 0, "%s: proof %s", c->says, mark + 3);
    snprintf(out, TEXT_SIZE, "v=%.900s", c->lie == LIE_SIGNATURE ? other : signature);
    if (c->lie == LIE_ERROR)
        snprintf(out, TEXT_SIZE, "e=invalid-proof");
    if (c->lie == LIE_NO_PROOF)
        out[0] = '\0';
    if (c->lie == LIE_PROOF)
        snprintf(out, TEXT_SIZE, "v=!!!!");
    if (c->lie == LIE_NOISE)
        snprintf(out, TEXT_SIZE, "hello");
}

START_TEST(scram_proves_both_sides)
{
    const struct scram_case *c = &scram_cases[_i];
    struct secret *secret = secret_of(SECRET_PASSWORD, "pencil ", 7);
    bool plus = c->header[0] == 'p';
    struct sasl_spec spec = { .mechanism = c->mechanism, .user = peer_text_of("us,er"), .secret = secret,
                              .binding = plus ? binding : NULL, .n_binding = plus ? strlen(binding) : 0 };
    char hello[TEXT_SIZE], first[TEXT_SIZE], answer[TEXT_SIZE], final[TEXT_SIZE];
    struct sasl *s = NULL;
    const char *bare;

    ck_assert(sasl_new(&s, &spec, NULL));
    ck_assert(sasl_has_initial(s) && sasl_reads_challenges(s));
    ck_assert_int_eq(client_step(s, "", hello), SASL_STEP_MORE);
    ck_assert_msg(strncmp(hello, c->header, strlen(c->header)) == 0, "%s: %s", c->says, hello);
    bare = hello + strlen(c->header);
    ck_assert_msg(strncmp(bare, "n=us=2Cer,r=", 12) == 0, "%s: %s", c->says, bare);
    server_first(c, bare + 12, first);
    ck_assert_msg(client_step(s, first, answer) == c->first, "%s", c->says);
    ck_assert(!sasl_server_verified(s));
    if (c->first == SASL_STEP_MORE) {
        server_final(c, bare, first, answer, final);
        ck_assert_msg(client_step(s, final, answer) == c->last, "%s", c->says);
        ck_assert_str_eq(answer, "");
    }
    ck_assert_msg(sasl_server_verified(s) == c->verified, "%s", c->says);
    sasl_free(s);
    secret_free(secret);
}
END_TEST

/* How often the bytes stand in the heap, in hexadecimal; they are never put together here. */
static unsigned sights_in_heap(const unsigned char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    FILE *maps = fopen("/proc/self/maps", "re");
    const char *at = NULL, *end = NULL;
    unsigned found = 0;
    char line[512];

    while (maps != NULL && at == NULL && fgets(line, sizeof line, maps) != NULL) {
        uintptr_t from, to;

        if (strstr(line, "[heap]") != NULL && sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) == 2) {
            at = (const char *)from;
            end = (const char *)to;
        }
    }
    if (maps != NULL)
        fclose(maps);
    for (; at != NULL && at + 2 * n <= end; at++) {
        size_t same = 0;

        while (same < 2 * n && at[same] == digits[same % 2 == 0 ? bytes[same / 2] >> 4 : bytes[same / 2] & 15])
            same++;
        found += same == 2 * n;
    }
    return found;
}

/* Whoever has it signs in as with the password itself. */
START_TEST(what_scram_makes_of_the_password_is_wiped)
{
    static const struct scram_case honest = { .hash = &sha256, .lie = LIE_NONE };
    struct secret *secret = secret_of(SECRET_PASSWORD, "pencil ", 7);
    struct sasl_spec spec = { .mechanism = "SCRAM-SHA-256", .user = peer_text_of("user"), .secret = secret };
    char hello[TEXT_SIZE], first[TEXT_SIZE], answer[TEXT_SIZE];
    gnutls_datum_t key = { (unsigned char *)(uintptr_t)"pencil ", 7 };
    unsigned char salted[32];
    gnutls_datum_t salt_bytes;
    struct sasl *s = NULL;
    char *bytes = NULL;
    size_t n = 0;

    ck_assert_int_eq(gsasl_base64_from(salt, strlen(salt), &bytes, &n), GSASL_OK);
    salt_bytes = (gnutls_datum_t){ (unsigned char *)bytes, (unsigned)n };
    ck_assert_int_eq(gnutls_pbkdf2(GNUTLS_MAC_SHA256, &key, &salt_bytes, 4096, salted, sizeof salted), 0);
    gsasl_free(bytes);
    ck_assert(sasl_new(&s, &spec, NULL));
    ck_assert_int_eq(client_step(s, "", hello), SASL_STEP_MORE);
    server_first(&honest, strstr(hello, ",r=") + 3, first);
    ck_assert_int_eq(client_step(s, first, answer), SASL_STEP_MORE);
    sasl_free(s);
    /* malloc() writes over the first bytes of what is freed. */
    ck_assert_uint_eq(sights_in_heap(salted + 16, sizeof salted - 16), 0);
    secret_free(secret);
}
END_TEST

/* ---- the choice -------------------------------------------------------------------------- */

static const struct choice_case {
    const char *says;
    const char *offered[9];
    enum secret_kind kind;
    bool binding;
    const char *forced, *after, *chosen;
} choice_cases[] = {
    { "the strongest", { "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS" }, SECRET_PASSWORD,
      true,
      NULL, NULL, "SCRAM-SHA-256-PLUS" },
    { "-PLUS needs a binding", { "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS" }, SECRET_PASSWORD, false,
      NULL,
      NULL, "SCRAM-SHA-256" },
    { "a stronger hash before a binding", { "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256" }, SECRET_PASSWORD, true,
      NULL,
      NULL, "SCRAM-SHA-256" },
    { "PLAIN before LOGIN before CRAM-MD5", { "CRAM-MD5", "LOGIN", "PLAIN" }, SECRET_PASSWORD, true, NULL,
      NULL,
      "PLAIN" },
    { "lower case", { "login" }, SECRET_PASSWORD, true, NULL, NULL, "LOGIN" },
    { "a token is no password", { "PLAIN", "XOAUTH2", "OAUTHBEARER" }, SECRET_TOKEN, true, NULL, NULL,
      "OAUTHBEARER" },
    { "a password is no token", { "XOAUTH2", "OAUTHBEARER" }, SECRET_PASSWORD, true, NULL, NULL, NULL },
    { "the one that was asked for", { "PLAIN", "LOGIN" }, SECRET_PASSWORD, true, "login", NULL, "LOGIN" },
    { "... is never replaced", { "PLAIN" }, SECRET_PASSWORD, true, "LOGIN", NULL, NULL },
    { "... not even by itself", { "PLAIN", "LOGIN" }, SECRET_PASSWORD, true, "LOGIN", "LOGIN", NULL },
    { "the next", { "PLAIN", "LOGIN", "SCRAM-SHA-1" }, SECRET_PASSWORD, true, NULL, "SCRAM-SHA-1", "PLAIN" },
    { "behind the last", { "CRAM-MD5" }, SECRET_PASSWORD, true, NULL, "CRAM-MD5", NULL },
    { "nothing in common", { "GSSAPI", "NTLM" }, SECRET_PASSWORD, true, NULL, NULL, NULL },
    { "nothing offered", { NULL }, SECRET_PASSWORD, true, NULL, NULL, NULL },
};

START_TEST(the_best_common_mechanism_is_chosen)
{
    const struct choice_case *c = &choice_cases[_i];
    struct peer_text offered[9];
    const char *chosen;
    size_t n = 0;

    for (; c->offered[n] != NULL; n++)
        offered[n] = peer_text_of(c->offered[n]);
    chosen = sasl_choose(offered, n, c->kind, c->binding, c->forced, c->after);
    ck_assert_msg(peer_text_equal(peer_text_of(chosen), peer_text_of(c->chosen)), "%s: %s", c->says,
                  chosen == NULL ? "none" : chosen);
}
END_TEST

#define COUNT(cases) (int)(sizeof(cases) / sizeof(cases)[0])

int main(void)
{
    TCase *t = tcase_create("sasl");

    tcase_add_loop_test(t, a_mechanism_says_what_its_specification_shows, 0, COUNT(wire_cases));
    tcase_add_loop_test(t, what_a_mechanism_cannot_carry_is_known_before, 0, COUNT(unsayable_cases));
    tcase_add_loop_test(t, the_server_of_these_tests_computes_what_the_rfcs_show, 0, COUNT(vectors));
    tcase_add_loop_test(t, scram_proves_both_sides, 0, COUNT(scram_cases));
    tcase_add_test(t, what_scram_makes_of_the_password_is_wiped);
    tcase_add_loop_test(t, the_best_common_mechanism_is_chosen, 0, COUNT(choice_cases));
    return unit_run("sasl", &t, 1);
}
