#include "probe/check.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "simulate/mint.h"
#include "unit.h"

/* What was heard of one check; a listener may start another one. */
struct ear {
    struct engine *engine;
    const struct plan *next;
    struct ear *next_ear;
    unsigned n_finished;
    unsigned n_after; /* events behind the last one */
    unsigned n_gone;
    bool interrupted;
    enum probe_outcome outcome;
    enum fault fault;
    enum skip_reason skip;
};

static void on_gone(void *user)
{
    struct ear *ear = user;

    ear->n_gone++;
}

static void on_event(void *user, const struct event *event)
{
    struct ear *ear = user;
    const struct evidence *e = event->evidence;
    const char *bad_file;

    ear->n_after += ear->n_finished;
    if (event->kind != EVENT_FINISHED)
        return;
    ear->n_finished++;
    ear->interrupted = e->interrupted;
    for (size_t i = 0; i < e->n_probes; i++) {
        if (e->probes[i].mode == plan_usual_mode(e->probes[i].port) && e->probes[i].family == FAMILY_IPV4) {
            ear->outcome = e->probes[i].outcome;
            ear->fault = e->probes[i].fault;
            ear->skip = e->probes[i].skip;
        }
    }
    if (ear->next != NULL)
        ck_assert(check_start(ear->engine, ear->next, on_event, on_gone, ear->next_ear, &bad_file, NULL));
}

/* A loopback port that nobody listens on. */
static uint16_t closed_port(void)
{
    struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof own;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert(fd >= 0);
    ck_assert(bind(fd, (struct sockaddr *)&own, sizeof own) == 0);
    ck_assert(getsockname(fd, (struct sockaddr *)&own, &len) == 0);
    close(fd);
    return ntohs(own.sin_port);
}

/* One port of this machine; named: a name that a resolver which is not there is asked for. */
static struct plan *make_plan(bool named)
{
    struct plan *p = plan_new();

    ck_assert(p != NULL);
    p->system_ca = false;
    p->host = named ? "mail.example.test" : "127.0.0.1";
    p->host_is_address = !named;
    ck_assert(address_parse(&p->host_address, "127.0.0.1"));
    p->ports = arena_alloc(p->arena, 1, sizeof *p->ports);
    p->port_maps = arena_alloc(p->arena, 1, sizeof *p->port_maps);
    p->resolvers = arena_alloc(p->arena, 1, sizeof *p->resolvers);
    ck_assert(!arena_failed(p->arena));
    p->ports[p->n_ports++] = 587;
    p->port_maps[p->n_port_maps++] = (struct port_map){ .meant = 587, .used = closed_port() };
    p->resolvers[p->n_resolvers++] = (struct endpoint){ p->host_address, closed_port() };
    return p;
}

static struct engine *engine;

static void set_up(void)
{
    ck_assert(engine_new(&engine, NULL));
}

static void start(const struct plan *plan, struct ear *ear)
{
    const char *bad_file;

    ck_assert(check_start(engine, plan, on_event, on_gone, ear, &bad_file, NULL));
}

START_TEST(what_never_began_ends_without_a_word)
{
    for (int named = 0; named < 2; named++) {
        struct plan *plan = make_plan(named != 0);
        struct ear ear = { 0 };

        set_up();
        start(plan, &ear);
        engine_free(engine);
        ck_assert_uint_eq(ear.n_finished, 0);
        ck_assert_uint_eq(ear.n_gone, 1);
        plan_free(plan);
    }
}
END_TEST

START_TEST(an_interrupted_check_tells_what_is_known)
{
    for (int named = 0; named < 2; named++) {
        struct plan *plan = make_plan(named != 0);
        struct ear ear = { 0 };

        set_up();
        start(plan, &ear);
        engine_interrupt(engine);
        engine_run(engine);
        ck_assert_uint_eq(ear.n_finished, 1);
        ck_assert_uint_eq(ear.n_after, 0);
        ck_assert_uint_eq(ear.n_gone, 1);
        ck_assert(ear.interrupted);
        ck_assert_int_eq(ear.outcome, PROBE_SKIPPED);
        ck_assert_int_eq(ear.skip, SKIP_STOPPED);
        engine_free(engine);
        plan_free(plan);
    }
}
END_TEST

START_TEST(an_interrupt_while_nothing_runs_is_not_held_against_the_next_check)
{
    struct plan *plan = make_plan(false);
    struct ear ears[3] = { 0 };

    set_up();
    engine_interrupt(engine);
    for (size_t i = 0; i < 2; i++) {
        start(plan, &ears[i]);
        engine_run(engine);
        engine_interrupt(engine);
    }
    start(plan, &ears[2]);
    engine_interrupt(engine);
    engine_run(engine);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(ears[i].interrupted, i == 2);
    ck_assert_int_eq(ears[1].outcome, PROBE_FAILED);
    engine_free(engine);
    plan_free(plan);
}
END_TEST

START_TEST(a_listener_may_start_another_check)
{
    struct plan *plan = make_plan(false);
    struct ear second = { 0 };
    struct ear first = { .next = plan, .next_ear = &second };

    set_up();
    first.engine = engine;
    start(plan, &first);
    engine_run(engine);
    ck_assert_uint_eq(first.n_finished, 1);
    ck_assert_uint_eq(second.n_finished, 1);
    ck_assert_int_eq(second.outcome, PROBE_FAILED);
    ck_assert_int_eq(second.fault, FAULT_REFUSED);
    engine_free(engine);
    plan_free(plan);
}
END_TEST

START_TEST(many_checks_end_in_one_loop)
{
    enum { CHECKS = 40 };
    struct plan *plans[] = { make_plan(false), make_plan(true) };
    struct ear ears[CHECKS] = { 0 };

    set_up();
    for (size_t i = 0; i < CHECKS; i++)
        start(plans[i % 2], &ears[i]);
    engine_run(engine);
    for (size_t i = 0; i < CHECKS; i++) {
        ck_assert_uint_eq(ears[i].n_finished, 1);
        ck_assert_uint_eq(ears[i].n_after, 0);
        ck_assert_uint_eq(ears[i].n_gone, 1);
    }
    engine_free(engine);
    plan_free(plans[0]);
    plan_free(plans[1]);
}
END_TEST

/* A root in a file that has many names. */
static void write_root(char path[static 32])
{
    struct mint *mint;
    struct buf pem;
    int fd;

    strcpy(path, "/tmp/smtpdx-check-XXXXXX");
    fd = mkstemp(path);
    buf_init(&pem, 16 * 1024);
    ck_assert(fd >= 0 && mint_new(&mint, 1800000000, NULL) && mint_put_root(mint, &pem, NULL));
    ck_assert_int_eq(write(fd, pem.bytes, pem.len), (ssize_t)pem.len);
    close(fd);
    buf_done(&pem);
    mint_free(mint);
}

START_TEST(each_check_may_bring_resolvers_and_roots_of_its_own)
{
    enum { ROUNDS = 3, CHECKS = 70 }; /* at once, and in all: more than are kept */
    char path[32], names[CHECKS][128];
    const char *files[CHECKS];
    struct plan *plan = make_plan(true);

    write_root(path);
    set_up();
    for (uint16_t round = 0; round < ROUNDS; round++) {
        struct ear ears[CHECKS] = { 0 };

        for (uint16_t i = 0; i < CHECKS; i++) {
            memset(names[i], '/', i);
            strcpy(names[i] + i, path);
            files[i] = names[i];
            plan->ca_files = &files[i];
            plan->n_ca_files = 1;
            plan->resolvers[0].address.bytes[2] = (unsigned char)(round + 1);
            plan->resolvers[0].address.bytes[3] = (unsigned char)(i + 1);
            start(plan, &ears[i]);
        }
        engine_interrupt(engine); /* how they end is another matter */
        engine_run(engine);
        for (size_t i = 0; i < CHECKS; i++)
            ck_assert(ears[i].n_finished == 1 && ears[i].n_gone == 1);
    }
    engine_free(engine);
    unlink(path);
    plan_free(plan);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("check");

    tcase_add_test(t, what_never_began_ends_without_a_word);
    tcase_add_test(t, an_interrupted_check_tells_what_is_known);
    tcase_add_test(t, an_interrupt_while_nothing_runs_is_not_held_against_the_next_check);
    tcase_add_test(t, a_listener_may_start_another_check);
    tcase_add_test(t, many_checks_end_in_one_loop);
    tcase_add_test(t, each_check_may_bring_resolvers_and_roots_of_its_own);
    return unit_run("check", &t, 1);
}
