/*
 * channel - bytes to and from one client of a practice server, in the clear or inside TLS
 *
 * What is to go out is queued in libuv; what came in is laid here by whoever
 * reads the socket, and lies in lines once it is clear text.
 */
#ifndef SMTPDX_SIMULATE_CHANNEL_H
#define SMTPDX_SIMULATE_CHANNEL_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/buf.h"
#include "base/peer_text.h"
#include "simulate/scenario.h"

enum channel_state {
    CHANNEL_CLEAR,
    CHANNEL_HANDSHAKE,
    CHANNEL_TLS,
};

enum channel_outcome {
    CHANNEL_DONE,
    CHANNEL_WAIT,
    CHANNEL_BROKEN,
};

struct channel_tls {
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
    enum scenario_client client;
    gnutls_certificate_credentials_t nameless; /* for a client that names no server; NULL: the same */
    bool nameless_refused;
};

/* Memory of its owner's; it does not move, and lives until all that was put has been written. */
struct channel {
    uv_stream_t *stream;
    void (*broken)(void *user); /* a write failed */
    void *user;
    enum channel_state state;
    gnutls_session_t session; /* NULL before TLS */
    struct buf wire;          /* encrypted bytes that GnuTLS has not read */
    struct buf lines;         /* clear bytes that nobody has read */
};

void channel_init(struct channel *c, uv_stream_t *stream, void (*broken)(void *user), void *user);
void channel_done(struct channel *c);

/* Sends bytes so often, as holds now; false when the talk has to end. */
bool channel_put(struct channel *c, struct peer_text bytes, unsigned times);

/* Lays there what came; false where it is more than anybody asked for. */
bool channel_take(struct channel *c, const char *bytes, size_t len);

/*
 * channel_begin_tls() - a handshake is next
 * shape:  tls lives as long as the channel; a hello that lies among the lines already belongs to it; whatever else lies there is lost
 */
bool channel_begin_tls(struct channel *c, const struct channel_tls *tls);

/* Goes on with the handshake; *code is what GnuTLS says where it is broken. */
enum channel_outcome channel_shake(struct channel *c, int *code);

/* "TLS1.3 for mail.example.test": what the handshake came to, and the name that the client asked for. */
void channel_describe(const struct channel *c, struct buf *out);

/* Moves what has come inside TLS to the lines; never CHANNEL_DONE. */
enum channel_outcome channel_read(struct channel *c);

/*
 * channel_line() - the next line of clear text, without its end, still among the lines
 * shape:  *used is how much of them it takes: one byte more than *ret, two where it ends in CRLF
 *         CHANNEL_BROKEN where max bytes have no end, *ret being what there is
 */
enum channel_outcome channel_line(const struct channel *c, size_t max, struct peer_text *ret, size_t *used);

enum { CHANNEL_BINDING_SIZE = 32 };

/* What both ends of this TLS session alone know, "tls-exporter" (RFC 9266); its size, 0 outside of TLS. */
size_t channel_bind(const struct channel *c, unsigned char ret[static CHANNEL_BINDING_SIZE]);

/* Whether the lines begin like a TLS hello. */
bool channel_has_hello(const struct channel *c);

#endif
