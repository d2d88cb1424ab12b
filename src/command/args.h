/*
 * args - reads a command line by the tables of options
 */
#ifndef SMTPDX_COMMAND_ARGS_H
#define SMTPDX_COMMAND_ARGS_H

#include "input/option.h"
#include "input/usage.h"

enum { ARGS_TABLES_MAX = 5 };

struct args {
    struct {
        const struct option_spec *options;
        size_t n;
    } tables[ARGS_TABLES_MAX];
    size_t n_tables;
    char **at;            /* what is left; ends in NULL */
    const char *letters;  /* rest of a group of short options, or NULL */
    bool operands_only;   /* "--" was seen */
    char name[64];
};

/* Either an option with its value, or an operand (option NULL, the word in value). */
struct args_item {
    const struct option_spec *option;
    size_t table; /* that the option stands in */
    const char *value;
};

enum args_result {
    ARGS_ITEM,
    ARGS_END,
    ARGS_REFUSED, /* the reason in error */
};

/* words: argv behind the command's name */
void args_init(struct args *a, char **words);
void args_add_table(struct args *a, const struct option_spec *options, size_t n);

/*
 * args_next() - the next option or operand
 * shape:  "--name VALUE", "--name=VALUE", "-n VALUE", "-nVALUE", "-46"; "-" is an operand
 */
enum args_result args_next(struct args *a, struct args_item *ret, struct usage *error);

#endif
