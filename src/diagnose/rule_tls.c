/*
 * rule_tls - handshakes that fail
 *
 * Quotes the alert or the library; finer reasons have rules of their own.
 */
#include "diagnose/rule.h"
#include "diagnose/whole.h"

static enum text_id handshake_text(const struct probe *p)
{
    if (p->fault == FAULT_PLAIN_EXPECTED || p->fault == FAULT_NOT_SMTP)
        return TEXT_BECAUSE_TLS_HANDSHAKE_FAILED_CLEAR;
    if (p->tls_alert_received)
        return TEXT_BECAUSE_TLS_HANDSHAKE_FAILED_ALERT;
    return p->fault == FAULT_TLS ? TEXT_BECAUSE_TLS_HANDSHAKE_FAILED_ERROR
                                 : TEXT_BECAUSE_TLS_HANDSHAKE_FAILED_CUT;
}

static const char *error_words(const struct probe *p)
{
    if (p->error_text != NULL)
        return p->error_text;
    return p->error_code != NULL ? p->error_code : fault_word(p->fault);
}

void rule_tls_handshake_failed(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < plan->n_ports; i++) {
        struct spot s = spot_of_trouble(d, plan->ports[i], TROUBLE_TLS);
        const struct probe *p;
        struct because *b;

        if (s.first < 0 || !seen_counts(d->e, plan->ports[i]))
            continue;
        p = &d->e->probes[s.first];
        f = draft_raise(d, FINDING_TLS_HANDSHAKE_FAILED);
        b = spot_because(d, f, handshake_text(p), &s);
        say_number(b, "alert", (int64_t)p->tls_alert);
        say_word(d, b, "error", error_words(p));
    }
    if (f != NULL)
        draft_judge(d, f);
}
