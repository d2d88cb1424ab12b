/*
 * run - checks started, reports put out, and the exit status of all
 *
 * Through the public header alone: what a command can do, a program that links
 * the library can do too.
 */
#include "command/run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "command/status.h"

enum {
    OUTPUT_MAX = 256 << 20,
    PROGRESS_EVERY_MS = 50,
};

struct item {
    struct run *run;
    struct smtpdx_plan *plan;
    char *report; /* NULL until it has ended */
    size_t report_len;
    enum smtpdx_verdict verdict;
    bool ended;
    bool written;
};

struct run {
    const struct face *face;
    struct smtpdx_engine *engine;
    struct item **items;
    size_t n_items;
    enum smtpdx_status failed; /* the first failure of ours while reports were made */
    bool write_failed;
    bool any_written;
    bool shows_progress;
    bool is_drawn; /* a line of progress stands on the terminal */
    double drawn_ms;
};

/* A signal handler has no argument: the one place that needs a variable of the file. */
static struct smtpdx_engine *volatile interruptible;
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    struct smtpdx_engine *engine = interruptible;
    int before = errno;

    (void)number;
    interrupted = 1;
    if (engine != NULL)
        smtpdx_engine_interrupt(engine);
    errno = before;
}

/*
 * The first Ctrl-C asks for what is known by now; the second ends the program at
 * once. A write that the first one meets goes on: the report is what was asked for.
 */
static void catch_signals(struct smtpdx_engine *engine)
{
    static const int numbers[] = { SIGINT, SIGTERM };
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND | SA_RESTART };
    struct sigaction before;

    interruptible = engine;
    interrupted = 0; /* what came before a run is not meant for it */
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        /* What a shell starts in the background ignores SIGINT, and is to go on doing so. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
}

struct run *run_new(const struct face *f)
{
    struct run *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->face = f;
    r->drawn_ms = -PROGRESS_EVERY_MS;
    r->shows_progress = face_shows_progress(f);
    return r;
}

void run_free(struct run *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->n_items; i++) {
        smtpdx_plan_free(r->items[i]->plan);
        free(r->items[i]->report);
        free(r->items[i]);
    }
    free(r->items);
    free(r);
}

bool run_add(struct run *r, struct smtpdx_plan *plan)
{
    struct item **items = realloc(r->items, (r->n_items + 1) * sizeof(struct item *));
    struct item *item = calloc(1, sizeof *item);

    if (items != NULL)
        r->items = items;
    if (items == NULL || item == NULL) {
        free(item);
        smtpdx_plan_free(plan);
        return false;
    }
    *item = (struct item){ .run = r, .plan = plan, .verdict = SMTPDX_VERDICT_UNKNOWN };
    r->items[r->n_items++] = item;
    return true;
}

/* ---- putting out ---------------------------------------------------------------------- */

/* What stands between two reports. */
static const char *separator(const struct run *r)
{
    if (r->face->format == FACE_TEXT && !r->face->quiet)
        return "\n";
    return r->face->format == FACE_JSON ? ",\n" : "";
}

static void write_item(struct run *r, struct item *item)
{
    const char *before = r->any_written ? separator(r) : "";

    item->written = true;
    if (item->report == NULL || r->write_failed)
        return;
    r->write_failed = !face_write(r->face, before, strlen(before)) ||
                      !face_write(r->face, item->report, item->report_len);
    r->any_written = true;
}

/* To the screen or a pipe at once: text in the order asked for, NDJSON as each ends. */
static void write_ready(struct run *r)
{
    if (r->face->output != NULL || (r->face->format == FACE_JSON && r->n_items > 1))
        return;
    for (size_t i = 0; i < r->n_items; i++) {
        struct item *item = r->items[i];

        if (item->ended && !item->written)
            write_item(r, item);
        if (!item->ended && r->face->format == FACE_TEXT)
            return;
    }
}

/* All reports as one: a JSON array, or one behind the other for a file. */
static void write_together(struct run *r)
{
    bool array = r->face->format == FACE_JSON && r->n_items > 1;
    struct buf out;
    bool any = false;

    buf_init(&out, OUTPUT_MAX);
    if (array)
        buf_put_string(&out, "[\n");
    for (size_t i = 0; i < r->n_items; i++) {
        const struct item *item = r->items[i];

        if (item->report == NULL || item->written)
            continue;
        if (any)
            buf_put_string(&out, separator(r));
        buf_put(&out, item->report, item->report_len);
        any = true;
    }
    if (array)
        buf_put_string(&out, "]\n");
    if (out.failed)
        r->failed = SMTPDX_NO_MEMORY;
    else if (any && !r->write_failed)
        r->write_failed = !face_write(r->face, buf_borrow(&out), out.len);
    buf_done(&out);
}

static void keep_record(struct run *r, const struct smtpdx_evidence *evidence)
{
    char *bytes = NULL;
    size_t len = 0;
    enum smtpdx_status status = smtpdx_evidence_save(evidence, &bytes, &len);

    if (status != SMTPDX_OK)
        r->failed = status;
    else if (!face_write_file(r->face, r->face->record, bytes, len))
        r->write_failed = true;
    free(bytes);
}

static enum smtpdx_status make_report(const struct face *f, const struct smtpdx_evidence *evidence,
                                      struct item *item)
{
    struct smtpdx_diagnosis *diagnosis = NULL;
    enum smtpdx_status status = smtpdx_diagnose(&diagnosis, evidence);

    if (status != SMTPDX_OK)
        return status;
    item->verdict = smtpdx_diagnosis_verdict(diagnosis);
    status = face_render(f, evidence, diagnosis, &item->report, &item->report_len);
    smtpdx_diagnosis_free(diagnosis);
    return status;
}

static void draw_progress(struct run *r, const struct smtpdx_evidence *evidence)
{
    if (!r->shows_progress || clock_steady_ms() - r->drawn_ms < PROGRESS_EVERY_MS)
        return;
    r->drawn_ms = clock_steady_ms();
    r->is_drawn = true;
    face_draw_progress(r->face, evidence);
}

static void clear_progress(struct run *r)
{
    if (r->is_drawn)
        face_clear_progress();
    r->is_drawn = false;
}

static void on_event(void *user, enum smtpdx_event event, const struct smtpdx_evidence *evidence)
{
    struct item *item = user;
    struct run *r = item->run;
    enum smtpdx_status status;

    if (event == SMTPDX_EVENT_CHANGED) {
        draw_progress(r, evidence);
        return;
    }
    clear_progress(r);
    status = make_report(r->face, evidence, item);
    if (status != SMTPDX_OK)
        r->failed = status;
    if (r->face->record != NULL)
        keep_record(r, evidence);
    item->ended = true;
    write_ready(r);
}

/* ---- exit status ------------------------------------------------------------------------ */

static int worst(const struct run *r)
{
    enum smtpdx_verdict verdict = SMTPDX_VERDICT_OK;

    for (size_t i = 0; i < r->n_items; i++)
        verdict = status_worse(verdict, r->items[i]->verdict);
    return (int)verdict;
}

static int start_all(struct run *r)
{
    for (size_t i = 0; i < r->n_items; i++) {
        struct item *item = r->items[i];
        enum smtpdx_status status = smtpdx_check_start(r->engine, item->plan, on_event, item);

        if (status == SMTPDX_USAGE)
            return face_refuse_line(smtpdx_plan_error(item->plan, language_word(r->face->language)));
        if (status != SMTPDX_OK)
            return face_fail(r->face, status);
    }
    return 0;
}

static int run_to_the_end(struct run *r)
{
    int refused = start_all(r);

    if (refused != 0)
        return refused; /* nothing was contacted: the loop has not run */
    catch_signals(r->engine);
    smtpdx_engine_run(r->engine);
    interruptible = NULL;
    write_together(r);
    if (r->failed != SMTPDX_OK)
        return face_fail(r->face, r->failed);
    if (r->write_failed)
        return EXIT_USAGE;
    return interrupted ? EXIT_INTERRUPTED : worst(r);
}

static enum smtpdx_status give_secret(struct run *r, const struct secret *secret)
{
    size_t len;
    const char *bytes;

    if (secret == NULL)
        return SMTPDX_OK;
    bytes = secret_bytes(secret, &len);
    return smtpdx_engine_set_secret(
        r->engine, secret_kind(secret) == SECRET_TOKEN ? SMTPDX_TOKEN : SMTPDX_PASSWORD, bytes, len);
}

int run_all(struct run *r, const struct secret *secret)
{
    enum smtpdx_status status = smtpdx_engine_new(&r->engine);
    int exit_status;

    if (status != SMTPDX_OK)
        return face_fail(r->face, status);
    status = give_secret(r, secret);
    exit_status = status == SMTPDX_OK ? run_to_the_end(r) : face_fail(r->face, status);
    smtpdx_engine_free(r->engine);
    return exit_status;
}

static int show(const struct face *f, const struct smtpdx_evidence *evidence)
{
    struct item item = { 0 };
    enum smtpdx_status status = make_report(f, evidence, &item);
    int exit_status = (int)item.verdict;

    if (status != SMTPDX_OK)
        exit_status = face_fail(f, status);
    else if (!face_write(f, item.report, item.report_len))
        exit_status = EXIT_USAGE;
    free(item.report);
    return exit_status;
}

int run_show(const struct face *f, const char *name, const char *bytes, size_t len)
{
    struct smtpdx_evidence *evidence = NULL;
    const char *why = NULL;
    enum smtpdx_status status = smtpdx_evidence_load(&evidence, bytes, len, &why);
    struct usage error;
    int exit_status;

    if (status == SMTPDX_OK) {
        exit_status = show(f, evidence);
    } else if (status == SMTPDX_USAGE) {
        usage_set(&error, TEXT_USAGE_NO_RECORD);
        usage_peer(&error, "file", name);
        usage_word(&error, "reason", why);
        exit_status = face_refuse(f, &error);
    } else {
        exit_status = face_fail(f, status);
    }
    smtpdx_evidence_free(evidence);
    return exit_status;
}
