#include "simulate/player.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/clock.h"
#include "simulate/binding.h"
#include "simulate/mint.h"
#include "simulate/nameserver.h"
#include "simulate/pages.h"
#include "simulate/talk.h"
#include "simulate/timekeeper.h"
#include "simulate/world.h"

enum {
    PORT_TRIES = 32,
    DNS_PORT = 53,
    BACKLOG = 128,
    TALKS_MAX = 256,
    PEM_MAX = 16 * 1024,
    WORD_SIZE = 40,
};

static const char doing_listen[] = "starting a practice server";

/* One port of one family. */
struct ear {
    int fd; /* -1: none, or libuv has it */
    bool listening;
    uv_tcp_t tcp;
    struct binding_full full; /* where it swallows all */
};

struct stage {
    struct simulate *player;
    struct talk_part part;
    uint16_t port; /* on loopback */
    struct ear ears[FAMILY_COUNT];
    char map[WORD_SIZE];                /* "25=40001" */
    char control[ENDPOINT_TEXT_SIZE]; /* "192.0.2.1:443"; "": it is the host's */
};

/* Talks that go on, so that they can be ended. */
struct guest {
    struct talk *talk;
    struct guest *next;
    struct simulate *player;
};

struct simulate {
    const struct scenario *scenario;
    struct world *world; /* NULL: all is on loopback */
    bool ipv6; /* this machine has ::1 */
    uv_loop_t loop;
    bool loop_made;
    uv_async_t stop;
    bool stop_made;
    pthread_t thread;
    bool thread_made;
    struct nameserver *nameservers[SCENARIO_RESOLVERS_MAX];
    struct nameserver *elsewhere[FAMILY_COUNT]; /* in a network of our own alone */
    struct timekeeper *timekeepers[SCENARIO_CLOCKS_MAX];
    char time_servers[SCENARIO_CLOCKS_MAX][WORD_SIZE];
    struct pages *pages;
    struct stage *stages;
    size_t n_stages;
    gnutls_certificate_credentials_t credentials[SCENARIO_CERTS_MAX];
    struct buf staples[SCENARIO_CERTS_MAX]; /* the OCSP answer of each, empty for none */
    struct guest *guests;
    size_t n_guests;
    unsigned n_talks;
    struct talk_log log;
    struct buf root;
    int root_fd;
    char root_path[WORD_SIZE];
    char resolvers[SCENARIO_RESOLVERS_MAX][WORD_SIZE];
};

/* ---- sockets ---- */

static bool system_failed(struct err *err, const char *doing)
{
    return err_set(err, ERR_SYSTEM, errno, doing);
}

static void unbind_ears(struct stage *st)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        if (st->ears[i].fd >= 0)
            close(st->ears[i].fd);
        st->ears[i].fd = -1;
    }
}

/* Binds all addresses of a stage, to a port that is found here where it is 0; false with errno. */
static bool bind_ears(struct stage *st, bool ipv6, uint16_t *port)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct address a;

        if (!scenario_place_address(&a, st->player->scenario, st->part.port->place, (enum family)i) ||
            (i == FAMILY_IPV6 && !ipv6))
            continue;
        st->ears[i].fd = binding_open(&a, *port);
        if (st->ears[i].fd < 0)
            return false;
        *port = binding_port(st->ears[i].fd);
    }
    st->port = *port;
    return true;
}

/*
 * The same free port for all stages of one number, for the check maps numbers whatever the address; in a
 * network of our own the number itself is free.
 */
static bool bind_number(struct simulate *p, uint16_t number, struct err *err)
{
    for (int try = 0; try < PORT_TRIES; try++) {
        uint16_t port = p->scenario->net.used ? number : 0;
        bool ok = true;
        int code = 0;

        for (size_t i = 0; ok && i < p->n_stages; i++) {
            ok = p->stages[i].part.port->number != number || bind_ears(&p->stages[i], p->ipv6, &port);
            code = ok ? 0 : errno;
        }
        if (ok)
            return true;
        for (size_t i = 0; i < p->n_stages; i++) {
            if (p->stages[i].part.port->number == number)
                unbind_ears(&p->stages[i]);
        }
        if (code != EADDRINUSE)
            return err_set(err, ERR_SYSTEM, code, doing_listen);
    }
    return err_set(err, ERR_SYSTEM, EADDRINUSE, doing_listen);
}

/* ---- clients ---- */

static void on_talk_gone(struct talk *talk, void *data)
{
    struct guest *g = data;
    struct simulate *p = g->player;

    (void)talk;
    for (struct guest **at = &p->guests; *at != NULL; at = &(*at)->next) {
        if (*at == g) {
            *at = g->next;
            p->n_guests--;
            break;
        }
    }
    free(g);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct stage *st = listener->data;
    struct simulate *p = st->player;
    struct guest *g = status == 0 ? calloc(1, sizeof *g) : NULL;

    if (g == NULL)
        return;
    g->player = p;
    g->talk = talk_accept(listener, &st->part, ++p->n_talks, on_talk_gone, g);
    if (g->talk == NULL) {
        free(g);
        return;
    }
    g->next = p->guests;
    p->guests = g;
    if (++p->n_guests > TALKS_MAX)
        talk_end(g->talk);
}

static bool listen_from_now(struct simulate *p, struct stage *st, struct ear *ear, struct err *err)
{
    int code;

    uv_tcp_init(&p->loop, &ear->tcp);
    ear->listening = true;
    ear->tcp.data = st;
    code = uv_tcp_open(&ear->tcp, ear->fd);
    if (code == 0) {
        ear->fd = -1;
        code = uv_listen((uv_stream_t *)&ear->tcp, BACKLOG, on_connection);
    }
    return code == 0 || err_set(err, ERR_SYSTEM, -code, doing_listen);
}

/* ---- stages ---- */

static bool set_priority(struct talk_part *part, struct err *err)
{
    char text[WORD_SIZE * 2] = "NORMAL";
    int code;

    if (part->port->tls != NULL)
        snprintf(text, sizeof text, "NORMAL:-VERS-ALL:+VERS-TLS%s", part->port->tls);
    code = gnutls_priority_init(&part->tls.priority, text, NULL);
    return code >= 0 || err_set(err, ERR_LIBRARY, code, "choosing the TLS versions of a practice server");
}

static bool open_ear(struct simulate *p, struct stage *st, enum family family, struct err *err)
{
    struct ear *ear = &st->ears[family];
    struct address a;
    int fd;

    if (ear->fd < 0 || !st->part.port->families[family] ||
        !scenario_place_address(&a, p->scenario, st->part.port->place, family))
        return true;
    switch (st->part.port->face) {
    case SCENARIO_FACE_REFUSED:
        return true; /* bound, so that nobody else can listen there, and not listening */
    case SCENARIO_FACE_DROPPED:
        return binding_swallow(&ear->full, ear->fd, &a, st->port, err);
    case SCENARIO_FACE_PAGES:
        fd = ear->fd;
        ear->fd = -1;
        return pages_open(p->pages, &p->loop, fd, &p->log.transcript, err);
    case SCENARIO_FACE_MUTE:
    case SCENARIO_FACE_SCRIPT:
    case SCENARIO_FACE_SUBMISSION:
    case SCENARIO_FACE_SUBMISSIONS:
    case SCENARIO_FACE_RELAY:
    case SCENARIO_FACE_IMAP:
    case SCENARIO_FACE_IMAPS:
    case SCENARIO_FACE_POP:
    case SCENARIO_FACE_POPS:
    case SCENARIO_FACE_WEB:
    case SCENARIO_FACE_HTTP_204:
    case SCENARIO_FACE_HTTP_REDIRECT:
    case SCENARIO_FACE_HTTP_PAGE:
    case SCENARIO_FACE_HTTP_511:
    case SCENARIO_FACE_COUNT:
        break;
    }
    return listen_from_now(p, st, ear, err);
}

static void init_stage(struct simulate *p, struct stage *st, const struct scenario_port *port)
{
    st->player = p;
    st->part = (struct talk_part){
        .scenario = p->scenario,
        .port = port,
        .tls = {
            .credentials = p->credentials[port->cert],
            .nameless = port->has_nosni ? p->credentials[port->nosni_cert] : NULL,
            .nameless_refused = port->nosni_refused,
            .client = port->client,
        },
        .log = &p->log,
    };
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        st->ears[i].fd = -1;
        binding_full_init(&st->ears[i].full);
    }
}

static bool is_first_of_number(const struct simulate *p, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (p->scenario->ports[i].number == p->scenario->ports[place].number)
            return false;
    }
    return true;
}

/* As the check is told of it; empty for a port of the host. */
static void name_control(struct stage *st, const struct scenario *s)
{
    const struct scenario_port *port = st->part.port;
    const char *name = scenario_place_name(s, port->place);
    struct endpoint at = { .port = port->number };
    char text[ENDPOINT_TEXT_SIZE];

    if (port->place == SCENARIO_PLACE_HOST || port->place == SCENARIO_PLACE_PKI)
        return;
    if (name != NULL)
        snprintf(st->control, sizeof st->control, "%s:%u", name, port->number);
    else if (scenario_place_address(&at.address, s, port->place, FAMILY_IPV4))
        snprintf(st->control, sizeof st->control, "%s", endpoint_format(&at, text));
}

static bool open_stages(struct simulate *p, struct err *err)
{
    const struct scenario *s = p->scenario;

    p->stages = calloc(s->n_ports, sizeof *p->stages);
    if (p->stages == NULL)
        return err_set(err, ERR_NOMEM, 0, doing_listen);
    for (size_t i = 0; i < s->n_ports; i++) {
        struct stage *st = &p->stages[i];

        init_stage(p, st, &s->ports[i]);
        p->n_stages++;
        if (!set_priority(&st->part, err))
            return false;
    }
    for (size_t i = 0; i < s->n_ports; i++) {
        if (is_first_of_number(p, i) && !bind_number(p, s->ports[i].number, err))
            return false;
    }
    for (size_t i = 0; i < s->n_ports; i++) {
        struct stage *st = &p->stages[i];

        if (!open_ear(p, st, FAMILY_IPV4, err) || !open_ear(p, st, FAMILY_IPV6, err))
            return false;
        snprintf(st->map, sizeof st->map, "%u=%u", s->ports[i].number, st->port);
        name_control(st, s);
    }
    return true;
}

static void close_stage_files(struct stage *st)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        if (st->ears[i].fd >= 0)
            close(st->ears[i].fd);
        binding_full_done(&st->ears[i].full);
    }
}

/* ---- certificates ---- */

/* Asked for each handshake: as a file GnuTLS would take no answer that speaks against its certificate. */
static int give_staple(gnutls_session_t session, void *user, gnutls_datum_t *ret)
{
    const struct buf *staple = user;

    (void)session;
    ret->data = gnutls_malloc(staple->len);
    if (ret->data == NULL)
        return GNUTLS_E_MEMORY_ERROR;
    memcpy(ret->data, staple->bytes, staple->len);
    ret->size = (unsigned)staple->len;
    return 0;
}

static bool load_credentials(struct simulate *p, const struct mint *m, size_t i, struct err *err)
{
    struct mint_chain chain;
    int code;

    if (!mint_chain(&chain, m, &p->scenario->certs[i], err))
        return false;
    code = gnutls_certificate_allocate_credentials(&p->credentials[i]);
    if (code >= 0)
        code = gnutls_certificate_set_x509_key(p->credentials[i], chain.certificates,
                                               (int)chain.n_certificates, chain.key);
    if (code >= 0 && chain.staple.len > 0) {
        p->staples[i] = chain.staple;
        buf_init(&chain.staple, 0);
        gnutls_certificate_set_ocsp_status_request_function(p->credentials[i], give_staple, &p->staples[i]);
    }
    if (code < 0)
        err_set(err, ERR_LIBRARY, code, "loading a practice certificate");
    else if (!pages_load(p->pages, m, i, &chain, err))
        code = -1;
    mint_chain_done(&chain);
    return code >= 0;
}

/* The root as a file without a name: GnuTLS and the check's --ca-file want a path. */
static bool write_root(struct simulate *p, struct err *err)
{
    static const char doing[] = "writing the practice root";

    p->root_fd = memfd_create("smtpdx-practice-root", MFD_CLOEXEC);
    if (p->root_fd < 0 || write(p->root_fd, buf_borrow(&p->root), p->root.len) != (ssize_t)p->root.len)
        return system_failed(err, doing);
    snprintf(p->root_path, sizeof p->root_path, "/proc/self/fd/%d", p->root_fd);
    return true;
}

static bool make_certificates(struct simulate *p, struct err *err)
{
    struct mint *m = NULL;
    bool ok = pages_new(&p->pages, p->scenario, err) && mint_new(&m, clock_wall_ms() / 1000, err) &&
              mint_put_root(m, &p->root, err) && write_root(p, err);

    for (size_t i = 0; ok && i < p->scenario->n_certs; i++)
        ok = load_credentials(p, m, i, err);
    mint_free(m);
    return ok;
}

/* ---- the thread ---- */

static void close_everything(struct simulate *p)
{
    for (struct guest *g = p->guests; g != NULL; g = g->next)
        talk_end(g->talk);
    for (size_t i = 0; i < p->n_stages; i++) {
        for (size_t j = 0; j < FAMILY_COUNT; j++) {
            struct ear *ear = &p->stages[i].ears[j];

            if (ear->listening && !uv_is_closing((uv_handle_t *)&ear->tcp))
                uv_close((uv_handle_t *)&ear->tcp, NULL);
        }
    }
    for (size_t i = 0; i < SCENARIO_RESOLVERS_MAX; i++) {
        nameserver_end(p->nameservers[i]);
        p->nameservers[i] = NULL;
    }
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        nameserver_end(p->elsewhere[i]);
        p->elsewhere[i] = NULL;
    }
    for (size_t i = 0; i < SCENARIO_CLOCKS_MAX; i++)
        timekeeper_end(p->timekeepers[i]);
    pages_end(p->pages);
    if (p->stop_made && !uv_is_closing((uv_handle_t *)&p->stop))
        uv_close((uv_handle_t *)&p->stop, NULL);
}

static void on_stop(uv_async_t *async)
{
    close_everything(async->data);
}

static void *play(void *data)
{
    struct simulate *p = data;

    uv_run(&p->loop, UV_RUN_DEFAULT); /* until on_stop() has closed the last handle */
    return NULL;
}

/* Signals are for the thread that asked for the simulation. */
static bool start_thread(struct simulate *p, struct err *err)
{
    sigset_t all, before;
    int code;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&p->thread, NULL, play, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    p->thread_made = code == 0;
    return code == 0 || err_set(err, ERR_SYSTEM, code, "starting the practice thread");
}

static bool make_loop(struct simulate *p, struct err *err)
{
    int code = uv_loop_init(&p->loop);

    p->loop_made = code == 0;
    if (code == 0)
        code = uv_async_init(&p->loop, &p->stop, on_stop);
    p->stop_made = code == 0;
    p->stop.data = p;
    return code == 0 || err_set(err, ERR_SYSTEM, -code, "making the practice loop");
}

static bool open_timekeepers(struct simulate *p, struct err *err)
{
    for (size_t i = 0; i < p->scenario->n_clocks; i++) {
        const struct scenario_clock *spec = &p->scenario->clocks[i];

        struct endpoint at = { .port = 0 };
        char text[ENDPOINT_TEXT_SIZE];

        if (!scenario_place_address(&at.address, p->scenario, SCENARIO_PLACE_CLOCK, FAMILY_IPV4) ||
            !timekeeper_new(&p->timekeepers[i], &p->loop, spec, &at.address, err))
            return false;
        at.port = timekeeper_port(p->timekeepers[i]);
        snprintf(p->time_servers[i], sizeof p->time_servers[i], spec->http ? "http://%s/" : "%s",
                 endpoint_format(&at, text));
    }
    return true;
}

static bool open_nameservers(struct simulate *p, struct err *err)
{
    for (size_t i = 0; i < p->scenario->n_resolvers; i++) {
        struct endpoint at = { .port = p->scenario->net.used ? DNS_PORT : 0 };
        char text[ENDPOINT_TEXT_SIZE];

        if (!scenario_place_address(&at.address, p->scenario, SCENARIO_PLACE_RESOLVER + (enum scenario_place)i,
                                    FAMILY_IPV4) ||
            !nameserver_new(&p->nameservers[i], &p->loop, p->scenario, i, &at, p->ipv6, err))
            return false;
        at.port = nameserver_port(p->nameservers[i]);
        snprintf(p->resolvers[i], sizeof p->resolvers[i], "%s", endpoint_format(&at, text));
    }
    return true;
}

/* The public resolvers that a check asks after a failure, where no others are named to it. */
static bool open_elsewhere(struct simulate *p, struct err *err)
{
    size_t resolver = p->scenario->elsewhere_differs ? SCENARIO_RESOLVER_ELSEWHERE : 0;

    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct endpoint at = { .port = DNS_PORT };

        if (scenario_place_address(&at.address, p->scenario, SCENARIO_PLACE_RESOLVER_ELSEWHERE,
                                   (enum family)i) &&
            (p->ipv6 || i == FAMILY_IPV4) &&
            !nameserver_new(&p->elsewhere[i], &p->loop, p->scenario, resolver, &at, p->ipv6, err))
            return false;
    }
    return true;
}

bool simulate_start(struct simulate **ret, const struct scenario *s, struct err *err)
{
    struct simulate *p = calloc(1, sizeof *p);

    if (p == NULL)
        return err_set(err, ERR_NOMEM, 0, "starting a simulation");
    p->scenario = s;
    p->root_fd = -1;
    buf_init(&p->root, PEM_MAX);
    if (!talk_log_init(&p->log, s, err) || (s->net.used && !world_new(&p->world, s, err))) {
        simulate_free(p);
        return false;
    }
    p->ipv6 = binding_has_ipv6();
    if (!make_certificates(p, err) || !make_loop(p, err) || !open_stages(p, err) ||
        !open_nameservers(p, err) || !open_elsewhere(p, err) || !open_timekeepers(p, err) ||
        !start_thread(p, err) ||
        (s->net.used && !world_cross(p->world, err))) {
        simulate_free(p);
        return false;
    }
    *ret = p;
    return true;
}

/* ---- what the check is given ---- */

struct option_list {
    struct simulate_option *out;
    size_t n, max;
};

static void put_option(struct option_list *l, const char *name, const char *value)
{
    if (l->n < l->max)
        l->out[l->n++] = (struct simulate_option){ name, value };
}

size_t simulate_options(const struct simulate *p, struct simulate_option *out, size_t max)
{
    const struct scenario *s = p->scenario;
    struct option_list l = { .out = out, .max = max };

    put_option(&l, s->is_box ? "host" : "target", s->target);
    /* In a network of our own the resolvers stand in its resolv.conf, and ports are what they are. */
    for (size_t i = 0; i < s->n_resolvers && !s->net.used; i++)
        put_option(&l, "resolver", p->resolvers[i]);
    for (size_t i = 0; i < p->n_stages; i++) {
        if (is_first_of_number(p, i) && !s->net.used)
            put_option(&l, "map-port", p->stages[i].map);
    }
    for (size_t i = 0; i < p->n_stages; i++) {
        if (p->stages[i].control[0] != '\0')
            put_option(&l, "control", p->stages[i].control);
    }
    if (s->no_controls)
        put_option(&l, "only-target", NULL);
    if (!s->net.no_roots) {
        put_option(&l, "ca-file", p->root_path);
        put_option(&l, "no-system-ca", NULL);
    }
    for (size_t i = 0; i < s->n_clocks; i++)
        put_option(&l, "time-server", p->time_servers[i]);
    if (s->no_clock)
        put_option(&l, "no-clock", NULL);
    for (size_t i = 0; i < s->n_options; i++)
        put_option(&l, s->options[i].name, s->options[i].value);
    return l.n;
}

uint16_t simulate_port(const struct simulate *p, uint16_t number)
{
    for (size_t i = 0; i < p->n_stages; i++) {
        if (p->scenario->ports[i].place == SCENARIO_PLACE_HOST && p->scenario->ports[i].number == number)
            return p->stages[i].port;
    }
    return 0;
}

const char *simulate_root(const struct simulate *p)
{
    return buf_borrow(&p->root);
}

/* ---- the end ---- */

static bool expects_something(const struct simulate *p, const struct stage *st)
{
    const struct scenario_port *port = st->part.port;
    const struct scenario_handler *h = &p->scenario->handlers[port->first_handler];

    if (port->face != SCENARIO_FACE_SCRIPT)
        return false;
    for (size_t i = 0; i < h->n_steps; i++) {
        if (p->scenario->steps[h->first_step + i].act == SCENARIO_ACT_EXPECT)
            return true;
    }
    return false;
}

/* A script whose clients all left before its end was not played. */
static void complain_of_unplayed(struct simulate *p)
{
    for (size_t i = 0; i < p->n_stages; i++) {
        const struct stage *st = &p->stages[i];

        if (st->part.n_begun > 0 && st->part.n_finished == 0 && expects_something(p, st))
            buf_printf(&p->log.complaints, "port %u: no client went through the whole script\n",
                       st->part.port->number);
    }
}

static void complain_of_rudeness(struct simulate *p)
{
    for (size_t i = 0; i < p->scenario->n_clocks; i++) {
        if (timekeeper_rude_requests(p->timekeepers[i]) > 0)
            buf_printf(&p->log.complaints, "clock %zu: it was asked again after a kiss of death\n", i + 1);
    }
}

void simulate_stop(struct simulate *p)
{
    if (!p->loop_made)
        return;
    if (p->thread_made) {
        uv_async_send(&p->stop);
        pthread_join(p->thread, NULL);
        complain_of_unplayed(p);
        complain_of_rudeness(p);
        pages_put_complaints(p->pages, &p->log.complaints);
    } else {
        close_everything(p);
        uv_run(&p->loop, UV_RUN_DEFAULT);
    }
    uv_loop_close(&p->loop);
    p->thread_made = p->loop_made = false;
}

const char *simulate_transcript(const struct simulate *p)
{
    return buf_borrow(&p->log.transcript);
}

const char *simulate_complaints(const struct simulate *p)
{
    return buf_borrow(&p->log.complaints);
}

struct simulate *simulate_free(struct simulate *p)
{
    if (p == NULL)
        return NULL;
    simulate_stop(p);
    for (size_t i = 0; i < p->n_stages; i++) {
        close_stage_files(&p->stages[i]);
        if (p->stages[i].part.tls.priority != NULL)
            gnutls_priority_deinit(p->stages[i].part.tls.priority);
    }
    free(p->stages);
    for (size_t i = 0; i < SCENARIO_CERTS_MAX; i++) {
        if (p->credentials[i] != NULL)
            gnutls_certificate_free_credentials(p->credentials[i]);
        buf_done(&p->staples[i]);
    }
    for (size_t i = 0; i < SCENARIO_CLOCKS_MAX; i++)
        timekeeper_free(p->timekeepers[i]);
    world_free(p->world);
    pages_free(p->pages);
    if (p->root_fd >= 0)
        close(p->root_fd);
    buf_done(&p->root);
    talk_log_done(&p->log);
    free(p);
    return NULL;
}
