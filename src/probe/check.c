/*
 * check - one Plan carried out: which connections are made, and when it is over
 *
 * Every port, mode and family has its cell from the start, so that what was not
 * tried is seen too. One connection a port learns all it can; a second one is
 * made only where the first cannot tell: the other mode after a mismatch, or
 * the user's own setting.
 */
#include "probe/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/clock_estimate.h"
#include "probe/clock.h"
#include "probe/dial.h"
#include "probe/fetcher.h"
#include "probe/lookup.h"
#include "probe/session.h"

/* The target, and the server that was probably meant. */
enum { CHECK_SITES_MAX = 2 };

/* One name that is contacted: which ports of it, and why. */
struct site {
    struct check *check;
    size_t name; /* index into names; its role is the site's */
    const uint16_t *ports;
    size_t n_ports;
    bool is_users; /* the user's settings are about it: ports, modes, one address */
};

struct check {
    struct check *next; /* the engine's list */
    struct engine *engine;
    struct evidence *evidence; /* NULL once finished */
    check_listener *listener;
    check_gone_fn *gone;
    void *user;
    double started_ms;
    uv_timer_t deadline;
    struct trust *trust;
    struct session *sessions;
    struct lookup *lookups;
    struct site sites[CHECK_SITES_MAX];
    size_t n_sites;
    struct clock_query *clock; /* NULL: nobody is asked for the time, or it is gone */
    struct fetcher *fetcher; /* NULL: nothing is fetched, or it is gone */
    size_t n_lookups_running; /* whose names may still get addresses */
    struct tls_identity *identity; /* NULL: no client certificate */
    bool begun;
    bool stopped; /* at the ceiling, or interrupted: nothing new begins */
    bool finished;
    bool closing;
};

struct check **check_next(struct check *c)
{
    return &c->next;
}

static const struct name_view *site_view(const struct site *t)
{
    return &t->check->evidence->names[t->name];
}

/* A name may be looked at in two roles. */
static bool site_has(const struct site *t, const struct probe *p)
{
    return p->role == site_view(t)->role && p->host == site_view(t)->host;
}

static void check_tell(struct check *c, enum event_kind kind, size_t index)
{
    struct event event = { .kind = kind, .index = index, .evidence = c->evidence };

    if (c->listener != NULL)
        c->listener(c->user, &event);
}

/* ---- the end ------------------------------------------------------------------ */

static void on_deadline_closed(uv_handle_t *handle)
{
    struct check *c = handle->data;

    engine_remove(c->engine, c);
    tls_identity_free(c->identity);
    if (c->gone != NULL)
        c->gone(c->user);
    free(c);
}

/* Once finished and alone, it goes. */
static void check_release(struct check *c)
{
    if (!c->finished || c->closing || c->sessions != NULL || c->lookups != NULL || c->clock != NULL ||
        c->fetcher != NULL)
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->deadline, on_deadline_closed);
}

/* Somebody has said which addresses of the family there are, if any. */
static bool family_is_told(const struct name_view *view, enum family family)
{
    enum record_type type = family == FAMILY_IPV4 ? RECORD_A : RECORD_AAAA;

    if (view->system == DNS_OK || view->system == DNS_NO_DATA || view->system == DNS_NXDOMAIN)
        return true;
    for (size_t i = 0; i < view->n_queries; i++) {
        enum dns_outcome outcome = view->queries[i].outcome;

        if (view->queries[i].type == type &&
            (outcome == DNS_OK || outcome == DNS_NO_DATA || outcome == DNS_NXDOMAIN))
            return true;
    }
    return false;
}

static enum skip_reason reason_of_empty_cell(const struct site *t, enum family family)
{
    const struct evidence *e = t->check->evidence;

    if (t->is_users && (e->plan->host_is_address || e->plan->has_address))
        return SKIP_NOT_ASKED;
    if (family_is_told(site_view(t), family))
        return SKIP_NO_ADDRESS;
    return e->interrupted ? SKIP_STOPPED : SKIP_UNRESOLVED;
}

/* The cells that no address came for. */
static void settle_empty_cells(const struct site *t)
{
    struct evidence *e = t->check->evidence;

    for (size_t i = 0; i < e->n_probes; i++) {
        struct probe *p = &e->probes[i];

        if (site_has(t, p) && !p->has_address && p->outcome == PROBE_SKIPPED && p->skip != SKIP_NOT_ASKED)
            p->skip = reason_of_empty_cell(t, p->family);
    }
}

static void judge_chains(struct check *c)
{
    struct evidence *e = c->evidence;

    e->roots_loaded = trust_is_ready(c->trust);
    e->n_roots = e->roots_loaded ? trust_roots(c->trust) : 0; /* the loading thread still writes to it */
    trust_judge(c->trust, e);
}

static void check_finish(struct check *c)
{
    struct evidence *e = c->evidence;

    if (c->finished)
        return;
    c->finished = true;
    for (struct lookup *l = c->lookups; l != NULL; l = *lookup_next(l))
        lookup_stop(l);
    if (c->clock != NULL)
        clock_query_stop(c->clock);
    if (c->fetcher != NULL)
        fetcher_stop(c->fetcher);
    judge_chains(c);
    clock_note_dates(e);
    clock_combine(&e->clock);
    for (size_t i = 0; i < c->n_sites; i++)
        settle_empty_cells(&c->sites[i]);
    e->incomplete = e->incomplete || arena_failed(e->arena);
    e->duration_ms = clock_steady_ms() - c->started_ms;
    check_tell(c, EVENT_FINISHED, 0);
    c->evidence = evidence_free(e);
    check_release(c);
}

static bool sessions_run(const struct check *c)
{
    for (struct session *s = c->sessions; s != NULL; s = *session_next(s)) {
        if (!session_is_settled(s))
            return true;
    }
    return false;
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

static void check_review(struct check *c)
{
    if (c->finished || c->stopped || !c->begun || c->n_lookups_running > 0 || sessions_run(c))
        return;
    if (c->evidence->n_chains > 0 && !trust_is_ready(c->trust))
        return;
    if (c->fetcher != NULL && fetcher_waits(c->fetcher))
        return;
    if (c->clock != NULL && clock_query_waits(c->clock, clock_patience_ms(c->evidence)))
        return;
    check_finish(c);
}

void check_trust_ready(struct check *c)
{
    if (c->fetcher != NULL)
        fetcher_look(c->fetcher);
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

/* ---- what certificates name ----------------------------------------------------- */

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

/* ---- connections ---------------------------------------------------------------- */

static int find_cell(const struct site *t, const struct address *address, uint16_t port, enum tls_mode mode)
{
    const struct evidence *e = t->check->evidence;

    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (site_has(t, p) && p->has_address && p->port == port && p->mode == mode &&
            address_equal(&p->address, address))
            return (int)i;
    }
    return -1;
}

static void on_changed(void *user, size_t probe)
{
    const struct site *t = user;

    if (t->check->fetcher != NULL)
        fetcher_look(t->check->fetcher);
    check_tell(t->check, EVENT_PROBE, probe);
}

static void on_quiet(void *user, struct session *s);
static void on_settled(void *user, struct session *s);

static void on_session_gone(void *user, struct session *s)
{
    const struct site *t = user;
    struct check *c = t->check;

    for (struct session **at = &c->sessions; *at != NULL; at = session_next(*at)) {
        if (*at == s) {
            *at = *session_next(s);
            break;
        }
    }
    check_release(c);
}

static const struct session_listener session_ears = {
    .changed = on_changed,
    .quiet = on_quiet,
    .settled = on_settled,
    .gone = on_session_gone,
};

/* The user's own setting, which is tried for itself. */
static bool asks_mode(const struct site *t, uint16_t port, enum tls_mode mode)
{
    const struct plan *plan = t->check->evidence->plan;

    return t->is_users && plan->tls_asked && plan->tls == mode && plan_asks_port(plan, port);
}

static struct session_spec new_session_spec(struct site *t, const struct address *address, uint16_t port,
                                            enum tls_mode mode)
{
    struct check *c = t->check;

    return (struct session_spec){
        .loop = engine_loop(c->engine),
        .evidence = c->evidence,
        .check_started_ms = c->started_ms,
        .host = t->is_users && c->evidence->plan->host_is_address ? NULL : site_view(t)->host,
        .address = *address,
        .port = port,
        .mode = mode,
        .cells = { -1, -1, -1 },
        .identity = t->is_users ? c->identity : NULL,
        .listener = &session_ears,
        .user = t,
    };
}

static void start_session(struct check *c, const struct session_spec *spec)
{
    struct session *s;
    struct err err = { 0 };

    if (!session_start(&s, spec, &err)) {
        c->evidence->incomplete = true;
        return;
    }
    *session_next(s) = c->sessions;
    c->sessions = s;
}

static void open_session(struct site *t, const struct address *address, uint16_t port, enum tls_mode mode)
{
    struct session_spec spec = new_session_spec(t, address, port, mode);

    spec.cells[mode] = find_cell(t, address, port, mode);
    if (spec.cells[mode] < 0 || t->check->evidence->probes[spec.cells[mode]].outcome != PROBE_SKIPPED)
        return; /* no such cell, or tried already */
    /* Clear text is told by the STARTTLS dialogue too. */
    if (mode == TLS_MODE_STARTTLS && !asks_mode(t, port, TLS_MODE_NONE))
        spec.cells[TLS_MODE_NONE] = find_cell(t, address, port, TLS_MODE_NONE);
    start_session(t->check, &spec);
}

/*
 * A refused handshake that the version or the ciphers may explain: another one
 * that offers what was given up long ago shows which. Nothing else is said on it.
 */
static void learn_old_tls(struct site *t, const struct session *s)
{
    struct session_spec spec = new_session_spec(t, session_address(s), session_port(s), session_mode(s));

    spec.lesson = LESSON_OLD_TLS;
    spec.pupil = find_cell(t, session_address(s), session_port(s), session_mode(s));
    spec.identity = NULL;
    if (spec.pupil >= 0)
        start_session(t->check, &spec);
}

static void open_port(struct site *t, const struct address *address, uint16_t port)
{
    const struct plan *plan = t->check->evidence->plan;

    open_session(t, address, port, plan_usual_mode(port));
    if (asks_mode(t, port, plan->tls))
        open_session(t, address, port, plan->tls);
}

/* The mode that a connection in this one cannot tell about. */
static enum tls_mode other_mode(enum tls_mode mode)
{
    return mode == TLS_MODE_IMPLICIT ? TLS_MODE_STARTTLS : TLS_MODE_IMPLICIT;
}

static void try_other_mode(struct site *t, const struct session *s)
{
    uint16_t port = session_port(s);

    /* Greylisting greeters on 25 take bytes before the greeting for an attack. */
    if (port == 25 && !(t->is_users && plan_asks_port(t->check->evidence->plan, port)))
        return;
    open_session(t, session_address(s), port, other_mode(session_mode(s)));
}

static struct session *find_session(const struct site *t, const struct address *address, uint16_t port,
                                    enum tls_mode mode)
{
    for (struct session *s = t->check->sessions; s != NULL; s = *session_next(s)) {
        if (session_user(s) == t && session_lesson(s) == LESSON_NONE && session_port(s) == port && session_mode(s) == mode &&
            address_equal(session_address(s), address))
            return s;
    }
    return NULL;
}

/* This cell shows that the port speaks its mode. */
static bool speaks(const struct site *t, const struct address *address, uint16_t port, enum tls_mode mode)
{
    int cell = find_cell(t, address, port, mode);
    const struct probe *p = cell < 0 ? NULL : &t->check->evidence->probes[cell];

    if (p == NULL)
        return false;
    return mode == TLS_MODE_IMPLICIT ? p->tls_ms >= 0 : p->greeting_ms >= 0;
}

static enum fault mismatch_of(enum tls_mode mode)
{
    return mode == TLS_MODE_IMPLICIT ? FAULT_PLAIN_EXPECTED : FAULT_TLS_EXPECTED;
}

static void try_next_address(struct site *t, const struct session *s);

static void on_quiet(void *user, struct session *s)
{
    struct site *t = user;

    if (t->check->finished || session_lesson(s) != LESSON_NONE)
        return;
    if (session_probe(s)->connect_ms < 0)
        try_next_address(t, s);
    else if (speaks(t, session_address(s), session_port(s), other_mode(session_mode(s))))
        session_conclude(s, mismatch_of(session_mode(s)));
    else
        try_other_mode(t, s);
}

/* A failure at the first word that the other mode may explain. */
static bool hints_at_other_mode(const struct probe *p)
{
    bool first_word = p->mode == TLS_MODE_IMPLICIT ? p->stage == STAGE_TLS : p->stage == STAGE_GREETING;

    switch (p->fault) {
    case FAULT_TLS_EXPECTED:
    case FAULT_PLAIN_EXPECTED:
        return true;
    case FAULT_CLOSED:
    case FAULT_RESET:
        return first_word;
    default:
        return false;
    }
}

/* RFC 8446 section 6: what a server says to a version or to ciphers that it does not take. */
enum { ALERT_HANDSHAKE_FAILURE = 40, ALERT_PROTOCOL_VERSION = 70, ALERT_INSUFFICIENT_SECURITY = 71 };

static bool hints_at_old_tls(const struct probe *p)
{
    if (p->fault != FAULT_TLS || p->stage != STAGE_TLS || p->certificate_requested)
        return false;
    if (p->tls_alert_received)
        return p->tls_alert == ALERT_HANDSHAKE_FAILURE || p->tls_alert == ALERT_PROTOCOL_VERSION ||
               p->tls_alert == ALERT_INSUFFICIENT_SECURITY;
    return p->error_code != NULL && strcmp(p->error_code, "GNUTLS_E_UNSUPPORTED_VERSION_PACKET") == 0;
}

/* The other connection to this port is in the mode that was not meant: it need not wait for its answer. */
static void review_other(const struct site *t, const struct session *s)
{
    enum tls_mode mode = session_mode(s);
    struct session *other = find_session(t, session_address(s), session_port(s), other_mode(mode));

    if (other == NULL || session_is_settled(other) || !speaks(t, session_address(s), session_port(s), mode))
        return;
    if (session_probe(other)->tls_ms >= 0 || session_probe(other)->greeting_ms >= 0)
        return;
    if (session_probe(other)->connect_ms >= 0)
        session_conclude(other, mismatch_of(session_mode(other)));
    else if (!asks_mode(t, session_port(other), session_mode(other)))
        session_withdraw(other, SKIP_NOT_NEEDED); /* not connected yet: its silence says nothing about its mode */
}

/* ---- another EHLO name ---- */

/* The first EHLO of the dialogue was refused in so many words. */
static bool refuses_ehlo(const struct probe *p)
{
    return p->outcome == PROBE_FAILED && p->fault == FAULT_REPLY && p->stage == STAGE_EHLO &&
           (p->mode == TLS_MODE_IMPLICIT || p->tls_ms < 0);
}

/* Whether the name is what was refused, only a second connection can tell. */
static void try_other_ehlo(struct site *t, const struct session *s)
{
    struct session_spec spec = new_session_spec(t, session_address(s), session_port(s), session_mode(s));

    spec.lesson = LESSON_OTHER_EHLO;
    spec.pupil = find_cell(t, session_address(s), session_port(s), session_mode(s));
    if (spec.pupil >= 0 && t->check->evidence->probes[spec.pupil].other_ehlo == NULL)
        start_session(t->check, &spec);
}

static void try_further(struct site *t, const struct session *s)
{
    enum probe_outcome outcome = session_probe(s)->outcome;

    if ((outcome == PROBE_FAILED || outcome == PROBE_TIMEOUT) && session_probe(s)->stage == STAGE_CONNECT)
        try_next_address(t, s);
    if (outcome == PROBE_FAILED && hints_at_old_tls(session_probe(s)))
        learn_old_tls(t, s);
    if (outcome == PROBE_FAILED && hints_at_other_mode(session_probe(s)))
        try_other_mode(t, s);
    if (refuses_ehlo(session_probe(s)))
        try_other_ehlo(t, s);
}

/* What the trial has shown counts for every cell of the connection that was refused. */
static void keep_other_ehlo(const struct site *t, const struct session *s)
{
    struct check *c = t->check;
    const struct probe *trial = session_probe(s);

    for (size_t i = 0; i < c->evidence->n_probes; i++) {
        struct probe *p = &c->evidence->probes[i];

        if (!site_has(t, p) || !p->has_address || p->port != session_port(s) || !refuses_ehlo(p) ||
            !address_equal(&p->address, session_address(s)))
            continue;
        p->other_ehlo = trial->ehlo;
        p->other_ehlo_accepted = trial->outcome == PROBE_OK;
        check_tell(c, EVENT_PROBE, i);
    }
}

static void on_settled(void *user, struct session *s)
{
    struct site *t = user;
    struct check *c = t->check;

    if (c->finished)
        return;
    if (session_lesson(s) != LESSON_NONE) {
        if (session_lesson(s) == LESSON_OTHER_EHLO)
            keep_other_ehlo(t, s);
        check_review(c);
        return;
    }
    if (!c->stopped)
        try_further(t, s);
    review_other(t, s);
    check_review(c);
}

/* ---- addresses -------------------------------------------------------------------- */

/* A cell for each mode of one port; address NULL while none is known. */
static void put_port_cells(const struct site *t, enum family family, const struct address *address, uint16_t port)
{
    struct evidence *e = t->check->evidence;

    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++) {
        struct probe *p = ARENA_APPEND(e->arena, e->probes, e->n_probes, EVIDENCE_PROBES_MAX);

        if (p == NULL) {
            e->incomplete = true;
            return;
        }
        *p = (struct probe){
            .role = site_view(t)->role,
            .host = site_view(t)->host,
            .family = family,
            .port = port,
            .dial_port = plan_dial_port(e->plan, port),
            .mode = (enum tls_mode)mode,
            .skip = e->plan->families[family] ? SKIP_NOT_NEEDED : SKIP_NOT_ASKED,
            .started_ms = -1,
            .connect_ms = -1,
            .greeting_ms = -1,
            .tls_ms = -1,
            .total_ms = -1,
            .slowest_ms = -1,
            .chain = -1,
        };
        if (address != NULL) {
            p->has_address = true;
            p->address = *address;
        }
    }
}

static void put_cells(const struct site *t, enum family family, const struct address *address)
{
    for (size_t i = 0; i < t->n_ports; i++)
        put_port_cells(t, family, address, t->ports[i]);
}

/* A client goes on to the next address where one does not connect; so many of a family are tried. */
enum { ADDRESSES_TRIED_MAX = 4 };

static void try_next_address(struct site *t, const struct session *s)
{
    const struct name_view *view = site_view(t);
    const struct address *from = session_address(s);
    uint16_t port = session_port(s);
    unsigned n_tried = 0;

    for (size_t i = 0; i < view->n_addresses; i++) {
        const struct address *a = &view->addresses[i].address;

        if (a->family != from->family || n_tried == ADDRESSES_TRIED_MAX)
            continue;
        if (find_cell(t, a, port, session_mode(s)) >= 0) {
            n_tried++;
            continue;
        }
        put_port_cells(t, a->family, a, port);
        open_port(t, a, port);
        return;
    }
}

/* Gives the cells of a family, which stood for none, their address; false where they have one. */
static bool claim_cells(const struct site *t, const struct address *address)
{
    bool claimed = false;

    for (size_t i = 0; i < t->check->evidence->n_probes; i++) {
        struct probe *p = &t->check->evidence->probes[i];

        if (!site_has(t, p) || p->family != address->family || p->has_address)
            continue;
        p->has_address = true;
        p->address = *address;
        claimed = true;
    }
    return claimed;
}

static void skip_cells(const struct site *t, const struct address *address, enum skip_reason reason)
{
    for (size_t i = 0; i < t->check->evidence->n_probes; i++) {
        struct probe *p = &t->check->evidence->probes[i];

        if (site_has(t, p) && p->has_address && address_equal(&p->address, address) && p->outcome == PROBE_SKIPPED)
            p->skip = reason;
    }
}

/* Tries one address on every port; of a family's further addresses only one that DNS does not give. */
static void try_address(struct site *t, const struct address *address, bool must)
{
    const struct plan *plan = t->check->evidence->plan;

    if (!plan->families[address->family])
        return;
    if (!claim_cells(t, address)) {
        if (!must)
            return;
        put_cells(t, address->family, address);
    }
    if (!dial_has_route(address)) {
        skip_cells(t, address, SKIP_NO_ROUTE);
        return;
    }
    skip_cells(t, address, SKIP_NOT_NEEDED);
    for (size_t i = 0; i < t->n_ports; i++)
        open_port(t, address, t->ports[i]);
}

/* Every address of the family before this one is the hosts file's alone. */
static bool only_hosts_gave(const struct check *c, size_t name, size_t address)
{
    const struct found_address *all = c->evidence->names[name].addresses;

    for (size_t i = 0; i < address; i++) {
        if (all[i].address.family == all[address].address.family && all[i].sources != SOURCE_HOSTS)
            return false;
    }
    return true;
}

static void on_found(void *user, size_t name, size_t address)
{
    struct site *t = user;
    const struct found_address *found = &t->check->evidence->names[name].addresses[address];

    check_tell(t->check, EVENT_NAME, name);
    /*
     * What the hosts file says is what the mail client will use, whatever DNS
     * says; what DNS says is then tried too, to tell what the file does.
     */
    try_address(t, &found->address, (found->sources & SOURCE_HOSTS) != 0 || only_hosts_gave(t->check, name, address));
}

static void on_lookup_ended(void *user, size_t name)
{
    const struct site *t = user;
    struct check *c = t->check;

    c->n_lookups_running--;
    check_tell(c, EVENT_NAME, name);
    check_review(c);
}

static void on_lookup_gone(void *user, struct lookup *l)
{
    const struct site *t = user;
    struct check *c = t->check;

    for (struct lookup **at = &c->lookups; *at != NULL; at = lookup_next(*at)) {
        if (*at == l) {
            *at = *lookup_next(l);
            break;
        }
    }
    check_release(c);
}

static const struct lookup_listener lookup_ears = {
    .found = on_found,
    .ended = on_lookup_ended,
    .gone = on_lookup_gone,
};

static bool begin_lookup(struct site *t, struct err *err)
{
    struct check *c = t->check;
    struct evidence *e = c->evidence;
    struct resolver *resolvers[PLAN_RESOLVERS_MAX];
    struct lookup_spec spec = {
        .loop = engine_loop(c->engine),
        .evidence = e,
        .name = t->name,
        .resolvers = resolvers,
        .compare = e->plan->n_resolvers > 1,
        .system = e->plan->n_resolvers > 0 ? NULL : engine_system_view(c->engine),
        .listener = &lookup_ears,
        .user = t,
    };
    struct lookup *l;

    spec.n_resolvers = engine_resolvers(c->engine, e->plan, resolvers, &e->resolver_configured, err);
    if (spec.n_resolvers == 0 || !lookup_start(&l, &spec, err))
        return false;
    *lookup_next(l) = c->lookups;
    c->lookups = l;
    c->n_lookups_running++;
    return true;
}

/* ---- begin ---------------------------------------------------------------------- */

static void check_stop(struct check *c)
{
    /* Said first: a connection that ends must neither end the check before all have, nor open another. */
    c->stopped = true;
    for (struct session *s = c->sessions; s != NULL; s = *session_next(s)) {
        if (!session_is_settled(s))
            session_time_out(s);
        else
            session_close(s);
    }
    check_finish(c);
}

static void on_deadline(uv_timer_t *timer)
{
    struct check *c = timer->data;

    if (!c->finished)
        c->evidence->ceiling_reached = true;
    check_stop(c);
}

void check_interrupt(struct check *c)
{
    c->stopped = true;
    if (!c->finished)
        c->evidence->interrupted = true;
    for (struct session *s = c->sessions; s != NULL; s = *session_next(s)) {
        if (!session_is_settled(s))
            session_withdraw(s, SKIP_STOPPED);
    }
    check_stop(c);
}

void check_abandon(struct check *c)
{
    c->listener = NULL;
    check_interrupt(c);
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
    if (e->plan->host != NULL && (!begin_clock(c, &err) || !begin_fetcher(c, &err)))
        e->incomplete = true;
    for (size_t i = 0; i < c->n_sites; i++) {
        const struct name_view *view = site_view(&c->sites[i]);

        if (view->n_addresses > 0 && view->addresses[0].sources == SOURCE_TYPED)
            try_address(&c->sites[i], &view->addresses[0].address, true);
    }
    check_review(c);
}

/* A name to contact, its cells empty; NULL when memory is short. */
static struct site *add_site(struct check *c, enum role role, const char *host, const uint16_t *ports, size_t n_ports)
{
    struct evidence *e = c->evidence;
    struct name_view *view = ARENA_APPEND(e->arena, e->names, e->n_names, EVIDENCE_NAMES_MAX);
    struct site *t = &c->sites[c->n_sites];

    if (view == NULL)
        return NULL;
    view->role = role;
    view->host = host;
    view->duration_ms = -1;
    *t = (struct site){ .check = c, .name = e->n_names - 1, .ports = ports, .n_ports = n_ports };
    c->n_sites++;
    return t;
}

static void put_empty_cells(const struct site *t)
{
    for (unsigned family = 0; family < FAMILY_COUNT; family++)
        put_cells(t, (enum family)family, NULL);
}

/* An address that was typed needs no look-up. */
static bool put_typed_address(struct site *t)
{
    struct evidence *e = t->check->evidence;
    struct name_view *view = &e->names[t->name];
    struct found_address *typed = ARENA_APPEND(e->arena, view->addresses, view->n_addresses, EVIDENCE_ADDRESSES_MAX);

    if (typed == NULL)
        return false;
    typed->address = e->plan->has_address ? e->plan->address : e->plan->host_address;
    typed->ttl_s = -1;
    typed->sources = SOURCE_TYPED;
    return true;
}

static bool begin_target(struct check *c, struct err *err)
{
    const struct plan *plan = c->evidence->plan;
    struct site *t = add_site(c, ROLE_TARGET, plan->host, plan->ports, plan->n_ports);
    bool typed = plan->host_is_address || plan->has_address;

    if (t == NULL || (typed && !put_typed_address(t)))
        return err_set(err, ERR_NOMEM, 0, "starting a check");
    t->is_users = true;
    put_empty_cells(t);
    return typed || begin_lookup(t, err);
}

/* What is meant instead is looked at beside the target; that it cannot be takes nothing from the check. */
static void begin_suggestion(struct check *c)
{
    static const uint16_t submission[] = { 465, 587 };
    const struct plan *plan = c->evidence->plan;
    struct site *t = add_site(c, ROLE_SUGGESTION, plan->suggestion, submission, sizeof submission / sizeof submission[0]);
    struct err err = { 0 };

    if (t == NULL) {
        c->evidence->incomplete = true;
        return;
    }
    put_empty_cells(t);
    if (!begin_lookup(t, &err))
        c->evidence->incomplete = true;
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
    for (unsigned family = 0; family < FAMILY_COUNT; family++)
        e->has_route[family] = dial_has_public_route((enum family)family);
    if (!engine_trust(c->engine, &c->trust, plan, bad_file, err) || !load_identity(c, plan, bad_file, err))
        return false;
    if (e->plan->host != NULL && !begin_target(c, err))
        return false;
    if (plan_suggests_other(e->plan) && !e->plan->only_target)
        begin_suggestion(c);
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
    if (!check_prepare(c, plan, bad_file, err)) {
        tls_identity_free(c->identity);
        c->evidence = evidence_free(c->evidence);
        free(c);
        return false;
    }
    uv_timer_init(engine_loop(engine), &c->deadline);
    c->deadline.data = c;
    uv_timer_start(&c->deadline, on_begin, 0, 0);
    engine_add(engine, c);
    return true;
}
