/*
 * fetcher - issuers and OCSP answers, fetched from where certificates name them
 *
 * One course for each chain: the issuers that it lacks, one above the other,
 * then an answer about its leaf. All of a course has one patience, so that a
 * server which is silent, or slow on purpose, takes no more than that.
 */
#include "probe/fetcher.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/special.h"
#include "probe/aia.h"
#include "probe/chain.h"
#include "probe/dial.h"
#include "probe/http.h"
#include "probe/lookup.h"

enum {
    PATIENCE_MS = 3000,
    KINDS = 2,
    HTTP_STATUS_OK = 200,
    ADDRESSES_TRIED_MAX = 4, /* of one server */
};

/* What is fetched for one chain, a thing after another. */
struct course {
    struct fetcher *owner;
    struct course *next;
    size_t chain;
    uv_timer_t timer; /* of patience */
    double until_ms;
    unsigned n_holders; /* handles and parts that point here */
    bool given_up[KINDS];
    bool over;

    /* The one that is under way. */
    size_t fetch; /* index into the Evidence's fetches */
    struct http_url url;
    struct buf request; /* of OCSP, else empty */
    size_t name;        /* index into names, where the host is one */
    size_t n_tried;     /* of its addresses */
    struct lookup *lookup; /* NULL: none */
    bool looking_up;
    struct http *http; /* NULL: none */
};

struct fetcher {
    struct fetcher_spec spec;
    uv_timer_t timer; /* to look from the loop */
    struct course *courses; /* that are not gone */
    bool begun[EVIDENCE_CHAINS_MAX]; /* whose chain has its course, or had it */
    unsigned n_holders;
    bool stopped;
};

static struct evidence *evidence_of(const struct course *c)
{
    return c->owner->spec.evidence;
}

/* ---- the end ---------------------------------------------------------------- */

static void fetcher_let_go(struct fetcher *f)
{
    if (--f->n_holders > 0)
        return;
    f->spec.listener->gone(f->spec.user);
    free(f);
}

static void course_let_go(struct course *c)
{
    struct fetcher *f = c->owner;

    if (--c->n_holders > 0)
        return;
    for (struct course **at = &f->courses; *at != NULL; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    buf_done(&c->request);
    free(c);
    fetcher_let_go(f);
}

static void on_patience_closed(uv_handle_t *handle)
{
    course_let_go(handle->data);
}

static void course_end(struct course *c)
{
    c->over = true;
    uv_close((uv_handle_t *)&c->timer, on_patience_closed);
}

bool fetcher_waits(const struct fetcher *f)
{
    for (const struct course *c = f->courses; c != NULL; c = c->next) {
        if (!c->over)
            return true;
    }
    return uv_is_active((const uv_handle_t *)&f->timer) != 0;
}

static void review(struct fetcher *f)
{
    if (!f->stopped && !fetcher_waits(f))
        f->spec.listener->idle(f->spec.user);
}

/* ---- one thing is fetched ----------------------------------------------------- */

static struct fetch *fetch_of(const struct course *c)
{
    return &evidence_of(c)->fetches[c->fetch];
}

static double now_ms(const struct course *c)
{
    return clock_steady_ms() - c->owner->spec.check_started_ms;
}

static void drop_parts(struct course *c)
{
    if (c->http != NULL)
        http_stop(c->http);
    if (c->lookup != NULL)
        lookup_stop(c->lookup);
    c->http = NULL;
    c->lookup = NULL;
    c->looking_up = false;
}

static void note_end(struct course *c, enum fetch_outcome outcome)
{
    struct fetch *f = fetch_of(c);

    f->outcome = outcome;
    f->duration_ms = now_ms(c) - f->started_ms;
    drop_parts(c);
}

static void advance(struct course *c);

/* What did not come is not asked for again; what came shows what to ask for next. */
static void settle(struct course *c, enum fetch_outcome outcome)
{
    enum fetch_kind kind = fetch_of(c)->kind;

    note_end(c, outcome);
    c->given_up[kind] = kind == FETCH_OCSP || outcome != FETCH_OK;
    advance(c);
    review(c->owner);
}

/* ---- HTTP ------------------------------------------------------------------- */

static bool try_next_address(struct course *c);

static enum fetch_outcome take(struct course *c, struct peer_text body)
{
    struct fetcher *f = c->owner;
    struct evidence *e = f->spec.evidence;
    bool taken = fetch_of(c)->kind == FETCH_ISSUER ? chain_take_issuer(e, c->chain, body)
                                                   : chain_take_ocsp(f->spec.trust, e, c->chain, body);

    return taken ? FETCH_OK : FETCH_UNFIT;
}

static void on_told(void *user, const struct http_result *result)
{
    struct course *c = user;

    fetch_of(c)->status = result->status;
    switch (result->outcome) {
    case HTTP_REPLY:
        settle(c, result->status == HTTP_STATUS_OK ? take(c, result->body) : FETCH_REFUSED);
        break;
    case HTTP_NO_ANSWER:
        http_stop(c->http);
        c->http = NULL;
        if (!try_next_address(c) && !c->looking_up)
            settle(c, FETCH_NO_ANSWER);
        break;
    case HTTP_NO_HTTP:
        settle(c, FETCH_NO_ANSWER);
        break;
    case HTTP_SILENT:
        settle(c, FETCH_SILENT);
        break;
    case HTTP_TOO_LONG:
        settle(c, FETCH_TOO_LONG);
        break;
    }
}

static void on_http_gone(void *user)
{
    course_let_go(user);
}

static const struct http_listener http_ears = { .told = on_told, .gone = on_http_gone };

static bool ask(struct course *c, const struct address *address)
{
    struct fetcher *f = c->owner;
    double left_ms = c->until_ms - clock_steady_ms();
    struct http_spec spec = {
        .loop = engine_loop(f->spec.engine),
        .host = c->url.host,
        .port = c->url.port,
        .path = c->url.path,
        .to = { .address = *address, .port = plan_dial_port(f->spec.evidence->plan, c->url.port) },
        .post = { c->request.len > 0 ? buf_borrow(&c->request) : NULL, c->request.len },
        .post_type = "application/ocsp-request",
        .body_max = HTTP_BODY_MAX,
        .timeout_ms = left_ms < 1 ? 1 : (unsigned)left_ms,
        .listener = &http_ears,
        .user = c,
    };
    struct err err = { 0 };

    if (!http_start(&c->http, &spec, &err))
        return false;
    c->n_holders++;
    return true;
}

/* ---- names ------------------------------------------------------------------ */

/* A server of the public network sends nobody into the local one. */
static bool is_forbidden(const struct course *c, const struct address *address)
{
    const struct evidence *e = evidence_of(c);

    if (!address_is_special(address))
        return false;
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (p->chain == (int)c->chain && p->has_address && address_is_special(&p->address))
            return false;
    }
    return true;
}

static bool can_be_asked(const struct course *c, const struct address *address)
{
    return evidence_of(c)->plan->families[address->family] && !is_forbidden(c, address) &&
           dial_has_route(address);
}

static bool try_next_address(struct course *c)
{
    const struct name_view *view = &evidence_of(c)->names[c->name];

    while (c->n_tried < view->n_addresses && c->n_tried < ADDRESSES_TRIED_MAX) {
        const struct address *address = &view->addresses[c->n_tried++].address;

        if (can_be_asked(c, address) && ask(c, address))
            return true;
    }
    return false;
}

static void on_found(void *user, size_t name, size_t address)
{
    struct course *c = user;

    (void)name, (void)address;
    if (c->lookup != NULL && c->http == NULL)
        try_next_address(c);
}

/* Why none of the addresses was asked, or none has answered. */
static enum fetch_outcome outcome_of_addresses(const struct course *c)
{
    const struct name_view *view = &evidence_of(c)->names[c->name];

    if (view->n_addresses == 0)
        return FETCH_UNRESOLVED;
    for (size_t i = 0; i < view->n_addresses; i++) {
        if (!is_forbidden(c, &view->addresses[i].address))
            return FETCH_NO_ANSWER;
    }
    return FETCH_FORBIDDEN;
}

static void on_lookup_ended(void *user, size_t name)
{
    struct course *c = user;

    (void)name;
    c->looking_up = false;
    if (c->http == NULL)
        settle(c, outcome_of_addresses(c));
}

static void on_lookup_gone(void *user, struct lookup *l)
{
    (void)l;
    course_let_go(user);
}

static const struct lookup_listener lookup_ears = {
    .found = on_found,
    .ended = on_lookup_ended,
    .gone = on_lookup_gone,
};

static bool look_up(struct course *c)
{
    struct engine *engine = c->owner->spec.engine;
    struct evidence *e = evidence_of(c);
    struct resolver *resolvers[PLAN_RESOLVERS_MAX];
    struct name_view *view = ARENA_APPEND(e->arena, e->names, e->n_names, EVIDENCE_NAMES_MAX);
    struct lookup_spec spec = {
        .loop = engine_loop(engine),
        .evidence = e,
        .resolvers = resolvers,
        .listener = &lookup_ears,
        .user = c,
    };
    struct err err = { 0 };
    bool configured;

    if (view == NULL)
        return false;
    view->role = ROLE_FETCH;
    view->host = arena_strdup(e->arena, c->url.host);
    view->duration_ms = -1;
    c->name = spec.name = e->n_names - 1;
    spec.n_resolvers = engine_resolvers(engine, e->plan, resolvers, &configured, &err);
    if (view->host == NULL || spec.n_resolvers == 0 || !lookup_start(&c->lookup, &spec, &err))
        return false;
    c->looking_up = true;
    c->n_holders++;
    return true;
}

/* Issuer and responder are often on one host. */
static bool find_name(struct course *c)
{
    const struct evidence *e = evidence_of(c);

    for (size_t i = 0; i < e->n_names; i++) {
        const struct name_view *view = &e->names[i];

        if (view->role == ROLE_FETCH && view->n_addresses > 0 && strcmp(view->host, c->url.host) == 0) {
            c->name = i;
            return true;
        }
    }
    return false;
}

/* ---- what is asked for next ---------------------------------------------------- */

/* FETCH_OK: it is under way. */
static enum fetch_outcome begin_fetch(struct course *c)
{
    struct address address;

    c->n_tried = 0;
    if (address_parse(&address, c->url.host)) {
        c->name = 0;
        c->n_tried = ADDRESSES_TRIED_MAX; /* there is no other */
        if (is_forbidden(c, &address))
            return FETCH_FORBIDDEN;
        return can_be_asked(c, &address) && ask(c, &address) ? FETCH_OK : FETCH_NO_ANSWER;
    }
    if (find_name(c))
        return try_next_address(c) ? FETCH_OK : outcome_of_addresses(c);
    return look_up(c) ? FETCH_OK : FETCH_UNRESOLVED;
}

static bool put_fetch(struct course *c, enum fetch_kind kind)
{
    struct evidence *e = evidence_of(c);
    const char *kept = NULL;
    struct buf url;
    struct fetch *f;

    buf_init(&url, 2 * HTTP_URL_MAX);
    if (http_url_put(&url, c->url.host, c->url.port, c->url.path))
        kept = arena_strdup(e->arena, buf_borrow(&url));
    buf_done(&url);
    f = kept == NULL ? NULL : ARENA_APPEND(e->arena, e->fetches, e->n_fetches, EVIDENCE_FETCHES_MAX);
    if (f == NULL)
        return false;
    *f = (struct fetch){
        .kind = kind,
        .chain = c->chain,
        .url = kept,
        .started_ms = now_ms(c),
        .duration_ms = -1,
    };
    c->fetch = e->n_fetches - 1;
    return true;
}

/* What the chain still lacks; false where that is nothing, or nothing that one can ask for. */
static bool choose(struct course *c, enum fetch_kind *ret)
{
    const struct evidence *e = evidence_of(c);
    struct trust *trust = c->owner->spec.trust;

    buf_clear(&c->request);
    if (!c->given_up[FETCH_ISSUER] && chain_misses_issuer(trust, e, c->chain, &c->url)) {
        *ret = FETCH_ISSUER;
        return true;
    }
    *ret = FETCH_OCSP;
    return !c->given_up[FETCH_OCSP] && chain_misses_ocsp(trust, e, c->chain, &c->url, &c->request);
}

static void advance(struct course *c)
{
    enum fetch_kind kind;

    while (clock_steady_ms() < c->until_ms && choose(c, &kind)) {
        enum fetch_outcome outcome = FETCH_STOPPED;

        if (put_fetch(c, kind)) {
            outcome = begin_fetch(c);
            if (outcome == FETCH_OK)
                return;
            note_end(c, outcome);
        }
        c->given_up[kind] = true;
    }
    course_end(c);
}

static void on_patience_over(uv_timer_t *timer)
{
    struct course *c = timer->data;
    bool found = c->lookup == NULL || evidence_of(c)->names[c->name].n_addresses > 0;

    if (c->over)
        return;
    note_end(c, found ? FETCH_SILENT : FETCH_UNRESOLVED);
    course_end(c);
    review(c->owner);
}

/* ---- chains ------------------------------------------------------------------ */

static bool is_of_target(const struct evidence *e, size_t chain)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        if (e->probes[i].role == ROLE_TARGET && e->probes[i].chain == (int)chain)
            return true;
    }
    return false;
}

static void begin_course(struct fetcher *f, size_t chain)
{
    struct course *c = calloc(1, sizeof *c);

    f->begun[chain] = true;
    if (c == NULL) {
        f->spec.evidence->incomplete = true;
        return;
    }
    c->owner = f;
    c->chain = chain;
    c->next = f->courses;
    f->courses = c;
    f->n_holders++;
    c->n_holders = 1;
    buf_init(&c->request, AIA_REQUEST_MAX);
    uv_timer_init(engine_loop(f->spec.engine), &c->timer);
    c->timer.data = c;
    c->until_ms = clock_steady_ms() + PATIENCE_MS;
    uv_timer_start(&c->timer, on_patience_over, PATIENCE_MS, 0);
    advance(c);
}

static void on_look(uv_timer_t *timer)
{
    struct fetcher *f = timer->data;
    const struct evidence *e = f->spec.evidence;

    for (size_t i = 0; trust_is_ready(f->spec.trust) && i < e->n_chains; i++) {
        if (!f->begun[i] && is_of_target(e, i))
            begin_course(f, i);
    }
    review(f);
}

void fetcher_look(struct fetcher *f)
{
    if (!f->stopped)
        uv_timer_start(&f->timer, on_look, 0, 0);
}

static void on_timer_closed(uv_handle_t *handle)
{
    fetcher_let_go(handle->data);
}

void fetcher_stop(struct fetcher *f)
{
    f->stopped = true;
    for (struct course *c = f->courses; c != NULL; c = c->next) {
        if (c->over)
            continue;
        note_end(c, FETCH_STOPPED);
        course_end(c);
    }
    uv_close((uv_handle_t *)&f->timer, on_timer_closed);
}

bool fetcher_start(struct fetcher **ret, const struct fetcher_spec *spec, struct err *err)
{
    const struct plan *plan = spec->evidence->plan;
    struct fetcher *f;

    *ret = NULL;
    if (!plan->fetch || plan->only_target)
        return true;
    f = calloc(1, sizeof *f);
    if (f == NULL)
        return err_set(err, ERR_NOMEM, 0, "preparing to fetch");
    f->spec = *spec;
    uv_timer_init(engine_loop(spec->engine), &f->timer);
    f->timer.data = f;
    f->n_holders = 1;
    *ret = f;
    return true;
}
