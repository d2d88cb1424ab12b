/*
 * err - what went wrong on our side
 *
 * For failures of this program and of its libraries alone. What a peer does
 * wrong is an observation (model/evidence.h) and never passes through here.
 */
#ifndef SMTPDX_BASE_ERR_H
#define SMTPDX_BASE_ERR_H

#include <stdbool.h>

enum err_kind {
    ERR_NONE,
    ERR_NOMEM,
    ERR_LIMIT,   /* a ceiling of ours was reached */
    ERR_SYSTEM,  /* code is an errno */
    ERR_LIBRARY, /* code is the library's own */
    ERR_INPUT,   /* what a user or a file gave cannot be used */
    ERR_BUG,
};

/* doing: what was being done, in the gerund ("reading the record"); a string literal. */
struct err {
    enum err_kind kind;
    int code;
    const char *doing;
};

/*
 * err_set() - notes a failure unless one is noted already (the first is the cause)
 * shape:  err may be NULL
 * errors: always false, so that `return err_set(...)` reads well
 */
bool err_set(struct err *err, enum err_kind kind, int code, const char *doing);

/* The errno says that this program may have no more of something: descriptors, memory, ports of its own. */
bool err_is_shortage(int code);

#endif
