#include "base/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The zone of "fe80::1%eth0" or "fe80::1%2" as an interface index. */
static bool parse_scope(uint32_t *ret, const char *zone)
{
    uint32_t index = if_nametoindex(zone);

    for (const char *digit = zone; index == 0 && *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9' || strlen(zone) > 6)
            return false;
    }
    if (index == 0)
        index = (uint32_t)strtoul(zone, NULL, 10);
    *ret = index;
    return index != 0;
}

bool address_parse(struct address *ret, const char *text)
{
    struct address a = { 0 };
    char plain[INET6_ADDRSTRLEN];
    const char *zone = strchr(text, '%');
    size_t len = zone == NULL ? strlen(text) : (size_t)(zone - text);

    if (len >= sizeof plain)
        return false;
    memcpy(plain, text, len);
    plain[len] = '\0';
    if (zone == NULL && inet_pton(AF_INET, plain, a.bytes) == 1) {
        a.family = FAMILY_IPV4;
    } else if (inet_pton(AF_INET6, plain, a.bytes) == 1) {
        a.family = FAMILY_IPV6;
        if (zone != NULL && !parse_scope(&a.scope, zone + 1))
            return false;
    } else {
        return false;
    }
    *ret = a;
    return true;
}

const char *address_format(const struct address *a, char out[static ADDRESS_TEXT_SIZE])
{
    int af = a->family == FAMILY_IPV4 ? AF_INET : AF_INET6;
    size_t len;

    if (inet_ntop(af, a->bytes, out, ADDRESS_TEXT_SIZE) == NULL)
        out[0] = '\0';
    len = strlen(out);
    if (a->scope != 0 && len > 0)
        snprintf(out + len, ADDRESS_TEXT_SIZE - len, "%%%u", a->scope);
    return out;
}

bool address_equal(const struct address *a, const struct address *b)
{
    size_t len = a->family == FAMILY_IPV4 ? 4 : 16;

    return a->family == b->family && memcmp(a->bytes, b->bytes, len) == 0 && a->scope == b->scope;
}

bool port_parse(uint16_t *ret, const char *text)
{
    unsigned long port = 0;
    size_t len = strlen(text);

    if (len == 0 || len > 5)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        port = port * 10 + (unsigned long)(*text - '0');
    }
    if (port < 1 || port > 65535)
        return false;
    *ret = (uint16_t)port;
    return true;
}

bool endpoint_parse(struct endpoint *ret, const char *text, uint16_t default_port)
{
    struct endpoint e = { .port = default_port };
    char host[ADDRESS_TEXT_SIZE];
    const char *colon = strrchr(text, ':');
    const char *end;
    size_t len;

    if (text[0] == '[') {
        end = strchr(++text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        colon = end[1] == ':' ? end + 1 : NULL;
    } else {
        if (colon != NULL && strchr(text, ':') != colon)
            colon = NULL; /* several colons: a bare IPv6 address */
        end = colon != NULL ? colon : text + strlen(text);
    }
    len = (size_t)(end - text);
    if (len >= sizeof host)
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    if (!address_parse(&e.address, host) || (colon != NULL && !port_parse(&e.port, colon + 1)))
        return false;
    *ret = e;
    return true;
}

const char *endpoint_format(const struct endpoint *e, char out[static ENDPOINT_TEXT_SIZE])
{
    char text[ADDRESS_TEXT_SIZE];

    address_format(&e->address, text);
    if (e->address.family == FAMILY_IPV6)
        snprintf(out, ENDPOINT_TEXT_SIZE, "[%.60s]:%u", text, e->port);
    else
        snprintf(out, ENDPOINT_TEXT_SIZE, "%.60s:%u", text, e->port);
    return out;
}

const char *family_word(enum family family)
{
    return family == FAMILY_IPV4 ? "ipv4" : "ipv6";
}

bool family_parse(enum family *ret, const char *word)
{
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        if (strcmp(word, family_word((enum family)i)) == 0) {
            *ret = (enum family)i;
            return true;
        }
    }
    return false;
}
