/*
 * clock_estimate - what the sources of the time say together
 *
 * Time servers vote, by Marzullo's algorithm. Bounds that others have signed
 * (OCSP, the date of the build) throw out who lies far in the past. What the
 * server says that is being judged (a date in its greeting, the window of its
 * certificate) never makes an estimate: it only agrees with one or does not.
 */
#ifndef SMTPDX_MODEL_CLOCK_ESTIMATE_H
#define SMTPDX_MODEL_CLOCK_ESTIMATE_H

#include "model/evidence.h"

/*
 * clock_combine() - fills in the estimate, and which sources agree with it
 * shape:  known where more than half of the time servers that count agree; else
 *         where a signed bound lies ahead of the local clock, and then the
 *         estimate is open to later times
 * source: RFC 5905 section 11.2.1
 */
void clock_combine(struct clock_view *v);

/* True minus local time; 0 where there is no estimate. The middle, or the bound where it is open. */
int64_t clock_offset_ms(const struct clock_view *v);

/* Half the width of the estimate; -1 where it is open or not known. */
int64_t clock_uncertainty_ms(const struct clock_view *v);

/*
 * True time at the start of the check, in Unix seconds: the best guess, and the
 * ends of what it can be. The local clock's where there is no estimate.
 */
int64_t clock_now_s(const struct evidence *e);
int64_t clock_earliest_s(const struct evidence *e);
int64_t clock_latest_s(const struct evidence *e);

#endif
