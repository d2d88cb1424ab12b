/*
 * dial - one TCP connection attempt, with all that the system tells of its end
 *
 * Plain system calls; knows nothing of loops, checks or TLS.
 */
#include "probe/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/icmp6.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/errqueue.h>

/* Big enough for IPv4 and IPv6. */
static socklen_t to_sockaddr(struct sockaddr_storage *out, const struct address *a, uint16_t port)
{
    memset(out, 0, sizeof *out);
    if (a->family == FAMILY_IPV4) {
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

        memcpy(&in.sin_addr, a->bytes, 4);
        memcpy(out, &in, sizeof in);
        return sizeof in;
    }
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = a->scope };

    memcpy(&in6.sin6_addr, a->bytes, 16);
    memcpy(out, &in6, sizeof in6);
    return sizeof in6;
}

static bool from_sockaddr(struct address *ret, const struct sockaddr_storage *from)
{
    *ret = (struct address){ 0 };
    if (from->ss_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, from, sizeof in);
        ret->family = FAMILY_IPV4;
        memcpy(ret->bytes, &in.sin_addr, 4);
        return true;
    }
    if (from->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, from, sizeof in6);
        ret->family = FAMILY_IPV6;
        memcpy(ret->bytes, &in6.sin6_addr, 16);
        ret->scope = in6.sin6_scope_id;
        return true;
    }
    return false;
}

static int family_af(enum family family)
{
    return family == FAMILY_IPV4 ? AF_INET : AF_INET6;
}

const char *dial_errno_name(int code)
{
    const char *name = strerrorname_np(code);

    return name == NULL ? "errno" : name;
}

enum fault dial_fault_of_errno(int code)
{
    switch (code) {
    case ECONNREFUSED:
        return FAULT_REFUSED;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
        return FAULT_RESET;
    case ETIMEDOUT:
        return FAULT_SILENT;
    case EPERM:
    case EACCES:
        return FAULT_LOCAL;
    case ENETUNREACH:
    case ENETDOWN:
        return FAULT_NO_ROUTE;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENOPROTOOPT:
    case EPROTO:
        return FAULT_UNREACHABLE;
    default:
        return FAULT_SYSTEM;
    }
}

static enum fault fault_of_icmp4(const struct icmp_report *icmp)
{
    if (icmp->type != ICMP_DEST_UNREACH)
        return FAULT_UNREACHABLE; /* the codes of other types mean other things */
    switch (icmp->code) {
    case ICMP_PORT_UNREACH:
        return FAULT_REFUSED;
    case ICMP_NET_ANO:
    case ICMP_HOST_ANO:
    case ICMP_PKT_FILTERED:
        return FAULT_PROHIBITED;
    default:
        return FAULT_UNREACHABLE;
    }
}

static enum fault fault_of_icmp6(const struct icmp_report *icmp)
{
    enum { INGRESS_POLICY = 5, REJECT_ROUTE = 6 }; /* RFC 4443 section 3.1 */

    if (icmp->type != ICMP6_DST_UNREACH)
        return FAULT_UNREACHABLE;
    switch (icmp->code) {
    case ICMP6_DST_UNREACH_NOPORT:
        return FAULT_REFUSED;
    case ICMP6_DST_UNREACH_ADMIN:
    case INGRESS_POLICY:
    case REJECT_ROUTE:
        return FAULT_PROHIBITED;
    default:
        return FAULT_UNREACHABLE;
    }
}

static bool is_own(int fd, const struct address *a)
{
    struct address own;

    return dial_local_address(fd, &own) && address_equal(&own, a);
}

/* An ICMP message that ended the attempt, and what it means for this target. */
static enum fault fault_of_icmp(int fd, const struct icmp_report *icmp, const struct address *target)
{
    enum fault fault = target->family == FAMILY_IPV4 ? fault_of_icmp4(icmp) : fault_of_icmp6(icmp);

    if (!icmp->has_offender || address_equal(&icmp->offender, target))
        return fault;
    /* 'No such port' in another's name is a firewall's reject, not the target's word. */
    if (fault == FAULT_REFUSED)
        fault = FAULT_PROHIBITED;
    return fault == FAULT_PROHIBITED && is_own(fd, &icmp->offender) ? FAULT_LOCAL : fault;
}

/* Returns the errno of the entry; an ICMP message is kept too. */
static int read_extended_error(const struct cmsghdr *c, struct dial_result *ret)
{
    struct sock_extended_err e;
    struct sockaddr_storage offender = { 0 };
    size_t room = c->cmsg_len - CMSG_LEN(0);

    if (room < sizeof e)
        return 0;
    memcpy(&e, CMSG_DATA(c), sizeof e);
    if (e.ee_origin != SO_EE_ORIGIN_ICMP && e.ee_origin != SO_EE_ORIGIN_ICMP6)
        return (int)e.ee_errno;
    ret->icmp = (struct icmp_report){ .seen = true, .type = e.ee_type, .code = e.ee_code };
    room -= sizeof e;
    memcpy(&offender, CMSG_DATA(c) + sizeof e, room < sizeof offender ? room : sizeof offender);
    ret->icmp.has_offender = from_sockaddr(&ret->icmp.offender, &offender);
    return (int)e.ee_errno;
}

/* Returns the errno of the last entry in the queue, or 0. */
static int read_error_queue(int fd, struct dial_result *ret)
{
    int code = 0;
    union {
        struct cmsghdr align;
        char bytes[512];
    } control;
    char data[128];

    for (int i = 0; i < 8; i++) {
        struct iovec iov = { .iov_base = data, .iov_len = sizeof data };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };

        if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            return code;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
            if ((c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
                (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR))
                code = read_extended_error(c, ret);
        }
    }
    return code;
}

/* Whether the kernel has given the connection up, rather than noted a message and gone on trying. */
static bool given_up(int fd)
{
    struct tcp_info info = { 0 };
    socklen_t len = sizeof info;

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 && info.tcpi_state == TCP_CLOSE;
}

static void set_error_queue(int fd, enum family family, int on)
{
    if (family == FAMILY_IPV4)
        setsockopt(fd, SOL_IP, IP_RECVERR, &on, sizeof on);
    else
        setsockopt(fd, SOL_IPV6, IPV6_RECVERR, &on, sizeof on);
}

static enum dial_state dial_failed(int fd, int code, const struct address *address, struct dial_result *ret)
{
    ret->error_code = dial_errno_name(code);
    ret->error_text = strerrordesc_np(code);
    ret->fault = ret->icmp.seen ? fault_of_icmp(fd, &ret->icmp, address) : dial_fault_of_errno(code);
    return DIAL_FAILED;
}

double dial_round_trip_ms(int fd, double took_ms)
{
    struct tcp_info info = { 0 };
    socklen_t len = sizeof info;

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 || info.tcpi_total_retrans == 0)
        return took_ms;
    return info.tcpi_rtt / 1000.0;
}

void dial_quick_ack(int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/* false, with errno, where the system does not take it: without it the attempt would mean something else. */
static bool set_manner(int fd, enum family family, const struct dial_manner *manner)
{
    int hops = (int)manner->hops;
    int held_back_s = 1;

    if (hops > 0 && family == FAMILY_IPV4 && setsockopt(fd, SOL_IP, IP_TTL, &hops, sizeof hops) != 0)
        return false;
    if (hops > 0 && family == FAMILY_IPV6 && setsockopt(fd, SOL_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof hops) != 0)
        return false;
    if (manner->max_segment > 0 &&
        setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &manner->max_segment, sizeof manner->max_segment) != 0)
        return false;
    /* Of a client's socket: the acknowledgement of SYN-ACK waits for data (tcp(7) speaks of servers alone). */
    return !manner->half_open ||
           setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &held_back_s, sizeof held_back_s) == 0;
}

enum dial_state dial_start_as(int *fd, const struct address *address, uint16_t port, const struct dial_manner *manner,
                              struct dial_result *ret)
{
    struct sockaddr_storage to;
    socklen_t len = to_sockaddr(&to, address, port);
    int on = 1;

    *ret = (struct dial_result){ 0 };
    *fd = socket(family_af(address->family), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return dial_failed(*fd, errno, address, ret);
    setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!manner->half_open)
        dial_quick_ack(*fd);
    set_error_queue(*fd, address->family, 1);
    if (!set_manner(*fd, address->family, manner))
        return dial_failed(*fd, errno, address, ret);
    if (connect(*fd, (const struct sockaddr *)&to, len) == 0) {
        set_error_queue(*fd, address->family, 0);
        return DIAL_CONNECTED;
    }
    return errno == EINPROGRESS ? DIAL_PENDING : dial_failed(*fd, errno, address, ret);
}

enum dial_state dial_start(int *fd, const struct address *address, uint16_t port, struct dial_result *ret)
{
    static const struct dial_manner usual;

    return dial_start_as(fd, address, port, &usual, ret);
}

void dial_abort(int fd)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

enum dial_state dial_look(int fd, const struct address *address, struct dial_result *ret)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    int code = 0;
    socklen_t code_len = sizeof code;
    int queued;

    *ret = (struct dial_result){ 0 };
    queued = read_error_queue(fd, ret);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &code_len);
    if (code != 0)
        return dial_failed(fd, code, address, ret);
    if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0) {
        /* Reading the queue takes the error with it: SO_ERROR is 0 then, and the closed socket wakes us for ever. */
        return given_up(fd) ? dial_failed(fd, queued != 0 ? queued : EIO, address, ret) : DIAL_PENDING;
    }
    set_error_queue(fd, address->family, 0);
    ret->icmp.seen = false; /* it did not keep the connection from standing */
    return DIAL_CONNECTED;
}

bool dial_local_address(int fd, struct address *ret)
{
    struct sockaddr_storage own;
    socklen_t len = sizeof own;

    return getsockname(fd, (struct sockaddr *)&own, &len) == 0 && from_sockaddr(ret, &own);
}

/* What the system says where its table has no way to an address; anything else is for the attempt itself to meet. */
static bool says_no_route(int code)
{
    return code == ENETUNREACH || code == EHOSTUNREACH || code == ENETDOWN || code == EADDRNOTAVAIL ||
           code == EAFNOSUPPORT || code == EINVAL;
}

bool dial_has_route(const struct address *address)
{
    struct sockaddr_storage to;
    socklen_t len = to_sockaddr(&to, address, 9);
    int fd = socket(family_af(address->family), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool has;

    if (fd < 0)
        return !says_no_route(errno);
    /* Connecting a datagram socket picks the route and sends nothing. */
    has = connect(fd, (const struct sockaddr *)&to, len) == 0 || !says_no_route(errno);
    close(fd);
    return has;
}

bool dial_has_public_route(enum family family)
{
    /* Root server A (RFC 7720): as public as an address can be; only looked up in the routing table. */
    static const char *const roots[FAMILY_COUNT] = { "198.41.0.4", "2001:503:ba3e::2:30" };
    struct address a;

    return address_parse(&a, roots[family]) && dial_has_route(&a);
}
