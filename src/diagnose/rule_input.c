/*
 * rule_input - what is wrong with the words that were typed
 *
 * From the Plan's notes and the user's own port; the probes only confirm.
 */
#include "base/buf.h"
#include "diagnose/character.h"
#include "diagnose/rule.h"
#include "knowledge/port.h"

enum { PORTS_TEXT_MAX = 200 };

/* ---- input.whitespace ----------------------------------------------------- */

void rule_input_whitespace(struct draft *d)
{
    character_list(d, FINDING_INPUT_WHITESPACE, INPUT_FLAW_WHITESPACE, TEXT_BECAUSE_INPUT_WHITESPACE_CHARACTER,
                   TEXT_BECAUSE_INPUT_WHITESPACE_MORE);
}

/* ---- input.invalid -------------------------------------------------------- */

/* The text for a flaw, TEXT_NONE for one that has a finding of its own. */
static enum text_id invalid_text(enum input_flaw flaw)
{
    switch (flaw) {
    case INPUT_FLAW_WHITESPACE:
    case INPUT_FLAW_CONFUSABLE:
    case INPUT_FLAW_DECORATION:
    case INPUT_FLAW_SLIP:
        return TEXT_NONE;
    case INPUT_FLAW_EMPTY_LABEL:
        return TEXT_BECAUSE_INPUT_INVALID_EMPTY_LABEL;
    case INPUT_FLAW_LONG_LABEL:
        return TEXT_BECAUSE_INPUT_INVALID_LONG_LABEL;
    case INPUT_FLAW_LONG_NAME:
        return TEXT_BECAUSE_INPUT_INVALID_LONG_NAME;
    case INPUT_FLAW_CHARACTER:
        return TEXT_BECAUSE_INPUT_INVALID_CHARACTER;
    case INPUT_FLAW_PORT:
        return TEXT_BECAUSE_INPUT_INVALID_PORT;
    case INPUT_FLAW_EMPTY:
        return TEXT_BECAUSE_INPUT_INVALID_EMPTY;
    }
    return TEXT_NONE;
}

/* Another rule tells why there is no host. */
static bool is_explained(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_notes; i++) {
        if (plan->notes[i].flaw == INPUT_FLAW_SLIP || plan->notes[i].flaw == INPUT_FLAW_DECORATION)
            return true;
    }
    return false;
}

void rule_input_invalid(struct draft *d)
{
    const struct plan *plan = d->e->plan;

    for (size_t i = 0; i < plan->n_notes; i++) {
        enum text_id text = invalid_text(plan->notes[i].flaw);
        struct diagnosed *f;

        if (text == TEXT_NONE)
            continue;
        f = draft_raise(d, FINDING_INPUT_INVALID);
        if (plan->notes[i].flaw == INPUT_FLAW_CHARACTER)
            character_because(d, f, text, &plan->notes[i]);
        else
            draft_because(d, f, text, -1);
    }
    if (plan->host == NULL && draft_find(d, FINDING_INPUT_INVALID) == NULL && !is_explained(plan)) {
        struct diagnosed *f = draft_raise(d, FINDING_INPUT_INVALID);

        say_peer(d, draft_because(d, f, TEXT_BECAUSE_INPUT_INVALID_UNUSABLE, -1), "input", plan->input);
    }
}

/* ---- input.wrong-port ----------------------------------------------------- */

/* "465, 587": what the provider serves on this host. */
static void say_served_ports(struct draft *d, struct because *b)
{
    const struct provider *provider = seen_provider(d->e);
    struct port_set ports = { .n = 0 };
    struct buf text;

    buf_init(&text, PORTS_TEXT_MAX);
    for (size_t i = 0; i < provider->n_hosts; i++) {
        if (seen_provider_port(d->e, provider->hosts[i].port) && provider->hosts[i].port != PORT_SMTP)
            port_set_add(&ports, provider->hosts[i].port);
    }
    for (size_t i = 0; i < ports.n; i++)
        buf_printf(&text, "%s%u", i == 0 ? "" : ", ", (unsigned)ports.ports[i]);
    say_word(d, b, "ports", buf_borrow(&text));
    buf_done(&text);
}

static struct because *wrong_port(struct draft *d, uint16_t port, enum text_id text)
{
    struct diagnosed *f = draft_raise(d, FINDING_INPUT_WRONG_PORT);
    struct because *b = draft_because(d, f, text, -1);

    draft_concern(d, f, port);
    say_number(b, "port", port);
    return b;
}

/* A submission port of the host where a sign-in is offered, 0 for none. */
static uint16_t port_with_auth(const struct evidence *e)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        if (e->probes[i].port != PORT_SMTP && seen_encrypted(&e->probes[i]) && e->probes[i].n_auth > 0)
            return e->probes[i].port;
    }
    return 0;
}

/* Port 25 could be spoken to, and offered no sign-in in any way. */
static bool lacks_auth(const struct evidence *e, uint16_t port)
{
    bool spoken = false;

    if (seen_stops_early(e))
        return false;
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (p->port != port || !(seen_encrypted(p) || seen_clear_ehlo(e, p)))
            continue;
        if (p->n_auth > 0)
            return false;
        spoken = true;
    }
    return spoken;
}

static void judge_port_25(struct draft *d)
{
    uint16_t other = port_with_auth(d->e);
    struct because *b;

    if (other == 0 || !lacks_auth(d->e, PORT_SMTP))
        return;
    b = wrong_port(d, PORT_SMTP, TEXT_BECAUSE_INPUT_WRONG_PORT_NO_AUTH);
    say_word(d, b, "host", draft_host(d));
    say_number(b, "other", other);
}

static void judge_asked_port(struct draft *d, uint16_t port)
{
    const struct port_service *service = port_service(port);
    struct because *b;

    if (port == PORT_SMTP) {
        judge_port_25(d);
        return;
    }
    if (seen_setting_works(d->e, port) || seen_port_encrypted(d->e, port))
        return;
    if (service != NULL) {
        b = wrong_port(d, port, TEXT_BECAUSE_INPUT_WRONG_PORT_OTHER_SERVICE);
        say_text(b, "service", service->what);
    } else if (seen_known_host(d->e) && !seen_provider_port(d->e, port)) {
        b = wrong_port(d, port, TEXT_BECAUSE_INPUT_WRONG_PORT_NOT_SERVED);
        say_word(d, b, "provider", seen_provider(d->e)->name);
        say_served_ports(d, b);
    }
}

void rule_input_wrong_port(struct draft *d)
{
    const struct plan *plan = d->e->plan;

    for (size_t i = 0; i < plan->n_asked_ports; i++)
        judge_asked_port(d, plan->asked_ports[i]);
}
