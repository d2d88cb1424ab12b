/*
 * rule_input - what is wrong with the words that were typed
 *
 * From the Plan's notes and the user's own port; the probes only confirm.
 */
#include <stdio.h>

#include "base/buf.h"
#include "diagnose/rule.h"
#include "knowledge/port.h"

enum {
    CHARACTER_TEXT_SIZE = 64,
    PORTS_TEXT_MAX = 200,
    /* One line of a finding's evidence is kept for 'and so many more'. */
    CHARACTERS_NAMED_MAX = FINDING_BECAUSE_MAX - 1,
};

/* ---- characters ----------------------------------------------------------- */

/* The usual ones by their names in the Unicode Standard; control characters by their old names. */
static const struct character_name {
    uint32_t code_point;
    const char *name;
} character_names[] = {
    { 0x0009, "TAB" },
    { 0x000A, "LINE FEED" },
    { 0x000D, "CARRIAGE RETURN" },
    { 0x0020, "SPACE" },
    { 0x00A0, "NO-BREAK SPACE" },
    { 0x00AD, "SOFT HYPHEN" },
    { 0x200B, "ZERO WIDTH SPACE" },
    { 0x200C, "ZERO WIDTH NON-JOINER" },
    { 0x200D, "ZERO WIDTH JOINER" },
    { 0x200E, "LEFT-TO-RIGHT MARK" },
    { 0x200F, "RIGHT-TO-LEFT MARK" },
    { 0x202A, "LEFT-TO-RIGHT EMBEDDING" },
    { 0x202B, "RIGHT-TO-LEFT EMBEDDING" },
    { 0x202C, "POP DIRECTIONAL FORMATTING" },
    { 0x202D, "LEFT-TO-RIGHT OVERRIDE" },
    { 0x202E, "RIGHT-TO-LEFT OVERRIDE" },
    { 0x202F, "NARROW NO-BREAK SPACE" },
    { 0x2060, "WORD JOINER" },
    { 0x3000, "IDEOGRAPHIC SPACE" },
    { 0xFEFF, "ZERO WIDTH NO-BREAK SPACE" },
};

/* "U+00A0 NO-BREAK SPACE", or "U+005F '_'", or the number alone. */
static const char *character_text(uint32_t code_point, char out[static CHARACTER_TEXT_SIZE])
{
    for (size_t i = 0; i < sizeof character_names / sizeof character_names[0]; i++) {
        if (character_names[i].code_point == code_point) {
            snprintf(out, CHARACTER_TEXT_SIZE, "U+%04X %s", (unsigned)code_point, character_names[i].name);
            return out;
        }
    }
    if (code_point > 0x20 && code_point < 0x7F)
        snprintf(out, CHARACTER_TEXT_SIZE, "U+%04X '%c'", (unsigned)code_point, (char)code_point);
    else
        snprintf(out, CHARACTER_TEXT_SIZE, "U+%04X", (unsigned)code_point);
    return out;
}

static void say_character(struct draft *d, struct diagnosed *f, enum text_id text,
                          const struct input_note *note)
{
    char character[CHARACTER_TEXT_SIZE];
    struct because *b = draft_because(d, f, text, -1);

    say_number(b, "column", (int64_t)note->column);
    say_word(d, b, "character", character_text(note->code_point, character));
}

static size_t count_notes(const struct plan *plan, enum input_flaw flaw)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->n_notes; i++)
        n += plan->notes[i].flaw == flaw;
    return n;
}

/* ---- input.whitespace ----------------------------------------------------- */

void rule_input_whitespace(struct draft *d)
{
    const struct plan *plan = d->e->plan;
    size_t total = count_notes(plan, INPUT_FLAW_WHITESPACE);
    size_t said = 0;
    struct diagnosed *f;

    if (total == 0)
        return;
    f = draft_raise(d, FINDING_INPUT_WHITESPACE);
    for (size_t i = 0; i < plan->n_notes && said < CHARACTERS_NAMED_MAX; i++) {
        if (plan->notes[i].flaw != INPUT_FLAW_WHITESPACE)
            continue;
        say_character(d, f, TEXT_BECAUSE_INPUT_WHITESPACE_CHARACTER, &plan->notes[i]);
        said++;
    }
    if (total > said)
        say_number(draft_because(d, f, TEXT_BECAUSE_INPUT_WHITESPACE_MORE, -1), "count",
                   (int64_t)(total - said));
    draft_step_word(d, f, "cleaned", draft_host(d));
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
            say_character(d, f, text, &plan->notes[i]);
        else
            draft_because(d, f, text, -1);
    }
    if (plan->host == NULL && draft_find(d, FINDING_INPUT_INVALID) == NULL) {
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
