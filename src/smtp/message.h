/*
 * message - the one message that smtpdx sends, and says so
 *
 * Plain words about itself. Knows what may stand in a path and in a header
 * field, so that an address is never a command or a field of its own.
 */
#ifndef SMTPDX_SMTP_MESSAGE_H
#define SMTPDX_SMTP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum {
    MESSAGE_ADDRESS_MAX = 254, /* RFC 5321 section 4.5.3.1.3, without the brackets */
    MESSAGE_MAX = 4096,        /* of a message, line ends included */
};

struct message_facts {
    const char *from, *to;  /* of message_address_sendable() */
    const char *id;         /* without its brackets */
    int64_t wall_ms;        /* since 1970 */
    int utc_offset_minutes; /* east of Greenwich */
};

/*
 * message_address_sendable() - can it stand in MAIL, RCPT and a header field?
 * shape:  something on both sides of an "@", no blank, no control character,
 *         no angle bracket; bytes over 127 as UTF-8
 */
bool message_address_sendable(const char *address);

/* It needs a server that offers SMTPUTF8. */
bool message_address_is_wide(const char *address);

/*
 * message_write() - appends the message as it goes over the wire
 * shape:  CRLF line ends; no line begins with a dot, so that nothing has to be
 *         stuffed; the final dot is not part of it
 * errors: false when out refused bytes, or the date has no four-digit year
 * source: RFC 5322, RFC 2045; RFC 3834 section 5 (Auto-Submitted: it stops replies by robots);
 *         RFC 6532 where an address is wide
 */
bool message_write(struct buf *out, const struct message_facts *facts);

#endif
