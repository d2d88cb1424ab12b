/*
 * evidence_builder - an Evidence from a line of words, for tests of the rules
 */
#include "evidence_builder.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knowledge/provider.h"
#include "model/clock_estimate.h"

enum { DAY = 86400, STATEMENT_MAX = 512, CHAINS_KNOWN_MAX = 16, SILENCE_MS = 3100, QUERY_SILENCE_MS = 1000 };

struct builder {
    struct evidence *e;
    const char *chain_flags[CHAINS_KNOWN_MAX]; /* the flags that made each chain */
};

/* noun_parse(), where a word that is unknown ends the test. */
#define PARSED(noun)                                                                                         \
    static enum noun noun##_of(const char *word)                                                             \
    {                                                                                                        \
        enum noun value;                                                                                     \
                                                                                                             \
        ck_assert_msg(noun##_parse(&value, word), "unknown: '%s'", word);                                    \
        return value;                                                                                        \
    }

PARSED(input_flaw)
PARSED(dns_outcome)
PARSED(stage)
PARSED(fault)
PARSED(service)
PARSED(skip_reason)
PARSED(tls_mode)

static bool takes(const char **at, const char *prefix)
{
    size_t len = strlen(prefix);

    if (strncmp(*at, prefix, len) != 0 || ((*at)[len] != ' ' && (*at)[len] != '\0'))
        return false;
    *at += len + ((*at)[len] == ' ');
    return true;
}

static bool has_flag(const char *flags, const char *flag)
{
    size_t len = strlen(flag);

    for (const char *at = flags; at != NULL && (at = strstr(at, flag)) != NULL; at += len) {
        if ((at == flags || at[-1] == ',') && (at[len] == ',' || at[len] == '\0'))
            return true;
    }
    return false;
}

/* ---- plan ----------------------------------------------------------------- */

static void set_ports(struct builder *b, const char *at)
{
    struct plan *plan = b->e->plan;

    plan->ports = arena_alloc(b->e->arena, PLAN_PORTS_MAX, sizeof *plan->ports);
    plan->n_ports = 0;
    for (char *end; *at != '\0'; at = end)
        plan->ports[plan->n_ports++] = (uint16_t)strtoul(at, &end, 10);
}

static void ask(struct builder *b, const char *at)
{
    struct plan *plan = b->e->plan;
    uint16_t port = (uint16_t)atoi(at);
    bool known = false;

    for (size_t i = 0; i < plan->n_ports; i++)
        known = known || plan->ports[i] == port;
    if (!known)
        plan->ports[plan->n_ports++] = port;
    if (plan->asked_ports == NULL)
        plan->asked_ports = arena_alloc(b->e->arena, PLAN_PORTS_MAX, sizeof *plan->asked_ports);
    plan->asked_ports[plan->n_asked_ports++] = port;
}

static void set_provider(struct builder *b, const char *at)
{
    const struct provider *provider = provider_by_id(at);

    ck_assert_msg(provider != NULL, "no provider: '%s'", at);
    b->e->plan->provider = provider->id;
    if (provider_main_host(provider) != NULL) /* else each customer has another */
        b->e->plan->host = provider_main_host(provider);
    b->e->names[0].host = b->e->plan->host;
}

static void add_note(struct builder *b, const char *at)
{
    struct plan *plan = b->e->plan;
    char flaw[32];
    unsigned column = 0;
    unsigned code_point = 0;

    ck_assert_int_ge(sscanf(at, "%31s %u %x", flaw, &column, &code_point), 1);
    if (plan->notes == NULL)
        plan->notes = arena_alloc(b->e->arena, PLAN_NOTES_MAX, sizeof *plan->notes);
    plan->notes[plan->n_notes++] = (struct input_note){ input_flaw_of(flaw), column, 1, code_point };
}

static void set_routes(struct builder *b, const char *at)
{
    b->e->has_route[FAMILY_IPV4] = strcmp(at, "4") == 0;
    b->e->has_route[FAMILY_IPV6] = strcmp(at, "6") == 0;
}

static void set_host(struct builder *b, const char *at)
{
    b->e->plan->host = strcmp(at, "none") == 0 ? NULL : arena_strdup(b->e->arena, at);
    b->e->plan->input = peer_text_of(arena_strdup(b->e->arena, at));
    b->e->names[0].host = b->e->plan->host;
    if (b->e->plan->host == NULL)
        b->e->n_names = 0;
}

static void set_tls(struct builder *b, const char *at)
{
    b->e->plan->tls_asked = true;
    b->e->plan->tls = tls_mode_of(at);
}

static void set_resolver(struct builder *b, const char *at)
{
    b->e->plan->resolvers = arena_alloc(b->e->arena, 1, sizeof *b->e->plan->resolvers);
    b->e->plan->n_resolvers = 1;
    ck_assert(endpoint_parse(b->e->plan->resolvers, at, 53));
}

/* ---- names ---------------------------------------------------------------- */

/* "OUTCOME[@MS]" */
static void add_query(struct builder *b, enum record_type type, const char *resolver, const char *word)
{
    struct name_view *name = &b->e->names[0];
    struct dns_query *q = ARENA_APPEND(b->e->arena, name->queries, name->n_queries, EVIDENCE_QUERIES_MAX);
    char outcome[16];
    int ms = strncmp(word, "timeout", 7) == 0 ? QUERY_SILENCE_MS : 12;

    ck_assert_int_ge(sscanf(word, "%15[^@]@%d", outcome, &ms), 1);
    q->type = type;
    q->resolver = resolver;
    q->outcome = dns_outcome_of(outcome);
    q->duration_ms = ms;
}

static void add_queries_to(struct builder *b, const char *at, const char *resolver)
{
    char word[2][24] = { "", "" };
    int n = sscanf(at, "%23s %23s", word[0], word[1]);

    for (int i = 0; i < 2; i++)
        add_query(b, i == 0 ? RECORD_A : RECORD_AAAA, resolver, word[i < n ? i : 0]);
}

static void add_queries(struct builder *b, const char *at)
{
    add_queries_to(b, at, "192.0.2.53:53");
}

static void add_second_queries(struct builder *b, const char *at)
{
    add_queries_to(b, at, "192.0.2.54:53");
}

static void set_system(struct builder *b, const char *at)
{
    b->e->names[0].system_asked = true;
    b->e->names[0].system = dns_outcome_of(at);
}

static struct address address_number(unsigned n)
{
    struct address a;
    char text[ADDRESS_TEXT_SIZE];

    snprintf(text, sizeof text, n < 6 ? "192.0.2.%u" : "2001:db8::%u", n);
    ck_assert(address_parse(&a, text));
    return a;
}

static void add_name_address(struct builder *b, const struct address *a)
{
    struct name_view *name = &b->e->names[0];
    struct found_address *found;

    for (size_t i = 0; i < name->n_addresses; i++) {
        if (address_equal(&name->addresses[i].address, a))
            return;
    }
    found = ARENA_APPEND(b->e->arena, name->addresses, name->n_addresses, EVIDENCE_ADDRESSES_MAX);
    *found = (struct found_address){ .address = *a, .ttl_s = 300, .sources = SOURCE_DNS };
}

static void set_warn_days(struct builder *b, const char *at)
{
    b->e->plan->warn_days = atoi(at);
}

static void set_crit_days(struct builder *b, const char *at)
{
    b->e->plan->crit_days = atoi(at);
}

/* "NUMBER LINE": the address is the hosts file's and not DNS'. */
static void set_hosts(struct builder *b, const char *at)
{
    struct name_view *name = &b->e->names[0];
    struct address a;
    unsigned number = 0;
    unsigned line = 0;

    ck_assert_int_eq(sscanf(at, "%u %u", &number, &line), 2);
    a = address_number(number);
    add_name_address(b, &a);
    for (size_t i = 0; i < name->n_addresses; i++) {
        if (!address_equal(&name->addresses[i].address, &a))
            continue;
        name->addresses[i].sources = SOURCE_HOSTS;
        name->addresses[i].hosts_line = line;
    }
}

static void set_warn_time(struct builder *b, const char *at)
{
    b->e->plan->warn_time_ms = (unsigned)atoi(at);
}

static void set_crit_time(struct builder *b, const char *at)
{
    b->e->plan->crit_time_ms = (unsigned)atoi(at);
}

/* ---- chains --------------------------------------------------------------- */

static struct certificate *add_certificate(struct builder *b, struct chain *c, const char *subject,
                                           const char *issuer)
{
    struct certificate *cert = ARENA_APPEND(b->e->arena, c->certificates, c->n_certificates,
                                            CHAIN_CERTIFICATES_MAX);

    cert->subject = peer_text_of(subject);
    cert->issuer = peer_text_of(issuer);
    cert->not_before = BUILDER_NOW - 30 * (int64_t)DAY;
    cert->not_after = BUILDER_NOW + 60 * (int64_t)DAY;
    cert->key = "RSA 2048";
    cert->signature = "RSA-SHA256";
    cert->self_issued = strcmp(subject, issuer) == 0;
    return cert;
}

static void add_certificate_name(struct builder *b, struct certificate *c, const char *name)
{
    struct certificate_name *n = ARENA_APPEND(b->e->arena, c->names, c->n_names, CERTIFICATE_NAMES_MAX);

    n->kind = NAME_DNS;
    n->text = peer_text_of(name);
}

static const struct trust_case {
    const char *flag;
    unsigned flaws;
} trust_cases[] = {
    { "selfsigned", TRUST_NO_ISSUER }, { "untrusted", TRUST_NO_ISSUER },
    { "incomplete", TRUST_NO_ISSUER }, { "aia", TRUST_NO_ISSUER },
    { "private", TRUST_NO_ISSUER },    { "weak", TRUST_WEAK_ALGORITHM },
    { "revoked", TRUST_REVOKED },      { "badsig", TRUST_BAD_SIGNATURE },
    { "notca", TRUST_ISSUER_NOT_CA },  { "constraints", TRUST_CONSTRAINTS },
    { "purpose", TRUST_PURPOSE },      { "otherflaw", TRUST_OTHER },
    { "pathlength", TRUST_PATH_LENGTH }, { "extension", TRUST_EXTENSION },
    { "weaksig", TRUST_WEAK_ALGORITHM }, { "deep-private", TRUST_NO_ISSUER },
    { "elsewhere", TRUST_NO_ISSUER }, { "fetched", TRUST_NO_ISSUER }, { "fetched-private", TRUST_NO_ISSUER },
    { "nosni-cert", TRUST_NO_ISSUER },
};

static void break_trust(struct chain *c, const char *flags)
{
    for (size_t i = 0; i < sizeof trust_cases / sizeof trust_cases[0]; i++) {
        if (has_flag(flags, trust_cases[i].flag))
            c->trust_flaws |= trust_cases[i].flaws;
    }
    c->trusted = c->trust_flaws == 0;
    c->leaf_self_signed = has_flag(flags, "selfsigned") || has_flag(flags, "nosni-cert");
    c->root_given = c->trusted && has_flag(flags, "given");
    c->issuer_public = has_flag(flags, "incomplete");
    c->name_matches = !has_flag(flags, "name") && !has_flag(flags, "nameless") && !has_flag(flags, "nosni-cert");
    c->judged = !has_flag(flags, "unjudged");
    if (!c->judged)
        c->trusted = c->name_matches = false;
}

static void break_dates(struct chain *c, const char *flags)
{
    struct certificate *leaf = &c->certificates[0];

    if (has_flag(flags, "expired"))
        leaf->not_after = BUILDER_NOW - 2 * (int64_t)DAY;
    if (has_flag(flags, "soon"))
        leaf->not_after = BUILDER_NOW + 10 * (int64_t)DAY;
    if (has_flag(flags, "future"))
        leaf->not_before = BUILDER_NOW + 2 * (int64_t)DAY;
    leaf->must_staple = has_flag(flags, "must");
    if (has_flag(flags, "fresh") || has_flag(flags, "stale") || has_flag(flags, "forged"))
        c->staple = PEER_TEXT_LITERAL("0");
    if (has_flag(flags, "forged"))
        c->ocsp = (struct ocsp_answer){ OCSP_INVALID, -1, -1, -1 };
    if (has_flag(flags, "fresh") || has_flag(flags, "stale") || has_flag(flags, "ask-good"))
        c->ocsp = (struct ocsp_answer){ OCSP_GOOD, BUILDER_NOW - 9 * DAY,
                                        BUILDER_NOW + (has_flag(flags, "fresh") ? 2 : -2) * DAY, -1 };
    leaf->has_ca_issuers = has_flag(flags, "aia");
    leaf->weak_key = has_flag(flags, "weak");
    leaf->weak_signature = has_flag(flags, "weaksig");
    if (has_flag(flags, "deep-private")) /* says where its root is, and nobody knows it */
        c->certificates[c->n_certificates - 1].has_ca_issuers = true;
    if (has_flag(flags, "elsewhere"))
        c->completion = COMPLETION_SEEN;
    if (has_flag(flags, "fetched"))
        c->completion = COMPLETION_FETCHED;
    if (has_flag(flags, "fetched-private")) { /* where the leaf says, and it ends in a root that nobody knows */
        static struct certificate root = { .self_issued = true };

        c->certificates[0].has_ca_issuers = true;
        c->fetched = &root;
        c->n_fetched = 1;
    }
    c->ocsp_fetched = has_flag(flags, "asked") || has_flag(flags, "ask-good");
    if (has_flag(flags, "stapled") || has_flag(flags, "asked"))
        c->ocsp = (struct ocsp_answer){ OCSP_REVOKED, BUILDER_NOW - DAY, BUILDER_NOW + DAY, BUILDER_NOW - 9 * DAY };
    if (c->n_certificates > 1 && (has_flag(flags, "idle-soon") || has_flag(flags, "idle-expired"))) {
        c->certificates[c->n_certificates - 1].not_after =
            BUILDER_NOW + (has_flag(flags, "idle-soon") ? 10 : -900) * (int64_t)DAY;
        c->n_needed = 1;
    }
    if (c->n_certificates > 1 && has_flag(flags, "deep-soon"))
        c->certificates[c->n_certificates - 1].not_after = BUILDER_NOW + 10 * (int64_t)DAY;
    if (c->n_certificates > 1 && (has_flag(flags, "deep-expired") || has_flag(flags, "extra-expired")))
        c->certificates[c->n_certificates - 1].not_after = BUILDER_NOW - 2 * (int64_t)DAY;
}

/* The value of "KEY=VALUE" among the flags, or NULL. */
static const char *value_of(struct builder *b, const char *flags, const char *key)
{
    const char *at = strstr(flags, key);

    if (at == NULL)
        return NULL;
    at += strlen(key);
    return arena_printf(b->e->arena, "%.*s", (int)strcspn(at, ","), at);
}

/* "by=CN=...": who has issued the last certificate. */
static void name_issuer(struct builder *b, struct chain *c, const char *flags)
{
    static const char google[] = "CN=invalid2.invalid,OU=No SNI provided - please fix your client.";
    const char *issuer = value_of(b, flags, "by=");

    if (issuer != NULL)
        c->certificates[c->n_certificates - 1].issuer = peer_text_of(issuer);
    if (!has_flag(flags, "nosni-cert"))
        return;
    c->certificates[0].subject = c->certificates[0].issuer = peer_text_of(google);
    c->certificates[0].self_issued = true;
}

static struct chain *add_chain(struct builder *b, const char *flags)
{
    struct chain *c = ARENA_APPEND(b->e->arena, b->e->chains, b->e->n_chains, CHAINS_KNOWN_MAX);
    bool lonely = has_flag(flags, "incomplete") || has_flag(flags, "aia") || has_flag(flags, "private") ||
                  has_flag(flags, "selfsigned") || has_flag(flags, "nosni-cert");
    bool private_root = has_flag(flags, "untrusted") || has_flag(flags, "extra-expired");
    struct certificate *leaf = add_certificate(
        b, c, "CN=smtp.example.com", has_flag(flags, "selfsigned") ? "CN=smtp.example.com" : "CN=Some CA");

    c->host = b->e->plan->host;
    if (has_flag(flags, "name"))
        for (const char *const *n = (const char *const[]){ "a.example", "b.example", "c.example", "d.example",
                                                           "e.example", NULL };
             *n != NULL; n++)
            add_certificate_name(b, leaf, *n);
    else if (!has_flag(flags, "nameless"))
        add_certificate_name(b, leaf, "smtp.example.com");
    if (!lonely)
        add_certificate(b, c, "CN=Some CA", private_root ? "CN=Some CA" : "CN=Root");
    name_issuer(b, c, flags);
    break_trust(c, flags);
    break_dates(c, flags);
    return c;
}

/* The same flags are the same bytes, and so the same chain. */
static int chain_of(struct builder *b, const char *flags)
{
    size_t n = b->e->n_chains;

    for (size_t i = 0; i < n; i++) {
        if (strcmp(b->chain_flags[i], flags) == 0)
            return (int)i;
    }
    ck_assert_uint_lt(n, CHAINS_KNOWN_MAX);
    b->chain_flags[n] = arena_strdup(b->e->arena, flags);
    add_chain(b, flags);
    return (int)n;
}

/* ---- probes --------------------------------------------------------------- */

static void offer_auth(struct builder *b, struct probe *p)
{
    p->auth = arena_alloc(b->e->arena, 2, sizeof *p->auth);
    p->auth[0] = PEER_TEXT_LITERAL("PLAIN");
    p->auth[1] = PEER_TEXT_LITERAL("LOGIN");
    p->n_auth = 2;
}

static void set_flags(struct builder *b, struct probe *p, const char *flags)
{
    p->helo_used = has_flag(flags, "helo");
    p->n_injected = has_flag(flags, "injected") ? 7 : 0;
    p->starttls_offered = has_flag(flags, "offers");
    p->starttls_masked = has_flag(flags, "masked");
    if (has_flag(flags, "starred"))
        p->greeting = PEER_TEXT_LITERAL("220 ****************0*2**** ****\r\n");
    if (has_flag(flags, "star-lover"))
        p->greeting = PEER_TEXT_LITERAL("220 *** Welcome to mail.example *********\r\n");
    p->small_segments_tried = has_flag(flags, "small") || has_flag(flags, "nosmall");
    p->small_segments_ok = has_flag(flags, "small");
    p->mail_accepted = has_flag(flags, "mail");
    p->ehlo = "[192.0.2.9]";
    p->other_ehlo = has_flag(flags, "other") ? "www.example.com" : NULL;
    p->other_ehlo_accepted = has_flag(flags, "other");
    if (has_flag(flags, "half"))
        p->raw = PEER_TEXT_LITERAL("220 mail.exa");
    if (has_flag(flags, "auth"))
        offer_auth(b, p);
}

static void succeed(struct builder *b, struct probe *p, const char *flags)
{
    p->outcome = PROBE_OK;
    p->stage = STAGE_DONE;
    p->connect_ms = p->round_trip_ms = 15;
    p->greeting_ms = 20;
    p->total_ms = has_flag(flags, "quick") ? 40 : 90;
    p->slowest_ms = 15;
    if (has_flag(flags, "far"))
        p->round_trip_ms = 1300;
    if (has_flag(flags, "late"))
        p->slowest_ms = p->total_ms = 5300;
    set_flags(b, p, flags);
    if (p->n_auth == 0 && !has_flag(flags, "noauth") && p->mode != TLS_MODE_NONE)
        offer_auth(b, p);
    if (p->mode != TLS_MODE_NONE && !has_flag(flags, "nochain"))
        p->chain = chain_of(b, flags);
    p->no_sni_tried = has_flag(flags, "nosni") || has_flag(flags, "nosni-other") || has_flag(flags, "nosni-same");
    if (has_flag(flags, "nosni-other"))
        p->no_sni_chain = chain_of(b, "name");
    if (has_flag(flags, "nosni-same"))
        p->no_sni_chain = p->chain;
    if (p->mode == TLS_MODE_STARTTLS)
        p->starttls_offered = true;
}

/* "550 5.7.1 no[|FLAGS]": the code, the enhanced one where there is one, and all of it as the text. */
static void set_reply(struct builder *b, struct probe *p, const char *detail)
{
    struct refused_reply *r = &p->reply;
    size_t len = strcspn(detail, "|");
    const char *reply = arena_peer_text(b->e->arena, (struct peer_text){ detail, len }, len).bytes;

    if (detail[len] == '|')
        set_flags(b, p, detail + len + 1);
    sscanf(reply, "%u %u.%u.%u", &r->code, &r->enhanced[0], &r->enhanced[1], &r->enhanced[2]);
    r->text = peer_text_of(arena_printf(b->e->arena, "%s\r\n", reply));
}

static void set_handshake(struct builder *b, struct probe *p, const char *flags)
{
    const char *alert = value_of(b, flags, "alert=");

    p->tls_alert_received = alert != NULL;
    p->tls_alert = alert == NULL ? 0 : (unsigned)strtoul(alert, NULL, 10);
    p->error_code = value_of(b, flags, "error=");
    p->tls_old = value_of(b, flags, "old=");
    p->certificate_requested = has_flag(flags, "requested") || has_flag(flags, "shown");
    p->certificate_sent = has_flag(flags, "shown");
}

static void set_detail(struct builder *b, struct probe *p, const char *detail)
{
    if (p->fault == FAULT_REPLY)
        set_reply(b, p, detail);
    else if (p->fault == FAULT_NOT_SMTP)
        p->service = service_of(detail);
    else
        set_flags(b, p, detail);
    if (p->fault == FAULT_TLS)
        set_handshake(b, p, detail);
}

static void set_failure(struct probe *p, enum stage stage, enum fault fault, double total_ms)
{
    p->outcome = fault == FAULT_SILENT ? PROBE_TIMEOUT : PROBE_FAILED;
    p->stage = stage;
    p->fault = fault;
    p->total_ms = total_ms;
    if (stage > STAGE_CONNECT)
        p->connect_ms = 15;
    if (fault == FAULT_PROHIBITED) {
        p->icmp = (struct icmp_report){ .seen = true, .type = 3, .code = 13, .has_offender = true };
        ck_assert(address_parse(&p->icmp.offender, "198.51.100.1"));
    }
    if (fault == FAULT_LOCAL)
        p->error_code = "EPERM";
    if (fault == FAULT_TLS)
        p->error_text = "A TLS fatal alert has been received.";
}

/* "STAGE:FAULT[:DETAIL]" */
static void fail_at_stage(struct builder *b, struct probe *p, const char *result)
{
    char stage[32];
    char fault[32];
    int detail = 0;

    ck_assert_msg(sscanf(result, "%31[^:]:%31[^:]%n", stage, fault, &detail) == 2,
                  "the builder cannot read '%s'", result);
    set_failure(p, stage_of(stage), fault_of(fault), SILENCE_MS);
    if (result[detail] == ':')
        set_detail(b, p, result + detail + 1);
}

static void set_result(struct builder *b, struct probe *p, const char *result)
{
    if (strncmp(result, "ok", 2) == 0) {
        succeed(b, p, result[2] == ':' ? result + 3 : "");
    } else if (strncmp(result, "skip:", 5) == 0) {
        p->skip = skip_reason_of(result + 5);
    } else if (strncmp(result, "waiting:", 8) == 0) {
        p->outcome = PROBE_RUNNING;
        p->stage = STAGE_CONNECT;
        p->attempts = (unsigned)atoi(result + 8);
    } else if (strcmp(result, "blip") == 0) {
        set_failure(p, STAGE_CONNECT, FAULT_SILENT, 300);
    } else if (strcmp(result, "pause") == 0) {
        set_failure(p, STAGE_CONNECT, FAULT_SILENT, 600);
    } else if (strchr(result, ':') == NULL) {
        enum fault fault = fault_of(result);

        set_failure(p, STAGE_CONNECT, fault, fault == FAULT_SILENT ? SILENCE_MS : 12);
    } else {
        fail_at_stage(b, p, result);
    }
}

/* "587s[@N] RESULT" */
static void make_probe(struct builder *b, struct probe *p, const char *at, enum role role)
{
    unsigned port = 0;
    unsigned number = 1;
    char mode = '\0';
    int len = 0;

    ck_assert_msg(sscanf(at, "%u%c%n", &port, &mode, &len) == 2, "the builder cannot read '%s'", at);
    at += len;
    if (*at == '@')
        number = (unsigned)(*++at - '0');
    at = strchr(at, ' ');
    ck_assert(at != NULL && strchr("nsi", mode) != NULL);
    *p = (struct probe){
        .role = role,
        .host = role == ROLE_TARGET ? b->e->plan->host : "control.example.net",
        .has_address = true,
        .address = address_number(role == ROLE_TARGET ? number : number + 3),
        .port = (uint16_t)port,
        .dial_port = (uint16_t)port,
        .mode = mode == 'n'   ? TLS_MODE_NONE
                : mode == 's' ? TLS_MODE_STARTTLS
                              : TLS_MODE_IMPLICIT,
        .connect_ms = -1,
        .round_trip_ms = -1,
        .greeting_ms = -1,
        .tls_ms = -1,
        .total_ms = -1,
        .slowest_ms = -1,
        .chain = -1,
        .no_sni_chain = -1,
    };
    p->family = p->address.family;
    if (role == ROLE_TARGET)
        add_name_address(b, &p->address);
    set_result(b, p, at + 1);
}

static struct probe *add_probe(struct builder *b, const char *at, enum role role)
{
    struct probe *p = ARENA_APPEND(b->e->arena, b->e->probes, b->e->n_probes, EVIDENCE_PROBES_MAX);

    make_probe(b, p, at, role);
    return p;
}

/* A control of another provider. */
static void add_rival(struct builder *b, const char *at)
{
    add_probe(b, at, ROLE_CONTROL)->host = "smtp.mail.yahoo.com";
}

/* Where mail is read; a row that was skipped for want of an address leaves its name without one. */
static void add_incoming(struct builder *b, const char *at, enum protocol protocol, const char *host)
{
    struct probe *p = add_probe(b, at, ROLE_INCOMING);
    struct name_view *name = ARENA_APPEND(b->e->arena, b->e->names, b->e->n_names, EVIDENCE_NAMES_MAX);

    p->protocol = protocol;
    p->host = host;
    *name = (struct name_view){ .role = ROLE_INCOMING, .host = host, .duration_ms = 10 };
    if (p->skip != SKIP_NO_ADDRESS && p->skip != SKIP_UNRESOLVED)
        ARENA_APPEND(b->e->arena, name->addresses, name->n_addresses, EVIDENCE_ADDRESSES_MAX)->address = p->address;
}

static void add_imap(struct builder *b, const char *at)
{
    add_incoming(b, at, PROTOCOL_IMAP, "imap.example.com");
}

static void add_pop(struct builder *b, const char *at)
{
    add_incoming(b, at, PROTOCOL_POP3, "pop.example.com");
}

/* ---- signing in and sending -------------------------------------------------- */

static struct errand *errand_of(struct builder *b)
{
    if (b->e->errand == NULL)
        b->e->errand = arena_alloc(b->e->arena, 1, sizeof *b->e->errand);
    return b->e->errand;
}

static void set_user(struct builder *b, const char *at)
{
    char *name = arena_strdup(b->e->arena, at);
    size_t len = strlen(name);

    if (len > 2 && strcmp(name + len - 2, "\\t") == 0)
        strcpy(name + len - 2, "\t");
    b->e->plan->user = peer_text_of(name);
    errand_of(b)->sign_in.user_form = secret_look(b->e->plan->user);
}

static void set_auth(struct builder *b, const char *at)
{
    b->e->plan->auth = arena_strdup(b->e->arena, at);
}

static void set_send(struct builder *b, const char *at)
{
    char to[64], from[64];
    int n = sscanf(at, "%63s %63s", to, from);

    ck_assert_int_ge(n, 1);
    b->e->plan->send_to = arena_strdup(b->e->arena, to);
    b->e->plan->send_from = n > 1 ? arena_strdup(b->e->arena, from) : NULL;
    errand_of(b);
}

static void set_stop(struct builder *b, const char *at)
{
    ck_assert(last_step_parse(&b->e->plan->last_step, at));
}

static void set_form(struct builder *b, const char *at)
{
    struct secret_form *f = &errand_of(b)->sign_in.form;

    f->app_password_groups = has_flag(at, "groups");
    f->app_password_letters = has_flag(at, "letters");
    f->app_password_hyphens = has_flag(at, "hyphens");
    f->blank_at_start = has_flag(at, "front");
    f->blank_at_end = has_flag(at, "end");
    f->line_end = has_flag(at, "line");
    f->empty = has_flag(at, "empty");
    f->control = has_flag(at, "control");
}

static void set_token(struct builder *b, const char *at)
{
    struct sign_in *s = &errand_of(b)->sign_in;
    char status[64] = "", scope[64] = "";

    sscanf(at, "%63s %63s", status, scope);
    s->kind = SECRET_TOKEN;
    s->oauth_status = peer_text_of(arena_strdup(b->e->arena, status));
    s->oauth_scope = peer_text_of(arena_strdup(b->e->arena, scope));
    s->token = (struct token_facts){ .expires_s = -1, .not_before_s = -1, .issued_s = -1 };
}

static struct peer_text claim(struct builder *b, const char *word)
{
    return peer_text_of(strcmp(word, "-") == 0 ? NULL : arena_strdup(b->e->arena, word));
}

static void set_claims(struct builder *b, const char *at)
{
    struct token_facts *t = &errand_of(b)->sign_in.token;
    char owner[64], audience[64], scopes[64];

    ck_assert_int_eq(sscanf(at, "%" SCNd64 " %" SCNd64 " %63s %63s %63s", &t->expires_s, &t->not_before_s, owner, audience,
                            scopes), 5);
    t->is_jwt = true;
    t->user = claim(b, owner);
    t->audience = claim(b, audience);
    t->scopes = claim(b, scopes);
}

PARSED(errand_bar)

static void set_bar(struct builder *b, const char *at)
{
    errand_of(b)->bar = errand_bar_of(at);
}

static void set_size(struct builder *b, const char *at)
{
    struct sending *s = &errand_of(b)->sending;

    ck_assert_int_eq(sscanf(at, "%" SCNu64 " %" SCNu64, &s->size, &s->size_limit), 2);
}

static void set_ehlo_line(struct builder *b, const char *at)
{
    errand_of(b)->connection->ehlo_line = peer_text_of(arena_strdup(b->e->arena, at));
}

/* The answers up to the end: those before it are good, and the one that refused is the connection's own. */
static void answer(struct errand *r, bool signs_in, enum stage end)
{
    const struct {
        struct refused_reply *reply;
        enum stage stage;
        struct refused_reply good;
    } answers[] = {
        { &r->sign_in.answer, STAGE_AUTH, { .code = 235 } },  { &r->sending.mail, STAGE_MAIL, { .code = 250 } },
        { &r->sending.rcpt, STAGE_RCPT, { .code = 250 } },    { &r->sending.data, STAGE_DATA, { .code = 354 } },
        { &r->sending.message, STAGE_MESSAGE, { .code = 250 } },
    };

    for (size_t i = signs_in ? 0 : 1; i < sizeof answers / sizeof answers[0]; i++) {
        if (answers[i].stage < end)
            *answers[i].reply = answers[i].good;
        if (answers[i].stage == end)
            *answers[i].reply = r->connection->reply;
    }
}

static void add_errand(struct builder *b, const char *at)
{
    struct errand *r = errand_of(b);
    struct probe *p = arena_alloc(b->e->arena, 1, sizeof *p);
    bool signs_in = b->e->plan->user.bytes != NULL;

    make_probe(b, p, at, ROLE_TARGET);
    if (p->n_auth == 0 && p->stage >= STAGE_EHLO && strstr(at, "noauth") == NULL)
        offer_auth(b, p);
    p->ehlo = "[192.0.2.9]";
    r->connection = p;
    r->sending.message_id = p->stage == STAGE_DONE ? "1.2@smtpdx.example" : NULL;
    answer(r, signs_in, p->stage);
    r->sign_in.begun = signs_in && p->stage >= STAGE_AUTH && p->fault != FAULT_NO_MECHANISM;
    r->sign_in.accepted = signs_in && p->stage > STAGE_AUTH;
    if (r->sign_in.begun)
        r->sign_in.mechanism = r->sign_in.kind == SECRET_TOKEN ? "XOAUTH2" : "PLAIN";
}

static void set_address(struct builder *b, const char *at)
{
    b->e->plan->host = arena_strdup(b->e->arena, at);
    b->e->plan->host_is_address = true;
    ck_assert(address_parse(&b->e->plan->host_address, at));
    b->e->names[0].host = b->e->plan->host;
}

/* ---- the clock ------------------------------------------------------------- */

PARSED(clock_kind)

static void add_clock(struct builder *b, const char *at)
{
    struct clock_view *v = &b->e->clock;
    struct clock_source *s = ARENA_APPEND(b->e->arena, v->sources, v->n_sources, CLOCK_SOURCES_MAX);
    char kind[32];
    double lower, upper;
    int n = sscanf(at, "%31s %lf %lf", kind, &lower, &upper);

    ck_assert_int_ge(n, 1);
    *s = (struct clock_source){ .kind = clock_kind_of(kind), .name = "time.example", .answered = n > 1 };
    s->has_lower = n > 1;
    s->has_upper = n > 2;
    s->lower_ms = n > 1 ? (int64_t)(lower * 1000) : 0;
    s->upper_ms = n > 2 ? (int64_t)(upper * 1000) : 0;
    clock_combine(v);
}

/* ---- paths ----------------------------------------------------------------- */

/* "587[@N]" */
static struct trace trace_to(const char *at)
{
    unsigned port = 0, number = 1;

    ck_assert_int_ge(sscanf(at, "%u@%u", &port, &number), 1);
    return (struct trace){ .address = address_number(number), .port = (uint16_t)port, .dial_port = (uint16_t)port };
}

static void add_hop(struct builder *b, struct trace *t, const char *word)
{
    struct hop *h = ARENA_APPEND(b->e->arena, t->hops, t->n_hops, PATH_HOPS_MAX);

    h->ms = 5;
    h->answer = *word == '-' ? HOP_SILENT : *word == '?' ? HOP_UNTRIED : *word == '+' ? HOP_REACHED : HOP_EXPIRED;
    if (h->answer != HOP_EXPIRED)
        return;
    h->answer = *word == '!' ? HOP_REFUSED : HOP_EXPIRED;
    h->icmp = (struct icmp_report){ .seen = true, .type = 11, .has_offender = true };
    ck_assert_msg(address_parse(&h->icmp.offender, word + (*word == '!')), "the builder cannot read '%s'", word);
}

static void add_path(struct builder *b, const char *at)
{
    struct path *p = ARENA_APPEND(b->e->arena, b->e->paths, b->e->n_paths, EVIDENCE_PATHS_MAX);
    char blocked[16], open[16], word[ADDRESS_TEXT_SIZE];
    struct trace *t = &p->blocked;
    int len = 0;

    ck_assert_int_eq(sscanf(at, "%15s %15s%n", blocked, open, &len), 2);
    *p = (struct path){ .host = b->e->plan->host, .blocked = trace_to(blocked), .open = trace_to(open), .complete = true };
    p->family = p->blocked.address.family;
    for (at += len; sscanf(at, "%63s%n", word, &len) == 1; at += len) {
        if (strcmp(word, "|") == 0)
            t = &p->open;
        else
            add_hop(b, t, word);
    }
}

/* ---- the whole ------------------------------------------------------------ */

static const struct statement {
    const char *word;
    void (*apply)(struct builder *b, const char *rest);
} statements[] = {
    { "provider", set_provider }, { "host", set_host },
    { "rival", add_rival },       { "address", set_address },
    { "ports", set_ports },       { "ask", ask },
    { "tls", set_tls },           { "route", set_routes },
    { "note", add_note },         { "dns", add_queries },
    { "system", set_system },     { "resolver", set_resolver },
    { "clock", add_clock },
    { "warn", set_warn_days },    { "crit", set_crit_days },
    { "dns2", add_second_queries }, { "hosts", set_hosts },
    { "warn-time", set_warn_time }, { "crit-time", set_crit_time },
    { "path", add_path },         { "user", set_user },
    { "auth", set_auth },         { "send", set_send },
    { "stop", set_stop },         { "form", set_form },
    { "token", set_token },       { "bar", set_bar },
    { "claims", set_claims },
    { "size", set_size },         { "ehlo-line", set_ehlo_line },
    { "errand", add_errand },     { "imap", add_imap },
    { "pop", add_pop },
};

static bool set_condition(struct evidence *e, const char *at)
{
    const struct {
        const char *word;
        bool *flag;
        bool value;
    } conditions[] = {
        { "only4", &e->plan->families[FAMILY_IPV6], false },
        { "only6", &e->plan->families[FAMILY_IPV4], false },
        { "nobody", &e->resolver_configured, false },
        { "interrupted", &e->interrupted, true },
        { "ceiling", &e->ceiling_reached, true },
        { "unloaded", &e->roots_loaded, false },
    };

    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        if (strcmp(at, conditions[i].word) == 0) {
            *conditions[i].flag = conditions[i].value;
            return true;
        }
    }
    if (strcmp(at, "noroots") == 0)
        e->n_roots = 0;
    return strcmp(at, "noroots") == 0;
}

static void apply(struct builder *b, const char *at)
{
    if (set_condition(b->e, at))
        return;
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        if (takes(&at, statements[i].word)) {
            statements[i].apply(b, at);
            return;
        }
    }
    if (takes(&at, "control"))
        add_probe(b, at, ROLE_CONTROL);
    else
        add_probe(b, at, ROLE_TARGET);
}

static struct evidence *healthy_machine(void)
{
    struct plan *plan = plan_new();
    struct evidence *e;

    plan->host = "smtp.example.com";
    plan->input = PEER_TEXT_LITERAL("smtp.example.com");
    e = evidence_new(plan);
    plan_free(plan);
    ck_assert(e != NULL);
    e->started_wall_ms = BUILDER_NOW * 1000;
    e->duration_ms = SILENCE_MS;
    e->has_route[FAMILY_IPV4] = e->has_route[FAMILY_IPV6] = true;
    e->resolver_configured = e->roots_loaded = true;
    e->n_roots = 140;
    ARENA_APPEND(e->arena, e->names, e->n_names, EVIDENCE_NAMES_MAX)->host = e->plan->host;
    return e;
}

struct evidence *evidence_built(const char *words)
{
    struct builder b = { .e = healthy_machine() };

    set_ports(&b, "25 465 587");
    while (*words != '\0') {
        char statement[STATEMENT_MAX];
        size_t len = strcspn(words, ";");

        ck_assert_uint_lt(len, sizeof statement);
        memcpy(statement, words, len);
        statement[len] = '\0';
        apply(&b, statement);
        words += len;
        words += strspn(words, "; ");
    }
    return b.e;
}
