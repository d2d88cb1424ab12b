/*
 * dns_answer - what one nameserver said of one name, read from its packet
 *
 * Walks the answer itself, for c-ares keeps to itself which name an address is of
 * and where a chain of aliases ends. No sockets.
 */
#include "probe/dns_answer.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <ares.h>
#include <arpa/nameser.h>

enum {
    HEADER_SIZE = 12,
    QUESTION_TAIL = 4,  /* type and class */
    RECORD_HEAD = 10,   /* type, class, TTL and length */
    ALIASES_MAX = 32,   /* CNAME records that are looked at; resolvers follow a dozen or so */
};

enum dns_outcome dns_outcome_of_status(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return DNS_OK;
    case ARES_ENODATA:
        return DNS_NO_DATA;
    case ARES_ENOTFOUND:
        return DNS_NXDOMAIN;
    case ARES_ESERVFAIL:
    case ARES_ENOTIMP:
    case ARES_EFORMERR:
        return DNS_SERVFAIL;
    case ARES_EREFUSED:
        return DNS_REFUSED;
    case ARES_ETIMEOUT:
        return DNS_TIMEOUT;
    case ARES_ECONNREFUSED:
        return DNS_UNREACHABLE;
    case ARES_ENOMEM:
        return DNS_SKIPPED; /* ours, no fault of the resolver */
    default:
        return DNS_MALFORMED;
    }
}

static void answer_put(struct dns_answer *a, enum family family, const void *bytes, size_t len, int64_t ttl_s)
{
    struct address *slot = &a->addresses[a->n_addresses];

    if (a->n_addresses == DNS_ANSWER_ADDRESSES_MAX) {
        a->n_refused++;
        return;
    }
    *slot = (struct address){ .family = family };
    memcpy(slot->bytes, bytes, len);
    a->ttl_s[a->n_addresses++] = ttl_s;
}

/* ---- the packet ------------------------------------------------------------ */

struct packet {
    const unsigned char *bytes;
    size_t len;
    size_t at;
    unsigned n_left; /* records of the answer section */
};

/* Freed with record_done(). */
struct record {
    char *owner;
    unsigned type;
    int64_t ttl_s;
    size_t data; /* where it begins in the packet */
    size_t size;
};

static unsigned read_16(const unsigned char *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* A name at this place, which moves behind it; NULL where it cannot be read. For ares_free_string(). */
static char *packet_name(const struct packet *p, size_t *at)
{
    char *name = NULL;
    long used = 0;

    if (*at >= p->len ||
        ares_expand_name(p->bytes + *at, p->bytes, (int)p->len, &name, &used) != ARES_SUCCESS)
        return NULL;
    *at += (size_t)used;
    return name;
}

/* To the first record of the answer section. */
static bool packet_begin(struct packet *p)
{
    char *question;

    p->at = HEADER_SIZE;
    if (p->len > INT_MAX || p->len < HEADER_SIZE || read_16(p->bytes + 4) != 1)
        return false;
    p->n_left = read_16(p->bytes + 6);
    question = packet_name(p, &p->at);
    if (question == NULL)
        return false;
    ares_free_string(question);
    p->at += QUESTION_TAIL;
    return p->at <= p->len;
}

static void record_done(struct record *r)
{
    if (r->owner != NULL)
        ares_free_string(r->owner);
    r->owner = NULL;
}

/* The next record; false at the end, and where it cannot be read: n_left tells which. */
static bool packet_next(struct packet *p, struct record *r)
{
    const unsigned char *head;

    record_done(r);
    if (p->n_left == 0)
        return false;
    r->owner = packet_name(p, &p->at);
    if (r->owner == NULL || p->len - p->at < RECORD_HEAD)
        return false;
    head = p->bytes + p->at;
    r->type = read_16(head);
    r->ttl_s = (int64_t)read_16(head + 4) << 16 | read_16(head + 6);
    r->size = read_16(head + 8);
    r->data = p->at + RECORD_HEAD;
    if (r->size > p->len - r->data)
        return false;
    p->at = r->data + r->size;
    p->n_left--;
    return true;
}

/* ---- what it says ----------------------------------------------------------- */

struct alias {
    char *owner;
    char *target;
};

struct aliases {
    struct alias list[ALIASES_MAX];
    size_t n;
};

static void aliases_done(struct aliases *a)
{
    for (size_t i = 0; i < a->n; i++) {
        ares_free_string(a->list[i].owner);
        ares_free_string(a->list[i].target);
    }
}

/* Takes the owner's name over from the record. */
static bool aliases_add(struct aliases *a, const struct packet *p, struct record *r)
{
    size_t at = r->data;
    char *target = a->n < ALIASES_MAX ? packet_name(p, &at) : NULL;

    if (target == NULL)
        return false;
    a->list[a->n++] = (struct alias){ r->owner, target };
    r->owner = NULL;
    return true;
}

/* All CNAME records, and the whole section walked through once. */
static bool read_aliases(struct aliases *ret, struct packet p)
{
    struct record r = { 0 };
    bool fine = true;

    while (fine && packet_next(&p, &r)) {
        if (r.type == ns_t_cname)
            fine = aliases_add(ret, &p, &r);
    }
    record_done(&r);
    return fine && p.n_left == 0;
}

/* The end of the chain that begins at the host; false with a name of the circle where it goes in one. */
static bool follow(const char **ret, const struct aliases *a, const char *host)
{
    const char *name = host;

    for (size_t hop = 0; hop <= a->n; hop++) {
        const char *next = NULL;

        for (size_t i = 0; next == NULL && i < a->n; i++) {
            if (strcasecmp(a->list[i].owner, name) == 0)
                next = a->list[i].target;
        }
        *ret = name;
        if (next == NULL)
            return true;
        name = next;
    }
    *ret = name;
    return false;
}

/* The addresses of one name. What stands there for another one was not asked for. */
static void read_addresses(struct dns_answer *a, struct packet p, const char *name)
{
    unsigned type = a->type == RECORD_A ? ns_t_a : ns_t_aaaa;
    size_t size = a->type == RECORD_A ? 4 : 16;
    bool strange = false;
    struct record r = { 0 };

    while (packet_next(&p, &r)) {
        if (r.type != type)
            continue;
        if (r.size == size && strcasecmp(r.owner, name) == 0)
            answer_put(a, a->type == RECORD_A ? FAMILY_IPV4 : FAMILY_IPV6, p.bytes + r.data, size, r.ttl_s);
        else
            strange = true;
    }
    record_done(&r);
    a->outcome = a->n_addresses > 0 ? DNS_OK : strange ? DNS_MALFORMED : DNS_NO_DATA;
}

/* c-ares passes on what is refused with a code that it has no name for. */
static enum dns_outcome outcome_of_code(unsigned code)
{
    switch (code) {
    case ns_r_nxdomain:
        return DNS_NXDOMAIN;
    case ns_r_refused:
        return DNS_REFUSED;
    default:
        return DNS_SERVFAIL;
    }
}

void dns_answer_read(struct dns_answer *ret, const char *host, const unsigned char *bytes, size_t len)
{
    struct packet p = { .bytes = bytes, .len = len };
    struct aliases aliases = { .n = 0 };
    const char *name = host;

    ret->outcome = DNS_MALFORMED;
    if (len >= HEADER_SIZE && (bytes[3] & 0x0fu) != ns_r_noerror) {
        ret->outcome = outcome_of_code(bytes[3] & 0x0fu);
        return;
    }
    if (packet_begin(&p) && read_aliases(&aliases, p)) {
        if (follow(&name, &aliases, host))
            read_addresses(ret, p, name);
        if (strcasecmp(name, host) != 0 || ret->outcome == DNS_MALFORMED)
            snprintf(ret->canonical, sizeof ret->canonical, "%s", aliases.n > 0 ? name : "");
    }
    aliases_done(&aliases);
}
