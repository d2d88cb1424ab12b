/*
 * wire - a cable between two network namespaces that takes its time
 *
 * Makes one tun device at each end and hands every packet over after a fixed
 * delay, IPv4 and IPv6 alike; the order is kept. Of the packets that enter at
 * either end each one is lost with the given chance, by dice that fall alike
 * for the same seed; without it nothing is lost until the queue is full. Needs
 * the right to enter both namespaces.
 *
 *   wire NAMESPACE-FILE NAMESPACE-FILE DEVICE MILLISECONDS [PERCENT SEED]
 *
 * Prints "ready" once both devices exist. They go when the program ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* A tun device hands over what its MTU (1500) lets through; a queue of this depth carries 12 Mbyte. */
enum { PACKET_MAX = 2048, QUEUE_DEPTH = 8192, DELAY_MAX = 10000, ENDS = 2 };

struct packet {
    int64_t due; /* nanoseconds of the monotonic clock */
    size_t len;
    uint8_t bytes[PACKET_MAX];
};

/* Packets on their way from one end to the other, oldest first. */
struct queue {
    struct packet *ring;
    size_t first;
    size_t count;
    uint64_t dice; /* the state; a queue has its own, so that one way's traffic leaves the other's fate alone */
};

struct wire {
    struct queue queues[ENDS];
    int fds[ENDS];
    int64_t delay; /* nanoseconds */
    uint64_t loss; /* of a hundred packets */
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A tun device in the namespace that the file stands for; the descriptor stays bound to that namespace. */
static int end_open(const char *namespace, const char *device)
{
    struct ifreq wish = { .ifr_flags = IFF_TUN | IFF_NO_PI };
    int ns = open(namespace, O_RDONLY | O_CLOEXEC);
    int fd = -1;

    if (ns < 0 || setns(ns, CLONE_NEWNET) != 0) {
        fprintf(stderr, "wire: %s: %s\n", namespace, strerror(errno));
        goto out;
    }
    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "wire: /dev/net/tun: %s\n", strerror(errno));
        goto out;
    }
    snprintf(wish.ifr_name, sizeof(wish.ifr_name), "%s", device);
    if (ioctl(fd, TUNSETIFF, &wish) != 0) {
        fprintf(stderr, "wire: making %s: %s\n", device, strerror(errno));
        close(fd);
        fd = -1;
    }
out:
    if (ns >= 0)
        close(ns);
    return fd;
}

/* SplitMix64 (Steele, Lea and Flood, 2014): any seed will do, 0 and neighbours too. */
static uint64_t dice_roll(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* Takes in what the device has; a full queue drops the packet, as a router would. */
static void queue_fill(struct queue *q, int fd, int64_t delay, uint64_t loss)
{
    for (;;) {
        struct packet dropped;
        struct packet *p = q->count < QUEUE_DEPTH ? &q->ring[(q->first + q->count) % QUEUE_DEPTH] : &dropped;
        ssize_t n = read(fd, p->bytes, sizeof(p->bytes));

        if (n <= 0)
            return;
        if (dice_roll(&q->dice) % 100 < loss || p == &dropped)
            continue;
        p->len = (size_t)n;
        p->due = now_ns() + delay;
        q->count++;
    }
}

/* Hands over what is due. A device that is not up yet refuses the packet: it is lost, as on any dead line. */
static void queue_drain(struct queue *q, int fd)
{
    while (q->count > 0 && q->ring[q->first].due <= now_ns()) {
        const struct packet *p = &q->ring[q->first];

        if (write(fd, p->bytes, p->len) < 0 && errno == EAGAIN)
            return;
        q->first = (q->first + 1) % QUEUE_DEPTH;
        q->count--;
    }
}

/* How long until the next packet of either queue is due; NULL for ever. */
static const struct timespec *next_wait(const struct queue *queues, struct timespec *out)
{
    int64_t wait = INT64_MAX;

    for (size_t i = 0; i < ENDS; i++) {
        if (queues[i].count > 0) {
            int64_t left = queues[i].ring[queues[i].first].due - now_ns();

            wait = left < wait ? left : wait;
        }
    }
    if (wait == INT64_MAX)
        return NULL;
    wait = wait < 0 ? 0 : wait;
    out->tv_sec = (time_t)(wait / 1000000000);
    out->tv_nsec = (long)(wait % 1000000000);
    return out;
}

/* Never returns while the devices live: who started the wire ends it. */
static int carry(struct wire *w)
{
    for (;;) {
        struct pollfd ends[ENDS] = { { .fd = w->fds[0], .events = POLLIN }, { .fd = w->fds[1], .events = POLLIN } };
        struct timespec wait;

        if (ppoll(ends, ENDS, next_wait(w->queues, &wait), NULL) < 0 && errno != EINTR) {
            perror("wire: waiting for packets");
            return 1;
        }
        for (size_t i = 0; i < ENDS; i++) {
            if ((ends[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
                return 1;
            queue_fill(&w->queues[i], w->fds[i], w->delay, w->loss);
            queue_drain(&w->queues[i], w->fds[ENDS - 1 - i]);
        }
    }
}

static bool number_parse(uint64_t *ret, const char *text, uint64_t most)
{
    char *end;

    errno = 0;
    *ret = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *ret <= most;
}

static bool wire_parse(struct wire *w, int argc, char **argv)
{
    uint64_t delay_ms;
    uint64_t seed = 0;

    if ((argc != 5 && argc != 7) || strlen(argv[3]) >= IFNAMSIZ || !number_parse(&delay_ms, argv[4], DELAY_MAX))
        return false;
    if (argc == 7 && (!number_parse(&w->loss, argv[5], 100) || !number_parse(&seed, argv[6], UINT64_MAX)))
        return false;
    w->delay = (int64_t)delay_ms * 1000000;
    for (size_t i = 0; i < ENDS; i++)
        w->queues[i].dice = dice_roll(&seed);
    return true;
}

int main(int argc, char **argv)
{
    struct wire w = { .fds = { -1, -1 } };
    int status = 1;

    if (!wire_parse(&w, argc, argv)) {
        fprintf(stderr,
                "usage: wire NAMESPACE-FILE NAMESPACE-FILE DEVICE MILLISECONDS (0 to %d) [PERCENT SEED]\n",
                DELAY_MAX);
        return 2;
    }
    for (size_t i = 0; i < ENDS; i++) {
        w.queues[i].ring = malloc(sizeof(*w.queues[i].ring) * QUEUE_DEPTH);
        if (w.queues[i].ring == NULL) {
            fprintf(stderr, "wire: no memory for the queue\n");
            goto out;
        }
        w.fds[i] = end_open(argv[1 + i], argv[3]);
        if (w.fds[i] < 0)
            goto out;
    }
    /* The kernel may wake a sleeper 50 us late to save power; a wire of 1 ms would show it. */
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    printf("ready\n");
    fflush(stdout);
    status = carry(&w);
out:
    for (size_t i = 0; i < ENDS; i++) {
        if (w.fds[i] >= 0)
            close(w.fds[i]);
        free(w.queues[i].ring);
    }
    return status;
}
