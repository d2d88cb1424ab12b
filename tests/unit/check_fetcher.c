#include "probe/fetcher.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "probe/x509.h"
#include "simulate/mint.h"
#include "simulate/web.h"
#include "unit.h"

enum { NOW = 1800000000, URL_SIZE = 64 };

static const char *host = "mail.example.test";
static char root_file[] = "/tmp/smtpdx-check-fetcher-XXXXXX";
static struct mint *mint;
static struct plan *plan;
static struct engine *engine;
static struct trust *trust;
static struct evidence *evidence;
static struct fetcher *fetcher;
static struct web *web;
static unsigned n_requests, n_idle, n_gone;
static bool silent;

static bool answer(void *user, const struct web_request *request, struct buf *reply)
{
    (void)user, (void)request;
    n_requests++;
    uv_stop(engine_loop(engine));
    return !silent && web_put_reply(reply, "404 Not Found", "", PEER_TEXT_LITERAL("no"));
}

static void set_up(void)
{
    static const char *files[] = { root_file };
    const char *bad_file;
    struct buf pem;
    int fd = mkstemp(root_file);

    buf_init(&pem, 16 * 1024);
    ck_assert(mint_new(&mint, NOW, NULL) && mint_put_root(mint, &pem, NULL));
    ck_assert(fd >= 0 && write(fd, pem.bytes, pem.len) == (ssize_t)pem.len && close(fd) == 0);
    buf_done(&pem);
    plan = plan_new();
    ck_assert(plan != NULL && engine_new(&engine, NULL));
    plan->system_ca = false;
    plan->ca_files = files;
    plan->n_ca_files = 1;
    plan->fetch = true;
    evidence = evidence_new(plan);
    ck_assert(evidence != NULL && engine_trust(engine, &trust, plan, &bad_file, NULL));
    while (!trust_is_ready(trust))
        uv_run(engine_loop(engine), UV_RUN_ONCE);
    ck_assert(web_new(&web, engine_loop(engine), -1, answer, NULL, NULL));
    n_requests = n_idle = n_gone = 0;
    silent = false;
}

static void tear_down(void)
{
    web_end(web);
    uv_run(engine_loop(engine), UV_RUN_NOWAIT);
    engine_free(engine);
    web = web_free(web);
    evidence = evidence_free(evidence);
    plan = plan_free(plan);
    mint = mint_free(mint);
    unlink(root_file);
    memcpy(root_file + strlen(root_file) - 6, "XXXXXX", 6);
}

static void on_idle(void *user)
{
    (void)user;
    n_idle++;
    uv_stop(engine_loop(engine));
}

static void on_gone(void *user)
{
    (void)user;
    n_gone++;
    uv_stop(engine_loop(engine));
}

static const struct fetcher_listener ears = { .idle = on_idle, .gone = on_gone };

/* A chain whose leaf names a responder on 127.0.0.1, as shown at an address. */
static void show_chain(enum role role, const char *address)
{
    char url[URL_SIZE];
    struct scenario_cert spec = {
        .names = &host, .n_names = 1, .since_days = -1, .until_days = 90, .ocsp = url,
    };
    gnutls_datum_t ders[MINT_CHAIN_MAX];
    struct mint_chain minted;
    struct evidence *e = evidence;
    struct probe *p = ARENA_APPEND(e->arena, e->probes, e->n_probes, EVIDENCE_PROBES_MAX);

    snprintf(url, sizeof url, "http://127.0.0.1:%u/ocsp", web_port(web));
    ck_assert(mint_chain(&minted, mint, &spec, NULL));
    for (unsigned i = 0; i < minted.n_certificates; i++)
        ck_assert(gnutls_x509_crt_export2(minted.certificates[i], GNUTLS_X509_FMT_DER, &ders[i]) >= 0);
    p->role = role;
    p->has_address = true;
    ck_assert(address_parse(&p->address, address));
    p->chain = x509_chain_put(evidence, host, ders, minted.n_certificates);
    ck_assert_int_ge(p->chain, 0);
    for (unsigned i = 0; i < minted.n_certificates; i++)
        gnutls_free(ders[i].data);
    mint_chain_done(&minted);
}

static void start(void)
{
    struct fetcher_spec spec = {
        .engine = engine,
        .evidence = evidence,
        .trust = trust,
        .check_started_ms = clock_steady_ms(),
        .listener = &ears,
    };

    ck_assert(fetcher_start(&fetcher, &spec, NULL));
    ck_assert_ptr_nonnull(fetcher);
    fetcher_look(fetcher);
    ck_assert(fetcher_waits(fetcher));
}

/* Whatever counts stops the loop. */
static void run_until(const unsigned *count)
{
    while (*count == 0)
        uv_run(engine_loop(engine), UV_RUN_DEFAULT);
}

static void run_until_idle(void)
{
    run_until(&n_idle);
    ck_assert(!fetcher_waits(fetcher));
}

static void stop(void)
{
    fetcher_stop(fetcher);
    run_until(&n_gone);
    ck_assert_uint_eq(n_gone, 1);
}

START_TEST(a_responder_that_is_named_is_asked_once)
{
    char url[URL_SIZE];

    show_chain(ROLE_TARGET, "127.0.0.1");
    start();
    run_until_idle();
    ck_assert_uint_eq(n_requests, 1);
    ck_assert_uint_eq(evidence->n_fetches, 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/ocsp", web_port(web));
    ck_assert_str_eq(evidence->fetches[0].url, url);
    ck_assert_int_eq(evidence->fetches[0].kind, FETCH_OCSP);
    ck_assert_int_eq(evidence->fetches[0].outcome, FETCH_REFUSED);
    ck_assert_uint_eq(evidence->fetches[0].status, 404);
    ck_assert(evidence->fetches[0].duration_ms >= 0);
    n_idle = 0;
    fetcher_look(fetcher);
    run_until_idle();
    ck_assert_uint_eq(n_requests, 1);
    stop();
}
END_TEST

/* A certificate of the public network must not make this machine knock on doors behind its firewall. */
START_TEST(a_public_server_sends_nobody_into_the_local_network)
{
    show_chain(ROLE_TARGET, "192.0.2.1");
    start();
    run_until_idle();
    ck_assert_uint_eq(n_requests, 0);
    ck_assert_uint_eq(evidence->n_fetches, 1);
    ck_assert_int_eq(evidence->fetches[0].outcome, FETCH_FORBIDDEN);
    stop();
}
END_TEST

START_TEST(what_another_server_shows_is_left_alone)
{
    show_chain(ROLE_SUGGESTION, "127.0.0.1");
    start();
    run_until_idle();
    ck_assert_uint_eq(evidence->n_fetches, 0);
    stop();
    ck_assert_uint_eq(n_requests, 0);
}
END_TEST

START_TEST(a_silent_responder_costs_three_seconds)
{
    silent = true;
    show_chain(ROLE_TARGET, "127.0.0.1");
    start();
    run_until_idle();
    ck_assert_int_eq(evidence->fetches[0].outcome, FETCH_SILENT);
    ck_assert(evidence->fetches[0].duration_ms > 2900 && evidence->fetches[0].duration_ms < 4500);
    stop();
}
END_TEST

START_TEST(what_is_stopped_is_written_down)
{
    silent = true;
    show_chain(ROLE_TARGET, "127.0.0.1");
    start();
    run_until(&n_requests);
    stop();
    ck_assert_uint_eq(n_idle, 0);
    ck_assert_int_eq(evidence->fetches[0].outcome, FETCH_STOPPED);
}
END_TEST

START_TEST(nothing_is_fetched_without_leave)
{
    struct fetcher_spec spec = { .engine = engine, .evidence = evidence, .trust = trust, .listener = &ears };

    evidence->plan->only_target = true;
    ck_assert(fetcher_start(&fetcher, &spec, NULL));
    ck_assert_ptr_null(fetcher);
    evidence->plan->only_target = evidence->plan->fetch = false;
    ck_assert(fetcher_start(&fetcher, &spec, NULL));
    ck_assert_ptr_null(fetcher);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("fetcher");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_responder_that_is_named_is_asked_once);
    tcase_add_test(t, a_public_server_sends_nobody_into_the_local_network);
    tcase_add_test(t, what_another_server_shows_is_left_alone);
    tcase_add_test(t, a_silent_responder_costs_three_seconds);
    tcase_add_test(t, what_is_stopped_is_written_down);
    tcase_add_test(t, nothing_is_fetched_without_leave);
    return unit_run("fetcher", &t, 1);
}
