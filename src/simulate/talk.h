/*
 * talk - one client of a practice server, from accept to the last byte
 *
 * Plays the handlers of one port: steps that send, wait, start TLS, close,
 * reset or hang. Says what the client did that the scenario did not expect.
 * Lives in one libuv loop; ends itself after TALK_LIFE_MS.
 */
#ifndef SMTPDX_SIMULATE_TALK_H
#define SMTPDX_SIMULATE_TALK_H

#include <stdbool.h>
#include <uv.h>

#include "simulate/channel.h"
#include "simulate/scenario.h"
#include "simulate/talk_log.h"

enum { TALK_LIFE_MS = 60000 };

/* How one port is played; outlives its talks. */
struct talk_part {
    const struct scenario *scenario;
    const struct scenario_port *port;
    struct channel_tls tls;
    struct talk_log *log;
    unsigned n_begun;
    unsigned n_finished; /* talks whose client went through all steps of "connect" */
};

struct talk;

/*
 * talk_accept() - takes the next client of a listener and begins
 * shape:  gone(data) is called once, when the talk has been freed
 * errors: NULL when memory or a library refuses; the client is then closed, gone is not called
 */
struct talk *talk_accept(uv_stream_t *listener, struct talk_part *part, unsigned number,
                         void (*gone)(struct talk *t, void *data), void *data);

/* Ends it soon; gone is still called, from the loop. */
void talk_end(struct talk *t);

#endif
