/*
 * dn - distinguished names as RFC 4514 writes them
 *
 * Names come from certificates, and so from anybody: what is written oddly
 * ends the reading and is no harm.
 */
#include "base/dn.h"

#include <string.h>
#include <strings.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void skip(struct peer_text *t, size_t n)
{
    t->bytes += n;
    t->len -= n;
}

/* A character behind a backslash, or the byte that two hex digits stand for. */
static bool take_escaped(struct peer_text *t, char *ret)
{
    if (t->len >= 2 && hex_digit(t->bytes[0]) >= 0 && hex_digit(t->bytes[1]) >= 0) {
        *ret = (char)(unsigned char)(hex_digit(t->bytes[0]) * 16 + hex_digit(t->bytes[1]));
        skip(t, 2);
        return true;
    }
    if (t->len == 0)
        return false;
    *ret = t->bytes[0];
    skip(t, 1);
    return true;
}

/* Up to the separator, which is left where it is. */
static bool take_value(struct peer_text *t, struct dn_attribute *a)
{
    bool readable = t->len == 0 || t->bytes[0] != '#';

    a->len = 0;
    while (t->len > 0 && t->bytes[0] != ',' && t->bytes[0] != '+') {
        char c = t->bytes[0];

        skip(t, 1);
        if (c == '\\' && !take_escaped(t, &c))
            return false;
        readable = readable && a->len < DN_VALUE_MAX;
        if (readable)
            a->value[a->len++] = c;
    }
    if (!readable)
        a->len = 0;
    a->value[a->len] = '\0';
    return true;
}

bool dn_next(struct peer_text *rest, struct dn_attribute *ret)
{
    const char *equals = rest->len == 0 ? NULL : memchr(rest->bytes, '=', rest->len);

    if (equals == NULL)
        return false;
    ret->type = (struct peer_text){ rest->bytes, (size_t)(equals - rest->bytes) };
    skip(rest, ret->type.len + 1);
    if (!take_value(rest, ret))
        return false;
    if (rest->len > 0)
        skip(rest, 1);
    return true;
}

static bool fits(const struct dn_attribute *a, const char *wanted)
{
    size_t len = strlen(wanted);

    if (len > 0 && wanted[len - 1] == '*')
        return a->len >= len - 1 && strncasecmp(a->value, wanted, len - 1) == 0;
    return a->len == len && strncasecmp(a->value, wanted, len) == 0;
}

bool dn_has(struct peer_text dn, const char *type, const char *wanted)
{
    struct dn_attribute a;

    while (dn_next(&dn, &a)) {
        if (peer_text_equal_nocase(a.type, type) && fits(&a, wanted))
            return true;
    }
    return false;
}
