#include "simulate/path.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "simulate/packet.h"

enum {
    LANE_DEPTH = 512, /* packets on their way in one direction; more are lost, as in any router */
    READS_AT_ONCE = 64,
};

static const char *const routers[SCENARIO_HOPS][FAMILY_COUNT] = {
    { "192.168.7.1", "2001:db8:7::1" },     /* the client's own */
    { "198.51.100.1", "2001:db8:64::1" },   /* the client's provider */
    { "198.51.100.9", "2001:db8:64::9" },
    { "203.0.113.1", "2001:db8:113::1" },   /* the servers' side */
};

struct flight {
    double due_ms;
    size_t len;
    uint8_t bytes[PACKET_MAX];
};

/* Packets to one end, oldest first. */
struct lane {
    struct flight *ring;
    size_t first, count;
};

struct path {
    const struct scenario *scenario;
    int devices[PATH_ENDS];
    struct lane lanes[PATH_ENDS];
    int stop;
    pthread_t thread;
    bool thread_made;
};

void path_gateway(struct address *ret, enum path_end end, enum family family)
{
    bool ok = address_parse(ret, routers[end == PATH_NEAR ? 0 : SCENARIO_HOPS - 1][family]);

    assert(ok);
    (void)ok;
}

/* ---- one packet ---- */

static void send_to(struct path *p, enum path_end end, const uint8_t *bytes, size_t len)
{
    struct lane *lane = &p->lanes[end];
    struct flight *f;

    if (len == 0 || lane->count == LANE_DEPTH)
        return;
    f = &lane->ring[(lane->first + lane->count++) % LANE_DEPTH];
    f->due_ms = clock_steady_ms() + p->scenario->net.delay_ms;
    f->len = len;
    memcpy(f->bytes, bytes, len);
}

static void answer(struct path *p, enum path_end end, const struct packet *packet,
                   enum packet_trouble trouble, size_t hop)
{
    unsigned mtu = trouble == PACKET_TOO_BIG ? p->scenario->net.mtu : 0;
    uint8_t bytes[PACKET_ANSWER_MAX];
    struct address router;

    if (address_parse(&router, routers[hop][packet->to.family]))
        send_to(p, end, bytes, packet_answer(bytes, packet, trouble, mtu, &router));
}

static bool block_fits(const struct path *p, const struct scenario_block *b, const struct packet *packet)
{
    struct address place;

    return b->families[packet->to.family] && (b->port == 0 || b->port == packet->to_port) &&
           (!b->one_place || (scenario_place_address(&place, p->scenario, b->place, packet->to.family) &&
                              address_equal(&place, &packet->to)));
}

/* Whether a packet to the servers is held up here: hop 0 is the client's machine, 1 the first router. */
static bool is_blocked(struct path *p, const struct packet *packet, size_t hop)
{
    const struct scenario_net *net = &p->scenario->net;
    uint8_t bytes[PACKET_ANSWER_MAX];

    for (size_t i = 0; i < net->n_blocks; i++) {
        const struct scenario_block *b = &net->blocks[i];

        if (b->hop != hop || !block_fits(p, b, packet))
            continue;
        if (b->kind == SCENARIO_BLOCK_RESET)
            send_to(p, PATH_NEAR, bytes, packet_reset(bytes, packet));
        else if (b->kind == SCENARIO_BLOCK_REJECT)
            answer(p, PATH_NEAR, packet, PACKET_PROHIBITED, hop - 1);
        return true;
    }
    return false;
}

static bool is_too_big(const struct path *p, const struct packet *packet, size_t hop)
{
    const struct scenario_net *net = &p->scenario->net;

    return net->mtu != 0 && net->mtu_hop == hop && net->mtu_families[packet->to.family] &&
           packet->len > net->mtu;
}

static void carry(struct path *p, enum path_end from, uint8_t *bytes, size_t len)
{
    enum path_end to = from == PATH_NEAR ? PATH_FAR : PATH_NEAR;
    struct packet packet;

    if (!packet_read(&packet, bytes, len) || (from == PATH_NEAR && is_blocked(p, &packet, 0)))
        return;
    for (size_t i = 0; i < SCENARIO_HOPS; i++) {
        size_t router = from == PATH_NEAR ? i : SCENARIO_HOPS - 1 - i;

        if (!packet_count_hop(&packet)) {
            answer(p, from, &packet, PACKET_TIME_EXCEEDED, router);
            return;
        }
        if (is_too_big(p, &packet, router + 1)) {
            if (p->scenario->net.mtu_told)
                answer(p, from, &packet, PACKET_TOO_BIG, router);
            return;
        }
        if (from == PATH_NEAR && is_blocked(p, &packet, router + 1))
            return;
    }
    send_to(p, to, bytes, len);
}

/* ---- the thread ---- */

static void take_in(struct path *p, enum path_end from)
{
    uint8_t bytes[PACKET_MAX];

    for (int i = 0; i < READS_AT_ONCE; i++) {
        ssize_t n = read(p->devices[from], bytes, sizeof bytes);

        if (n <= 0)
            return;
        carry(p, from, bytes, (size_t)n);
    }
}

static void hand_over(struct path *p, enum path_end end)
{
    struct lane *lane = &p->lanes[end];

    while (lane->count > 0 && lane->ring[lane->first].due_ms <= clock_steady_ms()) {
        const struct flight *f = &lane->ring[lane->first];

        /* What a device does not take is lost, as on any line. */
        if (write(p->devices[end], f->bytes, f->len) < 0 && errno == EAGAIN)
            return;
        lane->first = (lane->first + 1) % LANE_DEPTH;
        lane->count--;
    }
}

/* Until the next packet is due; -1 for ever. */
static int next_wait_ms(const struct path *p)
{
    double wait = -1;

    for (size_t i = 0; i < PATH_ENDS; i++) {
        const struct lane *lane = &p->lanes[i];
        double left;

        if (lane->count == 0)
            continue;
        left = lane->ring[lane->first].due_ms - clock_steady_ms();
        if (wait < 0 || left < wait)
            wait = left < 0 ? 0 : left;
    }
    return (int)ceil(wait);
}

static void *run(void *data)
{
    struct path *p = data;

    for (;;) {
        struct pollfd wait[] = {
            { .fd = p->devices[PATH_NEAR], .events = POLLIN },
            { .fd = p->devices[PATH_FAR], .events = POLLIN },
            { .fd = p->stop, .events = POLLIN },
        };

        if (poll(wait, 3, next_wait_ms(p)) < 0 && errno != EINTR)
            return NULL;
        if (wait[2].revents != 0)
            return NULL;
        for (enum path_end end = PATH_NEAR; end < PATH_ENDS; end++)
            take_in(p, end);
        for (enum path_end end = PATH_NEAR; end < PATH_ENDS; end++)
            hand_over(p, end);
    }
}

/* Signals are for the thread that asked for the simulation. */
static int start_thread(struct path *p)
{
    sigset_t all, before;
    int code;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&p->thread, NULL, run, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

bool path_new(struct path **ret, const struct scenario *s, const int devices[static PATH_ENDS],
              struct err *err)
{
    static const char doing[] = "laying the practice path";
    struct path *p = calloc(1, sizeof *p);
    int code;

    if (p == NULL) {
        close(devices[PATH_NEAR]);
        close(devices[PATH_FAR]);
        return err_set(err, ERR_NOMEM, 0, doing);
    }
    p->scenario = s;
    memcpy(p->devices, devices, sizeof p->devices);
    p->stop = eventfd(0, EFD_CLOEXEC);
    code = p->stop < 0 ? errno : 0;
    for (size_t i = 0; i < PATH_ENDS && code == 0; i++) {
        p->lanes[i].ring = calloc(LANE_DEPTH, sizeof *p->lanes[i].ring);
        code = p->lanes[i].ring == NULL ? ENOMEM : 0;
    }
    if (code == 0)
        code = start_thread(p);
    p->thread_made = code == 0;
    if (code != 0) {
        path_free(p);
        return err_set(err, code == ENOMEM ? ERR_NOMEM : ERR_SYSTEM, code, doing);
    }
    *ret = p;
    return true;
}

struct path *path_free(struct path *p)
{
    if (p == NULL)
        return NULL;
    if (p->thread_made) {
        eventfd_write(p->stop, 1);
        pthread_join(p->thread, NULL);
    }
    if (p->stop >= 0)
        close(p->stop);
    for (size_t i = 0; i < PATH_ENDS; i++) {
        close(p->devices[i]);
        free(p->lanes[i].ring);
    }
    free(p);
    return NULL;
}
