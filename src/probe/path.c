/*
 * path - how far a blocked port is let through, beside one that is not
 *
 * In bursts of hops, so that a server which is near is not knocked at once for
 * each hop that it is nearer. It needs no privilege: the ICMP answer to a SYN
 * stands in the error queue of the socket that sent it.
 */
#include "probe/path.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "probe/dial.h"

enum {
    BURST_HOPS = 8,
    /* Loss, and routers that answer only so often: silence is believed after so many. */
    TRIES = 3,
};
static const double GAP_LEAST_MS = 100; /* between two tries of one hop */
static const double GAP_MOST_MS = 700;
static const double GAP_UNKNOWN_MS = 200;
static const double GAP_ROUND_TRIPS = 1.25; /* an answer from the way comes sooner than the server's */

/* One attempt. */
struct try {
    struct try *next;
    struct path_search *owner;
    bool is_open; /* of which trace */
    size_t hop;   /* index into its hops */
    int fd;
    uv_poll_t poll;
    double started_ms;
};

struct path_search {
    struct path_search *next; /* the check's list */
    struct path_spec spec;
    size_t path; /* index into the Evidence's */
    uv_timer_t timer;
    struct try *tries;  /* that are under way */
    unsigned n_handles; /* that the loop has not closed yet */
    double gap_ms;
    unsigned n_tries; /* of the hops of this burst */
    bool ended;
};

struct path_search **path_next(struct path_search *p)
{
    return &p->next;
}

static struct path *path_of(const struct path_search *p)
{
    return &p->spec.evidence->paths[p->path];
}

static struct trace *trace_of(const struct path_search *p, bool is_open)
{
    return is_open ? &path_of(p)->open : &path_of(p)->blocked;
}

/* ---- hops --------------------------------------------------------------------- */

static bool has_answered(const struct hop *h)
{
    return h->answer > HOP_SILENT;
}

static bool ends_trace(const struct hop *h)
{
    return h->answer == HOP_REFUSED || h->answer == HOP_REACHED;
}

static bool has_end(const struct trace *t)
{
    for (size_t i = 0; i < t->n_hops; i++) {
        if (ends_trace(&t->hops[i]))
            return true;
    }
    return false;
}

/* What lies behind the end of a trace was asked at the same time, and tells nothing more. */
static size_t hops_that_matter(const struct trace *t)
{
    for (size_t i = 0; i < t->n_hops; i++) {
        if (ends_trace(&t->hops[i]))
            return i + 1;
    }
    return t->n_hops;
}

/* ---- the end ------------------------------------------------------------------ */

static void let_go(struct path_search *p)
{
    if (--p->n_handles > 0)
        return;
    p->spec.listener->gone(p->spec.user, p);
    free(p);
}

static void on_timer_closed(uv_handle_t *handle)
{
    let_go(handle->data);
}

static void on_try_closed(uv_handle_t *handle)
{
    struct try *t = handle->data;
    struct path_search *p = t->owner;

    free(t);
    let_go(p);
}

/* The socket goes at once: a server that it reached is left before it has taken the connection. */
static void end_try(struct try *t)
{
    for (struct try **at = &t->owner->tries; *at != NULL; at = &(*at)->next) {
        if (*at == t) {
            *at = t->next;
            break;
        }
    }
    uv_close((uv_handle_t *)&t->poll, on_try_closed);
    dial_abort(t->fd);
}

static void end_tries(struct path_search *p)
{
    while (p->tries != NULL)
        end_try(p->tries);
}

void path_stop(struct path_search *p)
{
    if (p->ended)
        return;
    p->ended = true;
    end_tries(p);
    uv_close((uv_handle_t *)&p->timer, on_timer_closed);
}

static void complete(struct path_search *p)
{
    struct path *path = path_of(p);

    path->blocked.n_hops = hops_that_matter(&path->blocked);
    path->open.n_hops = hops_that_matter(&path->open);
    path->complete = true;
    path_stop(p);
    p->spec.listener->over(p->spec.user);
}

/* ---- what came ---------------------------------------------------------------- */

static bool is_answered(const struct trace *t)
{
    size_t n = hops_that_matter(t);
    size_t first = t->n_hops < BURST_HOPS ? 0 : t->n_hops - BURST_HOPS;

    for (size_t i = first; i < n; i++) {
        if (!has_answered(&t->hops[i]))
            return false;
    }
    return true;
}

/* Time exceeded (RFC 792, RFC 4443) is of another type than every refusal. */
static enum hop_answer answer_of(const struct dial_result *r, enum family family)
{
    enum { EXCEEDED_IPV4 = 11, EXCEEDED_IPV6 = 3 };

    if (r->fault == FAULT_REFUSED)
        return HOP_REACHED; /* a refusal in another's name is none of this fault */
    if (r->icmp.seen)
        return r->icmp.type == (family == FAMILY_IPV4 ? EXCEEDED_IPV4 : EXCEEDED_IPV6) ? HOP_EXPIRED : HOP_REFUSED;
    return HOP_SILENT;
}

/* true: the attempt has had its answer, or will get none. */
static bool note_answer(struct try *t, enum dial_state state, const struct dial_result *r)
{
    struct path_search *p = t->owner;
    struct hop *h = &trace_of(p, t->is_open)->hops[t->hop];
    enum hop_answer answer = state == DIAL_CONNECTED ? HOP_REACHED : answer_of(r, path_of(p)->family);

    /* A message that came while the system was still sending is in the queue, and the system goes on trying. */
    if (state == DIAL_PENDING && !r->icmp.seen)
        return false;
    if (answer != HOP_SILENT && !has_answered(h)) {
        h->answer = answer;
        h->icmp = r->icmp;
        h->ms = clock_steady_ms() - t->started_ms;
    }
    return true;
}

static void review(struct path_search *p);

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct try *t = poll->data;
    struct path_search *p = t->owner;
    struct dial_result r;
    enum dial_state state;

    (void)status, (void)events; /* either says 'look' */
    state = dial_look(t->fd, &trace_of(p, t->is_open)->address, &r);
    if (!note_answer(t, state, &r)) {
        uv_poll_start(poll, UV_WRITABLE, on_ready); /* libuv stops polling a socket that had an error */
        return;
    }
    end_try(t);
    review(p);
}

/* ---- sending ------------------------------------------------------------------ */

/* What cannot be sent leaves its hop untried: its silence would mean nothing. */
static void send_try(struct path_search *p, bool is_open, size_t hop)
{
    struct trace *trace = trace_of(p, is_open);
    struct dial_manner manner = { .hops = (unsigned)hop + 1, .half_open = true };
    struct try *t = calloc(1, sizeof *t);
    struct dial_result r;
    enum dial_state state;

    if (t == NULL)
        return;
    *t = (struct try){ .owner = p, .is_open = is_open, .hop = hop, .started_ms = clock_steady_ms() };
    state = dial_start_as(&t->fd, &trace->address, trace->dial_port, &manner, &r);
    if (t->fd < 0 || uv_poll_init_socket(p->spec.loop, &t->poll, t->fd) != 0) {
        if (t->fd >= 0)
            dial_abort(t->fd);
        free(t);
        return;
    }
    t->poll.data = t;
    t->next = p->tries;
    p->tries = t;
    p->n_handles++;
    if (trace->hops[hop].answer == HOP_UNTRIED && (state != DIAL_FAILED || answer_of(&r, path_of(p)->family) > HOP_SILENT))
        trace->hops[hop].answer = HOP_SILENT;
    if (state != DIAL_PENDING && note_answer(t, state, &r))
        end_try(t);
    else
        uv_poll_start(&t->poll, UV_WRITABLE, on_ready);
}

static void try_hops(struct path_search *p)
{
    size_t first = path_of(p)->blocked.n_hops - BURST_HOPS;

    p->n_tries++;
    for (size_t i = first; i < first + BURST_HOPS; i++) {
        /* The blocked port first: where a router has one answer to give, it is the one that is looked for. */
        for (int is_open = 0; is_open <= (path_of(p)->open.port != 0); is_open++) {
            const struct trace *t = trace_of(p, is_open != 0);

            if (i < hops_that_matter(t) && !has_answered(&t->hops[i]))
                send_try(p, is_open != 0, i);
        }
    }
}

static bool add_hops(struct path_search *p, struct trace *t)
{
    for (size_t i = 0; i < BURST_HOPS; i++) {
        struct hop *h = ARENA_APPEND(p->spec.evidence->arena, t->hops, t->n_hops, PATH_HOPS_MAX);

        if (h == NULL)
            return false;
        h->ms = -1;
    }
    return true;
}

/* ---- from burst to burst ------------------------------------------------------ */

/* Hops that answered, counted from here; 0 where none did. */
static size_t furthest(const struct trace *t)
{
    for (size_t i = t->n_hops; i > 0; i--) {
        if (has_answered(&t->hops[i - 1]))
            return i;
    }
    return 0;
}

/* Whether the next burst can tell what this one did not. */
static bool goes_on(const struct path *p)
{
    size_t blocked = furthest(&p->blocked);
    size_t open = furthest(&p->open);
    size_t before = p->blocked.n_hops - BURST_HOPS;

    if (p->blocked.n_hops + BURST_HOPS > PATH_HOPS_MAX || has_end(&p->blocked) || has_end(&p->open))
        return false;
    /* Where the open port is seen further on, all is told; behind a whole burst of silence nothing will speak. */
    return open <= blocked && blocked > before;
}

static void begin_burst(struct path_search *p)
{
    struct path *path = path_of(p);

    end_tries(p);
    p->n_tries = 0;
    if (!add_hops(p, &path->blocked) || (path->open.port != 0 && !add_hops(p, &path->open))) {
        p->spec.evidence->incomplete = true;
        path_stop(p);
        p->spec.listener->over(p->spec.user);
        return;
    }
    try_hops(p);
    review(p);
}

static void end_burst(struct path_search *p)
{
    if (goes_on(path_of(p)))
        begin_burst(p);
    else
        complete(p);
}

static void review(struct path_search *p)
{
    if (!p->ended && is_answered(&path_of(p)->blocked) && is_answered(&path_of(p)->open))
        end_burst(p);
}

static void on_timer(uv_timer_t *timer)
{
    struct path_search *p = timer->data;

    if (path_of(p)->blocked.n_hops == 0)
        begin_burst(p);
    else if (p->n_tries < TRIES)
        try_hops(p);
    else
        end_burst(p);
    if (!p->ended)
        uv_timer_start(timer, on_timer, (uint64_t)p->gap_ms, 0);
}

/* ---- begin -------------------------------------------------------------------- */

static double gap_of(double round_trip_ms)
{
    if (round_trip_ms < 0)
        return GAP_UNKNOWN_MS;
    return fmin(fmax(round_trip_ms * GAP_ROUND_TRIPS, GAP_LEAST_MS), GAP_MOST_MS);
}

static struct trace new_trace(const struct path_spec *spec, const struct endpoint *to)
{
    if (to->port == 0)
        return (struct trace){ .port = 0 };
    return (struct trace){
        .address = to->address,
        .port = to->port,
        .dial_port = plan_dial_port(spec->evidence->plan, to->port),
    };
}

bool path_start(struct path_search **ret, const struct path_spec *spec, struct err *err)
{
    struct path_search *p = calloc(1, sizeof *p);
    struct evidence *e = spec->evidence;
    struct path *path;

    if (p == NULL)
        return err_set(err, ERR_NOMEM, 0, "looking at the path");
    path = ARENA_APPEND(e->arena, e->paths, e->n_paths, EVIDENCE_PATHS_MAX);
    if (path == NULL) {
        free(p);
        return err_set(err, ERR_LIMIT, 0, "looking at the path");
    }
    path->role = spec->role;
    path->host = spec->host;
    path->family = spec->blocked.address.family;
    path->blocked = new_trace(spec, &spec->blocked);
    path->open = new_trace(spec, &spec->open);
    p->spec = *spec;
    p->path = e->n_paths - 1;
    p->gap_ms = gap_of(spec->round_trip_ms);
    uv_timer_init(spec->loop, &p->timer);
    p->timer.data = p;
    p->n_handles = 1;
    uv_timer_start(&p->timer, on_timer, 0, 0);
    *ret = p;
    return true;
}
