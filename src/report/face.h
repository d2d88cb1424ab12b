/*
 * face - the formats that report.c chooses from; for this room alone
 */
#ifndef SMTPDX_REPORT_FACE_H
#define SMTPDX_REPORT_FACE_H

#include "report/report.h"

/* Each appends a whole report; false when out refused the bytes or memory is short. */
bool report_text(struct buf *out, const struct report_spec *spec, const struct evidence *e,
                 const struct diagnosis *d);
bool report_json(struct buf *out, const struct report_spec *spec, const struct evidence *e,
                 const struct diagnosis *d);
bool report_ndjson(struct buf *out, const struct report_spec *spec, const struct evidence *e,
                   const struct diagnosis *d);

#endif
