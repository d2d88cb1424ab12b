#include "probe/resolver.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "unit.h"

static const struct conf_case {
    const char *says;
    const char *conf;
    const char *servers; /* "" for none */
} conf_cases[] = {
    { "nothing", "", "" },
    { "one server", "nameserver 192.0.2.53\n", "192.0.2.53:53" },
    { "no line end behind the last line", "nameserver 192.0.2.53", "192.0.2.53:53" },
    { "tabs, and blanks behind", "nameserver\t \t192.0.2.53 \t\r\n", "192.0.2.53:53" },
    { "more than the system's resolver takes",
      "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 2001:db8::3\nnameserver 192.0.2.4\n",
      "192.0.2.1:53 192.0.2.2:53 [2001:db8::3]:53" },
    { "other lines", "search example.test\n# nameserver 192.0.2.1\n;nameserver 192.0.2.1\noptions edns0\n", "" },
    { "the keyword starts the line (resolv.conf(5))", " nameserver 192.0.2.1\n", "" },
    { "the keyword ends before the value", "nameserver192.0.2.1\nnameservers 192.0.2.1\n", "" },
    { "an address, not an endpoint", "nameserver 192.0.2.1:5353\nnameserver [2001:db8::1]\n", "" },
    { "what is no address is passed over", "nameserver resolver.example\nnameserver 192.0.2.2\n", "192.0.2.2:53" },
    { "an interface that is not there", "nameserver fe80::1%nowhere0\n", "" },
    { "a link-local server", "nameserver fe80::1%lo\n", "[fe80::1%1]:53" },
};

START_TEST(the_servers_of_a_file_are_those_that_the_system_takes)
{
    const struct conf_case *c = &conf_cases[_i];
    struct endpoint servers[RESOLVER_SYSTEM_MAX];
    size_t n = resolver_read_servers(peer_text_of(c->conf), servers);
    char all[RESOLVER_SYSTEM_MAX * ENDPOINT_TEXT_SIZE] = "";

    for (size_t i = 0; i < n; i++) {
        char text[ENDPOINT_TEXT_SIZE];

        strcat(all, i == 0 ? "" : " ");
        strcat(all, endpoint_format(&servers[i], text));
    }
    ck_assert_msg(strcmp(all, c->servers) == 0, "%s: %s", c->says, all);
}
END_TEST

START_TEST(a_line_without_end_is_passed_over)
{
    static char conf[5000];
    struct endpoint servers[RESOLVER_SYSTEM_MAX];

    memset(conf, '1', sizeof conf);
    memcpy(conf, "nameserver ", 11);
    memcpy(conf + 4000, "\nnameserver 192.0.2.9\n", 22);
    ck_assert_uint_eq(resolver_read_servers((struct peer_text){ conf, sizeof conf }, servers), 1);
    ck_assert_uint_eq(servers[0].port, 53);
}
END_TEST

/* What one question was answered with. */
struct ear {
    unsigned n;
    enum dns_outcome outcome;
    int own_errno;
};

static void on_answer(void *user, const struct dns_answer *answer)
{
    struct ear *ear = user;

    ear->n++;
    ear->outcome = answer->outcome;
    ear->own_errno = answer->own_errno;
}

START_TEST(a_server_on_a_link_may_be_asked)
{
    struct endpoint server = { .port = 53 };
    struct resolver *r = NULL;
    struct question *q;
    struct ear ear = { 0 };
    uv_loop_t loop;

    ck_assert(uv_loop_init(&loop) == 0 && address_parse(&server.address, "fe80::53%lo"));
    ck_assert(resolver_new(&r, &loop, &server, NULL));
    /* Nobody is there: no route to it, or no answer before the resolver is closed. */
    ck_assert(resolver_ask(&q, r, "mail.example.test", RECORD_A, on_answer, &ear, NULL));
    ck_assert(ear.n == 0 || ear.outcome == DNS_UNREACHABLE);
    resolver_close(r);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_uint_le(ear.n, 1);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

/* c-ares says that the server has refused. */
START_TEST(want_of_descriptors_is_not_put_on_the_server)
{
    struct endpoint server = { .port = 9 };
    struct resolver *r = NULL;
    struct question *q;
    struct ear ear = { 0 };
    struct rlimit before, none = { 0 };
    uv_loop_t loop;

    ck_assert(uv_loop_init(&loop) == 0 && address_parse(&server.address, "127.0.0.1"));
    ck_assert(resolver_new(&r, &loop, &server, NULL));
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none.rlim_max = before.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert(resolver_ask(&q, r, "mail.example.test", RECORD_A, on_answer, &ear, NULL));
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert(ear.n == 1 && ear.outcome == DNS_SKIPPED && ear.own_errno == EMFILE);
    /* Once there are some again, the server's word counts: nothing listens there, which is a refusal. */
    ck_assert(resolver_ask(&q, r, "mail.example.test", RECORD_A, on_answer, &ear, NULL));
    while (ear.n < 2)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert(ear.outcome == DNS_UNREACHABLE && ear.own_errno == 0);
    resolver_close(r);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("resolver");

    tcase_add_loop_test(t, the_servers_of_a_file_are_those_that_the_system_takes, 0,
                        sizeof conf_cases / sizeof conf_cases[0]);
    tcase_add_test(t, a_line_without_end_is_passed_over);
    tcase_add_test(t, a_server_on_a_link_may_be_asked);
    tcase_add_test(t, want_of_descriptors_is_not_put_on_the_server);
    return unit_run("resolver", &t, 1);
}
