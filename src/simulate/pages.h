/*
 * pages - what the practice web server of a scenario says on each of its paths
 */
#ifndef SMTPDX_SIMULATE_PAGES_H
#define SMTPDX_SIMULATE_PAGES_H

#include <uv.h>

#include "base/err.h"
#include "simulate/mint.h"

struct pages;

/* shape: s outlives it; errors: ERR_NOMEM */
bool pages_new(struct pages **ret, const struct scenario *s, struct err *err);

/* Makes what is about one certificate of the scenario, as it is sent. errors: ERR_NOMEM, ERR_LIBRARY */
bool pages_load(struct pages *p, const struct mint *m, size_t cert, const struct mint_chain *c, struct err *err);

/* Begins to serve; every request becomes a line of the transcript. errors: ERR_NOMEM, ERR_SYSTEM */
bool pages_open(struct pages *p, uv_loop_t *loop, struct buf *transcript, struct err *err);
uint16_t pages_port(const struct pages *p);

/* Appends a sentence for each page that nobody asked for, and each that nobody should have. */
void pages_put_complaints(const struct pages *p, struct buf *out);

/* Closes its handles; free it when the loop has run to its end. NULL is fine. */
void pages_end(struct pages *p);
struct pages *pages_free(struct pages *p);

#endif
