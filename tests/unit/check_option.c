#include "input/plan_option.h"

#include <stdio.h>
#include <string.h>

#include "knowledge/provider.h"
#include "unit.h"

/* One option given to a fresh Plan. line NULL: it is accepted. */
static const struct value_case {
    const char *name, *value, *line;
} value_cases[] = {
    { "port", "1", NULL },
    { "port", "65535", NULL },
    { "port", "0587", NULL },
    { "port", "0", "--port: \"0\" is not a port; accepted: a number from 1 to 65535" },
    { "port", "70000", "--port: \"70000\" is not a port; accepted: a number from 1 to 65535" },
    { "port", "smtp", "--port: \"smtp\" is not a port; accepted: a number from 1 to 65535" },
    { "port", "", "--port: \"\" is not a port; accepted: a number from 1 to 65535" },
    { "port", "-25", "--port: \"-25\" is not a port; accepted: a number from 1 to 65535" },
    { "port", "5 87", "--port: \"5 87\" is not a port; accepted: a number from 1 to 65535" },
    { "port", "\x1b[2J\xff", "--port: \"\\x1b[2J\\xff\" is not a port; accepted: a number from 1 to 65535" },
    { "port", NULL, "--port: the value is missing; accepted: a number from 1 to 65535" },
    { "tls", "none", NULL },
    { "tls", "starttls", NULL },
    { "tls", "implicit", NULL },
    { "tls", "STARTTLS", "--tls: \"STARTTLS\" is not known; accepted: none|starttls|implicit" },
    { "tls", "ssl", "--tls: \"ssl\" is not known; accepted: none|starttls|implicit" },
    { "tls", NULL, "--tls: the value is missing; accepted: none|starttls|implicit" },
    { "ipv4", NULL, NULL },
    { "ipv6", NULL, NULL },
    { "ipv6", "yes", "--ipv6: a value was given to an option that takes none; accepted: --ipv6 alone" },
    { "resolver", "192.0.2.53", NULL },
    { "resolver", "192.0.2.53:5353", NULL },
    { "resolver", "2001:db8::53", NULL },
    { "resolver", "[2001:db8::53]:5353", NULL },
    { "resolver", "dns.example", "--resolver: \"dns.example\" is not an address; accepted: ADDR, ADDR:PORT or "
                                 "[ADDR]:PORT with an IPv4 or IPv6 address" },
    { "resolver", "192.0.2.53:0", "--resolver: \"192.0.2.53:0\" is not an address; accepted: ADDR, ADDR:PORT or "
                                  "[ADDR]:PORT with an IPv4 or IPv6 address" },
    { "address", "192.0.2.1", NULL },
    { "address", "2001:db8::1", NULL },
    { "address", "192.0.2.1:25", "--address: \"192.0.2.1:25\" is not an address; accepted: an IPv4 or IPv6 address "
                                 "without brackets" },
    { "address", "192.0.2.1 ", "--address: \"192.0.2.1 \" is not an address; accepted: an IPv4 or IPv6 address "
                               "without brackets" },
    { "ca-file", "/proc/self/stat", NULL },
    { "ca-file", "/nonexistent.pem", "--ca-file: \"/nonexistent.pem\" cannot be read (No such file or directory); "
                                     "accepted: a readable file of certificates in PEM form" },
    { "ca-file", "/", "--ca-file: \"/\" cannot be read (Is a directory); accepted: a readable file of certificates "
                      "in PEM form" },
    { "ca-file", "/dev/zero", "--ca-file: \"/dev/zero\" is not an ordinary file; accepted: a readable file of "
                              "certificates in PEM form" },
    { "ca-file", "", "--ca-file: \"\" cannot be read (No such file or directory); accepted: a readable file of "
                     "certificates in PEM form" },
    { "no-system-ca", NULL, NULL },
    { "map-port", "587=2587", NULL },
    { "map-port", "1=65535", NULL },
    { "map-port", "587", "--map-port: \"587\" is not a pair of ports; accepted: two ports from 1 to 65535, such as "
                         "587=2587" },
    { "map-port", "587=0", "--map-port: \"587=0\" is not a pair of ports; accepted: two ports from 1 to 65535, such "
                           "as 587=2587" },
    { "map-port", "=25", "--map-port: \"=25\" is not a pair of ports; accepted: two ports from 1 to 65535, such as "
                         "587=2587" },
    { "map-port", "000000587=25", "--map-port: \"000000587=25\" is not a pair of ports; accepted: two ports from 1 "
                                  "to 65535, such as 587=2587" },
    { "ehlo", "pc.example.com", NULL },
    { "ehlo", "[192.0.2.1]", NULL },
    { "ehlo", "[IPv6:2001:db8::1]", NULL },
    { "warn-days", "0", NULL },
    { "warn-days", "99999", NULL },
    { "warn-days", "100000", "--warn-days: \"100000\" is not a number of days; accepted: a whole number of days from 0 "
                             "to 99999" },
    { "crit-days", "7", NULL },
    { "crit-days", "-1", "--crit-days: \"-1\" is not a number of days; accepted: a whole number of days from 0 to 99999" },
    { "crit-days", "", "--crit-days: \"\" is not a number of days; accepted: a whole number of days from 0 to 99999" },
    { "cert", "/proc/self/stat", NULL },
    { "cert", "/", "--cert: \"/\" cannot be read (Is a directory); accepted: a readable file with a certificate in PEM "
                   "form, those of its issuers behind it" },
    { "key", "/nonexistent.pem", "--key: \"/nonexistent.pem\" cannot be read (No such file or directory); accepted: "
                                 "readable files in PEM form, the key without a password and the one that goes with "
                                 "the certificate" },
    { "timeout", "10", NULL },
    { "timeout", "0.1", NULL },
    { "timeout", "3600", NULL },
    { "timeout", "0.099", "--timeout: \"0.099\" is not a time limit; accepted: seconds from 0.1 to 3600" },
    { "timeout", "3600.001", "--timeout: \"3600.001\" is not a time limit; accepted: seconds from 0.1 to 3600" },
    { "timeout", "99999999999999999999", "--timeout: \"99999999999999999999\" is not a time limit; accepted: seconds "
                                         "from 0.1 to 3600" },
    { "timeout", "1,5", "--timeout: \"1,5\" is not a time limit; accepted: seconds from 0.1 to 3600" },
    { "timeout", "1.", "--timeout: \"1.\" is not a time limit; accepted: seconds from 0.1 to 3600" },
    { "timeout", ".5", "--timeout: \".5\" is not a time limit; accepted: seconds from 0.1 to 3600" },
    { "timeout", "1e3", "--timeout: \"1e3\" is not a time limit; accepted: seconds from 0.1 to 3600" },
    { "timeout", "10s", "--timeout: \"10s\" is not a time limit; accepted: seconds from 0.1 to 3600" },
    { "timeout", "nan", "--timeout: \"nan\" is not a time limit; accepted: seconds from 0.1 to 3600" },
    { "time-server", "time.example", NULL },
    { "time-server", "time.example:1123", NULL },
    { "time-server", "192.0.2.1", NULL },
    { "time-server", "[2001:db8::1]:123", NULL },
    { "time-server", "2001:db8::1", NULL },
    { "time-server", "http://time.example", NULL },
    { "time-server", "HTTP://time.example:8080/", NULL },
    { "time-server", "localhost", NULL },
    { "time-server", "", "--time-server: \"\" is not a time server; accepted: HOST, HOST:PORT or http://HOST:PORT/ with "
                         "a server's name or an address" },
    { "time-server", "http:///", "--time-server: \"http:///\" is not a time server; accepted: HOST, HOST:PORT or "
                                 "http://HOST:PORT/ with a server's name or an address" },
    { "time-server", "https://time.example/",
      "--time-server: \"https://time.example/\" is not a time server; accepted: HOST, HOST:PORT or http://HOST:PORT/ "
      "with a server's name or an address" },
    { "time-server", "http://time.example/now",
      "--time-server: \"http://time.example/now\" is not a time server; accepted: HOST, HOST:PORT or "
      "http://HOST:PORT/ with a server's name or an address" },
    { "time-server", "time.example:0", "--time-server: \"time.example:0\" is not a time server; accepted: HOST, "
                                       "HOST:PORT or http://HOST:PORT/ with a server's name or an address" },
    { "time-server", "time example", "--time-server: \"time example\" is not a time server; accepted: HOST, HOST:PORT "
                                     "or http://HOST:PORT/ with a server's name or an address" },
    { "no-clock", NULL, NULL },
    { "no-clock", "1", "--no-clock: a value was given to an option that takes none; accepted: --no-clock alone" },
    { "only-target", NULL, NULL },
    { "incoming", NULL, NULL },
    { "incoming", "imap", "--incoming: a value was given to an option that takes none; accepted: --incoming alone" },
    { "target", "", NULL },
    { "target", NULL, "target: the value is missing; accepted: a server's name, HOST:PORT, an address, a mail "
                      "address, a provider or a URL" },
    { "prot", "587", "prot: there is no such option; accepted: those that smtpdx --help lists" },
    { "", "587", ": there is no such option; accepted: those that smtpdx --help lists" },
};

/* The refusal as a line; freed by the caller. */
static char *line_of(const struct usage *error, enum language language)
{
    struct buf line;

    buf_init(&line, 4000);
    ck_assert(usage_put(&line, language, error));
    return buf_take(&line);
}

START_TEST(a_value_is_taken_or_told_in_one_line)
{
    const struct value_case *c = &value_cases[_i];
    struct plan *p = plan_new();
    struct usage error;
    enum input_result result = input_set(p, c->name, c->value, &error);
    char *line;

    ck_assert_msg(result == (c->line == NULL ? INPUT_OK : INPUT_USAGE), "--%s %s", c->name,
                  c->value == NULL ? "" : c->value);
    if (c->line != NULL) {
        line = line_of(&error, LANGUAGE_EN);
        ck_assert_str_eq(line, c->line);
        free(line);
        line = line_of(&error, LANGUAGE_JA);
        ck_assert_msg(strcmp(line, c->line) != 0 && strpbrk(line, "\n\x1b{}") == NULL, "%s", line);
        free(line);
    }
    plan_free(p);
}
END_TEST

static const struct ehlo_case {
    const char *says, *value, *sends; /* sends NULL: refused */
} ehlo_cases[] = {
    { "a full name", "pc.example.com", "pc.example.com" },
    { "capitals are lowered", "PC.Example.COM", "pc.example.com" },
    { "the final dot goes", "pc.example.com.", "pc.example.com" },
    { "a foreign name goes as an A-label", "m\xc3\xbcnchen.example", "xn--mnchen-3ya.example" },
    { "an IPv4 literal", "[192.0.2.1]", "[192.0.2.1]" },
    { "an IPv6 literal", "[ipv6:2001:DB8::1]", "[IPv6:2001:db8::1]" },
    { "one label", "pc", NULL },
    { "localhost", "localhost", NULL },
    { "localhost in capitals", "LocalHost", NULL },
    { "localhost with a dot", "localhost.", NULL },
    { "localhost with a domain", "localhost.localdomain", NULL },
    { "below localhost", "pc.localhost", NULL },
    { "a name that only begins like it is fine", "localhosts.example", "localhosts.example" },
    { "a bare address", "192.0.2.1", NULL },
    { "an IPv6 literal without its tag", "[2001:db8::1]", NULL },
    { "an IPv4 literal with the tag of IPv6", "[IPv6:192.0.2.1]", NULL },
    { "an open bracket", "[192.0.2.1", NULL },
    { "brackets alone", "[]", NULL },
    { "the tag alone", "[IPv6:", NULL },
    { "the tag in brackets", "[IPv6:]", NULL },
    { "an underscore (RFC 5321 4.1.2 has none)", "my_pc.example.com", NULL },
    { "a blank", "pc.example.com ", NULL },
    { "a second command", "pc.example.com\r\nMAIL FROM:<>", NULL },
    { "nothing", "", NULL },
};

START_TEST(the_name_to_greet_with_is_one_that_a_server_takes)
{
    const struct ehlo_case *c = &ehlo_cases[_i];
    struct plan *p = plan_new();
    struct usage error;

    ck_assert_msg(input_set(p, "ehlo", c->value, &error) == (c->sends == NULL ? INPUT_USAGE : INPUT_OK), "%s",
                  c->says);
    if (c->sends == NULL)
        ck_assert_ptr_null(p->ehlo);
    else
        ck_assert_str_eq(p->ehlo, c->sends);
    plan_free(p);
}
END_TEST

static const struct time_case {
    const char *value;
    unsigned ms;
} time_cases[] = {
    { "1", 1000 }, { "0.1", 100 }, { "2.5", 2500 }, { "1.001", 1001 }, { "1.0019999", 1001 }, { "0010", 10000 },
};

START_TEST(seconds_become_milliseconds)
{
    struct plan *p = plan_new();
    struct usage error;

    ck_assert_int_eq(input_set(p, "timeout", time_cases[_i].value, &error), INPUT_OK);
    ck_assert_uint_eq(p->timeout_ms, time_cases[_i].ms);
    plan_free(p);
}
END_TEST

/* Whole sets of options. line NULL: they go together. */
static const struct set_case {
    const char *says;
    struct {
        const char *name, *value;
    } options[4];
    const char *line;
    uint16_t ports[6];
} set_cases[] = {
    { "nothing: Gmail on the usual ports", { { NULL, NULL } }, NULL, { 25, 465, 587 } },
    { "an unusual port joins them, in order",
      { { "target", "mail.example" }, { "port", "2587" }, { "port", "26" } }, NULL, { 25, 26, 465, 587, 2587 } },
    { "a port twice is one, and a usual one is no other",
      { { "target", "mail.example" }, { "port", "587" }, { "port", "0587" } }, NULL, { 25, 465, 587 } },
    { "the port of a target joins too", { { "target", "mail.example:2525" } }, NULL, { 25, 465, 587, 2525 } },
    { "no host: the ports are there all the same", { { "target", "a..b" } }, NULL, { 25, 465, 587 } },
    { "one family", { { "ipv4", NULL }, { "address", "192.0.2.1" } }, NULL, { 25, 465, 587 } },
    { "both families alone", { { "ipv4", NULL }, { "ipv6", NULL } },
      "--ipv4 and --ipv6: both are given; accepted: one of them, or neither to test both", { 0 } },
    { "an IPv6 address over IPv4", { { "address", "2001:db8::1" }, { "ipv4", NULL } },
      "--ipv4: 2001:db8::1 is an address of the other family; accepted: an address that goes with --ipv4", { 0 } },
    { "an IPv4 address over IPv6", { { "ipv6", NULL }, { "address", "192.0.2.1" } },
      "--ipv6: 192.0.2.1 is an address of the other family; accepted: an address that goes with --ipv6", { 0 } },
    { "a target of the other family", { { "ipv6", NULL }, { "target", "192.0.2.1:25" } },
      "--ipv6: 192.0.2.1 is an address of the other family; accepted: an address that goes with --ipv6", { 0 } },
    { "a target of the other family, but another address to test",
      { { "ipv6", NULL }, { "target", "192.0.2.1" }, { "address", "2001:db8::1" } }, NULL, { 25, 465, 587 } },
    { "no roots at all", { { "no-system-ca", NULL } },
      "--no-system-ca: no certificate is left to trust; accepted: together with --ca-file", { 0 } },
    { "a certificate without its key", { { "cert", "/proc/self/stat" } },
      "--cert and --key: one of them is missing; accepted: both, or neither", { 0 } },
    { "a key without its certificate", { { "key", "/proc/self/stat" } },
      "--cert and --key: one of them is missing; accepted: both, or neither", { 0 } },
    { "a certificate and its key", { { "cert", "/proc/self/stat" }, { "key", "/proc/self/stat" } }, NULL, { 25, 465, 587 } },
    { "servers beside the target, and none but it", { { "incoming", NULL }, { "only-target", NULL } },
      "--incoming and --only-target: both are given; accepted: one of them", { 0 } },
    { "own roots alone", { { "no-system-ca", NULL }, { "ca-file", "/proc/self/stat" } }, NULL, { 25, 465, 587 } },
};

START_TEST(options_go_together_or_are_told_in_one_line)
{
    const struct set_case *c = &set_cases[_i];
    struct plan *p = plan_new();
    struct usage error;
    char *line;

    for (size_t i = 0; i < 4 && c->options[i].name != NULL; i++)
        ck_assert_int_eq(input_set(p, c->options[i].name, c->options[i].value, &error), INPUT_OK);
    ck_assert_msg(input_finish(p, &error) == (c->line == NULL ? INPUT_OK : INPUT_USAGE), "%s", c->says);
    if (c->line != NULL) {
        line = line_of(&error, LANGUAGE_EN);
        ck_assert_str_eq(line, c->line);
        free(line);
    }
    for (size_t i = 0; i < 6 && c->ports[i] != 0; i++)
        ck_assert_msg(i < p->n_ports && p->ports[i] == c->ports[i], "%s: port %u", c->says, c->ports[i]);
    plan_free(p);
}
END_TEST

/* Whether some row of the provider's names this port of the host. */
static bool is_listed(const char *host, uint16_t port)
{
    const struct provider *provider = provider_by_host(host);

    for (size_t i = 0; i < provider->n_hosts; i++) {
        if (strcmp(provider->hosts[i].host, host) == 0 && provider->hosts[i].port == port)
            return true;
    }
    return false;
}

START_TEST(port_2525_is_tried_exactly_where_the_provider_has_it)
{
    for (size_t i = 0; i < provider_total(); i++) {
        const char *host = provider_at(i)->hosts[0].host;
        struct plan *p = plan_new();
        struct usage error;

        ck_assert_int_eq(input_set(p, "target", host, &error), INPUT_OK);
        ck_assert_int_eq(input_finish(p, &error), INPUT_OK);
        ck_assert_msg((p->ports[p->n_ports - 1] == 2525) == is_listed(host, 2525), "%s", host);
        plan_free(p);
    }
}
END_TEST

/* Where mail is read: "PROTOCOL HOST PORT MODE" each. */
static const struct incoming_case {
    const char *says, *target;
    bool asked;
    const char *servers[5];
} incoming_cases[] = {
    { "names of their own", "smtp.gmail.com", true,
      { "imap imap.gmail.com 993 implicit", "pop3 pop.gmail.com 995 implicit" } },
    { "for a mail address, too", "someone@icloud.com", true, { "imap imap.mail.me.com 993 implicit" } },
    { "one name for all", "posteo.de", true,
      { "imap posteo.de 993 implicit", "imap posteo.de 143 starttls", "pop3 posteo.de 995 implicit",
        "pop3 posteo.de 110 starttls" } },
    { "where each customer has a name, it is that one", "example.sakura.ne.jp", true,
      { "imap example.sakura.ne.jp 993 implicit", "pop3 example.sakura.ne.jp 995 implicit" } },
    { "nobody asked", "smtp.gmail.com", false, { NULL } },
    { "nobody knows", "mail.example", true, { NULL } },
};

START_TEST(where_mail_is_read_is_known_of_the_provider_or_not_at_all)
{
    const struct incoming_case *c = &incoming_cases[_i];
    struct plan *p = plan_new();
    struct usage error;
    size_t n = 0;

    ck_assert_int_eq(input_set(p, "target", c->target, &error), INPUT_OK);
    if (c->asked)
        ck_assert_int_eq(input_set(p, "incoming", NULL, &error), INPUT_OK);
    ck_assert_int_eq(input_finish(p, &error), INPUT_OK);
    for (; c->servers[n] != NULL; n++) {
        const struct incoming_server *s = &p->incoming_servers[n];
        char line[128];

        ck_assert_msg(n < p->n_incoming_servers, "%s", c->says);
        snprintf(line, sizeof line, "%s %s %u %s", protocol_word(s->protocol), s->host, (unsigned)s->port,
                 tls_mode_word(s->mode));
        ck_assert_str_eq(line, c->servers[n]);
        ck_assert_ptr_eq(plan_incoming_server(p, s->host, s->port), s);
    }
    ck_assert_msg(n == p->n_incoming_servers, "%s", c->says);
    plan_free(p);
}
END_TEST

START_TEST(without_a_target_it_is_gmail)
{
    struct plan *p = plan_new();
    struct usage error;

    ck_assert_int_eq(input_finish(p, &error), INPUT_OK);
    ck_assert_str_eq(p->host, "smtp.gmail.com");
    ck_assert_str_eq(p->provider, "gmail");
    ck_assert_uint_eq(p->input.len, 0);
    ck_assert_uint_eq(p->n_asked_ports, 0);
    ck_assert_uint_eq(p->n_notes, 0);
    ck_assert(!p->tls_asked);
    ck_assert_ptr_null(p->suggestion);
    plan_free(p);
}
END_TEST

static const struct many_case {
    const char *name, *before, *behind; /* of the number in the value; behind NULL: there is no number */
    unsigned max;
    const char *line;
} many_cases[] = {
    { "port", "", "", PLAN_PORTS_MAX - 4, "--port: given too often; accepted: 28 at most" },
    { "resolver", "192.0.2.", "", PLAN_RESOLVERS_MAX, "--resolver: given too often; accepted: 8 at most" },
    { "ca-file", "/proc/self/stat", NULL, PLAN_CA_FILES_MAX, "--ca-file: given too often; accepted: 16 at most" },
    { "map-port", "", "=1", PLAN_PORT_MAPS_MAX, "--map-port: given too often; accepted: 32 at most" },
};

START_TEST(a_repeated_option_has_a_ceiling_below_which_all_are_kept)
{
    const struct many_case *c = &many_cases[_i];
    struct plan *p = plan_new();
    struct usage error;
    char value[32], *line;

    for (unsigned i = 1; i <= c->max + 1; i++) {
        if (c->behind == NULL)
            snprintf(value, sizeof value, "%s", c->before);
        else
            snprintf(value, sizeof value, "%s%u%s", c->before, i, c->behind);
        ck_assert_int_eq(input_set(p, c->name, value, &error), i <= c->max ? INPUT_OK : INPUT_USAGE);
    }
    line = line_of(&error, LANGUAGE_EN);
    ck_assert_str_eq(line, c->line);
    free(line);
    ck_assert_uint_eq(p->n_asked_ports + p->n_resolvers + p->n_ca_files + p->n_port_maps, c->max);
    ck_assert_int_eq(input_finish(p, &error), INPUT_OK);
    ck_assert_uint_le(p->n_ports, PLAN_PORTS_MAX);
    plan_free(p);
}
END_TEST

START_TEST(a_port_of_a_target_past_the_ceiling_is_refused)
{
    struct plan *p = plan_new();
    struct usage error;
    char value[32], *line;

    for (unsigned i = 1; i <= PLAN_PORTS_MAX - 4; i++) {
        snprintf(value, sizeof value, "%u", i);
        ck_assert_int_eq(input_set(p, "port", value, &error), INPUT_OK);
    }
    ck_assert_int_eq(input_set(p, "target", "mail.example:2525", &error), INPUT_USAGE);
    line = line_of(&error, LANGUAGE_EN);
    ck_assert_str_eq(line, "--port: given too often; accepted: 28 at most");
    free(line);
    ck_assert_ptr_null(p->host);
    plan_free(p);
}
END_TEST

START_TEST(the_last_map_of_a_port_counts)
{
    struct plan *p = plan_new();
    struct usage error;

    ck_assert_int_eq(input_set(p, "map-port", "587=2587", &error), INPUT_OK);
    ck_assert_int_eq(input_set(p, "map-port", "587=3587", &error), INPUT_OK);
    ck_assert_uint_eq(p->n_port_maps, 1);
    ck_assert_uint_eq(plan_dial_port(p, 587), 3587);
    ck_assert_uint_eq(plan_dial_port(p, 25), 25);
    plan_free(p);
}
END_TEST

START_TEST(a_refusal_outlives_the_value_and_is_cut_to_a_line)
{
    struct plan *p = plan_new();
    struct usage error;
    char value[4000], *line;

    memset(value, 'x', sizeof value);
    value[sizeof value - 1] = '\0';
    ck_assert_int_eq(input_set(p, "port", value, &error), INPUT_USAGE);
    memset(value, 0, sizeof value);
    line = line_of(&error, LANGUAGE_EN);
    ck_assert_uint_lt(strlen(line), 300);
    ck_assert_ptr_nonnull(strstr(line, "xxx...\" is not a port"));
    free(line);
    plan_free(p);
}
END_TEST

/* A typical set, into whatever memory there is. */
static enum input_result set_some(struct plan *p)
{
    static const char *const some[][2] = {
        { "target", " m\xc3\xbcnchen.example.:2525" }, { "port", "26" }, { "resolver", "192.0.2.53" },
        { "ca-file", "/proc/self/stat" }, { "map-port", "26=27" }, { "ehlo", "pc.example.com" },
    };
    struct usage error;
    enum input_result result = INPUT_OK;

    for (size_t i = 0; result == INPUT_OK && i < sizeof some / sizeof some[0]; i++)
        result = input_set(p, some[i][0], some[i][1], &error);
    return result == INPUT_OK ? input_finish(p, &error) : result;
}

START_TEST(a_shortage_of_memory_is_told_wherever_it_strikes)
{
    enum input_result result = INPUT_NO_MEMORY;

    for (size_t ceiling = 0; result == INPUT_NO_MEMORY; ceiling += 16) {
        struct plan p = { .arena = arena_new(ceiling), .families = { true, true }, .system_ca = true };

        ck_assert_uint_lt(ceiling, 8192);
        result = set_some(&p);
        ck_assert_int_ne(result, INPUT_USAGE);
        if (result == INPUT_OK)
            ck_assert_str_eq(p.host, "xn--mnchen-3ya.example");
        arena_free(p.arena);
    }
}
END_TEST

START_TEST(an_option_is_found_by_its_name_and_by_its_letter)
{
    size_t n;
    const struct option_spec *table = plan_option_table(&n);

    ck_assert_str_eq(option_by_letter(table, n, 'p')->name, "port");
    ck_assert_str_eq(option_by_letter(table, n, '4')->name, "ipv4");
    ck_assert_str_eq(option_by_letter(table, n, '6')->name, "ipv6");
    ck_assert_ptr_null(option_by_letter(table, n, 'x'));
    ck_assert_ptr_null(option_by_letter(table, n, '\0'));
    ck_assert_ptr_null(option_by_name(table, n, "target"));
    for (size_t i = 0; i < n; i++) {
        ck_assert_ptr_eq(option_by_name(table, n, table[i].name), &table[i]);
        ck_assert_str_ne(text(LANGUAGE_EN, table[i].help), "");
        ck_assert_str_ne(text(LANGUAGE_JA, table[i].help), "");
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("option");

    tcase_add_loop_test(t, a_value_is_taken_or_told_in_one_line, 0, sizeof value_cases / sizeof value_cases[0]);
    tcase_add_loop_test(t, the_name_to_greet_with_is_one_that_a_server_takes, 0,
                        sizeof ehlo_cases / sizeof ehlo_cases[0]);
    tcase_add_loop_test(t, seconds_become_milliseconds, 0, sizeof time_cases / sizeof time_cases[0]);
    tcase_add_loop_test(t, options_go_together_or_are_told_in_one_line, 0, sizeof set_cases / sizeof set_cases[0]);
    tcase_add_test(t, port_2525_is_tried_exactly_where_the_provider_has_it);
    tcase_add_loop_test(t, where_mail_is_read_is_known_of_the_provider_or_not_at_all, 0, sizeof incoming_cases / sizeof incoming_cases[0]);
    tcase_add_test(t, without_a_target_it_is_gmail);
    tcase_add_loop_test(t, a_repeated_option_has_a_ceiling_below_which_all_are_kept, 0,
                        sizeof many_cases / sizeof many_cases[0]);
    tcase_add_test(t, a_port_of_a_target_past_the_ceiling_is_refused);
    tcase_add_test(t, the_last_map_of_a_port_counts);
    tcase_add_test(t, a_refusal_outlives_the_value_and_is_cut_to_a_line);
    tcase_add_test(t, a_shortage_of_memory_is_told_wherever_it_strikes);
    tcase_add_test(t, an_option_is_found_by_its_name_and_by_its_letter);
    return unit_run("option", &t, 1);
}
