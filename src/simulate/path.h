/*
 * path - the routers between a client and the practice servers
 *
 * Carries packets between two tun devices in a thread of its own and does on
 * the way what the scenario's net lines say: routers count hops and say so,
 * and at one of them packets are dropped, refused or too big. The client's
 * router has 192.168.7.1, its provider 198.51.100.x, their side 203.0.113.1.
 */
#ifndef SMTPDX_SIMULATE_PATH_H
#define SMTPDX_SIMULATE_PATH_H

#include <stdbool.h>

#include "base/err.h"
#include "simulate/scenario.h"

enum path_end {
    PATH_NEAR, /* the client's */
    PATH_FAR,
    PATH_ENDS,
};

struct path;

/*
 * path_new() - begins to carry
 * shape:  takes the devices over, also where it fails; s outlives it
 * errors: ERR_NOMEM, ERR_SYSTEM
 */
bool path_new(struct path **ret, const struct scenario *s, const int devices[static PATH_ENDS],
              struct err *err);
struct path *path_free(struct path *p);

/* The router that is next to an end. */
void path_gateway(struct address *ret, enum path_end end, enum family family);

#endif
