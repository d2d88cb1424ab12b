/*
 * rule_clock - the clock of this computer, and what comes of it
 *
 * Speaks only where somebody else has told the time. A wrong clock is grave
 * where a client that believes it refuses a good certificate, or takes one that
 * it should refuse.
 */
#include "diagnose/rule.h"
#include "diagnose/spot.h"
#include "model/clock_estimate.h"

static const int64_t WRONG_MS = 300 * 1000;
static const int64_t DRIFTING_MS = 30 * 1000;
static const int64_t TELLS_MS = 1000; /* less says nothing, whatever ends in that second */

static const double SURE_OF_ONE = 0.9; /* one time server, which nobody confirms */

static int64_t off_ms(const struct evidence *e)
{
    int64_t offset = clock_offset_ms(&e->clock);

    return offset < 0 ? -offset : offset;
}

/* The local time is none of those that the estimate leaves. */
static bool is_off(const struct evidence *e)
{
    const struct clock_view *v = &e->clock;

    return v->known && (v->lower_ms > 0 || (v->has_upper && v->upper_ms < 0)) && off_ms(e) >= TELLS_MS;
}

/* A certificate that is in time by one clock and not by the other. */
static bool splits(const struct evidence *e, const struct chain *c)
{
    return (seen_local_flaw(e, c) < 0) != seen_in_time(e, c);
}

static const struct chain *chain_of(const struct evidence *e, const struct probe *p)
{
    return p->chain < 0 || (size_t)p->chain >= e->n_chains ? NULL : &e->chains[p->chain];
}

/* Nothing but its dates can be held against it. */
static bool is_candidate(const struct evidence *e, const struct probe *p)
{
    const struct chain *c = chain_of(e, p);

    return seen_encrypted(p) && c != NULL && c->judged && c->trusted && c->name_matches &&
           seen_counts(e, p->port);
}

static bool any_splits(const struct evidence *e)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        if (is_candidate(e, &e->probes[i]) && splits(e, chain_of(e, &e->probes[i])))
            return true;
    }
    return false;
}

/* A port that was asked for is split; where none was: every one that could be used. */
static bool stops_the_user(const struct evidence *e)
{
    bool all = true;
    bool any = false;

    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (!is_candidate(e, p) || (e->plan->n_asked_ports > 0 && !plan_asks_port(e->plan, p->port)))
            continue;
        any = any || splits(e, chain_of(e, p));
        all = all && splits(e, chain_of(e, p));
    }
    return e->plan->n_asked_ports > 0 ? any : any && all;
}

static void say_offset(struct draft *d, struct diagnosed *f, enum text_id ahead, enum text_id behind)
{
    struct because *b = draft_because(d, f, clock_offset_ms(&d->e->clock) < 0 ? ahead : behind, -1);

    say_duration(b, "offset", (double)off_ms(d->e));
    say_time_source(d, b);
}

static void say_split(struct draft *d, struct diagnosed *f, size_t chain)
{
    const struct chain *c = &d->e->chains[chain];
    int flaw = seen_local_flaw(d->e, c);
    enum text_id text = flaw < 0 ? TEXT_BECAUSE_CLOCK_WRONG_ACCEPTS : TEXT_BECAUSE_CLOCK_WRONG_REFUSES;
    const struct certificate *x;
    struct because *b;
    struct spot s;

    spot_init(&s);
    for (size_t i = 0; i < d->e->n_probes; i++) {
        if (d->e->probes[i].chain == (int)chain && is_candidate(d->e, &d->e->probes[i]))
            spot_add(&s, d->e, (int)i);
    }
    if (s.first < 0 || !splits(d->e, c))
        return;
    if (flaw < 0) {
        flaw = seen_window(d->e, c, WINDOW_ENDED);
        flaw = flaw < 0 ? seen_window(d->e, c, WINDOW_AHEAD) : flaw;
    }
    x = &c->certificates[flaw < 0 ? 0 : flaw];
    b = spot_because(d, f, text, &s);
    say_peer(d, b, "subject", x->subject.len > 0 ? x->subject : x->common_name);
    say_date(b, "begins", x->not_before);
    say_date(b, "ends", x->not_after);
}

static size_t count_votes(const struct clock_view *v)
{
    size_t n = 0;

    for (size_t i = 0; i < v->n_sources; i++)
        n += v->sources[i].agrees &&
             (v->sources[i].kind == CLOCK_SNTP || v->sources[i].kind == CLOCK_HTTP_DATE);
    return n;
}

static void set_confidence(const struct draft *d, struct diagnosed *f)
{
    if (d->e->clock.has_upper && count_votes(&d->e->clock) < 2)
        f->confidence = SURE_OF_ONE;
}

static bool is_wrong(const struct evidence *e)
{
    return is_off(e) && (off_ms(e) >= WRONG_MS || any_splits(e));
}

/* Tokens live for an hour: by a wrong clock they are renewed too late, or made for another time. */
static bool spoils_token(const struct draft *d)
{
    return d->attempt.finding == FINDING_AUTH_TOKEN_REJECTED;
}

void rule_clock_wrong(struct draft *d)
{
    const struct evidence *e = d->e;
    struct diagnosed *f;
    struct because *b;

    if (!is_wrong(e))
        return;
    f = draft_raise(d, FINDING_CLOCK_WRONG);
    f->severity = stops_the_user(e) || spoils_token(d) ? SEVERITY_CRITICAL : SEVERITY_WARNING;
    set_confidence(d, f);
    say_offset(d, f, TEXT_BECAUSE_CLOCK_WRONG_AHEAD,
               e->clock.has_upper ? TEXT_BECAUSE_CLOCK_WRONG_BEHIND : TEXT_BECAUSE_CLOCK_WRONG_AT_LEAST);
    if (e->clock.has_upper) {
        b = draft_because(d, f, TEXT_BECAUSE_CLOCK_WRONG_NOW, -1);
        say_date(b, "local", e->started_wall_ms / 1000);
        say_date(b, "now", clock_now_s(e));
    }
    for (size_t i = 0; i < e->n_chains; i++)
        say_split(d, f, i);
}

void rule_clock_drifting(struct draft *d)
{
    struct diagnosed *f;

    if (!is_off(d->e) || off_ms(d->e) <= DRIFTING_MS || is_wrong(d->e))
        return;
    f = draft_raise(d, FINDING_CLOCK_DRIFTING);
    f->severity = SEVERITY_WARNING;
    set_confidence(d, f);
    say_offset(d, f, TEXT_BECAUSE_CLOCK_DRIFTING_AHEAD, TEXT_BECAUSE_CLOCK_DRIFTING_BEHIND);
}
