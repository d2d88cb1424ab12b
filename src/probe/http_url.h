/*
 * http_url - the few URLs that are followed: http:// alone, and no sign-in
 */
#ifndef SMTPDX_PROBE_HTTP_URL_H
#define SMTPDX_PROBE_HTTP_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/peer_text.h"

enum {
    HTTP_URL_MAX = 1024, /* bytes of a whole one */
    HTTP_HOST_SIZE = 254,
    HTTP_PORT = 80,
};

struct http_url {
    char host[HTTP_HOST_SIZE]; /* a name in lower case, or an address without brackets */
    uint16_t port;
    char path[HTTP_URL_MAX + 2]; /* with its query; begins with a slash */
};

/*
 * http_url_read() - a URL that came from outside
 * shape:  printable ASCII alone, so that its parts can go into a request as they are
 * errors: false where it is none, is of another scheme, or holds a name to sign in with or a fragment
 * source: RFC 9110 section 4.2.1, RFC 3986 section 3.2
 */
bool http_url_read(struct http_url *ret, struct peer_text text);

/* Appends the URL of such parts. */
bool http_url_put(struct buf *out, const char *host, uint16_t port, const char *path);

#endif
