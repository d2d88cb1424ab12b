/*
 * site - one name that is contacted: its look-up, and the connections to its ports
 */
#include "probe/site.h"

#include <stdlib.h>
#include <string.h>

#include "probe/cells.h"
#include "probe/dial.h"
#include "probe/lookup.h"
#include "probe/portal.h"
#include "probe/session.h"

/*
 * A handshake that hangs so long does not by chance: every packet of it that is
 * lost comes again, four times and more within this on a slow line (RFC 6298).
 */
static const double HANG_MS = 4500;

/* A step that is not answered for so long is tried once more beside it. */
static const double TWIN_MS = 2500;
static const double TWIN_ROUND_TRIPS = 10;

/* So long without a first word, though connected, is no slowness any more that one meets every day. */
static const double MUTE_MS = 4000;

/* A trial of the other mode, once nothing else is waited for; longer where the server greets slowly elsewhere. */
static const double TRIAL_MS = 1000;
static const double TRIAL_GREETINGS = 4;

struct site {
    struct site *next; /* the check's list */
    struct site_spec spec;
    struct evidence *evidence; /* NULL once it has ended */
    struct cell_owner owner;
    struct session *sessions;
    struct portal *portals;
    struct lookup *lookup; /* NULL: none, or gone */
    bool looking;          /* the name may still get addresses */
    bool stopped;          /* at the ceiling, or interrupted: nothing new begins */
};

struct site **site_next(struct site *t)
{
    return &t->next;
}

static struct name_view *site_view(const struct site *t)
{
    return &t->evidence->names[t->spec.name];
}

static void tell_probe(const struct site *t, size_t probe)
{
    t->spec.listener->probe(t->spec.user, probe);
}

bool site_is_idle(const struct site *t)
{
    return t->sessions == NULL && t->portals == NULL && t->lookup == NULL;
}

static void tell_idle(const struct site *t)
{
    if (site_is_idle(t))
        t->spec.listener->idle(t->spec.user);
}

/* ---- connections ---------------------------------------------------------------- */

static int find_cell(const struct site *t, const struct address *address, uint16_t port, enum tls_mode mode)
{
    return cells_find(t->evidence, &t->owner, address, port, mode);
}

/* The cell of a connection's own mode; of a lesson its pupil's. -1: none. */
static int cell_of(const struct site *t, const struct session *s)
{
    return find_cell(t, session_address(s), session_port(s), session_mode(s));
}

static void on_changed(void *user, size_t probe)
{
    tell_probe(user, probe);
}

static void on_quiet(void *user, struct session *s);
static void on_waiting(void *user, struct session *s);
static void on_settled(void *user, struct session *s);

static void on_session_gone(void *user, struct session *s)
{
    struct site *t = user;

    for (struct session **at = &t->sessions; *at != NULL; at = session_next(*at)) {
        if (*at == s) {
            *at = *session_next(s);
            break;
        }
    }
    tell_idle(t);
}

static const struct session_listener session_ears = {
    .changed = on_changed,
    .quiet = on_quiet,
    .waiting = on_waiting,
    .settled = on_settled,
    .gone = on_session_gone,
};

/* The user's own setting, which is tried for itself. */
static bool asks_mode(const struct site *t, uint16_t port, enum tls_mode mode)
{
    const struct plan *plan = t->evidence->plan;

    return t->spec.is_users && plan->tls_asked && plan->tls == mode && plan_asks_port(plan, port);
}

/* Where mail is read: what the plan knows of the port; NULL elsewhere. */
static const struct incoming_server *incoming_server(const struct site *t, uint16_t port)
{
    return t->owner.role == ROLE_INCOMING ? plan_incoming_server(t->evidence->plan, t->owner.host, port) : NULL;
}

/* The mode that the port is meant for. */
static enum tls_mode usual_mode(const struct site *t, uint16_t port)
{
    const struct incoming_server *server = incoming_server(t, port);

    return server == NULL ? plan_usual_mode(port) : server->mode;
}

/* A control shows as much as its port is known to give (the contract, "Controls"). */
static enum session_goal control_goal(uint16_t port)
{
    switch (port) {
    case 25:
    case 465:
    case 587:
    case 2525:
        return GOAL_GREETING;
    case 443:
        return GOAL_HANDSHAKE;
    default:
        return GOAL_CONNECTION;
    }
}

/* How far the user wants to go. */
static enum session_goal users_goal(const struct plan *plan)
{
    switch (plan->last_step) {
    case LAST_STEP_GREETING:
        return GOAL_GREETING;
    case LAST_STEP_TLS:
        return GOAL_HANDSHAKE;
    case LAST_STEP_ANY:
    case LAST_STEP_AUTH:
    case LAST_STEP_RCPT:
        break;
    }
    return GOAL_ALL;
}

static enum tls_mode control_mode(uint16_t port)
{
    return port == 465 || port == 443 ? TLS_MODE_IMPLICIT : TLS_MODE_NONE;
}

static struct session_spec new_session_spec(struct site *t, const struct address *address, uint16_t port,
                                            enum tls_mode mode)
{
    const struct incoming_server *server = incoming_server(t, port);

    return (struct session_spec){
        .loop = engine_loop(t->spec.engine),
        .evidence = t->evidence,
        .check_started_ms = t->spec.check_started_ms,
        .host = t->spec.is_users && t->evidence->plan->host_is_address ? NULL : t->owner.host,
        .address = *address,
        .port = port,
        .protocol = server == NULL ? PROTOCOL_SMTP : server->protocol,
        .mode = mode,
        .cells = { -1, -1, -1 },
        .goal = t->owner.role == ROLE_CONTROL ? control_goal(port) : users_goal(t->evidence->plan),
        .identity = t->spec.identity,
        .listener = &session_ears,
        .user = t,
    };
}

static bool start_session(struct site *t, const struct session_spec *spec)
{
    struct session *s;
    struct err err = { 0 };

    if (!session_start(&s, spec, &err)) {
        t->evidence->incomplete = true;
        return false;
    }
    *session_next(s) = t->sessions;
    t->sessions = s;
    return true;
}

static void open_session(struct site *t, const struct address *address, uint16_t port, enum tls_mode mode)
{
    struct session_spec spec = new_session_spec(t, address, port, mode);

    spec.cells[mode] = find_cell(t, address, port, mode);
    if (spec.cells[mode] < 0 || t->evidence->probes[spec.cells[mode]].outcome != PROBE_SKIPPED)
        return; /* no such cell, or tried already */
    /* Clear text is told by the STARTTLS dialogue too. */
    if (mode == TLS_MODE_STARTTLS && !asks_mode(t, port, TLS_MODE_NONE))
        spec.cells[TLS_MODE_NONE] = find_cell(t, address, port, TLS_MODE_NONE);
    start_session(t, &spec);
}

/* ---- the page that tells of a portal ---- */

static void on_portal_over(void *user, struct portal *p)
{
    struct site *t = user;

    (void)p;
    t->spec.listener->review(t->spec.user);
}

static void on_portal_gone(void *user, struct portal *p)
{
    struct site *t = user;

    for (struct portal **at = &t->portals; *at != NULL; at = portal_next(*at)) {
        if (*at == p) {
            *at = *portal_next(p);
            break;
        }
    }
    tell_idle(t);
}

static const struct portal_listener portal_ears = { .over = on_portal_over, .gone = on_portal_gone };

/* Without the library for it the cell stays untried. */
static void open_page(struct site *t, const struct address *address)
{
    int cell = find_cell(t, address, PORTAL_PORT, TLS_MODE_NONE);
    struct portal_spec spec = {
        .loop = engine_loop(t->spec.engine),
        .evidence = t->evidence,
        .check_started_ms = t->spec.check_started_ms,
        .cell = (size_t)cell,
        .listener = &portal_ears,
        .user = t,
    };
    struct portal *p;
    struct err err = { 0 };

    if (cell < 0 || !portal_start(&p, &spec, &err))
        return;
    *portal_next(p) = t->portals;
    t->portals = p;
}

static void open_port(struct site *t, const struct address *address, uint16_t port)
{
    const struct plan *plan = t->evidence->plan;

    if (t->owner.role == ROLE_CONTROL && port == PORTAL_PORT) {
        open_page(t, address);
        return;
    }
    if (t->owner.role == ROLE_CONTROL) {
        open_session(t, address, port, control_mode(port));
        return;
    }
    open_session(t, address, port, usual_mode(t, port));
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
    if (port == 25 && !(t->spec.is_users && plan_asks_port(t->evidence->plan, port)))
        return;
    open_session(t, session_address(s), port, other_mode(session_mode(s)));
}

static struct session *find_session(const struct site *t, const struct address *address, uint16_t port,
                                    enum tls_mode mode)
{
    for (struct session *s = t->sessions; s != NULL; s = *session_next(s)) {
        if (session_lesson(s) == LESSON_NONE && session_port(s) == port && session_mode(s) == mode &&
            address_equal(session_address(s), address))
            return s;
    }
    return NULL;
}

/* This cell shows that the port speaks its mode. */
static bool speaks(const struct site *t, const struct address *address, uint16_t port, enum tls_mode mode)
{
    int cell = find_cell(t, address, port, mode);
    const struct probe *p = cell < 0 ? NULL : &t->evidence->probes[cell];

    if (p == NULL)
        return false;
    return mode == TLS_MODE_IMPLICIT ? p->tls_ms >= 0 : p->greeting_ms >= 0;
}

static enum fault mismatch_of(enum tls_mode mode)
{
    return mode == TLS_MODE_IMPLICIT ? FAULT_PLAIN_EXPECTED : FAULT_TLS_EXPECTED;
}

static void tell_failing(const struct site *t, const struct session *s)
{
    int cell = cell_of(t, s);

    if (!t->stopped && cell >= 0)
        t->spec.listener->failing(t->spec.user, (size_t)cell);
}

static void try_other_addresses(struct site *t, const struct session *s);

static void on_waiting(void *user, struct session *s)
{
    struct site *t = user;
    struct waiting w = session_waiting(s);

    if (t->evidence == NULL)
        return;
    if (t->owner.role != ROLE_CONTROL && session_lesson(s) == LESSON_NONE && patience_suspects(t->evidence, &w)) {
        try_other_addresses(t, s);
        tell_failing(t, s);
    }
    switch (patience_with(t->evidence, &w)) {
    case PATIENCE_WAIT:
        return;
    case PATIENCE_AGAIN:
        session_knock(s);
        return;
    case PATIENCE_OVER:
        session_time_out(s);
        return;
    }
}

/* It was opened because the mode that its port is meant for did not work. */
static bool is_trial(const struct site *t, const struct session *s)
{
    enum tls_mode mode = session_mode(s);

    return session_lesson(s) == LESSON_NONE && mode != usual_mode(t, session_port(s)) &&
           !asks_mode(t, session_port(s), mode);
}

/* The longest that the server has taken to greet, on whichever port; negative while it has not. */
static double slowest_greeting_ms(const struct site *t)
{
    double slowest = -1;

    for (size_t i = 0; i < t->evidence->n_probes; i++) {
        const struct probe *p = &t->evidence->probes[i];

        if (cells_belong(&t->owner, p) && p->greeting_ms > slowest)
            slowest = p->greeting_ms;
    }
    return slowest;
}

/* Only trials are left, and this one has had its time: a port that failed in its own mode keeps nobody waiting. */
static bool is_idle_trial(const struct site *t, const struct session *s)
{
    double greeting_ms = slowest_greeting_ms(t);
    double patience_ms = greeting_ms < 0 ? MUTE_MS : TRIAL_GREETINGS * greeting_ms;

    for (struct session *other = t->sessions; other != NULL; other = *session_next(other)) {
        if (!session_is_settled(other) && !is_trial(t, other))
            return false;
    }
    return is_trial(t, s) && session_mute_ms(s) >= (patience_ms > TRIAL_MS ? patience_ms : TRIAL_MS);
}

static void learn(struct site *t, const struct session *s, enum session_lesson lesson);

/*
 * A handshake that does not end: packets of full size may vanish on the way,
 * where smaller ones pass. Another connection that asks for small ones shows it;
 * once it has, and this one still hangs, nothing more is waited for.
 */
static void suspect_full_segments(struct site *t, struct session *s)
{
    int cell = cell_of(t, s);
    struct probe *p = cell < 0 ? NULL : &t->evidence->probes[cell];

    if (p == NULL)
        return;
    if (!p->small_segments_tried) {
        p->small_segments_tried = true;
        learn(t, s, LESSON_SMALL_SEGMENTS);
    } else if (p->small_segments_ok && p->twin_tried && session_handshake_ms(s) >= HANG_MS) {
        session_time_out(s);
    }
}

/*
 * A connection that hangs at whatever step: two or three lost packets in a row
 * are enough for seconds of silence. The same is begun once more; where that
 * comes through it was chance, and what it has learned counts.
 */
static void suspect_chance(struct site *t, struct session *s)
{
    int cell = cell_of(t, s);
    struct probe *p = cell < 0 ? NULL : &t->evidence->probes[cell];

    if (p == NULL || p->twin_tried || is_trial(t, s) || session_silent_ms(s) < TWIN_MS ||
        session_silent_ms(s) < TWIN_ROUND_TRIPS * p->round_trip_ms)
        return;
    p->twin_tried = true;
    learn(t, s, LESSON_TWIN);
}

/* Its mode is no question any more. */
static bool is_behind_starttls(const struct session *s)
{
    return session_mode(s) == TLS_MODE_STARTTLS && session_in_handshake(s);
}

static void on_quiet(void *user, struct session *s)
{
    struct site *t = user;

    if (t->evidence == NULL || session_lesson(s) != LESSON_NONE)
        return;
    if (t->owner.role == ROLE_CONTROL) {
        session_time_out(s); /* that it connects is most of what it is there to show */
        return;
    }
    if (session_mute_ms(s) >= MUTE_MS)
        tell_failing(t, s);
    suspect_chance(t, s);
    if (session_in_handshake(s))
        suspect_full_segments(t, s);
    if (session_is_settled(s) || !session_is_mute(s) || is_behind_starttls(s))
        return;
    if (speaks(t, session_address(s), session_port(s), other_mode(session_mode(s))))
        session_conclude(s, mismatch_of(session_mode(s)));
    else if (is_idle_trial(t, s))
        session_time_out(s);
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

/* A refused handshake that the version or the ciphers may explain. */
static bool hints_at_old_tls(const struct probe *p)
{
    if (p->outcome != PROBE_FAILED || p->fault != FAULT_TLS || p->stage != STAGE_TLS || p->certificate_requested)
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


/* The first EHLO of the dialogue was refused in so many words; whether for its name, another one shows. */
static bool refuses_ehlo(const struct probe *p)
{
    return p->outcome == PROBE_FAILED && p->fault == FAULT_REPLY && p->stage == STAGE_EHLO &&
           (p->mode == TLS_MODE_IMPLICIT || p->tls_ms < 0) && p->other_ehlo == NULL;
}

/* What a failed connection calls for: one more, to learn one thing. */
static const struct {
    bool (*calls)(const struct probe *p);
    enum session_lesson lesson;
} lessons[] = {
    { hints_at_old_tls, LESSON_OLD_TLS },
    { refuses_ehlo, LESSON_OTHER_EHLO },
};

static void learn(struct site *t, const struct session *s, enum session_lesson lesson)
{
    struct session_spec spec = new_session_spec(t, session_address(s), session_port(s), session_mode(s));

    spec.lesson = lesson;
    spec.pupil = cell_of(t, s);
    if (spec.pupil >= 0)
        start_session(t, &spec);
}

void site_try_nameless(struct site *t, size_t probe)
{
    const struct probe *p = &t->evidence->probes[probe];
    struct session_spec spec = new_session_spec(t, &p->address, p->port, p->mode);

    spec.lesson = LESSON_NO_SNI;
    spec.pupil = (int)probe;
    start_session(t, &spec);
}

bool site_run_errand(struct site *t, size_t probe, const struct secret *secret, struct trust *trust)
{
    const struct probe *p = &t->evidence->probes[probe];
    struct session_spec spec = new_session_spec(t, &p->address, p->port, p->mode);

    spec.lesson = LESSON_ERRAND;
    spec.pupil = (int)probe;
    spec.secret = secret;
    spec.trust = trust;
    return start_session(t, &spec);
}

static void try_further(struct site *t, const struct session *s)
{
    const struct probe *p = session_probe(s);

    if (t->owner.role == ROLE_CONTROL)
        return; /* its failure is an answer, too */
    if ((p->outcome == PROBE_FAILED || p->outcome == PROBE_TIMEOUT) && p->stage == STAGE_CONNECT)
        try_other_addresses(t, s);
    if (p->outcome == PROBE_FAILED && hints_at_other_mode(p))
        try_other_mode(t, s);
    if (t->owner.role == ROLE_INCOMING)
        return; /* that it fails is all that is asked of it */
    for (size_t i = 0; i < sizeof lessons / sizeof lessons[0]; i++) {
        if (lessons[i].calls(p))
            learn(t, s, lessons[i].lesson);
    }
}

/* What the trial has shown counts for every cell of the connection that was refused. */
static void keep_other_ehlo(const struct site *t, const struct session *s)
{
    const struct probe *trial = session_probe(s);

    for (size_t i = 0; i < t->evidence->n_probes; i++) {
        struct probe *p = &t->evidence->probes[i];

        if (!cells_belong(&t->owner, p) || !p->has_address || p->port != session_port(s) || !refuses_ehlo(p) ||
            !address_equal(&p->address, session_address(s)))
            continue;
        p->other_ehlo = trial->ehlo;
        p->other_ehlo_accepted = trial->outcome == PROBE_OK;
        tell_probe(t, i);
    }
}

/* A port that did its handshake with small segments speaks the mode of it: what was tried instead is over. */
static void keep_small_segments(struct site *t, const struct session *s)
{
    int cell = cell_of(t, s);
    struct session *other = find_session(t, session_address(s), session_port(s), other_mode(session_mode(s)));

    if (cell < 0 || !t->evidence->probes[cell].small_segments_ok)
        return;
    tell_probe(t, (size_t)cell);
    if (other != NULL && !session_is_settled(other) && session_is_mute(other))
        session_conclude(other, mismatch_of(session_mode(other)));
}

/* The twin has come through: it takes the other's place. */
static void keep_twin(struct site *t, const struct session *twin)
{
    struct session *first = find_session(t, session_address(twin), session_port(twin), session_mode(twin));
    int cell = cell_of(t, twin);
    struct probe *p = cell < 0 ? NULL : &t->evidence->probes[cell];
    struct probe learned = *session_probe(twin);

    if (p == NULL || first == NULL || session_is_settled(first) || learned.outcome != PROBE_OK)
        return;
    learned.twin_tried = true;
    learned.small_segments_tried = p->small_segments_tried;
    learned.small_segments_ok = p->small_segments_ok;
    *p = learned;
    tell_probe(t, (size_t)cell);
    session_withdraw(first, SKIP_NOT_NEEDED);
}

/* What the pupil has shown by itself need not be learned any more. */
static void end_lesson(const struct site *t, const struct session *pupil)
{
    for (struct session *s = t->sessions; s != NULL; s = *session_next(s)) {
        bool lesson = session_lesson(s) == LESSON_SMALL_SEGMENTS || session_lesson(s) == LESSON_TWIN;

        if (lesson && !session_is_settled(s) &&
            session_port(s) == session_port(pupil) && session_mode(s) == session_mode(pupil) &&
            address_equal(session_address(s), session_address(pupil)))
            session_withdraw(s, SKIP_NOT_NEEDED);
    }
}

static void on_settled(void *user, struct session *s)
{
    struct site *t = user;

    if (t->evidence == NULL)
        return;
    if (session_lesson(s) == LESSON_OTHER_EHLO)
        keep_other_ehlo(t, s);
    if (session_lesson(s) == LESSON_SMALL_SEGMENTS)
        keep_small_segments(t, s);
    if (session_lesson(s) == LESSON_TWIN)
        keep_twin(t, s);
    if (session_lesson(s) == LESSON_NONE) {
        if (!t->stopped)
            try_further(t, s);
        tell_failing(t, s);
        review_other(t, s); /* it may end the check, as may what follows */
        if (t->evidence != NULL)
            end_lesson(t, s);
    }
    t->spec.listener->review(t->spec.user);
}

/* ---- addresses -------------------------------------------------------------------- */

/* A client goes on to the next address where one does not connect; so many of a family are tried. */
enum { ADDRESSES_TRIED_MAX = 4 };

static void try_other_addresses(struct site *t, const struct session *s)
{
    const struct name_view *view = site_view(t);
    const struct address *from = session_address(s);
    uint16_t port = session_port(s);
    unsigned n_tried = 0;

    for (size_t i = 0; i < view->n_addresses && n_tried < ADDRESSES_TRIED_MAX; i++) {
        const struct address *a = &view->addresses[i].address;

        if (a->family != from->family)
            continue;
        n_tried++;
        if (find_cell(t, a, port, session_mode(s)) >= 0)
            continue;
        cells_put(t->evidence, &t->owner, a->family, a, port);
        open_port(t, a, port);
    }
}

static void put_cells(const struct site *t, enum family family, const struct address *address)
{
    for (size_t i = 0; i < t->spec.n_ports; i++)
        cells_put(t->evidence, &t->owner, family, address, t->spec.ports[i]);
}

/* Of a control's addresses the first of each family is tried, in the one mode that counts there. */
static bool put_control_cell(struct site *t, const struct address *address)
{
    uint16_t port;

    if (t->spec.n_ports == 0)
        return false; /* the look-up is all that is wanted */
    port = t->spec.ports[0];
    for (size_t i = 0; i < t->evidence->n_probes; i++) {
        if (cells_belong(&t->owner, &t->evidence->probes[i]) &&
            t->evidence->probes[i].family == address->family)
            return false;
    }
    cells_put_one(t->evidence, &t->owner, address->family, address, port, control_mode(port));
    return true;
}

/* The cells of an address that is to be tried; false where it is none. */
static bool put_address(struct site *t, const struct address *address, bool must)
{
    if (t->owner.role == ROLE_CONTROL)
        return put_control_cell(t, address);
    if (cells_claim(t->evidence, &t->owner, address))
        return true;
    if (must)
        put_cells(t, address->family, address);
    return must;
}

void site_try_address(struct site *t, const struct address *address, bool must)
{
    if (!t->evidence->plan->families[address->family] || !put_address(t, address, must))
        return;
    if (!dial_has_route(address)) {
        cells_skip(t->evidence, &t->owner, address, SKIP_NO_ROUTE);
        return;
    }
    cells_skip(t->evidence, &t->owner, address, SKIP_NOT_NEEDED);
    for (size_t i = 0; i < t->spec.n_ports; i++)
        open_port(t, address, t->spec.ports[i]);
}

/* Every address of the family before this one is the hosts file's alone; the system repeats what stands there. */
static bool only_hosts_gave(const struct site *t, size_t address)
{
    const struct found_address *all = site_view(t)->addresses;

    for (size_t i = 0; i < address; i++) {
        if (all[i].address.family == all[address].address.family &&
            (all[i].sources & ~(unsigned)SOURCE_SYSTEM) != SOURCE_HOSTS)
            return false;
    }
    return true;
}

/* The first of the family that stands in the hosts file; those behind it are tried where it does not connect. */
static bool leads_in_hosts(const struct site *t, size_t address)
{
    const struct found_address *all = site_view(t)->addresses;

    for (size_t i = 0; i < address; i++) {
        if (all[i].address.family == all[address].address.family && (all[i].sources & SOURCE_HOSTS) != 0)
            return false;
    }
    return true;
}

static void on_found(void *user, size_t name, size_t address)
{
    struct site *t = user;
    const struct found_address *found = &site_view(t)->addresses[address];
    bool in_hosts = (found->sources & SOURCE_HOSTS) != 0;

    t->spec.listener->name(t->spec.user, name, false);
    /*
     * What the hosts file says is what the mail client will use, whatever DNS
     * says; what DNS says is then tried too, to tell what the file does.
     */
    site_try_address(t, &found->address, in_hosts ? leads_in_hosts(t, address) : only_hosts_gave(t, address));
}

static void on_lookup_ended(void *user, size_t name)
{
    struct site *t = user;

    t->looking = false;
    t->spec.listener->name(t->spec.user, name, true);
    t->spec.listener->review(t->spec.user);
}

static void on_lookup_gone(void *user, struct lookup *l)
{
    struct site *t = user;

    (void)l;
    t->lookup = NULL;
    tell_idle(t);
}

static void on_lookup_silent(void *user, size_t name)
{
    struct site *t = user;

    t->spec.listener->name(t->spec.user, name, true);
}

static const struct lookup_listener lookup_ears = {
    .silent = on_lookup_silent,
    .found = on_found,
    .ended = on_lookup_ended,
    .gone = on_lookup_gone,
};

static bool look_up(struct site *t, struct lookup_spec *spec, struct err *err)
{
    spec->loop = engine_loop(t->spec.engine);
    spec->evidence = t->evidence;
    spec->name = t->spec.name;
    spec->brief = t->owner.role == ROLE_CONTROL;
    spec->listener = &lookup_ears;
    spec->user = t;
    if (!lookup_start(&t->lookup, spec, err))
        return false;
    t->looking = true;
    return true;
}

bool site_look_up(struct site *t, struct err *err)
{
    struct evidence *e = t->evidence;
    struct resolver *resolvers[PLAN_RESOLVERS_MAX];
    struct lookup_spec spec = {
        .resolvers = resolvers,
        .compare = e->plan->n_resolvers > 1,
        .hosts_file = true,
    };

    if (e->plan->n_resolvers == 0 && t->owner.role != ROLE_CONTROL)
        spec.system = engine_system_view(t->spec.engine);
    spec.n_resolvers = engine_resolvers(t->spec.engine, e->plan, resolvers, &e->resolver_configured, err);
    return spec.n_resolvers > 0 && look_up(t, &spec, err);
}

bool site_look_up_elsewhere(struct site *t, struct err *err)
{
    struct resolver *resolvers[PLAN_RESOLVERS_MAX];
    struct lookup_spec spec = { .resolvers = resolvers, .compare = true };

    spec.n_resolvers = engine_other_resolvers(t->spec.engine, t->evidence->plan, resolvers, err);
    if (spec.n_resolvers == 0)
        return err_set(err, ERR_SYSTEM, 0, "asking another resolver");
    return look_up(t, &spec, err);
}

/* ---- begin and end ------------------------------------------------------------------ */

bool site_new(struct site **ret, const struct site_spec *spec, struct err *err)
{
    struct site *t = calloc(1, sizeof *t);

    if (t == NULL)
        return err_set(err, ERR_NOMEM, 0, "starting a check");
    t->spec = *spec;
    t->evidence = spec->evidence;
    t->owner = (struct cell_owner){ .role = site_view(t)->role, .host = site_view(t)->host };
    for (unsigned family = 0; family < FAMILY_COUNT && t->owner.role != ROLE_CONTROL; family++)
        put_cells(t, (enum family)family, NULL);
    *ret = t;
    return true;
}

struct site *site_free(struct site *t)
{
    free(t);
    return NULL;
}

enum role site_role(const struct site *t)
{
    return t->owner.role;
}

bool site_is_busy(const struct site *t)
{
    for (struct session *s = t->sessions; s != NULL; s = *session_next(s)) {
        if (!session_is_settled(s))
            return true;
    }
    for (struct portal *p = t->portals; p != NULL; p = *portal_next(p)) {
        if (!portal_is_over(p))
            return true;
    }
    return t->looking;
}

void site_time_out(struct site *t)
{
    /* Said first: a connection that ends must not open another. */
    t->stopped = true;
    for (struct session *s = t->sessions; s != NULL; s = *session_next(s)) {
        if (!session_is_settled(s))
            session_time_out(s);
        else
            session_close(s);
    }
    for (struct portal *p = t->portals; p != NULL; p = *portal_next(p))
        portal_stop(p, PROBE_TIMEOUT);
}

void site_withdraw(struct site *t)
{
    t->stopped = true;
    for (struct session *s = t->sessions; s != NULL; s = *session_next(s)) {
        if (!session_is_settled(s))
            session_withdraw(s, SKIP_STOPPED);
    }
    for (struct portal *p = t->portals; p != NULL; p = *portal_next(p))
        portal_stop(p, PROBE_SKIPPED);
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
    const struct evidence *e = t->evidence;

    if (t->spec.is_users && (e->plan->host_is_address || e->plan->has_address))
        return SKIP_NOT_ASKED;
    if (family_is_told(site_view(t), family))
        return SKIP_NO_ADDRESS;
    return e->interrupted ? SKIP_STOPPED : SKIP_UNRESOLVED;
}

void site_end(struct site *t)
{
    if (t->lookup != NULL)
        lookup_stop(t->lookup);
    for (unsigned family = 0; family < FAMILY_COUNT; family++)
        cells_skip_empty(t->evidence, &t->owner, (enum family)family, reason_of_empty_cell(t, (enum family)family));
    t->evidence = NULL;
}
