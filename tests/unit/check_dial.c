#include "probe/dial.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static struct address address_of(const char *text)
{
    struct address a;

    ck_assert(address_parse(&a, text));
    return a;
}

/* A socket on a free loopback port, which listens where it should. */
static int loopback(bool listens, uint16_t *port)
{
    struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof own;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert(fd >= 0 && bind(fd, (struct sockaddr *)&own, sizeof own) == 0);
    ck_assert(!listens || listen(fd, 1) == 0);
    ck_assert(getsockname(fd, (struct sockaddr *)&own, &len) == 0);
    *port = ntohs(own.sin_port);
    return fd;
}

/* Goes on until it stands or has failed, as the loop would. */
static enum dial_state dial_to_the_end(int *fd, const struct address *address, uint16_t port, struct dial_result *r)
{
    enum dial_state state = dial_start(fd, address, port, r);

    for (int i = 0; i < 100 && state == DIAL_PENDING; i++) {
        struct pollfd p = { .fd = *fd, .events = POLLOUT };

        poll(&p, 1, 100);
        state = dial_look(*fd, address, r);
    }
    return state;
}

START_TEST(a_listening_port_connects)
{
    struct address here = address_of("127.0.0.1");
    struct dial_result r;
    struct address own;
    uint16_t port;
    int listener = loopback(true, &port);
    int fd = -1;

    ck_assert_int_eq(dial_to_the_end(&fd, &here, port, &r), DIAL_CONNECTED);
    ck_assert_int_eq(r.fault, FAULT_NONE);
    ck_assert(r.error_code == NULL && !r.icmp.seen);
    ck_assert(dial_local_address(fd, &own) && address_equal(&own, &here));
    /* It stays connected however often it is looked at. */
    ck_assert_int_eq(dial_look(fd, &here, &r), DIAL_CONNECTED);
    close(fd);
    close(listener);
}
END_TEST

START_TEST(a_port_where_nobody_listens_refuses)
{
    struct address here = address_of("127.0.0.1");
    struct dial_result r;
    uint16_t port;
    int bound = loopback(false, &port); /* nobody else may take it meanwhile */
    int fd = -1;

    ck_assert_int_eq(dial_to_the_end(&fd, &here, port, &r), DIAL_FAILED);
    ck_assert_int_eq(r.fault, FAULT_REFUSED);
    ck_assert_str_eq(r.error_code, "ECONNREFUSED");
    ck_assert(r.error_text != NULL && fd >= 0);
    close(fd);
    close(bound);
}
END_TEST

START_TEST(a_dead_socket_does_not_wait_for_ever)
{
    struct address here = address_of("127.0.0.1");
    struct dial_result r;
    int error = 0;
    socklen_t len = sizeof error;
    uint16_t port;
    int bound = loopback(false, &port);
    int fd = -1;

    dial_start(&fd, &here, port, &r);
    /* Somebody else reads the error first: there is none left to tell. */
    ck_assert(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0);
    ck_assert_int_eq(dial_look(fd, &here, &r), DIAL_FAILED);
    ck_assert_int_eq(r.fault, FAULT_SYSTEM);
    close(fd);
    close(bound);
}
END_TEST

START_TEST(where_no_descriptor_is_left_it_is_our_own_trouble)
{
    struct address here = address_of("127.0.0.1");
    struct rlimit before, none;
    struct dial_result r;
    bool has_route;
    enum dial_state state;
    int fd = 0;

    ck_assert(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
    ck_assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
    has_route = dial_has_route(&here);
    state = dial_start(&fd, &here, 25, &r);
    ck_assert(setrlimit(RLIMIT_NOFILE, &before) == 0);
    ck_assert(has_route); /* not 'no route': the attempt shall tell what it is */
    ck_assert_int_eq(state, DIAL_FAILED);
    ck_assert_int_eq(fd, -1);
    ck_assert_int_eq(r.fault, FAULT_SYSTEM);
    ck_assert_str_eq(r.error_code, "EMFILE");
}
END_TEST

START_TEST(a_route_is_known_without_a_packet)
{
    struct address here = address_of("127.0.0.1");
    struct address nowhere = address_of("fe80::1"); /* on which link? */

    ck_assert(dial_has_route(&here));
    ck_assert(!dial_has_route(&nowhere));
}
END_TEST

static const struct errno_case {
    const char *code;
    int number;
    enum fault fault;
} errno_cases[] = {
    { "ECONNREFUSED", 111, FAULT_REFUSED }, { "ECONNRESET", 104, FAULT_RESET },   { "EPIPE", 32, FAULT_RESET },
    { "ETIMEDOUT", 110, FAULT_SILENT },     { "EPERM", 1, FAULT_LOCAL },          { "EACCES", 13, FAULT_LOCAL },
    { "ENETUNREACH", 101, FAULT_NO_ROUTE }, { "EHOSTUNREACH", 113, FAULT_UNREACHABLE }, { "EIO", 5, FAULT_SYSTEM },
    { "EMFILE", 24, FAULT_SYSTEM }, { "EADDRNOTAVAIL", 99, FAULT_SYSTEM }, { "ENOBUFS", 105, FAULT_SYSTEM },
};

START_TEST(an_errno_means_what_it_means)
{
    const struct errno_case *c = &errno_cases[_i];

    ck_assert_str_eq(dial_errno_name(c->number), c->code);
    ck_assert_int_eq(dial_fault_of_errno(c->number), c->fault);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("dial");

    tcase_add_test(t, a_listening_port_connects);
    tcase_add_test(t, a_port_where_nobody_listens_refuses);
    tcase_add_test(t, a_dead_socket_does_not_wait_for_ever);
    tcase_add_test(t, where_no_descriptor_is_left_it_is_our_own_trouble);
    tcase_add_test(t, a_route_is_known_without_a_packet);
    tcase_add_loop_test(t, an_errno_means_what_it_means, 0, sizeof errno_cases / sizeof errno_cases[0]);
    return unit_run("dial", &t, 1);
}
