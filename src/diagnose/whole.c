/*
 * whole - what a rule finds when it looks at the host as a whole
 */
#include "diagnose/whole.h"

#include "base/special.h"

bool whole_has_no_network(const struct draft *d)
{
    static const enum finding_id findings[] = { FINDING_NET_OFFLINE, FINDING_NET_IPV6_BROKEN,
                                                FINDING_NET_IPV4_BROKEN };

    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++) {
        const struct diagnosed *f = draft_find(d, findings[i]);

        if (f != NULL && f->severity == SEVERITY_CRITICAL)
            return true;
    }
    return false;
}

bool whole_explains(const struct draft *d, uint16_t port)
{
    static const enum finding_id wholes[] = { FINDING_PORT_ALL_BLOCKED, FINDING_SERVICE_DOWN };

    if (whole_has_no_network(d))
        return true;
    for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++) {
        const struct diagnosed *f = draft_find(d, wholes[i]);

        if (f != NULL && port_set_has(draft_ports(d, f), port))
            return true;
    }
    return false;
}

bool whole_port_is_wrong(const struct draft *d, uint16_t port)
{
    const struct diagnosed *f = draft_find(d, FINDING_INPUT_WRONG_PORT);

    return f != NULL && port_set_has(draft_ports(d, f), port);
}

enum reach whole_port_reach(const struct draft *d, uint16_t port)
{
    enum reach best = REACH_UNKNOWN;

    for (int family = 0; family < FAMILY_COUNT; family++) {
        enum reach reach = seen_family_port_reach(d->e, (enum family)family, port);

        if (reach > best && !seen_family_broken(d->e, (enum family)family))
            best = reach;
    }
    return best;
}

bool whole_has_reach(const struct draft *d, enum reach reach)
{
    const struct plan *plan = d->e->plan;

    for (size_t i = 0; i < plan->n_ports; i++) {
        if (seen_counts(d->e, plan->ports[i]) && whole_port_reach(d, plan->ports[i]) == reach)
            return true;
    }
    return false;
}

bool whole_is(const struct draft *d, enum reach reach)
{
    const struct plan *plan = d->e->plan;

    for (size_t i = 0; i < plan->n_ports; i++) {
        enum reach here = whole_port_reach(d, plan->ports[i]);

        if (seen_counts(d->e, plan->ports[i]) && here != REACH_UNKNOWN && here != reach)
            return false;
    }
    return whole_has_reach(d, reach);
}

bool whole_is_prohibited(const struct draft *d)
{
    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];

        if (seen_reach(d->e, p) == REACH_BLOCKED && p->fault == FAULT_PROHIBITED &&
            seen_counts(d->e, p->port))
            return true;
    }
    return false;
}

static bool ended_at_connection(const struct draft *d, const struct probe *p, int fault)
{
    bool silent = fault == FAULT_SILENT && seen_silent(d->e, p);

    return seen_reach(d->e, p) != REACH_UNKNOWN && seen_reach(d->e, p) != REACH_ANSWERED &&
           (silent || p->fault == (enum fault)fault) && !seen_family_broken(d->e, p->family);
}

static const struct connection_text {
    enum fault fault;
    enum reach reach;
    enum text_id text;
} connection_texts[] = {
    { FAULT_SILENT, REACH_BLOCKED, TEXT_BECAUSE_PORT_BLOCKED_SILENT },
    { FAULT_PROHIBITED, REACH_BLOCKED, TEXT_BECAUSE_PORT_BLOCKED_PROHIBITED },
    { FAULT_UNREACHABLE, REACH_BLOCKED, TEXT_BECAUSE_PORT_BLOCKED_UNREACHABLE },
    { FAULT_REFUSED, REACH_REFUSED, TEXT_BECAUSE_PORT_REFUSED_REFUSED },
    { FAULT_LOCAL, REACH_LOCAL, TEXT_BECAUSE_PORT_LOCAL_FIREWALL_LOCAL },
    { FAULT_NO_ROUTE, REACH_NO_ROUTE, TEXT_BECAUSE_NET_OFFLINE_NO_WAY },
};

/* Who reports it; the system's own word where no ICMP message names anybody. */
static void say_reporter(struct draft *d, struct because *b, const char *name, const struct probe *p,
                         const char *otherwise)
{
    char text[ADDRESS_TEXT_SIZE];

    if (p->icmp.has_offender)
        say_word(d, b, name, address_format(&p->icmp.offender, text));
    else
        say_word(d, b, name, p->error_code != NULL ? p->error_code : otherwise);
}

static void say_connection(struct draft *d, struct diagnosed *f, enum text_id text, const struct spot *s)
{
    const struct probe *p = &d->e->probes[s->first];
    struct because *b = spot_because(d, f, text, s);

    say_duration(b, "waited", s->longest_ms);
    say_reporter(d, b, "offender", p, "ICMP");
    say_reporter(d, b, "error", p, "EPERM");
}

static void say_connections_of_kind(struct draft *d, struct diagnosed *f, const struct port_set *ports,
                                    const struct connection_text *kind)
{
    struct spot spots[PLAN_PORTS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < ports->n; i++) {
        spots[n] = spot_of_port(d, ports->ports[i], ended_at_connection, (int)kind->fault);
        n += spots[n].first >= 0;
    }
    n = spot_merge(spots, n);
    for (size_t i = 0; i < n; i++)
        say_connection(d, f, kind->text, &spots[i]);
}

void whole_say_connections(struct draft *d, struct diagnosed *f, const struct port_set *ports,
                           enum reach reach)
{
    for (size_t i = 0; i < sizeof connection_texts / sizeof connection_texts[0]; i++) {
        if (connection_texts[i].reach == reach)
            say_connections_of_kind(d, f, ports, &connection_texts[i]);
    }
}

struct port_set whole_ports(const struct draft *d)
{
    struct port_set set = { .n = 0 };

    for (size_t i = 0; i < d->e->plan->n_ports; i++)
        port_set_add(&set, d->e->plan->ports[i]);
    return set;
}

struct port_set whole_counted_ports(const struct draft *d)
{
    struct port_set set = { .n = 0 };

    for (size_t i = 0; i < d->e->plan->n_ports; i++) {
        if (seen_counts(d->e, d->e->plan->ports[i]))
            port_set_add(&set, d->e->plan->ports[i]);
    }
    return set;
}

struct because *whole_say_probe(struct draft *d, struct diagnosed *f, enum text_id text, int probe)
{
    struct because *b = draft_because(d, f, text, probe);
    struct spot s;

    spot_init(&s);
    spot_add(&s, d->e, probe);
    spot_say(d, b, &s);
    return b;
}

static const char *resolver_of(const struct name_view *name, enum family family)
{
    enum record_type type = family == FAMILY_IPV4 ? RECORD_A : RECORD_AAAA;

    for (size_t i = 0; i < name->n_queries; i++) {
        if (name->queries[i].type == type && name->queries[i].outcome == DNS_OK && name->queries[i].resolver != NULL)
            return name->queries[i].resolver;
    }
    return "";
}

void whole_say_answer(struct draft *d, struct diagnosed *f, enum text_id text, const struct name_view *name,
                      const struct found_address *a)
{
    struct because *b = draft_because(d, f, text, -1);
    char printed[ADDRESS_TEXT_SIZE];

    say_word(d, b, "resolver", resolver_of(name, a->address.family));
    say_word(d, b, "host", name->host);
    say_word(d, b, "address", address_format(&a->address, printed));
}

const struct found_address *whole_elsewhere(const struct draft *d)
{
    const struct name_view *name = seen_other_view(d->e, draft_host(d));

    for (size_t i = 0; name != NULL && i < name->n_addresses; i++) {
        if (!address_is_special(&name->addresses[i].address))
            return &name->addresses[i];
    }
    return NULL;
}

void whole_say_elsewhere(struct draft *d, struct diagnosed *f, enum text_id text)
{
    const struct found_address *a = whole_elsewhere(d);

    if (a != NULL)
        whole_say_answer(d, f, text, seen_other_view(d->e, draft_host(d)), a);
}
