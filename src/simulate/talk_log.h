/*
 * talk_log - what was said to practice servers and by them, and what should not have been
 *
 * Shared by all talks of one loop. What it keeps is harmless to print: escaped,
 * without what a client says to sign in, for a user may do so with a password of
 * his own, and without the secrets of the scenario, made up though they are, so
 * that a test may look for them in all that the program prints.
 */
#ifndef SMTPDX_SIMULATE_TALK_LOG_H
#define SMTPDX_SIMULATE_TALK_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/peer_text.h"
#include "base/secret.h"
#include "simulate/scenario.h"

struct talk_log {
    struct buf transcript; /* "3 587 C EHLO [127.0.0.1]" a line */
    struct buf complaints; /* a sentence a line */
    struct secret *secrets[SCENARIO_ACCOUNTS_MAX + 1];
    struct peer_text users[SCENARIO_ACCOUNTS_MAX + 1]; /* of each; of the scenario */
    size_t n_secrets;
};

/* shape: s outlives it, and talk_log_done() is due after a failure too; errors: ERR_NOMEM, ERR_LIMIT */
bool talk_log_init(struct talk_log *log, const struct scenario *s, struct err *err);
void talk_log_done(struct talk_log *log);

/* who: C the client, S the server, T what TLS came to, - what happened to the connection */
void talk_log_note(struct talk_log *log, unsigned talk, uint16_t port, char who, struct peer_text text);
void talk_log_complain(struct talk_log *log, uint16_t port, const char *what, struct peer_text text);

/* The same of a line of the client's; in a sign-in it answers a challenge. */
void talk_log_note_line(struct talk_log *log, unsigned talk, uint16_t port, struct peer_text line,
                        bool in_sign_in);
void talk_log_complain_of_line(struct talk_log *log, uint16_t port, const char *what, struct peer_text line,
                               bool in_sign_in);

/* Whether a secret of the scenario can be read in a text, in plain or encoded. */
bool talk_log_sees_secret(const struct talk_log *log, struct peer_text text);

#endif
