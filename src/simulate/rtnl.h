/*
 * rtnl - the few things that a practice network needs of the kernel's routing, over netlink
 *
 * Everything happens in the network namespace that rtnl_open() was called in.
 * source: rtnetlink(7), linux/fib_rules.h
 */
#ifndef SMTPDX_SIMULATE_RTNL_H
#define SMTPDX_SIMULATE_RTNL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

struct rtnl {
    int fd;
    uint32_t sequence;
};

/* errors: false with errno, here and below */
bool rtnl_open(struct rtnl *r);
void rtnl_close(struct rtnl *r);

bool rtnl_set_up(struct rtnl *r, const char *device);
/* Usable at once: nobody is asked whether an IPv6 address is taken (RFC 4862 section 5.4). */
bool rtnl_add_address(struct rtnl *r, const char *device, const struct address *a, uint8_t prefix_len);
/* The default route; gateway NULL: the whole world is on the link. */
bool rtnl_add_route(struct rtnl *r, const char *device, enum family family, const struct address *gateway);
/* What goes to this port (0: all of them) over TCP is refused by this machine itself: EACCES. */
bool rtnl_prohibit_port(struct rtnl *r, enum family family, uint16_t port);

#endif
