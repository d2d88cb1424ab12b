/*
 * matrix - what was tried, as rows of port and TLS mode with a cell a family
 *
 * Reads the Evidence; no rules here but one of shape: a connection that works
 * over a flawed certificate is not shown as if all were well.
 */
#include "report/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "knowledge/phrase.h"
#include "model/clock_estimate.h"
#include "report/certificate.h"

static bool has_flaws(const struct evidence *e, const struct probe *p)
{
    struct certificate_flaw flaws[CERTIFICATE_FLAWS_MAX];
    const struct chain *c = certificate_chain(e, p);

    return c != NULL && certificate_flaws(flaws, c, clock_now_s(e)) > 0;
}

static bool is_good(const struct evidence *e, const struct probe *p)
{
    return p->outcome == PROBE_OK && !has_flaws(e, p);
}

/* Which of two probes tells more about their cell: what failed, what went well, then what was not tried. */
static bool tells_more(const struct evidence *e, const struct probe *a, const struct probe *b)
{
    if (b->outcome == PROBE_SKIPPED)
        return a->outcome != PROBE_SKIPPED;
    return a->outcome != PROBE_SKIPPED && !is_good(e, a) && is_good(e, b);
}

static void cell_add(struct matrix_cell *cell, const struct evidence *e, const struct probe *p)
{
    if (cell->shown == NULL || tells_more(e, p, cell->shown))
        cell->shown = p;
    if (p->outcome != PROBE_SKIPPED)
        cell->n_tried++;
    if (is_good(e, p))
        cell->n_good++;
}

static struct matrix_row *matrix_row(struct matrix *m, const struct plan *plan, const struct probe *p)
{
    struct matrix_row *row;

    for (size_t i = 0; i < m->n_rows; i++) {
        if (m->rows[i].port == p->port && m->rows[i].mode == p->mode)
            return &m->rows[i];
    }
    if (m->n_rows == MATRIX_ROWS_MAX)
        return NULL;
    row = &m->rows[m->n_rows++];
    *row = (struct matrix_row){ .port = p->port, .mode = p->mode };
    row->asked = p->role != ROLE_INCOMING && plan_asks_port(plan, p->port) &&
                 p->mode == (plan->tls_asked ? plan->tls : plan_usual_mode(p->port));
    return row;
}

/* The usual mode of a port, then the other encrypted one, then clear text. */
static int mode_rank(const struct matrix_row *row)
{
    if (row->mode == TLS_MODE_NONE)
        return 2;
    return row->mode == plan_usual_mode(row->port) ? 0 : 1;
}

static int row_compare(const void *a, const void *b)
{
    const struct matrix_row *x = a, *y = b;

    if (x->port != y->port)
        return x->port < y->port ? -1 : 1;
    return mode_rank(x) - mode_rank(y);
}

static bool is_needed(const struct matrix_row *row)
{
    for (int i = 0; i < FAMILY_COUNT; i++) {
        const struct probe *p = row->cells[i].shown;

        if (p != NULL && !(p->outcome == PROBE_SKIPPED && p->skip == SKIP_NOT_NEEDED))
            return true;
    }
    return false;
}

/* Beside a mode that was tried, a row of nothing but "not tried" tells nothing. */
static bool was_tried(const struct matrix_row *row)
{
    for (int i = 0; i < FAMILY_COUNT; i++) {
        if (row->cells[i].n_tried > 0)
            return true;
    }
    return false;
}

static bool port_was_tried(const struct matrix *m, uint16_t port)
{
    for (size_t i = 0; i < m->n_rows; i++) {
        if (m->rows[i].port == port && was_tried(&m->rows[i]))
            return true;
    }
    return false;
}

static bool anything_was_tried(const struct matrix *m)
{
    for (size_t i = 0; i < m->n_rows; i++) {
        if (was_tried(&m->rows[i]))
            return true;
    }
    return false;
}

static bool is_shown(const struct matrix *m, const struct matrix_row *row)
{
    return row->asked || (is_needed(row) && (was_tried(row) || !port_was_tried(m, row->port)));
}

static bool belongs(const struct probe *p, enum role role, const char *host)
{
    return p->role == role && (host == NULL || (p->host != NULL && strcmp(p->host, host) == 0));
}

void matrix_init(struct matrix *m, const struct evidence *e, enum role role, const char *host)
{
    size_t kept = 0;

    *m = (struct matrix){ 0 };
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];
        struct matrix_row *row = belongs(p, role, host) ? matrix_row(m, e->plan, p) : NULL;

        if (row == NULL)
            continue;
        if (m->host == NULL)
            m->host = p->host;
        cell_add(&row->cells[p->family], e, p);
    }
    if (!anything_was_tried(m)) {
        m->n_rows = 0;
        return;
    }
    qsort(m->rows, m->n_rows, sizeof m->rows[0], row_compare);
    for (size_t i = 0; i < m->n_rows; i++) {
        bool shown = is_shown(m, &m->rows[i]);

        /* Rows before i may be gone already; those of i's port that were tried never go. */
        if (shown)
            m->rows[kept++] = m->rows[i];
    }
    m->n_rows = kept;
}

bool matrix_all_skipped(const struct matrix *m, enum family family, enum skip_reason *ret)
{
    enum skip_reason reason = SKIP_NONE;

    for (size_t i = 0; i < m->n_rows; i++) {
        const struct probe *p = m->rows[i].cells[family].shown;

        if (p == NULL || (p->outcome == PROBE_SKIPPED && p->skip == SKIP_NOT_NEEDED))
            continue;
        if (p->outcome != PROBE_SKIPPED || (reason != SKIP_NONE && p->skip != reason))
            return false;
        reason = p->skip;
    }
    *ret = reason;
    return reason != SKIP_NONE;
}

/* ---- words ---------------------------------------------------------------- */

static enum text_id skip_text(enum skip_reason reason)
{
    switch (reason) {
    case SKIP_NOT_NEEDED:
        return TEXT_CELL_NOT_NEEDED;
    case SKIP_NO_ROUTE:
        return TEXT_CELL_NO_CONNECTION;
    case SKIP_NO_ADDRESS:
        return TEXT_CELL_NO_ADDRESS;
    case SKIP_UNRESOLVED:
        return TEXT_CELL_UNRESOLVED;
    case SKIP_NONE:
    case SKIP_NOT_ASKED:
    case SKIP_STOPPED:
        return TEXT_CELL_NOT_TRIED;
    }
    return TEXT_CELL_NOT_TRIED;
}

static enum text_id silent_text(const struct probe *p)
{
    return p->stage == STAGE_CONNECT ? TEXT_CELL_NO_ANSWER : TEXT_CELL_SILENT;
}

static bool service_is_known(enum service service)
{
    return service != SERVICE_UNKNOWN && service != SERVICE_NOTHING;
}

/* What answers where mail is read may be a mail server, too. */
static enum text_id foreign_text(const struct probe *p)
{
    if (!service_is_known(p->service))
        return TEXT_CELL_NOT_MAIL;
    return p->protocol == PROTOCOL_SMTP ? TEXT_CELL_NOT_SMTP : TEXT_CELL_OTHER_SERVICE;
}

static enum text_id fault_text(const struct probe *p)
{
    switch (p->fault) {
    case FAULT_REFUSED:
        return TEXT_CELL_REFUSED;
    case FAULT_UNREACHABLE:
    case FAULT_NO_ROUTE:
        return TEXT_CELL_UNREACHABLE;
    case FAULT_PROHIBITED:
        return TEXT_CELL_PROHIBITED;
    case FAULT_LOCAL:
        return TEXT_CELL_LOCAL;
    case FAULT_NONE:
    case FAULT_SILENT:
        return silent_text(p);
    case FAULT_RESET:
        return TEXT_CELL_RESET;
    case FAULT_CLOSED:
        return TEXT_CELL_CLOSED;
    case FAULT_NOT_SMTP:
        return foreign_text(p);
    case FAULT_TLS_EXPECTED:
        return TEXT_CELL_TLS_EXPECTED;
    case FAULT_PLAIN_EXPECTED:
        return TEXT_CELL_PLAIN_EXPECTED;
    case FAULT_REPLY:
        return p->reply.code == 0 ? TEXT_CELL_TURNED_AWAY : TEXT_CELL_REPLY;
    case FAULT_MALFORMED:
        return TEXT_CELL_MALFORMED;
    case FAULT_STARTTLS_NOT_OFFERED:
        return TEXT_CELL_NO_STARTTLS;
    case FAULT_TLS:
        return TEXT_CELL_TLS;
    case FAULT_NO_MECHANISM:
    case FAULT_UNSAYABLE:
    case FAULT_UNVERIFIED:
    case FAULT_CHALLENGE:
    case FAULT_TOO_LARGE:
    case FAULT_SYSTEM:
        return TEXT_CELL_SYSTEM;
    }
    return TEXT_CELL_SYSTEM;
}

static enum text_id cell_text(const struct evidence *e, const struct matrix_cell *cell)
{
    const struct probe *p = cell->shown;

    if (cell->n_good > 0 && cell->n_good < cell->n_tried && p->mode != TLS_MODE_NONE)
        return TEXT_CELL_OK_SOME;
    switch (p->outcome) {
    case PROBE_SKIPPED:
        return skip_text(p->skip);
    case PROBE_RUNNING:
        return TEXT_CELL_RUNNING;
    case PROBE_OK:
        if (p->mode == TLS_MODE_NONE)
            return TEXT_CELL_OK_PLAIN;
        return has_flaws(e, p) ? TEXT_CELL_CERTIFICATE : TEXT_CELL_OK;
    case PROBE_FAILED:
        return fault_text(p);
    case PROBE_TIMEOUT:
        return silent_text(p);
    }
    return TEXT_CELL_NOT_TRIED;
}

bool matrix_put_cell(struct buf *out, enum language language, const struct evidence *e,
                     const struct matrix_cell *cell)
{
    const struct probe *p = cell->shown;
    const struct argument args[] = {
        { .name = "time", .kind = ARGUMENT_DURATION, .value.duration_ms = p->total_ms < 0 ? 0 : p->total_ms },
        { .name = "ok", .kind = ARGUMENT_NUMBER, .value.number = (int64_t)cell->n_good },
        { .name = "total", .kind = ARGUMENT_NUMBER, .value.number = (int64_t)cell->n_tried },
        { .name = "family", .kind = ARGUMENT_WORD, .value.word = p->family == FAMILY_IPV4 ? "IPv4" : "IPv6" },
        { .name = "service", .kind = ARGUMENT_WORD, .value.word = service_word(p->service) },
        { .name = "code", .kind = ARGUMENT_NUMBER, .value.number = p->reply.code },
    };

    return phrase_put(out, language, cell_text(e, cell), args, sizeof args / sizeof args[0], NULL, NULL);
}

enum matrix_tone matrix_tone(const struct evidence *e, const struct matrix_cell *cell)
{
    const struct probe *p = cell->shown;

    if (p == NULL || p->outcome == PROBE_SKIPPED || p->outcome == PROBE_RUNNING)
        return MATRIX_NOTHING;
    if (cell->n_good > 0 && cell->n_good < cell->n_tried)
        return MATRIX_CARE;
    if (p->outcome == PROBE_OK && p->mode == TLS_MODE_NONE)
        return MATRIX_CARE;
    return is_good(e, p) ? MATRIX_GOOD : MATRIX_BAD;
}
