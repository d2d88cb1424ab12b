/*
 * http - one HTTP request and its reply, bounded in every direction
 *
 * By libcurl, which is loaded when the first one is made: linked, it would cost
 * every start more than all the rest of the program. No proxy, no redirect
 * followed, no look-up of its own, no encryption.
 */
#ifndef SMTPDX_PROBE_HTTP_H
#define SMTPDX_PROBE_HTTP_H

#include <uv.h>

#include "base/address.h"
#include "base/err.h"
#include "base/peer_text.h"

enum {
    HTTP_BODY_MAX = 64 * 1024,
    HTTP_HEADERS_MAX = 64 * 1024, /* libcurl keeps all of them, and older ones without a limit */
    HTTP_LOCATION_MAX = 1024,
};

struct http;

enum http_outcome {
    HTTP_REPLY,     /* there is a whole one, whatever it says */
    HTTP_NO_ANSWER, /* no connection */
    HTTP_NO_HTTP,   /* cut off in the middle, or something else than HTTP */
    HTTP_SILENT,    /* it took too long */
    HTTP_TOO_LONG,
};

/* What was read, complete or not; it ends when the listener returns. */
struct http_result {
    enum http_outcome outcome;
    unsigned status; /* 0: none was read */
    bool has_date;
    int64_t date; /* Unix seconds */
    struct peer_text location; /* where a redirect leads, cut */
    struct peer_text body;
};

struct http_listener {
    void (*told)(void *user, const struct http_result *result); /* once */
    void (*gone)(void *user); /* the last word; it is freed after this */
};

struct http_spec {
    uv_loop_t *loop;
    const char *host;      /* name or address, as the server is to hear it */
    uint16_t port;         /* likewise */
    const char *path;      /* with a query, from the slash on */
    struct endpoint to;    /* what is connected to */
    struct peer_text post; /* the content of a POST; bytes NULL: GET */
    const char *post_type;
    size_t body_max;       /* at most HTTP_BODY_MAX; 0: told at the end of the headers */
    unsigned timeout_ms;
    const struct http_listener *listener;
    void *user;
};

/*
 * http_start() - connects and asks
 * shape:  nothing of spec is used after the call but loop, listener and user; listens from the loop
 *         alone, never from inside this call
 * errors: ERR_NOMEM, ERR_LIBRARY (libcurl is not there, or does not take the URL)
 */
bool http_start(struct http **ret, const struct http_spec *spec, struct err *err);

/* `told` is not called any more, `gone` follows. Once. */
void http_stop(struct http *h);

#endif
