/*
 * wire - a cable between two network namespaces that takes its time
 *
 * Makes one tun device at each end and hands every packet over after a fixed
 * delay, IPv4 and IPv6 alike; the order is kept, nothing is lost until the
 * queue is full. Needs the right to enter both namespaces.
 *
 *   wire NAMESPACE-FILE NAMESPACE-FILE DEVICE MILLISECONDS
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

/* Takes in what the device has; a full queue drops the packet, as a router would. */
static void queue_fill(struct queue *q, int fd, int64_t delay)
{
    for (;;) {
        struct packet dropped;
        struct packet *p = q->count < QUEUE_DEPTH ? &q->ring[(q->first + q->count) % QUEUE_DEPTH] : &dropped;
        ssize_t n = read(fd, p->bytes, sizeof(p->bytes));

        if (n <= 0)
            return;
        if (p == &dropped)
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
static int carry(const int fds[static ENDS], struct queue *queues, int64_t delay)
{
    for (;;) {
        struct pollfd ends[ENDS] = { { .fd = fds[0], .events = POLLIN }, { .fd = fds[1], .events = POLLIN } };
        struct timespec wait;

        if (ppoll(ends, ENDS, next_wait(queues, &wait), NULL) < 0 && errno != EINTR) {
            perror("wire: waiting for packets");
            return 1;
        }
        for (size_t i = 0; i < ENDS; i++) {
            if ((ends[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
                return 1;
            queue_fill(&queues[i], fds[i], delay);
            queue_drain(&queues[i], fds[ENDS - 1 - i]);
        }
    }
}

static bool delay_parse(int64_t *ret, const char *text)
{
    char *end;
    long ms = strtol(text, &end, 10);

    if (end == text || *end != '\0' || ms < 0 || ms > DELAY_MAX)
        return false;
    *ret = (int64_t)ms * 1000000;
    return true;
}

int main(int argc, char **argv)
{
    struct queue queues[ENDS] = { 0 };
    int fds[ENDS] = { -1, -1 };
    int64_t delay;
    int status = 1;

    if (argc != 5 || strlen(argv[3]) >= IFNAMSIZ || !delay_parse(&delay, argv[4])) {
        fprintf(stderr, "usage: wire NAMESPACE-FILE NAMESPACE-FILE DEVICE MILLISECONDS (0 to %d)\n", DELAY_MAX);
        return 2;
    }
    for (size_t i = 0; i < ENDS; i++) {
        queues[i].ring = malloc(sizeof(*queues[i].ring) * QUEUE_DEPTH);
        if (queues[i].ring == NULL) {
            fprintf(stderr, "wire: no memory for the queue\n");
            goto out;
        }
        fds[i] = end_open(argv[1 + i], argv[3]);
        if (fds[i] < 0)
            goto out;
    }
    /* The kernel may wake a sleeper 50 us late to save power; a wire of 1 ms would show it. */
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    printf("ready\n");
    fflush(stdout);
    status = carry(fds, queues, delay);
out:
    for (size_t i = 0; i < ENDS; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
        free(queues[i].ring);
    }
    return status;
}
