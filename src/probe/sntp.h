/*
 * sntp - the packets of a client that asks for the time once
 *
 * Bytes in, bytes out; sockets and clocks are for clock.h. The transmit
 * timestamp of a request is a random number, not our time: the server sends it
 * back unread, and only who saw the request knows it.
 */
#ifndef SMTPDX_PROBE_SNTP_H
#define SMTPDX_PROBE_SNTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SNTP_PACKET_SIZE = 48 };

enum sntp_result {
    SNTP_TIME,          /* the server says what time it is */
    SNTP_NOT_OURS,      /* no answer to this request: to be ignored */
    SNTP_UNSYNCHRONISED, /* the server does not know the time itself */
    SNTP_KISS_OF_DEATH, /* the server wants to be left alone */
};

struct sntp_reply {
    int64_t received_ms; /* the server's clock, Unix milliseconds, when our request came */
    int64_t sent_ms;     /* and when its answer left */
    int64_t distance_ms; /* how far its clock may be off by its own account */
    char kiss[5];        /* "RATE", "DENY", ...; empty where it is none */
};

void sntp_write_request(uint8_t out[static SNTP_PACKET_SIZE], uint64_t cookie);

/*
 * sntp_read_reply() - judges a datagram from the server that was asked
 * shape:  cookie is the one of the request; dates are of 2000 to 2136
 * source: RFC 5905 sections 7.3, 7.4, 8 and 14
 */
enum sntp_result sntp_read_reply(struct sntp_reply *ret, const uint8_t *bytes, size_t len, uint64_t cookie);

/*
 * sntp_interval() - what the answer says about true time minus local time
 * shape:  sent and received are local, of one clock that was not set meanwhile
 * errors: false where the server's times cannot be: it answered before it was asked
 */
bool sntp_interval(const struct sntp_reply *r, int64_t sent_ms, int64_t received_ms, int64_t *lower_ms,
                   int64_t *upper_ms);

#endif
