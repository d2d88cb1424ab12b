/*
 * rule - the rules, one for each finding, in files by layer
 *
 * A rule looks at the Evidence through the draft and raises its finding, or
 * does nothing. It may ask what earlier rules have raised; their order is that
 * of the table in diagnose.c.
 */
#ifndef SMTPDX_DIAGNOSE_RULE_H
#define SMTPDX_DIAGNOSE_RULE_H

#include "diagnose/draft.h"

/* rule_input.c: what was typed */
void rule_input_whitespace(struct draft *d);
void rule_input_invalid(struct draft *d);
void rule_input_wrong_port(struct draft *d);

/* rule_name.c: the name that was typed, beside the one that was meant */
void rule_input_confusable(struct draft *d);
void rule_input_not_a_hostname(struct draft *d);
void rule_input_typo(struct draft *d);
void rule_input_look_alike(struct draft *d);
void rule_input_wrong_server(struct draft *d);

/* rule_dns.c: the target's name */
void rule_dns_nxdomain(struct draft *d);
void rule_dns_no_address(struct draft *d);
void rule_dns_servfail(struct draft *d);
void rule_dns_unreachable(struct draft *d);
void rule_dns_inconsistent(struct draft *d);
void rule_dns_hosts_override(struct draft *d);
void rule_dns_partial(struct draft *d);
void rule_dns_resolver_down(struct draft *d);
void rule_dns_slow(struct draft *d);

/* rule_hijack.c: what stands in for the real servers */
void rule_dns_hijacked(struct draft *d);
void rule_net_captive_portal(struct draft *d);

/* rule_net.c: this machine's network, and what fails as a whole */
void rule_net_offline(struct draft *d);
void rule_net_nothing_answers(struct draft *d); /* net.offline too, shown by the controls */
void rule_net_slow(struct draft *d);
void rule_net_ipv6_broken(struct draft *d);
void rule_net_ipv4_broken(struct draft *d);
void rule_port_all_blocked(struct draft *d);
void rule_service_down(struct draft *d);
void rule_service_degraded(struct draft *d);

/* rule_port.c: connections */
void rule_port_blocked(struct draft *d);
void rule_port_25_blocked(struct draft *d);
void rule_port_local_firewall(struct draft *d);
void rule_port_refused(struct draft *d);
void rule_port_reset(struct draft *d);

/* rule_mode.c: the TLS mode, and STARTTLS */
void rule_input_wrong_mode(struct draft *d);
void rule_mode_starttls_missing(struct draft *d);
void rule_mode_starttls_stripped(struct draft *d);
void rule_mode_starttls_rejected(struct draft *d);
void rule_mode_starttls_injection(struct draft *d);
void rule_mode_plaintext_only(struct draft *d);

/* rule_tls.c: the handshake */
void rule_tls_version_too_old(struct draft *d);
void rule_tls_no_common_cipher(struct draft *d);
void rule_tls_client_certificate_required(struct draft *d);
void rule_tls_handshake_failed(struct draft *d);

/* rule_tamper.c: who else speaks for the server */
void rule_tls_sni_required(struct draft *d);
void rule_tls_intercepted(struct draft *d);

/* rule_cert.c: chains */
void rule_cert_no_trust_store(struct draft *d);
void rule_cert_expired(struct draft *d);
void rule_cert_not_yet_valid(struct draft *d);
void rule_cert_expires_soon(struct draft *d);
void rule_cert_self_signed(struct draft *d);
void rule_cert_untrusted_issuer(struct draft *d);
void rule_cert_incomplete_chain(struct draft *d);
void rule_cert_invalid_chain(struct draft *d);
void rule_cert_weak(struct draft *d);
void rule_cert_revoked(struct draft *d);
void rule_cert_bad_staple(struct draft *d);
void rule_cert_name_mismatch(struct draft *d);

/* rule_clock.c: the time of this computer */
void rule_clock_wrong(struct draft *d);
void rule_clock_drifting(struct draft *d);

/* rule_incoming.c: where mail is read */
void rule_incoming_unreachable(struct draft *d);

/* rule_smtp.c: the dialogue */
void rule_smtp_not_smtp(struct draft *d);
void rule_smtp_no_greeting(struct draft *d);
void rule_smtp_stalled(struct draft *d);
void rule_net_mtu_black_hole(struct draft *d); /* a dialogue that stalls for want of full-sized packets */
void rule_smtp_rejected(struct draft *d);
void rule_smtp_throttled(struct draft *d);
void rule_smtp_closed_early(struct draft *d);
void rule_smtp_protocol_error(struct draft *d);
void rule_smtp_auth_missing(struct draft *d);
void rule_smtp_ehlo_rejected(struct draft *d);
void rule_smtp_slow(struct draft *d);

/* rule_auth.c: the sign-in */
void rule_auth_mechanism_unsupported(struct draft *d);
void rule_auth_server_not_verified(struct draft *d);
void rule_auth_username_form(struct draft *d);
void rule_auth_bad_credentials(struct draft *d);
void rule_auth_app_password_required(struct draft *d);
void rule_auth_web_login_required(struct draft *d);
void rule_auth_disabled(struct draft *d);
void rule_auth_account_disabled(struct draft *d);
void rule_auth_token_rejected(struct draft *d);
void rule_auth_rate_limited(struct draft *d);
void rule_auth_temporary(struct draft *d);

/* rule_send.c: the test message; and who is turned away for his address or place, at whatever step */
void rule_send_blocklisted(struct draft *d);
void rule_send_reverse_dns(struct draft *d);
void rule_send_location_blocked(struct draft *d);
void rule_send_auth_required(struct draft *d);
void rule_send_sender_rejected(struct draft *d);
void rule_send_recipient_rejected(struct draft *d);
void rule_send_relay_denied(struct draft *d);
void rule_send_quota_exceeded(struct draft *d);
void rule_send_temporary(struct draft *d);
void rule_send_too_large(struct draft *d);
void rule_send_content_rejected(struct draft *d);
void rule_send_rejected(struct draft *d);

/* rule_relay.c: the relay of Google Workspace */
void rule_relay_ehlo_domain(struct draft *d);
void rule_relay_not_allowed(struct draft *d);
void rule_relay_not_eligible(struct draft *d);

#endif
