/*
 * rule_smtp - dialogues that go wrong behind a connection that stands
 *
 * What a failure means is told by the spokesmen of each endpoint (trouble.h).
 */
#include "diagnose/rule.h"
#include "diagnose/trouble.h"

static enum text_id text_not_smtp(const struct probe *p)
{
    if (p->fault == FAULT_TLS_EXPECTED)
        return TEXT_BECAUSE_SMTP_NOT_SMTP_TLS;
    if (p->service != SERVICE_UNKNOWN && p->service != SERVICE_NOTHING)
        return TEXT_BECAUSE_SMTP_NOT_SMTP_SERVICE;
    return TEXT_BECAUSE_SMTP_NOT_SMTP_BYTES;
}

void rule_smtp_not_smtp(struct draft *d)
{
    trouble_judge(d, TROUBLE_NOT_SMTP, FINDING_SMTP_NOT_SMTP, text_not_smtp);
}

static enum text_id text_no_greeting(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SMTP_NO_GREETING_SILENT;
}

void rule_smtp_no_greeting(struct draft *d)
{
    trouble_judge(d, TROUBLE_NO_GREETING, FINDING_SMTP_NO_GREETING, text_no_greeting);
}

static enum text_id text_stalled(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SMTP_STALLED_SILENT;
}

void rule_smtp_stalled(struct draft *d)
{
    trouble_judge(d, TROUBLE_STALLED, FINDING_SMTP_STALLED, text_stalled);
}

static enum text_id text_black_hole(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_NET_MTU_BLACK_HOLE_SMALL;
}

void rule_net_mtu_black_hole(struct draft *d)
{
    trouble_judge(d, TROUBLE_BLACK_HOLE, FINDING_NET_MTU_BLACK_HOLE, text_black_hole);
}

static enum text_id text_rejected(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SMTP_REJECTED_REPLY;
}

void rule_smtp_rejected(struct draft *d)
{
    trouble_judge(d, TROUBLE_REJECTED, FINDING_SMTP_REJECTED, text_rejected);
}

static enum text_id text_ehlo(const struct probe *p)
{
    return p->other_ehlo_accepted ? TEXT_BECAUSE_SMTP_EHLO_REJECTED_REPLY
                                  : TEXT_BECAUSE_SMTP_EHLO_REJECTED_ALONE;
}

void rule_smtp_ehlo_rejected(struct draft *d)
{
    trouble_judge(d, TROUBLE_EHLO_NAME, FINDING_SMTP_EHLO_REJECTED, text_ehlo);
}

static enum text_id text_throttled(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SMTP_THROTTLED_REPLY;
}

void rule_smtp_throttled(struct draft *d)
{
    trouble_judge(d, TROUBLE_THROTTLED, FINDING_SMTP_THROTTLED, text_throttled);
}

static enum text_id text_closed(const struct probe *p)
{
    return p->fault == FAULT_CLOSED ? TEXT_BECAUSE_SMTP_CLOSED_EARLY_CLOSED
                                    : TEXT_BECAUSE_SMTP_CLOSED_EARLY_RESET;
}

void rule_smtp_closed_early(struct draft *d)
{
    trouble_judge(d, TROUBLE_CLOSED, FINDING_SMTP_CLOSED_EARLY, text_closed);
}

static enum text_id text_protocol(const struct probe *p)
{
    if (p->fault == FAULT_CHALLENGE)
        return TEXT_BECAUSE_SMTP_PROTOCOL_ERROR_CHALLENGE;
    return p->fault == FAULT_REPLY ? TEXT_BECAUSE_SMTP_PROTOCOL_ERROR_REPLY
                                   : TEXT_BECAUSE_SMTP_PROTOCOL_ERROR_BYTES;
}

void rule_smtp_protocol_error(struct draft *d)
{
    trouble_judge(d, TROUBLE_PROTOCOL, FINDING_SMTP_PROTOCOL_ERROR, text_protocol);
}

/* ---- smtp.auth-missing ---------------------------------------------------- */

/* Works inside TLS in a mode that fits the user's setting. */
static bool is_in_question(const struct draft *d, const struct probe *p)
{
    const struct plan *plan = d->e->plan;

    return seen_encrypted(p) && (!plan->tls_asked || plan->tls == TLS_MODE_NONE || p->mode == plan->tls);
}

static bool lacks_auth(const struct draft *d, const struct probe *p, int kind)
{
    (void)kind;
    return is_in_question(d, p) && p->n_auth == 0 && !seen_stops_early(d->e);
}

static bool has_auth(const struct draft *d, const struct probe *p, int kind)
{
    (void)kind;
    return is_in_question(d, p) && p->n_auth > 0;
}

void rule_smtp_auth_missing(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < plan->n_ports; i++) {
        uint16_t port = plan->ports[i];
        struct spot s = spot_of_port(d, port, lacks_auth, 0);

        /* Relays by address exist on port 25 (contract, "Port 25"). */
        if (port == PORT_SMTP || s.first < 0 || !seen_counts(d->e, port) ||
            spot_of_port(d, port, has_auth, 0).first >= 0)
            continue;
        f = draft_raise(d, FINDING_SMTP_AUTH_MISSING);
        spot_because(d, f,
                     d->e->probes[s.first].helo_used ? TEXT_BECAUSE_SMTP_AUTH_MISSING_HELO
                                                     : TEXT_BECAUSE_SMTP_AUTH_MISSING_NONE,
                     &s);
    }
    if (f != NULL)
        draft_judge(d, f);
}

/* ---- smtp.slow ------------------------------------------------------------ */

static const double SLOW_MS = 5000;

/* What a client with these settings waits for: a port that counts, in a mode that fits, that works. */
static bool is_needed(const struct draft *d, const struct probe *p)
{
    const struct plan *plan = d->e->plan;

    if (!seen_counts(d->e, p->port) || (plan->n_asked_ports > 0 && !plan_asks_port(plan, p->port)))
        return false;
    if (plan->tls_asked && p->mode != plan->tls)
        return false;
    return plan->tls_asked && plan->tls == TLS_MODE_NONE ? p->mode == TLS_MODE_NONE && p->outcome == PROBE_OK
                                                         : seen_encrypted(p);
}

static bool answers_late(const struct draft *d, const struct probe *p, int kind)
{
    (void)kind;
    return seen_counts(d->e, p->port) && p->role == ROLE_TARGET && p->outcome == PROBE_OK &&
           p->slowest_ms > SLOW_MS;
}

static bool passes_threshold(const struct draft *d, const struct probe *p, int threshold_ms)
{
    return threshold_ms > 0 && is_needed(d, p) && p->total_ms > threshold_ms;
}

static void say_late(struct draft *d, struct diagnosed *f, const struct spot *s)
{
    const struct probe *p = &d->e->probes[s->first];
    struct because *b = spot_because(d, f, TEXT_BECAUSE_SMTP_SLOW_REPLY, s);

    say_duration(b, "waited", p->slowest_ms);
    say_word(d, b, "step", stage_command(p->slowest_stage));
}

static bool judge_threshold(struct draft *d, unsigned threshold_ms, enum severity severity)
{
    bool passed = false;

    for (size_t i = 0; i < d->e->plan->n_ports; i++) {
        struct spot s = spot_of_port(d, d->e->plan->ports[i], passes_threshold, (int)threshold_ms);
        struct diagnosed *f;
        struct because *b;

        if (s.first < 0)
            continue;
        f = draft_raise(d, FINDING_SMTP_SLOW);
        f->severity = severity;
        b = spot_because(d, f, TEXT_BECAUSE_SMTP_SLOW_THRESHOLD, &s);
        say_duration(b, "waited", s.longest_ms);
        say_duration(b, "threshold", threshold_ms);
        passed = true;
    }
    return passed;
}

void rule_smtp_slow(struct draft *d)
{
    const struct plan *plan = d->e->plan;

    for (size_t i = 0; i < plan->n_ports; i++) {
        struct spot s = spot_of_port(d, plan->ports[i], answers_late, 0);
        struct diagnosed *f;

        if (s.first < 0)
            continue;
        f = draft_raise(d, FINDING_SMTP_SLOW);
        f->severity = SEVERITY_INFO;
        say_late(d, f, &s);
    }
    if (!judge_threshold(d, plan->crit_time_ms, SEVERITY_CRITICAL))
        judge_threshold(d, plan->warn_time_ms, SEVERITY_WARNING);
}
