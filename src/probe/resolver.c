/*
 * resolver - one nameserver, asked by c-ares on the engine's loop
 *
 * Knows c-ares and the loop, nothing of checks. Answers are read from the packet,
 * because c-ares' own look-up hides which server said what. Queries are sent again
 * from here too: c-ares would repeat the same one, and the answer then does not
 * tell a server that takes its time from a packet that got lost.
 */
#include "probe/resolver.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ares.h>
#include <arpa/nameser.h>

#include "base/buf.h"
#include "base/clock.h"
#include "probe/file.h"

enum {
    AGAIN_MS = 500,       /* before a query is sent again: the first SENDS_EVEN times, then twice as long each time */
    SENDS_EVEN = 4,
    SENDS_MAX = 8,        /* at 0, 0.5, 1, 1.5, 2, 3, 5 and 9 s */
    PATIENCE_MS = 60000,  /* for one of them: past any sensible ceiling of a check */
    RESOLV_CONF_MAX = 16 * 1024,
    DNS_PORT = 53,
};

struct watch {
    uv_poll_t poll;
    struct resolver *resolver;
    struct watch *next;
    ares_socket_t fd;
};

struct resolver {
    uv_timer_t timer;
    ares_channel channel;
    uv_loop_t *loop;
    struct watch *watches;
    struct question *open; /* whose askers wait for an answer */
    struct endpoint server;
    size_t n_handles; /* that the loop has not closed yet */
    int own_errno;    /* why the last socket could not be opened, where that was our own want; else 0 */
    bool closing;
};

/* Lives until its asker wants no answer any more and c-ares has given back all that was sent. */
struct question {
    struct question *next; /* the resolver's open ones */
    struct resolver *resolver;
    enum record_type type;
    resolver_answer_fn *answer; /* NULL once answered or abandoned */
    void *user;
    char *host;
    double again_ms;   /* when it is due to be sent again */
    unsigned n_sent;
    unsigned n_flying; /* of these, held by c-ares */
};

/* One query of a question's, with an id of its own. */
struct sent {
    struct question *question;
    double sent_ms;
};

static void resolver_release(struct resolver *r)
{
    if (--r->n_handles == 0)
        free(r);
}

static void on_timer_closed(uv_handle_t *handle)
{
    resolver_release(handle->data);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct watch *w = handle->data;
    struct resolver *r = w->resolver;

    free(w);
    resolver_release(r);
}

/* ---- questions ------------------------------------------------------------------ */

/* Nobody waits for its answer any more. */
static void question_shut(struct question *q)
{
    struct question **at = &q->resolver->open;

    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    q->answer = NULL;
}

static void question_release(struct question *q)
{
    if (q->answer != NULL || q->n_flying > 0)
        return;
    free(q->host);
    free(q);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *packet, int len)
{
    struct sent *s = arg;
    struct question *q = s->question;
    struct dns_answer a = { .type = q->type, .duration_ms = clock_steady_ms() - s->sent_ms };
    resolver_answer_fn *answer = q->answer;

    (void)timeouts;
    free(s);
    q->n_flying--;
    if (answer != NULL) {
        question_shut(q);
        if (status == ARES_SUCCESS && len > 0)
            dns_answer_read(&a, q->host, packet, (size_t)len);
        else
            a.outcome = dns_outcome_of_status(status);
        if (a.outcome == DNS_UNREACHABLE && q->resolver->own_errno != 0) {
            a.outcome = DNS_SKIPPED;
            a.own_errno = q->resolver->own_errno;
        }
        if (status != ARES_EDESTRUCTION)
            answer(q->user, &a);
    }
    question_release(q);
}

/* errors: ERR_NOMEM; where c-ares cannot send it, the answer comes from inside, and q may be gone */
static bool question_send(struct question *q, struct err *err)
{
    struct sent *s = calloc(1, sizeof *s);

    if (s == NULL)
        return err_set(err, ERR_NOMEM, 0, "asking a resolver");
    s->question = q;
    s->sent_ms = clock_steady_ms();
    q->again_ms = s->sent_ms + (q->n_sent < SENDS_EVEN ? AGAIN_MS : AGAIN_MS << (q->n_sent - SENDS_EVEN + 1));
    q->n_sent++;
    q->n_flying++;
    ares_query(q->resolver->channel, q->host, ns_c_in, q->type == RECORD_A ? ns_t_a : ns_t_aaaa, on_answer, s);
    return true;
}

/* The open question that is to be sent again first; NULL: none. */
static struct question *next_again(const struct resolver *r)
{
    struct question *first = NULL;

    for (struct question *q = r->open; q != NULL; q = q->next) {
        if (q->n_sent < SENDS_MAX && (first == NULL || q->again_ms < first->again_ms))
            first = q;
    }
    return first;
}

/* ---- the loop ------------------------------------------------------------------- */

static void resolver_rearm(struct resolver *r);

static void on_timer(uv_timer_t *timer)
{
    struct resolver *r = timer->data;
    double now_ms = clock_steady_ms();
    struct err err = { 0 };

    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    for (struct question *q = next_again(r); q != NULL && q->again_ms <= now_ms; q = next_again(r)) {
        if (!question_send(q, &err))
            q->again_ms = now_ms + AGAIN_MS; /* memory may come back */
    }
    resolver_rearm(r);
}

static void resolver_rearm(struct resolver *r)
{
    const struct question *again = next_again(r);
    struct timeval wait;
    double wait_ms;

    if (r->closing || ares_timeout(r->channel, NULL, &wait) == NULL)
        return;
    wait_ms = (double)wait.tv_sec * 1e3 + (double)wait.tv_usec / 1e3;
    if (again != NULL && again->again_ms - clock_steady_ms() < wait_ms)
        wait_ms = again->again_ms - clock_steady_ms();
    uv_timer_start(&r->timer, on_timer, wait_ms > 0 ? (uint64_t)wait_ms + 1 : 0, 0);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    struct resolver *r = w->resolver;
    ares_socket_t fd = w->fd; /* w may be gone after the first call */
    bool look = status < 0;

    ares_process_fd(r->channel, look || (events & UV_READABLE) != 0 ? fd : ARES_SOCKET_BAD,
                    look || (events & UV_WRITABLE) != 0 ? fd : ARES_SOCKET_BAD);
    resolver_rearm(r);
}

static bool watch_new(struct resolver *r, ares_socket_t fd)
{
    struct watch *w = calloc(1, sizeof *w);
    int status = w == NULL ? UV_ENOMEM : uv_poll_init_socket(r->loop, &w->poll, fd);

    if (status != 0) {
        free(w);
        errno = -status;
        return false;
    }
    w->poll.data = w;
    w->resolver = r;
    w->fd = fd;
    w->next = r->watches;
    r->watches = w;
    r->n_handles++;
    return true;
}

static struct watch **find_watch(struct resolver *r, ares_socket_t fd)
{
    struct watch **at = &r->watches;

    while (*at != NULL && (*at)->fd != fd)
        at = &(*at)->next;
    return at;
}

static void on_socket_state(void *data, ares_socket_t fd, int readable, int writable)
{
    struct watch *w = *find_watch(data, fd);
    int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);

    if (w != NULL && events != 0)
        uv_poll_start(&w->poll, events, on_socket);
    else if (w != NULL)
        uv_poll_stop(&w->poll);
}

/* ---- sockets: ours, for c-ares calls it a refusal where this side has none left ---- */

/* c-ares has no scope in its addresses: a link-local server is reached by tying the socket to its interface. */
static bool tie_to_interface(const struct resolver *r, int fd)
{
    char name[IF_NAMESIZE] = "";

    if (r->server.address.scope == 0)
        return true;
    return if_indextoname(r->server.address.scope, name) != NULL &&
           setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) == 0;
}

static ares_socket_t open_socket(int family, int type, int protocol, void *data)
{
    struct resolver *r = data;
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

    if (fd >= 0 && tie_to_interface(r, fd) && watch_new(r, fd)) {
        r->own_errno = 0;
        return fd;
    }
    r->own_errno = err_is_shortage(errno) ? errno : 0;
    if (fd >= 0)
        close(fd);
    return ARES_SOCKET_BAD;
}

static int close_socket(ares_socket_t fd, void *data)
{
    struct watch **at = find_watch(data, fd);
    struct watch *w = *at;

    if (w != NULL) {
        *at = w->next;
        uv_close((uv_handle_t *)&w->poll, on_watch_closed);
    }
    return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t len, void *data)
{
    struct resolver *r = data;
    int status = connect(fd, to, len);

    if (status != 0 && err_is_shortage(errno))
        r->own_errno = errno;
    return status;
}

static ares_ssize_t receive(ares_socket_t fd, void *bytes, size_t size, int flags, struct sockaddr *from,
                            ares_socklen_t *from_len, void *data)
{
    (void)data;
    return recvfrom(fd, bytes, size, flags, from, from_len);
}

static ares_ssize_t send_parts(ares_socket_t fd, const struct iovec *parts, int n, void *data)
{
    struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)n };

    (void)data;
    return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static const struct ares_socket_functions socket_functions = {
    .asocket = open_socket,
    .aclose = close_socket,
    .aconnect = connect_socket,
    .arecvfrom = receive,
    .asendv = send_parts,
};

static int set_server(struct resolver *r)
{
    const struct endpoint *server = &r->server;
    struct ares_addr_port_node node = { .udp_port = server->port, .tcp_port = server->port };

    node.family = server->address.family == FAMILY_IPV4 ? AF_INET : AF_INET6;
    memcpy(&node.addr, server->address.bytes, server->address.family == FAMILY_IPV4 ? 4 : 16);
    ares_set_socket_functions(r->channel, &socket_functions, r);
    return ares_set_servers_ports(r->channel, &node);
}

bool resolver_new(struct resolver **ret, uv_loop_t *loop, const struct endpoint *server, struct err *err)
{
    struct ares_options options = {
        /* NOCHECKRESP: SERVFAIL and REFUSED are answers that we want to see. */
        .flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
        .timeout = PATIENCE_MS,
        .tries = 1,
        .lookups = (char[]){ "b" },
        .sock_state_cb = on_socket_state,
    };
    struct resolver *r = calloc(1, sizeof *r);
    int status;

    if (r == NULL)
        return err_set(err, ERR_NOMEM, 0, "setting up a resolver");
    r->server = *server;
    options.sock_state_cb_data = r;
    status = ares_init_options(&r->channel, &options,
                               ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
                                   ARES_OPT_SOCK_STATE_CB);
    if (status == ARES_SUCCESS) {
        status = set_server(r);
        if (status != ARES_SUCCESS)
            ares_destroy(r->channel);
    }
    if (status != ARES_SUCCESS) {
        free(r);
        if (status == ARES_EFILE)
            return err_set(err, ERR_SYSTEM, EMFILE, "setting up a resolver");
        return err_set(err, status == ARES_ENOMEM ? ERR_NOMEM : ERR_LIBRARY, status, "setting up a resolver");
    }
    r->loop = loop;
    uv_timer_init(loop, &r->timer);
    r->timer.data = r;
    r->n_handles = 1;
    *ret = r;
    return true;
}

void resolver_close(struct resolver *r)
{
    if (r == NULL)
        return;
    r->closing = true;
    ares_destroy(r->channel); /* answers every question with EDESTRUCTION */
    uv_close((uv_handle_t *)&r->timer, on_timer_closed);
}

const struct endpoint *resolver_server(const struct resolver *r)
{
    return &r->server;
}

bool resolver_ask(struct question **ret, struct resolver *r, const char *host, enum record_type type,
                  resolver_answer_fn *answer, void *user, struct err *err)
{
    struct question *q = calloc(1, sizeof *q);

    if (q == NULL || (q->host = strdup(host)) == NULL) {
        free(q);
        return err_set(err, ERR_NOMEM, 0, "asking a resolver");
    }
    q->resolver = r;
    q->type = type;
    q->answer = answer;
    q->user = user;
    q->next = r->open;
    r->open = q;
    *ret = q;
    if (!question_send(q, err)) {
        *ret = NULL;
        question_abandon(q);
        return false;
    }
    resolver_rearm(r);
    return true;
}

void question_abandon(struct question *q)
{
    if (q == NULL)
        return;
    question_shut(q);
    question_release(q);
}

size_t resolver_read_servers(struct peer_text conf, struct endpoint ret[static RESOLVER_SYSTEM_MAX])
{
    size_t n = 0;

    while (conf.len > 0 && n < RESOLVER_SYSTEM_MAX) {
        const char *end = memchr(conf.bytes, '\n', conf.len);
        size_t len = end == NULL ? conf.len : (size_t)(end - conf.bytes);
        char line[256];
        char server[ADDRESS_TEXT_SIZE];

        if (len < sizeof line) {
            memcpy(line, conf.bytes, len);
            line[len] = '\0';
            /* The keyword starts the line, and the file has no way to name a port (resolv.conf(5)). */
            if (sscanf(line, "nameserver%*1[ \t]%63s", server) == 1 && address_parse(&ret[n].address, server)) {
                ret[n].port = DNS_PORT;
                n++;
            }
        }
        conf.bytes += end == NULL ? len : len + 1;
        conf.len -= end == NULL ? len : len + 1;
    }
    return n;
}

bool resolver_system_servers(struct endpoint ret[static RESOLVER_SYSTEM_MAX], size_t *n, struct err *err)
{
    struct buf conf;
    bool ok = true;

    buf_init(&conf, RESOLV_CONF_MAX);
    if (!file_read(&conf, "/etc/resolv.conf") && err_is_shortage(errno)) /* else what can be read of it counts */
        ok = err_set(err, ERR_SYSTEM, errno, "reading the list of resolvers");
    *n = resolver_read_servers((struct peer_text){ buf_borrow(&conf), conf.len }, ret);
    buf_done(&conf);
    return ok;
}
