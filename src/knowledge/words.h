/*
 * words - lists of words that mean something where they stand, from data/words.toml
 *
 * How names end that are of use in their own network alone.
 */
#ifndef SMTPDX_KNOWLEDGE_WORDS_H
#define SMTPDX_KNOWLEDGE_WORDS_H

#include <stdbool.h>

#include "knowledge/words_id.h"

/* The name is one of the list, or ends in a dot and one of them; in letters of either case. */
bool words_end(enum words_id list, const char *name);

#endif
