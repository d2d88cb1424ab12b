/*
 * run - checks started, reports put out, and the exit status of all
 */
#ifndef SMTPDX_COMMAND_RUN_H
#define SMTPDX_COMMAND_RUN_H

#include "base/secret.h"
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
 * shape:  secret: what is signed in with, or NULL; the exit status of the contract: the worst verdict, EXIT_INTERRUPTED
 *         after SIGINT or SIGTERM
 */
int run_all(struct run *r, const struct secret *secret);

/*
 * run_show() - puts out the report of a record, whose name is for complaints alone
 * errors: the exit status, having said why
 */
int run_show(const struct face *f, const char *name, const char *bytes, size_t len);

#endif
