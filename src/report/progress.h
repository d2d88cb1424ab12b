/*
 * progress - one line that tells what is under way
 */
#ifndef SMTPDX_REPORT_PROGRESS_H
#define SMTPDX_REPORT_PROGRESS_H

#include "report/report.h"

/*
 * progress_put() - appends "smtp.example.net: 587 greeting, 465 TLS (1.2 s)", without a line end
 * shape:  at most spec->width columns, so that it can be drawn over itself
 * units:  elapsed_ms since the start of the check
 * errors: false when out refused the bytes or memory is short
 */
bool progress_put(struct buf *out, const struct report_spec *spec, const struct evidence *e,
                  double elapsed_ms);

#endif
