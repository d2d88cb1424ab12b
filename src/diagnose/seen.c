/*
 * seen - questions to the Evidence that several rules ask
 *
 * Reads the Evidence and the provider table, and keeps nothing.
 */
#include "diagnose/seen.h"

#include <string.h>
#include <strings.h>

#include "diagnose/meaning.h"
#include "model/clock_estimate.h"

/*
 * Silence shorter than this says nothing: a SYN that is lost comes again after
 * one second (RFC 6298 section 2.1). The difference is for timers that fire early.
 */
static const double SILENCE_MEANS_MS = 990;

/* At the ceiling it says something sooner, but not of what had only just begun. */
static const double SILENCE_AT_CEILING_MS = 400;

/* ---- one probe ------------------------------------------------------------ */

static bool was_tried(const struct probe *p)
{
    return p->outcome == PROBE_OK || p->outcome == PROBE_FAILED || p->outcome == PROBE_TIMEOUT;
}

static bool is_silent(const struct probe *p)
{
    return p->fault == FAULT_SILENT || p->outcome == PROBE_TIMEOUT;
}

bool seen_silent(const struct evidence *e, const struct probe *p)
{
    return was_tried(p) && is_silent(p) && !e->interrupted &&
           p->total_ms >= (e->ceiling_reached ? SILENCE_AT_CEILING_MS : SILENCE_MEANS_MS);
}

bool seen_means_something(const struct evidence *e, const struct probe *p)
{
    return was_tried(p) && (p->outcome == PROBE_OK || !is_silent(p) || seen_silent(e, p));
}

bool seen_tells(const struct evidence *e, const struct probe *p)
{
    return p->role == ROLE_TARGET && seen_means_something(e, p);
}

static bool has_connected(const struct probe *p)
{
    return p->outcome == PROBE_OK || p->stage > STAGE_CONNECT || p->fault == FAULT_RESET ||
           p->fault == FAULT_CLOSED;
}

static enum reach reach_of(const struct evidence *e, const struct probe *p)
{
    if (!was_tried(p))
        return REACH_UNKNOWN;
    if (has_connected(p))
        return REACH_ANSWERED;
    if (is_silent(p))
        return seen_silent(e, p) ? REACH_BLOCKED : REACH_UNKNOWN;
    switch (p->fault) {
    case FAULT_REFUSED:
        return REACH_REFUSED;
    case FAULT_UNREACHABLE:
    case FAULT_PROHIBITED:
        return REACH_BLOCKED;
    case FAULT_LOCAL:
        return REACH_LOCAL;
    case FAULT_NO_ROUTE:
        return REACH_NO_ROUTE;
    case FAULT_NONE:
    case FAULT_SILENT:
    case FAULT_RESET:
    case FAULT_CLOSED:
    case FAULT_NOT_SMTP:
    case FAULT_TLS_EXPECTED:
    case FAULT_PLAIN_EXPECTED:
    case FAULT_REPLY:
    case FAULT_MALFORMED:
    case FAULT_STARTTLS_NOT_OFFERED:
    case FAULT_TLS:
    case FAULT_NO_MECHANISM:
    case FAULT_UNSAYABLE:
    case FAULT_UNVERIFIED:
    case FAULT_CHALLENGE:
    case FAULT_TOO_LARGE:
    case FAULT_SYSTEM:
        return REACH_UNKNOWN;
    }
    return REACH_UNKNOWN;
}

enum reach seen_reach(const struct evidence *e, const struct probe *p)
{
    return p->role == ROLE_TARGET ? reach_of(e, p) : REACH_UNKNOWN;
}

/* The first bytes of an answer came, and not the rest. */
static bool is_half(const struct probe *p)
{
    return p->fault == FAULT_SILENT && p->raw.len > 0;
}

/* TLS stands, or a greeting was read: what fails now fails in the middle. */
static bool is_under_way(const struct probe *p)
{
    switch (p->stage) {
    case STAGE_CONNECT:
        return false;
    case STAGE_GREETING:
        return is_half(p);
    case STAGE_TLS:
        return p->mode == TLS_MODE_STARTTLS || is_half(p);
    case STAGE_EHLO:
    case STAGE_STARTTLS:
    case STAGE_AUTH:
    case STAGE_MAIL:
    case STAGE_RCPT:
    case STAGE_DATA:
    case STAGE_MESSAGE:
    case STAGE_DONE:
        return true;
    }
    return true;
}

static bool in_starttls_handshake(const struct probe *p)
{
    return p->stage == STAGE_TLS && p->mode == TLS_MODE_STARTTLS;
}

bool seen_mismatch(const struct probe *p)
{
    /* What comes in clear behind STARTTLS is a handshake that fails. */
    return p->mode == TLS_MODE_IMPLICIT ? p->fault == FAULT_PLAIN_EXPECTED : p->fault == FAULT_TLS_EXPECTED;
}

static enum trouble trouble_of_cut(const struct probe *p)
{
    if (in_starttls_handshake(p))
        return TROUBLE_TLS;
    return p->fault == FAULT_CLOSED || is_under_way(p) ? TROUBLE_CLOSED : TROUBLE_RESET;
}

/* What is held against the address or the place of this side; the greeting and EHLO are too early for more. */
static enum trouble trouble_of_words(const struct evidence *e, const struct probe *p)
{
    struct reply_meaning m;

    if (!meaning_of_reply(&m, e, p->stage, &p->reply) || !m.by_text)
        return TROUBLE_NONE;
    switch (m.finding) {
    case FINDING_SEND_BLOCKLISTED:
        return TROUBLE_BLOCKLISTED;
    case FINDING_SEND_REVERSE_DNS:
        return TROUBLE_REVERSE_DNS;
    case FINDING_SEND_LOCATION_BLOCKED:
        return TROUBLE_LOCATION;
    default:
        return TROUBLE_NONE;
    }
}

/* 4.7.0 at EHLO is how it refuses "localhost" and the like; 4.3.0 and others are faults of its own. */
static bool is_relay_ehlo(const struct evidence *e, const struct probe *p)
{
    const struct refused_reply *r = &p->reply;

    return seen_is_relay(e) && p->stage == STAGE_EHLO &&
           (r->code >= 500 || r->enhanced[0] == 0 || (r->enhanced[1] == 7 && r->enhanced[2] == 0));
}

static enum trouble trouble_of_reply(const struct evidence *e, const struct probe *p)
{
    unsigned code = p->reply.code;
    enum trouble told;

    if (code < 400 || code > 599)
        return TROUBLE_PROTOCOL;
    if (p->stage == STAGE_STARTTLS && code != 421)
        return TROUBLE_STARTTLS_REJECTED;
    told = p->stage == STAGE_GREETING || p->stage == STAGE_EHLO ? trouble_of_words(e, p) : TROUBLE_NONE;
    if (told != TROUBLE_NONE)
        return told;
    if (p->stage == STAGE_EHLO && p->other_ehlo_accepted && !seen_is_relay(e))
        return TROUBLE_EHLO_NAME;
    if (meaning_in_words(e, p, FINDING_SMTP_THROTTLED))
        return TROUBLE_THROTTLED;
    if (is_relay_ehlo(e, p))
        return TROUBLE_RELAY_EHLO;
    return code < 500 ? TROUBLE_THROTTLED : TROUBLE_REJECTED;
}

enum trouble seen_trouble(const struct evidence *e, const struct probe *p)
{
    if (!seen_tells(e, p) || p->outcome == PROBE_OK || !has_connected(p))
        return TROUBLE_NONE;
    if (p->mode == TLS_MODE_NONE && seen_clear_works(e, p))
        return TROUBLE_NONE; /* MAIL was refused for want of a sign-in that is offered */
    if (is_silent(p) && p->stage == STAGE_TLS && p->small_segments_ok)
        return TROUBLE_BLACK_HOLE;
    if (is_silent(p))
        return is_under_way(p) ? TROUBLE_STALLED : TROUBLE_NO_GREETING;
    switch (p->fault) {
    case FAULT_RESET:
    case FAULT_CLOSED:
    case FAULT_REFUSED: /* these five: what the system says of a connection that it lost */
    case FAULT_UNREACHABLE:
    case FAULT_PROHIBITED:
    case FAULT_LOCAL:
    case FAULT_NO_ROUTE:
        return trouble_of_cut(p);
    case FAULT_NOT_SMTP:
        return in_starttls_handshake(p) ? TROUBLE_TLS : TROUBLE_NOT_SMTP;
    case FAULT_TLS_EXPECTED:
        return TROUBLE_NOT_SMTP;
    case FAULT_REPLY:
        return trouble_of_reply(e, p);
    case FAULT_MALFORMED:
        return TROUBLE_PROTOCOL;
    case FAULT_STARTTLS_NOT_OFFERED:
        return TROUBLE_STARTTLS_MISSING;
    case FAULT_TLS:
    case FAULT_PLAIN_EXPECTED:
        return TROUBLE_TLS;
    case FAULT_NONE:
    case FAULT_NO_MECHANISM:
    case FAULT_UNSAYABLE:
    case FAULT_UNVERIFIED:
    case FAULT_CHALLENGE:
    case FAULT_TOO_LARGE:
    case FAULT_SYSTEM:
    case FAULT_SILENT:
        return TROUBLE_OURS;
    }
    return TROUBLE_OURS;
}

/* The same address and port of the target. */
static bool same_endpoint(const struct probe *a, const struct probe *b)
{
    return a->role == ROLE_TARGET && b->role == ROLE_TARGET && a->port == b->port &&
           a->has_address == b->has_address && (!a->has_address || address_equal(&a->address, &b->address));
}

bool seen_stops_early(const struct evidence *e)
{
    return e->plan->last_step == LAST_STEP_GREETING || e->plan->last_step == LAST_STEP_TLS;
}

bool seen_encrypted(const struct probe *p)
{
    return p->role == ROLE_TARGET && p->outcome == PROBE_OK && p->mode != TLS_MODE_NONE;
}

/* For probes of any role. */
static bool is_usable(const struct evidence *e, const struct probe *p)
{
    if (p->outcome != PROBE_OK || p->mode == TLS_MODE_NONE || p->n_injected > 0)
        return false;
    if (p->n_auth == 0 && p->port != PORT_SMTP && !seen_stops_early(e))
        return false;
    if (p->chain < 0 && e->plan->last_step == LAST_STEP_GREETING)
        return true; /* it did not come as far as the certificate */
    return p->chain >= 0 && (size_t)p->chain < e->n_chains && seen_chain_fine(e, &e->chains[p->chain]);
}

bool seen_usable(const struct evidence *e, const struct probe *p)
{
    return p->role == ROLE_TARGET && is_usable(e, p);
}

bool seen_usable_instead(const struct evidence *e, const struct probe *p)
{
    return p->role == ROLE_SUGGESTION && is_usable(e, p);
}

bool seen_clear_ehlo(const struct evidence *e, const struct probe *p)
{
    if (!seen_tells(e, p) || seen_stops_early(e))
        return false;
    if (p->mode == TLS_MODE_STARTTLS)
        return p->fault == FAULT_STARTTLS_NOT_OFFERED;
    return p->mode == TLS_MODE_NONE && (p->outcome == PROBE_OK || p->stage == STAGE_MAIL);
}

bool seen_demands_tls(const struct probe *p)
{
    struct peer_text text = p->reply.text;

    if (p->mode != TLS_MODE_NONE || p->fault != FAULT_REPLY || p->stage < STAGE_AUTH)
        return false;
    if (p->reply.code == 538)
        return true;
    return p->reply.code == 530 && ((p->starttls_offered && p->n_auth == 0) ||
                                    (text.len > 0 && memmem(text.bytes, text.len, "TLS", 3) != NULL));
}

bool seen_clear_works(const struct evidence *e, const struct probe *p)
{
    if (!seen_clear_ehlo(e, p) || seen_demands_tls(p))
        return false;
    if (p->n_auth > 0)
        return true;
    if (p->port == PORT_SMTP)
        return p->fault != FAULT_REPLY;
    return p->mail_accepted && !p->starttls_offered;
}

/* ---- certificates --------------------------------------------------------- */

/* What is not certain counts as open. */
static int window_of(const struct evidence *e, const struct certificate *c)
{
    if (clock_earliest_s(e) > c->not_after)
        return WINDOW_ENDED;
    return clock_latest_s(e) < c->not_before ? WINDOW_AHEAD : WINDOW_OPEN;
}

size_t seen_needed(const struct chain *c)
{
    return c->n_needed > 0 && c->n_needed < c->n_certificates ? c->n_needed : c->n_certificates;
}

int seen_window(const struct evidence *e, const struct chain *c, int window)
{
    for (size_t i = 0; i < seen_needed(c); i++) {
        bool is_extra = i > 0 && c->certificates[i].self_issued;

        if (!is_extra && window_of(e, &c->certificates[i]) == window)
            return (int)i;
    }
    return -1;
}

bool seen_in_time(const struct evidence *e, const struct chain *c)
{
    return seen_window(e, c, WINDOW_ENDED) < 0 && seen_window(e, c, WINDOW_AHEAD) < 0;
}

int seen_local_flaw(const struct evidence *e, const struct chain *c)
{
    int64_t now = e->started_wall_ms / 1000;

    for (size_t i = 0; i < c->n_certificates; i++) {
        bool is_extra = i > 0 && c->certificates[i].self_issued;

        if (!is_extra && (now > c->certificates[i].not_after || now < c->certificates[i].not_before))
            return (int)i;
    }
    return -1;
}

bool seen_chain_fine(const struct evidence *e, const struct chain *c)
{
    return c->judged && c->trusted && c->name_matches && c->n_certificates > 0 && seen_in_time(e, c);
}

/* ---- ports of the target -------------------------------------------------- */

enum reach seen_family_port_reach(const struct evidence *e, enum family family, uint16_t port)
{
    enum reach best = REACH_UNKNOWN;

    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (p->family == family && p->port == port && seen_reach(e, p) > best)
            best = seen_reach(e, p);
    }
    return best;
}

bool seen_family_answers(const struct evidence *e, enum family family)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        if (e->probes[i].family == family && seen_reach(e, &e->probes[i]) >= REACH_REFUSED)
            return true;
    }
    return false;
}

bool seen_host_answers(const struct evidence *e)
{
    return seen_family_answers(e, FAMILY_IPV4) || seen_family_answers(e, FAMILY_IPV6);
}

bool seen_family_broken(const struct evidence *e, enum family family)
{
    enum family other = family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4;
    bool other_connects = false;

    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];
        enum reach reach = p->family == family ? seen_reach(e, p) : REACH_UNKNOWN;

        /* Tried means that there was a way to this address, if not to the whole internet. */
        if (reach == REACH_UNKNOWN || (reach == REACH_NO_ROUTE && !e->has_route[family]))
            continue;
        if (reach == REACH_ANSWERED || reach == REACH_LOCAL)
            return false;
        other_connects = other_connects || seen_family_port_reach(e, other, p->port) == REACH_ANSWERED;
    }
    return other_connects;
}

bool seen_mode_works(const struct evidence *e, uint16_t port, enum tls_mode mode)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (p->role == ROLE_TARGET && p->port == port && p->mode == mode && p->outcome == PROBE_OK)
            return true;
    }
    return false;
}

bool seen_port_encrypted(const struct evidence *e, uint16_t port)
{
    return seen_mode_works(e, port, TLS_MODE_STARTTLS) || seen_mode_works(e, port, TLS_MODE_IMPLICIT);
}

/*
 * How much a failure tells beside those of the other modes of its endpoint. A
 * mode that does not fit the server says the least; a dialogue that was under
 * way the most.
 */
static int weight_of(const struct evidence *e, const struct probe *p)
{
    int weight = 0;

    switch (seen_trouble(e, p)) {
    case TROUBLE_NONE:
    case TROUBLE_OURS:
        return 0;
    case TROUBLE_NO_GREETING:
    case TROUBLE_RESET:
    case TROUBLE_CLOSED:
        weight = is_under_way(p) ? 4 : 2;
        break;
    case TROUBLE_TLS:
        weight = p->mode == TLS_MODE_IMPLICIT ? 3 : 4;
        break;
    case TROUBLE_NOT_SMTP:
    case TROUBLE_BLOCKLISTED:
    case TROUBLE_REVERSE_DNS:
    case TROUBLE_LOCATION:
    case TROUBLE_EHLO_NAME:
    case TROUBLE_RELAY_EHLO:
    case TROUBLE_REJECTED:
    case TROUBLE_THROTTLED:
    case TROUBLE_PROTOCOL:
    case TROUBLE_STALLED:
    case TROUBLE_BLACK_HOLE:
    case TROUBLE_STARTTLS_MISSING:
    case TROUBLE_STARTTLS_REJECTED:
        weight = 4;
        break;
    }
    if (seen_mismatch(p))
        weight = 1;
    weight = weight * 4 + (p->mode == plan_usual_mode(p->port)) - 2 * (p->mode == TLS_MODE_NONE);
    return weight < 1 ? 1 : weight;
}

int seen_spokesman(const struct evidence *e, size_t probe)
{
    int best = -1;

    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (!same_endpoint(p, &e->probes[probe]))
            continue;
        if (seen_encrypted(p))
            return -1;
        if (weight_of(e, p) > (best < 0 ? 0 : weight_of(e, &e->probes[best])))
            best = (int)i;
    }
    return best;
}

/* ---- the user's settings -------------------------------------------------- */

const struct provider *seen_provider(const struct evidence *e)
{
    return e->plan->provider == NULL ? NULL : provider_by_id(e->plan->provider);
}

bool seen_is_relay(const struct evidence *e)
{
    return e->plan->provider != NULL && strcmp(e->plan->provider, "gmail-relay") == 0;
}

bool seen_provider_port(const struct evidence *e, uint16_t port)
{
    const struct provider *provider = seen_provider(e);

    if (provider == NULL || e->plan->host == NULL)
        return false;
    for (unsigned mode = 0; mode < TLS_MODE_COUNT; mode++) {
        if (provider_serves(provider, e->plan->host, port, (enum tls_mode)mode))
            return true;
    }
    return false;
}

bool seen_known_host(const struct evidence *e)
{
    const struct provider *provider = seen_provider(e);

    for (size_t i = 0; provider != NULL && e->plan->host != NULL && i < provider->n_hosts; i++) {
        if (strcasecmp(provider->hosts[i].host, e->plan->host) == 0)
            return true;
    }
    return false;
}

bool seen_asks(const struct evidence *e, uint16_t port)
{
    const struct plan *plan = e->plan;

    if (plan->n_asked_ports > 0)
        return plan_asks_port(plan, port);
    return plan->tls_asked && port != PORT_SMTP && plan_usual_mode(port) == plan->tls;
}

bool seen_counts(const struct evidence *e, uint16_t port)
{
    if (seen_asks(e, port))
        return true;
    if (port == PORT_SMTP)
        return false;
    return !seen_known_host(e) || seen_provider_port(e, port);
}

/* The host shows elsewhere that it can encrypt: in a port that works, or by offering STARTTLS. */
static bool host_encrypts(const struct evidence *e)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (p->role == ROLE_TARGET && (seen_encrypted(p) || p->starttls_offered))
            return true;
    }
    return false;
}

static bool provider_encrypts(const struct evidence *e, uint16_t port)
{
    const struct provider *provider = seen_provider(e);

    return provider != NULL && e->plan->host != NULL &&
           (provider_serves(provider, e->plan->host, port, TLS_MODE_STARTTLS) ||
            provider_serves(provider, e->plan->host, port, TLS_MODE_IMPLICIT));
}

static bool port_works_in_clear(const struct evidence *e, uint16_t port)
{
    for (size_t i = 0; i < e->n_probes; i++) {
        if (e->probes[i].port == port && seen_clear_works(e, &e->probes[i]))
            return true;
    }
    return false;
}

bool seen_clear_is_all(const struct evidence *e, uint16_t port)
{
    const struct plan *plan = e->plan;

    if (!port_works_in_clear(e, port))
        return false;
    if (plan->tls_asked)
        return plan->tls == TLS_MODE_NONE;
    return !host_encrypts(e) && !provider_encrypts(e, port);
}

bool seen_setting_works(const struct evidence *e, uint16_t port)
{
    const struct plan *plan = e->plan;

    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        if (p->port == port && seen_usable(e, p) && (!plan->tls_asked || p->mode == plan->tls))
            return true;
    }
    return seen_clear_is_all(e, port);
}

bool seen_can_send(const struct evidence *e)
{
    const struct plan *plan = e->plan;

    for (size_t i = 0; i < plan->n_asked_ports; i++) {
        if (!seen_setting_works(e, plan->asked_ports[i]))
            return false;
    }
    if (plan->n_asked_ports > 0)
        return true;
    for (size_t i = 0; i < plan->n_ports; i++) {
        if (plan->ports[i] != PORT_SMTP && seen_setting_works(e, plan->ports[i]))
            return true;
    }
    return false;
}

/* ---- names and other hosts ------------------------------------------------ */

bool seen_has_address(const struct evidence *e)
{
    const struct name_view *name = evidence_target_name(e);

    if (name == NULL)
        return e->n_names == 0 && e->n_probes > 0;
    for (size_t i = 0; i < name->n_addresses; i++) {
        if (e->plan->families[name->addresses[i].address.family])
            return true;
    }
    return false;
}

const struct name_view *seen_other_view(const struct evidence *e, const char *host)
{
    for (size_t i = 0; i < e->n_names; i++) {
        if (e->names[i].role == ROLE_CONTROL && strcmp(e->names[i].host, host) == 0)
            return &e->names[i];
    }
    return NULL;
}

bool seen_is_mail_port(uint16_t port)
{
    return port == PORT_SMTP || port == PORT_SUBMISSIONS || port == PORT_SUBMISSION ||
           port == PORT_SUBMISSION_OTHER;
}

/* It went to where DNS sends every name, one that there is not included: that says nothing of the host meant. */
static bool is_led_astray(const struct evidence *e, const struct probe *p)
{
    const struct name_view *none = seen_other_view(e, EVIDENCE_NO_SUCH_NAME);

    for (size_t i = 0; none != NULL && i < none->n_addresses; i++) {
        if (address_equal(&none->addresses[i].address, &p->address))
            return true;
    }
    return false;
}

static bool control_tells(const struct evidence *e, const struct probe *p)
{
    return p->role == ROLE_CONTROL && seen_means_something(e, p) && !is_led_astray(e, p);
}

enum control_state seen_family_controls(const struct evidence *e, enum family family)
{
    enum control_state state = CONTROLS_UNTRIED;

    for (size_t i = 0; i < e->n_probes; i++) {
        if (e->probes[i].family != family || !control_tells(e, &e->probes[i]))
            continue;
        if (e->probes[i].outcome == PROBE_OK || e->probes[i].connect_ms >= 0)
            return CONTROLS_ANSWER;
        state = CONTROLS_SILENT;
    }
    return state;
}

struct seen_controls seen_controls(const struct evidence *e)
{
    struct seen_controls c = { .mail_works = -1, .mail_fails = -1, .other_works = -1, .other_fails = -1 };

    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];
        bool mail = seen_is_mail_port(p->port);
        bool works = p->outcome == PROBE_OK;
        int *which = mail ? (works ? &c.mail_works : &c.mail_fails)
                          : (works ? &c.other_works : &c.other_fails);

        if (!control_tells(e, p))
            continue;
        c.n_tried++;
        if (*which < 0)
            *which = (int)i;
    }
    return c;
}
