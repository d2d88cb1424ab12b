/*
 * report - a diagnosis as bytes, in a format and a language
 */
#ifndef SMTPDX_REPORT_REPORT_H
#define SMTPDX_REPORT_REPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "knowledge/text.h"
#include "model/diagnosis.h"
#include "model/evidence.h"

enum report_format {
    REPORT_TEXT,
    REPORT_JSON,
    REPORT_NDJSON, /* the same as JSON, on one line */
};
enum { REPORT_FORMAT_COUNT = 3 };

enum { REPORT_WIDTH_DEFAULT = 80 };

struct report_spec {
    enum language language;
    unsigned width; /* columns of a line of text; 0: REPORT_WIDTH_DEFAULT */
    bool color;     /* text may hold colours (ANSI SGR) */
    bool quiet;     /* text is the verdict line alone */
};

/*
 * report_put() - appends the whole report, ended by a line end
 * errors: false when out refused the bytes or memory is short; out then holds
 *         part of a report, which is none
 */
bool report_put(struct buf *out, enum report_format format, const struct report_spec *spec,
                const struct evidence *e, const struct diagnosis *d);

/* "text", "json", "ndjson": the words of --format. */
bool report_format_parse(enum report_format *ret, const char *word);

#endif
