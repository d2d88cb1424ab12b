/*
 * option - what an option is called, what it takes, and what it sets
 */
#include "input/option.h"

#include <string.h>

const struct option_spec *option_by_name(const struct option_spec *table, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

const struct option_spec *option_by_letter(const struct option_spec *table, size_t n, char letter)
{
    for (size_t i = 0; letter != '\0' && i < n; i++) {
        if (table[i].letter == letter)
            return &table[i];
    }
    return NULL;
}

static void name_accepted(const struct option_spec *o, struct usage *error)
{
    if (o->accepted != TEXT_NONE)
        usage_text(error, "accepted", o->accepted);
    else
        usage_word(error, "accepted", o->argument);
}

enum input_result option_refuse(const struct option_spec *o, const char *value, enum text_id text,
                                struct usage *error)
{
    usage_set(error, text);
    usage_word(error, "option", o->name);
    usage_peer(error, "value", value);
    name_accepted(o, error);
    return INPUT_USAGE;
}

enum input_result option_too_many(const struct option_spec *o, size_t max, struct usage *error)
{
    usage_set(error, TEXT_USAGE_TOO_MANY);
    usage_word(error, "option", o->name);
    usage_number(error, "number", (int64_t)max);
    return INPUT_USAGE;
}

enum input_result option_unknown(const char *typed, struct usage *error)
{
    usage_set(error, TEXT_USAGE_UNKNOWN_OPTION);
    usage_peer(error, "value", typed);
    return INPUT_USAGE;
}

enum input_result option_apply(const struct option_spec *o, void *owner, const char *value,
                               struct usage *error)
{
    if (o->argument != NULL && value == NULL) {
        usage_set(error, TEXT_USAGE_MISSING_VALUE);
        usage_word(error, "option", o->name);
        name_accepted(o, error);
        return INPUT_USAGE;
    }
    if (o->argument == NULL && value != NULL) {
        usage_set(error, TEXT_USAGE_NO_VALUE);
        usage_word(error, "option", o->name);
        return INPUT_USAGE;
    }
    return o->set(owner, o, value, error);
}
