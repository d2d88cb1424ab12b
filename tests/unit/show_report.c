/*
 * show_report - prints the report of every made-up check, for the schema test and for the eye
 *
 *     show_report json|text|progress en|ja [WIDTH]
 *
 * Each with its made-up diagnosis, then as the rules judge it. Reports of JSON
 * stand in an array.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/progress.h"
#include "report/report.h"
#include "report_sample.h"

enum { OUT_MAX = 4 << 20 };

static bool put_sample(struct buf *out, const char *face, const struct report_spec *spec,
                       const struct sample *s)
{
    enum report_format format;

    if (strcmp(face, "progress") == 0)
        return progress_put(out, spec, s->evidence, 1234) && buf_put_char(out, '\n');
    return report_format_parse(&format, face) && report_put(out, format, spec, s->evidence, s->diagnosis);
}

/* The made-up diagnosis, then that of the rules. */
static bool put_both(struct buf *out, const char *face, const struct report_spec *spec, enum sample_kind kind)
{
    bool json = strcmp(face, "json") == 0;
    struct sample s = sample_new(kind);
    bool ok = json || buf_printf(out, "==== %s\n", s.name);

    ok = ok && put_sample(out, face, spec, &s);
    sample_judge(&s);
    ok = ok && (json ? buf_put_char(out, ',') : buf_printf(out, "==== %s, judged\n", s.name));
    ok = ok && put_sample(out, face, spec, &s);
    sample_free(&s);
    return ok;
}

int main(int argc, char **argv)
{
    struct report_spec spec = { 0 };
    bool json = argc > 1 && strcmp(argv[1], "json") == 0;
    struct buf out;
    bool ok = true;

    if (argc < 3 || !language_parse(&spec.language, argv[2])) {
        fprintf(stderr, "show_report json|text|progress en|ja [WIDTH]\n");
        return EXIT_FAILURE;
    }
    spec.width = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    buf_init(&out, OUT_MAX);
    for (int i = 0; ok && i < SAMPLE_COUNT; i++) {
        ok = !json || buf_put_string(&out, i == 0 ? "[" : ",");
        ok = ok && put_both(&out, argv[1], &spec, (enum sample_kind)i);
    }
    ok = ok && (!json || buf_put_string(&out, "]\n"));
    if (ok)
        fputs(buf_borrow(&out), stdout);
    buf_done(&out);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
