#include "probe/path.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

/* One search and what it told. */
struct search {
    struct evidence *e;
    uv_loop_t loop;
    struct path_search *p;
    unsigned n_over;
    unsigned n_gone;
};

static void on_over(void *user)
{
    struct search *s = user;

    ck_assert_uint_eq(s->n_gone, 0);
    s->n_over++;
}

static void on_gone(void *user, struct path_search *p)
{
    struct search *s = user;

    ck_assert_ptr_eq(p, s->p);
    s->n_gone++;
}

static const struct path_listener ears = { .over = on_over, .gone = on_gone };

/* A socket on a free loopback port, which listens where it should. */
static int loopback(bool listens, uint16_t *port)
{
    struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof own;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    ck_assert(fd >= 0 && bind(fd, (struct sockaddr *)&own, sizeof own) == 0);
    ck_assert(!listens || listen(fd, 16) == 0);
    ck_assert(getsockname(fd, (struct sockaddr *)&own, &len) == 0);
    *port = ntohs(own.sin_port);
    return fd;
}

static void begin(struct search *s, uint16_t blocked, uint16_t open)
{
    struct plan *plan = plan_new();
    struct path_spec spec = { .loop = &s->loop, .role = ROLE_TARGET, .host = "here", .round_trip_ms = 1,
                              .listener = &ears, .user = s };
    struct err err = { 0 };

    ck_assert(plan != NULL && (s->e = evidence_new(plan)) != NULL && uv_loop_init(&s->loop) == 0);
    plan_free(plan);
    spec.evidence = s->e;
    ck_assert(address_parse(&spec.blocked.address, "127.0.0.1"));
    spec.blocked.port = blocked;
    spec.open = (struct endpoint){ .address = spec.blocked.address, .port = open };
    ck_assert(path_start(&s->p, &spec, &err));
    ck_assert_uint_eq(s->n_over + s->n_gone, 0); /* not from inside */
}

static void end(struct search *s)
{
    uv_run(&s->loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(s->n_gone, 1);
    ck_assert_int_eq(uv_loop_close(&s->loop), 0); /* nothing is left in it */
    evidence_free(s->e);
}

START_TEST(what_answers_is_reached_and_never_taken)
{
    struct search s = { 0 };
    uint16_t closed, open;
    int bound = loopback(false, &closed);
    int listener = loopback(true, &open);
    const struct path *path;

    begin(&s, closed, open);
    while (s.n_over == 0)
        uv_run(&s.loop, UV_RUN_ONCE);
    ck_assert_uint_eq(s.e->n_paths, 1);
    path = &s.e->paths[0];
    ck_assert(path->complete && path->role == ROLE_TARGET && path->family == FAMILY_IPV4);
    ck_assert_str_eq(path->host, "here");
    ck_assert_uint_eq(path->blocked.port, closed);
    ck_assert_uint_eq(path->open.port, open);
    /* What lies behind is not told of. */
    ck_assert_uint_eq(path->blocked.n_hops, 1);
    ck_assert_int_eq(path->blocked.hops[0].answer, HOP_REACHED);
    ck_assert_uint_eq(path->open.n_hops, 1);
    ck_assert_int_eq(path->open.hops[0].answer, HOP_REACHED);
    ck_assert(path->open.hops[0].ms >= 0);
    end(&s);
    ck_assert_uint_eq(s.n_over, 1);
    ck_assert_int_eq(accept(listener, NULL, NULL), -1); /* the server has seen no connection */
    close(bound);
    close(listener);
}
END_TEST

START_TEST(without_an_open_port_there_is_one_trace)
{
    struct search s = { 0 };
    uint16_t closed;
    int bound = loopback(false, &closed);

    begin(&s, closed, 0);
    while (s.n_over == 0)
        uv_run(&s.loop, UV_RUN_ONCE);
    ck_assert_uint_eq(s.e->paths[0].open.port, 0);
    ck_assert_uint_eq(s.e->paths[0].open.n_hops, 0);
    end(&s);
    close(bound);
}
END_TEST

START_TEST(once_stopped_it_is_silent_and_the_path_is_not_complete)
{
    struct search s = { 0 };
    uint16_t closed, open;
    int bound = loopback(false, &closed);
    int listener = loopback(true, &open);

    begin(&s, closed, open);
    if (_i > 0)
        uv_run(&s.loop, UV_RUN_ONCE); /* in the middle: its sockets are open */
    if (s.n_gone == 0) { /* on loopback one turn of the loop may be all of it */
        path_stop(s.p);
        path_stop(s.p); /* harmless */
    }
    ck_assert(!s.e->paths[0].complete || s.n_over == 1);
    end(&s);
    ck_assert(_i > 0 || s.n_over == 0);
    close(bound);
    close(listener);
}
END_TEST

START_TEST(there_are_so_many_paths_and_no_more)
{
    struct search s = { 0 };
    struct plan *plan = plan_new();
    struct path_spec spec = { .loop = &s.loop, .host = "here", .listener = &ears, .user = &s };
    struct err err = { 0 };

    ck_assert(plan != NULL && (s.e = evidence_new(plan)) != NULL);
    plan_free(plan);
    spec.evidence = s.e;
    for (size_t i = 0; i < EVIDENCE_PATHS_MAX; i++)
        ck_assert(ARENA_APPEND(s.e->arena, s.e->paths, s.e->n_paths, EVIDENCE_PATHS_MAX) != NULL);
    ck_assert(!path_start(&s.p, &spec, &err));
    ck_assert_int_eq(err.kind, ERR_LIMIT);
    evidence_free(s.e);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("path");

    tcase_add_test(tc, what_answers_is_reached_and_never_taken);
    tcase_add_test(tc, without_an_open_port_there_is_one_trace);
    tcase_add_loop_test(tc, once_stopped_it_is_silent_and_the_path_is_not_complete, 0, 2);
    tcase_add_test(tc, there_are_so_many_paths_and_no_more);
    return unit_run("path", &tc, 1);
}
