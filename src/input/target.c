/*
 * target - what was typed as the server to test -> the Plan's host, port and mode
 *
 * Reads into a value of its own and hands it to the Plan at the end, so that a
 * refused target leaves no trace.
 */
#include "input/target.h"

#include <string.h>
#include <strings.h>

#include <unistr.h>

#include "base/address.h"
#include "input/confusable.h"
#include "input/hostname.h"
#include "input/hygiene.h"
#include "input/slip.h"
#include "knowledge/known_host.h"
#include "knowledge/provider.h"

struct target {
    struct arena *arena;
    const char *typed;
    bool is_setting; /* a name alone is right: whatever else a target may be is more than that */
    struct hygiene text;
    struct input_notes notes;
    const char *host;
    bool host_is_address;
    struct address address;
    const char *provider;
    bool stood_in;  /* other characters stood in for ASCII ones */
    bool decorated; /* what is no part of a name was taken away */
    const char *meant; /* another host than this one */
    struct slip slip;
    bool slip_in_address; /* behind the @ of a mail address */
    enum host_role role;
    bool port_typed; /* though it may be a bad one */
    bool has_port;
    uint16_t port;
    bool has_tls;
    enum tls_mode tls;
};

enum scheme_kind {
    SCHEME_OF_TARGETS, /* a legal form of a target */
    SCHEME_OF_TLS,     /* as some programs write a server and how to talk to it */
};

static const struct scheme {
    const char *name;
    enum scheme_kind kind;
    uint16_t port; /* 0: it says nothing of it */
    bool has_tls;
    enum tls_mode tls;
} schemes[] = {
    { "smtp", SCHEME_OF_TARGETS, 587, true, TLS_MODE_STARTTLS },
    { "smtps", SCHEME_OF_TARGETS, 465, true, TLS_MODE_IMPLICIT },
    { "submission", SCHEME_OF_TARGETS, 587, true, TLS_MODE_STARTTLS },
    { "ssl", SCHEME_OF_TLS, 465, true, TLS_MODE_IMPLICIT },
    { "tls", SCHEME_OF_TLS, 0, false, TLS_MODE_NONE }, /* programs do not agree on what it is */
};

static void note(struct target *t, enum input_flaw flaw, size_t at, uint32_t code_point)
{
    input_notes_add(&t->notes, t->arena, flaw, t->text.columns[at], code_point);
}

static void note_character(struct target *t, size_t at)
{
    note(t, INPUT_FLAW_CHARACTER, at, (unsigned char)t->text.cleaned[at]);
}

static ucs4_t character_at(const struct target *t, size_t at, size_t *ret_len)
{
    ucs4_t c = 0;
    int n = u8_mbtoucr(&c, (const uint8_t *)t->text.cleaned + at, t->text.len - at);

    *ret_len = n > 0 ? (size_t)n : 1;
    return c;
}

/* What stands there is no part of a host name, and is left out of what is read. */
static void note_decoration(struct target *t, size_t from, size_t to)
{
    size_t len;

    t->decorated = true;
    input_notes_add_span(&t->notes, t->arena, INPUT_FLAW_DECORATION, t->text.columns[from],
                         (size_t)(t->text.columns[to] - t->text.columns[from]), character_at(t, from, &len));
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

/* ---- which server was meant ---------------------------------------------------- */

/* Behind the @ of a provider's mail addresses stands this very domain. */
static const struct provider *provider_with_domain(const char *domain)
{
    const struct provider *p = provider_by_mail_domain(domain);

    for (size_t i = 0; p != NULL && i < p->n_domains; i++) {
        if (strcmp(p->domains[i], domain) == 0)
            return p;
    }
    return NULL;
}

/* What the host is there for, where it is known not to be for sending; and which one is. */
static void find_role(struct target *t)
{
    const struct other_host *other = other_host_find(t->host);
    const struct provider *provider = known_host_is(t->host) ? NULL : provider_with_domain(t->host);

    if (other != NULL) {
        t->role = other->role;
        t->meant = other->right;
    } else if (provider != NULL && provider_main_host(provider) != NULL) {
        t->role = HOST_ROLE_DOMAIN;
        t->meant = provider_main_host(provider);
    }
}

/* A part of the cleaned text in ASCII, as far as it looks like that, and where each character was. */
struct folded {
    char text[HOSTNAME_MAX + 1];
    size_t at[HOSTNAME_MAX + 1];
    size_t len;
};

static bool fold(struct folded *ret, const struct target *t, size_t from, size_t to)
{
    *ret = (struct folded){ .len = 0 };
    for (size_t n; from < to; from += n) {
        ucs4_t c = character_at(t, from, &n);
        char ascii = c < 0x80 ? (char)c : confusable_ascii(c);

        if (ret->len == HOSTNAME_MAX)
            return false;
        ret->at[ret->len] = from;
        ret->text[ret->len++] = ascii >= 'A' && ascii <= 'Z' ? (char)(ascii - 'A' + 'a') : ascii == 0 ? '?' : ascii;
    }
    ret->at[ret->len] = to;
    if (ret->len > 0 && ret->text[ret->len - 1] == '.')
        ret->text[--ret->len] = '\0';
    return true;
}

/* What kept it from being a name was the slip: a comma in place of a dot. */
static bool slips_for_flaws(struct target *t, size_t first)
{
    bool any = false;

    for (size_t i = first; i < t->notes.n; i++) {
        if (t->notes.notes[i].flaw == INPUT_FLAW_CHARACTER) {
            t->notes.notes[i].flaw = INPUT_FLAW_SLIP;
            any = true;
        }
    }
    return any;
}

typedef bool (*slip_finder)(struct slip *ret, const char *name);

/* Looks for a known name close to what was typed; first: the first note about it. */
static bool find_slip(struct target *t, slip_finder find, size_t from, size_t to, size_t first)
{
    struct folded f;
    size_t at, end, len;

    if (!fold(&f, t, from, to) || !find(&t->slip, f.text))
        return false;
    t->meant = t->slip.meant;
    if (slips_for_flaws(t, first))
        return true;
    at = f.at[t->slip.at];
    end = f.at[t->slip.at + (t->slip.n > 0 ? t->slip.n : t->slip.at < f.len)];
    input_notes_add_span(&t->notes, t->arena, INPUT_FLAW_SLIP, t->text.columns[at],
                         end > at ? (size_t)(t->text.columns[end] - t->text.columns[at]) : 1,
                         end > at ? character_at(t, at, &len) : 0);
    return true;
}

static enum input_result read_host(struct target *t, size_t from, size_t to)
{
    struct hostname name;
    struct address a;
    enum input_result result;
    const struct provider *provider;
    size_t first = t->notes.n;

    if (from == to) {
        input_notes_add(&t->notes, t->arena, INPUT_FLAW_EMPTY, 0, 0);
        return INPUT_OK;
    }
    result = hostname_read(&name, &t->notes, t->arena, &t->text, from, to);
    if (result != INPUT_OK)
        return result;
    t->stood_in = t->stood_in || name.stood_in;
    if (name.text == NULL) {
        find_slip(t, slip_find, from, to, first);
        return INPUT_OK;
    }
    if (address_parse(&a, name.text))
        return take_address(t, &a);
    provider = provider_by_host(name.text);
    t->host = name.text;
    t->provider = provider == NULL ? NULL : provider->id;
    find_role(t);
    if (t->role == HOST_ROLE_NONE)
        find_slip(t, slip_find, from, to, t->notes.n);
    return INPUT_OK;
}

/* from: of its colon */
static enum input_result read_port(struct target *t, size_t from, size_t to)
{
    const char *digits = part(t, from + 1, to);

    if (digits == NULL)
        return INPUT_NO_MEMORY;
    t->port_typed = true;
    t->has_port = port_parse(&t->port, digits);
    if (!t->has_port)
        note(t, INPUT_FLAW_PORT, from + 1, 0);
    if (t->is_setting)
        note_decoration(t, from, to);
    return INPUT_OK;
}

/* "[2001:db8::1]" and "[2001:db8::1]:587"; around anything else brackets do not belong. */
static enum input_result read_bracketed(struct target *t, size_t from, size_t to)
{
    const char *close = memchr(t->text.cleaned + from, ']', to - from);
    size_t at = close == NULL ? from : (size_t)(close - t->text.cleaned);
    const char *inside = part(t, from + 1, at > from ? at : from + 1);
    enum input_result result;
    struct address a;
    bool is_ipv6;

    if (inside == NULL)
        return INPUT_NO_MEMORY;
    is_ipv6 = address_parse(&a, inside) && a.family == FAMILY_IPV6;
    if (inside[0] == '\0') {
        note_character(t, from);
        return INPUT_OK;
    }
    if (at + 1 < to && t->text.cleaned[at + 1] != ':') {
        note_character(t, at + 1);
        return INPUT_OK;
    }
    if (!is_ipv6 || t->is_setting) {
        note_decoration(t, from, from + 1);
        note_decoration(t, at, at + 1);
    }
    result = is_ipv6 ? take_address(t, &a) : read_host(t, from + 1, at);
    if (result != INPUT_OK || at + 1 == to)
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
    return read_port(t, end, to);
}

/* ---- what surrounds a name ------------------------------------------------------ */

/* A path, a query: what stands behind the host of a URL. Gives where it begins. */
static size_t path_of(const struct target *t, size_t from, size_t to)
{
    size_t len = strcspn(t->text.cleaned + from, "/?#\\");

    return from + len < to ? from + len : to;
}

static enum input_result read_with_path(struct target *t, size_t from, size_t to, bool slash_is_fine)
{
    size_t end = path_of(t, from, to);
    enum input_result result = read_endpoint(t, from, end);

    if (result == INPUT_OK && end < to && !(slash_is_fine && to - end == 1 && t->text.cleaned[end] == '/'))
        note_decoration(t, end, to);
    return result;
}

static const struct scheme *find_scheme(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (strlen(schemes[i].name) == len && strncasecmp(schemes[i].name, text, len) == 0)
            return &schemes[i];
    }
    return NULL;
}

/* Whether a scheme of that name could be (RFC 3986 section 3.1). */
static bool is_scheme(const char *text, size_t len)
{
    return len > 0 && ((text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z') &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") >= len;
}

/*
 * smtp:// with the port of implicit TLS is in use for that as well: there it
 * asks for no mode.
 */
static void apply_scheme(struct target *t, const struct scheme *scheme)
{
    if (!t->port_typed && scheme->port != 0) {
        t->has_port = true;
        t->port = scheme->port;
    }
    t->has_tls = scheme->has_tls && (scheme->tls == TLS_MODE_IMPLICIT || !t->has_port ||
                                     plan_usual_mode(t->port) == scheme->tls);
    t->tls = scheme->tls;
}

static enum input_result read_url(struct target *t, size_t begin, size_t colon, size_t to, struct usage *error)
{
    const struct scheme *scheme = find_scheme(t->text.cleaned + begin, colon - begin);
    bool is_target = scheme != NULL && scheme->kind == SCHEME_OF_TARGETS && !t->is_setting;
    size_t from = colon + strlen("://");
    enum input_result result;

    /* Before anything of it is kept: the part in front of the @ may hold a password. */
    if (strchr(t->text.cleaned + from, '@') != NULL)
        return usage_set(error, TEXT_USAGE_TARGET_USER);
    if (!is_scheme(t->text.cleaned + begin, colon - begin)) {
        note_character(t, colon);
        return INPUT_OK;
    }
    if (!is_target)
        note_decoration(t, begin, from < to ? from : to);
    result = read_with_path(t, from < to ? from : to, to, is_target);
    if (result == INPUT_OK && scheme != NULL)
        apply_scheme(t, scheme);
    return result;
}

static enum input_result take_provider(struct target *t, const struct provider *provider)
{
    t->provider = provider->id;
    t->host = provider->hosts[0].host;
    return INPUT_OK;
}

static enum input_result read_mail_address(struct target *t, size_t from, size_t at, size_t to,
                                           struct usage *error)
{
    struct hostname domain;
    const struct provider *provider;
    enum input_result result;
    size_t first = t->notes.n;

    if (at == from) {
        note_character(t, at);
        return INPUT_OK;
    }
    result = hostname_read(&domain, &t->notes, t->arena, &t->text, at + 1, to);
    if (result != INPUT_OK)
        return result;
    t->stood_in = t->stood_in || domain.stood_in;
    if (domain.text != NULL && t->is_setting)
        note_decoration(t, from, at + 1);
    provider = domain.text == NULL ? NULL : provider_by_mail_domain(domain.text);
    if (provider != NULL)
        return take_provider(t, provider);
    t->slip_in_address = find_slip(t, slip_find_domain, at + 1, to, first);
    if (t->slip_in_address || domain.text == NULL || t->is_setting)
        return INPUT_OK;
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

/* Quotation marks, brackets and what else surrounds a name that was copied from a text. */
static bool is_surrounding(ucs4_t c)
{
    static const ucs4_t others[] = {
        0xab, 0xb4, 0xbb, 0x2018, 0x2019, 0x201a, 0x201c, 0x201d, 0x201e, 0x2039, 0x203a, 0x3008, 0x3009,
        0x300a, 0x300b, 0x300c, 0x300d, 0x300e, 0x300f, 0x3010, 0x3011, 0x3014, 0x3015, 0xff02, 0xff07, 0xff08,
        0xff09, 0xff1c, 0xff1e, 0xff3b, 0xff3d, 0xff5b, 0xff5d, 0xff62, 0xff63,
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i] == c)
            return true;
    }
    return c > 0 && c < 0x80 && strchr("\"'`<>(){}", (int)c) != NULL;
}

/* The character in front of `to`: where it begins. */
static size_t last_character(const struct target *t, size_t from, size_t to)
{
    do
        to--;
    while (to > from && ((unsigned char)t->text.cleaned[to] & 0xc0) == 0x80);
    return to;
}

static void strip_front(struct target *t, size_t *from, size_t to)
{
    size_t begin = *from;

    for (size_t n; *from < to; *from += n) {
        ucs4_t c = character_at(t, *from, &n);

        if (!is_surrounding(c) && c != '/')
            break;
    }
    if (*from > begin)
        note_decoration(t, begin, *from);
}

/* Gives where what surrounds it begins; what is noted there is noted once the name has been read. */
static size_t strip_back(const struct target *t, size_t from, size_t to)
{
    size_t len;

    while (to > from) {
        size_t last = last_character(t, from, to);

        if (!is_surrounding(character_at(t, last, &len)))
            break;
        to = last;
    }
    return to;
}

/* A quotation mark may be part of a mail address: "a b"@example. */
static bool is_quoted_mail_address(const struct target *t)
{
    return t->text.cleaned[0] == '"' && strstr(t->text.cleaned, "\"@") != NULL;
}

static enum input_result read_plain(struct target *t, size_t from, size_t to, struct usage *error)
{
    static const char mailto[] = "mailto:";
    const char *text = t->text.cleaned;
    const char *scheme = memmem(text + from, to - from, "://", 3);
    const char *at = memrchr(text + from, '@', to - from);
    const char *whole = part(t, from, to);
    const struct provider *provider;

    if (whole == NULL)
        return INPUT_NO_MEMORY;
    provider = t->is_setting ? NULL : provider_by_typed_id(whole);
    if (provider != NULL)
        return take_provider(t, provider);
    if (scheme != NULL)
        return read_url(t, from, (size_t)(scheme - text), to, error);
    if (at == NULL)
        return read_with_path(t, from, to, false);
    if (strncasecmp(whole, mailto, strlen(mailto)) == 0) {
        note_decoration(t, from, from + strlen(mailto));
        from += strlen(mailto);
    }
    return read_mail_address(t, from, (size_t)(at - text), to, error);
}

/* The wide forms of what separates the parts of a target, as a Japanese keyboard gives them. */
static bool fold_punctuation(struct target *t)
{
    struct hygiene *h = &t->text;
    size_t kept = 0;

    for (size_t i = 0, n; i < h->len; i += n) {
        ucs4_t c = character_at(t, i, &n);
        char ascii = c < 0x80 ? 0 : confusable_ascii(c);

        if (ascii != 0 && confusable_is_form(c) && strchr(":/@", ascii) != NULL) {
            t->stood_in = true;
            note(t, INPUT_FLAW_CONFUSABLE, i, c);
            h->columns[kept] = h->columns[i];
            h->cleaned[kept++] = ascii;
            continue;
        }
        memmove(h->cleaned + kept, h->cleaned + i, n);
        memmove(h->columns + kept, h->columns + i, n * sizeof *h->columns);
        kept += n;
    }
    h->columns[kept] = h->columns[h->len];
    h->cleaned[kept] = '\0';
    h->len = kept;
    return !arena_failed(t->arena);
}

static enum input_result read_text(struct target *t, struct usage *error)
{
    size_t from = 0;
    size_t end = t->text.len;
    enum input_result result;

    if (!t->text.is_text)
        return INPUT_OK;
    if (!is_quoted_mail_address(t)) {
        end = strip_back(t, 0, t->text.len);
        strip_front(t, &from, end);
    }
    result = read_plain(t, from, end, error);
    if (result == INPUT_OK && end < t->text.len)
        note_decoration(t, end, t->text.len);
    return result;
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
    p->suggestion = t->meant;
    if (t->meant == NULL && (t->text.n_blanks > 0 || t->stood_in || t->decorated))
        p->suggestion = t->host;
    p->slip = t->slip.kind;
    p->slip_of = t->slip.of;
    p->slip_in_address = t->slip_in_address;
    p->host_role = t->role;
    p->is_setting = t->is_setting;
    p->notes = t->notes.notes;
    p->n_notes = t->notes.n;
    if (t->has_tls && !p->tls_asked) {
        p->tls_asked = true;
        p->tls = t->tls;
    }
    return INPUT_OK;
}

static enum input_result read_as(struct plan *p, const char *typed, bool is_setting, struct usage *error)
{
    struct target t = { .arena = p->arena, .typed = typed, .is_setting = is_setting };
    struct peer_text bytes = peer_text_of(typed);
    enum input_result result = INPUT_OK;

    if (p->input.bytes != NULL)
        return usage_set(error, TEXT_USAGE_TARGET_TWICE);
    if (bytes.len > PLAN_INPUT_MAX)
        input_notes_add(&t.notes, t.arena, INPUT_FLAW_LONG_NAME, 0, 0);
    else if (!hygiene_clean(&t.text, &t.notes, t.arena, bytes))
        result = INPUT_NO_MEMORY;
    else
        result = fold_punctuation(&t) ? read_text(&t, error) : INPUT_NO_MEMORY;
    if (result == INPUT_OK)
        result = give_to_plan(&t, p, error);
    return result;
}

enum input_result target_read(struct plan *p, const char *typed, struct usage *error)
{
    return read_as(p, typed, false, error);
}

enum input_result target_read_setting(struct plan *p, const char *typed, struct usage *error)
{
    return read_as(p, typed, true, error);
}

void target_default(struct plan *p)
{
    const struct provider *gmail = provider_by_id("gmail");

    p->provider = gmail->id;
    p->host = gmail->hosts[0].host;
}
