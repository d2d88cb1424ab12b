/*
 * plan_json - the Plan within a record
 */
#include "model/plan_json.h"

#include "model/plan.h"

enum {
    TIMEOUT_MAX_MS = 24 * 3600 * 1000,
    DAYS_MAX = 100000,
};

static void codec_listed_port(struct codec *c, void *item)
{
    codec_port(c, NULL, item);
}

static void codec_note(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a note of the plan");
    struct input_note *note = item;

    c->place = &place;
    CODEC_WORD(c, "flaw", note->flaw, input_flaw);
    CODEC_INTEGER(c, "column", note->column, 0, INT32_MAX);
    note->span = c->saving ? note->span : 1;
    if (codec_has(c, "span"))
        CODEC_INTEGER(c, "span", note->span, 0, INT32_MAX);
    CODEC_INTEGER(c, "code_point", note->code_point, 0, 0x10ffff);
}

static void codec_listed_resolver(struct codec *c, void *item)
{
    codec_endpoint(c, NULL, item);
}

static void codec_listed_file(struct codec *c, void *item)
{
    const char **path = item;

    codec_outside(c, NULL, path);
}

static void codec_port_map(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a port map of the plan");
    struct port_map *map = item;

    c->place = &place;
    codec_port(c, "meant", &map->meant);
    codec_port(c, "used", &map->used);
}

static void codec_time_server(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a time server of the plan");
    struct time_server *t = item;

    c->place = &place;
    codec_bool(c, "http", &t->http);
    codec_host(c, "host", &t->host);
    codec_port(c, "port", &t->port);
}

static void codec_control(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("a control of the plan");
    struct control *control = item;

    c->place = &place;
    codec_host(c, "host", &control->host);
    codec_port(c, "port", &control->port);
}

static void codec_incoming_server(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("an incoming server of the plan");
    struct incoming_server *server = item;

    c->place = &place;
    CODEC_WORD(c, "protocol", server->protocol, protocol);
    codec_host(c, "host", &server->host);
    codec_port(c, "port", &server->port);
    CODEC_WORD(c, "tls", server->mode, tls_mode);
}

void codec_plan(struct codec *c, void *item)
{
    static const struct codec_place place = CODEC_PLACE("the plan");
    struct plan *p = item;

    c->place = &place;
    codec_peer(c, "input", &p->input);
    codec_host_or_null(c, "host", &p->host);
    codec_address_or_null(c, "host_address", &p->host_is_address, &p->host_address);
    codec_text_or_null(c, "provider", &p->provider);
    codec_host_or_null(c, "suggestion", &p->suggestion);
    if (codec_has(c, "slip"))
        CODEC_WORD(c, "slip", p->slip, name_slip);
    if (codec_has(c, "slip_of"))
        codec_host_or_null(c, "slip_of", &p->slip_of);
    if (codec_has(c, "slip_in_address"))
        codec_bool(c, "slip_in_address", &p->slip_in_address);
    if (codec_has(c, "host_role"))
        CODEC_WORD(c, "host_role", p->host_role, host_role);
    if (codec_has(c, "is_setting"))
        codec_bool(c, "is_setting", &p->is_setting);
    codec_objects(c, "notes", &p->notes, &p->n_notes, sizeof *p->notes, PLAN_NOTES_MAX, codec_note);
    codec_list(c, "asked_ports", &p->asked_ports, &p->n_asked_ports, sizeof *p->asked_ports, PLAN_PORTS_MAX,
               codec_listed_port);
    codec_bool(c, "tls_asked", &p->tls_asked);
    CODEC_WORD(c, "tls", p->tls, tls_mode);
    codec_list(c, "ports", &p->ports, &p->n_ports, sizeof *p->ports, PLAN_PORTS_MAX, codec_listed_port);
    codec_object(c, "families", p->families, codec_families);
    codec_list(c, "resolvers", &p->resolvers, &p->n_resolvers, sizeof *p->resolvers, PLAN_RESOLVERS_MAX,
               codec_listed_resolver);
    codec_address_or_null(c, "address", &p->has_address, &p->address);
    codec_list(c, "ca_files", &p->ca_files, &p->n_ca_files, sizeof *p->ca_files, PLAN_CA_FILES_MAX,
               codec_listed_file);
    codec_bool(c, "system_ca", &p->system_ca);
    codec_objects(c, "port_maps", &p->port_maps, &p->n_port_maps, sizeof *p->port_maps, PLAN_PORT_MAPS_MAX,
                  codec_port_map);
    codec_text_or_null(c, "ehlo", &p->ehlo);
    CODEC_INTEGER(c, "timeout_ms", p->timeout_ms, 0, TIMEOUT_MAX_MS);
    if (codec_has(c, "time_servers"))
        codec_objects(c, "time_servers", &p->time_servers, &p->n_time_servers, sizeof *p->time_servers,
                      PLAN_TIME_SERVERS_MAX, codec_time_server);
    if (codec_has(c, "other_resolvers"))
        codec_list(c, "other_resolvers", &p->other_resolvers, &p->n_other_resolvers, sizeof *p->other_resolvers,
                   PLAN_RESOLVERS_MAX, codec_listed_resolver);
    if (codec_has(c, "controls"))
        codec_objects(c, "controls", &p->controls, &p->n_controls, sizeof *p->controls, PLAN_CONTROLS_MAX,
                      codec_control);
    if (codec_has(c, "no_clock"))
        codec_bool(c, "no_clock", &p->no_clock);
    if (codec_has(c, "only_target"))
        codec_bool(c, "only_target", &p->only_target);
    if (codec_has(c, "fetch"))
        codec_bool(c, "fetch", &p->fetch);
    if (codec_has(c, "warn_days")) {
        CODEC_INTEGER(c, "warn_days", p->warn_days, 0, DAYS_MAX);
        CODEC_INTEGER(c, "crit_days", p->crit_days, -1, DAYS_MAX);
        codec_outside_or_null(c, "cert_file", &p->cert_file);
        codec_outside_or_null(c, "key_file", &p->key_file);
    }
    if (codec_has(c, "warn_time_ms"))
        CODEC_INTEGER(c, "warn_time_ms", p->warn_time_ms, 0, TIMEOUT_MAX_MS);
    if (codec_has(c, "crit_time_ms"))
        CODEC_INTEGER(c, "crit_time_ms", p->crit_time_ms, 0, TIMEOUT_MAX_MS);
    if (codec_has(c, "last_step")) {
        codec_peer(c, "user", &p->user);
        if (!c->saving && p->user.len == 0)
            p->user = (struct peer_text){ 0 }; /* none is written as an empty one, and none can be empty */
        codec_text_or_null(c, "auth", &p->auth);
        codec_text_or_null(c, "send_to", &p->send_to);
        codec_text_or_null(c, "send_from", &p->send_from);
        CODEC_WORD(c, "last_step", p->last_step, last_step);
        codec_bool(c, "accept_look_alike", &p->accept_look_alike);
        codec_bool(c, "incoming", &p->incoming);
    }
    if (codec_has(c, "incoming_servers"))
        codec_objects(c, "incoming_servers", &p->incoming_servers, &p->n_incoming_servers,
                      sizeof *p->incoming_servers, PLAN_INCOMING_MAX, codec_incoming_server);
}
