/*
 * plans - options of a check, collected and given to every target's Plan
 */
#ifndef SMTPDX_COMMAND_PLANS_H
#define SMTPDX_COMMAND_PLANS_H

#include "command/face.h"
#include "command/secret_source.h"

struct plans_option {
    const char *name;  /* long, without dashes */
    const char *value; /* NULL: it takes none */
};

/* Borrowed words alone. */
struct plans {
    struct plans_option *options;
    size_t n_options;
    const char **targets;
    size_t n_targets;
    struct secret_source secret;
};

void plans_init(struct plans *p);
void plans_done(struct plans *p);

/* false when memory is short */
bool plans_add_option(struct plans *p, const char *name, const char *value);
bool plans_add_target(struct plans *p, const char *target);

/* A command's own options beside these, and what they set. */
struct plans_table {
    const struct option_spec *options;
    size_t n;
    void *owner;
};

/*
 * plans_read() - reads a whole command line: the face's options, a Plan's, and targets
 * shape:  own: further options; NULL for none
 * errors: the exit status, having said why; 0 where all was understood
 */
int plans_read(struct plans *p, struct face *f, char **words, const struct plans_table *own);

/*
 * plans_run() - the exit status of all
 * shape:  every Plan is made, and refused where it must be, before a secret is
 *         asked for, and that before anything is contacted; *used is what was
 *         signed in with, given away, or NULL; used may be NULL
 */
int plans_run(const struct plans *p, const struct face *f, struct secret **used);

#endif
