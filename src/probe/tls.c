/*
 * tls - GnuTLS on a non-blocking socket, as step functions
 *
 * Verification is not done here: whatever is shown is taken as an observation
 * and judged by trust, and nothing secret passes before that.
 */
#include "probe/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>
#include <gnutls/ocsp.h>

#include "probe/dial.h"
#include "probe/x509.h"

enum { STAPLE_MAX = 64 * 1024 };

struct tls {
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    int fd;
    unsigned char raw[PEER_RAW_MAX];
    size_t raw_len;
    int code;         /* of the last call that failed */
    int system_error; /* of the socket */
    bool ended;
    bool alert_received;
    unsigned alert;
    bool key_looked_at;
    bool key_unbearable;
};

struct tls_identity {
    gnutls_certificate_credentials_t credentials;
};

/* TLS 1.2 and 1.3, what today's mail clients speak. */
static const char priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

/* What was given up long ago, for a connection that carries nothing. */
static const char priority_old[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.1:+VERS-TLS1.0:+RSA:+3DES-CBC:+ARCFOUR-128:+SHA1:+SIGN-RSA-SHA1:%COMPAT";

static ssize_t pull(gnutls_transport_ptr_t transport, void *bytes, size_t size)
{
    struct tls *t = transport;
    ssize_t n = recv(t->fd, bytes, size, 0);
    size_t room = sizeof t->raw - t->raw_len;

    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            t->system_error = errno;
        gnutls_transport_set_errno(t->session, errno);
        return -1;
    }
    dial_quick_ack(t->fd);
    if (n == 0)
        t->ended = true;
    if ((size_t)n < room)
        room = (size_t)n;
    memcpy(t->raw + t->raw_len, bytes, room);
    t->raw_len += room;
    return n;
}

static ssize_t push(gnutls_transport_ptr_t transport, const giovec_t *parts, int n_parts)
{
    struct tls *t = transport;
    struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)n_parts };
    ssize_t n = sendmsg(t->fd, &m, MSG_NOSIGNAL);

    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            t->system_error = errno;
        gnutls_transport_set_errno(t->session, errno);
    }
    return n;
}

/* The key of the certificate that was shown. */
static bool shows_bearable_key(const gnutls_datum_t *der)
{
    gnutls_x509_crt_t crt;
    bool bearable;

    if (gnutls_x509_crt_init(&crt) < 0)
        return false;
    bearable = gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) >= 0 && x509_key_is_bearable(crt);
    gnutls_x509_crt_deinit(crt);
    return bearable;
}

/*
 * Called for every message of a handshake, before it is acted on. The message behind the certificate is the first
 * that makes the library calculate with the peer's key, so the key is looked at before that.
 */
static int on_message(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                      const gnutls_datum_t *message)
{
    struct tls *t = gnutls_session_get_ptr(session);
    unsigned n = 0;
    const gnutls_datum_t *ders = t->key_looked_at ? NULL : gnutls_certificate_get_peers(session, &n);

    (void)type, (void)when, (void)incoming, (void)message;
    if (ders == NULL || n == 0)
        return 0;
    t->key_looked_at = true;
    t->key_unbearable = !shows_bearable_key(&ders[0]);
    return t->key_unbearable ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

struct tls *tls_free(struct tls *t)
{
    if (t == NULL)
        return NULL;
    if (t->session != NULL)
        gnutls_deinit(t->session);
    if (t->credentials != NULL)
        gnutls_certificate_free_credentials(t->credentials);
    free(t);
    return NULL;
}

bool tls_identity_new(struct tls_identity **ret, const char *cert_file, const char *key_file, struct err *err)
{
    struct tls_identity *identity = calloc(1, sizeof *identity);
    int status;

    if (identity == NULL || gnutls_certificate_allocate_credentials(&identity->credentials) < 0) {
        tls_identity_free(identity);
        return err_set(err, ERR_NOMEM, 0, "reading the client certificate");
    }
    status = gnutls_certificate_set_x509_key_file(identity->credentials, cert_file, key_file,
                                                  GNUTLS_X509_FMT_PEM);
    if (status < 0) {
        tls_identity_free(identity);
        return err_set(err, status == GNUTLS_E_MEMORY_ERROR ? ERR_NOMEM : ERR_INPUT, status,
                       "reading the client certificate");
    }
    *ret = identity;
    return true;
}

struct tls_identity *tls_identity_free(struct tls_identity *identity)
{
    if (identity != NULL && identity->credentials != NULL)
        gnutls_certificate_free_credentials(identity->credentials);
    free(identity);
    return NULL;
}

static int tls_set_up(struct tls *t, const struct tls_spec *spec)
{
    gnutls_certificate_credentials_t credentials;
    /* Which issuers a server names is a hint that other clients do not follow: ours is shown all the same. */
    unsigned flags = GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_FORCE_CLIENT_CERT;
    int status = spec->identity == NULL ? gnutls_certificate_allocate_credentials(&t->credentials) : 0;

    credentials = spec->identity == NULL ? t->credentials : spec->identity->credentials;
    if (status >= 0)
        status = gnutls_init(&t->session, flags);
    if (status >= 0)
        status = gnutls_priority_set_direct(t->session, spec->old ? priority_old : priority, NULL);
    if (status >= 0)
        status = gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, credentials);
    if (status >= 0 && spec->host != NULL)
        status = gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, spec->host, strlen(spec->host));
    return status;
}

bool tls_new(struct tls **ret, const struct tls_spec *spec, struct err *err)
{
    struct tls *t = calloc(1, sizeof *t);
    int status;

    if (t == NULL)
        return err_set(err, ERR_NOMEM, 0, "starting TLS");
    t->fd = spec->fd;
    status = tls_set_up(t, spec);
    if (status < 0) {
        tls_free(t);
        return err_set(err, status == GNUTLS_E_MEMORY_ERROR ? ERR_NOMEM : ERR_LIBRARY, status,
                       "starting TLS");
    }
    gnutls_session_set_ptr(t->session, t);
    gnutls_handshake_set_hook_function(t->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, on_message);
    gnutls_transport_set_ptr(t->session, t);
    gnutls_transport_set_pull_function(t->session, pull);
    gnutls_transport_set_vec_push_function(t->session, push);
    gnutls_handshake_set_timeout(t->session, 0); /* the check's deadline holds */
    *ret = t;
    return true;
}

/* Waiting, a warning to go past, or the end. */
static enum tls_step step_of_status(struct tls *t, int status)
{
    if (status == GNUTLS_E_AGAIN || status == GNUTLS_E_INTERRUPTED)
        return gnutls_record_get_direction(t->session) == 0 ? TLS_STEP_WANT_READ : TLS_STEP_WANT_WRITE;
    if (status == GNUTLS_E_FATAL_ALERT_RECEIVED || status == GNUTLS_E_WARNING_ALERT_RECEIVED) {
        t->alert_received = true;
        t->alert = (unsigned)gnutls_alert_get(t->session);
    }
    t->code = status;
    return TLS_STEP_FAILED;
}

/* A warning that a hostile peer may repeat for ever is gone past this often. */
enum { WARNINGS_MAX = 8 };

enum tls_step tls_handshake(struct tls *t)
{
    for (int i = 0; i < WARNINGS_MAX; i++) {
        int status = gnutls_handshake(t->session);

        if (status >= 0)
            return TLS_STEP_DONE;
        if (gnutls_error_is_fatal(status) || status == GNUTLS_E_AGAIN || status == GNUTLS_E_INTERRUPTED)
            return step_of_status(t, status);
        t->code = status;
    }
    return TLS_STEP_FAILED;
}

enum tls_step tls_read(struct tls *t, void *bytes, size_t size, size_t *len)
{
    for (int i = 0; i < WARNINGS_MAX; i++) {
        ssize_t n = gnutls_record_recv(t->session, bytes, size);

        if (n > 0) {
            *len = (size_t)n;
            return TLS_STEP_DONE;
        }
        if (n == 0 || n == GNUTLS_E_PREMATURE_TERMINATION)
            return TLS_STEP_CLOSED;
        if (gnutls_error_is_fatal((int)n) || n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
            return step_of_status(t, (int)n);
        t->code = (int)n;
    }
    return TLS_STEP_FAILED;
}

/*
 * A server that breaks off tells why before it closes: in TLS 1.3 that is often
 * behind the handshake, when our first words are on their way already.
 */
static enum tls_step step_of_write(struct tls *t, int status)
{
    char byte;
    ssize_t n = GNUTLS_E_AGAIN;

    if (t->system_error != 0)
        n = gnutls_record_recv(t->session, &byte, sizeof byte);
    return step_of_status(t, n == GNUTLS_E_FATAL_ALERT_RECEIVED ? (int)n : status);
}

enum tls_step tls_write(struct tls *t, const void *bytes, size_t size, size_t *len)
{
    ssize_t n = gnutls_record_send(t->session, bytes, size);

    if (n < 0)
        return step_of_write(t, (int)n);
    *len = (size_t)n;
    return TLS_STEP_DONE;
}

void tls_bye(struct tls *t)
{
    if (t != NULL)
        gnutls_bye(t->session, GNUTLS_SHUT_WR);
}

struct tls_failure tls_failure(const struct tls *t)
{
    return (struct tls_failure){
        .code = t->code,
        .error_code = gnutls_strerror_name(t->code),
        .error_text = t->key_unbearable ? "The key of the server's certificate is too large to calculate with."
                                        : gnutls_strerror(t->code),
        .alert_received = t->alert_received,
        .alert = t->alert,
        .system_error = t->system_error,
        .ended = t->ended,
        .certificate_requested = gnutls_certificate_client_get_request_status(t->session) != 0,
        .certificate_sent = gnutls_certificate_get_ours(t->session) != NULL,
    };
}

struct peer_text tls_raw(const struct tls *t)
{
    return (struct peer_text){ .bytes = (const char *)t->raw, .len = t->raw_len };
}

void tls_describe(const struct tls *t, const char **version, const char **cipher, const char **group)
{
    *version = gnutls_protocol_get_name(gnutls_protocol_get_version(t->session));
    *cipher = gnutls_cipher_get_name(gnutls_cipher_get(t->session));
    *group = gnutls_group_get_name(gnutls_group_get(t->session));
}

void tls_binding(const struct tls *t, char out[static TLS_BINDING_SIZE], size_t *n)
{
    gnutls_datum_t binding = { 0 };

    *n = 0;
    /* RFC 9266 section 4.2: without the extended master secret it could be that of another connection. */
    if (gnutls_protocol_get_version(t->session) < GNUTLS_TLS1_3 &&
        gnutls_session_ext_master_secret_status(t->session) == 0)
        return;
    if (gnutls_session_channel_binding(t->session, GNUTLS_CB_TLS_EXPORTER, &binding) != 0)
        return;
    if (binding.size <= TLS_BINDING_SIZE) {
        memcpy(out, binding.data, binding.size);
        *n = binding.size;
    }
    gnutls_free(binding.data);
}

int tls_keep_chain(const struct tls *t, struct evidence *e, const char *host)
{
    unsigned n = 0;
    const gnutls_datum_t *ders = gnutls_certificate_get_peers(t->session, &n);
    gnutls_datum_t staple = { 0 };
    int chain = ders == NULL ? -1 : x509_chain_put(e, host, ders, n);

    if (chain >= 0 && e->chains[chain].staple.bytes == NULL &&
        gnutls_ocsp_status_request_get(t->session, &staple) >= 0 && staple.size > 0)
        e->chains[chain].staple =
            arena_peer_text(e->arena, (struct peer_text){ (const char *)staple.data, staple.size },
                            STAPLE_MAX);
    return chain;
}
