/*
 * check - one Plan carried out: which connections are made, and when it is over
 */
#ifndef SMTPDX_PROBE_CHECK_H
#define SMTPDX_PROBE_CHECK_H

#include "probe/engine.h"

/* The Evidence is borrowed; it ends when the listener returns from EVENT_FINISHED. */
typedef void check_listener(void *user, const struct event *event);

/* The check is gone and calls nobody any more, whether it finished or was abandoned. */
typedef void check_gone_fn(void *user);

/*
 * check_start() - begins; all the rest happens in engine_run()
 * shape:  the plan is copied; the check frees itself when its last connection is gone;
 *         gone may be NULL
 * errors: ERR_INPUT where a file of the plan cannot be used (*bad_file, borrowed
 *         from the plan), ERR_NOMEM, ERR_SYSTEM
 */
bool check_start(struct engine *engine, const struct plan *plan, check_listener *listener, check_gone_fn *gone,
                 void *user, const char **bad_file, struct err *err);

/* ---- for the engine --------------------------------------------------------- */

struct check **check_next(struct check *c);
uint64_t *check_number(struct check *c); /* counts from 1 in the order of their beginning */
void check_trust_ready(struct check *c);

/* Ends with what is known, and tells so, where the engine was interrupted after it was started. */
void check_interrupt(struct check *c);

/* Ends without a word. */
void check_abandon(struct check *c);

#endif
