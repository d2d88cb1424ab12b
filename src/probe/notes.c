/*
 * notes - what one connection has to say, written into its cells of the matrix
 */
#include "probe/notes.h"

#include "base/clock.h"

/* ---- small views ---------------------------------------------------------- */

struct probe *notes_cell(const struct notes *n, enum tls_mode mode)
{
    if (n->trial != NULL && mode == n->mode)
        return n->trial;
    return n->cells[mode] < 0 ? NULL : &n->evidence->probes[n->cells[mode]];
}

static struct probe *open_cell(const struct notes *n, unsigned mode)
{
    struct probe *p = notes_cell(n, (enum tls_mode)mode);

    return p != NULL && p->outcome == PROBE_RUNNING ? p : NULL;
}

static void tell_changed(const struct notes *n, unsigned mode)
{
    if (n->cells[mode] >= 0)
        n->changed(n->user, (size_t)n->cells[mode]);
}

enum stage notes_stage(enum smtp_stage stage)
{
    switch (stage) {
    case SMTP_STAGE_GREETING:
        return STAGE_GREETING;
    case SMTP_STAGE_EHLO:
    case SMTP_STAGE_EHLO_TLS:
        return STAGE_EHLO;
    case SMTP_STAGE_STARTTLS:
        return STAGE_STARTTLS;
    case SMTP_STAGE_TLS:
        return STAGE_TLS;
    case SMTP_STAGE_AUTH:
        return STAGE_AUTH;
    case SMTP_STAGE_MAIL:
        return STAGE_MAIL;
    case SMTP_STAGE_RCPT:
        return STAGE_RCPT;
    case SMTP_STAGE_DATA:
        return STAGE_DATA;
    case SMTP_STAGE_MESSAGE:
        return STAGE_MESSAGE;
    case SMTP_STAGE_DONE:
    case SMTP_STAGE_COUNT:
        break;
    }
    return STAGE_DONE;
}

/* ---- what was learned ------------------------------------------------------- */

static struct peer_text keep(const struct notes *n, struct peer_text t, size_t max)
{
    return arena_peer_text(n->evidence->arena, t, max);
}

static struct peer_text first_line(struct peer_text t)
{
    size_t n = 0;

    while (n < t.len && t.bytes[n] != '\r' && t.bytes[n] != '\n')
        n++;
    return (struct peer_text){ t.bytes, n };
}

static void keep_list(const struct notes *n, struct peer_text **list, size_t *len, const struct peer_text *from,
                      size_t n_from)
{
    *list = NULL;
    *len = 0;
    for (size_t i = 0; i < n_from; i++) {
        struct peer_text *slot = ARENA_APPEND(n->evidence->arena, *list, *len, PROBE_KEYWORDS_MAX);

        if (slot != NULL)
            *slot = keep(n, from[i], PEER_LINE_MAX);
    }
}

static void keep_caps(const struct notes *n, struct probe *p, const struct smtp_caps *caps)
{
    keep_list(n, &p->keywords, &p->n_keywords, caps->keywords, caps->n_keywords);
    keep_list(n, &p->auth, &p->n_auth, caps->auth, caps->n_auth);
    p->starttls_offered = caps->starttls;
    p->starttls_masked = caps->starttls_masked;
}

struct refused_reply notes_reply_kept(struct arena *arena, const struct smtp_answer *a)
{
    return (struct refused_reply){
        .code = a->code,
        .enhanced = { a->enhanced.class, a->enhanced.subject, a->enhanced.detail },
        .text = arena_peer_text(arena, a->text, PEER_LINE_MAX),
    };
}

/* The one that counts in this mode; refused ones are told elsewhere. */
static void keep_ehlo_line(const struct notes *n, struct probe *p, enum tls_mode mode)
{
    const struct smtp_answer *answers = n->learned->answers;
    const struct smtp_answer *a = &answers[SMTP_STAGE_EHLO];

    if (mode != TLS_MODE_NONE && answers[SMTP_STAGE_EHLO_TLS].code != 0)
        a = &answers[SMTP_STAGE_EHLO_TLS];
    if (a->code / 100 == 2)
        p->ehlo_line = keep(n, first_line(a->text), PEER_LINE_MAX);
}

/* What the dialogue has said of one mode. */
static void keep_learned(const struct notes *n, struct probe *p, enum tls_mode mode)
{
    const struct smtp_learned *l = n->learned;

    if (l == NULL)
        return;
    p->greeting = keep(n, l->answers[SMTP_STAGE_GREETING].text, PEER_LINE_MAX);
    p->ehlo = n->ehlo;
    p->slowest_ms = n->slowest_ms;
    p->slowest_stage = n->slowest_stage;
    keep_ehlo_line(n, p, mode);
    p->helo_used = l->helo_used;
    p->mail_accepted = l->mail_accepted;
    p->n_injected = l->n_injected;
    keep_caps(n, p, mode == TLS_MODE_NONE ? &l->clear : &l->tls);
    if (mode == TLS_MODE_STARTTLS) {
        /* Whether it is offered is said in the clear; all else counts inside only. */
        p->starttls_offered = l->clear.starttls;
        p->starttls_masked = l->clear.starttls_masked;
        if (!l->tls.known)
            keep_caps(n, p, &l->clear);
    }
}

/* ---- as it goes on ---------------------------------------------------------- */

bool notes_stand_beside(struct notes *n, const struct probe *cell)
{
    n->trial = arena_alloc(n->evidence->arena, 1, sizeof *n->trial);
    if (n->trial == NULL)
        return false;
    *n->trial = (struct probe){
        .role = cell->role,
        .protocol = cell->protocol,
        .host = cell->host,
        .has_address = true,
        .address = cell->address,
        .family = cell->family,
        .port = cell->port,
        .dial_port = cell->dial_port,
        .mode = cell->mode,
    };
    probe_clear(n->trial);
    return true;
}

void notes_open(struct notes *n)
{
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++) {
        struct probe *p = notes_cell(n, (enum tls_mode)mode);

        if (p == NULL)
            continue;
        p->outcome = PROBE_RUNNING;
        p->skip = SKIP_NONE;
        p->stage = STAGE_CONNECT;
    }
}

void notes_start(struct notes *n, double check_started_ms)
{
    n->started_ms = clock_steady_ms();
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++) {
        struct probe *p = notes_cell(n, (enum tls_mode)mode);

        if (p != NULL)
            p->started_ms = n->started_ms - check_started_ms;
    }
}

void notes_attempts(struct notes *n, unsigned attempts)
{
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++) {
        struct probe *p = open_cell(n, mode);

        if (p != NULL)
            p->attempts = attempts;
    }
}

void notes_connected(struct notes *n, double connect_ms, double round_trip_ms)
{
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++) {
        struct probe *p = notes_cell(n, (enum tls_mode)mode);

        if (p == NULL)
            continue;
        p->connect_ms = connect_ms;
        p->round_trip_ms = round_trip_ms;
        p->stage = STAGE_GREETING;
        tell_changed(n, mode);
    }
}

void notes_tls_begun(struct notes *n)
{
    struct probe *p = notes_cell(n, n->mode);

    if (p == NULL)
        return;
    p->stage = STAGE_TLS;
    tell_changed(n, n->mode);
}

void notes_tls_up(struct notes *n, const struct tls *tls, double tls_ms)
{
    struct probe *p = notes_cell(n, n->mode);
    struct tls_failure f = tls_failure(tls);

    p->certificate_requested = f.certificate_requested;
    p->certificate_sent = f.certificate_sent;
    p->tls_ms = tls_ms;
    tls_describe(tls, &p->tls_version, &p->tls_cipher, &p->tls_group);
    p->chain = tls_keep_chain(tls, n->evidence, p->host);
    p->stage = n->mode == TLS_MODE_IMPLICIT ? STAGE_GREETING : STAGE_EHLO;
    tell_changed(n, n->mode);
}

void notes_progress(struct notes *n, double greeting_ms)
{
    enum stage stage = notes_stage(n->learned->stage);

    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++) {
        struct probe *p = notes_cell(n, (enum tls_mode)mode);

        if (p == NULL)
            continue;
        if (p->greeting_ms < 0 && n->learned->answers[SMTP_STAGE_GREETING].text.bytes != NULL)
            p->greeting_ms = greeting_ms;
        if (p->outcome == PROBE_RUNNING && p->stage != stage) {
            p->stage = stage;
            tell_changed(n, mode);
        }
    }
}

void notes_reply(struct notes *n, enum smtp_stage stage, double took_ms)
{
    if (took_ms <= n->slowest_ms)
        return;
    n->slowest_ms = took_ms;
    n->slowest_stage = notes_stage(stage);
}

/* ---- why it fails ----------------------------------------------------------- */

void notes_error(struct notes *n, const char *code, const char *text)
{
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++) {
        struct probe *p = open_cell(n, mode);

        if (p == NULL)
            continue;
        p->error_code = arena_strdup(n->evidence->arena, code);
        p->error_text = arena_strdup(n->evidence->arena, text);
    }
}

void notes_icmp(struct notes *n, const struct icmp_report *icmp)
{
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++) {
        struct probe *p = open_cell(n, mode);

        if (p != NULL)
            p->icmp = *icmp;
    }
}

void notes_tls_failure(struct notes *n, const struct tls_failure *f)
{
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++) {
        struct probe *p = open_cell(n, mode);

        if (p == NULL)
            continue;
        p->tls_alert_received = f->alert_received;
        p->tls_alert = f->alert;
        p->certificate_requested = f->certificate_requested;
        p->certificate_sent = f->certificate_sent;
    }
}

void notes_raw(struct notes *n, struct peer_text raw, enum service service)
{
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++) {
        struct probe *p = open_cell(n, mode);

        if (p == NULL)
            continue;
        p->raw = keep(n, raw, PEER_RAW_MAX);
        p->service = service;
    }
}

/* ---- the end ---------------------------------------------------------------- */

static void end_cell(struct notes *n, unsigned mode, enum probe_outcome outcome, enum stage stage, enum fault fault)
{
    struct probe *p = open_cell(n, mode);

    /* What a cell that has ended knows was of its own mode alone. */
    if (p == NULL)
        return;
    keep_learned(n, p, (enum tls_mode)mode);
    if (fault == FAULT_REPLY)
        p->reply = notes_reply_kept(n->evidence->arena, &n->learned->refusal);
    if (fault == FAULT_SYSTEM && n->evidence->own_trouble == NULL)
        n->evidence->own_trouble = p->error_text;
    p->outcome = outcome;
    p->stage = stage;
    p->fault = fault;
    p->total_ms = clock_steady_ms() - n->started_ms;
    tell_changed(n, mode);
}

void notes_end_clear_text(struct notes *n)
{
    if (n->mode != TLS_MODE_NONE && n->learned->clear.known)
        end_cell(n, TLS_MODE_NONE, PROBE_OK, STAGE_DONE, FAULT_NONE);
}

void notes_end(struct notes *n, enum probe_outcome outcome, enum stage stage, enum fault fault)
{
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++)
        end_cell(n, mode, outcome, stage, fault);
}

void notes_withdraw(struct notes *n, enum skip_reason reason)
{
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++) {
        struct probe *p = open_cell(n, mode);

        if (p == NULL)
            continue;
        p->outcome = PROBE_SKIPPED;
        p->skip = reason;
        tell_changed(n, mode);
    }
}

void notes_close(struct notes *n)
{
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++)
        n->cells[mode] = -1;
    n->trial = NULL;
    n->evidence = NULL;
}
