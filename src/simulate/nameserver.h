/*
 * nameserver - the practice resolver's sockets
 *
 * UDP and TCP on one port; what is answered stands in zone.h.
 */
#ifndef SMTPDX_SIMULATE_NAMESERVER_H
#define SMTPDX_SIMULATE_NAMESERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "simulate/scenario.h"

struct nameserver;

/*
 * nameserver_new() - the first resolver of a scenario (0), or the second (1)
 * shape:  port 0 asks for any. ipv6 false keeps AAAA records back; s outlives it
 * errors: ERR_NOMEM, ERR_SYSTEM
 */
bool nameserver_new(struct nameserver **ret, uv_loop_t *loop, const struct scenario *s, size_t resolver,
                    const struct endpoint *at, bool ipv6, struct err *err);
uint16_t nameserver_port(const struct nameserver *n);

/* Closes its handles; the loop frees it once they are closed. NULL is fine. */
void nameserver_end(struct nameserver *n);

#endif
