/*
 * incoming - what a client says to an IMAP or POP3 server before it signs in, as a step function
 */
#include "smtp/incoming.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "smtp/guess.h"
#include "smtp/incoming_line.h"

enum {
    OUT_MAX = 256,
    ARENA_MAX = 768 * 1024, /* two lists of capabilities of the greatest size, and the answers */
};

static const struct state_entry {
    const char *word;
    const char *imap_tag; /* NULL: nothing is said */
    const char *imap;
    const char *pop3;
    bool courtesy; /* nothing is learned from the answer any more */
    enum smtp_stage stage; /* not of a courtesy */
} states[INCOMING_STATE_COUNT] = {
    [INCOMING_GREETING] = { .word = "greeting", .stage = SMTP_STAGE_GREETING },
    [INCOMING_CAPABILITY] = { "capability", "a1", "CAPABILITY", "CAPA", false, SMTP_STAGE_EHLO },
    [INCOMING_STARTTLS] = { "starttls", "a2", "STARTTLS", "STLS", false, SMTP_STAGE_STARTTLS },
    [INCOMING_HANDSHAKE] = { .word = "handshake", .stage = SMTP_STAGE_TLS },
    [INCOMING_CAPABILITY_TLS] = { "capability-tls", "a3", "CAPABILITY", "CAPA", false, SMTP_STAGE_EHLO_TLS },
    [INCOMING_LOGOUT] = { "logout", "a4", "LOGOUT", "QUIT", true, SMTP_STAGE_DONE },
    [INCOMING_END] = { .word = "end", .courtesy = true },
};

static bool is_imap(const struct incoming *d)
{
    return d->spec.protocol == PROTOCOL_IMAP;
}

/* The only place that changes the state. States only go forward, so that the trail has room for all. */
static void incoming_enter(struct incoming *d, enum incoming_state state)
{
    const struct state_entry *s = &states[state];

    assert(d->n_trail < INCOMING_STATE_COUNT);
    d->state = state;
    d->trail[d->n_trail++] = state;
    d->complete = s->courtesy;
    d->listing = d->named_any = false;
    if (!s->courtesy)
        d->learned.stage = s->stage;
    if (s->imap_tag == NULL)
        return;
    if (is_imap(d))
        buf_printf(&d->out, "%s %s\r\n", s->imap_tag, s->imap);
    else
        buf_printf(&d->out, "%s\r\n", s->pop3);
}

/* Our own failure: nothing is said about the peer. */
static void incoming_fail(struct incoming *d)
{
    err_set(&d->err, ERR_NOMEM, 0, "keeping what a server said");
    if (d->state != INCOMING_END)
        incoming_enter(d, INCOMING_END);
}

/* The peer cannot be talked to any more: no good-bye either. */
static void incoming_break(struct incoming *d, enum smtp_fault fault)
{
    if (!d->complete)
        d->learned.fault = fault;
    incoming_enter(d, INCOMING_END);
}

static void incoming_flaw(struct incoming *d, enum reply_flaw flaw)
{
    if (!d->complete)
        d->learned.flaw = flaw;
    incoming_break(d, SMTP_FAULT_MALFORMED);
}

static void incoming_refused(struct incoming *d, enum smtp_fault fault)
{
    d->learned.fault = fault;
    d->learned.refusal = d->learned.answers[d->learned.stage];
    incoming_enter(d, INCOMING_LOGOUT);
}

static void incoming_succeed(struct incoming *d)
{
    d->learned.stage = SMTP_STAGE_DONE;
    incoming_enter(d, INCOMING_LOGOUT);
}

/* ---- capabilities ------------------------------------------------------------- */

static struct smtp_caps *caps_of(struct incoming *d)
{
    return d->inside_tls ? &d->learned.tls : &d->learned.clear;
}

/* false when memory is short; what is beyond the ceiling is let go. */
static bool keep_word(struct incoming *d, struct peer_text **list, size_t *n, size_t max,
                      struct peer_text word)
{
    struct peer_text *slot;

    if (*n == max)
        return true;
    slot = ARENA_APPEND(d->arena, *list, *n, max);
    if (slot != NULL)
        *slot = arena_peer_text(d->arena, word, PEER_LINE_MAX);
    return slot != NULL && slot->bytes != NULL;
}

static bool keep_mechanism(struct incoming *d, struct smtp_caps *caps, struct peer_text word)
{
    return keep_word(d, &caps->auth, &caps->n_auth, EHLO_AUTH_MAX, word);
}

/* "* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN" */
static bool read_imap_words(struct incoming *d, struct smtp_caps *caps, struct peer_text words)
{
    static const char auth[] = "AUTH=";
    const size_t len = sizeof auth - 1;
    struct peer_text word;

    while ((word = line_take_word(&words)).len > 0) {
        bool is_auth = word.len > len && strncasecmp(word.bytes, auth, len) == 0;

        if (peer_text_equal_nocase(word, "STARTTLS"))
            caps->starttls = true;
        if (is_auth && !keep_mechanism(d, caps, (struct peer_text){ word.bytes + len, word.len - len }))
            return false;
        if (!keep_word(d, &caps->keywords, &caps->n_keywords, INCOMING_WORDS_MAX, word))
            return false;
    }
    return true;
}

/* "SASL PLAIN LOGIN": one capability a line. */
static bool read_pop3_words(struct incoming *d, struct smtp_caps *caps, struct peer_text line)
{
    struct peer_text rest = line;
    struct peer_text word = line_take_word(&rest);

    if (peer_text_equal_nocase(word, "STLS"))
        caps->starttls = true;
    if (peer_text_equal_nocase(word, "SASL")) {
        while ((word = line_take_word(&rest)).len > 0) {
            if (!keep_mechanism(d, caps, word))
                return false;
        }
    }
    return keep_word(d, &caps->keywords, &caps->n_keywords, INCOMING_WORDS_MAX, line);
}

static void incoming_words(struct incoming *d, struct peer_text words)
{
    bool kept;

    if (d->state != INCOMING_CAPABILITY && d->state != INCOMING_CAPABILITY_TLS)
        return; /* IMAP servers may tell them at any time */
    d->named_any = true;
    kept = is_imap(d) ? read_imap_words(d, caps_of(d), words) : read_pop3_words(d, caps_of(d), words);
    if (!kept)
        incoming_fail(d);
}

/* ---- answers -------------------------------------------------------------------- */

/* What the server can do has been asked: what is there still to do? */
static void incoming_asked(struct incoming *d, bool may_starttls)
{
    caps_of(d)->known = true;
    if (!d->spec.want_starttls || d->inside_tls) {
        incoming_succeed(d);
    } else if (may_starttls && !d->preauth) {
        incoming_enter(d, INCOMING_STARTTLS);
    } else {
        d->learned.fault = SMTP_FAULT_STARTTLS_NOT_OFFERED;
        incoming_enter(d, INCOMING_LOGOUT);
    }
}

static void incoming_yes(struct incoming *d, struct peer_text line)
{
    switch (d->state) {
    case INCOMING_GREETING:
        d->learned.service = is_imap(d) ? SERVICE_IMAP : SERVICE_POP3;
        d->preauth = is_imap(d) && imap_is_preauth(line);
        if (d->spec.greeting_only)
            incoming_succeed(d);
        else
            incoming_enter(d, d->inside_tls ? INCOMING_CAPABILITY_TLS : INCOMING_CAPABILITY);
        break;
    case INCOMING_CAPABILITY:
    case INCOMING_CAPABILITY_TLS:
        if (!is_imap(d) && !d->listing) {
            d->listing = true;
            return;
        }
        if (is_imap(d) && !d->named_any)
            incoming_flaw(d, REPLY_UNEXPECTED); /* RFC 9051 section 6.1.1: it must */
        else
            incoming_asked(d, caps_of(d)->starttls);
        break;
    case INCOMING_STARTTLS:
        incoming_enter(d, INCOMING_HANDSHAKE);
        break;
    case INCOMING_LOGOUT:
        incoming_enter(d, INCOMING_END);
        break;
    case INCOMING_HANDSHAKE:
    case INCOMING_END:
    case INCOMING_STATE_COUNT:
        assert(false); /* an answer is read only where one is awaited */
        break;
    }
}

static void incoming_no(struct incoming *d)
{
    switch (d->state) {
    case INCOMING_GREETING:
        d->learned.service = is_imap(d) ? SERVICE_IMAP : SERVICE_POP3;
        incoming_refused(d, SMTP_FAULT_REFUSED);
        break;
    case INCOMING_CAPABILITY:
    case INCOMING_CAPABILITY_TLS:
        /* CAPA is an extension itself: who does not know it may know STLS, and is asked. */
        if (is_imap(d))
            incoming_refused(d, SMTP_FAULT_REFUSED);
        else
            incoming_asked(d, true);
        break;
    case INCOMING_STARTTLS:
        incoming_refused(d, SMTP_FAULT_STARTTLS_REFUSED);
        break;
    case INCOMING_LOGOUT:
        break; /* IMAP's BYE, and the end follows */
    case INCOMING_HANDSHAKE:
    case INCOMING_END:
    case INCOMING_STATE_COUNT:
        assert(false);
        break;
    }
}

/* ---- reading -------------------------------------------------------------------- */

/* What came cannot be understood, so that its bytes are all there is to tell. */
static bool is_unreadable(const struct incoming *d)
{
    return d->learned.fault == SMTP_FAULT_MALFORMED || d->learned.fault == SMTP_FAULT_NOT_SMTP;
}

static void incoming_keep(struct incoming *d, const char *bytes, size_t n)
{
    size_t room = sizeof d->raw - d->n_raw;

    if (d->complete && !is_unreadable(d))
        return;
    if (n > room)
        n = room;
    memcpy(d->raw + d->n_raw, bytes, n);
    d->n_raw += n;
    d->learned.raw = (struct peer_text){ .bytes = d->raw, .len = d->n_raw };
}

/* The answer has ended, or the line that may be one: what follows is another. */
static void incoming_forget(struct incoming *d)
{
    d->n_lines = 0;
    d->n_bytes = 0;
    if (is_unreadable(d))
        return;
    d->n_raw = 0;
    d->learned.raw = (struct peer_text){ 0 };
}

static bool is_foreign(const struct incoming *d, enum service service)
{
    return service != SERVICE_UNKNOWN && service != SERVICE_NOTHING &&
           service != (is_imap(d) ? SERVICE_IMAP : SERVICE_POP3);
}

/* A line that is none. In place of a greeting it may be another service's; that may take bytes to tell. */
static void incoming_judge(struct incoming *d, enum reply_flaw flaw)
{
    enum service service;

    d->undecided = false;
    if (d->state != INCOMING_GREETING) {
        incoming_flaw(d, flaw);
        return;
    }
    if (guess_undecided(d->learned.raw)) {
        d->undecided = true;
        d->undecided_flaw = flaw;
        return;
    }
    service = guess_service(d->learned.raw);
    d->learned.service = service;
    if (is_foreign(d, service))
        incoming_break(d, SMTP_FAULT_NOT_SMTP);
    else
        incoming_flaw(d, flaw);
}

static enum line_meaning meaning_of(const struct incoming *d, struct peer_text line, struct peer_text *words)
{
    if (is_imap(d))
        return imap_line(line, states[d->state].imap_tag, words);
    return pop3_line(line, d->listing, words);
}

static void incoming_line(struct incoming *d, struct peer_text line)
{
    struct peer_text words = { 0 };
    enum line_meaning meaning = meaning_of(d, line, &words);
    enum incoming_state asked = d->state;

    if (meaning == LINE_ALIEN) {
        incoming_judge(d, REPLY_UNEXPECTED);
        return;
    }
    if ((meaning == LINE_YES || meaning == LINE_NO) && !d->complete && !d->listing)
        d->learned.answers[d->learned.stage].text = arena_peer_text(d->arena, line, PEER_LINE_MAX);
    if (meaning == LINE_WORDS)
        incoming_words(d, words);
    else if (meaning == LINE_YES)
        incoming_yes(d, line);
    else if (meaning == LINE_NO)
        incoming_no(d);
    if (d->state != asked)
        incoming_forget(d);
    else if (++d->n_lines == INCOMING_LINES_MAX)
        incoming_flaw(d, REPLY_TOO_MANY_LINES);
}

static void incoming_end_line(struct incoming *d)
{
    struct peer_text line = { .bytes = buf_borrow(&d->line), .len = d->line.len };

    while (line.len > 0 && line.bytes[line.len - 1] == '\r')
        line.len--;
    incoming_line(d, line);
    buf_clear(&d->line);
}

/* Greetings are text: what is none is told before its line ends, which may never come. */
static bool is_no_text(const struct incoming *d, char c)
{
    return c == '\0' || (d->state == INCOMING_GREETING && c >= 0 && c < ' ' && c != '\t' && c != '\r');
}

static void incoming_take(struct incoming *d, char c)
{
    incoming_keep(d, &c, 1);
    if (d->undecided) {
        incoming_judge(d, d->undecided_flaw);
        return;
    }
    d->n_bytes++;
    if (c == '\n')
        incoming_end_line(d);
    else if (is_no_text(d, c))
        incoming_judge(d, c == '\0' ? REPLY_NUL : REPLY_UNEXPECTED);
    else if (d->line.len == INCOMING_LINE_MAX)
        incoming_judge(d, REPLY_LINE_TOO_LONG);
    else if (d->n_bytes == INCOMING_BYTES_MAX)
        incoming_judge(d, REPLY_TOO_LONG);
    else if (!buf_put_char(&d->line, c))
        incoming_fail(d);
}

static void incoming_inject(struct incoming *d, const char *bytes, size_t n)
{
    size_t room = sizeof d->injected - d->n_injected_kept;
    size_t kept = n < room ? n : room;

    memcpy(d->injected + d->n_injected_kept, bytes, kept);
    d->n_injected_kept += kept;
    d->learned.injected = (struct peer_text){ .bytes = d->injected, .len = d->n_injected_kept };
    d->learned.n_injected += n;
}

/* ---- the steps -------------------------------------------------------------------- */

enum smtp_want incoming_want(const struct incoming *d)
{
    if (d->state == INCOMING_END)
        return SMTP_WANT_CLOSE;
    return d->state == INCOMING_HANDSHAKE ? SMTP_WANT_HANDSHAKE : SMTP_WANT_READ;
}

enum smtp_want incoming_feed(struct incoming *d, const void *bytes, size_t n)
{
    const char *at = bytes;

    while (n > 0 && incoming_want(d) == SMTP_WANT_READ) {
        incoming_take(d, *at);
        at++;
        n--;
        if (d->out.failed || arena_failed(d->arena))
            incoming_fail(d);
    }
    if (n > 0 && d->state == INCOMING_HANDSHAKE)
        incoming_inject(d, at, n);
    else if (n > 0 && is_unreadable(d))
        incoming_keep(d, at, n);
    return incoming_want(d);
}

enum smtp_want incoming_tls_up(struct incoming *d)
{
    assert(d->state == INCOMING_HANDSHAKE);
    d->inside_tls = true;
    buf_consume(&d->out, d->out.len); /* what was not sent in clear is void: it must not pass into TLS */
    incoming_enter(d, INCOMING_CAPABILITY_TLS);
    if (d->out.failed)
        incoming_fail(d);
    return incoming_want(d);
}

enum smtp_want incoming_eof(struct incoming *d)
{
    if (d->state == INCOMING_END)
        return SMTP_WANT_CLOSE;
    if (d->undecided)
        incoming_flaw(d, d->undecided_flaw);
    else
        incoming_break(d, SMTP_FAULT_CLOSED);
    return SMTP_WANT_CLOSE;
}

bool incoming_init(struct incoming *d, const struct incoming_spec *spec, struct err *err)
{
    assert(spec->protocol == PROTOCOL_IMAP || spec->protocol == PROTOCOL_POP3);
    assert(!spec->inside_tls || !spec->want_starttls);
    *d = (struct incoming){ .spec = *spec, .inside_tls = spec->inside_tls };
    buf_init(&d->out, OUT_MAX);
    buf_init(&d->line, INCOMING_LINE_MAX);
    d->arena = arena_new(ARENA_MAX);
    if (d->arena == NULL)
        return err_set(err, ERR_NOMEM, 0, "starting a dialogue");
    incoming_enter(d, INCOMING_GREETING);
    return true;
}

void incoming_done(struct incoming *d)
{
    buf_done(&d->out);
    buf_done(&d->line);
    arena_free(d->arena);
    *d = (struct incoming){ .state = INCOMING_END };
}

const char *incoming_state_word(enum incoming_state state)
{
    return states[state].word;
}
