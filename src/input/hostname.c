/*
 * hostname - a typed host name as DNS wants it
 *
 * Each label goes by itself, so that a note can point at the one that is wrong.
 */
#include "input/hostname.h"

#include <idn2.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>

enum { IDN_FLAGS = IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT };

struct reader {
    struct arena *arena;
    struct input_notes *notes;
    const struct hygiene *typed;
    char text[HOSTNAME_MAX + 1];
    size_t len;
    bool odd_width;
    bool refused;
    bool too_long;
    bool no_memory;
};

static void refuse(struct reader *r, enum input_flaw flaw, size_t at, uint32_t code_point)
{
    r->refused = true;
    input_notes_add(r->notes, r->arena, flaw, r->typed->columns[at], code_point);
}

static void put_char(struct reader *r, char c)
{
    if (r->len == HOSTNAME_MAX) {
        r->too_long = true;
        return;
    }
    r->text[r->len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The length of the dot at bytes, 0 where there is none; IDNA 2003 took three more for it. */
static size_t dot_len(const char *bytes, size_t len)
{
    static const char *const wide[] = { "\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1" };

    if (len >= 1 && bytes[0] == '.')
        return 1;
    for (size_t i = 0; len >= 3 && i < sizeof wide / sizeof wide[0]; i++) {
        if (memcmp(bytes, wide[i], 3) == 0)
            return 3;
    }
    return 0;
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_ascii(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)bytes[i] >= 0x80)
            return false;
    }
    return true;
}

/* Whether the character may stand at this place of a label in ASCII. */
static bool is_allowed(const char *label, size_t len, size_t i)
{
    if (label[i] == '-')
        return i != 0 && i != len - 1;
    return is_alphanumeric(label[i]) || label[i] == '_';
}

/* Appends a label in ASCII; at: where it was typed, as_typed: byte by byte. */
static void put_label(struct reader *r, const char *label, size_t len, size_t at, bool as_typed)
{
    if (len == 0)
        refuse(r, INPUT_FLAW_EMPTY_LABEL, at, 0);
    else if (len > HOSTNAME_LABEL_MAX)
        refuse(r, INPUT_FLAW_LONG_LABEL, at, 0);
    for (size_t i = 0; i < len; i++) {
        if (!is_allowed(label, len, i))
            refuse(r, INPUT_FLAW_CHARACTER, as_typed ? at + i : at, (unsigned char)label[i]);
        put_char(r, label[i]);
    }
}

/* Notes the first character that IDNA refuses by itself, or the label where they do not fit together. */
static void refuse_foreign(struct reader *r, const char *label, size_t len, size_t at)
{
    for (size_t i = 0; i < len;) {
        ucs4_t c = 0;
        int n = u8_mbtoucr(&c, (const uint8_t *)label + i, len - i);
        char one[8] = { 0 };
        char *mapped = NULL;
        int rc;

        if (n <= 0)
            break;
        memcpy(one, label + i, (size_t)n);
        rc = idn2_lookup_u8((const uint8_t *)one, (uint8_t **)&mapped, IDN_FLAGS);
        idn2_free(mapped);
        if (rc == IDN2_DISALLOWED || rc == IDN2_UNASSIGNED || rc == IDN2_INVALID_NONTRANSITIONAL) {
            refuse(r, INPUT_FLAW_CHARACTER, at + i, c);
            return;
        }
        i += (size_t)n;
    }
    refuse(r, INPUT_FLAW_CHARACTER, at, 0);
}

static void put_foreign_label(struct reader *r, const char *label, size_t len, size_t at)
{
    char *copy = arena_alloc(r->arena, len + 1, 1);
    char *mapped = NULL;
    int rc;

    if (copy == NULL) {
        r->no_memory = true;
        return;
    }
    memcpy(copy, label, len);
    rc = idn2_lookup_u8((const uint8_t *)copy, (uint8_t **)&mapped, IDN_FLAGS);
    if (rc == IDN2_OK) {
        if (strncasecmp(mapped, "xn--", 4) != 0)
            r->odd_width = true;
        put_label(r, mapped, strlen(mapped), at, false);
    } else if (rc == IDN2_MALLOC) {
        r->no_memory = true;
    } else if (rc == IDN2_TOO_BIG_LABEL || rc == IDN2_TOO_BIG_DOMAIN || rc == IDN2_PUNYCODE_BIG_OUTPUT) {
        refuse(r, INPUT_FLAW_LONG_LABEL, at, 0);
    } else {
        refuse_foreign(r, label, len, at);
    }
    idn2_free(mapped);
}

/* The end of the label that begins at from. */
static size_t label_end(const struct hygiene *typed, size_t from, size_t to)
{
    while (from < to && dot_len(typed->cleaned + from, to - from) == 0)
        from++;
    return from;
}

static void read_labels(struct reader *r, size_t from, size_t to)
{
    const char *cleaned = r->typed->cleaned;

    for (;;) {
        size_t end = label_end(r->typed, from, to);
        size_t dot = dot_len(cleaned + end, to - end);

        if (is_ascii(cleaned + from, end - from))
            put_label(r, cleaned + from, end - from, from, true);
        else
            put_foreign_label(r, cleaned + from, end - from, from);
        if (dot > 1)
            r->odd_width = true;
        /* The dot at the very end stands for the root, and belongs to no name that a certificate has. */
        if (dot == 0 || end + dot == to)
            return;
        put_char(r, '.');
        from = end + dot;
    }
}

enum input_result hostname_read(struct hostname *ret, struct input_notes *notes, struct arena *arena,
                                const struct hygiene *typed, size_t from, size_t to)
{
    struct reader r = { .arena = arena, .notes = notes, .typed = typed };

    read_labels(&r, from, to);
    if (!r.refused && r.too_long)
        refuse(&r, INPUT_FLAW_LONG_NAME, from, 0);
    *ret = (struct hostname){ .odd_width = r.odd_width };
    if (!r.refused)
        ret->text = arena_strdup(arena, r.text);
    return r.no_memory || arena_failed(arena) ? INPUT_NO_MEMORY : INPUT_OK;
}
