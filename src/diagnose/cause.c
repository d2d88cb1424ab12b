/*
 * cause - cause before effect: which finding explains which, and which is the root
 *
 * A const table of pairs; a finding has one cause at most, and a cause is never
 * an effect itself, so that chains end after one step.
 */
#include "diagnose/cause.h"

#include <string.h>

/*
 * effect: FINDING_NONE stands for whatever is about ports.
 * on_its_ports: the effect must be about no other ports than its cause is.
 */
static const struct cause_link {
    enum finding_id cause;
    enum finding_id effect;
    bool on_its_ports;
} cause_links[] = {
    { FINDING_NET_OFFLINE, FINDING_DNS_UNREACHABLE, false },
    { FINDING_NET_OFFLINE, FINDING_DNS_SERVFAIL, false },
    { FINDING_INPUT_WRONG_PORT, FINDING_NONE, true },
    { FINDING_INPUT_WRONG_MODE, FINDING_TLS_HANDSHAKE_FAILED, true },
    { FINDING_INPUT_WRONG_MODE, FINDING_SMTP_NOT_SMTP, true },
    { FINDING_INPUT_WRONG_MODE, FINDING_SMTP_REJECTED, true },
    { FINDING_MODE_STARTTLS_INJECTION, FINDING_SMTP_PROTOCOL_ERROR, true },
    { FINDING_MODE_STARTTLS_INJECTION, FINDING_TLS_HANDSHAKE_FAILED, true },
    { FINDING_DNS_HOSTS_OVERRIDE, FINDING_NONE, true },
    { FINDING_DNS_RESOLVER_DOWN, FINDING_DNS_SLOW, false },
};

static bool is_within(const struct port_set *inner, const struct port_set *outer)
{
    for (size_t i = 0; i < inner->n; i++) {
        if (!port_set_has(outer, inner->ports[i]))
            return false;
    }
    return true;
}

static bool is_effect(const struct draft *d, const struct cause_link *link, const struct diagnosed *cause,
                      const struct diagnosed *f)
{
    const struct port_set *ports = draft_ports(d, f);

    if (f == cause || f->caused_by >= 0)
        return false;
    if (link->effect != FINDING_NONE && link->effect != (enum finding_id)f->finding)
        return false;
    return !link->on_its_ports || (ports->n > 0 && is_within(ports, draft_ports(d, cause)));
}

static void link_effects(struct draft *d)
{
    for (size_t i = 0; i < sizeof cause_links / sizeof cause_links[0]; i++) {
        const struct diagnosed *cause = draft_find(d, cause_links[i].cause);

        /* What is an effect itself causes nothing more. */
        if (cause == NULL || cause->caused_by >= 0)
            continue;
        for (size_t k = 0; k < d->d->n_findings; k++) {
            if (is_effect(d, &cause_links[i], cause, &d->d->findings[k]))
                d->d->findings[k].caused_by = (int)(cause - d->d->findings);
        }
    }
}

/* The first of the gravest that stand for themselves, -1 where none is of warning or worse. */
static int find_primary(const struct draft *d)
{
    int best = -1;

    for (size_t i = 0; i < d->d->n_findings; i++) {
        const struct diagnosed *f = &d->d->findings[i];

        if (f->caused_by >= 0 || f->severity == SEVERITY_INFO)
            continue;
        if (best < 0 || f->severity > d->d->findings[best].severity)
            best = (int)i;
    }
    return best;
}

/* The new order: order[k] is the old index of what comes k-th. */
struct order {
    size_t old[DIAGNOSIS_FINDINGS_MAX];
    size_t n;
};

static void put_with_effects(const struct draft *d, struct order *o, size_t cause)
{
    o->old[o->n++] = cause;
    for (size_t i = 0; i < d->d->n_findings; i++) {
        if (d->d->findings[i].caused_by == (int)cause)
            o->old[o->n++] = i;
    }
}

static struct order make_order(const struct draft *d, int primary)
{
    struct order o = { .n = 0 };

    if (primary >= 0)
        put_with_effects(d, &o, (size_t)primary);
    for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_INFO; severity--) {
        for (size_t i = 0; i < d->d->n_findings; i++) {
            const struct diagnosed *f = &d->d->findings[i];

            if ((int)i != primary && f->caused_by < 0 && f->severity == (enum severity)severity)
                put_with_effects(d, &o, i);
        }
    }
    return o;
}

static int new_index(const struct order *o, int old)
{
    for (size_t i = 0; i < o->n; i++) {
        if (old >= 0 && o->old[i] == (size_t)old)
            return (int)i;
    }
    return -1;
}

static void apply_order(struct draft *d, const struct order *o)
{
    struct diagnosed *sorted = arena_alloc(d->arena, DIAGNOSIS_FINDINGS_MAX, sizeof *sorted);
    struct port_set ports[DIAGNOSIS_FINDINGS_MAX];

    if (sorted == NULL)
        return;
    memcpy(ports, d->ports, sizeof ports);
    for (size_t i = 0; i < o->n; i++) {
        sorted[i] = d->d->findings[o->old[i]];
        sorted[i].caused_by = new_index(o, sorted[i].caused_by);
        d->ports[i] = ports[o->old[i]];
    }
    d->d->findings = sorted;
}

void cause_order(struct draft *d)
{
    struct order o;
    int primary;

    if (d->d->findings == NULL)
        return;
    link_effects(d);
    primary = find_primary(d);
    o = make_order(d, primary);
    apply_order(d, &o);
    d->d->primary = primary < 0 ? -1 : 0;
}
