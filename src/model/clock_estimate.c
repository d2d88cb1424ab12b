#include "model/clock_estimate.h"

#include <stdlib.h>

/* One end of an interval. */
struct edge {
    int64_t at;
    int step; /* 1: it begins here, -1: it ends here */
};

/* Where both are at one point the beginning comes first: intervals that touch have that point in common. */
static int compare(const void *left, const void *right)
{
    const struct edge *a = left;
    const struct edge *b = right;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return b->step - a->step;
}

static bool is_vote(const struct clock_source *s)
{
    return s->answered && s->has_lower && s->has_upper &&
           (s->kind == CLOCK_SNTP || s->kind == CLOCK_HTTP_DATE);
}

static bool is_bound(const struct clock_source *s)
{
    return s->answered && s->has_lower && (s->kind == CLOCK_OCSP || s->kind == CLOCK_BUILD_DATE);
}

/* The latest of the signed bounds; false where there is none. */
static bool find_bound(const struct clock_view *v, int64_t *ret)
{
    bool found = false;

    for (size_t i = 0; i < v->n_sources; i++) {
        const struct clock_source *s = &v->sources[i];

        if (is_bound(s) && (!found || s->lower_ms > *ret)) {
            *ret = s->lower_ms;
            found = true;
        }
    }
    return found;
}

/* The edges of all votes that the bound lets stand, sorted; returns how many. */
static size_t collect(struct edge edges[static 2 * CLOCK_SOURCES_MAX], const struct clock_view *v, bool bound,
                      int64_t bound_ms)
{
    size_t n = 0;

    for (size_t i = 0; i < v->n_sources && i < CLOCK_SOURCES_MAX; i++) {
        const struct clock_source *s = &v->sources[i];

        if (!is_vote(s) || s->lower_ms > s->upper_ms || (bound && s->upper_ms < bound_ms))
            continue;
        edges[n++] = (struct edge){ s->lower_ms, 1 };
        edges[n++] = (struct edge){ s->upper_ms, -1 };
    }
    qsort(edges, n, sizeof *edges, compare);
    return n;
}

/* The first and the last point that lie in at least `wanted` intervals; false where there is none. */
static bool intersect(const struct edge *edges, size_t n, int wanted, int64_t *lower, int64_t *upper)
{
    int depth = 0;
    bool found = false;

    for (size_t i = 0; i < n; i++) {
        /* Deep enough on either side of the edge: it is a point of the intersection. */
        if (edges[i].step > 0 ? depth + 1 >= wanted : depth >= wanted) {
            if (!found)
                *lower = edges[i].at;
            *upper = edges[i].at;
            found = true;
        }
        depth += edges[i].step;
    }
    return found;
}

/* As few as possible are left out, and always fewer than half. */
static bool vote(const struct edge *edges, size_t n, int64_t *lower, int64_t *upper)
{
    int voters = (int)(n / 2);

    for (int liars = 0; 2 * liars < voters; liars++) {
        if (intersect(edges, n, voters - liars, lower, upper))
            return true;
    }
    return false;
}

static bool agrees(const struct clock_view *v, const struct clock_source *s)
{
    if (!v->known || !s->answered || (s->has_lower && s->has_upper && s->lower_ms > s->upper_ms))
        return false;
    if (s->has_upper && s->upper_ms < v->lower_ms)
        return false;
    return !s->has_lower || !v->has_upper || s->lower_ms <= v->upper_ms;
}

/* Once the local clock is known to be behind, certificates tell by how much at least: none is issued ahead. */
static void narrow(struct clock_view *v)
{
    int64_t bound_ms = v->lower_ms;

    for (size_t i = 0; i < v->n_sources; i++) {
        const struct clock_source *s = &v->sources[i];

        if (s->kind == CLOCK_CERTIFICATE && s->answered && s->has_lower && s->lower_ms > v->lower_ms &&
            (!s->has_upper || s->upper_ms >= bound_ms))
            v->lower_ms = s->lower_ms;
    }
}

void clock_combine(struct clock_view *v)
{
    struct edge edges[2 * CLOCK_SOURCES_MAX];
    int64_t bound_ms = 0;
    bool bound = find_bound(v, &bound_ms);
    size_t n = collect(edges, v, bound, bound_ms);

    v->lower_ms = v->upper_ms = 0;
    v->known = v->has_upper = vote(edges, n, &v->lower_ms, &v->upper_ms);
    if (!v->known && bound && bound_ms > 0) {
        v->known = true;
        v->lower_ms = bound_ms;
        narrow(v);
    }
    v->n_agree = 0;
    for (size_t i = 0; i < v->n_sources; i++) {
        v->sources[i].agrees = agrees(v, &v->sources[i]);
        v->n_agree += v->sources[i].agrees;
    }
}

int64_t clock_offset_ms(const struct clock_view *v)
{
    if (!v->known)
        return 0;
    return v->has_upper ? v->lower_ms + (v->upper_ms - v->lower_ms) / 2 : v->lower_ms;
}

int64_t clock_uncertainty_ms(const struct clock_view *v)
{
    return v->known && v->has_upper ? (v->upper_ms - v->lower_ms + 1) / 2 : -1;
}

int64_t clock_now_s(const struct evidence *e)
{
    return (e->started_wall_ms + clock_offset_ms(&e->clock)) / 1000;
}

int64_t clock_earliest_s(const struct evidence *e)
{
    return (e->started_wall_ms + (e->clock.known ? e->clock.lower_ms : 0)) / 1000;
}

int64_t clock_latest_s(const struct evidence *e)
{
    if (!e->clock.known)
        return e->started_wall_ms / 1000;
    return e->clock.has_upper ? (e->started_wall_ms + e->clock.upper_ms) / 1000 : INT64_MAX;
}
