/*
 * typed - what was typed, in quotation marks, with the bad places marked below
 */
#ifndef SMTPDX_REPORT_TYPED_H
#define SMTPDX_REPORT_TYPED_H

#include <stdbool.h>

#include "base/buf.h"
#include "model/plan.h"

/*
 * typed_put_marked() - two lines: the text, and a ^ below each place that has a note of the flaw
 * shape:  what a terminal must not get is escaped; a text that is wider than the
 *         line is cut on both sides of the first mark; nothing where there is none
 * units:  width and indent in columns
 * errors: false when out refuses the bytes or memory is short
 */
bool typed_put_marked(struct buf *out, unsigned width, unsigned indent, const struct plan *plan,
                      enum input_flaw flaw);

#endif
