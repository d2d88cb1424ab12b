#include "base/host_role.h"

#include <string.h>

static const char *const host_role_words[HOST_ROLE_COUNT] = {
    [HOST_ROLE_NONE] = "none", [HOST_ROLE_IMAP] = "imap", [HOST_ROLE_POP] = "pop",
    [HOST_ROLE_WEB] = "web",   [HOST_ROLE_MX] = "mx",     [HOST_ROLE_DOMAIN] = "domain",
};

const char *host_role_word(enum host_role role)
{
    return host_role_words[role];
}

bool host_role_parse(enum host_role *ret, const char *word)
{
    for (int i = 0; i < HOST_ROLE_COUNT; i++) {
        if (strcmp(word, host_role_words[i]) == 0) {
            *ret = (enum host_role)i;
            return true;
        }
    }
    return false;
}
