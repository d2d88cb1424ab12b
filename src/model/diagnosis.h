/*
 * diagnosis - what the evidence means: ids and named arguments, never sentences
 */
#ifndef SMTPDX_MODEL_DIAGNOSIS_H
#define SMTPDX_MODEL_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/argument.h"
#include "base/severity.h"
#include "model/plan.h"

enum verdict {
    VERDICT_OK,
    VERDICT_WARNING,
    VERDICT_CRITICAL,
    VERDICT_UNKNOWN,
};

enum {
    DIAGNOSIS_FINDINGS_MAX = 64,
    FINDING_BECAUSE_MAX = 12,
    BECAUSE_ARGUMENTS_MAX = 12,
    RECOMMENDED_MAX = 12,
};

/* One observation that a finding rests on. */
struct because {
    unsigned text; /* enum text_id */
    struct argument arguments[BECAUSE_ARGUMENTS_MAX];
    size_t n_arguments;
    int probe; /* index into the Evidence's probes, -1 where it is about none */
};

struct diagnosed {
    unsigned finding; /* enum finding_id */
    enum severity severity;
    double confidence; /* 0 to 1 */
    int caused_by;     /* index into findings, -1: stands for itself */
    struct because *because;
    size_t n_because; /* never 0 */
    /* Values for the {names} of its steps' texts: host, port, endpoint, cleaned, where, ... */
    struct argument arguments[BECAUSE_ARGUMENTS_MAX];
    size_t n_arguments;
};

/* Settings that were seen to work. */
struct recommended {
    const char *host;
    uint16_t port;
    enum tls_mode mode;
    struct peer_text *auth;
    size_t n_auth;
    double total_ms;
};

struct diagnosis {
    struct arena *arena;
    enum verdict verdict;
    unsigned summary; /* enum text_id of the sentence, completed with the arguments */
    struct argument summary_arguments[BECAUSE_ARGUMENTS_MAX];
    size_t n_summary_arguments;
    struct diagnosed *findings; /* primary first, effects behind their cause, info last */
    size_t n_findings;
    int primary; /* index, -1: nothing of warning or worse */
    const char *suggestion; /* the name to type instead of what was typed; NULL where that is right */
    struct recommended *recommended; /* best first */
    size_t n_recommended;
};

struct diagnosis *diagnosis_new(void);
struct diagnosis *diagnosis_free(struct diagnosis *d);

const char *verdict_word(enum verdict verdict);

#endif
