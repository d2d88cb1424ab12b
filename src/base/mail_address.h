/*
 * mail_address - an address that a message can be sent from or to
 */
#ifndef SMTPDX_BASE_MAIL_ADDRESS_H
#define SMTPDX_BASE_MAIL_ADDRESS_H

#include <stdbool.h>

#include "base/peer_text.h"

enum { MAIL_ADDRESS_MAX = 254 }; /* bytes: RFC 5321 section 4.5.3.1.3, without the brackets */

/*
 * mail_address_is_valid() - whether it is local@domain in ASCII
 * shape:  a local part of atoms with dots between, of 64 octets at most; a
 *         domain of labels; MAIL_ADDRESS_MAX in all. Nothing in it can end a path, a
 *         command or a header field. Quoted local parts, address literals and what needs
 *         SMTPUTF8 (RFC 6531) are not taken: a test message does without them.
 * source: RFC 5321 sections 4.1.2 and 4.5.3.1
 */
bool mail_address_is_valid(struct peer_text address);

#endif
