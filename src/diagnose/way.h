/*
 * way - where on the way a blocked port dies, as far as the paths show it
 */
#ifndef SMTPDX_DIAGNOSE_WAY_H
#define SMTPDX_DIAGNOSE_WAY_H

#include "diagnose/draft.h"

/* Who lets these ports no further, and who that is likely to be; once a family, and nothing where it is not seen. */
void way_say(struct draft *d, struct diagnosed *f, const struct port_set *ports);

#endif
