/*
 * misuse - what else a program may do with the library than one check to its end
 *
 * usage: misuse RESOLVER RECORD
 * Prints TAP; nobody has to listen at the resolver.
 */
#include <smtpdx.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned told;

static void on_event(void *user, enum smtpdx_event event, const struct smtpdx_evidence *evidence)
{
    (void)user, (void)event, (void)evidence;
    told++;
}

static int number;
static int failed;

static void ok(int truth, const char *sentence)
{
    printf("%sok %d - %s\n", truth ? "" : "not ", ++number, sentence);
    failed += !truth;
}

static struct smtpdx_plan *plan_of(const char *resolver)
{
    struct smtpdx_plan *plan = NULL;

    if (smtpdx_plan_new(&plan) != SMTPDX_OK || smtpdx_plan_set(plan, "resolver", resolver) != SMTPDX_OK ||
        smtpdx_plan_set(plan, "target", "mail.example.test") != SMTPDX_OK ||
        smtpdx_plan_set(plan, "timeout", "0.5") != SMTPDX_OK)
        exit(3);
    return plan;
}

static void refusals(const char *resolver)
{
    struct smtpdx_plan *plan = plan_of(resolver);
    struct smtpdx_engine *engine = NULL;

    ok(*smtpdx_plan_error(plan, "en") == '\0', "a plan that was not refused has no error");
    ok(smtpdx_plan_set(plan, "port", "0") == SMTPDX_USAGE && strstr(smtpdx_plan_error(plan, "en"), "--port") != NULL,
       "a wrong value is refused by name");
    ok(smtpdx_plan_set(plan, "no-such-option", NULL) == SMTPDX_USAGE, "an unknown option is refused");
    ok(smtpdx_plan_set(plan, "port", NULL) == SMTPDX_USAGE, "a missing value is refused");
    ok(smtpdx_plan_set(plan, "target", "other.example.test") == SMTPDX_USAGE, "a second target is refused");
    ok(strstr(smtpdx_plan_error(plan, "ja"), "target") == NULL && *smtpdx_plan_error(plan, "ja") != '\0',
       "a refusal is told in Japanese too");
    ok(*smtpdx_plan_error(plan, "xx") == '\0', "an unknown language has no words");
    ok(smtpdx_engine_new(&engine) == SMTPDX_OK && smtpdx_check_start(engine, plan, on_event, NULL) == SMTPDX_OK,
       "what was refused leaves the plan as it was");
    ok(smtpdx_plan_set(plan, "ipv4", NULL) == SMTPDX_OK && smtpdx_plan_set(plan, "ipv6", NULL) == SMTPDX_OK &&
           smtpdx_check_start(engine, plan, on_event, NULL) == SMTPDX_USAGE && told == 0,
       "what does not go together is told before anything is contacted");
    smtpdx_engine_free(engine);
    smtpdx_plan_free(plan);
}

static void engines(const char *resolver)
{
    struct smtpdx_plan *plan = plan_of(resolver);
    struct smtpdx_engine *engine = NULL;

    ok(smtpdx_engine_new(&engine) == SMTPDX_OK && smtpdx_engine_run(engine) == SMTPDX_OK,
       "an engine with nothing to do has nothing to run");
    smtpdx_engine_free(engine);
    smtpdx_engine_new(&engine);
    ok(smtpdx_check_start(engine, plan, on_event, NULL) == SMTPDX_OK &&
           smtpdx_check_start(engine, plan, on_event, NULL) == SMTPDX_OK,
       "a plan can be used twice");
    smtpdx_engine_free(engine);
    ok(told == 0, "an engine that ends before it ran tells nobody");
    smtpdx_engine_new(&engine);
    smtpdx_check_start(engine, plan, on_event, NULL);
    smtpdx_plan_free(plan);
    smtpdx_engine_interrupt(engine);
    ok(smtpdx_engine_run(engine) == SMTPDX_OK && told > 0, "an interrupt before the run ends it with what is known");
    smtpdx_engine_free(engine);
}

static void secrets(const char *resolver)
{
    static char big[65537];
    struct smtpdx_plan *plan = plan_of(resolver);
    struct smtpdx_engine *engine = NULL;

    memset(big, 'x', sizeof big);
    smtpdx_engine_new(&engine);
    ok(smtpdx_engine_set_secret(engine, SMTPDX_PASSWORD, big, 4097) == SMTPDX_USAGE &&
           smtpdx_engine_set_secret(engine, SMTPDX_TOKEN, big, 65537) == SMTPDX_USAGE,
       "a secret has bounds");
    ok(smtpdx_engine_set_secret(engine, SMTPDX_TOKEN, big, 65536) == SMTPDX_OK, "a long token is taken");
    ok(smtpdx_engine_set_secret(engine, SMTPDX_PASSWORD, NULL, 0) == SMTPDX_OK &&
           smtpdx_engine_set_secret(engine, SMTPDX_PASSWORD, "a\0b", 3) == SMTPDX_OK,
       "so is none, and then any bytes");
    ok(smtpdx_check_start(engine, plan, on_event, NULL) == SMTPDX_OK &&
           smtpdx_engine_set_secret(engine, SMTPDX_PASSWORD, NULL, 0) == SMTPDX_USAGE,
       "what a check signs in with is not taken away from it");
    smtpdx_engine_free(engine);
    ok(smtpdx_plan_check(plan) == SMTPDX_OK && smtpdx_plan_set(plan, "stop-after", "auth") == SMTPDX_OK &&
           smtpdx_plan_check(plan) == SMTPDX_USAGE && strstr(smtpdx_plan_error(plan, "en"), "--stop-after") != NULL &&
           smtpdx_plan_set(plan, "user", "joe") == SMTPDX_OK && smtpdx_plan_check(plan) == SMTPDX_OK,
       "a plan is judged before it is carried out");
    smtpdx_plan_free(plan);
}

static void reports(const char *path)
{
    static char record[1 << 20];
    struct smtpdx_report_options options = { .format = "text", .language = "en" };
    struct smtpdx_evidence *evidence = NULL;
    struct smtpdx_diagnosis *diagnosis = NULL;
    const char *why = NULL;
    char *bytes = NULL;
    FILE *file = fopen(path, "rb");
    size_t len = file == NULL ? 0 : fread(record, 1, sizeof record, file);

    if (file != NULL)
        fclose(file);
    ok(smtpdx_evidence_load(&evidence, "{}", 2, &why) == SMTPDX_USAGE && why != NULL, "no record is told, and why");
    ok(smtpdx_evidence_load(&evidence, record, len, &why) == SMTPDX_OK && why == NULL, "a record is read");
    ok(smtpdx_diagnose(&diagnosis, evidence) == SMTPDX_OK, "and diagnosed");
    ok(smtpdx_report(evidence, diagnosis, &options, &bytes, &len) == SMTPDX_OK && strlen(bytes) == len,
       "a report is terminated");
    free(bytes);
    options.format = "pdf";
    ok(smtpdx_report(evidence, diagnosis, &options, &bytes, &len) == SMTPDX_USAGE, "an unknown format is refused");
    options.format = "json";
    ok(smtpdx_report(evidence, NULL, &options, &bytes, &len) == SMTPDX_USAGE, "a report needs a diagnosis");
    options.language = "xx";
    ok(smtpdx_report(evidence, diagnosis, &options, &bytes, &len) == SMTPDX_USAGE, "an unknown language is refused");
    smtpdx_diagnosis_free(diagnosis);
    smtpdx_evidence_free(evidence);
    smtpdx_diagnosis_free(NULL);
    smtpdx_evidence_free(NULL);
    smtpdx_engine_free(NULL);
    smtpdx_plan_free(NULL);
    ok(1, "every _free function takes NULL");
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 3;
    refusals(argv[1]);
    engines(argv[1]);
    secrets(argv[1]);
    reports(argv[2]);
    printf("1..%d\n", number);
    return failed;
}
