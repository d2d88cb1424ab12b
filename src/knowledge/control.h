/*
 * control - endpoints elsewhere that tell 'their fault' from 'our network', as data/controls.toml lists them
 */
#ifndef SMTPDX_KNOWLEDGE_CONTROL_H
#define SMTPDX_KNOWLEDGE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum control_kind {
    CONTROL_MAIL,    /* a provider's submission port */
    CONTROL_WEB,     /* a provider's web port */
    CONTROL_ADDRESS, /* needs no DNS */
    CONTROL_PORTAL,  /* answers GET /generate_204 with 204 */
    CONTROL_RESOLVER, /* a public DNS server */
};

struct control_host {
    enum control_kind kind;
    const char *host; /* name or address */
    uint16_t port;
    const char *provider; /* id, or NULL */
};

enum { CONTROLS_USUAL_MAX = 6 };

/*
 * controls_usual() - which to contact for a target of that provider (NULL: of none that is known)
 * shape:  two submission ports of others, a web port of the provider's own and one of another,
 *         an address and the portal check; returns their number
 */
size_t controls_usual(const char *provider, const struct control_host *ret[static CONTROLS_USUAL_MAX]);

/* The public DNS servers, at most CONTROLS_USUAL_MAX; returns their number. */
size_t controls_resolvers(const struct control_host *ret[static CONTROLS_USUAL_MAX]);

/* It is one of the list, and not one that a user has named: nobody's own server. */
bool control_is_listed(const char *host);

#endif
