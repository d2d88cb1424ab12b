/*
 * evidence_json - the Evidence as a record: what --record writes and replay reads
 *
 * {"format": "smtpdx/evidence/1", "version": ..., ...}, one JSON object. A
 * record comes from outside as much as anything that a server says.
 */
#ifndef SMTPDX_MODEL_EVIDENCE_JSON_H
#define SMTPDX_MODEL_EVIDENCE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "model/evidence.h"

enum { EVIDENCE_RECORD_MAX = 64 << 20 }; /* bytes, to be written and to be read again */

/*
 * evidence_save() - appends the Evidence, complete and exact
 * shape:  one object, indented, with a line end; keys and words of this format stay
 * errors: false when memory is short or out refused the bytes; out then holds
 *         a part of it
 */
bool evidence_save(struct buf *out, const struct evidence *e);

/*
 * evidence_load() - reads a record again
 * shape:  everything that the rules rely on holds in what is returned: indices
 *         lie within their arrays, ports are none of them 0, texts of ours can
 *         be printed, nothing runs any more, and without a host nothing was
 *         probed; a provider's id may be one that this program does not know
 * errors: NULL with *why a string literal that says why it is refused, or NULL
 *         when memory is short
 */
struct evidence *evidence_load(const char *bytes, size_t len, const char **why);

#endif
