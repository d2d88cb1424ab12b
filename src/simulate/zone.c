#include "simulate/zone.h"

#include <string.h>
#include <strings.h>

enum {
    HEADER_SIZE = 12,
    NAME_MAX_OCTETS = 255,
    TTL_S = 60,
    TYPE_A = 1,
    TYPE_AAAA = 28,
    TYPE_ANY = 255,
    CLASS_IN = 1,
    RECORD_HEAD_SIZE = 12, /* pointer, type, class, TTL, length */
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

static bool name_known(const struct scenario *s, const char *name)
{
    for (size_t i = 0; i < s->n_answers; i++) {
        if (strcasecmp(s->answers[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool put_record(struct zone_reply *r, const struct address *a)
{
    size_t size = a->family == FAMILY_IPV4 ? 4 : 16;
    uint8_t *record = r->bytes + r->len;

    if (r->len + RECORD_HEAD_SIZE + size > sizeof r->bytes)
        return false;
    write_16(record, 0xc000 | HEADER_SIZE); /* the name in the question */
    write_16(record + 2, a->family == FAMILY_IPV4 ? TYPE_A : TYPE_AAAA);
    write_16(record + 4, CLASS_IN);
    write_16(record + 6, 0);
    write_16(record + 8, TTL_S);
    write_16(record + 10, (unsigned)size);
    memcpy(record + RECORD_HEAD_SIZE, a->bytes, size);
    r->len += RECORD_HEAD_SIZE + size;
    write_16(r->bytes + 6, read_16(r->bytes + 6) + 1);
    return true;
}

/* Adds what one line says; the first line that is no address decides alone. */
static enum rcode apply(struct zone_reply *r, const struct scenario_answer *a, bool ipv6)
{
    r->delay_ms = a->delay_ms > r->delay_ms ? a->delay_ms : r->delay_ms;
    switch (a->kind) {
    case SCENARIO_ANSWER_ADDRESS:
        if (a->address.family == FAMILY_IPV4 || ipv6)
            put_record(r, &a->address);
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
    r->len = 0;
    return RCODE_FINE;
}

static enum rcode look_up(struct zone_reply *r, const struct scenario *s, bool ipv6, const struct question *q)
{
    bool known = name_known(s, q->name);
    enum rcode rcode = known ? RCODE_FINE : RCODE_NXDOMAIN;

    for (size_t i = 0; i < s->n_answers; i++) {
        const struct scenario_answer *a = &s->answers[i];

        if (strcasecmp(a->name, known ? q->name : "*") != 0 || !type_fits(a->type, q->type))
            continue;
        rcode = apply(r, a, ipv6);
        if (r->len == 0 || rcode != RCODE_FINE)
            break;
    }
    return rcode;
}

void zone_answer(struct zone_reply *ret, const struct scenario *s, bool ipv6, const uint8_t *query,
                 size_t len)
{
    struct question q = { .end = HEADER_SIZE };
    enum rcode rcode = RCODE_FORMAT;
    bool readable;

    ret->len = 0;
    ret->delay_ms = 0;
    if (len < HEADER_SIZE || len > ZONE_QUERY_MAX || (query[2] & 0x80) != 0) /* an answer is no question */
        return;
    readable = read_16(query + 4) == 1 && read_question(&q, query, len);
    ret->len = readable ? q.end : HEADER_SIZE;
    memcpy(ret->bytes, query, ret->len);
    memset(ret->bytes + 6, 0, 6);
    write_16(ret->bytes + 4, readable ? 1 : 0);
    if ((query[2] & 0x78) != 0)
        rcode = RCODE_NOT_IMPLEMENTED;
    else if (readable)
        rcode = look_up(ret, s, ipv6, &q);
    ret->bytes[2] = (uint8_t)(0x80 | (query[2] & 0x79) | 0x04); /* a reply, with authority */
    ret->bytes[3] = (uint8_t)(0x80 | rcode);                    /* recursion available */
}
