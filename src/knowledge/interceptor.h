/*
 * interceptor - who issues a certificate: what opens connections on the way, or an authority for the public
 *
 * As data/interceptors.toml and data/public-issuers.toml list them. Names of
 * issuers come as RFC 4514 writes them.
 */
#ifndef SMTPDX_KNOWLEDGE_INTERCEPTOR_H
#define SMTPDX_KNOWLEDGE_INTERCEPTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/peer_text.h"

enum interceptor_kind {
    INTERCEPTOR_COMPUTER, /* a program on the user's machine */
    INTERCEPTOR_NETWORK,  /* a device or service of the network */
    INTERCEPTOR_DEBUGGER, /* a tool of developers */
    INTERCEPTOR_HELPER,   /* a relay on the machine itself; it belongs there, and its name proves nothing */
};

/* What an issuer's name must have, NULL: anything; "*" at the end stands for the rest. */
struct interceptor_mark {
    const char *cn;
    const char *o;
    const char *ou;
};

struct interceptor {
    const char *product;
    enum interceptor_kind kind;
    const struct interceptor_mark *marks; /* any of them */
    size_t n_marks;
};

/* NULL where the issuer is none of them. */
const struct interceptor *interceptor_by_issuer(struct peer_text issuer);

/* Its organisation is one that issues certificates for the public; anybody may write that, of course. */
bool interceptor_is_public_issuer(struct peer_text issuer);

#endif
