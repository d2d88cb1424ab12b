/*
 * knock - attempts to connect to one endpoint, side by side, until one stands
 *
 * A SYN that is lost comes again from the system after a second, then after
 * three: too late for a report in two. A fresh socket asks at once. The first
 * attempt that connects is handed over and the others are dropped before they
 * stand; the first refusal speaks for all.
 */
#ifndef SMTPDX_PROBE_KNOCK_H
#define SMTPDX_PROBE_KNOCK_H

#include <uv.h>

#include "base/err.h"
#include "probe/dial.h"

struct knock;

/* One of them is called, once; may come from inside knock_start() and knock_again(). The knock is gone then. */
struct knock_listener {
    /* fd is the listener's from here on, in no poll of the loop; round_trip_ms: of the attempt that stands */
    void (*connected)(void *user, int fd, double round_trip_ms);
    void (*failed)(void *user, const struct dial_result *r);
};

/* The first attempt; manner: of all of them. errors: ERR_NOMEM; nobody is called then */
bool knock_start(struct knock **ret, uv_loop_t *loop, const struct endpoint *to, const struct dial_manner *manner,
                 const struct knock_listener *listener, void *user, struct err *err);

/* One attempt more, from a fresh socket; that there is no room for it is no failure. */
void knock_again(struct knock *k);

unsigned knock_attempts(const struct knock *k);

/* How long the last attempt has been without an answer. */
double knock_silent_ms(const struct knock *k);

/* Drops every attempt; nobody is called. */
void knock_stop(struct knock *k);

#endif
