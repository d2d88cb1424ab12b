/*
 * packet - one IP packet as a router sees it, and what a router says about it
 *
 * IPv4 and IPv6 without extension headers, which is what the practice network
 * carries; anything else is not understood and goes nowhere.
 */
#ifndef SMTPDX_SIMULATE_PACKET_H
#define SMTPDX_SIMULATE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

enum {
    PACKET_MAX = 1500,
    PACKET_ANSWER_MAX = 128, /* bytes that packet_answer() and packet_reset() make at most */
};

struct packet {
    uint8_t *bytes; /* the caller's */
    size_t len;
    struct address from, to;
    uint8_t protocol;
    uint16_t to_port; /* 0: TCP or UDP without a readable header, or neither */
    size_t head;      /* of the IP header */
};

/* What a router answers in place of passing a packet on. */
enum packet_trouble {
    PACKET_TIME_EXCEEDED,
    PACKET_PROHIBITED, /* by an administrator's rule */
    PACKET_TOO_BIG,
};

/* shape: ret points into bytes; errors: false for what is no whole IP packet */
bool packet_read(struct packet *ret, uint8_t *bytes, size_t len);

/* Counts one hop; false when that was the last that it might take. */
bool packet_count_hop(struct packet *p);

/*
 * packet_answer() - the ICMP error that a router at an address sends back
 * shape:  mtu: what the next link takes, for PACKET_TOO_BIG; returns how many bytes out holds, 0 where none
 *         may be sent: about an ICMP error
 * source: RFC 792, RFC 1191 section 4, RFC 1812 section 4.3.2, RFC 4443 sections 2.4 and 3
 */
size_t packet_answer(uint8_t out[static PACKET_ANSWER_MAX], const struct packet *p,
                     enum packet_trouble trouble, unsigned mtu, const struct address *router);

/*
 * packet_reset() - the RST that a middlebox sends in the receiver's name
 * shape:  as packet_answer(); 0 for what is no SYN or no TCP
 * source: RFC 9293 section 3.5.2
 */
size_t packet_reset(uint8_t out[static PACKET_ANSWER_MAX], const struct packet *p);

#endif
