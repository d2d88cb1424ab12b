#include "simulate/zone.h"

#include <string.h>
#include <strings.h>

enum {
    HEADER_SIZE = 12,
    NAME_MAX_OCTETS = 255,
    TTL_S = 60,
    TYPE_A = 1,
    TYPE_CNAME = 5,
    TYPE_AAAA = 28,
    TYPE_ANY = 255,
    CLASS_IN = 1,
    RECORD_HEAD_SIZE = 10, /* type, class, TTL, length */
    ALIASES_MAX = 24,
};

enum rcode {
    RCODE_FINE = 0,
    RCODE_FORMAT = 1,
    RCODE_SERVFAIL = 2,
    RCODE_NXDOMAIN = 3,
    RCODE_NOT_IMPLEMENTED = 4,
    RCODE_REFUSED = 5,
};

struct question {
    char name[NAME_MAX_OCTETS + 1]; /* dots between labels, none at the end */
    unsigned type;
    size_t end; /* of the question section */
};

static unsigned read_16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static void write_16(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

/* The first question; a query has no compressed names to follow. */
static bool read_question(struct question *q, const uint8_t *query, size_t len)
{
    size_t at = HEADER_SIZE, n = 0;

    while (at < len && query[at] != 0) {
        size_t label = query[at++];

        if (label > 63 || label > len - at || n + label + 1 > NAME_MAX_OCTETS)
            return false;
        if (memchr(query + at, '\0', label) != NULL || memchr(query + at, '.', label) != NULL)
            return false;
        if (n > 0)
            q->name[n++] = '.';
        memcpy(q->name + n, query + at, label);
        n += label;
        at += label;
    }
    if (len - at < 5) /* the end of the name, type and class */
        return false;
    q->name[n] = '\0';
    q->type = read_16(query + at + 1);
    q->end = at + 5;
    return read_16(query + at + 3) == CLASS_IN;
}

static bool type_fits(enum scenario_type type, unsigned asked)
{
    return type == SCENARIO_TYPE_ANY || asked == TYPE_ANY ||
           asked == (type == SCENARIO_TYPE_A ? TYPE_A : TYPE_AAAA);
}

static bool name_known(const struct scenario *s, size_t resolver, const char *name)
{
    for (size_t i = 0; i < s->n_answers; i++) {
        if (s->answers[i].resolver == resolver && strcasecmp(s->answers[i].name, name) == 0)
            return true;
    }
    return false;
}

/* A name in labels, uncompressed; 0 where it is longer than a name can be. */
static size_t write_name(uint8_t *out, const char *name)
{
    size_t at = 0;

    if (strlen(name) > NAME_MAX_OCTETS - 2)
        return 0;
    while (*name != '\0') {
        size_t label = strcspn(name, ".");

        if (label == 0 || label > 63)
            return 0;
        out[at++] = (uint8_t)label;
        memcpy(out + at, name, label);
        at += label;
        name += label + (name[label] == '.');
    }
    out[at++] = 0;
    return at;
}

/* Where a reply stands: the name that its next record is about. */
struct place {
    struct zone_reply *r;
    const char *owner;
    bool asked; /* it is the one in the question */
};

static bool put_record(struct place *p, unsigned type, const void *data, size_t size)
{
    struct zone_reply *r = p->r;
    uint8_t owner[NAME_MAX_OCTETS + 1];
    size_t owner_size = 2;
    uint8_t *record;

    write_16(owner, 0xc000 | HEADER_SIZE); /* the name in the question */
    if (!p->asked)
        owner_size = write_name(owner, p->owner);
    if (owner_size == 0 || r->len + owner_size + RECORD_HEAD_SIZE + size > sizeof r->bytes)
        return false;
    memcpy(r->bytes + r->len, owner, owner_size);
    record = r->bytes + r->len + owner_size;
    write_16(record, type);
    write_16(record + 2, CLASS_IN);
    write_16(record + 4, 0);
    write_16(record + 6, TTL_S);
    write_16(record + 8, (unsigned)size);
    memcpy(record + RECORD_HEAD_SIZE, data, size);
    r->len += owner_size + RECORD_HEAD_SIZE + size;
    write_16(r->bytes + 6, read_16(r->bytes + 6) + 1);
    return true;
}

static void put_address(struct place *p, const struct address *a)
{
    put_record(p, a->family == FAMILY_IPV4 ? TYPE_A : TYPE_AAAA, a->bytes, a->family == FAMILY_IPV4 ? 4 : 16);
}

static void put_many(struct place *p, unsigned count)
{
    for (unsigned i = 1; i <= count; i++)
        put_record(p, TYPE_A, (const uint8_t[]){ 127, 0, (uint8_t)(i >> 8), (uint8_t)i }, 4);
}

/* The answer goes on at the name that this one stands for. */
static void put_alias(struct place *p, const char *alias)
{
    uint8_t name[NAME_MAX_OCTETS + 1];
    size_t size = write_name(name, alias);

    if (size > 0)
        put_record(p, TYPE_CNAME, name, size);
    p->owner = alias;
    p->asked = false;
}

/* Adds what one line says; the first line that is no address decides alone. */
static enum rcode apply(struct place *p, const struct scenario_answer *a, bool ipv6)
{
    p->r->delay_ms = a->delay_ms > p->r->delay_ms ? a->delay_ms : p->r->delay_ms;
    p->r->stray = p->r->stray || a->stray;
    switch (a->kind) {
    case SCENARIO_ANSWER_ADDRESS:
        if (a->address.family == FAMILY_IPV4 || ipv6)
            put_address(p, &a->address);
        return RCODE_FINE;
    case SCENARIO_ANSWER_MANY:
        put_many(p, a->count);
        return RCODE_FINE;
    case SCENARIO_ANSWER_CNAME:
        put_alias(p, a->alias);
        return RCODE_FINE;
    case SCENARIO_ANSWER_NXDOMAIN:
        return RCODE_NXDOMAIN;
    case SCENARIO_ANSWER_EMPTY:
        return RCODE_FINE;
    case SCENARIO_ANSWER_SERVFAIL:
        return RCODE_SERVFAIL;
    case SCENARIO_ANSWER_REFUSED:
        return RCODE_REFUSED;
    case SCENARIO_ANSWER_SILENT:
        break;
    }
    p->r->len = 0;
    return RCODE_FINE;
}

/* What the lines of one name say. */
static enum rcode look_up_name(struct place *p, const struct scenario *s, size_t resolver, bool ipv6,
                               unsigned type)
{
    const char *name = p->owner;
    bool known = name_known(s, resolver, name);
    enum rcode rcode = known ? RCODE_FINE : RCODE_NXDOMAIN;

    for (size_t i = 0; i < s->n_answers; i++) {
        const struct scenario_answer *a = &s->answers[i];

        if (a->resolver != resolver || !type_fits(a->type, type) ||
            strcasecmp(a->name, known ? name : "*") != 0)
            continue;
        rcode = apply(p, a, ipv6);
        if (a->lost > 0) {
            p->r->lost = a->lost;
            p->r->line = i;
        }
        if (p->r->len == 0 || rcode != RCODE_FINE || p->owner != name)
            break;
    }
    return rcode;
}

/* Follows aliases as a resolver does, and gives up on a circle after so many, with what it has. */
static enum rcode look_up(struct zone_reply *r, const struct scenario *s, size_t resolver, bool ipv6,
                          const struct question *q)
{
    struct place p = { .r = r, .owner = q->name, .asked = true };
    enum rcode rcode = RCODE_FINE;

    for (int i = 0; i < ALIASES_MAX; i++) {
        const char *name = p.owner;

        rcode = look_up_name(&p, s, resolver, ipv6, q->type);
        if (p.owner == name)
            break;
    }
    return rcode;
}

void zone_cut(struct zone_reply *r)
{
    struct question q;

    if (r->len <= ZONE_DATAGRAM_MAX || !read_question(&q, r->bytes, r->len))
        return;
    r->len = q.end;
    r->bytes[2] |= 0x02;
    memset(r->bytes + 6, 0, 6);
}

void zone_make_stray(struct zone_reply *r, bool wrong_id)
{
    if (wrong_id)
        r->bytes[0] ^= 0xff;
    else if (r->len > HEADER_SIZE + 1)
        r->bytes[HEADER_SIZE + 1] ^= 0x01; /* the first letter of the name */
    r->bytes[3] = (uint8_t)((r->bytes[3] & 0xf0) | RCODE_NXDOMAIN);
}

void zone_answer(struct zone_reply *ret, const struct scenario *s, size_t resolver, bool ipv6,
                 const uint8_t *query, size_t len)
{
    struct question q = { .end = HEADER_SIZE };
    enum rcode rcode = RCODE_FORMAT;
    bool readable;

    ret->len = 0;
    ret->delay_ms = 0;
    ret->stray = false;
    ret->lost = 0;
    if (len < HEADER_SIZE || len > ZONE_QUERY_MAX || (query[2] & 0x80) != 0) /* an answer is no question */
        return;
    readable = read_16(query + 4) == 1 && read_question(&q, query, len);
    ret->len = readable ? q.end : HEADER_SIZE;
    memcpy(ret->bytes, query, ret->len);
    memset(ret->bytes + 6, 0, 6);
    write_16(ret->bytes + 4, readable ? 1 : 0);
    if ((query[2] & 0x78) != 0)
        rcode = RCODE_NOT_IMPLEMENTED;
    else if (readable && read_16(query + 10) == 0)
        rcode = look_up(ret, s, resolver, ipv6, &q);
    ret->bytes[2] = (uint8_t)(0x80 | (query[2] & 0x79) | 0x04); /* a reply, with authority */
    ret->bytes[3] = (uint8_t)(0x80 | rcode);                    /* recursion available */
}
