/*
 * Any text as a pasted error: the line that decides is one of it, the findings
 * have evidence and steps and stand in order, and both reports can be made.
 */
#include "diagnose/explain.h"
#include "fuzz.h"
#include "input/slip.h"
#include "report/explanation.h"

enum { REPORT_MAX = 1 << 20 };

static const char *meant(const char *name)
{
    struct slip slip;

    return slip_find(&slip, name) ? slip.meant : NULL;
}

static void expect_order(const struct diagnosis *d)
{
    double sum = 0;

    for (size_t i = 0; i < d->n_findings; i++) {
        FUZZ_EXPECT(d->findings[i].n_because > 0 && d->findings[i].confidence > 0);
        FUZZ_EXPECT(i == 0 || d->findings[i].confidence <= d->findings[i - 1].confidence);
        sum += d->findings[i].confidence;
    }
    FUZZ_EXPECT(sum < 1.01);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct explanation *x = explain((struct peer_text){ (const char *)data, size }, NULL, meant);

    FUZZ_EXPECT(x != NULL);
    FUZZ_EXPECT(x->line <= x->n_lines && (x->line > 0 || x->diagnosis->n_findings == 0));
    FUZZ_EXPECT((x->outcome == EXPLANATION_FOUND) == (x->diagnosis->primary == 0));
    expect_order(x->diagnosis);
    for (enum report_format format = REPORT_TEXT; format <= REPORT_JSON; format++) {
        const struct report_spec spec = { .language = format == REPORT_TEXT ? LANGUAGE_JA : LANGUAGE_EN };
        struct buf out;

        buf_init(&out, REPORT_MAX);
        FUZZ_EXPECT(explanation_put(&out, format, &spec, x) && out.len > 0);
        buf_done(&out);
    }
    explanation_free(x);
    return 0;
}
