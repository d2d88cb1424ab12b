/*
 * status - the exit status of several verdicts
 *
 * Not the greatest number: what is known to fail counts over what is not known.
 */
#include "command/status.h"

static int rank(enum smtpdx_verdict verdict)
{
    static const int ranks[] = {
        [SMTPDX_VERDICT_OK] = 0,
        [SMTPDX_VERDICT_WARNING] = 1,
        [SMTPDX_VERDICT_UNKNOWN] = 2,
        [SMTPDX_VERDICT_CRITICAL] = 3,
    };

    return ranks[verdict];
}

enum smtpdx_verdict status_worse(enum smtpdx_verdict a, enum smtpdx_verdict b)
{
    return rank(a) > rank(b) ? a : b;
}
