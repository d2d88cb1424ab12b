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
bool pages_load(struct pages *p, const struct mint *m, size_t cert, const struct mint_chain *c,
                struct err *err);

/* Begins to serve on a bound socket, its own from here on; every request becomes a line of the transcript. */
bool pages_open(struct pages *p, uv_loop_t *loop, int fd, struct buf *transcript, struct err *err);

/* Appends a sentence for each page that nobody asked for, and each that nobody should have. */
void pages_put_complaints(const struct pages *p, struct buf *out);

/* Closes its handles; free it when the loop has run to its end. NULL is fine. */
void pages_end(struct pages *p);
struct pages *pages_free(struct pages *p);

#endif
