/*
 * explanation - what a pasted error means, as text and as JSON
 *
 * As in the report of a check the first line says what everybody understands;
 * here with how sure it is, for nothing was looked at but a text.
 */
#include "report/explanation.h"

#include "report/layout.h"
#include "report/page.h"
#include "report/part.h"

/* A confidence in words. */
static const struct surety {
    double least;
    enum text_id word;
    enum tone tone;
} sureties[] = {
    { 0.9, TEXT_EXPLAIN_CERTAIN, TONE_BAD },
    { 0.8, TEXT_EXPLAIN_VERY_LIKELY, TONE_BAD },
    { 0.6, TEXT_EXPLAIN_LIKELY, TONE_BAD },
    { 0, TEXT_EXPLAIN_POSSIBLE, TONE_CARE },
};

static const struct surety *surety_of(const struct diagnosed *found)
{
    const struct surety *s = sureties;

    while (found->confidence < s->least)
        s++;
    return s;
}

static void put_first_line(struct page *p, enum tone tone, const char *word, const char *sentence)
{
    const char *colon = page_label(p, TEXT_SHOW_COLON);

    page_put_toned(p, tone, word);
    buf_put_string(p->out, colon);
    if (p->spec->quiet) {
        buf_put_string(p->out, sentence);
        buf_put_char(p->out, '\n');
    } else {
        page_put_wrapped(p, layout_columns(word) + layout_columns(colon), 0, sentence);
    }
}

/* Of a single line the evidence shows all. */
static void put_line(struct page *p, const struct explanation *x)
{
    struct buf excerpt;

    if (x->n_lines < 2 || x->line == 0)
        return;
    page_put_heading(p, page_say(p, TEXT_EXPLAIN_HEADING_LINE, (const struct argument[]){
        { .name = "line", .kind = ARGUMENT_NUMBER, .value.number = (int64_t)x->line },
        { .name = "number", .kind = ARGUMENT_NUMBER, .value.number = (int64_t)x->n_lines },
    }, 2));
    buf_init(&excerpt, 4 * EXPLAIN_LINE_KEPT + 4);
    term_put_peer(&excerpt, EXPLAIN_LINE_KEPT, x->excerpt);
    page_put_spaces(p, 2);
    page_put_wrapped(p, 2, 2, buf_borrow(&excerpt));
    p->out->failed |= excerpt.failed;
    buf_done(&excerpt);
}

static void put_others(struct page *p)
{
    const char *colon = page_label(p, TEXT_SHOW_COLON);

    if (p->d->n_findings < 2)
        return;
    page_put_heading(p, page_label(p, TEXT_EXPLAIN_HEADING_OTHERS));
    for (size_t i = 1; i < p->d->n_findings; i++) {
        const struct diagnosed *found = &p->d->findings[i];
        const char *word = page_label(p, surety_of(found)->word);

        page_put_spaces(p, 2);
        buf_put_string(p->out, word);
        buf_put_string(p->out, colon);
        page_put_wrapped(p, 2 + layout_columns(word) + layout_columns(colon), 4, page_title(p, found));
    }
}

static void put_found(struct page *p, const struct explanation *x)
{
    const struct diagnosed *found = &p->d->findings[p->d->primary];
    const struct surety *s = surety_of(found);

    put_first_line(p, s->tone, page_label(p, s->word), page_title(p, found));
    if (p->spec->quiet)
        return;
    put_line(p, x);
    page_put_heading(p, page_label(p, TEXT_REPORT_HEADING_BECAUSE));
    page_put_becauses(p, 2, found);
    page_put_steps(p, found);
    put_others(p);
}

static bool put_text(struct buf *out, const struct report_spec *spec, const struct explanation *x)
{
    static const enum text_id nothing_found[] = {
        [EXPLANATION_VAGUE] = TEXT_EXPLAIN_VAGUE,
        [EXPLANATION_SUCCESS] = TEXT_EXPLAIN_SUCCESS,
        [EXPLANATION_UNKNOWN] = TEXT_EXPLAIN_UNKNOWN,
    };
    struct page p;

    page_init(&p, out, spec, x->evidence, x->diagnosis);
    if (x->outcome == EXPLANATION_FOUND)
        put_found(&p, x);
    else
        put_first_line(&p, TONE_CARE, page_label(&p, TEXT_VERDICT_UNKNOWN),
                       page_label(&p, nothing_found[x->outcome]));
    page_done(&p);
    return !out->failed;
}

static const char *outcome_word(enum explanation_outcome outcome)
{
    static const char *const words[] = {
        [EXPLANATION_FOUND] = "recognised",
        [EXPLANATION_VAGUE] = "vague",
        [EXPLANATION_SUCCESS] = "no-error",
        [EXPLANATION_UNKNOWN] = "unknown",
    };

    return words[outcome];
}

static bool put_json(struct buf *out, const struct report_spec *spec, const struct explanation *x,
                     size_t flags)
{
    const struct diagnosis *d = x->diagnosis;
    struct part f = { .spec = spec, .e = x->evidence, .d = d };
    json_t *object = json_object();

    part_put(&f, object, "schema", json_string("smtpdx/explain/1"));
    part_put(&f, object, "input", part_peer(x->input));
    part_put(&f, object, "language", json_string(language_word(spec->language)));
    part_put(&f, object, "outcome", json_string(outcome_word(x->outcome)));
    part_put(&f, object, "line", x->line == 0 ? json_null() : json_integer((json_int_t)x->line));
    part_put(&f, object, "primary", part_string_or_null(part_finding_word(d, d->primary)));
    part_put(&f, object, "findings", part_findings(&f));
    return part_dump(out, &f, object, flags);
}

bool explanation_put(struct buf *out, enum report_format format, const struct report_spec *spec,
                     const struct explanation *x)
{
    switch (format) {
    case REPORT_TEXT:
        return put_text(out, spec, x);
    case REPORT_JSON:
        return put_json(out, spec, x, JSON_INDENT(2));
    case REPORT_NDJSON:
        return put_json(out, spec, x, JSON_COMPACT);
    }
    return false;
}
