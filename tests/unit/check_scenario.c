#include "simulate/scenario.h"

#include <stdio.h>
#include <string.h>

#include "fail_alloc.h"
#include "knowledge/finding.h"
#include "unit.h"

static char complaint[SCENARIO_COMPLAINT_SIZE];

static struct scenario *parse(const char *text)
{
    struct scenario *s = NULL;
    struct err err = { .kind = ERR_NONE };

    if (!scenario_parse(&s, "test", peer_text_of(text), complaint, &err)) {
        ck_assert_int_eq(err.kind, ERR_INPUT);
        ck_assert_ptr_null(s);
    }
    return s;
}

static const struct scenario_port *port_of(const struct scenario *s, unsigned number)
{
    for (size_t i = 0; i < s->n_ports; i++) {
        if (s->ports[i].number == number)
            return &s->ports[i];
    }
    ck_abort_msg("no port %u", number);
}

/* The steps of the first handler that fits. */
static const struct scenario_step *steps_of(const struct scenario *s, unsigned number, const char *verb, size_t *n)
{
    const struct scenario_port *port = port_of(s, number);

    for (size_t i = 0; i < port->n_handlers; i++) {
        const struct scenario_handler *h = &s->handlers[port->first_handler + i];

        if (strcmp(h->verb, verb) != 0)
            continue;
        *n = h->n_steps;
        return s->steps + h->first_step;
    }
    ck_abort_msg("port %u has no %s", number, verb);
}

START_TEST(a_target_alone_is_a_healthy_host)
{
    struct scenario *s = parse("target mail.example.test\n");

    ck_assert_msg(s != NULL, "%s", complaint);
    ck_assert_str_eq(s->host, "mail.example.test");
    ck_assert_uint_eq(s->n_answers, 6); /* its own and those of two controls */
    ck_assert_int_eq(s->answers[0].type, SCENARIO_TYPE_A);
    ck_assert_int_eq(s->answers[1].type, SCENARIO_TYPE_AAAA);
    ck_assert_int_eq(port_of(s, 25)->face, SCENARIO_FACE_RELAY);
    ck_assert_int_eq(port_of(s, 465)->face, SCENARIO_FACE_SUBMISSIONS);
    ck_assert_int_eq(port_of(s, 587)->face, SCENARIO_FACE_SUBMISSION);
    ck_assert_int_eq(port_of(s, 2525)->face, SCENARIO_FACE_REFUSED);
    ck_assert_uint_eq(s->n_certs, 1);
    ck_assert_str_eq(s->certs[0].names[0], "mail.example.test");
    scenario_free(s);
}
END_TEST

START_TEST(bytes_that_one_cannot_see_are_written_as_escapes)
{
    struct scenario *s = parse("target mail.example.test\\xC2\\xA0\nhost mail.example.test\n"
                               "port 587 script\nraw \"\\x15\\x00\\\"\\\\\\r\\n\"\n");
    const struct scenario_step *step;
    size_t n;

    ck_assert_msg(s != NULL, "%s", complaint);
    ck_assert_str_eq(s->target, "mail.example.test\xC2\xA0");
    step = steps_of(s, 587, "connect", &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(step->bytes.len, 6);
    ck_assert_mem_eq(step->bytes.bytes, "\x15\0\"\\\r\n", 6);
    scenario_free(s);
}
END_TEST

START_TEST(what_a_file_says_comes_before_what_a_healthy_server_does)
{
    struct scenario *s = parse("target a.test\nport 587 submission tls=1.2\n  on EHLO at 30 server 250-{host} / 250 X\n"
                               "  at 5 close\nport 465 script\nexpect EHLO\nflood 3 \"ab\"\nhang\nverdict ok\n");
    const struct scenario_step *step;
    size_t n;

    ck_assert_msg(s != NULL, "%s", complaint);
    ck_assert_str_eq(port_of(s, 587)->tls, "1.2");
    step = steps_of(s, 587, "EHLO", &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(step[0].delay_ms, 30);
    ck_assert_str_eq(step[0].bytes.bytes, "250-a.test\r\n250 X\r\n");
    ck_assert_int_eq(step[1].act, SCENARIO_ACT_CLOSE);
    ck_assert_uint_eq(step[1].delay_ms, 5);
    steps_of(s, 587, "QUIT", &n);
    step = steps_of(s, 465, "connect", &n);
    ck_assert_uint_eq(n, 3);
    ck_assert_int_eq(step[0].act, SCENARIO_ACT_EXPECT);
    ck_assert_uint_eq(step[1].times, 3);
    ck_assert_uint_eq(port_of(s, 465)->n_handlers, 1);
    scenario_free(s);
}
END_TEST

START_TEST(controls_work_unless_the_file_says_otherwise)
{
    struct scenario *s = parse("target a.test\ncontrol portal redirect\ncontrol mail mute\n");
    const enum scenario_face want[SCENARIO_PLACE_COUNT] = {
        [SCENARIO_PLACE_MAIL] = SCENARIO_FACE_MUTE,
        [SCENARIO_PLACE_WEB] = SCENARIO_FACE_WEB,
        [SCENARIO_PLACE_PORTAL] = SCENARIO_FACE_HTTP_REDIRECT,
    };
    unsigned n = 0;

    ck_assert_msg(s != NULL, "%s", complaint);
    for (size_t i = 0; i < s->n_ports; i++) {
        if (s->ports[i].place == SCENARIO_PLACE_HOST)
            continue;
        ck_assert_int_eq(s->ports[i].face, want[s->ports[i].place]);
        n++;
    }
    ck_assert_uint_eq(n, 3);
    scenario_free(s);
    s = parse("target a.test\ncontrol none\n");
    ck_assert_msg(s != NULL, "%s", complaint);
    ck_assert_uint_eq(s->n_ports, 4);
    scenario_free(s);
}
END_TEST

START_TEST(options_have_long_names_and_values)
{
    static const struct scenario_option want[] = {
        { "port", "587" }, { "tls", "implicit" }, { "ipv4", NULL }, { "timeout", "3" },
    };
    struct scenario *s = parse("target a.test\noptions -p 587 --tls=implicit -4 --timeout 3\n");

    ck_assert_msg(s != NULL, "%s", complaint);
    ck_assert_uint_eq(s->n_options, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(s->options[i].name, want[i].name);
        ck_assert_pstr_eq(s->options[i].value, want[i].value);
    }
    scenario_free(s);
}
END_TEST

START_TEST(what_the_check_must_say_is_read)
{
    struct scenario *s = parse("target a.test\nverdict critical\nprimary port.blocked\n"
                               "finding port.blocked critical port=587\n"
                               "finding dns.slow warning caused_by=port.blocked\nrecommended 465 implicit\n");

    ck_assert_msg(s != NULL, "%s", complaint);
    ck_assert_str_eq(s->verdict, "critical");
    ck_assert_str_eq(s->primary, "port.blocked");
    ck_assert_uint_eq(s->n_findings, 2);
    ck_assert_uint_eq(s->findings[0].port, 587);
    ck_assert_str_eq(s->findings[1].caused_by, "port.blocked");
    ck_assert_str_eq(s->recommended[0].mode, "implicit");
    scenario_free(s);
}
END_TEST

START_TEST(who_may_sign_in_is_told_to_the_byte)
{
    struct scenario *s = parse("target a.test\naccount a\\x20b two words\\x20\ntoken c t\nsecret token t\\x00\n"
                               "oauth-error none\ntaken 2 from=me@a.test\n");

    ck_assert_msg(s != NULL, "%s", complaint);
    ck_assert_uint_eq(s->n_accounts, 2);
    ck_assert(peer_text_equal(s->accounts[0].user, PEER_TEXT_LITERAL("a b")));
    ck_assert(peer_text_equal(s->accounts[0].secret, PEER_TEXT_LITERAL("two words ")));
    ck_assert(!s->accounts[0].token && s->accounts[1].token);
    ck_assert(s->secret.given && s->secret.token);
    ck_assert(peer_text_equal(s->secret.bytes, PEER_TEXT_LITERAL("t\0")));
    ck_assert_uint_eq(s->oauth_error.len, 0);
    ck_assert_uint_eq(s->taken.count, 2);
    ck_assert_str_eq(s->taken.from, "me@a.test");
    ck_assert_ptr_null(s->taken.to);
    scenario_free(s);
}
END_TEST

START_TEST(incoming_servers_are_there_when_the_check_asks_for_them)
{
    struct scenario *s = parse("target a.test\noptions --incoming\nport 143 refused\n");

    ck_assert_msg(s != NULL, "%s", complaint);
    ck_assert_int_eq(port_of(s, 993)->face, SCENARIO_FACE_IMAPS);
    ck_assert_int_eq(port_of(s, 143)->face, SCENARIO_FACE_REFUSED);
    ck_assert_int_eq(port_of(s, 995)->face, SCENARIO_FACE_POPS);
    ck_assert_int_eq(port_of(s, 110)->face, SCENARIO_FACE_POP);
    scenario_free(s);
}
END_TEST

static const struct complaint_case {
    const char *text, *says;
} complaint_cases[] = {
    { "", "test:0: no target: target NAME, box TEXT" },
    { "target a.test\nprot 25 relay\n", "test:2: word 'prot': about, target, box, host, options, dns, dns2, dns-elsewhere, issuer, cert, web, clock, control, net, account, token, "
                                        "oauth-error, secret, port, on, at, a step, verdict, primary, finding, recommended, taken" },
    { "target a.test\nport 99999 relay\n", "test:2: port '99999': a number from 1 to 65535" },
    { "target a.test\nport 25 open\n", "test:2: port 'open': refused, dropped, mute, script, submission, submissions, "
      "relay, imap, imaps, pop, pops, web, http-204, http-redirect, http-page, http-511" },
    { "target a.test\nport 25 relay\nport 25 relay\n", "test:3: second port '25': each port once" },
    { "target a.test\nport 25 relay cert=b\n", "test:2: certificate 'b': one named above" },
    { "target a.test\nport 25 relay tls=2\n", "test:2: tls '2': 1.0, 1.1, 1.2, 1.3" },
    { "target a.test\nport 25 relay only=ipx\n", "test:2: only 'ipx': ipv4, ipv6" },
    { "target a.test\nport 25 relay speed=2\n", "test:2: setting 'speed': cert, tls, only, client, nosni" },
    { "target a.test\nserver 220\n", "test:2: step outside of a script 'server': port N script, or on EVENT, before it" },
    { "target a.test\nport 25 relay\nserver 220\n",
      "test:3: step outside of a script 'server': port N script, or on EVENT, before it" },
    { "target a.test\nport 25 script\nat soon close\n", "test:3: at 'soon': milliseconds, at most 60000" },
    { "target a.test\nport 25 script\nat 60001 close\n", "test:3: at '60001': milliseconds, at most 60000" },
    { "target a.test\nport 25 script\nclose now\n", "test:3: unexpected 'now': end of the line" },
    { "target a.test\nport 25 script\nraw abc\n", "test:3: bytes 'abc': \"BYTES\" with \\xNN for what cannot be typed" },
    { "target a.test\nport 25 script\nserver a\\xZZ\n", "test:3: escape '\\\\xZZ': \\\\ \\\" \\r \\n \\t \\xNN" },
    { "target a.test\nport 25 script\nraw \"ab\\\"\n", "test:3: escape '\\\\': \\\\ \\\" \\r \\n \\t \\xNN" },
    { "target a.test\nport 25 script\nflood 4000000 \"abcd\"\n", "test:3: flood '4000000': at most 4 MiB" },
    { "target a.test\non EHLO close\n", "test:2: on 'EHLO': port N submission, submissions, relay, imap or pop before it" },
    { "target a.test\ndns a.test A ::1\n", "test:2: address '::1': IPv4 for A, IPv6 for AAAA" },
    { "target a.test\ndns a.test 127.0.0.1\n",
      "test:2: answer '127.0.0.1': an address, nxdomain, empty, servfail, refused, silent, cname, many" },
    { "target a.test\ndns a.test silent after=x\n", "test:2: after 'x': milliseconds, at most 60000" },
    { "target a.test\ndns a.test silent \x1b=x\n", "test:2: setting '\\x1b': after=MS, stray=yes, lost=N" },
    { "target a.test\ndns a.test silent lost=0\n", "test:2: lost '0': 1 to 100" },
    { "target a.test\ncert default colour=red\n",
      "test:2: setting 'colour': names, since, days, key, issuer, chain, flaw, staple, ocsp, aia" },
    { "target a.test\nweb a issuer\n", "test:2: path 'a': a short one that begins with a slash" },
    { "target a.test\nweb /a sermon\n", "test:2: page 'sermon': issuer, issuers, good, revoked, unknown, forged, html, "
      "missing, redirect, long, silent, never" },
    { "target a.test\nweb /a good cert=b\n", "test:2: certificate 'b': one named above" },
    { "target a.test\nweb /a good port=80\n", "test:2: setting 'port': cert=NAME" },
    { "target a.test\ncert default issuer=self\nweb /a good\n",
      "test:3: page without an issuer: issuer= of the certificate, before it" },
    { "target a.test\nissuer own trusted CN=Own\ncert default issuer=own\nweb /a issuer\n",
      "test:4: page without an issuer: issuer= of the certificate, before it" },
    { "target a.test\ncert default days=-2\n", "test:2: certificate ends before it starts: days= after since=" },
    { "target a b\n", "test:1: the servers have no name: a target that is a host name, or host NAME" },
    { "target a.test\noptions 587\n", "test:2: option '587': --NAME VALUE, --NAME=VALUE, --NAME, -4, -6, -p PORT" },
    { "target a.test\nverdict fine\n", "test:2: verdict 'fine': ok, warning, critical, unknown" },
    { "target a.test\nfinding blocked critical\n", "test:2: finding 'blocked': an id such as port.blocked" },
    { "target a.test\naccount me\n", "test:2: account 'me': USER and a secret" },
    { "target a.test\nsecret words\n", "test:2: secret 'words': password, token" },
    { "target a.test\nsecret password a\nsecret token b\n", "test:3: second secret: one" },
    { "target a.test\noauth-error\n", "test:2: oauth-error '': JSON, none" },
    { "target a.test\ntaken 0\n", "test:2: taken '0': how many messages, once" },
    { "target a.test\ntaken 1 by=me\n", "test:2: setting 'by': from=ADDRESS, to=ADDRESS" },
    { "target a.test\nport 25 relay\non AUTH auth lie\n",
      "test:3: fault 'lie': wrong-signature, no-signature, wrong-nonce, many-rounds, garbage, endless" },
    { "target a.test\nrecommended 25 none\n", "test:2: mode 'none': starttls, implicit" },
    { "target a.test\n\x1b[2J\n", "test:2: word '\\x1b[2J': about, target, box, host, options, dns, dns2, dns-elsewhere, issuer, cert, web, clock, control, net, account, token, "
                                  "oauth-error, secret, port, on, at, a step, verdict, primary, finding, recommended, taken" },
};

START_TEST(a_mistake_is_one_line_that_says_where_and_what_is_accepted)
{
    const struct complaint_case *c = &complaint_cases[_i];
    struct scenario *s = parse(c->text);

    ck_assert_ptr_null(s);
    ck_assert_str_eq(complaint, c->says);
}
END_TEST

START_TEST(too_much_of_anything_is_refused)
{
    static const char *const lines[] = {
        "dns a.test A 127.0.0.1\n", "options --port 1\n", "finding a.b info\n", "recommended 1 implicit\n",
        "port %d refused\n",        "cert c%d days=1\n",  "expect EHLO\n",
    };
    static char text[SCENARIO_TEXT_MAX + 2];

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        size_t len = (size_t)snprintf(text, sizeof text, "target a.test\nport 4000 script\n");

        for (int n = 1; len + 64 < SCENARIO_TEXT_MAX; n++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            len += (size_t)snprintf(text + len, 64, lines[i], n);
#pragma GCC diagnostic pop
        }
        ck_assert_ptr_null(parse(text));
        ck_assert_msg(strstr(complaint, "too many ") != NULL, "%s: %s", lines[i], complaint);
    }
    memset(text, 'a', sizeof text - 1);
    ck_assert_ptr_null(parse(text));
    ck_assert_str_eq(complaint, "test:0: file too long: at most 256 KiB");
    text[SCENARIO_LINE_MAX] = '\0';
    ck_assert_ptr_null(parse(text));
    ck_assert_str_eq(complaint, "test:1: line too long: fewer than 4096 bytes");
}
END_TEST

START_TEST(every_scenario_that_is_compiled_in_reads_and_names_findings_of_this_version)
{
    ck_assert_uint_ge(scenario_sources_count, 24);
    for (size_t i = 0; i < scenario_sources_count; i++) {
        struct scenario *s = parse(scenario_sources[i].text);

        ck_assert_msg(s != NULL, "%s: %s", scenario_sources[i].name, complaint);
        ck_assert_ptr_eq(scenario_find(scenario_sources[i].name), &scenario_sources[i]);
        ck_assert_msg(i == 0 || strcmp(scenario_sources[i - 1].name, scenario_sources[i].name) < 0, "order");
        ck_assert_msg(s->verdict != NULL && *s->about != '\0', "%s: about, verdict", scenario_sources[i].name);
        for (size_t j = 0; j < s->n_findings; j++) {
            enum finding_id id = finding_lookup(s->findings[j].id);

            ck_assert_msg(id != FINDING_NONE && !finding_by_id(id)->planned, "%s: no rule raises %s",
                          scenario_sources[i].name, s->findings[j].id);
        }
        scenario_free(s);
    }
    ck_assert_ptr_null(scenario_find("no-such-scenario"));
}
END_TEST

/* Reads or complains, and never past the end: the copy has no terminator. */
START_TEST(a_file_that_is_cut_anywhere_is_read_or_refused)
{
    const char *text = scenario_find("healthy-odd")->text;
    size_t len = strlen(text);

    for (size_t cut = 0; cut <= len; cut++) {
        char *part = malloc(cut == 0 ? 1 : cut);
        struct scenario *s = NULL;
        struct err err = { .kind = ERR_NONE };

        memcpy(part, text, cut);
        if (!scenario_parse(&s, "cut", (struct peer_text){ part, cut }, complaint, &err))
            ck_assert_msg(err.kind == ERR_INPUT && *complaint != '\0', "cut at %zu", cut);
        scenario_free(s);
        free(part);
    }
}
END_TEST

START_TEST(every_allocation_may_fail_once)
{
    const char *text = scenario_find("cert-wrong-name")->text;
    bool hit = true;

    for (long after = 0; hit; after++) {
        struct scenario *s = NULL;
        struct err err = { .kind = ERR_NONE };
        bool ok;

        fail_alloc_start(after);
        ok = scenario_parse(&s, "test", peer_text_of(text), complaint, &err);
        hit = fail_alloc_stop();
        scenario_free(s);
        ck_assert_msg(ok || err.kind == ERR_NOMEM, "allocation %ld: %s", after, complaint);
        ck_assert(hit || ok);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("scenario");

    tcase_add_test(t, a_target_alone_is_a_healthy_host);
    tcase_add_test(t, who_may_sign_in_is_told_to_the_byte);
    tcase_add_test(t, incoming_servers_are_there_when_the_check_asks_for_them);
    tcase_add_test(t, bytes_that_one_cannot_see_are_written_as_escapes);
    tcase_add_test(t, what_a_file_says_comes_before_what_a_healthy_server_does);
    tcase_add_test(t, controls_work_unless_the_file_says_otherwise);
    tcase_add_test(t, options_have_long_names_and_values);
    tcase_add_test(t, what_the_check_must_say_is_read);
    tcase_add_loop_test(t, a_mistake_is_one_line_that_says_where_and_what_is_accepted, 0,
                        sizeof complaint_cases / sizeof complaint_cases[0]);
    tcase_add_test(t, too_much_of_anything_is_refused);
    tcase_add_test(t, every_scenario_that_is_compiled_in_reads_and_names_findings_of_this_version);
    tcase_add_test(t, a_file_that_is_cut_anywhere_is_read_or_refused);
    tcase_add_test(t, every_allocation_may_fail_once);
    return unit_run("scenario", &t, 1);
}
