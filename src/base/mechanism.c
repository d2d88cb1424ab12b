/*
 * mechanism - the SASL mechanisms that smtpdx signs in with, by name
 */
#include "base/mechanism.h"

#include <stddef.h>
#include <strings.h>

const char *mechanism_parse(const char *word)
{
    static const char *const names[] = {
        "PLAIN",       "LOGIN",         "CRAM-MD5",         "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS",
        "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "XOAUTH2", "OAUTHBEARER",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(word, names[i]) == 0)
            return names[i];
    }
    return NULL;
}
