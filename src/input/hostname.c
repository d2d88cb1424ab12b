/*
 * hostname - a typed host name as DNS wants it
 *
 * Each label goes by itself, so that a note can point at the one that is wrong.
 */
#include "input/hostname.h"

#include <idn2.h>
#include <string.h>
#include <strings.h>
#include <unictype.h>
#include <unistr.h>

#include "input/confusable.h"
#include "knowledge/known_host.h"

enum { IDN_FLAGS = IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT };

struct reader {
    struct arena *arena;
    struct input_notes *notes;
    const struct hygiene *typed;
    char text[HOSTNAME_MAX + 1];
    size_t len;
    bool stood_in;
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

/* The character at bytes, which are valid UTF-8, and its length. */
static ucs4_t character_at(const char *bytes, size_t len, size_t *ret_len)
{
    ucs4_t c = 0;
    int n = u8_mbtoucr(&c, (const uint8_t *)bytes, len);

    *ret_len = n > 0 ? (size_t)n : 1;
    return c;
}

/* The length of the dot at bytes, 0 where there is none; other dots than the ASCII one stand in for it. */
static size_t dot_len(const char *bytes, size_t len)
{
    size_t n;
    ucs4_t c;

    if (len == 0)
        return 0;
    c = character_at(bytes, len, &n);
    return c == '.' || confusable_ascii(c) == '.' ? n : 0;
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

static bool fits_a_label(char c)
{
    return is_alphanumeric(c) || c == '-' || c == '_';
}

/* What a label in other characters looks like. */
struct skeleton {
    char text[HOSTNAME_LABEL_MAX + 1];
    size_t len;
    bool complete;   /* every character looks like an ASCII one */
    bool has_ascii;  /* letters of ASCII stand among them */
    bool only_forms; /* what is foreign is another width or style of ASCII */
};

/* Letters of the Latin script mix with ASCII in the words of many languages. */
static bool is_foreign_latin(ucs4_t c)
{
    return c >= 0x80 && uc_is_script(c, uc_script(0x41)) && !confusable_is_form(c);
}

/* freely: letters that only resemble ASCII ones, or have marks, are taken for them too. */
static struct skeleton skeleton_of(const char *label, size_t len, bool freely)
{
    struct skeleton s = { .complete = true, .only_forms = true };

    for (size_t i = 0, n; i < len && s.complete; i += n) {
        ucs4_t c = character_at(label + i, len - i, &n);
        char ascii = c < 0x80 ? (char)c : confusable_ascii(c);

        if (ascii == 0 && freely)
            ascii = confusable_bare(c);
        else if (!freely && is_foreign_latin(c))
            ascii = 0;
        s.has_ascii = s.has_ascii || (c < 0x80 && is_alphanumeric((char)c) && !(c >= '0' && c <= '9'));
        s.only_forms = s.only_forms && (c < 0x80 || confusable_is_form(c));
        if (fits_a_label(ascii) && s.len < HOSTNAME_LABEL_MAX)
            s.text[s.len++] = ascii >= 'A' && ascii <= 'Z' ? (char)(ascii - 'A' + 'a') : ascii;
        else
            s.complete = false;
    }
    return s;
}

/* The foreign characters stand in for ASCII ones: beside ASCII letters, or as forms of them. Else it is a word. */
static bool stands_in(const struct skeleton *s)
{
    return s->complete && (s->has_ascii || s->only_forms);
}

static void note_foreign(struct reader *r, size_t from, size_t to)
{
    for (size_t i = from, n; i < to; i += n) {
        ucs4_t c = character_at(r->typed->cleaned + i, to - i, &n);

        if (c >= 0x80)
            input_notes_add(r->notes, r->arena, INPUT_FLAW_CONFUSABLE, r->typed->columns[i], c);
    }
    r->stood_in = true;
}

static void put_idn_label(struct reader *r, const char *label, size_t len, size_t at)
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
            note_foreign(r, at, at + len);
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

/* IDNA takes a full-width comma for a comma, which is none the better for it. */
static bool refuse_form(struct reader *r, const char *label, size_t len, size_t at)
{
    for (size_t i = 0, n; i < len; i += n) {
        ucs4_t c = character_at(label + i, len - i, &n);

        if (c >= 0x80 && confusable_is_form(c) && !fits_a_label(confusable_ascii(c))) {
            refuse(r, INPUT_FLAW_CHARACTER, at + i, c);
            return true;
        }
    }
    return false;
}

static void put_foreign_label(struct reader *r, const char *label, size_t len, size_t at)
{
    struct skeleton s = skeleton_of(label, len, false);

    if (refuse_form(r, label, len, at))
        return;
    if (!stands_in(&s)) {
        put_idn_label(r, label, len, at);
        return;
    }
    note_foreign(r, at, at + len);
    put_label(r, s.text, s.len, at, false);
}

/* The end of the label that begins at from. */
static size_t label_end(const struct hygiene *typed, size_t from, size_t to)
{
    size_t n;

    for (; from < to && dot_len(typed->cleaned + from, to - from) == 0; from += n)
        character_at(typed->cleaned + from, to - from, &n);
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
            note_foreign(r, end, end + dot);
        /* The dot at the very end stands for the root, and belongs to no name that a certificate has. */
        if (dot == 0 || end + dot == to)
            return;
        put_char(r, '.');
        from = end + dot;
    }
}

/*
 * A name all of whose characters look like a known server's is meant to be it,
 * even where each label by itself could be a word of another language.
 */
static bool looks_like_known(struct reader *r, size_t from, size_t to)
{
    const char *cleaned = r->typed->cleaned;
    size_t first = from;

    if (is_ascii(cleaned + from, to - from))
        return false;
    for (;;) {
        size_t end = label_end(r->typed, from, to);
        size_t dot = dot_len(cleaned + end, to - end);
        struct skeleton s = skeleton_of(cleaned + from, end - from, true);

        for (size_t i = 0; i < s.len; i++)
            put_char(r, s.text[i]);
        if (!s.complete || s.len == 0 || r->too_long)
            return false;
        if (dot == 0 || end + dot == to)
            break;
        put_char(r, '.');
        from = end + dot;
    }
    if (!known_host_is(r->text))
        return false;
    note_foreign(r, first, to);
    return true;
}

enum input_result hostname_read(struct hostname *ret, struct input_notes *notes, struct arena *arena,
                                const struct hygiene *typed, size_t from, size_t to)
{
    struct reader r = { .arena = arena, .notes = notes, .typed = typed };
    struct reader known = r;

    if (looks_like_known(&known, from, to))
        r = known;
    else
        read_labels(&r, from, to);
    if (!r.refused && r.too_long)
        refuse(&r, INPUT_FLAW_LONG_NAME, from, 0);
    *ret = (struct hostname){ .stood_in = r.stood_in };
    if (!r.refused)
        ret->text = arena_strdup(arena, r.text);
    return r.no_memory || arena_failed(arena) ? INPUT_NO_MEMORY : INPUT_OK;
}

enum input_result hostname_parse(const char **ret, struct arena *arena, const char *value)
{
    struct input_notes notes = { 0 };
    struct hygiene typed;
    struct hostname name;
    enum input_result result;

    *ret = NULL;
    if (strlen(value) > PLAN_INPUT_MAX)
        return INPUT_OK;
    if (!hygiene_clean(&typed, &notes, arena, peer_text_of(value)))
        return INPUT_NO_MEMORY;
    result = hostname_read(&name, &notes, arena, &typed, 0, typed.len);
    if (result == INPUT_OK && notes.n == 0)
        *ret = name.text;
    return result;
}
