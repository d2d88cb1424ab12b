/*
 * site - one name that is contacted: its look-up, and the connections to its ports
 *
 * One connection a port learns all it can; a second one is made only where the
 * first cannot tell: the other mode after a mismatch, the user's own setting, or
 * a lesson about what failed.
 */
#ifndef SMTPDX_PROBE_SITE_H
#define SMTPDX_PROBE_SITE_H

#include "probe/engine.h"
#include "probe/tls.h"

struct site;

/* The check's ears. */
struct site_listener {
    void (*probe)(void *user, size_t probe); /* a cell of the Evidence has changed */
    void (*name)(void *user, size_t name, bool dry); /* its look-up has brought something; dry: nothing (more) comes */
    void (*failing)(void *user, size_t probe); /* it has ended, in whatever way, or looks like failing */
    void (*review)(void *user);              /* something has ended: is all over? */
    void (*idle)(void *user);                /* nothing of it is left in the loop; it may be freed after this */
};

struct site_spec {
    struct engine *engine;
    struct evidence *evidence;
    double check_started_ms; /* of the steady clock */
    size_t name;             /* index into names; its role is the site's */
    const uint16_t *ports;   /* borrowed, as long as the Evidence */
    size_t n_ports;
    bool is_users; /* the user's settings are about it: ports, modes, one address */
    const struct tls_identity *identity; /* NULL: no client certificate */
    const struct site_listener *listener;
    void *user;
};

/* Puts its cells down and contacts nobody. errors: ERR_NOMEM */
bool site_new(struct site **ret, const struct site_spec *spec, struct err *err);

/* Only while it is idle. */
struct site *site_free(struct site *t);

/* Looks its name up and connects to what comes of it. errors: ERR_NOMEM and the like */
bool site_look_up(struct site *t, struct err *err);

/*
 * site_look_up_elsewhere() - the same by the plan's other resolvers alone
 * errors: as above, and ERR_SYSTEM where there is none to ask
 */
bool site_look_up_elsewhere(struct site *t, struct err *err);

/* Tries one address on every port; of a family's further addresses only one that it must. */
void site_try_address(struct site *t, const struct address *address, bool must);

/* One of its cells has trouble with the certificate: what do those see who name no server? */
void site_try_nameless(struct site *t, size_t probe);

/* Signs in and sends at one of its cells, by the Evidence's errand; false where no connection could be begun. */
bool site_run_errand(struct site *t, size_t probe, const struct secret *secret, struct trust *trust);

enum role site_role(const struct site *t);

/* A look-up or a connection may still bring something. */
bool site_is_busy(const struct site *t);

/* The ceiling: what is waited for now has not come. Nothing new begins. */
void site_time_out(struct site *t);

/* Stopped: what has not ended is as if it had not been tried. Nothing new begins. */
void site_withdraw(struct site *t);

/* The last touch of the Evidence. */
void site_end(struct site *t);

/* Nothing of it is left in the loop. */
bool site_is_idle(const struct site *t);

/* For the check's list of them. */
struct site **site_next(struct site *t);

#endif
