/*
 * rule_smtp - dialogues that go wrong behind a connection that stands
 *
 * Each looks at the spokesmen: of every endpoint that works in no mode, the
 * failure that tells most.
 */
#include "diagnose/rule.h"
#include "diagnose/whole.h"

/* Where the dialogue stood, in the words of the protocol. */
static const char *step_word(enum stage stage)
{
    switch (stage) {
    case STAGE_CONNECT:
    case STAGE_GREETING:
        return "220";
    case STAGE_TLS:
        return "TLS";
    case STAGE_EHLO:
        return "EHLO";
    case STAGE_STARTTLS:
        return "STARTTLS";
    case STAGE_AUTH:
        return "AUTH";
    case STAGE_MAIL:
    case STAGE_DONE:
        return "MAIL";
    case STAGE_RCPT:
        return "RCPT";
    case STAGE_DATA:
    case STAGE_MESSAGE:
        return "DATA";
    }
    return "";
}

/* Adds the line of a finding for one port; the text may differ with what was seen. */
typedef enum text_id (*trouble_text_fn)(const struct probe *p);

static void say_trouble(struct draft *d, struct diagnosed *f, enum text_id text, const struct spot *s)
{
    const struct probe *p = &d->e->probes[s->first];
    struct because *b = spot_because(d, f, text, s);

    say_duration(b, "waited", s->longest_ms);
    say_word(d, b, "step", step_word(p->stage));
    say_word(d, b, "service", service_word(p->service));
    say_peer(d, b, "raw", p->raw);
    say_word(d, b, "ehlo", p->ehlo == NULL ? "" : p->ehlo);
    say_word(d, b, "other", p->other_ehlo == NULL ? "" : p->other_ehlo);
    say_reply(d, b, p);
}

/* Told by the same line, but for the port. */
static bool is_told_alike(const struct draft *d, const struct spot *s, const struct spot *other)
{
    const struct probe *a = &d->e->probes[s->first];
    const struct probe *b = &d->e->probes[other->first];

    return spot_fits(s, other) && a->fault == b->fault && a->stage == b->stage && a->service == b->service &&
           a->reply.code == b->reply.code && peer_text_equal(a->reply.text, b->reply.text) &&
           peer_text_equal(a->raw, b->raw);
}

/* Adds the spot to one of n that is told alike, or to their end. */
static void gather(const struct draft *d, struct spot *spots, size_t *n, const struct spot *s)
{
    for (size_t i = 0; i < *n; i++) {
        if (is_told_alike(d, &spots[i], s)) {
            spot_join(&spots[i], s);
            return;
        }
    }
    spots[(*n)++] = *s;
}

static void judge_trouble(struct draft *d, enum trouble trouble, enum finding_id finding,
                          trouble_text_fn text_of)
{
    struct port_set ports = whole_counted_ports(d);
    struct spot spots[PLAN_PORTS_MAX];
    struct diagnosed *f;
    size_t n = 0;

    for (size_t i = 0; i < ports.n; i++) {
        struct spot s = spot_of_trouble(d, ports.ports[i], trouble);

        if (s.first >= 0 && !whole_explains(d, ports.ports[i]))
            gather(d, spots, &n, &s);
    }
    if (n == 0)
        return;
    f = draft_raise(d, finding);
    for (size_t i = 0; i < n; i++)
        say_trouble(d, f, text_of(&d->e->probes[spots[i].first]), &spots[i]);
    draft_judge(d, f);
}

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
    judge_trouble(d, TROUBLE_NOT_SMTP, FINDING_SMTP_NOT_SMTP, text_not_smtp);
}

static enum text_id text_no_greeting(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SMTP_NO_GREETING_SILENT;
}

void rule_smtp_no_greeting(struct draft *d)
{
    judge_trouble(d, TROUBLE_NO_GREETING, FINDING_SMTP_NO_GREETING, text_no_greeting);
}

static enum text_id text_stalled(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SMTP_STALLED_SILENT;
}

void rule_smtp_stalled(struct draft *d)
{
    judge_trouble(d, TROUBLE_STALLED, FINDING_SMTP_STALLED, text_stalled);
}

static enum text_id text_black_hole(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_NET_MTU_BLACK_HOLE_SMALL;
}

void rule_net_mtu_black_hole(struct draft *d)
{
    judge_trouble(d, TROUBLE_BLACK_HOLE, FINDING_NET_MTU_BLACK_HOLE, text_black_hole);
}

static enum text_id text_rejected(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SMTP_REJECTED_REPLY;
}

void rule_smtp_rejected(struct draft *d)
{
    judge_trouble(d, TROUBLE_REJECTED, FINDING_SMTP_REJECTED, text_rejected);
}

static enum text_id text_blocklisted(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SEND_BLOCKLISTED_REPLY;
}

void rule_send_blocklisted(struct draft *d)
{
    judge_trouble(d, TROUBLE_BLOCKLISTED, FINDING_SEND_BLOCKLISTED, text_blocklisted);
}

static enum text_id text_ehlo(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SMTP_EHLO_REJECTED_REPLY;
}

void rule_smtp_ehlo_rejected(struct draft *d)
{
    judge_trouble(d, TROUBLE_EHLO_NAME, FINDING_SMTP_EHLO_REJECTED, text_ehlo);
}

static enum text_id text_throttled(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SMTP_THROTTLED_REPLY;
}

void rule_smtp_throttled(struct draft *d)
{
    judge_trouble(d, TROUBLE_THROTTLED, FINDING_SMTP_THROTTLED, text_throttled);
}

static enum text_id text_closed(const struct probe *p)
{
    return p->fault == FAULT_CLOSED ? TEXT_BECAUSE_SMTP_CLOSED_EARLY_CLOSED
                                    : TEXT_BECAUSE_SMTP_CLOSED_EARLY_RESET;
}

void rule_smtp_closed_early(struct draft *d)
{
    judge_trouble(d, TROUBLE_CLOSED, FINDING_SMTP_CLOSED_EARLY, text_closed);
}

static enum text_id text_protocol(const struct probe *p)
{
    return p->fault == FAULT_REPLY ? TEXT_BECAUSE_SMTP_PROTOCOL_ERROR_REPLY
                                   : TEXT_BECAUSE_SMTP_PROTOCOL_ERROR_BYTES;
}

void rule_smtp_protocol_error(struct draft *d)
{
    judge_trouble(d, TROUBLE_PROTOCOL, FINDING_SMTP_PROTOCOL_ERROR, text_protocol);
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
    say_word(d, b, "step", step_word(p->slowest_stage));
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
