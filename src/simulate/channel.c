#include "simulate/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIRE_MAX = 256 * 1024,
    LINES_MAX = 64 * 1024,
    QUEUE_MAX = 8 * 1024 * 1024, /* bytes that a client may leave unread */
    HANDSHAKE_RECORD = 0x16,     /* RFC 8446 section 5.1 */
};

struct outgoing {
    struct channel *channel;
    uv_write_t request;
    char bytes[];
};

void channel_init(struct channel *c, uv_stream_t *stream, void (*broken)(void *user), void *user)
{
    *c = (struct channel){ .stream = stream, .broken = broken, .user = user };
    buf_init(&c->wire, WIRE_MAX);
    buf_init(&c->lines, LINES_MAX);
}

void channel_done(struct channel *c)
{
    if (c->session != NULL)
        gnutls_deinit(c->session);
    buf_done(&c->wire);
    buf_done(&c->lines);
}

/* ---- out ---- */

static void on_written(uv_write_t *request, int status)
{
    struct outgoing *o = request->data;
    struct channel *c = o->channel;

    free(o);
    if (status != 0 && status != UV_ECANCELED)
        c->broken(c->user);
}

/* Queues bytes for the wire as they are. */
static bool put_wire(struct channel *c, const void *bytes, size_t len)
{
    struct outgoing *o;
    uv_buf_t part;

    if (uv_stream_get_write_queue_size(c->stream) > QUEUE_MAX)
        return false;
    o = malloc(sizeof *o + len);
    if (o == NULL)
        return false;
    memcpy(o->bytes, bytes, len);
    o->channel = c;
    o->request.data = o;
    part = uv_buf_init(o->bytes, (unsigned)len);
    if (uv_write(&o->request, c->stream, &part, 1, on_written) != 0) {
        free(o);
        return false;
    }
    return true;
}

static bool put_once(struct channel *c, const char *bytes, size_t len)
{
    if (c->state != CHANNEL_TLS)
        return put_wire(c, bytes, len);
    while (len > 0) {
        ssize_t sent = gnutls_record_send(c->session, bytes, len);

        if (sent <= 0)
            return false;
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

bool channel_put(struct channel *c, struct peer_text bytes, unsigned times)
{
    size_t total = bytes.len * times;
    char *all;
    bool ok;

    if (times == 1)
        return put_once(c, bytes.bytes, bytes.len);
    all = malloc(total); /* so that it goes out in few pieces */
    if (all == NULL)
        return false;
    for (unsigned i = 0; i < times; i++)
        memcpy(all + i * bytes.len, bytes.bytes, bytes.len);
    ok = put_once(c, all, total);
    free(all);
    return ok;
}

/* ---- TLS ---- */

static ssize_t push(gnutls_transport_ptr_t data, const void *bytes, size_t len)
{
    struct channel *c = data;

    if (put_wire(c, bytes, len))
        return (ssize_t)len;
    gnutls_transport_set_errno(c->session, EPIPE);
    return -1;
}

static ssize_t pull(gnutls_transport_ptr_t data, void *bytes, size_t len)
{
    struct channel *c = data;

    if (c->wire.len == 0) {
        gnutls_transport_set_errno(c->session, EAGAIN);
        return -1;
    }
    if (len > c->wire.len)
        len = c->wire.len;
    memcpy(bytes, buf_borrow(&c->wire), len);
    buf_consume(&c->wire, len);
    return (ssize_t)len;
}

/* Asked before a pull that has a time limit; there is none here. */
static int pull_wait(gnutls_transport_ptr_t data, unsigned ms)
{
    struct channel *c = data;

    (void)ms;
    return c->wire.len > 0;
}

/* Servers that keep several names apart do something else where none is given. */
static int on_client_hello(gnutls_session_t session)
{
    const struct channel_tls *tls = gnutls_session_get_ptr(session);
    char name[256];
    size_t len = sizeof name;
    unsigned kind;

    if (gnutls_server_name_get(session, name, &len, &kind, 0) == 0)
        return 0;
    if (tls->nameless_refused)
        return GNUTLS_E_UNRECOGNIZED_NAME;
    return tls->nameless == NULL ? 0 : gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->nameless);
}

bool channel_has_hello(const struct channel *c)
{
    return c->lines.len > 0 && buf_borrow(&c->lines)[0] == HANDSHAKE_RECORD;
}

bool channel_begin_tls(struct channel *c, const struct channel_tls *tls)
{
    if (gnutls_init(&c->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0 ||
        gnutls_priority_set(c->session, tls->priority) < 0 ||
        gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, tls->credentials) < 0)
        return false;
    if (tls->client != SCENARIO_CLIENT_IGNORED)
        gnutls_certificate_server_set_request(
            c->session, tls->client == SCENARIO_CLIENT_NEEDED ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
    gnutls_session_set_ptr(c->session, (void *)(uintptr_t)tls);
    gnutls_handshake_set_post_client_hello_function(c->session, on_client_hello);
    gnutls_handshake_set_timeout(c->session, GNUTLS_INDEFINITE_TIMEOUT);
    gnutls_transport_set_ptr(c->session, c);
    gnutls_transport_set_push_function(c->session, push);
    gnutls_transport_set_pull_function(c->session, pull);
    gnutls_transport_set_pull_timeout_function(c->session, pull_wait);
    c->state = CHANNEL_HANDSHAKE;
    /* A hello that came while a delay ran lies among the lines. */
    if (channel_has_hello(c))
        buf_put(&c->wire, buf_borrow(&c->lines), c->lines.len);
    buf_clear(&c->lines);
    return true;
}

enum channel_outcome channel_shake(struct channel *c, int *code)
{
    do /* again behind a warning of the client */
        *code = gnutls_handshake(c->session);
    while (*code < 0 && *code != GNUTLS_E_AGAIN && gnutls_error_is_fatal(*code) == 0);
    if (*code == GNUTLS_E_AGAIN)
        return CHANNEL_WAIT;
    if (*code == GNUTLS_E_SUCCESS) {
        c->state = CHANNEL_TLS;
        return CHANNEL_DONE;
    }
    gnutls_alert_send_appropriate(c->session, *code);
    return CHANNEL_BROKEN;
}

void channel_describe(const struct channel *c, struct buf *out)
{
    char name[256];
    size_t len = sizeof name;
    unsigned kind;

    buf_put_string(out, gnutls_protocol_get_name(gnutls_protocol_get_version(c->session)));
    if (gnutls_server_name_get(c->session, name, &len, &kind, 0) == 0)
        buf_printf(out, " for %s", name);
    else
        buf_put_string(out, " without a server name");
}

size_t channel_bind(const struct channel *c, unsigned char ret[static CHANNEL_BINDING_SIZE])
{
    gnutls_datum_t binding;
    size_t len = 0;

    if (c->state != CHANNEL_TLS ||
        gnutls_session_channel_binding(c->session, GNUTLS_CB_TLS_EXPORTER, &binding) < 0)
        return 0;
    if (binding.size <= CHANNEL_BINDING_SIZE) {
        len = binding.size;
        memcpy(ret, binding.data, len);
    }
    gnutls_free(binding.data);
    return len;
}

/* ---- in ---- */

bool channel_take(struct channel *c, const char *bytes, size_t len)
{
    return buf_put(c->state == CHANNEL_CLEAR ? &c->lines : &c->wire, bytes, len);
}

enum channel_outcome channel_read(struct channel *c)
{
    char bytes[4096];

    for (;;) {
        ssize_t n = gnutls_record_recv(c->session, bytes, sizeof bytes);

        if (n == GNUTLS_E_AGAIN)
            return CHANNEL_WAIT;
        if (n > 0 && buf_put(&c->lines, bytes, (size_t)n))
            continue;
        if (n < 0 && gnutls_error_is_fatal((int)n) == 0)
            continue;
        return CHANNEL_BROKEN;
    }
}

enum channel_outcome channel_line(const struct channel *c, size_t max, struct peer_text *ret, size_t *used)
{
    const char *bytes = buf_borrow(&c->lines);
    const char *end = memchr(bytes, '\n', c->lines.len);

    *ret = (struct peer_text){ bytes, c->lines.len };
    if (end == NULL)
        return c->lines.len <= max ? CHANNEL_WAIT : CHANNEL_BROKEN;
    ret->len = (size_t)(end - bytes);
    *used = ret->len + 1;
    if (ret->len > 0 && bytes[ret->len - 1] == '\r')
        ret->len--;
    return CHANNEL_DONE;
}
