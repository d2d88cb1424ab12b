/*
 * binding - sockets of practice servers: bound to an address, and ports that swallow what comes
 */
#ifndef SMTPDX_SIMULATE_BINDING_H
#define SMTPDX_SIMULATE_BINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/err.h"

/* A TCP socket bound to a port of ours, -1 with errno; port 0 asks for any. */
int binding_open(const struct address *a, uint16_t port);
uint16_t binding_port(int fd);

/* Whether this machine has ::1. */
bool binding_has_ipv6(void);

enum { BINDING_FULL_MAX = 4 }; /* connections that fill a queue of length 0; one does on Linux */

/* What keeps a port full. */
struct binding_full {
    int fds[BINDING_FULL_MAX]; /* -1: unused */
};

void binding_full_init(struct binding_full *f);
void binding_full_done(struct binding_full *f);

/*
 * binding_swallow() - makes a bound port swallow every SYN
 * shape:  a listener that never accepts, with a queue of length 0 that is
 *         filled by connections of ours: Linux drops what comes then without
 *         a word, on loopback too, and needs no firewall for it
 */
bool binding_swallow(struct binding_full *f, int fd, const struct address *a, uint16_t port, struct err *err);

#endif
