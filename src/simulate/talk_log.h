/*
 * talk_log - what was said to practice servers and by them, and what should not have been
 *
 * Shared by all talks of one loop. What it keeps is harmless to print.
 */
#ifndef SMTPDX_SIMULATE_TALK_LOG_H
#define SMTPDX_SIMULATE_TALK_LOG_H

#include <stdint.h>

#include "base/buf.h"
#include "base/peer_text.h"

struct talk_log {
    struct buf transcript; /* "3 587 C EHLO [127.0.0.1]" a line */
    struct buf complaints; /* a sentence a line */
};

void talk_log_init(struct talk_log *log);
void talk_log_done(struct talk_log *log);

/* who: C the client, S the server, T what TLS came to, - what happened to the connection */
void talk_log_note(struct talk_log *log, unsigned talk, uint16_t port, char who, struct peer_text text);
void talk_log_complain(struct talk_log *log, uint16_t port, const char *what, struct peer_text text);

#endif
