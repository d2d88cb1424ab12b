/*
 * handler - which part of a port's script answers what happened
 *
 * What happens is a command of the client or an event that has a name of its
 * own, in small letters; a client that says such a name has said a command.
 */
#ifndef SMTPDX_SIMULATE_HANDLER_H
#define SMTPDX_SIMULATE_HANDLER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/peer_text.h"
#include "simulate/scenario.h"

/* Where in its course a connection is. */
struct handler_moment {
    bool in_tls;
    bool signed_in;
};

/* The parts of a line; borrowed from it. */
struct handler_command {
    struct peer_text tag; /* IMAP alone */
    struct peer_text verb;
    struct peer_text argument;
};

struct handler_command handler_split(struct peer_text line, enum scenario_protocol protocol);

/* Appends bytes with {tag} resolved; false when out refused them. */
bool handler_put_tagged(struct buf *out, struct peer_text bytes, struct peer_text tag);

/* Whether a word names an event. */
bool handler_is_event(const char *word);

/* The first that fits, NULL where none does. */
const struct scenario_handler *handler_find(const struct scenario *s, const struct scenario_port *port,
                                            struct handler_moment now, struct handler_command c);
const struct scenario_handler *handler_find_event(const struct scenario *s, const struct scenario_port *port,
                                                  struct handler_moment now, const char *event,
                                                  struct peer_text argument);

#endif
