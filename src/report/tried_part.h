/*
 * tried_part - the sign-in and the test message in the JSON report
 *
 * For this room alone.
 */
#ifndef SMTPDX_REPORT_TRIED_PART_H
#define SMTPDX_REPORT_TRIED_PART_H

#include "report/part.h"

/* Each null where it was not asked for. */
json_t *tried_part_sign_in(struct part *f);
json_t *tried_part_sending(struct part *f);

#endif
