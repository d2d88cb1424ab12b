/*
 * meaning - what a server's refusal says, by the provider of this check and the stage where it came
 */
#ifndef SMTPDX_DIAGNOSE_MEANING_H
#define SMTPDX_DIAGNOSE_MEANING_H

#include <stdbool.h>

#include "knowledge/replies.h"
#include "model/evidence.h"

/* False where the reply says nothing that is known, and where there was none; see replies.h. */
bool meaning_of_reply(struct reply_meaning *ret, const struct evidence *e, enum stage stage,
                      const struct refused_reply *reply);

/* Words of the refusal with which this probe ended lead to that finding; a number alone does not. */
bool meaning_in_words(const struct evidence *e, const struct probe *p, enum finding_id finding);

#endif
