/*
 * diagnose - the Evidence becomes a Diagnosis: the only room with opinions
 *
 * Runs the rules, then puts causes before effects, recommends and judges.
 */
#include "diagnose/diagnose.h"

#include <stdio.h>
#include <string.h>

#include "diagnose/cause.h"
#include "diagnose/draft.h"
#include "diagnose/recommend.h"
#include "diagnose/rule.h"
#include "diagnose/verdict.h"

/*
 * In the order in which causes are looked for: of two findings that matter alike
 * the earlier is the primary. What concerns the whole host or network comes
 * before single ports, because those rules keep silent where it is raised. A
 * name that has to be another one comes before what stands in it too much: a
 * blank goes with the name that is typed anew, and the slip does not go with it.
 */
static void (*const rules[])(struct draft *d) = {
    rule_input_invalid,
    rule_input_typo,
    rule_input_wrong_server,
    rule_input_whitespace,
    rule_input_confusable,
    rule_input_not_a_hostname,
    rule_input_look_alike,
    rule_input_wrong_port,
    rule_input_wrong_mode,
    rule_net_offline,
    rule_net_captive_portal,
    rule_dns_nxdomain,
    rule_dns_no_address,
    rule_dns_servfail,
    rule_dns_unreachable,
    rule_dns_inconsistent,
    rule_dns_hosts_override,
    rule_dns_hijacked,
    rule_dns_partial,
    rule_dns_resolver_down,
    rule_dns_slow,
    rule_net_nothing_answers,
    rule_net_slow,
    rule_net_ipv6_broken,
    rule_net_ipv4_broken,
    rule_port_local_firewall,
    rule_port_all_blocked,
    rule_service_down,
    rule_port_blocked,
    rule_port_25_blocked,
    rule_port_refused,
    rule_port_reset,
    rule_smtp_not_smtp,
    rule_mode_starttls_stripped,
    rule_mode_starttls_missing,
    rule_mode_starttls_rejected,
    rule_mode_starttls_injection,
    rule_smtp_no_greeting,
    rule_smtp_stalled,
    rule_net_mtu_black_hole,
    rule_send_blocklisted,
    rule_send_reverse_dns,
    rule_send_location_blocked,
    rule_relay_ehlo_domain,
    rule_smtp_ehlo_rejected,
    rule_smtp_rejected,
    rule_smtp_throttled,
    rule_smtp_closed_early,
    rule_smtp_protocol_error,
    rule_tls_version_too_old,
    rule_tls_no_common_cipher,
    rule_tls_client_certificate_required,
    rule_tls_handshake_failed,
    rule_tls_sni_required,
    rule_tls_intercepted,
    rule_cert_no_trust_store,
    rule_cert_self_signed,
    rule_cert_expired,
    rule_cert_not_yet_valid,
    rule_clock_wrong,
    rule_cert_incomplete_chain,
    rule_cert_untrusted_issuer,
    rule_cert_invalid_chain,
    rule_cert_revoked,
    rule_cert_bad_staple,
    rule_cert_weak,
    rule_cert_name_mismatch,
    rule_cert_expires_soon,
    rule_smtp_auth_missing,
    rule_mode_plaintext_only,
    rule_auth_mechanism_unsupported,
    rule_auth_server_not_verified,
    rule_auth_username_form,
    rule_auth_bad_credentials,
    rule_auth_app_password_required,
    rule_auth_web_login_required,
    rule_auth_disabled,
    rule_auth_account_disabled,
    rule_auth_token_rejected,
    rule_auth_rate_limited,
    rule_auth_temporary,
    rule_relay_not_eligible,
    rule_relay_not_allowed,
    rule_send_auth_required,
    rule_send_sender_rejected,
    rule_send_recipient_rejected,
    rule_send_relay_denied,
    rule_send_quota_exceeded,
    rule_send_temporary,
    rule_send_too_large,
    rule_send_content_rejected,
    rule_send_rejected,
    rule_service_degraded,
    rule_incoming_unreachable,
    rule_smtp_slow,
    rule_clock_drifting,
};

/* The port that a finding's steps speak of: one that was asked for, else the first that mail clients use. */
static uint16_t port_of(const struct draft *d, const struct diagnosed *f)
{
    const struct port_set *set = draft_ports(d, f);

    for (size_t i = 0; i < set->n; i++) {
        if (plan_asks_port(d->e->plan, set->ports[i]))
            return set->ports[i];
    }
    for (size_t i = 0; i < set->n; i++) {
        if (set->ports[i] != PORT_SMTP)
            return set->ports[i];
    }
    if (set->n > 0)
        return set->ports[0];
    return d->e->plan->n_asked_ports > 0 ? d->e->plan->asked_ports[0] : PORT_SUBMISSION;
}

/* Steps that mend what was typed speak of the name to type, all others of the one that was looked at. */
static const char *host_of(const struct draft *d, const struct diagnosed *f)
{
    bool is_typed = strcmp(finding_by_id((enum finding_id)f->finding)->layer, "input") == 0;

    return is_typed && d->d->suggestion != NULL ? d->d->suggestion : draft_host(d);
}

/* What the steps of any finding may need. */
static void complete_arguments(struct draft *d, struct diagnosed *f)
{
    enum { PORT_TEXT_SIZE = 8 };
    char port[PORT_TEXT_SIZE];
    const char *host = host_of(d, f);
    const char *endpoint;

    snprintf(port, sizeof port, "%u", (unsigned)port_of(d, f));
    endpoint = arena_printf(
        d->arena,
        d->e->plan->host_is_address && d->e->plan->host_address.family == FAMILY_IPV6 ? "[%s]:%s" : "%s:%s",
        host, port);
    draft_step_word(d, f, "host", host);
    draft_step_word(d, f, "cleaned", host);
    draft_step_word(d, f, "port", port);
    draft_step_word(d, f, "endpoint", endpoint);
}

static bool is_raised(const struct draft *d, const enum finding_id *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (draft_find(d, ids[i]) != NULL)
            return true;
    }
    return false;
}

/* The name to type instead of what was typed; NULL where that is right. */
static const char *suggestion_of(const struct draft *d)
{
    static const enum finding_id another[] = { FINDING_INPUT_TYPO, FINDING_INPUT_LOOK_ALIKE,
                                               FINDING_INPUT_WRONG_SERVER };
    static const enum finding_id unclean[] = { FINDING_INPUT_WHITESPACE, FINDING_INPUT_CONFUSABLE,
                                               FINDING_INPUT_NOT_A_HOSTNAME };
    const struct plan *plan = d->e->plan;

    if (is_raised(d, another, sizeof another / sizeof another[0]))
        return plan->suggestion;
    if (draft_find(d, FINDING_RELAY_NOT_ELIGIBLE) != NULL)
        return provider_main_host(provider_by_id("gmail"));
    return is_raised(d, unclean, sizeof unclean / sizeof unclean[0]) ? plan->host : NULL;
}

int diagnose_n_rules(void)
{
    return (int)(sizeof rules / sizeof rules[0]);
}

struct diagnosis *diagnose_without(const struct evidence *e, int rule)
{
    struct diagnosis *diagnosis = diagnosis_new();
    struct draft d;

    if (diagnosis == NULL)
        return NULL;
    draft_init(&d, diagnosis, e);
    for (int i = 0; i < diagnose_n_rules(); i++) {
        if (i != rule)
            rules[i](&d);
    }
    diagnosis->suggestion = arena_strdup(diagnosis->arena, suggestion_of(&d));
    cause_order(&d);
    for (size_t i = 0; i < diagnosis->n_findings; i++)
        complete_arguments(&d, &diagnosis->findings[i]);
    recommend(&d);
    verdict_reach(&d);
    return arena_failed(diagnosis->arena) ? diagnosis_free(diagnosis) : diagnosis;
}

struct diagnosis *diagnose(const struct evidence *e)
{
    return diagnose_without(e, DIAGNOSE_ALL);
}
