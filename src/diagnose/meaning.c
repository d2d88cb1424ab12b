/*
 * meaning - asks the table of replies about a reply of the Evidence
 */
#include "diagnose/meaning.h"

static enum reply_stage reply_stage_of(enum stage stage)
{
    switch (stage) {
    case STAGE_CONNECT:
    case STAGE_TLS:
    case STAGE_DONE:
        return REPLY_AT_ANY;
    case STAGE_GREETING:
        return REPLY_AT_GREETING;
    case STAGE_EHLO:
        return REPLY_AT_EHLO;
    case STAGE_STARTTLS:
        return REPLY_AT_STARTTLS;
    case STAGE_AUTH:
        return REPLY_AT_AUTH;
    case STAGE_MAIL:
        return REPLY_AT_MAIL;
    case STAGE_RCPT:
        return REPLY_AT_RCPT;
    case STAGE_DATA:
    case STAGE_MESSAGE:
        return REPLY_AT_DATA;
    }
    return REPLY_AT_ANY;
}

bool meaning_of_reply(struct reply_meaning *ret, const struct evidence *e, enum stage stage,
                      const struct refused_reply *reply)
{
    struct reply_question q = {
        .provider = e->plan->provider,
        .host = e->plan->host,
        .stage = reply_stage_of(stage),
        .code = reply->code,
        .enhanced = { reply->enhanced[0], reply->enhanced[1], reply->enhanced[2] },
        .text = reply->text,
    };

    return reply->code != 0 && replies_classify(ret, &q);
}

bool meaning_in_words(const struct evidence *e, const struct probe *p, enum finding_id finding)
{
    struct reply_meaning m;

    return p->fault == FAULT_REPLY && meaning_of_reply(&m, e, p->stage, &p->reply) && m.by_text &&
           m.finding == finding;
}
