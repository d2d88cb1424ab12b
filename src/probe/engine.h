/*
 * engine - the loop and what many checks share: resolvers, roots, the system's view
 *
 * One thread; only engine_interrupt() may be called from elsewhere.
 */
#ifndef SMTPDX_PROBE_ENGINE_H
#define SMTPDX_PROBE_ENGINE_H

#include <uv.h>

#include "base/err.h"
#include "base/secret.h"
#include "model/event.h"
#include "model/evidence.h"
#include "probe/resolver.h"
#include "probe/system_view.h"
#include "probe/trust.h"

struct engine;
struct check;

/* errors: ERR_NOMEM, ERR_SYSTEM */
bool engine_new(struct engine **ret, struct err *err);

/* Ends what still runs, without an event. Takes NULL. */
void engine_free(struct engine *e);

/* Runs until every check is gone. */
void engine_run(struct engine *e);

/* Makes every check end with what is known that has been started by now. Async-signal-safe. */
void engine_interrupt(struct engine *e);

/* Takes the secret over, in place of an earlier one; NULL: none. false, and not taken, while there are checks. */
bool engine_set_secret(struct engine *e, struct secret *secret);

/* ---- for the check --------------------------------------------------------- */

uv_loop_t *engine_loop(struct engine *e);

/* How often the engine was interrupted so far; any number after the greatest is 0. */
unsigned engine_n_interrupts(const struct engine *e);

struct system_view *engine_system_view(struct engine *e);

/* What a check signs in with; borrowed, the same as long as the check lives; NULL: none was given. */
const struct secret *engine_secret(const struct engine *e);

/*
 * engine_resolvers() - the channels that a plan asks, in the order of asking
 * shape:  fills out, never none: where nothing is configured it is the one on
 *         this machine, as for every program; *configured tells
 * errors: 0 when memory is short
 */
size_t engine_resolvers(struct engine *e, const struct plan *plan, struct resolver *out[static PLAN_RESOLVERS_MAX],
                        bool *configured, struct err *err);

/* The plan's other resolvers that this machine has a route to; 0 where there is none, or memory is short. */
size_t engine_other_resolvers(struct engine *e, const struct plan *plan, struct resolver *out[static PLAN_RESOLVERS_MAX],
                              struct err *err);

/* The roots for a plan, loading or loaded. errors: as trust_new() */
bool engine_trust(struct engine *e, struct trust **ret, const struct plan *plan, const char **bad_file,
                  struct err *err);

/* Time servers that said that they want to be left alone; remembered as long as the engine lives. */
void engine_leave_alone(struct engine *e, const struct endpoint *server);
bool engine_leaves_alone(const struct engine *e, const struct endpoint *server);

void engine_add(struct engine *e, struct check *check);
void engine_remove(struct engine *e, struct check *check);

#endif
