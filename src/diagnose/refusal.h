/*
 * refusal - the lines about a sign-in or a test message that came to nothing
 *
 * Shared by the rules of auth, send and relay: each raises its finding where
 * the attempt (attempt.h) failed for just that.
 */
#ifndef SMTPDX_DIAGNOSE_REFUSAL_H
#define SMTPDX_DIAGNOSE_REFUSAL_H

#include "diagnose/spot.h"

/*
 * refusal_raise() - the finding, critical, with its first line
 * shape:  text takes {endpoint}, {mechanism}, {step}, {user}, {offered} and {reply}; what the
 *         provider itself says about such a reply is the second line
 * errors: NULL where it is not this that the attempt failed for
 */
struct diagnosed *refusal_raise(struct draft *d, enum finding_id finding, enum text_id text);

/* A line about the connection of the attempt: {endpoint}. */
struct because *refusal_because(struct draft *d, struct diagnosed *f, enum text_id text);

/* Where the provider explains the reply, as a line and for the steps' {help}. */
void refusal_say_help(struct draft *d, struct diagnosed *f);

/* The address of this side as the server names it, for lines and steps; false where it names none. */
bool refusal_public_address(const struct draft *d, struct address *ret);

#endif
