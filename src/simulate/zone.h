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
    ZONE_REPLY_MAX = 1536,
};

struct zone_reply {
    uint8_t bytes[ZONE_REPLY_MAX];
    size_t len;        /* 0: stay silent */
    unsigned delay_ms; /* to be sent only then */
};

/*
 * zone_answer() - the reply to one query
 * shape:  ipv6 false leaves out the AAAA records: this machine has no ::1
 * source: RFC 1035 section 4.1
 */
void zone_answer(struct zone_reply *ret, const struct scenario *s, bool ipv6, const uint8_t *query,
                 size_t len);

#endif
