/*
 * provider - mail providers and their servers, as data/providers.toml lists them
 *
 * A host or a domain belongs to one provider at most. Names are compared
 * without case and are to come without a final dot. A hoster that names a
 * server after each customer has "*." in front; an exact name goes before it.
 */
#ifndef SMTPDX_KNOWLEDGE_PROVIDER_H
#define SMTPDX_KNOWLEDGE_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/protocol.h"
#include "base/tls_mode.h"

/* What the provider wants as the user name. */
enum username_form {
    USERNAME_FULL_ADDRESS,
    USERNAME_LOCAL_PART,
    USERNAME_OTHER, /* a name that the provider hands out */
};

/* Whether it wants, in place of the account's password, one that it makes for a single program; and how one looks. */
enum app_password_form {
    APP_PASSWORD_NONE,
    APP_PASSWORD_LETTERS, /* sixteen small letters */
    APP_PASSWORD_HYPHENS, /* the same, four by four with hyphens between */
    APP_PASSWORD_OTHER,
};

/* Whether its servers let mail programs sign in with a token (OAuth 2). */
enum oauth2_offer {
    OAUTH2_UNKNOWN,
    OAUTH2_OFFERED,
    OAUTH2_NONE,
};

/* Where it is switched on that mail programs may sign in. */
enum access_switch {
    ACCESS_UNKNOWN,
    ACCESS_WEB,           /* the user, in the settings of the account */
    ACCESS_ADMINISTRATOR, /* whoever looks after the organisation */
    ACCESS_NONE,          /* nobody: there is no such switch */
};

struct provider_host {
    const char *host; /* lower case; "*.example" for any name below example */
    uint16_t port;
    enum tls_mode tls;
};

/* Where mail is read; "*.example" stands for the outgoing server itself. */
struct provider_incoming {
    enum protocol protocol;
    const char *host;
    uint16_t port;
    enum tls_mode tls;
};

struct provider {
    const char *id; /* "gmail" */
    const char *name;
    enum username_form username;
    enum app_password_form app_password;
    enum oauth2_offer oauth2;
    enum access_switch access;
    const struct provider_host *hosts; /* best first */
    size_t n_hosts;
    const struct provider_incoming *incoming; /* IMAP first; none where they are not known */
    size_t n_incoming;
    const char *const *domains; /* of its mail addresses; none where every customer has an own one */
    size_t n_domains;
    const char *help_url;   /* or NULL */
    const char *status_url; /* or NULL */
};

size_t provider_total(void);
const struct provider *provider_at(size_t index);

/* Each gives NULL where there is none. */
const struct provider *provider_by_id(const char *id);
const struct provider *provider_by_host(const char *host);
const struct provider *provider_by_mail_domain(const char *domain);

/* The host that comes first and is no "*." pattern; NULL where each customer has another. */
const char *provider_main_host(const struct provider *p);

/* The name of an incoming server for who sends through host; NULL where a pattern does not take it. */
const char *provider_incoming_host(const struct provider_incoming *incoming, const char *host);

/* Whether the provider is known to serve this very combination. */
bool provider_serves(const struct provider *p, const char *host, uint16_t port, enum tls_mode tls);

#endif
