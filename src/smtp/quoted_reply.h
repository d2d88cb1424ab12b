/*
 * quoted_reply - the reply of a server inside what somebody else wrote
 *
 * A mail program's message, a log line, a traceback: "said: 535-5.7.8 ...",
 * "(535, b'5.7.8 ...')", "Server error: 554". Three digits of a date, a port, a
 * size or a process are none.
 */
#ifndef SMTPDX_SMTP_QUOTED_REPLY_H
#define SMTPDX_SMTP_QUOTED_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/peer_text.h"

struct quoted_reply {
    unsigned code;         /* 0: the enhanced one stands there alone */
    unsigned enhanced[3];  /* class, subject, detail; class 0: none */
    size_t at;             /* where in the line it begins */
    struct peer_text text; /* what stands behind the codes, to the end of the line */
};

/*
 * quoted_reply_find() - the first reply at `from` or behind it
 * shape:  the codes of RFC 5321, 4954, 3207 and 7504, and those that servers
 *         are known to use besides; *ret is left alone where there is none
 */
bool quoted_reply_find(struct quoted_reply *ret, struct peer_text line, size_t from);

#endif
