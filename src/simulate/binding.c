#include "simulate/binding.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILL_WAIT_MS = 5 };

static socklen_t socket_address(struct sockaddr_storage *ret, const struct address *a, uint16_t port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

    memset(ret, 0, sizeof *ret);
    if (a->family == FAMILY_IPV4) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        memcpy(&v4->sin_addr, a->bytes, sizeof v4->sin_addr);
        return sizeof *v4;
    }
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    memcpy(&v6->sin6_addr, a->bytes, sizeof v6->sin6_addr);
    return sizeof *v6;
}

static int open_socket(enum family family)
{
    return socket(family == FAMILY_IPV4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int binding_open(const struct address *a, uint16_t port)
{
    struct sockaddr_storage at;
    socklen_t size = socket_address(&at, a, port);
    int fd = open_socket(a->family);
    int code;

    if (fd < 0)
        return -1;
    if (bind(fd, (const struct sockaddr *)&at, size) == 0)
        return fd;
    code = errno;
    close(fd);
    errno = code;
    return -1;
}

uint16_t binding_port(int fd)
{
    struct sockaddr_storage at;
    socklen_t size = sizeof at;

    if (getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        return 0;
    return ntohs(at.ss_family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
                                         : ((struct sockaddr_in6 *)&at)->sin6_port);
}

bool binding_has_ipv6(void)
{
    struct address loopback;
    int fd = address_parse(&loopback, "::1") ? binding_open(&loopback, 0) : -1;

    if (fd < 0)
        return false;
    close(fd);
    return true;
}

bool binding_swallow(struct binding_full *f, int fd, const struct address *a, uint16_t port, struct err *err)
{
    static const char doing[] = "filling the queue of a practice port";
    struct sockaddr_storage at;
    socklen_t size = socket_address(&at, a, port);

    if (listen(fd, 0) != 0)
        return err_set(err, ERR_SYSTEM, errno, doing);
    for (size_t i = 0; i < BINDING_FULL_MAX; i++) {
        struct pollfd wait = { .fd = open_socket(a->family), .events = POLLOUT };

        f->fds[i] = wait.fd;
        if (wait.fd < 0)
            return err_set(err, ERR_SYSTEM, errno, doing);
        if (connect(wait.fd, (const struct sockaddr *)&at, size) != 0 && errno != EINPROGRESS)
            return err_set(err, ERR_SYSTEM, errno, doing);
        if (poll(&wait, 1, FILL_WAIT_MS) == 0)
            return true; /* this one was dropped: the queue is full */
    }
    return err_set(err, ERR_LIMIT, 0, doing);
}

void binding_full_init(struct binding_full *f)
{
    for (size_t i = 0; i < BINDING_FULL_MAX; i++)
        f->fds[i] = -1;
}

void binding_full_done(struct binding_full *f)
{
    for (size_t i = 0; i < BINDING_FULL_MAX; i++) {
        if (f->fds[i] >= 0)
            close(f->fds[i]);
    }
}
