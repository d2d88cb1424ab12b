/*
 * usage - why an option or a value was refused, as one line that can be told in any language
 */
#ifndef SMTPDX_INPUT_USAGE_H
#define SMTPDX_INPUT_USAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/argument.h"
#include "base/buf.h"
#include "knowledge/text.h"

enum input_result {
    INPUT_OK,
    INPUT_USAGE, /* the reason stands in a struct usage */
    INPUT_NO_MEMORY,
};

enum { USAGE_ARGUMENTS_MAX = 6 };

struct usage {
    enum text_id text;
    struct argument arguments[USAGE_ARGUMENTS_MAX];
    size_t n;
};

/* Starts the refusal; always INPUT_USAGE, so that `return usage_set(...)` reads well. */
enum input_result usage_set(struct usage *u, enum text_id text);

/* The values of the text's {names}; borrowed until usage_keep(). */
void usage_word(struct usage *u, const char *name, const char *word);
void usage_peer(struct usage *u, const char *name, const char *value);
void usage_number(struct usage *u, const char *name, int64_t number);
void usage_text(struct usage *u, const char *name, enum text_id text);

/* Copies what is borrowed, cut to what a line can show; false when memory is short. */
bool usage_keep(struct usage *u, struct arena *arena);

/* Appends the line, without a line end; what was typed is escaped. false when out refused it. */
bool usage_put(struct buf *out, enum language language, const struct usage *u);

#endif
