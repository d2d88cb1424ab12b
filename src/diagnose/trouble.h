/*
 * trouble - the finding of a dialogue that goes wrong, port by port
 *
 * Looks at the spokesmen: of every endpoint that works in no mode, the failure
 * that tells most; and at the connection that was to sign in and to send, which
 * stands beside them.
 */
#ifndef SMTPDX_DIAGNOSE_TROUBLE_H
#define SMTPDX_DIAGNOSE_TROUBLE_H

#include "diagnose/spot.h"

/* The line of a finding for one port; it may differ with what was seen. */
typedef enum text_id (*trouble_text_fn)(const struct probe *p);

/* Raises the finding where this trouble was met, a line for each port; what went alike is one line. */
void trouble_judge(struct draft *d, enum trouble trouble, enum finding_id finding, trouble_text_fn text_of);

#endif
