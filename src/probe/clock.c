#include "probe/clock.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/version.h"
#include "probe/dial.h"
#include "probe/http.h"
#include "probe/sntp.h"
#include "smtp/date.h"

enum {
    ASKS_MAX = 2,      /* addresses of one server: one of each family */
    SILENT_MS = 1000,  /* then it is asked once more, and the next of the usual servers too */
    DATAGRAM_MAX = 512,
    SNTP_PORT = 123,
};

/* A build elsewhere, by a clock that was off itself, must not be the measure of days. */
static const int64_t BUILD_SLACK_S = 31 * 86400;

static const struct time_server usual_servers[] = {
    { .host = "time.google.com", .port = SNTP_PORT },
    { .host = "time.cloudflare.com", .port = SNTP_PORT },
};
enum { N_USUAL = sizeof usual_servers / sizeof usual_servers[0] };

struct asked_server;

/* One address of a server, asked by SNTP. */
struct ask {
    struct asked_server *server;
    uv_udp_t udp;
    struct endpoint to;
    uint64_t cookie;
    double sent_ms; /* the first time, steady */
    char datagram[DATAGRAM_MAX];
};

struct asked_server {
    struct clock_query *query;
    const struct time_server *spec;
    size_t source; /* index into the Evidence's clock sources */
    struct lookup *lookup;
    bool looking_up;
    struct ask *asks[ASKS_MAX]; /* NULL: none, or closed */
    size_t n_asks;              /* that were made */
    struct http *web;
    double web_sent_ms;
    bool web_asked;
    bool begun;
    bool settled;
};

struct clock_query {
    struct clock_spec spec;
    uv_timer_t timer; /* of silence */
    uv_timer_t patience;
    struct asked_server servers[PLAN_TIME_SERVERS_MAX];
    size_t n_servers;
    bool usual; /* one answer is enough, and they are asked in turn */
    double started_ms;
    unsigned n_holders; /* handles and parts that point here */
    bool over;
    bool stopped;
};

/* ---- facts ------------------------------------------------------------------ */

static struct clock_source *source_of(const struct asked_server *s)
{
    return &s->query->spec.evidence->clock.sources[s->source];
}

/* The local wall clock, as if it had not been set since the check began. */
static int64_t local_ms(const struct clock_query *q, double steady_ms)
{
    return q->spec.evidence->started_wall_ms + (int64_t)(steady_ms - q->spec.check_started_ms);
}

static struct clock_source *add_source(struct evidence *e, enum clock_kind kind, const char *name)
{
    struct clock_source *s = ARENA_APPEND(e->arena, e->clock.sources, e->clock.n_sources, CLOCK_SOURCES_MAX);

    if (s == NULL)
        return NULL;
    s->kind = kind;
    s->name = arena_strdup(e->arena, name);
    return s;
}

/* ---- the end ---------------------------------------------------------------- */

static void let_go(struct clock_query *q)
{
    if (--q->n_holders > 0)
        return;
    q->spec.listener->gone(q->spec.user);
    free(q);
}

static void on_timer_closed(uv_handle_t *handle)
{
    let_go(handle->data);
}

static void on_ask_closed(uv_handle_t *handle)
{
    struct ask *a = handle->data;
    struct clock_query *q = a->server->query;

    free(a);
    let_go(q);
}

static void close_ask(struct ask *a)
{
    for (size_t i = 0; i < ASKS_MAX; i++) {
        if (a->server->asks[i] == a)
            a->server->asks[i] = NULL;
    }
    uv_close((uv_handle_t *)&a->udp, on_ask_closed);
}

static void end_server(struct asked_server *s)
{
    for (size_t i = 0; i < ASKS_MAX; i++) {
        if (s->asks[i] != NULL)
            close_ask(s->asks[i]);
    }
    if (s->lookup != NULL)
        lookup_stop(s->lookup);
    s->lookup = NULL;
    if (s->web != NULL)
        http_stop(s->web);
    s->web = NULL;
}

static void tell_over(struct clock_query *q)
{
    if (q->over)
        return;
    q->over = true;
    uv_timer_stop(&q->timer);
    uv_timer_stop(&q->patience);
    q->spec.listener->over(q->spec.user);
}

static void begin_server(struct asked_server *s);

/* Over where every server that was begun has settled and, of the usual ones, one has answered or none is left. */
static void review(struct clock_query *q)
{
    bool answered = false, waiting = false;
    struct asked_server *next = NULL;

    if (q->over || q->stopped)
        return;
    for (size_t i = 0; i < q->n_servers; i++) {
        struct asked_server *s = &q->servers[i];

        answered = answered || source_of(s)->answered;
        waiting = waiting || (s->begun && !s->settled);
        if (!s->begun && next == NULL)
            next = s;
    }
    if (q->usual && answered)
        tell_over(q);
    else if (waiting)
        return;
    else if (next == NULL)
        tell_over(q);
    else
        begin_server(next);
}

static void settle(struct asked_server *s, const char *error)
{
    if (s->settled)
        return;
    s->settled = true;
    source_of(s)->error = error;
    end_server(s);
    review(s->query);
}

static void settle_with(struct asked_server *s, int64_t lower_ms, int64_t upper_ms)
{
    struct clock_source *source = source_of(s);

    source->answered = source->has_lower = source->has_upper = true;
    source->lower_ms = lower_ms;
    source->upper_ms = upper_ms;
    settle(s, NULL);
}

/* Whether something may still come from this server. */
static bool is_asking(const struct asked_server *s)
{
    for (size_t i = 0; i < ASKS_MAX; i++) {
        if (s->asks[i] != NULL)
            return true;
    }
    return s->looking_up || s->web != NULL;
}

/* ---- SNTP ------------------------------------------------------------------- */

static void ask_failed(struct ask *a, const char *error)
{
    struct asked_server *s = a->server;

    close_ask(a);
    if (!is_asking(s))
        settle(s, error);
}

static void on_reply(struct ask *a, const uint8_t *bytes, size_t len)
{
    struct clock_query *q = a->server->query;
    int64_t sent = local_ms(q, a->sent_ms);
    int64_t received = local_ms(q, clock_steady_ms());
    struct sntp_reply reply;
    int64_t lower, upper;

    switch (sntp_read_reply(&reply, bytes, len, a->cookie)) {
    case SNTP_NOT_OURS:
        return;
    case SNTP_KISS_OF_DEATH:
        engine_leave_alone(q->spec.engine, &a->to);
        ask_failed(a, "kiss-of-death");
        return;
    case SNTP_UNSYNCHRONISED:
        ask_failed(a, "unsynchronised");
        return;
    case SNTP_TIME:
        break;
    }
    if (sntp_interval(&reply, sent, received, &lower, &upper))
        settle_with(a->server, lower, upper);
    else
        ask_failed(a, "malformed");
}

static void give_datagram(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct ask *a = handle->data;

    (void)suggested;
    *ret = uv_buf_init(a->datagram, sizeof a->datagram);
}

/* from is the address that was asked: the socket is connected to it. */
static void on_datagram(uv_udp_t *udp, ssize_t len, const uv_buf_t *bytes, const struct sockaddr *from, unsigned flags)
{
    struct ask *a = udp->data;

    (void)flags;
    if (len < 0)
        ask_failed(a, len == UV_ECONNREFUSED ? "refused" : "unreachable");
    else if (from != NULL && len > 0)
        on_reply(a, (const uint8_t *)bytes->base, (size_t)len);
}

static void to_sockaddr(struct sockaddr_storage *out, const struct endpoint *to)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(to->port) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(to->port),
                                .sin6_scope_id = to->address.scope };

    memset(out, 0, sizeof *out);
    if (to->address.family == FAMILY_IPV4) {
        memcpy(&in.sin_addr, to->address.bytes, 4);
        memcpy(out, &in, sizeof in);
    } else {
        memcpy(&in6.sin6_addr, to->address.bytes, 16);
        memcpy(out, &in6, sizeof in6);
    }
}

static bool send_request(struct ask *a)
{
    uint8_t packet[SNTP_PACKET_SIZE];
    uv_buf_t part = uv_buf_init((char *)packet, sizeof packet);

    sntp_write_request(packet, a->cookie);
    return uv_udp_try_send(&a->udp, &part, 1, NULL) == (int)sizeof packet;
}

static bool open_ask(struct ask *a)
{
    struct sockaddr_storage to;

    to_sockaddr(&to, &a->to);
    return getrandom(&a->cookie, sizeof a->cookie, GRND_NONBLOCK) == (ssize_t)sizeof a->cookie &&
           uv_udp_connect(&a->udp, (const struct sockaddr *)&to) == 0 &&
           uv_udp_recv_start(&a->udp, give_datagram, on_datagram) == 0 && send_request(a);
}

static void ask_sntp(struct asked_server *s, const struct endpoint *to)
{
    struct clock_query *q = s->query;
    struct ask *a = calloc(1, sizeof *a);

    if (a == NULL) {
        q->spec.evidence->incomplete = true;
        return;
    }
    a->server = s;
    a->to = *to;
    uv_udp_init(engine_loop(q->spec.engine), &a->udp);
    a->udp.data = a;
    q->n_holders++;
    s->asks[s->n_asks++] = a;
    a->sent_ms = clock_steady_ms();
    if (!open_ask(a))
        close_ask(a);
}

static bool has_family(const struct asked_server *s, enum family family)
{
    for (size_t i = 0; i < ASKS_MAX; i++) {
        if (s->asks[i] != NULL && s->asks[i]->to.address.family == family)
            return true;
    }
    return false;
}

/* ---- HTTP ------------------------------------------------------------------- */

static void on_web_told(void *user, const struct http_result *result)
{
    struct asked_server *s = user;
    struct clock_query *q = s->query;

    if (result->has_date)
        /* The second that is named began before the reply came, and ended after the request left. */
        settle_with(s, result->date * 1000 - local_ms(q, clock_steady_ms()) - 1,
                    result->date * 1000 + 1000 - local_ms(q, s->web_sent_ms) + 1);
    else
        settle(s, result->status != 0 ? "no-date" : "no-answer");
}

static void on_web_gone(void *user)
{
    struct asked_server *s = user;

    let_go(s->query);
}

static const struct http_listener web_ears = { .told = on_web_told, .gone = on_web_gone };

static void ask_web(struct asked_server *s, const struct endpoint *to)
{
    struct clock_query *q = s->query;
    struct http_spec spec = {
        .loop = engine_loop(q->spec.engine),
        .host = s->spec->host,
        .port = to->port,
        .path = "/",
        .to = *to,
        .timeout_ms = q->spec.evidence->plan->timeout_ms,
        .listener = &web_ears,
        .user = s,
    };
    struct err err = { 0 };

    s->web_asked = true;
    s->web_sent_ms = clock_steady_ms();
    if (!http_start(&s->web, &spec, &err))
        settle(s, "no-library");
    else
        q->n_holders++;
}

/* ---- names ------------------------------------------------------------------ */

static void ask_address(struct asked_server *s, const struct address *address)
{
    struct clock_query *q = s->query;
    struct endpoint to = { .address = *address, .port = s->spec->port };

    if (s->settled || q->stopped || !q->spec.evidence->plan->families[address->family] || !dial_has_route(address) ||
        engine_leaves_alone(q->spec.engine, &to))
        return;
    if (s->spec->http && !s->web_asked)
        ask_web(s, &to);
    else if (!s->spec->http && s->n_asks < ASKS_MAX && !has_family(s, address->family))
        ask_sntp(s, &to);
}

static void on_found(void *user, size_t name, size_t address)
{
    struct asked_server *s = user;

    ask_address(s, &s->query->spec.evidence->names[name].addresses[address].address);
}

static const char *error_of_silence(const struct asked_server *s)
{
    if (s->n_asks > 0 || s->web_asked)
        return "silent";
    return s->looking_up ? "unresolved" : "not-asked";
}

static void on_lookup_ended(void *user, size_t name)
{
    struct asked_server *s = user;

    s->looking_up = false;
    if (!is_asking(s))
        settle(s, s->query->spec.evidence->names[name].n_addresses == 0 ? "unresolved" : "unreachable");
}

static void on_lookup_gone(void *user, struct lookup *l)
{
    struct asked_server *s = user;

    (void)l;
    let_go(s->query);
}

static const struct lookup_listener lookup_ears = {
    .found = on_found,
    .ended = on_lookup_ended,
    .gone = on_lookup_gone,
};

static bool look_up(struct asked_server *s)
{
    struct clock_query *q = s->query;
    struct evidence *e = q->spec.evidence;
    struct resolver *resolvers[PLAN_RESOLVERS_MAX];
    struct name_view *view = ARENA_APPEND(e->arena, e->names, e->n_names, EVIDENCE_NAMES_MAX);
    struct lookup_spec spec = {
        .loop = engine_loop(q->spec.engine),
        .evidence = e,
        .name = e->n_names - 1,
        .resolvers = resolvers,
        .hosts_file = true,
        .listener = &lookup_ears,
        .user = s,
    };
    bool configured;
    struct err err = { 0 };

    if (view == NULL)
        return false;
    view->role = ROLE_TIME;
    view->host = source_of(s)->name;
    view->duration_ms = -1;
    spec.n_resolvers = engine_resolvers(q->spec.engine, e->plan, resolvers, &configured, &err);
    if (spec.n_resolvers == 0 || !lookup_start(&s->lookup, &spec, &err))
        return false;
    s->looking_up = true;
    q->n_holders++;
    return true;
}

static void begin_server(struct asked_server *s)
{
    struct address address;

    if (s->begun || s->query->stopped)
        return;
    s->begun = true;
    if (!address_parse(&address, s->spec->host)) {
        if (!look_up(s))
            settle(s, "unresolved");
        return;
    }
    ask_address(s, &address);
    if (!is_asking(s))
        settle(s, "unreachable");
}

/* ---- time passes ------------------------------------------------------------- */

static void on_silence(uv_timer_t *timer)
{
    struct clock_query *q = timer->data;

    for (size_t i = 0; i < q->n_servers; i++) {
        struct asked_server *s = &q->servers[i];

        for (size_t k = 0; k < ASKS_MAX; k++) {
            if (s->asks[k] != NULL)
                send_request(s->asks[k]);
        }
    }
    for (size_t i = 0; q->usual && i < q->n_servers; i++)
        begin_server(&q->servers[i]);
}

static void on_begin(uv_timer_t *timer)
{
    struct clock_query *q = timer->data;

    uv_timer_start(&q->timer, on_silence, SILENT_MS, 0);
    for (size_t i = 0; i < q->n_servers; i++) {
        if (i == 0 || !q->usual)
            begin_server(&q->servers[i]);
    }
}

static void on_patience_over(uv_timer_t *timer)
{
    tell_over(timer->data);
}

bool clock_query_waits(struct clock_query *q, double patience_ms)
{
    double left_ms = q->started_ms + patience_ms - clock_steady_ms();

    if (q->over || left_ms <= 0)
        return false;
    uv_timer_start(&q->patience, on_patience_over, (uint64_t)left_ms + 1, 0);
    return true;
}

void clock_query_stop(struct clock_query *q)
{
    q->over = q->stopped = true;
    for (size_t i = 0; i < q->n_servers; i++) {
        struct asked_server *s = &q->servers[i];

        if (s->begun && !s->settled)
            source_of(s)->error = error_of_silence(s);
        s->settled = true;
        end_server(s);
    }
    uv_close((uv_handle_t *)&q->timer, on_timer_closed);
    uv_close((uv_handle_t *)&q->patience, on_timer_closed);
}

static bool add_servers(struct clock_query *q, const struct time_server *servers, size_t n)
{
    struct evidence *e = q->spec.evidence;

    for (size_t i = 0; i < n; i++) {
        struct asked_server *s = &q->servers[q->n_servers];

        if (add_source(e, servers[i].http ? CLOCK_HTTP_DATE : CLOCK_SNTP, servers[i].host) == NULL)
            return false;
        *s = (struct asked_server){ .query = q, .spec = &servers[i], .source = e->clock.n_sources - 1 };
        q->n_servers++;
    }
    return true;
}

bool clock_query_start(struct clock_query **ret, const struct clock_spec *spec, struct err *err)
{
    const struct plan *plan = spec->evidence->plan;
    bool usual = plan->n_time_servers == 0;
    struct clock_query *q;

    *ret = NULL;
    if (plan->no_clock || plan->only_target)
        return true;
    q = calloc(1, sizeof *q);
    if (q == NULL)
        return err_set(err, ERR_NOMEM, 0, "asking for the time");
    q->spec = *spec;
    q->usual = usual;
    q->started_ms = clock_steady_ms();
    if (!add_servers(q, usual ? usual_servers : plan->time_servers, usual ? N_USUAL : plan->n_time_servers)) {
        free(q);
        return err_set(err, ERR_NOMEM, 0, "asking for the time");
    }
    uv_timer_init(engine_loop(spec->engine), &q->timer);
    uv_timer_init(engine_loop(spec->engine), &q->patience);
    q->timer.data = q->patience.data = q;
    q->n_holders = 2;
    uv_timer_start(&q->timer, on_begin, 0, 0);
    *ret = q;
    return true;
}

/* ---- dates that were met ------------------------------------------------------ */

static bool knows_name(const struct evidence *e, enum clock_kind kind, const char *name)
{
    for (size_t i = 0; i < e->clock.n_sources; i++) {
        const struct clock_source *s = &e->clock.sources[i];

        if (s->kind == kind && s->name != NULL && strcmp(s->name, name) == 0)
            return true;
    }
    return false;
}

static const char *endpoint_of(const struct evidence *e, const struct probe *p)
{
    struct endpoint to = { .address = p->address, .port = p->port };
    char text[ENDPOINT_TEXT_SIZE];

    return arena_strdup(e->arena, endpoint_format(&to, text));
}

/* The server wrote it between the beginning of the connection and the moment when all of it was here. */
static void note_greeting(struct evidence *e, const struct probe *p)
{
    double until_ms = p->started_ms + p->connect_ms + (p->mode == TLS_MODE_IMPLICIT && p->tls_ms > 0 ? p->tls_ms : 0) +
                      p->greeting_ms;
    int64_t seconds;
    const char *name = endpoint_of(e, p);
    struct clock_source *s;

    if (name == NULL || p->started_ms < 0 || p->connect_ms < 0 || p->greeting_ms < 0 ||
        !date_find(&seconds, p->greeting) || knows_name(e, CLOCK_SMTP_GREETING, name))
        return;
    s = add_source(e, CLOCK_SMTP_GREETING, name);
    if (s == NULL)
        return;
    s->answered = s->has_lower = s->has_upper = true;
    s->lower_ms = seconds * 1000 - (e->started_wall_ms + (int64_t)until_ms) - 1;
    s->upper_ms = seconds * 1000 + 1000 - (e->started_wall_ms + (int64_t)p->started_ms) + 1;
}

/* Who issues certificates gives out none for the past or for what has not begun. */
static void note_window(struct evidence *e, const struct chain *c)
{
    const struct certificate *leaf = c->n_certificates == 0 ? NULL : &c->certificates[0];
    struct clock_source *s;

    if (leaf == NULL || !c->judged || !c->trusted)
        return;
    s = add_source(e, CLOCK_CERTIFICATE, c->host);
    if (s == NULL)
        return;
    s->answered = s->has_lower = s->has_upper = true;
    s->lower_ms = leaf->not_before * 1000 - e->started_wall_ms;
    s->upper_ms = leaf->not_after * 1000 - e->started_wall_ms;
}

/* What its issuer has signed of the leaf was not signed in the future. */
static void note_ocsp(struct evidence *e, const struct chain *c)
{
    struct clock_source *s;

    if (!c->judged || !c->trusted || c->ocsp.this_update < 0)
        return;
    s = add_source(e, CLOCK_OCSP, c->host);
    if (s == NULL)
        return;
    s->answered = s->has_lower = true;
    s->lower_ms = c->ocsp.this_update * 1000 - e->started_wall_ms;
}

void clock_note_dates(struct evidence *e)
{
    struct clock_source *build;

    if (e->plan->no_clock)
        return;
    build = add_source(e, CLOCK_BUILD_DATE, NULL);
    if (build != NULL) {
        build->answered = build->has_lower = true;
        build->lower_ms = (SMTPDX_BUILD_S - BUILD_SLACK_S) * 1000 - e->started_wall_ms;
    }
    for (size_t i = 0; i < e->n_chains; i++) {
        note_window(e, &e->chains[i]);
        note_ocsp(e, &e->chains[i]);
    }
    for (size_t i = 0; i < e->n_probes; i++) {
        if (e->probes[i].has_address && e->probes[i].greeting.len > 0)
            note_greeting(e, &e->probes[i]);
    }
}
