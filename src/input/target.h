/*
 * target - what was typed as the server to test -> the Plan's host, port and mode
 *
 * A host name, HOST:PORT, an address, [ADDRESS]:PORT, a provider's id, a mail
 * address of a listed provider, or a smtp://, smtps:// or submission:// URL.
 */
#ifndef SMTPDX_INPUT_TARGET_H
#define SMTPDX_INPUT_TARGET_H

#include "input/usage.h"
#include "model/plan.h"

/*
 * target_read() - reads a target into the Plan
 * shape:  whatever was typed is a target: what is odd about it becomes a note
 *         of the Plan, and where no host can be made of it the host stays NULL;
 *         a server that was probably meant instead is the suggestion;
 *         a port or a mode that it names is asked for as by --port and --tls,
 *         and --tls goes before it
 * errors: INPUT_USAGE and the Plan unchanged for a second target, for a mail
 *         address whose provider is not listed and not just misspelt, and for a
 *         URL with a user name, which may hold a password
 */
enum input_result target_read(struct plan *p, const char *typed, struct usage *error);

/*
 * target_read_setting() - reads what stands in a mail program's box for the server
 * shape:  as above, but a bare name or address alone is right there: whatever
 *         other form of a target it has is taken away and noted
 */
enum input_result target_read_setting(struct plan *p, const char *typed, struct usage *error);

/* Gmail, where nothing was typed. */
void target_default(struct plan *p);

/* Most ports that a user can ask for: those that are tried anyway must fit too. */
enum { TARGET_PORTS_MAX = PLAN_PORTS_MAX - 4 };

/* Adds a port to those that the user asked for, once; false: there are too many, or no memory. */
bool target_ask_port(struct plan *p, uint16_t port);

#endif
