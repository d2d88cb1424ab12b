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
#include "knowledge/finding.h"
#include "knowledge/phrase.h"
#include "knowledge/provider.h"
#include "knowledge/step.h"
#include "model/clock_estimate.h"
#include "report/advice.h"
#include "report/certificate.h"
#include "report/tried.h"

enum {
    JSON_PEER_MAX = 4096,       /* bytes of one escaped peer text */
    JSON_TEXT_MAX = 128 << 10,  /* bytes of one completed sentence */
    JSON_NUMBER_DIGITS = 12,    /* enough for hundredths of a millisecond of any duration */
};

/* `failed` stays set once something could not be made: looked at once, at the end. */
struct face {
    const struct report_spec *spec;
    const struct evidence *e;
    const struct diagnosis *d;
    bool failed;
};

/* Takes over value, NULL included: that is how a failed json_...() is noticed. */
static void put(struct face *f, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        f->failed = true;
}

static void add(struct face *f, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        f->failed = true;
}

static json_t *string_or_null(const char *string)
{
    return string == NULL ? json_null() : json_string(string);
}

/* What came from outside. */
static json_t *peer(struct peer_text t)
{
    struct buf escaped;
    json_t *value = NULL;

    buf_init(&escaped, JSON_PEER_MAX + 8);
    if (peer_text_escape(&escaped, t, JSON_PEER_MAX))
        value = json_string(buf_borrow(&escaped));
    buf_done(&escaped);
    return value;
}

static json_t *peer_or_null(const char *string)
{
    return string == NULL ? json_null() : peer(peer_text_of(string));
}

/* Lines as received, without the line end of the last. */
static json_t *peer_lines(struct peer_text t)
{
    while (t.len > 0 && (t.bytes[t.len - 1] == '\n' || t.bytes[t.len - 1] == '\r'))
        t.len--;
    return t.len == 0 ? json_null() : peer(t);
}

static json_t *peer_array(struct face *f, const struct peer_text *texts, size_t n)
{
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++)
        add(f, array, peer(texts[i]));
    return array;
}

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

static bool put_peer(struct buf *out, struct peer_text t, void *user)
{
    (void)user;
    return peer_text_escape(out, t, JSON_PEER_MAX);
}

static json_t *sentence(const struct face *f, enum text_id id, const struct argument *args, size_t n)
{
    struct buf out;
    json_t *value = NULL;

    buf_init(&out, JSON_TEXT_MAX);
    if (phrase_put(&out, f->spec->language, id, args, n, put_peer, NULL))
        value = json_string(buf_borrow(&out));
    buf_done(&out);
    return value;
}

/* ---- what was asked ------------------------------------------------------- */

static json_t *target(struct face *f)
{
    const struct plan *plan = f->e->plan;
    json_t *object = json_object();

    put(f, object, "input",
        plan->input.len > 0 ? peer(plan->input) : json_string(plan->host ? plan->host : ""));
    put(f, object, "host", string_or_null(plan->host));
    put(f, object, "provider", string_or_null(plan->provider));
    put(f, object, "port", plan->n_asked_ports > 0 ? json_integer(plan->asked_ports[0]) : json_null());
    put(f, object, "tls", plan->tls_asked ? json_string(tls_mode_word(plan->tls)) : json_null());
    put(f, object, "suggestion", string_or_null(f->d->suggestion));
    put(f, object, "origin", json_null());
    return object;
}

/* ---- findings ------------------------------------------------------------- */

static json_t *becauses(struct face *f, const struct diagnosed *found)
{
    json_t *array = json_array();

    for (size_t i = 0; i < found->n_because; i++) {
        const struct because *b = &found->because[i];
        json_t *object = json_object();

        put(f, object, "text", sentence(f, (enum text_id)b->text, b->arguments, b->n_arguments));
        put(f, object, "probe",
            b->probe >= 0 && (size_t)b->probe < f->e->n_probes ? json_integer(b->probe) : json_null());
        add(f, array, object);
    }
    return array;
}

static json_t *steps(struct face *f, const struct diagnosed *found)
{
    const struct finding *finding = finding_by_id((enum finding_id)found->finding);
    json_t *array = json_array();
    struct advice advice;

    if (!advice_init(&advice, f->spec->language, f->e, f->d, found, put_peer))
        f->failed = true;
    for (size_t i = 0; !f->failed && i < finding->n_steps; i++) {
        const struct step *step = step_by_id(finding->steps[i]);
        json_t *object = json_object();

        put(f, object, "id", json_string(step->id));
        put(f, object, "title", sentence(f, step->title, NULL, 0));
        put(f, object, "text", sentence(f, step->text, advice.arguments, advice.n));
        put(f, object, "origin", json_string(step_origin_word(step->origin)));
        add(f, array, object);
    }
    advice_done(&advice);
    return array;
}

static const char *finding_word(const struct diagnosis *d, int index)
{
    if (index < 0 || (size_t)index >= d->n_findings)
        return NULL;
    return finding_by_id((enum finding_id)d->findings[index].finding)->id;
}

static json_t *findings(struct face *f)
{
    json_t *array = json_array();

    for (size_t i = 0; i < f->d->n_findings; i++) {
        const struct diagnosed *found = &f->d->findings[i];
        const struct finding *finding = finding_by_id((enum finding_id)found->finding);
        json_t *object = json_object();

        put(f, object, "id", json_string(finding->id));
        put(f, object, "severity", json_string(severity_word(found->severity)));
        put(f, object, "confidence", json_real(round(fmin(fmax(found->confidence, 0), 1) * 100) / 100));
        put(f, object, "title", sentence(f, finding->title, NULL, 0));
        put(f, object, "caused_by", string_or_null(finding_word(f->d, found->caused_by)));
        put(f, object, "because", becauses(f, found));
        put(f, object, "steps", steps(f, found));
        add(f, array, object);
    }
    return array;
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

static json_t *recommended(struct face *f)
{
    json_t *array = json_array();

    for (size_t i = 0; i < f->d->n_recommended; i++) {
        const struct recommended *r = &f->d->recommended[i];
        json_t *object = json_object();

        put(f, object, "host", json_string(r->host));
        put(f, object, "port", json_integer(r->port));
        put(f, object, "tls", json_string(tls_mode_word(r->mode)));
        put(f, object, "auth", peer_array(f, r->auth, r->n_auth));
        put(f, object, "username", username(r->host));
        add(f, array, object);
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

static void put_queries(struct face *f, json_t *object, const struct name_view *name)
{
    const char *canonical = NULL;
    json_t *resolvers = json_array();

    for (size_t i = 0; i < name->n_queries; i++) {
        if (canonical == NULL)
            canonical = name->queries[i].canonical;
        if (name->queries[i].resolver != NULL && !asked_before(name, i))
            add(f, resolvers, peer_or_null(name->queries[i].resolver));
    }
    put(f, object, "canonical", peer_or_null(canonical));
    put(f, object, "resolvers", resolvers);
}

static json_t *addresses(struct face *f, const struct name_view *name)
{
    json_t *array = json_array();

    for (size_t i = 0; i < name->n_addresses; i++) {
        const struct found_address *found = &name->addresses[i];
        json_t *object = json_object();
        char text_of_address[ADDRESS_TEXT_SIZE];

        put(f, object, "address", json_string(address_format(&found->address, text_of_address)));
        put(f, object, "family", json_string(family_word(found->address.family)));
        put(f, object, "ttl", found->ttl_s < 0 ? json_null() : json_integer(found->ttl_s));
        add(f, array, object);
    }
    return array;
}

static json_t *dns(struct face *f)
{
    static const struct name_view nothing = { .duration_ms = -1 };
    const struct name_view *target_name = evidence_target_name(f->e);
    const struct name_view *name = target_name != NULL ? target_name : &nothing;
    bool looked_up = target_name != NULL && !f->e->plan->host_is_address;
    json_t *object = json_object();

    put(f, object, "status", json_string(dns_word(looked_up ? dns_outcome(name) : DNS_SKIPPED)));
    put_queries(f, object, name);
    put(f, object, "duration_ms", looked_up ? milliseconds(name->duration_ms) : json_null());
    put(f, object, "addresses", addresses(f, name));
    return object;
}

/* A source that knows one end alone has an offset no more than an uncertainty. */
static json_t *clock_source(struct face *f, const struct clock_source *s)
{
    bool closed = s->answered && s->has_lower && s->has_upper;
    json_t *object = json_object();

    put(f, object, "kind", json_string(clock_kind_word(s->kind)));
    put(f, object, "name", peer_or_null(s->name));
    put(f, object, "offset_ms", closed ? json_integer(s->lower_ms + (s->upper_ms - s->lower_ms) / 2) : json_null());
    put(f, object, "uncertainty_ms", closed ? json_integer((s->upper_ms - s->lower_ms + 1) / 2) : json_null());
    put(f, object, "not_before_ms", s->answered && s->has_lower ? json_integer(s->lower_ms) : json_null());
    put(f, object, "agrees", json_boolean(s->agrees));
    put(f, object, "error", string_or_null(s->error));
    return object;
}

static json_t *local_clock(struct face *f)
{
    const struct clock_view *v = &f->e->clock;
    int64_t uncertainty_ms = clock_uncertainty_ms(v);
    json_t *object = json_object();
    json_t *sources = json_array();

    for (size_t i = 0; i < v->n_sources; i++)
        add(f, sources, clock_source(f, &v->sources[i]));
    put(f, object, "offset_ms", v->known ? json_integer(clock_offset_ms(v)) : json_null());
    put(f, object, "uncertainty_ms", uncertainty_ms < 0 ? json_null() : json_integer(uncertainty_ms));
    put(f, object, "sources", sources);
    return object;
}

/* ---- probes --------------------------------------------------------------- */

static json_t *error(struct face *f, const struct probe *p)
{
    json_t *object;

    if (p->fault == FAULT_NONE)
        return json_null();
    object = json_object();
    put(f, object, "code", json_string(fault_word(p->fault)));
    if (p->error_text != NULL)
        put(f, object, "text", peer_or_null(p->error_text));
    put(f, object, "reply", p->reply.code == 0 ? json_null() : peer_lines(p->reply.text));
    return object;
}

static json_t *timing(struct face *f, const struct probe *p)
{
    json_t *object = json_object();

    put(f, object, "connect", milliseconds(p->connect_ms));
    put(f, object, "greeting", milliseconds(p->greeting_ms));
    put(f, object, "tls", milliseconds(p->tls_ms));
    put(f, object, "total", milliseconds(p->total_ms));
    put(f, object, "slowest", milliseconds(p->slowest_ms));
    put(f, object, "slowest_stage", p->slowest_ms < 0 ? json_null() : json_string(stage_word(p->slowest_stage)));
    return object;
}

static json_t *session(struct face *f, const struct probe *p)
{
    json_t *object;

    if (p->tls_version == NULL)
        return json_null();
    object = json_object();
    put(f, object, "version", peer_or_null(p->tls_version));
    if (p->tls_cipher != NULL)
        put(f, object, "cipher", peer_or_null(p->tls_cipher));
    put(f, object, "group", peer_or_null(p->tls_group));
    return object;
}

static json_t *problems(struct face *f, const struct chain *c, int64_t now_s)
{
    struct certificate_flaw flaws[CERTIFICATE_FLAWS_MAX];
    size_t n = certificate_flaws(flaws, c, now_s);
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++)
        add(f, array, json_string(flaws[i].word));
    return array;
}

/* What was sent, leaf first; its own details stand in the certificate itself. */
static json_t *issuers(struct face *f, const struct chain *c)
{
    json_t *array = json_array();

    for (size_t i = 0; i < c->n_certificates; i++) {
        const struct certificate *x = &c->certificates[i];
        json_t *object = json_object();

        put(f, object, "subject", peer(x->subject));
        put(f, object, "issuer", peer(x->issuer));
        put(f, object, "not_after", date(x->not_after));
        put(f, object, "sha256", json_string(x->sha256));
        add(f, array, object);
    }
    return array;
}

static json_t *date_or_null(int64_t seconds)
{
    return seconds < 0 ? json_null() : date(seconds);
}

static json_t *ocsp(struct face *f, const struct chain *c)
{
    const struct ocsp_answer *o = &c->ocsp;
    json_t *object;

    if (o->status == OCSP_NONE)
        return json_null();
    object = json_object();
    put(f, object, "status", json_string(ocsp_status_word(o->status)));
    put(f, object, "source", json_string(c->ocsp_fetched ? "fetched" : "stapled"));
    put(f, object, "this_update", date_or_null(o->this_update));
    put(f, object, "next_update", date_or_null(o->next_update));
    put(f, object, "revoked_at", date_or_null(o->revoked_at));
    return object;
}

static json_t *certificate(struct face *f, const struct probe *p)
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
    put(f, object, "subject", peer(leaf->subject));
    for (size_t i = 0; i < leaf->n_names; i++)
        add(f, names, peer(leaf->names[i].text));
    put(f, object, "names", names);
    put(f, object, "issuer", peer(leaf->issuer));
    put(f, object, "not_before", date(leaf->not_before));
    put(f, object, "not_after", date(leaf->not_after));
    put(f, object, "days_left", json_integer(certificate_days_left(leaf, now_s)));
    if (leaf->key != NULL)
        put(f, object, "key", peer_or_null(leaf->key));
    if (leaf->signature != NULL)
        put(f, object, "signature", peer_or_null(leaf->signature));
    put(f, object, "sha256", json_string(leaf->sha256));
    put(f, object, "trusted", json_boolean(c->trusted));
    put(f, object, "problems", problems(f, c, now_s));
    put(f, object, "chain", issuers(f, c));
    put(f, object, "ocsp", ocsp(f, c));
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

static json_t *probe(struct face *f, const struct probe *p)
{
    json_t *object = json_object();
    char text_of_address[ADDRESS_TEXT_SIZE] = "";

    if (p->has_address)
        address_format(&p->address, text_of_address);
    put(f, object, "role", json_string(role_word(p->role)));
    put(f, object, "host", json_string(p->host == NULL ? "" : p->host));
    put(f, object, "address", json_string(text_of_address));
    put(f, object, "family", json_string(family_word(p->family)));
    put(f, object, "port", json_integer(p->port));
    put(f, object, "tls", json_string(tls_mode_word(p->mode)));
    put(f, object, "outcome", json_string(probe_outcome_word(shown_outcome(p))));
    put(f, object, "stage", json_string(stage_word(p->stage)));
    put(f, object, "skipped_because", skipped_because(p));
    put(f, object, "error", error(f, p));
    put(f, object, "timing_ms", timing(f, p));
    put(f, object, "greeting", peer_lines(p->greeting));
    put(f, object, "capabilities", peer_array(f, p->keywords, p->n_keywords));
    put(f, object, "auth", peer_array(f, p->auth, p->n_auth));
    put(f, object, "session", session(f, p));
    put(f, object, "certificate", certificate(f, p));
    return object;
}

static json_t *probes(struct face *f)
{
    json_t *array = json_array();

    for (size_t i = 0; i < f->e->n_probes; i++)
        add(f, array, probe(f, &f->e->probes[i]));
    return array;
}

/* ---- signing in and sending ------------------------------------------------ */

static json_t *reply(const struct refused_reply *r)
{
    return r == NULL ? json_null() : peer_lines(r->text);
}

static json_t *peer_text_or_null(struct peer_text t)
{
    return t.len == 0 ? json_null() : peer(t);
}

/* What the server says of a token that it refuses. */
static json_t *oauth(struct face *f, const struct sign_in *s)
{
    json_t *object;

    if (s->oauth_status.len == 0 && s->oauth_schemes.len == 0 && s->oauth_scope.len == 0)
        return json_null();
    object = json_object();
    put(f, object, "status", peer_text_or_null(s->oauth_status));
    put(f, object, "schemes", peer_text_or_null(s->oauth_schemes));
    put(f, object, "scope", peer_text_or_null(s->oauth_scope));
    return object;
}

/* Why nothing at all was tried on a connection of its own. */
static json_t *barred_because(const struct errand *r)
{
    return r->bar == BAR_NONE ? json_null() : json_string(errand_bar_word(r->bar));
}

/* The connection that was made for it, beside those of the matrix. */
static json_t *connection(struct face *f, const struct errand *r)
{
    const struct probe *p = r->connection;
    char text_of_address[ADDRESS_TEXT_SIZE] = "";
    json_t *object;

    if (p == NULL)
        return json_null();
    if (p->has_address)
        address_format(&p->address, text_of_address);
    object = json_object();
    put(f, object, "host", json_string(p->host == NULL ? "" : p->host));
    put(f, object, "address", json_string(text_of_address));
    put(f, object, "port", json_integer(p->port));
    put(f, object, "tls", json_string(tls_mode_word(p->mode)));
    put(f, object, "outcome", json_string(probe_outcome_word(shown_outcome(p))));
    put(f, object, "stage", json_string(stage_word(p->stage)));
    put(f, object, "error", error(f, p));
    put(f, object, "auth", peer_array(f, p->auth, p->n_auth));
    put(f, object, "session", session(f, p));
    return object;
}

static json_t *sign_in(struct face *f)
{
    const struct errand *r = f->e->errand;
    json_t *object;

    if (r == NULL || f->e->plan->user.bytes == NULL)
        return json_null();
    object = json_object();
    put(f, object, "result", json_string(tried_word(tried_sign_in(f->e))));
    put(f, object, "barred_because", barred_because(r));
    put(f, object, "secret", json_string(secret_kind_word(r->sign_in.kind)));
    put(f, object, "mechanism", string_or_null(r->sign_in.mechanism));
    put(f, object, "reply", reply(tried_sign_in_reply(f->e)));
    put(f, object, "oauth", oauth(f, &r->sign_in));
    put(f, object, "connection", connection(f, r));
    return object;
}

static json_t *sending(struct face *f)
{
    const struct errand *r = f->e->errand;
    enum tried tried = tried_message(f->e);
    json_t *object;

    if (r == NULL || tried == TRIED_NOT_ASKED)
        return json_null();
    object = json_object();
    put(f, object, "result", json_string(tried_word(tried)));
    put(f, object, "barred_because", barred_because(r));
    put(f, object, "stage", tried == TRIED_REFUSED || tried == TRIED_LOST
                                ? json_string(stage_word(tried_message_stage(f->e))) : json_null());
    put(f, object, "message_id", string_or_null(r->sending.message_id));
    put(f, object, "size", r->sending.size == 0 ? json_null() : json_integer((json_int_t)r->sending.size));
    put(f, object, "size_limit",
        r->sending.size_limit == 0 ? json_null() : json_integer((json_int_t)r->sending.size_limit));
    put(f, object, "reply", reply(tried_message_reply(f->e)));
    put(f, object, "connection", connection(f, r));
    return object;
}

/* ---- what was fetched ------------------------------------------------------ */

static json_t *fetches(struct face *f)
{
    json_t *array = json_array();

    for (size_t i = 0; i < f->e->n_fetches; i++) {
        const struct fetch *fetched = &f->e->fetches[i];
        json_t *object = json_object();

        put(f, object, "kind", json_string(fetch_kind_word(fetched->kind)));
        put(f, object, "url", peer_or_null(fetched->url));
        put(f, object, "outcome", json_string(fetch_outcome_word(fetched->outcome)));
        put(f, object, "status", fetched->status == 0 ? json_null() : json_integer(fetched->status));
        put(f, object, "duration_ms", milliseconds(fetched->duration_ms));
        add(f, array, object);
    }
    return array;
}

/* ---- paths ---------------------------------------------------------------- */

static json_t *hop(struct face *f, const struct hop *h)
{
    json_t *object = json_object();
    char text_of_address[ADDRESS_TEXT_SIZE];

    put(f, object, "answer", json_string(hop_answer_word(h->answer)));
    put(f, object, "address",
        h->icmp.has_offender ? json_string(address_format(&h->icmp.offender, text_of_address)) : json_null());
    put(f, object, "ms", milliseconds(h->ms));
    return object;
}

static json_t *trace(struct face *f, const struct trace *t)
{
    json_t *object, *hops;
    char text_of_address[ADDRESS_TEXT_SIZE];

    if (t->port == 0)
        return json_null();
    object = json_object();
    hops = json_array();
    put(f, object, "address", json_string(address_format(&t->address, text_of_address)));
    put(f, object, "port", json_integer(t->port));
    for (size_t i = 0; i < t->n_hops; i++)
        add(f, hops, hop(f, &t->hops[i]));
    put(f, object, "hops", hops);
    return object;
}

static json_t *paths(struct face *f)
{
    json_t *array = json_array();

    for (size_t i = 0; i < f->e->n_paths; i++) {
        const struct path *p = &f->e->paths[i];
        json_t *object = json_object();

        put(f, object, "role", json_string(role_word(p->role)));
        put(f, object, "host", json_string(p->host));
        put(f, object, "family", json_string(family_word(p->family)));
        put(f, object, "blocked", trace(f, &p->blocked));
        put(f, object, "open", trace(f, &p->open));
        put(f, object, "complete", json_boolean(p->complete));
        add(f, array, object);
    }
    return array;
}

/* ---- the whole ------------------------------------------------------------ */

static json_t *tool(struct face *f)
{
    json_t *object = json_object();

    put(f, object, "name", json_string("smtpdx"));
    put(f, object, "version", json_string(SMTPDX_VERSION));
    return object;
}

static json_t *whole(struct face *f)
{
    const struct diagnosis *d = f->d;
    json_t *object = json_object();

    put(f, object, "schema", json_string("smtpdx/report/1"));
    put(f, object, "tool", tool(f));
    put(f, object, "started", date(f->e->started_wall_ms / 1000));
    put(f, object, "duration_ms", milliseconds(fmax(f->e->duration_ms, 0)));
    put(f, object, "language", json_string(language_word(f->spec->language)));
    put(f, object, "target", target(f));
    put(f, object, "verdict", json_string(verdict_word(d->verdict)));
    put(f, object, "summary",
        sentence(f, (enum text_id)d->summary, d->summary_arguments, d->n_summary_arguments));
    put(f, object, "primary", string_or_null(finding_word(d, d->primary)));
    put(f, object, "findings", findings(f));
    put(f, object, "recommended", recommended(f));
    put(f, object, "dns", dns(f));
    put(f, object, "clock", local_clock(f));
    put(f, object, "probes", probes(f));
    put(f, object, "sign_in", sign_in(f));
    put(f, object, "sending", sending(f));
    put(f, object, "fetches", fetches(f));
    put(f, object, "paths", paths(f));
    return object;
}

static int put_bytes(const char *bytes, size_t len, void *user)
{
    return buf_put(user, bytes, len) ? 0 : -1;
}

/* flags: how jansson lays it out */
static bool put_whole(struct buf *out, const struct report_spec *spec, const struct evidence *e,
                      const struct diagnosis *d, size_t flags)
{
    struct face f = { .spec = spec, .e = e, .d = d };
    json_t *object = whole(&f);
    bool ok = !f.failed &&
              json_dump_callback(object, put_bytes, out, flags | JSON_REAL_PRECISION(JSON_NUMBER_DIGITS)) == 0 &&
              buf_put_char(out, '\n');

    json_decref(object);
    return ok;
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
