#include "model/evidence_json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "fail_alloc.h"
#include "unit.h"

static struct address address_of(const char *text)
{
    struct address a;

    ck_assert(address_parse(&a, text));
    return a;
}

/* PEER_TEXT_LITERAL for what is static. */
#define BYTES(s) { (s), sizeof(s) - 1 }

static struct peer_text list_of_peers[2][2] = {
    { BYTES("SIZE 35882577"), BYTES("X-\xff\x00") },
    { BYTES("PLAIN"), BYTES("XOAUTH2") },
};

/* Every field differs from what zeroed memory holds, and from its neighbours. */
static struct plan *full_plan(void)
{
    static struct input_note notes[] = { { INPUT_FLAW_CHARACTER, 7, 1, 0x3001 }, { INPUT_FLAW_DECORATION, 1, 8, 0x20 } };
    static uint16_t asked_ports[] = { 2587, 465 };
    static uint16_t ports[] = { 25, 465, 587, 2587 };
    static struct endpoint resolvers[2];
    static const char *ca_files[] = { "/etc/root.pem", "/tmp/\xff.pem" };
    static struct port_map port_maps[] = { { 25, 2525 }, { 587, 65535 } };
    static struct endpoint other_resolvers[] = { { { FAMILY_IPV4, { 192, 0, 2, 8 }, 0 }, 5353 } };
    static struct control controls[] = { { "control.example", 587 } };
    static struct incoming_server incoming[] = { { PROTOCOL_IMAP, "imap.example", 993, TLS_MODE_IMPLICIT },
                                                 { PROTOCOL_POP3, "pop.example", 110, TLS_MODE_STARTTLS } };
    static struct time_server time_servers[] = { { true, "time.example", 8080 }, { true, "192.0.2.123", 123 } };
    static struct plan p;

    resolvers[0] = (struct endpoint){ .address = address_of("192.0.2.53"), .port = 53 };
    resolvers[1] = (struct endpoint){ .address = address_of("2001:db8::53"), .port = 5353 };
    p = (struct plan){
        .input = PEER_TEXT_LITERAL(" \xe3\x80\x80smtp.example\xff\r\n"), .host = "192.0.2.7", .host_is_address = true,
        .host_address = address_of("192.0.2.7"), .provider = "gmail", .suggestion = "smtp.example",
        .slip = SLIP_DOT, .slip_of = "smtp.example", .slip_in_address = true, .host_role = HOST_ROLE_MX, .is_setting = true, .notes = notes,
        .n_notes = 2, .asked_ports = asked_ports, .n_asked_ports = 2, .tls_asked = true, .tls = TLS_MODE_IMPLICIT,
        .ports = ports, .n_ports = 4, .families = { true, true }, .resolvers = resolvers, .n_resolvers = 2,
        .has_address = true, .address = address_of("fe80::1%3"), .ca_files = ca_files, .n_ca_files = 2,
        .system_ca = true, .port_maps = port_maps, .n_port_maps = 2, .ehlo = "[IPv6:2001:db8::9]",
        .timeout_ms = 12345, .time_servers = time_servers, .n_time_servers = 2,
        .other_resolvers = other_resolvers, .n_other_resolvers = 1, .controls = controls, .n_controls = 1, .no_clock = true,
        .only_target = true, .fetch = true,
        .warn_days = 22, .crit_days = 4, .cert_file = "me é.pem",
        .key_file = "me.key",
        .warn_time_ms = 1500, .crit_time_ms = 2500,
        .user = PEER_TEXT_LITERAL("me\xe9 "), .auth = "PLAIN", .send_to = "a@mail.example", .send_from = "b@mail.example",
        .last_step = LAST_STEP_RCPT, .accept_look_alike = true, .incoming = true,
        .incoming_servers = incoming, .n_incoming_servers = 2,
    };
    return &p;
}

static struct name_view *full_names(void)
{
    static struct dns_query queries[] = {
        { RECORD_AAAA, "192.0.2.53:53", DNS_NO_DATA, 0.1, 3, "mail.example" },
        { RECORD_A, "[2001:db8::53]:5353", DNS_MALFORMED, 12.0625, 4, "odd\x1bname" },
    };
    static struct found_address addresses[2];
    static struct name_view names[2];

    addresses[0] = (struct found_address){ address_of("192.0.2.7"), 300, SOURCE_DNS | SOURCE_HOSTS, 7 };
    addresses[1] = (struct found_address){ address_of("fe80::7%2"), -1, SOURCE_TYPED | SOURCE_SYSTEM, 9 };
    names[0] = (struct name_view){ ROLE_TARGET, "192.0.2.7", queries, 2, addresses, 2, 5, true, DNS_SERVFAIL, -2, 33.3 };
    names[1] = names[0];
    names[1].role = ROLE_CONTROL;
    names[1].host = "time.example";
    return names;
}

static struct chain *full_chains(void)
{
    static struct certificate_name names[] = { { NAME_ADDRESS, BYTES("192.0.2.7") },
                                               { NAME_DNS, BYTES("*.example\xc0\xaf") } };
    static struct certificate certificates[2];
    static struct chain chains[2];

    certificates[0] = (struct certificate){
        PEER_TEXT_LITERAL("0\x82\x01\x00\xff"), PEER_TEXT_LITERAL("CN=leaf"), PEER_TEXT_LITERAL("CN=\"root\"\\"),
        PEER_TEXT_LITERAL("\xe8\x91\x89"), names, 2, -123456789012, 1790000000, "RSA 2048", "RSA-SHA256", "", true,
        true, true, true, true,
    };
    snprintf(certificates[0].sha256, sizeof certificates[0].sha256, "%064d", 7);
    certificates[1] = certificates[0];
    certificates[1].der = PEER_TEXT_LITERAL("1");
    chains[0] = (struct chain){ "mail.example", certificates, 2, true, true, TRUST_NO_ISSUER | TRUST_OTHER, true, true,
                                true, true, 2, true, COMPLETION_FETCHED, certificates, 2, PEER_TEXT_LITERAL("0\x03\x0a\x01\xff"),
                                PEER_TEXT_LITERAL("0\x03\x0a\x01\xfe"), true, { OCSP_REVOKED, 1790000001, 1790000002, 1790000003 } };
    chains[1] = chains[0];
    chains[1].trust_flaws = TRUST_FLAW_ALL;
    return chains;
}

static struct fetch *full_fetches(void)
{
    static struct fetch fetches[] = {
        { FETCH_OCSP, 1, "http://pki.example:8080/ocsp?a=b", FETCH_REFUSED, 404, 12.5, 3.25 },
        { FETCH_OCSP, 1, "http://[2001:db8::1]/", FETCH_UNFIT, 200, 1.0 / 3, 1e6 },
    };

    return fetches;
}

static struct probe *full_probes(void)
{
    static struct probe probes[2];

    probes[0] = (struct probe){
        .role = ROLE_SUGGESTION, .protocol = PROTOCOL_POP3, .host = "mail.example", .has_address = true, .address = address_of("2001:db8::7"),
        .family = FAMILY_IPV6, .port = 25, .dial_port = 2525, .mode = TLS_MODE_STARTTLS, .outcome = PROBE_TIMEOUT,
        .stage = STAGE_STARTTLS, .skip = SKIP_STOPPED, .fault = FAULT_NOT_SMTP, .service = SERVICE_MYSQL,
        .error_text = "Connection refused", .error_code = "ECONNREFUSED", .tls_alert_received = true,
        .tls_alert = 40, .icmp = { true, 3, 13, true, address_of("192.0.2.254") },
        .reply = { 535, { 5, 7, 8 }, PEER_TEXT_LITERAL("535-5.7.8 no\r\n535 5.7.8 \xe9\r\n") },
        .raw = PEER_TEXT_LITERAL("\x15\x03\x01"), .started_ms = 1.5, .connect_ms = 1.0 / 3,
        .round_trip_ms = 0.25, .attempts = 3,
        .http_status = 302, .http_page = true, .http_location = PEER_TEXT_LITERAL("http://portal.example/"), .greeting_ms = 2.25,
        .tls_ms = 3.125, .total_ms = 1e9 + 0.1, .slowest_ms = 7.5,
        .slowest_stage = STAGE_EHLO, .greeting = PEER_TEXT_LITERAL("220 mail.example ESMTP\r\n"),
        .keywords = list_of_peers[0], .n_keywords = 2, .auth = list_of_peers[1], .n_auth = 2,
        .starttls_offered = true, .starttls_masked = true, .helo_used = true, .n_injected = 17,
        .mail_accepted = true, .ehlo = "[192.0.2.1]",
        .ehlo_line = PEER_TEXT_LITERAL("250-mail.example at your service, [192.0.2.7]"), .other_ehlo = "pc.example", .other_ehlo_accepted = true,
        .twin_tried = true, .small_segments_tried = true, .small_segments_ok = true,
        .tls_version = "TLS1.3", .tls_cipher = "AES-256-GCM", .tls_group = "X25519",
        .chain = 1, .certificate_requested = true, .certificate_sent = true, .tls_old = "TLS1.0",
        .no_sni_tried = true, .no_sni_chain = 1,
    };
    probes[1] = probes[0];
    probes[1].address = address_of("192.0.2.7");
    probes[1].family = FAMILY_IPV4;
    probes[1].chain = probes[1].no_sni_chain = -1;
    return probes;
}

static struct clock_view full_clock(void)
{
    static struct clock_source sources[] = {
        { CLOCK_HTTP_DATE, "time.example", true, "no-date", true, true, -172800123, -172799000, true },
        { CLOCK_BUILD_DATE, "192.0.2.7:25", true, "silent", true, true, INT64_C(-1999999999999999), 7, true },
    };

    return (struct clock_view){ sources, 2, true, true, -172800123, -172799000, 2 };
}

static struct path *full_paths(void)
{
    static struct hop hops[] = { { HOP_EXPIRED, { true, 11, 1, true, { FAMILY_IPV4, { 192, 0, 2, 254 }, 0 } }, 1.25 },
                                 { HOP_REFUSED, { true, 3, 13, true, { FAMILY_IPV4, { 192, 0, 2, 253 }, 0 } }, 2.5 } };
    static struct path paths[1];

    paths[0] = (struct path){ ROLE_CONTROL, "mail.example", FAMILY_IPV6,
                              { address_of("2001:db8::7"), 587, 2587, hops, 2 },
                              { address_of("192.0.2.7"), 465, 2465, hops, 1 }, true };
    return paths;
}

static struct errand *full_errand(void)
{
    static const struct refused_reply reply = { 535, { 5, 7, 8 }, BYTES("535 5.7.8 \xe9") };
    static const struct secret_form form = { true, true, true, true, true, true, true, true, true, true };
    static struct errand errand;

    errand = (struct errand){
        .bar = BAR_LOOK_ALIKE,
        .connection = full_probes(),
        .sign_in = { SECRET_TOKEN, form, form, "XOAUTH2", true, true, PEER_TEXT_LITERAL("400"),
                     PEER_TEXT_LITERAL("Bearer"), PEER_TEXT_LITERAL("mail \xff"), reply,
                     { true, PEER_TEXT_LITERAL("iss"), PEER_TEXT_LITERAL("aud"), PEER_TEXT_LITERAL("scp"),
                       PEER_TEXT_LITERAL("roles"), PEER_TEXT_LITERAL("me"), 1790000004, 1790000005, 1790000006 } },
        .sending = { true, 35882577, 1234, "1@mail.example", reply, reply, reply, reply },
    };
    return &errand;
}

static struct evidence full_evidence(void)
{
    return (struct evidence){
        .plan = full_plan(), .started_wall_ms = 1790000000123, .duration_ms = 4321.5, .interrupted = true,
        .ceiling_reached = true, .incomplete = true, .own_trouble = "Too many open files",
        .has_route = { true, true }, .resolver_configured = true, .n_roots = 142, .roots_loaded = true,
        .n_roots_broken = 3, .names = full_names(), .n_names = 2, .probes = full_probes(), .n_probes = 2,
        .chains = full_chains(), .n_chains = 2, .fetches = full_fetches(), .n_fetches = 2, .clock = full_clock(),
        .paths = full_paths(), .n_paths = 1, .errand = full_errand(),
    };
}

/* The record; freed by the caller. */
static char *record_of(const struct evidence *e)
{
    struct buf out;

    buf_init(&out, EVIDENCE_RECORD_MAX);
    ck_assert(evidence_save(&out, e));
    return buf_take(&out);
}

static struct evidence *load(const char *record)
{
    const char *why;
    struct evidence *e = evidence_load(record, strlen(record), &why);

    ck_assert_msg(e != NULL, "%s", why == NULL ? "no memory" : why);
    ck_assert_ptr_null(why);
    return e;
}

/* ---- the same, field by field ------------------------------------------------ */

static bool same_string(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

#define SAME(field) ck_assert_msg(a->field == b->field, #field)
#define SAME_BITS(field) ck_assert_msg(memcmp(&a->field, &b->field, sizeof a->field) == 0, #field)
#define SAME_STRING(field) ck_assert_msg(same_string(a->field, b->field), #field)
#define SAME_PEER(field) ck_assert_msg(peer_text_equal(a->field, b->field), #field)
#define SAME_ADDRESS(field) ck_assert_msg(address_equal(&a->field, &b->field), #field)

static void same_plan(const struct plan *a, const struct plan *b)
{
    SAME_PEER(input), SAME_STRING(host), SAME(host_is_address), SAME_ADDRESS(host_address);
    SAME(slip), SAME_STRING(slip_of), SAME(slip_in_address), SAME(host_role), SAME(is_setting);
    SAME_STRING(provider), SAME_STRING(suggestion), SAME(n_notes), SAME(n_asked_ports), SAME(tls_asked), SAME(tls);
    SAME(n_ports), SAME_BITS(families), SAME(n_resolvers), SAME(has_address), SAME_ADDRESS(address);
    SAME(n_ca_files), SAME(system_ca), SAME(n_port_maps), SAME_STRING(ehlo), SAME(timeout_ms);
    SAME(warn_days), SAME(crit_days), SAME_STRING(cert_file), SAME_STRING(key_file);
    SAME(warn_time_ms), SAME(crit_time_ms), SAME_PEER(user), SAME_STRING(auth), SAME_STRING(send_to);
    SAME_STRING(send_from), SAME(last_step), SAME(accept_look_alike), SAME(incoming);
    for (size_t i = 0; i < a->n_notes; i++)
        SAME(notes[i].flaw), SAME(notes[i].column), SAME(notes[i].span), SAME(notes[i].code_point);
    for (size_t i = 0; i < a->n_asked_ports; i++)
        SAME(asked_ports[i]);
    for (size_t i = 0; i < a->n_ports; i++)
        SAME(ports[i]);
    for (size_t i = 0; i < a->n_resolvers; i++)
        SAME_ADDRESS(resolvers[i].address), SAME(resolvers[i].port);
    for (size_t i = 0; i < a->n_ca_files; i++)
        SAME_STRING(ca_files[i]);
    for (size_t i = 0; i < a->n_port_maps; i++)
        SAME(port_maps[i].meant), SAME(port_maps[i].used);
    SAME(n_other_resolvers);
    for (size_t i = 0; i < a->n_other_resolvers; i++)
        SAME_ADDRESS(other_resolvers[i].address), SAME(other_resolvers[i].port);
    SAME(n_controls);
    for (size_t i = 0; i < a->n_controls; i++)
        SAME_STRING(controls[i].host), SAME(controls[i].port);
    SAME(n_incoming_servers);
    for (size_t i = 0; i < a->n_incoming_servers; i++) {
        SAME(incoming_servers[i].protocol), SAME_STRING(incoming_servers[i].host);
        SAME(incoming_servers[i].port), SAME(incoming_servers[i].mode);
    }
    SAME(n_time_servers), SAME(no_clock), SAME(only_target), SAME(fetch);
    for (size_t i = 0; i < a->n_time_servers; i++)
        SAME(time_servers[i].http), SAME_STRING(time_servers[i].host), SAME(time_servers[i].port);
}

static void same_name(const struct name_view *a, const struct name_view *b)
{
    SAME(role), SAME_STRING(host), SAME(n_queries), SAME(n_addresses), SAME(n_refused), SAME(system_asked);
    SAME(system), SAME(system_code), SAME_BITS(duration_ms);
    for (size_t i = 0; i < a->n_queries; i++) {
        SAME(queries[i].type), SAME_STRING(queries[i].resolver), SAME(queries[i].outcome);
        SAME_BITS(queries[i].duration_ms), SAME(queries[i].n_addresses), SAME_STRING(queries[i].canonical);
    }
    for (size_t i = 0; i < a->n_addresses; i++)
        SAME_ADDRESS(addresses[i].address), SAME(addresses[i].ttl_s), SAME(addresses[i].sources), SAME(addresses[i].hosts_line);
}

static void same_certificate(const struct certificate *a, const struct certificate *b)
{
    SAME_PEER(der), SAME_PEER(subject), SAME_PEER(issuer), SAME_PEER(common_name), SAME(n_names), SAME(not_before);
    SAME(not_after), SAME_STRING(key), SAME_STRING(signature), SAME_STRING(sha256), SAME(self_issued);
    SAME(has_ca_issuers), SAME(weak_key), SAME(weak_signature), SAME(must_staple);
    for (size_t i = 0; i < a->n_names; i++)
        SAME(names[i].kind), SAME_PEER(names[i].text);
}

static void same_chain(const struct chain *a, const struct chain *b)
{
    SAME_STRING(host), SAME(n_certificates), SAME(judged), SAME(trusted), SAME(trust_flaws), SAME(leaf_self_signed);
    SAME(issuer_public), SAME(name_matches), SAME(current), SAME(n_needed), SAME(root_given), SAME(completion), SAME_PEER(staple), SAME(ocsp.status);
    SAME(ocsp.this_update), SAME(ocsp.next_update), SAME(ocsp.revoked_at);
    SAME(n_fetched), SAME_PEER(fetched_ocsp), SAME(ocsp_fetched);
    for (size_t i = 0; i < a->n_fetched; i++)
        same_certificate(&a->fetched[i], &b->fetched[i]);
    for (size_t i = 0; i < a->n_certificates; i++)
        same_certificate(&a->certificates[i], &b->certificates[i]);
}

static void same_probe(const struct probe *a, const struct probe *b)
{
    SAME(role), SAME(protocol), SAME_STRING(host), SAME(has_address), SAME_ADDRESS(address), SAME(family), SAME(port);
    SAME(dial_port), SAME(mode), SAME(outcome), SAME(stage), SAME(skip), SAME(fault), SAME(service);
    SAME_STRING(error_text), SAME_STRING(error_code), SAME(tls_alert_received), SAME(tls_alert), SAME(icmp.seen);
    SAME(icmp.type), SAME(icmp.code), SAME(icmp.has_offender), SAME_ADDRESS(icmp.offender), SAME(reply.code);
    SAME_BITS(reply.enhanced), SAME_PEER(reply.text), SAME_PEER(raw), SAME_BITS(started_ms), SAME_BITS(connect_ms);
    SAME_BITS(round_trip_ms), SAME(attempts), SAME(http_status), SAME(http_page), SAME_PEER(http_location);
    SAME_BITS(greeting_ms), SAME_BITS(tls_ms), SAME_BITS(total_ms), SAME_BITS(slowest_ms), SAME(slowest_stage),
    SAME_PEER(greeting), SAME(n_keywords);
    SAME(n_auth), SAME(starttls_offered), SAME(starttls_masked), SAME(helo_used), SAME(n_injected);
    SAME(certificate_requested), SAME(certificate_sent), SAME_STRING(tls_old);
    SAME(mail_accepted), SAME_STRING(ehlo), SAME_PEER(ehlo_line), SAME_STRING(other_ehlo);
    SAME(other_ehlo_accepted);
    SAME_STRING(tls_version), SAME_STRING(tls_cipher), SAME_STRING(tls_group), SAME(chain), SAME(no_sni_tried);
    SAME(no_sni_chain);
    SAME(twin_tried), SAME(small_segments_tried), SAME(small_segments_ok);
    for (size_t i = 0; i < a->n_keywords; i++)
        SAME_PEER(keywords[i]);
    for (size_t i = 0; i < a->n_auth; i++)
        SAME_PEER(auth[i]);
}

static void same_reply(const struct refused_reply *a, const struct refused_reply *b)
{
    SAME(code), SAME_BITS(enhanced), SAME_PEER(text);
}

static void same_errand(const struct errand *a, const struct errand *b)
{
    SAME(bar);
    same_probe(a->connection, b->connection);
    SAME(sign_in.kind), SAME_BITS(sign_in.form), SAME_BITS(sign_in.user_form), SAME_STRING(sign_in.mechanism);
    SAME(sign_in.begun), SAME(sign_in.accepted);
    SAME_PEER(sign_in.oauth_status), SAME_PEER(sign_in.oauth_schemes), SAME_PEER(sign_in.oauth_scope);
    SAME(sign_in.token.is_jwt), SAME_PEER(sign_in.token.issuer), SAME_PEER(sign_in.token.audience);
    SAME_PEER(sign_in.token.scopes), SAME_PEER(sign_in.token.roles), SAME_PEER(sign_in.token.user);
    SAME(sign_in.token.expires_s), SAME(sign_in.token.not_before_s), SAME(sign_in.token.issued_s);
    same_reply(&a->sign_in.answer, &b->sign_in.answer);
    SAME(sending.begun), SAME(sending.size_limit), SAME(sending.size), SAME_STRING(sending.message_id);
    same_reply(&a->sending.mail, &b->sending.mail);
    same_reply(&a->sending.rcpt, &b->sending.rcpt);
    same_reply(&a->sending.data, &b->sending.data);
    same_reply(&a->sending.message, &b->sending.message);
}

static void same_fetch(const struct fetch *a, const struct fetch *b)
{
    SAME(kind), SAME(chain), SAME_STRING(url), SAME(outcome), SAME(status), SAME_BITS(started_ms);
    SAME_BITS(duration_ms);
}

static void same_clock(const struct clock_view *a, const struct clock_view *b)
{
    SAME(n_sources), SAME(known), SAME(has_upper), SAME(lower_ms), SAME(upper_ms), SAME(n_agree);
    for (size_t i = 0; i < a->n_sources; i++) {
        SAME(sources[i].kind), SAME_STRING(sources[i].name), SAME(sources[i].answered);
        SAME_STRING(sources[i].error), SAME(sources[i].has_lower), SAME(sources[i].has_upper);
        SAME(sources[i].lower_ms), SAME(sources[i].upper_ms), SAME(sources[i].agrees);
    }
}

static void same_trace(const struct trace *a, const struct trace *b)
{
    SAME_ADDRESS(address), SAME(port), SAME(dial_port), SAME(n_hops);
    for (size_t i = 0; i < a->n_hops; i++) {
        SAME(hops[i].answer), SAME_BITS(hops[i].ms), SAME(hops[i].icmp.seen), SAME(hops[i].icmp.type);
        SAME(hops[i].icmp.code), SAME(hops[i].icmp.has_offender), SAME_ADDRESS(hops[i].icmp.offender);
    }
}

static void same_path(const struct path *a, const struct path *b)
{
    SAME(role), SAME_STRING(host), SAME(family), SAME(complete);
    same_trace(&a->blocked, &b->blocked);
    same_trace(&a->open, &b->open);
}

static void same_evidence(const struct evidence *a, const struct evidence *b)
{
    ck_assert_int_eq(a->errand == NULL, b->errand == NULL);
    if (a->errand != NULL)
        same_errand(a->errand, b->errand);
    same_plan(a->plan, b->plan);
    SAME(started_wall_ms), SAME_BITS(duration_ms), SAME(interrupted), SAME(ceiling_reached), SAME(incomplete);
    SAME_STRING(own_trouble);
    SAME_BITS(has_route), SAME(resolver_configured), SAME(n_roots), SAME(roots_loaded), SAME(n_roots_broken);
    SAME(n_names), SAME(n_probes), SAME(n_chains), SAME(n_fetches), SAME(n_paths);
    same_clock(&a->clock, &b->clock);
    for (size_t i = 0; i < a->n_names; i++)
        same_name(&a->names[i], &b->names[i]);
    for (size_t i = 0; i < a->n_probes; i++)
        same_probe(&a->probes[i], &b->probes[i]);
    for (size_t i = 0; i < a->n_chains; i++)
        same_chain(&a->chains[i], &b->chains[i]);
    for (size_t i = 0; i < a->n_fetches; i++)
        same_fetch(&a->fetches[i], &b->fetches[i]);
    for (size_t i = 0; i < a->n_paths; i++)
        same_path(&a->paths[i], &b->paths[i]);
}

START_TEST(what_is_loaded_is_what_was_saved)
{
    struct evidence e = full_evidence();
    char *record = record_of(&e);
    struct evidence *loaded = load(record);
    char *again = record_of(loaded);

    same_evidence(&e, loaded);
    ck_assert_str_eq(record, again);
    free(record);
    free(again);
    evidence_free(loaded);
}
END_TEST

/* A record of before a field was added is read, with what holds where nothing is said. */
START_TEST(a_record_may_be_older_than_a_field)
{
    struct evidence e = full_evidence();
    char *record = record_of(&e);
    json_t *root = json_loads(record, 0, NULL);
    json_t *chain = json_array_get(json_object_get(root, "chains"), 0);
    json_t *probe = json_array_get(json_object_get(root, "probes"), 0);
    struct evidence *loaded;

    json_object_del(json_object_get(root, "plan"), "warn_days");
    json_object_del(chain, "n_needed");
    json_object_del(chain, "fetched");
    json_object_del(root, "fetches");
    json_object_del(json_array_get(json_object_get(chain, "certificates"), 0), "weak_key");
    json_object_del(json_array_get(json_object_get(chain, "certificates"), 0), "must_staple");
    json_object_del(chain, "root_given");
    json_object_del(probe, "certificate_requested");
    json_object_del(probe, "no_sni_tried");
    free(record);
    record = json_dumps(root, 0);
    loaded = load(record);
    ck_assert_int_eq(loaded->plan->warn_days, 21);
    ck_assert_int_eq(loaded->plan->crit_days, -1);
    ck_assert_uint_eq(loaded->chains[0].n_needed, 0);
    ck_assert_uint_eq(loaded->chains[0].n_fetched, 0);
    ck_assert_uint_eq(loaded->n_fetches, 0);
    ck_assert_int_eq(loaded->chains[0].ocsp.status, OCSP_NONE);
    ck_assert(!loaded->chains[0].certificates[0].weak_key);
    ck_assert(!loaded->probes[0].certificate_requested);
    ck_assert(!loaded->chains[0].certificates[0].must_staple && !loaded->chains[0].root_given);
    ck_assert(!loaded->probes[0].no_sni_tried);
    ck_assert_int_eq(loaded->probes[0].no_sni_chain, -1);
    ck_assert_uint_eq(loaded->chains[1].n_needed, 2);
    evidence_free(loaded);
    free(record);
    json_decref(root);
}
END_TEST

/* A field that this test leaves at its zero would prove nothing. */
static void check_filled(const char *key, const json_t *value)
{
    const char *name;
    json_t *field;
    size_t i;

    ck_assert_msg(!json_is_null(value) && !json_is_false(value), "%s", key);
    ck_assert_msg(!json_is_number(value) || json_number_value(value) != 0.0, "%s", key);
    if (json_is_string(value) || json_is_array(value))
        ck_assert_msg(json_string_length(value) + json_array_size(value) > 0, "%s", key);
    json_object_foreach((json_t *)value, name, field)
        check_filled(name, field);
    json_array_foreach(value, i, field)
        check_filled(key, field);
}

START_TEST(every_key_of_the_record_was_given_a_value_of_its_own)
{
    struct evidence e = full_evidence();
    char *record = record_of(&e);
    json_t *root = json_loads(record, 0, NULL);

    check_filled("record", root);
    ck_assert_str_eq(json_string_value(json_object_get(root, "format")), "smtpdx/evidence/1");
    json_decref(root);
    free(record);
}
END_TEST

START_TEST(evidence_of_nothing_is_kept_too)
{
    struct plan *plan = plan_new();
    struct evidence *e = evidence_new(plan);
    char *record = record_of(e);
    struct evidence *loaded = load(record);
    char *again = record_of(loaded);

    same_evidence(e, loaded);
    ck_assert_str_eq(record, again);
    free(record);
    free(again);
    evidence_free(e);
    evidence_free(loaded);
    plan_free(plan);
}
END_TEST

START_TEST(every_word_of_every_enumeration_comes_back)
{
    struct evidence e = full_evidence();

    for (unsigned i = 0; i <= (unsigned)FAULT_SYSTEM; i++) {
        struct probe *p = &e.probes[0];
        struct evidence *loaded;
        char *record;

        p->fault = (enum fault)i;
        p->role = (enum role)(i % (ROLE_PATH + 1));
        p->protocol = (enum protocol)(i % PROTOCOL_COUNT);
        p->mode = (enum tls_mode)(i % TLS_MODE_COUNT);
        p->outcome = (enum probe_outcome)(i % (PROBE_TIMEOUT + 1));
        if (p->outcome == PROBE_RUNNING)
            p->outcome = PROBE_OK;
        p->stage = (enum stage)(i % (STAGE_DONE + 1));
        p->skip = (enum skip_reason)(i % (SKIP_STOPPED + 1));
        e.plan->last_step = (enum last_step)(i % (LAST_STEP_RCPT + 1));
        e.errand->bar = (enum errand_bar)(i % (BAR_STOPPED + 1));
        e.errand->sign_in.kind = (enum secret_kind)(i % (SECRET_TOKEN + 1));
        p->service = (enum service)(i % (SERVICE_MYSQL + 1));
        e.names[0].queries[0].outcome = (enum dns_outcome)(i % (DNS_MALFORMED + 1));
        e.plan->notes[0].flaw = (enum input_flaw)(i % (INPUT_FLAW_EMPTY + 1));
        record = record_of(&e);
        loaded = load(record);
        same_evidence(&e, loaded);
        evidence_free(loaded);
        free(record);
    }
    /* These two lie in arrays that the next test finds as they are left. */
    e.names[0].queries[0].outcome = DNS_NO_DATA;
    e.plan->notes[0].flaw = INPUT_FLAW_CHARACTER;
}
END_TEST

/* ---- what is refused ----------------------------------------------------------- */

/* The full record with the first `from` replaced. */
static const struct edit_case {
    const char *says, *from, *to, *why; /* why NULL: it is read all the same */
} edit_cases[] = {
    { "a key of a newer program is ignored", "\"duration_ms\": 4321.5", "\"duration_ms\": 4321.5, \"mood\": [{}]", NULL },
    { "a whole number where a fraction was", "\"duration_ms\": 4321.5", "\"duration_ms\": 4321", NULL },
    { "another program", "smtpdx/evidence/1", "other/evidence/1", "it is no record of smtpdx" },
    { "another format", "smtpdx/evidence/1", "smtpdx/evidence/2", "its format is of another version of smtpdx" },
    { "no format", "\"format\"", "\"fromat\"", "it is no record of smtpdx" },
    { "a key that is missing", "\"interrupted\"", "\"interupted\"", "the record: something is missing" },
    { "a key twice", "\"interrupted\": true", "\"interrupted\": true, \"interrupted\": true", "it is no JSON" },
    { "a number for a truth", "\"interrupted\": true", "\"interrupted\": 1", "the record: something is of the wrong kind" },
    { "a text for a time", "\"duration_ms\": 4321.5", "\"duration_ms\": \"4321.5\"",
      "the record: something is of the wrong kind" },
    { "a time past all bounds", "\"duration_ms\": 4321.5", "\"duration_ms\": 1e13",
      "the record: a number, a list or a text is out of bounds" },
    { "a time that is no number", "\"duration_ms\": 4321.5", "\"duration_ms\": NaN", "it is no JSON" },
    { "a fraction for a count", "\"n_roots\": 142", "\"n_roots\": 142.5", "the record: something is of the wrong kind" },
    { "a negative count", "\"n_roots\": 142", "\"n_roots\": -1",
      "the record: a number, a list or a text is out of bounds" },
    { "a count past 64 bits", "\"n_roots\": 142", "\"n_roots\": 99999999999999999999", "it is no JSON" },
    { "a date past all bounds", "\"not_after\": 1790000000", "\"not_after\": 9223372036854775807",
      "a certificate: a number, a list or a text is out of bounds" },
    { "a list for a structure", "\"has_route\": {", "\"has_route\": [], \"old\": {",
      "the record: something is of the wrong kind" },
    { "a structure for a list", "\"chains\": [", "\"chains\": {}, \"old\": [",
      "the record: something is of the wrong kind" },
    { "port 0", "\"dial_port\": 2525", "\"dial_port\": 0",
      "a probe: a number, a list or a text is out of bounds" },
    { "port 65536", "\"port\": 25,", "\"port\": 65536,", "a probe: a number, a list or a text is out of bounds" },
    { "a port of the plan that is 0", "2587,\n   465", "0,\n   465",
      "the plan: a number, a list or a text is out of bounds" },
    { "a map to port 0", "\"used\": 2525", "\"used\": 0",
      "a port map of the plan: a number, a list or a text is out of bounds" },
    { "a chain that is not there", "\"chain\": 1", "\"chain\": 2", "a probe: there is no such chain" },
    { "a chain past the last", "\"chain\": 1", "\"chain\": 64",
      "a probe: a number, a list or a text is out of bounds" },
    { "a chain before the first", "\"chain\": 1", "\"chain\": -2",
      "a probe: a number, a list or a text is out of bounds" },
    { "a chain without a certificate", "\"certificates\": [", "\"certificates\": [], \"old\": [",
      "a chain: it has no certificate" },
    { "a probe that had not ended", "\"outcome\": \"timeout\"", "\"outcome\": \"running\"",
      "a probe: it had not ended" },
    { "a word that is not known", "\"fault\": \"not-smtp\"", "\"fault\": \"gremlins\"", "a probe: a word is not known" },
    { "a word in capitals", "\"fault\": \"not-smtp\"", "\"fault\": \"NOT-SMTP\"", "a probe: a word is not known" },
    { "a number for a word", "\"fault\": \"not-smtp\"", "\"fault\": 9", "a probe: something is of the wrong kind" },
    { "a word of a set that is not known", "\"no-issuer\"", "\"no-issue\"", "a chain: a word is not known" },
    { "a number in a set", "\"no-issuer\"", "1", "a chain: something is of the wrong kind" },
    { "a note that is not known", "\"flaw\": \"character\"", "\"flaw\": \"\"", "a note of the plan: a word is not known" },
    { "an address of another family", "\"family\": \"ipv6\"", "\"family\": \"ipv4\"",
      "a probe: its address is of another family" },
    { "an address that is none", "\"2001:db8::7\"", "\"2001:db8::zz\"", "a probe: something is of the wrong kind" },
    { "a found address that is none", "\"address\": \"192.0.2.7\"", "\"address\": null",
      "an address of a name: something is of the wrong kind" },
    { "a resolver without a port", "\"192.0.2.53:53\"", "\"192.0.2.53\"", "the plan: something is of the wrong kind" },
    { "a host with an escape sequence", "\"host\": \"192.0.2.7\"", "\"host\": \"a\\u001b[2J\"",
      "the plan: something is of the wrong kind" },
    { "a host with markup", "\"host\": \"192.0.2.7\"", "\"host\": \"<b>\"", "the plan: something is of the wrong kind" },
    { "an empty host", "\"host\": \"192.0.2.7\"", "\"host\": \"\"", "the plan: something is of the wrong kind" },
    { "a target's name without a host", "\"host\": \"192.0.2.7\"", "\"host\": null",
      "the record: there is a target without a host" },
    { "a text of ours with a line end", "\"Connection refused\"", "\"Connection\\nrefused\"",
      "a probe: something is of the wrong kind" },
    { "a text of ours as bytes", "\"Connection refused\"", "{\"hex\": \"1b5b324a\"}",
      "a probe: something is of the wrong kind" },
    { "a NUL in a string", "\"Connection refused\"", "\"Connection\\u0000refused\"", "it is no JSON" },
    { "a NUL in a file's name", "\"/etc/root.pem\"", "{\"hex\": \"2f00\"}", "the plan: something is of the wrong kind" },
    { "half a byte", "\"hex\": \"150301\"", "\"hex\": \"15030\"", "a probe: something is of the wrong kind" },
    { "hexadecimal that is none", "\"hex\": \"150301\"", "\"hex\": \"1503g1\"", "a probe: something is of the wrong kind" },
    { "bytes that are a number", "\"hex\": \"150301\"", "\"hex\": 150301", "a probe: something is of the wrong kind" },
    { "bytes under another name", "\"hex\": \"150301\"", "\"b64\": \"FQMB\"", "a probe: something is of the wrong kind" },
    { "a fingerprint that is too short", "00000007\"", "0000007\"", "a certificate: something is of the wrong kind" },
    { "a fingerprint that is too long", "00000007\"", "000000007\"", "a certificate: something is of the wrong kind" },
    { "the first name is another's", "\"role\": \"target\"", "\"role\": \"control\"",
      "the record: the first name is not the target's" },
    { "no names", "\"names\": [", "\"names\": [], \"old\": [", "the record: the target's name is missing" },
    { "a record from before the clock was asked", "\"clock\": {", "\"old\": {", NULL },
    { "a record from before paths were looked at", "\"paths\": [", "\"old\": [", NULL },
    { "a trace of a port to nowhere", "\"dial_port\": 2465,\n    \"address\": \"192.0.2.7\"",
      "\"dial_port\": 2465,\n    \"address\": null", "a trace: something is of the wrong kind" },
    { "an answer of a hop that is not known", "\"answer\": \"expired\"", "\"answer\": \"lost\"",
      "a hop: a word is not known" },
    { "a source of the time that is not known", "\"kind\": \"http-date\"", "\"kind\": \"sundial\"",
      "a source of the time: a word is not known" },
    { "an offset past all bounds", "\"lower_ms\": -172800123", "\"lower_ms\": 9223372036854775807",
      "a source of the time: a number, a list or a text is out of bounds" },
    { "a probe of a time server", "\"role\": \"suggestion\"", "\"role\": \"time\"",
      "a probe: nobody makes one in such a role" },
    { "something behind the record", "\n}\n", "\n} {}\n", "it is no JSON" },
    { "a record that was cut", "\"chains\"", "\"chains", "it is no JSON" },
    { "bytes that are no UTF-8", "\"CN=leaf\"", "\"CN=\xff\"", "it is no JSON" },
};

static char *edited(const char *record, const char *from, const char *to)
{
    const char *at = strstr(record, from);
    size_t size = strlen(record) + strlen(to) + 1;
    char *result = malloc(size);

    ck_assert_msg(at != NULL, "the record has %s", from);
    snprintf(result, size, "%.*s%s%s", (int)(at - record), record, to, at + strlen(from));
    return result;
}

START_TEST(a_record_that_was_tampered_with_is_refused_with_a_reason)
{
    const struct edit_case *c = &edit_cases[_i];
    struct evidence full = full_evidence();
    char *record = record_of(&full);
    char *bad = edited(record, c->from, c->to);
    const char *why;
    struct evidence *e = evidence_load(bad, strlen(bad), &why);

    ck_assert_msg(same_string(why, c->why), "%s: %s", c->says, why == NULL ? "read" : why);
    ck_assert_msg((e == NULL) == (c->why != NULL), "%s", c->says);
    evidence_free(e);
    free(bad);
    free(record);
}
END_TEST

/* Lists one longer than they may be. */
static const struct many_case {
    const char *key, *element;
    size_t max;
} many_cases[] = {
    { "asked_ports", "25", PLAN_PORTS_MAX },
    { "keywords", "\"A\"", PROBE_KEYWORDS_MAX },
    { "ca_files", "\"A\"", PLAN_CA_FILES_MAX },
    { "resolvers", "\"192.0.2.1:53\"", PLAN_RESOLVERS_MAX },
};

START_TEST(a_list_is_read_up_to_its_ceiling)
{
    const struct many_case *c = &many_cases[_i];
    struct evidence full = full_evidence();
    char *record = record_of(&full);
    char from[64];
    struct buf to;

    for (size_t n = c->max; n <= c->max + 1; n++) {
        const char *why;
        char *bad;
        struct evidence *e;

        buf_init(&to, 1 << 20);
        snprintf(from, sizeof from, "\"%s\": [", c->key);
        buf_printf(&to, "\"%s\": [%s", c->key, c->element);
        for (size_t i = 1; i < n; i++)
            buf_printf(&to, ", %s", c->element);
        buf_put_string(&to, "], \"old\": [");
        bad = edited(record, from, buf_borrow(&to));
        e = evidence_load(bad, strlen(bad), &why);
        ck_assert_msg((e != NULL) == (n == c->max), "%s", c->key);
        ck_assert(n == c->max || strstr(why, "out of bounds") != NULL);
        evidence_free(e);
        free(bad);
        buf_done(&to);
    }
    free(record);
}
END_TEST

static const struct junk_case {
    const char *says, *record, *why;
} junk_cases[] = {
    { "nothing", "", "it is no JSON" },
    { "a list", "[]", "it is no record of smtpdx" },
    { "a number", "1", "it is no JSON" },
    { "an empty object", "{}", "it is no record of smtpdx" },
    { "a format that is a number", "{\"format\": 1}", "it is no record of smtpdx" },
    { "the format alone", "{\"format\": \"smtpdx/evidence/1\"}", "the record: something is missing" },
};

START_TEST(what_is_no_record_is_refused)
{
    const struct junk_case *c = &junk_cases[_i];
    const char *why;

    ck_assert_ptr_null(evidence_load(c->record, strlen(c->record), &why));
    ck_assert_msg(same_string(why, c->why), "%s: %s", c->says, why);
}
END_TEST

START_TEST(a_record_that_would_fill_the_memory_is_refused_before_it_is_built)
{
    static const char *const pieces[] = { "[],", "{},", "0,", "[", " " };

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct buf record;
        const char *why;

        buf_init(&record, EVIDENCE_RECORD_MAX + 100);
        buf_put_string(&record, "{\"format\": \"smtpdx/evidence/1\", \"a\": [");
        while (record.len <= EVIDENCE_RECORD_MAX - (pieces[i][0] == ' ' ? 0 : 100))
            buf_put_string(&record, pieces[i]);
        buf_put_string(&record, "0]}");
        ck_assert_ptr_null(evidence_load(buf_borrow(&record), record.len, &why));
        ck_assert_str_eq(why, "it is larger than a record can be");
        buf_done(&record);
    }
}
END_TEST

START_TEST(brackets_and_commas_in_a_text_are_not_counted)
{
    struct evidence e = full_evidence();
    static char text[3 << 20];
    struct evidence *loaded;
    char *record;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "[,\"\\"[i % 4];
    e.probes[0].greeting = (struct peer_text){ text, sizeof text };
    record = record_of(&e);
    loaded = load(record);
    same_evidence(&e, loaded);
    evidence_free(loaded);
    free(record);
}
END_TEST

START_TEST(a_full_buffer_is_told)
{
    struct evidence e = full_evidence();
    struct buf out;

    buf_init(&out, 1000);
    ck_assert(!evidence_save(&out, &e));
    buf_done(&out);
}
END_TEST

START_TEST(a_shortage_of_memory_is_told_wherever_it_strikes)
{
    struct evidence full = full_evidence();
    char *record = record_of(&full);
    size_t len = strlen(record);
    bool failed = true;

    for (long after = 0; failed; after++) {
        struct buf out;
        bool saved;

        buf_init(&out, EVIDENCE_RECORD_MAX);
        fail_alloc_start(after);
        saved = evidence_save(&out, &full);
        failed = fail_alloc_stop();
        ck_assert_int_eq(saved, !failed);
        buf_done(&out);
    }
    failed = true;
    for (long after = 0; failed; after++) {
        struct evidence *e;
        const char *why;

        fail_alloc_start(after);
        e = evidence_load(record, len, &why);
        failed = fail_alloc_stop();
        ck_assert_msg((e == NULL) == failed, "allocation %ld", after);
        /* jansson takes some shortages of its own for bad syntax. */
        ck_assert_msg(why == NULL || strcmp(why, "it is no JSON") == 0, "allocation %ld: %s", after, why);
        evidence_free(e);
    }
    free(record);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("evidence_json");

    /* Its own allocations fail in their turn too. */
    json_set_alloc_funcs(malloc, free);
    tcase_add_test(t, what_is_loaded_is_what_was_saved);
    tcase_add_test(t, a_record_may_be_older_than_a_field);
    tcase_add_test(t, every_key_of_the_record_was_given_a_value_of_its_own);
    tcase_add_test(t, evidence_of_nothing_is_kept_too);
    tcase_add_test(t, every_word_of_every_enumeration_comes_back);
    tcase_add_loop_test(t, a_record_that_was_tampered_with_is_refused_with_a_reason, 0,
                        sizeof edit_cases / sizeof edit_cases[0]);
    tcase_add_loop_test(t, a_list_is_read_up_to_its_ceiling, 0, sizeof many_cases / sizeof many_cases[0]);
    tcase_add_loop_test(t, what_is_no_record_is_refused, 0, sizeof junk_cases / sizeof junk_cases[0]);
    tcase_add_test(t, a_record_that_would_fill_the_memory_is_refused_before_it_is_built);
    tcase_add_test(t, brackets_and_commas_in_a_text_are_not_counted);
    tcase_add_test(t, a_full_buffer_is_told);
    tcase_add_test(t, a_shortage_of_memory_is_told_wherever_it_strikes);
    return unit_run("evidence_json", &t, 1);
}
