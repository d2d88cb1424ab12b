#include "simulate/talk_log.h"

enum {
    TRANSCRIPT_MAX = 1024 * 1024,
    COMPLAINTS_MAX = 64 * 1024,
    QUOTED_MAX = 200,
};

void talk_log_init(struct talk_log *log)
{
    buf_init(&log->transcript, TRANSCRIPT_MAX);
    buf_init(&log->complaints, COMPLAINTS_MAX);
}

void talk_log_done(struct talk_log *log)
{
    buf_done(&log->transcript);
    buf_done(&log->complaints);
}

void talk_log_note(struct talk_log *log, unsigned talk, uint16_t port, char who, struct peer_text text)
{
    struct buf *out = &log->transcript;

    buf_printf(out, "%u %u %c ", talk, port, who);
    peer_text_escape(out, text, QUOTED_MAX);
    buf_put_char(out, '\n');
}

void talk_log_complain(struct talk_log *log, uint16_t port, const char *what, struct peer_text text)
{
    struct buf *out = &log->complaints;

    buf_printf(out, "port %u: %s '", port, what);
    peer_text_escape(out, text, QUOTED_MAX);
    buf_put_string(out, "'\n");
}
