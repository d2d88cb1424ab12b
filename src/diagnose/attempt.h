/*
 * attempt - what became of the sign-in and of the test message
 *
 * Looks at the one connection that was made for them and names the finding that
 * tells why they came to nothing. What a reply means is asked of
 * knowledge/replies; where that knows nothing, the number has to do.
 */
#ifndef SMTPDX_DIAGNOSE_ATTEMPT_H
#define SMTPDX_DIAGNOSE_ATTEMPT_H

#include "knowledge/finding_id.h"
#include "knowledge/reply_class_id.h"
#include "model/evidence.h"

enum attempt_end {
    ATTEMPT_NONE,     /* nobody asked for one */
    ATTEMPT_BARRED,   /* it was not made, or stopped before anything secret was sent: see the errand's bar */
    ATTEMPT_DONE,     /* all that was asked for was accepted */
    ATTEMPT_FAILED,   /* see finding */
    ATTEMPT_UNTOLD,   /* it came to nothing, and nothing was seen that tells why */
};

struct attempt {
    enum attempt_end end;
    enum finding_id finding;           /* FINDING_NONE but for FAILED, which has a connection */
    enum stage stage;                  /* where it ended */
    const struct refused_reply *reply; /* that refused, or NULL */
    enum reply_class class;            /* of the reply; REPLY_CLASS_INFO_NORMAL where nothing is known of it */
    double confidence;
    const char *help_url;              /* what the provider itself says about such a reply, or NULL */
};

struct attempt attempt_of(const struct evidence *e);

/*
 * attempt_public_address() - the address of this side as the server sees it
 * shape:  between brackets in what it said: in the reply that refused, or else
 *         behind its name in the reply to EHLO
 */
bool attempt_public_address(struct address *ret, const struct refused_reply *reply, const struct probe *p);

#endif
