/*
 * special - addresses that no public mail server has
 */
#ifndef SMTPDX_BASE_SPECIAL_H
#define SMTPDX_BASE_SPECIAL_H

#include "base/address.h"

/* On this very machine. */
bool address_is_loopback(const struct address *a);

/*
 * address_is_special() - set aside for this machine, for private networks or for nothing
 * shape:  an IPv4 address inside an IPv6 one (mapped, or made by DNS64) is judged by itself
 *         addresses for documentation are left out: no one is sent there but by examples
 * source: the IANA registries of special-purpose addresses (RFC 6890), RFC 6052, RFC 7050
 */
bool address_is_special(const struct address *a);

#endif
