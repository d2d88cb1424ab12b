/*
 * diagnose - the Evidence becomes a Diagnosis: the only room with opinions
 *
 * Pure: no network, no clock, no output; the same Evidence gives the same
 * Diagnosis, today and in a replay. What it says is ids and named arguments.
 */
#ifndef SMTPDX_DIAGNOSE_DIAGNOSE_H
#define SMTPDX_DIAGNOSE_DIAGNOSE_H

#include "model/diagnosis.h"
#include "model/evidence.h"

/*
 * diagnose() - judges one check
 * shape:  the result stands alone and may outlive the Evidence
 * errors: NULL when memory is short
 */
struct diagnosis *diagnose(const struct evidence *e);

/*
 * diagnose_without() - the same, with one rule of the table left out
 * shape:  rules count from 0, in the order of the table; DIAGNOSE_ALL leaves out none.
 *         For the proof that something notices when a rule is lost.
 */
enum { DIAGNOSE_ALL = -1 };
struct diagnosis *diagnose_without(const struct evidence *e, int rule);
int diagnose_n_rules(void);

#endif
