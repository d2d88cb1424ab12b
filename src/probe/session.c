/*
 * session - one connection: TCP, TLS and the dialogue, seen to its end
 *
 * Drives a talk with a socket, GnuTLS and the loop. Everything that the
 * peer does wrong becomes a note in the Evidence and nothing else.
 */
#include "probe/session.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "probe/chain.h"
#include "probe/dial.h"
#include "probe/submission.h"
#include "probe/knock.h"
#include "probe/notes.h"
#include "probe/talk.h"
#include "probe/tls.h"
#include "smtp/guess.h"

enum {
    QUIET_AFTER_MS = 1000,  /* of silence at its first word, the other TLS mode is tried */
    QUIET_ROUND_TRIPS = 4,  /* ... or this many times the connect time, when that is longer */
    QUIET_AGAIN_MS = 1000,
    GOODBYE_MS = 500,       /* the answer to QUIT is waited for, after the report is made */
    READS_PER_WAKE = 32,    /* then other connections have their turn */
    EHLO_NAME_SIZE = 256,
    SMALL_SEGMENT = 1000,   /* fits through every link that IPv6 allows (RFC 8200 section 5), and most others */
};

enum session_state {
    SESSION_CONNECTING,
    SESSION_HANDSHAKE,
    SESSION_TALKING,
    SESSION_CLOSED,
};

struct session {
    struct session *next; /* the check's list */
    struct session_spec spec;
    enum session_state state;
    bool settled;
    bool heard; /* the peer has said something since it was connected */
    struct knock *knock; /* while it is connecting; NULL before and after */
    int fd;              /* once it is connected, else -1 */
    unsigned n_handles; /* that the loop has not closed yet */
    uv_poll_t poll;
    uv_timer_t timer;
    int interest; /* events that are polled for */
    struct tls *tls;
    struct talk talk;
    double connected_ms; /* steady clock */
    double handshake_ms; /* when it began */
    double asked_ms;     /* when the reply that is waited for began to be waited for */
    enum smtp_stage asked;
    struct notes notes;
};

/* ---- small views ---------------------------------------------------------- */

const void *session_user(const struct session *s)
{
    return s->spec.user;
}

uint16_t session_port(const struct session *s)
{
    return s->spec.port;
}

enum tls_mode session_mode(const struct session *s)
{
    return s->spec.mode;
}

const struct address *session_address(const struct session *s)
{
    return &s->spec.address;
}

enum session_lesson session_lesson(const struct session *s)
{
    return s->spec.lesson;
}

bool session_is_settled(const struct session *s)
{
    return s->settled;
}

struct session **session_next(struct session *s)
{
    return &s->next;
}

const struct probe *session_probe(const struct session *s)
{
    return notes_cell(&s->notes, s->spec.mode);
}

struct waiting session_waiting(const struct session *s)
{
    struct waiting w = { 0 };

    if (s->knock != NULL)
        w = (struct waiting){ .attempts = knock_attempts(s->knock), .silent_ms = knock_silent_ms(s->knock) };
    return w;
}

double session_mute_ms(const struct session *s)
{
    return s->heard || s->fd < 0 ? 0 : clock_steady_ms() - s->connected_ms;
}

bool session_in_handshake(const struct session *s)
{
    return s->state == SESSION_HANDSHAKE;
}

double session_handshake_ms(const struct session *s)
{
    return session_in_handshake(s) ? clock_steady_ms() - s->handshake_ms : 0;
}

bool session_is_mute(const struct session *s)
{
    if (s->fd < 0)
        return false;
    return session_in_handshake(s) ? tls_raw(s->tls).len == 0 : !s->heard;
}

double session_silent_ms(const struct session *s)
{
    if (s->fd < 0)
        return 0;
    return clock_steady_ms() - (session_in_handshake(s) ? s->handshake_ms : s->asked_ms);
}

void session_knock(struct session *s)
{
    if (s->knock == NULL)
        return;
    knock_again(s->knock);
    if (s->knock != NULL)
        notes_attempts(&s->notes, knock_attempts(s->knock));
}

/* ---- the end of the connection --------------------------------------------- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct session *s = handle->data;

    if (--s->n_handles > 0)
        return;
    s->spec.listener->gone(s->spec.user, s);
    talk_done(&s->talk);
    free(s);
}

/* Closes socket and handles; `gone` follows from the loop. */
static void session_drop(struct session *s)
{
    if (s->state == SESSION_CLOSED)
        return;
    s->state = SESSION_CLOSED;
    if (s->knock != NULL)
        knock_stop(s->knock);
    s->knock = NULL;
    s->tls = tls_free(s->tls);
    if (s->fd >= 0)
        uv_close((uv_handle_t *)&s->poll, on_handle_closed);
    uv_close((uv_handle_t *)&s->timer, on_handle_closed);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

void session_close(struct session *s)
{
    assert(s->settled);
    session_drop(s);
}

/* Its cells will not change any more; the connection itself may still say good-bye. */
static void session_settle(struct session *s)
{
    if (s->settled)
        return;
    s->settled = true;
    if (s->spec.lesson == LESSON_ERRAND && talk_learned(&s->talk) != NULL)
        submission_keep(s->spec.evidence->errand, s->spec.evidence->arena, talk_learned(&s->talk));
    s->spec.listener->settled(s->spec.user, s);
    notes_close(&s->notes);
    s->spec.evidence = NULL;
}

/* The same end for all open cells, and for the connection. */
static void session_end(struct session *s, enum probe_outcome outcome, enum stage stage, enum fault fault)
{
    notes_end(&s->notes, outcome, stage, fault);
    session_settle(s);
    session_drop(s);
}

/* It has come as far as it was to go. */
static void session_arrive(struct session *s)
{
    tls_bye(s->tls);
    session_end(s, PROBE_OK, STAGE_DONE, FAULT_NONE);
}

/* Where a connected session stands now, as the report calls it. */
static enum stage session_stage(const struct session *s)
{
    if (s->state == SESSION_CONNECTING)
        return STAGE_CONNECT;
    if (s->state == SESSION_HANDSHAKE)
        return STAGE_TLS;
    return notes_stage(talk_learned(&s->talk)->stage);
}

/* Our own trouble is told as such and never put on the peer. */
static void session_fail_ours(struct session *s, const char *text)
{
    notes_error(&s->notes, NULL, text);
    session_end(s, PROBE_FAILED, session_stage(s), FAULT_SYSTEM);
}

static void session_fail_errno(struct session *s, int code)
{
    notes_error(&s->notes, dial_errno_name(code), strerrordesc_np(code));
    session_end(s, PROBE_FAILED, session_stage(s), dial_fault_of_errno(code));
}

/* ---- TLS ------------------------------------------------------------------- */

/* A handshake that was answered in another tongue, or not at all. */
static enum fault fault_of_handshake(struct session *s, const struct tls_failure *f)
{
    struct peer_text raw = tls_raw(s->tls);
    enum service service = guess_service(raw);

    if (raw.len > 0 && service != SERVICE_TLS) {
        notes_raw(&s->notes, raw, service);
        return service == SERVICE_SMTP ? FAULT_PLAIN_EXPECTED : FAULT_NOT_SMTP;
    }
    if (f->alert_received)
        return FAULT_TLS;
    if (f->system_error != 0)
        return dial_fault_of_errno(f->system_error);
    return f->ended ? FAULT_CLOSED : FAULT_TLS;
}

/* What LESSON_NO_SNI was shown: an index into chains, or -1 where the handshake came to nothing. */
static void learn_nameless(struct session *s, int chain)
{
    struct probe *p = &s->spec.evidence->probes[s->spec.pupil];

    p->no_sni_tried = true;
    p->no_sni_chain = chain;
    s->spec.listener->changed(s->spec.user, (size_t)s->spec.pupil);
}

static void session_fail_tls(struct session *s, enum stage stage)
{
    struct tls_failure f = tls_failure(s->tls);
    enum fault fault;

    notes_error(&s->notes, f.error_code, f.error_text);
    notes_tls_failure(&s->notes, &f);
    fault = fault_of_handshake(s, &f);
    if (s->spec.lesson == LESSON_NO_SNI)
        learn_nameless(s, -1);
    session_end(s, PROBE_FAILED, stage, fault);
}

static void session_watch(struct session *s, int events);
static void session_talk(struct session *s);

/* A lesson that ends with the handshake: one thing is kept of it. */
static void learn_from_handshake(struct session *s)
{
    struct evidence *e = s->spec.evidence;
    struct probe *pupil = &e->probes[s->spec.pupil];
    const char *cipher, *group;

    if (s->spec.lesson == LESSON_OLD_TLS)
        tls_describe(s->tls, &pupil->tls_old, &cipher, &group);
    else if (s->spec.lesson == LESSON_NO_SNI)
        learn_nameless(s, tls_keep_chain(s->tls, e, pupil->host));
    else
        pupil->small_segments_ok = true;
    session_settle(s);
    session_drop(s);
}

/* How long the reply took that has just ended a stage; the handshake is no reply. */
static void note_wait(struct session *s)
{
    enum smtp_stage stage = talk_learned(&s->talk)->stage;
    double now_ms = clock_steady_ms();

    if (stage == s->asked)
        return;
    if (s->asked != SMTP_STAGE_TLS)
        notes_reply(&s->notes, s->asked, now_ms - s->asked_ms);
    s->asked = stage;
    s->asked_ms = now_ms;
}

static void session_handshake(struct session *s)
{
    enum tls_step step = tls_handshake(s->tls);

    switch (step) {
    case TLS_STEP_WANT_READ:
        session_watch(s, UV_READABLE);
        return;
    case TLS_STEP_WANT_WRITE:
        session_watch(s, UV_WRITABLE);
        return;
    case TLS_STEP_CLOSED:
    case TLS_STEP_FAILED:
        session_fail_tls(s, STAGE_TLS);
        return;
    case TLS_STEP_DONE:
        break;
    }
    if (s->spec.lesson == LESSON_OLD_TLS || s->spec.lesson == LESSON_SMALL_SEGMENTS ||
        s->spec.lesson == LESSON_NO_SNI) {
        learn_from_handshake(s);
        return;
    }
    notes_tls_up(&s->notes, s->tls, clock_steady_ms() - s->handshake_ms);
    if (s->spec.goal == GOAL_HANDSHAKE) {
        session_arrive(s);
        return;
    }
    s->state = SESSION_TALKING;
    if (s->spec.mode == TLS_MODE_STARTTLS) {
        talk_tls_up(&s->talk);
        note_wait(s);
    }
    s->asked_ms = clock_steady_ms();
    session_talk(s);
}

static void on_quiet(uv_timer_t *timer);

/* Silence is told of after a while. */
static void await_first_word(struct session *s)
{
    double wait_ms = QUIET_ROUND_TRIPS * (s->connected_ms - s->notes.started_ms);

    uv_timer_start(&s->timer, on_quiet, wait_ms > QUIET_AFTER_MS ? (uint64_t)wait_ms : QUIET_AFTER_MS, 0);
}

static void session_begin_tls(struct session *s)
{
    struct tls_spec spec = {
        .fd = s->fd,
        .host = s->spec.lesson == LESSON_NO_SNI ? NULL : s->spec.host,
        .identity = s->spec.identity,
        .old = s->spec.lesson == LESSON_OLD_TLS,
    };
    struct err err = { 0 };

    s->state = SESSION_HANDSHAKE;
    if (!tls_new(&s->tls, &spec, &err)) {
        session_fail_ours(s, err.doing);
        return;
    }
    s->handshake_ms = clock_steady_ms();
    await_first_word(s);
    notes_tls_begun(&s->notes);
    session_handshake(s);
}

/* ---- the dialogue ------------------------------------------------------------ */

static enum fault fault_of_dialogue(struct session *s)
{
    const struct smtp_learned *l = talk_learned(&s->talk);

    switch (l->fault) {
    case SMTP_FAULT_REFUSED:
    case SMTP_FAULT_STARTTLS_REFUSED:
        return FAULT_REPLY;
    case SMTP_FAULT_MALFORMED:
        notes_raw(&s->notes, l->raw, l->service);
        return FAULT_MALFORMED;
    case SMTP_FAULT_NOT_SMTP:
        notes_raw(&s->notes, l->raw, l->service);
        return l->service == SERVICE_TLS ? FAULT_TLS_EXPECTED : FAULT_NOT_SMTP;
    case SMTP_FAULT_CLOSED:
        notes_raw(&s->notes, l->raw, l->service);
        return FAULT_CLOSED;
    case SMTP_FAULT_STARTTLS_NOT_OFFERED:
        return FAULT_STARTTLS_NOT_OFFERED;
    case SMTP_FAULT_AUTH_NOT_OFFERED:
    case SMTP_FAULT_NO_MECHANISM:
        return FAULT_NO_MECHANISM;
    case SMTP_FAULT_UNSAYABLE:
    case SMTP_FAULT_NEEDS_SMTPUTF8:
        return FAULT_UNSAYABLE;
    case SMTP_FAULT_UNVERIFIED:
        return FAULT_UNVERIFIED;
    case SMTP_FAULT_CHALLENGE:
        return FAULT_CHALLENGE;
    case SMTP_FAULT_TOO_LARGE:
        return FAULT_TOO_LARGE;
    case SMTP_FAULT_NONE:
        break;
    }
    return FAULT_NONE;
}

/* Stage and greeting time as they are seen, for whoever watches. */
static void note_progress(struct session *s)
{
    double from_ms = s->connected_ms;

    if (s->settled)
        return;
    note_wait(s);
    if (s->spec.mode == TLS_MODE_IMPLICIT)
        from_ms = s->handshake_ms + session_probe(s)->tls_ms;
    notes_end_clear_text(&s->notes);
    notes_progress(&s->notes, clock_steady_ms() - from_ms);
}

static void on_goodbye_over(uv_timer_t *timer)
{
    session_drop(timer->data);
}

/* All is learned, or will never be: the cells end here, the connection with QUIT. */
static void settle_dialogue(struct session *s)
{
    const struct smtp_learned *l = talk_learned(&s->talk);
    enum fault fault;

    if (s->settled)
        return;
    if (talk_trouble(&s->talk) != NULL) {
        session_fail_ours(s, talk_trouble(&s->talk));
        return;
    }
    fault = fault_of_dialogue(s);
    if (fault == FAULT_NONE)
        notes_end(&s->notes, PROBE_OK, STAGE_DONE, FAULT_NONE);
    else
        notes_end(&s->notes, PROBE_FAILED, notes_stage(l->stage), fault);
    session_settle(s);
    uv_timer_start(&s->timer, on_goodbye_over, GOODBYE_MS, 0);
}

enum io {
    IO_GO_ON,
    IO_WAIT_READ,
    IO_WAIT_WRITE,
    IO_OVER, /* the connection has ended, or the session has failed */
};

static enum io io_of_errno(struct session *s, int code, enum io wait)
{
    if (code == EAGAIN || code == EINTR)
        return wait;
    if (s->settled)
        session_drop(s);
    else
        session_fail_errno(s, code);
    return IO_OVER;
}

static enum io io_of_tls(struct session *s, enum tls_step step)
{
    switch (step) {
    case TLS_STEP_DONE:
        return IO_GO_ON;
    case TLS_STEP_WANT_READ:
        return IO_WAIT_READ;
    case TLS_STEP_WANT_WRITE:
        return IO_WAIT_WRITE;
    case TLS_STEP_CLOSED:
    case TLS_STEP_FAILED:
        break;
    }
    if (s->settled)
        session_drop(s);
    else
        session_fail_tls(s, tls_failure(s->tls).alert_received ? STAGE_TLS : session_stage(s));
    return IO_OVER;
}

static enum io session_flush(struct session *s)
{
    struct buf *out = talk_out(&s->talk);

    while (out->len > 0) {
        size_t taken = 0;

        if (s->tls != NULL) {
            enum io io = io_of_tls(s, tls_write(s->tls, out->bytes, out->len, &taken));

            if (io != IO_GO_ON)
                return io;
        } else {
            ssize_t n = send(s->fd, out->bytes, out->len, MSG_NOSIGNAL);

            if (n < 0)
                return io_of_errno(s, errno, IO_WAIT_WRITE);
            taken = (size_t)n;
        }
        buf_consume(out, taken);
    }
    return IO_GO_ON;
}

static enum io session_read(struct session *s, char *bytes, size_t size, size_t *len)
{
    ssize_t n;

    *len = 0;
    if (s->tls != NULL) {
        enum tls_step step = tls_read(s->tls, bytes, size, len);

        return step == TLS_STEP_CLOSED ? IO_GO_ON : io_of_tls(s, step);
    }
    n = recv(s->fd, bytes, size, 0);
    if (n < 0)
        return io_of_errno(s, errno, IO_WAIT_READ);
    dial_quick_ack(s->fd);
    *len = (size_t)n;
    return IO_GO_ON;
}

/* A secret is said to nobody but who has proved the name, on this very connection. */
static enum smtp_want session_permit(struct session *s)
{
    struct evidence *e = s->spec.evidence;
    char binding[TLS_BINDING_SIZE];
    size_t n;

    chain_judge_all(s->spec.trust, e);
    if (!chain_is_verified(e, session_probe(s)->chain)) {
        e->errand->bar = BAR_UNVERIFIED;
        return talk_forbid(&s->talk);
    }
    tls_binding(s->tls, binding, &n);
    return talk_permit(&s->talk, binding, n);
}

/* What the dialogue wants after a step. IO_OVER: this function's caller must return. */
static enum io session_obey(struct session *s, enum smtp_want want)
{
    if (want == SMTP_WANT_PERMISSION)
        want = session_permit(s);
    note_progress(s);
    if (talk_is_complete(&s->talk) || talk_trouble(&s->talk) != NULL || want == SMTP_WANT_CLOSE) {
        settle_dialogue(s);
        if (s->state == SESSION_CLOSED)
            return IO_OVER;
    }
    switch (want) {
    case SMTP_WANT_READ:
        return IO_GO_ON;
    case SMTP_WANT_HANDSHAKE:
        /* A peer that answers before it is asked must still be asked. */
        if (session_flush(s) != IO_OVER)
            session_begin_tls(s);
        return IO_OVER;
    case SMTP_WANT_PERMISSION: /* was given or refused above */
    case SMTP_WANT_CLOSE:
        break;
    }
    tls_bye(s->tls);
    session_drop(s);
    return IO_OVER;
}

static void session_talk(struct session *s)
{
    char bytes[4096];
    size_t len;

    for (int i = 0; i < READS_PER_WAKE; i++) {
        enum io flushed = session_flush(s);
        enum io io;
        enum smtp_want want;

        if (flushed == IO_OVER)
            return;
        io = session_read(s, bytes, sizeof bytes, &len);
        if (io == IO_OVER)
            return;
        if (io != IO_GO_ON) {
            /* Inside TLS either may wait for the other direction. */
            session_watch(s, UV_READABLE | (flushed == IO_WAIT_WRITE || io == IO_WAIT_WRITE ? UV_WRITABLE : 0));
            return;
        }
        s->heard = true;
        want = len == 0 ? talk_eof(&s->talk) : talk_feed(&s->talk, bytes, len);
        if (session_obey(s, want) == IO_OVER)
            return;
    }
    session_watch(s, UV_READABLE | UV_WRITABLE); /* more is waiting: come back at once */
}

/* ---- connecting ---------------------------------------------------------------- */

/*
 * RFC 5321 section 4.1.3: an address literal where there is no name. The other
 * name that is tried after a refusal is the literal where a name was refused,
 * else one that anybody can look up (RFC 2606).
 */
static void ehlo_name(const struct session *s, char out[static EHLO_NAME_SIZE])
{
    const char *usual = s->spec.evidence->plan->ehlo;
    const char *other = usual == NULL ? "www.example.com" : NULL;
    const char *given = s->spec.lesson == LESSON_OTHER_EHLO ? other : usual;
    struct address own;
    char text[ADDRESS_TEXT_SIZE];

    if (given != NULL) {
        snprintf(out, EHLO_NAME_SIZE, "%s", given);
    } else if (dial_local_address(s->fd, &own)) {
        own.scope = 0;
        snprintf(out, EHLO_NAME_SIZE, own.family == FAMILY_IPV6 ? "[IPv6:%s]" : "[%s]", address_format(&own, text));
    } else {
        snprintf(out, EHLO_NAME_SIZE, "[127.0.0.1]");
    }
}

static void on_quiet(uv_timer_t *timer)
{
    struct session *s = timer->data;

    if (s->settled)
        return;
    s->spec.listener->quiet(s->spec.user, s);
    if (!s->settled)
        uv_timer_start(timer, on_quiet, QUIET_AGAIN_MS, 0);
}

static void on_waiting(uv_timer_t *timer)
{
    struct session *s = timer->data;

    s->spec.listener->waiting(s->spec.user, s);
    if (s->knock != NULL)
        uv_timer_start(timer, on_waiting, (uint64_t)patience_interval_ms(s->spec.evidence), 0);
}

static void session_connected(struct session *s)
{
    bool trial = s->spec.lesson == LESSON_OTHER_EHLO; /* ends with the answer to EHLO */
    char ehlo[EHLO_NAME_SIZE];
    struct smtp_dialogue_spec spec = {
        .ehlo_name = ehlo,
        .inside_tls = s->spec.mode == TLS_MODE_IMPLICIT,
        .greeting_only = s->spec.goal == GOAL_GREETING,
        .want_starttls = s->spec.mode == TLS_MODE_STARTTLS && !trial,
        .try_mail = s->spec.mode == TLS_MODE_NONE && s->spec.goal == GOAL_ALL && !trial,
    };
    struct smtp_errand errand;
    struct err err = { 0 };

    if (s->spec.lesson == LESSON_ERRAND) {
        errand = submission_words(s->spec.evidence, s->spec.secret, session_probe(s)->host, s->spec.port);
        spec.errand = &errand;
    }
    s->asked_ms = s->connected_ms;
    ehlo_name(s, ehlo);
    if (s->spec.protocol == PROTOCOL_SMTP)
        s->notes.ehlo = arena_strdup(s->spec.evidence->arena, ehlo);
    if (!talk_begin(&s->talk, s->spec.protocol, &spec, &err)) {
        session_fail_ours(s, err.doing);
        return;
    }
    s->notes.learned = talk_learned(&s->talk);
    await_first_word(s);
    s->state = SESSION_TALKING;
    if (s->spec.mode == TLS_MODE_IMPLICIT)
        session_begin_tls(s);
    else
        session_talk(s);
}

static void on_connected(void *user, int fd, double round_trip_ms)
{
    struct session *s = user;

    s->knock = NULL;
    s->fd = fd;
    if (uv_poll_init_socket(s->spec.loop, &s->poll, fd) != 0) {
        close(fd);
        s->fd = -1;
        session_fail_ours(s, "watching a socket");
        return;
    }
    s->poll.data = s;
    s->n_handles++;
    s->connected_ms = clock_steady_ms();
    notes_connected(&s->notes, s->connected_ms - s->notes.started_ms, round_trip_ms);
    if (s->spec.goal == GOAL_CONNECTION)
        session_arrive(s);
    else
        session_connected(s);
}

static void on_connect_failed(void *user, const struct dial_result *r)
{
    struct session *s = user;

    s->knock = NULL;
    notes_error(&s->notes, r->error_code, r->error_text);
    notes_icmp(&s->notes, &r->icmp);
    session_end(s, r->fault == FAULT_SILENT ? PROBE_TIMEOUT : PROBE_FAILED, STAGE_CONNECT, r->fault);
}

static const struct knock_listener knock_ears = { .connected = on_connected, .failed = on_connect_failed };

static void session_wake(struct session *s)
{
    switch (s->state) {
    case SESSION_CONNECTING:
        return;
    case SESSION_HANDSHAKE:
        session_handshake(s);
        return;
    case SESSION_TALKING:
        session_talk(s);
        return;
    case SESSION_CLOSED:
        return;
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct session *s = poll->data;

    /* An error here only says 'look': libuv stops polling then, the socket knows the cause. */
    (void)events;
    if (status < 0)
        s->interest = 0;
    session_wake(s);
}

static void session_watch(struct session *s, int events)
{
    if (s->interest == events)
        return;
    s->interest = events;
    uv_poll_start(&s->poll, events, on_poll);
}

static void on_start(uv_timer_t *timer)
{
    struct session *s = timer->data;
    struct endpoint to = { .address = s->spec.address };
    struct dial_manner manner = { .max_segment = s->spec.lesson == LESSON_SMALL_SEGMENTS ? SMALL_SEGMENT : 0 };
    struct err err = { 0 };

    to.port = plan_dial_port(s->spec.evidence->plan, s->spec.port);
    notes_start(&s->notes, s->spec.check_started_ms);
    uv_timer_start(timer, on_waiting, (uint64_t)patience_interval_ms(s->spec.evidence), 0);
    notes_attempts(&s->notes, 1);
    if (!knock_start(&s->knock, s->spec.loop, &to, &manner, &knock_ears, s, &err))
        session_fail_ours(s, err.doing);
}

/* It is like a cell of the matrix, without being one. */
static bool stands_beside(enum session_lesson lesson)
{
    return lesson == LESSON_OTHER_EHLO || lesson == LESSON_TWIN || lesson == LESSON_ERRAND;
}

bool session_start(struct session **ret, const struct session_spec *spec, struct err *err)
{
    struct session *s = calloc(1, sizeof *s);

    if (s == NULL)
        return err_set(err, ERR_NOMEM, 0, "starting a connection");
    s->spec = *spec;
    s->fd = -1;
    s->notes = (struct notes){
        .evidence = spec->evidence,
        .mode = spec->mode,
        .slowest_ms = -1,
        .started_ms = clock_steady_ms(),
        .changed = spec->listener->changed,
        .user = spec->user,
    };
    memcpy(s->notes.cells, spec->cells, sizeof spec->cells);
    if (stands_beside(spec->lesson) &&
        !notes_stand_beside(&s->notes, &spec->evidence->probes[spec->pupil])) {
        free(s);
        return err_set(err, ERR_NOMEM, 0, "starting a connection");
    }
    if (spec->lesson == LESSON_ERRAND)
        spec->evidence->errand->connection = s->notes.trial;
    uv_timer_init(spec->loop, &s->timer);
    s->timer.data = s;
    s->n_handles = 1;
    uv_timer_start(&s->timer, on_start, 0, 0);
    notes_open(&s->notes);
    *ret = s;
    return true;
}

/* The beginning of an answer whose rest never came tells more than silence. */
static void note_half(struct session *s)
{
    struct peer_text raw = { 0 };

    if (s->state == SESSION_HANDSHAKE)
        raw = tls_raw(s->tls);
    else if (s->talk.begun)
        raw = talk_learned(&s->talk)->raw;
    if (raw.len > 0)
        notes_raw(&s->notes, raw, guess_service(raw));
}

void session_time_out(struct session *s)
{
    if (s->settled)
        return;
    if (s->fd >= 0 || s->knock != NULL) {
        note_half(s);
        session_end(s, PROBE_TIMEOUT, session_stage(s), FAULT_SILENT);
    } else {
        session_withdraw(s, SKIP_STOPPED); /* nothing was sent that an answer could be missing to */
    }
}

void session_conclude(struct session *s, enum fault fault)
{
    if (!s->settled)
        session_end(s, PROBE_FAILED, session_stage(s), fault);
}

/* AUTH or MAIL was said. */
static bool errand_has_begun(const struct session *s)
{
    const struct smtp_learned *l = talk_learned(&s->talk);

    return l != NULL && (l->sign_in.begun || l->sending.begun);
}

void session_withdraw(struct session *s, enum skip_reason reason)
{
    if (s->spec.lesson == LESSON_ERRAND && errand_has_begun(s)) {
        session_time_out(s); /* what was said is told, whatever became of it */
        return;
    }
    if (s->spec.lesson == LESSON_ERRAND)
        s->spec.evidence->errand->bar = BAR_STOPPED;
    notes_withdraw(&s->notes, reason);
    session_settle(s);
    session_drop(s);
}
