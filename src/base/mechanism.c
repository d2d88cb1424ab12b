/*
 * mechanism - the SASL mechanisms that smtpdx signs in with, by name
 */
#include "base/mechanism.h"

#include <string.h>
#include <strings.h>

static const struct mechanism {
    const char *name;
    bool takes_token;
} mechanisms[] = {
    { "PLAIN", false },
    { "LOGIN", false },
    { "CRAM-MD5", false },
    { "SCRAM-SHA-1", false },
    { "SCRAM-SHA-1-PLUS", false },
    { "SCRAM-SHA-256", false },
    { "SCRAM-SHA-256-PLUS", false },
    { "XOAUTH2", true },
    { "OAUTHBEARER", true },
};

enum { MECHANISM_COUNT = sizeof mechanisms / sizeof mechanisms[0] };

const char *mechanism_name(size_t i)
{
    return i < MECHANISM_COUNT ? mechanisms[i].name : NULL;
}

const char *mechanism_parse(const char *word)
{
    for (size_t i = 0; i < MECHANISM_COUNT; i++) {
        if (strcasecmp(word, mechanisms[i].name) == 0)
            return mechanisms[i].name;
    }
    return NULL;
}

bool mechanism_takes_token(const char *name)
{
    for (size_t i = 0; i < MECHANISM_COUNT; i++) {
        if (strcmp(name, mechanisms[i].name) == 0)
            return mechanisms[i].takes_token;
    }
    return false;
}
