#include "simulate/player.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fail_alloc.h"
#include "unit.h"

enum { PATIENCE_MS = 3000, DROP_MS = 1300 /* one SYN is sent again within it */ };

static struct scenario *scenario;
static struct simulate *simulate;

static void play(const char *text)
{
    char complaint[SCENARIO_COMPLAINT_SIZE];
    struct err err = { .kind = ERR_NONE };

    ck_assert_msg(scenario_parse(&scenario, "player", peer_text_of(text), complaint, &err), "%s", complaint);
    ck_assert_msg(simulate_start(&simulate, scenario, &err), "%s: %d", err.doing, err.code);
}

static void tear_down(void)
{
    simulate = simulate_free(simulate);
    scenario = scenario_free(scenario);
}

static size_t count_entries(const char *folder)
{
    DIR *d = opendir(folder);
    size_t n = 0;

    ck_assert_ptr_nonnull(d);
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

/* ---- a client ---- */

static int start_connect(int family, unsigned number)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

    ck_assert_int_ge(fd, 0);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v4.sin_port = v6.sin6_port = htons(simulate_port(simulate, (uint16_t)number));
    if (family == AF_INET)
        connect(fd, (struct sockaddr *)&v4, sizeof v4);
    else
        connect(fd, (struct sockaddr *)&v6, sizeof v6);
    return fd;
}

/* errno of the connection, 0 when it stands, ETIMEDOUT when nothing came. */
static int wait_connect(int fd, int ms)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    int code = 0;
    socklen_t size = sizeof code;

    if (poll(&p, 1, ms) == 0)
        return ETIMEDOUT;
    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size), 0);
    return code;
}

static int connect_to(unsigned number)
{
    int fd = start_connect(AF_INET, number);
    struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };

    ck_assert_int_eq(wait_connect(fd, PATIENCE_MS), 0);
    fcntl(fd, F_SETFL, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Reads up to and with the text that ends it. */
static void hear(int fd, const char *want)
{
    char text[512];
    size_t len = 0, want_len = strlen(want);

    while (len < want_len) {
        ssize_t n = recv(fd, text + len, want_len - len, 0);

        ck_assert_msg(n > 0, "wanted '%s', heard '%.*s' and then %zd, %s", want, (int)len, text, n, strerror(errno));
        len += (size_t)n;
    }
    ck_assert_msg(memcmp(text, want, want_len) == 0, "wanted '%s', heard '%.*s'", want, (int)len, text);
}

static void hear_end(int fd)
{
    char c;

    ck_assert_int_eq(recv(fd, &c, 1, 0), 0);
}

/* ---- ports ---- */

START_TEST(a_refused_port_refuses_and_a_dropped_one_stays_silent_on_both_families)
{
    int dropped[2], families[] = { AF_INET, AF_INET6 };
    bool ipv6;

    play("target a.test\nport 25 refused\nport 587 dropped\n");
    ipv6 = wait_connect(start_connect(AF_INET6, 465), PATIENCE_MS) == 0;
    for (int i = 0; i < (ipv6 ? 2 : 1); i++) {
        int fd = start_connect(families[i], 25);

        ck_assert_int_eq(wait_connect(fd, PATIENCE_MS), ECONNREFUSED);
        close(fd);
        dropped[i] = start_connect(families[i], 587);
    }
    for (int i = 0; i < (ipv6 ? 2 : 1); i++) {
        ck_assert_int_eq(wait_connect(dropped[i], DROP_MS), ETIMEDOUT);
        close(dropped[i]);
    }
}
END_TEST

START_TEST(a_port_may_serve_one_family_and_refuse_the_other)
{
    int fd;

    play("target a.test\nport 25 relay only=ipv6\nport 587 submission only=ipv4\n");
    fd = start_connect(AF_INET, 25);
    ck_assert_int_eq(wait_connect(fd, PATIENCE_MS), ECONNREFUSED);
    close(fd);
    close(connect_to(587));
    fd = start_connect(AF_INET6, 587);
    ck_assert_int_ne(wait_connect(fd, PATIENCE_MS), 0);
    close(fd);
}
END_TEST

START_TEST(a_script_is_played_and_what_was_said_is_kept)
{
    int fd;

    play("target a.test\nport 25 script\nserver 220-{host} / 220 x\nexpect EHLO\nat 30 drip 250 ok\n"
         "expect *\nmessage\nserver 250 taken\nexpect QUIT\nclose\n");
    fd = connect_to(25);
    hear(fd, "220-a.test\r\n220 x\r\n");
    say(fd, "ehlo me\r\n");
    hear(fd, "250 ok\r\n");
    say(fd, "ANYTHING\r\nline\r\n..\r\n.\r\n");
    hear(fd, "250 taken\r\n");
    say(fd, "QUIT\r\n");
    hear_end(fd);
    close(fd);
    simulate_stop(simulate);
    ck_assert_str_eq(simulate_complaints(simulate), "");
    ck_assert_ptr_nonnull(strstr(simulate_transcript(simulate), "1 25 C ehlo me\n1 25 S 250 ok"));
}
END_TEST

static const struct mistake_case {
    const char *says, *sent, *complaint;
} mistake_cases[] = {
    { "another command", "HELO me\r\n", "port 25: expected EHLO, not 'HELO me'\n" },
    { "a bare line feed", "EHLO me\nQUIT\r\n", "port 25: a line that does not end in CRLF: 'EHLO me'\n" },
    { "one command too many", "EHLO me\r\nQUIT\r\nHELP\r\n", "port 25: no answer is known to 'HELP'\n" },
    { "a command too few", "EHLO me\r\n", "port 25: no client went through the whole script\n" },
};

START_TEST(a_client_that_strays_from_the_script_is_complained_of)
{
    const struct mistake_case *c = &mistake_cases[_i];
    char byte;
    int fd;

    play("target a.test\nport 25 script\nserver 220 x\nexpect EHLO\nserver 250 x\nexpect QUIT\nserver 221 x\n");
    fd = connect_to(25);
    hear(fd, "220 x\r\n");
    say(fd, c->sent);
    shutdown(fd, SHUT_WR);
    while (recv(fd, &byte, 1, 0) > 0)
        ;
    close(fd);
    simulate_stop(simulate);
    ck_assert_msg(strstr(simulate_complaints(simulate), c->complaint) != NULL, "%s: %s", c->says,
                  simulate_complaints(simulate));
}
END_TEST

START_TEST(a_reset_and_a_close_are_seen_as_such)
{
    char c;
    int fd;

    play("target a.test\nport 25 script\nreset\nport 587 script\nserver 421 bye\nclose\n");
    fd = start_connect(AF_INET, 25);
    usleep(100 * 1000);
    fcntl(fd, F_SETFL, 0);
    ck_assert_int_eq(recv(fd, &c, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    close(fd);
    fd = connect_to(587);
    say(fd, "unread\r\n"); /* and still no reset */
    hear(fd, "421 bye\r\n");
    hear_end(fd);
    close(fd);
}
END_TEST

START_TEST(a_flood_arrives_whole)
{
    static char bytes[65536];
    size_t total = 0;
    ssize_t n;
    int fd;

    play("target a.test\nport 25 script\nflood 100000 \"0123456789\"\nclose\n");
    fd = connect_to(25);
    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
        total += (size_t)n;
    ck_assert_int_eq(n, 0);
    ck_assert_uint_eq(total, 1000000);
    close(fd);
}
END_TEST

/* ---- TLS ---- */

static gnutls_certificate_credentials_t trust(void)
{
    gnutls_certificate_credentials_t c;
    const char *root = simulate_root(simulate);
    gnutls_datum_t pem = { (unsigned char *)(uintptr_t)root, (unsigned)strlen(root) };

    ck_assert_int_eq(gnutls_certificate_allocate_credentials(&c), 0);
    ck_assert_int_eq(gnutls_certificate_set_x509_trust_mem(c, &pem, GNUTLS_X509_FMT_PEM), 1);
    return c;
}

static gnutls_session_t shake_hands(int fd, gnutls_certificate_credentials_t c)
{
    gnutls_session_t s;
    int code;

    ck_assert_int_eq(gnutls_init(&s, GNUTLS_CLIENT), 0);
    gnutls_set_default_priority(s);
    gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, c);
    gnutls_server_name_set(s, GNUTLS_NAME_DNS, "a.test", 6);
    gnutls_session_set_verify_cert(s, "a.test", 0);
    gnutls_transport_set_int(s, fd);
    gnutls_handshake_set_timeout(s, PATIENCE_MS);
    while ((code = gnutls_handshake(s)) < 0 && gnutls_error_is_fatal(code) == 0)
        ;
    ck_assert_msg(code == 0, "%s", gnutls_strerror(code));
    return s;
}

static void hear_tls(gnutls_session_t s, const char *want)
{
    char text[512] = "";
    ssize_t n = gnutls_record_recv(s, text, sizeof text - 1);

    ck_assert_int_gt(n, 0);
    ck_assert_msg(strstr(text, want) != NULL, "wanted '%s', heard '%s'", want, text);
}

START_TEST(a_healthy_port_offers_auth_inside_tls_alone)
{
    gnutls_certificate_credentials_t c;
    gnutls_session_t s;
    int fd;

    play("target a.test\nport 587 submission tls=1.2\n");
    c = trust();
    fd = connect_to(587);
    hear(fd, "220 a.test ESMTP\r\n");
    say(fd, "EHLO me\r\n");
    hear(fd, "250-a.test\r\n250-SIZE 36700160\r\n250-8BITMIME\r\n250-STARTTLS\r\n250 ENHANCEDSTATUSCODES\r\n");
    say(fd, "STARTTLS\r\n");
    hear(fd, "220 2.0.0 Ready to start TLS\r\n");
    s = shake_hands(fd, c);
    ck_assert_int_eq(gnutls_protocol_get_version(s), GNUTLS_TLS1_2);
    gnutls_record_send(s, "EHLO me\r\n", 9);
    hear_tls(s, "250-AUTH PLAIN LOGIN\r\n");
    gnutls_record_send(s, "QUIT\r\n", 6);
    hear_tls(s, "221 ");
    gnutls_deinit(s);
    close(fd);
    gnutls_certificate_free_credentials(c);
    simulate_stop(simulate);
    ck_assert_str_eq(simulate_complaints(simulate), "");
    ck_assert_ptr_nonnull(strstr(simulate_transcript(simulate), "T TLS1.2 for a.test"));
}
END_TEST

START_TEST(an_implicit_port_greets_inside_tls)
{
    gnutls_certificate_credentials_t c;
    gnutls_session_t s;
    int fd;

    play("target a.test\n");
    c = trust();
    fd = connect_to(465);
    s = shake_hands(fd, c);
    ck_assert_int_eq(gnutls_protocol_get_version(s), GNUTLS_TLS1_3);
    hear_tls(s, "220 a.test ESMTP\r\n");
    gnutls_deinit(s);
    close(fd);
    gnutls_certificate_free_credentials(c);
}
END_TEST

START_TEST(text_behind_starttls_is_complained_of)
{
    int fd;

    play("target a.test\nport 587 submission\non STARTTLS at 100 server 220 go\ntls\n");
    fd = connect_to(587);
    hear(fd, "220 a.test ESMTP\r\n");
    say(fd, "STARTTLS\r\nEHLO early\r\n");
    hear(fd, "220 go\r\n");
    close(fd);
    simulate_stop(simulate);
    ck_assert_str_eq(simulate_complaints(simulate),
                     "port 587: sent before the handshake, in the clear: 'EHLO early\\x0d\\x0a'\n");
}
END_TEST

/* ---- the resolver ---- */

static uint16_t resolver_port(void)
{
    struct simulate_option options[SIMULATE_OPTIONS_MAX];
    size_t n = simulate_options(simulate, options, SIMULATE_OPTIONS_MAX);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(options[i].name, "resolver") == 0)
            return (uint16_t)atoi(options[i].value + strlen("127.0.0.1:"));
    }
    ck_abort_msg("no resolver");
}

START_TEST(the_resolver_answers_over_udp_and_tcp)
{
    static const unsigned char query[] = "\x00\x18\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                                         "\x01"
                                         "a\x04test\x00\x00\x01\x00\x01";
    struct sockaddr_in at = { .sin_family = AF_INET };
    struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
    unsigned char answer[512];

    play("target a.test\ndns a.test A 127.0.0.7 after=50\n");
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(resolver_port());
    for (int tcp = 0; tcp < 2; tcp++) {
        int fd = socket(AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
        size_t skip = tcp ? 0 : 2, want = sizeof query - 1 + 16;

        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
        send(fd, query + skip, sizeof query - 1 - skip, 0);
        ck_assert_int_eq(recv(fd, answer + skip, want - skip, MSG_WAITALL), (ssize_t)(want - skip));
        ck_assert_mem_eq(answer + want - 4, "\x7f\0\0\x07", 4);
        close(fd);
    }
}
END_TEST

/* ---- the whole ---- */

static const struct simulate_option *find_option(const struct simulate_option *o, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(o[i].name, name) == 0)
            return &o[i];
    }
    ck_abort_msg("no option %s", name);
}

START_TEST(the_check_is_told_all_it_needs)
{
    struct simulate_option o[SIMULATE_OPTIONS_MAX];
    char map[32];
    size_t n;

    play("target a.test\\xC2\\xA0\nhost a.test\noptions --port 587 -4\nport 993 refused\n");
    n = simulate_options(simulate, o, SIMULATE_OPTIONS_MAX);
    ck_assert_str_eq(find_option(o, n, "target")->value, "a.test\xC2\xA0");
    ck_assert_int_eq(strncmp(find_option(o, n, "resolver")->value, "127.0.0.1:", 10), 0);
    snprintf(map, sizeof map, "993=%u", simulate_port(simulate, 993));
    ck_assert_str_eq(find_option(o, n, "map-port")->value, map);
    ck_assert_int_eq(access(find_option(o, n, "ca-file")->value, R_OK), 0);
    find_option(o, n, "no-system-ca");
    ck_assert_int_eq(strncmp(find_option(o, n, "time-server")->value, "127.0.0.1:", 10), 0);
    ck_assert_str_eq(o[n - 2].name, "port"); /* what the file says counts: it comes last */
    ck_assert_str_eq(o[n - 1].name, "ipv4");
    ck_assert_uint_eq(simulate_options(simulate, o, 3), 3);
    ck_assert_uint_eq(simulate_port(simulate, 110), 0);
}
END_TEST

/* The port that stands for number wherever it is meant. */
static uint16_t mapped_port(unsigned number)
{
    struct simulate_option o[SIMULATE_OPTIONS_MAX];
    size_t n = simulate_options(simulate, o, SIMULATE_OPTIONS_MAX);

    for (size_t i = 0; i < n; i++) {
        unsigned meant, port;

        if (strcmp(o[i].name, "map-port") == 0 && sscanf(o[i].value, "%u=%u", &meant, &port) == 2 &&
            meant == number)
            return (uint16_t)port;
    }
    ck_abort_msg("port %u is not mapped", number);
}

static int connect_to_place(enum scenario_place place, unsigned number)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(mapped_port(number)) };
    struct address a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert(scenario_place_address(&a, scenario, place, FAMILY_IPV4));
    memcpy(&at.sin_addr, a.bytes, sizeof at.sin_addr);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

START_TEST(a_portal_answers_a_request_and_hangs_up)
{
    int fd;

    play("target a.test\ncontrol portal 511\nport 80 http-page\n");
    fd = connect_to_place(SCENARIO_PLACE_PORTAL, 80);
    say(fd, "GET /generate_204 HTTP/1.1\r\nHost: portal.control.test\r\n\r\n");
    hear(fd, "HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    hear_end(fd);
    close(fd);
    fd = connect_to_place(SCENARIO_PLACE_MAIL, 587); /* beside the port of the host, at its own address */
    hear(fd, "220 a.test ESMTP\r\n");
    close(fd);
    simulate_stop(simulate);
    ck_assert_str_eq(simulate_complaints(simulate), "");
}
END_TEST

START_TEST(the_end_hangs_up_and_leaves_no_thread_and_no_file)
{
    size_t threads, files;
    int idle, hello;

    play("target a.test\n"); /* GnuTLS and libuv keep what they open first */
    tear_down();
    threads = count_entries("/proc/self/task");
    files = count_entries("/proc/self/fd");
    play("target a.test\nport 587 dropped\ndns a.test A 127.0.0.1 after=9000\n");
    idle = connect_to(25);
    hello = connect_to(465);
    hear(idle, "220 a.test ESMTP\r\n");
    ck_assert_uint_eq(count_entries("/proc/self/task"), threads + 1);
    tear_down();
    hear_end(idle);
    close(idle);
    close(hello);
    ck_assert_uint_eq(count_entries("/proc/self/task"), threads);
    ck_assert_uint_eq(count_entries("/proc/self/fd"), files);
}
END_TEST

START_TEST(every_allocation_of_the_start_may_fail_once)
{
    char complaint[SCENARIO_COMPLAINT_SIZE];
    struct err err = { .kind = ERR_NONE };
    bool hit = true;

    ck_assert(scenario_parse(&scenario, "player", peer_text_of("target a.test\n"), complaint, &err));
    for (long after = 0; hit; after++) {
        bool ok;

        err.kind = ERR_NONE;
        fail_alloc_start(after);
        ok = simulate_start(&simulate, scenario, &err);
        hit = fail_alloc_stop();
        ck_assert_msg(ok != hit, "allocation %ld", after);
        ck_assert(ok || err.kind == ERR_NOMEM);
        simulate = simulate_free(simulate);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("player");

    tcase_add_checked_fixture(t, NULL, tear_down);
    tcase_add_test(t, a_refused_port_refuses_and_a_dropped_one_stays_silent_on_both_families);
    tcase_add_test(t, a_port_may_serve_one_family_and_refuse_the_other);
    tcase_add_test(t, a_script_is_played_and_what_was_said_is_kept);
    tcase_add_loop_test(t, a_client_that_strays_from_the_script_is_complained_of, 0,
                        sizeof mistake_cases / sizeof mistake_cases[0]);
    tcase_add_test(t, a_reset_and_a_close_are_seen_as_such);
    tcase_add_test(t, a_flood_arrives_whole);
    tcase_add_test(t, a_healthy_port_offers_auth_inside_tls_alone);
    tcase_add_test(t, an_implicit_port_greets_inside_tls);
    tcase_add_test(t, text_behind_starttls_is_complained_of);
    tcase_add_test(t, the_resolver_answers_over_udp_and_tcp);
    tcase_add_test(t, the_check_is_told_all_it_needs);
    tcase_add_test(t, a_portal_answers_a_request_and_hangs_up);
    tcase_add_test(t, the_end_hangs_up_and_leaves_no_thread_and_no_file);
    tcase_add_test(t, every_allocation_of_the_start_may_fail_once);
    return unit_run("player", &t, 1);
}
