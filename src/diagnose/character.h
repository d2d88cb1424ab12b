/*
 * character - one character of what was typed, by number and name
 */
#ifndef SMTPDX_DIAGNOSE_CHARACTER_H
#define SMTPDX_DIAGNOSE_CHARACTER_H

#include "diagnose/draft.h"

/* A line about the note's place: its arguments {column} and {character}, "U+00A0 NO-BREAK SPACE". */
void character_because(struct draft *d, struct diagnosed *f, enum text_id text, const struct input_note *note);

/*
 * A line of that text for each note of the flaw, and one of `more` with {count} for those
 * that find no room. The finding, NULL where there is no such note.
 */
void character_list(struct draft *d, enum finding_id finding, enum input_flaw flaw, enum text_id text,
                    enum text_id more);

#endif
