/*
 * tls - GnuTLS on a non-blocking socket, as step functions
 *
 * Owns the session, not the socket. Keeps the first bytes that came, since what
 * answered in place of TLS would be lost inside the library.
 */
#ifndef SMTPDX_PROBE_TLS_H
#define SMTPDX_PROBE_TLS_H

#include <sys/types.h>

#include "base/err.h"
#include "model/evidence.h"

enum tls_step {
    TLS_STEP_DONE,
    TLS_STEP_WANT_READ,
    TLS_STEP_WANT_WRITE,
    TLS_STEP_CLOSED, /* the peer ended it: close_notify or a plain end */
    TLS_STEP_FAILED, /* see tls_failure() */
};

/* Why a handshake, read or write failed. */
struct tls_failure {
    int code;               /* GnuTLS' */
    const char *error_code; /* "GNUTLS_E_..." */
    const char *error_text;
    bool alert_received;
    unsigned alert;
    int system_error;       /* errno of the socket, 0 where it was none */
    bool ended;             /* the socket came to its end */
    bool certificate_requested; /* the server asked for a client certificate */
    bool certificate_sent;      /* ... and was shown one */
};

/* A client certificate and its key, for any number of connections. */
struct tls_identity;

/* errors: ERR_INPUT where the files are no certificate and its key, both PEM */
bool tls_identity_new(struct tls_identity **ret, const char *cert_file, const char *key_file,
                      struct err *err);
struct tls_identity *tls_identity_free(struct tls_identity *identity);

struct tls_spec {
    int fd;
    const char *host; /* sent as SNI (RFC 6066 section 3); NULL for an address */
    const struct tls_identity *identity; /* shown where the server asks; NULL: none is. Outlives the session */
    bool old; /* to learn what the server speaks: TLS 1.0 to 1.2, and ciphers that nobody should use */
};

struct tls;

/* errors: ERR_NOMEM, ERR_LIBRARY */
bool tls_new(struct tls **ret, const struct tls_spec *spec, struct err *err);
struct tls *tls_free(struct tls *t);

enum tls_step tls_handshake(struct tls *t);

/* DONE with *len bytes, at least one. Drain until WANT_READ: records wait inside. */
enum tls_step tls_read(struct tls *t, void *bytes, size_t size, size_t *len);

/* DONE with *len bytes taken. */
enum tls_step tls_write(struct tls *t, const void *bytes, size_t size, size_t *len);

/* A close_notify, if it can be sent at once. */
void tls_bye(struct tls *t);

struct tls_failure tls_failure(const struct tls *t);

/* The first bytes received from the socket, up to PEER_RAW_MAX. */
struct peer_text tls_raw(const struct tls *t);

/* Version, cipher and group, static strings or NULL; after the handshake. */
void tls_describe(const struct tls *t, const char **version, const char **cipher, const char **group);

/*
 * tls_binding() - the channel binding tls-exporter (RFC 9266)
 * shape:  *n bytes of out; 0 where this connection has none that is unique to it
 */
enum { TLS_BINDING_SIZE = 32 };
void tls_binding(const struct tls *t, char out[static TLS_BINDING_SIZE], size_t *n);

/* Keeps the chain that the server showed, and the OCSP answer with it; index into e->chains, -1 none. */
int tls_keep_chain(const struct tls *t, struct evidence *e, const char *host);

#endif
