/*
 * rule_net - what fails as a whole: this machine's network, a family, the service
 *
 * Where nothing answers at all, only other hosts (controls) tell 'their fault'
 * from 'our network'. Without them the service is named, with half confidence.
 */
#include <string.h>

#include "base/buf.h"
#include "base/special.h"
#include "diagnose/meaning.h"
#include "diagnose/rule.h"
#include "diagnose/way.h"
#include "diagnose/whole.h"

enum { OTHERS_TEXT_MAX = 512 };

static const double SURE_WITH_CONTROLS = 0.9;
static const double SURE_BY_REFUSAL = 0.8;     /* the host itself says no, or picks up and stays mute */
static const double SURE_BY_OTHER_PORTS = 0.6; /* the network works, other mail servers were not tried */
static const double SURE_ALONE = 0.5;

static const struct name_view *target_name(const struct draft *d)
{
    return evidence_target_name(d->e);
}

/* ---- net.offline ---------------------------------------------------------- */

static bool has_any_route(const struct evidence *e)
{
    return e->has_route[FAMILY_IPV4] || e->has_route[FAMILY_IPV6];
}

static bool lacks_route(const struct probe *p)
{
    return p->role == ROLE_TARGET &&
           ((p->outcome == PROBE_SKIPPED && p->skip == SKIP_NO_ROUTE) || p->fault == FAULT_NO_ROUTE);
}

/* No cell of the target could even be sent, and at least one for want of a route. */
static bool target_has_no_way(const struct draft *d)
{
    bool found = false;

    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];

        if (p->role != ROLE_TARGET)
            continue;
        if (p->skip == SKIP_STOPPED || (p->outcome != PROBE_SKIPPED && seen_reach(d->e, p) != REACH_NO_ROUTE))
            return false;
        found = found || lacks_route(p);
    }
    return found;
}

/* A resolver that was named by the user and needs no route: what it says stands for itself. */
static bool resolver_needs_no_route(const struct draft *d)
{
    const struct plan *plan = d->e->plan;

    for (size_t i = 0; i < plan->n_resolvers; i++) {
        if (address_is_loopback(&plan->resolvers[i].address))
            return true;
    }
    return false;
}

static bool query_answered(const struct dns_query *q)
{
    return q->outcome == DNS_OK || q->outcome == DNS_NXDOMAIN || q->outcome == DNS_NO_DATA;
}

static bool dns_answered(const struct draft *d)
{
    const struct name_view *name = target_name(d);

    for (size_t i = 0; name != NULL && i < name->n_queries; i++) {
        if (query_answered(&name->queries[i]))
            return true;
    }
    return false;
}

/* The look-up failed in a way that a missing route explains: the local stub's SERVFAIL is one. */
static bool lookup_has_no_way(const struct draft *d)
{
    const struct name_view *name = target_name(d);

    return name != NULL && name->n_addresses == 0 && !has_any_route(d->e) && !dns_answered(d) &&
           !(name->system_asked && name->system == DNS_NXDOMAIN && name->n_queries == 0) &&
           !resolver_needs_no_route(d) && !d->e->interrupted;
}

static void say_no_way(struct draft *d, struct diagnosed *f)
{
    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];

        if (!lacks_route(p))
            continue;
        if (p->fault == FAULT_NO_ROUTE) {
            whole_say_probe(d, f, TEXT_BECAUSE_NET_OFFLINE_NO_WAY, (int)i);
        } else {
            struct because *b = draft_because(d, f, TEXT_BECAUSE_NET_OFFLINE_FAMILY, (int)i);

            say_word(d, b, "host", draft_host(d));
            say_text(b, "family", p->family == FAMILY_IPV4 ? TEXT_FAMILY_IPV4 : TEXT_FAMILY_IPV6);
        }
        return;
    }
}

/* Nothing of the target came back, and something was really tried. */
static bool target_is_silent(const struct draft *d)
{
    return !seen_host_answers(d->e) && !whole_has_reach(d, REACH_LOCAL) &&
           (whole_has_reach(d, REACH_BLOCKED) || draft_find(d, FINDING_DNS_UNREACHABLE) != NULL);
}

/* No control works, and a web port is among them or nothing else works either. */
static bool controls_say_offline(const struct draft *d)
{
    struct seen_controls c = seen_controls(d->e);

    return c.n_tried > 0 && c.mail_works < 0 && c.other_works < 0 && (c.other_fails >= 0 || !dns_answered(d));
}

void rule_net_offline(struct draft *d)
{
    struct diagnosed *f;

    if (!target_has_no_way(d) && !lookup_has_no_way(d))
        return;
    f = draft_raise(d, FINDING_NET_OFFLINE);
    if (has_any_route(d->e))
        say_no_way(d, f);
    else
        draft_because(d, f, TEXT_BECAUSE_NET_OFFLINE_NO_ROUTE, -1);
}

/* ---- one family ----------------------------------------------------------- */

static enum family other_family(enum family family)
{
    return family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4;
}

static bool fails_in_family(const struct draft *d, const struct probe *p, int family)
{
    enum reach reach = seen_reach(d->e, p);

    return p->family == (enum family)family && reach != REACH_UNKNOWN && reach != REACH_ANSWERED;
}

static bool works_in_family(const struct draft *d, const struct probe *p, int family)
{
    return p->family == (enum family)family && seen_reach(d->e, p) == REACH_ANSWERED;
}

static void say_failure(struct draft *d, struct diagnosed *f, const struct spot *s)
{
    const struct probe *p = &d->e->probes[s->first];
    enum text_id text = seen_silent(d->e, p) ? TEXT_BECAUSE_PORT_BLOCKED_SILENT
                                             : TEXT_BECAUSE_NET_IPV6_BROKEN_FAILS;
    struct because *b = spot_because(d, f, text, s);

    say_duration(b, "waited", s->longest_ms);
    say_word(d, b, "what", p->error_code != NULL ? p->error_code : fault_word(p->fault));
}

/* In one line each, where silence is all there is to tell. */
static void say_failures(struct draft *d, struct diagnosed *f, enum family family)
{
    struct spot silent[PLAN_PORTS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < d->e->plan->n_ports; i++) {
        struct spot bad = spot_of_port(d, d->e->plan->ports[i], fails_in_family, (int)family);

        if (bad.first >= 0 && seen_silent(d->e, &d->e->probes[bad.first]))
            silent[n++] = bad;
        else if (bad.first >= 0)
            say_failure(d, f, &bad);
    }
    n = spot_merge(silent, n);
    for (size_t i = 0; i < n; i++)
        say_failure(d, f, &silent[i]);
}

/* The ports that the other family fails at. */
static void say_works(struct draft *d, struct diagnosed *f, enum family family, enum text_id text)
{
    struct port_set failing = *draft_ports(d, f);
    struct spot spots[PLAN_PORTS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < failing.n; i++) {
        spots[n] = spot_of_port(d, failing.ports[i], works_in_family, (int)family);
        n += spots[n].first >= 0;
    }
    n = spot_merge(spots, n);
    for (size_t i = 0; i < n; i++)
        spot_say(d, draft_because(d, f, text, spots[i].first), &spots[i]);
}

static void judge_family(struct draft *d, enum family family, enum finding_id finding, enum text_id works)
{
    struct diagnosed *f;

    if (!seen_family_broken(d->e, family))
        return;
    f = draft_raise(d, finding);
    say_failures(d, f, family);
    say_works(d, f, other_family(family), works);
    /* The user's clients fall back, so what stops them is found where the other family fails. */
    f->severity = SEVERITY_WARNING;
}

void rule_net_ipv6_broken(struct draft *d)
{
    judge_family(d, FAMILY_IPV6, FINDING_NET_IPV6_BROKEN, TEXT_BECAUSE_NET_IPV6_BROKEN_WORKS);
}

void rule_net_ipv4_broken(struct draft *d)
{
    judge_family(d, FAMILY_IPV4, FINDING_NET_IPV4_BROKEN, TEXT_BECAUSE_NET_IPV4_BROKEN_WORKS);
}

/* ---- nothing answers -------------------------------------------------------- */

static bool tried_in_family(const struct draft *d, enum family family)
{
    for (size_t i = 0; i < d->e->n_probes; i++) {
        if (d->e->probes[i].family == family && seen_reach(d->e, &d->e->probes[i]) != REACH_UNKNOWN)
            return true;
    }
    return false;
}

/* Nothing answers by the one family that was tried, and that is not for want of the other. */
static bool is_only_family(const struct draft *d, enum family family)
{
    enum family other = other_family(family);

    if (!d->e->has_route[family] || !tried_in_family(d, family) || tried_in_family(d, other) ||
        seen_family_controls(d->e, family) != CONTROLS_SILENT)
        return false;
    return d->e->plan->families[other] ? seen_family_controls(d->e, other) == CONTROLS_ANSWER
                                       : d->e->has_route[other] && dns_answered(d);
}

static void say_control(struct draft *d, struct diagnosed *f)
{
    struct seen_controls c = seen_controls(d->e);

    whole_say_probe(d, f, TEXT_BECAUSE_NET_OFFLINE_CONTROL, c.other_fails >= 0 ? c.other_fails : c.mail_fails);
}

void rule_net_nothing_answers(struct draft *d)
{
    struct port_set ports = whole_ports(d);
    enum finding_id finding;
    struct diagnosed *f;

    if (draft_find(d, FINDING_NET_OFFLINE) != NULL || !target_is_silent(d))
        return;
    if (is_only_family(d, FAMILY_IPV6))
        finding = FINDING_NET_IPV6_BROKEN;
    else if (is_only_family(d, FAMILY_IPV4))
        finding = FINDING_NET_IPV4_BROKEN;
    else if (controls_say_offline(d))
        finding = FINDING_NET_OFFLINE;
    else
        return;
    f = draft_raise(d, finding);
    f->confidence = SURE_WITH_CONTROLS;
    whole_say_connections(d, f, &ports, REACH_BLOCKED);
    say_control(d, f);
}

/* ---- net.slow ------------------------------------------------------------- */

static const double SLOW_MS = 1000;

void rule_net_slow(struct draft *d)
{
    int slowest = -1;

    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];

        if (p->role == ROLE_TARGET && p->round_trip_ms > SLOW_MS &&
            (slowest < 0 || p->round_trip_ms > d->e->probes[slowest].round_trip_ms))
            slowest = (int)i;
    }
    /* Beside what fails it is of no weight, and may be its effect. */
    if (slowest < 0 || !seen_can_send(d->e))
        return;
    draft_raise(d, FINDING_NET_SLOW)->severity = SEVERITY_WARNING;
    say_duration(whole_say_probe(d, draft_find(d, FINDING_NET_SLOW), TEXT_BECAUSE_NET_SLOW_CONNECT, slowest),
                 "waited", d->e->probes[slowest].round_trip_ms);
}

/* ---- port.all-blocked ----------------------------------------------------- */

void rule_port_all_blocked(struct draft *d)
{
    struct seen_controls c = seen_controls(d->e);
    struct port_set ports = whole_ports(d);
    struct diagnosed *f;

    if (whole_has_no_network(d) || whole_has_reach(d, REACH_ANSWERED))
        return;
    if (!whole_has_reach(d, REACH_BLOCKED) && !whole_has_reach(d, REACH_REFUSED))
        return;
    if (c.mail_works >= 0 || c.mail_fails < 0 || (c.other_works < 0 && !dns_answered(d)))
        return;
    f = draft_raise(d, FINDING_PORT_ALL_BLOCKED);
    f->confidence = c.other_works >= 0 ? SURE_WITH_CONTROLS : SURE_BY_OTHER_PORTS;
    whole_say_connections(d, f, &ports, REACH_BLOCKED);
    whole_say_connections(d, f, &ports, REACH_REFUSED);
    whole_say_probe(d, f, TEXT_BECAUSE_PORT_ALL_BLOCKED_CONTROL, c.mail_fails);
    if (c.other_works >= 0)
        whole_say_probe(d, f, TEXT_BECAUSE_PORT_ALL_BLOCKED_WEB, c.other_works);
    way_say(d, f, &ports);
}

/* ---- service.down --------------------------------------------------------- */

/* RFC 5321 section 3.8 and RFC 3463 X.3.2: the server says that it is going down. */
static bool is_stopping(const struct draft *d, const struct probe *p)
{
    struct reply_meaning m;

    return p->fault == FAULT_REPLY && p->reply.code == 421 && meaning_of_reply(&m, d->e, p->stage, &p->reply) &&
           m.finding == FINDING_SERVICE_DOWN;
}

static bool is_mute(const struct draft *d, const struct probe *p)
{
    return seen_trouble(d->e, p) == TROUBLE_NO_GREETING;
}

/* Nothing works inside TLS, and each endpoint that connects fails in this way. */
static bool all_spokesmen(const struct draft *d, bool (*fails)(const struct draft *d, const struct probe *p))
{
    size_t n = 0;

    for (size_t i = 0; i < d->e->n_probes; i++) {
        if (seen_encrypted(&d->e->probes[i]) && seen_counts(d->e, d->e->probes[i].port))
            return false;
    }
    for (size_t i = 0; i < d->n_spokesmen; i++) {
        const struct probe *p = &d->e->probes[d->spokesmen[i]];

        if (!seen_counts(d->e, p->port))
            continue;
        if (!fails(d, p))
            return false;
        n++;
    }
    return n > 0;
}

/* Port 25 alone says nothing of the service: networks block it as a rule. */
static bool only_port_25(const struct draft *d)
{
    for (size_t i = 0; i < d->e->n_probes; i++) {
        if (d->e->probes[i].port != PORT_SMTP && seen_reach(d->e, &d->e->probes[i]) != REACH_UNKNOWN)
            return false;
    }
    return true;
}

static bool is_unreachable(const struct draft *d)
{
    return !seen_host_answers(d->e) && whole_has_reach(d, REACH_BLOCKED) && !whole_is_prohibited(d) &&
           !only_port_25(d);
}

/* The mail servers elsewhere that answer, each once. */
static void list_others(struct draft *d, struct buf *list)
{
    const char *last = "";

    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];

        if (p->role != ROLE_CONTROL || p->outcome != PROBE_OK || !seen_is_mail_port(p->port) ||
            strcmp(p->host, last) == 0)
            continue;
        if (list->len > 0)
            buf_put_string(list, ", ");
        buf_put_string(list, p->host);
        last = p->host;
    }
}

/* What one can say on the telephone. */
static void say_in_short(struct draft *d, struct diagnosed *f)
{
    struct because *b = draft_because(d, f, TEXT_BECAUSE_SERVICE_DOWN_IN_SHORT, -1);
    struct buf others;

    buf_init(&others, OTHERS_TEXT_MAX);
    list_others(d, &others);
    say_word(d, b, "host", draft_host(d));
    say_word(d, b, "others", buf_borrow(&others));
    buf_done(&others);
}

static void say_what_else(struct draft *d, struct diagnosed *f, double sure)
{
    struct seen_controls c = seen_controls(d->e);

    f->confidence = sure;
    if (c.mail_works >= 0) {
        f->confidence = SURE_WITH_CONTROLS;
        whole_say_probe(d, f, TEXT_BECAUSE_SERVICE_DOWN_CONTROL, c.mail_works);
        if (c.other_works >= 0)
            say_in_short(d, f);
    } else if (c.other_works >= 0) {
        f->confidence = sure > SURE_BY_OTHER_PORTS ? sure : SURE_BY_OTHER_PORTS;
        whole_say_probe(d, f, TEXT_BECAUSE_SERVICE_DOWN_CONTROL, c.other_works);
    } else if (c.n_tried == 0) {
        draft_because(d, f, TEXT_BECAUSE_SERVICE_DOWN_ALONE, -1);
    }
}

static void down_by_connection(struct draft *d, enum reach reach, double sure)
{
    struct diagnosed *f = draft_raise(d, FINDING_SERVICE_DOWN);
    struct port_set ports = whole_counted_ports(d);

    whole_say_connections(d, f, &ports, reach);
    say_what_else(d, f, sure);
    draft_judge(d, f);
}

static void down_by_trouble(struct draft *d, enum trouble trouble, enum text_id text)
{
    struct diagnosed *f = draft_raise(d, FINDING_SERVICE_DOWN);

    for (size_t i = 0; i < d->e->plan->n_ports; i++) {
        struct spot s = spot_of_trouble(d, d->e->plan->ports[i], trouble);
        struct because *b;

        if (s.first < 0 || !seen_counts(d->e, d->e->plan->ports[i]))
            continue;
        b = spot_because(d, f, text, &s);
        say_duration(b, "waited", s.longest_ms);
        say_reply(d, b, &d->e->probes[s.first].reply);
    }
    say_what_else(d, f, SURE_BY_REFUSAL);
    draft_judge(d, f);
}

void rule_service_down(struct draft *d)
{
    if (whole_has_no_network(d) || draft_find(d, FINDING_PORT_ALL_BLOCKED) != NULL)
        return;
    if (is_unreachable(d))
        down_by_connection(d, REACH_BLOCKED, SURE_ALONE);
    else if (seen_known_host(d->e) && whole_is(d, REACH_REFUSED))
        down_by_connection(d, REACH_REFUSED, SURE_BY_REFUSAL);
    else if (seen_known_host(d->e) && whole_is(d, REACH_ANSWERED) && all_spokesmen(d, is_mute))
        down_by_trouble(d, TROUBLE_NO_GREETING, TEXT_BECAUSE_SERVICE_DOWN_MUTE);
    else if (all_spokesmen(d, is_stopping))
        down_by_trouble(d, TROUBLE_THROTTLED, TEXT_BECAUSE_SERVICE_DOWN_STOPPING);
}

/* ---- service.degraded ----------------------------------------------------- */

/* This address fails to connect where another one of the family does not. */
static bool fails_beside_others(const struct draft *d, const struct probe *p, int kind)
{
    enum reach reach = seen_reach(d->e, p);

    (void)kind;
    return (reach == REACH_BLOCKED || reach == REACH_REFUSED) &&
           seen_family_port_reach(d->e, p->family, p->port) == REACH_ANSWERED;
}

void rule_service_degraded(struct draft *d)
{
    for (size_t i = 0; i < d->e->plan->n_ports; i++) {
        uint16_t port = d->e->plan->ports[i];
        struct spot s = spot_of_port(d, port, fails_beside_others, 0);
        struct diagnosed *f;

        if (s.first < 0 || !seen_counts(d->e, port))
            continue;
        f = draft_raise(d, FINDING_SERVICE_DEGRADED);
        f->severity = SEVERITY_WARNING;
        say_failure(d, f, &s);
        say_number(draft_because(d, f, TEXT_BECAUSE_SERVICE_DEGRADED_BESIDE, -1), "port", port);
    }
}
