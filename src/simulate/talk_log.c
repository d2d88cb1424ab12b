#include "simulate/talk_log.h"

#include <string.h>

#include "base/arena.h"
#include "simulate/handler.h"

enum {
    TRANSCRIPT_MAX = 1024 * 1024,
    COMPLAINTS_MAX = 64 * 1024,
    QUOTED_MAX = 200,
    MASKED_MAX = 1024 * 1024,
};

/* ---- secrets ---- */

static bool add_secret(struct talk_log *log, bool token, struct peer_text user, struct peer_text bytes,
                       struct err *err)
{
    enum secret_kind kind = token ? SECRET_TOKEN : SECRET_PASSWORD;

    if (!secret_new(&log->secrets[log->n_secrets], kind, bytes.bytes, bytes.len, err))
        return false;
    log->users[log->n_secrets++] = user;
    return true;
}

static struct peer_text user_of_check(const struct scenario *s)
{
    for (size_t i = 0; i < s->n_options; i++) {
        if (strcmp(s->options[i].name, "user") == 0)
            return peer_text_of(s->options[i].value);
    }
    return PEER_TEXT_LITERAL("");
}

bool talk_log_init(struct talk_log *log, const struct scenario *s, struct err *err)
{
    bool ok = true;

    *log = (struct talk_log){ .n_secrets = 0 };
    buf_init(&log->transcript, TRANSCRIPT_MAX);
    buf_init(&log->complaints, COMPLAINTS_MAX);
    for (size_t i = 0; i < s->n_accounts && ok; i++)
        ok = add_secret(log, s->accounts[i].token, s->accounts[i].user, s->accounts[i].secret, err);
    if (ok && s->secret.given)
        ok = add_secret(log, s->secret.token, user_of_check(s), s->secret.bytes, err);
    return ok;
}

void talk_log_done(struct talk_log *log)
{
    buf_done(&log->transcript);
    buf_done(&log->complaints);
    while (log->n_secrets > 0)
        secret_free(log->secrets[--log->n_secrets]);
}

/* False where memory is short: the text must not be kept then. */
static bool mask(const struct talk_log *log, struct arena *a, struct peer_text *text)
{
    for (size_t i = 0; i < log->n_secrets; i++) {
        if (!secret_mask(text, log->secrets[i], log->users[i], a, *text))
            return false;
    }
    return true;
}

bool talk_log_sees_secret(const struct talk_log *log, struct peer_text text)
{
    struct peer_text masked = text;
    struct arena *a = arena_new(MASKED_MAX);
    bool seen = a != NULL && mask(log, a, &masked) && !peer_text_equal(text, masked);

    arena_free(a);
    return seen;
}

/* What says no more than that a sign-in goes on, or does not. */
static bool is_nod(struct peer_text line)
{
    return line.len == 0 || peer_text_equal(line, PEER_TEXT_LITERAL("*")) ||
           peer_text_equal(line, PEER_TEXT_LITERAL("AQ=="));
}

/* How much of a line may be kept: of AUTH the mechanism. */
static size_t harmless_part(struct peer_text line, bool in_sign_in)
{
    struct handler_command c = handler_split(line, SCENARIO_PROTOCOL_SMTP);

    if (in_sign_in)
        return is_nod(line) ? line.len : 0;
    if (!peer_text_equal_nocase(c.verb, "AUTH"))
        return line.len;
    c = handler_split(c.argument, SCENARIO_PROTOCOL_SMTP);
    return (size_t)(c.argument.bytes - line.bytes);
}

/* ---- what is kept ---- */

static void put(const struct talk_log *log, struct buf *out, struct peer_text text)
{
    struct arena *a = arena_new(MASKED_MAX);

    if (a != NULL && mask(log, a, &text))
        peer_text_escape(out, text, QUOTED_MAX);
    arena_free(a);
}

static void put_line(const struct talk_log *log, struct buf *out, struct peer_text line, bool in_sign_in)
{
    size_t shown = harmless_part(line, in_sign_in);

    put(log, out, (struct peer_text){ line.bytes, shown });
    if (shown < line.len)
        buf_printf(out, "(%zu bytes)", line.len - shown);
}

void talk_log_note(struct talk_log *log, unsigned talk, uint16_t port, char who, struct peer_text text)
{
    buf_printf(&log->transcript, "%u %u %c ", talk, port, who);
    put(log, &log->transcript, text);
    buf_put_char(&log->transcript, '\n');
}

void talk_log_note_line(struct talk_log *log, unsigned talk, uint16_t port, struct peer_text line,
                        bool in_sign_in)
{
    buf_printf(&log->transcript, "%u %u C ", talk, port);
    put_line(log, &log->transcript, line, in_sign_in);
    buf_put_char(&log->transcript, '\n');
}

void talk_log_complain(struct talk_log *log, uint16_t port, const char *what, struct peer_text text)
{
    buf_printf(&log->complaints, "port %u: %s '", port, what);
    put(log, &log->complaints, text);
    buf_put_string(&log->complaints, "'\n");
}

void talk_log_complain_of_line(struct talk_log *log, uint16_t port, const char *what, struct peer_text line,
                               bool in_sign_in)
{
    buf_printf(&log->complaints, "port %u: %s '", port, what);
    put_line(log, &log->complaints, line, in_sign_in);
    buf_put_string(&log->complaints, "'\n");
}
