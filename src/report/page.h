/*
 * page - what every report for a person is written with, and the texts of a finding
 *
 * For this room alone. Every writer goes on after a failure; out->failed is
 * looked at once, at the end. Everything a peer said passes term_put_peer().
 */
#ifndef SMTPDX_REPORT_PAGE_H
#define SMTPDX_REPORT_PAGE_H

#include "report/report.h"

enum tone {
    TONE_PLAIN,
    TONE_GOOD,
    TONE_CARE,
    TONE_BAD,
    TONE_DIM,
};

struct page {
    struct buf *out;
    struct buf line; /* a text being completed */
    const struct report_spec *spec;
    const struct evidence *e;
    const struct diagnosis *d;
    unsigned width;
};

void page_init(struct page *p, struct buf *out, const struct report_spec *spec, const struct evidence *e,
               const struct diagnosis *d);
void page_done(struct page *p);

const char *page_label(const struct page *p, enum text_id id);

/* The completed text; valid until the next. */
const char *page_say(struct page *p, enum text_id id, const struct argument *args, size_t n);

void page_put_spaces(struct page *p, unsigned n);

/* The rest of a line whose first `at` columns stand already, and the lines after it. */
void page_put_wrapped(struct page *p, unsigned at, unsigned hang, const char *string);

/* In colour where the report may have colours; which only underlines what the words say. */
void page_put_toned(struct page *p, enum tone tone, const char *string);

/* A section is set off by an empty line; its heading stands alone. */
void page_put_heading(struct page *p, const char *string);

/* "  mark text", further lines below the text. */
void page_put_item(struct page *p, unsigned indent, const char *mark, const char *string);

/* "  label   value", further lines below the value; as wide a label as the widest of those that stand together. */
unsigned page_label_columns(const struct page *p, const enum text_id *ids, size_t n);
void page_put_row(struct page *p, unsigned label_width, enum text_id id, const char *value);

const char *page_title(const struct page *p, const struct diagnosed *found);
void page_put_becauses(struct page *p, unsigned indent, const struct diagnosed *found);

/* What the user does now, in order, under a heading. */
void page_put_steps(struct page *p, const struct diagnosed *found);

#endif
