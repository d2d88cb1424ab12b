/*
 * escalate - what a failure calls for, beyond the target
 */
#include "probe/escalate.h"

#include "knowledge/provider.h"
#include "probe/patience.h"

/* ---- which failures matter ------------------------------------------------------- */

static bool has_failed(const struct probe *p)
{
    return p->outcome == PROBE_FAILED || p->outcome == PROBE_TIMEOUT;
}

/* Not connected, and will hardly be. */
static bool is_out_of_reach(const struct probe *p)
{
    if (has_failed(p))
        return p->stage == STAGE_CONNECT;
    return p->outcome == PROBE_RUNNING && p->stage == STAGE_CONNECT && patience_suspected(p->attempts);
}

/* Some mail client is to send by this port: the user said so, or the provider does. */
static bool is_needed(const struct evidence *e, const struct probe *p)
{
    const struct provider *provider = e->plan->provider == NULL ? NULL : provider_by_id(e->plan->provider);

    if (plan_asks_port(e->plan, p->port))
        return true;
    return p->port != 25 && provider != NULL && provider_serves(provider, e->plan->host, p->port, p->mode);
}

/* No port of the target can be reached, as far as they were tried. */
static bool all_out_of_reach(const struct evidence *e)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (p->role == ROLE_TARGET && p->outcome != PROBE_SKIPPED && !is_out_of_reach(p))
            return false;
    }
    return true;
}

static bool cannot_connect(const struct evidence *e, const struct probe *p)
{
    return is_out_of_reach(p) && p->fault != FAULT_LOCAL && (is_needed(e, p) || all_out_of_reach(e));
}

/* Connected, and the first word never came, or something else than SMTP did. */
static bool is_no_mail_server(const struct evidence *e, const struct probe *p)
{
    (void)e;
    if (p->outcome == PROBE_RUNNING)
        return p->stage == STAGE_GREETING || p->stage == STAGE_TLS;
    switch (p->fault) {
    case FAULT_NOT_SMTP:
    case FAULT_RESET:
    case FAULT_CLOSED:
    case FAULT_TLS:
        return true;
    case FAULT_SILENT:
        return p->stage == STAGE_GREETING || p->stage == STAGE_TLS;
    case FAULT_REPLY:
        return p->stage == STAGE_GREETING;
    default:
        return false;
    }
}

static const struct {
    bool (*shows)(const struct evidence *e, const struct probe *p);
    unsigned further;
} of_probes[] = {
    { cannot_connect, FURTHER_CONTROLS | FURTHER_RESOLVERS },
    { is_no_mail_server, FURTHER_CONTROLS | FURTHER_RESOLVERS },
};

/* Nobody said whether the name exists. */
static bool is_unanswered(const struct name_view *name)
{
    for (size_t i = 0; i < name->n_queries; i++) {
        enum dns_outcome outcome = name->queries[i].outcome;

        if (outcome == DNS_OK || outcome == DNS_NO_DATA || outcome == DNS_NXDOMAIN)
            return false;
    }
    return name->n_addresses == 0;
}

/* It does not exist, or has no address, or so it is said. */
static bool is_denied(const struct name_view *name)
{
    return name->n_addresses == 0;
}

static const struct {
    bool (*shows)(const struct name_view *name);
    unsigned further;
} of_names[] = {
    { is_unanswered, FURTHER_CONTROLS },
    { is_denied, FURTHER_RESOLVERS },
};

/* ---- the table, asked ------------------------------------------------------------ */

static unsigned permitted(const struct evidence *e, unsigned further)
{
    return e->plan->only_target ? 0 : further;
}

unsigned escalate_for_probe(const struct evidence *e, const struct probe *p)
{
    unsigned further = 0;

    if (p->role != ROLE_TARGET)
        return 0;
    for (size_t i = 0; i < sizeof of_probes / sizeof of_probes[0]; i++) {
        if (of_probes[i].shows(e, p))
            further |= of_probes[i].further;
    }
    return permitted(e, further);
}

unsigned escalate_for_certificate(const struct evidence *e)
{
    return permitted(e, FURTHER_CONTROLS);
}

unsigned escalate_for_name(const struct evidence *e, const struct name_view *name)
{
    unsigned further = 0;

    if (name->role != ROLE_TARGET)
        return 0;
    for (size_t i = 0; i < sizeof of_names / sizeof of_names[0]; i++) {
        if (of_names[i].shows(name))
            further |= of_names[i].further;
    }
    return permitted(e, further);
}

/* ---- the path ---------------------------------------------------------------------- */

/* Dropped, or forbidden by somebody on the way. */
static bool is_stopped(const struct evidence *e, const struct probe *p)
{
    bool silent = p->fault == FAULT_NONE || p->fault == FAULT_SILENT;

    return p->role == ROLE_TARGET && p->has_address && cannot_connect(e, p) &&
           (silent || p->fault == FAULT_PROHIBITED || p->fault == FAULT_UNREACHABLE) &&
           (p->port != 25 || plan_asks_port(e->plan, p->port));
}

static bool has_path(const struct evidence *e, enum family family)
{
    for (size_t i = 0; i < e->n_paths; i++) {
        if (e->paths[i].family == family)
            return true;
    }
    return false;
}

/* A probe that has connected; address NULL: to whichever. */
static int connected(const struct evidence *e, enum role role, enum family family, const struct address *address)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (p->role == role && p->family == family && p->connect_ms >= 0 &&
            (address == NULL || address_equal(&p->address, address)))
            return (int)i;
    }
    return -1;
}

static bool is_web(const struct probe *p)
{
    return p->port == 80 || p->port == 443;
}

/* Mail ports elsewhere were tried, all to the end, and none of them connected. */
static bool mail_is_stopped_everywhere(const struct evidence *e)
{
    bool tried = false;

    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (p->role != ROLE_CONTROL || is_web(p) || p->outcome == PROBE_SKIPPED)
            continue;
        if (p->outcome == PROBE_RUNNING || p->connect_ms >= 0)
            return false;
        tried = true;
    }
    return tried;
}

bool escalate_to_path(const struct evidence *e, struct stopped_port *ret)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];
        int open;

        if (!is_stopped(e, p) || has_path(e, p->family))
            continue;
        open = connected(e, ROLE_TARGET, p->family, &p->address);
        if (open < 0) {
            /* Where another address or family of the server connects, this is no matter of its port. */
            if (!has_failed(p) || p->fault == FAULT_UNREACHABLE || !all_out_of_reach(e) || !mail_is_stopped_everywhere(e))
                continue;
            open = connected(e, ROLE_CONTROL, p->family, NULL);
        }
        *ret = (struct stopped_port){ .blocked = i, .open = open };
        return true;
    }
    return false;
}

bool escalate_decides(const struct evidence *e)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (p->role == ROLE_TARGET && p->outcome == PROBE_OK && p->tls_ms >= 0)
            return false;
    }
    return true;
}
