/*
 * rule_port - ports that cannot be connected to, while others can
 *
 * A port that nobody asked for, of a host that nobody knows, need not be served
 * at all: its failure is told only where no other submission port explains it.
 */
#include "diagnose/rule.h"
#include "diagnose/way.h"
#include "diagnose/whole.h"

static const double SURE_OF_PORT_25 = 0.6; /* nothing else of the host was tried */

/* The port is served somewhere, or ought to be. */
static bool is_owed(const struct draft *d, uint16_t port)
{
    return seen_asks(d->e, port) || seen_provider_port(d->e, port) ||
           whole_port_reach(d, port) == REACH_ANSWERED;
}

static bool is_candidate(const struct draft *d, uint16_t port)
{
    return seen_counts(d->e, port) && !whole_explains(d, port) && !whole_port_is_wrong(d, port);
}

/* A family that works as such, and no address of it gets through to the port better than this. */
static bool some_family_has(const struct draft *d, uint16_t port, enum reach reach)
{
    for (int family = 0; family < FAMILY_COUNT; family++) {
        if (seen_family_port_reach(d->e, (enum family)family, port) == reach &&
            !seen_family_broken(d->e, (enum family)family))
            return true;
    }
    return false;
}

/* ---- port.blocked, port.25-blocked ---------------------------------------- */

/* A family drops connections to this port while the host answers it elsewhere, or says that it forbids them. */
static bool is_blocked(const struct draft *d, uint16_t port)
{
    for (int family = 0; family < FAMILY_COUNT; family++) {
        if (seen_family_port_reach(d->e, (enum family)family, port) == REACH_BLOCKED &&
            !seen_family_broken(d->e, (enum family)family) &&
            (seen_family_answers(d->e, (enum family)family) || whole_is_prohibited(d)))
            return true;
    }
    return false;
}

/* A probe of the host on another port: one that connected, off port 25 if there is, else one that it refused. */
static int answer_elsewhere(const struct draft *d, const struct port_set *ports)
{
    int best = -1;
    int best_worth = 0;

    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];
        enum reach reach = port_set_has(ports, p->port) ? REACH_UNKNOWN : seen_reach(d->e, p);
        int worth = reach < REACH_REFUSED ? 0 : 1 + 2 * (reach == REACH_ANSWERED) + (p->port != PORT_SMTP);

        if (worth > best_worth) {
            best_worth = worth;
            best = (int)i;
        }
    }
    return best;
}

void rule_port_blocked(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    bool alone = !whole_has_reach(d, REACH_ANSWERED);
    struct port_set ports = { .n = 0 };
    struct diagnosed *f;
    int other;

    for (size_t i = 0; i < plan->n_ports; i++) {
        uint16_t port = plan->ports[i];

        if (port != PORT_SMTP && is_candidate(d, port) && is_blocked(d, port) && (alone || is_owed(d, port)))
            port_set_add(&ports, port);
    }
    if (ports.n == 0)
        return;
    f = draft_raise(d, FINDING_PORT_BLOCKED);
    whole_say_connections(d, f, &ports, REACH_BLOCKED);
    other = answer_elsewhere(d, &ports);
    if (other >= 0)
        whole_say_probe(d, f, TEXT_BECAUSE_PORT_BLOCKED_ANSWERS, other);
    way_say(d, f, &ports);
    draft_judge(d, f);
}

static int working_submission(const struct draft *d)
{
    for (size_t i = 0; i < d->e->n_probes; i++) {
        if (d->e->probes[i].port != PORT_SMTP && seen_encrypted(&d->e->probes[i]))
            return (int)i;
    }
    return -1;
}

void rule_port_25_blocked(struct draft *d)
{
    static const struct port_set port_25 = { .ports = { PORT_SMTP }, .n = 1 };
    bool asked = seen_asks(d->e, PORT_SMTP);
    int submission = working_submission(d);
    struct diagnosed *f;

    if (whole_explains(d, PORT_SMTP) || !some_family_has(d, PORT_SMTP, REACH_BLOCKED))
        return;
    if (!asked && (submission < 0 || whole_port_reach(d, PORT_SMTP) != REACH_BLOCKED))
        return;
    f = draft_raise(d, FINDING_PORT_25_BLOCKED);
    whole_say_connections(d, f, &port_25, REACH_BLOCKED);
    if (submission >= 0)
        whole_say_probe(d, f, TEXT_BECAUSE_PORT_25_BLOCKED_WORKS, submission);
    else if (answer_elsewhere(d, &port_25) < 0)
        f->confidence = SURE_OF_PORT_25;
    way_say(d, f, &port_25);
    if (asked)
        draft_judge(d, f);
    else
        f->severity = SEVERITY_INFO;
}

/* ---- port.local-firewall, port.refused ------------------------------------ */

static void judge_ports(struct draft *d, enum finding_id finding, const struct port_set *ports,
                        enum reach reach)
{
    struct diagnosed *f;

    if (ports->n == 0)
        return;
    f = draft_raise(d, finding);
    whole_say_connections(d, f, ports, reach);
    draft_judge(d, f);
}

void rule_port_local_firewall(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    struct port_set ports = { .n = 0 };

    for (size_t i = 0; i < plan->n_ports; i++) {
        if (seen_counts(d->e, plan->ports[i]) && some_family_has(d, plan->ports[i], REACH_LOCAL))
            port_set_add(&ports, plan->ports[i]);
    }
    judge_ports(d, FINDING_PORT_LOCAL_FIREWALL, &ports, REACH_LOCAL);
}

void rule_port_refused(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    bool everywhere = whole_is(d, REACH_REFUSED);
    struct port_set ports = { .n = 0 };

    for (size_t i = 0; i < plan->n_ports; i++) {
        uint16_t port = plan->ports[i];

        if (is_candidate(d, port) && some_family_has(d, port, REACH_REFUSED) &&
            (everywhere || is_owed(d, port)))
            port_set_add(&ports, port);
    }
    judge_ports(d, FINDING_PORT_REFUSED, &ports, REACH_REFUSED);
}

/* ---- port.reset ----------------------------------------------------------- */

void rule_port_reset(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < plan->n_ports; i++) {
        struct spot s = spot_of_trouble(d, plan->ports[i], TROUBLE_RESET);

        if (s.first < 0 || !seen_counts(d->e, plan->ports[i]))
            continue;
        f = draft_raise(d, FINDING_PORT_RESET);
        spot_because(d, f, TEXT_BECAUSE_PORT_RESET_RESET, &s);
    }
    if (f != NULL)
        draft_judge(d, f);
}
