/*
 * example - a check by way of the library, with nothing but its public header
 *
 * usage: example TARGET [NAME[=VALUE]...]     the options of `smtpdx check`, without dashes
 * Prints the report as JSON; exits with the verdict's number, or 3 where it could not be made.
 */
#include <smtpdx.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_TROUBLE = 3 };

struct outcome {
    unsigned changes;
    int status;
};

static int print_report(const struct smtpdx_evidence *evidence)
{
    const struct smtpdx_report_options options = { .format = "json", .language = "en" };
    struct smtpdx_diagnosis *diagnosis = NULL;
    char *bytes = NULL;
    size_t len = 0;
    int status = EXIT_TROUBLE;

    if (smtpdx_diagnose(&diagnosis, evidence) == SMTPDX_OK &&
        smtpdx_report(evidence, diagnosis, &options, &bytes, &len) == SMTPDX_OK &&
        fwrite(bytes, 1, len, stdout) == len)
        status = (int)smtpdx_diagnosis_verdict(diagnosis);
    free(bytes);
    smtpdx_diagnosis_free(diagnosis);
    return status;
}

static void on_event(void *user, enum smtpdx_event event, const struct smtpdx_evidence *evidence)
{
    struct outcome *outcome = user;

    if (event == SMTPDX_EVENT_CHANGED)
        outcome->changes++;
    else
        outcome->status = print_report(evidence);
}

static enum smtpdx_status set_all(struct smtpdx_plan *plan, int argc, char **argv)
{
    enum smtpdx_status status = smtpdx_plan_set(plan, "target", argv[1]);

    for (int i = 2; status == SMTPDX_OK && i < argc; i++) {
        char *value = strchr(argv[i], '=');

        if (value != NULL)
            *value++ = '\0';
        status = smtpdx_plan_set(plan, argv[i], value);
    }
    return status;
}

int main(int argc, char **argv)
{
    struct outcome outcome = { 0, EXIT_TROUBLE };
    struct smtpdx_plan *plan = NULL;
    struct smtpdx_engine *engine = NULL;
    enum smtpdx_status status;

    if (argc < 2)
        return EXIT_TROUBLE;
    status = smtpdx_plan_new(&plan);
    if (status == SMTPDX_OK)
        status = set_all(plan, argc, argv);
    if (status == SMTPDX_OK)
        status = smtpdx_engine_new(&engine);
    if (status == SMTPDX_OK)
        status = smtpdx_check_start(engine, plan, on_event, &outcome);
    if (status == SMTPDX_OK)
        status = smtpdx_engine_run(engine);
    if (status == SMTPDX_USAGE)
        fprintf(stderr, "example: %s\n", smtpdx_plan_error(plan, "en"));
    smtpdx_engine_free(engine);
    smtpdx_plan_free(plan);
    return status == SMTPDX_OK && outcome.changes > 0 ? outcome.status : EXIT_TROUBLE;
}
