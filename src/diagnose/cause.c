/*
 * cause - cause before effect: which finding explains which, and which is the root
 *
 * A const table of pairs; a finding has one cause at most, and a cause is never
 * an effect itself, so that chains end after one step.
 */
#include "diagnose/cause.h"

#include <string.h>

/* Which findings of the effect's kind an effect is. */
enum scope {
    SCOPE_ALL,
    SCOPE_PORTS, /* about no other ports than its cause is */
    SCOPE_CHAINS, /* ... and about certificates */
    SCOPE_HOST,  /* about this host, and neither about the network nor about what else was typed */
};

/* effect: FINDING_NONE stands for any of the scope. */
static const struct cause_link {
    enum finding_id cause;
    enum finding_id effect;
    enum scope scope;
} cause_links[] = {
    { FINDING_INPUT_TYPO, FINDING_INPUT_INVALID, SCOPE_ALL },
    { FINDING_INPUT_TYPO, FINDING_NONE, SCOPE_HOST },
    { FINDING_INPUT_WRONG_SERVER, FINDING_NONE, SCOPE_HOST },
    { FINDING_NET_CAPTIVE_PORTAL, FINDING_NONE, SCOPE_HOST },
    { FINDING_NET_CAPTIVE_PORTAL, FINDING_DNS_HIJACKED, SCOPE_ALL },
    { FINDING_NET_CAPTIVE_PORTAL, FINDING_DNS_UNREACHABLE, SCOPE_ALL },
    { FINDING_NET_CAPTIVE_PORTAL, FINDING_PORT_ALL_BLOCKED, SCOPE_ALL },
    { FINDING_NET_CAPTIVE_PORTAL, FINDING_NET_OFFLINE, SCOPE_ALL },
    { FINDING_NET_OFFLINE, FINDING_DNS_UNREACHABLE, SCOPE_ALL },
    { FINDING_NET_OFFLINE, FINDING_DNS_SERVFAIL, SCOPE_ALL },
    { FINDING_INPUT_WRONG_PORT, FINDING_NONE, SCOPE_PORTS },
    { FINDING_INPUT_WRONG_MODE, FINDING_TLS_HANDSHAKE_FAILED, SCOPE_PORTS },
    { FINDING_INPUT_WRONG_MODE, FINDING_SMTP_NOT_SMTP, SCOPE_PORTS },
    { FINDING_INPUT_WRONG_MODE, FINDING_SMTP_REJECTED, SCOPE_PORTS },
    { FINDING_MODE_STARTTLS_INJECTION, FINDING_SMTP_PROTOCOL_ERROR, SCOPE_PORTS },
    { FINDING_MODE_STARTTLS_INJECTION, FINDING_TLS_HANDSHAKE_FAILED, SCOPE_PORTS },
    { FINDING_DNS_INCONSISTENT, FINDING_DNS_NXDOMAIN, SCOPE_ALL },
    { FINDING_DNS_INCONSISTENT, FINDING_DNS_NO_ADDRESS, SCOPE_ALL },
    { FINDING_DNS_HOSTS_OVERRIDE, FINDING_NONE, SCOPE_PORTS },
    { FINDING_DNS_HIJACKED, FINDING_NONE, SCOPE_PORTS },
    { FINDING_DNS_HIJACKED, FINDING_SERVICE_DOWN, SCOPE_ALL },
    { FINDING_TLS_SNI_REQUIRED, FINDING_NONE, SCOPE_CHAINS },
    { FINDING_TLS_INTERCEPTED, FINDING_NONE, SCOPE_CHAINS },
    { FINDING_AUTH_USERNAME_FORM, FINDING_AUTH_BAD_CREDENTIALS, SCOPE_ALL },
    { FINDING_CLOCK_WRONG, FINDING_AUTH_TOKEN_REJECTED, SCOPE_ALL },
    { FINDING_SMTP_AUTH_MISSING, FINDING_AUTH_MECHANISM_UNSUPPORTED, SCOPE_PORTS },
    { FINDING_RELAY_NOT_ELIGIBLE, FINDING_RELAY_NOT_ALLOWED, SCOPE_ALL },
    { FINDING_RELAY_NOT_ELIGIBLE, FINDING_SEND_SENDER_REJECTED, SCOPE_ALL },
    { FINDING_DNS_RESOLVER_DOWN, FINDING_DNS_SLOW, SCOPE_ALL },
    { FINDING_NET_SLOW, FINDING_DNS_SLOW, SCOPE_ALL },
};

static bool is_within(const struct port_set *inner, const struct port_set *outer)
{
    for (size_t i = 0; i < inner->n; i++) {
        if (!port_set_has(outer, inner->ports[i]))
            return false;
    }
    return true;
}

/* The server that was meant connects: whatever keeps the other one away, it is not the network. */
static bool suggestion_connects(const struct draft *d)
{
    for (size_t i = 0; i < d->e->n_probes; i++) {
        if (d->e->probes[i].role == ROLE_SUGGESTION && d->e->probes[i].connect_ms >= 0)
            return true;
    }
    return false;
}

static bool is_about_host(const struct draft *d, enum finding_id id)
{
    static const char *const layers[] = { "dns", "smtp", "tls", "cert", "service" };

    switch (id) {
    case FINDING_PORT_BLOCKED:
    case FINDING_PORT_REFUSED:
    case FINDING_PORT_RESET:
    case FINDING_PORT_25_BLOCKED:
        return true;
    case FINDING_PORT_ALL_BLOCKED:
        return suggestion_connects(d);
    case FINDING_DNS_UNREACHABLE:
    case FINDING_DNS_SLOW:
    case FINDING_DNS_HIJACKED:
    case FINDING_CERT_NO_TRUST_STORE:
        return false;
    default:
        break;
    }
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        if (strcmp(finding_by_id(id)->layer, layers[i]) == 0)
            return true;
    }
    return false;
}

/* The certificate that was shown, and not what this machine holds against it. */
static bool is_about_chains(const struct draft *d, const struct diagnosed *f)
{
    enum finding_id id = (enum finding_id)f->finding;

    return strcmp(finding_by_id(id)->layer, "cert") == 0 && id != FINDING_CERT_NO_TRUST_STORE &&
           draft_ports(d, f)->n > 0;
}

static bool is_in_scope(const struct draft *d, enum scope scope, const struct diagnosed *cause,
                        const struct diagnosed *f)
{
    const struct port_set *ports = draft_ports(d, f);

    switch (scope) {
    case SCOPE_ALL:
        return true;
    case SCOPE_PORTS:
        return ports->n > 0 && is_within(ports, draft_ports(d, cause));
    case SCOPE_CHAINS:
        return is_about_chains(d, f) && is_within(ports, draft_ports(d, cause));
    case SCOPE_HOST:
        return is_about_host(d, (enum finding_id)f->finding);
    }
    return false;
}

static bool is_effect(const struct draft *d, const struct cause_link *link, const struct diagnosed *cause,
                      const struct diagnosed *f)
{
    if (f == cause || f->caused_by >= 0)
        return false;
    /* What a client does not mind cannot be what stops it. */
    if (cause->severity == SEVERITY_INFO && f->severity > SEVERITY_INFO)
        return false;
    if (link->effect != FINDING_NONE && link->effect != (enum finding_id)f->finding)
        return false;
    return is_in_scope(d, link->scope, cause, f);
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
