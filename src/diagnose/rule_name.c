/*
 * rule_name - the name that was typed, beside the one that was probably meant
 *
 * What the Plan says of the name is judged by what was seen there: a name that
 * is close to a known server's and is a mail server by itself is no mistake.
 */
#include <string.h>

#include "diagnose/character.h"
#include "diagnose/rule.h"
#include "diagnose/spot.h"

/* Nobody has said that the name does not exist. */
static const double SURE_OF_SLIP = 0.9;

/* ---- what was seen there -------------------------------------------------------- */

/* It speaks SMTP, and shows a certificate for its own name that somebody else has signed. */
static bool is_mail_host(const struct draft *d, const struct probe *p, int kind)
{
    const struct chain *c = p->chain >= 0 && (size_t)p->chain < d->e->n_chains ? &d->e->chains[p->chain] : NULL;

    (void)kind;
    return p->role == ROLE_TARGET && c != NULL && p->greeting_ms >= 0 && c->name_matches && !c->leaf_self_signed;
}

static struct spot spot_of_mail_host(const struct draft *d)
{
    struct spot s;

    spot_init(&s);
    for (size_t i = 0; i < d->e->n_probes; i++) {
        if (is_mail_host(d, &d->e->probes[i], 0))
            spot_add(&s, d->e, (int)i);
    }
    return s;
}

static bool is_denied(const struct evidence *e)
{
    const struct name_view *name = evidence_target_name(e);

    for (size_t i = 0; name != NULL && i < name->n_queries; i++) {
        if (name->queries[i].outcome == DNS_NXDOMAIN)
            return true;
    }
    return name != NULL && name->system == DNS_NXDOMAIN;
}

static bool was_tried(const struct evidence *e)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        if (seen_tells(e, &e->probes[i]))
            return true;
    }
    return false;
}

static bool takes_sign_in(const struct evidence *e)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        if (e->probes[i].port != PORT_SMTP && seen_usable(e, &e->probes[i]))
            return true;
    }
    return false;
}

/* ---- slips ----------------------------------------------------------------------- */

static enum text_id slip_text(enum name_slip slip)
{
    switch (slip) {
    case SLIP_NONE:
        return TEXT_NONE;
    case SLIP_LETTER:
        return TEXT_SLIP_LETTER;
    case SLIP_MISSING:
        return TEXT_SLIP_MISSING;
    case SLIP_EXTRA:
        return TEXT_SLIP_EXTRA;
    case SLIP_EXCHANGED:
        return TEXT_SLIP_EXCHANGED;
    case SLIP_LABELS:
        return TEXT_SLIP_LABELS;
    case SLIP_DOT:
        return TEXT_SLIP_DOT;
    case SLIP_ENDING:
        return TEXT_SLIP_ENDING;
    case SLIP_SEVERAL:
        return TEXT_SLIP_SEVERAL;
    }
    return TEXT_NONE;
}

static struct because *say_near(struct draft *d, struct diagnosed *f, enum text_id text)
{
    const struct plan *plan = d->e->plan;
    struct because *b = draft_because(d, f, text, -1);

    say_peer(d, b, "input", plan->input);
    say_word(d, b, "known", plan->slip_of);
    say_text(b, "slip", slip_text(plan->slip));
    return b;
}

static void say_places(struct draft *d, struct diagnosed *f)
{
    const struct plan *plan = d->e->plan;

    for (size_t i = 0; i < plan->n_notes; i++) {
        if (plan->notes[i].flaw == INPUT_FLAW_SLIP && plan->notes[i].code_point != 0)
            character_because(d, f, TEXT_BECAUSE_INPUT_TYPO_PLACE, &plan->notes[i]);
    }
}

static bool has_slip(const struct plan *plan)
{
    return plan->slip != SLIP_NONE && plan->slip_of != NULL && plan->suggestion != NULL;
}

void rule_input_typo(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    bool denied = is_denied(d->e);
    struct diagnosed *f;

    if (!has_slip(plan) || spot_of_mail_host(d).first >= 0)
        return;
    /* Whoever stopped the check has not let it find out. */
    if (d->e->interrupted && plan->host != NULL && !denied)
        return;
    f = draft_raise(d, FINDING_INPUT_TYPO);
    /* A mail domain may be one that is not listed, and nobody has denied it. */
    f->confidence = denied || (plan->host == NULL && !plan->slip_in_address) ? 1 : SURE_OF_SLIP;
    say_near(d, f, plan->slip_in_address ? TEXT_BECAUSE_INPUT_TYPO_ADDRESS : TEXT_BECAUSE_INPUT_TYPO_NEAR);
    say_places(d, f);
    if (was_tried(d->e))
        say_word(d, draft_because(d, f, TEXT_BECAUSE_INPUT_TYPO_NO_SERVER, -1), "host", draft_host(d));
}

/* smtp1 and smtp2 beside smtp: machines of one provider in a row. */
static bool differs_in_number(const char *name, const char *other)
{
    static const char digits[] = "0123456789";
    size_t from = strcspn(name, digits);

    if (strncmp(name, other, from) != 0)
        return false;
    name += from + strspn(name + from, digits);
    other += from + strspn(other + from, digits);
    return *name == '.' && strcmp(name, other) == 0;
}

void rule_input_look_alike(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    const struct provider *provider = has_slip(plan) ? provider_by_host(plan->slip_of) : NULL;
    struct spot s = spot_of_mail_host(d);
    struct diagnosed *f;

    if (provider == NULL || s.first < 0 || differs_in_number(plan->host, plan->slip_of))
        return;
    f = draft_raise(d, FINDING_INPUT_LOOK_ALIKE);
    f->severity = SEVERITY_WARNING;
    say_word(d, say_near(d, f, TEXT_BECAUSE_INPUT_LOOK_ALIKE_NEAR), "provider", provider->name);
    say_word(d, spot_because(d, f, TEXT_BECAUSE_INPUT_LOOK_ALIKE_WORKS, &s), "provider", provider->name);
}

/* ---- characters and what surrounds the name ---------------------------------------- */

void rule_input_confusable(struct draft *d)
{
    character_list(d, FINDING_INPUT_CONFUSABLE, INPUT_FLAW_CONFUSABLE, TEXT_BECAUSE_INPUT_CONFUSABLE_CHARACTER,
                   TEXT_BECAUSE_INPUT_CONFUSABLE_MORE);
}

/* The characters of the note, as they were typed. */
static struct peer_text noted_text(const struct plan *plan, const struct input_note *note)
{
    struct peer_text rest = plan->input;
    struct peer_text part;
    uint32_t character;
    size_t len;
    bool printable;

    for (size_t column = 1; column < note->column; column++)
        peer_text_next(&rest, &character, &len, &printable);
    part = rest;
    for (size_t i = 0; i < note->span; i++)
        peer_text_next(&rest, &character, &len, &printable);
    part.len -= rest.len;
    return part;
}

void rule_input_not_a_hostname(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < plan->n_notes; i++) {
        struct because *b;

        if (plan->notes[i].flaw != INPUT_FLAW_DECORATION)
            continue;
        f = draft_raise(d, FINDING_INPUT_NOT_A_HOSTNAME);
        b = draft_because(d, f, TEXT_BECAUSE_INPUT_NOT_A_HOSTNAME_PART, -1);
        say_peer(d, b, "part", noted_text(plan, &plan->notes[i]));
        say_number(b, "column", (int64_t)plan->notes[i].column);
    }
    if (f == NULL)
        return;
    /* A program takes the content of its box as it stands; elsewhere the name is found in it. */
    f->severity = plan->is_setting ? SEVERITY_CRITICAL : SEVERITY_WARNING;
    if (plan->host != NULL)
        say_word(d, draft_because(d, f, TEXT_BECAUSE_INPUT_NOT_A_HOSTNAME_RECOVERED, -1), "host", draft_host(d));
}

/* ---- a server for something else --------------------------------------------------- */

static enum text_id role_text(enum host_role role)
{
    switch (role) {
    case HOST_ROLE_NONE:
        return TEXT_NONE;
    case HOST_ROLE_IMAP:
        return TEXT_ROLE_IMAP;
    case HOST_ROLE_POP:
        return TEXT_ROLE_POP;
    case HOST_ROLE_WEB:
        return TEXT_ROLE_WEB;
    case HOST_ROLE_MX:
        return TEXT_ROLE_MX;
    case HOST_ROLE_DOMAIN:
        return TEXT_ROLE_DOMAIN;
    }
    return TEXT_NONE;
}

void rule_input_wrong_server(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    const struct provider *provider = plan->suggestion == NULL ? NULL : provider_by_host(plan->suggestion);
    struct diagnosed *f;
    struct because *b;

    /* Lists grow old: where a client can sign in, mail can be sent. */
    if (plan->host_role == HOST_ROLE_NONE || provider == NULL || takes_sign_in(d->e))
        return;
    f = draft_raise(d, FINDING_INPUT_WRONG_SERVER);
    b = draft_because(d, f, TEXT_BECAUSE_INPUT_WRONG_SERVER_ROLE, -1);
    say_word(d, b, "host", draft_host(d));
    say_text(b, "role", role_text(plan->host_role));
    say_word(d, b, "provider", provider->name);
    say_word(d, b, "right", plan->suggestion);
}
