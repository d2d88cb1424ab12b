/*
 * portal - whether a network answers in place of the world: one page that is known to be empty
 *
 * Asks a control on port 80 for /generate_204 and writes what came into its
 * cell: 204 without a body means that nothing stands between.
 */
#ifndef SMTPDX_PROBE_PORTAL_H
#define SMTPDX_PROBE_PORTAL_H

#include <uv.h>

#include "base/err.h"
#include "model/evidence.h"

enum { PORTAL_PORT = 80 };

struct portal;

struct portal_listener {
    void (*over)(void *user, struct portal *p); /* its cell will not change any more */
    void (*gone)(void *user, struct portal *p); /* the last word; it is freed after this */
};

struct portal_spec {
    uv_loop_t *loop;
    struct evidence *evidence;
    double check_started_ms; /* of the steady clock */
    size_t cell;             /* index into probes: host, address and port are its */
    const struct portal_listener *listener;
    void *user;
};

/* errors: ERR_NOMEM, ERR_LIBRARY (libcurl is not there); listens from the loop alone, never from inside this call */
bool portal_start(struct portal **ret, const struct portal_spec *spec, struct err *err);

bool portal_is_over(const struct portal *p);

/* The cell ends like this and with total_ms, unless it has ended; `over` is not told. `gone` follows. */
void portal_stop(struct portal *p, enum probe_outcome outcome);

/* A further one of the site's, for the intrusive list of them. */
struct portal **portal_next(struct portal *p);

#endif
