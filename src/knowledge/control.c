/*
 * control - the choice among the endpoints that are listed
 */
#include "knowledge/control.h"

#include <string.h>

#include "knowledge/provider.h"
#include "knowledge/tables.h"

struct choice {
    enum control_kind kind;
    bool own; /* the target's provider, else any other */
    size_t n;
};

/* One company may be several providers; they share the page that tells of outages. */
static bool is_own(const struct control_host *c, const char *provider)
{
    const struct provider *a = provider == NULL ? NULL : provider_by_id(provider);
    const struct provider *b = c->provider == NULL ? NULL : provider_by_id(c->provider);

    if (a == NULL || b == NULL)
        return false;
    return a == b || (a->status_url != NULL && b->status_url != NULL && strcmp(a->status_url, b->status_url) == 0);
}

size_t controls_usual(const char *provider, const struct control_host *ret[static CONTROLS_USUAL_MAX])
{
    static const struct choice choices[] = {
        { CONTROL_MAIL, false, 2 }, { CONTROL_WEB, true, 1 },     { CONTROL_WEB, false, 1 },
        { CONTROL_ADDRESS, false, 1 }, { CONTROL_PORTAL, false, 1 },
    };
    size_t n = 0;

    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        size_t left = choices[i].n;

        for (size_t k = 0; k < control_count && left > 0; k++) {
            const struct control_host *c = &control_table[k];

            if (c->kind != choices[i].kind || is_own(c, provider) != choices[i].own)
                continue;
            ret[n++] = c;
            left--;
        }
    }
    return n;
}

size_t controls_resolvers(const struct control_host *ret[static CONTROLS_USUAL_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < control_count && n < CONTROLS_USUAL_MAX; i++) {
        if (control_table[i].kind == CONTROL_RESOLVER)
            ret[n++] = &control_table[i];
    }
    return n;
}

bool control_is_listed(const char *host)
{
    for (size_t i = 0; i < control_count; i++) {
        if (strcmp(control_table[i].host, host) == 0)
            return true;
    }
    return false;
}
