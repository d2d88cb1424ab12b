/*
 * trust - the roots that are believed, and what they say of a chain
 *
 * Belongs to the engine. Roots are loaded once, in a thread, while names and
 * connections are under way; of a file that was named only the first
 * certificate is looked at before that.
 */
#ifndef SMTPDX_PROBE_TRUST_H
#define SMTPDX_PROBE_TRUST_H

#include <uv.h>

#include "base/err.h"
#include "model/evidence.h"

struct trust;

typedef void trust_ready_fn(void *user);

/*
 * trust_new() - begins to load the roots that a plan believes in
 * shape:  reads the files of the plan; ready is called once, from the loop
 * errors: ERR_INPUT where a file holds no certificate, *bad_file naming it
 *         (borrowed from the plan)
 */
bool trust_new(struct trust **ret, uv_loop_t *loop, const struct plan *plan, trust_ready_fn *ready, void *user,
               const char **bad_file, struct err *err);

/* The same roots serve this plan too. */
bool trust_fits(const struct trust *t, const struct plan *plan);
bool trust_is_ready(const struct trust *t);

/* Number of roots; 0 where none could be loaded, or none is yet. */
size_t trust_roots(const struct trust *t);

/* Number of certificates in the plan's files that cannot be read and are passed over. */
size_t trust_broken(const struct trust *t);

/* Fills in what is judged of every chain; while the roots are not ready, only what needs none. */
void trust_judge(struct trust *t, struct evidence *e);

/* Frees it once the loading thread has ended. */
void trust_close(struct trust *t);

#endif
