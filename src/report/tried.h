/*
 * tried - how the sign-in and the test message went
 *
 * For this room alone. In one word each for JSON, and as a section of a page.
 */
#ifndef SMTPDX_REPORT_TRIED_H
#define SMTPDX_REPORT_TRIED_H

#include "report/page.h"

enum tried {
    TRIED_NOT_ASKED,
    TRIED_NOT_REACHED,  /* it did not come to that */
    TRIED_ACCEPTED,
    TRIED_RECIPIENT,    /* the recipient was accepted, and no message was to follow */
    TRIED_REFUSED,      /* by a reply */
    TRIED_BROKEN_OFF,   /* by this side, for what the server sent in between */
    TRIED_NO_MECHANISM,
    TRIED_UNSAYABLE,
    TRIED_TOO_LARGE,
    TRIED_LOST,         /* the connection ended, or was given up, before an answer */
};

enum tried tried_sign_in(const struct evidence *e);
enum tried tried_message(const struct evidence *e);

/* The step of the message that was refused or lost. */
enum stage tried_message_stage(const struct evidence *e);

/* What the server said to it last, NULL where it said nothing. */
const struct refused_reply *tried_sign_in_reply(const struct evidence *e);
const struct refused_reply *tried_message_reply(const struct evidence *e);

/* The words of the JSON report. */
const char *tried_word(enum tried tried);

/* What became of both on a page of their own section; nothing where none was asked for. */
void tried_put_section(struct page *p);

#endif
