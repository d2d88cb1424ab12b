/*
 * hygiene - finds what cannot be seen in a typed name, and takes it out
 *
 * Knows characters alone, nothing of host names.
 */
#include "input/hygiene.h"

#include <assert.h>
#include <string.h>

#include <unictype.h>
#include <unistr.h>

enum {
    ZERO_WIDTH_NON_JOINER = 0x200c,
    ZERO_WIDTH_JOINER = 0x200d,
    BRAILLE_BLANK = 0x2800, /* a symbol by its properties, and nothing to the eye */
};

void input_notes_add(struct input_notes *notes, struct arena *arena, enum input_flaw flaw, size_t column,
                     uint32_t code_point)
{
    input_notes_add_span(notes, arena, flaw, column, 1, code_point);
}

void input_notes_add_span(struct input_notes *notes, struct arena *arena, enum input_flaw flaw, size_t column,
                          size_t span, uint32_t code_point)
{
    size_t max = flaw == INPUT_FLAW_WHITESPACE ? PLAN_NOTES_MAX / 2 : PLAN_NOTES_MAX;
    struct input_note *note = ARENA_APPEND(arena, notes->notes, notes->n, max);

    if (note != NULL)
        *note = (struct input_note){ .flaw = flaw, .column = column, .span = span, .code_point = code_point };
}

/* The character at the front of t and its length; 0 and one byte where none can be read. */
static ucs4_t front_character(struct peer_text t, size_t *ret_len)
{
    ucs4_t c = 0;
    int len = t.len == 0 ? 0 : u8_mbtoucr(&c, (const uint8_t *)t.bytes, t.len);

    *ret_len = len > 0 ? (size_t)len : 1;
    return len > 0 ? c : 0;
}

static bool joins_onwards(ucs4_t c)
{
    int type = uc_joining_type(c);

    return type == UC_JOINING_TYPE_D || type == UC_JOINING_TYPE_L;
}

static bool joins_backwards(ucs4_t c)
{
    int type = uc_joining_type(c);

    return type == UC_JOINING_TYPE_D || type == UC_JOINING_TYPE_R;
}

/* Persian and Indic names are spelt with joiners; elsewhere they are debris. */
static bool is_joiner_in_place(ucs4_t before, ucs4_t c, ucs4_t after)
{
    if (c != ZERO_WIDTH_JOINER && c != ZERO_WIDTH_NON_JOINER)
        return false;
    if (uc_combining_class(before) == UC_CCC_VR)
        return true;
    return c == ZERO_WIDTH_NON_JOINER && joins_onwards(before) && joins_backwards(after);
}

static bool is_blank(ucs4_t c)
{
    return uc_is_property_white_space(c) || uc_is_property_default_ignorable_code_point(c) ||
           c == BRAILLE_BLANK;
}

static void keep(struct hygiene *h, const char *bytes, size_t len, size_t column)
{
    memcpy(h->cleaned + h->len, bytes, len);
    for (size_t i = 0; i < len; i++)
        h->columns[h->len + i] = (uint16_t)column;
    h->len += len;
}

bool hygiene_clean(struct hygiene *ret, struct input_notes *notes, struct arena *arena,
                   struct peer_text typed)
{
    struct hygiene h = {
        .cleaned = arena_alloc(arena, typed.len + 1, 1),
        .columns = arena_alloc(arena, typed.len + 1, sizeof *h.columns),
        .is_text = true,
    };
    size_t column = 1;
    ucs4_t before = 0;

    assert(typed.len <= PLAN_INPUT_MAX);
    if (h.cleaned == NULL || h.columns == NULL)
        return false;
    for (; typed.len > 0; column++) {
        size_t len, len_after;
        ucs4_t c = front_character(typed, &len);
        const char *bytes = typed.bytes;

        typed.bytes += len;
        typed.len -= len;
        if (c == 0) {
            h.is_text = false;
            input_notes_add(notes, arena, INPUT_FLAW_CHARACTER, column, 0);
        } else if (is_blank(c) && !is_joiner_in_place(before, c, front_character(typed, &len_after))) {
            h.n_blanks++;
            input_notes_add(notes, arena, INPUT_FLAW_WHITESPACE, column, c);
        } else {
            keep(&h, bytes, len, column);
            before = c;
        }
    }
    h.columns[h.len] = (uint16_t)column;
    if (arena_failed(arena))
        return false;
    *ret = h;
    return true;
}
