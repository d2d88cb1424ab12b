/*
 * patience - how long a connection is waited for that nothing answers
 *
 * Judged by what else was seen: beside siblings that answer in 30 ms ten seconds
 * are too long, on a slow line two are too short. Works on the Evidence alone.
 */
#ifndef SMTPDX_PROBE_PATIENCE_H
#define SMTPDX_PROBE_PATIENCE_H

#include "model/evidence.h"

/* The attempts to connect to one endpoint, none of which was answered. */
struct waiting {
    unsigned attempts;
    double silent_ms; /* since the last of them */
};

enum patience {
    PATIENCE_WAIT,
    PATIENCE_AGAIN, /* one attempt more */
    PATIENCE_OVER,  /* chance does not explain the silence any more */
};

/* From one attempt to the next, and from one look at it to the next. */
double patience_interval_ms(const struct evidence *e);

/* What to do now. */
enum patience patience_with(const struct evidence *e, const struct waiting *w);

/* It begins to look like a failure: what explains one may be found out meanwhile. */
bool patience_suspects(const struct evidence *e, const struct waiting *w);

/* The same of a probe that is still connecting, by its attempts alone. */
bool patience_suspected(unsigned attempts);

#endif
