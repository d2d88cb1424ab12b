/*
 * verdict - can the user send or not, and the one sentence that says so
 */
#ifndef SMTPDX_DIAGNOSE_VERDICT_H
#define SMTPDX_DIAGNOSE_VERDICT_H

#include "diagnose/draft.h"

/* After cause_order(): the gravest finding decides, and without one what was seen to work. */
void verdict_reach(struct draft *d);

#endif
