#include "probe/x509.h"

#include <stdio.h>
#include <string.h>

#include <gnutls/abstract.h>

#include "simulate/mint.h"
#include "unit.h"

enum { NOW = 1800000000, DAY_S = 24 * 60 * 60 };

static struct mint *mint;
static struct evidence *evidence;

static void set_up(void)
{
    struct plan *plan = plan_new();

    ck_assert(plan != NULL);
    ck_assert(mint_new(&mint, NOW, NULL));
    evidence = evidence_new(plan);
    ck_assert(evidence != NULL);
    plan_free(plan);
}

static void tear_down(void)
{
    evidence = evidence_free(evidence);
    mint = mint_free(mint);
}

static struct mint_chain minted(const char **names, size_t n_names)
{
    struct scenario_cert spec = { .names = names, .n_names = n_names, .since_days = -93, .until_days = -3 };
    struct mint_chain chain;

    ck_assert(mint_chain(&chain, mint, &spec, NULL));
    return chain;
}

/* ---- names ------------------------------------------------------------------------ */

static const struct name_case {
    const char *says;
    const char *name;
    const char *host; /* an address is looked for as one */
    bool matches;
} name_cases[] = {
    { "the name itself", "mail.example.test", "mail.example.test", true },
    { "case does not count (RFC 9525 6.3)", "MAIL.example.test", "mail.Example.test", true },
    { "another name", "mail.example.test", "smtp.example.test", false },
    { "a name below it", "example.test", "mail.example.test", false },
    { "a wildcard stands for one label", "*.example.test", "mail.example.test", true },
    { "a wildcard stands for no more than one", "*.example.test", "a.mail.example.test", false },
    { "a wildcard stands for no less than one", "*.example.test", "example.test", false },
    { "a wildcard is the leftmost label alone", "mail.*.test", "mail.example.test", false },
    { "a wildcard is a whole label (RFC 9525 6.3)", "m*.example.test", "mail.example.test", false },
    { "an A-label", "xn--bcher-kva.example.test", "xn--bcher-kva.example.test", true },
    { "an address", "192.0.2.1", "192.0.2.1", true },
    { "another address", "192.0.2.1", "192.0.2.2", false },
    { "an address of IPv6", "2001:db8::1", "2001:db8:0::1", true },
    { "a name is no address", "mail.example.test", "192.0.2.1", false },
    { "an address is no name", "192.0.2.1", "mail.example.test", false },
};

START_TEST(a_name_matches_as_the_standard_has_it)
{
    const struct name_case *c = &name_cases[_i];
    const char *name = c->name;
    struct mint_chain chain = minted(&name, 1);
    struct address a;
    bool is_address = address_parse(&a, c->host);
    bool matches = x509_name_matches(chain.certificates[0], c->host, is_address ? &a : NULL);

    ck_assert_msg(matches == c->matches, "%s", c->says);
    mint_chain_done(&chain);
}
END_TEST

/* As it would come from a server: the library reads another object than the one that it made. */
static gnutls_x509_crt_t read_again(gnutls_x509_crt_t crt)
{
    gnutls_datum_t der;
    gnutls_x509_crt_t again;

    ck_assert(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) >= 0);
    ck_assert(gnutls_x509_crt_init(&again) >= 0);
    ck_assert(gnutls_x509_crt_import(again, &der, GNUTLS_X509_FMT_DER) >= 0);
    gnutls_free(der.data);
    gnutls_x509_crt_deinit(crt);
    return again;
}

/* A certificate that signs itself, with whatever the test puts into it. */
static gnutls_x509_crt_t bare_certificate(void (*put)(gnutls_x509_crt_t crt))
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;

    ck_assert(gnutls_x509_privkey_init(&key) >= 0 && gnutls_x509_crt_init(&crt) >= 0);
    ck_assert(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) >= 0);
    ck_assert(gnutls_x509_crt_set_version(crt, 3) >= 0 && gnutls_x509_crt_set_key(crt, key) >= 0);
    ck_assert(gnutls_x509_crt_set_serial(crt, "\1", 1) >= 0);
    ck_assert(gnutls_x509_crt_set_activation_time(crt, NOW) >= 0);
    ck_assert(gnutls_x509_crt_set_expiration_time(crt, NOW + DAY_S) >= 0);
    ck_assert(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "mail.example.test", 17) >= 0);
    put(crt);
    ck_assert(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0) >= 0);
    gnutls_x509_privkey_deinit(key);
    return read_again(crt);
}

static void put_nothing(gnutls_x509_crt_t crt)
{
    (void)crt;
}

static void put_mail_name(gnutls_x509_crt_t crt)
{
    ck_assert(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_RFC822NAME, "root@mail.example.test", 22, 0) >= 0);
}

static void put_many_names(gnutls_x509_crt_t crt)
{
    for (unsigned i = 0; i < CERTIFICATE_NAMES_MAX + 10; i++) {
        char name[16];

        snprintf(name, sizeof name, "a%u.test", i);
        ck_assert(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name),
                                                       GNUTLS_FSAN_APPEND) >= 0);
    }
}

START_TEST(a_common_name_is_no_name)
{
    gnutls_x509_crt_t none = bare_certificate(put_nothing);
    gnutls_x509_crt_t other = bare_certificate(put_mail_name);

    /* The library itself would take the common name here: without that this test shows nothing. */
    ck_assert(gnutls_x509_crt_check_hostname(none, "mail.example.test") != 0);
    ck_assert(!x509_name_matches(none, "mail.example.test", NULL));
    ck_assert(!x509_name_matches(other, "mail.example.test", NULL));
    gnutls_x509_crt_deinit(none);
    gnutls_x509_crt_deinit(other);
}
END_TEST

/* ---- what is kept ------------------------------------------------------------------- */

static int put(const char *host, gnutls_x509_crt_t *crts, unsigned n)
{
    gnutls_datum_t ders[CHAIN_CERTIFICATES_MAX + 4] = { { 0 } };
    int index;

    ck_assert_uint_le(n, sizeof ders / sizeof ders[0]);
    for (unsigned i = 0; i < n; i++)
        ck_assert(gnutls_x509_crt_export2(crts[i], GNUTLS_X509_FMT_DER, &ders[i]) >= 0);
    index = x509_chain_put(evidence, host, ders, n);
    for (unsigned i = 0; i < n; i++)
        gnutls_free(ders[i].data);
    return index;
}

START_TEST(a_certificate_is_kept_as_it_is)
{
    const char *names[] = { "mail.example.test", "*.example.test", "192.0.2.1", "2001:db8::1" };
    struct mint_chain minted_chain = minted(names, 4);
    const struct chain *chain;
    const struct certificate *leaf;

    ck_assert_int_eq(put("mail.example.test", minted_chain.certificates, minted_chain.n_certificates), 0);
    chain = &evidence->chains[0];
    leaf = &chain->certificates[0];
    ck_assert_uint_eq(chain->n_certificates, 2);
    ck_assert_uint_eq(leaf->n_names, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert(peer_text_equal(leaf->names[i].text, peer_text_of(names[i])));
        ck_assert_int_eq(leaf->names[i].kind, i < 2 ? NAME_DNS : NAME_ADDRESS);
    }
    /* Ended three days ago: that is a fact, not a verdict. */
    ck_assert_int_eq(leaf->not_before, NOW - 93 * DAY_S);
    ck_assert_int_eq(leaf->not_after, NOW - 3 * DAY_S);
    ck_assert_uint_eq(strlen(leaf->sha256), 64);
    ck_assert_str_eq(leaf->signature, "ECDSA-SHA256");
    ck_assert(!leaf->self_issued && !leaf->has_ca_issuers);
    ck_assert(!chain->judged && !chain->trusted);
    mint_chain_done(&minted_chain);
}
END_TEST

START_TEST(the_same_chain_is_kept_once_for_a_host)
{
    const char *name = "mail.example.test";
    struct mint_chain first = minted(&name, 1);
    struct mint_chain second = minted(&name, 1);

    ck_assert_int_eq(put(name, first.certificates, 2), 0);
    ck_assert_int_eq(put(name, first.certificates, 2), 0);
    ck_assert_int_eq(put(name, first.certificates, 1), 1);
    ck_assert_int_eq(put(name, second.certificates, 2), 2);
    ck_assert_int_eq(put("other.example.test", first.certificates, 2), 3);
    ck_assert_uint_eq(evidence->n_chains, 4);
    mint_chain_done(&first);
    mint_chain_done(&second);
}
END_TEST

START_TEST(a_giant_chain_is_cut)
{
    const char *name = "mail.example.test";
    struct mint_chain chain = minted(&name, 1);
    gnutls_x509_crt_t crts[CHAIN_CERTIFICATES_MAX + 4];

    for (size_t i = 0; i < sizeof crts / sizeof crts[0]; i++)
        crts[i] = chain.certificates[0];
    ck_assert_int_eq(put(name, crts, CHAIN_CERTIFICATES_MAX + 4), 0);
    ck_assert_uint_eq(evidence->chains[0].n_certificates, CHAIN_CERTIFICATES_MAX);
    ck_assert_int_eq(put(name, crts, CHAIN_CERTIFICATES_MAX + 4), 0);
    ck_assert_uint_eq(evidence->n_chains, 1);
    mint_chain_done(&chain);
}
END_TEST

START_TEST(names_without_end_are_cut)
{
    gnutls_x509_crt_t crt = bare_certificate(put_many_names);

    ck_assert_int_eq(put("mail.example.test", &crt, 1), 0);
    ck_assert_uint_eq(evidence->chains[0].certificates[0].n_names, CERTIFICATE_NAMES_MAX);
    ck_assert(evidence->incomplete);
    ck_assert(x509_name_matches(crt, "a265.test", NULL));
    gnutls_x509_crt_deinit(crt);
}
END_TEST

START_TEST(what_is_no_certificate_is_not_kept_as_a_leaf)
{
    const char *name = "mail.example.test";
    struct mint_chain chain = minted(&name, 1);
    unsigned char *long_one = calloc(1, CERTIFICATE_DER_MAX + 1);
    gnutls_datum_t ders[2] = { { 0 }, { .data = (unsigned char *)(uintptr_t) "no DER", .size = 6 } };
    gnutls_datum_t too_long = { .data = long_one, .size = CERTIFICATE_DER_MAX + 1 };

    ck_assert(long_one != NULL);
    ck_assert(gnutls_x509_crt_export2(chain.certificates[0], GNUTLS_X509_FMT_DER, &ders[0]) >= 0);
    ck_assert_int_eq(x509_chain_put(evidence, name, &ders[1], 1), -1);
    ck_assert_int_eq(x509_chain_put(evidence, name, &too_long, 1), -1);
    ck_assert_int_eq(x509_chain_put(evidence, name, ders, 0), -1);
    ck_assert_uint_eq(evidence->n_chains, 0);
    /* Behind a leaf its bytes are kept, and nothing is told of it. */
    ck_assert_int_eq(x509_chain_put(evidence, name, ders, 2), 0);
    ck_assert_uint_eq(evidence->chains[0].n_certificates, 2);
    ck_assert_uint_eq(evidence->chains[0].certificates[1].der.len, 6);
    ck_assert(evidence->chains[0].certificates[1].key == NULL);
    gnutls_free(ders[0].data);
    mint_chain_done(&chain);
    free(long_one);
}
END_TEST

/* ---- keys --------------------------------------------------------------------------- */

/* An RSA certificate with numbers of that many bits, which need not be a key at all. */
static gnutls_x509_crt_t rsa_certificate(unsigned bits, unsigned exponent_bits)
{
    unsigned char modulus[4096] = { 0 };
    unsigned char exponent[64] = { 0 };
    gnutls_datum_t m = { .data = modulus, .size = bits / 8 };
    gnutls_datum_t e = { .data = exponent, .size = (exponent_bits + 7) / 8 };
    gnutls_pubkey_t key;
    gnutls_x509_crt_t crt;

    modulus[0] = 0x80;
    modulus[m.size - 1] = 1;
    exponent[0] = (unsigned char)(1u << (exponent_bits - 1) % 8);
    exponent[e.size - 1] |= 1;
    ck_assert(gnutls_pubkey_init(&key) >= 0 && gnutls_x509_crt_init(&crt) >= 0);
    ck_assert(gnutls_pubkey_import_rsa_raw(key, &m, &e) >= 0);
    ck_assert(gnutls_x509_crt_set_pubkey(crt, key) >= 0);
    gnutls_pubkey_deinit(key);
    return crt;
}

static const struct key_case {
    const char *says;
    unsigned bits, exponent_bits;
    bool bearable;
} key_cases[] = {
    { "what is usual", 2048, 17, true },
    { "the most that is taken", 16384, 17, true },
    { "a modulus past it", 16384 + 8, 17, false },
    { "an exponent of 256 bits is allowed", 4096, 256, true },
    { "an exponent past it", 4096, 272, false },
};

START_TEST(a_key_that_would_hold_the_loop_is_seen)
{
    const struct key_case *c = &key_cases[_i];
    gnutls_x509_crt_t crt = rsa_certificate(c->bits, c->exponent_bits);

    ck_assert_msg(x509_key_is_bearable(crt) == c->bearable, "%s", c->says);
    gnutls_x509_crt_deinit(crt);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("x509");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, a_name_matches_as_the_standard_has_it, 0, sizeof name_cases / sizeof name_cases[0]);
    tcase_add_test(t, a_common_name_is_no_name);
    tcase_add_test(t, a_certificate_is_kept_as_it_is);
    tcase_add_test(t, the_same_chain_is_kept_once_for_a_host);
    tcase_add_test(t, a_giant_chain_is_cut);
    tcase_add_test(t, names_without_end_are_cut);
    tcase_add_test(t, what_is_no_certificate_is_not_kept_as_a_leaf);
    tcase_add_loop_test(t, a_key_that_would_hold_the_loop_is_seen, 0, sizeof key_cases / sizeof key_cases[0]);
    return unit_run("x509", &t, 1);
}
