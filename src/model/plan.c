#include "model/plan.h"

#include <string.h>

#include "model/word.h"

enum {
    PLAN_ARENA_CEILING = 1 << 20,
    DEFAULT_TIMEOUT_MS = 10000,
    DEFAULT_WARN_DAYS = 21,
};

struct plan *plan_new(void)
{
    struct arena *arena = arena_new(PLAN_ARENA_CEILING);
    struct plan *p = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *p);

    if (p == NULL) {
        arena_free(arena);
        return NULL;
    }
    p->arena = arena;
    p->families[FAMILY_IPV4] = p->families[FAMILY_IPV6] = true;
    p->system_ca = true;
    p->timeout_ms = DEFAULT_TIMEOUT_MS;
    p->warn_days = DEFAULT_WARN_DAYS;
    p->crit_days = -1;
    return p;
}

struct plan *plan_free(struct plan *p)
{
    if (p != NULL)
        arena_free(p->arena);
    return NULL;
}

/* A copy of n elements; NULL for none. */
static void *copy_array(struct arena *arena, const void *elements, size_t n, size_t size)
{
    void *copy = n == 0 ? NULL : arena_alloc(arena, n, size);

    if (copy != NULL)
        memcpy(copy, elements, n * size);
    return copy;
}

bool plan_copy(struct plan *ret, struct arena *arena, const struct plan *from)
{
    struct plan p = *from;

    p.arena = arena;
    if (from->input.bytes != NULL)
        p.input = arena_peer_text(arena, from->input, PLAN_INPUT_MAX);
    p.host = arena_strdup(arena, from->host);
    p.provider = arena_strdup(arena, from->provider);
    p.suggestion = arena_strdup(arena, from->suggestion);
    p.slip_of = arena_strdup(arena, from->slip_of);
    p.ehlo = arena_strdup(arena, from->ehlo);
    p.cert_file = arena_strdup(arena, from->cert_file);
    p.key_file = arena_strdup(arena, from->key_file);
    if (from->user.bytes != NULL)
        p.user = arena_peer_text(arena, from->user, PLAN_USER_MAX);
    p.auth = arena_strdup(arena, from->auth);
    p.send_to = arena_strdup(arena, from->send_to);
    p.send_from = arena_strdup(arena, from->send_from);
    p.notes = copy_array(arena, from->notes, from->n_notes, sizeof *p.notes);
    p.asked_ports = copy_array(arena, from->asked_ports, from->n_asked_ports, sizeof *p.asked_ports);
    p.ports = copy_array(arena, from->ports, from->n_ports, sizeof *p.ports);
    p.resolvers = copy_array(arena, from->resolvers, from->n_resolvers, sizeof *p.resolvers);
    p.other_resolvers =
        copy_array(arena, from->other_resolvers, from->n_other_resolvers, sizeof *p.other_resolvers);
    p.port_maps = copy_array(arena, from->port_maps, from->n_port_maps, sizeof *p.port_maps);
    p.ca_files = copy_array(arena, from->ca_files, from->n_ca_files, sizeof *p.ca_files);
    p.time_servers = copy_array(arena, from->time_servers, from->n_time_servers, sizeof *p.time_servers);
    for (size_t i = 0; p.time_servers != NULL && i < p.n_time_servers; i++)
        p.time_servers[i].host = arena_strdup(arena, from->time_servers[i].host);
    p.controls = copy_array(arena, from->controls, from->n_controls, sizeof *p.controls);
    for (size_t i = 0; p.controls != NULL && i < p.n_controls; i++)
        p.controls[i].host = arena_strdup(arena, from->controls[i].host);
    p.incoming_servers =
        copy_array(arena, from->incoming_servers, from->n_incoming_servers, sizeof *p.incoming_servers);
    for (size_t i = 0; p.incoming_servers != NULL && i < p.n_incoming_servers; i++)
        p.incoming_servers[i].host = arena_strdup(arena, from->incoming_servers[i].host);
    for (size_t i = 0; p.ca_files != NULL && i < p.n_ca_files; i++)
        p.ca_files[i] = arena_strdup(arena, from->ca_files[i]);
    if (arena_failed(arena))
        return false;
    *ret = p;
    return true;
}

uint16_t plan_dial_port(const struct plan *p, uint16_t port)
{
    for (size_t i = 0; i < p->n_port_maps; i++) {
        if (p->port_maps[i].meant == port)
            return p->port_maps[i].used;
    }
    return port;
}

bool plan_asks_port(const struct plan *p, uint16_t port)
{
    for (size_t i = 0; i < p->n_asked_ports; i++) {
        if (p->asked_ports[i] == port)
            return true;
    }
    return false;
}

bool plan_has_errand(const struct plan *p)
{
    return p->last_step != LAST_STEP_GREETING && p->last_step != LAST_STEP_TLS &&
           (p->user.bytes != NULL || p->send_to != NULL);
}

const struct incoming_server *plan_incoming_server(const struct plan *p, const char *host, uint16_t port)
{
    for (size_t i = 0; i < p->n_incoming_servers; i++) {
        const struct incoming_server *server = &p->incoming_servers[i];

        if (server->port == port && strcmp(server->host, host) == 0)
            return server;
    }
    return NULL;
}

bool plan_suggests_other(const struct plan *p)
{
    return p->suggestion != NULL && (p->host == NULL || strcmp(p->suggestion, p->host) != 0);
}

enum tls_mode plan_usual_mode(uint16_t port)
{
    return port == 465 ? TLS_MODE_IMPLICIT : TLS_MODE_STARTTLS;
}

static const char *const input_flaw_words[] = {
    [INPUT_FLAW_WHITESPACE] = "whitespace", [INPUT_FLAW_EMPTY_LABEL] = "empty-label",
    [INPUT_FLAW_LONG_LABEL] = "long-label", [INPUT_FLAW_LONG_NAME] = "long-name",
    [INPUT_FLAW_CHARACTER] = "character",   [INPUT_FLAW_PORT] = "port",
    [INPUT_FLAW_EMPTY] = "empty",           [INPUT_FLAW_CONFUSABLE] = "confusable",
    [INPUT_FLAW_DECORATION] = "decoration", [INPUT_FLAW_SLIP] = "slip",
};
WORD_FUNCTIONS(input_flaw, input_flaw_words)

static const char *const last_step_words[] = {
    [LAST_STEP_ANY] = "any",   [LAST_STEP_GREETING] = "greeting", [LAST_STEP_TLS] = "tls",
    [LAST_STEP_AUTH] = "auth", [LAST_STEP_RCPT] = "rcpt",
};
WORD_FUNCTIONS(last_step, last_step_words)

static const char *const name_slip_words[] = {
    [SLIP_NONE] = "none",           [SLIP_LETTER] = "letter", [SLIP_MISSING] = "missing",
    [SLIP_EXTRA] = "extra",         [SLIP_EXCHANGED] = "exchanged", [SLIP_LABELS] = "labels",
    [SLIP_DOT] = "dot",             [SLIP_ENDING] = "ending", [SLIP_SEVERAL] = "several",
};
WORD_FUNCTIONS(name_slip, name_slip_words)
