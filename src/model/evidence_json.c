/*
 * evidence_json - the Evidence as a record: what --record writes and replay reads
 *
 * Each structure of evidence.h and plan.h has one function here that names its
 * fields, in both directions; a new field is one line.
 */
#include "model/evidence_json.h"

#include <string.h>

#include "base/version.h"
#include "model/codec.h"
#include "model/plan_json.h"

enum {
    /* In one record; far more than the ceilings of evidence.h let a check see, and a bound of memory. */
    RECORD_CONTAINERS_MAX = 1 << 18,
    RECORD_VALUES_MAX = 1 << 20,
    ATTEMPTS_MAX = 1000,
    HTTP_STATUS_MAX = 999,
};

/* Beyond the year 9999 in either direction, and far from where sums of seconds overflow. */
static const int64_t seconds_max = INT64_C(1000000000000);

#define FORMAT_FAMILY "smtpdx/evidence/"
#define STRING(number) #number
#define FORMAT_NUMBER(number) STRING(number)
static const char format_name[] = FORMAT_FAMILY FORMAT_NUMBER(1);
_Static_assert(EVIDENCE_FORMAT == 1, "the name of the format says its number");

/* ---- names ------------------------------------------------------------------ */

static void codec_query(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a query of a name");
    struct dns_query *q = item;

    c->place = &place;
    CODEC_WORD(c, "type", q->type, record_type);
    codec_text(c, "resolver", &q->resolver);
    CODEC_WORD(c, "outcome", q->outcome, dns_outcome);
    codec_milliseconds(c, "duration_ms", &q->duration_ms);
    CODEC_INTEGER(c, "n_addresses", q->n_addresses, 0, INT32_MAX);
    codec_outside_or_null(c, "canonical", &q->canonical);
}

static void codec_found_address(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("an address of a name");
    struct found_address *a = item;
    bool has = true;

    c->place = &place;
    codec_address_or_null(c, "address", &has, &a->address);
    if (!has)
        codec_refuse_kind(c);
    CODEC_INTEGER(c, "ttl_s", a->ttl_s, INT32_MIN, UINT32_MAX);
    codec_set(c, "sources", &a->sources, ADDRESS_SOURCE_ALL, address_source_word, address_source_parse);
    if (codec_has(c, "hosts_line"))
        CODEC_INTEGER(c, "hosts_line", a->hosts_line, 0, INT32_MAX);
}

static void codec_name(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a name");
    struct name_view *n = item;

    c->place = &place;
    CODEC_WORD(c, "role", n->role, role);
    codec_host(c, "host", &n->host);
    codec_objects(c, "queries", &n->queries, &n->n_queries, sizeof *n->queries, EVIDENCE_QUERIES_MAX, codec_query);
    codec_objects(c, "addresses", &n->addresses, &n->n_addresses, sizeof *n->addresses, EVIDENCE_ADDRESSES_MAX,
                  codec_found_address);
    CODEC_INTEGER(c, "n_refused", n->n_refused, 0, INT32_MAX);
    codec_bool(c, "system_asked", &n->system_asked);
    CODEC_WORD(c, "system", n->system, dns_outcome);
    CODEC_INTEGER(c, "system_code", n->system_code, INT32_MIN, INT32_MAX);
    codec_milliseconds(c, "duration_ms", &n->duration_ms);
}

/* ---- certificates ----------------------------------------------------------- */

static void codec_certificate_name(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a name in a certificate");
    struct certificate_name *n = item;

    c->place = &place;
    CODEC_WORD(c, "kind", n->kind, certificate_name_kind);
    codec_peer(c, "text", &n->text);
}

static bool is_sha256(const char *hex)
{
    size_t len = strspn(hex, "0123456789abcdef");

    return hex[len] == '\0' && (len == 0 || len == 64);
}

static void codec_sha256(struct codec *c, const char *key, char (*sha256)[65])
{
    const char *hex = *sha256;

    codec_text(c, key, &hex);
    if (c->saving || codec_failed(c))
        return;
    if (is_sha256(hex))
        memcpy(*sha256, hex, strlen(hex) + 1);
    else
        codec_refuse_kind(c);
}

static void codec_certificate(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a certificate");
    struct certificate *x = item;

    c->place = &place;
    codec_peer(c, "der", &x->der);
    codec_peer(c, "subject", &x->subject);
    codec_peer(c, "issuer", &x->issuer);
    codec_peer(c, "common_name", &x->common_name);
    codec_objects(c, "names", &x->names, &x->n_names, sizeof *x->names, CERTIFICATE_NAMES_MAX,
                  codec_certificate_name);
    CODEC_INTEGER(c, "not_before", x->not_before, -seconds_max, seconds_max);
    CODEC_INTEGER(c, "not_after", x->not_after, -seconds_max, seconds_max);
    codec_text_or_null(c, "key", &x->key);
    codec_text_or_null(c, "signature", &x->signature);
    codec_sha256(c, "sha256", &x->sha256);
    codec_bool(c, "self_issued", &x->self_issued);
    codec_bool(c, "has_ca_issuers", &x->has_ca_issuers);
    if (codec_has(c, "weak_key")) {
        codec_bool(c, "weak_key", &x->weak_key);
        codec_bool(c, "weak_signature", &x->weak_signature);
    }
    if (codec_has(c, "must_staple"))
        codec_bool(c, "must_staple", &x->must_staple);
}

static void codec_ocsp(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("an OCSP answer");
    struct ocsp_answer *o = item;

    c->place = &place;
    CODEC_WORD(c, "status", o->status, ocsp_status);
    CODEC_INTEGER(c, "this_update", o->this_update, -1, seconds_max);
    CODEC_INTEGER(c, "next_update", o->next_update, -1, seconds_max);
    CODEC_INTEGER(c, "revoked_at", o->revoked_at, -1, seconds_max);
}

static void codec_chain(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a chain");
    struct chain *chain = item;

    c->place = &place;
    codec_host(c, "host", &chain->host);
    codec_objects(c, "certificates", &chain->certificates, &chain->n_certificates, sizeof *chain->certificates,
                  CHAIN_CERTIFICATES_MAX, codec_certificate);
    codec_bool(c, "judged", &chain->judged);
    codec_bool(c, "trusted", &chain->trusted);
    codec_set(c, "trust_flaws", &chain->trust_flaws, TRUST_FLAW_ALL, trust_flaw_word, trust_flaw_parse);
    codec_bool(c, "leaf_self_signed", &chain->leaf_self_signed);
    codec_bool(c, "issuer_public", &chain->issuer_public);
    codec_bool(c, "name_matches", &chain->name_matches);
    if (codec_has(c, "n_needed")) {
        CODEC_INTEGER(c, "n_needed", chain->n_needed, 0, CHAIN_CERTIFICATES_MAX);
        CODEC_WORD(c, "completion", chain->completion, completion);
        codec_peer(c, "staple", &chain->staple);
        codec_object(c, "ocsp", &chain->ocsp, codec_ocsp);
    }
    if (codec_has(c, "fetched")) {
        codec_objects(c, "fetched", &chain->fetched, &chain->n_fetched, sizeof *chain->fetched, CHAIN_FETCHED_MAX,
                      codec_certificate);
        codec_peer(c, "fetched_ocsp", &chain->fetched_ocsp);
        codec_bool(c, "ocsp_fetched", &chain->ocsp_fetched);
    }
    if (codec_has(c, "root_given"))
        codec_bool(c, "root_given", &chain->root_given);
    if (codec_has(c, "current"))
        codec_bool(c, "current", &chain->current);
}

static void codec_fetch(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a fetch");
    struct fetch *f = item;

    c->place = &place;
    CODEC_WORD(c, "kind", f->kind, fetch_kind);
    CODEC_INTEGER(c, "chain", f->chain, 0, EVIDENCE_CHAINS_MAX - 1);
    codec_text(c, "url", &f->url);
    CODEC_WORD(c, "outcome", f->outcome, fetch_outcome);
    CODEC_INTEGER(c, "status", f->status, 0, 999);
    codec_milliseconds(c, "started_ms", &f->started_ms);
    codec_milliseconds(c, "duration_ms", &f->duration_ms);
}

/* ---- probes ----------------------------------------------------------------- */

static void codec_icmp(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("an ICMP report");
    struct icmp_report *icmp = item;

    c->place = &place;
    codec_bool(c, "seen", &icmp->seen);
    CODEC_INTEGER(c, "type", icmp->type, 0, UINT8_MAX);
    CODEC_INTEGER(c, "code", icmp->code, 0, UINT8_MAX);
    codec_address_or_null(c, "offender", &icmp->has_offender, &icmp->offender);
}

static void codec_reply(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a reply");
    struct refused_reply *reply = item;

    c->place = &place;
    CODEC_INTEGER(c, "code", reply->code, 0, 999);
    CODEC_INTEGER(c, "class", reply->enhanced[0], 0, 999);
    CODEC_INTEGER(c, "subject", reply->enhanced[1], 0, 999);
    CODEC_INTEGER(c, "detail", reply->enhanced[2], 0, 999);
    codec_peer(c, "text", &reply->text);
}

static void codec_listed_peer(struct codec *c, void *item)
{
    codec_peer(c, NULL, item);
}

static void codec_target(struct codec *c, struct probe *p)
{
    CODEC_WORD(c, "role", p->role, role);
    if (codec_has(c, "protocol"))
        CODEC_WORD(c, "protocol", p->protocol, protocol);
    codec_host(c, "host", &p->host);
    codec_address_or_null(c, "address", &p->has_address, &p->address);
    CODEC_WORD(c, "family", p->family, family);
    codec_port(c, "port", &p->port);
    codec_port(c, "dial_port", &p->dial_port);
    CODEC_WORD(c, "mode", p->mode, tls_mode);
}

static void codec_result(struct codec *c, struct probe *p)
{
    CODEC_WORD(c, "outcome", p->outcome, probe_outcome);
    CODEC_WORD(c, "stage", p->stage, stage);
    CODEC_WORD(c, "skip", p->skip, skip_reason);
    CODEC_WORD(c, "fault", p->fault, fault);
    CODEC_WORD(c, "service", p->service, service);
    codec_text_or_null(c, "error_text", &p->error_text);
    codec_text_or_null(c, "error_code", &p->error_code);
    codec_bool(c, "tls_alert_received", &p->tls_alert_received);
    CODEC_INTEGER(c, "tls_alert", p->tls_alert, 0, UINT8_MAX);
    if (codec_has(c, "certificate_requested")) {
        codec_bool(c, "certificate_requested", &p->certificate_requested);
        codec_bool(c, "certificate_sent", &p->certificate_sent);
        codec_text_or_null(c, "tls_old", &p->tls_old);
    }
    codec_object(c, "icmp", &p->icmp, codec_icmp);
    codec_object(c, "reply", &p->reply, codec_reply);
    codec_peer(c, "raw", &p->raw);
}

static void codec_times(struct codec *c, struct probe *p)
{
    codec_milliseconds(c, "started_ms", &p->started_ms);
    codec_milliseconds(c, "connect_ms", &p->connect_ms);
    if (codec_has(c, "http_status")) {
        CODEC_INTEGER(c, "http_status", p->http_status, 0, HTTP_STATUS_MAX);
        codec_bool(c, "http_page", &p->http_page);
        codec_peer(c, "http_location", &p->http_location);
    }
    if (codec_has(c, "round_trip_ms")) {
        codec_milliseconds(c, "round_trip_ms", &p->round_trip_ms);
        CODEC_INTEGER(c, "attempts", p->attempts, 0, ATTEMPTS_MAX);
    }
    codec_milliseconds(c, "greeting_ms", &p->greeting_ms);
    codec_milliseconds(c, "tls_ms", &p->tls_ms);
    codec_milliseconds(c, "total_ms", &p->total_ms);
    if (!c->saving)
        p->slowest_ms = -1;
    if (codec_has(c, "slowest_ms"))
        codec_milliseconds(c, "slowest_ms", &p->slowest_ms);
    if (codec_has(c, "slowest_stage"))
        CODEC_WORD(c, "slowest_stage", p->slowest_stage, stage);
}

static void codec_session(struct codec *c, struct probe *p)
{
    codec_peer(c, "greeting", &p->greeting);
    if (codec_has(c, "ehlo_line"))
        codec_peer(c, "ehlo_line", &p->ehlo_line);
    codec_list(c, "keywords", &p->keywords, &p->n_keywords, sizeof *p->keywords, PROBE_KEYWORDS_MAX,
               codec_listed_peer);
    codec_list(c, "auth", &p->auth, &p->n_auth, sizeof *p->auth, PROBE_KEYWORDS_MAX, codec_listed_peer);
    codec_bool(c, "starttls_offered", &p->starttls_offered);
    codec_bool(c, "starttls_masked", &p->starttls_masked);
    codec_bool(c, "helo_used", &p->helo_used);
    CODEC_INTEGER(c, "n_injected", p->n_injected, 0, INT32_MAX);
    codec_bool(c, "mail_accepted", &p->mail_accepted);
    if (codec_has(c, "ehlo"))
        codec_text_or_null(c, "ehlo", &p->ehlo);
    if (codec_has(c, "other_ehlo"))
        codec_text_or_null(c, "other_ehlo", &p->other_ehlo);
    if (codec_has(c, "other_ehlo_accepted"))
        codec_bool(c, "other_ehlo_accepted", &p->other_ehlo_accepted);
    if (codec_has(c, "twin_tried"))
        codec_bool(c, "twin_tried", &p->twin_tried);
    if (codec_has(c, "small_segments_tried"))
        codec_bool(c, "small_segments_tried", &p->small_segments_tried);
    if (codec_has(c, "small_segments_ok"))
        codec_bool(c, "small_segments_ok", &p->small_segments_ok);
    codec_text_or_null(c, "tls_version", &p->tls_version);
    codec_text_or_null(c, "tls_cipher", &p->tls_cipher);
    codec_text_or_null(c, "tls_group", &p->tls_group);
    CODEC_INTEGER(c, "chain", p->chain, -1, EVIDENCE_CHAINS_MAX - 1);
    if (!c->saving)
        p->no_sni_chain = -1;
    if (codec_has(c, "no_sni_tried")) {
        codec_bool(c, "no_sni_tried", &p->no_sni_tried);
        CODEC_INTEGER(c, "no_sni_chain", p->no_sni_chain, -1, EVIDENCE_CHAINS_MAX - 1);
    }
}

static void codec_probe(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a probe");

    c->place = &place;
    codec_target(c, item);
    codec_result(c, item);
    codec_times(c, item);
    codec_session(c, item);
}

/* ---- signing in and sending ------------------------------------------------- */

static void codec_form(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("the form of a secret or a user name");
    struct secret_form *f = item;

    c->place = &place;
    codec_bool(c, "empty", &f->empty);
    codec_bool(c, "blank_at_start", &f->blank_at_start);
    codec_bool(c, "blank_at_end", &f->blank_at_end);
    codec_bool(c, "line_end", &f->line_end);
    codec_bool(c, "app_password_groups", &f->app_password_groups);
    codec_bool(c, "app_password_letters", &f->app_password_letters);
    codec_bool(c, "app_password_hyphens", &f->app_password_hyphens);
    codec_bool(c, "non_ascii", &f->non_ascii);
    codec_bool(c, "control", &f->control);
    codec_bool(c, "invisible", &f->invisible);
}

static void codec_token(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a token");
    struct token_facts *t = item;

    c->place = &place;
    codec_bool(c, "is_jwt", &t->is_jwt);
    codec_peer(c, "issuer", &t->issuer);
    codec_peer(c, "audience", &t->audience);
    codec_peer(c, "scopes", &t->scopes);
    codec_peer(c, "roles", &t->roles);
    codec_peer(c, "user", &t->user);
    CODEC_INTEGER(c, "expires_s", t->expires_s, -1, seconds_max);
    CODEC_INTEGER(c, "not_before_s", t->not_before_s, -1, seconds_max);
    CODEC_INTEGER(c, "issued_s", t->issued_s, -1, seconds_max);
}

static void codec_sign_in(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a sign-in");
    struct sign_in *s = item;

    c->place = &place;
    CODEC_WORD(c, "kind", s->kind, secret_kind);
    codec_object(c, "form", &s->form, codec_form);
    codec_object(c, "user_form", &s->user_form, codec_form);
    codec_text_or_null(c, "mechanism", &s->mechanism);
    codec_bool(c, "begun", &s->begun);
    codec_bool(c, "accepted", &s->accepted);
    codec_peer(c, "oauth_status", &s->oauth_status);
    codec_peer(c, "oauth_schemes", &s->oauth_schemes);
    codec_peer(c, "oauth_scope", &s->oauth_scope);
    codec_object(c, "answer", &s->answer, codec_reply);
    codec_object(c, "token", &s->token, codec_token);
}

static void codec_sending(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a sending");
    struct sending *s = item;

    c->place = &place;
    codec_bool(c, "begun", &s->begun);
    CODEC_INTEGER(c, "size_limit", s->size_limit, 0, INT64_MAX);
    CODEC_INTEGER(c, "size", s->size, 0, INT64_MAX);
    codec_text_or_null(c, "message_id", &s->message_id);
    codec_object(c, "mail", &s->mail, codec_reply);
    codec_object(c, "rcpt", &s->rcpt, codec_reply);
    codec_object(c, "data", &s->data, codec_reply);
    codec_object(c, "message", &s->message, codec_reply);
}

/* A list of none or one: a structure that need not be there. */
static void codec_errand(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("an errand");
    struct errand *r = item;
    size_t n = r->connection == NULL ? 0 : 1;

    c->place = &place;
    CODEC_WORD(c, "bar", r->bar, errand_bar);
    codec_objects(c, "connection", &r->connection, &n, sizeof *r->connection, 1, codec_probe);
    if (n == 0)
        r->connection = NULL;
    codec_object(c, "sign_in", &r->sign_in, codec_sign_in);
    codec_object(c, "sending", &r->sending, codec_sending);
}

/* ---- the clock -------------------------------------------------------------- */

static void codec_clock_source(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a source of the time");
    struct clock_source *s = item;

    c->place = &place;
    CODEC_WORD(c, "kind", s->kind, clock_kind);
    codec_outside_or_null(c, "name", &s->name);
    codec_bool(c, "answered", &s->answered);
    codec_text_or_null(c, "error", &s->error);
    codec_bool(c, "has_lower", &s->has_lower);
    codec_bool(c, "has_upper", &s->has_upper);
    CODEC_INTEGER(c, "lower_ms", s->lower_ms, -2000 * seconds_max, 2000 * seconds_max);
    CODEC_INTEGER(c, "upper_ms", s->upper_ms, -2000 * seconds_max, 2000 * seconds_max);
    codec_bool(c, "agrees", &s->agrees);
}

static void codec_clock(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("the clock");
    struct clock_view *v = item;

    c->place = &place;
    codec_objects(c, "sources", &v->sources, &v->n_sources, sizeof *v->sources, CLOCK_SOURCES_MAX,
                  codec_clock_source);
    codec_bool(c, "known", &v->known);
    codec_bool(c, "has_upper", &v->has_upper);
    CODEC_INTEGER(c, "lower_ms", v->lower_ms, -2000 * seconds_max, 2000 * seconds_max);
    CODEC_INTEGER(c, "upper_ms", v->upper_ms, -2000 * seconds_max, 2000 * seconds_max);
    CODEC_INTEGER(c, "n_agree", v->n_agree, 0, CLOCK_SOURCES_MAX);
}

/* ---- the way there ---------------------------------------------------------- */

static void codec_hop(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a hop");
    struct hop *h = item;

    c->place = &place;
    CODEC_WORD(c, "answer", h->answer, hop_answer);
    codec_object(c, "icmp", &h->icmp, codec_icmp);
    codec_milliseconds(c, "ms", &h->ms);
}

static void codec_trace(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a trace");
    struct trace *t = item;
    bool has_address = t->port != 0;

    c->place = &place;
    CODEC_INTEGER(c, "port", t->port, 0, UINT16_MAX);
    CODEC_INTEGER(c, "dial_port", t->dial_port, 0, UINT16_MAX);
    codec_address_or_null(c, "address", &has_address, &t->address);
    if (!codec_failed(c) && has_address != (t->port != 0))
        codec_refuse_kind(c);
    codec_objects(c, "hops", &t->hops, &t->n_hops, sizeof *t->hops, PATH_HOPS_MAX, codec_hop);
}

static void codec_path(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a path");
    struct path *p = item;

    c->place = &place;
    CODEC_WORD(c, "role", p->role, role);
    codec_host(c, "host", &p->host);
    CODEC_WORD(c, "family", p->family, family);
    codec_object(c, "blocked", &p->blocked, codec_trace);
    codec_object(c, "open", &p->open, codec_trace);
    codec_bool(c, "complete", &p->complete);
}

/* ---- the whole -------------------------------------------------------------- */

static void codec_evidence(struct codec *c, struct evidence *e)
{
    static const struct codec_place place = CODEC_PLACE("the record");

    c->place = &place;
    codec_object(c, "plan", e->plan, codec_plan);
    CODEC_INTEGER(c, "started_wall_ms", e->started_wall_ms, -1000 * seconds_max, 1000 * seconds_max);
    codec_milliseconds(c, "duration_ms", &e->duration_ms);
    codec_bool(c, "interrupted", &e->interrupted);
    codec_bool(c, "ceiling_reached", &e->ceiling_reached);
    codec_bool(c, "incomplete", &e->incomplete);
    if (codec_has(c, "own_trouble"))
        codec_text_or_null(c, "own_trouble", &e->own_trouble);
    codec_object(c, "has_route", e->has_route, codec_families);
    codec_bool(c, "resolver_configured", &e->resolver_configured);
    CODEC_INTEGER(c, "n_roots", e->n_roots, 0, INT32_MAX);
    codec_bool(c, "roots_loaded", &e->roots_loaded);
    if (codec_has(c, "n_roots_broken"))
        CODEC_INTEGER(c, "n_roots_broken", e->n_roots_broken, 0, INT32_MAX);
    codec_objects(c, "names", &e->names, &e->n_names, sizeof *e->names, EVIDENCE_NAMES_MAX, codec_name);
    codec_objects(c, "probes", &e->probes, &e->n_probes, sizeof *e->probes, EVIDENCE_PROBES_MAX, codec_probe);
    codec_objects(c, "chains", &e->chains, &e->n_chains, sizeof *e->chains, EVIDENCE_CHAINS_MAX, codec_chain);
    if (codec_has(c, "fetches"))
        codec_objects(c, "fetches", &e->fetches, &e->n_fetches, sizeof *e->fetches, EVIDENCE_FETCHES_MAX,
                      codec_fetch);
    if (codec_has(c, "errand")) {
        size_t n = e->errand == NULL ? 0 : 1;

        codec_objects(c, "errand", &e->errand, &n, sizeof *e->errand, 1, codec_errand);
        if (n == 0)
            e->errand = NULL;
    }
    if (codec_has(c, "clock"))
        codec_object(c, "clock", &e->clock, codec_clock);
    if (codec_has(c, "paths"))
        codec_objects(c, "paths", &e->paths, &e->n_paths, sizeof *e->paths, EVIDENCE_PATHS_MAX, codec_path);
}

static int put_bytes(const char *bytes, size_t len, void *out)
{
    return buf_put(out, bytes, len) ? 0 : -1;
}

bool evidence_save(struct buf *out, const struct evidence *e)
{
    struct evidence described = *e; /* a description is for both directions, so it takes no const */
    struct codec c = { .saving = true, .at = json_object() };
    bool ok = false;

    if (json_object_set_new(c.at, "format", json_string(format_name)) == 0 &&
        json_object_set_new(c.at, "version", json_string(SMTPDX_VERSION)) == 0) {
        codec_evidence(&c, &described);
        ok = !codec_failed(&c) && json_dump_callback(c.at, put_bytes, out, JSON_INDENT(1)) == 0 &&
             buf_put_char(out, '\n');
    }
    json_decref(c.at);
    return ok;
}

static const char *flaw_of_probe(const struct evidence *e, const struct probe *p)
{
    if ((p->chain >= 0 && (size_t)p->chain >= e->n_chains) ||
        (p->no_sni_chain >= 0 && (size_t)p->no_sni_chain >= e->n_chains))
        return "a probe: there is no such chain";
    if (p->outcome == PROBE_RUNNING)
        return "a probe: it had not ended";
    if (p->role == ROLE_TIME || p->role == ROLE_FETCH)
        return "a probe: nobody makes one in such a role";
    if (p->role == ROLE_TARGET && e->plan->host == NULL)
        return "a probe: it is of a target without a host";
    if (p->has_address && p->address.family != p->family)
        return "a probe: its address is of another family";
    return NULL;
}

/* What no single field shows. NULL where all is well. */
static const char *flaw_of(const struct evidence *e)
{
    const char *flaw = NULL;

    if (e->plan->host != NULL && e->n_names == 0)
        return "the record: the target's name is missing";
    if (e->plan->host != NULL && e->names[0].role != ROLE_TARGET)
        return "the record: the first name is not the target's";
    if (e->plan->host == NULL && evidence_target_name(e) != NULL)
        return "the record: there is a target without a host";
    for (size_t i = 0; flaw == NULL && i < e->n_chains; i++)
        flaw = e->chains[i].n_certificates == 0 ? "a chain: it has no certificate" : NULL;
    for (size_t i = 0; flaw == NULL && i < e->n_fetches; i++)
        flaw = e->fetches[i].chain >= e->n_chains ? "a fetch: there is no such chain" : NULL;
    for (size_t i = 0; flaw == NULL && i < e->n_probes; i++)
        flaw = flaw_of_probe(e, &e->probes[i]);
    if (flaw == NULL && e->errand != NULL && e->errand->connection != NULL)
        flaw = flaw_of_probe(e, e->errand->connection);
    return flaw;
}

/* A tree of JSON takes many times the memory of its text: counts before it is built. */
static bool is_bounded(const char *bytes, size_t len)
{
    size_t containers = 0;
    size_t commas = 0;
    bool in_string = false;

    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '"')
            in_string = !in_string;
        else if (in_string)
            i += bytes[i] == '\\';
        else if (bytes[i] == '{' || bytes[i] == '[')
            containers++;
        else if (bytes[i] == ',')
            commas++;
    }
    return containers <= RECORD_CONTAINERS_MAX && containers + commas <= RECORD_VALUES_MAX;
}

/* NULL where it is a record of this format. */
static const char *flaw_of_format(const json_t *root)
{
    const char *format = json_string_value(json_object_get(root, "format"));

    if (format == NULL || strncmp(format, FORMAT_FAMILY, strlen(FORMAT_FAMILY)) != 0)
        return "it is no record of smtpdx";
    if (strcmp(format, format_name) != 0)
        return "its format is of another version of smtpdx";
    return NULL;
}

static struct evidence *evidence_of(json_t *root, const char **why)
{
    struct evidence *e;
    struct codec c = { .at = root };

    *why = flaw_of_format(root);
    if (*why != NULL)
        return NULL;
    e = evidence_new(&(struct plan){ .warn_days = 21, .crit_days = -1 });
    if (e == NULL)
        return NULL;
    c.arena = e->arena;
    codec_evidence(&c, e);
    *why = c.why;
    if (!codec_failed(&c))
        *why = flaw_of(e);
    if (*why != NULL || c.no_memory)
        e = evidence_free(e);
    return e;
}

struct evidence *evidence_load(const char *bytes, size_t len, const char **why)
{
    struct evidence *e = NULL;
    json_error_t error;
    json_t *root;

    *why = NULL;
    if (len > EVIDENCE_RECORD_MAX || !is_bounded(bytes, len)) {
        *why = "it is larger than a record can be";
        return NULL;
    }
    root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);
    if (root != NULL)
        e = evidence_of(root, why);
    else if (error.text[0] != '\0') /* jansson has no words for most shortages of memory */
        *why = "it is no JSON";
    json_decref(root);
    return e;
}
