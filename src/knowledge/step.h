/*
 * step - what the user is told to do, as data/steps.toml lists it
 *
 * The text takes the arguments that data/compile.py allows for steps: host,
 * settings, port, endpoint, cleaned, where, evidence.
 */
#ifndef SMTPDX_KNOWLEDGE_STEP_H
#define SMTPDX_KNOWLEDGE_STEP_H

#include <stdbool.h>

#include "knowledge/step_id.h"
#include "knowledge/text_id.h"

enum step_origin {
    STEP_ORIGIN_ARTICLE, /* the article on Gmail's SMTP server tells it */
    STEP_ORIGIN_BEYOND,
};

struct step {
    const char *id; /* "reset-settings" */
    enum step_origin origin;
    const char *article_section; /* its heading there; NULL for STEP_ORIGIN_BEYOND */
    enum text_id title;          /* TEXT_NONE, both, where no finding of this version needs it */
    enum text_id text;
};

const struct step *step_by_id(enum step_id id);

/* False where no step has that name. */
bool step_lookup(enum step_id *ret, const char *name);

/* "article", "beyond": the words of the JSON report. */
const char *step_origin_word(enum step_origin origin);

#endif
