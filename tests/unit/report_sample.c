/*
 * report_sample - made-up checks with a made-up diagnosis, for the tests of reports
 *
 * Memory that runs short here ends the test program.
 */
#include "report_sample.h"

#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "knowledge/finding_id.h"
#include "knowledge/text_id.h"

enum { NOON = 1795521600 }; /* 2026-11-24 12:00 UTC */

const char sample_hostile_text[] = "220 \x1b[31mred\x1b]52;c;cm0gLXJm\x07 \xe2\x80\xae"
                                   "evil\r\nnext\xc2\x9b" "2J \xff\\ \xe6\x97\xa5\xe6\x9c\xac";

static void *made(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

static struct plan *plan_for(const char *host)
{
    struct plan *plan = made(plan_new());
    static const uint16_t ports[] = { 25, 465, 587 };

    plan->host = made(arena_strdup(plan->arena, host));
    plan->input = peer_text_of(plan->host);
    plan->ports = made(arena_alloc(plan->arena, 3, sizeof *plan->ports));
    memcpy(plan->ports, ports, sizeof ports);
    plan->n_ports = 3;
    return plan;
}

static struct evidence *evidence_for(struct plan *plan)
{
    struct evidence *e = made(evidence_new(plan));

    plan_free(plan);
    e->started_wall_ms = (int64_t)NOON * 1000;
    e->duration_ms = 1234.5678;
    e->roots_loaded = true;
    e->n_roots = 140;
    e->has_route[FAMILY_IPV4] = true;
    e->resolver_configured = true;
    return e;
}

static void add_address(struct evidence *e, const char *address)
{
    struct name_view *name = e->n_names > 0
                                 ? &e->names[0]
                                 : made(ARENA_APPEND(e->arena, e->names, e->n_names, EVIDENCE_NAMES_MAX));
    struct found_address *found;
    struct dns_query *query;

    name->host = e->plan->host;
    name->duration_ms = 23.456;
    query = made(ARENA_APPEND(e->arena, name->queries, name->n_queries, EVIDENCE_QUERIES_MAX));
    *query =
        (struct dns_query){ .resolver = "192.0.2.53:53", .outcome = DNS_NXDOMAIN, .duration_ms = 23.456 };
    if (address == NULL)
        return;
    query->outcome = DNS_OK;
    query->n_addresses = 1;
    found = made(ARENA_APPEND(e->arena, name->addresses, name->n_addresses, EVIDENCE_ADDRESSES_MAX));
    found->ttl_s = 300;
    found->sources = SOURCE_DNS;
    if (!address_parse(&found->address, address))
        abort();
}

static void add_chain(struct evidence *e, int64_t not_after)
{
    struct chain *c = made(ARENA_APPEND(e->arena, e->chains, e->n_chains, EVIDENCE_CHAINS_MAX));
    struct certificate *leaf = made(arena_alloc(e->arena, 1, sizeof *leaf));

    leaf->subject = PEER_TEXT_LITERAL("CN=smtp.gmail.com");
    leaf->issuer = PEER_TEXT_LITERAL("CN=WR2,O=Google Trust Services,C=US");
    leaf->common_name = PEER_TEXT_LITERAL("smtp.gmail.com");
    leaf->names = made(arena_alloc(e->arena, 2, sizeof *leaf->names));
    leaf->n_names = 2;
    leaf->names[0] = (struct certificate_name){ NAME_DNS, PEER_TEXT_LITERAL("smtp.gmail.com") };
    leaf->names[1] = (struct certificate_name){ NAME_ADDRESS, PEER_TEXT_LITERAL("192.0.2.108") };
    leaf->not_before = NOON - 30 * 86400;
    leaf->not_after = not_after;
    leaf->key = "EC 256";
    leaf->signature = "RSA-SHA256";
    memset(leaf->sha256, 'a', 64);
    *c = (struct chain){ .host = e->plan->host, .certificates = leaf, .n_certificates = 1, .judged = true,
                         .trusted = true, .name_matches = true };
}

/* One of each kind and outcome. */
static void add_fetches(struct evidence *e)
{
    for (unsigned i = 0; i <= FETCH_STOPPED; i++) {
        struct fetch *f = made(ARENA_APPEND(e->arena, e->fetches, e->n_fetches, EVIDENCE_FETCHES_MAX));

        *f = (struct fetch){
            .kind = i % 2 == 0 ? FETCH_ISSUER : FETCH_OCSP,
            .url = i == FETCH_REFUSED ? "http://pki.example/a/long/path/without/an/end/that/no/line/of/a/terminal/holds/"
                                        "0123456789012345678901234567890123456789012345678901234567890123456789012345"
                                        "0123456789012345678901234567890123456789012345678901234567890123456789012345"
                                      : "http://pki.example/wr2",
            .outcome = (enum fetch_outcome)i,
            .status = i == FETCH_REFUSED ? 404 : 0,
            .duration_ms = 12.5,
        };
    }
}

static struct probe *add_probe(struct evidence *e, enum family family, uint16_t port, enum tls_mode mode)
{
    struct probe *p = made(ARENA_APPEND(e->arena, e->probes, e->n_probes, EVIDENCE_PROBES_MAX));

    p->host = e->plan->host;
    p->family = family;
    p->port = p->dial_port = port;
    p->mode = mode;
    p->chain = -1;
    p->connect_ms = p->greeting_ms = p->tls_ms = p->total_ms = p->slowest_ms = -1;
    return p;
}

static void add_skipped(struct evidence *e, enum family family, uint16_t port, enum tls_mode mode,
                        enum skip_reason skip)
{
    add_probe(e, family, port, mode)->skip = skip;
}

static struct probe *add_tried(struct evidence *e, uint16_t port, enum tls_mode mode,
                               enum probe_outcome outcome)
{
    struct probe *p = add_probe(e, FAMILY_IPV4, port, mode);
    static struct peer_text auth[] = { { "PLAIN", 5 }, { "XOAUTH2", 7 } };
    static struct peer_text keywords[] = { { "SIZE 35882577", 13 }, { "AUTH PLAIN XOAUTH2", 18 } };

    p->has_address = true;
    if (!address_parse(&p->address, "192.0.2.108"))
        abort();
    p->outcome = outcome;
    if (outcome != PROBE_OK)
        return p;
    p->stage = STAGE_DONE;
    p->connect_ms = 20.006;
    p->greeting_ms = 40.1;
    p->total_ms = 143;
    p->slowest_ms = p->greeting_ms;
    p->slowest_stage = STAGE_GREETING;
    p->greeting = PEER_TEXT_LITERAL("220 smtp.gmail.com ESMTP\r\n");
    p->keywords = keywords;
    p->n_keywords = 2;
    if (mode == TLS_MODE_NONE)
        return p;
    p->auth = auth;
    p->n_auth = 2;
    p->tls_ms = 41;
    p->tls_version = "TLS1.3";
    p->tls_cipher = "TLS_AES_256_GCM_SHA384";
    p->tls_group = "X25519";
    p->chain = e->n_chains > 0 ? 0 : -1;
    return p;
}

/* The cells of a host without IPv6 whose ports are what the caller says. */
static void add_matrix(struct evidence *e, enum probe_outcome on_465, enum probe_outcome on_587)
{
    static const uint16_t ports[] = { 25, 465, 587 };

    add_tried(e, 25, TLS_MODE_STARTTLS, PROBE_OK);
    add_tried(e, 25, TLS_MODE_NONE, PROBE_OK);
    add_tried(e, 465, TLS_MODE_IMPLICIT, on_465);
    add_tried(e, 587, TLS_MODE_STARTTLS, on_587);
    for (size_t i = 0; i < 3; i++) {
        bool implicit = plan_usual_mode(ports[i]) == TLS_MODE_IMPLICIT;

        add_skipped(e, FAMILY_IPV4, ports[i], implicit ? TLS_MODE_STARTTLS : TLS_MODE_IMPLICIT,
                    SKIP_NOT_NEEDED);
        add_skipped(e, FAMILY_IPV6, ports[i], TLS_MODE_STARTTLS, SKIP_NO_ROUTE);
        add_skipped(e, FAMILY_IPV6, ports[i], TLS_MODE_IMPLICIT, SKIP_NO_ROUTE);
    }
}

void sample_judge(struct sample *s)
{
    diagnosis_free(s->diagnosis);
    s->diagnosis = made(diagnose(s->evidence));
}

/* ---- diagnoses ------------------------------------------------------------ */

static struct diagnosis *diagnosis_for(const struct evidence *e, enum verdict verdict, enum text_id summary,
                                       enum text_id title)
{
    struct diagnosis *d = made(diagnosis_new());

    d->verdict = verdict;
    d->summary = summary;
    d->summary_arguments[0] = (struct argument){
        .name = "host", .kind = ARGUMENT_PEER,
        .value.peer = e->plan->host != NULL ? peer_text_of(e->plan->host) : e->plan->input,
    };
    d->summary_arguments[1] =
        (struct argument){ .name = "title", .kind = ARGUMENT_TEXT, .value.text = title };
    d->n_summary_arguments = 2;
    return d;
}

static void add_recommended(struct diagnosis *d, uint16_t port, enum tls_mode mode)
{
    struct recommended *r = made(ARENA_APPEND(d->arena, d->recommended, d->n_recommended, RECOMMENDED_MAX));
    static struct peer_text auth[] = { { "PLAIN", 5 } };

    *r = (struct recommended){
        .host = "smtp.gmail.com", .port = port, .mode = mode, .auth = auth, .n_auth = 1, .total_ms = 143
    };
}

static void add_finding(struct diagnosis *d, enum finding_id id, enum severity severity, int caused_by,
                        struct peer_text endpoint, int probe)
{
    struct diagnosed *f = made(ARENA_APPEND(d->arena, d->findings, d->n_findings, DIAGNOSIS_FINDINGS_MAX));
    struct because *b = made(arena_alloc(d->arena, 1, sizeof *b));

    *b = (struct because){ .text = TEXT_BECAUSE_PORT_BLOCKED_SILENT, .n_arguments = 2, .probe = probe };
    b->arguments[0] = (struct argument){ .name = "endpoint", .kind = ARGUMENT_PEER, .value.peer = endpoint };
    b->arguments[1] =
        (struct argument){ .name = "waited", .kind = ARGUMENT_DURATION, .value.duration_ms = 3021 };
    *f = (struct diagnosed){ .finding = id, .severity = severity, .confidence = 0.9, .caused_by = caused_by,
                             .because = b, .n_because = 1 };
}

static struct sample healthy(void)
{
    struct evidence *e = evidence_for(plan_for("smtp.gmail.com"));
    struct diagnosis *d = diagnosis_for(e, VERDICT_OK, TEXT_REPORT_VERDICT_OK, TEXT_NONE);

    add_address(e, "192.0.2.108");
    add_chain(e, NOON + 62 * 86400 + 100);
    add_matrix(e, PROBE_OK, PROBE_OK);
    add_recommended(d, 587, TLS_MODE_STARTTLS);
    add_recommended(d, 465, TLS_MODE_IMPLICIT);
    return (struct sample){ "healthy", e, d };
}

/* One hop lets the blocked port pass; the open one is lead on to the server. */
static void add_path(struct evidence *e)
{
    static struct hop blocked[2] = { { .answer = HOP_EXPIRED, .ms = 4.501 }, { .answer = HOP_SILENT, .ms = -1 } };
    static struct hop open[2] = { { .answer = HOP_EXPIRED, .ms = 4 }, { .answer = HOP_REACHED, .ms = 20 } };
    struct path *p = ARENA_APPEND(e->arena, e->paths, e->n_paths, EVIDENCE_PATHS_MAX);

    blocked[0].icmp = (struct icmp_report){ .seen = true, .type = 11, .has_offender = true };
    address_parse(&blocked[0].icmp.offender, "198.51.100.1");
    open[0].icmp = blocked[0].icmp;
    *p = (struct path){ .host = e->plan->host, .complete = true };
    address_parse(&p->blocked.address, "192.0.2.108");
    p->open.address = p->blocked.address;
    p->blocked.port = p->blocked.dial_port = 587;
    p->open.port = p->open.dial_port = 465;
    p->blocked.hops = blocked;
    p->open.hops = open;
    p->blocked.n_hops = p->open.n_hops = 2;
}

static struct sample blocked(void)
{
    struct plan *plan = plan_for("smtp.gmail.com");
    struct evidence *e;
    struct diagnosis *d;

    plan->asked_ports = &plan->ports[2];
    plan->n_asked_ports = 1;
    e = evidence_for(plan);
    d = diagnosis_for(e, VERDICT_CRITICAL, TEXT_REPORT_VERDICT_CRITICAL, TEXT_FINDING_PORT_BLOCKED_TITLE);
    add_address(e, "192.0.2.108");
    add_chain(e, NOON + 62 * 86400 + 100);
    add_matrix(e, PROBE_OK, PROBE_TIMEOUT);
    e->probes[3].fault = FAULT_SILENT;
    e->probes[3].total_ms = 3021;
    add_path(e);
    add_finding(d, FINDING_PORT_BLOCKED, SEVERITY_CRITICAL, -1, PEER_TEXT_LITERAL("192.0.2.108:587"), 3);
    d->primary = 0;
    add_recommended(d, 465, TLS_MODE_IMPLICIT);
    return (struct sample){ "blocked", e, d };
}

static struct sample expired(void)
{
    struct evidence *e = evidence_for(plan_for("smtp.gmail.com"));
    struct diagnosis *d =
        diagnosis_for(e, VERDICT_CRITICAL, TEXT_REPORT_VERDICT_CRITICAL, TEXT_FINDING_CERT_EXPIRED_TITLE);

    add_address(e, "192.0.2.108");
    add_chain(e, NOON - 3 * 86400 - 100);
    e->chains[0].trusted = false;
    e->chains[0].trust_flaws = TRUST_NO_ISSUER;
    e->chains[0].ocsp = (struct ocsp_answer){ OCSP_GOOD, NOON, NOON + 86400, -1 };
    e->chains[0].ocsp_fetched = true;
    add_fetches(e);
    add_matrix(e, PROBE_OK, PROBE_OK);
    add_finding(d, FINDING_CERT_EXPIRED, SEVERITY_CRITICAL, -1, PEER_TEXT_LITERAL("192.0.2.108:465"), 2);
    add_finding(d, FINDING_TLS_HANDSHAKE_FAILED, SEVERITY_CRITICAL, 0, PEER_TEXT_LITERAL("192.0.2.108:465"),
                2);
    add_finding(d, FINDING_PORT_25_BLOCKED, SEVERITY_INFO, -1, PEER_TEXT_LITERAL("192.0.2.108:25"), 0);
    d->primary = 0;
    return (struct sample){ "expired", e, d };
}

static struct sample whitespace(void)
{
    struct plan *plan = plan_for("smtp.gmail.com");
    struct evidence *e;
    struct diagnosis *d;
    struct input_note note = { INPUT_FLAW_WHITESPACE, 15, 1, 0x3000 };

    plan->input = PEER_TEXT_LITERAL("smtp.gmail.com\xe3\x80\x80");
    plan->suggestion = "smtp.gmail.com";
    plan->notes = &note;
    plan->n_notes = 1;
    e = evidence_for(plan);
    d = diagnosis_for(e, VERDICT_CRITICAL, TEXT_REPORT_VERDICT_CRITICAL, TEXT_FINDING_INPUT_WHITESPACE_TITLE);
    add_address(e, NULL);
    add_skipped(e, FAMILY_IPV4, 465, TLS_MODE_IMPLICIT, SKIP_NO_ADDRESS);
    add_finding(d, FINDING_INPUT_WHITESPACE, SEVERITY_CRITICAL, -1,
                PEER_TEXT_LITERAL("smtp.gmail.com\xe3\x80\x80"), -1);
    d->primary = 0;
    return (struct sample){ "whitespace", e, d };
}

static struct sample unreadable(void)
{
    struct plan *plan = plan_for("unused");
    struct evidence *e;
    struct diagnosis *d;

    plan->host = NULL;
    plan->input = peer_text_of("...\x1b[2J");
    e = evidence_for(plan);
    d = diagnosis_for(e, VERDICT_CRITICAL, TEXT_REPORT_VERDICT_CRITICAL, TEXT_FINDING_INPUT_INVALID_TITLE);
    add_finding(d, FINDING_INPUT_INVALID, SEVERITY_CRITICAL, -1, e->plan->input, -1);
    d->findings[0].arguments[0] =
        (struct argument){ .name = "host", .kind = ARGUMENT_WORD, .value.word = "" };
    d->findings[0].n_arguments = 1;
    d->primary = 0;
    return (struct sample){ "unreadable", e, d };
}

/* Everything that a server can say in an errand, or that was typed for one. */
static void add_hostile_errand(struct evidence *e, struct peer_text evil)
{
    struct refused_reply reply = { .code = 554, .text = evil };
    struct errand *r = e->errand = made(arena_alloc(e->arena, 1, sizeof *r));

    r->connection = &e->probes[0];
    r->sign_in = (struct sign_in){
        .kind = SECRET_TOKEN, .mechanism = "XOAUTH2", .begun = true, .answer = reply,
        .oauth_status = evil, .oauth_schemes = evil, .oauth_scope = evil,
        .token = { .is_jwt = true, .issuer = evil, .audience = evil, .scopes = evil, .roles = evil, .user = evil,
                   .expires_s = INT64_MIN, .not_before_s = INT64_MAX, .issued_s = 0 },
    };
    r->sending = (struct sending){ .begun = true, .mail = reply };
    e->plan->user = evil;
    e->plan->send_to = e->plan->send_from = "bob@example.net";
}

static struct sample hostile(void)
{
    struct sample s = expired();
    struct peer_text evil = { sample_hostile_text, sizeof sample_hostile_text - 1 };
    struct certificate *leaf = &s.evidence->chains[0].certificates[0];

    leaf->subject = leaf->issuer = leaf->common_name = leaf->names[0].text = leaf->names[1].text = evil;
    leaf->not_after = INT64_MIN;
    leaf->not_before = INT64_MAX;
    for (size_t i = 0; i < s.evidence->n_probes; i++) {
        struct probe *p = &s.evidence->probes[i];

        p->greeting = p->reply.text = p->raw = evil;
        p->error_text = p->error_code = sample_hostile_text;
        p->reply.code = 554;
        p->keywords = p->auth = &leaf->subject;
        p->n_keywords = p->n_auth = 1;
    }
    s.evidence->probes[2].outcome = PROBE_FAILED;
    s.evidence->probes[2].fault = FAULT_REPLY;
    s.evidence->names[0].queries[0].canonical = sample_hostile_text;
    s.evidence->plan->input = evil;
    s.evidence->fetches[0].url = sample_hostile_text;
    add_hostile_errand(s.evidence, evil);
    for (size_t i = 0; i < s.diagnosis->n_findings; i++)
        s.diagnosis->findings[i].because[0].arguments[0].value.peer = evil;
    s.name = "hostile";
    return s;
}

static struct sample interrupted(void)
{
    struct evidence *e = evidence_for(plan_for("smtp.gmail.com"));
    struct diagnosis *d = diagnosis_for(e, VERDICT_UNKNOWN, TEXT_REPORT_VERDICT_UNKNOWN, TEXT_NONE);

    add_address(e, "192.0.2.108");
    add_matrix(e, PROBE_RUNNING, PROBE_RUNNING);
    e->probes[2].stage = STAGE_TLS;
    e->probes[3].stage = STAGE_GREETING;
    e->interrupted = true;
    return (struct sample){ "interrupted", e, d };
}

static struct sample wrong_mode(void)
{
    struct plan *plan = plan_for("smtp.gmail.com");
    struct sample s = { "wrong-mode", NULL, NULL };
    struct probe *p;

    plan->asked_ports = &plan->ports[2];
    plan->n_asked_ports = 1;
    plan->tls_asked = true;
    plan->tls = TLS_MODE_IMPLICIT;
    s.evidence = evidence_for(plan);
    add_address(s.evidence, "192.0.2.108");
    add_chain(s.evidence, NOON + 62 * 86400 + 100);
    add_matrix(s.evidence, PROBE_OK, PROBE_OK);
    p = add_tried(s.evidence, 587, TLS_MODE_IMPLICIT, PROBE_FAILED);
    p->stage = STAGE_TLS;
    p->fault = FAULT_PLAIN_EXPECTED;
    p->connect_ms = 20;
    p->total_ms = 61;
    p->raw = p->greeting = PEER_TEXT_LITERAL("220 smtp.gmail.com ESMTP\r\n");
    sample_judge(&s);
    return s;
}

/* One connection beside the matrix, on port 465. */
static struct sample errand_sample(const char *name, bool sends)
{
    struct plan *plan = plan_for("smtp.gmail.com");
    struct sample s = { name, NULL, NULL };
    struct errand *r;

    plan->provider = "gmail";
    plan->user = PEER_TEXT_LITERAL("alice@gmail.com");
    plan->send_to = sends ? "bob@example.net" : NULL;
    plan->send_from = sends ? "alice@gmail.com" : NULL;
    s.evidence = evidence_for(plan);
    add_address(s.evidence, "192.0.2.108");
    add_chain(s.evidence, NOON + 62 * 86400 + 100);
    add_matrix(s.evidence, PROBE_OK, PROBE_OK);
    r = s.evidence->errand = made(arena_alloc(s.evidence->arena, 1, sizeof *r));
    r->connection = made(arena_alloc(s.evidence->arena, 1, sizeof *r->connection));
    *r->connection = *add_tried(s.evidence, 465, TLS_MODE_IMPLICIT, PROBE_OK);
    s.evidence->n_probes--;
    r->sign_in.begun = true;
    r->sign_in.mechanism = "PLAIN";
    return s;
}

static struct sample refused(void)
{
    struct sample s = errand_sample("refused", false);
    struct errand *r = s.evidence->errand;

    r->connection->outcome = PROBE_FAILED;
    r->connection->stage = STAGE_AUTH;
    r->connection->fault = FAULT_REPLY;
    r->sign_in.answer = (struct refused_reply){
        .code = 535, .enhanced = { 5, 7, 8 },
        .text = PEER_TEXT_LITERAL("535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 More at https://g.example\r\n"),
    };
    r->connection->reply = r->sign_in.answer;
    sample_judge(&s);
    return s;
}

static struct sample sent(void)
{
    const struct refused_reply good = { .code = 250, .text = PEER_TEXT_LITERAL("250 2.0.0 OK\r\n") };
    struct sample s = errand_sample("sent", true);
    struct errand *r = s.evidence->errand;

    r->sign_in.accepted = true;
    r->sign_in.answer = (struct refused_reply){ .code = 235 };
    r->sending = (struct sending){
        .begun = true, .size_limit = 35882577, .size = 511, .message_id = "1.2@gmail.com",
        .mail = good, .rcpt = good, .data = { .code = 354 }, .message = good,
    };
    sample_judge(&s);
    return s;
}

static struct sample barred(void)
{
    struct sample s = errand_sample("barred", false);
    struct errand *r = s.evidence->errand;

    *r = (struct errand){ .bar = BAR_UNVERIFIED };
    s.evidence->chains[0].certificates[0].not_after = NOON - 86400;
    sample_judge(&s);
    return s;
}

static struct sample offline(void)
{
    static const uint16_t ports[] = { 25, 465, 587 };
    struct sample s = { "offline", evidence_for(plan_for("smtp.gmail.com")), NULL };

    s.evidence->has_route[FAMILY_IPV4] = false;
    add_address(s.evidence, NULL);
    s.evidence->names[0].queries[0].outcome = DNS_UNREACHABLE;
    for (size_t i = 0; i < 3; i++) {
        add_skipped(s.evidence, FAMILY_IPV4, ports[i], plan_usual_mode(ports[i]), SKIP_NO_ADDRESS);
        add_skipped(s.evidence, FAMILY_IPV6, ports[i], plan_usual_mode(ports[i]), SKIP_NO_ADDRESS);
    }
    sample_judge(&s);
    return s;
}

struct sample sample_new(enum sample_kind kind)
{
    switch (kind) {
    case SAMPLE_HEALTHY:
        return healthy();
    case SAMPLE_BLOCKED:
        return blocked();
    case SAMPLE_EXPIRED:
        return expired();
    case SAMPLE_WHITESPACE:
        return whitespace();
    case SAMPLE_UNREADABLE:
        return unreadable();
    case SAMPLE_HOSTILE:
        return hostile();
    case SAMPLE_INTERRUPTED:
        return interrupted();
    case SAMPLE_WRONG_MODE:
        return wrong_mode();
    case SAMPLE_OFFLINE:
        return offline();
    case SAMPLE_REFUSED:
        return refused();
    case SAMPLE_SENT:
        return sent();
    case SAMPLE_BARRED:
        return barred();
    }
    abort();
}

void sample_free(struct sample *s)
{
    s->evidence = evidence_free(s->evidence);
    s->diagnosis = diagnosis_free(s->diagnosis);
}
