/*
 * hygiene - finds what cannot be seen in a typed name, and takes it out
 *
 * A blank or a zero-width character that came along with a copied name is the
 * commonest reason why a name "that is right" does not work. Each one is noted
 * with its place, so that it can be shown; the text without them goes on.
 */
#ifndef SMTPDX_INPUT_HYGIENE_H
#define SMTPDX_INPUT_HYGIENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/peer_text.h"
#include "model/plan.h"

struct input_notes {
    struct input_note *notes;
    size_t n;
};

/*
 * input_notes_add() - appends a note
 * shape:  blanks fill half of PLAN_NOTES_MAX at most, so that a note which says
 *         why there is no host is never crowded out
 * errors: past the ceilings it is dropped; no memory shows in arena_failed()
 */
void input_notes_add(struct input_notes *notes, struct arena *arena, enum input_flaw flaw, size_t column,
                     uint32_t code_point);

/* The same of several characters; code_point: of the first. */
void input_notes_add_span(struct input_notes *notes, struct arena *arena, enum input_flaw flaw, size_t column,
                          size_t span, uint32_t code_point);

struct hygiene {
    char *cleaned; /* terminated, valid UTF-8, no NUL inside */
    size_t len;
    uint16_t *columns; /* where each byte of cleaned was typed, in characters from 1; len + 1 of them */
    size_t n_blanks;   /* that were taken out */
    bool is_text;      /* false: a byte was no UTF-8, or a NUL */
};

/*
 * hygiene_clean() - takes white space and invisible characters out of what was typed
 * shape:  at most PLAN_INPUT_MAX bytes; the result lies in the arena
 * errors: false when memory is short
 * source: the properties White_Space and Default_Ignorable_Code_Point of
 *         Unicode; RFC 5892 appendix A.1 and A.2 for the joiners that belong
 *         into a name
 */
bool hygiene_clean(struct hygiene *ret, struct input_notes *notes, struct arena *arena,
                   struct peer_text typed);

#endif
