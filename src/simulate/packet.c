#include "simulate/packet.h"

#include <netinet/in.h>
#include <string.h>

enum {
    V4_HEAD = 20, /* RFC 791 section 3.1, and where its fields stand */
    V4_LENGTH = 2,
    V4_FRAGMENT = 6,
    V4_TTL = 8,
    V4_PROTOCOL = 9,
    V4_CHECKSUM = 10,
    V4_FROM = 12,
    V4_TO = 16,
    V6_HEAD = 40, /* RFC 8200 section 3 */
    V6_LENGTH = 4,
    V6_NEXT = 6,
    V6_HOPS = 7,
    V6_FROM = 8,
    V6_TO = 24,
    PSEUDO_SIZE = 40,
    ICMP_HEAD = 8,
    ICMP_MTU = 6,
    QUOTED_BEHIND = 8, /* of what follows the IP header: the ports and the sequence number */
    TCP_HEAD = 20,
    TCP_SEQUENCE = 4,
    TCP_ACK = 8,
    TCP_OFFSET = 12,
    TCP_FLAGS = 13,
    TCP_CHECKSUM = 16,
    FLAG_SYN = 0x02,
    FLAG_RST = 0x04,
    FLAG_ACK = 0x10,
    HOPS_OF_ANSWER = 64,
    ICMP_ERROR_KINDS = 128, /* of ICMPv6: below it are errors */
    ICMP_ECHO_REPLY = 0,
    ICMP_ECHO_REQUEST = 8,
};

static uint16_t read_16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static void write_16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* The internet checksum (RFC 1071), begun with sum. */
static uint16_t checksum(uint32_t sum, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += read_16(bytes + i);
    if (len % 2 == 1)
        sum += (uint32_t)(bytes[len - 1] << 8);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static size_t address_size(enum family family)
{
    return family == FAMILY_IPV4 ? 4 : 16;
}

static bool read_v4(struct packet *p)
{
    if (p->len < V4_HEAD)
        return false;
    p->head = (size_t)(p->bytes[0] & 0x0f) * 4;
    if (p->head < V4_HEAD || p->len < p->head || read_16(p->bytes + V4_LENGTH) != p->len)
        return false;
    p->from.family = p->to.family = FAMILY_IPV4;
    memcpy(p->from.bytes, p->bytes + V4_FROM, 4);
    memcpy(p->to.bytes, p->bytes + V4_TO, 4);
    p->protocol = p->bytes[V4_PROTOCOL];
    return true;
}

static bool read_v6(struct packet *p)
{
    p->head = V6_HEAD;
    if (p->len < V6_HEAD || read_16(p->bytes + V6_LENGTH) != p->len - V6_HEAD)
        return false;
    p->from.family = p->to.family = FAMILY_IPV6;
    memcpy(p->from.bytes, p->bytes + V6_FROM, 16);
    memcpy(p->to.bytes, p->bytes + V6_TO, 16);
    p->protocol = p->bytes[V6_NEXT];
    return true;
}

bool packet_read(struct packet *ret, uint8_t *bytes, size_t len)
{
    *ret = (struct packet){ .bytes = bytes, .len = len };
    if (len == 0 || !(bytes[0] >> 4 == 4 ? read_v4(ret) : bytes[0] >> 4 == 6 && read_v6(ret)))
        return false;
    if ((ret->protocol == IPPROTO_TCP || ret->protocol == IPPROTO_UDP) && len >= ret->head + 4)
        ret->to_port = read_16(bytes + ret->head + 2);
    return true;
}

bool packet_count_hop(struct packet *p)
{
    uint8_t *left = p->bytes + (p->to.family == FAMILY_IPV4 ? V4_TTL : V6_HOPS);

    if (*left <= 1)
        return false;
    --*left;
    if (p->to.family == FAMILY_IPV4) {
        write_16(p->bytes + V4_CHECKSUM, 0);
        write_16(p->bytes + V4_CHECKSUM, checksum(0, p->bytes, p->head));
    }
    return true;
}

/* ---- what a router says ---- */

/* The IP header of an answer whose body of size bytes stands behind it already. Returns where that begins. */
static size_t put_head(uint8_t *out, const struct address *from, const struct address *to, uint8_t protocol,
                       size_t size)
{
    if (from->family == FAMILY_IPV4) {
        memset(out, 0, V4_HEAD);
        out[0] = 0x45;
        write_16(out + V4_LENGTH, V4_HEAD + size);
        out[V4_TTL] = HOPS_OF_ANSWER;
        out[V4_PROTOCOL] = protocol;
        memcpy(out + V4_FROM, from->bytes, 4);
        memcpy(out + V4_TO, to->bytes, 4);
        write_16(out + V4_CHECKSUM, checksum(0, out, V4_HEAD));
        return V4_HEAD;
    }
    memset(out, 0, V6_HEAD);
    out[0] = 0x60;
    write_16(out + V6_LENGTH, size);
    out[V6_NEXT] = protocol;
    out[V6_HOPS] = HOPS_OF_ANSWER;
    memcpy(out + V6_FROM, from->bytes, 16);
    memcpy(out + V6_TO, to->bytes, 16);
    return V6_HEAD;
}

/* The sum of the pseudo-header, as checksum() begins with it (RFC 9293 section 3.1, RFC 8200 section 8.1). */
static uint32_t pseudo_sum(const struct address *from, const struct address *to, uint8_t protocol,
                           size_t size)
{
    size_t n = address_size(from->family);
    uint8_t bytes[PSEUDO_SIZE] = { 0 };

    memcpy(bytes, from->bytes, n);
    memcpy(bytes + n, to->bytes, n);
    write_16(bytes + 2 * n, size);
    bytes[2 * n + 3] = protocol;
    return (uint16_t)~checksum(0, bytes, 2 * n + 4);
}

static bool may_be_answered(const struct packet *p)
{
    uint8_t type = p->len > p->head ? p->bytes[p->head] : 0;

    if (p->to.family == FAMILY_IPV4)
        return (read_16(p->bytes + V4_FRAGMENT) & 0x1fff) == 0 &&
               (p->protocol != IPPROTO_ICMP || type == ICMP_ECHO_REQUEST || type == ICMP_ECHO_REPLY);
    return p->protocol != IPPROTO_ICMPV6 || type >= ICMP_ERROR_KINDS;
}

size_t packet_answer(uint8_t out[static PACKET_ANSWER_MAX], const struct packet *p,
                     enum packet_trouble trouble, unsigned mtu, const struct address *router)
{
    static const uint8_t kinds[3][FAMILY_COUNT][2] = { /* type and code */
        [PACKET_TIME_EXCEEDED] = { { 11, 0 }, { 3, 0 } },
        [PACKET_PROHIBITED] = { { 3, 13 }, { 1, 1 } },
        [PACKET_TOO_BIG] = { { 3, 4 }, { 2, 0 } },
    };
    bool v4 = p->to.family == FAMILY_IPV4;
    uint8_t *icmp = out + (v4 ? V4_HEAD : V6_HEAD);
    size_t quoted = p->len < p->head + QUOTED_BEHIND ? p->len : p->head + QUOTED_BEHIND;
    uint8_t protocol = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;

    if (!may_be_answered(p) || ICMP_HEAD + quoted > PACKET_ANSWER_MAX - V6_HEAD)
        return 0;
    memset(icmp, 0, ICMP_HEAD);
    memcpy(icmp, kinds[trouble][p->to.family], 2);
    write_16(icmp + ICMP_MTU, mtu); /* the lower half of the 32 bits of IPv6 too */
    memcpy(icmp + ICMP_HEAD, p->bytes, quoted);
    write_16(icmp + 2, checksum(v4 ? 0 : pseudo_sum(router, &p->from, protocol, ICMP_HEAD + quoted), icmp,
                                ICMP_HEAD + quoted));
    return put_head(out, router, &p->from, protocol, ICMP_HEAD + quoted) + ICMP_HEAD + quoted;
}

size_t packet_reset(uint8_t out[static PACKET_ANSWER_MAX], const struct packet *p)
{
    const uint8_t *syn = p->bytes + p->head;
    uint8_t *tcp = out + (p->to.family == FAMILY_IPV4 ? V4_HEAD : V6_HEAD);
    uint32_t next = 0;

    if (p->protocol != IPPROTO_TCP || p->len < p->head + TCP_HEAD ||
        (syn[TCP_FLAGS] & (FLAG_SYN | FLAG_ACK)) != FLAG_SYN)
        return 0;
    for (int i = 0; i < 4; i++)
        next = next << 8 | syn[TCP_SEQUENCE + i];
    next++;
    memset(tcp, 0, TCP_HEAD);
    memcpy(tcp, syn + 2, 2);
    memcpy(tcp + 2, syn, 2);
    write_16(tcp + TCP_ACK, next >> 16);
    write_16(tcp + TCP_ACK + 2, next & 0xffff);
    tcp[TCP_OFFSET] = TCP_HEAD / 4 << 4;
    tcp[TCP_FLAGS] = FLAG_RST | FLAG_ACK;
    write_16(tcp + TCP_CHECKSUM,
             checksum(pseudo_sum(&p->to, &p->from, IPPROTO_TCP, TCP_HEAD), tcp, TCP_HEAD));
    return put_head(out, &p->to, &p->from, IPPROTO_TCP, TCP_HEAD) + TCP_HEAD;
}
