/*
 * page - what every report for a person is written with, and the texts of a finding
 */
#include "report/page.h"

#include <stdio.h>

#include "knowledge/finding.h"
#include "knowledge/phrase.h"
#include "knowledge/step.h"
#include "report/advice.h"
#include "report/layout.h"

enum {
    LINE_MAX_BYTES = 64 << 10, /* one completed text */
    PEER_COLUMNS = 160,        /* two lines of what a peer said, within a sentence */
};

void page_init(struct page *p, struct buf *out, const struct report_spec *spec, const struct evidence *e,
               const struct diagnosis *d)
{
    *p = (struct page){
        .out = out,
        .spec = spec,
        .e = e,
        .d = d,
        .width = spec->width == 0 ? REPORT_WIDTH_DEFAULT : spec->width,
    };
    if (p->width < LAYOUT_WIDTH_MIN)
        p->width = LAYOUT_WIDTH_MIN;
    buf_init(&p->line, LINE_MAX_BYTES);
}

void page_done(struct page *p)
{
    buf_done(&p->line);
}

static bool put_peer(struct buf *out, struct peer_text t, void *user)
{
    (void)user;
    return term_put_peer(out, PEER_COLUMNS, t);
}

const char *page_label(const struct page *p, enum text_id id)
{
    return text(p->spec->language, id);
}

const char *page_say(struct page *p, enum text_id id, const struct argument *args, size_t n)
{
    buf_clear(&p->line);
    if (!phrase_put(&p->line, p->spec->language, id, args, n, put_peer, NULL))
        p->out->failed = true;
    return buf_borrow(&p->line);
}

void page_put_spaces(struct page *p, unsigned n)
{
    layout_put_spaces(p->out, n);
}

void page_put_wrapped(struct page *p, unsigned at, unsigned hang, const char *string)
{
    layout_put_text(p->out, p->width, at, hang, string);
}

void page_put_toned(struct page *p, enum tone tone, const char *string)
{
    static const char *const sgr[] = {
        [TONE_GOOD] = "\x1b[32m", [TONE_CARE] = "\x1b[33m", [TONE_BAD] = "\x1b[1;31m", [TONE_DIM] = "\x1b[2m",
    };
    bool toned = p->spec->color && tone != TONE_PLAIN;

    if (toned)
        buf_put_string(p->out, sgr[tone]);
    buf_put_string(p->out, string);
    if (toned)
        buf_put_string(p->out, "\x1b[0m");
}

void page_put_heading(struct page *p, const char *string)
{
    buf_put_char(p->out, '\n');
    page_put_wrapped(p, 0, 0, string);
}

void page_put_item(struct page *p, unsigned indent, const char *mark, const char *string)
{
    unsigned hang = indent + layout_columns(mark) + 1;

    page_put_spaces(p, indent);
    buf_put_string(p->out, mark);
    buf_put_char(p->out, ' ');
    page_put_wrapped(p, hang, hang, string);
}

unsigned page_label_columns(const struct page *p, const enum text_id *ids, size_t n)
{
    unsigned most = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned columns = layout_columns(page_label(p, ids[i]));

        if (columns > most)
            most = columns;
    }
    return most;
}

void page_put_row(struct page *p, unsigned label_width, enum text_id id, const char *value)
{
    page_put_spaces(p, 2);
    layout_put_cell(p->out, label_width, page_label(p, id));
    page_put_spaces(p, 2);
    page_put_wrapped(p, label_width + 4, label_width + 4, value);
}

const char *page_title(const struct page *p, const struct diagnosed *found)
{
    return page_label(p, finding_by_id((enum finding_id)found->finding)->title);
}

void page_put_becauses(struct page *p, unsigned indent, const struct diagnosed *found)
{
    for (size_t i = 0; i < found->n_because; i++) {
        const struct because *b = &found->because[i];

        page_put_item(p, indent, "-", page_say(p, (enum text_id)b->text, b->arguments, b->n_arguments));
    }
}

void page_put_steps(struct page *p, const struct diagnosed *found)
{
    const struct finding *finding = finding_by_id((enum finding_id)found->finding);
    struct advice advice;

    if (finding->n_steps == 0)
        return;
    page_put_heading(p, page_label(p, TEXT_REPORT_HEADING_STEPS));
    if (!advice_init(&advice, p->spec->language, p->e, p->d, found, put_peer))
        p->out->failed = true;
    for (size_t i = 0; !p->out->failed && i < finding->n_steps; i++) {
        const struct step *step = step_by_id(finding->steps[i]);
        char mark[24];

        snprintf(mark, sizeof mark, "%zu.", i + 1);
        page_put_item(p, 2, mark, page_label(p, step->title));
        page_put_spaces(p, 5);
        page_put_wrapped(p, 5, 5, page_say(p, step->text, advice.arguments, advice.n));
    }
    advice_done(&advice);
}
