#include "simulate/nameserver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/zone.h"

enum {
    PORT_TRIES = 32,
    DELAYED_MAX = 64, /* replies that wait for their time */
    CLIENTS_MAX = 16, /* over TCP */
    CLIENT_LIFE_MS = 10000,
    PREFIX_SIZE = 2, /* length before a message over TCP */
};

struct delayed {
    uv_timer_t timer;
    struct nameserver *nameserver;
    struct sockaddr_storage to;
    struct zone_reply reply;
};

/* One TCP client; a timer as its second handle. */
struct client {
    uv_tcp_t tcp;
    uv_timer_t timer;
    unsigned handles_open;
    bool waiting; /* the timer runs for the reply, not for the end */
    bool ending;
    struct nameserver *nameserver;
    struct client *next;
    uint8_t query[PREFIX_SIZE + ZONE_QUERY_MAX];
    size_t query_len;
    struct zone_reply reply;
    uint8_t prefix[PREFIX_SIZE];
    uv_write_t write;
};

struct nameserver {
    const struct scenario *scenario;
    size_t resolver;
    bool ipv6;
    uint16_t port;
    uv_udp_t udp;
    uv_tcp_t tcp;
    unsigned holders; /* handles and clients that still point here */
    bool ending;
    struct delayed *delayed[DELAYED_MAX];
    struct client *clients;
    unsigned n_clients;
    unsigned n_lost[SCENARIO_ANSWERS_MAX]; /* datagrams, by the line of the scenario */
    char datagram[ZONE_QUERY_MAX];
};

static void let_go(struct nameserver *n)
{
    if (--n->holders == 0)
        free(n);
}

static void on_closed(uv_handle_t *handle)
{
    let_go(handle->data);
}

/* ---- UDP ---- */

static void send_datagram(struct nameserver *n, const struct zone_reply *reply,
                          const struct sockaddr_storage *to)
{
    uv_buf_t part = uv_buf_init((char *)(uintptr_t)reply->bytes, (unsigned)reply->len);

    /* A reply that cannot be sent at once is lost, as datagrams are; clients ask again. */
    uv_udp_try_send(&n->udp, &part, 1, (const struct sockaddr *)to);
}

static void send_now(struct nameserver *n, const struct zone_reply *reply,
                     const struct sockaddr_storage *to)
{
    for (int i = 0; reply->stray && i < 2; i++) {
        struct zone_reply stray = *reply;

        zone_make_stray(&stray, i == 0);
        send_datagram(n, &stray, to);
    }
    send_datagram(n, reply, to);
}

static void on_delayed_closed(uv_handle_t *handle)
{
    struct delayed *d = handle->data;

    let_go(d->nameserver);
    free(d);
}

static void end_delayed(struct nameserver *n, size_t place)
{
    uv_close((uv_handle_t *)&n->delayed[place]->timer, on_delayed_closed);
    n->delayed[place] = NULL;
}

static void on_delay_over(uv_timer_t *timer)
{
    struct delayed *d = timer->data;
    struct nameserver *n = d->nameserver;

    send_now(n, &d->reply, &d->to);
    for (size_t i = 0; i < DELAYED_MAX; i++) {
        if (n->delayed[i] == d)
            end_delayed(n, i);
    }
}

static void send_later(struct nameserver *n, const struct zone_reply *reply,
                       const struct sockaddr_storage *to)
{
    struct delayed *d;
    size_t place = 0;

    while (place < DELAYED_MAX && n->delayed[place] != NULL)
        place++;
    d = place < DELAYED_MAX ? malloc(sizeof *d) : NULL;
    if (d == NULL)
        return;
    d->nameserver = n;
    d->to = *to;
    d->reply = *reply;
    uv_timer_init(n->udp.loop, &d->timer);
    d->timer.data = d;
    uv_timer_start(&d->timer, on_delay_over, reply->delay_ms, 0);
    n->delayed[place] = d;
    n->holders++;
}

static void give_datagram(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct nameserver *n = handle->data;

    (void)suggested;
    *ret = uv_buf_init(n->datagram, sizeof n->datagram);
}

static void on_datagram(uv_udp_t *udp, ssize_t len, const uv_buf_t *bytes, const struct sockaddr *from,
                        unsigned flags)
{
    struct nameserver *n = udp->data;
    struct zone_reply reply;
    struct sockaddr_storage to;

    if (len <= 0 || from == NULL || (flags & UV_UDP_PARTIAL) != 0)
        return;
    memcpy(&to, from, from->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
    zone_answer(&reply, n->scenario, n->resolver, n->ipv6, (const uint8_t *)bytes->base, (size_t)len);
    zone_cut(&reply);
    if (reply.len == 0 || (reply.lost > 0 && n->n_lost[reply.line]++ < reply.lost))
        return;
    if (reply.delay_ms > 0)
        send_later(n, &reply, &to);
    else
        send_now(n, &reply, &to);
}

/* ---- TCP ---- */

static void on_client_closed(uv_handle_t *handle)
{
    struct client *c = handle->data;
    struct nameserver *n = c->nameserver;

    if (--c->handles_open > 0)
        return;
    for (struct client **at = &n->clients; *at != NULL; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            n->n_clients--;
            break;
        }
    }
    free(c);
    let_go(n);
}

static void end_client(struct client *c)
{
    if (c->ending)
        return;
    c->ending = true;
    uv_close((uv_handle_t *)&c->tcp, on_client_closed);
    uv_close((uv_handle_t *)&c->timer, on_client_closed);
}

static void answer_query(struct client *c);

static void on_reply_written(uv_write_t *request, int status)
{
    struct client *c = request->handle->data;

    if (status != 0)
        end_client(c);
    else if (!c->ending)
        answer_query(c); /* the next may lie there already */
}

static void write_reply(struct client *c)
{
    uv_buf_t parts[2] = { uv_buf_init((char *)c->prefix, PREFIX_SIZE),
                          uv_buf_init((char *)c->reply.bytes, (unsigned)c->reply.len) };

    c->prefix[0] = (uint8_t)(c->reply.len >> 8);
    c->prefix[1] = (uint8_t)c->reply.len;
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, parts, 2, on_reply_written) != 0)
        end_client(c);
}

static void on_client_timer(uv_timer_t *timer)
{
    struct client *c = timer->data;

    if (!c->waiting) {
        end_client(c);
        return;
    }
    c->waiting = false;
    uv_timer_start(&c->timer, on_client_timer, CLIENT_LIFE_MS, 0);
    write_reply(c);
}

/* Answers the first whole query; reading stops until its reply is out. */
static void answer_query(struct client *c)
{
    size_t len;

    if (c->query_len < PREFIX_SIZE)
        return;
    len = (size_t)c->query[0] << 8 | c->query[1];
    if (len > ZONE_QUERY_MAX) {
        end_client(c);
        return;
    }
    if (c->query_len < PREFIX_SIZE + len)
        return;
    zone_answer(&c->reply, c->nameserver->scenario, c->nameserver->resolver, c->nameserver->ipv6,
                c->query + PREFIX_SIZE, len);
    c->query_len -= PREFIX_SIZE + len;
    memmove(c->query, c->query + PREFIX_SIZE + len, c->query_len);
    if (c->reply.len == 0)
        return;
    c->waiting = true;
    uv_timer_start(&c->timer, on_client_timer, c->reply.delay_ms, 0);
}

static void give_query(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct client *c = handle->data;

    (void)suggested;
    *ret = uv_buf_init((char *)c->query + c->query_len, (unsigned)(sizeof c->query - c->query_len));
}

static void on_query(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
    struct client *c = stream->data;

    (void)bytes;
    if (len == 0)
        return;
    if (len < 0) {
        end_client(c);
        return;
    }
    c->query_len += (size_t)len;
    if (!c->waiting && !uv_is_closing((uv_handle_t *)&c->tcp) &&
        uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp) == 0)
        answer_query(c);
}

static void on_client(uv_stream_t *listener, int status)
{
    struct nameserver *n = listener->data;
    struct client *c;

    if (status != 0 || n->ending)
        return;
    c = calloc(1, sizeof *c);
    if (c == NULL)
        return;
    c->nameserver = n;
    c->handles_open = 2;
    uv_tcp_init(listener->loop, &c->tcp);
    uv_timer_init(listener->loop, &c->timer);
    c->tcp.data = c->timer.data = c;
    c->next = n->clients;
    n->clients = c;
    n->n_clients++;
    n->holders++;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0 || n->n_clients > CLIENTS_MAX ||
        uv_read_start((uv_stream_t *)&c->tcp, give_query, on_query) != 0) {
        end_client(c);
        return;
    }
    uv_timer_start(&c->timer, on_client_timer, CLIENT_LIFE_MS, 0);
}

/* ---- the whole ---- */

static int port_of(uv_udp_t *udp, uint16_t *ret)
{
    struct sockaddr_storage at;
    int size = sizeof at;
    int code = uv_udp_getsockname(udp, (struct sockaddr *)&at, &size);

    if (code == 0)
        *ret = ntohs(at.ss_family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
                                             : ((struct sockaddr_in6 *)&at)->sin6_port);
    return code;
}

static int bind_address(struct sockaddr_storage *ret, enum family family, const char *text, uint16_t port)
{
    return family == FAMILY_IPV4 ? uv_ip4_addr(text, port, (struct sockaddr_in *)ret)
                                 : uv_ip6_addr(text, port, (struct sockaddr_in6 *)ret);
}

/* Binds both sockets to one port; UV_EADDRINUSE where the other half is taken. */
static int bind_both(struct nameserver *n, const struct endpoint *where)
{
    char text[ADDRESS_TEXT_SIZE];
    struct sockaddr_storage at;
    int code = bind_address(&at, where->address.family, address_format(&where->address, text), where->port);

    if (code != 0)
        return code;
    code = uv_udp_bind(&n->udp, (const struct sockaddr *)&at, 0);
    if (code == 0)
        code = port_of(&n->udp, &n->port);
    if (code == 0)
        code = bind_address(&at, where->address.family, text, n->port);
    if (code == 0)
        code = uv_tcp_bind(&n->tcp, (const struct sockaddr *)&at, 0);
    if (code == 0)
        code = uv_listen((uv_stream_t *)&n->tcp, CLIENTS_MAX, on_client);
    if (code == 0)
        code = uv_udp_recv_start(&n->udp, give_datagram, on_datagram);
    return code;
}

static int try_new(struct nameserver **ret, uv_loop_t *loop, const struct scenario *s, size_t resolver,
                   const struct endpoint *at, bool ipv6)
{
    struct nameserver *n = calloc(1, sizeof *n);
    int code;

    if (n == NULL)
        return UV_ENOMEM;
    n->scenario = s;
    n->resolver = resolver;
    n->ipv6 = ipv6;
    n->holders = 2;
    uv_udp_init(loop, &n->udp);
    uv_tcp_init(loop, &n->tcp);
    n->udp.data = n->tcp.data = n;
    code = bind_both(n, at);
    if (code == 0)
        *ret = n;
    else
        nameserver_end(n);
    return code;
}

bool nameserver_new(struct nameserver **ret, uv_loop_t *loop, const struct scenario *s, size_t resolver,
                    const struct endpoint *at, bool ipv6, struct err *err)
{
    int code = UV_EADDRINUSE;

    for (int i = 0; i < PORT_TRIES && code == UV_EADDRINUSE; i++)
        code = try_new(ret, loop, s, resolver, at, ipv6);
    if (code == 0)
        return true;
    return err_set(err, code == UV_ENOMEM ? ERR_NOMEM : ERR_SYSTEM, -code, "starting the practice resolver");
}

uint16_t nameserver_port(const struct nameserver *n)
{
    return n->port;
}

void nameserver_end(struct nameserver *n)
{
    if (n == NULL || n->ending)
        return;
    n->ending = true;
    for (size_t i = 0; i < DELAYED_MAX; i++) {
        if (n->delayed[i] != NULL)
            end_delayed(n, i);
    }
    for (struct client *c = n->clients; c != NULL; c = c->next)
        end_client(c);
    uv_close((uv_handle_t *)&n->udp, on_closed);
    uv_close((uv_handle_t *)&n->tcp, on_closed);
}
