/*
 * guess - which service speaks, told by its first bytes
 *
 * Only what is certain: a wrong name sends a user the wrong way, no name does
 * not. The words for the services are in model/evidence.h.
 */
#ifndef SMTPDX_SMTP_GUESS_H
#define SMTPDX_SMTP_GUESS_H

#include "base/peer_text.h"
#include "model/evidence.h"

/*
 * guess_service() - the service that begins like this
 * shape:  the first bytes that a peer sent (PEER_RAW_MAX are enough, more are
 *         not looked at); NOTHING for none, UNKNOWN for what is not certain
 * source: RFC 8446 section 5.1 (TLS records), RFC 9112, 9051, 1939, 4253, 959,
 *         3977, and the MySQL protocol's initial handshake packet
 */
enum service guess_service(struct peer_text first);

/* An UNKNOWN that more bytes could still turn into a name. */
bool guess_undecided(struct peer_text first);

#endif
