#include "base/secret_form.h"

#include <unictype.h>
#include <unistr.h>

/* White space of any script, and the no-break space that pages put between groups. */
static bool is_blank(ucs4_t c)
{
    return uc_is_property_white_space(c) && c != '\r' && c != '\n';
}

static bool is_letter(ucs4_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Takes the last character off; 0xfffd where it is none. */
static ucs4_t take_last(struct peer_text *t)
{
    const uint8_t *start = (const uint8_t *)t->bytes;
    const uint8_t *before;
    ucs4_t c = 0xfffd;

    before = u8_prev(&c, start + t->len, start);
    t->len = before == NULL ? t->len - 1 : (size_t)(before - start);
    return c;
}

static bool ends_in_line_end(struct peer_text t)
{
    return t.len > 0 && (t.bytes[t.len - 1] == '\n' || t.bytes[t.len - 1] == '\r');
}

/* Without the white space around it. */
static struct peer_text core_of(struct peer_text t)
{
    uint32_t c = 0;
    size_t len = 0;
    bool printable;

    for (struct peer_text rest = t; peer_text_next(&rest, &c, &len, &printable) && is_blank(c);)
        t = rest;
    while (t.len > 0) {
        struct peer_text rest = t;

        c = take_last(&rest);
        if (!is_blank(c) && c != '\r' && c != '\n')
            break;
        t = rest;
    }
    return t;
}

/* t: without white space around it */
static void look_for_app_password(struct secret_form *form, struct peer_text t)
{
    size_t letters = 0;
    size_t small = 0;
    size_t gaps = 0;
    size_t blanks = 0;
    uint32_t c = 0;
    size_t len = 0;
    bool printable;

    while (peer_text_next(&t, &c, &len, &printable)) {
        if (is_letter(c)) {
            letters++;
            small += c >= 'a';
        } else if ((is_blank(c) || c == '-') && letters == 4 * (gaps + 1)) {
            gaps++;
            blanks += c != '-';
        } else {
            return;
        }
    }
    if (letters != 16)
        return;
    form->app_password_letters = gaps == 0 && small == 16;
    form->app_password_groups = gaps == 3 && blanks == 3;
    form->app_password_hyphens = gaps == 3 && blanks == 0;
}

struct secret_form secret_look(struct peer_text bytes)
{
    struct secret_form form = { .empty = bytes.len == 0, .line_end = ends_in_line_end(bytes) };
    struct peer_text core = core_of(bytes);
    uint32_t c = 0;
    size_t len = 0;
    bool printable;

    look_for_app_password(&form, core);
    while (ends_in_line_end(bytes))
        bytes.len--;
    if (bytes.len > 0) {
        struct peer_text rest = bytes;

        form.blank_at_end = is_blank(take_last(&rest));
    }
    for (bool first = true; peer_text_next(&bytes, &c, &len, &printable); first = false) {
        if (first)
            form.blank_at_start = is_blank(c);
        form.non_ascii |= c >= 0x80;
        form.invisible |= len > 1 && !printable;
    }
    for (size_t i = 0; i < core.len; i++)
        form.control |= (unsigned char)core.bytes[i] < 0x20 || core.bytes[i] == 0x7f;
    return form;
}
