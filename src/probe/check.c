/*
 * check - one Plan carried out: what is contacted, and when it is over
 */
#include "probe/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/clock_estimate.h"
#include "probe/chain.h"
#include "probe/clock.h"
#include "probe/dial.h"
#include "probe/submission.h"
#include "probe/escalate.h"
#include "probe/fetcher.h"
#include "probe/path.h"
#include "probe/site.h"

struct check {
    struct check *next; /* the engine's list */
    uint64_t number;
    struct engine *engine;
    struct evidence *evidence; /* NULL once finished */
    check_listener *listener;
    check_gone_fn *gone;
    void *user;
    double started_ms;
    uv_timer_t deadline;
    struct trust *trust;
    struct site *sites;
    struct clock_query *clock; /* NULL: nobody is asked for the time, or it is gone */
    struct fetcher *fetcher; /* NULL: nothing is fetched, or it is gone */
    struct path_search *paths;
    unsigned n_paths_under_way;
    struct tls_identity *identity; /* NULL: no client certificate */
    unsigned n_interrupts; /* of the engine when it was started: those before are not meant for it */
    unsigned further; /* enum further: what failures have called for so far */
    bool doubtful;    /* a certificate that a client would not take: who else shows its issuer matters */
    bool suspect[EVIDENCE_PROBES_MAX]; /* cells that look like failing, though they are still tried */
    bool errand_decided; /* it is under way, over, or nothing comes of it */
    bool begun;
    bool stopped; /* at the ceiling, or interrupted: nothing new begins */
    bool finished;
    bool closing;
};

struct check **check_next(struct check *c)
{
    return &c->next;
}

uint64_t *check_number(struct check *c)
{
    return &c->number;
}

static void check_tell(struct check *c, enum event_kind kind, size_t index)
{
    struct event event = { .kind = kind, .index = index, .evidence = c->evidence };

    if (c->listener != NULL)
        c->listener(c->user, &event);
}

/* ---- the end ------------------------------------------------------------------ */

static void check_free(struct check *c)
{
    struct site *next;

    for (struct site *t = c->sites; t != NULL; t = next) {
        next = *site_next(t);
        site_free(t);
    }
    tls_identity_free(c->identity);
    evidence_free(c->evidence);
    free(c);
}

static void on_deadline_closed(uv_handle_t *handle)
{
    struct check *c = handle->data;

    engine_remove(c->engine, c);
    if (c->gone != NULL)
        c->gone(c->user);
    check_free(c);
}

static bool sites_are_idle(const struct check *c)
{
    for (struct site *t = c->sites; t != NULL; t = *site_next(t)) {
        if (!site_is_idle(t))
            return false;
    }
    return true;
}

/* Once finished and alone, it goes. */
static void check_release(struct check *c)
{
    if (!c->finished || c->closing || c->clock != NULL || c->fetcher != NULL || c->paths != NULL ||
        !sites_are_idle(c))
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->deadline, on_deadline_closed);
}

static void judge_chains(struct check *c)
{
    struct evidence *e = c->evidence;

    e->roots_loaded = trust_is_ready(c->trust);
    e->n_roots = trust_roots(c->trust);
    e->n_roots_broken = trust_broken(c->trust);
    chain_judge_all(c->trust, e);
}

static void check_finish(struct check *c)
{
    struct evidence *e = c->evidence;

    if (c->finished)
        return;
    c->finished = true;
    for (struct site *t = c->sites; t != NULL; t = *site_next(t))
        site_withdraw(t);
    if (c->clock != NULL)
        clock_query_stop(c->clock);
    if (c->fetcher != NULL)
        fetcher_stop(c->fetcher);
    for (struct path_search *p = c->paths; p != NULL; p = *path_next(p))
        path_stop(p);
    judge_chains(c);
    clock_note_dates(e);
    clock_combine(&e->clock);
    for (struct site *t = c->sites; t != NULL; t = *site_next(t))
        site_end(t);
    e->incomplete = e->incomplete || arena_failed(e->arena);
    e->duration_ms = clock_steady_ms() - c->started_ms;
    check_tell(c, EVENT_FINISHED, 0);
    c->evidence = evidence_free(e);
    check_release(c);
}

static bool is_busy(const struct check *c, enum role role)
{
    for (struct site *t = c->sites; t != NULL; t = *site_next(t)) {
        if (site_role(t) == role && site_is_busy(t))
            return true;
    }
    return false;
}

/* Whether, and by which way, mail can be sent is not known yet. */
static bool sending_is_open(const struct check *c)
{
    bool decides = c->doubtful || escalate_decides(c->evidence);

    return is_busy(c, ROLE_TARGET) || is_busy(c, ROLE_SUGGESTION) || (decides && is_busy(c, ROLE_CONTROL));
}

/* ---- the time ----------------------------------------------------------------- */

enum {
    CLOCK_PATIENCE_MS = 500,          /* of what came in time anyway, no check has waited */
    CLOCK_PATIENCE_MOST_MS = 2000,    /* on slow lines */
    CLOCK_PATIENCE_NEEDED_MS = 3000,  /* a wrong clock or a bad certificate: the time decides */
    CLOCK_ROUND_TRIPS = 3,
};

/* Some certificate is out of date by the local clock. */
static bool time_decides(const struct evidence *e)
{
    int64_t now_s = e->started_wall_ms / 1000;

    for (size_t i = 0; i < e->n_chains; i++) {
        for (size_t k = 0; k < e->chains[i].n_certificates; k++) {
            const struct certificate *x = &e->chains[i].certificates[k];

            if (now_s < x->not_before || now_s > x->not_after)
                return true;
        }
    }
    return false;
}

static double clock_patience_ms(const struct evidence *e)
{
    double patience_ms = CLOCK_PATIENCE_MS;

    if (time_decides(e))
        return CLOCK_PATIENCE_NEEDED_MS;
    for (size_t i = 0; i < e->n_probes; i++) {
        if (e->probes[i].connect_ms * CLOCK_ROUND_TRIPS > patience_ms)
            patience_ms = e->probes[i].connect_ms * CLOCK_ROUND_TRIPS;
    }
    return patience_ms < CLOCK_PATIENCE_MOST_MS ? patience_ms : CLOCK_PATIENCE_MOST_MS;
}

static struct site *target_site(const struct check *c)
{
    for (struct site *t = c->sites; t != NULL; t = *site_next(t)) {
        if (site_role(t) == ROLE_TARGET)
            return t;
    }
    return NULL;
}

/* Whether it is time to sign in. last: the matrix is complete. true: a connection was begun. */
static bool look_at_errand(struct check *c, bool last)
{
    struct evidence *e = c->evidence;
    const struct secret *secret = engine_secret(c->engine);
    size_t probe;

    if (e->errand == NULL || c->errand_decided || c->stopped || (!last && !trust_is_ready(c->trust)))
        return false;
    /* What an OCSP responder still says of a certificate comes before what is said to its server. */
    if (e->plan->user.bytes != NULL && c->fetcher != NULL && fetcher_waits(c->fetcher))
        return false;
    if (e->plan->user.bytes != NULL)
        chain_judge_all(c->trust, e); /* a message without a sign-in goes to whoever takes it */
    switch (submission_choose(e, secret != NULL, c->suspect, last, &probe)) {
    case SUBMISSION_WAIT:
        return false;
    case SUBMISSION_BARRED:
        c->errand_decided = true;
        return false;
    case SUBMISSION_GO:
        break;
    }
    c->errand_decided = true;
    if (site_run_errand(target_site(c), probe, secret, c->trust))
        return true;
    e->errand->bar = BAR_STOPPED;
    return false;
}

static void check_review(struct check *c)
{
    if (c->finished || c->stopped || !c->begun || sending_is_open(c) || c->n_paths_under_way > 0)
        return;
    if (c->evidence->n_chains > 0 && !trust_is_ready(c->trust))
        return;
    if (look_at_errand(c, true) || is_busy(c, ROLE_INCOMING))
        return;
    if (c->fetcher != NULL && fetcher_waits(c->fetcher))
        return;
    if (c->clock != NULL && clock_query_waits(c->clock, clock_patience_ms(c->evidence)))
        return;
    check_finish(c);
}

static void check_go_further(struct check *c, unsigned further);

/*
 * What a client that names no server is shown is looked at where the certificate
 * is not what it should be. An address as target has been without a name already.
 */
static void look_at_certificate(struct check *c, size_t probe)
{
    const struct evidence *e = c->evidence;
    const struct probe *p = &e->probes[probe];

    if (p->role != ROLE_TARGET || p->chain < 0 || p->outcome == PROBE_RUNNING || e->plan->host_is_address ||
        (p->port == 25 && !plan_asks_port(e->plan, p->port)) || !chain_doubts(c->trust, e, (size_t)p->chain))
        return;
    c->doubtful = true;
    check_go_further(c, escalate_for_certificate(e));
    for (struct site *t = c->sites; t != NULL; t = *site_next(t)) {
        if (site_role(t) == ROLE_TARGET)
            site_try_nameless(t, probe);
    }
}

void check_trust_ready(struct check *c)
{
    if (c->fetcher != NULL)
        fetcher_look(c->fetcher);
    for (size_t i = 0; !c->finished && !c->stopped && i < c->evidence->n_probes; i++)
        look_at_certificate(c, i);
    if (!c->finished)
        look_at_errand(c, false);
    check_review(c);
}

static void on_clock_over(void *user)
{
    check_review(user);
}

static void on_clock_gone(void *user)
{
    struct check *c = user;

    c->clock = NULL;
    check_release(c);
}

static const struct clock_listener clock_ears = { .over = on_clock_over, .gone = on_clock_gone };

static bool begin_clock(struct check *c, struct err *err)
{
    struct clock_spec spec = {
        .engine = c->engine,
        .evidence = c->evidence,
        .check_started_ms = c->started_ms,
        .listener = &clock_ears,
        .user = c,
    };

    return clock_query_start(&c->clock, &spec, err);
}

/* ---- what certificates name ------------------------------------------------------- */

static void on_fetcher_idle(void *user)
{
    check_review(user);
}

static void on_fetcher_gone(void *user)
{
    struct check *c = user;

    c->fetcher = NULL;
    check_release(c);
}

static const struct fetcher_listener fetcher_ears = { .idle = on_fetcher_idle, .gone = on_fetcher_gone };

static bool begin_fetcher(struct check *c, struct err *err)
{
    struct fetcher_spec spec = {
        .engine = c->engine,
        .evidence = c->evidence,
        .trust = c->trust,
        .check_started_ms = c->started_ms,
        .listener = &fetcher_ears,
        .user = c,
    };

    return fetcher_start(&c->fetcher, &spec, err);
}

/* ---- the path --------------------------------------------------------------------- */

static void on_path_over(void *user)
{
    struct check *c = user;

    c->n_paths_under_way--;
    check_review(c);
}

static void on_path_gone(void *user, struct path_search *p)
{
    struct check *c = user;

    for (struct path_search **at = &c->paths; *at != NULL; at = path_next(*at)) {
        if (*at == p) {
            *at = *path_next(p);
            break;
        }
    }
    check_release(c);
}

static const struct path_listener path_ears = { .over = on_path_over, .gone = on_path_gone };

static bool begin_path(struct check *c, const struct stopped_port *s)
{
    struct evidence *e = c->evidence;
    const struct probe *blocked = &e->probes[s->blocked];
    struct path_spec spec = {
        .loop = engine_loop(c->engine),
        .evidence = e,
        .role = blocked->role,
        .host = blocked->host,
        .blocked = { blocked->address, blocked->port },
        .round_trip_ms = -1,
        .listener = &path_ears,
        .user = c,
    };
    struct path_search *p;
    struct err err = { 0 };

    if (s->open >= 0) {
        spec.open = (struct endpoint){ e->probes[s->open].address, e->probes[s->open].port };
        spec.round_trip_ms = e->probes[s->open].round_trip_ms;
    }
    if (!path_start(&p, &spec, &err))
        return false;
    *path_next(p) = c->paths;
    c->paths = p;
    c->n_paths_under_way++;
    return true;
}

static void look_at_paths(struct check *c)
{
    struct stopped_port s;

    while (!c->stopped && !c->finished && escalate_to_path(c->evidence, &s)) {
        if (!begin_path(c, &s)) {
            c->evidence->incomplete = true;
            return;
        }
    }
}

/* ---- what is contacted ------------------------------------------------------------ */

static void on_probe(void *user, size_t probe)
{
    struct check *c = user;

    if (c->fetcher != NULL)
        fetcher_look(c->fetcher);
    check_tell(c, EVENT_PROBE, probe);
}

static void on_name(void *user, size_t name, bool dry)
{
    struct check *c = user;

    check_tell(c, EVENT_NAME, name);
    if (dry)
        check_go_further(c, escalate_for_name(c->evidence, &c->evidence->names[name]));
}

static void on_failing(void *user, size_t probe)
{
    struct check *c = user;

    look_at_certificate(c, probe);
    c->suspect[probe] = true;
    look_at_errand(c, false);
    check_go_further(c, escalate_for_probe(c->evidence, &c->evidence->probes[probe]));
    look_at_paths(c);
}

static void on_review(void *user)
{
    check_review(user);
}

static void on_idle(void *user)
{
    check_release(user);
}

static const struct site_listener site_ears = {
    .probe = on_probe,
    .name = on_name,
    .failing = on_failing,
    .review = on_review,
    .idle = on_idle,
};

/* A name to contact, by the ports that spec says. */
static bool add_site(struct check *c, struct site **ret, enum role role, const char *host, struct site_spec spec,
                     struct err *err)
{
    struct evidence *e = c->evidence;
    struct name_view *view = ARENA_APPEND(e->arena, e->names, e->n_names, EVIDENCE_NAMES_MAX);

    if (view == NULL)
        return err_set(err, ERR_NOMEM, 0, "starting a check");
    view->role = role;
    view->host = host;
    view->duration_ms = -1;
    spec.engine = c->engine;
    spec.evidence = e;
    spec.check_started_ms = c->started_ms;
    spec.name = e->n_names - 1;
    spec.listener = &site_ears;
    spec.user = c;
    if (!site_new(ret, &spec, err))
        return false;
    *site_next(*ret) = c->sites;
    c->sites = *ret;
    return true;
}

/* The address that was typed, which needs no look-up; NULL where a name was. */
static const struct address *typed_address(const struct plan *plan)
{
    if (plan->has_address)
        return &plan->address;
    return plan->host_is_address ? &plan->host_address : NULL;
}

static bool put_typed_address(struct evidence *e, struct name_view *view, const struct address *address)
{
    struct found_address *typed = ARENA_APPEND(e->arena, view->addresses, view->n_addresses, EVIDENCE_ADDRESSES_MAX);

    if (typed == NULL)
        return false;
    *typed = (struct found_address){ .address = *address, .ttl_s = -1, .sources = SOURCE_TYPED };
    return true;
}

/* An endpoint elsewhere; that it cannot be tried takes nothing from the check. */
static void begin_control(struct check *c, const struct control *control)
{
    struct evidence *e = c->evidence;
    struct site_spec spec = { .ports = &control->port, .n_ports = 1 };
    struct address address;
    struct site *t;
    struct err err = { 0 };
    bool begun = add_site(c, &t, ROLE_CONTROL, control->host, spec, &err);

    if (begun && address_parse(&address, control->host)) {
        begun = put_typed_address(e, &e->names[e->n_names - 1], &address);
        site_try_address(t, &address, true);
    } else if (begun) {
        begun = site_look_up(t, &err);
    }
    e->incomplete = e->incomplete || !begun;
}

/*
 * The target's name at other resolvers, and at those in use one that there is
 * not; that nobody else can be asked is no fault of the check.
 */
static void begin_resolvers(struct check *c)
{
    struct evidence *e = c->evidence;
    struct site_spec spec = { .n_ports = 0 };
    struct site *t;
    struct err err = { 0 };

    if (typed_address(e->plan) != NULL || e->plan->host == NULL)
        return;
    if (e->plan->n_other_resolvers > 0 && add_site(c, &t, ROLE_CONTROL, e->plan->host, spec, &err))
        site_look_up_elsewhere(t, &err);
    if (add_site(c, &t, ROLE_CONTROL, EVIDENCE_NO_SUCH_NAME, spec, &err))
        site_look_up(t, &err);
    e->incomplete = e->incomplete || err.kind == ERR_NOMEM;
}

/* Each kind once. */
static void check_go_further(struct check *c, unsigned further)
{
    unsigned new = c->stopped || c->finished ? 0 : further & ~c->further;

    c->further |= new;
    if ((new & FURTHER_CONTROLS) != 0) {
        for (size_t i = 0; i < c->evidence->plan->n_controls; i++)
            begin_control(c, &c->evidence->plan->controls[i]);
    }
    if ((new & FURTHER_RESOLVERS) != 0)
        begin_resolvers(c);
}

static bool begin_target(struct check *c, struct err *err)
{
    struct evidence *e = c->evidence;
    const struct address *typed = typed_address(e->plan);
    struct site_spec spec = {
        .ports = e->plan->ports,
        .n_ports = e->plan->n_ports,
        .is_users = true,
        .identity = c->identity,
    };
    struct site *t;

    if (!add_site(c, &t, ROLE_TARGET, e->plan->host, spec, err))
        return false;
    if (typed == NULL)
        return site_look_up(t, err);
    if (!put_typed_address(e, &e->names[e->n_names - 1], typed))
        return err_set(err, ERR_NOMEM, 0, "starting a check");
    site_try_address(t, typed, true);
    return true;
}

/* What is meant instead is looked at beside the target; that it cannot be takes nothing from the check. */
static void begin_suggestion(struct check *c)
{
    static const uint16_t submission[] = { 465, 587 };
    struct site_spec spec = { .ports = submission, .n_ports = sizeof submission / sizeof submission[0] };
    struct site *t;
    struct err err = { 0 };

    if (!add_site(c, &t, ROLE_SUGGESTION, c->evidence->plan->suggestion, spec, &err) || !site_look_up(t, &err))
        c->evidence->incomplete = true;
}

/* The ports of one of the plan's incoming servers; NULL when memory is short. */
static const uint16_t *incoming_ports(const struct evidence *e, const char *host, size_t *ret_n)
{
    uint16_t *ports = arena_alloc(e->arena, e->plan->n_incoming_servers, sizeof *ports);
    size_t n = 0;

    for (size_t i = 0; ports != NULL && i < e->plan->n_incoming_servers; i++) {
        if (strcmp(e->plan->incoming_servers[i].host, host) == 0)
            ports[n++] = e->plan->incoming_servers[i].port;
    }
    *ret_n = n;
    return ports;
}

/* An earlier row has the same name. */
static bool stands_before(const struct plan *plan, size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (strcmp(plan->incoming_servers[i].host, plan->incoming_servers[row].host) == 0)
            return true;
    }
    return false;
}

/* Where mail is read, each name once; that one cannot be looked at takes nothing from the check. */
static void begin_incoming(struct check *c)
{
    const struct plan *plan = c->evidence->plan;

    for (size_t i = 0; i < plan->n_incoming_servers; i++) {
        const char *host = plan->incoming_servers[i].host;
        struct site_spec spec = { 0 };
        struct site *t;
        struct err err = { 0 };

        if (stands_before(plan, i))
            continue;
        spec.ports = incoming_ports(c->evidence, host, &spec.n_ports);
        if (spec.ports == NULL || !add_site(c, &t, ROLE_INCOMING, host, spec, &err) || !site_look_up(t, &err))
            c->evidence->incomplete = true;
    }
}

/* ---- begin ---------------------------------------------------------------------- */

static void check_stop(struct check *c)
{
    /* Said first: a connection that ends must not end the check before all have. */
    c->stopped = true;
    for (struct site *t = c->sites; t != NULL; t = *site_next(t))
        site_time_out(t);
    check_finish(c);
}

static void on_deadline(uv_timer_t *timer)
{
    struct check *c = timer->data;

    if (!c->finished)
        c->evidence->ceiling_reached = true;
    check_stop(c);
}

static void check_withdraw(struct check *c)
{
    c->stopped = true;
    if (!c->finished)
        c->evidence->interrupted = true;
    for (struct site *t = c->sites; t != NULL; t = *site_next(t))
        site_withdraw(t);
    check_stop(c);
}

void check_interrupt(struct check *c)
{
    if (c->n_interrupts != engine_n_interrupts(c->engine))
        check_withdraw(c);
}

void check_abandon(struct check *c)
{
    c->listener = NULL;
    check_withdraw(c);
}

static void on_begin(uv_timer_t *timer)
{
    struct check *c = timer->data;
    struct evidence *e = c->evidence;
    double left_ms;
    struct err err = { 0 };

    if (c->finished)
        return; /* abandoned before it began */
    left_ms = (double)e->plan->timeout_ms - (clock_steady_ms() - c->started_ms);
    uv_timer_start(&c->deadline, on_deadline, left_ms > 0 ? (uint64_t)left_ms : 0, 0);
    c->begun = true;
    check_tell(c, EVENT_STARTED, 0);
    if (e->plan->host != NULL && (!begin_clock(c, &err) || !begin_fetcher(c, &err)))
        e->incomplete = true;
    check_review(c);
}

/* errors: ERR_INPUT where the files hold no certificate and its key, *bad_file naming the one of the certificate */
static bool load_identity(struct check *c, const struct plan *plan, const char **bad_file, struct err *err)
{
    if (plan->cert_file == NULL || plan->key_file == NULL)
        return true;
    if (tls_identity_new(&c->identity, plan->cert_file, plan->key_file, err))
        return true;
    if (err->kind == ERR_INPUT)
        *bad_file = plan->cert_file;
    return false;
}

/* plan: the caller's, of which *bad_file is borrowed */
static bool check_prepare(struct check *c, const struct plan *plan, const char **bad_file, struct err *err)
{
    struct evidence *e = c->evidence;

    e->started_wall_ms = clock_wall_ms();
    e->resolver_configured = true;
    if (plan_has_errand(plan) && !submission_begin(e, engine_secret(c->engine)))
        return err_set(err, ERR_NOMEM, 0, "starting a check");
    for (unsigned family = 0; family < FAMILY_COUNT; family++)
        e->has_route[family] = dial_has_public_route((enum family)family);
    if (!engine_trust(c->engine, &c->trust, plan, bad_file, err) || !load_identity(c, plan, bad_file, err))
        return false;
    if (e->plan->host != NULL && !begin_target(c, err))
        return false;
    if (plan_suggests_other(e->plan) && !e->plan->only_target)
        begin_suggestion(c);
    begin_incoming(c);
    return true;
}

bool check_start(struct engine *engine, const struct plan *plan, check_listener *listener, check_gone_fn *gone,
                 void *user, const char **bad_file, struct err *err)
{
    struct check *c = calloc(1, sizeof *c);

    *bad_file = NULL;
    if (c == NULL || (c->evidence = evidence_new(plan)) == NULL) {
        free(c);
        return err_set(err, ERR_NOMEM, 0, "starting a check");
    }
    c->engine = engine;
    c->listener = listener;
    c->gone = gone;
    c->user = user;
    c->started_ms = clock_steady_ms();
    c->n_interrupts = engine_n_interrupts(engine);
    if (!check_prepare(c, plan, bad_file, err)) {
        check_free(c);
        return false;
    }
    uv_timer_init(engine_loop(engine), &c->deadline);
    c->deadline.data = c;
    uv_timer_start(&c->deadline, on_begin, 0, 0);
    engine_add(engine, c);
    return true;
}
