#include "simulate/talk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/peer_text.h"
#include "simulate/doorkeeper.h"
#include "simulate/face.h"
#include "simulate/handler.h"

enum {
    READ_SIZE = 16 * 1024,
    COMMAND_MAX = 16 * 1024, /* AUTH with a long token, and more */
    REPLY_MAX = 16 * 1024,
    MESSAGE_NOTED_MAX = 100, /* lines of a message */
    DRIP_MS = 1,
    LINGER_MS = 1000, /* for the client's FIN behind ours, so that unread bytes make no RST */
    N_HANDLES = 3,
};

enum state {
    STATE_STEP,      /* the next step can be taken */
    STATE_DELAY,     /* its time has not come */
    STATE_DRIP,
    STATE_HANDSHAKE,
    STATE_EXPECT,
    STATE_MESSAGE,
    STATE_SIGN_IN,
    STATE_IDLE,      /* no step left: a command decides */
    STATE_HANG,
    STATE_CLOSING,
    STATE_GONE,
};

struct talk {
    struct talk_part *part;
    unsigned number;
    void (*gone)(struct talk *t, void *data);
    void *data;

    uv_tcp_t tcp;
    uv_timer_t step_timer;
    uv_timer_t life_timer;
    unsigned handles_open;
    uv_shutdown_t shutdown;
    char read_bytes[READ_SIZE];

    enum state state;
    struct channel channel;
    const struct scenario_step *step; /* the one that is taken or waited for */
    const struct scenario_step *end;
    bool delayed; /* step's delay has passed */
    bool opening; /* the steps are those of "connect" */
    size_t dripped;
    unsigned n_message_lines;

    enum scenario_protocol protocol;
    struct buf said; /* the last command */
    struct handler_command command; /* its parts */
    struct handler_moment now;
    struct peer_text offer; /* what followed AUTH in what was sent for the last EHLO; part of a step */
    bool in_sign_in; /* a response is next */
    struct doorkeeper *doorkeeper; /* NULL outside of a sign-in */
};

/* ---- log ---- */

static void note(struct talk *t, char who, struct peer_text text)
{
    talk_log_note(t->part->log, t->number, t->part->port->number, who, text);
}

static void complain(struct talk *t, const char *what, struct peer_text text)
{
    talk_log_complain(t->part->log, t->part->port->number, what, text);
}

static void complain_of_line(struct talk *t, const char *what, struct peer_text line)
{
    talk_log_complain_of_line(t->part->log, t->part->port->number, what, line, t->in_sign_in);
}

/* ---- the end ---- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct talk *t = handle->data;

    if (--t->handles_open > 0)
        return;
    if (t->gone != NULL)
        t->gone(t, t->data);
    channel_done(&t->channel);
    doorkeeper_free(t->doorkeeper);
    buf_done(&t->said);
    free(t);
}

static void close_timers(struct talk *t)
{
    t->state = STATE_GONE;
    uv_close((uv_handle_t *)&t->step_timer, on_handle_closed);
    uv_close((uv_handle_t *)&t->life_timer, on_handle_closed);
}

void talk_end(struct talk *t)
{
    if (t->state == STATE_GONE)
        return;
    close_timers(t);
    uv_close((uv_handle_t *)&t->tcp, on_handle_closed);
}

static void end_with_reset(struct talk *t)
{
    note(t, '-', PEER_TEXT_LITERAL("reset"));
    close_timers(t);
    if (uv_tcp_close_reset(&t->tcp, on_handle_closed) != 0)
        uv_close((uv_handle_t *)&t->tcp, on_handle_closed);
}

static void on_broken(void *user)
{
    talk_end(user);
}

static void on_life_over(uv_timer_t *timer)
{
    talk_end(timer->data);
}

/* ---- TLS ---- */

static bool begin_tls(struct talk *t)
{
    if (t->channel.lines.len > 0 && !channel_has_hello(&t->channel))
        complain(t, "sent before the handshake, in the clear:",
                 (struct peer_text){ t->channel.lines.bytes, t->channel.lines.len });
    return channel_begin_tls(&t->channel, &t->part->tls);
}

static void note_handshake(struct talk *t)
{
    struct buf text;

    buf_init(&text, 512);
    channel_describe(&t->channel, &text);
    note(t, 'T', (struct peer_text){ buf_borrow(&text), text.len });
    buf_done(&text);
}

/* ---- steps ---- */

static void run(struct talk *t);

static void on_step_timer(uv_timer_t *timer)
{
    struct talk *t = timer->data;

    if (t->state == STATE_CLOSING) {
        talk_end(t);
        return;
    }
    if (t->state == STATE_DELAY) {
        t->delayed = true;
        t->state = STATE_STEP;
    }
    run(t);
}

static void wait_ms(struct talk *t, enum state state, unsigned ms)
{
    t->state = state;
    uv_timer_start(&t->step_timer, on_step_timer, ms, 0);
}

static void on_shut_down(uv_shutdown_t *request, int status)
{
    struct talk *t = request->handle->data;

    if (status != 0 && t->state == STATE_CLOSING)
        talk_end(t);
}

/* Our FIN goes out behind what is queued; the client's is waited for a little. */
static void close_gently(struct talk *t)
{
    note(t, '-', PEER_TEXT_LITERAL("close"));
    if (t->channel.state == CHANNEL_TLS)
        gnutls_bye(t->channel.session, GNUTLS_SHUT_WR);
    if (uv_shutdown(&t->shutdown, (uv_stream_t *)&t->tcp, on_shut_down) != 0) {
        talk_end(t);
        return;
    }
    wait_ms(t, STATE_CLOSING, LINGER_MS);
}

static void next_step(struct talk *t)
{
    t->step++;
    t->delayed = false;
    t->state = STATE_STEP;
}

static void note_said(struct talk *t, struct peer_text bytes)
{
    bool ends = bytes.len > 0 && strchr("245", bytes.bytes[0]) != NULL; /* 334 does not */

    t->in_sign_in = !ends && (t->in_sign_in || peer_text_equal_nocase(t->command.verb, "AUTH"));
    note(t, 'S', bytes);
}

static bool say(struct talk *t, struct peer_text bytes)
{
    note_said(t, bytes);
    return channel_put(&t->channel, bytes, 1);
}

static bool say_tagged(struct talk *t, struct peer_text bytes)
{
    struct buf b;
    bool ok;

    buf_init(&b, REPLY_MAX);
    ok = handler_put_tagged(&b, bytes, t->command.tag) && say(t, (struct peer_text){ buf_borrow(&b), b.len });
    buf_done(&b);
    return ok;
}

/* Sends, and notes the lines one by one. */
static void send_step(struct talk *t, const struct scenario_step *step)
{
    bool ok;

    doorkeeper_read_offer(&t->offer, step->bytes);
    if (step->times > 1) {
        note(t, 'S', PEER_TEXT_LITERAL("(a flood)"));
        ok = channel_put(&t->channel, step->bytes, step->times);
    } else {
        ok = say_tagged(t, step->bytes);
    }
    if (ok)
        next_step(t);
    else
        talk_end(t);
}

static void drip_step(struct talk *t, const struct scenario_step *step)
{
    if (t->dripped == 0) {
        doorkeeper_read_offer(&t->offer, step->bytes);
        note_said(t, step->bytes);
    }
    if (t->dripped == step->bytes.len) {
        t->dripped = 0;
        next_step(t);
        return;
    }
    if (!channel_put(&t->channel, (struct peer_text){ step->bytes.bytes + t->dripped, 1 }, 1)) {
        talk_end(t);
        return;
    }
    t->dripped++;
    wait_ms(t, STATE_DRIP, DRIP_MS);
}

/* The last step of "connect" that can matter was reached. */
static void finish_opening(struct talk *t)
{
    if (!t->opening)
        return;
    t->opening = false;
    t->part->n_finished++;
}

/* ---- what answers what ---- */

static void begin_handler(struct talk *t, const struct scenario_handler *h)
{
    t->step = t->part->scenario->steps + h->first_step;
    t->end = t->step + h->n_steps;
    t->delayed = false;
    t->state = STATE_STEP;
}

/* False where nothing is said of it. */
static bool happen(struct talk *t, const char *event, const char *argument)
{
    const struct scenario_handler *h = handler_find_event(t->part->scenario, t->part->port, t->now, event,
                                                          peer_text_of(argument));

    if (h != NULL)
        begin_handler(t, h);
    return h != NULL;
}

/* Keeps a command, for its line leaves the buffer. */
static bool keep_command(struct talk *t, struct peer_text line)
{
    buf_clear(&t->said);
    if (!buf_put(&t->said, line.bytes, line.len))
        return false;
    t->command = handler_split((struct peer_text){ buf_borrow(&t->said), t->said.len }, t->protocol);
    if (peer_text_equal_nocase(t->command.verb, "EHLO"))
        t->offer = PEER_TEXT_LITERAL("");
    return true;
}

/* ---- sign-in ---- */

/* A file may refuse one who is who he says he is. */
static bool next_says_yes(const struct talk *t)
{
    return t->step < t->end && t->step->bytes.len > 0 && t->step->bytes.bytes[0] == '2';
}

/* Sends what the doorkeeper asks, or does what the scenario says of an end. */
static void answer_sign_in(struct talk *t, enum doorkeeper_answer answer, const struct buf *challenge)
{
    static const char *const events[] = {
        [DOORKEEPER_ACCEPTS] = "accepted",     [DOORKEEPER_DENIES] = "denied",
        [DOORKEEPER_CANCELLED] = "cancelled", [DOORKEEPER_MALFORMED] = "malformed",
        [DOORKEEPER_UNOFFERED] = "unoffered",
    };
    const char *complaint = doorkeeper_complaint(t->doorkeeper);
    struct buf line;

    if (complaint != NULL)
        complain(t, "a sign-in:", peer_text_of(complaint));
    if (answer != DOORKEEPER_ASKS) {
        if (happen(t, events[answer], doorkeeper_mechanism(t->doorkeeper))) {
            t->now.signed_in = answer == DOORKEEPER_ACCEPTS && next_says_yes(t);
        } else {
            complain(t, "no answer is known to", peer_text_of(events[answer]));
            talk_end(t);
        }
        t->doorkeeper = doorkeeper_free(t->doorkeeper);
        return;
    }
    t->state = STATE_SIGN_IN;
    buf_init(&line, REPLY_MAX);
    buf_printf(&line, "334 %s\r\n", buf_borrow(challenge));
    if (line.failed || !say(t, (struct peer_text){ buf_borrow(&line), line.len }))
        talk_end(t);
    buf_done(&line);
}

/* "AUTH MECHANISM [INITIAL]" (RFC 4954 section 4) was said last. */
static void begin_sign_in(struct talk *t, enum scenario_auth_fault fault)
{
    struct handler_command c = handler_split(t->command.argument, SCENARIO_PROTOCOL_SMTP);
    unsigned char binding[CHANNEL_BINDING_SIZE];
    struct buf challenge;

    t->doorkeeper = doorkeeper_free(t->doorkeeper);
    t->doorkeeper = doorkeeper_new(&(struct doorkeeper_spec){
        .scenario = t->part->scenario,
        .fault = fault,
        .mechanism = c.verb,
        .offer = t->offer,
        .binding = { (const char *)binding, channel_bind(&t->channel, binding) },
    });
    if (t->doorkeeper == NULL) {
        talk_end(t);
        return;
    }
    buf_init(&challenge, DOORKEEPER_LINE_MAX);
    answer_sign_in(t, doorkeeper_begin(t->doorkeeper, c.argument, &challenge), &challenge);
    buf_done(&challenge);
}

/* ---- steps, one by one ---- */

static void take_step(struct talk *t)
{
    const struct scenario_step *step = t->step;

    if (step->delay_ms > 0 && !t->delayed) {
        wait_ms(t, STATE_DELAY, step->delay_ms);
        return;
    }
    switch (step->act) {
    case SCENARIO_ACT_SEND:
        send_step(t, step);
        return;
    case SCENARIO_ACT_DRIP:
        drip_step(t, step);
        return;
    case SCENARIO_ACT_EXPECT:
        t->state = STATE_EXPECT;
        return;
    case SCENARIO_ACT_MESSAGE:
    case SCENARIO_ACT_HEAD:
        t->n_message_lines = 0;
        t->state = STATE_MESSAGE;
        return;
    case SCENARIO_ACT_AUTH:
        begin_sign_in(t, step->fault);
        return;
    case SCENARIO_ACT_TLS:
        if (begin_tls(t))
            t->state = STATE_HANDSHAKE;
        else
            talk_end(t);
        return;
    case SCENARIO_ACT_CLOSE:
        finish_opening(t);
        close_gently(t);
        return;
    case SCENARIO_ACT_RESET:
        finish_opening(t);
        end_with_reset(t);
        return;
    case SCENARIO_ACT_HANG:
        finish_opening(t);
        t->state = STATE_HANG;
        return;
    }
}

/* ---- in ---- */

/* A TLS client on a port that speaks in the clear: real servers give up on it too. */
static bool is_lost_hello(const struct talk *t)
{
    return t->channel.state == CHANNEL_CLEAR && channel_has_hello(&t->channel);
}

/*
 * next_line() - the next line, without its end, still in the buffer
 * shape:  *used is how much of the buffer it takes
 * errors: false while it has not come whole, and where it never will: the talk has ended then
 */
static bool next_line(struct talk *t, struct peer_text *ret, size_t *used)
{
    switch (channel_line(&t->channel, COMMAND_MAX, ret, used)) {
    case CHANNEL_WAIT:
        return false;
    case CHANNEL_BROKEN:
        complain_of_line(t, "a line without an end:", *ret);
        talk_end(t);
        return false;
    case CHANNEL_DONE:
        break;
    }
    if (*used < ret->len + 2)
        complain_of_line(t, "a line that does not end in CRLF:", *ret);
    return true;
}

/* No secret goes in the clear, nor anywhere but into a sign-in. */
static void watch(struct talk *t, struct peer_text line)
{
    bool signs_in = t->in_sign_in || peer_text_equal_nocase(handler_split(line, t->protocol).verb, "AUTH");

    if (!(signs_in && t->now.in_tls) && talk_log_sees_secret(t->part->log, line))
        complain_of_line(t, "a secret where none may be:", line);
}

static bool line_came(struct talk *t, struct peer_text *ret, size_t *used)
{
    if (!next_line(t, ret, used))
        return false;
    talk_log_note_line(t->part->log, t->number, t->part->port->number, *ret, t->in_sign_in);
    watch(t, *ret);
    return true;
}

static void read_command(struct talk *t)
{
    const struct scenario_handler *h;
    struct peer_text line;
    size_t used;

    if (!line_came(t, &line, &used))
        return;
    h = keep_command(t, line) ? handler_find(t->part->scenario, t->part->port, t->now, t->command) : NULL;
    if (h != NULL) {
        begin_handler(t, h);
    } else {
        complain_of_line(t, "no answer is known to", line);
        if (!say_tagged(t, peer_text_of(face_puzzled(t->protocol))))
            talk_end(t);
    }
    buf_consume(&t->channel.lines, used);
}

static void read_expected(struct talk *t)
{
    struct peer_text want = t->step->bytes, line;
    bool anything = peer_text_equal_nocase(want, "*");
    size_t used;

    if (anything && is_lost_hello(t)) {
        note(t, 'C', PEER_TEXT_LITERAL("(a TLS hello)"));
        buf_clear(&t->channel.lines);
        next_step(t);
        return;
    }
    if (!line_came(t, &line, &used))
        return;
    if (keep_command(t, line) && (anything || peer_text_equal_nocase(t->command.verb, want.bytes))) {
        next_step(t);
    } else {
        struct buf text;

        buf_init(&text, 128);
        buf_printf(&text, "expected %s, not", want.bytes);
        complain_of_line(t, buf_borrow(&text), line);
        buf_done(&text);
        close_gently(t);
    }
    buf_consume(&t->channel.lines, used);
}

static void read_response(struct talk *t)
{
    struct peer_text line;
    struct buf challenge;
    size_t used;

    if (!line_came(t, &line, &used))
        return;
    buf_init(&challenge, DOORKEEPER_LINE_MAX);
    answer_sign_in(t, doorkeeper_hear(t->doorkeeper, line, &challenge), &challenge);
    buf_done(&challenge);
    buf_consume(&t->channel.lines, used);
}

/* Reads on to the line that ends a message (RFC 5321 section 4.1.1.4) or a head (RFC 9112 section 2.1). */
static void read_message(struct talk *t)
{
    struct peer_text end = peer_text_of(t->step->act == SCENARIO_ACT_HEAD ? "" : "."), line;
    size_t used;

    while (t->state == STATE_MESSAGE && next_line(t, &line, &used)) {
        if (t->n_message_lines++ < MESSAGE_NOTED_MAX)
            note(t, 'C', line);
        watch(t, line);
        if (peer_text_equal(line, end) && used == line.len + 2)
            next_step(t);
        buf_consume(&t->channel.lines, used);
    }
}

/* Reads on in a state that waits for the client. */
static void read_lines(struct talk *t)
{
    if (t->channel.state == CHANNEL_TLS && channel_read(&t->channel) == CHANNEL_BROKEN &&
        t->channel.lines.len == 0) {
        close_gently(t);
        return;
    }
    if (is_lost_hello(t) && !(t->state == STATE_EXPECT && peer_text_equal_nocase(t->step->bytes, "*"))) {
        note(t, 'C', PEER_TEXT_LITERAL("(a TLS hello)"));
        close_gently(t);
        return;
    }
    if (t->state == STATE_EXPECT)
        read_expected(t);
    else if (t->state == STATE_MESSAGE)
        read_message(t);
    else if (t->state == STATE_SIGN_IN)
        read_response(t);
    else
        read_command(t);
}

static void shake_hands(struct talk *t)
{
    int code;

    switch (channel_shake(&t->channel, &code)) {
    case CHANNEL_WAIT:
        return;
    case CHANNEL_DONE:
        t->now.in_tls = true;
        note_handshake(t);
        next_step(t);
        return;
    case CHANNEL_BROKEN:
        /* Clients leave over a certificate, a version or a wrong mode: seen, and no mistake of theirs. */
        note(t, 'T', peer_text_of(gnutls_strerror(code)));
        close_gently(t);
        return;
    }
}

/* One turn; false when nothing more can be done until something comes. */
static bool turn(struct talk *t)
{
    enum state before = t->state;
    size_t unread = t->channel.lines.len;

    switch (t->state) {
    case STATE_STEP:
        if (t->step < t->end) {
            take_step(t);
        } else {
            finish_opening(t);
            t->state = STATE_IDLE;
        }
        return true;
    case STATE_HANDSHAKE:
        shake_hands(t);
        return t->state != before;
    case STATE_EXPECT:
    case STATE_MESSAGE:
    case STATE_SIGN_IN:
    case STATE_IDLE:
        read_lines(t);
        return t->state != before || t->channel.lines.len != unread;
    case STATE_DRIP:
        if (!uv_is_active((uv_handle_t *)&t->step_timer))
            drip_step(t, t->step);
        return t->state != before;
    case STATE_HANG:
    case STATE_CLOSING:
        buf_clear(&t->channel.lines);
        buf_clear(&t->channel.wire);
        return false;
    case STATE_DELAY:
    case STATE_GONE:
        return false;
    }
    return false;
}

static void run(struct talk *t)
{
    while (turn(t))
        ;
}

static void give_read_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct talk *t = handle->data;

    (void)suggested;
    *ret = uv_buf_init(t->read_bytes, sizeof t->read_bytes);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct talk *t = stream->data;

    if (n == 0 || t->state == STATE_GONE)
        return;
    if (n < 0) {
        note(t, '-', PEER_TEXT_LITERAL("the client went"));
        talk_end(t);
        return;
    }
    if (t->state != STATE_HANG && t->state != STATE_CLOSING &&
        !channel_take(&t->channel, bytes->base, (size_t)n)) {
        complain(t, "more bytes than anybody asked for", PEER_TEXT_LITERAL(""));
        talk_end(t);
        return;
    }
    run(t);
}

struct talk *talk_accept(uv_stream_t *listener, struct talk_part *part, unsigned number,
                         void (*gone)(struct talk *t, void *data), void *data)
{
    struct talk *t = calloc(1, sizeof *t);
    uv_loop_t *loop = listener->loop;

    if (t == NULL)
        return NULL;
    t->part = part;
    t->number = number;
    t->protocol = face_of(part->port->face)->protocol;
    buf_init(&t->said, COMMAND_MAX);
    channel_init(&t->channel, (uv_stream_t *)&t->tcp, on_broken, t);
    t->handles_open = N_HANDLES;
    uv_tcp_init(loop, &t->tcp);
    uv_timer_init(loop, &t->step_timer);
    uv_timer_init(loop, &t->life_timer);
    t->tcp.data = t->step_timer.data = t->life_timer.data = t;
    if (uv_accept(listener, (uv_stream_t *)&t->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&t->tcp, give_read_buffer, on_read) != 0) {
        talk_end(t);
        return NULL;
    }
    t->gone = gone;
    t->data = data;
    uv_tcp_nodelay(&t->tcp, 1);
    uv_timer_start(&t->life_timer, on_life_over, TALK_LIFE_MS, 0);
    part->n_begun++;
    t->opening = true;
    if (!happen(t, "connect", ""))
        t->state = STATE_IDLE;
    note(t, '-', PEER_TEXT_LITERAL("connected"));
    run(t);
    return t;
}
