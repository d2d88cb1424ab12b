/*
 * lookup - the addresses of one name, by DNS, the system and the hosts file
 *
 * A and AAAA side by side; the next resolver is asked when the one before it is
 * silent, fails or knows no address, or at once where answers are compared.
 * Each address is told as soon as it is known.
 */
#ifndef SMTPDX_PROBE_LOOKUP_H
#define SMTPDX_PROBE_LOOKUP_H

#include <uv.h>

#include "base/err.h"
#include "model/evidence.h"
#include "probe/resolver.h"
#include "probe/system_view.h"

struct lookup;

struct lookup_listener {
    void (*found)(void *user, size_t name, size_t address); /* names[name].addresses[address] is new */
    void (*silent)(void *user, size_t name);                /* nobody has answered for long; once. May be NULL */
    void (*ended)(void *user, size_t name);                 /* nothing more will come */
    void (*gone)(void *user, struct lookup *l);             /* the last word; it is freed after this */
};

struct lookup_spec {
    uv_loop_t *loop;
    struct evidence *evidence;
    size_t name; /* index into names, its host set */
    struct resolver *const *resolvers; /* in the order of asking; not empty */
    size_t n_resolvers;
    bool compare; /* all of them are asked, whatever the first says */
    bool brief;      /* what comes late is not waited for: nothing that is needed hangs on it */
    bool hosts_file; /* what it says counts, too */
    struct system_view *system; /* NULL: not to be asked */
    const struct lookup_listener *listener;
    void *user;
};

/* errors: ERR_NOMEM; listens from the loop alone, never from inside this call */
bool lookup_start(struct lookup **ret, const struct lookup_spec *spec, struct err *err);

/* Ends it with what is known; `ended` is not told any more, `gone` follows. Once. */
void lookup_stop(struct lookup *l);

/* A further look-up of the check's, for the intrusive list of them. */
struct lookup **lookup_next(struct lookup *l);

#endif
