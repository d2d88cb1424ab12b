/*
 * world - a network of the scenario's own, in namespaces that end with the process
 *
 * Two network namespaces with a path of routers between them, and the system's
 * hosts, resolv.conf and trusted roots exchanged. The servers are started on
 * the far side, the check runs on the near one; nothing that others see is
 * changed. Needs the right to make a user namespace, and /dev/net/tun.
 */
#ifndef SMTPDX_SIMULATE_WORLD_H
#define SMTPDX_SIMULATE_WORLD_H

#include <stdbool.h>

#include "base/err.h"
#include "simulate/scenario.h"

struct world;

/*
 * world_new() - makes it; the process and this thread are on the far side then
 * shape:  the process has one thread; it never comes back, also where this fails
 * errors: ERR_NOMEM, ERR_SYSTEM where this system does not permit it
 */
bool world_new(struct world **ret, const struct scenario *s, struct err *err);

/*
 * world_cross() - takes this thread, and those that it starts from now on, to the near side
 * shape:  sockets and threads that there are already stay on the far one
 */
bool world_cross(struct world *w, struct err *err);

/* Takes the path away; no packet goes anywhere then. */
struct world *world_free(struct world *w);

#endif
