/*
 * secret_form - what form a password, a token or a user name has
 */
#ifndef SMTPDX_BASE_SECRET_FORM_H
#define SMTPDX_BASE_SECRET_FORM_H

#include <stdbool.h>

#include "base/peer_text.h"

/* What can be said about bytes that were typed or pasted without saying what they are. */
struct secret_form {
    bool empty;
    bool blank_at_start; /* white space of any script: the ideographic and the no-break space too */
    bool blank_at_end;   /* likewise, line ends left aside */
    bool line_end;       /* ends in CR or LF */
    bool app_password_groups;  /* sixteen letters, four by four, blanks between: as Google shows one */
    bool app_password_letters; /* sixteen small letters and nothing else */
    bool app_password_hyphens; /* four by four, hyphens between: as Apple shows one */
    bool non_ascii;
    bool control;   /* a control character, white space around it all left aside */
    bool invisible; /* zero-width, byte order mark and the like */
};

/* Of a secret's bytes, and of a user name's. */
struct secret_form secret_look(struct peer_text bytes);

#endif
