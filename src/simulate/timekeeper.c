#include "simulate/timekeeper.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

enum {
    PACKET_SIZE = 48, /* RFC 5905 section 7.3, and where its fields stand */
    AT_STRATUM = 1,
    AT_ROOT_DISPERSION = 8,
    AT_REFERENCE_ID = 12,
    AT_REFERENCE = 16,
    AT_ORIGIN = 24,
    AT_RECEIVE = 32,
    AT_TRANSMIT = 40,
    LEAP_UNKNOWN = 3 << 6,
    VERSION_4 = 4 << 3,
    MODE_SERVER = 4,
    STRATUM = 2,
    CLIENTS_MAX = 8,
    BACKLOG = 8,
    ANSWER_SIZE = 256,
};

static const int64_t UNIX_TO_NTP_S = 2208988800;

/* One that asks by HTTP; all it says is taken for a request. */
struct visitor {
    struct timekeeper *keeper;
    struct visitor *next;
    uv_tcp_t tcp;
    uv_write_t write;
    char heard[512];
    char answer[ANSWER_SIZE];
};

struct timekeeper {
    const struct scenario_clock *spec;
    uint16_t port;
    union {
        uv_handle_t handle;
        uv_udp_t udp;
        uv_tcp_t tcp;
    } ear;
    char datagram[512];
    bool kissed;
    bool ending;
    unsigned n_rude;
    unsigned n_visitors;
    struct visitor *visitors;
};

static int64_t now_ms(const struct timekeeper *t)
{
    return clock_wall_ms() + (int64_t)t->spec->offset_s * 1000;
}

/* ---- SNTP ---- */

static void write_32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void write_time(uint8_t *at, int64_t ms)
{
    write_32(at, (uint32_t)(ms / 1000 + UNIX_TO_NTP_S));
    write_32(at + 4, (uint32_t)(((uint64_t)(ms % 1000) << 32) / 1000));
}

/* Returns whether there is an answer at all. */
static bool make_answer(struct timekeeper *t, uint8_t out[static PACKET_SIZE], const uint8_t *asked)
{
    memset(out, 0, PACKET_SIZE);
    out[0] = VERSION_4 | MODE_SERVER;
    out[AT_STRATUM] = STRATUM;
    write_32(out + AT_ROOT_DISPERSION, 65536 / 100);
    memcpy(out + AT_ORIGIN, asked + AT_TRANSMIT, 8);
    write_time(out + AT_REFERENCE, now_ms(t));
    write_time(out + AT_RECEIVE, now_ms(t));
    write_time(out + AT_TRANSMIT, now_ms(t));
    switch (t->spec->fault) {
    case SCENARIO_CLOCK_FINE:
    case SCENARIO_CLOCK_NO_DATE:
        return true;
    case SCENARIO_CLOCK_SILENT:
        return false;
    case SCENARIO_CLOCK_WRONG_ORIGIN:
        out[AT_ORIGIN] ^= 1;
        return true;
    case SCENARIO_CLOCK_UNSYNCHRONISED:
        out[0] |= LEAP_UNKNOWN;
        return true;
    case SCENARIO_CLOCK_KISS:
        t->n_rude += t->kissed;
        t->kissed = true;
        out[AT_STRATUM] = 0;
        memcpy(out + AT_REFERENCE_ID, t->spec->kiss, 4);
        return true;
    }
    return false;
}

static void give_datagram(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct timekeeper *t = handle->data;

    (void)suggested;
    *ret = uv_buf_init(t->datagram, sizeof t->datagram);
}

static void on_datagram(uv_udp_t *udp, ssize_t len, const uv_buf_t *bytes, const struct sockaddr *from, unsigned flags)
{
    struct timekeeper *t = udp->data;
    uint8_t answer[PACKET_SIZE];
    uv_buf_t part = uv_buf_init((char *)answer, sizeof answer);

    (void)flags;
    if (from != NULL && len >= PACKET_SIZE && make_answer(t, answer, (const uint8_t *)bytes->base))
        uv_udp_try_send(udp, &part, 1, from);
}

/* ---- HTTP ---- */

static void on_visitor_gone(uv_handle_t *handle)
{
    struct visitor *v = handle->data;

    for (struct visitor **at = &v->keeper->visitors; *at != NULL; at = &(*at)->next) {
        if (*at == v) {
            *at = v->next;
            v->keeper->n_visitors--;
            break;
        }
    }
    free(v);
}

static void see_off(struct visitor *v)
{
    if (!uv_is_closing((uv_handle_t *)&v->tcp))
        uv_close((uv_handle_t *)&v->tcp, on_visitor_gone);
}

static void on_answered(uv_write_t *write, int status)
{
    (void)status;
    see_off(write->handle->data);
}

static void answer_visitor(struct visitor *v)
{
    time_t now = (time_t)(now_ms(v->keeper) / 1000);
    char date[64];
    struct tm tm;
    uv_buf_t part;
    int len;

    gmtime_r(&now, &tm);
    strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    len = snprintf(v->answer, sizeof v->answer, "HTTP/1.1 200 OK\r\n%sContent-Length: 2\r\nConnection: close\r\n\r\n:)",
                   v->keeper->spec->fault == SCENARIO_CLOCK_NO_DATE ? "" : date);
    part = uv_buf_init(v->answer, (unsigned)len);
    uv_read_stop((uv_stream_t *)&v->tcp);
    if (uv_write(&v->write, (uv_stream_t *)&v->tcp, &part, 1, on_answered) != 0)
        see_off(v);
}

static void give_heard(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct visitor *v = handle->data;

    (void)suggested;
    *ret = uv_buf_init(v->heard, sizeof v->heard);
}

static void on_heard(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
    struct visitor *v = stream->data;

    (void)bytes;
    if (len < 0)
        see_off(v);
    else if (len > 0 && v->keeper->spec->fault != SCENARIO_CLOCK_SILENT)
        answer_visitor(v);
}

static void on_visitor(uv_stream_t *listener, int status)
{
    struct timekeeper *t = listener->data;
    struct visitor *v = status != 0 || t->n_visitors == CLIENTS_MAX ? NULL : calloc(1, sizeof *v);

    if (v == NULL)
        return;
    v->keeper = t;
    v->next = t->visitors;
    t->visitors = v;
    t->n_visitors++;
    uv_tcp_init(listener->loop, &v->tcp);
    v->tcp.data = v;
    if (uv_accept(listener, (uv_stream_t *)&v->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&v->tcp, give_heard, on_heard) != 0)
        see_off(v);
}

/* ---- the whole ---- */

static int open_udp(struct timekeeper *t, const struct sockaddr *at)
{
    struct sockaddr_in bound;
    int size = sizeof bound;
    int code = uv_udp_bind(&t->ear.udp, at, 0);

    if (code == 0)
        code = uv_udp_getsockname(&t->ear.udp, (struct sockaddr *)&bound, &size);
    if (code == 0)
        code = uv_udp_recv_start(&t->ear.udp, give_datagram, on_datagram);
    if (code == 0)
        t->port = ntohs(bound.sin_port);
    return code;
}

static int open_tcp(struct timekeeper *t, const struct sockaddr *at)
{
    struct sockaddr_in bound;
    int size = sizeof bound;
    int code = uv_tcp_bind(&t->ear.tcp, at, 0);

    if (code == 0)
        code = uv_listen((uv_stream_t *)&t->ear.tcp, BACKLOG, on_visitor);
    if (code == 0)
        code = uv_tcp_getsockname(&t->ear.tcp, (struct sockaddr *)&bound, &size);
    if (code == 0)
        t->port = ntohs(bound.sin_port);
    return code;
}

bool timekeeper_new(struct timekeeper **ret, uv_loop_t *loop, const struct scenario_clock *spec,
                    const struct address *where, struct err *err)
{
    static const char doing[] = "starting a practice time server";
    struct timekeeper *t = calloc(1, sizeof *t);
    struct sockaddr_in at = { .sin_family = AF_INET };
    int code;

    if (t == NULL)
        return err_set(err, ERR_NOMEM, 0, doing);
    t->spec = spec;
    memcpy(&at.sin_addr, where->bytes, sizeof at.sin_addr);
    if (spec->http)
        uv_tcp_init(loop, &t->ear.tcp);
    else
        uv_udp_init(loop, &t->ear.udp);
    t->ear.handle.data = t;
    code = spec->http ? open_tcp(t, (const struct sockaddr *)&at) : open_udp(t, (const struct sockaddr *)&at);
    *ret = t; /* half open too: its handle is the loop's, so it ends like any other */
    return code == 0 || err_set(err, ERR_SYSTEM, -code, doing);
}

uint16_t timekeeper_port(const struct timekeeper *t)
{
    return t->port;
}

unsigned timekeeper_rude_requests(const struct timekeeper *t)
{
    return t->n_rude;
}

void timekeeper_end(struct timekeeper *t)
{
    if (t == NULL || t->ending)
        return;
    t->ending = true;
    for (struct visitor *v = t->visitors; v != NULL; v = v->next)
        see_off(v);
    uv_close(&t->ear.handle, NULL);
}

struct timekeeper *timekeeper_free(struct timekeeper *t)
{
    free(t);
    return NULL;
}
