/*
 * pasted - a text that somebody pastes, taken apart into lines
 *
 * Secrets are masked first, so that nothing behind this can give one away.
 */
#ifndef SMTPDX_DIAGNOSE_PASTED_H
#define SMTPDX_DIAGNOSE_PASTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/peer_text.h"
#include "knowledge/replies.h"

enum { PASTED_HOST_SIZE = 254 }; /* RFC 1035: a name has 253 characters */

struct pasted_line {
    size_t at, len;        /* in the masked text */
    size_t folded;         /* where it begins in the folded one; it ends where the next begins */
    uint16_t code;         /* of its reply, a refusal before any other; 0: none, or the enhanced one alone */
    bool has_reply;
    bool refuses;
    bool aside;            /* says nothing of mail that cannot be sent: mail_log.h */
    bool goes_on;          /* the next line belongs to the same reply */
    uint8_t stage;         /* enum reply_stage: of the command that was sent last before it */
};

struct pasted {
    struct buf masked;
    char *folded;
    size_t folded_len;
    struct pasted_line *lines;
    size_t n;
};

/* errors: false when memory is short; pasted_done() is due all the same */
bool pasted_init(struct pasted *p, struct peer_text text);
void pasted_done(struct pasted *p);

struct peer_text pasted_line(const struct pasted *p, size_t index);

/*
 * pasted_folded() - a line as client_text.h reads it, and behind it the next, for a sentence may be wrapped
 * shape:  *ret_own: how much of it is the line itself
 */
struct peer_text pasted_folded(const struct pasted *p, size_t index, size_t *ret_own);

/* Appends the original of a stretch of pasted_folded(), a blank in the place of a line end. */
void pasted_put_original(struct buf *out, const struct pasted *p, size_t index, size_t at, size_t len);

/* The refusal in the line; false where there is none. */
struct quoted_reply;
bool pasted_refusal(struct quoted_reply *ret, struct peer_text line);

/* What the server replied to, as far as the line itself says so: "(in reply to RCPT TO command)". */
enum reply_stage pasted_stage(struct peer_text line, const struct quoted_reply *reply);

/* Does the text speak of the sign-in with a token that was answered in the line or shortly before it? */
bool pasted_has_token(const struct pasted *p, size_t index);


/* A server that is named in a text. */
struct pasted_server {
    char host[PASTED_HOST_SIZE]; /* "" for none */
    const char *provider;        /* id, or NULL */
};

/*
 * pasted_next_name() - the next name at *at or behind it that can be a server's, in small letters
 * shape:  *at goes behind it; *ret_start is where it stands; false where none comes any more
 */
bool pasted_next_name(char ret[static PASTED_HOST_SIZE], struct peer_text text, size_t *at, size_t *ret_start);

/* The port that a line speaks of: "smtp.example.net:25", "port 25", "ポート : 25"; 0 for none. */
uint16_t pasted_port(struct peer_text line);

/* Does an address of IPv6 stand in the line? */
bool pasted_has_ipv6(struct peer_text line);

/* The last server that is named in the text; one of a known provider goes before any other. */
void pasted_server(struct pasted_server *ret, struct peer_text text);

#endif
