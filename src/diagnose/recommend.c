/*
 * recommend - the settings to type in: what was seen to work, best first
 */
#include "diagnose/recommend.h"

#include <stdlib.h>
#include <string.h>

enum { MECHANISM_MAX = 64, MECHANISMS_MAX = 32 };

/* RFC 8314 section 3.3: implicit TLS is preferred to STARTTLS. */
static int rank_of(uint16_t port, enum tls_mode mode)
{
    if (port == PORT_SUBMISSIONS && mode == TLS_MODE_IMPLICIT)
        return 0;
    if (port == PORT_SUBMISSION && mode == TLS_MODE_STARTTLS)
        return 1;
    return port == PORT_SMTP ? 3 : 2;
}

static int compare(const void *left, const void *right)
{
    const struct recommended *a = left;
    const struct recommended *b = right;
    int difference = rank_of(a->port, a->mode) - rank_of(b->port, b->mode);

    if (difference != 0)
        return difference;
    if (a->port != b->port)
        return a->port < b->port ? -1 : 1;
    return (int)b->mode - (int)a->mode;
}

static struct recommended *find(struct diagnosis *d, const struct probe *p)
{
    for (size_t i = 0; i < d->n_recommended; i++) {
        struct recommended *r = &d->recommended[i];

        if (r->port == p->port && r->mode == p->mode && strcmp(r->host, p->host) == 0)
            return r;
    }
    return NULL;
}

static void keep_mechanisms(struct draft *d, struct recommended *r, const struct probe *p)
{
    size_t n = p->n_auth < MECHANISMS_MAX ? p->n_auth : MECHANISMS_MAX;

    r->auth = n == 0 ? NULL : arena_alloc(d->arena, n, sizeof *r->auth);
    for (size_t i = 0; r->auth != NULL && i < n; i++)
        r->auth[r->n_auth++] = arena_peer_text(d->arena, p->auth[i], MECHANISM_MAX);
}

static void add(struct draft *d, const struct probe *p)
{
    struct recommended *r = find(d->d, p);

    if (r != NULL) {
        if (p->total_ms < r->total_ms)
            r->total_ms = p->total_ms;
        return;
    }
    r = ARENA_APPEND(d->arena, d->d->recommended, d->d->n_recommended, RECOMMENDED_MAX);
    if (r == NULL)
        return;
    r->host = arena_strdup(d->arena, p->host);
    r->port = p->port;
    r->mode = p->mode;
    r->total_ms = p->total_ms;
    keep_mechanisms(d, r, p);
}

static bool is_usable_submission(const struct evidence *e, const struct probe *p)
{
    return p->port != PORT_SMTP && p->host != NULL && seen_usable(e, p);
}

/* The last resort: a sign-in is offered there, and no submission port works. */
static bool is_usable_port_25(const struct evidence *e, const struct probe *p)
{
    return p->port == PORT_SMTP && p->host != NULL && p->n_auth > 0 && seen_usable(e, p);
}

/* Where another name is to be typed, its settings alone are of use. */
static void recommend_other(struct draft *d)
{
    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];

        if (seen_usable_instead(d->e, p) && strcmp(p->host, d->d->suggestion) == 0)
            add(d, p);
    }
}

static void recommend_host(struct draft *d)
{
    for (size_t i = 0; i < d->e->n_probes; i++) {
        if (is_usable_submission(d->e, &d->e->probes[i]))
            add(d, &d->e->probes[i]);
    }
    for (size_t i = 0; i < d->e->n_probes && d->d->n_recommended == 0; i++) {
        if (is_usable_port_25(d->e, &d->e->probes[i]))
            add(d, &d->e->probes[i]);
    }
}

void recommend(struct draft *d)
{
    const char *host = d->e->plan->host;

    if (d->d->suggestion != NULL && (host == NULL || strcmp(d->d->suggestion, host) != 0))
        recommend_other(d);
    else
        recommend_host(d);
    if (d->d->n_recommended > 1)
        qsort(d->d->recommended, d->d->n_recommended, sizeof *d->d->recommended, compare);
}
