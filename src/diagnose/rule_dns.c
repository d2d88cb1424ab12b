/*
 * rule_dns - why the target's name gave no address
 *
 * Looks at names[0] alone. One of these rules speaks at most: an answer that the
 * name does not exist outweighs one that says nothing of a type, that outweighs
 * a resolver's failure, and silence comes last.
 */
#include <string.h>

#include "diagnose/rule.h"

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

void rule_dns_no_address(struct draft *d)
{
    const struct name_view *name = target_name(d);

    if (!lacks_address(d))
        return;
    if (name->n_addresses > 0)
        say_excluded(d, draft_raise(d, FINDING_DNS_NO_ADDRESS));
    else if (says_no_data(name) && !says(name, DNS_NXDOMAIN) && !says_failure(name))
        say_missing_types(d, draft_raise(d, FINDING_DNS_NO_ADDRESS));
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
    say_resolvers(d, f, DNS_MALFORMED, TEXT_BECAUSE_DNS_SERVFAIL_MALFORMED);
    if (f->n_because == 0)
        say_system(d, f, TEXT_BECAUSE_DNS_SERVFAIL_SYSTEM);
}

/* Every query that was put stayed without an answer. */
static bool nothing_came(const struct name_view *name)
{
    for (size_t i = 0; i < name->n_queries; i++) {
        enum dns_outcome outcome = name->queries[i].outcome;

        if (outcome != DNS_SKIPPED && outcome != DNS_TIMEOUT && outcome != DNS_UNREACHABLE)
            return false;
    }
    return was_queried(name) || system_says(name, DNS_TIMEOUT) || system_says(name, DNS_UNREACHABLE);
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
    if (!nothing_came(name) && !has_nobody_to_ask(d))
        return;
    f = draft_raise(d, FINDING_DNS_UNREACHABLE);
    say_resolvers(d, f, DNS_TIMEOUT, TEXT_BECAUSE_DNS_UNREACHABLE_SILENT);
    say_resolvers(d, f, DNS_UNREACHABLE, TEXT_BECAUSE_DNS_UNREACHABLE_TURNED_AWAY);
    if (has_nobody_to_ask(d))
        draft_because(d, f, TEXT_BECAUSE_DNS_UNREACHABLE_NO_RESOLVER, -1);
    if (f->n_because == 0)
        say_system(d, f, TEXT_BECAUSE_DNS_UNREACHABLE_SYSTEM);
}
