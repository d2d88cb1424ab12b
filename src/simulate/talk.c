#include "simulate/talk.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/peer_text.h"

enum {
    READ_SIZE = 16 * 1024,
    COMMAND_MAX = 4096,
    DRIP_MS = 1,
    LINGER_MS = 1000, /* for the client's FIN behind ours, so that unread bytes make no RST */
    QUOTED_MAX = 200,
    N_HANDLES = 3,
};

enum state {
    STATE_STEP,      /* the next step can be taken */
    STATE_DELAY,     /* its time has not come */
    STATE_DRIP,
    STATE_HANDSHAKE,
    STATE_EXPECT,
    STATE_MESSAGE,
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
};

/* ---- log ---- */

static void note(struct talk *t, char who, struct peer_text text)
{
    struct buf *out = &t->part->log->transcript;

    buf_printf(out, "%u %u %c ", t->number, t->part->port->number, who);
    peer_text_escape(out, text, QUOTED_MAX);
    buf_put_char(out, '\n');
}

static void complain(struct talk *t, const char *what, struct peer_text text)
{
    struct buf *out = &t->part->log->complaints;

    buf_printf(out, "port %u: %s '", t->part->port->number, what);
    peer_text_escape(out, text, QUOTED_MAX);
    buf_put_string(out, "'\n");
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

/* ---- out ---- */

static bool put_times(struct talk *t, struct peer_text bytes, unsigned times)
{
    size_t total = bytes.len * times;
    char *all;
    bool ok;

    if (times == 1)
        return channel_put(&t->channel, bytes.bytes, bytes.len);
    all = malloc(total);
    if (all == NULL)
        return false;
    for (unsigned i = 0; i < times; i++)
        memcpy(all + i * bytes.len, bytes.bytes, bytes.len);
    ok = channel_put(&t->channel, all, total);
    free(all);
    return ok;
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
    char name[256];
    size_t len = sizeof name;
    unsigned kind;
    struct buf text;

    buf_init(&text, 512);
    buf_put_string(&text, gnutls_protocol_get_name(gnutls_protocol_get_version(t->channel.session)));
    if (gnutls_server_name_get(t->channel.session, name, &len, &kind, 0) == 0)
        buf_printf(&text, " for %s", name);
    else
        buf_put_string(&text, " without a server name");
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

/* Sends, and notes the lines one by one. */
static void send_step(struct talk *t, const struct scenario_step *step)
{
    if (step->times > 1)
        note(t, 'S', PEER_TEXT_LITERAL("(a flood)"));
    else
        note(t, 'S', step->bytes);
    if (put_times(t, step->bytes, step->times))
        next_step(t);
    else
        talk_end(t);
}

static void drip_step(struct talk *t, const struct scenario_step *step)
{
    if (t->dripped == 0)
        note(t, 'S', step->bytes);
    if (t->dripped == step->bytes.len) {
        t->dripped = 0;
        next_step(t);
        return;
    }
    if (!channel_put(&t->channel, step->bytes.bytes + t->dripped, 1)) {
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
        t->state = STATE_MESSAGE;
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

static struct peer_text verb_of(struct peer_text line)
{
    size_t len = 0;

    while (len < line.len && isgraph((unsigned char)line.bytes[len]))
        len++;
    return (struct peer_text){ line.bytes, len };
}

static bool fits(const struct scenario_handler *h, enum scenario_side side, struct peer_text line)
{
    struct peer_text verb = verb_of(line);
    struct peer_text argument = { line.bytes + verb.len, line.len - verb.len };

    if (argument.len > 0) {
        argument.bytes++;
        argument.len--;
    }
    return (h->side == SCENARIO_SIDE_BOTH || h->side == side) && peer_text_equal_nocase(verb, h->verb) &&
           (h->argument == NULL || peer_text_equal_nocase(argument, h->argument));
}

/* Begins what the first handler that fits says; false where none does. */
static bool handle(struct talk *t, struct peer_text line)
{
    const struct scenario *s = t->part->scenario;
    const struct scenario_port *port = t->part->port;
    enum scenario_side side = t->channel.state == CHANNEL_TLS ? SCENARIO_SIDE_TLS : SCENARIO_SIDE_CLEAR;

    for (size_t i = 0; i < port->n_handlers; i++) {
        const struct scenario_handler *h = &s->handlers[port->first_handler + i];

        if (!fits(h, side, line))
            continue;
        t->step = s->steps + h->first_step;
        t->end = t->step + h->n_steps;
        t->delayed = false;
        t->state = STATE_STEP;
        return true;
    }
    return false;
}

/* ---- in ---- */

/*
 * take_line() - the next command, without its end, still in the buffer
 * shape:  *used is how much of the buffer it takes
 */
static enum channel_outcome take_line(struct talk *t, struct peer_text *line, size_t *used)
{
    const char *bytes = buf_borrow(&t->channel.lines);
    const char *end = memchr(bytes, '\n', t->channel.lines.len);

    if (end == NULL && t->channel.lines.len <= COMMAND_MAX)
        return CHANNEL_WAIT;
    if (end == NULL) {
        complain(t, "a command without an end:", (struct peer_text){ bytes, t->channel.lines.len });
        return CHANNEL_BROKEN;
    }
    *line = (struct peer_text){ bytes, (size_t)(end - bytes) };
    *used = line->len + 1;
    if (line->len > 0 && line->bytes[line->len - 1] == '\r')
        line->len--;
    else
        complain(t, "a line that does not end in CRLF:", *line);
    note(t, 'C', *line);
    return CHANNEL_DONE;
}

/* A TLS client on a port that speaks in the clear: real servers give up on it too. */
static bool is_lost_hello(const struct talk *t)
{
    return t->channel.state == CHANNEL_CLEAR && channel_has_hello(&t->channel);
}

/* False while it has not come whole, and where it never will: the talk has ended then. */
static bool line_came(struct talk *t, struct peer_text *ret, size_t *used)
{
    enum channel_outcome outcome = take_line(t, ret, used);

    if (outcome == CHANNEL_BROKEN)
        talk_end(t);
    return outcome == CHANNEL_DONE;
}

static void read_command(struct talk *t)
{
    struct peer_text line;
    size_t used;

    if (!line_came(t, &line, &used))
        return;
    if (!handle(t, line)) {
        complain(t, "no answer is known to", line);
        if (!channel_put(&t->channel, "500 5.5.2 What?\r\n", 17))
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
    if (anything || peer_text_equal_nocase(verb_of(line), want.bytes)) {
        next_step(t);
    } else {
        struct buf text;

        buf_init(&text, 128);
        buf_printf(&text, "expected %s, not", want.bytes);
        complain(t, buf_borrow(&text), line);
        buf_done(&text);
        close_gently(t);
    }
    buf_consume(&t->channel.lines, used);
}

/* Reads on to the line that ends a message (RFC 5321 section 4.1.1.4) or a head (RFC 9112 section 2.1). */
static void read_message(struct talk *t)
{
    const char *end_line = t->step->act == SCENARIO_ACT_HEAD ? "\r\n" : ".\r\n";

    while (t->channel.lines.len > 0) {
        const char *bytes = buf_borrow(&t->channel.lines);
        const char *end = memchr(bytes, '\n', t->channel.lines.len);
        size_t used;
        bool last;

        if (end == NULL) {
            if (t->channel.lines.len > COMMAND_MAX)
                talk_end(t);
            return;
        }
        used = (size_t)(end - bytes) + 1;
        last = used == strlen(end_line) && memcmp(bytes, end_line, used) == 0;
        buf_consume(&t->channel.lines, used);
        if (last) {
            next_step(t);
            return;
        }
    }
}

/* Reads on in a state that waits for the client. */
static void read_lines(struct talk *t)
{
    if (t->channel.state == CHANNEL_TLS && channel_read(&t->channel) == CHANNEL_BROKEN && t->channel.lines.len == 0) {
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
    if (!handle(t, PEER_TEXT_LITERAL("connect")))
        t->state = STATE_IDLE;
    note(t, '-', PEER_TEXT_LITERAL("connected"));
    run(t);
    return t;
}
