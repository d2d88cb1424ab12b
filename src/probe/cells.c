/*
 * cells - the rows of the matrix: which endpoints and modes there are, tried or not
 */
#include "probe/cells.h"

static const struct incoming_server *incoming_server(const struct evidence *e, const struct cell_owner *o,
                                                     uint16_t port)
{
    return o->role == ROLE_INCOMING ? plan_incoming_server(e->plan, o->host, port) : NULL;
}

bool cells_belong(const struct cell_owner *o, const struct probe *p)
{
    return p->role == o->role && p->host == o->host;
}

void cells_put_one(struct evidence *e, const struct cell_owner *o, enum family family, const struct address *address,
                   uint16_t port, enum tls_mode mode)
{
    const struct incoming_server *server = incoming_server(e, o, port);
    struct probe *p = ARENA_APPEND(e->arena, e->probes, e->n_probes, EVIDENCE_PROBES_MAX);

    if (p == NULL) {
        e->incomplete = true;
        return;
    }
    *p = (struct probe){
        .role = o->role,
        .protocol = server == NULL ? PROTOCOL_SMTP : server->protocol,
        .host = o->host,
        .family = family,
        .port = port,
        .dial_port = plan_dial_port(e->plan, port),
        .mode = mode,
        .skip = e->plan->families[family] ? SKIP_NOT_NEEDED : SKIP_NOT_ASKED,
    };
    probe_clear(p);
    if (address != NULL) {
        p->has_address = true;
        p->address = *address;
    }
}

void cells_put(struct evidence *e, const struct cell_owner *o, enum family family, const struct address *address,
               uint16_t port)
{
    const struct incoming_server *server = incoming_server(e, o, port);

    if (server != NULL) {
        cells_put_one(e, o, family, address, port, server->mode);
        return;
    }
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++)
        cells_put_one(e, o, family, address, port, (enum tls_mode)mode);
}

int cells_find(const struct evidence *e, const struct cell_owner *o, const struct address *address, uint16_t port,
               enum tls_mode mode)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (cells_belong(o, p) && p->has_address && p->port == port && p->mode == mode &&
            address_equal(&p->address, address))
            return (int)i;
    }
    return -1;
}

bool cells_claim(struct evidence *e, const struct cell_owner *o, const struct address *address)
{
    bool claimed = false;

    for (size_t i = 0; i < e->n_probes; i++) {
        struct probe *p = &e->probes[i];

        if (!cells_belong(o, p) || p->family != address->family || p->has_address)
            continue;
        p->has_address = true;
        p->address = *address;
        claimed = true;
    }
    return claimed;
}

void cells_skip(struct evidence *e, const struct cell_owner *o, const struct address *address,
                enum skip_reason reason)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        struct probe *p = &e->probes[i];

        if (cells_belong(o, p) && p->has_address && address_equal(&p->address, address) &&
            p->outcome == PROBE_SKIPPED)
            p->skip = reason;
    }
}

void cells_skip_empty(struct evidence *e, const struct cell_owner *o, enum family family, enum skip_reason reason)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        struct probe *p = &e->probes[i];

        if (cells_belong(o, p) && p->family == family && !p->has_address && p->outcome == PROBE_SKIPPED &&
            p->skip != SKIP_NOT_ASKED)
            p->skip = reason;
    }
}
