/*
 * dn - distinguished names as RFC 4514 writes them: "CN=a\, b,O=c"
 */
#ifndef SMTPDX_BASE_DN_H
#define SMTPDX_BASE_DN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/peer_text.h"

enum { DN_VALUE_MAX = 256 };

struct dn_attribute {
    struct peer_text type;        /* as written: "CN" */
    char value[DN_VALUE_MAX + 1]; /* escapes taken back; any byte may stand in it, a 0 ends it */
    size_t len;                   /* 0 too where it is longer than fits, or written as "#" and hex digits */
};

/*
 * dn_next() - takes the next attribute off the front of the name
 * shape:  the attributes of one RDN ("+") are told like those of several
 * errors: false at the end, and where the name cannot be read any further
 * source: RFC 4514 section 3
 */
bool dn_next(struct peer_text *rest, struct dn_attribute *ret);

/*
 * dn_has() - an attribute of that type has this value
 * shape:  letters of either case (RFC 5280 section 7.1); "*" at the end of wanted stands for the rest
 */
bool dn_has(struct peer_text dn, const char *type, const char *wanted);

#endif
