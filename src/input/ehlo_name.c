/*
 * ehlo_name - what a client may call itself in EHLO
 */
#include "input/ehlo_name.h"

#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/mail_address.h"
#include "input/hostname.h"
#include "knowledge/words.h"

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 section 4.1.3); NULL where it is none. */
static const char *address_literal(struct arena *arena, const char *value)
{
    static const char tag[] = "[IPv6:";
    size_t len = strlen(value);
    bool tagged = strncasecmp(value, tag, sizeof tag - 1) == 0;
    const char *from = value + (tagged ? sizeof tag - 1 : 1);
    const char *inside;
    char text[ADDRESS_TEXT_SIZE];
    struct address a;

    if (len < 2 || value[0] != '[' || value[len - 1] != ']' || from > value + len - 1)
        return NULL;
    inside = arena_printf(arena, "%.*s", (int)(value + len - 1 - from), from);
    if (inside == NULL || !address_parse(&a, inside) || (a.family == FAMILY_IPV6) != tagged || a.scope != 0)
        return NULL;
    return arena_printf(arena, "[%s%s]", tagged ? "IPv6:" : "", address_format(&a, text));
}

/* Servers turn away a client that calls itself localhost, whatever its domain. */
static bool is_localhost(const char *name)
{
    size_t len = strlen(name);
    const char *last = strrchr(name, '.');

    return strcmp(name, "localhost") == 0 || (len > 10 && strncmp(name, "localhost.", 10) == 0) ||
           (last != NULL && strcmp(last, ".localhost") == 0);
}

/* The name as it goes over the wire; NULL where it is none that a server should hear. */
static enum input_result domain_name(const char **ret, struct arena *arena, const char *value)
{
    enum input_result result = hostname_parse(ret, arena, value);
    struct address a;

    if (*ret != NULL && (strchr(*ret, '.') == NULL || strchr(*ret, '_') != NULL || is_localhost(*ret) ||
                         address_parse(&a, *ret)))
        *ret = NULL;
    return result;
}

enum input_result ehlo_name_read(const char **ret, struct arena *arena, const char *value)
{
    *ret = address_literal(arena, value);
    if (arena_failed(arena))
        return INPUT_NO_MEMORY;
    return *ret != NULL ? INPUT_OK : domain_name(ret, arena, value);
}

enum input_result ehlo_name_own(const char **ret, struct arena *arena, const char *machine)
{
    enum input_result result = domain_name(ret, arena, machine);

    if (*ret != NULL && words_end(WORDS_PRIVATE_ENDINGS, *ret))
        *ret = NULL;
    return result;
}

enum input_result ehlo_name_sender(const char **ret, struct arena *arena, struct peer_text address)
{
    const char *at = address.bytes == NULL ? NULL : memrchr(address.bytes, '@', address.len);
    char *domain;
    size_t len;

    *ret = NULL;
    if (at == NULL || !mail_address_is_valid(address))
        return INPUT_OK;
    len = (size_t)(address.bytes + address.len - at - 1);
    domain = arena_alloc(arena, len + 1, 1);
    if (domain == NULL)
        return INPUT_NO_MEMORY;
    memcpy(domain, at + 1, len);
    domain[len] = '\0';
    return ehlo_name_own(ret, arena, domain);
}
