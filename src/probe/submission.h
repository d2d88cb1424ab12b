/*
 * submission - where one more connection signs in and sends, and what it brings home
 *
 * Chooses among the cells of the matrix; a secret goes nowhere that has not
 * been verified. The connection itself is a session (LESSON_ERRAND).
 */
#ifndef SMTPDX_PROBE_SUBMISSION_H
#define SMTPDX_PROBE_SUBMISSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/secret.h"
#include "model/evidence.h"
#include "smtp/dialogue.h"

enum submission_choice {
    SUBMISSION_WAIT, /* a better place may still come */
    SUBMISSION_GO,
    SUBMISSION_BARRED, /* bar of the Evidence's errand says why */
};

/* Notes what is asked for and with what. secret: NULL where there is none. errors: false, no memory */
bool submission_begin(struct evidence *e, const struct secret *secret);

/*
 * submission_choose() - where to go
 * shape:  *probe is the cell to connect to as GO is told; chains must have been
 *         judged. suspect: for each cell, that it is not worth to be waited for.
 *         last: nothing will change any more, so that WAIT is not told
 */
enum submission_choice submission_choose(struct evidence *e, bool has_secret, const bool *suspect, bool last,
                                         size_t *probe);

/* What the dialogue is to do at the server; borrows from both. */
struct smtp_errand submission_words(const struct evidence *e, const struct secret *secret, const char *host,
                                uint16_t port);

/* What the dialogue has learned so far. */
void submission_keep(struct errand *r, struct arena *arena, const struct smtp_learned *learned);

#endif
