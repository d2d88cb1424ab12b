/*
 * advice - the values that the texts of a finding's steps are completed with
 *
 * Decides nothing about the check; where nothing better is known, a value says
 * so in words rather than leaving a hole in a sentence.
 */
#include "report/advice.h"

#include <stdio.h>

#include "base/address.h"
#include "knowledge/provider.h"

enum {
    ADVICE_TEXT_MAX = 32 << 10,
    ADVICE_SETTINGS_MAX = 3, /* more to choose from helps nobody */
    ADVICE_PEER_MAX = 256,   /* bytes of what was typed, where it stands in for a host */
    SUBMISSION_PORT = 587,
};

enum text_id advice_mode_name(enum tls_mode mode)
{
    static const enum text_id names[TLS_MODE_COUNT] = {
        [TLS_MODE_NONE] = TEXT_SHOW_MODE_NONE,
        [TLS_MODE_STARTTLS] = TEXT_SHOW_MODE_STARTTLS,
        [TLS_MODE_IMPLICIT] = TEXT_SHOW_MODE_IMPLICIT,
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

static bool put_setting(struct buf *out, enum language language, const char *host, uint16_t port, enum tls_mode mode)
{
    const struct argument args[] = {
        { .name = "host", .kind = ARGUMENT_WORD, .value.word = host },
        { .name = "port", .kind = ARGUMENT_NUMBER, .value.number = port },
        { .name = "mode", .kind = ARGUMENT_TEXT, .value.text = advice_mode_name(mode) },
    };

    if (out->len > 0 && !buf_put_string(out, text(language, TEXT_SHOW_OR)))
        return false;
    return phrase_put(out, language, TEXT_SHOW_SETTINGS, args, 3, NULL, NULL);
}

/* Clear text is never advised, whoever serves it. */
static bool put_settings(struct buf *out, enum language language, const struct plan *plan, const struct diagnosis *d)
{
    const struct provider *provider = d->n_recommended > 0 ? NULL : advice_provider(plan);
    bool ok = true;
    size_t n = 0;

    for (size_t i = 0; ok && i < d->n_recommended && n < ADVICE_SETTINGS_MAX; i++) {
        const struct recommended *r = &d->recommended[i];

        if (r->mode != TLS_MODE_NONE && ++n > 0)
            ok = put_setting(out, language, r->host, r->port, r->mode);
    }
    for (size_t i = 0; ok && provider != NULL && i < provider->n_hosts && n < ADVICE_SETTINGS_MAX; i++) {
        const struct provider_host *h = &provider->hosts[i];

        if (h->tls != TLS_MODE_NONE && ++n > 0)
            ok = put_setting(out, language, h->host, h->port, h->tls);
    }
    return ok && (n > 0 || buf_put_string(out, text(language, TEXT_SHOW_SETTINGS_UNKNOWN)));
}

/* Where in the typed name the odd character stands. */
static bool put_where(struct buf *out, enum language language, const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_notes; i++) {
        const struct input_note *note = &plan->notes[i];
        char code_point[16];

        if (note->column == 0)
            continue;
        snprintf(code_point, sizeof code_point, "U+%04X", (unsigned)note->code_point);
        return phrase_put(out, language, TEXT_SHOW_WHERE, (const struct argument[]){
            { .name = "column", .kind = ARGUMENT_NUMBER, .value.number = (int64_t)note->column },
            { .name = "code_point", .kind = ARGUMENT_WORD, .value.word = code_point },
        }, 2, NULL, NULL);
    }
    return buf_put_string(out, text(language, TEXT_SHOW_WHERE_UNKNOWN));
}

static bool put_evidence(struct buf *out, enum language language, const struct diagnosed *f, phrase_peer_fn put_peer)
{
    for (size_t i = 0; i < f->n_because; i++) {
        const struct because *b = &f->because[i];

        if ((i > 0 && !buf_put_string(out, "; ")) ||
            !phrase_put(out, language, (enum text_id)b->text, b->arguments, b->n_arguments, put_peer, NULL))
            return false;
    }
    return true;
}

static void add_word(struct advice *a, const char *name, const char *word)
{
    a->arguments[a->n++] = (struct argument){ .name = name, .kind = ARGUMENT_WORD, .value.word = word };
}

bool advice_init(struct advice *a, enum language language, const struct evidence *e, const struct diagnosis *d,
                 const struct diagnosed *f, phrase_peer_fn put_peer)
{
    const struct plan *plan = e->plan;
    const struct recommended *best = d->n_recommended > 0 ? &d->recommended[0] : NULL;
    const char *cleaned = plan->suggestion != NULL ? plan->suggestion : plan->host;
    const char *host = best != NULL ? best->host : cleaned;
    uint16_t port = plan->n_asked_ports > 0 ? plan->asked_ports[0] : best != NULL ? best->port : SUBMISSION_PORT;

    *a = (struct advice){ 0 };
    buf_init(&a->settings, ADVICE_TEXT_MAX);
    buf_init(&a->endpoint, ADVICE_TEXT_MAX);
    buf_init(&a->where, ADVICE_TEXT_MAX);
    buf_init(&a->evidence, ADVICE_TEXT_MAX);
    /* The rule's own values come first, for phrase_put() takes the first of a name. */
    for (; a->n < f->n_arguments && a->n < BECAUSE_ARGUMENTS_MAX; a->n++)
        a->arguments[a->n] = f->arguments[a->n];
    if (!put_settings(&a->settings, language, plan, d) || !put_where(&a->where, language, plan) ||
        !put_evidence(&a->evidence, language, f, put_peer))
        return false;
    if (host == NULL) {
        a->arguments[a->n++] = (struct argument){ .name = "host", .kind = ARGUMENT_PEER, .value.peer = plan->input };
        a->arguments[a->n++] = (struct argument){ .name = "cleaned", .kind = ARGUMENT_PEER, .value.peer = plan->input };
    } else {
        add_word(a, "host", host);
        add_word(a, "cleaned", cleaned != NULL ? cleaned : host);
    }
    if (!(host == NULL ? peer_text_escape(&a->endpoint, plan->input, ADVICE_PEER_MAX)
                       : buf_put_string(&a->endpoint, host)) ||
        !buf_printf(&a->endpoint, ":%u", port))
        return false;
    add_word(a, "settings", buf_borrow(&a->settings));
    add_word(a, "endpoint", buf_borrow(&a->endpoint));
    add_word(a, "where", buf_borrow(&a->where));
    add_word(a, "evidence", buf_borrow(&a->evidence));
    a->arguments[a->n++] = (struct argument){ .name = "port", .kind = ARGUMENT_NUMBER, .value.number = port };
    return true;
}

void advice_done(struct advice *a)
{
    buf_done(&a->settings);
    buf_done(&a->endpoint);
    buf_done(&a->where);
    buf_done(&a->evidence);
}
