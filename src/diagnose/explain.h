/*
 * explain - what an error that somebody pastes means, without a look at any network
 *
 * The text is a message, a number, a reply, or a whole log: each line is judged
 * and the one that tells most decides, the later one where two tell alike.
 */
#ifndef SMTPDX_DIAGNOSE_EXPLAIN_H
#define SMTPDX_DIAGNOSE_EXPLAIN_H

#include "base/peer_text.h"
#include "model/diagnosis.h"
#include "model/evidence.h"

enum {
    EXPLAIN_TEXT_MAX = 1 << 20, /* bytes; of a longer text the end counts */
    EXPLAIN_INPUT_KEPT = 4096,
    EXPLAIN_LINE_KEPT = 400,
};

enum explanation_outcome {
    EXPLANATION_FOUND,   /* findings, the most likely first */
    EXPLANATION_VAGUE,   /* the text is known and says no more than that something failed */
    EXPLANATION_SUCCESS, /* the server's replies in it are no errors, and nothing else is one */
    EXPLANATION_UNKNOWN,
};

struct explanation {
    enum explanation_outcome outcome;
    struct peer_text input; /* what was pasted, secrets masked, cut */
    size_t n_lines;
    size_t line;               /* the one that decided, from 1; 0 where none did */
    struct peer_text excerpt;  /* that line, secrets masked, cut */
    struct evidence *evidence; /* its plan holds the server that the text is about; nothing was probed */
    struct diagnosis *diagnosis;
};

/* The known server for sending that a name is within a slip of the pen of; NULL where there is none. */
typedef const char *explain_meant(const char *name);

/*
 * explain() - judges the text
 * shape:  provider: id of data/providers.toml where it is known whose server it
 *         is, or NULL; meant may be NULL: then no name is taken for mistyped; any bytes will do for the text, which is not kept
 * errors: NULL when memory is short
 */
struct explanation *explain(struct peer_text text, const char *provider, explain_meant *meant);
struct explanation *explanation_free(struct explanation *x);

#endif
