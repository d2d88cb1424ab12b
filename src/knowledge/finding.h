/*
 * finding - what can be wrong, as data/findings.toml lists it
 */
#ifndef SMTPDX_KNOWLEDGE_FINDING_H
#define SMTPDX_KNOWLEDGE_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/severity.h"
#include "knowledge/finding_id.h"
#include "knowledge/step_id.h"
#include "knowledge/text_id.h"

struct finding {
    const char *id;    /* "port.blocked" */
    const char *layer; /* "network" */
    enum severity severity; /* the usual one; a rule judges by the effect on this user */
    bool planned;           /* listed, but no rule of this version raises it */
    enum text_id title;     /* TEXT_NONE for some planned ones */
    const enum step_id *steps;
    size_t n_steps;
};

/* Never NULL for an id of the enum but FINDING_NONE, which has none. */
const struct finding *finding_by_id(enum finding_id id);

/* FINDING_NONE where no finding has that name. */
enum finding_id finding_lookup(const char *name);

#endif
