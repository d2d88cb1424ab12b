/*
 * web - a practice web server: a reply for each request, and the end
 *
 * In the loop that it is given. What it says is somebody else's.
 */
#ifndef SMTPDX_SIMULATE_WEB_H
#define SMTPDX_SIMULATE_WEB_H

#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/peer_text.h"

enum { WEB_REPLY_MAX = 256 * 1024 };

struct web;

struct web_request {
    const char *method;
    const char *path; /* with its query */
    struct peer_text body;
};

/* Appends the whole reply; false: the client waits in vain. */
typedef bool web_answer_fn(void *user, const struct web_request *request, struct buf *reply);

/*
 * web_new() - listens
 * shape:  fd is a bound socket, its own from here on; -1: a free port of 127.0.0.1. *ret is set where
 *         the listener is half open too, and ends like any other
 * errors: ERR_NOMEM, ERR_SYSTEM
 */
bool web_new(struct web **ret, uv_loop_t *loop, int fd, web_answer_fn *answer, void *user, struct err *err);
uint16_t web_port(const struct web *w);

/* Closes its handles; free it when the loop has run to its end. NULL is fine. */
void web_end(struct web *w);
struct web *web_free(struct web *w);

/* Appends a reply. status: "200 OK"; headers: further lines, each with its CRLF, or "". */
bool web_put_reply(struct buf *reply, const char *status, const char *headers, struct peer_text body);

#endif
