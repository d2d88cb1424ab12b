/*
 * submission - where one more connection signs in and sends, and what it brings home
 */
#include "probe/submission.h"

#include <time.h>

#include "base/clock.h"
#include "probe/chain.h"
#include "probe/notes.h"
#include "smtp/jwt.h"

enum {
    SMTP_PORT = 25,
    SUBMISSIONS_PORT = 465,
    SUBMISSION_PORT = 587,
};

bool submission_begin(struct evidence *e, const struct secret *secret)
{
    struct errand *r = arena_alloc(e->arena, 1, sizeof *r);
    struct peer_text bytes = { 0 };

    if (r == NULL)
        return false;
    *r = (struct errand){ .bar = BAR_STOPPED };
    r->sign_in.token = (struct token_facts){ .expires_s = -1, .not_before_s = -1, .issued_s = -1 };
    if (secret != NULL && e->plan->user.bytes != NULL) {
        bytes.bytes = secret_bytes(secret, &bytes.len);
        r->sign_in.kind = secret_kind(secret);
        r->sign_in.form = secret_look(bytes);
        r->sign_in.user_form = secret_look(e->plan->user);
        if (r->sign_in.kind == SECRET_TOKEN && !jwt_read(&r->sign_in.token, e->arena, bytes))
            return false;
    }
    e->errand = r;
    return true;
}

/* ---- where to go ---------------------------------------------------------------- */

/* Worse places have greater numbers. The user's own setting comes before all; then what clients are told to use. */
static unsigned rank_of(const struct plan *plan, const struct probe *p)
{
    bool asked = plan_asks_port(plan, p->port) && (!plan->tls_asked || plan->tls == p->mode);

    if (asked)
        return 0;
    if (p->port == SUBMISSIONS_PORT && p->mode == TLS_MODE_IMPLICIT)
        return 1;
    if (p->port == SUBMISSION_PORT && p->mode == TLS_MODE_STARTTLS)
        return 2;
    return p->port == SMTP_PORT ? 4 : 3;
}

static bool is_place(const struct probe *p)
{
    return p->role == ROLE_TARGET && p->mode != TLS_MODE_NONE;
}

/* A server that offers no sign-in at all is no place for one, unless it is the user's own. */
static bool is_ready(const struct plan *plan, const struct probe *p)
{
    return is_place(p) && p->outcome == PROBE_OK &&
           (plan->user.bytes == NULL || p->n_auth > 0 || rank_of(plan, p) == 0);
}

/* A message without a sign-in has nothing in it that is secret. */
static bool is_fit(const struct evidence *e, const struct probe *p)
{
    return e->plan->user.bytes == NULL || chain_is_verified(e, p->chain);
}

/* Index of the best cell that is ready, and fit if that is asked for; -1 while there is none. */
static int best_place(const struct evidence *e, bool fit)
{
    int best = -1;

    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (is_ready(e->plan, p) && (!fit || is_fit(e, p)) &&
            (best < 0 || rank_of(e->plan, p) < rank_of(e->plan, &e->probes[best])))
            best = (int)i;
    }
    return best;
}

/* Some cell that would be better is still being tried. */
static bool better_may_come(const struct evidence *e, const bool *suspect, int best)
{
    unsigned rank = rank_of(e->plan, &e->probes[best]);

    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (is_place(p) && p->outcome == PROBE_RUNNING && !suspect[i] && rank_of(e->plan, p) < rank)
            return true;
    }
    return false;
}

/* Some server of the target speaks only what was given up long ago. */
static bool is_old(const struct evidence *e)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        if (is_place(&e->probes[i]) && e->probes[i].tls_old != NULL)
            return true;
    }
    return false;
}

static bool asks_for_clear_text(const struct plan *plan)
{
    return plan->tls_asked && plan->tls == TLS_MODE_NONE;
}

/* What forbids it wherever it were to go. */
static enum errand_bar bar_of_plan(const struct plan *plan, bool has_secret)
{
    if (asks_for_clear_text(plan))
        return BAR_NO_TLS;
    if (plan->user.bytes == NULL)
        return BAR_NONE; /* nothing secret is at stake */
    if (!has_secret)
        return BAR_NO_SECRET;
    return plan->slip != SLIP_NONE && !plan->accept_look_alike ? BAR_LOOK_ALIKE : BAR_NONE;
}

static enum submission_choice bar(struct evidence *e, enum errand_bar bar)
{
    e->errand->bar = bar;
    return SUBMISSION_BARRED;
}

enum submission_choice submission_choose(struct evidence *e, bool has_secret, const bool *suspect, bool last,
                                         size_t *probe)
{
    enum errand_bar forbidden = bar_of_plan(e->plan, has_secret);
    int best = best_place(e, true);

    if (forbidden != BAR_NONE)
        return bar(e, forbidden);
    if (!last && (best < 0 || better_may_come(e, suspect, best)))
        return SUBMISSION_WAIT;
    if (best < 0 && best_place(e, false) >= 0)
        return bar(e, BAR_UNVERIFIED);
    if (best < 0)
        return bar(e, is_old(e) ? BAR_OLD_TLS : BAR_NO_WAY);
    e->errand->bar = BAR_NONE;
    *probe = (size_t)best;
    return SUBMISSION_GO;
}

/* ---- the dialogue's part --------------------------------------------------------- */

/* East of Greenwich, at the moment. */
static int utc_offset_minutes(int64_t wall_ms)
{
    time_t now_s = (time_t)(wall_ms / 1000);
    struct tm local;

    return localtime_r(&now_s, &local) == NULL ? 0 : (int)(local.tm_gmtoff / 60);
}

struct smtp_errand submission_words(const struct evidence *e, const struct secret *secret, const char *host,
                                uint16_t port)
{
    const struct plan *plan = e->plan;
    int64_t now_ms = clock_wall_ms();

    return (struct smtp_errand){
        .sign_in = plan->user.bytes != NULL,
        .user = plan->user,
        .secret = secret,
        .auth = plan->auth,
        .host = host,
        .port = port,
        .mail_from = plan->send_to == NULL ? NULL : plan->send_from,
        .rcpt_to = plan->send_to,
        .stop_after_rcpt = plan->last_step == LAST_STEP_RCPT,
        .wall_ms = now_ms,
        .utc_offset_minutes = utc_offset_minutes(now_ms),
    };
}

static struct peer_text kept_text(struct arena *arena, struct peer_text t)
{
    return arena_peer_text(arena, t, OAUTH_TEXT_MAX);
}

static void keep_set_aside(struct sign_in *s, struct arena *arena, const struct smtp_sign_in *l)
{
    if (l->n_set_aside > 0)
        s->set_aside = arena_alloc(arena, l->n_set_aside, sizeof *s->set_aside);
    s->n_set_aside = s->set_aside == NULL ? 0 : l->n_set_aside;
    for (size_t i = 0; i < s->n_set_aside; i++) {
        s->set_aside[i].mechanism = arena_strdup(arena, l->set_aside[i].mechanism);
        s->set_aside[i].answer = notes_reply_kept(arena, &l->set_aside[i].answer);
    }
}

void submission_keep(struct errand *r, struct arena *arena, const struct smtp_learned *l)
{
    struct sign_in *s = &r->sign_in;
    struct sending *m = &r->sending;

    s->mechanism = arena_strdup(arena, l->sign_in.mechanism);
    s->begun = l->sign_in.begun;
    s->accepted = l->sign_in.accepted;
    s->oauth_status = kept_text(arena, l->sign_in.oauth.status);
    s->oauth_schemes = kept_text(arena, l->sign_in.oauth.schemes);
    s->oauth_scope = kept_text(arena, l->sign_in.oauth.scope);
    s->answer = notes_reply_kept(arena, &l->answers[SMTP_STAGE_AUTH]);
    keep_set_aside(s, arena, &l->sign_in);
    m->begun = l->sending.begun;
    m->size_limit = l->tls.size < INT64_MAX ? l->tls.size : INT64_MAX;
    m->size = l->sending.size;
    m->message_id = arena_strdup(arena, l->sending.message_id);
    m->mail = notes_reply_kept(arena, &l->answers[SMTP_STAGE_MAIL]);
    m->rcpt = notes_reply_kept(arena, &l->answers[SMTP_STAGE_RCPT]);
    m->data = notes_reply_kept(arena, &l->answers[SMTP_STAGE_DATA]);
    m->message = notes_reply_kept(arena, &l->answers[SMTP_STAGE_MESSAGE]);
}
