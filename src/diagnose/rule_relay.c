/*
 * rule_relay - what is peculiar to the SMTP relay of Google Workspace
 *
 * smtp-relay.gmail.com knows its customers by their public address, by the
 * domain that they greet with or by a sign-in, and refuses all others in words
 * that sound like something else.
 */
#include "diagnose/refusal.h"
#include "diagnose/rule.h"
#include "diagnose/trouble.h"

#include <string.h>

/* ---- relay.ehlo-domain ----------------------------------------------------- */

static enum text_id text_ehlo(const struct probe *p)
{
    return p->other_ehlo_accepted ? TEXT_BECAUSE_RELAY_EHLO_DOMAIN_OTHER
                                  : TEXT_BECAUSE_RELAY_EHLO_DOMAIN_REPLY;
}

void rule_relay_ehlo_domain(struct draft *d)
{
    trouble_judge(d, TROUBLE_RELAY_EHLO, FINDING_RELAY_EHLO_DOMAIN, text_ehlo);
}

/* ---- relay.not-allowed ----------------------------------------------------- */

/* The address that has to be registered, which is often another one than this computer knows as its own. */
static void say_address(struct draft *d, struct diagnosed *f, const struct address *a)
{
    char text[ADDRESS_TEXT_SIZE];
    enum text_id line = a->family == FAMILY_IPV6 ? TEXT_BECAUSE_RELAY_NOT_ALLOWED_IPV6
                                                 : TEXT_BECAUSE_RELAY_NOT_ALLOWED_ADDRESS;

    say_word(d, draft_because(d, f, line, -1), "address", address_format(a, text));
    draft_step_word(d, f, "public", text);
}

void rule_relay_not_allowed(struct draft *d)
{
    struct diagnosed *f = refusal_raise(d, FINDING_RELAY_NOT_ALLOWED, TEXT_BECAUSE_RELAY_NOT_ALLOWED_REPLY);
    const struct probe *p = f == NULL ? NULL : d->e->errand->connection;
    struct address a;
    struct because *b;

    if (f == NULL)
        return;
    if (refusal_public_address(d, &a))
        say_address(d, f, &a);
    else if (p->family == FAMILY_IPV6)
        draft_because(d, f, TEXT_BECAUSE_RELAY_NOT_ALLOWED_OVER_IPV6, -1);
    if (d->e->plan->user.bytes == NULL && p->ehlo != NULL) {
        b = draft_because(d, f, TEXT_BECAUSE_RELAY_NOT_ALLOWED_EHLO, -1);
        say_word(d, b, "ehlo", p->ehlo);
    }
}

/* ---- relay.not-eligible ---------------------------------------------------- */

/* An address of a personal account, which has no relay. */
static bool is_personal(struct peer_text address)
{
    const char *at = address.len == 0 ? NULL : memrchr(address.bytes, '@', address.len);
    const struct provider *provider;
    char domain[256];
    size_t len;

    if (at == NULL)
        return false;
    len = (size_t)(address.bytes + address.len - at) - 1;
    if (len == 0 || len >= sizeof domain)
        return false;
    memcpy(domain, at + 1, len);
    domain[len] = '\0';
    provider = provider_by_mail_domain(domain);
    return provider != NULL && strcmp(provider->id, "gmail") == 0;
}

/* Refusals that follow from it. */
static bool is_refused(const struct draft *d)
{
    switch (d->attempt.finding) {
    case FINDING_RELAY_NOT_ALLOWED:
    case FINDING_SEND_SENDER_REJECTED:
        return true;
    default:
        return false;
    }
}

void rule_relay_not_eligible(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    const struct peer_text addresses[] = { peer_text_of(plan->send_from), plan->user };

    if (!seen_is_relay(d->e) || d->attempt.end == ATTEMPT_DONE)
        return;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct diagnosed *f;
        struct because *b;

        if (!is_personal(addresses[i]))
            continue;
        f = draft_raise(d, FINDING_RELAY_NOT_ELIGIBLE);
        f->severity = is_refused(d) ? SEVERITY_CRITICAL : SEVERITY_WARNING;
        b = draft_because(d, f, TEXT_BECAUSE_RELAY_NOT_ELIGIBLE_PERSONAL, -1);
        say_peer(d, b, "address", addresses[i]);
        return;
    }
}
