/*
 * mail_address - an address that a message can be sent from or to
 */
#include "base/mail_address.h"

#include <string.h>

enum {
    LOCAL_PART_MAX = 64,
    DOMAIN_MAX = 253,
    LABEL_MAX = 63,
};

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 5322 section 3.2.3 */
static bool is_atom_character(char c)
{
    return is_alphanumeric(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Parts that are not empty, of such characters, with dots between. */
static bool is_dotted(const char *bytes, size_t len, size_t part_max, bool (*is_allowed)(char c))
{
    size_t part = 0;

    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '.') {
            if (part == 0)
                return false;
            part = 0;
        } else if (!is_allowed(bytes[i]) || ++part > part_max) {
            return false;
        }
    }
    return part > 0;
}

static bool is_label_character(char c)
{
    return is_alphanumeric(c) || c == '-';
}

bool mail_address_is_valid(struct peer_text address)
{
    const char *at = address.len == 0 ? NULL : memchr(address.bytes, '@', address.len);
    size_t local, domain;

    if (at == NULL)
        return false;
    local = (size_t)(at - address.bytes);
    domain = address.len - local - 1;
    return address.len <= MAIL_ADDRESS_MAX && local <= LOCAL_PART_MAX && domain <= DOMAIN_MAX &&
           is_dotted(address.bytes, local, LOCAL_PART_MAX, is_atom_character) &&
           is_dotted(at + 1, domain, LABEL_MAX, is_label_character);
}
