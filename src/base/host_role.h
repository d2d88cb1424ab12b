/*
 * host_role - what a server of a mail provider is there for, where that is not sending
 */
#ifndef SMTPDX_BASE_HOST_ROLE_H
#define SMTPDX_BASE_HOST_ROLE_H

#include <stdbool.h>

enum host_role {
    HOST_ROLE_NONE,   /* nothing else is known of it */
    HOST_ROLE_IMAP,   /* reading mail */
    HOST_ROLE_POP,    /* reading mail */
    HOST_ROLE_WEB,    /* pages */
    HOST_ROLE_MX,     /* takes mail in from other servers */
    HOST_ROLE_DOMAIN, /* what stands behind the @ of mail addresses, and no server */
};
enum { HOST_ROLE_COUNT = 6 };

/* The words of records. */
const char *host_role_word(enum host_role role);
bool host_role_parse(enum host_role *ret, const char *word);

#endif
