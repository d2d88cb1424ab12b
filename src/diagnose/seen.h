/*
 * seen - questions to the Evidence that several rules ask
 *
 * Each answer is a plain value, found by looking through the probes; nothing is
 * kept. What was cut short (an interrupt, a wait too short to mean anything)
 * never counts as a failure.
 */
#ifndef SMTPDX_DIAGNOSE_SEEN_H
#define SMTPDX_DIAGNOSE_SEEN_H

#include "knowledge/provider.h"
#include "model/evidence.h"

enum { PORT_SMTP = 25, PORT_SUBMISSIONS = 465, PORT_SUBMISSION = 587, PORT_SUBMISSION_OTHER = 2525 };

/* How far a TCP connection came; the best of several is the greatest. */
enum reach {
    REACH_UNKNOWN,  /* not tried, or cut short */
    REACH_NO_ROUTE, /* this machine has no way there */
    REACH_LOCAL,    /* this machine forbids it */
    REACH_BLOCKED,  /* silently dropped, or an ICMP refusal on the way */
    REACH_REFUSED,  /* the host itself refuses */
    REACH_ANSWERED, /* connected */
};

/* What is wrong behind a connection that stands; one of these for every fault. */
enum trouble {
    TROUBLE_NONE,
    TROUBLE_RESET,
    TROUBLE_NO_GREETING,
    TROUBLE_NOT_SMTP,
    TROUBLE_BLOCKLISTED,
    TROUBLE_REVERSE_DNS,
    TROUBLE_LOCATION,
    TROUBLE_EHLO_NAME,
    TROUBLE_RELAY_EHLO, /* the relay of Google Workspace takes a name for none */
    TROUBLE_REJECTED,
    TROUBLE_THROTTLED,
    TROUBLE_PROTOCOL,
    TROUBLE_CLOSED,
    TROUBLE_STALLED,
    TROUBLE_BLACK_HOLE, /* full-sized packets vanish on the way, small ones pass */
    TROUBLE_STARTTLS_MISSING,
    TROUBLE_STARTTLS_REJECTED,
    TROUBLE_TLS,
    TROUBLE_OURS, /* this side could not go on: says nothing about the server */
};

/* --stop-after: no connection was to come as far as EHLO, so that what it would have offered is not told. */
bool seen_stops_early(const struct evidence *e);

/* ---- one probe ---- */

/* A probe of any role that was tried and whose result means something. */
bool seen_means_something(const struct evidence *e, const struct probe *p);

/* A probe of the target that was tried and whose result means something. */
bool seen_tells(const struct evidence *e, const struct probe *p);

/* Nothing came, and the wait was long enough to say so. */
bool seen_silent(const struct evidence *e, const struct probe *p);

enum reach seen_reach(const struct evidence *e, const struct probe *p);
enum trouble seen_trouble(const struct evidence *e, const struct probe *p);

/* The first bytes show that the server speaks the other mode. */
bool seen_mismatch(const struct probe *p);

/* The dialogue came to its end inside TLS. */
bool seen_encrypted(const struct probe *p);

/* A client that checks certificates and wants to sign in can send this way. */
bool seen_usable(const struct evidence *e, const struct probe *p);

/* The same of the server that was meant. */
bool seen_usable_instead(const struct evidence *e, const struct probe *p);

/* The server could be spoken to in clear, and showed its EHLO keywords there. */
bool seen_clear_ehlo(const struct evidence *e, const struct probe *p);

/* What the server said to MAIL in clear is that encryption comes first (RFC 4954 section 6, RFC 3207 section 4). */
bool seen_demands_tls(const struct probe *p);

/* A client can send in clear this way. */
bool seen_clear_works(const struct evidence *e, const struct probe *p);

/* ---- certificates ---- */

enum { WINDOW_OPEN = 0, WINDOW_ENDED = 1, WINDOW_AHEAD = 2 };

/* So many from the leaf on matter to a client; what is sent beyond them is idle. */
size_t seen_needed(const struct chain *c);

/*
 * The first certificate that a client needs in whose window true time, as far as
 * it is known, stands like that, -1 for none; without an estimate it is the
 * local clock. A root that is sent along counts not: a client has its own, or none.
 */
int seen_window(const struct evidence *e, const struct chain *c, int window);

/* Every window is open at the true time. */
bool seen_in_time(const struct evidence *e, const struct chain *c);

/* The first certificate that is out of date by the local clock alone, right or wrong; -1 for none. */
int seen_local_flaw(const struct evidence *e, const struct chain *c);

/* A client whose clock is right would take it: trusted, for this name, and in time. */
bool seen_chain_fine(const struct evidence *e, const struct chain *c);

/* ---- ports of the target ---- */

enum reach seen_family_port_reach(const struct evidence *e, enum family family, uint16_t port);

/* The host sent something back over TCP, be it a refusal. */
bool seen_family_answers(const struct evidence *e, enum family family);
bool seen_host_answers(const struct evidence *e);

/* This family fails to connect wherever it was tried, and the other one connects on the same port. */
bool seen_family_broken(const struct evidence *e, enum family family);

/* Any address shows a whole dialogue inside TLS on this port; in one mode, in any. */
bool seen_mode_works(const struct evidence *e, uint16_t port, enum tls_mode mode);
bool seen_port_encrypted(const struct evidence *e, uint16_t port);

/* The one who speaks for an endpoint that does not work: a probe index, or -1 where it works or tells nothing. */
int seen_spokesman(const struct evidence *e, size_t probe);

/* ---- the user's settings ---- */

const struct provider *seen_provider(const struct evidence *e);

/* The host is the relay of Google Workspace, which has rules of its own. */
bool seen_is_relay(const struct evidence *e);

/* The provider is known to serve sending on this port of the host, in whatever mode. */
bool seen_provider_port(const struct evidence *e, uint16_t port);

/* The host is one of its provider's outgoing servers. */
bool seen_known_host(const struct evidence *e);

/* The user's setting names this port, or a TLS mode that is usual on it. */
bool seen_asks(const struct evidence *e, uint16_t port);

/* Whether trouble on this port is worth a finding at all. */
bool seen_counts(const struct evidence *e, uint16_t port);

/* Clear text is all that this host has for sending, and the user did not forbid it. */
bool seen_clear_is_all(const struct evidence *e, uint16_t port);

/* What the user set for this port works; without a setting: the port works at all. */
bool seen_setting_works(const struct evidence *e, uint16_t port);

/* Every port that was asked for works; without one: any submission port does. */
bool seen_can_send(const struct evidence *e);

/* ---- names and other hosts ---- */

/* The target has an address that may be tried. */
bool seen_has_address(const struct evidence *e);

/* What else was asked of a name after the failure (role control); NULL where nobody was. */
const struct name_view *seen_other_view(const struct evidence *e, const char *host);

/* Mail is taken or relayed on this port, by whatever server. */
bool seen_is_mail_port(uint16_t port);

/* Controls: what else was contacted to tell 'their fault' from 'our network'. */
struct seen_controls {
    size_t n_tried;
    int mail_works; /* probe indices, -1 for none */
    int mail_fails;
    int other_works;
    int other_fails;
};
/* Other hosts, by one family: none tried, none connected, some did. */
enum control_state {
    CONTROLS_UNTRIED,
    CONTROLS_SILENT,
    CONTROLS_ANSWER,
};

enum control_state seen_family_controls(const struct evidence *e, enum family family);

struct seen_controls seen_controls(const struct evidence *e);

#endif
