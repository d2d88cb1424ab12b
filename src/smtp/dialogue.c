#include "smtp/dialogue.h"

#include <assert.h>
#include <string.h>

#include "smtp/guess.h"

enum {
    EHLO_NAME_MAX = 255,
    OUT_MAX = 1024,            /* a few commands, when nobody drains */
    ARENA_MAX = 512 * 1024,    /* two EHLO replies of the greatest size, and the answers */
    PENDING_MAX = 2048,        /* said while a permission is waited for */
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

static const struct smtp_caps *dialogue_caps(const struct smtp_dialogue *d)
{
    return d->inside_tls ? &d->learned.tls : &d->learned.clear;
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
        if (d->errand.spec.mail_from == NULL)
            buf_put_char(&d->out, '>');
        else
            errand_put_sender(&d->errand, dialogue_caps(d), &d->out);
        break;
    case WORDS_RECIPIENT:
        buf_printf(&d->out, "%s>", d->errand.spec.rcpt_to);
        break;
    case WORDS_MESSAGE:
        buf_put(&d->out, d->errand.message.bytes, d->errand.message.len);
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
        auth_end(&d->errand.auth);
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

static struct smtp_answer dialogue_answer(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    struct smtp_answer answer = { .code = r->code, .enhanced = r->enhanced };
    struct peer_text text = r->whole;

    while (text.len > 0 && (text.bytes[text.len - 1] == '\n' || text.bytes[text.len - 1] == '\r'))
        text.len--;
    if (!errand_keep(&d->errand, &answer.text, d->arena, text, PEER_LINE_MAX))
        d->failed = true;
    return answer;
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

/* Whoever is let in, or need not be: now the message, or nothing more. */
static void dialogue_send(struct smtp_dialogue *d)
{
    const struct smtp_caps *caps = dialogue_caps(d);

    if (d->errand.spec.mail_from == NULL) {
        dialogue_succeed(d, SMTP_STATE_QUIT);
        return;
    }
    d->learned.stage = SMTP_STAGE_MAIL;
    if (!errand_make_message(&d->errand, &d->learned.sending, d->arena, &d->err))
        dialogue_fail(d);
    else if (errand_is_wide(&d->errand) && !caps->smtputf8)
        dialogue_give_up(d, SMTP_FAULT_NEEDS_SMTPUTF8, SMTP_STATE_QUIT);
    else if (caps->size > 0 && d->learned.sending.size > caps->size)
        dialogue_give_up(d, SMTP_FAULT_TOO_LARGE, SMTP_STATE_QUIT);
    else
        dialogue_enter(d, SMTP_STATE_MAIL);
    d->learned.sending.begun = d->state == SMTP_STATE_MAIL;
}

/* EHLO, or HELO in its place, was accepted: what is there still to do? */
static void dialogue_greeted(struct smtp_dialogue *d)
{
    if (d->spec.want_starttls && !d->inside_tls) {
        if (d->learned.clear.starttls)
            dialogue_enter(d, SMTP_STATE_STARTTLS);
        else
            dialogue_give_up(d, SMTP_FAULT_STARTTLS_NOT_OFFERED, SMTP_STATE_QUIT);
    } else if (d->errand.spec.sign_in) {
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

static void dialogue_sign_in(struct smtp_dialogue *d)
{
    const struct smtp_caps *caps = dialogue_caps(d);

    if (caps->n_auth == 0) {
        dialogue_give_up(d, SMTP_FAULT_AUTH_NOT_OFFERED, SMTP_STATE_QUIT);
        return;
    }
    switch (errand_begin_auth(&d->errand, caps, &d->learned.sign_in, &d->out, &d->err)) {
    case ERRAND_BEGUN:
        break;
    case ERRAND_NO_MECHANISM:
        dialogue_give_up(d, SMTP_FAULT_NO_MECHANISM, SMTP_STATE_QUIT);
        break;
    case ERRAND_UNSAYABLE:
        dialogue_give_up(d, SMTP_FAULT_UNSAYABLE, SMTP_STATE_QUIT);
        break;
    case ERRAND_FAILED:
        dialogue_fail(d);
        break;
    }
}

static void dialogue_auth_refused(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    const struct smtp_answer *refusal = &d->learned.answers[SMTP_STAGE_AUTH];
    enum errand_auth next =
        errand_set_aside(&d->errand, refusal, dialogue_caps(d), &d->learned.sign_in, &d->out, &d->err);

    if (next == ERRAND_FAILED)
        dialogue_fail(d);
    else if (next != ERRAND_BEGUN)
        dialogue_refused(d, r, SMTP_FAULT_REFUSED);
}

static void dialogue_on_challenge(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    struct oauth_error *error = &d->learned.sign_in.oauth;

    switch (auth_challenge(&d->errand.auth, r->lines[r->n_lines - 1], error, d->arena, &d->out, &d->err)) {
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

/* 235 alone (RFC 4954 section 4), and no server that has not heard the secret can mean it. */
static void dialogue_on_auth_accepted(struct smtp_dialogue *d)
{
    if (!auth_server_verified(&d->errand.auth)) {
        dialogue_give_up(d, SMTP_FAULT_UNVERIFIED, SMTP_STATE_QUIT);
    } else if (!auth_all_said(&d->errand.auth)) {
        dialogue_flaw(d, REPLY_UNEXPECTED);
    } else {
        d->learned.sign_in.accepted = true;
        auth_end(&d->errand.auth);
        dialogue_send(d);
    }
}

static void dialogue_on_auth(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    if ((r->code == 235 || r->code == 334) && !d->learned.sign_in.begun) {
        dialogue_flaw(d, REPLY_UNEXPECTED); /* to a command that was not sent */
    } else if (r->code == 334) {
        dialogue_on_challenge(d, r);
    } else if (r->code == 235) {
        dialogue_on_auth_accepted(d);
    } else {
        dialogue_auth_refused(d, r);
    }
}

/* An answer that can only be yes or no. */
static bool dialogue_accepted(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    if (r->code / 100 == 2)
        return true;
    dialogue_refused(d, r, SMTP_FAULT_REFUSED);
    return false;
}

static void dialogue_on_mail(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    if (!dialogue_accepted(d, r))
        return;
    d->learned.mail_accepted = d->spec.try_mail;
    if (d->spec.try_mail)
        dialogue_succeed(d, SMTP_STATE_RSET);
    else
        dialogue_enter(d, SMTP_STATE_RCPT);
}

static void dialogue_on_rcpt(struct smtp_dialogue *d, const struct smtp_reply *r)
{
    if (!dialogue_accepted(d, r))
        return;
    if (d->errand.spec.stop_after_rcpt)
        dialogue_succeed(d, SMTP_STATE_RSET);
    else
        dialogue_enter(d, SMTP_STATE_DATA);
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
        d->learned.sending.accepted = dialogue_accepted(d, r);
        if (d->learned.sending.accepted)
            dialogue_succeed(d, SMTP_STATE_QUIT);
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

/* What came cannot be understood, so that its bytes are all there is to tell. */
static bool is_unreadable(const struct smtp_dialogue *d)
{
    return d->learned.fault == SMTP_FAULT_MALFORMED || d->learned.fault == SMTP_FAULT_NOT_SMTP;
}

/* Keeps the first bytes of what is being read, and of what follows it where it could not be. */
static void dialogue_keep(struct smtp_dialogue *d, const char *bytes, size_t n)
{
    size_t room = sizeof d->raw - d->n_raw;
    struct peer_text raw = { .bytes = d->raw };

    if (n > room)
        n = room;
    if (n == 0 || (d->complete && !is_unreadable(d)))
        return;
    memcpy(d->raw + d->n_raw, bytes, n);
    d->n_raw += n;
    raw.len = d->n_raw;
    if (!errand_show(&d->errand, &d->learned.raw, d->masked, sizeof d->masked, raw, d->n_raw == sizeof d->raw))
        d->failed = true;
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
    return d->out.failed || d->pending.failed || d->failed || arena_failed(d->arena);
}

/* A secret that was sent is not left lying in the buffer. */
static void dialogue_wipe_sent(struct smtp_dialogue *d)
{
    if (d->errand.permitted && d->out.bytes != NULL)
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
    assert(d->state == SMTP_STATE_PERMISSION);
    dialogue_enter(d, SMTP_STATE_AUTH);
    if (d->pending.len > 0)
        return dialogue_feed(d, d->pending.bytes, d->pending.len);
    errand_permit(&d->errand, (struct peer_text){ .bytes = binding, .len = n }, d->arena);
    if (reply_reader_reserve(&d->reader)) /* the server may quote the secret */
        dialogue_sign_in(d);
    else
        d->failed = true;
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

/* `out` gets all the room at once that a line with the secret takes, so that it never moves. */
static bool dialogue_take_errand(struct smtp_dialogue *d, const struct smtp_errand *errand, struct err *err)
{
    size_t room;

    if (!errand_init(&d->errand, errand, d->arena, err))
        return false;
    room = OUT_MAX + errand_room(&d->errand);
    buf_init(&d->out, room);
    buf_init(&d->pending, PENDING_MAX);
    return buf_reserve(&d->out, room) || err_set(err, ERR_NOMEM, 0, "starting a dialogue");
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
    errand_done(&d->errand);
    secret_wipe_buf(&d->out);
    secret_wipe_buf(&d->reader.raw); /* the server may have quoted it */
    explicit_bzero(d->raw, sizeof d->raw);
    buf_done(&d->pending);
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
