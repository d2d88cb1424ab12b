/*
 * secret_source - where the password or the token of a sign-in comes from
 *
 * A file, a command, the credentials that systemd has put ready, or a question on
 * the terminal; never a word of the command line, which other users can read, nor
 * a variable of the environment, which children inherit.
 */
#ifndef SMTPDX_COMMAND_SECRET_SOURCE_H
#define SMTPDX_COMMAND_SECRET_SOURCE_H

#include "base/secret.h"
#include "command/face.h"

/* Zeroed: nothing. */
struct secret_source {
    const struct option_spec *option; /* what the user named */
    const char *value;
    struct peer_text practice; /* else what a practice server wants, which is made up and in no need of hiding */
    enum secret_kind practice_kind;
};

/* --password-file and the others; owner is a struct secret_source. */
const struct option_spec *secret_source_options(size_t *ret_n);

/* What it is for. */
struct secret_need {
    const char *user; /* NULL: nobody signs in */
    const char *auth; /* the mechanism asked for, or NULL */
    bool begins;      /* the check goes as far as to sign in */
};

/*
 * secret_source_take() - gets the secret before anything is contacted
 * shape:  *ret is NULL where none is needed; a line end at the end of a file, of a
 *         command's output and of what was typed is no part of it, all else is
 * errors: the exit status, having said why
 */
int secret_source_take(struct secret **ret, const struct secret_source *source, const struct secret_need *need,
                       const struct face *f);

#endif
