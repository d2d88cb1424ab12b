/*
 * Explaining when memory runs short, and the ports and servers that a text speaks of. What texts mean is shown
 * by check_explain.py.
 */
#include "diagnose/explain.h"

#include <string.h>
#include <time.h>

#include "diagnose/pasted.h"
#include "fail_alloc.h"
#include "knowledge/finding.h"
#include "report/explanation.h"
#include "unit.h"

enum { REPORT_MAX = 1 << 20, LONG_LINE = 1 << 20 };

static const char LOG[] = "C: AUTH PLAIN AGEAYg==\n"
                          "S: 535-5.7.8 Username and Password not accepted. For more information, go to\n"
                          "S: 535 5.7.8  https://support.google.com/mail/?p=BadCredentials x - gsmtp\n";

/* True where both reports were made. */
static bool explain_all(void)
{
    struct explanation *x = explain(peer_text_of(LOG), NULL, NULL);
    bool ok = x != NULL;

    for (enum report_format format = REPORT_TEXT; ok && format <= REPORT_JSON; format++) {
        const struct report_spec spec = { .language = LANGUAGE_EN };
        struct buf out;

        buf_init(&out, REPORT_MAX);
        ok = explanation_put(&out, format, &spec, x);
        buf_done(&out);
    }
    explanation_free(x);
    return ok;
}

START_TEST(memory_that_runs_short_is_told_and_does_no_harm)
{
    bool hit = true;
    long after;

    for (after = 0; hit; after++) {
        bool ok;

        fail_alloc_start(after);
        ok = explain_all();
        hit = fail_alloc_stop();
        ck_assert_msg(ok == !hit, "after %ld allocations", after);
    }
    ck_assert_int_gt(after, 20);
}
END_TEST

START_TEST(the_server_of_the_text_is_in_the_plan)
{
    struct explanation *x = explain(peer_text_of(LOG), NULL, NULL);

    ck_assert_ptr_nonnull(x);
    ck_assert_uint_eq(x->line, 2);
    ck_assert_uint_eq(x->diagnosis->findings[0].finding, FINDING_AUTH_BAD_CREDENTIALS);
    ck_assert_str_eq(x->evidence->plan->provider, "gmail");
    ck_assert_str_eq(x->evidence->plan->host, "smtp.gmail.com");
    explanation_free(x);
}
END_TEST

static const struct server_case {
    const char *says, *text, *host, *provider;
} server_cases[] = {
    { "a known one", "connect to smtp.gmail.com[192.0.2.1]:587", "smtp.gmail.com", "gmail" },
    { "one that is pointed at", "host Mail.Example.NET said", "mail.example.net", NULL },
    { "the log's own host", "Nov 24 10:15:02 mail.example.jp postfix/smtp", "", NULL },
    { "a known one goes before another", "server mail.example.net and smtp.gmail.com, to mail.example.org",
      "smtp.gmail.com", "gmail" },
    { "an address is no server's name", "connect to 192.0.2.1", "", NULL },
    { "nor is a mail address", "to joe@smtp.gmail.com.example", "", NULL },
    { "two dots", "server smtp..example.net", "", NULL },
};

START_TEST(a_server_is_told_from_other_names)
{
    const struct server_case *c = &server_cases[_i];
    struct pasted_server s;

    pasted_server(&s, peer_text_of(c->text));
    ck_assert_msg(strcmp(s.host, c->host) == 0, "%s: %s", c->says, s.host);
    ck_assert_msg((s.provider == NULL) == (c->provider == NULL), "%s", c->says);
}
END_TEST

static const struct port_case {
    const char *text;
    uint16_t port;
} port_cases[] = {
    { "smtp.example.net:25: timed out", 25 }, { "smtp.example.net[192.0.2.1]:587", 587 }, { "on port 465", 465 },
    { "ポート : 25, SSL", 25 },               { "10:15:25 timed out", 0 },              { "smtp.example.net:999999", 0 },
    { "port", 0 },
    { "smtp.example.net[2001:db8:a:25::1]:587", 587 }, { "[2001:db8:a:25::1]", 0 }, { "[host:25]", 25 },
};

START_TEST(a_port_is_read_where_it_stands)
{
    const struct port_case *c = &port_cases[_i];

    ck_assert_msg(pasted_port(peer_text_of(c->text)) == c->port, "%s", c->text);
}
END_TEST

/* Time that grows with the square of the length would be minutes. */
START_TEST(a_long_line_takes_no_long_time)
{
    static const char *const parts[] = { "-", "10060 ", "b'", "1.", "a@", "[a", ":2", "server ", "550 b'", "at eof " };
    size_t len = strlen(parts[_i]);
    clock_t start = clock();
    struct explanation *x;
    struct buf text;

    buf_init(&text, LONG_LINE + len);
    while (text.len < LONG_LINE)
        ck_assert(buf_put(&text, parts[_i], len));
    x = explain((struct peer_text){ buf_borrow(&text), text.len }, NULL, NULL);
    ck_assert_msg(clock() - start < 4 * CLOCKS_PER_SEC, "%s", parts[_i]);
    ck_assert_ptr_nonnull(x);
    explanation_free(x);
    buf_done(&text);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("explain");

    tcase_add_test(t, memory_that_runs_short_is_told_and_does_no_harm);
    tcase_add_test(t, the_server_of_the_text_is_in_the_plan);
    tcase_add_loop_test(t, a_server_is_told_from_other_names, 0, sizeof server_cases / sizeof server_cases[0]);
    tcase_add_loop_test(t, a_port_is_read_where_it_stands, 0, sizeof port_cases / sizeof port_cases[0]);
    tcase_add_loop_test(t, a_long_line_takes_no_long_time, 0, 10);
    tcase_set_timeout(t, 60); /* of a busy machine */
    return unit_run("explain", &t, 1);
}
