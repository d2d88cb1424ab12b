/*
 * command - what `smtpdx NAME` does; each returns the exit status
 *
 * words: what stands behind the command's name, ended by NULL.
 */
#ifndef SMTPDX_COMMAND_COMMAND_H
#define SMTPDX_COMMAND_COMMAND_H

#include "command/face.h"

int command_check(char **words);
int command_explain(char **words);
int command_replay(char **words);
int command_simulate(char **words);

/* What simulate takes beside a check's options. */
const struct option_spec *simulate_options_table(size_t *ret_n);

/* What explain takes beside the options of every command. */
const struct option_spec *explain_options_table(size_t *ret_n);

/* --help of the command named; that of "check" shows the others too. */
int command_help(const struct face *f, const char *name);
int command_version(const struct face *f);

#endif
