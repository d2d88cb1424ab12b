#include "simulate/timekeeper.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "simulate/binding.h"
#include "simulate/web.h"

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
};

static const int64_t UNIX_TO_NTP_S = 2208988800;

struct timekeeper {
    const struct scenario_clock *spec;
    uint16_t port;
    struct web *web; /* NULL: it speaks SNTP */
    uv_udp_t udp;
    char datagram[512];
    bool kissed;
    bool ending;
    unsigned n_rude;
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

static void on_datagram(uv_udp_t *udp, ssize_t len, const uv_buf_t *bytes, const struct sockaddr *from,
                        unsigned flags)
{
    struct timekeeper *t = udp->data;
    uint8_t answer[PACKET_SIZE];
    uv_buf_t part = uv_buf_init((char *)answer, sizeof answer);

    (void)flags;
    if (from != NULL && len >= PACKET_SIZE && make_answer(t, answer, (const uint8_t *)bytes->base))
        uv_udp_try_send(udp, &part, 1, from);
}

/* ---- HTTP ---- */

static bool answer_visitor(void *user, const struct web_request *request, struct buf *reply)
{
    struct timekeeper *t = user;
    time_t now = (time_t)(now_ms(t) / 1000);
    char date[64] = "";
    struct tm tm;

    (void)request;
    if (t->spec->fault == SCENARIO_CLOCK_SILENT)
        return false;
    gmtime_r(&now, &tm);
    if (t->spec->fault != SCENARIO_CLOCK_NO_DATE)
        strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    return web_put_reply(reply, "200 OK", date, PEER_TEXT_LITERAL(":)"));
}

/* ---- the whole ---- */

static int open_udp(struct timekeeper *t, const struct sockaddr *at)
{
    struct sockaddr_in bound;
    int size = sizeof bound;
    int code = uv_udp_bind(&t->udp, at, 0);

    if (code == 0)
        code = uv_udp_getsockname(&t->udp, (struct sockaddr *)&bound, &size);
    if (code == 0)
        code = uv_udp_recv_start(&t->udp, give_datagram, on_datagram);
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
    *ret = t; /* half open too: its handle is the loop's, so it ends like any other */
    if (spec->http) {
        int fd = binding_open(where, 0);

        return fd < 0 ? err_set(err, ERR_SYSTEM, errno, doing)
                      : web_new(&t->web, loop, fd, answer_visitor, t, err);
    }
    memcpy(&at.sin_addr, where->bytes, sizeof at.sin_addr);
    uv_udp_init(loop, &t->udp);
    t->udp.data = t;
    code = open_udp(t, (const struct sockaddr *)&at);
    return code == 0 || err_set(err, ERR_SYSTEM, -code, doing);
}

uint16_t timekeeper_port(const struct timekeeper *t)
{
    return t->web != NULL ? web_port(t->web) : t->port;
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
    web_end(t->web);
    if (!t->spec->http)
        uv_close((uv_handle_t *)&t->udp, NULL);
}

struct timekeeper *timekeeper_free(struct timekeeper *t)
{
    if (t != NULL)
        web_free(t->web);
    free(t);
    return NULL;
}
