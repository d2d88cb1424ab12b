/*
 * date - dates as mail and HTTP write them
 */
#ifndef SMTPDX_SMTP_DATE_H
#define SMTPDX_SMTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/peer_text.h"

/*
 * date_parse() - a date at the beginning of t
 * shape:  "Tue, 24 Nov 2026 15:04:05 +0000", the day of the week or the seconds
 *         left out; what stands behind it is not looked at
 * units:  Unix seconds
 * errors: false where it is none, lacks a zone, or names no possible time
 * source: RFC 5322 section 3.3 and 4.3, of which RFC 9110's IMF-fixdate is a case
 */
bool date_parse(int64_t *ret, struct peer_text t);

/* The first date in t, as sendmail, Exim and Exchange put one into their greeting. */
bool date_find(int64_t *ret, struct peer_text t);

#endif
