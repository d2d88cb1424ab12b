/*
 * json - the report for programs: one object a target
 *
 * The shape is tests/report.schema.json, its keys in that order. Texts are in
 * the chosen language; ids and words never are. What a peer said is escaped to
 * printable UTF-8 first, so that a reader who prints a string prints no more
 * than it. Unknown is null.
 */
#include "report/face.h"

#include <math.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/version.h"
#include "knowledge/provider.h"
#include "model/clock_estimate.h"
#include "report/certificate.h"
#include "report/part.h"
#include "report/tried_part.h"

/* Hundredths at most; negative stands for what did not happen. */
static json_t *milliseconds(double ms)
{
    double rounded = round(ms * 100) / 100;

    if (!isfinite(rounded) || rounded < 0)
        return json_null();
    if (rounded == floor(rounded) && rounded < 1e15)
        return json_integer((json_int_t)rounded);
    return json_real(rounded);
}

static json_t *date(int64_t seconds)
{
    char text_of_date[CLOCK_TEXT_SIZE];

    return json_string(clock_format_rfc3339(seconds, text_of_date));
}

/* ---- what was asked ------------------------------------------------------- */

/* Where mail is read, as far as it is known. */
static json_t *incoming_servers(struct part *f)
{
    const struct plan *plan = f->e->plan;
    json_t *array = json_array();

    for (size_t i = 0; i < plan->n_incoming_servers; i++) {
        const struct incoming_server *server = &plan->incoming_servers[i];
        json_t *object = json_object();

        part_put(f, object, "protocol", json_string(protocol_word(server->protocol)));
        part_put(f, object, "host", json_string(server->host));
        part_put(f, object, "port", json_integer(server->port));
        part_put(f, object, "tls", json_string(tls_mode_word(server->mode)));
        part_add(f, array, object);
    }
    return array;
}

static json_t *target(struct part *f)
{
    const struct plan *plan = f->e->plan;
    json_t *object = json_object();

    part_put(f, object, "input",
        plan->input.len > 0 ? part_peer(plan->input) : json_string(plan->host ? plan->host : ""));
    part_put(f, object, "host", part_string_or_null(plan->host));
    part_put(f, object, "provider", part_string_or_null(plan->provider));
    part_put(f, object, "port", plan->n_asked_ports > 0 ? json_integer(plan->asked_ports[0]) : json_null());
    part_put(f, object, "tls", plan->tls_asked ? json_string(tls_mode_word(plan->tls)) : json_null());
    part_put(f, object, "suggestion", part_string_or_null(f->d->suggestion));
    part_put(f, object, "origin", json_null());
    part_put(f, object, "incoming", plan->incoming ? incoming_servers(f) : json_null());
    return object;
}

/* The form of the user name that goes with the server, where its provider tells. */
static json_t *username(const char *host)
{
    static const char *const words[] = {
        [USERNAME_FULL_ADDRESS] = "full-address",
        [USERNAME_LOCAL_PART] = "local-part",
        [USERNAME_OTHER] = "other",
    };
    const struct provider *provider = provider_by_host(host);

    return provider == NULL ? json_null() : json_string(words[provider->username]);
}

static json_t *recommended(struct part *f)
{
    json_t *array = json_array();

    for (size_t i = 0; i < f->d->n_recommended; i++) {
        const struct recommended *r = &f->d->recommended[i];
        json_t *object = json_object();

        part_put(f, object, "host", json_string(r->host));
        part_put(f, object, "port", json_integer(r->port));
        part_put(f, object, "tls", json_string(tls_mode_word(r->mode)));
        part_put(f, object, "auth", part_peer_array(f, r->auth, r->n_auth));
        part_put(f, object, "username", username(r->host));
        part_add(f, array, object);
    }
    return array;
}

/* ---- names and time ------------------------------------------------------- */

/* The schema's word for what one query or the system said. */
static const char *dns_word(enum dns_outcome outcome)
{
    switch (outcome) {
    case DNS_SKIPPED:
    case DNS_OK:
    case DNS_NXDOMAIN:
    case DNS_SERVFAIL:
    case DNS_REFUSED:
    case DNS_TIMEOUT:
        return dns_outcome_word(outcome);
    case DNS_NO_DATA:
        return "no-address";
    case DNS_UNREACHABLE:
    case DNS_MALFORMED:
        return "timeout";
    }
    return "timeout";
}

/* Of several answers the one that tells most about why there is no address. */
static enum dns_outcome dns_outcome(const struct name_view *name)
{
    static const enum dns_outcome telling[] = {
        DNS_NXDOMAIN, DNS_SERVFAIL, DNS_REFUSED, DNS_TIMEOUT, DNS_UNREACHABLE, DNS_MALFORMED, DNS_NO_DATA,
    };

    if (name->n_addresses > 0)
        return DNS_OK;
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++) {
        for (size_t q = 0; q < name->n_queries; q++) {
            if (name->queries[q].outcome == telling[i])
                return telling[i];
        }
    }
    /* "ok" is for who has addresses. */
    if (!name->system_asked || name->system == DNS_OK)
        return name->n_queries > 0 ? DNS_NO_DATA : DNS_SKIPPED;
    return name->system;
}

static bool asked_before(const struct name_view *name, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(name->queries[i].resolver, name->queries[index].resolver) == 0)
            return true;
    }
    return false;
}

static void put_queries(struct part *f, json_t *object, const struct name_view *name)
{
    const char *canonical = NULL;
    json_t *resolvers = json_array();

    for (size_t i = 0; i < name->n_queries; i++) {
        if (canonical == NULL)
            canonical = name->queries[i].canonical;
        if (name->queries[i].resolver != NULL && !asked_before(name, i))
            part_add(f, resolvers, part_peer_or_null(name->queries[i].resolver));
    }
    part_put(f, object, "canonical", part_peer_or_null(canonical));
    part_put(f, object, "resolvers", resolvers);
}

static json_t *addresses(struct part *f, const struct name_view *name)
{
    json_t *array = json_array();

    for (size_t i = 0; i < name->n_addresses; i++) {
        const struct found_address *found = &name->addresses[i];
        json_t *object = json_object();
        char text_of_address[ADDRESS_TEXT_SIZE];

        part_put(f, object, "address", json_string(address_format(&found->address, text_of_address)));
        part_put(f, object, "family", json_string(family_word(found->address.family)));
        part_put(f, object, "ttl", found->ttl_s < 0 ? json_null() : json_integer(found->ttl_s));
        part_add(f, array, object);
    }
    return array;
}

static json_t *dns(struct part *f)
{
    static const struct name_view nothing = { .duration_ms = -1 };
    const struct name_view *target_name = evidence_target_name(f->e);
    const struct name_view *name = target_name != NULL ? target_name : &nothing;
    bool looked_up = target_name != NULL && !f->e->plan->host_is_address;
    json_t *object = json_object();

    part_put(f, object, "status", json_string(dns_word(looked_up ? dns_outcome(name) : DNS_SKIPPED)));
    put_queries(f, object, name);
    part_put(f, object, "duration_ms", looked_up ? milliseconds(name->duration_ms) : json_null());
    part_put(f, object, "addresses", addresses(f, name));
    return object;
}

/* A source that knows one end alone has an offset no more than an uncertainty. */
static json_t *clock_source(struct part *f, const struct clock_source *s)
{
    bool closed = s->answered && s->has_lower && s->has_upper;
    json_t *object = json_object();

    part_put(f, object, "kind", json_string(clock_kind_word(s->kind)));
    part_put(f, object, "name", part_peer_or_null(s->name));
    part_put(f, object, "offset_ms",
             closed ? json_integer(s->lower_ms + (s->upper_ms - s->lower_ms) / 2) : json_null());
    part_put(f, object, "uncertainty_ms",
             closed ? json_integer((s->upper_ms - s->lower_ms + 1) / 2) : json_null());
    part_put(f, object, "not_before_ms",
             s->answered && s->has_lower ? json_integer(s->lower_ms) : json_null());
    part_put(f, object, "agrees", json_boolean(s->agrees));
    part_put(f, object, "error", part_string_or_null(s->error));
    return object;
}

static json_t *local_clock(struct part *f)
{
    const struct clock_view *v = &f->e->clock;
    int64_t uncertainty_ms = clock_uncertainty_ms(v);
    json_t *object = json_object();
    json_t *sources = json_array();

    for (size_t i = 0; i < v->n_sources; i++)
        part_add(f, sources, clock_source(f, &v->sources[i]));
    part_put(f, object, "offset_ms", v->known ? json_integer(clock_offset_ms(v)) : json_null());
    part_put(f, object, "uncertainty_ms", uncertainty_ms < 0 ? json_null() : json_integer(uncertainty_ms));
    part_put(f, object, "sources", sources);
    return object;
}

/* ---- probes --------------------------------------------------------------- */

static json_t *error(struct part *f, const struct probe *p)
{
    json_t *object;

    if (p->fault == FAULT_NONE)
        return json_null();
    object = json_object();
    part_put(f, object, "code", json_string(fault_word(p->fault)));
    if (p->error_text != NULL)
        part_put(f, object, "text", part_peer_or_null(p->error_text));
    part_put(f, object, "reply", part_peer_lines(p->reply.text));
    return object;
}

static json_t *timing(struct part *f, const struct probe *p)
{
    json_t *object = json_object();

    part_put(f, object, "connect", milliseconds(p->connect_ms));
    part_put(f, object, "greeting", milliseconds(p->greeting_ms));
    part_put(f, object, "tls", milliseconds(p->tls_ms));
    part_put(f, object, "total", milliseconds(p->total_ms));
    part_put(f, object, "slowest", milliseconds(p->slowest_ms));
    part_put(f, object, "slowest_stage",
             p->slowest_ms < 0 ? json_null() : json_string(stage_word(p->slowest_stage)));
    return object;
}

static json_t *session(struct part *f, const struct probe *p)
{
    json_t *object;

    if (p->tls_version == NULL)
        return json_null();
    object = json_object();
    part_put(f, object, "version", part_peer_or_null(p->tls_version));
    if (p->tls_cipher != NULL)
        part_put(f, object, "cipher", part_peer_or_null(p->tls_cipher));
    part_put(f, object, "group", part_peer_or_null(p->tls_group));
    return object;
}

static json_t *problems(struct part *f, const struct chain *c, int64_t now_s)
{
    struct certificate_flaw flaws[CERTIFICATE_FLAWS_MAX];
    size_t n = certificate_flaws(flaws, c, now_s);
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++)
        part_add(f, array, json_string(flaws[i].word));
    return array;
}

/* What was sent, leaf first; its own details stand in the certificate itself. */
static json_t *issuers(struct part *f, const struct chain *c)
{
    json_t *array = json_array();

    for (size_t i = 0; i < c->n_certificates; i++) {
        const struct certificate *x = &c->certificates[i];
        json_t *object = json_object();

        part_put(f, object, "subject", part_peer(x->subject));
        part_put(f, object, "issuer", part_peer(x->issuer));
        part_put(f, object, "not_after", date(x->not_after));
        part_put(f, object, "sha256", json_string(x->sha256));
        part_add(f, array, object);
    }
    return array;
}

static json_t *date_or_null(int64_t seconds)
{
    return seconds < 0 ? json_null() : date(seconds);
}

static json_t *ocsp(struct part *f, const struct chain *c)
{
    const struct ocsp_answer *o = &c->ocsp;
    json_t *object;

    if (o->status == OCSP_NONE)
        return json_null();
    object = json_object();
    part_put(f, object, "status", json_string(ocsp_status_word(o->status)));
    part_put(f, object, "source", json_string(c->ocsp_fetched ? "fetched" : "stapled"));
    part_put(f, object, "this_update", date_or_null(o->this_update));
    part_put(f, object, "next_update", date_or_null(o->next_update));
    part_put(f, object, "revoked_at", date_or_null(o->revoked_at));
    return object;
}

static json_t *certificate(struct part *f, const struct probe *p)
{
    const struct chain *c = certificate_chain(f->e, p);
    int64_t now_s = clock_now_s(f->e);
    const struct certificate *leaf;
    json_t *object, *names;

    if (c == NULL)
        return json_null();
    leaf = &c->certificates[0];
    object = json_object();
    names = json_array();
    part_put(f, object, "subject", part_peer(leaf->subject));
    for (size_t i = 0; i < leaf->n_names; i++)
        part_add(f, names, part_peer(leaf->names[i].text));
    part_put(f, object, "names", names);
    part_put(f, object, "issuer", part_peer(leaf->issuer));
    part_put(f, object, "not_before", date(leaf->not_before));
    part_put(f, object, "not_after", date(leaf->not_after));
    part_put(f, object, "days_left", json_integer(certificate_days_left(leaf, now_s)));
    if (leaf->key != NULL)
        part_put(f, object, "key", part_peer_or_null(leaf->key));
    if (leaf->signature != NULL)
        part_put(f, object, "signature", part_peer_or_null(leaf->signature));
    part_put(f, object, "sha256", json_string(leaf->sha256));
    part_put(f, object, "trusted", json_boolean(c->trusted));
    part_put(f, object, "problems", problems(f, c, now_s));
    part_put(f, object, "chain", issuers(f, c));
    part_put(f, object, "ocsp", ocsp(f, c));
    return object;
}

/* A report that is made before the end has no word for what is under way: it was not finished. */
static enum probe_outcome shown_outcome(const struct probe *p)
{
    return p->outcome == PROBE_RUNNING ? PROBE_SKIPPED : p->outcome;
}

static json_t *skipped_because(const struct probe *p)
{
    if (p->outcome == PROBE_RUNNING)
        return json_string(skip_reason_word(SKIP_STOPPED));
    return p->outcome == PROBE_SKIPPED ? json_string(skip_reason_word(p->skip)) : json_null();
}

static json_t *probe(struct part *f, const struct probe *p)
{
    json_t *object = json_object();
    char text_of_address[ADDRESS_TEXT_SIZE] = "";

    if (p->has_address)
        address_format(&p->address, text_of_address);
    part_put(f, object, "role", json_string(role_word(p->role)));
    part_put(f, object, "protocol", json_string(protocol_word(p->protocol)));
    part_put(f, object, "host", json_string(p->host == NULL ? "" : p->host));
    part_put(f, object, "address", json_string(text_of_address));
    part_put(f, object, "family", json_string(family_word(p->family)));
    part_put(f, object, "port", json_integer(p->port));
    part_put(f, object, "tls", json_string(tls_mode_word(p->mode)));
    part_put(f, object, "outcome", json_string(probe_outcome_word(shown_outcome(p))));
    part_put(f, object, "stage", json_string(stage_word(p->stage)));
    part_put(f, object, "skipped_because", skipped_because(p));
    part_put(f, object, "error", error(f, p));
    part_put(f, object, "timing_ms", timing(f, p));
    part_put(f, object, "greeting", part_peer_lines(p->greeting));
    part_put(f, object, "capabilities", part_peer_array(f, p->keywords, p->n_keywords));
    part_put(f, object, "auth", part_peer_array(f, p->auth, p->n_auth));
    part_put(f, object, "session", session(f, p));
    part_put(f, object, "certificate", certificate(f, p));
    return object;
}

static json_t *probes(struct part *f)
{
    json_t *array = json_array();

    for (size_t i = 0; i < f->e->n_probes; i++)
        part_add(f, array, probe(f, &f->e->probes[i]));
    return array;
}

/* ---- what was fetched ------------------------------------------------------ */

static json_t *fetches(struct part *f)
{
    json_t *array = json_array();

    for (size_t i = 0; i < f->e->n_fetches; i++) {
        const struct fetch *fetched = &f->e->fetches[i];
        json_t *object = json_object();

        part_put(f, object, "kind", json_string(fetch_kind_word(fetched->kind)));
        part_put(f, object, "url", part_peer_or_null(fetched->url));
        part_put(f, object, "outcome", json_string(fetch_outcome_word(fetched->outcome)));
        part_put(f, object, "status", fetched->status == 0 ? json_null() : json_integer(fetched->status));
        part_put(f, object, "duration_ms", milliseconds(fetched->duration_ms));
        part_add(f, array, object);
    }
    return array;
}

/* ---- paths ---------------------------------------------------------------- */

static json_t *hop(struct part *f, const struct hop *h)
{
    json_t *object = json_object();
    char text_of_address[ADDRESS_TEXT_SIZE];

    part_put(f, object, "answer", json_string(hop_answer_word(h->answer)));
    part_put(f, object, "address",
        h->icmp.has_offender ? json_string(address_format(&h->icmp.offender, text_of_address)) : json_null());
    part_put(f, object, "ms", milliseconds(h->ms));
    return object;
}

static json_t *trace(struct part *f, const struct trace *t)
{
    json_t *object, *hops;
    char text_of_address[ADDRESS_TEXT_SIZE];

    if (t->port == 0)
        return json_null();
    object = json_object();
    hops = json_array();
    part_put(f, object, "address", json_string(address_format(&t->address, text_of_address)));
    part_put(f, object, "port", json_integer(t->port));
    for (size_t i = 0; i < t->n_hops; i++)
        part_add(f, hops, hop(f, &t->hops[i]));
    part_put(f, object, "hops", hops);
    return object;
}

static json_t *paths(struct part *f)
{
    json_t *array = json_array();

    for (size_t i = 0; i < f->e->n_paths; i++) {
        const struct path *p = &f->e->paths[i];
        json_t *object = json_object();

        part_put(f, object, "role", json_string(role_word(p->role)));
        part_put(f, object, "host", json_string(p->host));
        part_put(f, object, "family", json_string(family_word(p->family)));
        part_put(f, object, "blocked", trace(f, &p->blocked));
        part_put(f, object, "open", trace(f, &p->open));
        part_put(f, object, "complete", json_boolean(p->complete));
        part_add(f, array, object);
    }
    return array;
}

/* ---- the whole ------------------------------------------------------------ */

static json_t *tool(struct part *f)
{
    json_t *object = json_object();

    part_put(f, object, "name", json_string("smtpdx"));
    part_put(f, object, "version", json_string(SMTPDX_VERSION));
    return object;
}

static json_t *whole(struct part *f)
{
    const struct diagnosis *d = f->d;
    json_t *object = json_object();

    part_put(f, object, "schema", json_string("smtpdx/report/1"));
    part_put(f, object, "tool", tool(f));
    part_put(f, object, "started", date(f->e->started_wall_ms / 1000));
    part_put(f, object, "duration_ms", milliseconds(fmax(f->e->duration_ms, 0)));
    part_put(f, object, "language", json_string(language_word(f->spec->language)));
    part_put(f, object, "target", target(f));
    part_put(f, object, "verdict", json_string(verdict_word(d->verdict)));
    part_put(f, object, "summary",
        part_sentence(f, (enum text_id)d->summary, d->summary_arguments, d->n_summary_arguments));
    part_put(f, object, "primary", part_string_or_null(part_finding_word(d, d->primary)));
    part_put(f, object, "findings", part_findings(f));
    part_put(f, object, "recommended", recommended(f));
    part_put(f, object, "dns", dns(f));
    part_put(f, object, "clock", local_clock(f));
    part_put(f, object, "probes", probes(f));
    part_put(f, object, "sign_in", tried_part_sign_in(f));
    part_put(f, object, "sending", tried_part_sending(f));
    part_put(f, object, "fetches", fetches(f));
    part_put(f, object, "paths", paths(f));
    return object;
}

/* flags: how jansson lays it out */
static bool put_whole(struct buf *out, const struct report_spec *spec, const struct evidence *e,
                      const struct diagnosis *d, size_t flags)
{
    struct part f = { .spec = spec, .e = e, .d = d };

    return part_dump(out, &f, whole(&f), flags);
}

bool report_json(struct buf *out, const struct report_spec *spec, const struct evidence *e,
                 const struct diagnosis *d)
{
    return put_whole(out, spec, e, d, JSON_INDENT(2));
}

/* The same on one line: a line end inside a string is written as \n. */
bool report_ndjson(struct buf *out, const struct report_spec *spec, const struct evidence *e,
                   const struct diagnosis *d)
{
    return put_whole(out, spec, e, d, JSON_COMPACT);
}
