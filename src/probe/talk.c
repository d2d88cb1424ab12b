/*
 * talk - the dialogue of a connection, whichever protocol it is in
 */
#include "probe/talk.h"

bool talk_begin(struct talk *t, const struct smtp_dialogue_spec *spec, struct err *err)
{
    t->begun = true;
    return dialogue_init(&t->smtp, spec, err);
}

void talk_done(struct talk *t)
{
    if (t->begun)
        dialogue_done(&t->smtp);
    t->begun = false;
}

enum smtp_want talk_feed(struct talk *t, const void *bytes, size_t n)
{
    return dialogue_feed(&t->smtp, bytes, n);
}

enum smtp_want talk_tls_up(struct talk *t)
{
    return dialogue_tls_up(&t->smtp);
}

enum smtp_want talk_permit(struct talk *t, const void *binding, size_t n)
{
    return dialogue_permit(&t->smtp, binding, n);
}

enum smtp_want talk_forbid(struct talk *t)
{
    return dialogue_forbid(&t->smtp);
}

enum smtp_want talk_eof(struct talk *t)
{
    return dialogue_eof(&t->smtp);
}

struct buf *talk_out(struct talk *t)
{
    return &t->smtp.out;
}

const struct smtp_learned *talk_learned(const struct talk *t)
{
    return t->begun ? &t->smtp.learned : NULL;
}

bool talk_is_complete(const struct talk *t)
{
    return t->smtp.complete;
}

const char *talk_trouble(const struct talk *t)
{
    return t->smtp.err.kind == ERR_NONE ? NULL : t->smtp.err.doing;
}
