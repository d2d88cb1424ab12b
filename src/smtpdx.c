/*
 * smtpdx - the public face: handles around the rooms, and nothing else
 *
 * Errors of ours become a status; what a user gave and what is wrong with it
 * becomes a line in the user's language.
 */
#include "smtpdx.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/version.h"
#include "diagnose/diagnose.h"
#include "input/ehlo_name.h"
#include "input/plan_option.h"
#include "input/usage.h"
#include "knowledge/text.h"
#include "model/evidence_json.h"
#include "probe/check.h"
#include "probe/engine.h"
#include "report/progress.h"
#include "report/report.h"

enum {
    ERROR_LINE_MAX = 4096,
    REPORT_MAX = 16 << 20,
    TICK_MS = 100,
};

static_assert((int)SMTPDX_RECORD_MAX == (int)EVIDENCE_RECORD_MAX, "what is written can be read again");

struct smtpdx_plan {
    struct plan *plan;
    struct usage refusal;
    bool refused;
    struct buf line;
};

struct smtpdx_evidence {
    struct evidence *evidence;
};

struct smtpdx_diagnosis {
    struct diagnosis *diagnosis;
};

/* One check that runs: whom to tell. Ends with the check. */
struct listening {
    struct smtpdx_engine *engine;
    struct listening *next;
    const struct evidence *evidence; /* NULL before the first event and after the last */
    smtpdx_listener *listener;
    void *user;
};

struct smtpdx_engine {
    struct engine *engine;
    uv_timer_t tick;
    struct listening *listening;
};

const char *smtpdx_version(void)
{
    return SMTPDX_VERSION;
}

/* ---- plan ---------------------------------------------------------------------- */

enum smtpdx_status smtpdx_plan_new(struct smtpdx_plan **ret)
{
    struct smtpdx_plan *plan = calloc(1, sizeof *plan);

    if (plan == NULL || (plan->plan = plan_new()) == NULL) {
        free(plan);
        return SMTPDX_NO_MEMORY;
    }
    buf_init(&plan->line, ERROR_LINE_MAX);
    *ret = plan;
    return SMTPDX_OK;
}

void smtpdx_plan_free(struct smtpdx_plan *plan)
{
    if (plan == NULL)
        return;
    plan_free(plan->plan);
    buf_done(&plan->line);
    free(plan);
}

static enum smtpdx_status plan_refuse(struct smtpdx_plan *plan, enum input_result result, const struct usage *refusal)
{
    plan->refused = result == INPUT_USAGE;
    if (plan->refused) {
        plan->refusal = *refusal;
        if (!usage_keep(&plan->refusal, plan->plan->arena))
            return SMTPDX_NO_MEMORY;
    }
    switch (result) {
    case INPUT_OK:
        return SMTPDX_OK;
    case INPUT_USAGE:
        return SMTPDX_USAGE;
    case INPUT_NO_MEMORY:
        break;
    }
    return SMTPDX_NO_MEMORY;
}

enum smtpdx_status smtpdx_plan_set(struct smtpdx_plan *plan, const char *name, const char *value)
{
    struct usage refusal = { 0 };
    enum input_result result = input_set(plan->plan, name, value, &refusal);

    return plan_refuse(plan, result, &refusal);
}

/* Without --ehlo: the machine's name as the system has it. DNS is not asked for a better one. */
static enum input_result take_own_name(struct plan *p)
{
    char machine[HOST_NAME_MAX + 1];

    if (p->ehlo != NULL || gethostname(machine, sizeof machine) != 0)
        return INPUT_OK;
    machine[sizeof machine - 1] = '\0'; /* one that was cut may have no end */
    return ehlo_name_own(&p->ehlo, p->arena, machine);
}

/* The relay of Google Workspace turns away who has no name, and knows its customers by their domain. */
static enum input_result take_senders_domain(struct plan *p)
{
    struct peer_text sender = p->send_from == NULL ? p->user : peer_text_of(p->send_from);

    if (p->ehlo != NULL || p->provider == NULL || strcmp(p->provider, "gmail-relay") != 0)
        return INPUT_OK;
    return ehlo_name_sender(&p->ehlo, p->arena, sender);
}

/* A copy with the ports and the name to greet with filled in, so that the caller's Plan can be used again. */
static enum smtpdx_status plan_complete(struct plan **ret, struct smtpdx_plan *plan)
{
    struct plan *complete = plan_new();
    struct usage refusal = { 0 };
    enum input_result result;
    enum smtpdx_status status;

    if (complete == NULL || !plan_copy(complete, complete->arena, plan->plan)) {
        plan_free(complete);
        return SMTPDX_NO_MEMORY;
    }
    result = input_finish(complete, &refusal);
    if (result == INPUT_OK)
        result = take_own_name(complete);
    if (result == INPUT_OK)
        result = take_senders_domain(complete);
    status = plan_refuse(plan, result, &refusal);
    if (status == SMTPDX_OK)
        *ret = complete;
    else
        plan_free(complete);
    return status;
}

enum smtpdx_status smtpdx_plan_check(struct smtpdx_plan *plan)
{
    struct plan *complete = NULL;
    enum smtpdx_status status = plan_complete(&complete, plan);

    plan_free(complete);
    return status;
}

const char *smtpdx_plan_error(struct smtpdx_plan *plan, const char *language)
{
    enum language l;

    buf_clear(&plan->line);
    if (!plan->refused || !language_parse(&l, language))
        return "";
    usage_put(&plan->line, l, &plan->refusal);
    return buf_borrow(&plan->line);
}

/* ---- engine and checks ------------------------------------------------------------ */

static enum smtpdx_status status_of(const struct err *err)
{
    if (err->kind == ERR_NOMEM)
        return SMTPDX_NO_MEMORY;
    errno = err->kind == ERR_SYSTEM && err->code > 0 ? err->code : EIO; /* a library's refusal has no errno */
    return SMTPDX_SYSTEM;
}

/* Borrowed and const for the listener, who gets no function that writes to it. */
static void tell(const struct listening *l, enum smtpdx_event event)
{
    struct smtpdx_evidence evidence = { .evidence = (struct evidence *)(uintptr_t)l->evidence };

    l->listener(l->user, event, &evidence);
}

/* A silent server changes nothing, and whoever shows the time that it takes wants to hear of that too. */
static void on_tick(uv_timer_t *tick)
{
    const struct smtpdx_engine *engine = tick->data;

    for (const struct listening *l = engine->listening; l != NULL; l = l->next) {
        if (l->evidence != NULL)
            tell(l, SMTPDX_EVENT_CHANGED);
    }
}

enum smtpdx_status smtpdx_engine_new(struct smtpdx_engine **ret)
{
    struct smtpdx_engine *engine = calloc(1, sizeof *engine);
    struct err err = { 0 };

    if (engine == NULL)
        return SMTPDX_NO_MEMORY;
    if (!engine_new(&engine->engine, &err)) {
        free(engine);
        return status_of(&err);
    }
    uv_timer_init(engine_loop(engine->engine), &engine->tick);
    engine->tick.data = engine;
    uv_timer_start(&engine->tick, on_tick, TICK_MS, TICK_MS);
    *ret = engine;
    return SMTPDX_OK;
}

enum smtpdx_status smtpdx_engine_set_secret(struct smtpdx_engine *engine, enum smtpdx_secret_kind kind,
                                            const void *bytes, size_t len)
{
    struct secret *secret = NULL;
    struct err err = { 0 };

    if (len > 0 && !secret_new(&secret, kind == SMTPDX_TOKEN ? SECRET_TOKEN : SECRET_PASSWORD, bytes, len, &err))
        return err.kind == ERR_LIMIT ? SMTPDX_USAGE : SMTPDX_NO_MEMORY;
    if (engine_set_secret(engine->engine, secret))
        return SMTPDX_OK;
    secret_free(secret);
    return SMTPDX_USAGE;
}

void smtpdx_engine_free(struct smtpdx_engine *engine)
{
    if (engine == NULL)
        return;
    uv_close((uv_handle_t *)&engine->tick, NULL);
    engine_free(engine->engine);
    free(engine);
}

enum smtpdx_status smtpdx_engine_run(struct smtpdx_engine *engine)
{
    engine_run(engine->engine);
    return SMTPDX_OK;
}

void smtpdx_engine_interrupt(struct smtpdx_engine *engine)
{
    engine_interrupt(engine->engine);
}

static void on_event(void *user, const struct event *event)
{
    struct listening *l = user;

    l->evidence = event->evidence;
    tell(l, event->kind == EVENT_FINISHED ? SMTPDX_EVENT_FINISHED : SMTPDX_EVENT_CHANGED);
    if (event->kind == EVENT_FINISHED)
        l->evidence = NULL;
}

static void on_gone(void *user)
{
    struct listening *l = user;

    for (struct listening **at = &l->engine->listening; *at != NULL; at = &(*at)->next) {
        if (*at == l) {
            *at = l->next;
            break;
        }
    }
    free(l);
}

/* file: one of those that the plan names, which is not what it should be. */
static enum smtpdx_status refuse_file(struct smtpdx_plan *plan, const char *file, bool is_identity)
{
    struct usage refusal = { 0 };

    usage_set(&refusal, is_identity ? TEXT_USAGE_NO_IDENTITY : TEXT_USAGE_NO_CERTIFICATE);
    usage_peer(&refusal, "value", file);
    usage_text(&refusal, "accepted", is_identity ? TEXT_OPTION_KEY_ACCEPTED : TEXT_OPTION_CA_FILE_ACCEPTED);
    return plan_refuse(plan, INPUT_USAGE, &refusal);
}

enum smtpdx_status smtpdx_check_start(struct smtpdx_engine *engine, struct smtpdx_plan *plan, smtpdx_listener *listener,
                                      void *user)
{
    struct plan *complete = NULL;
    enum smtpdx_status status = plan_complete(&complete, plan);
    struct listening *l;
    const char *bad_file = NULL;
    struct err err = { 0 };

    if (status != SMTPDX_OK)
        return status;
    l = calloc(1, sizeof *l);
    if (l == NULL) {
        plan_free(complete);
        return SMTPDX_NO_MEMORY;
    }
    *l = (struct listening){ .engine = engine, .next = engine->listening, .listener = listener, .user = user };
    engine->listening = l;
    if (!check_start(engine->engine, complete, on_event, on_gone, l, &bad_file, &err)) {
        status = bad_file != NULL ? refuse_file(plan, bad_file, bad_file == complete->cert_file) : status_of(&err);
        on_gone(l);
    }
    plan_free(complete);
    return status;
}

/* ---- evidence, diagnosis, report ---------------------------------------------------- */

/* Hands the bytes over, or tells that there was no room for them. */
static enum smtpdx_status give(struct buf *out, bool ok, char **bytes, size_t *len)
{
    enum smtpdx_status status = SMTPDX_NO_MEMORY;

    *len = out->len;
    if (ok && (*bytes = buf_take(out)) != NULL)
        status = SMTPDX_OK;
    buf_done(out);
    return status;
}

enum smtpdx_status smtpdx_evidence_save(const struct smtpdx_evidence *evidence, char **bytes, size_t *len)
{
    struct buf out;
    bool ok;

    buf_init(&out, SMTPDX_RECORD_MAX);
    ok = evidence_save(&out, evidence->evidence);
    return give(&out, ok, bytes, len);
}

enum smtpdx_status smtpdx_evidence_load(struct smtpdx_evidence **ret, const char *bytes, size_t len, const char **why)
{
    struct smtpdx_evidence *evidence = calloc(1, sizeof *evidence);

    *why = NULL;
    if (evidence == NULL)
        return SMTPDX_NO_MEMORY;
    evidence->evidence = evidence_load(bytes, len, why);
    if (evidence->evidence == NULL) {
        free(evidence);
        return *why == NULL ? SMTPDX_NO_MEMORY : SMTPDX_USAGE;
    }
    *ret = evidence;
    return SMTPDX_OK;
}

void smtpdx_evidence_free(struct smtpdx_evidence *evidence)
{
    if (evidence == NULL)
        return;
    evidence_free(evidence->evidence);
    free(evidence);
}

enum smtpdx_status smtpdx_diagnose(struct smtpdx_diagnosis **ret, const struct smtpdx_evidence *evidence)
{
    struct smtpdx_diagnosis *d = calloc(1, sizeof *d);

    if (d == NULL || (d->diagnosis = diagnose(evidence->evidence)) == NULL) {
        free(d);
        return SMTPDX_NO_MEMORY;
    }
    *ret = d;
    return SMTPDX_OK;
}

enum smtpdx_verdict smtpdx_diagnosis_verdict(const struct smtpdx_diagnosis *diagnosis)
{
    switch (diagnosis->diagnosis->verdict) {
    case VERDICT_OK:
        return SMTPDX_VERDICT_OK;
    case VERDICT_WARNING:
        return SMTPDX_VERDICT_WARNING;
    case VERDICT_CRITICAL:
        return SMTPDX_VERDICT_CRITICAL;
    case VERDICT_UNKNOWN:
        break;
    }
    return SMTPDX_VERDICT_UNKNOWN;
}

void smtpdx_diagnosis_free(struct smtpdx_diagnosis *diagnosis)
{
    if (diagnosis == NULL)
        return;
    diagnosis_free(diagnosis->diagnosis);
    free(diagnosis);
}

enum smtpdx_status smtpdx_report(const struct smtpdx_evidence *evidence, const struct smtpdx_diagnosis *diagnosis,
                                 const struct smtpdx_report_options *options, char **bytes, size_t *len)
{
    struct report_spec spec = {
        .width = options->width,
        .color = options->color != 0,
        .quiet = options->quiet != 0,
    };
    const struct evidence *e = evidence->evidence;
    bool progress = strcmp(options->format, "progress") == 0;
    enum report_format format = REPORT_TEXT;
    struct buf out;
    bool ok;

    if (!language_parse(&spec.language, options->language) ||
        (!progress && (diagnosis == NULL || !report_format_parse(&format, options->format))))
        return SMTPDX_USAGE;
    buf_init(&out, REPORT_MAX);
    if (progress)
        ok = progress_put(&out, &spec, e, (double)(clock_wall_ms() - e->started_wall_ms));
    else
        ok = report_put(&out, format, &spec, e, diagnosis->diagnosis);
    return give(&out, ok, bytes, len);
}
