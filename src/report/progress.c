/*
 * progress - one line that tells what is under way
 *
 * Reads the Evidence while it grows. Several addresses of a port are told once,
 * by the one that has come furthest.
 */
#include "report/progress.h"

#include "knowledge/phrase.h"
#include "report/layout.h"

enum {
    PROGRESS_MAX = 8 << 10,
    HOST_COLUMNS = 40, /* leaves room for what is under way */
};

static const enum text_id stage_texts[] = {
    [STAGE_CONNECT] = TEXT_DOING_CONNECT,   [STAGE_TLS] = TEXT_DOING_TLS,
    [STAGE_GREETING] = TEXT_DOING_GREETING, [STAGE_EHLO] = TEXT_DOING_EHLO,
    [STAGE_STARTTLS] = TEXT_DOING_STARTTLS, [STAGE_AUTH] = TEXT_DOING_AUTH,
    [STAGE_MAIL] = TEXT_DOING_MAIL,         [STAGE_RCPT] = TEXT_DOING_MAIL,
    [STAGE_DATA] = TEXT_DOING_MAIL,         [STAGE_MESSAGE] = TEXT_DOING_MAIL,
    [STAGE_DONE] = TEXT_DOING_DONE,
};

/* What the user waits for; the rest goes on beside it. */
static bool is_awaited(enum role role)
{
    return role == ROLE_TARGET || role == ROLE_SUGGESTION || role == ROLE_INCOMING;
}

static bool is_running(const struct probe *p)
{
    return p->outcome == PROBE_RUNNING && is_awaited(p->role);
}

/* A name without an address so far, and an answer about it is still to come. */
static bool is_looked_up(const struct name_view *name)
{
    if (!is_awaited(name->role) || name->n_addresses > 0)
        return false;
    for (size_t i = 0; i < name->n_queries; i++) {
        if (name->queries[i].duration_ms < 0)
            return true;
    }
    return name->n_queries == 0 && name->duration_ms < 0;
}

static bool looks_up(const struct evidence *e)
{
    for (size_t i = 0; i < e->n_names; i++) {
        if (is_looked_up(&e->names[i]))
            return true;
    }
    return false;
}

/* Whether another running probe of the same port is ahead of probes[index]. */
static bool is_behind(const struct evidence *e, size_t index)
{
    const struct probe *p = &e->probes[index];

    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *other = &e->probes[i];

        if (is_running(other) && other->port == p->port &&
            (other->stage > p->stage || (other->stage == p->stage && i < index)))
            return true;
    }
    return false;
}

static bool put_stage(struct buf *out, enum language language, const struct probe *p)
{
    return buf_printf(out, "%s%u %s", out->len > 0 ? ", " : "", p->port, text(language, stage_texts[p->stage]));
}

static bool put_stages(struct buf *out, enum language language, const struct evidence *e)
{
    const struct probe *errand = e->errand == NULL ? NULL : e->errand->connection;
    bool ok = true;

    for (size_t i = 0; ok && i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (!is_running(p) || is_behind(e, i))
            continue;
        ok = put_stage(out, language, p);
    }
    if (ok && errand != NULL && is_running(errand))
        ok = put_stage(out, language, errand);
    if (ok && out->len == 0)
        ok = buf_put_string(out, text(language, looks_up(e) ? TEXT_DOING_LOOKING_UP : TEXT_DOING_ENDING));
    return ok;
}

static bool put_peer(struct buf *out, struct peer_text t, void *user)
{
    (void)user;
    return term_put_peer(out, HOST_COLUMNS, t);
}

bool progress_put(struct buf *out, const struct report_spec *spec, const struct evidence *e,
                  double elapsed_ms)
{
    struct peer_text host = e->plan->host == NULL ? e->plan->input : peer_text_of(e->plan->host);
    struct buf stages, line;
    bool ok;

    buf_init(&stages, PROGRESS_MAX);
    buf_init(&line, PROGRESS_MAX);
    ok = put_stages(&stages, spec->language, e) &&
         phrase_put(&line, spec->language, TEXT_DOING_LINE, (const struct argument[]){
             { .name = "host", .kind = ARGUMENT_PEER, .value.peer = host },
             { .name = "stages", .kind = ARGUMENT_WORD, .value.word = buf_borrow(&stages) },
             { .name = "time", .kind = ARGUMENT_DURATION, .value.duration_ms = elapsed_ms },
         }, 3, put_peer, NULL) &&
         layout_put_cut(out, spec->width == 0 ? REPORT_WIDTH_DEFAULT : spec->width, buf_borrow(&line));
    buf_done(&stages);
    buf_done(&line);
    return ok;
}
