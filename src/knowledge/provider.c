/*
 * provider - look-ups in the table of providers
 */
#include "knowledge/provider.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "knowledge/tables.h"

size_t provider_total(void)
{
    return provider_count;
}

const struct provider *provider_at(size_t index)
{
    assert(index < provider_count);
    return &provider_table[index];
}

const struct provider *provider_by_id(const char *id)
{
    for (size_t i = 0; i < provider_count; i++)
        if (strcmp(provider_table[i].id, id) == 0)
            return &provider_table[i];
    return NULL;
}

static bool name_is_pattern(const char *known)
{
    return strncmp(known, "*.", 2) == 0;
}

/* "*.example" takes what ends in ".example" and has something before it. */
static bool name_fits(const char *known, const char *name)
{
    size_t len = strlen(name);
    size_t tail = strlen(known) - 1;

    if (!name_is_pattern(known))
        return strcasecmp(known, name) == 0;
    return len > tail && strcasecmp(known + 1, name + len - tail) == 0;
}

static const struct provider *provider_by_host_kind(const char *host, bool pattern)
{
    for (size_t i = 0; i < provider_count; i++) {
        const struct provider *p = &provider_table[i];

        for (size_t k = 0; k < p->n_hosts; k++)
            if (name_is_pattern(p->hosts[k].host) == pattern && name_fits(p->hosts[k].host, host))
                return p;
    }
    return NULL;
}

const struct provider *provider_by_host(const char *host)
{
    const struct provider *p = provider_by_host_kind(host, false);

    return p != NULL ? p : provider_by_host_kind(host, true);
}

static const struct provider *provider_by_domain_kind(const char *domain, bool pattern)
{
    for (size_t i = 0; i < provider_count; i++) {
        const struct provider *p = &provider_table[i];

        for (size_t k = 0; k < p->n_domains; k++)
            if (name_is_pattern(p->domains[k]) == pattern && name_fits(p->domains[k], domain))
                return p;
    }
    return NULL;
}

const struct provider *provider_by_mail_domain(const char *domain)
{
    const struct provider *p = provider_by_domain_kind(domain, false);

    return p != NULL ? p : provider_by_domain_kind(domain, true);
}

const char *provider_main_host(const struct provider *p)
{
    for (size_t i = 0; i < p->n_hosts; i++)
        if (!name_is_pattern(p->hosts[i].host))
            return p->hosts[i].host;
    return NULL;
}

const char *provider_incoming_host(const struct provider_incoming *incoming, const char *host)
{
    if (!name_is_pattern(incoming->host))
        return incoming->host;
    return name_fits(incoming->host, host) ? host : NULL;
}

bool provider_serves(const struct provider *p, const char *host, uint16_t port, enum tls_mode tls)
{
    for (size_t i = 0; i < p->n_hosts; i++) {
        const struct provider_host *h = &p->hosts[i];

        if (h->port == port && h->tls == tls && name_fits(h->host, host))
            return true;
    }
    return false;
}
