/*
 * part - what every JSON object of a report is made with, and its findings
 *
 * For this room alone. `failed` stays set once something could not be made:
 * looked at once, at the end.
 */
#ifndef SMTPDX_REPORT_PART_H
#define SMTPDX_REPORT_PART_H

#include <jansson.h>

#include "report/report.h"

struct part {
    const struct report_spec *spec;
    const struct evidence *e;
    const struct diagnosis *d;
    bool failed;
};

/* Each takes over value, NULL included: that is how a failed json_...() is noticed. */
void part_put(struct part *f, json_t *object, const char *key, json_t *value);
void part_add(struct part *f, json_t *array, json_t *value);

json_t *part_string_or_null(const char *string);

/* What came from outside, escaped. */
json_t *part_peer(struct peer_text t);
json_t *part_peer_or_null(const char *string);
json_t *part_peer_array(struct part *f, const struct peer_text *texts, size_t n);

/* Lines as received, without the line end of the last; null where there is nothing else. */
json_t *part_peer_lines(struct peer_text t);

/* A completed text. */
json_t *part_sentence(const struct part *f, enum text_id id, const struct argument *args, size_t n);

/* Every finding with its evidence and steps; the id of one, NULL for an index that is none. */
json_t *part_findings(struct part *f);
const char *part_finding_word(const struct diagnosis *d, int index);

/*
 * part_dump() - appends the object, which it takes over, and a line end
 * shape:  flags: how jansson lays it out
 * errors: false when a part has failed or out refused the bytes
 */
bool part_dump(struct buf *out, const struct part *f, json_t *object, size_t flags);

#endif
