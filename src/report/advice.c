/*
 * advice - the values that the texts of a finding's steps are completed with
 *
 * Decides nothing about the check; where nothing better is known, a value says
 * so in words rather than leaving a hole in a sentence.
 */
#include "report/advice.h"

#include <stdio.h>
#include <string.h>

#include <uniname.h>

#include "base/address.h"
#include "knowledge/provider.h"
#include "model/clock_estimate.h"

enum {
    ADVICE_TEXT_MAX = 32 << 10,
    ADVICE_SETTINGS_MAX = 2, /* more to choose from helps nobody */
    ADVICE_CHARACTERS_MAX = 3,
    ADVICE_PEER_MAX = 256,   /* bytes of what was typed, where it stands in for a host */
    PROVIDER_SETTINGS_MAX = 16,
    SUBMISSIONS_PORT = 465,
    SUBMISSION_PORT = 587,
};

enum text_id advice_mode_name(enum tls_mode mode)
{
    static const enum text_id names[TLS_MODE_COUNT] = {
        [TLS_MODE_NONE] = TEXT_TLS_NONE,
        [TLS_MODE_STARTTLS] = TEXT_TLS_STARTTLS,
        [TLS_MODE_IMPLICIT] = TEXT_TLS_IMPLICIT,
    };

    return names[mode];
}

const struct provider *advice_provider(const struct plan *p)
{
    const struct provider *found = NULL;

    if (p->provider != NULL)
        found = provider_by_id(p->provider);
    if (found == NULL && p->host != NULL)
        found = provider_by_host(p->host);
    if (found == NULL && p->suggestion != NULL)
        found = provider_by_host(p->suggestion);
    return found;
}

bool advice_put_setting(struct buf *out, enum language language, const struct setting *s,
                        const char *known_host)
{
    const struct argument args[] = {
        { .name = "port", .kind = ARGUMENT_NUMBER, .value.number = s->port },
        { .name = "tls", .kind = ARGUMENT_TEXT, .value.text = advice_mode_name(s->mode) },
        { .name = "host", .kind = ARGUMENT_WORD, .value.word = s->host },
    };
    bool same = known_host != NULL && strcmp(known_host, s->host) == 0;

    if (out->len > 0 && !buf_put_string(out, text(language, TEXT_SHOW_OR)))
        return false;
    return same ? phrase_put(out, language, TEXT_SHOW_PORT_AND_TLS, args, 2, NULL, NULL)
                : phrase_put(out, language, TEXT_REPORT_SETTINGS, args, 3, NULL, NULL);
}

/* What the host is known to serve, of its own name or else of any, and where nobody knows the usual. */
static size_t known_settings(struct setting ret[static PROVIDER_SETTINGS_MAX], const struct plan *plan,
                             const char *host)
{
    const struct provider *owner = provider_by_host(host);
    const struct provider *provider = owner != NULL ? owner : advice_provider(plan);
    size_t n = 0;

    for (size_t i = 0; provider != NULL && i < provider->n_hosts; i++) {
        const struct provider_host *h = &provider->hosts[i];

        /* Clear text is never advised, whoever serves it. */
        if (n < PROVIDER_SETTINGS_MAX && h->tls != TLS_MODE_NONE && (owner == NULL || strcmp(h->host, host) == 0))
            ret[n++] = (struct setting){ h->host, h->port, h->tls };
    }
    if (n == 0) {
        ret[n++] = (struct setting){ host, SUBMISSIONS_PORT, TLS_MODE_IMPLICIT };
        ret[n++] = (struct setting){ host, SUBMISSION_PORT, TLS_MODE_STARTTLS };
    }
    return n;
}

/* It was tried. That it is no recommendation then says that it did not work. */
static bool was_tried(const struct evidence *e, const struct setting *s)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (p->outcome != PROBE_SKIPPED && p->outcome != PROBE_RUNNING && p->port == s->port &&
            p->mode == s->mode && p->host != NULL && strcmp(p->host, s->host) == 0)
            return true;
    }
    return false;
}

static bool put_list(struct buf *out, enum language language, const struct setting *settings, size_t n)
{
    for (size_t i = 0; i < n && i < ADVICE_SETTINGS_MAX; i++) {
        if (!advice_put_setting(out, language, &settings[i], i == 0 ? NULL : settings[i - 1].host))
            return false;
    }
    return true;
}

/*
 * Nothing was seen to work: what may work still. A provider's own settings stay
 * right through an outage; the usual ones of any other host are a guess, and a
 * guess that has failed is not repeated.
 */
static bool put_unseen(struct buf *out, enum language language, const struct evidence *e, const char *host)
{
    bool documented = advice_provider(e->plan) != NULL;
    struct setting settings[PROVIDER_SETTINGS_MAX];
    size_t n_known = known_settings(settings, e->plan, host);
    size_t n = 0;
    struct buf list;
    bool ok;

    for (size_t i = 0; i < n_known; i++) {
        if (documented || !was_tried(e, &settings[i]))
            settings[n++] = settings[i];
    }
    buf_init(&list, ADVICE_TEXT_MAX);
    ok = put_list(&list, language, settings, n) &&
         phrase_put(out, language, n == 0 ? TEXT_REPORT_SETTINGS_NONE : TEXT_REPORT_SETTINGS_UNSEEN,
                    (const struct argument[]){
                        { .name = "host", .kind = ARGUMENT_WORD, .value.word = host },
                        { .name = "settings", .kind = ARGUMENT_WORD, .value.word = buf_borrow(&list) },
                    }, 2, NULL, NULL);
    buf_done(&list);
    return ok;
}

/* Nothing was looked at, as where a text is explained: then it says nothing that nothing was seen to work. */
static bool put_known(struct buf *out, enum language language, const struct evidence *e, const char *host)
{
    struct setting settings[PROVIDER_SETTINGS_MAX];

    return put_list(out, language, settings, known_settings(settings, e->plan, host));
}

static bool put_settings(struct buf *out, enum language language, const struct evidence *e,
                         const struct diagnosis *d, const char *host)
{
    struct setting seen[ADVICE_SETTINGS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < d->n_recommended && n < ADVICE_SETTINGS_MAX; i++) {
        const struct recommended *r = &d->recommended[i];

        if (r->mode != TLS_MODE_NONE)
            seen[n++] = (struct setting){ r->host, r->port, r->mode };
    }
    if (n > 0)
        return put_list(out, language, seen, n);
    if (e->n_probes == 0 && e->n_names == 0)
        return put_known(out, language, e, host);
    return put_unseen(out, language, e, host);
}

static const char *character_name(uint32_t c, char out[static UNINAME_MAX])
{
    /* Unicode gives the controls no name. */
    if (c == '\t')
        return "TAB";
    if (c == '\n' || c == '\r')
        return "LINE END";
    return unicode_character_name(c, out) == NULL ? "CONTROL CHARACTER" : out;
}

static bool put_character(struct buf *out, enum language language, const struct input_note *note)
{
    char code[16], name[UNINAME_MAX];

    snprintf(code, sizeof code, "U+%04X", (unsigned)note->code_point);
    return phrase_put(out, language, TEXT_REPORT_CHARACTER_AT, (const struct argument[]){
        { .name = "column", .kind = ARGUMENT_NUMBER, .value.number = (int64_t)note->column },
        { .name = "name", .kind = ARGUMENT_WORD, .value.word = character_name(note->code_point, name) },
        { .name = "code", .kind = ARGUMENT_WORD, .value.word = code },
    }, 3, NULL, NULL);
}

/* Where in the typed name the blanks stand. */
static bool put_where(struct buf *out, enum language language, const struct plan *plan)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->n_notes && n < ADVICE_CHARACTERS_MAX; i++) {
        if (plan->notes[i].flaw != INPUT_FLAW_WHITESPACE)
            continue;
        if ((n++ > 0 && !buf_put_string(out, "; ")) || !put_character(out, language, &plan->notes[i]))
            return false;
    }
    return n > 0 || buf_put_string(out, text(language, TEXT_SHOW_WHERE_UNKNOWN));
}

static bool put_evidence(struct buf *out, enum language language, const struct diagnosed *f,
                         phrase_peer_fn put_peer)
{
    for (size_t i = 0; i < f->n_because; i++) {
        const struct because *b = &f->because[i];

        if ((i > 0 && !buf_put_string(out, text(language, TEXT_SHOW_SENTENCE_AND))) ||
            !phrase_put(out, language, (enum text_id)b->text, b->arguments, b->n_arguments, put_peer, NULL))
            return false;
    }
    return true;
}

/* By how much the clock of this computer is off. */
static bool put_clock(struct buf *out, enum language language, const struct evidence *e)
{
    int64_t offset_ms = clock_offset_ms(&e->clock);
    const struct argument off = { .name = "offset",
                                  .kind = ARGUMENT_DURATION,
                                  .value.duration_ms = (double)(offset_ms < 0 ? -offset_ms : offset_ms) };

    if (!e->clock.known)
        return buf_put_string(out, text(language, TEXT_CLOCK_UNKNOWN));
    return phrase_put(out, language, offset_ms < 0 ? TEXT_CLOCK_IS_AHEAD : TEXT_CLOCK_IS_BEHIND, &off, 1, NULL, NULL);
}

/* The name that was meant; what was typed, escaped, where none can be made of it. */
static bool put_host(struct buf *out, const struct plan *plan, const struct diagnosis *d)
{
    const char *host = d->suggestion != NULL ? d->suggestion : plan->host;

    return host != NULL ? buf_put_string(out, host) : peer_text_escape(out, plan->input, ADVICE_PEER_MAX);
}

static bool put_endpoint(struct buf *out, const struct plan *plan, const char *host, uint16_t port)
{
    struct endpoint endpoint = { .address = plan->host_address, .port = port };
    char printed[ENDPOINT_TEXT_SIZE];

    if (plan->host_is_address)
        return buf_put_string(out, endpoint_format(&endpoint, printed));
    return buf_printf(out, "%s:%u", host, port);
}

static uint16_t port_of(const struct plan *plan, const struct diagnosis *d)
{
    if (plan->n_asked_ports > 0)
        return plan->asked_ports[0];
    return d->n_recommended > 0 ? d->recommended[0].port : SUBMISSION_PORT;
}

static void add_word(struct advice *a, const char *name, const struct buf *word)
{
    a->arguments[a->n++] =
        (struct argument){ .name = name, .kind = ARGUMENT_WORD, .value.word = buf_borrow(word) };
}

/* Where the provider explains how its servers are used. */
static struct argument help(const struct plan *plan)
{
    const struct provider *provider = advice_provider(plan);

    if (provider != NULL && provider->help_url != NULL)
        return (struct argument){ .name = "help", .kind = ARGUMENT_WORD, .value.word = provider->help_url };
    return (struct argument){ .name = "help", .kind = ARGUMENT_TEXT, .value.text = TEXT_SHOW_HELP_UNKNOWN };
}

/* A rule may know no better than we do; then ours is taken. */
static bool is_empty(const struct argument *a)
{
    return (a->kind == ARGUMENT_WORD && a->value.word[0] == '\0') ||
           (a->kind == ARGUMENT_PEER && a->value.peer.len == 0);
}

bool advice_init(struct advice *a, enum language language, const struct evidence *e,
                 const struct diagnosis *d, const struct diagnosed *f, phrase_peer_fn put_peer)
{
    const struct plan *plan = e->plan;
    uint16_t port = port_of(plan, d);

    *a = (struct advice){ 0 };
    buf_init(&a->host, ADVICE_TEXT_MAX);
    buf_init(&a->settings, ADVICE_TEXT_MAX);
    buf_init(&a->endpoint, ADVICE_TEXT_MAX);
    buf_init(&a->where, ADVICE_TEXT_MAX);
    buf_init(&a->evidence, ADVICE_TEXT_MAX);
    buf_init(&a->clock, ADVICE_TEXT_MAX);
    if (!put_host(&a->host, plan, d) || !put_settings(&a->settings, language, e, d, buf_borrow(&a->host)) ||
        !put_endpoint(&a->endpoint, plan, buf_borrow(&a->host), port) ||
        !put_where(&a->where, language, plan) || !put_evidence(&a->evidence, language, f, put_peer) ||
        !put_clock(&a->clock, language, e))
        return false;
    /* The rule's own values come first, for phrase_put() takes the first of a name. */
    for (size_t i = 0; i < f->n_arguments && i < BECAUSE_ARGUMENTS_MAX; i++) {
        if (!is_empty(&f->arguments[i]))
            a->arguments[a->n++] = f->arguments[i];
    }
    variant_fill(&a->arguments[a->n], e, f, advice_provider(plan));
    a->n += VARIANT_COUNT;
    add_word(a, "host", &a->host);
    add_word(a, "cleaned", &a->host);
    add_word(a, "target", &a->host);
    add_word(a, "settings", &a->settings);
    add_word(a, "endpoint", &a->endpoint);
    add_word(a, "where", &a->where);
    add_word(a, "evidence", &a->evidence);
    add_word(a, "clock", &a->clock);
    a->arguments[a->n++] = (struct argument){ .name = "port", .kind = ARGUMENT_NUMBER, .value.number = port };
    a->arguments[a->n++] = (struct argument){ .name = "scanner",
                                              .kind = ARGUMENT_TEXT,
                                              .value.text = TEXT_SHOW_SCANNER_UNKNOWN };
    a->arguments[a->n++] = help(plan);
    a->arguments[a->n++] = (struct argument){ .name = "public",
                                              .kind = ARGUMENT_TEXT,
                                              .value.text = TEXT_SHOW_PUBLIC_UNKNOWN };
    a->arguments[a->n++] = (struct argument){ .name = "limit",
                                              .kind = ARGUMENT_TEXT,
                                              .value.text = TEXT_SHOW_LIMIT_UNKNOWN };
    return true;
}

void advice_done(struct advice *a)
{
    buf_done(&a->host);
    buf_done(&a->settings);
    buf_done(&a->endpoint);
    buf_done(&a->where);
    buf_done(&a->evidence);
    buf_done(&a->clock);
}
