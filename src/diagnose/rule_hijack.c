/*
 * rule_hijack - names and pages that are answered with what is not theirs
 *
 * A public address is never called hijacked for its range: another witness must
 * contradict it. Nor is one where mail can be sent with a certificate for the
 * name: proxies that answer every name with an address of their own and pass
 * everything on do no harm.
 */
#include <string.h>

#include "diagnose/rule.h"
#include "base/special.h"
#include "diagnose/whole.h"

/* Some server at this address shows that it is the name's own, or takes mail. */
static bool is_right(const struct draft *d, const struct address *a)
{
    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];

        if (p->role == ROLE_TARGET && p->has_address && address_equal(&p->address, a) && p->chain >= 0 &&
            seen_chain_fine(d->e, &d->e->chains[p->chain]))
            return true;
    }
    return false;
}

/* The user has named a DNS server on this very machine: what it gives of this machine is meant. */
static bool is_meant(const struct draft *d, const struct address *a)
{
    const struct plan *plan = d->e->plan;

    return plan->n_resolvers > 0 && address_is_loopback(&plan->resolvers[0].address) && address_is_loopback(a);
}

/* DNS gave it, and nothing good was found there. */
static bool is_suspect(const struct draft *d, const struct found_address *a)
{
    return (a->sources & SOURCE_DNS) != 0 && (a->sources & SOURCE_HOSTS) == 0 && !is_right(d, &a->address);
}

static bool is_impossible(const struct draft *d, const struct found_address *a)
{
    return seen_known_host(d->e) && is_suspect(d, a) && address_is_special(&a->address) && !is_meant(d, &a->address);
}

static bool has_address(const struct name_view *name, const struct address *a)
{
    for (size_t i = 0; name != NULL && i < name->n_addresses; i++) {
        if (address_equal(&name->addresses[i].address, a))
            return true;
    }
    return false;
}

/* A name that there is not gets the very same address. */
static bool is_for_every_name(const struct draft *d, const struct found_address *a)
{
    return is_suspect(d, a) && has_address(seen_other_view(d->e, EVIDENCE_NO_SUCH_NAME), &a->address);
}

/* Every port of the host is reached by this address, so whatever fails there follows. */
static void concern_ports(struct draft *d, struct diagnosed *f)
{
    for (size_t i = 0; i < d->e->plan->n_ports; i++)
        draft_concern(d, f, d->e->plan->ports[i]);
}

void rule_dns_hijacked(struct draft *d)
{
    const struct name_view *name = evidence_target_name(d->e);
    struct diagnosed *f = NULL;

    for (size_t i = 0; name != NULL && i < name->n_addresses; i++) {
        const struct found_address *a = &name->addresses[i];
        bool every = is_for_every_name(d, a);

        if (!every && !is_impossible(d, a))
            continue;
        f = draft_raise(d, FINDING_DNS_HIJACKED);
        if (every) {
            whole_say_answer(d, f, TEXT_BECAUSE_DNS_HIJACKED_GIVES, name, a);
            whole_say_answer(d, f, TEXT_BECAUSE_DNS_HIJACKED_EVERY, seen_other_view(d->e, EVIDENCE_NO_SUCH_NAME), a);
        } else {
            whole_say_answer(d, f, TEXT_BECAUSE_DNS_HIJACKED_IMPOSSIBLE, name, a);
        }
    }
    if (f == NULL)
        return;
    whole_say_elsewhere(d, f, TEXT_BECAUSE_DNS_HIJACKED_ELSEWHERE);
    concern_ports(d, f);
    draft_judge(d, f);
}

/* ---- net.captive-portal ---------------------------------------------------- */

enum { PORT_HTTP = 80, STATUS_NO_CONTENT = 204, STATUS_SIGN_IN = 511 /* RFC 6585 section 6 */ };

/* Where nothing stands between, the page is empty and says so; other answers show only that it is reached. */
static bool is_portal(const struct probe *p)
{
    unsigned kind = p->http_status / 100;

    if (p->role != ROLE_CONTROL || p->port != PORT_HTTP || p->outcome != PROBE_OK)
        return false;
    return p->http_status == STATUS_SIGN_IN || kind == 3 ||
           (kind == 2 && p->http_status != STATUS_NO_CONTENT && p->http_page);
}

void rule_net_captive_portal(struct draft *d)
{
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < d->e->n_probes && f == NULL; i++) {
        const struct probe *p = &d->e->probes[i];
        struct because *b;

        if (!is_portal(p))
            continue;
        f = draft_raise(d, FINDING_NET_CAPTIVE_PORTAL);
        b = whole_say_probe(d, f,
                            p->http_location.len > 0 ? TEXT_BECAUSE_NET_CAPTIVE_PORTAL_REDIRECT
                                                     : TEXT_BECAUSE_NET_CAPTIVE_PORTAL_PAGE,
                            (int)i);
        say_number(b, "status", p->http_status);
        say_peer(d, b, "location", p->http_location);
    }
    if (f == NULL)
        return;
    concern_ports(d, f);
    draft_judge(d, f);
}
