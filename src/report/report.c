/*
 * report - a diagnosis as bytes, in a format and a language
 *
 * Chooses the face; decides nothing about the check.
 */
#include "report/report.h"

#include <string.h>

#include "report/face.h"

static const struct report_face {
    const char *word;
    bool (*put)(struct buf *out, const struct report_spec *spec, const struct evidence *e,
                const struct diagnosis *d);
} report_faces[REPORT_FORMAT_COUNT] = {
    [REPORT_TEXT] = { "text", report_text },
    [REPORT_JSON] = { "json", report_json },
    [REPORT_NDJSON] = { "ndjson", report_ndjson },
};

bool report_put(struct buf *out, enum report_format format, const struct report_spec *spec,
                const struct evidence *e, const struct diagnosis *d)
{
    return report_faces[format].put(out, spec, e, d);
}

bool report_format_parse(enum report_format *ret, const char *word)
{
    for (int i = 0; i < REPORT_FORMAT_COUNT; i++) {
        if (strcmp(word, report_faces[i].word) == 0) {
            *ret = (enum report_format)i;
            return true;
        }
    }
    return false;
}
