/*
 * run - checks started, reports put out, and the exit status of all
 */
#ifndef SMTPDX_COMMAND_RUN_H
#define SMTPDX_COMMAND_RUN_H

#include "command/face.h"

struct run;

/* errors: NULL when memory is short */
struct run *run_new(const struct face *f);
void run_free(struct run *r);

/*
 * run_add() - one target, not yet contacted
 * shape:  takes the plan over
 */
bool run_add(struct run *r, struct smtpdx_plan *plan);

/*
 * run_all() - carries out every plan and puts the reports out
 * shape:  the exit status of the contract: the worst verdict, EXIT_INTERRUPTED
 *         after SIGINT or SIGTERM
 */
int run_all(struct run *r);

/* Puts out the report of evidence that is there already (replay). */
int run_show(const struct face *f, const struct smtpdx_evidence *evidence);

#endif
