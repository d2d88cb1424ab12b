/*
 * status - the exit status of several verdicts
 */
#ifndef SMTPDX_COMMAND_STATUS_H
#define SMTPDX_COMMAND_STATUS_H

#include "smtpdx.h"

/* The one that counts: critical over unknown over warning over ok. */
enum smtpdx_verdict status_worse(enum smtpdx_verdict a, enum smtpdx_verdict b);

#endif
