/*
 * incoming_line - what one line of an IMAP or POP3 server means
 *
 * No state: the caller knows what it has asked. Lines come without their end.
 */
#ifndef SMTPDX_SMTP_INCOMING_LINE_H
#define SMTPDX_SMTP_INCOMING_LINE_H

#include <stdbool.h>

#include "base/peer_text.h"

enum line_meaning {
    LINE_MORE,  /* the answer goes on behind it */
    LINE_WORDS, /* likewise, and it names what the server can do */
    LINE_YES,
    LINE_NO,
    LINE_ALIEN, /* nothing that can stand here */
};

/*
 * imap_line()
 * shape:  tag is the one of the command; NULL for the greeting. rest is set with
 *         WORDS alone: the capabilities
 * source: RFC 9051 sections 2.2.2, 7.1 and 7.2.2; RFC 3501 says the same
 */
enum line_meaning imap_line(struct peer_text line, const char *tag, struct peer_text *rest);

/* The greeting says that the client is signed in already: then STARTTLS is not permitted any more. */
bool imap_is_preauth(struct peer_text greeting);

/*
 * pop3_line()
 * shape:  listing: the list that a CAPA command was answered with has begun; then
 *         a line is WORDS, with its dot-stuffing taken off in rest, or YES, its end
 * source: RFC 1939 section 3, RFC 2449 section 5
 */
enum line_meaning pop3_line(struct peer_text line, bool listing, struct peer_text *rest);

/* The next word off the front of t; empty at its end. */
struct peer_text line_take_word(struct peer_text *t);

#endif
