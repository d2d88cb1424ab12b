/*
 * words - lists of words that mean something where they stand
 *
 * From data/words.toml: what refusals say, and how names end that are of use
 * in their own network alone.
 */
#ifndef SMTPDX_KNOWLEDGE_WORDS_H
#define SMTPDX_KNOWLEDGE_WORDS_H

#include <stdbool.h>

#include "base/peer_text.h"
#include "knowledge/words_id.h"

/* Any word of the list stands somewhere in the text, in letters of either case. */
bool words_stand_in(enum words_id list, struct peer_text text);

/* The name is one of the list, or ends in a dot and one of them; in letters of either case. */
bool words_end(enum words_id list, const char *name);

#endif
