/*
 * path - how far a blocked port is let through, beside one that is not
 *
 * Connects with rising limits of hops, to both ports, on ordinary sockets: each
 * router on the way answers the attempt that ends at it, up to the one that
 * lets the blocked port no further. Packets go to the address alone whose ports
 * they are. Writes one struct path of the Evidence.
 */
#ifndef SMTPDX_PROBE_PATH_H
#define SMTPDX_PROBE_PATH_H

#include <uv.h>

#include "base/err.h"
#include "model/evidence.h"

struct path_search;

struct path_listener {
    void (*over)(void *user); /* the path is complete, and the Evidence is not touched any more */
    void (*gone)(void *user, struct path_search *p); /* the last word; it is freed after this */
};

struct path_spec {
    uv_loop_t *loop;
    struct evidence *evidence;
    enum role role; /* of the blocked port */
    const char *host; /* lives as long as the Evidence */
    struct endpoint blocked; /* the port as meant */
    struct endpoint open; /* one of the same family that connects, best of the same address; port 0: none */
    double round_trip_ms; /* what a connection there takes, -1 unknown */
    const struct path_listener *listener;
    void *user;
};

/*
 * path_start() - sends the first of them
 * shape:  listens from the loop alone, never from inside this call
 * errors: ERR_NOMEM, ERR_LIMIT (EVIDENCE_PATHS_MAX); nothing is left behind then
 */
bool path_start(struct path_search **ret, const struct path_spec *spec, struct err *err);

/* Ends early: the path stays incomplete, `over` is not told, `gone` follows. Harmless when it is over. */
void path_stop(struct path_search *p);

/* For the check's list of them. */
struct path_search **path_next(struct path_search *p);

#endif
