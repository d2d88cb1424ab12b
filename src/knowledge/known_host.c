/*
 * known_host - look-ups in the tables of hosts
 */
#include "knowledge/known_host.h"

#include <assert.h>
#include <string.h>

#include "knowledge/provider.h"
#include "knowledge/tables.h"

size_t known_host_total(void)
{
    return known_host_count;
}

const char *known_host_at(size_t index)
{
    assert(index < known_host_count);
    return known_host_table[index];
}

size_t other_host_total(void)
{
    return other_host_count;
}

const struct other_host *other_host_at(size_t index)
{
    assert(index < other_host_count);
    return &other_host_table[index];
}

const struct other_host *other_host_find(const char *host)
{
    for (size_t i = 0; i < other_host_count; i++)
        if (strcmp(other_host_table[i].host, host) == 0)
            return &other_host_table[i];
    return NULL;
}

bool known_host_is(const char *host)
{
    if (provider_by_host(host) != NULL || other_host_find(host) != NULL)
        return true;
    for (size_t i = 0; i < known_host_count; i++)
        if (strcmp(known_host_table[i], host) == 0)
            return true;
    return false;
}
