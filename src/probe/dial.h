/*
 * dial - one TCP connection attempt, with all that the system tells of its end
 */
#ifndef SMTPDX_PROBE_DIAL_H
#define SMTPDX_PROBE_DIAL_H

#include "model/evidence.h"

enum dial_state {
    DIAL_PENDING,
    DIAL_CONNECTED,
    DIAL_FAILED,
};

struct dial_result {
    enum fault fault;       /* FAULT_NONE while pending or connected */
    const char *error_code; /* "ECONNREFUSED", or NULL */
    const char *error_text; /* the system's words, a static string */
    struct icmp_report icmp;
};

/*
 * dial_start() - begins to connect
 * shape:  *fd is a non-blocking socket of the caller's, -1 when none could be made
 * errors: DIAL_FAILED with the reason in ret; local refusals show here
 */
enum dial_state dial_start(int *fd, const struct address *address, uint16_t port, struct dial_result *ret);

/* How an attempt departs from what a mail client's would be; zero where it does not. */
struct dial_manner {
    unsigned hops;  /* its packets go no further than this */
    int max_segment; /* bytes of one segment, in both directions */
    bool half_open; /* the last packet of the handshake is held back: who closes at once is never accepted */
};
enum dial_state dial_start_as(int *fd, const struct address *address, uint16_t port, const struct dial_manner *manner,
                              struct dial_result *ret);

/*
 * dial_look() - how the attempt stands, after the loop says that the socket may tell
 * shape:  reads the error queue before SO_ERROR, for an ICMP message says more
 *         than the errno that it becomes; clears IP_RECVERR once connected, else
 *         soft ICMP errors would end the connection; what it says while pending is in ret->icmp
 */
enum dial_state dial_look(int fd, const struct address *address, struct dial_result *ret);

/* Ends an attempt, and what it may have become, at once and without a trace: by RST where it connected. */
void dial_abort(int fd);

/* What a read or write error on a connected socket means. */
enum fault dial_fault_of_errno(int code);
const char *dial_errno_name(int code);

/*
 * dial_round_trip_ms() - of a connection that has just been made in took_ms
 * shape:  where the system had to send its first packet again, what it measured itself
 */
double dial_round_trip_ms(int fd, double took_ms);

/* Acknowledge at once; not sticky, so again after every read. */
void dial_quick_ack(int fd);

/* The socket's own address; false where the system does not tell. */
bool dial_local_address(int fd, struct address *ret);

/*
 * dial_has_route() - this machine has a route to that address; nothing is sent
 * errors: none; true where it cannot be told (no descriptor left, a packet filter), so that the attempt tells
 */
bool dial_has_route(const struct address *address);

/* This machine has a route to the public network of that family; nothing is sent. */
bool dial_has_public_route(enum family family);

#endif
