/*
 * system_view - what the programs of this machine get for a name
 *
 * getaddrinfo() cannot be cancelled, so it runs in a detached thread that owns
 * its memory and is left behind when nobody waits for it any more.
 */
#ifndef SMTPDX_PROBE_SYSTEM_VIEW_H
#define SMTPDX_PROBE_SYSTEM_VIEW_H

#include <uv.h>

#include "base/err.h"
#include "model/evidence.h"

enum { SYSTEM_VIEW_ADDRESSES_MAX = 64 };

struct system_answer {
    int code;      /* of getaddrinfo, 0 where it succeeded */
    int own_errno; /* what it may have lacked on this side to succeed; else 0 */
    struct address addresses[SYSTEM_VIEW_ADDRESSES_MAX];
    size_t n_addresses;
};

struct system_view;   /* belongs to an engine */
struct system_request; /* one name */

typedef void system_answer_fn(void *user, const struct system_answer *answer);

bool system_view_new(struct system_view **ret, uv_loop_t *loop, struct err *err);
void system_view_close(struct system_view *v);

/*
 * system_view_ask() - looks a name up as every program here does
 * shape:  answer is called once, from the loop
 * errors: false when too many look-ups hang already, or no thread can be made
 */
bool system_view_ask(struct system_request **ret, struct system_view *v, const char *host, system_answer_fn *answer,
                     void *user, struct err *err);

/* The asker does not want to hear the answer any more. Takes NULL. */
void system_request_abandon(struct system_request *r);

#endif
