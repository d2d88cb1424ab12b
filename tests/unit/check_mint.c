#include "simulate/mint.h"

#include <string.h>

#include "unit.h"

enum { NOW = 1800000000, DAY_S = 24 * 60 * 60 };

static struct mint *mint;
static gnutls_x509_trust_list_t roots;
static const char *host = "mail.example.test";

static void set_up(void)
{
    struct err err = { .kind = ERR_NONE };
    struct buf pem;
    gnutls_datum_t datum;

    buf_init(&pem, 16 * 1024);
    ck_assert(mint_new(&mint, NOW, &err));
    ck_assert(mint_put_root(mint, &pem, &err));
    datum = (gnutls_datum_t){ (unsigned char *)pem.bytes, (unsigned)pem.len };
    ck_assert_int_eq(gnutls_x509_trust_list_init(&roots, 0), 0);
    ck_assert_int_eq(gnutls_x509_trust_list_add_trust_mem(roots, &datum, NULL, GNUTLS_X509_FMT_PEM, 0, 0), 1);
    buf_done(&pem);
}

static void tear_down(void)
{
    gnutls_x509_trust_list_deinit(roots, 1);
    mint = mint_free(mint);
}

static struct scenario_cert healthy(void)
{
    return (struct scenario_cert){ .names = &host, .n_names = 1, .since_days = -1, .until_days = 90 };
}

/* GnuTLS's verdict on a chain, windows left out. */
static unsigned judge(const struct scenario_cert *spec, unsigned *n)
{
    struct mint_chain chain;
    struct err err = { .kind = ERR_NONE };
    unsigned status = 0;

    ck_assert(mint_chain(&chain, mint, spec, &err));
    *n = chain.n_certificates;
    ck_assert_int_eq(gnutls_x509_trust_list_verify_crt2(roots, chain.certificates, chain.n_certificates, NULL, 0,
                                                        GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
                                                            GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS,
                                                        &status, NULL),
                     0);
    mint_chain_done(&chain);
    return status;
}

static const struct chain_case {
    const char *says;
    enum scenario_issuer issuer;
    enum scenario_chain chain;
    unsigned n;
    bool trusted;
} chain_cases[] = {
    { "an intermediate is sent along", SCENARIO_ISSUER_INTERMEDIATE, SCENARIO_CHAIN_FULL, 2, true },
    { "the root needs nothing sent along", SCENARIO_ISSUER_ROOT, SCENARIO_CHAIN_FULL, 1, true },
    { "without its intermediate a leaf is not trusted", SCENARIO_ISSUER_INTERMEDIATE, SCENARIO_CHAIN_LEAF, 1, false },
    { "a root that nobody knows comes along", SCENARIO_ISSUER_UNKNOWN, SCENARIO_CHAIN_FULL, 2, false },
    { "an issuer that is no authority is not trusted", SCENARIO_ISSUER_SERVER, SCENARIO_CHAIN_FULL, 3, false },
    { "an authority below one that allows none", SCENARIO_ISSUER_BELOW, SCENARIO_CHAIN_FULL, 3, false },
    { "a leaf that signs itself is alone", SCENARIO_ISSUER_SELF, SCENARIO_CHAIN_FULL, 1, false },
};

START_TEST(a_chain_is_what_was_asked_for)
{
    const struct chain_case *c = &chain_cases[_i];
    struct scenario_cert spec = healthy();
    unsigned n, status;

    spec.issuer = c->issuer;
    spec.chain = c->chain;
    status = judge(&spec, &n);
    ck_assert_msg(n == c->n && (status == 0) == c->trusted, "%s: %u sent, status %#x", c->says, n, status);
}
END_TEST

START_TEST(a_leaf_has_its_names_and_its_window)
{
    const char *names[] = { "a.example.test", "*.example.net", "192.0.2.1" };
    struct scenario_cert spec = healthy();
    struct mint_chain chain;
    struct err err = { .kind = ERR_NONE };
    gnutls_x509_crt_t leaf;

    spec.names = names;
    spec.n_names = 3;
    spec.since_days = -93;
    spec.until_days = -3;
    ck_assert(mint_chain(&chain, mint, &spec, &err));
    leaf = chain.certificates[0];
    ck_assert(gnutls_x509_crt_check_hostname(leaf, "a.example.test") != 0);
    ck_assert(gnutls_x509_crt_check_hostname(leaf, "b.example.net") != 0);
    ck_assert(gnutls_x509_crt_check_hostname(leaf, "192.0.2.1") != 0);
    ck_assert(gnutls_x509_crt_check_hostname(leaf, host) == 0);
    ck_assert_int_eq(gnutls_x509_crt_get_activation_time(leaf), NOW - 93 * DAY_S);
    ck_assert_int_eq(gnutls_x509_crt_get_expiration_time(leaf), NOW - 3 * DAY_S);
    mint_chain_done(&chain);
}
END_TEST

START_TEST(a_leaf_may_say_where_its_issuer_is)
{
    struct scenario_cert spec = healthy();
    struct mint_chain chain;
    struct err err = { .kind = ERR_NONE };
    gnutls_datum_t place = { 0 };

    spec.aia = "http://pki.example.test/ca.crt";
    ck_assert(mint_chain(&chain, mint, &spec, &err));
    ck_assert_int_ge(gnutls_x509_crt_get_authority_info_access(chain.certificates[0], 0, GNUTLS_IA_CAISSUERS_URI,
                                                               &place, NULL),
                     0);
    ck_assert_uint_eq(place.size, strlen(spec.aia));
    ck_assert_mem_eq(place.data, spec.aia, place.size);
    gnutls_free(place.data);
    mint_chain_done(&chain);
}
END_TEST

START_TEST(the_key_is_of_the_kind_asked_for)
{
    static const struct {
        enum scenario_key key;
        int algorithm;
        unsigned bits;
    } want[] = {
        { SCENARIO_KEY_ECDSA, GNUTLS_PK_ECDSA, 256 },
        { SCENARIO_KEY_RSA1024, GNUTLS_PK_RSA, 1024 },
        { SCENARIO_KEY_RSA2048, GNUTLS_PK_RSA, 2048 },
        { SCENARIO_KEY_ED25519, GNUTLS_PK_EDDSA_ED25519, 256 },
    };

    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct scenario_cert spec = healthy();
        struct mint_chain chain;
        struct err err = { .kind = ERR_NONE };
        unsigned bits;

        spec.key = want[i].key;
        ck_assert(mint_chain(&chain, mint, &spec, &err));
        ck_assert_int_eq(gnutls_x509_crt_get_pk_algorithm(chain.certificates[0], &bits), want[i].algorithm);
        ck_assert_uint_eq(bits, want[i].bits);
        mint_chain_done(&chain);
    }
}
END_TEST

START_TEST(chain_and_key_come_as_pem)
{
    struct scenario_cert spec = healthy();
    struct mint_chain chain;
    struct err err = { .kind = ERR_NONE };
    struct buf pem;
    size_t n = 0;

    buf_init(&pem, 16 * 1024);
    ck_assert(mint_chain(&chain, mint, &spec, &err));
    ck_assert(mint_put_chain(&chain, &pem, &err));
    for (const char *at = pem.bytes; (at = strstr(at, "-----BEGIN ")) != NULL; at++)
        n++;
    ck_assert_uint_eq(n, 3);
    buf_done(&pem);
    mint_chain_done(&chain);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("mint");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, a_chain_is_what_was_asked_for, 0, sizeof chain_cases / sizeof chain_cases[0]);
    tcase_add_test(t, a_leaf_has_its_names_and_its_window);
    tcase_add_test(t, a_leaf_may_say_where_its_issuer_is);
    tcase_add_test(t, the_key_is_of_the_kind_asked_for);
    tcase_add_test(t, chain_and_key_come_as_pem);
    return unit_run("mint", &t, 1);
}
