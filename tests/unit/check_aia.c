#include "probe/aia.h"

#include <string.h>

#include <gnutls/ocsp.h>

#include "simulate/mint.h"
#include "unit.h"

enum { NOW = 1800000000, BODY_MAX = 16 * 1024 };

static struct mint *mint;
static const char *host = "mail.example.test";

static void set_up(void)
{
    ck_assert(mint_new(&mint, NOW, NULL));
}

static void tear_down(void)
{
    mint = mint_free(mint);
}

static struct mint_chain chain_that_names(const char *aia, const char *ocsp)
{
    struct scenario_cert spec = {
        .names = &host, .n_names = 1, .since_days = -1, .until_days = 90, .aia = aia, .ocsp = ocsp,
    };
    struct mint_chain chain;

    ck_assert(mint_chain(&chain, mint, &spec, NULL));
    return chain;
}

START_TEST(a_certificate_names_two_kinds_of_places)
{
    struct mint_chain c = chain_that_names("http://a.test/issuer", "http://b.test:81/ocsp");
    struct http_url u;

    ck_assert(aia_url(&u, c.certificates[0], FETCH_ISSUER));
    ck_assert_str_eq(u.path, "/issuer");
    ck_assert(aia_url(&u, c.certificates[0], FETCH_OCSP));
    ck_assert_str_eq(u.host, "b.test");
    ck_assert_uint_eq(u.port, 81);
    ck_assert(!aia_url(&u, c.certificates[1], FETCH_ISSUER) && !aia_url(&u, c.certificates[1], FETCH_OCSP));
    mint_chain_done(&c);
}
END_TEST

START_TEST(a_place_of_another_kind_is_none)
{
    struct mint_chain c = chain_that_names("ldap://a.test/issuer", NULL);
    struct http_url u;

    ck_assert(!aia_url(&u, c.certificates[0], FETCH_ISSUER) && !aia_url(&u, c.certificates[0], FETCH_OCSP));
    mint_chain_done(&c);
}
END_TEST

START_TEST(the_first_place_that_can_be_asked_counts)
{
    static const char *const urls[] = {
        "ldap://a.test/", "https://b.test/", "http://c.test/", "http://d.test/",
    };
    struct mint_chain c = chain_that_names(NULL, "http://o.test/");
    struct http_url u;

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        gnutls_datum_t url = { (unsigned char *)(uintptr_t)urls[i], (unsigned)strlen(urls[i]) };

        ck_assert(gnutls_x509_crt_set_authority_info_access(c.certificates[0], GNUTLS_IA_CAISSUERS_URI,
                                                            &url) >= 0);
    }
    ck_assert(aia_url(&u, c.certificates[0], FETCH_ISSUER));
    ck_assert_str_eq(u.host, "c.test");
    mint_chain_done(&c);
}
END_TEST

static const struct issuer_case {
    const char *says;
    enum scenario_issuer issuer; /* whose certificate is given; the leaf's is the intermediate */
    bool bundled;
    bool taken;
} issuer_cases[] = {
    { "one certificate", SCENARIO_ISSUER_INTERMEDIATE, false, true },
    { "a bundle, behind another one", SCENARIO_ISSUER_INTERMEDIATE, true, true },
    { "another's", SCENARIO_ISSUER_ROOT, false, false },
    { "a bundle without it", SCENARIO_ISSUER_ROOT, true, false },
};

START_TEST(an_issuer_is_taken_out_of_a_reply)
{
    const struct issuer_case *c = &issuer_cases[_i];
    struct mint_chain chain = chain_that_names(NULL, NULL);
    gnutls_x509_crt_t issuer = NULL;
    struct buf body;
    bool taken;

    buf_init(&body, BODY_MAX);
    ck_assert(mint_put_issuer(mint, c->issuer, c->bundled, &body, NULL));
    taken = aia_read_issuer(&issuer, (struct peer_text){ body.bytes, body.len }, chain.certificates[0]);
    ck_assert_msg(taken == c->taken && taken == (issuer != NULL), "%s", c->says);
    ck_assert(!taken || gnutls_x509_crt_equals(issuer, chain.certificates[1]) != 0);
    gnutls_x509_crt_deinit(issuer);
    for (size_t cut = 0; cut < body.len; cut++)
        ck_assert_msg(!aia_read_issuer(&issuer, (struct peer_text){ body.bytes, cut }, chain.certificates[0]),
                      "%s, cut at %zu", c->says, cut);
    buf_done(&body);
    mint_chain_done(&chain);
}
END_TEST

START_TEST(a_request_asks_for_one_leaf_and_has_no_nonce)
{
    struct mint_chain c = chain_that_names(NULL, NULL);
    unsigned char serial[64], asked[64];
    gnutls_datum_t name = { 0 }, key = { 0 }, number = { asked, sizeof asked };
    gnutls_datum_t nonce = { 0 };
    size_t serial_len = sizeof serial;
    gnutls_ocsp_req_t request;
    gnutls_datum_t der;
    struct buf out;

    buf_init(&out, AIA_REQUEST_MAX);
    ck_assert(aia_put_ocsp_request(&out, c.certificates[0], c.certificates[1]));
    ck_assert(gnutls_ocsp_req_init(&request) >= 0);
    der = (gnutls_datum_t){ (unsigned char *)out.bytes, (unsigned)out.len };
    ck_assert(gnutls_ocsp_req_import(request, &der) >= 0);
    ck_assert(gnutls_x509_crt_get_serial(c.certificates[0], serial, &serial_len) >= 0);
    ck_assert(gnutls_ocsp_req_get_cert_id(request, 0, NULL, &name, &key, &number) >= 0);
    ck_assert_uint_eq(number.size, serial_len);
    ck_assert_mem_eq(number.data, serial, serial_len);
    ck_assert(gnutls_ocsp_req_get_cert_id(request, 1, NULL, NULL, NULL, NULL) < 0);
    ck_assert(gnutls_ocsp_req_get_nonce(request, NULL, &nonce) < 0);
    gnutls_free(name.data);
    gnutls_free(key.data);
    gnutls_free(number.data);
    gnutls_ocsp_req_deinit(request);
    buf_done(&out);
    mint_chain_done(&c);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("aia");

    tcase_add_unchecked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_certificate_names_two_kinds_of_places);
    tcase_add_test(t, a_place_of_another_kind_is_none);
    tcase_add_test(t, the_first_place_that_can_be_asked_counts);
    tcase_add_loop_test(t, an_issuer_is_taken_out_of_a_reply, 0,
                        sizeof issuer_cases / sizeof issuer_cases[0]);
    tcase_add_test(t, a_request_asks_for_one_leaf_and_has_no_nonce);
    return unit_run("aia", &t, 1);
}
