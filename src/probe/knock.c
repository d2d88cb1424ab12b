/*
 * knock - attempts to connect to one endpoint, side by side, until one stands
 */
#include "probe/knock.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

enum { ATTEMPTS_MAX = 10 };

struct attempt {
    struct knock *knock;
    uv_poll_t poll;
    int fd;
    double started_ms; /* steady clock */
};

struct knock {
    uv_loop_t *loop;
    struct endpoint to;
    struct dial_manner manner;
    const struct knock_listener *listener;
    void *user;
    struct attempt attempts[ATTEMPTS_MAX];
    unsigned n;
    unsigned n_handles; /* that the loop has not closed yet */
    bool over;
};

unsigned knock_attempts(const struct knock *k)
{
    return k->n;
}

double knock_silent_ms(const struct knock *k)
{
    return k->n == 0 ? 0 : clock_steady_ms() - k->attempts[k->n - 1].started_ms;
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct attempt *a = handle->data;

    if (--a->knock->n_handles == 0)
        free(a->knock);
}

/* Every attempt but `kept` loses its socket; the memory goes with the last handle. */
static void knock_end(struct knock *k, const struct attempt *kept)
{
    k->over = true;
    for (unsigned i = 0; i < k->n; i++) {
        uv_close((uv_handle_t *)&k->attempts[i].poll, on_poll_closed);
        if (&k->attempts[i] != kept)
            close(k->attempts[i].fd);
    }
    if (k->n == 0)
        free(k);
}

void knock_stop(struct knock *k)
{
    knock_end(k, NULL);
}

static void knock_failed(struct knock *k, const struct dial_result *r)
{
    k->over = true;
    k->listener->failed(k->user, r);
    knock_end(k, NULL);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void attempt_act(struct attempt *a, enum dial_state state, const struct dial_result *r)
{
    struct knock *k = a->knock;
    int fd = a->fd;

    switch (state) {
    case DIAL_PENDING:
        /* Again each time: libuv stops polling a socket that had an error. */
        uv_poll_start(&a->poll, UV_WRITABLE, on_poll);
        return;
    case DIAL_CONNECTED:
        knock_end(k, a);
        k->listener->connected(k->user, fd, dial_round_trip_ms(fd, clock_steady_ms() - a->started_ms));
        return;
    case DIAL_FAILED:
        knock_failed(k, r);
        return;
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct attempt *a = poll->data;
    struct dial_result r;
    enum dial_state state;

    /* An error only says 'look': the socket knows the cause. */
    (void)status;
    (void)events;
    if (a->knock->over)
        return;
    state = dial_look(a->fd, &a->knock->to.address, &r);
    attempt_act(a, state, &r);
}

/* errors: false where no socket is to be had, and the reason in ret; nobody is called then */
static bool knock_once(struct knock *k, struct dial_result *ret)
{
    struct attempt *a = &k->attempts[k->n];
    enum dial_state state;

    *a = (struct attempt){ .knock = k, .started_ms = clock_steady_ms() };
    state = dial_start_as(&a->fd, &k->to.address, k->to.port, &k->manner, ret);
    if (a->fd < 0)
        return false;
    if (uv_poll_init_socket(k->loop, &a->poll, a->fd) != 0) {
        close(a->fd);
        *ret = (struct dial_result){ .fault = FAULT_SYSTEM, .error_text = "watching a socket" };
        return false;
    }
    a->poll.data = a;
    k->n++;
    k->n_handles++;
    attempt_act(a, state, ret);
    return true;
}

bool knock_start(struct knock **ret, uv_loop_t *loop, const struct endpoint *to, const struct dial_manner *manner,
                 const struct knock_listener *listener, void *user, struct err *err)
{
    struct knock *k = calloc(1, sizeof *k);
    struct dial_result r;

    if (k == NULL)
        return err_set(err, ERR_NOMEM, 0, "starting a connection");
    k->loop = loop;
    k->to = *to;
    k->manner = *manner;
    k->listener = listener;
    k->user = user;
    *ret = k;
    if (!knock_once(k, &r))
        knock_failed(k, &r);
    return true;
}

void knock_again(struct knock *k)
{
    struct dial_result r;

    if (k->n < ATTEMPTS_MAX)
        knock_once(k, &r);
}
