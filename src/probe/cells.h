/*
 * cells - the rows of the matrix: which endpoints and modes there are, tried or not
 *
 * Every port, mode and family has its cell from the start, so that what was not
 * tried is seen too. Works on the Evidence alone.
 */
#ifndef SMTPDX_PROBE_CELLS_H
#define SMTPDX_PROBE_CELLS_H

#include "model/evidence.h"

/* Whose cells: the same name may be looked at in two roles. */
struct cell_owner {
    enum role role;
    const char *host; /* the very pointer of the name_view */
};

bool cells_belong(const struct cell_owner *o, const struct probe *p);

/* One cell; address NULL while none is known. */
void cells_put_one(struct evidence *e, const struct cell_owner *o, enum family family, const struct address *address,
                   uint16_t port, enum tls_mode mode);

/* One for each mode of a port; of an incoming server for the one that the plan names. */
void cells_put(struct evidence *e, const struct cell_owner *o, enum family family, const struct address *address,
               uint16_t port);

/* Index of a cell, -1 where there is none. */
int cells_find(const struct evidence *e, const struct cell_owner *o, const struct address *address, uint16_t port,
               enum tls_mode mode);

/* Gives the cells of a family, which stood for none, their address; false where they have one. */
bool cells_claim(struct evidence *e, const struct cell_owner *o, const struct address *address);

/* Says of every cell of the address that was not tried why it was not. */
void cells_skip(struct evidence *e, const struct cell_owner *o, const struct address *address,
                enum skip_reason reason);

/* Says of every cell of a family that no address came for why it was not tried. */
void cells_skip_empty(struct evidence *e, const struct cell_owner *o, enum family family, enum skip_reason reason);

#endif
