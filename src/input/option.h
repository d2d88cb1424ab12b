/*
 * option - what an option is called, what it takes, and what it sets
 *
 * One table of them serves the reader of a command line, --help, the manual,
 * the completions of a shell and the keys of a batch. A Plan's options stand in
 * plan_option.h; a command may have a table of its own.
 */
#ifndef SMTPDX_INPUT_OPTION_H
#define SMTPDX_INPUT_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "input/usage.h"
#include "knowledge/text.h"

struct option_spec;

/*
 * Sets the option in its owner: a Plan, or a command's own settings. value is
 * NULL exactly where the option takes none. Refused: owner unchanged.
 */
typedef enum input_result option_set_fn(void *owner, const struct option_spec *o, const char *value,
                                        struct usage *error);

struct option_spec {
    const char *name;      /* the long one, without dashes */
    char letter;           /* the short one; 0 for none */
    bool repeatable;       /* each adds one; of any other the last one counts */
    const char *argument;  /* what it takes: "PORT", "none|starttls|implicit"; NULL for nothing */
    enum text_id help;
    enum text_id accepted; /* which values; TEXT_NONE where argument says it */
    option_set_fn *set;
};

/* Each gives NULL where there is none. */
const struct option_spec *option_by_name(const struct option_spec *table, size_t n, const char *name);
const struct option_spec *option_by_letter(const struct option_spec *table, size_t n, char letter);

/* Sets it after a look whether a value is there exactly where one is taken. */
enum input_result option_apply(const struct option_spec *o, void *owner, const char *value,
                               struct usage *error);

/*
 * Refusals, all INPUT_USAGE. text takes {option}, {value} and {accepted};
 * option_unknown() names the option as it was typed.
 */
enum input_result option_refuse(const struct option_spec *o, const char *value, enum text_id text,
                                struct usage *error);
enum input_result option_too_many(const struct option_spec *o, size_t max, struct usage *error);
enum input_result option_unknown(const char *typed, struct usage *error);

#endif
