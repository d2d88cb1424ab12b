#include "smtp/dialogue.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <gsasl.h>

#include "smtp/guess.h"
#include "smtp/message.h"

enum {
    EHLO_NAME_MAX = 255,
    OUT_MAX = 1024,            /* a few commands, when nobody drains */
    ARENA_MAX = 512 * 1024,    /* two EHLO replies of the greatest size, and the answers */
    WORK_MAX = 1 << 20,        /* to mask one reply in */
    PENDING_MAX = 2048,        /* said by a server that waits to be asked */
    MESSAGE_ID_BYTES = 16,     /* random ones */
    BINDING_MAX = 256,
};

/* What follows the words of a command. */
enum wording {
    WORDS_ALONE,
    WORDS_OUR_NAME,
    WORDS_SENDER,
    WORDS_RECIPIENT,
    WORDS_MESSAGE,
};

static const struct state_entry {
    const char *word;
    const char *command; /* sent on the way in; NULL: nothing is said */
    enum wording wording;
    bool courtesy;         /* nothing is learned from the answer any more */
    enum smtp_stage stage; /* not of a courtesy, nor of HELO, which stands in for either EHLO */
} states[SMTP_STATE_COUNT] = {
    [SMTP_STATE_GREETING] = { .word = "greeting", .stage = SMTP_STAGE_GREETING },
    [SMTP_STATE_EHLO] = { "ehlo", "EHLO ", WORDS_OUR_NAME, false, SMTP_STAGE_EHLO },
    [SMTP_STATE_HELO] = { .word = "helo", .command = "HELO ", .wording = WORDS_OUR_NAME },
    [SMTP_STATE_STARTTLS] = { "starttls", "STARTTLS", WORDS_ALONE, false, SMTP_STAGE_STARTTLS },
    [SMTP_STATE_HANDSHAKE] = { .word = "handshake", .stage = SMTP_STAGE_TLS },
    [SMTP_STATE_EHLO_TLS] = { "ehlo-tls", "EHLO ", WORDS_OUR_NAME, false, SMTP_STAGE_EHLO_TLS },
    [SMTP_STATE_PERMISSION] = { .word = "permission", .stage = SMTP_STAGE_AUTH },
    [SMTP_STATE_AUTH] = { .word = "auth", .stage = SMTP_STAGE_AUTH }, /* smtp/auth says it */
    [SMTP_STATE_CANCEL] = { .word = "cancel", .command = "*", .courtesy = true },
    [SMTP_STATE_MAIL] = { "mail", "MAIL FROM:<", WORDS_SENDER, false, SMTP_STAGE_MAIL },
    [SMTP_STATE_RCPT] = { "rcpt", "RCPT TO:<", WORDS_RECIPIENT, false, SMTP_STAGE_RCPT },
    [SMTP_STATE_DATA] = { "data", "DATA", WORDS_ALONE, false, SMTP_STAGE_DATA },
    [SMTP_STATE_MESSAGE] = { "message", "", WORDS_MESSAGE, false, SMTP_STAGE_MESSAGE },
    [SMTP_STATE_RSET] = { .word = "rset", .command = "RSET", .courtesy = true },
    [SMTP_STATE_QUIT] = { .word = "quit", .command = "QUIT", .courtesy = true },
    [SMTP_STATE_END] = { .word = "end", .courtesy = true },
};

/* ---- what we say ------------------------------------------------------------------ */

static const struct smtp_caps *dialogue_caps(const struct smtp_dialogue *d)
{
    return d->inside_tls ? &d->learned.tls : &d->learned.clear;
}

static bool dialogue_is_wide(const struct smtp_dialogue *d)
{
    return message_address_is_wide(d->errand.mail_from) || message_address_is_wide(d->errand.rcpt_to);
}

/* RFC 1870 section 6, RFC 6531 section 3.4. */
static void put_sender(struct smtp_dialogue *d)
{
    buf_printf(&d->out, "%s>", d->errand.mail_from == NULL ? "" : d->errand.mail_from);
    if (d->errand.mail_from == NULL)
        return;
    if (dialogue_caps(d)->size_given)
        buf_printf(&d->out, " SIZE=%zu", d->message.len);
    if (dialogue_is_wide(d))
        buf_put_string(&d->out, " BODY=8BITMIME SMTPUTF8");
}

static void put_wording(struct smtp_dialogue *d, enum wording wording)
{
    switch (wording) {
    case WORDS_ALONE:
        break;
    case WORDS_OUR_NAME:
        buf_put_string(&d->out, d->spec.ehlo_name);
        break;
    case WORDS_SENDER:
        put_sender(d);
        break;
    case WORDS_RECIPIENT:
        buf_printf(&d->out, "%s>", d->errand.rcpt_to);
        break;
    case WORDS_MESSAGE:
        buf_put(&d->out, d->message.bytes, d->message.len);
        buf_put_char(&d->out, '.');
        break;
    }
    buf_put_string(&d->out, "\r\n");
}

/* The only place that changes the state. States only go forward, so that the trail has room for all. */
static void dialogue_enter(struct smtp_dialogue *d, enum smtp_state state)
{
    const struct state_entry *s = &states[state];

    assert(d->n_trail < SMTP_STATE_COUNT);
    d->state = state;
    d->trail[d->n_trail++] = state;
    d->complete = s->courtesy;
    if (!s->courtesy && state != SMTP_STATE_HELO)
        d->learned.stage = s->stage;
    if (state != SMTP_STATE_AUTH)
        auth_end(&d->auth);
    d->reader.line_max = state == SMTP_STATE_AUTH ? REPLY_CHALLENGE_LINE_MAX : REPLY_LINE_MAX;
    if (s->command == NULL)
        return;
    buf_put_string(&d->out, s->command);
    put_wording(d, s->wording);
}

/* Our own failure: nothing is said about the peer. */
static void dialogue_fail(struct smtp_dialogue *d)
{
    err_set(&d->err, ERR_NOMEM, 0, "keeping what a server said"); /* unless a cause is noted */
    if (d->state != SMTP_STATE_END)
        dialogue_enter(d, SMTP_STATE_END);
}

/* The peer cannot be talked to any more: no QUIT either. */
static void dialogue_break(struct smtp_dialogue *d, enum smtp_fault fault)
{
    if (!d->complete)
        d->learned.fault = fault;
    dialogue_enter(d, SMTP_STATE_END);
}

static void dialogue_succeed(struct smtp_dialogue *d, enum smtp_state courtesy)
{
    d->learned.stage = SMTP_STAGE_DONE;
    dialogue_enter(d, courtesy);
}

static void dialogue_flaw(struct smtp_dialogue *d, enum reply_flaw flaw)
{
    if (!d->complete)
        d->learned.flaw = flaw;
    dialogue_break(d, SMTP_FAULT_MALFORMED);
}

/* Masks the secret, where it may have been said, before the text is cut. */
static struct peer_text dialogue_keep_text(struct smtp_dialogue *d, struct peer_text text, size_t max)
{
    struct peer_text kept = { 0 };
    struct arena *work;

    if (!d->permitted)
        return arena_peer_text(d->arena, text, max);
    work = arena_new(WORK_MAX);
    if (work == NULL || !secret_mask(&kept, d->errand.secret, d->errand.user, work, text))
        d->mask_failed = true;
    else
        kept = arena_peer_text(d->arena, kept, max);
    arena_free(work);
    return kept;
}

static struct smtp_answer dialogue_answer(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    struct peer_text text = r->whole;

    while (text.len > 0 && (text.bytes[text.len - 1] == '\n' || text.bytes[text.len - 1] == '\r'))
        text.len--;
    return (struct smtp_answer){
        .code = r->code,
        .enhanced = r->enhanced,
        .text = dialogue_keep_text(d, text, PEER_LINE_MAX),
    };
}

/* A service that talks in another protocol than ours. */
static bool is_foreign(enum service service)
{
    return service != SERVICE_UNKNOWN && service != SERVICE_NOTHING && service != SERVICE_SMTP;
}

/* The answer is no success: which kind of failure is it? */
static void dialogue_refused(struct smtp_dialogue *d, const struct smtp_reply *r, enum smtp_fault fault)
{
    if (r->code / 100 != 4 && r->code / 100 != 5) {
        dialogue_flaw(d, REPLY_UNEXPECTED);
        return;
    }
    d->learned.fault = fault;
    d->learned.refusal = dialogue_answer(d, r);
    dialogue_enter(d, SMTP_STATE_QUIT);
}

static void dialogue_on_greeting(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    d->learned.service = guess_service(r->whole);
    if (r->code == 220 && d->spec.greeting_only)
        dialogue_succeed(d, SMTP_STATE_QUIT);
    else if (r->code == 220)
        dialogue_enter(d, d->inside_tls ? SMTP_STATE_EHLO_TLS : SMTP_STATE_EHLO);
    else if (is_foreign(d->learned.service))
        dialogue_break(d, SMTP_FAULT_NOT_SMTP);
    else
        dialogue_refused(d, r, SMTP_FAULT_REFUSED);
}

/* It cannot go on, though no reply refused it. */
static void dialogue_give_up(struct smtp_dialogue *d, enum smtp_fault fault, enum smtp_state courtesy)
{
    d->learned.fault = fault;
    dialogue_enter(d, courtesy);
}

/* ---- the message -------------------------------------------------------------------- */

/* Random on the left, the sender's domain on the right: nobody else makes the same. */
static bool dialogue_make_id(struct smtp_dialogue *d)
{
    char bytes[MESSAGE_ID_BYTES];
    char digits[2 * MESSAGE_ID_BYTES + 1];

    if (gsasl_nonce(bytes, sizeof bytes) != GSASL_OK)
        return err_set(&d->err, ERR_LIBRARY, 0, "making a message id");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(digits + 2 * i, 3, "%02x", (unsigned)(unsigned char)bytes[i]);
    d->learned.sending.message_id = arena_printf(d->arena, "%s%s", digits, strrchr(d->errand.mail_from, '@'));
    return d->learned.sending.message_id != NULL;
}

static bool dialogue_make_message(struct smtp_dialogue *d)
{
    struct message_facts facts = {
        .from = d->errand.mail_from,
        .to = d->errand.rcpt_to,
        .wall_ms = d->errand.wall_ms,
        .utc_offset_minutes = d->errand.utc_offset_minutes,
    };

    if (!dialogue_make_id(d))
        return false;
    facts.id = d->learned.sending.message_id;
    if (!message_write(&d->message, &facts))
        return false;
    d->learned.sending.size = d->message.len;
    return true;
}

/* Whoever is let in, or need not be: now the message, or nothing more. */
static void dialogue_send(struct smtp_dialogue *d)
{
    const struct smtp_caps *caps = dialogue_caps(d);

    if (d->errand.mail_from == NULL) {
        dialogue_succeed(d, SMTP_STATE_QUIT);
        return;
    }
    d->learned.stage = SMTP_STAGE_MAIL;
    if (!dialogue_make_message(d))
        dialogue_fail(d);
    else if (dialogue_is_wide(d) && !caps->smtputf8)
        dialogue_give_up(d, SMTP_FAULT_NEEDS_SMTPUTF8, SMTP_STATE_QUIT);
    else if (caps->size > 0 && d->message.len > caps->size)
        dialogue_give_up(d, SMTP_FAULT_TOO_LARGE, SMTP_STATE_QUIT);
    else
        dialogue_enter(d, SMTP_STATE_MAIL);
}

/* ---- what the server answers ----------------------------------------------------------- */

/* EHLO, or HELO in its place, was accepted: what is there still to do? */
static void dialogue_greeted(struct smtp_dialogue *d)
{
    if (d->spec.want_starttls && !d->inside_tls) {
        if (d->learned.clear.starttls) {
            dialogue_enter(d, SMTP_STATE_STARTTLS);
        } else {
            d->learned.fault = SMTP_FAULT_STARTTLS_NOT_OFFERED;
            dialogue_enter(d, SMTP_STATE_QUIT);
        }
    } else if (d->errand.sign_in) {
        dialogue_enter(d, SMTP_STATE_PERMISSION);
    } else if (d->spec.try_mail) {
        dialogue_enter(d, SMTP_STATE_MAIL);
    } else {
        dialogue_send(d);
    }
}

/* FTP greets with 220 as well: its greeting is believed once the command of ours is refused. */
static void dialogue_greeting_refused(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    if (is_foreign(d->learned.service))
        dialogue_break(d, SMTP_FAULT_NOT_SMTP);
    else
        dialogue_refused(d, r, SMTP_FAULT_REFUSED);
}

static void dialogue_on_ehlo(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    struct smtp_caps *caps = d->inside_tls ? &d->learned.tls : &d->learned.clear;

    if (r->code / 100 == 2) {
        if (!ehlo_read(caps, d->arena, r))
            dialogue_fail(d);
        else
            dialogue_greeted(d);
    } else if (r->code == 500 || r->code == 502) {
        dialogue_enter(d, SMTP_STATE_HELO); /* RFC 5321 section 3.2 */
    } else {
        dialogue_greeting_refused(d, r);
    }
}

static void dialogue_on_helo(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    if (r->code / 100 == 2) {
        d->learned.helo_used = true;
        dialogue_greeted(d);
    } else {
        dialogue_greeting_refused(d, r);
    }
}

/*
 * Begins the best mechanism behind `after` that can carry user name and secret.
 * False where there is none; after a failure of ours the dialogue is over.
 */
static bool dialogue_begin_auth(struct smtp_dialogue *d, const char *after, bool *unsayable)
{
    const struct smtp_caps *caps = dialogue_caps(d);
    struct sasl_spec spec = {
        .user = d->errand.user,
        .secret = d->errand.secret,
        .host = d->errand.host,
        .port = d->errand.port,
        .binding = d->binding,
        .n_binding = d->n_binding,
    };

    for (;;) {
        struct err err = { 0 };

        spec.mechanism = sasl_choose(caps->auth, caps->n_auth, secret_kind(spec.secret), spec.n_binding > 0,
                                     d->errand.auth, after);
        if (spec.mechanism == NULL)
            return false;
        if (auth_begin(&d->auth, &spec, &d->out, &err)) {
            d->learned.sign_in.begun = true;
            d->learned.sign_in.mechanism = spec.mechanism;
            return true;
        }
        if (err.kind != ERR_INPUT) {
            d->err = err;
            dialogue_fail(d);
            return true;
        }
        *unsayable = true;
        after = spec.mechanism;
    }
}

static void dialogue_sign_in(struct smtp_dialogue *d)
{
    bool unsayable = false;

    if (dialogue_caps(d)->n_auth == 0)
        dialogue_give_up(d, SMTP_FAULT_AUTH_NOT_OFFERED, SMTP_STATE_QUIT);
    else if (!dialogue_begin_auth(d, NULL, &unsayable))
        dialogue_give_up(d, unsayable ? SMTP_FAULT_UNSAYABLE : SMTP_FAULT_NO_MECHANISM, SMTP_STATE_QUIT);
}

/* Whether t holds the word, in letters of either case. */
static bool mentions(struct peer_text t, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= t.len; i++)
        if (peer_text_equal_nocase((struct peer_text){ .bytes = t.bytes + i, .len = len }, word))
            return true;
    return false;
}

/*
 * The mechanism is refused, not who asks: another may do, and no account is
 * locked by trying. 534 5.7.9 says so by RFC 4954 ("mechanism is too weak");
 * Google means other things by it, and does not mention mechanisms.
 */
static bool is_mechanism_refused(const struct smtp_reply *r)
{
    return r->code == 504 || (r->code == 534 && mentions(r->whole, "mechanism"));
}

static bool dialogue_set_aside(struct smtp_dialogue *d)
{
    struct smtp_sign_in *s = &d->learned.sign_in;
    const char *refused = s->mechanism;
    size_t i = s->n_set_aside;
    bool unsayable = false;

    if (i == SMTP_SET_ASIDE_MAX || d->errand.auth != NULL)
        return false;
    auth_end(&d->auth);
    if (!dialogue_begin_auth(d, refused, &unsayable))
        return false;
    s->set_aside[i].mechanism = refused;
    s->set_aside[i].answer = d->learned.answers[SMTP_STAGE_AUTH];
    s->n_set_aside = i + 1;
    return true;
}

static void dialogue_on_challenge(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    struct peer_text text = r->lines[r->n_lines - 1];

    switch (auth_challenge(&d->auth, text, &d->learned.sign_in.oauth, d->arena, &d->out, &d->err)) {
    case AUTH_ANSWERED:
        break;
    case AUTH_UNVERIFIED:
        dialogue_give_up(d, SMTP_FAULT_UNVERIFIED, SMTP_STATE_CANCEL);
        break;
    case AUTH_NONSENSE:
        dialogue_give_up(d, SMTP_FAULT_CHALLENGE, SMTP_STATE_CANCEL);
        break;
    case AUTH_FAILED:
        dialogue_fail(d);
        break;
    }
}

static void dialogue_on_auth(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    bool success = r->code / 100 == 2;

    if ((success || r->code == 334) && !d->learned.sign_in.begun) {
        dialogue_flaw(d, REPLY_UNEXPECTED); /* to a command that was not sent */
    } else if (r->code == 334) {
        dialogue_on_challenge(d, r);
    } else if (success && !auth_server_verified(&d->auth)) {
        dialogue_give_up(d, SMTP_FAULT_UNVERIFIED, SMTP_STATE_QUIT);
    } else if (success) {
        d->learned.sign_in.accepted = true;
        auth_end(&d->auth);
        dialogue_send(d);
    } else if (!is_mechanism_refused(r) || !dialogue_set_aside(d)) {
        dialogue_refused(d, r, SMTP_FAULT_REFUSED);
    }
}

static void dialogue_on_mail(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    if (r->code / 100 != 2) {
        dialogue_refused(d, r, SMTP_FAULT_REFUSED);
    } else if (d->spec.try_mail) {
        d->learned.mail_accepted = true;
        dialogue_succeed(d, SMTP_STATE_RSET);
    } else {
        dialogue_enter(d, SMTP_STATE_RCPT);
    }
}

static void dialogue_on_rcpt(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    if (r->code / 100 != 2)
        dialogue_refused(d, r, SMTP_FAULT_REFUSED);
    else if (d->errand.stop_after_rcpt)
        dialogue_succeed(d, SMTP_STATE_RSET);
    else
        dialogue_enter(d, SMTP_STATE_DATA);
}

static void dialogue_on_message(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    if (r->code / 100 == 2) {
        d->learned.sending.accepted = true;
        dialogue_succeed(d, SMTP_STATE_QUIT);
    } else {
        dialogue_refused(d, r, SMTP_FAULT_REFUSED);
    }
}

static void dialogue_reply(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    if (!states[d->state].courtesy && d->state != SMTP_STATE_HELO)
        d->learned.answers[d->learned.stage] = dialogue_answer(d, r);
    switch (d->state) {
    case SMTP_STATE_GREETING:
        dialogue_on_greeting(d, r);
        break;
    case SMTP_STATE_EHLO:
    case SMTP_STATE_EHLO_TLS:
        dialogue_on_ehlo(d, r);
        break;
    case SMTP_STATE_HELO:
        dialogue_on_helo(d, r);
        break;
    case SMTP_STATE_STARTTLS:
        if (r->code == 220)
            dialogue_enter(d, SMTP_STATE_HANDSHAKE);
        else
            dialogue_refused(d, r, SMTP_FAULT_STARTTLS_REFUSED);
        break;
    case SMTP_STATE_AUTH:
        dialogue_on_auth(d, r);
        break;
    case SMTP_STATE_MAIL:
        dialogue_on_mail(d, r);
        break;
    case SMTP_STATE_RCPT:
        dialogue_on_rcpt(d, r);
        break;
    case SMTP_STATE_DATA:
        if (r->code == 354)
            dialogue_enter(d, SMTP_STATE_MESSAGE);
        else
            dialogue_refused(d, r, SMTP_FAULT_REFUSED);
        break;
    case SMTP_STATE_MESSAGE:
        dialogue_on_message(d, r);
        break;
    case SMTP_STATE_CANCEL:
    case SMTP_STATE_RSET:
        dialogue_enter(d, SMTP_STATE_QUIT);
        break;
    case SMTP_STATE_QUIT:
        dialogue_enter(d, SMTP_STATE_END);
        break;
    case SMTP_STATE_HANDSHAKE:
    case SMTP_STATE_PERMISSION:
    case SMTP_STATE_END:
    case SMTP_STATE_COUNT:
        assert(false); /* a reply is read only where one is awaited */
        break;
    }
}

/* ---- reading ---------------------------------------------------------------------------- */

/* What came cannot be understood, so that its bytes are all there is to tell. */
static bool is_unreadable(const struct smtp_dialogue *d)
{
    return d->learned.fault == SMTP_FAULT_MALFORMED || d->learned.fault == SMTP_FAULT_NOT_SMTP;
}

/* The raw bytes as they may be shown: they may quote the secret too. */
static void dialogue_show_raw(struct smtp_dialogue *d)
{
    struct peer_text raw = { .bytes = d->raw, .len = d->n_raw };
    struct arena *work;

    d->learned.raw = raw;
    if (!d->permitted)
        return;
    d->learned.raw = (struct peer_text){ .bytes = d->masked };
    work = arena_new(WORK_MAX);
    if (work == NULL || !secret_mask(&raw, d->errand.secret, d->errand.user, work, raw)) {
        d->mask_failed = true;
    } else {
        d->learned.raw.len = raw.len < sizeof d->masked ? raw.len : sizeof d->masked;
        memcpy(d->masked, raw.bytes, d->learned.raw.len);
    }
    arena_free(work);
}

/* Keeps the first bytes of what is being read, and of what follows it where it could not be. */
static void dialogue_keep(struct smtp_dialogue *d, const char *bytes, size_t n)
{
    size_t room = sizeof d->raw - d->n_raw;

    if (d->complete && !is_unreadable(d))
        return;
    if (n > room)
        n = room;
    memcpy(d->raw + d->n_raw, bytes, n);
    d->n_raw += n;
    dialogue_show_raw(d);
}

/* A reply that is none. In place of a greeting it may be another service's; that may take bytes to tell. */
static void dialogue_judge(struct smtp_dialogue *d)
{
    enum service service;

    d->undecided = false;
    if (d->state != SMTP_STATE_GREETING) {
        dialogue_flaw(d, d->reader.flaw);
        return;
    }
    if (guess_undecided(d->learned.raw)) {
        d->undecided = true;
        return;
    }
    service = guess_service(d->learned.raw);
    d->learned.service = service;
    if (is_foreign(service))
        dialogue_break(d, SMTP_FAULT_NOT_SMTP);
    else
        dialogue_flaw(d, d->reader.flaw);
}

static void dialogue_forget(struct smtp_dialogue *d)
{
    reply_reader_next(&d->reader);
    if (is_unreadable(d))
        return;
    d->n_raw = 0;
    d->learned.raw = (struct peer_text){ 0 };
}

/* Takes at most one reply off the front; the number of bytes that were used. */
static size_t dialogue_take(struct smtp_dialogue *d, const char *bytes, size_t n)
{
    size_t taken = 1;

    if (d->out.len > 0 && !d->complete)
        d->learned.early = true;
    if (d->undecided) {
        dialogue_keep(d, bytes, taken);
        dialogue_judge(d);
        return taken;
    }
    switch (reply_reader_feed(&d->reader, bytes, n, &taken)) {
    case REPLY_MORE:
        dialogue_keep(d, bytes, taken);
        break;
    case REPLY_WHOLE:
        dialogue_keep(d, bytes, taken);
        dialogue_reply(d, &d->reader.reply);
        dialogue_forget(d);
        break;
    case REPLY_BROKEN:
        dialogue_keep(d, bytes, taken);
        dialogue_judge(d);
        break;
    case REPLY_NOMEM:
        dialogue_fail(d);
        break;
    }
    return taken;
}

static void dialogue_inject(struct smtp_dialogue *d, const char *bytes, size_t n)
{
    size_t room = sizeof d->injected - d->n_injected_kept;
    size_t kept = n < room ? n : room;

    memcpy(d->injected + d->n_injected_kept, bytes, kept);
    d->n_injected_kept += kept;
    d->learned.injected = (struct peer_text){ .bytes = d->injected, .len = d->n_injected_kept };
    d->learned.n_injected += n;
}

/* Said while a permission is waited for: heard before anything else is said. */
static void dialogue_hold(struct smtp_dialogue *d, const char *bytes, size_t n)
{
    d->learned.early = true;
    if (n <= d->pending.ceiling - d->pending.len) {
        buf_put(&d->pending, bytes, n);
        return;
    }
    dialogue_keep(d, d->pending.bytes, d->pending.len);
    dialogue_keep(d, bytes, n);
    dialogue_flaw(d, REPLY_TOO_LONG);
}

enum smtp_want dialogue_want(const struct smtp_dialogue *d)
{
    if (d->state == SMTP_STATE_END)
        return SMTP_WANT_CLOSE;
    if (d->state == SMTP_STATE_PERMISSION)
        return SMTP_WANT_PERMISSION;
    return d->state == SMTP_STATE_HANDSHAKE ? SMTP_WANT_HANDSHAKE : SMTP_WANT_READ;
}

/* Ours, and not the peer's: a step that could not be kept or said in full. */
static bool dialogue_is_short(const struct smtp_dialogue *d)
{
    return d->out.failed || d->pending.failed || d->mask_failed || arena_failed(d->arena);
}

/* A secret that was sent is not left lying in the buffer. */
static void dialogue_wipe_sent(struct smtp_dialogue *d)
{
    if (d->permitted && d->out.bytes != NULL)
        explicit_bzero(d->out.bytes + d->out.len, d->out.size - d->out.len);
}

enum smtp_want dialogue_feed(struct smtp_dialogue *d, const void *bytes, size_t n)
{
    const char *at = bytes;

    dialogue_wipe_sent(d);
    while (n > 0 && dialogue_want(d) == SMTP_WANT_READ) {
        size_t taken = dialogue_take(d, at, n);

        at += taken;
        n -= taken;
        if (dialogue_is_short(d))
            dialogue_fail(d);
    }
    if (n > 0 && d->state == SMTP_STATE_HANDSHAKE)
        dialogue_inject(d, at, n);
    else if (n > 0 && d->state == SMTP_STATE_PERMISSION)
        dialogue_hold(d, at, n);
    else if (n > 0 && is_unreadable(d))
        dialogue_keep(d, at, n);
    return dialogue_want(d);
}

enum smtp_want dialogue_tls_up(struct smtp_dialogue *d)
{
    assert(d->state == SMTP_STATE_HANDSHAKE);
    d->inside_tls = true; /* from here on learned.tls is filled and read, learned.clear never again */
    buf_consume(&d->out, d->out.len); /* what was not sent in clear is void: it must not pass into TLS */
    dialogue_enter(d, SMTP_STATE_EHLO_TLS);
    if (dialogue_is_short(d))
        dialogue_fail(d);
    return dialogue_want(d);
}

enum smtp_want dialogue_permit(struct smtp_dialogue *d, const void *binding, size_t n)
{
    assert(d->state == SMTP_STATE_PERMISSION && n <= BINDING_MAX);
    d->binding = arena_peer_text(d->arena, (struct peer_text){ .bytes = binding, .len = n }, BINDING_MAX).bytes;
    d->n_binding = n;
    dialogue_enter(d, SMTP_STATE_AUTH);
    if (d->pending.len > 0)
        return dialogue_feed(d, d->pending.bytes, d->pending.len);
    d->permitted = true;
    dialogue_sign_in(d);
    if (dialogue_is_short(d))
        dialogue_fail(d);
    return dialogue_want(d);
}

enum smtp_want dialogue_forbid(struct smtp_dialogue *d)
{
    assert(d->state == SMTP_STATE_PERMISSION);
    dialogue_succeed(d, SMTP_STATE_QUIT);
    return dialogue_want(d);
}

enum smtp_want dialogue_eof(struct smtp_dialogue *d)
{
    if (d->state == SMTP_STATE_END)
        return SMTP_WANT_CLOSE;
    if (d->undecided)
        dialogue_flaw(d, d->reader.flaw);
    else
        dialogue_break(d, SMTP_FAULT_CLOSED);
    return SMTP_WANT_CLOSE;
}

/* A name with a line end in it would be a command of somebody else's choice. */
static bool is_sendable(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > EHLO_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return false;
    return true;
}

static bool are_sendable(const struct smtp_errand *e)
{
    return e->mail_from == NULL || (message_address_sendable(e->mail_from) && message_address_sendable(e->rcpt_to));
}

/* Copies the errand; `out` gets all the room at once that a line with the secret takes, so that it never moves. */
static bool dialogue_take_errand(struct smtp_dialogue *d, const struct smtp_errand *errand, struct err *err)
{
    struct smtp_errand e = *errand;
    size_t room = OUT_MAX + MESSAGE_MAX;

    if (!are_sendable(errand))
        return err_set(err, ERR_INPUT, 0, "choosing the addresses of the test message");
    e.user = arena_peer_text(d->arena, errand->user, errand->user.len);
    e.auth = arena_strdup(d->arena, errand->auth);
    e.host = arena_strdup(d->arena, errand->host);
    e.mail_from = arena_strdup(d->arena, errand->mail_from);
    e.rcpt_to = arena_strdup(d->arena, errand->rcpt_to);
    if (e.sign_in)
        room += auth_room(&(struct sasl_spec){ .user = e.user, .secret = e.secret, .host = e.host });
    buf_init(&d->out, room);
    buf_init(&d->pending, PENDING_MAX);
    buf_init(&d->message, MESSAGE_MAX);
    d->errand = e;
    if (arena_failed(d->arena) || !buf_reserve(&d->out, room))
        return err_set(err, ERR_NOMEM, 0, "starting a dialogue");
    return true;
}

bool dialogue_init(struct smtp_dialogue *d, const struct smtp_dialogue_spec *spec, struct err *err)
{
    const struct smtp_errand *errand = spec->errand;

    assert(!spec->inside_tls || !spec->want_starttls);
    assert(!spec->try_mail || (!spec->inside_tls && !spec->want_starttls));
    assert(errand == NULL || (!spec->try_mail && !spec->greeting_only));
    assert(errand == NULL || !errand->sign_in || spec->inside_tls || spec->want_starttls);
    *d = (struct smtp_dialogue){ .spec = *spec, .inside_tls = spec->inside_tls };
    d->spec.errand = NULL;
    buf_init(&d->out, OUT_MAX);
    reply_reader_init(&d->reader);
    if (!is_sendable(spec->ehlo_name))
        return err_set(err, ERR_INPUT, 0, "choosing the name for EHLO");
    d->arena = arena_new(ARENA_MAX);
    if (d->arena == NULL)
        return err_set(err, ERR_NOMEM, 0, "starting a dialogue");
    d->spec.ehlo_name = arena_strdup(d->arena, spec->ehlo_name);
    if (d->spec.ehlo_name == NULL)
        return err_set(err, ERR_NOMEM, 0, "starting a dialogue");
    if (errand != NULL && !dialogue_take_errand(d, errand, err))
        return false;
    dialogue_enter(d, SMTP_STATE_GREETING);
    return true;
}

void dialogue_done(struct smtp_dialogue *d)
{
    auth_end(&d->auth);
    secret_wipe_buf(&d->out);
    secret_wipe_buf(&d->reader.raw); /* the server may have quoted it */
    explicit_bzero(d->raw, sizeof d->raw);
    buf_done(&d->pending);
    buf_done(&d->message);
    reply_reader_done(&d->reader);
    arena_free(d->arena);
    *d = (struct smtp_dialogue){ .state = SMTP_STATE_END };
}

const char *smtp_state_word(enum smtp_state state)
{
    return states[state].word;
}

const char *smtp_fault_word(enum smtp_fault fault)
{
    static const char *const words[] = {
        [SMTP_FAULT_NONE] = "none",
        [SMTP_FAULT_REFUSED] = "refused",
        [SMTP_FAULT_MALFORMED] = "malformed",
        [SMTP_FAULT_NOT_SMTP] = "not-smtp",
        [SMTP_FAULT_CLOSED] = "closed",
        [SMTP_FAULT_STARTTLS_NOT_OFFERED] = "starttls-not-offered",
        [SMTP_FAULT_STARTTLS_REFUSED] = "starttls-refused",
        [SMTP_FAULT_AUTH_NOT_OFFERED] = "auth-not-offered",
        [SMTP_FAULT_NO_MECHANISM] = "no-mechanism",
        [SMTP_FAULT_UNSAYABLE] = "unsayable",
        [SMTP_FAULT_UNVERIFIED] = "unverified",
        [SMTP_FAULT_CHALLENGE] = "challenge",
        [SMTP_FAULT_TOO_LARGE] = "too-large",
        [SMTP_FAULT_NEEDS_SMTPUTF8] = "needs-smtputf8",
    };

    return words[fault];
}
