/*
 * lookup - the addresses of one name, by DNS, the system and the hosts file
 *
 * The two views of a name are kept apart (what DNS says, what the programs of
 * this machine get), because where they differ is a story of its own.
 */
#include "probe/lookup.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "probe/file.h"
#include "probe/hosts_file.h"

enum {
    NEXT_RESOLVER_MS = 1000, /* of silence, then the one behind it is asked too */
    FAILING_MS = 1500,       /* nobody has said anything: why may be found out meanwhile */
    BRIEF_MS = 1500,
    HOPELESS_MS = 5000,      /* after the last resolver was asked, the query repeated several times */
    SILENT_MS = 2000,        /* all is known: who has not answered by then, asked twice, is silent */
    PARTIAL_MS = 3000,       /* one type answered: the other is not waited for longer */
    SYSTEM_GRACE_MS = 1000,  /* the system may still know a name that DNS does not */
    RESOLVERS_MAX = 16,
    TYPES = 2,
};

struct asked {
    struct lookup *lookup;
    struct question *question; /* NULL once answered */
    size_t query;              /* index into the view's queries */
    double asked_ms;
};

struct lookup {
    struct lookup *next;
    struct lookup_spec spec;
    struct resolver *resolvers[RESOLVERS_MAX];
    uv_timer_t timer;
    double started_ms;
    size_t n_tried; /* resolvers asked so far */
    double asked_ms; /* when the last of them was */
    struct asked asked[RESOLVERS_MAX * TYPES];
    size_t n_asked;
    bool settled[TYPES]; /* some resolver has given a real answer to it */
    struct system_request *request;
    bool told_silent;
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
    /* Who was interrupted has not been kept waiting. */
    enum dns_outcome unanswered = l->spec.evidence->interrupted ? DNS_SKIPPED : DNS_TIMEOUT;

    for (size_t i = 0; i < l->n_asked; i++) {
        struct asked *a = &l->asked[i];

        if (a->question == NULL)
            continue;
        question_abandon(a->question);
        view->queries[a->query].outcome = unanswered;
        view->queries[a->query].duration_ms = clock_steady_ms() - a->asked_ms;
    }
    if (l->request != NULL) {
        system_request_abandon(l->request);
        view->system = view->n_addresses > 0 ? DNS_SKIPPED : unanswered;
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
static void lookup_found(struct lookup *l, const struct address *a, int64_t ttl_s, enum address_source source,
                         size_t hosts_line)
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
    *slot = (struct found_address){
        .address = *a, .ttl_s = ttl_s, .sources = source, .hosts_line = hosts_line
    };
    if (view->duration_ms < 0)
        view->duration_ms = clock_steady_ms() - l->started_ms;
    l->spec.listener->found(l->spec.user, l->spec.name, view->n_addresses - 1);
}

static bool is_answer(enum dns_outcome outcome)
{
    return outcome == DNS_OK || outcome == DNS_NO_DATA || outcome == DNS_NXDOMAIN;
}

static void on_grace_over(uv_timer_t *timer)
{
    lookup_end(timer->data);
}

/* DNS has said what it knows: the system may still know more. */
static void lookup_finish(struct lookup *l)
{
    if (l->request == NULL || lookup_view(l)->n_addresses > 0)
        lookup_end(l);
    else
        uv_timer_start(&l->timer, on_grace_over, SYSTEM_GRACE_MS, 0);
}

/* A question is open to which nobody has given an answer. */
static bool waits_for(struct lookup *l, unsigned type)
{
    for (size_t i = 0; i < l->n_asked; i++) {
        if (l->asked[i].question != NULL && lookup_view(l)->queries[l->asked[i].query].type == type)
            return true;
    }
    return false;
}

static bool is_answered(const struct lookup *l)
{
    return l->settled[RECORD_A] && l->settled[RECORD_AAAA];
}

static bool dns_knows_address(struct lookup *l)
{
    const struct name_view *view = lookup_view(l);

    for (size_t i = 0; i < view->n_addresses; i++) {
        if ((view->addresses[i].sources & SOURCE_DNS) != 0)
            return true;
    }
    return false;
}

/* Those that were asked have failed, or say that there is no address: another one is asked for comparison. */
static bool has_failed(struct lookup *l)
{
    if (is_answered(l))
        return !dns_knows_address(l);
    return (!l->settled[RECORD_A] && !waits_for(l, RECORD_A)) ||
           (!l->settled[RECORD_AAAA] && !waits_for(l, RECORD_AAAA));
}

static void on_answer(void *user, const struct dns_answer *answer);

static void lookup_ask(struct lookup *l, struct resolver *r, enum record_type type)
{
    struct name_view *view = lookup_view(l);
    struct arena *arena = l->spec.evidence->arena;
    struct dns_query *query = ARENA_APPEND(arena, view->queries, view->n_queries, EVIDENCE_QUERIES_MAX);
    struct asked *a = &l->asked[l->n_asked];
    char server[ENDPOINT_TEXT_SIZE];
    struct err err = { 0 };

    if (query == NULL)
        return;
    query->type = type;
    query->duration_ms = -1;
    query->resolver = arena_strdup(arena, endpoint_format(resolver_server(r), server));
    if (query->resolver == NULL) {
        query->resolver = "";
        return;
    }
    *a = (struct asked){ .lookup = l, .query = view->n_queries - 1, .asked_ms = clock_steady_ms() };
    l->n_asked++;
    if (!resolver_ask(&a->question, r, view->host, type, on_answer, a, &err))
        l->spec.evidence->incomplete = true;
}

/* Asks one more resolver: for what is missing, or for all where answers are compared. */
static void lookup_ask_next(struct lookup *l)
{
    struct resolver *r = l->resolvers[l->n_tried++];
    bool all = l->spec.compare || is_answered(l);
    bool missing[TYPES] = { all || !l->settled[RECORD_A], all || !l->settled[RECORD_AAAA] };

    l->asked_ms = clock_steady_ms();
    l->asking = true;
    for (unsigned type = 0; type < TYPES; type++) {
        if (missing[type])
            lookup_ask(l, r, (enum record_type)type);
    }
    l->asking = false;
}

/* When the next resolver is to be asked; negative: not at all. */
static double next_resolver_due(struct lookup *l)
{
    if (l->n_tried == l->spec.n_resolvers)
        return -1;
    if (l->n_tried == 0 || l->spec.compare || has_failed(l))
        return 0;
    return is_answered(l) ? -1 : l->asked_ms + NEXT_RESOLVER_MS;
}

/* How long an open question is waited for. */
static double patience_ms(struct lookup *l)
{
    if (l->spec.brief)
        return BRIEF_MS;
    if (is_answered(l))
        return SILENT_MS;
    return lookup_view(l)->n_addresses > 0 ? PARTIAL_MS : HOPELESS_MS;
}

/* Until when open questions are waited for; 0: none is open. */
static double patience_due(struct lookup *l)
{
    double due = 0;

    for (size_t i = 0; i < l->n_asked; i++) {
        const struct asked *a = &l->asked[i];

        if (a->question != NULL && a->asked_ms + patience_ms(l) > due)
            due = a->asked_ms + patience_ms(l);
    }
    return due;
}

/* When its silence is to be told of; negative: it is not silent, or it was told. */
static double silence_due(struct lookup *l)
{
    bool silent = !l->told_silent && lookup_view(l)->n_addresses == 0 && !l->settled[RECORD_A] &&
                  !l->settled[RECORD_AAAA];

    return silent ? l->started_ms + FAILING_MS : -1;
}

static void on_due(uv_timer_t *timer);

/* Asks on, ends, or comes back when there is something to decide. */
static void lookup_review(struct lookup *l)
{
    double now_ms = clock_steady_ms();
    double next, patience, silence, due;

    if (l->ended || l->asking)
        return;
    for (next = next_resolver_due(l); next >= 0 && next <= now_ms; next = next_resolver_due(l))
        lookup_ask_next(l);
    patience = patience_due(l);
    if (next < 0 && patience <= now_ms) {
        lookup_finish(l);
        return;
    }
    silence = silence_due(l);
    if (silence >= 0 && silence <= now_ms) {
        l->told_silent = true;
        silence = -1;
        if (l->spec.listener->silent != NULL)
            l->spec.listener->silent(l->spec.user, l->spec.name);
    }
    due = next >= 0 && next < patience ? next : patience;
    due = silence >= 0 && silence < due ? silence : due;
    uv_timer_start(&l->timer, on_due, due > now_ms ? (uint64_t)(due - now_ms) + 1 : 0, 0);
}

static void on_due(uv_timer_t *timer)
{
    lookup_review(timer->data);
}

static void on_answer(void *user, const struct dns_answer *answer)
{
    struct asked *a = user;
    struct lookup *l = a->lookup;
    struct dns_query *query = &lookup_view(l)->queries[a->query];

    a->question = NULL;
    if (answer->own_errno != 0)
        evidence_note_trouble(l->spec.evidence, answer->own_errno);
    query->outcome = answer->outcome;
    query->duration_ms = answer->duration_ms;
    query->n_addresses = answer->n_addresses + answer->n_refused;
    if (answer->canonical[0] != '\0')
        query->canonical = arena_strdup(l->spec.evidence->arena, answer->canonical);
    if (l->ended)
        return;
    lookup_view(l)->n_refused += answer->n_refused;
    if (is_answer(answer->outcome))
        l->settled[answer->type] = true;
    for (size_t i = 0; i < answer->n_addresses; i++)
        lookup_found(l, &answer->addresses[i], answer->ttl_s[i], SOURCE_DNS, 0);
    lookup_review(l);
}

static enum dns_outcome outcome_of_system(const struct system_answer *answer)
{
    if (answer->own_errno != 0)
        return DNS_SKIPPED;
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
    if (answer->own_errno != 0)
        evidence_note_trouble(l->spec.evidence, answer->own_errno);
    view->system = outcome_of_system(answer);
    view->system_code = answer->code;
    if (l->ended)
        return;
    for (size_t i = 0; i < answer->n_addresses; i++)
        lookup_found(l, &answer->addresses[i], -1, SOURCE_SYSTEM, 0);
    lookup_review(l);
}

/* What can be read of it counts. */
static void read_own_file(struct lookup *l, struct buf *file, const char *path)
{
    if (!file_read(file, path) && err_is_shortage(errno))
        evidence_note_trouble(l->spec.evidence, errno);
}

static void lookup_read_hosts(struct lookup *l)
{
    struct hosts_reader reader = { 0 };
    struct hosts_entry entry;
    struct buf file, conf;
    bool all;

    buf_init(&file, HOSTS_FILE_MAX);
    buf_init(&conf, HOST_CONF_MAX);
    read_own_file(l, &file, HOSTS_FILE_PATH);
    read_own_file(l, &conf, HOST_CONF_PATH);
    reader.rest = (struct peer_text){ buf_borrow(&file), file.len };
    all = hosts_file_all_lines_count((struct peer_text){ buf_borrow(&conf), conf.len });
    while (hosts_file_next(&entry, &reader, lookup_view(l)->host)) {
        lookup_found(l, &entry.address, -1, SOURCE_HOSTS, entry.line);
        if (!all)
            break;
    }
    buf_done(&file);
    buf_done(&conf);
}

static void on_start(uv_timer_t *timer)
{
    struct lookup *l = timer->data;
    struct err err = { 0 };

    if (l->spec.hosts_file)
        lookup_read_hosts(l);
    if (l->spec.system != NULL && system_view_ask(&l->request, l->spec.system, lookup_view(l)->host, on_system_answer, l,
                                                  &err)) {
        lookup_view(l)->system_asked = true;
        lookup_view(l)->system = DNS_TIMEOUT; /* until it answers */
    }
    lookup_review(l);
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
