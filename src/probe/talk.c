/*
 * talk - the dialogue of a connection, whichever protocol it is in
 */
#include "probe/talk.h"

static bool is_smtp(const struct talk *t)
{
    return t->protocol == PROTOCOL_SMTP;
}

bool talk_begin(struct talk *t, enum protocol protocol, const struct smtp_dialogue_spec *spec,
                struct err *err)
{
    const struct incoming_spec incoming = {
        .protocol = protocol,
        .inside_tls = spec->inside_tls,
        .want_starttls = spec->want_starttls,
        .greeting_only = spec->greeting_only,
    };

    t->begun = true;
    t->protocol = protocol;
    return is_smtp(t) ? dialogue_init(&t->of.smtp, spec, err)
                      : incoming_init(&t->of.incoming, &incoming, err);
}

void talk_done(struct talk *t)
{
    if (!t->begun)
        return;
    t->begun = false;
    if (is_smtp(t))
        dialogue_done(&t->of.smtp);
    else
        incoming_done(&t->of.incoming);
}

enum smtp_want talk_feed(struct talk *t, const void *bytes, size_t n)
{
    return is_smtp(t) ? dialogue_feed(&t->of.smtp, bytes, n) : incoming_feed(&t->of.incoming, bytes, n);
}

enum smtp_want talk_tls_up(struct talk *t)
{
    return is_smtp(t) ? dialogue_tls_up(&t->of.smtp) : incoming_tls_up(&t->of.incoming);
}

enum smtp_want talk_eof(struct talk *t)
{
    return is_smtp(t) ? dialogue_eof(&t->of.smtp) : incoming_eof(&t->of.incoming);
}

enum smtp_want talk_permit(struct talk *t, const void *binding, size_t n)
{
    return dialogue_permit(&t->of.smtp, binding, n);
}

enum smtp_want talk_forbid(struct talk *t)
{
    return dialogue_forbid(&t->of.smtp);
}

struct buf *talk_out(struct talk *t)
{
    return is_smtp(t) ? &t->of.smtp.out : &t->of.incoming.out;
}

const struct smtp_learned *talk_learned(const struct talk *t)
{
    if (!t->begun)
        return NULL;
    return is_smtp(t) ? &t->of.smtp.learned : &t->of.incoming.learned;
}

bool talk_is_complete(const struct talk *t)
{
    return is_smtp(t) ? t->of.smtp.complete : t->of.incoming.complete;
}

const char *talk_trouble(const struct talk *t)
{
    const struct err *err = is_smtp(t) ? &t->of.smtp.err : &t->of.incoming.err;

    return err->kind == ERR_NONE ? NULL : err->doing;
}
