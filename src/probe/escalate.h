/*
 * escalate - what a failure calls for, beyond the target
 *
 * A const table: fact, further probes. Asked as soon as a failure shows, and
 * again with each further one; who asks carries out each kind once. Works on
 * the Evidence alone, within the permissions of its plan.
 */
#ifndef SMTPDX_PROBE_ESCALATE_H
#define SMTPDX_PROBE_ESCALATE_H

#include "model/evidence.h"

enum further {
    FURTHER_CONTROLS = 1, /* the plan's endpoints elsewhere */
    FURTHER_RESOLVERS = 2, /* what others say of the target's name, and of one that there is not */
};

/* A set of them. p: a probe that has failed, or is about to. */
unsigned escalate_for_probe(const struct evidence *e, const struct probe *p);

/* The same of a certificate of the target that a client would not take. */
unsigned escalate_for_certificate(const struct evidence *e);

/* The same of a name whose look-up has ended, or brings nothing for long. */
unsigned escalate_for_name(const struct evidence *e, const struct name_view *name);

/* A port that is stopped on the way, and what to compare it with: probes. */
struct stopped_port {
    size_t blocked;
    int open; /* of the same server, or else of another; -1 where there is none */
};

/* Whether there is one whose path is worth looking at and has not been yet; one for each family. */
bool escalate_to_path(const struct evidence *e, struct stopped_port *ret);

/*
 * escalate_decides() - what was begun beyond the target may still change what is said of it
 * shape:  false where some way of sending works: what fails beside it shows by itself
 */
bool escalate_decides(const struct evidence *e);

#endif
