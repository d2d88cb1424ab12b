/*
 * timekeeper - a practice server of the time, by SNTP or by the Date of HTTP
 *
 * With its clock set as far off this machine's as the scenario says.
 */
#ifndef SMTPDX_SIMULATE_TIMEKEEPER_H
#define SMTPDX_SIMULATE_TIMEKEEPER_H

#include <uv.h>

#include "base/err.h"
#include "simulate/scenario.h"

struct timekeeper;

/* shape: spec outlives it; at: IPv4, on a free port; errors: ERR_NOMEM, ERR_SYSTEM */
bool timekeeper_new(struct timekeeper **ret, uv_loop_t *loop, const struct scenario_clock *spec,
                    const struct address *at, struct err *err);
uint16_t timekeeper_port(const struct timekeeper *t);

/* Requests that a well-behaved client would not have made: more after a kiss of death. */
unsigned timekeeper_rude_requests(const struct timekeeper *t);

/* Closes its handles; free it when the loop has run to its end. NULL is fine. */
void timekeeper_end(struct timekeeper *t);
struct timekeeper *timekeeper_free(struct timekeeper *t);

#endif
