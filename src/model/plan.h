/*
 * plan - what is to be found out: the target as typed, and every permission
 *
 * Made by input/, never changed after a check has started, and part of the
 * Evidence, because rules judge what the user typed. Secrets are never in it.
 */
#ifndef SMTPDX_MODEL_PLAN_H
#define SMTPDX_MODEL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/host_role.h"
#include "base/peer_text.h"
#include "base/protocol.h"
#include "base/tls_mode.h"

/* What is odd about the bytes that were typed; each note points at one place. */
enum input_flaw {
    INPUT_FLAW_WHITESPACE,  /* a blank, line end or invisible character */
    INPUT_FLAW_EMPTY_LABEL,
    INPUT_FLAW_LONG_LABEL,  /* over 63 octets */
    INPUT_FLAW_LONG_NAME,   /* over 253 octets */
    INPUT_FLAW_CHARACTER,   /* not allowed in a host name */
    INPUT_FLAW_PORT,        /* outside 1-65535 */
    INPUT_FLAW_EMPTY,       /* nothing is left of it */
    INPUT_FLAW_CONFUSABLE,  /* stands in for an ASCII character that it looks like */
    INPUT_FLAW_DECORATION,  /* no part of a host name: quotes, brackets, a scheme, a path */
    INPUT_FLAW_SLIP,        /* here it departs from a known server's name */
};

struct input_note {
    enum input_flaw flaw;
    size_t column;       /* in characters, from 1; 0 where it is about the whole */
    size_t span;         /* so many characters from there on */
    uint32_t code_point; /* of the first of them; 0 where it is about no character */
};

/* How a name departs from a known server's. */
enum name_slip {
    SLIP_NONE,
    SLIP_LETTER,    /* a wrong one */
    SLIP_MISSING,   /* one too few */
    SLIP_EXTRA,     /* one too many */
    SLIP_EXCHANGED, /* two letters */
    SLIP_LABELS,    /* two labels exchanged */
    SLIP_DOT,       /* left out, too many, or something else in its place */
    SLIP_ENDING,    /* the last label */
    SLIP_SEVERAL,
};

struct port_map {
    uint16_t meant;
    uint16_t used;
};

/* Whom to ask for the time. */
struct time_server {
    bool http; /* the Date of an HTTP reply, else SNTP */
    const char *host; /* A-label name or address */
    uint16_t port;
};

/* An endpoint elsewhere, which tells 'their fault' from 'our network'. */
struct control {
    const char *host; /* A-label name or address */
    uint16_t port;
};

/* The step that is the last one to be taken. */
enum last_step {
    LAST_STEP_ANY, /* as far as all else allows */
    LAST_STEP_GREETING,
    LAST_STEP_TLS,
    LAST_STEP_AUTH,
    LAST_STEP_RCPT, /* RCPT TO is answered, and no message follows */
};

/* Where mail is read. */
struct incoming_server {
    enum protocol protocol; /* IMAP or POP3 */
    const char *host;       /* A-label name */
    uint16_t port;
    enum tls_mode mode;
};

enum {
    PLAN_INPUT_MAX = 4096, /* bytes kept of what was typed */
    PLAN_NOTES_MAX = 64,
    PLAN_PORTS_MAX = 32,
    PLAN_RESOLVERS_MAX = 8,
    PLAN_CA_FILES_MAX = 16,
    PLAN_CA_FILE_MAX = 8 << 20,         /* bytes; the roots of a whole system are 200 KB */
    PLAN_IDENTITY_FILE_MAX = 256 << 10, /* bytes of a client certificate or its key */
    PLAN_PORT_MAPS_MAX = 32,
    PLAN_TIME_SERVERS_MAX = 8,
    PLAN_CONTROLS_MAX = 8,
    PLAN_INCOMING_MAX = 8,
    PLAN_USER_MAX = 512, /* bytes of a user name; RFC 5321 gives 254 to an address */
};

struct plan {
    struct arena *arena; /* everything below lives in it */

    struct peer_text input; /* the target, bytes as typed; bytes NULL where the default was taken */
    const char *host;       /* A-label name or address, cleaned; NULL where none can be made of it */
    bool host_is_address;
    struct address host_address;
    const char *provider;   /* id of data/providers.toml, or NULL */
    const char *suggestion; /* the name that was probably meant, where it differs from what was typed */
    enum name_slip slip;    /* how the name departs from slip_of */
    const char *slip_of;    /* a known name that it is so close to, or NULL: a server's ... */
    bool slip_in_address;   /* ... or the mail domain behind the @ of what was typed */
    enum host_role host_role; /* what the host is known to be there for, where that is not sending */
    bool is_setting;        /* --host: the very content of a mail program's box for the server */
    struct input_note *notes;
    size_t n_notes;

    uint16_t *asked_ports; /* the user's own setting (-p, or a port in the target) */
    size_t n_asked_ports;
    bool tls_asked; /* --tls, or the scheme of the target */
    enum tls_mode tls;

    uint16_t *ports; /* every port to try, ascending, asked ones included */
    size_t n_ports;
    bool families[FAMILY_COUNT];

    struct endpoint *resolvers; /* instead of the system's */
    size_t n_resolvers;
    struct endpoint *other_resolvers; /* asked after a failure, to compare with those in use */
    size_t n_other_resolvers;
    bool has_address; /* --address: the one to test */
    struct address address;
    const char **ca_files;
    size_t n_ca_files;
    bool system_ca;
    struct port_map *port_maps;
    size_t n_port_maps;
    const char *ehlo; /* what to greet with; NULL: an address literal */
    unsigned timeout_ms;

    struct time_server *time_servers; /* instead of the usual ones */
    size_t n_time_servers;
    struct control *controls; /* contacted after a failure alone */
    size_t n_controls;
    bool no_clock;    /* the local clock is taken as it is */
    bool only_target; /* contact nothing but the target and the resolver */
    bool fetch;       /* --fetch: issuers and OCSP answers that certificates name */
    int warn_days; /* a certificate that ends sooner is told of */
    int crit_days; /* ... and is critical; -1: none is */
    const char *cert_file; /* client certificate and its key, PEM; NULL: none is shown */
    const char *key_file;
    unsigned warn_time_ms; /* --warn-time, --crit-time: 0 for none */
    unsigned crit_time_ms;

    struct peer_text user;   /* --user: signs in with it, bytes as typed; bytes NULL: no sign-in */
    const char *auth;        /* --auth: the mechanism, in capitals; NULL: the best in common */
    const char *send_to;     /* --send-to: the recipient of a test message; NULL: nothing is sent */
    const char *send_from;   /* --from; NULL: the user name */
    enum last_step last_step; /* --stop-after */
    bool accept_look_alike;  /* signs in although the name is one slip away from a known server's */
    bool incoming;           /* --incoming: the provider's IMAP and POP servers too */
    struct incoming_server *incoming_servers; /* those; none where they are not known */
    size_t n_incoming_servers;
};

/* errors: NULL when memory is short */
struct plan *plan_new(void);
struct plan *plan_free(struct plan *p);

/* A deep copy into another arena, for the Evidence. false when memory is short. */
bool plan_copy(struct plan *ret, struct arena *arena, const struct plan *from);

/* The port that is really connected to where `port` is meant (--map-port). */
uint16_t plan_dial_port(const struct plan *p, uint16_t port);

bool plan_asks_port(const struct plan *p, uint16_t port);

/* The row of incoming_servers; NULL where there is none. */
const struct incoming_server *plan_incoming_server(const struct plan *p, const char *host, uint16_t port);

/* A connection beyond the matrix is called for: one that signs in, or sends. */
bool plan_has_errand(const struct plan *p);

/* The name that was meant is another than the host: it is probed as well. */
bool plan_suggests_other(const struct plan *p);

/* The words of records. */
const char *last_step_word(enum last_step step);
bool last_step_parse(enum last_step *ret, const char *word);
const char *name_slip_word(enum name_slip slip);
bool name_slip_parse(enum name_slip *ret, const char *word);
const char *input_flaw_word(enum input_flaw flaw);
bool input_flaw_parse(enum input_flaw *ret, const char *word);

/* How a client talks to this port unless told otherwise: 465 implicit, others STARTTLS. */
enum tls_mode plan_usual_mode(uint16_t port);

#endif
