/*
 * engine - the loop and what many checks share: resolvers, roots, the system's view
 */
#include "probe/engine.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include "probe/check.h"
#include "probe/dial.h"

enum {
    RESOLVERS_KEPT = 64, /* beyond as many, those that nobody uses any more go */
    TRUSTS_KEPT = 16,
    ENGINE_LEFT_ALONE_MAX = 32,
    LOOP_DESCRIPTORS = 8, /* of a loop and the first things on it, with some to spare */
    DNS_PORT = 53,
};

/* What checks share. used: the latest check that may hold it, by its number. */
struct shared_resolver {
    struct resolver *resolver;
    uint64_t used;
};

struct shared_trust {
    struct trust *trust;
    uint64_t used;
};

struct engine {
    uv_loop_t loop;
    uv_async_t wake;
    struct shared_resolver *resolvers;
    size_t n_resolvers;
    struct shared_trust *trusts;
    size_t n_trusts;
    struct system_view *system;
    struct secret *secret;
    struct endpoint left_alone[ENGINE_LEFT_ALONE_MAX]; /* the oldest is forgotten first */
    size_t n_left_alone;
    struct check *checks; /* the latest first */
    uint64_t n_checks;    /* that have begun, ever */
    atomic_uint n_interrupts; /* lock-free, as a signal handler needs it */
};

static void on_wake(uv_async_t *wake)
{
    struct engine *e = wake->data;

    for (struct check *c = e->checks; c != NULL; c = *check_next(c))
        check_interrupt(c);
}

/* libuv ends the whole program where it lacks a descriptor for itself, so that is tried beforehand. */
static bool descriptors_are_left(void)
{
    int fds[LOOP_DESCRIPTORS];
    size_t n = 0;
    int code;

    while (n < LOOP_DESCRIPTORS && (fds[n] = eventfd(0, EFD_CLOEXEC)) >= 0)
        n++;
    code = errno;
    for (size_t i = 0; i < n; i++)
        close(fds[i]);
    errno = code;
    return n == LOOP_DESCRIPTORS;
}

bool engine_new(struct engine **ret, struct err *err)
{
    struct engine *e;
    int status;

    if (!descriptors_are_left())
        return err_set(err, ERR_SYSTEM, errno, "starting the loop");
    e = calloc(1, sizeof *e);
    if (e == NULL)
        return err_set(err, ERR_NOMEM, 0, "starting the engine");
    status = uv_loop_init(&e->loop);
    if (status != 0) {
        free(e);
        return err_set(err, ERR_SYSTEM, -status, "starting the loop");
    }
    status = uv_async_init(&e->loop, &e->wake, on_wake);
    if (status != 0) {
        uv_loop_close(&e->loop);
        free(e);
        return err_set(err, ERR_SYSTEM, -status, "starting the loop");
    }
    e->wake.data = e;
    if (!system_view_new(&e->system, &e->loop, err)) {
        engine_free(e);
        return false;
    }
    *ret = e;
    return true;
}

void engine_free(struct engine *e)
{
    if (e == NULL)
        return;
    for (struct check *c = e->checks; c != NULL; c = *check_next(c))
        check_abandon(c);
    engine_run(e);
    for (size_t i = 0; i < e->n_resolvers; i++)
        resolver_close(e->resolvers[i].resolver);
    for (size_t i = 0; i < e->n_trusts; i++)
        trust_close(e->trusts[i].trust);
    free(e->resolvers);
    free(e->trusts);
    system_view_close(e->system);
    secret_free(e->secret);
    uv_close((uv_handle_t *)&e->wake, NULL);
    uv_run(&e->loop, UV_RUN_DEFAULT);
    uv_loop_close(&e->loop);
    free(e);
}

bool engine_set_secret(struct engine *e, struct secret *secret)
{
    if (e->checks != NULL)
        return false;
    secret_free(e->secret);
    e->secret = secret;
    return true;
}

const struct secret *engine_secret(const struct engine *e)
{
    return e->secret;
}

void engine_run(struct engine *e)
{
    /* Not until the loop is idle: a resolver may still wait for an answer that nobody needs. */
    while (e->checks != NULL)
        uv_run(&e->loop, UV_RUN_ONCE);
}

void engine_interrupt(struct engine *e)
{
    atomic_fetch_add(&e->n_interrupts, 1);
    uv_async_send(&e->wake);
}

unsigned engine_n_interrupts(const struct engine *e)
{
    return atomic_load(&e->n_interrupts);
}

uv_loop_t *engine_loop(struct engine *e)
{
    return &e->loop;
}

struct system_view *engine_system_view(struct engine *e)
{
    return e->system;
}

/* ---- what is shared ----------------------------------------------------------- */

/* The number of the check that begins next, or is about to: whatever is handed out now may be its own. */
static uint64_t next_check(const struct engine *e)
{
    return e->n_checks + 1;
}

/* Checks before this one are gone, and hold nothing any more. */
static uint64_t oldest_check(const struct engine *e)
{
    uint64_t oldest = next_check(e);

    for (struct check *c = e->checks; c != NULL; c = *check_next(c))
        oldest = *check_number(c);
    return oldest;
}

static void drop_unused_resolvers(struct engine *e)
{
    uint64_t oldest = oldest_check(e);
    size_t kept = 0;

    for (size_t i = 0; i < e->n_resolvers; i++) {
        if (e->resolvers[i].used < oldest)
            resolver_close(e->resolvers[i].resolver);
        else
            e->resolvers[kept++] = e->resolvers[i];
    }
    e->n_resolvers = kept;
}

static void drop_unused_trusts(struct engine *e)
{
    uint64_t oldest = oldest_check(e);
    size_t kept = 0;

    for (size_t i = 0; i < e->n_trusts; i++) {
        if (e->trusts[i].used < oldest)
            trust_close(e->trusts[i].trust);
        else
            e->trusts[kept++] = e->trusts[i];
    }
    e->n_trusts = kept;
}

static struct resolver *engine_resolver(struct engine *e, const struct endpoint *server, struct err *err)
{
    struct shared_resolver *all, *slot;

    for (size_t i = 0; i < e->n_resolvers; i++) {
        const struct endpoint *known = resolver_server(e->resolvers[i].resolver);

        if (known->port == server->port && address_equal(&known->address, &server->address)) {
            e->resolvers[i].used = next_check(e);
            return e->resolvers[i].resolver;
        }
    }
    if (e->n_resolvers >= RESOLVERS_KEPT)
        drop_unused_resolvers(e);
    all = realloc(e->resolvers, (e->n_resolvers + 1) * sizeof *all);
    if (all == NULL) {
        err_set(err, ERR_NOMEM, 0, "setting up a resolver");
        return NULL;
    }
    e->resolvers = all;
    slot = &all[e->n_resolvers];
    slot->used = next_check(e);
    if (!resolver_new(&slot->resolver, &e->loop, server, err))
        return NULL;
    e->n_resolvers++;
    return slot->resolver;
}

size_t engine_resolvers(struct engine *e, const struct plan *plan, struct resolver *out[static PLAN_RESOLVERS_MAX],
                        bool *configured, struct err *err)
{
    struct endpoint system[RESOLVER_SYSTEM_MAX] = {
        { .address = { .family = FAMILY_IPV4, .bytes = { 127, 0, 0, 1 } }, .port = DNS_PORT },
    };
    const struct endpoint *servers = plan->resolvers;
    size_t n = plan->n_resolvers;

    *configured = true;
    if (n == 0) {
        servers = system;
        if (!resolver_system_servers(system, &n, err))
            return 0;
        *configured = n > 0;
        n = n > 0 ? n : 1;
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = engine_resolver(e, &servers[i], err);
        if (out[i] == NULL)
            return 0;
    }
    return n;
}

size_t engine_other_resolvers(struct engine *e, const struct plan *plan, struct resolver *out[static PLAN_RESOLVERS_MAX],
                              struct err *err)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->n_other_resolvers; i++) {
        if (!dial_has_route(&plan->other_resolvers[i].address))
            continue;
        out[n] = engine_resolver(e, &plan->other_resolvers[i], err);
        if (out[n] == NULL)
            return 0;
        n++;
    }
    return n;
}

static void on_trust_ready(void *user)
{
    struct engine *e = user;
    struct check *next;

    for (struct check *c = e->checks; c != NULL; c = next) {
        next = *check_next(c);
        check_trust_ready(c);
    }
}

bool engine_trust(struct engine *e, struct trust **ret, const struct plan *plan, const char **bad_file, struct err *err)
{
    struct shared_trust *all, *slot;

    for (size_t i = 0; i < e->n_trusts; i++) {
        if (trust_fits(e->trusts[i].trust, plan)) {
            e->trusts[i].used = next_check(e);
            *ret = e->trusts[i].trust;
            return true;
        }
    }
    if (e->n_trusts >= TRUSTS_KEPT)
        drop_unused_trusts(e);
    all = realloc(e->trusts, (e->n_trusts + 1) * sizeof *all);
    if (all == NULL)
        return err_set(err, ERR_NOMEM, 0, "loading the root certificates");
    e->trusts = all;
    slot = &all[e->n_trusts];
    slot->used = next_check(e);
    if (!trust_new(&slot->trust, &e->loop, plan, on_trust_ready, e, bad_file, err))
        return false;
    e->n_trusts++;
    *ret = slot->trust;
    return true;
}

bool engine_leaves_alone(const struct engine *e, const struct endpoint *server)
{
    for (size_t i = 0; i < e->n_left_alone && i < ENGINE_LEFT_ALONE_MAX; i++) {
        if (e->left_alone[i].port == server->port && address_equal(&e->left_alone[i].address, &server->address))
            return true;
    }
    return false;
}

void engine_leave_alone(struct engine *e, const struct endpoint *server)
{
    if (!engine_leaves_alone(e, server))
        e->left_alone[e->n_left_alone++ % ENGINE_LEFT_ALONE_MAX] = *server;
}

void engine_add(struct engine *e, struct check *check)
{
    *check_number(check) = ++e->n_checks;
    *check_next(check) = e->checks;
    e->checks = check;
}

void engine_remove(struct engine *e, struct check *check)
{
    for (struct check **at = &e->checks; *at != NULL; at = check_next(*at)) {
        if (*at == check) {
            *at = *check_next(check);
            return;
        }
    }
}
