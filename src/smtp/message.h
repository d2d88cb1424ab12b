/*
 * message - the one message that smtpdx sends, and says so
 *
 * Plain words about itself, in ASCII.
 */
#ifndef SMTPDX_SMTP_MESSAGE_H
#define SMTPDX_SMTP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { MESSAGE_MAX = 4096 }; /* of a message, line ends included */

struct message_facts {
    const char *from, *to;  /* of mail_address_is_valid() */
    const char *id;         /* without its brackets */
    int64_t wall_ms;        /* since 1970 */
    int utc_offset_minutes; /* east of Greenwich */
};

/*
 * message_write() - appends the message as it goes over the wire
 * shape:  CRLF line ends; no line begins with a dot, so that nothing has to be
 *         stuffed; the final dot is not part of it
 * errors: false when out refused bytes, or the date has no four-digit year
 * source: RFC 5322, RFC 2045; RFC 3834 section 5 (Auto-Submitted: it stops replies by robots)
 */
bool message_write(struct buf *out, const struct message_facts *facts);

#endif
