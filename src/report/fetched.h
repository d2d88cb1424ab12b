/*
 * fetched - one thing that was fetched, in a line
 */
#ifndef SMTPDX_REPORT_FETCHED_H
#define SMTPDX_REPORT_FETCHED_H

#include "base/buf.h"
#include "knowledge/text.h"
#include "model/evidence.h"

/* Appends what it was, from where, and how it went; harmless to print. */
bool fetched_put(struct buf *out, enum language language, const struct fetch *f);

#endif
