/*
 * layout - lines and columns of text as a terminal shows them
 *
 * Pure functions over strings and a buffer. Width and line breaking come from
 * libunistring, with "UTF-8" for the encoding: characters of ambiguous width
 * then take one column, as terminals show them.
 */
#include "report/layout.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unilbrk.h>
#include <unistr.h>
#include <uniwidth.h>

enum { ESCAPED_MAX = 16 << 10 }; /* bytes; more than any kept peer text grows to */

static unsigned width_of(const char *bytes, size_t len)
{
    int columns = u8_width((const uint8_t *)bytes, len, "UTF-8");

    return columns < 0 ? 0 : (unsigned)columns;
}

unsigned layout_columns(const char *text)
{
    return width_of(text, strlen(text));
}

bool layout_put_spaces(struct buf *out, unsigned n)
{
    while (n-- > 0) {
        if (!buf_put_char(out, ' '))
            return false;
    }
    return true;
}

bool layout_put_cell(struct buf *out, unsigned columns, const char *text)
{
    unsigned used = layout_columns(text);

    return buf_put_string(out, text) && (used >= columns || layout_put_spaces(out, columns - used));
}

/* How many of the bytes fit into so many columns, whole characters only. */
static size_t bytes_that_fit(const char *bytes, size_t len, unsigned columns)
{
    size_t at = 0;
    unsigned used = 0;

    while (at < len) {
        int n = u8_mblen((const uint8_t *)bytes + at, len - at);
        size_t size = n > 0 ? (size_t)n : 1;

        used += width_of(bytes + at, size);
        if (used > columns)
            break;
        at += size;
    }
    return at;
}

bool layout_put_cut(struct buf *out, unsigned columns, const char *text)
{
    static const char ellipsis[] = "...";
    size_t len = strlen(text);
    unsigned room = columns > 3 ? columns - 3 : 0;

    if (width_of(text, len) <= columns)
        return buf_put(out, text, len);
    return buf_put(out, text, bytes_that_fit(text, len, room)) &&
           buf_put(out, ellipsis, columns > 3 ? 3 : columns);
}

bool term_put_peer(struct buf *out, unsigned columns, struct peer_text t)
{
    struct buf escaped;
    bool ok;

    if (columns == 0)
        return peer_text_escape(out, t, 0);
    buf_init(&escaped, ESCAPED_MAX);
    ok = peer_text_escape(&escaped, t, ESCAPED_MAX - 8) && layout_put_cut(out, columns, buf_borrow(&escaped));
    buf_done(&escaped);
    /* A writer who only looks at out in the end must learn of the memory that was short here, too. */
    out->failed = out->failed || !ok;
    return ok;
}

/* A paragraph that is being broken into lines. */
struct paragraph {
    const char *bytes;
    size_t len;
    char *breaks; /* a UC_BREAK_ for the place before each byte */
};

static bool is_wide_at(const char *bytes, size_t len)
{
    ucs4_t c;

    return u8_mbtouc(&c, (const uint8_t *)bytes, len) > 0 && uc_width(c, "UTF-8") == 2;
}

/*
 * UAX 14 also breaks after the hyphen of smtp-relay.gmail.com and the slashes
 * of a URL; who copies such a name would copy a piece of it. So beside a blank,
 * only a wide character lets a line end.
 */
static void keep_names_whole(struct paragraph *p)
{
    size_t before = 0;

    for (size_t i = 0; i < p->len; i++) {
        if (p->breaks[i] == UC_BREAK_POSSIBLE && p->bytes[i - 1] != ' ' &&
            !is_wide_at(p->bytes + before, p->len - before) && !is_wide_at(p->bytes + i, p->len - i))
            p->breaks[i] = UC_BREAK_PROHIBITED;
        if (((unsigned char)p->bytes[i] & 0xc0) != 0x80)
            before = i;
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "3 s" and "340 ms" stay together. */
static void keep_units_with_numbers(struct paragraph *p)
{
    static const char *const units[] = { "s", "ms" };

    for (size_t i = 2; i < p->len; i++) {
        if (p->breaks[i] != UC_BREAK_POSSIBLE || p->bytes[i - 1] != ' ' || !is_digit(p->bytes[i - 2]))
            continue;
        for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
            size_t end = i + strlen(units[u]);

            if (end <= p->len && memcmp(p->bytes + i, units[u], end - i) == 0 &&
                (end == p->len || strchr(" .,;:)", p->bytes[end]) != NULL))
                p->breaks[i] = UC_BREAK_PROHIBITED;
        }
    }
}

/*
 * line_end() - where the line that begins at `from` ends
 * shape:  the index of the first byte of the next line, past the blanks that
 *         the break swallows; always past `from`
 */
static size_t line_end(const struct paragraph *p, size_t from, unsigned room)
{
    size_t fit = from + bytes_that_fit(p->bytes + from, p->len - from, room);
    size_t end = fit;

    if (fit == p->len)
        return fit;
    while (end < p->len && p->bytes[end] == ' ')
        end++;
    while (end > from && p->breaks[end] != UC_BREAK_POSSIBLE)
        end--;
    if (end > from)
        return end;
    if (fit > from)
        return fit;
    /* Not even one character fits: it goes over the edge rather than the loop going on for ever. */
    fit = from + 1;
    while (fit < p->len && ((unsigned char)p->bytes[fit] & 0xc0) == 0x80)
        fit++;
    return fit;
}

static bool put_paragraph(struct buf *out, unsigned width, unsigned at, unsigned hang,
                          const struct paragraph *p)
{
    size_t from = 0;

    do {
        size_t end = line_end(p, from, width > at ? width - at : 1);
        size_t shown = end;

        /* A first word that only fits on a line of its own begins there. */
        if (at > hang && end < p->len && p->breaks[end] != UC_BREAK_POSSIBLE)
            end = shown = from;
        while (shown > from && p->bytes[shown - 1] == ' ')
            shown--;
        if (!buf_put(out, p->bytes + from, shown - from) || !buf_put_char(out, '\n'))
            return false;
        from = end;
        at = hang;
        if (from < p->len && !layout_put_spaces(out, hang))
            return false;
    } while (from < p->len);
    return true;
}

static bool put_broken(struct buf *out, unsigned width, unsigned at, unsigned hang, const char *bytes,
                       size_t len)
{
    struct paragraph p = { .bytes = bytes, .len = len };
    bool ok;

    if (len == 0)
        return buf_put_char(out, '\n');
    p.breaks = malloc(len + 1);
    if (p.breaks == NULL) {
        out->failed = true;
        return false;
    }
    u8_possible_linebreaks((const uint8_t *)bytes, len, "UTF-8", p.breaks);
    p.breaks[0] = UC_BREAK_PROHIBITED;
    p.breaks[len] = UC_BREAK_POSSIBLE;
    keep_names_whole(&p);
    keep_units_with_numbers(&p);
    ok = put_paragraph(out, width, at, hang, &p);
    free(p.breaks);
    return ok;
}

bool layout_put_text(struct buf *out, unsigned width, unsigned at, unsigned hang, const char *text)
{
    const char *end;

    if (width < LAYOUT_WIDTH_MIN)
        width = LAYOUT_WIDTH_MIN;
    while ((end = strchr(text, '\n')) != NULL) {
        if (!put_broken(out, width, at, hang, text, (size_t)(end - text)))
            return false;
        text = end + 1;
        at = hang;
        if (*text != '\0' && *text != '\n' && !layout_put_spaces(out, hang))
            return false;
    }
    return put_broken(out, width, at, hang, text, strlen(text));
}
