/*
 * known_host - names of servers that exist, whatever they are for
 *
 * Outgoing ones from data/known-hosts.toml beyond those of the providers, and
 * from data/other-hosts.toml those of providers that do something else. Names
 * are lower case, without a final dot.
 */
#ifndef SMTPDX_KNOWLEDGE_KNOWN_HOST_H
#define SMTPDX_KNOWLEDGE_KNOWN_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/host_role.h"

struct other_host {
    const char *host;
    enum host_role role;
    const char *right; /* the provider's server for sending */
};

size_t known_host_total(void);
const char *known_host_at(size_t index);

size_t other_host_total(void);
const struct other_host *other_host_at(size_t index);

/* NULL where the host is none of them. */
const struct other_host *other_host_find(const char *host);

/* An outgoing server, be it a provider's or one of the list, or another server that exists. */
bool known_host_is(const char *host);

#endif
