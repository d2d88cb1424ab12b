/*
 * practice - what `simulate` does with a scenario: checks it, shows it from a record, or serves it
 */
#ifndef SMTPDX_COMMAND_PRACTICE_H
#define SMTPDX_COMMAND_PRACTICE_H

#include <stdbool.h>

#include "command/face.h"
#include "command/plans.h"
#include "simulate/scenario.h"

struct practice {
    const struct plans *asked; /* the user's own options of a check, which count over the scenario's */
    const char *about;         /* what is wrong, in the language of the face */
    const char *record;        /* of a run, for where the scenario's network is not permitted; NULL: none */
    bool transcript;           /* on stderr, what was said to the servers */
};

/* Each of them: the exit status, having said why where it could not be done. */
int practice_check(const struct face *f, const struct scenario *s, const struct practice *p);
int practice_show(const struct face *f, const struct scenario *s, const struct practice *p);

/* Says how any client is pointed at the servers, and keeps them until SIGINT or SIGTERM. */
int practice_serve(const struct face *f, const struct scenario *s, const struct practice *p);

#endif
