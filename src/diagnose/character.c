/*
 * character - one character of what was typed, by number and name
 *
 * Names are those of the Unicode Standard, which are the same in every language.
 */
#include "diagnose/character.h"

#include <stdio.h>
#include <uniname.h>

enum {
    CHARACTER_TEXT_SIZE = UNINAME_MAX + 16,
    /* One line of a finding's evidence is kept for 'and so many more'. */
    CHARACTERS_NAMED_MAX = FINDING_BECAUSE_MAX - 1,
};

/* Unicode gives control characters no name: these are their old ones. */
static const char *control_name(uint32_t c)
{
    switch (c) {
    case '\t':
        return "TAB";
    case '\n':
        return "LINE FEED";
    case '\r':
        return "CARRIAGE RETURN";
    default:
        return NULL;
    }
}

/* "U+00A0 NO-BREAK SPACE", or "U+005F '_'", or the number alone. */
static const char *character_text(uint32_t c, char out[static CHARACTER_TEXT_SIZE])
{
    char name[UNINAME_MAX];
    const char *known = control_name(c);

    if (known == NULL && !(c > 0x20 && c < 0x7F))
        known = unicode_character_name(c, name);
    if (known != NULL)
        snprintf(out, CHARACTER_TEXT_SIZE, "U+%04X %s", (unsigned)c, known);
    else if (c > 0x20 && c < 0x7F)
        snprintf(out, CHARACTER_TEXT_SIZE, "U+%04X '%c'", (unsigned)c, (char)c);
    else
        snprintf(out, CHARACTER_TEXT_SIZE, "U+%04X", (unsigned)c);
    return out;
}

void character_because(struct draft *d, struct diagnosed *f, enum text_id text, const struct input_note *note)
{
    char character[CHARACTER_TEXT_SIZE];
    struct because *b = draft_because(d, f, text, -1);

    say_number(b, "column", (int64_t)note->column);
    say_word(d, b, "character", character_text(note->code_point, character));
}

void character_list(struct draft *d, enum finding_id finding, enum input_flaw flaw, enum text_id text,
                    enum text_id more)
{
    const struct plan *plan = d->e->plan;
    struct diagnosed *f = NULL;
    size_t total = 0;

    for (size_t i = 0; i < plan->n_notes; i++) {
        if (plan->notes[i].flaw != flaw)
            continue;
        f = draft_raise(d, finding);
        if (total++ < CHARACTERS_NAMED_MAX)
            character_because(d, f, text, &plan->notes[i]);
    }
    if (total > CHARACTERS_NAMED_MAX)
        say_number(draft_because(d, f, more, -1), "count", (int64_t)(total - CHARACTERS_NAMED_MAX));
}
