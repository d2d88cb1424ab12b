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

static bool provider_has_host(const struct provider *p, const char *host)
{
    for (size_t i = 0; i < p->n_hosts; i++)
        if (strcasecmp(p->hosts[i].host, host) == 0)
            return true;
    return false;
}

static bool provider_has_domain(const struct provider *p, const char *domain)
{
    for (size_t i = 0; i < p->n_domains; i++)
        if (strcasecmp(p->domains[i], domain) == 0)
            return true;
    return false;
}

const struct provider *provider_by_host(const char *host)
{
    for (size_t i = 0; i < provider_count; i++)
        if (provider_has_host(&provider_table[i], host))
            return &provider_table[i];
    return NULL;
}

const struct provider *provider_by_mail_domain(const char *domain)
{
    for (size_t i = 0; i < provider_count; i++)
        if (provider_has_domain(&provider_table[i], domain))
            return &provider_table[i];
    return NULL;
}

bool provider_serves(const struct provider *p, const char *host, uint16_t port, enum tls_mode tls)
{
    for (size_t i = 0; i < p->n_hosts; i++) {
        const struct provider_host *h = &p->hosts[i];

        if (h->port == port && h->tls == tls && strcasecmp(h->host, host) == 0)
            return true;
    }
    return false;
}
