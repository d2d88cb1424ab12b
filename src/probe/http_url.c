#include "probe/http_url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"

static const char scheme[] = "http://";

static bool is_clean(struct peer_text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if (t.bytes[i] < '!' || t.bytes[i] > '~' || t.bytes[i] == '#')
            return false;
    }
    return true;
}

static void to_lower(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
    }
}

/* A name that DNS can be asked for. */
static bool is_host_name(const char *host)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

    return host[0] != '\0' && host[0] != '.' && host[strspn(host, allowed)] == '\0';
}

/* "NAME", "NAME:PORT", "192.0.2.1", "[2001:db8::1]:PORT" */
static bool read_authority(struct http_url *u, struct peer_text t)
{
    char text[HTTP_HOST_SIZE + 8];
    char address[ADDRESS_TEXT_SIZE];
    struct endpoint at;
    char *colon;

    if (t.len >= sizeof text)
        return false;
    memcpy(text, t.bytes, t.len);
    text[t.len] = '\0';
    to_lower(text);
    u->port = HTTP_PORT;
    if (endpoint_parse(&at, text, HTTP_PORT)) {
        /* A zone is this machine's own affair (RFC 6874), and IPv6 needs its brackets. */
        if (at.address.scope != 0 || (at.address.family == FAMILY_IPV6 && text[0] != '['))
            return false;
        u->port = at.port;
        snprintf(u->host, sizeof u->host, "%s", address_format(&at.address, address));
        return true;
    }
    colon = strchr(text, ':');
    if (colon != NULL)
        *colon = '\0';
    if (!is_host_name(text) || strlen(text) >= sizeof u->host ||
        (colon != NULL && !port_parse(&u->port, colon + 1)))
        return false;
    memcpy(u->host, text, strlen(text) + 1);
    return true;
}

bool http_url_read(struct http_url *ret, struct peer_text text)
{
    size_t begin = sizeof scheme - 1;
    size_t end = begin;

    if (text.len > HTTP_URL_MAX || text.len <= begin || strncasecmp(text.bytes, scheme, begin) != 0 ||
        !is_clean(text))
        return false;
    while (end < text.len && text.bytes[end] != '/' && text.bytes[end] != '?')
        end++;
    if (!read_authority(ret, (struct peer_text){ text.bytes + begin, end - begin }))
        return false;
    snprintf(ret->path, sizeof ret->path, "%s%.*s", end < text.len && text.bytes[end] == '/' ? "" : "/",
             (int)(text.len - end), text.bytes + end);
    return true;
}

bool http_url_put(struct buf *out, const char *host, uint16_t port, const char *path)
{
    bool bare_ipv6 = strchr(host, ':') != NULL;

    buf_printf(out, bare_ipv6 ? "http://[%s]" : "http://%s", host);
    if (port != HTTP_PORT)
        buf_printf(out, ":%u", port);
    return buf_put_string(out, path);
}
