/*
 * web_date - the Date of one HTTP reply
 *
 * By libcurl, which is loaded when the first one is asked for: linked, it would
 * cost every start more than all the rest of the program. No proxy, no
 * redirect, no look-up of its own; the page is not read.
 */
#ifndef SMTPDX_PROBE_WEB_DATE_H
#define SMTPDX_PROBE_WEB_DATE_H

#include <uv.h>

#include "base/address.h"
#include "base/err.h"

struct web_date;

enum web_date_result {
    WEB_DATE_TIME,
    WEB_DATE_NONE,      /* a reply without a date that can be read */
    WEB_DATE_NO_ANSWER, /* no connection, or no HTTP */
};

struct web_date_listener {
    void (*told)(void *user, enum web_date_result result, int64_t seconds);
    void (*gone)(void *user); /* the last word; it is freed after this */
};

struct web_date_spec {
    uv_loop_t *loop;
    const char *host;
    struct endpoint to;
    unsigned timeout_ms;
    const struct web_date_listener *listener;
    void *user;
};

/* errors: ERR_NOMEM, ERR_LIBRARY (libcurl is not there); listens from the loop alone, never from inside this call */
bool web_date_start(struct web_date **ret, const struct web_date_spec *spec, struct err *err);

/* `told` is not called any more, `gone` follows. Once. */
void web_date_stop(struct web_date *w);

#endif
