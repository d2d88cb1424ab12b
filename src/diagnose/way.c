/*
 * way - where on the way a blocked port dies, as far as the paths show it
 *
 * Between the last hop that answers for the blocked port and the next one that
 * an open port shows. Either of the two may be the one that drops it: a filter
 * sits before or behind the place where a router counts hops. So both are named.
 */
#include "diagnose/way.h"

#include <string.h>

/* ---- hops, counted from 1; 0 is this computer ------------------------------ */

static const struct hop *hop_at(const struct trace *t, size_t n)
{
    return n > 0 && n <= t->n_hops ? &t->hops[n - 1] : NULL;
}

static bool hop_is(const struct trace *t, size_t n, enum hop_answer answer)
{
    const struct hop *h = hop_at(t, n);

    return h != NULL && h->answer == answer;
}

/* false where it did not say who it is. */
static bool hop_address(struct address *ret, const struct trace *t, size_t n)
{
    const struct hop *h = hop_at(t, n);

    if (h == NULL || (h->answer != HOP_REACHED && !h->icmp.has_offender))
        return false;
    *ret = h->answer == HOP_REACHED ? t->address : h->icmp.offender;
    return true;
}

static bool is_at(const struct trace *t, size_t n, const struct address *a)
{
    struct address here;

    return hop_address(&here, t, n) && address_equal(&here, a);
}

static size_t last_expired(const struct trace *t)
{
    size_t n = t->n_hops;

    while (n > 0 && !hop_is(t, n, HOP_EXPIRED))
        n--;
    return n;
}

static size_t first_of(const struct trace *t, enum hop_answer answer)
{
    for (size_t n = 1; n <= t->n_hops; n++) {
        if (hop_is(t, n, answer))
            return n;
    }
    return 0;
}

static size_t next_seen(const struct trace *t, size_t n)
{
    do
        n++;
    while (n <= t->n_hops && !hop_is(t, n, HOP_EXPIRED) && !hop_is(t, n, HOP_REACHED));
    return n <= t->n_hops ? n : 0;
}

/* How far away somebody is who was met on the way; `otherwise` where nobody else says. */
static size_t distance_of(const struct path *p, const struct address *a, size_t otherwise)
{
    for (size_t n = 1; n < otherwise; n++) {
        if (is_at(&p->blocked, n, a) || is_at(&p->open, n, a))
            return n;
    }
    return otherwise;
}

/* ---- who that is likely to be ---------------------------------------------- */

static bool starts_alike(const struct address *a, const struct address *b, size_t n_bytes)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, n_bytes) == 0;
}

/* What is routed to one site at the least. */
static bool is_near(const struct address *a, const struct address *b)
{
    enum { SITE_IPV4 = 3, SITE_IPV6 = 6 };

    return starts_alike(a, b, a->family == FAMILY_IPV4 ? SITE_IPV4 : SITE_IPV6);
}

/* RFC 1918, RFC 6598, RFC 3927; RFC 4193, RFC 4291: seen inside a home, a company or a provider alone. */
static bool is_private(const struct address *a)
{
    const uint8_t *b = a->bytes;

    if (a->family == FAMILY_IPV6)
        return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
    return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
           (b[0] == 100 && (b[1] & 0xc0) == 64) || (b[0] == 169 && b[1] == 254);
}

static bool is_one_server(const struct path *p)
{
    return address_equal(&p->blocked.address, &p->open.address);
}

/* Who is so many hops away. */
static enum text_id place_of(const struct path *p, const struct address *a, size_t n)
{
    if (n == 0)
        return TEXT_PLACE_COMPUTER;
    if (address_equal(a, &p->blocked.address))
        return TEXT_PLACE_SERVER;
    if (n == 1)
        return TEXT_PLACE_ROUTER;
    if (is_near(a, &p->blocked.address) || (is_one_server(p) && hop_is(&p->open, n + 1, HOP_REACHED)))
        return TEXT_PLACE_SERVER;
    return is_private(a) ? TEXT_PLACE_NETWORK : TEXT_PLACE_PROVIDER;
}

static void say_place(struct draft *d, struct diagnosed *f, enum text_id place, enum text_id other)
{
    struct because *b = draft_because(
        d, f, place == other ? TEXT_BECAUSE_PORT_BLOCKED_LIKELY : TEXT_BECAUSE_PORT_BLOCKED_LIKELY_EITHER, -1);

    say_text(b, "place", place);
    say_text(b, "other", other);
}

/* ---- lines ------------------------------------------------------------------ */

static void say_endpoint(struct draft *d, struct because *b, const char *name, const struct trace *t)
{
    char text[ENDPOINT_TEXT_SIZE];

    say_word(d, b, name, endpoint_format(&(struct endpoint){ t->address, t->port }, text));
}

static void say_hop(struct draft *d, struct because *b, const char *who, const char *distance, const struct address *a,
                    size_t n)
{
    char text[ADDRESS_TEXT_SIZE];

    say_word(d, b, who, address_format(a, text));
    say_number(b, distance, (int64_t)n);
}

static int probe_of(const struct evidence *e, const struct path *p)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *probe = &e->probes[i];

        if (probe->role == p->role && probe->has_address && probe->port == p->blocked.port &&
            probe->outcome != PROBE_SKIPPED && address_equal(&probe->address, &p->blocked.address))
            return (int)i;
    }
    return -1;
}

static struct because *say_line(struct draft *d, struct diagnosed *f, enum text_id text, const struct path *p)
{
    struct because *b = draft_because(d, f, text, probe_of(d->e, p));

    say_endpoint(d, b, "blocked", &p->blocked);
    if (p->open.port != 0)
        say_endpoint(d, b, "open", &p->open);
    return b;
}

/* Somebody on the way says himself that he lets it no further. */
static bool say_refuser(struct draft *d, struct diagnosed *f, const struct path *p)
{
    size_t n = first_of(&p->blocked, HOP_REFUSED);
    struct address a;
    enum text_id place;

    if (!hop_address(&a, &p->blocked, n))
        return false;
    n = distance_of(p, &a, n);
    place = place_of(p, &a, n);
    say_hop(d, say_line(d, f, TEXT_BECAUSE_PORT_BLOCKED_PATH_REFUSED, p), "last", "hop", &a, n);
    say_place(d, f, place, place);
    return true;
}

/* The open port is another server's: as far as both go the same way, and one hop more. */
static bool goes_with(const struct path *p, size_t last, size_t next)
{
    struct address a;

    if (is_one_server(p))
        return true;
    return last == 0 ? next == 1 : hop_address(&a, &p->blocked, last) && is_at(&p->open, last, &a);
}

static bool say_between(struct draft *d, struct diagnosed *f, const struct path *p)
{
    size_t last = last_expired(&p->blocked);
    size_t next = next_seen(&p->open, last);
    enum text_id text = last > 0 ? TEXT_BECAUSE_PORT_BLOCKED_PATH_NEXT : TEXT_BECAUSE_PORT_BLOCKED_PATH_FIRST;
    struct address from = { 0 }, to;
    enum text_id place, other;
    struct because *b;

    if (next == 0 || !goes_with(p, last, next) || !hop_address(&to, &p->open, next))
        return false;
    if (last > 0 && !hop_address(&from, &p->blocked, last))
        return false;
    if (last == 0 && hop_is(&p->open, next, HOP_REACHED))
        return false; /* nobody was seen between this computer and the server */
    b = say_line(d, f, text, p);
    if (last > 0)
        say_hop(d, b, "last", "hop", &from, last);
    say_hop(d, b, "next", "next_hop", &to, next);
    place = place_of(p, &from, last);
    other = place_of(p, &to, next);
    /* Whoever is silent in between may be anybody, and another server is not on the way. */
    if ((next == last + 1 || place == other) && (is_one_server(p) || !hop_is(&p->open, next, HOP_REACHED)))
        say_place(d, f, place, other);
    return true;
}

/* Without a port to compare with, nobody says who would be next. */
static void say_last(struct draft *d, struct diagnosed *f, const struct path *p)
{
    size_t last = last_expired(&p->blocked);
    struct address a;

    if (hop_address(&a, &p->blocked, last))
        say_hop(d, say_line(d, f, TEXT_BECAUSE_PORT_BLOCKED_PATH_LAST, p), "last", "hop", &a, last);
}

/* Every hop was asked, and the port is still one that does not answer. */
static bool is_sound(const struct path *p)
{
    return p->complete && first_of(&p->blocked, HOP_UNTRIED) == 0 && first_of(&p->open, HOP_UNTRIED) == 0 &&
           first_of(&p->blocked, HOP_REACHED) == 0;
}

void way_say(struct draft *d, struct diagnosed *f, const struct port_set *ports)
{
    bool said[FAMILY_COUNT] = { false };

    for (size_t i = 0; i < d->e->n_paths; i++) {
        const struct path *p = &d->e->paths[i];

        if (p->role != ROLE_TARGET || said[p->family] || !port_set_has(ports, p->blocked.port) || !is_sound(p))
            continue;
        said[p->family] = true;
        if (!say_refuser(d, f, p) && !say_between(d, f, p))
            say_last(d, f, p);
    }
}
