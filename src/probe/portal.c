/*
 * portal - whether a network answers in place of the world: one page that is known to be empty
 */
#include "probe/portal.h"

#include <stdlib.h>

#include "base/clock.h"
#include "probe/http.h"

enum {
    PATIENCE_MS = 2000, /* nothing hangs on it that is worth a longer wait */
    PAGE_MAX = 1024,    /* that there is one is all that counts */
};

struct portal {
    struct portal *next; /* the site's list */
    struct portal_spec spec;
    struct http *http;
    double started_ms;
    bool over;
    bool stopped;
};

struct portal **portal_next(struct portal *p)
{
    return &p->next;
}

bool portal_is_over(const struct portal *p)
{
    return p->over;
}

static void end(struct portal *p, enum probe_outcome outcome, enum stage stage, enum fault fault)
{
    struct probe *cell = &p->spec.evidence->probes[p->spec.cell];

    p->over = true;
    cell->outcome = outcome;
    cell->stage = stage;
    cell->fault = fault;
    cell->skip = outcome == PROBE_SKIPPED ? SKIP_STOPPED : SKIP_NONE;
    cell->total_ms = clock_steady_ms() - p->started_ms;
}

static void on_told(void *user, const struct http_result *r)
{
    struct portal *p = user;
    struct evidence *e = p->spec.evidence;
    struct probe *cell = &e->probes[p->spec.cell];

    switch (r->outcome) {
    case HTTP_SILENT:
        end(p, PROBE_TIMEOUT, STAGE_CONNECT, FAULT_SILENT);
        break;
    case HTTP_NO_ANSWER:
        end(p, PROBE_FAILED, STAGE_CONNECT, FAULT_UNREACHABLE);
        break;
    case HTTP_REPLY:
    case HTTP_TOO_LONG:
    case HTTP_NO_HTTP:
        /* It is reached at any rate; what it says is for the rules. */
        cell->http_status = r->status;
        cell->http_location = arena_peer_text(e->arena, r->location, HTTP_LOCATION_MAX);
        cell->http_page = r->body.len > 0 || r->outcome == HTTP_TOO_LONG;
        end(p, PROBE_OK, STAGE_DONE, FAULT_NONE);
        break;
    }
    p->spec.listener->over(p->spec.user, p);
}

static void on_gone(void *user)
{
    struct portal *p = user;

    p->spec.listener->gone(p->spec.user, p);
    free(p);
}

static const struct http_listener http_ears = { .told = on_told, .gone = on_gone };

bool portal_start(struct portal **ret, const struct portal_spec *spec, struct err *err)
{
    struct probe *cell = &spec->evidence->probes[spec->cell];
    struct portal *p = calloc(1, sizeof *p);
    struct http_spec request = {
        .loop = spec->loop,
        .host = cell->host,
        .port = cell->port,
        .path = "/generate_204",
        .to = { .address = cell->address, .port = cell->dial_port },
        .body_max = PAGE_MAX,
        .timeout_ms = PATIENCE_MS,
        .listener = &http_ears,
        .user = p,
    };

    if (p == NULL)
        return err_set(err, ERR_NOMEM, 0, "asking for a page");
    p->spec = *spec;
    p->started_ms = clock_steady_ms();
    if (!http_start(&p->http, &request, err)) {
        free(p);
        return false;
    }
    cell->outcome = PROBE_RUNNING;
    cell->skip = SKIP_NONE;
    cell->started_ms = p->started_ms - spec->check_started_ms;
    *ret = p;
    return true;
}

void portal_stop(struct portal *p, enum probe_outcome outcome)
{
    if (p->stopped)
        return;
    p->stopped = true;
    if (!p->over)
        end(p, outcome, STAGE_CONNECT, outcome == PROBE_TIMEOUT ? FAULT_SILENT : FAULT_NONE);
    http_stop(p->http);
}
