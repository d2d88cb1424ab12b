/*
 * cause - cause before effect: which finding explains which, and which is the root
 */
#ifndef SMTPDX_DIAGNOSE_CAUSE_H
#define SMTPDX_DIAGNOSE_CAUSE_H

#include "diagnose/draft.h"

/*
 * cause_order() - links effects to their causes, names the primary and sorts
 * shape:  afterwards the primary comes first, every effect stands behind its
 *         cause, and the rest follows by severity and then in the rules' order
 */
void cause_order(struct draft *d);

#endif
