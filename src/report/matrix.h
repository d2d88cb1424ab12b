/*
 * matrix - what was tried, as rows of port and TLS mode with a cell a family
 *
 * Gathers the probes of one role; several addresses of a family share a cell.
 */
#ifndef SMTPDX_REPORT_MATRIX_H
#define SMTPDX_REPORT_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "knowledge/text.h"
#include "model/evidence.h"

enum { MATRIX_ROWS_MAX = PLAN_PORTS_MAX * TLS_MODE_COUNT };

struct matrix_cell {
    const struct probe *shown; /* the one that speaks for the cell; NULL: there is none */
    size_t n_tried;
    size_t n_good; /* went well, with a certificate without a flaw */
};

struct matrix_row {
    uint16_t port;
    enum tls_mode mode;
    bool asked; /* the user's own setting */
    struct matrix_cell cells[FAMILY_COUNT];
};

struct matrix {
    const char *host;
    struct matrix_row rows[MATRIX_ROWS_MAX]; /* by port; the usual mode first, clear text last */
    size_t n_rows;
};

enum matrix_tone {
    MATRIX_NOTHING, /* not tried, or no answer to the question */
    MATRIX_GOOD,
    MATRIX_CARE,
    MATRIX_BAD,
};

/*
 * matrix_init() - the rows of one role; of one name alone where host is not NULL
 * shape:  rows that nobody needed are left out; where nothing at all was tried, there is no row
 */
void matrix_init(struct matrix *m, const struct evidence *e, enum role role, const char *host);

/* "ok 143 ms", "refused", "not tried": a few words for a column, of a cell that has a probe. */
bool matrix_put_cell(struct buf *out, enum language language, const struct evidence *e,
                     const struct matrix_cell *cell);
enum matrix_tone matrix_tone(const struct evidence *e, const struct matrix_cell *cell);

/* Whether every cell of the family was left untried for this one reason. */
bool matrix_all_skipped(const struct matrix *m, enum family family, enum skip_reason *ret);

#endif
