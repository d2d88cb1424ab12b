/*
 * rule_mode - the TLS mode that was asked for, and what becomes of STARTTLS
 */
#include "diagnose/rule.h"
#include "diagnose/whole.h"

static const double SURE_BY_FIRST_BYTES = 0.8; /* the other mode was not tried */

/* ---- input.wrong-mode ----------------------------------------------------- */

/* In clear: encryption is demanded, or a sign-in is offered behind STARTTLS alone. */
static bool fails_in_clear(const struct draft *d, const struct probe *p)
{
    if (seen_demands_tls(p))
        return true;
    if (seen_clear_ehlo(d->e, p))
        return !seen_clear_works(d->e, p);
    return seen_trouble(d->e, p) != TROUBLE_NONE && seen_trouble(d->e, p) != TROUBLE_OURS;
}

static bool fails_in_mode(const struct draft *d, const struct probe *p, int mode)
{
    if (p->mode != (enum tls_mode)mode || !seen_tells(d->e, p))
        return false;
    if (p->mode == TLS_MODE_NONE)
        return fails_in_clear(d, p);
    return seen_trouble(d->e, p) != TROUBLE_NONE && seen_trouble(d->e, p) != TROUBLE_OURS;
}

static bool works_in_other_mode(const struct draft *d, const struct probe *p, int mode)
{
    (void)d;
    return seen_encrypted(p) && p->mode != (enum tls_mode)mode;
}

/* Other modes were tried on this port, and came to nothing. */
static bool fails_in_other_mode(const struct draft *d, const struct probe *p, int mode)
{
    return p->mode != (enum tls_mode)mode && p->mode != TLS_MODE_NONE &&
           seen_trouble(d->e, p) != TROUBLE_NONE;
}

static enum text_id mode_text(enum tls_mode mode)
{
    switch (mode) {
    case TLS_MODE_NONE:
        return TEXT_TLS_NONE;
    case TLS_MODE_STARTTLS:
        return TEXT_TLS_STARTTLS;
    case TLS_MODE_IMPLICIT:
        return TEXT_TLS_IMPLICIT;
    }
    return TEXT_TLS_NONE;
}

static enum text_id wrong_mode_text(const struct probe *p)
{
    if (seen_mismatch(p))
        return p->fault == FAULT_PLAIN_EXPECTED ? TEXT_BECAUSE_INPUT_WRONG_MODE_CLEAR_FIRST
                                                : TEXT_BECAUSE_INPUT_WRONG_MODE_TLS_FIRST;
    if (seen_demands_tls(p))
        return TEXT_BECAUSE_INPUT_WRONG_MODE_DEMANDS;
    if (p->mode == TLS_MODE_NONE && p->starttls_offered)
        return TEXT_BECAUSE_INPUT_WRONG_MODE_NO_CLEAR_AUTH;
    return TEXT_BECAUSE_INPUT_WRONG_MODE_FAILS;
}

static struct because *say_mode(struct draft *d, struct diagnosed *f, enum text_id text, const struct spot *s)
{
    const struct probe *p = &d->e->probes[s->first];
    struct because *b = spot_because(d, f, text, s);

    say_text(b, "mode", mode_text(p->mode));
    return b;
}

static void judge_mode(struct draft *d, uint16_t port)
{
    enum tls_mode asked = d->e->plan->tls;
    struct spot bad = spot_of_port(d, port, fails_in_mode, (int)asked);
    struct spot good = spot_of_port(d, port, works_in_other_mode, (int)asked);
    struct spot other_bad = spot_of_port(d, port, fails_in_other_mode, (int)asked);
    const struct probe *p;
    struct diagnosed *f;

    if (bad.first < 0 || seen_setting_works(d->e, port) ||
        (asked != TLS_MODE_NONE && seen_mode_works(d->e, port, asked)))
        return;
    p = &d->e->probes[bad.first];
    if (good.first < 0 && !seen_demands_tls(p) && (other_bad.first >= 0 || !seen_mismatch(p)))
        return;
    f = draft_raise(d, FINDING_INPUT_WRONG_MODE);
    say_reply(d, say_mode(d, f, wrong_mode_text(p), &bad), &p->reply);
    if (good.first >= 0)
        say_mode(d, f, TEXT_BECAUSE_INPUT_WRONG_MODE_WORKS, &good);
    else
        f->confidence = SURE_BY_FIRST_BYTES;
    draft_judge(d, f);
}

/* Without a port, the mode is held against the ports where it is usual; clear text is usual nowhere. */
static bool mode_is_judged(const struct draft *d, uint16_t port)
{
    const struct plan *plan = d->e->plan;

    return plan->n_asked_ports == 0 && plan->tls == TLS_MODE_NONE ? seen_counts(d->e, port)
                                                                  : seen_asks(d->e, port);
}

void rule_input_wrong_mode(struct draft *d)
{
    const struct plan *plan = d->e->plan;

    if (!plan->tls_asked || (plan->n_asked_ports == 0 && seen_can_send(d->e)))
        return;
    for (size_t i = 0; i < plan->n_ports; i++) {
        if (mode_is_judged(d, plan->ports[i]) && !whole_port_is_wrong(d, plan->ports[i]))
            judge_mode(d, plan->ports[i]);
    }
}

/* ---- STARTTLS is not there ------------------------------------------------ */

static bool lacks_starttls(const struct draft *d, uint16_t port, struct spot *ret)
{
    *ret = spot_of_trouble(d, port, TROUBLE_STARTTLS_MISSING);
    return ret->first >= 0 && seen_counts(d->e, port);
}

static bool offers_starttls(const struct draft *d, const struct probe *p, int kind)
{
    (void)d;
    (void)kind;
    return p->starttls_offered || (p->mode == TLS_MODE_STARTTLS && p->outcome == PROBE_OK);
}

static bool is_masked(const struct draft *d, const struct probe *p, int kind)
{
    (void)d;
    (void)kind;
    return p->starttls_masked;
}

/*
 * A greeting as firewalls leave it: "220 ****2*0***". So many that no server that
 * merely likes asterisks is taken for one.
 */
static bool is_starred(const struct draft *d, const struct probe *p, int kind)
{
    enum { STARS_MIN = 8 };
    size_t n_stars = 0;

    (void)d;
    (void)kind;
    for (size_t i = 4; i < p->greeting.len; i++) {
        char c = p->greeting.bytes[i];

        n_stars += c == '*';
        if (c != '*' && c != ' ' && c != '\r' && c != '\n' && (c < '0' || c > '9'))
            return false;
    }
    return n_stars >= STARS_MIN;
}

static bool provider_has_starttls(const struct draft *d, uint16_t port)
{
    const struct provider *provider = seen_provider(d->e);

    return provider != NULL && d->e->plan->host != NULL &&
           provider_serves(provider, d->e->plan->host, port, TLS_MODE_STARTTLS);
}

static bool is_stripped(const struct draft *d, uint16_t port)
{
    return spot_of_port(d, port, is_masked, 0).first >= 0 ||
           spot_of_port(d, port, is_starred, 0).first >= 0 ||
           spot_of_port(d, port, offers_starttls, 0).first >= 0 || provider_has_starttls(d, port);
}

void rule_mode_starttls_missing(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    struct spot elsewhere = spot_of_port(d, PORT_SMTP, offers_starttls, 0);
    struct diagnosed *f = NULL;
    struct spot s;

    for (size_t i = 0; i < plan->n_ports; i++) {
        uint16_t port = plan->ports[i];

        if (!lacks_starttls(d, port, &s) || is_stripped(d, port) || seen_clear_is_all(d->e, port))
            continue;
        f = draft_raise(d, FINDING_MODE_STARTTLS_MISSING);
        spot_because(d, f,
                     d->e->probes[s.first].helo_used ? TEXT_BECAUSE_MODE_STARTTLS_MISSING_HELO
                                                     : TEXT_BECAUSE_MODE_STARTTLS_MISSING_ABSENT,
                     &s);
    }
    if (f == NULL)
        return;
    if (elsewhere.first >= 0)
        spot_say(d, draft_because(d, f, TEXT_BECAUSE_MODE_STARTTLS_MISSING_ELSEWHERE, elsewhere.first),
                 &elsewhere);
    draft_judge(d, f);
}

static void say_stripped(struct draft *d, struct diagnosed *f, uint16_t port, const struct spot *s)
{
    struct spot masked = spot_of_port(d, port, is_masked, 0);
    struct spot starred = spot_of_port(d, port, is_starred, 0);
    struct spot offered = spot_of_port(d, port, offers_starttls, 0);

    if (masked.first >= 0)
        spot_because(d, f, TEXT_BECAUSE_MODE_STARTTLS_STRIPPED_MASKED, &masked);
    else
        spot_because(d, f, TEXT_BECAUSE_MODE_STARTTLS_STRIPPED_ABSENT, s);
    if (starred.first >= 0)
        spot_because(d, f, TEXT_BECAUSE_MODE_STARTTLS_STRIPPED_BANNER, &starred);
    if (offered.first >= 0)
        spot_because(d, f, TEXT_BECAUSE_MODE_STARTTLS_STRIPPED_ELSEWHERE, &offered);
    if (provider_has_starttls(d, port)) {
        struct because *b = draft_because(d, f, TEXT_BECAUSE_MODE_STARTTLS_STRIPPED_KNOWN, -1);

        say_word(d, b, "provider", seen_provider(d->e)->name);
        say_number(b, "port", port);
    }
}

void rule_mode_starttls_stripped(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    struct diagnosed *f = NULL;
    struct spot s;

    for (size_t i = 0; i < plan->n_ports; i++) {
        if (!lacks_starttls(d, plan->ports[i], &s) || !is_stripped(d, plan->ports[i]))
            continue;
        f = draft_raise(d, FINDING_MODE_STARTTLS_STRIPPED);
        draft_concern(d, f, plan->ports[i]);
        say_stripped(d, f, plan->ports[i], &s);
    }
    if (f != NULL)
        draft_judge(d, f);
}

/* ---- mode.plaintext-only -------------------------------------------------- */

static bool works_in_clear(const struct draft *d, const struct probe *p, int kind)
{
    (void)kind;
    return seen_clear_works(d->e, p);
}

void rule_mode_plaintext_only(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < plan->n_ports; i++) {
        uint16_t port = plan->ports[i];
        struct spot s = spot_of_port(d, port, works_in_clear, 0);

        if (s.first < 0 || !seen_counts(d->e, port) || !seen_clear_is_all(d->e, port))
            continue;
        f = draft_raise(d, FINDING_MODE_PLAINTEXT_ONLY);
        spot_because(d, f, TEXT_BECAUSE_MODE_PLAINTEXT_ONLY_CLEAR, &s);
        f->severity = SEVERITY_WARNING;
    }
    if (f != NULL && plan->user.bytes != NULL) {
        draft_because(d, f, TEXT_BECAUSE_MODE_PLAINTEXT_ONLY_NO_SIGN_IN, -1);
        f->severity = SEVERITY_CRITICAL;
    }
}

/* ---- STARTTLS is there, and goes wrong ------------------------------------ */

void rule_mode_starttls_rejected(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < plan->n_ports; i++) {
        struct spot s = spot_of_trouble(d, plan->ports[i], TROUBLE_STARTTLS_REJECTED);

        if (s.first < 0 || !seen_counts(d->e, plan->ports[i]))
            continue;
        f = draft_raise(d, FINDING_MODE_STARTTLS_REJECTED);
        say_reply(d, spot_because(d, f, TEXT_BECAUSE_MODE_STARTTLS_REJECTED_REPLY, &s),
                  &d->e->probes[s.first].reply);
    }
    if (f != NULL)
        draft_judge(d, f);
}

static bool is_injected(const struct draft *d, const struct probe *p, int kind)
{
    (void)d;
    (void)kind;
    return p->n_injected > 0;
}

void rule_mode_starttls_injection(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < plan->n_ports; i++) {
        struct spot s = spot_of_port(d, plan->ports[i], is_injected, 0);

        if (s.first < 0 || !seen_counts(d->e, plan->ports[i]))
            continue;
        f = draft_raise(d, FINDING_MODE_STARTTLS_INJECTION);
        say_number(spot_because(d, f, TEXT_BECAUSE_MODE_STARTTLS_INJECTION_BYTES, &s), "count",
                   (int64_t)d->e->probes[s.first].n_injected);
    }
    if (f != NULL)
        draft_judge(d, f);
}
