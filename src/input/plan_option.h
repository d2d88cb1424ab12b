/*
 * plan_option - the options that make a Plan, by name: of a command line, a batch, a library call
 */
#ifndef SMTPDX_INPUT_PLAN_OPTION_H
#define SMTPDX_INPUT_PLAN_OPTION_H

#include <stddef.h>

#include "input/option.h"
#include "input/usage.h"
#include "model/plan.h"

/* The table, "target" not in it, in the order in which --help shows it. */
const struct option_spec *plan_option_table(size_t *ret_n);

/*
 * input_set() - sets one option, or the target
 * shape:  name is "target" or a long name; value as typed, NULL where none is
 *         taken; what error points to lies in the Plan
 * errors: INPUT_USAGE and the Plan unchanged
 */
enum input_result input_set(struct plan *p, const char *name, const char *value, struct usage *error);

/*
 * input_finish() - completes a Plan once everything is set: the target where
 *                  none was given, and the ports to try
 * shape:  to be called once
 * errors: INPUT_USAGE where options do not go together
 */
enum input_result input_finish(struct plan *p, struct usage *error);

#endif
