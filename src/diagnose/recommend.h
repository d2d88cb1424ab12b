/*
 * recommend - the settings to type in: what was seen to work, best first
 */
#ifndef SMTPDX_DIAGNOSE_RECOMMEND_H
#define SMTPDX_DIAGNOSE_RECOMMEND_H

#include "diagnose/draft.h"

/*
 * recommend() - fills the Diagnosis's list of combinations
 * shape:  one for each host, port and TLS mode, whatever its addresses; never
 *         clear text, and nothing whose certificate a client would refuse
 */
void recommend(struct draft *d);

#endif
