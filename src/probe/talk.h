/*
 * talk - the dialogue of a connection, whichever protocol it is in
 *
 * What a session knows of it: bytes in, bytes out, what is wanted next and what
 * was learned. All protocols tell it in the words of smtp/dialogue.h.
 */
#ifndef SMTPDX_PROBE_TALK_H
#define SMTPDX_PROBE_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/protocol.h"
#include "smtp/dialogue.h"
#include "smtp/incoming.h"

/* All zero before it begins. It must not move in memory afterwards. */
struct talk {
    bool begun;
    enum protocol protocol;
    union {
        struct smtp_dialogue smtp;
        struct incoming incoming; /* IMAP and POP3 */
    } of;
};

/*
 * talk_begin() - ready for the greeting
 * shape:  of the spec IMAP and POP3 know inside_tls, want_starttls and greeting_only
 * errors: as dialogue_init(); talk_done() is right in either case
 */
bool talk_begin(struct talk *t, enum protocol protocol, const struct smtp_dialogue_spec *spec,
                struct err *err);
void talk_done(struct talk *t);

/* The steps of smtp/dialogue.h. */
enum smtp_want talk_feed(struct talk *t, const void *bytes, size_t n);
enum smtp_want talk_tls_up(struct talk *t);
enum smtp_want talk_eof(struct talk *t);

/* Of SMTP alone: no other dialogue asks for permission. */
enum smtp_want talk_permit(struct talk *t, const void *binding, size_t n);
enum smtp_want talk_forbid(struct talk *t);

/* What is to be sent: buf_consume() what was. */
struct buf *talk_out(struct talk *t);

/* NULL before it begins; valid until talk_done(). */
const struct smtp_learned *talk_learned(const struct talk *t);

/* Nothing more will be learned. */
bool talk_is_complete(const struct talk *t);

/* Where this side failed: what it was doing; else NULL. */
const char *talk_trouble(const struct talk *t);

#endif
