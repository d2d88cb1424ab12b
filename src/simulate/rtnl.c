#include "simulate/rtnl.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_MAX = 512 };

struct message {
    _Alignas(struct nlmsghdr) uint8_t bytes[MESSAGE_MAX];
    size_t len;
};

static size_t address_size(enum family family)
{
    return family == FAMILY_IPV4 ? 4 : 16;
}

static uint8_t address_family(enum family family)
{
    return family == FAMILY_IPV4 ? AF_INET : AF_INET6;
}

/* A request with its fixed part; sizes are those of our own few messages, which fit. */
static void message_init(struct message *m, uint16_t type, uint16_t flags, const void *body, size_t size)
{
    struct nlmsghdr head = {
        .nlmsg_type = type,
        .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags),
    };

    memset(m, 0, sizeof *m);
    memcpy(m->bytes, &head, sizeof head);
    memcpy(m->bytes + NLMSG_HDRLEN, body, size);
    m->len = NLMSG_HDRLEN + NLMSG_ALIGN(size);
}

static void message_put(struct message *m, uint16_t type, const void *value, size_t size)
{
    struct rtattr head = { .rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = type };

    memcpy(m->bytes + m->len, &head, sizeof head);
    memcpy(m->bytes + m->len + RTA_LENGTH(0), value, size);
    m->len += RTA_SPACE(size);
}

/* Sends it and reads the kernel's answer, which comes at once. */
static bool message_send(struct rtnl *r, struct message *m)
{
    struct nlmsghdr *head = (struct nlmsghdr *)m->bytes;
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        uint8_t rest[MESSAGE_MAX];
    } answer;
    ssize_t n;

    head->nlmsg_len = (uint32_t)m->len;
    head->nlmsg_seq = ++r->sequence;
    if (send(r->fd, m->bytes, m->len, 0) != (ssize_t)m->len)
        return false;
    n = recv(r->fd, &answer, sizeof answer, 0);
    if (n < 0)
        return false;
    if ((size_t)n < sizeof answer.head + sizeof answer.error || answer.head.nlmsg_type != NLMSG_ERROR) {
        errno = EPROTO;
        return false;
    }
    errno = -answer.error.error;
    return errno == 0;
}

bool rtnl_open(struct rtnl *r)
{
    *r = (struct rtnl){ .fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE) };
    return r->fd >= 0;
}

void rtnl_close(struct rtnl *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
}

static int device_index(const char *device)
{
    return (int)if_nametoindex(device);
}

bool rtnl_set_up(struct rtnl *r, const char *device)
{
    struct ifinfomsg body = {
        .ifi_family = AF_UNSPEC, .ifi_index = device_index(device), .ifi_flags = IFF_UP, .ifi_change = IFF_UP,
    };
    struct message m;

    message_init(&m, RTM_NEWLINK, 0, &body, sizeof body);
    return body.ifi_index != 0 && message_send(r, &m);
}

bool rtnl_add_address(struct rtnl *r, const char *device, const struct address *a, uint8_t prefix_len)
{
    struct ifaddrmsg body = {
        .ifa_family = address_family(a->family),
        .ifa_prefixlen = prefix_len,
        .ifa_flags = a->family == FAMILY_IPV6 ? IFA_F_NODAD : 0,
        .ifa_index = (uint32_t)device_index(device),
    };
    struct message m;

    message_init(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
    message_put(&m, IFA_LOCAL, a->bytes, address_size(a->family));
    message_put(&m, IFA_ADDRESS, a->bytes, address_size(a->family));
    return body.ifa_index != 0 && message_send(r, &m);
}

bool rtnl_add_route(struct rtnl *r, const char *device, enum family family, const struct address *gateway)
{
    struct rtmsg body = {
        .rtm_family = address_family(family),
        .rtm_table = RT_TABLE_MAIN,
        .rtm_protocol = RTPROT_STATIC,
        .rtm_scope = gateway != NULL ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
        .rtm_type = RTN_UNICAST,
    };
    int index = device_index(device);
    struct message m;

    message_init(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
    message_put(&m, RTA_OIF, &index, sizeof index);
    if (gateway != NULL)
        message_put(&m, RTA_GATEWAY, gateway->bytes, address_size(family));
    return index != 0 && message_send(r, &m);
}

bool rtnl_prohibit_port(struct rtnl *r, enum family family, uint16_t port)
{
    struct fib_rule_hdr body = { .family = address_family(family), .action = FR_ACT_PROHIBIT };
    struct fib_rule_port_range range = { .start = port, .end = port };
    uint8_t protocol = IPPROTO_TCP;
    struct message m;

    message_init(&m, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
    message_put(&m, FRA_IP_PROTO, &protocol, sizeof protocol);
    if (port != 0)
        message_put(&m, FRA_DPORT_RANGE, &range, sizeof range);
    return message_send(r, &m);
}
