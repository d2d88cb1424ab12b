/*
 * clock - what time it is elsewhere: time servers asked beside a check, and dates that it met
 *
 * Writes the sources of the Evidence's clock; what they mean together stands in
 * model/clock_estimate.h. A check goes on without the time where it does not
 * come soon.
 */
#ifndef SMTPDX_PROBE_CLOCK_H
#define SMTPDX_PROBE_CLOCK_H

#include "probe/engine.h"
#include "probe/lookup.h"

struct clock_query;

struct clock_listener {
    void (*over)(void *user); /* nothing more will come, or no more is waited for; once */
    void (*gone)(void *user); /* the last word; it is freed after this */
};

struct clock_spec {
    struct engine *engine; /* remembers which servers want to be left alone */
    struct evidence *evidence;
    double check_started_ms; /* steady clock, of the moment started_wall_ms */
    const struct clock_listener *listener;
    void *user;
};

/*
 * clock_query_start() - asks the plan's time servers, or the usual ones
 * shape:  *ret is NULL where the plan asks nobody; `over` may come from inside the next calls
 * errors: ERR_NOMEM, ERR_SYSTEM
 */
bool clock_query_start(struct clock_query **ret, const struct clock_spec *spec, struct err *err);

/* Whether it is worth waiting for, at most patience_ms from its first question on; `over` is told then. */
bool clock_query_waits(struct clock_query *q, double patience_ms);

/* Writes down what did not answer; `over` is not told any more, `gone` follows. Once. */
void clock_query_stop(struct clock_query *q);

/* Adds what greetings, certificates and the program itself say, once the chains are judged. */
void clock_note_dates(struct evidence *e);

#endif
