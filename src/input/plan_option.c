/*
 * plan_option - the options that make a Plan, by name: of a command line, a batch, a library call
 *
 * Looks at the names of files, never into them. Contacts nothing.
 */
#include "input/plan_option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/mail_address.h"
#include "base/mechanism.h"
#include "input/ehlo_name.h"
#include "input/hostname.h"
#include "input/hygiene.h"
#include "input/target.h"
#include "knowledge/control.h"
#include "knowledge/provider.h"

enum {
    DNS_PORT = 53,
    SNTP_PORT = 123,
    HTTP_PORT = 80,
    TIMEOUT_MIN_MS = 100,
    TIMEOUT_MAX_MS = 3600 * 1000,
};

static enum input_result set_port(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct plan *p = owner;
    uint16_t port;

    if (!port_parse(&port, value))
        return option_refuse(o, value, TEXT_USAGE_NOT_A_PORT, error);
    if (target_ask_port(p, port))
        return INPUT_OK;
    return arena_failed(p->arena) ? INPUT_NO_MEMORY : option_too_many(o, TARGET_PORTS_MAX, error);
}

static enum input_result set_tls(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct plan *p = owner;

    if (!tls_mode_parse(&p->tls, value))
        return option_refuse(o, value, TEXT_USAGE_NOT_KNOWN, error);
    p->tls_asked = true;
    return INPUT_OK;
}

static enum input_result set_host(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    (void)o;
    return target_read_setting(owner, value, error);
}

static enum input_result set_ipv4(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct plan *p = owner;

    (void)o, (void)value, (void)error;
    p->families[FAMILY_IPV6] = false;
    return INPUT_OK;
}

static enum input_result set_ipv6(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct plan *p = owner;

    (void)o, (void)value, (void)error;
    p->families[FAMILY_IPV4] = false;
    return INPUT_OK;
}

static enum input_result set_resolver(void *owner, const struct option_spec *o, const char *value,
                                      struct usage *error)
{
    struct plan *p = owner;
    struct endpoint resolver, *slot;

    if (!endpoint_parse(&resolver, value, DNS_PORT))
        return option_refuse(o, value, TEXT_USAGE_NOT_AN_ADDRESS, error);
    slot = ARENA_APPEND(p->arena, p->resolvers, p->n_resolvers, PLAN_RESOLVERS_MAX);
    if (slot == NULL)
        return arena_failed(p->arena) ? INPUT_NO_MEMORY : option_too_many(o, PLAN_RESOLVERS_MAX, error);
    *slot = resolver;
    return INPUT_OK;
}

static enum input_result set_address(void *owner, const struct option_spec *o, const char *value,
                                     struct usage *error)
{
    struct plan *p = owner;

    if (!address_parse(&p->address, value))
        return option_refuse(o, value, TEXT_USAGE_NOT_AN_ADDRESS, error);
    p->has_address = true;
    return INPUT_OK;
}

static enum input_result refuse_unreadable(const struct option_spec *o, const char *value, int problem,
                                           struct usage *error)
{
    option_refuse(o, value, TEXT_USAGE_UNREADABLE, error);
    usage_word(error, "reason", strerror(problem));
    return INPUT_USAGE;
}

/*
 * A file that the engine will load; what is in it shows then. A pipe might keep the check waiting for ever, and a
 * file without an end would be read for ever.
 */
static enum input_result check_file(const struct option_spec *o, const char *value, size_t max, struct usage *error)
{
    struct stat status;

    if (stat(value, &status) != 0 || access(value, R_OK) != 0)
        return refuse_unreadable(o, value, errno, error);
    if (S_ISDIR(status.st_mode))
        return refuse_unreadable(o, value, EISDIR, error);
    if (!S_ISREG(status.st_mode))
        return option_refuse(o, value, TEXT_USAGE_NO_ORDINARY_FILE, error);
    if (status.st_size > (off_t)max) {
        option_refuse(o, value, TEXT_USAGE_FILE_TOO_LARGE, error);
        usage_number(error, "number", (int64_t)(max >> 10));
        return INPUT_USAGE;
    }
    return INPUT_OK;
}

static enum input_result set_ca_file(void *owner, const struct option_spec *o, const char *value,
                                     struct usage *error)
{
    struct plan *p = owner;
    enum input_result result = check_file(o, value, PLAN_CA_FILE_MAX, error);
    const char *path, **slot;

    if (result != INPUT_OK)
        return result;
    path = arena_strdup(p->arena, value);
    if (path == NULL)
        return INPUT_NO_MEMORY;
    slot = ARENA_APPEND(p->arena, p->ca_files, p->n_ca_files, PLAN_CA_FILES_MAX);
    if (slot == NULL)
        return arena_failed(p->arena) ? INPUT_NO_MEMORY : option_too_many(o, PLAN_CA_FILES_MAX, error);
    *slot = path;
    return INPUT_OK;
}

static enum input_result set_no_system_ca(void *owner, const struct option_spec *o, const char *value,
                                          struct usage *error)
{
    struct plan *p = owner;

    (void)o, (void)value, (void)error;
    p->system_ca = false;
    return INPUT_OK;
}

static bool parse_port_map(struct port_map *ret, const char *value)
{
    char meant[8];
    const char *sign = strchr(value, '=');
    size_t len = sign == NULL ? 0 : (size_t)(sign - value);

    if (sign == NULL || len >= sizeof meant)
        return false;
    memcpy(meant, value, len);
    meant[len] = '\0';
    return port_parse(&ret->meant, meant) && port_parse(&ret->used, sign + 1);
}

static enum input_result set_map_port(void *owner, const struct option_spec *o, const char *value,
                                      struct usage *error)
{
    struct plan *p = owner;
    struct port_map map, *slot = NULL;

    if (!parse_port_map(&map, value))
        return option_refuse(o, value, TEXT_USAGE_NOT_A_MAP, error);
    for (size_t i = 0; slot == NULL && i < p->n_port_maps; i++) {
        if (p->port_maps[i].meant == map.meant)
            slot = &p->port_maps[i];
    }
    if (slot == NULL)
        slot = ARENA_APPEND(p->arena, p->port_maps, p->n_port_maps, PLAN_PORT_MAPS_MAX);
    if (slot == NULL)
        return arena_failed(p->arena) ? INPUT_NO_MEMORY : option_too_many(o, PLAN_PORT_MAPS_MAX, error);
    *slot = map;
    return INPUT_OK;
}

static enum input_result set_ehlo(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct plan *p = owner;
    const char *name = NULL;

    if (ehlo_name_read(&name, p->arena, value) != INPUT_OK)
        return INPUT_NO_MEMORY;
    if (name == NULL)
        return option_refuse(o, value, TEXT_USAGE_NOT_A_NAME, error);
    p->ehlo = name;
    return INPUT_OK;
}

/* Digits, and a fraction of which milliseconds count; read by hand, for strtod follows the locale. */
static bool parse_seconds(unsigned *ret_ms, const char *value)
{
    unsigned ms = 0;
    unsigned unit = 100;
    size_t digits = strspn(value, "0123456789");
    const char *fraction = value + digits;

    if (digits == 0 || digits > 4)
        return false;
    for (size_t i = 0; i < digits; i++)
        ms = ms * 10 + (unsigned)(value[i] - '0');
    ms *= 1000;
    if (*fraction == '.') {
        fraction++;
        digits = strspn(fraction, "0123456789");
        for (size_t i = 0; i < digits; i++, unit /= 10)
            ms += unit * (unsigned)(fraction[i] - '0');
        fraction = digits == 0 ? "?" : fraction + digits;
    }
    *ret_ms = ms;
    return *fraction == '\0' && ms >= TIMEOUT_MIN_MS && ms <= TIMEOUT_MAX_MS;
}

static enum input_result set_timeout(void *owner, const struct option_spec *o, const char *value,
                                     struct usage *error)
{
    struct plan *p = owner;
    unsigned ms;

    if (!parse_seconds(&ms, value))
        return option_refuse(o, value, TEXT_USAGE_NOT_A_TIME, error);
    p->timeout_ms = ms;
    return INPUT_OK;
}

/*
 * HOST or HOST:PORT, the host being a name or an address; *port stays as it is
 * where none is given. false where it is none of them or memory is short.
 */
static bool parse_host_and_port(const char **host, uint16_t *port, struct arena *arena, const char *value, size_t len)
{
    char *text = arena_printf(arena, "%.*s", (int)len, value);
    char printed[ADDRESS_TEXT_SIZE];
    struct endpoint at;
    char *colon;

    if (text == NULL)
        return false;
    if (endpoint_parse(&at, text, *port)) {
        *port = at.port;
        *host = arena_strdup(arena, address_format(&at.address, printed));
        return *host != NULL;
    }
    colon = strchr(text, ':');
    if (colon != NULL) {
        *colon = '\0';
        if (!port_parse(port, colon + 1))
            return false;
    }
    return hostname_parse(host, arena, text) == INPUT_OK && *host != NULL;
}

static bool parse_time_server(struct time_server *ret, struct arena *arena, const char *value)
{
    static const char scheme[] = "http://";
    size_t len = strlen(value);

    if (len > PLAN_INPUT_MAX)
        return false;
    *ret = (struct time_server){ .port = SNTP_PORT };
    if (strncasecmp(value, scheme, sizeof scheme - 1) == 0) {
        ret->http = true;
        ret->port = HTTP_PORT;
        value += sizeof scheme - 1;
        len -= sizeof scheme - 1;
        if (len > 0 && value[len - 1] == '/')
            len--;
    }
    return parse_host_and_port(&ret->host, &ret->port, arena, value, len);
}

static enum input_result set_time_server(void *owner, const struct option_spec *o, const char *value,
                                         struct usage *error)
{
    struct plan *p = owner;
    struct time_server server, *slot;
    bool read = parse_time_server(&server, p->arena, value);

    if (arena_failed(p->arena))
        return INPUT_NO_MEMORY;
    if (!read)
        return option_refuse(o, value, TEXT_USAGE_NOT_A_TIME_SERVER, error);
    slot = ARENA_APPEND(p->arena, p->time_servers, p->n_time_servers, PLAN_TIME_SERVERS_MAX);
    if (slot == NULL)
        return arena_failed(p->arena) ? INPUT_NO_MEMORY : option_too_many(o, PLAN_TIME_SERVERS_MAX, error);
    *slot = server;
    return INPUT_OK;
}

static enum input_result set_control(void *owner, const struct option_spec *o, const char *value,
                                     struct usage *error)
{
    struct plan *p = owner;
    struct control control = { 0 }, *slot;
    size_t len = strlen(value);
    bool read = len <= PLAN_INPUT_MAX && parse_host_and_port(&control.host, &control.port, p->arena, value, len);

    if (arena_failed(p->arena))
        return INPUT_NO_MEMORY;
    if (!read || control.port == 0)
        return option_refuse(o, value, TEXT_USAGE_NOT_A_CONTROL, error);
    slot = ARENA_APPEND(p->arena, p->controls, p->n_controls, PLAN_CONTROLS_MAX);
    if (slot == NULL)
        return arena_failed(p->arena) ? INPUT_NO_MEMORY : option_too_many(o, PLAN_CONTROLS_MAX, error);
    *slot = control;
    return INPUT_OK;
}

static enum input_result set_no_clock(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct plan *p = owner;

    (void)o, (void)value, (void)error;
    p->no_clock = true;
    return INPUT_OK;
}

static enum input_result set_only_target(void *owner, const struct option_spec *o, const char *value,
                                         struct usage *error)
{
    struct plan *p = owner;

    (void)o, (void)value, (void)error;
    p->only_target = true;
    return INPUT_OK;
}

static enum input_result set_fetch(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct plan *p = owner;

    (void)o, (void)value, (void)error;
    p->fetch = true;
    return INPUT_OK;
}

static bool parse_days(int *ret, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    int days = 0;

    if (digits == 0 || digits > 5 || value[digits] != '\0')
        return false;
    for (size_t i = 0; i < digits; i++)
        days = days * 10 + (value[i] - '0');
    *ret = days;
    return true;
}

static enum input_result set_warn_days(void *owner, const struct option_spec *o, const char *value,
                                       struct usage *error)
{
    struct plan *p = owner;

    return parse_days(&p->warn_days, value) ? INPUT_OK : option_refuse(o, value, TEXT_USAGE_NOT_DAYS, error);
}

static enum input_result set_crit_days(void *owner, const struct option_spec *o, const char *value,
                                       struct usage *error)
{
    struct plan *p = owner;

    return parse_days(&p->crit_days, value) ? INPUT_OK : option_refuse(o, value, TEXT_USAGE_NOT_DAYS, error);
}

static enum input_result keep_file(struct plan *p, const char **slot, const struct option_spec *o, const char *value,
                                   struct usage *error)
{
    enum input_result result = check_file(o, value, PLAN_IDENTITY_FILE_MAX, error);

    if (result != INPUT_OK)
        return result;
    *slot = arena_strdup(p->arena, value);
    return *slot == NULL ? INPUT_NO_MEMORY : INPUT_OK;
}

static enum input_result set_cert(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct plan *p = owner;

    return keep_file(p, &p->cert_file, o, value, error);
}

static enum input_result set_key(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct plan *p = owner;

    return keep_file(p, &p->key_file, o, value, error);
}

static enum input_result set_threshold(unsigned *ms, const struct option_spec *o, const char *value,
                                       struct usage *error)
{
    unsigned given;

    if (!parse_seconds(&given, value))
        return option_refuse(o, value, TEXT_USAGE_NOT_A_TIME, error);
    *ms = given;
    return INPUT_OK;
}

static enum input_result set_warn_time(void *owner, const struct option_spec *o, const char *value,
                                       struct usage *error)
{
    return set_threshold(&((struct plan *)owner)->warn_time_ms, o, value, error);
}

static enum input_result set_crit_time(void *owner, const struct option_spec *o, const char *value,
                                       struct usage *error)
{
    return set_threshold(&((struct plan *)owner)->crit_time_ms, o, value, error);
}

static enum input_result set_user(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct plan *p = owner;
    size_t len = strlen(value);

    if (len == 0 || len > PLAN_USER_MAX)
        return option_refuse(o, value, TEXT_USAGE_NOT_A_USER, error);
    p->user = arena_peer_text(p->arena, peer_text_of(value), PLAN_USER_MAX);
    return p->user.bytes == NULL ? INPUT_NO_MEMORY : INPUT_OK;
}

static enum input_result set_auth(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct plan *p = owner;
    const char *mechanism = mechanism_parse(value);

    if (mechanism == NULL)
        return option_refuse(o, value, TEXT_USAGE_NOT_KNOWN, error);
    p->auth = mechanism;
    return INPUT_OK;
}

static enum input_result keep_mail_address(struct plan *p, const char **slot, const struct option_spec *o,
                                           const char *value, struct usage *error)
{
    if (!mail_address_is_valid(peer_text_of(value)))
        return option_refuse(o, value, TEXT_USAGE_NOT_A_MAIL_ADDRESS, error);
    *slot = arena_strdup(p->arena, value);
    return *slot == NULL ? INPUT_NO_MEMORY : INPUT_OK;
}

static enum input_result set_send_to(void *owner, const struct option_spec *o, const char *value,
                                     struct usage *error)
{
    struct plan *p = owner;

    return keep_mail_address(p, &p->send_to, o, value, error);
}

static enum input_result set_from(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    struct plan *p = owner;

    return keep_mail_address(p, &p->send_from, o, value, error);
}

static enum input_result set_stop_after(void *owner, const struct option_spec *o, const char *value,
                                        struct usage *error)
{
    struct plan *p = owner;
    enum last_step step;

    if (!last_step_parse(&step, value) || step == LAST_STEP_ANY)
        return option_refuse(o, value, TEXT_USAGE_NOT_KNOWN, error);
    p->last_step = step;
    return INPUT_OK;
}

static enum input_result set_accept_look_alike(void *owner, const struct option_spec *o, const char *value,
                                               struct usage *error)
{
    (void)o, (void)value, (void)error;
    ((struct plan *)owner)->accept_look_alike = true;
    return INPUT_OK;
}

static enum input_result set_incoming(void *owner, const struct option_spec *o, const char *value, struct usage *error)
{
    (void)o, (void)value, (void)error;
    ((struct plan *)owner)->incoming = true;
    return INPUT_OK;
}

static const struct option_spec plan_options[] = {
    { "port", 'p', true, "PORT", TEXT_OPTION_PORT_HELP, TEXT_OPTION_PORT_ACCEPTED, set_port },
    { "tls", 0, false, "none|starttls|implicit", TEXT_OPTION_TLS_HELP, TEXT_NONE, set_tls },
    { "ipv4", '4', false, NULL, TEXT_OPTION_IPV4_HELP, TEXT_NONE, set_ipv4 },
    { "ipv6", '6', false, NULL, TEXT_OPTION_IPV6_HELP, TEXT_NONE, set_ipv6 },
    { "resolver", 0, true, "ADDR[:PORT]", TEXT_OPTION_RESOLVER_HELP, TEXT_OPTION_RESOLVER_ACCEPTED, set_resolver },
    { "address", 0, false, "ADDR", TEXT_OPTION_ADDRESS_HELP, TEXT_OPTION_ADDRESS_ACCEPTED, set_address },
    { "ca-file", 0, true, "FILE", TEXT_OPTION_CA_FILE_HELP, TEXT_OPTION_CA_FILE_ACCEPTED, set_ca_file },
    { "no-system-ca", 0, false, NULL, TEXT_OPTION_NO_SYSTEM_CA_HELP, TEXT_NONE, set_no_system_ca },
    { "map-port", 0, true, "A=B", TEXT_OPTION_MAP_PORT_HELP, TEXT_OPTION_MAP_PORT_ACCEPTED, set_map_port },
    { "ehlo", 0, false, "NAME", TEXT_OPTION_EHLO_HELP, TEXT_OPTION_EHLO_ACCEPTED, set_ehlo },
    { "timeout", 0, false, "SECONDS", TEXT_OPTION_TIMEOUT_HELP, TEXT_OPTION_TIMEOUT_ACCEPTED, set_timeout },
    { "time-server", 0, true, "HOST[:PORT]|http://HOST[:PORT]/", TEXT_OPTION_TIME_SERVER_HELP,
      TEXT_OPTION_TIME_SERVER_ACCEPTED, set_time_server },
    { "no-clock", 0, false, NULL, TEXT_OPTION_NO_CLOCK_HELP, TEXT_NONE, set_no_clock },
    { "control", 0, true, "HOST:PORT", TEXT_OPTION_CONTROL_HELP, TEXT_OPTION_CONTROL_ACCEPTED, set_control },
    { "only-target", 0, false, NULL, TEXT_OPTION_ONLY_TARGET_HELP, TEXT_NONE, set_only_target },
    { "warn-days", 0, false, "N", TEXT_OPTION_WARN_DAYS_HELP, TEXT_OPTION_DAYS_ACCEPTED, set_warn_days },
    { "crit-days", 0, false, "N", TEXT_OPTION_CRIT_DAYS_HELP, TEXT_OPTION_DAYS_ACCEPTED, set_crit_days },
    { "cert", 0, false, "FILE", TEXT_OPTION_CERT_HELP, TEXT_OPTION_CERT_ACCEPTED, set_cert },
    { "key", 0, false, "FILE", TEXT_OPTION_KEY_HELP, TEXT_OPTION_KEY_ACCEPTED, set_key },
    { "warn-time", 0, false, "SECONDS", TEXT_OPTION_WARN_TIME_HELP, TEXT_OPTION_WARN_TIME_ACCEPTED, set_warn_time },
    { "crit-time", 0, false, "SECONDS", TEXT_OPTION_CRIT_TIME_HELP, TEXT_OPTION_CRIT_TIME_ACCEPTED, set_crit_time },
    { "host", 0, false, "TEXT", TEXT_OPTION_HOST_HELP, TEXT_OPTION_HOST_ACCEPTED, set_host },
    { "fetch", 0, false, NULL, TEXT_OPTION_FETCH_HELP, TEXT_NONE, set_fetch },
    { "user", 0, false, "NAME", TEXT_OPTION_USER_HELP, TEXT_OPTION_USER_ACCEPTED, set_user },
    { "auth", 0, false, "MECH", TEXT_OPTION_AUTH_HELP, TEXT_OPTION_AUTH_ACCEPTED, set_auth },
    { "accept-look-alike", 0, false, NULL, TEXT_OPTION_ACCEPT_LOOK_ALIKE_HELP, TEXT_NONE, set_accept_look_alike },
    { "send-to", 0, false, "ADDRESS", TEXT_OPTION_SEND_TO_HELP, TEXT_OPTION_SEND_TO_ACCEPTED, set_send_to },
    { "from", 0, false, "ADDRESS", TEXT_OPTION_FROM_HELP, TEXT_OPTION_SEND_TO_ACCEPTED, set_from },
    { "stop-after", 0, false, "greeting|tls|auth|rcpt", TEXT_OPTION_STOP_AFTER_HELP, TEXT_NONE, set_stop_after },
    { "incoming", 0, false, NULL, TEXT_OPTION_INCOMING_HELP, TEXT_NONE, set_incoming },
};

const struct option_spec *plan_option_table(size_t *ret_n)
{
    *ret_n = sizeof plan_options / sizeof plan_options[0];
    return plan_options;
}

static enum input_result set_by_name(struct plan *p, const char *name, const char *value, struct usage *error)
{
    const struct option_spec *o;
    size_t n;

    if (strcmp(name, "target") == 0)
        return value == NULL ? usage_set(error, TEXT_USAGE_TARGET_MISSING) : target_read(p, value, error);
    o = option_by_name(plan_option_table(&n), sizeof plan_options / sizeof plan_options[0], name);
    return o == NULL ? option_unknown(name, error) : option_apply(o, p, value, error);
}

enum input_result input_set(struct plan *p, const char *name, const char *value, struct usage *error)
{
    enum input_result result = set_by_name(p, name, value, error);

    if (result == INPUT_USAGE && !usage_keep(error, p->arena))
        return INPUT_NO_MEMORY;
    return result;
}

/* An address that was named and an option that forbids its family leave nothing to test. */
static enum input_result check_family(struct plan *p, const struct address *a, struct usage *error)
{
    char text[ADDRESS_TEXT_SIZE];

    if (p->families[a->family])
        return INPUT_OK;
    usage_set(error, TEXT_USAGE_OTHER_FAMILY);
    usage_word(error, "option", a->family == FAMILY_IPV4 ? "ipv6" : "ipv4");
    usage_word(error, "address", address_format(a, text));
    return usage_keep(error, p->arena) ? INPUT_USAGE : INPUT_NO_MEMORY;
}

/* NULL when memory is short. */
static const char *user_as_address(struct plan *p)
{
    char *address = arena_alloc(p->arena, p->user.len + 1, 1);

    if (address != NULL) {
        memcpy(address, p->user.bytes, p->user.len);
        address[p->user.len] = '\0';
    }
    return address;
}

/* What is signed in with and sent, and where it is to stop. */
static enum input_result check_errand(struct plan *p, struct usage *error)
{
    bool to_recipient = p->last_step == LAST_STEP_RCPT;

    if (to_recipient && p->send_to == NULL)
        return usage_set(error, TEXT_USAGE_STOP_AT_RCPT);
    if (p->last_step != LAST_STEP_ANY && !to_recipient && p->send_to != NULL)
        return usage_set(error, TEXT_USAGE_STOP_BEFORE_SENDING);
    if (p->last_step == LAST_STEP_AUTH && p->user.bytes == NULL)
        return usage_set(error, TEXT_USAGE_STOP_AT_AUTH);
    if (p->auth != NULL && p->user.bytes == NULL)
        return usage_set(error, TEXT_USAGE_AUTH_WITHOUT_USER);
    if (p->send_from != NULL && p->send_to == NULL)
        return usage_set(error, TEXT_USAGE_FROM_WITHOUT_SEND_TO);
    if (p->send_to != NULL && p->send_from == NULL) {
        if (!mail_address_is_valid(p->user))
            return usage_set(error, TEXT_USAGE_FROM_MISSING);
        p->send_from = user_as_address(p);
        if (p->send_from == NULL)
            return INPUT_NO_MEMORY;
    }
    return INPUT_OK;
}

static enum input_result check_conflicts(struct plan *p, struct usage *error)
{
    enum input_result result = INPUT_OK;

    if (!p->families[FAMILY_IPV4] && !p->families[FAMILY_IPV6])
        return usage_set(error, TEXT_USAGE_BOTH_FAMILIES);
    if (!p->system_ca && p->n_ca_files == 0)
        return usage_set(error, TEXT_USAGE_NO_ROOTS);
    if ((p->cert_file == NULL) != (p->key_file == NULL))
        return usage_set(error, TEXT_USAGE_CERT_AND_KEY);
    if (p->incoming && p->only_target)
        return usage_set(error, TEXT_USAGE_INCOMING_FORBIDDEN);
    result = check_errand(p, error);
    if (result != INPUT_OK)
        return result;
    if (p->has_address)
        result = check_family(p, &p->address, error);
    else if (p->host_is_address)
        result = check_family(p, &p->host_address, error);
    return result;
}

static int compare_ports(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void add_port(struct plan *p, uint16_t port)
{
    for (size_t i = 0; i < p->n_ports; i++) {
        if (p->ports[i] == port)
            return;
    }
    p->ports[p->n_ports++] = port;
}

static bool provider_has_port(const char *host, uint16_t port)
{
    const struct provider *provider = host == NULL ? NULL : provider_by_host(host);

    for (size_t i = 0; provider != NULL && i < provider->n_hosts; i++) {
        if (provider->hosts[i].port == port && strcmp(provider->hosts[i].host, host) == 0)
            return true;
    }
    return false;
}

static bool choose_ports(struct plan *p)
{
    static const uint16_t usual[] = { 25, 465, 587 };

    p->n_ports = 0;
    p->ports = arena_alloc(p->arena, PLAN_PORTS_MAX, sizeof *p->ports);
    if (p->ports == NULL)
        return false;
    for (size_t i = 0; i < p->n_asked_ports; i++)
        add_port(p, p->asked_ports[i]);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        add_port(p, usual[i]);
    if (provider_has_port(p->host, 2525))
        add_port(p, 2525);
    qsort(p->ports, p->n_ports, sizeof *p->ports, compare_ports);
    return true;
}

/* What is contacted after a failure, where the user has not named it. */
static bool choose_controls(struct plan *p)
{
    const struct control_host *usual[CONTROLS_USUAL_MAX];
    size_t n = p->n_controls > 0 || p->only_target ? 0 : controls_usual(p->provider, usual);

    for (size_t i = 0; i < n; i++) {
        struct control *slot = ARENA_APPEND(p->arena, p->controls, p->n_controls, PLAN_CONTROLS_MAX);

        if (slot == NULL)
            return false;
        *slot = (struct control){ .host = usual[i]->host, .port = usual[i]->port };
    }
    return true;
}

/* Where the user has named DNS servers, no others are asked. */
static bool choose_other_resolvers(struct plan *p)
{
    const struct control_host *usual[CONTROLS_USUAL_MAX];
    size_t n = p->n_resolvers > 0 || p->only_target ? 0 : controls_resolvers(usual);

    for (size_t i = 0; i < n; i++) {
        struct endpoint *slot =
            ARENA_APPEND(p->arena, p->other_resolvers, p->n_other_resolvers, PLAN_RESOLVERS_MAX);

        if (slot == NULL)
            return false;
        slot->port = usual[i]->port;
        if (!address_parse(&slot->address, usual[i]->host))
            p->n_other_resolvers--;
    }
    return true;
}

/* Where mail is read, as far as it is known of this provider. */
static bool choose_incoming(struct plan *p)
{
    const struct provider *provider = p->provider == NULL ? NULL : provider_by_id(p->provider);

    for (size_t i = 0; p->incoming && provider != NULL && i < provider->n_incoming; i++) {
        const struct provider_incoming *from = &provider->incoming[i];
        const char *host = p->host == NULL ? NULL : provider_incoming_host(from, p->host);
        struct incoming_server *slot =
            host == NULL ? NULL
                         : ARENA_APPEND(p->arena, p->incoming_servers, p->n_incoming_servers, PLAN_INCOMING_MAX);

        if (slot != NULL)
            *slot = (struct incoming_server){ from->protocol, host, from->port, from->tls };
    }
    return !arena_failed(p->arena);
}

enum input_result input_finish(struct plan *p, struct usage *error)
{
    enum input_result result = check_conflicts(p, error);

    if (result != INPUT_OK)
        return result;
    if (p->input.bytes == NULL)
        target_default(p);
    return choose_ports(p) && choose_controls(p) && choose_other_resolvers(p) && choose_incoming(p) ? INPUT_OK : INPUT_NO_MEMORY;
}
