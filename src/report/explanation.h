/*
 * explanation - what a pasted error means, as text and as JSON
 */
#ifndef SMTPDX_REPORT_EXPLANATION_H
#define SMTPDX_REPORT_EXPLANATION_H

#include "diagnose/explain.h"
#include "report/report.h"

/*
 * explanation_put() - appends the whole report, ended by a line end
 * shape:  JSON is "smtpdx/explain/1"; both that and NDJSON are one object
 * errors: as report_put()
 */
bool explanation_put(struct buf *out, enum report_format format, const struct report_spec *spec,
                     const struct explanation *x);

#endif
