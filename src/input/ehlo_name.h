/*
 * ehlo_name - what a client may call itself in EHLO
 *
 * Knows names alone: asks neither the system nor DNS.
 */
#ifndef SMTPDX_INPUT_EHLO_NAME_H
#define SMTPDX_INPUT_EHLO_NAME_H

#include "base/arena.h"
#include "base/peer_text.h"
#include "input/usage.h"

/*
 * ehlo_name_read() - the name that a user asks for
 * shape:  *ret is as it goes over the wire: a name with a dot, or an address
 *         literal; NULL for what no server should hear, localhost above all
 * errors: INPUT_NO_MEMORY
 * source: RFC 5321 sections 4.1.1.1 and 4.1.3
 */
enum input_result ehlo_name_read(const char **ret, struct arena *arena, const char *value);

/*
 * ehlo_name_own() - the machine's own name, where it is worth telling
 * shape:  as above; NULL also for a name that is private to its network
 *         (pc.local): a server that looks it up finds nothing and turns the
 *         client away, where an address literal would have been welcome
 * errors: INPUT_NO_MEMORY
 */
enum input_result ehlo_name_own(const char **ret, struct arena *arena, const char *machine);

/*
 * ehlo_name_sender() - the domain that a message is sent from
 * shape:  as above; NULL where the address has none that a server should hear. A relay knows its
 *         customers by their domain
 * errors: INPUT_NO_MEMORY
 */
enum input_result ehlo_name_sender(const char **ret, struct arena *arena, struct peer_text address);

#endif
