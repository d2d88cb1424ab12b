/*
 * spot - some endpoints of one host, named together in one line
 */
#include "diagnose/spot.h"

#include <string.h>

#include "base/buf.h"

enum { ENDPOINT_TEXT_MAX = 700 };

void spot_init(struct spot *s)
{
    *s = (struct spot){ .first = -1 };
}

static void add_address(struct spot *s, const struct address *a)
{
    for (size_t i = 0; i < s->n_addresses; i++) {
        if (address_equal(&s->addresses[i], a))
            return;
    }
    if (s->n_addresses == SPOT_ADDRESSES_MAX)
        s->more = true;
    else
        s->addresses[s->n_addresses++] = *a;
}

static void add(struct spot *s, const struct probe *p)
{
    port_set_add(&s->ports, p->port);
    if (p->has_address)
        add_address(s, &p->address);
    if (p->total_ms > s->longest_ms)
        s->longest_ms = p->total_ms;
}

void spot_add(struct spot *s, const struct evidence *e, int probe)
{
    if (s->first < 0)
        s->first = probe;
    add(s, &e->probes[probe]);
}

static void put_host(struct buf *b, const char *host)
{
    buf_printf(b, strchr(host, ':') != NULL ? "[%s]" : "%s", host);
}

static void put_addresses(struct buf *b, const struct spot *s, const char *host)
{
    char text[ADDRESS_TEXT_SIZE];

    if (s->n_addresses == 0)
        return;
    if (s->n_addresses == 1 && strcmp(address_format(&s->addresses[0], text), host) == 0)
        return;
    for (size_t i = 0; i < s->n_addresses; i++)
        buf_printf(b, "%s%s", i == 0 ? " (" : ", ", address_format(&s->addresses[i], text));
    buf_put_string(b, s->more ? ", ...)" : ")");
}

/* p: one of them. */
static void say(struct draft *d, struct because *because, const struct spot *s, const struct probe *p)
{
    const char *host = p->host == NULL ? draft_host(d) : p->host;
    struct buf b;

    buf_init(&b, ENDPOINT_TEXT_MAX);
    put_host(&b, host);
    for (size_t i = 0; i < s->ports.n; i++)
        buf_printf(&b, "%s%u", i == 0 ? ":" : ", ", (unsigned)s->ports.ports[i]);
    put_addresses(&b, s, host);
    say_word(d, because, "endpoint", buf_borrow(&b));
    buf_done(&b);
}

void spot_say(struct draft *d, struct because *b, const struct spot *s)
{
    say(d, b, s, &d->e->probes[s->first]);
}

void spot_say_alone(struct draft *d, struct because *b, const struct probe *p)
{
    struct spot s;

    spot_init(&s);
    add(&s, p);
    say(d, b, &s, p);
}

struct because *spot_because(struct draft *d, struct diagnosed *f, enum text_id text, const struct spot *s)
{
    struct because *b = draft_because(d, f, text, s->first);

    for (size_t i = 0; i < s->ports.n; i++)
        draft_concern(d, f, s->ports.ports[i]);
    spot_say(d, b, s);
    return b;
}

struct spot spot_of_port(const struct draft *d, uint16_t port, spot_match_fn match, int kind)
{
    struct spot s;

    spot_init(&s);
    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];

        if (p->role == ROLE_TARGET && p->port == port && match(d, p, kind))
            spot_add(&s, d->e, (int)i);
    }
    return s;
}

bool spot_fits(const struct spot *s, const struct spot *other)
{
    if (s->more || other->more || s->n_addresses != other->n_addresses)
        return false;
    for (size_t i = 0; i < s->n_addresses; i++) {
        if (!address_equal(&s->addresses[i], &other->addresses[i]))
            return false;
    }
    return true;
}

void spot_join(struct spot *s, const struct spot *other)
{
    for (size_t i = 0; i < other->ports.n; i++)
        port_set_add(&s->ports, other->ports.ports[i]);
    if (other->longest_ms > s->longest_ms)
        s->longest_ms = other->longest_ms;
}

size_t spot_merge(struct spot *spots, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (k < kept && !spot_fits(&spots[k], &spots[i]))
            k++;
        if (k < kept)
            spot_join(&spots[k], &spots[i]);
        else
            spots[kept++] = spots[i];
    }
    return kept;
}

struct spot spot_of_trouble(const struct draft *d, uint16_t port, enum trouble trouble)
{
    struct spot s;

    spot_init(&s);
    for (size_t i = 0; i < d->n_spokesmen; i++) {
        const struct probe *p = &d->e->probes[d->spokesmen[i]];

        if (p->port == port && seen_trouble(d->e, p) == trouble)
            spot_add(&s, d->e, d->spokesmen[i]);
    }
    return s;
}
