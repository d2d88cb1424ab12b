/*
 * layout - lines and columns of text as a terminal shows them
 *
 * Everything is measured in columns: a Japanese character takes two, a
 * combining one none. Texts are UTF-8 without control characters except '\n',
 * which ends a paragraph; what a peer said is escaped before it comes here.
 * Knows nothing of findings and probes.
 */
#ifndef SMTPDX_REPORT_LAYOUT_H
#define SMTPDX_REPORT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/peer_text.h"

/* Narrower than this, indented text has no room left and is laid out for this width. */
enum { LAYOUT_WIDTH_MIN = 40 };

unsigned layout_columns(const char *text);

/*
 * layout_put_text() - a text broken into lines of at most `width` columns
 * shape:  `at` is the column where out stands already (a label was put before);
 *         the lines that follow are indented by `hang`; ends with a line end.
 *         Breaks at blanks and between East Asian characters where their rules
 *         allow it; names and URLs stay whole, so that they can be copied,
 *         unless one alone is wider than a line.
 * errors: false when out refuses the bytes or memory is short
 * source: UAX 14 (libunistring)
 */
bool layout_put_text(struct buf *out, unsigned width, unsigned at, unsigned hang, const char *text);

bool layout_put_spaces(struct buf *out, unsigned n);

/* The text and blanks up to `columns`; a longer text is put whole. */
bool layout_put_cell(struct buf *out, unsigned columns, const char *text);

/* A text of one line, cut at `columns` and ending in "..." where it is longer. */
bool layout_put_cut(struct buf *out, unsigned columns, const char *text);

/*
 * term_put_peer() - the one door through which a terminal gets what a peer said
 * shape:  escaped (peer_text_escape), then cut at `columns`; 0: not cut
 * errors: false when out refuses the bytes
 */
bool term_put_peer(struct buf *out, unsigned columns, struct peer_text t);

#endif
