/*
 * lookup - the addresses of one name, by DNS, the system and the hosts file
 *
 * The two views of a name are kept apart (what DNS says, what the programs of
 * this machine get), because where they differ is a story of its own.
 */
#include "probe/lookup.h"

#include <netdb.h>
#include <stdlib.h>

#include "base/clock.h"

enum {
    NEXT_RESOLVER_MS = 1000, /* of silence, then the one behind it is asked too */
    PARTIAL_MS = 3000,       /* one type answered: the other is not waited for longer */
    SYSTEM_GRACE_MS = 1000,  /* the system may still know a name that DNS does not */
    RESOLVERS_MAX = 16,
    TYPES = 2,
};

struct asked {
    struct lookup *lookup;
    struct question *question; /* NULL once answered */
    size_t query;              /* index into the view's queries */
};

struct lookup {
    struct lookup *next;
    struct lookup_spec spec;
    struct resolver *resolvers[RESOLVERS_MAX];
    uv_timer_t timer;
    double started_ms;
    size_t n_tried; /* resolvers asked so far */
    struct asked asked[RESOLVERS_MAX * TYPES];
    size_t n_asked;
    bool settled[TYPES]; /* some resolver has given a real answer to it */
    struct system_request *request;
    bool asking; /* an answer may come from inside the call */
    bool ended;
};

static struct name_view *lookup_view(struct lookup *l)
{
    return &l->spec.evidence->names[l->spec.name];
}

struct lookup **lookup_next(struct lookup *l)
{
    return &l->next;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct lookup *l = handle->data;

    l->spec.listener->gone(l->spec.user, l);
    free(l);
}

void lookup_stop(struct lookup *l)
{
    struct name_view *view = lookup_view(l);

    for (size_t i = 0; i < l->n_asked; i++) {
        struct asked *a = &l->asked[i];

        if (a->question == NULL)
            continue;
        question_abandon(a->question);
        view->queries[a->query].outcome = DNS_TIMEOUT;
        view->queries[a->query].duration_ms = clock_steady_ms() - l->started_ms;
    }
    if (l->request != NULL) {
        system_request_abandon(l->request);
        view->system = view->n_addresses > 0 ? DNS_SKIPPED : DNS_TIMEOUT;
    }
    if (view->duration_ms < 0)
        view->duration_ms = clock_steady_ms() - l->started_ms;
    l->ended = true;
    uv_close((uv_handle_t *)&l->timer, on_timer_closed);
}

static void lookup_end(struct lookup *l)
{
    if (l->ended)
        return;
    l->ended = true;
    uv_timer_stop(&l->timer);
    l->spec.listener->ended(l->spec.user, l->spec.name);
}

/* Adds an address, or another witness of one that is known. */
static void lookup_found(struct lookup *l, const struct address *a, int64_t ttl_s, enum address_source source)
{
    struct name_view *view = lookup_view(l);
    struct found_address *slot;

    for (size_t i = 0; i < view->n_addresses; i++) {
        if (!address_equal(&view->addresses[i].address, a))
            continue;
        view->addresses[i].sources |= (unsigned)source;
        if (view->addresses[i].ttl_s < 0)
            view->addresses[i].ttl_s = ttl_s;
        return;
    }
    slot = ARENA_APPEND(l->spec.evidence->arena, view->addresses, view->n_addresses, EVIDENCE_ADDRESSES_MAX);
    if (slot == NULL) {
        view->n_refused++;
        return;
    }
    *slot = (struct found_address){ .address = *a, .ttl_s = ttl_s, .sources = source };
    if (view->duration_ms < 0)
        view->duration_ms = clock_steady_ms() - l->started_ms;
    l->spec.listener->found(l->spec.user, l->spec.name, view->n_addresses - 1);
}

static bool is_answer(enum dns_outcome outcome)
{
    return outcome == DNS_OK || outcome == DNS_NO_DATA || outcome == DNS_NXDOMAIN;
}

static void lookup_ask_next(struct lookup *l);

static void on_patience_over(uv_timer_t *timer)
{
    struct lookup *l = timer->data;

    if (lookup_view(l)->n_addresses > 0)
        lookup_end(l);
}

static void on_grace_over(uv_timer_t *timer)
{
    lookup_end(timer->data);
}

/* A question is open whose type nobody has answered. */
static bool lookup_waits(struct lookup *l)
{
    for (size_t i = 0; i < l->n_asked; i++) {
        unsigned type = lookup_view(l)->queries[l->asked[i].query].type;

        if (l->asked[i].question != NULL && !l->settled[type])
            return true;
    }
    return false;
}

/* Where DNS and the system have both said what they know, or DNS knows enough, it is over. */
static void lookup_review(struct lookup *l)
{
    bool answered = l->settled[RECORD_A] && l->settled[RECORD_AAAA];

    if (l->ended || l->asking || (!answered && (lookup_waits(l) || l->n_tried < l->spec.n_resolvers)))
        return;
    if (l->request == NULL || lookup_view(l)->n_addresses > 0)
        lookup_end(l);
    else
        uv_timer_start(&l->timer, on_grace_over, SYSTEM_GRACE_MS, 0);
}

static void on_answer(void *user, const struct dns_answer *answer)
{
    struct asked *a = user;
    struct lookup *l = a->lookup;
    struct dns_query *query = &lookup_view(l)->queries[a->query];

    a->question = NULL;
    query->outcome = answer->outcome;
    query->duration_ms = answer->duration_ms;
    query->n_addresses = answer->n_addresses + answer->n_refused;
    query->canonical = answer->canonical[0] == '\0' ? NULL : arena_strdup(l->spec.evidence->arena, answer->canonical);
    if (l->ended)
        return;
    lookup_view(l)->n_refused += answer->n_refused;
    if (is_answer(answer->outcome))
        l->settled[answer->type] = true;
    for (size_t i = 0; i < answer->n_addresses; i++)
        lookup_found(l, &answer->addresses[i], answer->ttl_s[i], SOURCE_DNS);
    if (!l->settled[answer->type] && l->n_tried < l->spec.n_resolvers)
        lookup_ask_next(l);
    else
        lookup_review(l);
}

static void on_resolver_silent(uv_timer_t *timer)
{
    lookup_ask_next(timer->data);
}

static void lookup_ask(struct lookup *l, struct resolver *r, enum record_type type)
{
    struct name_view *view = lookup_view(l);
    struct dns_query *query = ARENA_APPEND(l->spec.evidence->arena, view->queries, view->n_queries, EVIDENCE_QUERIES_MAX);
    struct asked *a = &l->asked[l->n_asked];
    char server[ENDPOINT_TEXT_SIZE];
    struct err err = { 0 };

    if (query == NULL)
        return;
    query->type = type;
    query->resolver = arena_strdup(l->spec.evidence->arena, endpoint_format(resolver_server(r), server));
    query->duration_ms = -1;
    *a = (struct asked){ .lookup = l, .query = view->n_queries - 1 };
    l->n_asked++;
    if (!resolver_ask(&a->question, r, view->host, type, on_answer, a, &err))
        l->spec.evidence->incomplete = true;
}

static void lookup_ask_next(struct lookup *l)
{
    struct resolver *r;
    bool outermost = !l->asking;

    if (l->ended || l->n_tried == l->spec.n_resolvers)
        return;
    r = l->resolvers[l->n_tried++];
    if (l->n_tried < l->spec.n_resolvers)
        uv_timer_start(&l->timer, on_resolver_silent, NEXT_RESOLVER_MS, 0);
    else
        uv_timer_start(&l->timer, on_patience_over, PARTIAL_MS, 0);
    l->asking = true;
    for (unsigned type = 0; type < TYPES; type++) {
        if (!l->settled[type])
            lookup_ask(l, r, (enum record_type)type);
    }
    if (outermost) {
        l->asking = false;
        lookup_review(l);
    }
}

static enum dns_outcome outcome_of_system(const struct system_answer *answer)
{
    switch (answer->code) {
    case 0:
        return answer->n_addresses > 0 ? DNS_OK : DNS_NO_DATA;
    case EAI_NONAME:
        return DNS_NXDOMAIN;
    case EAI_NODATA:
        return DNS_NO_DATA;
    case EAI_AGAIN:
        return DNS_TIMEOUT;
    default:
        return DNS_SERVFAIL;
    }
}

static void on_system_answer(void *user, const struct system_answer *answer)
{
    struct lookup *l = user;
    struct name_view *view = lookup_view(l);

    l->request = NULL;
    view->system = outcome_of_system(answer);
    view->system_code = answer->code;
    if (l->ended)
        return;
    for (size_t i = 0; i < answer->n_addresses; i++)
        lookup_found(l, &answer->addresses[i], -1, SOURCE_SYSTEM);
    lookup_review(l);
}

static void lookup_read_hosts(struct lookup *l)
{
    for (unsigned family = 0; family < FAMILY_COUNT; family++) {
        struct address a;

        if (resolver_hosts_file(l->resolvers[0], lookup_view(l)->host, (enum family)family, &a))
            lookup_found(l, &a, -1, SOURCE_HOSTS);
    }
}

static void on_start(uv_timer_t *timer)
{
    struct lookup *l = timer->data;
    struct err err = { 0 };

    lookup_read_hosts(l);
    if (l->spec.system != NULL && system_view_ask(&l->request, l->spec.system, lookup_view(l)->host, on_system_answer, l,
                                                  &err)) {
        lookup_view(l)->system_asked = true;
        lookup_view(l)->system = DNS_TIMEOUT; /* until it answers */
    }
    lookup_ask_next(l);
}

bool lookup_start(struct lookup **ret, const struct lookup_spec *spec, struct err *err)
{
    struct lookup *l = calloc(1, sizeof *l);

    if (l == NULL)
        return err_set(err, ERR_NOMEM, 0, "looking a name up");
    l->spec = *spec;
    l->spec.n_resolvers = spec->n_resolvers < RESOLVERS_MAX ? spec->n_resolvers : RESOLVERS_MAX;
    for (size_t i = 0; i < l->spec.n_resolvers; i++)
        l->resolvers[i] = spec->resolvers[i];
    l->spec.resolvers = NULL; /* the caller's array may be on its stack */
    l->started_ms = clock_steady_ms();
    lookup_view(l)->duration_ms = -1;
    uv_timer_init(spec->loop, &l->timer);
    l->timer.data = l;
    uv_timer_start(&l->timer, on_start, 0, 0);
    *ret = l;
    return true;
}
