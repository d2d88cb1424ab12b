/*
 * replies - what a server means by the reply with which it refuses, as data/replies.toml tells it
 *
 * Text goes before number: the same enhanced code means one thing at one
 * provider and another at the next. What decides is, in this order, words of
 * the provider's own, words that many servers use, and the number, which is
 * worth little. The same code at another stage is another reply.
 */
#ifndef SMTPDX_KNOWLEDGE_REPLIES_H
#define SMTPDX_KNOWLEDGE_REPLIES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/peer_text.h"
#include "knowledge/finding_id.h"
#include "knowledge/reply_class_id.h"

/* What the server replied to. */
enum reply_stage {
    REPLY_AT_ANY, /* not known: a line that somebody pasted */
    REPLY_AT_GREETING,
    REPLY_AT_EHLO,
    REPLY_AT_STARTTLS,
    REPLY_AT_AUTH,
    REPLY_AT_MAIL,
    REPLY_AT_RCPT,
    REPLY_AT_DATA, /* the command, and the end of the message */
};
enum { REPLY_STAGE_COUNT = REPLY_AT_DATA + 1 };

enum {
    REPLIES_TEXT_MAX = 4096,    /* bytes of a text that are looked at */
    REPLIES_CANDIDATES_MAX = 8,
};

struct reply_question {
    const char *provider; /* id of data/providers.toml, or NULL */
    const char *host;     /* the server's name, for services that are no provider of the list; or NULL */
    enum reply_stage stage;
    unsigned code;         /* 0: not known */
    unsigned enhanced[3];  /* class, subject, detail; class 0: none */
    struct peer_text text; /* all lines as received, with or without their codes */
};

struct reply_meaning {
    enum reply_class class;
    enum finding_id finding; /* FINDING_NONE: it tells no fault */
    double confidence;       /* 0 to 1; by the number alone at most 0.6 */
    const char *help_url;    /* what the provider itself says about it, or NULL */
    bool by_text;            /* words of the text decided, else the number alone */
};

/* False where the reply says nothing that is known: *ret is left alone. */
bool replies_classify(struct reply_meaning *ret, const struct reply_question *q);

/* Every meaning that the reply may have, each class once, the most likely first; returns their number. */
size_t replies_candidates(struct reply_meaning ret[static REPLIES_CANDIDATES_MAX],
                          const struct reply_question *q);

/* "auth.bad-credentials"; static. */
const char *reply_class_word(enum reply_class class);

#endif
