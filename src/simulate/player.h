/*
 * player - a scenario on the air
 *
 * Practice servers and a practice resolver, in a loop and a thread of their
 * own. A check is pointed at them by simulate_options(). On loopback no
 * privilege is needed; a scenario with net lines is played in namespaces, and
 * simulate_start() leaves the calling thread on the client's side there. In
 * either case nothing is changed that anybody else sees.
 */
#ifndef SMTPDX_SIMULATE_PLAYER_H
#define SMTPDX_SIMULATE_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "simulate/scenario.h"

struct simulate;

/* shape: value NULL for an option that takes none; "target" is the target itself */
struct simulate_option {
    const char *name; /* the long one, without dashes */
    const char *value;
};

enum { SIMULATE_OPTIONS_MAX = SCENARIO_OPTIONS_MAX + 2 * SCENARIO_PORTS_MAX + SCENARIO_CLOCKS_MAX + 8 };

/*
 * simulate_start() - returns once everything listens
 * shape:  s outlives it
 * errors: ERR_NOMEM, ERR_SYSTEM, ERR_LIBRARY (GnuTLS)
 *         with net lines ERR_SYSTEM also where this system permits no namespaces
 */
bool simulate_start(struct simulate **ret, const struct scenario *s, struct err *err);

/* What the check has to be given, at most max of it; borrowed until simulate_free(). */
size_t simulate_options(const struct simulate *p, struct simulate_option *out, size_t max);

/* The loopback port that stands for a port of the scenario, 0 where there is none. */
uint16_t simulate_port(const struct simulate *p, uint16_t number);

/* The practice root as PEM. */
const char *simulate_root(const struct simulate *p);

/* Hangs up on everybody and ends the thread; what was said can be read then. */
void simulate_stop(struct simulate *p);

/* After simulate_stop(): every line that was said, "CONNECTION PORT C|S|T|- TEXT" each. */
const char *simulate_transcript(const struct simulate *p);

/* After simulate_stop(): what a client did that the scenario does not allow, a line each; "" is well. */
const char *simulate_complaints(const struct simulate *p);

/* Stops it where that has not been done. */
struct simulate *simulate_free(struct simulate *p);

#endif
