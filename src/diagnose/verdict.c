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

static enum verdict verdict_of(const struct draft *d)
{
    switch (gravest(d->d)) {
    case SEVERITY_CRITICAL:
        return VERDICT_CRITICAL;
    case SEVERITY_WARNING:
        return seen_can_send(d->e) ? VERDICT_WARNING : VERDICT_UNKNOWN;
    case SEVERITY_INFO:
        return seen_can_send(d->e) ? VERDICT_OK : VERDICT_UNKNOWN;
    }
    return VERDICT_UNKNOWN;
}

/* It promises no more than was tried. */
static enum text_id summary_of_ok(const struct evidence *e)
{
    switch (e->plan->last_step) {
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

static enum text_id summary_of(const struct evidence *e, enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_OK:
        return summary_of_ok(e);
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

void verdict_reach(struct draft *d)
{
    struct diagnosis *out = d->d;

    out->verdict = verdict_of(d);
    out->summary = summary_of(d->e, out->verdict);
    out->summary_arguments[out->n_summary_arguments++] = host_argument(d);
    if (out->primary >= 0) {
        const struct finding *finding = finding_by_id((enum finding_id)out->findings[out->primary].finding);

        out->summary_arguments[out->n_summary_arguments++] =
            (struct argument){ .name = "title", .kind = ARGUMENT_TEXT, .value.text = finding->title };
    }
}
