/*
 * rule_dns - why the target's name gave no address
 *
 * Looks at names[0] alone. Of the first rules one speaks at most: an answer that
 * the name does not exist outweighs one that says nothing of a type, that
 * outweighs a resolver's failure, and silence comes last. The rest are about
 * resolvers that answer late, in part, not at all or not alike, and about a
 * hosts file that stands in for them.
 */
#include <stdio.h>
#include <string.h>

#include "diagnose/rule.h"
#include "diagnose/whole.h"

static const struct name_view *target_name(const struct draft *d)
{
    return evidence_target_name(d->e);
}

/* The look-up gave nothing that may be tried. */
static bool lacks_address(const struct draft *d)
{
    const struct name_view *name = target_name(d);

    return name != NULL && !seen_has_address(d->e);
}

/* An answer to build on: there are addresses, or there are none. */
static bool is_real(enum dns_outcome outcome)
{
    return outcome == DNS_OK || outcome == DNS_NO_DATA || outcome == DNS_NXDOMAIN;
}

static bool has_outcome(const struct name_view *name, enum dns_outcome outcome)
{
    for (size_t i = 0; i < name->n_queries; i++) {
        if (name->queries[i].outcome == outcome)
            return true;
    }
    return false;
}

/* A query was put, whatever came of it. */
static bool was_queried(const struct name_view *name)
{
    for (size_t i = 0; i < name->n_queries; i++) {
        if (name->queries[i].outcome != DNS_SKIPPED)
            return true;
    }
    return false;
}

/* The system's own look-up counts only where no resolver was asked by this program. */
static bool system_says(const struct name_view *name, enum dns_outcome outcome)
{
    return name->system_asked && !was_queried(name) && name->system == outcome;
}

static bool says(const struct name_view *name, enum dns_outcome outcome)
{
    return has_outcome(name, outcome) || system_says(name, outcome);
}

/* The name exists, without a record of some type: an answer to build on. */
static bool says_no_data(const struct name_view *name)
{
    return says(name, DNS_NO_DATA) || says(name, DNS_OK);
}

static bool says_failure(const struct name_view *name)
{
    return says(name, DNS_SERVFAIL) || says(name, DNS_REFUSED) || says(name, DNS_MALFORMED);
}

static void say_query(struct draft *d, struct because *b, const struct dns_query *q)
{
    say_word(d, b, "resolver", q->resolver == NULL ? "" : q->resolver);
    say_word(d, b, "type", record_type_word(q->type));
    say_word(d, b, "host", draft_host(d));
    say_word(d, b, "outcome", dns_outcome_word(q->outcome));
    say_duration(b, "waited", q->duration_ms);
}

/* A resolver that said the same to the query before needs no second line. */
static bool is_repeated(const struct name_view *name, size_t query)
{
    const struct dns_query *q = &name->queries[query];

    for (size_t i = 0; i < query; i++) {
        const struct dns_query *before = &name->queries[i];

        if (before->outcome == q->outcome && before->resolver != NULL && q->resolver != NULL &&
            strcmp(before->resolver, q->resolver) == 0)
            return true;
    }
    return false;
}

/* A line for each resolver that gave this outcome. */
static void say_resolvers(struct draft *d, struct diagnosed *f, enum dns_outcome outcome, enum text_id text)
{
    const struct name_view *name = target_name(d);

    for (size_t i = 0; i < name->n_queries; i++) {
        if (name->queries[i].outcome == outcome && !is_repeated(name, i))
            say_query(d, draft_because(d, f, text, -1), &name->queries[i]);
    }
}

static void say_system(struct draft *d, struct diagnosed *f, enum text_id text)
{
    say_word(d, draft_because(d, f, text, -1), "host", draft_host(d));
}

void rule_dns_nxdomain(struct draft *d)
{
    const struct name_view *name = target_name(d);
    struct diagnosed *f;

    if (!lacks_address(d) || name->n_addresses > 0 || !says(name, DNS_NXDOMAIN))
        return;
    f = draft_raise(d, FINDING_DNS_NXDOMAIN);
    say_resolvers(d, f, DNS_NXDOMAIN, TEXT_BECAUSE_DNS_NXDOMAIN_RESOLVER);
    if (system_says(name, DNS_NXDOMAIN))
        say_system(d, f, TEXT_BECAUSE_DNS_NXDOMAIN_SYSTEM);
}

/* Addresses are there, and all of the family that an option excludes. */
static void say_excluded(struct draft *d, struct diagnosed *f)
{
    enum family wanted = d->e->plan->families[FAMILY_IPV4] ? FAMILY_IPV4 : FAMILY_IPV6;
    struct because *b = draft_because(d, f, TEXT_BECAUSE_DNS_NO_ADDRESS_EXCLUDED, -1);

    say_word(d, b, "host", draft_host(d));
    say_text(b, "family", wanted == FAMILY_IPV4 ? TEXT_FAMILY_IPV4 : TEXT_FAMILY_IPV6);
}

static void say_missing_types(struct draft *d, struct diagnosed *f)
{
    const struct name_view *name = target_name(d);

    for (size_t i = 0; i < name->n_queries; i++) {
        const struct dns_query *q = &name->queries[i];

        if (q->outcome == DNS_NO_DATA || q->outcome == DNS_OK)
            say_query(d, draft_because(d, f, TEXT_BECAUSE_DNS_NO_ADDRESS_TYPE, -1), q);
    }
    if (system_says(name, DNS_NO_DATA) || system_says(name, DNS_OK))
        say_system(d, f, TEXT_BECAUSE_DNS_NO_ADDRESS_SYSTEM);
}

/* A type that nobody has answered for: there may be addresses that nobody told of. */
static bool is_left_open(const struct name_view *name)
{
    bool asked[2] = { false, false };
    bool answered[2] = { false, false };

    for (size_t i = 0; i < name->n_queries; i++) {
        asked[name->queries[i].type] = true;
        answered[name->queries[i].type] |= is_real(name->queries[i].outcome);
    }
    return asked[RECORD_A] != answered[RECORD_A] || asked[RECORD_AAAA] != answered[RECORD_AAAA];
}

void rule_dns_no_address(struct draft *d)
{
    const struct name_view *name = target_name(d);

    if (!lacks_address(d))
        return;
    if (name->n_addresses > 0)
        say_excluded(d, draft_raise(d, FINDING_DNS_NO_ADDRESS));
    else if (says_no_data(name) && !says(name, DNS_NXDOMAIN) && !says_failure(name) && !is_left_open(name))
        say_missing_types(d, draft_raise(d, FINDING_DNS_NO_ADDRESS));
}

static void say_unreadable(struct draft *d, struct diagnosed *f)
{
    const struct name_view *name = target_name(d);

    for (size_t i = 0; i < name->n_queries; i++) {
        const struct dns_query *q = &name->queries[i];
        struct because *b;

        if (q->outcome != DNS_MALFORMED || is_repeated(name, i))
            continue;
        b = draft_because(d, f,
                          q->canonical == NULL ? TEXT_BECAUSE_DNS_SERVFAIL_MALFORMED
                                               : TEXT_BECAUSE_DNS_SERVFAIL_CIRCLE,
                          -1);
        say_query(d, b, q);
        say_peer(d, b, "alias", peer_text_of(q->canonical == NULL ? "" : q->canonical));
    }
}

void rule_dns_servfail(struct draft *d)
{
    const struct name_view *name = target_name(d);
    struct diagnosed *f;

    if (!lacks_address(d) || name->n_addresses > 0 || says(name, DNS_NXDOMAIN) || !says_failure(name))
        return;
    f = draft_raise(d, FINDING_DNS_SERVFAIL);
    say_resolvers(d, f, DNS_SERVFAIL, TEXT_BECAUSE_DNS_SERVFAIL_ANSWER);
    say_resolvers(d, f, DNS_REFUSED, TEXT_BECAUSE_DNS_SERVFAIL_ANSWER);
    say_unreadable(d, f);
    if (f->n_because == 0)
        say_system(d, f, TEXT_BECAUSE_DNS_SERVFAIL_SYSTEM);
    whole_say_elsewhere(d, f, TEXT_BECAUSE_DNS_SERVFAIL_ELSEWHERE);
}

/* Where the ceiling came so soon, nobody was silent. */
static const double SILENCE_AT_CEILING_MS = 400;

static bool was_awaited(const struct dns_query *q)
{
    return q->outcome == DNS_TIMEOUT && q->duration_ms >= SILENCE_AT_CEILING_MS;
}

/* Every query that was put stayed without an answer. */
static bool nothing_came(const struct draft *d, const struct name_view *name)
{
    bool told = false;

    for (size_t i = 0; i < name->n_queries; i++) {
        enum dns_outcome outcome = name->queries[i].outcome;

        if (outcome != DNS_SKIPPED && outcome != DNS_TIMEOUT && outcome != DNS_UNREACHABLE)
            return false;
        told = told || outcome == DNS_UNREACHABLE || was_awaited(&name->queries[i]);
    }
    return told || system_says(name, DNS_UNREACHABLE) ||
           (system_says(name, DNS_TIMEOUT) && d->e->duration_ms >= SILENCE_AT_CEILING_MS);
}

static bool has_nobody_to_ask(const struct draft *d)
{
    return !d->e->resolver_configured && d->e->plan->n_resolvers == 0 && !was_queried(target_name(d));
}

void rule_dns_unreachable(struct draft *d)
{
    const struct name_view *name = target_name(d);
    struct diagnosed *f;

    if (!lacks_address(d) || name->n_addresses > 0 || d->e->interrupted ||
        draft_find(d, FINDING_NET_OFFLINE) != NULL)
        return;
    if (!nothing_came(d, name) && !has_nobody_to_ask(d))
        return;
    f = draft_raise(d, FINDING_DNS_UNREACHABLE);
    say_resolvers(d, f, DNS_TIMEOUT, TEXT_BECAUSE_DNS_UNREACHABLE_SILENT);
    say_resolvers(d, f, DNS_UNREACHABLE, TEXT_BECAUSE_DNS_UNREACHABLE_TURNED_AWAY);
    if (has_nobody_to_ask(d))
        draft_because(d, f, TEXT_BECAUSE_DNS_UNREACHABLE_NO_RESOLVER, -1);
    if (f->n_because == 0)
        say_system(d, f, TEXT_BECAUSE_DNS_UNREACHABLE_SYSTEM);
    whole_say_elsewhere(d, f, TEXT_BECAUSE_DNS_UNREACHABLE_ELSEWHERE);
}

/* ---- resolvers beside each other ------------------------------------------ */

/* Asked twice by then, with a second between: one lost packet does not look like it. */
static const double SILENCE_OF_RESOLVER_MS = 1900;
static const double SLOW_MS = 1000;

static bool is_failure(enum dns_outcome outcome)
{
    return outcome == DNS_SERVFAIL || outcome == DNS_REFUSED || outcome == DNS_MALFORMED;
}

static bool is_silence(const struct dns_query *q)
{
    return q->outcome == DNS_UNREACHABLE ||
           (q->outcome == DNS_TIMEOUT && q->duration_ms >= SILENCE_OF_RESOLVER_MS);
}

static bool is_by(const struct dns_query *q, const char *resolver)
{
    return q->resolver != NULL && resolver != NULL && strcmp(q->resolver, resolver) == 0;
}

/* The first query to a resolver stands for it: each is looked at once. */
static bool opens_resolver(const struct name_view *name, size_t query)
{
    for (size_t i = 0; i < query; i++) {
        if (is_by(&name->queries[i], name->queries[query].resolver))
            return false;
    }
    return name->queries[query].resolver != NULL;
}

/* What a resolver said when asked for a type; NULL where it was not asked. */
static const struct dns_query *query_of(const struct name_view *name, const char *resolver,
                                        enum record_type type)
{
    for (size_t i = 0; i < name->n_queries; i++) {
        if (name->queries[i].type == type && is_by(&name->queries[i], resolver))
            return &name->queries[i];
    }
    return NULL;
}

static enum record_type other_type(enum record_type type)
{
    return type == RECORD_A ? RECORD_AAAA : RECORD_A;
}

/* Some resolver gave an answer, whatever it was. */
static bool somebody_answers(const struct name_view *name)
{
    for (size_t i = 0; i < name->n_queries; i++) {
        if (is_real(name->queries[i].outcome) || is_failure(name->queries[i].outcome))
            return true;
    }
    return false;
}

static void say_line(struct draft *d, struct diagnosed *f, enum text_id text, const struct dns_query *q)
{
    say_query(d, draft_because(d, f, text, -1), q);
}

/* ---- dns.slow ---- */

/* The quickest answer to a type of those that clients wait for. */
static const struct dns_query *quickest(const struct name_view *name, enum record_type type)
{
    const struct dns_query *best = NULL;

    for (size_t i = 0; i < name->n_queries; i++) {
        const struct dns_query *q = &name->queries[i];

        if (q->type == type && is_real(q->outcome) && (best == NULL || q->duration_ms < best->duration_ms))
            best = q;
    }
    return best;
}

void rule_dns_slow(struct draft *d)
{
    const struct name_view *name = target_name(d);
    struct diagnosed *f = NULL;

    if (name == NULL || !says(name, DNS_OK))
        return;
    for (unsigned type = 0; type < 2; type++) {
        const struct dns_query *q = quickest(name, (enum record_type)type);

        if (q == NULL || q->duration_ms <= SLOW_MS)
            continue;
        f = draft_raise(d, FINDING_DNS_SLOW);
        f->severity = SEVERITY_WARNING;
        say_line(d, f, TEXT_BECAUSE_DNS_SLOW_ANSWER, q);
    }
}

/* ---- dns.partial ---- */

/* The resolver answers for one type, and for the other it fails or stays silent. */
static bool is_half(const struct draft *d, const struct name_view *name, const struct dns_query *bad)
{
    const struct dns_query *fine = query_of(name, bad->resolver, other_type(bad->type));
    bool open_end = d->e->ceiling_reached || lacks_address(d); /* any wait is all that could be waited */
    bool silent = is_silence(bad) || (was_awaited(bad) && open_end);

    return fine != NULL && is_real(fine->outcome) && (is_failure(bad->outcome) || silent);
}

void rule_dns_partial(struct draft *d)
{
    const struct name_view *name = target_name(d);
    struct diagnosed *f = NULL;

    if (name == NULL || d->e->interrupted || draft_find(d, FINDING_DNS_SERVFAIL) != NULL ||
        draft_find(d, FINDING_DNS_NXDOMAIN) != NULL)
        return;
    for (size_t i = 0; i < name->n_queries; i++) {
        const struct dns_query *q = &name->queries[i];

        if (!is_half(d, name, q))
            continue;
        f = draft_raise(d, FINDING_DNS_PARTIAL);
        say_line(d, f, TEXT_BECAUSE_DNS_PARTIAL_FINE, query_of(name, q->resolver, other_type(q->type)));
        say_line(d, f,
                 is_failure(q->outcome) ? TEXT_BECAUSE_DNS_PARTIAL_FAILS : TEXT_BECAUSE_DNS_PARTIAL_SILENT, q);
    }
    if (f != NULL)
        f->severity = lacks_address(d) ? SEVERITY_CRITICAL : SEVERITY_WARNING;
}

/* ---- dns.resolver-down ---- */

static bool is_down(const struct name_view *name, const char *resolver)
{
    for (size_t i = 0; i < name->n_queries; i++) {
        if (is_by(&name->queries[i], resolver) && !is_silence(&name->queries[i]))
            return false;
    }
    return true;
}

void rule_dns_resolver_down(struct draft *d)
{
    const struct name_view *name = target_name(d);

    if (name == NULL || d->e->interrupted || !somebody_answers(name))
        return;
    for (size_t i = 0; i < name->n_queries; i++) {
        const struct dns_query *q = &name->queries[i];
        struct diagnosed *f;

        if (!opens_resolver(name, i) || !is_down(name, q->resolver))
            continue;
        f = draft_raise(d, FINDING_DNS_RESOLVER_DOWN);
        f->severity = SEVERITY_WARNING;
        say_line(d, f,
                 q->outcome == DNS_UNREACHABLE ? TEXT_BECAUSE_DNS_RESOLVER_DOWN_TURNED_AWAY
                                               : TEXT_BECAUSE_DNS_RESOLVER_DOWN_SILENT,
                 q);
    }
}

/* ---- dns.inconsistent ---- */

/* It gave an address of any type. */
static bool has_addresses(const struct name_view *name, const char *resolver)
{
    const struct dns_query *a = query_of(name, resolver, RECORD_A);
    const struct dns_query *aaaa = query_of(name, resolver, RECORD_AAAA);

    return (a != NULL && a->outcome == DNS_OK) || (aaaa != NULL && aaaa->outcome == DNS_OK);
}

/* Of the type that one resolver denies, another one gives addresses. */
static const struct dns_query *contradiction(const struct name_view *name, const struct dns_query *denial)
{
    for (size_t i = 0; i < name->n_queries; i++) {
        const struct dns_query *q = &name->queries[i];

        if (q->type == denial->type && q->outcome == DNS_OK && !is_by(q, denial->resolver))
            return q;
    }
    return NULL;
}

static bool is_denial(const struct name_view *name, const struct dns_query *q)
{
    return (q->outcome == DNS_NXDOMAIN || q->outcome == DNS_NO_DATA || is_failure(q->outcome)) &&
           !has_addresses(name, q->resolver) && contradiction(name, q) != NULL;
}

static bool was_said_of(const struct name_view *name, size_t query)
{
    for (size_t i = 0; i < query; i++) {
        if (is_by(&name->queries[i], name->queries[query].resolver) && is_denial(name, &name->queries[i]))
            return true;
    }
    return false;
}

/* An answer that another resolver, asked after the failure, has an address for. */
static bool is_denied_here_alone(const struct draft *d, const struct name_view *name)
{
    return name != NULL && name->n_addresses == 0 && (says_no_data(name) || says(name, DNS_NXDOMAIN)) &&
           whole_elsewhere(d) != NULL;
}

static enum text_id denial(const struct dns_query *q)
{
    return q->outcome == DNS_NXDOMAIN ? TEXT_BECAUSE_DNS_NXDOMAIN_RESOLVER : TEXT_BECAUSE_DNS_INCONSISTENT_DENIES;
}

/* Those in use say that there is no address, one elsewhere gives it. */
static void say_denied_here(struct draft *d, const struct name_view *name)
{
    struct diagnosed *f = draft_raise(d, FINDING_DNS_INCONSISTENT);

    for (size_t i = 0; i < name->n_queries; i++) {
        enum dns_outcome outcome = name->queries[i].outcome;

        if ((outcome == DNS_NXDOMAIN || outcome == DNS_NO_DATA) && !is_repeated(name, i))
            say_line(d, f, denial(&name->queries[i]), &name->queries[i]);
    }
    whole_say_elsewhere(d, f, TEXT_BECAUSE_DNS_INCONSISTENT_ELSEWHERE);
}

void rule_dns_inconsistent(struct draft *d)
{
    const struct name_view *name = target_name(d);
    struct diagnosed *f = NULL;
    bool in_use = false;

    for (size_t i = 0; name != NULL && i < name->n_queries; i++) {
        const struct dns_query *q = &name->queries[i];

        if (!is_denial(name, q) || was_said_of(name, i))
            continue;
        f = draft_raise(d, FINDING_DNS_INCONSISTENT);
        say_line(d, f, denial(q), q);
        say_line(d, f, TEXT_BECAUSE_DNS_INCONSISTENT_GIVES, contradiction(name, q));
        /* Programs take the first answer; after a failure they ask the next resolver (resolv.conf(5)). */
        in_use = in_use || (is_by(q, name->queries[0].resolver) && !is_failure(q->outcome));
    }
    if (f != NULL)
        f->severity = in_use ? SEVERITY_CRITICAL : SEVERITY_WARNING;
    else if (is_denied_here_alone(d, name))
        say_denied_here(d, name);
}

/* ---- dns.hosts-override --------------------------------------------------- */

static bool is_overriding(const struct found_address *a)
{
    return (a->sources & SOURCE_HOSTS) != 0 && (a->sources & SOURCE_DNS) == 0;
}

/* DNS has another address of the family: an address that DNS knows nothing of overrides nothing. */
static const struct found_address *dns_address(const struct name_view *name, enum family family)
{
    for (size_t i = 0; i < name->n_addresses; i++) {
        if ((name->addresses[i].sources & SOURCE_DNS) != 0 && name->addresses[i].address.family == family)
            return &name->addresses[i];
    }
    return NULL;
}

/* Mail can be sent by this address; on that port, or 0 for any that counts. */
static bool address_works(const struct draft *d, const struct address *a, uint16_t port)
{
    const struct plan *plan = d->e->plan;

    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];
        bool meant = port == 0 ? plan->n_asked_ports == 0 || plan_asks_port(plan, p->port) : p->port == port;

        if (meant && p->role == ROLE_TARGET && p->has_address && address_equal(&p->address, a) &&
            seen_usable(d->e, p))
            return true;
    }
    return false;
}

/* By some address of the family that the hosts file gives: a client goes on to the next one. */
static bool hosts_file_works(const struct draft *d, enum family family, uint16_t port)
{
    const struct name_view *name = target_name(d);

    for (size_t i = 0; i < name->n_addresses; i++) {
        const struct found_address *a = &name->addresses[i];

        if ((a->sources & SOURCE_HOSTS) != 0 && a->address.family == family && address_works(d, &a->address, port))
            return true;
    }
    return false;
}

/* Where the right address works and those of the file do not, whatever goes wrong follows from the hosts file. */
static void concern_ports_of(struct draft *d, struct diagnosed *f, const struct address *right)
{
    const struct plan *plan = d->e->plan;

    for (size_t i = 0; i < plan->n_ports; i++) {
        if (address_works(d, right, plan->ports[i]) && !hosts_file_works(d, right->family, plan->ports[i]))
            draft_concern(d, f, plan->ports[i]);
    }
}

static void say_override(struct draft *d, struct diagnosed *f, const struct found_address *wrong,
                         const struct found_address *right)
{
    struct because *b = draft_because(d, f, TEXT_BECAUSE_DNS_HOSTS_OVERRIDE_HOSTS, -1);
    char text[ADDRESS_TEXT_SIZE];
    char line[24];

    snprintf(line, sizeof line, "%zu", wrong->hosts_line);
    say_word(d, b, "line", line);
    say_word(d, b, "host", draft_host(d));
    say_word(d, b, "address", address_format(&wrong->address, text));
    draft_step_word(d, f, "line", line);
    b = draft_because(d, f, TEXT_BECAUSE_DNS_HOSTS_OVERRIDE_DNS, -1);
    say_word(d, b, "host", draft_host(d));
    say_word(d, b, "address", address_format(&right->address, text));
}

void rule_dns_hosts_override(struct draft *d)
{
    const struct name_view *name = target_name(d);
    struct diagnosed *f = NULL;
    bool stops = false;

    for (size_t i = 0; name != NULL && i < name->n_addresses; i++) {
        const struct found_address *a = &name->addresses[i];
        const struct found_address *right = dns_address(name, a->address.family);

        if (!is_overriding(a) || right == NULL || !d->e->plan->families[a->address.family])
            continue;
        f = draft_raise(d, FINDING_DNS_HOSTS_OVERRIDE);
        say_override(d, f, a, right);
        concern_ports_of(d, f, &right->address);
        stops = stops || (!hosts_file_works(d, a->address.family, 0) && address_works(d, &right->address, 0));
    }
    if (f != NULL)
        f->severity = stops ? SEVERITY_CRITICAL : SEVERITY_WARNING;
}
