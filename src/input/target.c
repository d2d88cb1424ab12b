/*
 * target - what was typed as the server to test -> the Plan's host, port and mode
 *
 * Reads into a value of its own and hands it to the Plan at the end, so that a
 * refused target leaves no trace.
 */
#include "input/target.h"

#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "input/hostname.h"
#include "input/hygiene.h"
#include "knowledge/provider.h"

struct target {
    struct arena *arena;
    const char *typed;
    struct hygiene text;
    struct input_notes notes;
    const char *host;
    bool host_is_address;
    struct address address;
    const char *provider;
    bool odd_width;
    bool port_typed; /* though it may be a bad one */
    bool has_port;
    uint16_t port;
    bool has_tls;
    enum tls_mode tls;
};

static const struct scheme {
    const char *name;
    uint16_t port;
    enum tls_mode tls;
} schemes[] = {
    { "smtp", 587, TLS_MODE_STARTTLS },
    { "smtps", 465, TLS_MODE_IMPLICIT },
    { "submission", 587, TLS_MODE_STARTTLS },
};

static void note(struct target *t, enum input_flaw flaw, size_t at, uint32_t code_point)
{
    input_notes_add(&t->notes, t->arena, flaw, t->text.columns[at], code_point);
}

static void note_character(struct target *t, size_t at)
{
    note(t, INPUT_FLAW_CHARACTER, at, (unsigned char)t->text.cleaned[at]);
}

/* A part of the cleaned text as a string of its own; NULL when memory is short. */
static char *part(struct target *t, size_t from, size_t to)
{
    return arena_printf(t->arena, "%.*s", (int)(to - from), t->text.cleaned + from);
}

static enum input_result take_address(struct target *t, const struct address *a)
{
    char text[ADDRESS_TEXT_SIZE];

    t->host_is_address = true;
    t->address = *a;
    t->host = arena_strdup(t->arena, address_format(a, text));
    return t->host == NULL ? INPUT_NO_MEMORY : INPUT_OK;
}

static enum input_result read_host(struct target *t, size_t from, size_t to)
{
    struct hostname name;
    struct address a;
    enum input_result result;
    const struct provider *provider;

    if (from == to) {
        input_notes_add(&t->notes, t->arena, INPUT_FLAW_EMPTY, 0, 0);
        return INPUT_OK;
    }
    result = hostname_read(&name, &t->notes, t->arena, &t->text, from, to);
    if (result != INPUT_OK || name.text == NULL)
        return result;
    t->odd_width = name.odd_width;
    if (address_parse(&a, name.text))
        return take_address(t, &a);
    provider = provider_by_host(name.text);
    t->host = name.text;
    t->provider = provider == NULL ? NULL : provider->id;
    return INPUT_OK;
}

static enum input_result read_port(struct target *t, size_t from, size_t to)
{
    const char *digits = part(t, from, to);

    if (digits == NULL)
        return INPUT_NO_MEMORY;
    t->port_typed = true;
    t->has_port = port_parse(&t->port, digits);
    if (!t->has_port)
        note(t, INPUT_FLAW_PORT, from, 0);
    return INPUT_OK;
}

/* "[2001:db8::1]" and "[2001:db8::1]:587" */
static enum input_result read_bracketed(struct target *t, size_t from, size_t to)
{
    const char *close = memchr(t->text.cleaned + from, ']', to - from);
    size_t at = close == NULL ? from : (size_t)(close - t->text.cleaned);
    const char *inside = part(t, from + 1, at > from ? at : from + 1);
    enum input_result result;
    struct address a;

    if (inside == NULL)
        return INPUT_NO_MEMORY;
    if (!address_parse(&a, inside) || a.family != FAMILY_IPV6) {
        note_character(t, from);
        return INPUT_OK;
    }
    at++;
    if (at < to && t->text.cleaned[at] != ':') {
        note_character(t, at);
        return INPUT_OK;
    }
    result = take_address(t, &a);
    if (result != INPUT_OK || at == to)
        return result;
    return read_port(t, at + 1, to);
}

/* A host or an address, with or without a port. */
static enum input_result read_endpoint(struct target *t, size_t from, size_t to)
{
    const char *whole = part(t, from, to);
    const char *colon = memrchr(t->text.cleaned + from, ':', to - from);
    size_t end = colon == NULL ? to : (size_t)(colon - t->text.cleaned);
    enum input_result result;
    struct address a;

    if (whole == NULL)
        return INPUT_NO_MEMORY;
    if (whole[0] == '[')
        return read_bracketed(t, from, to);
    if (address_parse(&a, whole))
        return take_address(t, &a);
    result = read_host(t, from, end);
    if (result != INPUT_OK || colon == NULL)
        return result;
    return read_port(t, end + 1, to);
}

static const struct scheme *find_scheme(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (strlen(schemes[i].name) == len && strncasecmp(schemes[i].name, text, len) == 0)
            return &schemes[i];
    }
    return NULL;
}

/*
 * smtp:// with the port of implicit TLS is in use for that as well: there it
 * asks for no mode.
 */
static void apply_scheme(struct target *t, const struct scheme *scheme)
{
    if (!t->port_typed) {
        t->has_port = true;
        t->port = scheme->port;
    }
    t->has_tls = scheme->tls == TLS_MODE_IMPLICIT || !t->has_port || plan_usual_mode(t->port) == scheme->tls;
    t->tls = scheme->tls;
}

static enum input_result read_url(struct target *t, size_t colon, struct usage *error)
{
    const struct scheme *scheme = find_scheme(t->text.cleaned, colon);
    size_t from = colon + strlen("://");
    size_t to = t->text.len;
    enum input_result result;

    /* Before anything of it is kept: the part in front of the @ may hold a password. */
    if (strchr(t->text.cleaned + from, '@') != NULL)
        return usage_set(error, TEXT_USAGE_TARGET_USER);
    if (scheme == NULL) {
        note_character(t, colon);
        return INPUT_OK;
    }
    if (to > from && t->text.cleaned[to - 1] == '/')
        to--;
    result = read_endpoint(t, from, to);
    if (result == INPUT_OK)
        apply_scheme(t, scheme);
    return result;
}

static enum input_result take_provider(struct target *t, const struct provider *provider)
{
    t->provider = provider->id;
    t->host = provider->hosts[0].host;
    return INPUT_OK;
}

static enum input_result read_mail_address(struct target *t, size_t at, struct usage *error)
{
    struct hostname domain;
    const struct provider *provider;
    enum input_result result;

    if (at == 0) {
        note_character(t, at);
        return INPUT_OK;
    }
    result = hostname_read(&domain, &t->notes, t->arena, &t->text, at + 1, t->text.len);
    if (result != INPUT_OK || domain.text == NULL)
        return result;
    t->odd_width = domain.odd_width;
    provider = provider_by_mail_domain(domain.text);
    if (provider != NULL)
        return take_provider(t, provider);
    usage_set(error, TEXT_USAGE_MAIL_DOMAIN);
    usage_peer(error, "value", t->typed);
    usage_word(error, "domain", domain.text);
    return INPUT_USAGE;
}

static const struct provider *provider_by_typed_id(const char *text)
{
    for (size_t i = 0; i < provider_total(); i++) {
        if (strcasecmp(provider_at(i)->id, text) == 0)
            return provider_at(i);
    }
    return NULL;
}

static enum input_result read_text(struct target *t, struct usage *error)
{
    const char *text = t->text.cleaned;
    const char *scheme = strstr(text, "://");
    const char *at = strrchr(text, '@');
    const struct provider *provider = provider_by_typed_id(text);

    if (!t->text.is_text)
        return INPUT_OK;
    if (provider != NULL)
        return take_provider(t, provider);
    if (scheme != NULL)
        return read_url(t, (size_t)(scheme - text), error);
    if (at != NULL)
        return read_mail_address(t, (size_t)(at - text), error);
    return read_endpoint(t, 0, t->text.len);
}

bool target_ask_port(struct plan *p, uint16_t port)
{
    uint16_t *slot;

    if (plan_asks_port(p, port))
        return true;
    slot = ARENA_APPEND(p->arena, p->asked_ports, p->n_asked_ports, TARGET_PORTS_MAX);
    if (slot == NULL)
        return false;
    *slot = port;
    return true;
}

static enum input_result give_to_plan(struct target *t, struct plan *p, struct usage *error)
{
    struct peer_text input = arena_peer_text(p->arena, peer_text_of(t->typed), PLAN_INPUT_MAX);

    if (arena_failed(p->arena))
        return INPUT_NO_MEMORY;
    if (t->has_port && !target_ask_port(p, t->port)) {
        usage_set(error, TEXT_USAGE_TOO_MANY);
        usage_word(error, "option", "port");
        usage_number(error, "number", TARGET_PORTS_MAX);
        return arena_failed(p->arena) ? INPUT_NO_MEMORY : INPUT_USAGE;
    }
    p->input = input;
    p->host = t->host;
    p->host_is_address = t->host_is_address;
    p->host_address = t->address;
    p->provider = t->provider;
    if (t->text.n_blanks > 0 || t->odd_width)
        p->suggestion = t->host;
    p->notes = t->notes.notes;
    p->n_notes = t->notes.n;
    if (t->has_tls && !p->tls_asked) {
        p->tls_asked = true;
        p->tls = t->tls;
    }
    return INPUT_OK;
}

enum input_result target_read(struct plan *p, const char *typed, struct usage *error)
{
    struct target t = { .arena = p->arena, .typed = typed };
    struct peer_text bytes = peer_text_of(typed);
    enum input_result result = INPUT_OK;

    if (p->input.bytes != NULL)
        return usage_set(error, TEXT_USAGE_TARGET_TWICE);
    if (bytes.len > PLAN_INPUT_MAX)
        input_notes_add(&t.notes, t.arena, INPUT_FLAW_LONG_NAME, 0, 0);
    else if (!hygiene_clean(&t.text, &t.notes, t.arena, bytes))
        result = INPUT_NO_MEMORY;
    else
        result = read_text(&t, error);
    if (result == INPUT_OK)
        result = give_to_plan(&t, p, error);
    return result;
}

void target_default(struct plan *p)
{
    const struct provider *gmail = provider_by_id("gmail");

    p->provider = gmail->id;
    p->host = gmail->hosts[0].host;
}
