/*
 * slip - is a name a known server's with a slip of the pen?
 *
 * What fingers do on a keyboard: a neighbouring key, a letter too many or too
 * few, two exchanged, a dot left out or another character in its place, another
 * ending. Knows names alone; whether a server stands behind one is for others.
 */
#ifndef SMTPDX_INPUT_SLIP_H
#define SMTPDX_INPUT_SLIP_H

#include <stdbool.h>
#include <stddef.h>

#include "model/plan.h"

struct slip {
    enum name_slip kind;
    const char *of;    /* the known name that is so close */
    const char *meant; /* the server for sending: of, or the right one where of is something else */
    size_t at;         /* offset into the name where it departs from `of` */
    size_t n;          /* so many characters of it are not as there */
};

/*
 * slip_find() - the known server that a name is within a slip of
 * shape:  name is in lower case without a final dot, of whatever ASCII: it need
 *         not be a host name; where several are as close, a provider's comes first
 * errors: false where there is none, and where the name is a known one itself
 */
bool slip_find(struct slip *ret, const char *name);

/*
 * slip_find_domain() - the listed mail domain that one of a mail address is within a slip of
 * shape:  as slip_find(); meant is the server of the domain's provider. Domains
 *         are shorter than names of servers and more of them exist: one that
 *         departs in a label of four letters is taken for another one
 * errors: false where there is none, and where the domain is listed itself
 */
bool slip_find_domain(struct slip *ret, const char *domain);

#endif
