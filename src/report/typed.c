/*
 * typed - what was typed, in quotation marks, with the bad places marked below
 *
 * A mark stands below the column where a reader sees its character: one that
 * is escaped takes four columns a byte, a Japanese one two.
 */
#include "report/typed.h"

#include "base/peer_text.h"
#include "report/layout.h"

enum {
    LINE_BYTES_MAX = 64 << 10,
    SHOWN_IN_FRONT = 20, /* characters before the first mark, where not all fit */
};

static bool is_marked(const struct plan *plan, enum input_flaw flaw, size_t column)
{
    for (size_t i = 0; i < plan->n_notes; i++) {
        const struct input_note *note = &plan->notes[i];

        if (note->flaw == flaw && note->column > 0 && column >= note->column &&
            column - note->column < note->span)
            return true;
    }
    return false;
}

/* 0 where there is none. */
static size_t first_mark(const struct plan *plan, enum input_flaw flaw)
{
    size_t first = 0;

    for (size_t i = 0; i < plan->n_notes; i++) {
        size_t column = plan->notes[i].flaw == flaw ? plan->notes[i].column : 0;

        if (column > 0 && (first == 0 || column < first))
            first = column;
    }
    return first;
}

struct lines {
    struct buf text, marks;
    size_t marked_to; /* bytes of marks that end in a mark: no blanks hang behind it */
};

static void put_many(struct buf *out, char c, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        buf_put_char(out, c);
}

static void put_plain(struct lines *l, const char *string)
{
    buf_put_string(&l->text, string);
    put_many(&l->marks, ' ', layout_columns(string));
}

static void put_place(struct lines *l, const char *shown, bool marked)
{
    unsigned columns = layout_columns(shown);

    buf_put_string(&l->text, shown);
    put_many(&l->marks, marked ? '^' : ' ', columns);
    if (marked)
        l->marked_to = l->marks.len;
}

/* Takes the characters that fit; past the end there is one more place, for what is missing there. */
static void put_places(struct lines *l, unsigned room, const struct plan *plan, enum input_flaw flaw,
                       size_t from)
{
    struct peer_text rest = plan->input;
    struct buf shown;
    size_t column = 1;
    uint32_t character;
    size_t len;
    bool printable;

    buf_init(&shown, 64);
    for (; rest.len > 0; column++) {
        struct peer_text one = rest;

        peer_text_next(&rest, &character, &len, &printable);
        one.len -= rest.len;
        if (column < from)
            continue;
        buf_clear(&shown);
        peer_text_escape(&shown, one, 0);
        if (l->marks.len + layout_columns(buf_borrow(&shown)) > room) {
            put_plain(l, "...");
            break;
        }
        put_place(l, buf_borrow(&shown), is_marked(plan, flaw, column));
    }
    buf_done(&shown);
    put_place(l, "\"", rest.len == 0 && is_marked(plan, flaw, column));
}

bool typed_put_marked(struct buf *out, unsigned width, unsigned indent, const struct plan *plan,
                      enum input_flaw flaw)
{
    size_t first = first_mark(plan, flaw);
    size_t from = first > SHOWN_IN_FRONT ? first - SHOWN_IN_FRONT : 1;
    unsigned used = indent + 8; /* quotation marks and what stands for a cut */
    struct lines l = { .marked_to = 0 };
    bool ok;

    if (first == 0)
        return true;
    buf_init(&l.text, LINE_BYTES_MAX);
    buf_init(&l.marks, LINE_BYTES_MAX);
    put_plain(&l, from > 1 ? "\"..." : "\"");
    put_places(&l, width > used ? width - used : 1, plan, flaw, from);
    ok = !l.text.failed && !l.marks.failed && layout_put_spaces(out, indent) &&
         buf_put_string(out, buf_borrow(&l.text)) && buf_put_char(out, '\n');
    if (ok && l.marked_to > 0)
        ok = layout_put_spaces(out, indent) && buf_put(out, buf_borrow(&l.marks), l.marked_to) &&
             buf_put_char(out, '\n');
    buf_done(&l.text);
    buf_done(&l.marks);
    return ok;
}
