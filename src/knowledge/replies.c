/*
 * replies - looks a reply up among the rows of data/replies.toml
 *
 * Every row is tried, the best match kept: this runs once or twice in a check.
 */
#include "knowledge/replies.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "knowledge/finding.h"
#include "knowledge/replies_table.h"

/* How a row came to match; what comes first decides over what follows. */
enum match_kind {
    MATCH_OWN_TEXT,   /* words of this provider's own */
    MATCH_OTHER_TEXT, /* words of many servers, or of another provider: they borrow from each other */
    MATCH_OWN_WEAK,   /* words of its own that stand in other sentences as well */
    MATCH_OTHER_WEAK,
    MATCH_OWN_NUMBER,
    MATCH_OTHER_NUMBER,
    MATCH_NONE,
};

/* Whose row it is. */
enum owner { OWNER_ASKED, OWNER_ANYBODY, OWNER_ANOTHER };

struct match {
    enum match_kind kind;
    size_t len; /* of the words */
    enum owner owner;
    unsigned fits; /* how much of the number and of the stage fits, too */
    const struct reply_row *row;
};

struct folded {
    char bytes[REPLIES_TEXT_MAX];
    size_t len;
};

/* ---- the text ------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A blank, a line end, another control character; in a pasted text also \r and \n in two characters each. */
static size_t gap_at(struct peer_text t)
{
    if (t.len > 0 && ((unsigned char)t.bytes[0] <= ' ' || t.bytes[0] == 0x7f))
        return 1;
    return t.len > 1 && t.bytes[0] == '\\' && (t.bytes[1] == 'r' || t.bytes[1] == 'n') ? 2 : 0;
}

static size_t digits_at(struct peer_text t, size_t at)
{
    size_t n = 0;

    while (at + n < t.len && n < 3 && is_digit(t.bytes[at + n]))
        n++;
    return n;
}

static bool ends_at(struct peer_text t, size_t at)
{
    return at == t.len || gap_at((struct peer_text){ t.bytes + at, t.len - at }) > 0;
}

/* "5.7.8" with a gap behind; 0 where there is none. */
static size_t enhanced_at(struct peer_text t)
{
    size_t at = 0;

    for (unsigned part = 0; part < 3; part++) {
        size_t n = digits_at(t, at);

        if (n == 0 || (part > 0 && t.bytes[at - 1] != '.'))
            return 0;
        at += n + 1;
    }
    return ends_at(t, at - 1) ? at - 1 : 0;
}

/* A code at the head of a word: "535", "5.7.8", or the "535-" of a line that is not the last. */
static size_t code_at(struct peer_text t)
{
    size_t n = enhanced_at(t);

    if (n > 0 || t.len < 3 || t.bytes[0] < '2' || t.bytes[0] > '5' || digits_at(t, 0) < 3)
        return n;
    if (t.len > 3 && t.bytes[3] == '-')
        return 4;
    return ends_at(t, 3) ? 3 : 0;
}

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static void skip(struct peer_text *t, size_t n)
{
    t->bytes += n;
    t->len -= n;
}

/* One line of small letters without codes: a sentence reads the same however it was cut into lines. */
static void fold(struct folded *ret, struct peer_text text)
{
    bool begins = true; /* of a word */

    if (text.len > sizeof ret->bytes)
        text.len = sizeof ret->bytes;
    ret->len = 0;
    while (text.len > 0) {
        size_t n = gap_at(text);

        if (n == 0 && begins)
            n = code_at(text);
        if (n > 0) {
            skip(&text, n);
            begins = true;
            continue;
        }
        if (begins && ret->len > 0 && ret->len < sizeof ret->bytes)
            ret->bytes[ret->len++] = ' ';
        if (ret->len == sizeof ret->bytes)
            return;
        ret->bytes[ret->len++] = small(text.bytes[0]);
        begins = false;
        skip(&text, 1);
    }
}

/* The longest of the words that stands in the text; 0 where none does. */
static size_t longest_in(const struct reply_words *words, const struct folded *text)
{
    size_t longest = 0;

    for (size_t i = 0; i < words->n; i++) {
        size_t len = strlen(words->words[i]);

        if (len > longest && memmem(text->bytes, text->len, words->words[i], len) != NULL)
            longest = len;
    }
    return longest;
}

/* ---- whose rows ----------------------------------------------------------- */

static bool ends_with(const char *name, const char *ending)
{
    size_t len = strlen(name);
    size_t ending_len = strlen(ending);

    return len >= ending_len && strcasecmp(name + len - ending_len, ending) == 0 &&
           (len == ending_len || name[len - ending_len - 1] == '.');
}

static enum owner owner_of(const struct reply_set *set, const struct reply_question *q,
                           const struct folded *text)
{
    if (set->providers.n == 0 && set->hosts.n == 0)
        return OWNER_ANYBODY;
    for (size_t i = 0; q->provider != NULL && i < set->providers.n; i++) {
        if (strcmp(set->providers.words[i], q->provider) == 0)
            return OWNER_ASKED;
    }
    for (size_t i = 0; q->host != NULL && i < set->hosts.n; i++) {
        if (ends_with(q->host, set->hosts.words[i]))
            return OWNER_ASKED;
    }
    if (q->provider == NULL && q->host == NULL && longest_in(&set->marks, text) > 0)
        return OWNER_ASKED;
    return OWNER_ANOTHER;
}

/* ---- one row -------------------------------------------------------------- */

static bool stage_fits(const struct reply_row *row, enum reply_stage stage)
{
    return row->stages == 0 || stage == REPLY_AT_ANY || (row->stages & 1U << stage) != 0;
}

static bool refuses(unsigned code)
{
    return code >= 400 && code <= 599;
}

/* Servers differ in the code of one sentence, but not in whether it is for now or for good. */
static bool code_suits_text(const struct reply_row *row, unsigned code)
{
    if (code == 0)
        return true;
    return row->code == 0 ? refuses(code) : row->code / 100U == code / 100;
}

static bool has_enhanced(const struct reply_row *row)
{
    return row->enhanced[0] != 0 || row->enhanced[1] != 0 || row->enhanced[2] != 0;
}

static bool class_fits(unsigned of_row, unsigned class)
{
    return of_row == class || (of_row == 0 && (class == 4 || class == 5));
}

static bool enhanced_fits(const struct reply_row *row, const unsigned enhanced[3])
{
    return enhanced[0] != 0 && class_fits(row->enhanced[0], enhanced[0]) && row->enhanced[1] == enhanced[1] &&
           row->enhanced[2] <= enhanced[2] && enhanced[2] <= row->detail_last;
}

/* A code that is not known is made up for by an enhanced one that fits. */
static bool number_fits(const struct reply_row *row, const struct reply_question *q)
{
    if (has_enhanced(row) && !enhanced_fits(row, q->enhanced))
        return false;
    if (row->code == 0)
        return q->code == 0 || refuses(q->code);
    return row->code == q->code || (q->code == 0 && has_enhanced(row));
}

static unsigned fit_of(const struct reply_row *row, const struct reply_question *q)
{
    unsigned fits = 0;

    if (has_enhanced(row) && enhanced_fits(row, q->enhanced))
        fits += row->detail_last > row->enhanced[2] ? 2 : 4;
    if (row->stages != 0 && q->stage != REPLY_AT_ANY)
        fits += 1;
    if (row->code != 0 && q->code == 0 && fits > 0)
        fits -= 1; /* it asks for a code that was not given */
    return fits;
}

static struct match match_row(const struct reply_row *row, enum owner owner, const struct reply_question *q,
                              const struct folded *text)
{
    struct match m = { .kind = MATCH_NONE, .owner = owner, .row = row };
    bool own = owner == OWNER_ASKED;

    if (!stage_fits(row, q->stage))
        return m;
    if (row->texts.n == 0) {
        if (owner != OWNER_ANOTHER && number_fits(row, q))
            m.kind = own ? MATCH_OWN_NUMBER : MATCH_OTHER_NUMBER;
    } else if (code_suits_text(row, q->code) && (owner != OWNER_ANOTHER || !row->weak)) {
        m.len = longest_in(&row->texts, text);
        if (m.len > 0 && row->weak)
            m.kind = own ? MATCH_OWN_WEAK : MATCH_OTHER_WEAK;
        else if (m.len > 0)
            m.kind = own ? MATCH_OWN_TEXT : MATCH_OTHER_TEXT;
    }
    m.fits = fit_of(row, q);
    return m;
}

/* The first of two that match equally well stands first in the file. */
static bool is_better(const struct match *a, const struct match *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind;
    if (a->len != b->len)
        return a->len > b->len;
    if (a->owner != b->owner)
        return a->owner < b->owner;
    return a->fits > b->fits;
}

/* ---- the best rows -------------------------------------------------------- */

struct ranking {
    struct match matches[REPLIES_CANDIDATES_MAX];
    size_t n;
};

/* Keeps the order, and of each class the best match alone. */
static void ranking_add(struct ranking *r, const struct match *m)
{
    size_t at = 0;
    size_t last = r->n;

    while (at < r->n && !is_better(m, &r->matches[at])) {
        if (r->matches[at].row->class == m->row->class)
            return;
        at++;
    }
    for (size_t i = at; i < r->n && last == r->n; i++) {
        if (r->matches[i].row->class == m->row->class)
            last = i; /* beaten: its place is free */
    }
    if (at == REPLIES_CANDIDATES_MAX)
        return;
    if (last == r->n && r->n < REPLIES_CANDIDATES_MAX)
        r->n++;
    if (last == REPLIES_CANDIDATES_MAX)
        last--;
    memmove(&r->matches[at + 1], &r->matches[at], (last - at) * sizeof r->matches[0]);
    r->matches[at] = *m;
}

static void rank(struct ranking *r, const struct reply_question *q)
{
    struct folded text;

    r->n = 0;
    fold(&text, q->text);
    for (size_t i = 0; i < reply_set_count; i++) {
        const struct reply_set *set = &reply_set_table[i];
        enum owner owner = owner_of(set, q, &text);

        for (size_t k = 0; k < set->n; k++) {
            struct match m = match_row(&set->rows[k], owner, q, &text);

            if (m.kind != MATCH_NONE)
                ranking_add(r, &m);
        }
    }
}

/* ---- what it means -------------------------------------------------------- */

static double factor_of(const struct match *m)
{
    switch (m->kind) {
    case MATCH_OWN_TEXT:
    case MATCH_OTHER_TEXT:
        return m->owner == OWNER_ANOTHER ? 0.8 : 1;
    case MATCH_OWN_WEAK:
    case MATCH_OTHER_WEAK:
        return 0.8;
    case MATCH_OWN_NUMBER:
    case MATCH_OTHER_NUMBER:
        return has_enhanced(m->row) ? 0.6 : 0.5;
    case MATCH_NONE:
        break;
    }
    return 0;
}

/* A row of one stage tells that stage where it is not known. */
static enum reply_stage stage_of(const struct reply_row *row, enum reply_stage asked)
{
    if (asked != REPLY_AT_ANY)
        return asked;
    for (unsigned stage = REPLY_AT_ANY; stage < REPLY_STAGE_COUNT; stage++) {
        if (row->stages == 1U << stage)
            return (enum reply_stage)stage;
    }
    return REPLY_AT_ANY;
}

/*
 * A number tells for how long the server refuses more surely than why (RFC 5321
 * section 4.2.1): what is refused for now is no verdict on sender or recipient.
 */
static enum finding_id for_how_long(enum finding_id finding, unsigned code)
{
    switch (code / 100) {
    case 4:
        if (finding == FINDING_SMTP_REJECTED)
            return FINDING_SMTP_THROTTLED;
        return strncmp(finding_by_id(finding)->id, "send.", 5) == 0 ? FINDING_SEND_TEMPORARY : finding;
    case 5:
        if (finding == FINDING_SMTP_THROTTLED)
            return FINDING_SMTP_REJECTED;
        return finding == FINDING_SEND_TEMPORARY ? FINDING_SEND_REJECTED : finding;
    default:
        return finding;
    }
}

static struct reply_meaning meaning_of(const struct match *m, const struct reply_question *q)
{
    const struct reply_row *row = m->row;
    bool by_text = row->texts.n > 0;
    enum finding_id finding = row->finding;

    if (finding == FINDING_NONE)
        finding = reply_finding_table[row->class][stage_of(row, q->stage)];
    if (finding != FINDING_NONE && !by_text)
        finding = for_how_long(finding, q->code != 0 ? q->code : q->enhanced[0] * 100);
    return (struct reply_meaning){
        .class = row->class,
        .finding = finding,
        .confidence = row->percent * factor_of(m) / 100,
        /* Another provider's page tells what to do with another account. */
        .help_url = m->owner == OWNER_ANOTHER && q->provider != NULL ? NULL : row->help_url,
        .by_text = by_text,
    };
}

size_t replies_candidates(struct reply_meaning ret[static REPLIES_CANDIDATES_MAX],
                          const struct reply_question *q)
{
    struct ranking r;

    rank(&r, q);
    for (size_t i = 0; i < r.n; i++)
        ret[i] = meaning_of(&r.matches[i], q);
    return r.n;
}

bool replies_classify(struct reply_meaning *ret, const struct reply_question *q)
{
    struct ranking r;

    rank(&r, q);
    if (r.n == 0)
        return false;
    *ret = meaning_of(&r.matches[0], q);
    return true;
}

const char *reply_class_word(enum reply_class class)
{
    return reply_class_table[class];
}
