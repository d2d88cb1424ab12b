/*
 * zone - what the practice resolver answers
 *
 * One DNS message in, one out; the caller has the sockets and the time. The
 * question is read within its bytes, and whatever cannot be read is refused.
 */
#ifndef SMTPDX_SIMULATE_ZONE_H
#define SMTPDX_SIMULATE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/scenario.h"

enum {
    ZONE_QUERY_MAX = 1024,
    ZONE_REPLY_MAX = 65535,
    ZONE_DATAGRAM_MAX = 512, /* RFC 1035 section 4.2.1 */
};

struct zone_reply {
    uint8_t bytes[ZONE_REPLY_MAX];
    size_t len;        /* 0: stay silent */
    unsigned delay_ms; /* to be sent only then */
    bool stray;        /* what nobody asked for goes before it */
    unsigned lost;     /* so many datagrams that ask for it never arrive */
    size_t line;       /* of the scenario's answers, which says so */
};

/*
 * zone_answer() - the reply to one query
 * shape:  ipv6 false leaves out the AAAA records: this machine has no ::1;
 *         resolver is 0, or 1 for the second one
 * source: RFC 1035 section 4.1; EDNS is refused (RFC 6891 section 7)
 */
void zone_answer(struct zone_reply *ret, const struct scenario *s, size_t resolver, bool ipv6,
                 const uint8_t *query, size_t len);

/* Cuts a reply to the question where it is too long for a datagram, saying so (TC). */
void zone_cut(struct zone_reply *r);

/*
 * zone_make_stray() - turns a reply into one that denies the name and must not be believed
 * shape:  wrong_id: to another question of the client's; else to one for another name
 */
void zone_make_stray(struct zone_reply *r, bool wrong_id);

#endif
