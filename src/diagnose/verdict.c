/*
 * verdict - can the user send or not, and the one sentence that says so
 */
#include "diagnose/verdict.h"

static enum severity gravest(const struct diagnosis *d)
{
    enum severity worst = SEVERITY_INFO;

    for (size_t i = 0; i < d->n_findings; i++) {
        if (d->findings[i].severity > worst)
            worst = d->findings[i].severity;
    }
    return worst;
}

/* What was asked for beyond the matrix has come to an end that a finding tells, or there was nothing. */
static bool is_told(const struct draft *d)
{
    switch (d->attempt.end) {
    case ATTEMPT_NONE:
    case ATTEMPT_DONE:
        return true;
    case ATTEMPT_FAILED:
        return draft_find(d, d->attempt.finding) != NULL;
    case ATTEMPT_BARRED: /* a look-alike is a finding of its own */
        return d->e->errand->bar == BAR_LOOK_ALIKE;
    case ATTEMPT_UNTOLD:
        return false;
    }
    return false;
}

static enum verdict verdict_of(const struct draft *d)
{
    bool works = seen_can_send(d->e) && is_told(d);

    switch (gravest(d->d)) {
    case SEVERITY_CRITICAL:
        return VERDICT_CRITICAL;
    case SEVERITY_WARNING:
        return works ? VERDICT_WARNING : VERDICT_UNKNOWN;
    case SEVERITY_INFO:
        return works ? VERDICT_OK : VERDICT_UNKNOWN;
    }
    return VERDICT_UNKNOWN;
}

/* Of a sign-in, of a test message, or of both. */
static enum text_id summary_of_attempt(const struct plan *plan)
{
    bool signed_in = plan->user.bytes != NULL;

    if (plan->send_to == NULL)
        return TEXT_REPORT_VERDICT_OK_SIGNED_IN;
    if (plan->last_step == LAST_STEP_RCPT)
        return signed_in ? TEXT_REPORT_VERDICT_OK_SIGNED_IN_RECIPIENT : TEXT_REPORT_VERDICT_OK_RECIPIENT;
    return signed_in ? TEXT_REPORT_VERDICT_OK_SIGNED_IN_SENT : TEXT_REPORT_VERDICT_OK_SENT;
}

/* It promises no more than was tried. */
static enum text_id summary_of_ok(const struct draft *d)
{
    if (d->attempt.end == ATTEMPT_DONE)
        return summary_of_attempt(d->e->plan);
    switch (d->e->plan->last_step) {
    case LAST_STEP_GREETING:
        return TEXT_REPORT_VERDICT_OK_GREETING;
    case LAST_STEP_TLS:
        return TEXT_REPORT_VERDICT_OK_TLS;
    case LAST_STEP_ANY:
    case LAST_STEP_AUTH:
    case LAST_STEP_RCPT:
        break;
    }
    return TEXT_REPORT_VERDICT_OK;
}

static enum text_id summary_of(const struct draft *d, enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_OK:
        return summary_of_ok(d);
    case VERDICT_WARNING:
        return TEXT_REPORT_VERDICT_WARNING;
    case VERDICT_CRITICAL:
        return TEXT_REPORT_VERDICT_CRITICAL;
    case VERDICT_UNKNOWN:
        return TEXT_REPORT_VERDICT_UNKNOWN;
    }
    return TEXT_REPORT_VERDICT_UNKNOWN;
}

static struct argument host_argument(struct draft *d)
{
    const struct plan *plan = d->e->plan;

    if (plan->host != NULL) {
        const char *host = arena_strdup(d->arena, plan->host);

        return (
            struct argument){ .name = "host", .kind = ARGUMENT_WORD, .value.word = host == NULL ? "" : host };
    }
    return (struct argument){ .name = "host",
                              .kind = ARGUMENT_PEER,
                              .value.peer = arena_peer_text(d->arena, plan->input, PLAN_INPUT_MAX) };
}

static struct argument word_argument(struct draft *d, const char *name, const char *word)
{
    const char *copy = arena_strdup(d->arena, word);

    return (struct argument){ .name = name, .kind = ARGUMENT_WORD, .value.word = copy == NULL ? "" : copy };
}

/* What the texts that tell of an attempt need. */
static void add_attempt_arguments(struct draft *d)
{
    const struct errand *errand = d->e->errand;
    struct argument *next = &d->d->summary_arguments[d->d->n_summary_arguments];

    *next++ = word_argument(d, "mechanism", errand->sign_in.mechanism);
    *next = word_argument(d, "id", errand->sending.message_id);
    d->d->n_summary_arguments += 2;
}

void verdict_reach(struct draft *d)
{
    struct diagnosis *out = d->d;

    out->verdict = verdict_of(d);
    out->summary = summary_of(d, out->verdict);
    out->summary_arguments[out->n_summary_arguments++] = host_argument(d);
    if (d->attempt.end == ATTEMPT_DONE)
        add_attempt_arguments(d);
    if (out->primary >= 0) {
        const struct finding *finding = finding_by_id((enum finding_id)out->findings[out->primary].finding);

        out->summary_arguments[out->n_summary_arguments++] =
            (struct argument){ .name = "title", .kind = ARGUMENT_TEXT, .value.text = finding->title };
    }
}
