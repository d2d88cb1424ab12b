#include "probe/chain.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/abstract.h>

#include "probe/x509.h"
#include "simulate/mint.h"
#include "unit.h"

enum { NOW = 1800000000 };

static const char *host = "mail.example.test";
static char root_file[] = "/tmp/smtpdx-check-trust-XXXXXX";
static uv_loop_t loop;
static struct mint *mint;
static struct trust *trust;
static struct evidence *evidence;
static struct plan *plan;
static unsigned n_ready;

static void on_ready(void *user)
{
    (void)user;
    n_ready++;
}

static void write_root(void)
{
    struct buf pem;
    int fd = mkstemp(root_file);

    buf_init(&pem, 16 * 1024);
    ck_assert(fd >= 0 && mint_put_root(mint, &pem, NULL));
    ck_assert_int_eq(write(fd, pem.bytes, pem.len), (ssize_t)pem.len);
    close(fd);
    buf_done(&pem);
}

static void set_up(void)
{
    static const char *files[] = { root_file };
    const char *bad_file = NULL;

    ck_assert(mint_new(&mint, NOW, NULL));
    write_root();
    plan = plan_new();
    ck_assert(plan != NULL && uv_loop_init(&loop) == 0);
    plan->system_ca = false;
    plan->ca_files = files;
    plan->n_ca_files = 1;
    n_ready = 0;
    ck_assert(trust_new(&trust, &loop, plan, on_ready, NULL, &bad_file, NULL));
    evidence = evidence_new(plan);
    ck_assert(evidence != NULL);
}

static void load(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(n_ready == 1 && trust_is_ready(trust));
}

static void tear_down(void)
{
    trust_close(trust);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    evidence = evidence_free(evidence);
    plan = plan_free(plan);
    mint = mint_free(mint);
    unlink(root_file);
    memcpy(root_file + strlen(root_file) - 6, "XXXXXX", 6);
}

static struct chain *keep(const gnutls_datum_t *ders, unsigned n)
{
    int index = x509_chain_put(evidence, host, ders, n);

    ck_assert_int_ge(index, 0);
    return &evidence->chains[index];
}

static struct chain *mint_and_keep(const struct scenario_cert *spec)
{
    struct mint_chain minted;
    gnutls_datum_t ders[MINT_CHAIN_MAX];
    struct chain *chain;

    ck_assert(mint_chain(&minted, mint, spec, NULL));
    for (unsigned i = 0; i < minted.n_certificates; i++)
        ck_assert(gnutls_x509_crt_export2(minted.certificates[i], GNUTLS_X509_FMT_DER, &ders[i]) >= 0);
    chain = keep(ders, minted.n_certificates);
    for (unsigned i = 0; i < minted.n_certificates; i++)
        gnutls_free(ders[i].data);
    mint_chain_done(&minted);
    return chain;
}

static struct scenario_cert healthy(void)
{
    return (struct scenario_cert){ .names = &host, .n_names = 1, .since_days = -1, .until_days = 90 };
}

static const struct flaw_case {
    const char *says;
    enum scenario_issuer issuer;
    enum scenario_chain sent;
    enum scenario_key key;
    int until_days;
    bool trusted;
    unsigned flaws;
    bool self_signed;
} flaw_cases[] = {
    { "a healthy chain", SCENARIO_ISSUER_INTERMEDIATE, SCENARIO_CHAIN_FULL, SCENARIO_KEY_ECDSA, 90, true, 0, false },
    { "a window that is over is no matter of trust", SCENARIO_ISSUER_INTERMEDIATE, SCENARIO_CHAIN_FULL,
      SCENARIO_KEY_ECDSA, 0, true, 0, false },
    { "an issuer that nobody knows", SCENARIO_ISSUER_UNKNOWN, SCENARIO_CHAIN_FULL, SCENARIO_KEY_ECDSA, 90, false,
      TRUST_NO_ISSUER, false },
    { "a leaf without its intermediate", SCENARIO_ISSUER_INTERMEDIATE, SCENARIO_CHAIN_LEAF,
      SCENARIO_KEY_ECDSA, 90, false, TRUST_NO_ISSUER, false },
    { "an issuer that is no authority", SCENARIO_ISSUER_SERVER, SCENARIO_CHAIN_FULL, SCENARIO_KEY_ECDSA, 90, false,
      TRUST_ISSUER_NOT_CA | TRUST_PATH_LENGTH, false },
    { "a weak key", SCENARIO_ISSUER_INTERMEDIATE, SCENARIO_CHAIN_FULL, SCENARIO_KEY_RSA1024, 90, false,
      TRUST_WEAK_ALGORITHM, false },
    { "a leaf that signs itself", SCENARIO_ISSUER_SELF, SCENARIO_CHAIN_FULL, SCENARIO_KEY_ECDSA, 90, false,
      TRUST_NO_ISSUER, true },
};

START_TEST(a_chain_has_the_flaws_that_it_has)
{
    const struct flaw_case *c = &flaw_cases[_i];
    struct scenario_cert spec = healthy();
    struct chain *chain;

    spec.issuer = c->issuer;
    spec.chain = c->sent;
    spec.key = c->key;
    spec.until_days = c->until_days;
    load();
    chain = mint_and_keep(&spec);
    chain_judge_all(trust, evidence);
    ck_assert_msg(chain->judged && chain->name_matches, "%s: not judged", c->says);
    ck_assert_msg(chain->trusted == c->trusted && chain->trust_flaws == c->flaws, "%s: flaws %#x", c->says,
                  chain->trust_flaws);
    ck_assert_msg(!c->trusted || chain->root_given, "%s: the root is the one that was given", c->says);
    ck_assert_msg((c->flaws & TRUST_NO_ISSUER) == 0 || !chain->root_given, "%s: none was given", c->says);
    ck_assert_msg(chain->leaf_self_signed == c->self_signed, "%s: signs itself %d", c->says, chain->leaf_self_signed);
}
END_TEST

START_TEST(a_name_is_looked_at_before_the_roots_are_there)
{
    struct scenario_cert spec = healthy();
    struct chain *chain = mint_and_keep(&spec);
    struct address a;

    chain_judge_all(trust, evidence);
    ck_assert(chain->name_matches && !chain->judged && !chain->trusted);
    ck_assert(address_parse(&a, "192.0.2.1"));
    evidence->plan->host_is_address = true;
    evidence->plan->host_address = a;
    chain_judge_all(trust, evidence);
    ck_assert(!chain->name_matches && !chain->judged);
}
END_TEST

/* A certificate that names whoever is wanted as its owner and its issuer. */
static gnutls_datum_t named_certificate(const char *subject, const char *issuer)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;
    gnutls_x509_crt_t signer;
    gnutls_datum_t der;

    ck_assert(gnutls_x509_privkey_init(&key) >= 0 && gnutls_x509_crt_init(&crt) >= 0);
    ck_assert(gnutls_x509_crt_init(&signer) >= 0 && gnutls_x509_crt_set_dn(signer, issuer, NULL) >= 0);
    ck_assert(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) >= 0);
    ck_assert(gnutls_x509_crt_set_key(signer, key) >= 0 && gnutls_x509_crt_set_key(crt, key) >= 0);
    ck_assert(gnutls_x509_crt_set_version(crt, 3) >= 0);
    ck_assert(gnutls_x509_crt_set_dn(crt, subject, NULL) >= 0 && gnutls_x509_crt_set_serial(crt, "\1", 1) >= 0);
    ck_assert(gnutls_x509_crt_set_activation_time(crt, NOW) >= 0 && gnutls_x509_crt_set_expiration_time(crt, NOW) >= 0);
    ck_assert(gnutls_x509_crt_set_ca_status(crt, 1) >= 0);
    ck_assert(gnutls_x509_crt_sign2(crt, signer, key, GNUTLS_DIG_SHA256, 0) >= 0);
    ck_assert(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) >= 0);
    gnutls_x509_crt_deinit(signer);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
    return der;
}

static void trust_too(gnutls_datum_t der)
{
    gnutls_datum_t pem;
    FILE *f = fopen(root_file, "a");

    ck_assert(f != NULL && gnutls_pem_base64_encode2("CERTIFICATE", &der, &pem) >= 0);
    ck_assert_uint_eq(fwrite(pem.data, 1, pem.size, f), pem.size);
    ck_assert_int_eq(fclose(f), 0);
    gnutls_free(pem.data);
}

static const struct owner_case {
    const char *says;
    const char *issuer;
    bool is_public;
} owner_cases[] = {
    { "an intermediate of an organisation that owns a root", "CN=Intermediate,O=Example Trust", true },
    { "of one that owns none", "CN=Intermediate,O=Example Works", false },
    { "of nobody in particular", "CN=Intermediate", false },
};

START_TEST(an_issuer_is_public_whose_owner_has_a_root)
{
    const struct owner_case *c = &owner_cases[_i];
    gnutls_datum_t root = named_certificate("CN=Root,O=Example Trust", "CN=Root,O=Example Trust");
    gnutls_datum_t leaf = named_certificate("CN=mail.example.test", c->issuer);
    const char *bad_file;
    struct trust *both;
    struct chain *chain;

    trust_too(root);
    ck_assert(trust_new(&both, &loop, plan, on_ready, NULL, &bad_file, NULL));
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(trust_roots(both), 2);
    chain = keep(&leaf, 1);
    chain_judge_all(both, evidence);
    ck_assert(chain->judged && !chain->trusted && !chain->leaf_self_signed);
    ck_assert_msg(chain->issuer_public == c->is_public, "%s", c->says);
    trust_close(both);
    gnutls_free(root.data);
    gnutls_free(leaf.data);
}
END_TEST

/* The same certificate with another last byte, which belongs to its signature. */
START_TEST(a_signature_of_its_own_is_checked)
{
    struct scenario_cert spec = healthy();
    struct mint_chain minted;
    gnutls_datum_t der;
    struct chain *chain;

    spec.issuer = SCENARIO_ISSUER_SELF;
    ck_assert(mint_chain(&minted, mint, &spec, NULL));
    ck_assert(gnutls_x509_crt_export2(minted.certificates[0], GNUTLS_X509_FMT_DER, &der) >= 0);
    der.data[der.size - 1] ^= 1;
    chain = keep(&der, 1);
    load();
    chain_judge_all(trust, evidence);
    ck_assert(chain->certificates[0].self_issued);
    ck_assert(!chain->leaf_self_signed && !chain->trusted);
    gnutls_free(der.data);
    mint_chain_done(&minted);
}
END_TEST

/* An intermediate that would sign for the leaf if its key were not made to keep a client calculating. */
static gnutls_datum_t giant_intermediate(const struct mint_chain *minted)
{
    static unsigned char number[25000]; /* 200000 bits: minutes for one signature */
    gnutls_datum_t n = { .data = number, .size = sizeof number };
    gnutls_x509_crt_t crt;
    gnutls_datum_t dn;
    gnutls_datum_t der;
    gnutls_pubkey_t key;

    memset(number, 0x7f, sizeof number);
    ck_assert(gnutls_x509_crt_init(&crt) >= 0 && gnutls_pubkey_init(&key) >= 0);
    ck_assert(gnutls_pubkey_import_rsa_raw(key, &n, &n) >= 0);
    ck_assert(gnutls_x509_crt_set_version(crt, 3) >= 0 && gnutls_x509_crt_set_pubkey(crt, key) >= 0);
    ck_assert(gnutls_x509_crt_get_issuer_dn3(minted->certificates[0], &dn, 0) >= 0);
    ck_assert(gnutls_x509_crt_set_dn(crt, (const char *)dn.data, NULL) >= 0);
    ck_assert(gnutls_x509_crt_set_serial(crt, "\1", 1) >= 0 && gnutls_x509_crt_set_ca_status(crt, 1) >= 0);
    ck_assert(gnutls_x509_crt_set_activation_time(crt, NOW) >= 0 && gnutls_x509_crt_set_expiration_time(crt, NOW) >= 0);
    ck_assert(gnutls_x509_crt_sign2(crt, minted->certificates[0], minted->key, GNUTLS_DIG_SHA256, 0) >= 0);
    ck_assert(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) >= 0);
    gnutls_free(dn.data);
    gnutls_pubkey_deinit(key);
    gnutls_x509_crt_deinit(crt);
    return der;
}

START_TEST(a_giant_key_holds_nobody_up)
{
    struct scenario_cert spec = healthy();
    struct mint_chain minted;
    gnutls_datum_t ders[2];
    struct chain *chain;

    ck_assert(mint_chain(&minted, mint, &spec, NULL));
    ck_assert(gnutls_x509_crt_export2(minted.certificates[0], GNUTLS_X509_FMT_DER, &ders[0]) >= 0);
    ders[1] = giant_intermediate(&minted);
    chain = keep(ders, 2);
    load();
    chain_judge_all(trust, evidence);
    ck_assert(chain->judged && !chain->trusted && chain->name_matches);
    ck_assert_uint_eq(chain->trust_flaws, TRUST_OTHER);
    gnutls_free(ders[0].data);
    gnutls_free(ders[1].data);
    mint_chain_done(&minted);
}
END_TEST

/* ---- what is fetched --------------------------------------------------------- */

static const char issuer_url[] = "http://pki.example.test/ca";
static const char ocsp_url[] = "http://pki.example.test/ocsp";

/* A chain of the leaf alone, and an answer about it. */
static struct chain *leaf_that_names_both(struct buf *ocsp, enum scenario_staple says)
{
    struct scenario_cert spec = healthy();
    struct mint_chain minted;
    gnutls_datum_t der;
    struct chain *chain;

    spec.aia = issuer_url;
    spec.ocsp = ocsp_url;
    buf_init(ocsp, 16 * 1024);
    ck_assert(mint_chain(&minted, mint, &spec, NULL));
    ck_assert(mint_put_ocsp(mint, spec.issuer, says, &minted, ocsp, NULL));
    ck_assert(gnutls_x509_crt_export2(minted.certificates[0], GNUTLS_X509_FMT_DER, &der) >= 0);
    chain = keep(&der, 1);
    gnutls_free(der.data);
    mint_chain_done(&minted);
    return chain;
}

static bool misses_issuer(void)
{
    struct http_url url;

    return chain_misses_issuer(trust, evidence, 0, &url);
}

static bool misses_ocsp(void)
{
    struct http_url url;
    struct buf request;
    bool misses;

    buf_init(&request, 4096);
    misses = chain_misses_ocsp(trust, evidence, 0, &url, &request);
    ck_assert(!misses || (request.len > 0 && strcmp(url.path, "/ocsp") == 0));
    buf_done(&request);
    return misses;
}

static bool take_issuer(enum scenario_issuer issuer)
{
    struct buf body;
    bool taken;

    buf_init(&body, 16 * 1024);
    ck_assert(mint_put_issuer(mint, issuer, false, &body, NULL));
    taken = chain_take_issuer(evidence, 0, (struct peer_text){ body.bytes, body.len });
    buf_done(&body);
    return taken;
}

START_TEST(a_fetched_issuer_completes_the_chain)
{
    struct buf ocsp;
    struct chain *chain = leaf_that_names_both(&ocsp, SCENARIO_STAPLE_REVOKED);

    ck_assert(!misses_issuer() && !misses_ocsp()); /* who is missing is not known yet */
    load();
    ck_assert(misses_issuer() && !misses_ocsp());
    ck_assert(!take_issuer(SCENARIO_ISSUER_ROOT));
    ck_assert(take_issuer(SCENARIO_ISSUER_INTERMEDIATE) && !take_issuer(SCENARIO_ISSUER_INTERMEDIATE));
    ck_assert(!misses_issuer() && misses_ocsp());
    ck_assert(chain_take_ocsp(trust, evidence, 0, (struct peer_text){ ocsp.bytes, ocsp.len }) && !misses_ocsp());
    chain_judge_all(trust, evidence);
    ck_assert_int_eq(chain->completion, COMPLETION_FETCHED);
    ck_assert_uint_eq(chain->trust_flaws, TRUST_NO_ISSUER | TRUST_REVOKED);
    ck_assert(chain->ocsp_fetched && chain->ocsp.status == OCSP_REVOKED && !chain->trusted);
    ck_assert_uint_eq(chain->n_certificates, 1);
    buf_done(&ocsp);
}
END_TEST

/* Whoever answers over HTTP may make a certificate of that name: neither it nor what it signs counts. */
START_TEST(an_issuer_that_only_bears_the_name_proves_nothing)
{
    static const char name[] = "CN=smtpdx practice intermediate";
    gnutls_datum_t false_one = named_certificate(name, name);
    struct buf ocsp;
    struct chain *chain = leaf_that_names_both(&ocsp, SCENARIO_STAPLE_FORGED);

    load();
    ck_assert(chain_take_issuer(evidence, 0, (struct peer_text){ (const char *)false_one.data, false_one.size }));
    ck_assert(!misses_issuer() && !misses_ocsp());
    ck_assert(!chain_take_ocsp(trust, evidence, 0, (struct peer_text){ ocsp.bytes, ocsp.len }));
    chain_judge_all(trust, evidence);
    ck_assert_int_eq(chain->completion, COMPLETION_NONE);
    ck_assert_uint_eq(chain->trust_flaws, TRUST_NO_ISSUER);
    ck_assert_int_eq(chain->ocsp.status, OCSP_NONE);
    gnutls_free(false_one.data);
    buf_done(&ocsp);
}
END_TEST

START_TEST(a_fetched_giant_key_holds_nobody_up)
{
    struct scenario_cert spec = healthy();
    struct mint_chain minted;
    gnutls_datum_t giant;
    struct buf ocsp;

    ck_assert(mint_chain(&minted, mint, &spec, NULL));
    giant = giant_intermediate(&minted);
    leaf_that_names_both(&ocsp, SCENARIO_STAPLE_GOOD);
    load();
    ck_assert(chain_take_issuer(evidence, 0, (struct peer_text){ (const char *)giant.data, giant.size }));
    ck_assert(!misses_issuer() && !misses_ocsp());
    chain_judge_all(trust, evidence);
    ck_assert_int_eq(evidence->chains[0].completion, COMPLETION_NONE);
    gnutls_free(giant.data);
    mint_chain_done(&minted);
    buf_done(&ocsp);
}
END_TEST

START_TEST(an_answer_that_does_not_count_is_not_kept)
{
    struct buf ocsp;
    struct chain *chain = leaf_that_names_both(&ocsp, SCENARIO_STAPLE_FORGED);

    load();
    ck_assert(take_issuer(SCENARIO_ISSUER_INTERMEDIATE));
    ck_assert(!chain_take_ocsp(trust, evidence, 0, (struct peer_text){ ocsp.bytes, ocsp.len }));
    ck_assert(!chain_take_ocsp(trust, evidence, 0, PEER_TEXT_LITERAL("<html></html>")));
    ck_assert(chain->fetched_ocsp.bytes == NULL && misses_ocsp());
    buf_done(&ocsp);
}
END_TEST

START_TEST(a_staple_that_says_it_all_is_enough)
{
    struct buf ocsp;
    struct chain *chain = leaf_that_names_both(&ocsp, SCENARIO_STAPLE_GOOD);

    load();
    ck_assert(take_issuer(SCENARIO_ISSUER_INTERMEDIATE) && misses_ocsp());
    chain->staple = (struct peer_text){ ocsp.bytes, ocsp.len };
    ck_assert(!misses_ocsp());
    chain->staple.len--;
    ck_assert(misses_ocsp());
    chain->fetched_ocsp = (struct peer_text){ ocsp.bytes, ocsp.len };
    ck_assert(!misses_ocsp());
    chain_judge_all(trust, evidence);
    ck_assert(chain->ocsp_fetched && chain->ocsp.status == OCSP_GOOD);
    chain->staple.len++;
    chain_judge_all(trust, evidence);
    ck_assert(!chain->ocsp_fetched && chain->ocsp.status == OCSP_GOOD);
    buf_done(&ocsp);
}
END_TEST

START_TEST(a_file_that_holds_no_certificate_is_named)
{
    const char *files[] = { root_file, "/dev/null" };
    const char *bad_file = NULL;
    struct trust *other = NULL;
    struct err err = { 0 };

    plan->ca_files = files;
    plan->n_ca_files = 2;
    ck_assert(!trust_fits(trust, plan));
    ck_assert(!trust_new(&other, &loop, plan, on_ready, NULL, &bad_file, &err));
    ck_assert(err.kind == ERR_INPUT && other == NULL);
    ck_assert_ptr_eq(bad_file, files[1]);
}
END_TEST

/* The library would refuse the whole file, good certificates and all. */
START_TEST(a_certificate_that_cannot_be_read_is_passed_over_and_counted)
{
    static const char broken[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
                                 "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
                                 "-----BEGIN X509 CERTIFICATE-----\nAAAA\n";
    const char *bad_file = NULL;
    struct trust *other = NULL;
    FILE *f = fopen(root_file, "a");

    ck_assert(f != NULL && fputs(broken, f) >= 0 && fclose(f) == 0);
    ck_assert(trust_new(&other, &loop, plan, on_ready, NULL, &bad_file, NULL));
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(trust_roots(other), 1);
    ck_assert_uint_eq(trust_broken(other), 2);
    ck_assert_uint_eq(trust_broken(trust), 0);
    trust_close(other);
}
END_TEST

START_TEST(a_file_whose_first_certificate_cannot_be_read_is_named)
{
    const char *bad_file = NULL;
    struct trust *other = NULL;
    struct err err = { 0 };
    FILE *f = fopen(root_file, "w");

    ck_assert(f != NULL && fputs("-----BEGIN CERTIFICATE-----\nAAAA\n", f) >= 0 && fclose(f) == 0);
    ck_assert(!trust_new(&other, &loop, plan, on_ready, NULL, &bad_file, &err));
    ck_assert(err.kind == ERR_INPUT && bad_file == plan->ca_files[0]);
}
END_TEST

/* Closed while its thread still loads: tear_down() does the rest. */
START_TEST(it_may_go_before_it_is_ready)
{
    ck_assert(trust_fits(trust, plan) && !trust_is_ready(trust) && trust_roots(trust) == 0);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("trust");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, a_chain_has_the_flaws_that_it_has, 0, sizeof flaw_cases / sizeof flaw_cases[0]);
    tcase_add_loop_test(t, an_issuer_is_public_whose_owner_has_a_root, 0, sizeof owner_cases / sizeof owner_cases[0]);
    tcase_add_test(t, a_name_is_looked_at_before_the_roots_are_there);
    tcase_add_test(t, a_signature_of_its_own_is_checked);
    tcase_add_test(t, a_giant_key_holds_nobody_up);
    tcase_add_test(t, a_fetched_issuer_completes_the_chain);
    tcase_add_test(t, an_issuer_that_only_bears_the_name_proves_nothing);
    tcase_add_test(t, a_fetched_giant_key_holds_nobody_up);
    tcase_add_test(t, an_answer_that_does_not_count_is_not_kept);
    tcase_add_test(t, a_staple_that_says_it_all_is_enough);
    tcase_add_test(t, a_file_that_holds_no_certificate_is_named);
    tcase_add_test(t, a_certificate_that_cannot_be_read_is_passed_over_and_counted);
    tcase_add_test(t, a_file_whose_first_certificate_cannot_be_read_is_named);
    tcase_add_test(t, it_may_go_before_it_is_ready);
    return unit_run("trust", &t, 1);
}
