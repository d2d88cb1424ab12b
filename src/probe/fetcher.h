/*
 * fetcher - issuers and OCSP answers, fetched from where certificates name them
 *
 * Beside a check, for each chain that the target has shown, and only where the
 * plan permits it. Writes what came into the chain, and into the Evidence's
 * fetches whom it has asked.
 */
#ifndef SMTPDX_PROBE_FETCHER_H
#define SMTPDX_PROBE_FETCHER_H

#include "probe/engine.h"

struct fetcher;

struct fetcher_listener {
    void (*idle)(void *user); /* nothing is under way any more; may come again */
    void (*gone)(void *user); /* the last word; it is freed after this */
};

struct fetcher_spec {
    struct engine *engine;
    struct evidence *evidence;
    struct trust *trust;
    double check_started_ms; /* steady clock */
    const struct fetcher_listener *listener;
    void *user;
};

/*
 * fetcher_start() - listens from the loop alone, never from inside a call
 * shape:  *ret is NULL where the plan does not permit it
 * errors: ERR_NOMEM
 */
bool fetcher_start(struct fetcher **ret, const struct fetcher_spec *spec, struct err *err);

/* A chain may be new, or the roots are ready. */
void fetcher_look(struct fetcher *f);

/* Something is under way: `idle` will follow. */
bool fetcher_waits(const struct fetcher *f);

/* Writes down what did not end; `idle` is not told any more, `gone` follows. Once. */
void fetcher_stop(struct fetcher *f);

#endif
