/*
 * mutant - what is left of a diagnosis when one rule is taken away, for each rule and each record
 *
 * usage: mutant RECORD...
 * Prints a line "RECORD RULE VERDICT PRIMARY FINDINGS RECOMMENDED", the rule's place in the table from 0,
 * -1 for the whole table. Findings are ID=SEVERITY, with <CAUSE where there is one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/tls_mode.h"
#include "diagnose/diagnose.h"
#include "knowledge/finding.h"
#include "model/evidence_json.h"
#include "probe/file.h"

static const char *id_of(const struct diagnosis *d, int index)
{
    return index < 0 ? "-" : finding_by_id((enum finding_id)d->findings[index].finding)->id;
}

static void print_diagnosis(const char *path, int rule, const struct diagnosis *d)
{
    printf("%s %d %d %s ", path, rule, (int)d->verdict, id_of(d, d->primary));
    for (size_t i = 0; i < d->n_findings; i++)
        printf("%s%s=%d<%s", i == 0 ? "" : ",", id_of(d, (int)i), (int)d->findings[i].severity,
               id_of(d, d->findings[i].caused_by));
    printf("%s ", d->n_findings == 0 ? "-" : "");
    for (size_t i = 0; i < d->n_recommended; i++)
        printf("%s%u/%s", i == 0 ? "" : ",", (unsigned)d->recommended[i].port, tls_mode_word(d->recommended[i].mode));
    printf("%s\n", d->n_recommended == 0 ? "-" : "");
}

static bool try_record(const char *path)
{
    const char *why = NULL;
    struct evidence *e = NULL;
    struct buf record;
    bool ok;

    buf_init(&record, EVIDENCE_RECORD_MAX);
    if (file_read(&record, path) && !record.failed)
        e = evidence_load(buf_borrow(&record), record.len, &why);
    buf_done(&record);
    ok = e != NULL;
    for (int rule = DIAGNOSE_ALL; ok && rule < diagnose_n_rules(); rule++) {
        struct diagnosis *d = diagnose_without(e, rule);

        ok = d != NULL;
        if (ok)
            print_diagnosis(path, rule, d);
        diagnosis_free(d);
    }
    if (!ok)
        fprintf(stderr, "mutant: %s: %s\n", path, why == NULL ? "cannot be read" : why);
    evidence_free(e);
    return ok;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!try_record(argv[i]))
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
