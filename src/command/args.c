/*
 * args - reads a command line by the tables of options
 *
 * getopt would want a second list of the same options; this one reads the
 * tables that --help, the manual and a batch's keys are made of.
 */
#include "command/args.h"

#include <assert.h>
#include <string.h>

void args_init(struct args *a, char **words)
{
    *a = (struct args){ .at = words };
}

void args_add_table(struct args *a, const struct option_spec *options, size_t n)
{
    assert(a->n_tables < ARGS_TABLES_MAX);
    a->tables[a->n_tables].options = options;
    a->tables[a->n_tables++].n = n;
}

/* An option that takes a value and has none in its own word takes the next word. */
static void take_value(struct args *a, struct args_item *ret, const char *attached)
{
    ret->value = attached;
    if (attached == NULL && ret->option->argument != NULL && *a->at != NULL)
        ret->value = *a->at++;
}

/* word: with its dashes */
static enum args_result next_long(struct args *a, const char *word, struct args_item *ret,
                                  struct usage *error)
{
    const char *equals = strchr(word, '=');
    size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);

    /* No option is as long as what the room cuts. The value is left out of a refusal: it may be a password. */
    if (len > sizeof a->name - 1)
        len = sizeof a->name - 1;
    memcpy(a->name, word, len);
    a->name[len] = '\0';
    for (size_t i = 0; i < a->n_tables; i++) {
        ret->option = option_by_name(a->tables[i].options, a->tables[i].n, a->name + 2);
        ret->table = i;
        if (ret->option != NULL) {
            take_value(a, ret, equals == NULL ? NULL : equals + 1);
            return ARGS_ITEM;
        }
    }
    option_unknown(a->name, error);
    return ARGS_REFUSED;
}

static enum args_result next_short(struct args *a, struct args_item *ret, struct usage *error)
{
    char letter = *a->letters++;

    for (size_t i = 0; i < a->n_tables; i++) {
        ret->option = option_by_letter(a->tables[i].options, a->tables[i].n, letter);
        ret->table = i;
        if (ret->option == NULL)
            continue;
        if (ret->option->argument == NULL) {
            ret->value = NULL;
            return ARGS_ITEM;
        }
        take_value(a, ret, *a->letters == '\0' ? NULL : a->letters);
        a->letters = NULL;
        return ARGS_ITEM;
    }
    a->name[0] = '-';
    a->name[1] = letter;
    a->name[2] = '\0';
    option_unknown(a->name, error);
    return ARGS_REFUSED;
}

enum args_result args_next(struct args *a, struct args_item *ret, struct usage *error)
{
    const char *word;

    *ret = (struct args_item){ 0 };
    if (a->letters != NULL && *a->letters != '\0')
        return next_short(a, ret, error);
    a->letters = NULL;
    word = *a->at;
    if (word == NULL)
        return ARGS_END;
    a->at++;
    if (!a->operands_only && strcmp(word, "--") == 0) {
        a->operands_only = true;
        return args_next(a, ret, error);
    }
    if (!a->operands_only && strncmp(word, "--", 2) == 0)
        return next_long(a, word, ret, error);
    if (!a->operands_only && word[0] == '-' && word[1] != '\0') {
        a->letters = word + 1;
        return next_short(a, ret, error);
    }
    ret->value = word;
    return ARGS_ITEM;
}
