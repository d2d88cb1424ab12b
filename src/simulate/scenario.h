/*
 * scenario - what the practice servers play, and what a check must find there
 *
 * Reads the line based text of data/scenarios/NAME.scn into plain data. A file
 * may come from anywhere, so every count is bounded and a mistake is one line:
 * where, what, and what would be accepted. No I/O.
 *
 *   about    one sentence                   what is wrong here
 *   target   mail.example.test              as typed; \xNN for a byte one cannot see
 *   box      mail.example.test              in place of target: given as --host
 *   host     mail.example.test              the servers' name, where it is not the target
 *   options  --port 587 --timeout 3 -4      further options of the check; \xNN for a byte one cannot see
 *   dns      NAME|* [A|AAAA] ADDRESS|nxdomain|empty|servfail|refused|silent [after=MS] [stray=yes] [lost=N]
 *   dns      NAME cname NAME
 *   dns      NAME A many N                  that many addresses, 127.0.0.1 first
 *   dns2     ...                            the same of a second resolver, which there is then
 *   issuer   NAME trusted|unknown DN          an authority of that name (RFC 4514), for cert lines below
 *   dns-elsewhere ...                       of the public ones, in a network of its own; as the first unless given
 *   cert     NAME [names=A,B] [since=DAYS] [days=DAYS] [key=...] [issuer=...] [chain=...] [aia=URL] [ocsp=URL]
 *            [flaw=sha1|signature|purpose|extension|must-staple]
 *            [staple=good|revoked|unknown|stale|forged]
 *   web      PATH issuer|issuers|good|revoked|unknown|forged|html|missing|redirect|long|silent|never [cert=NAME]
 *            a page of http://pki.example.test: the issuer of that certificate, alone or as PKCS #7, an
 *            OCSP answer about it, or something else; never: nobody may ask for it, and for every other
 *            page somebody has to
 *   clock    sntp|http [offset=N[s|m|h|d]] [kiss=RATE] [silent] [wrong-origin] [unsynchronised] [no-date]
 *            a time server, its clock so far off this machine's; none: nobody is asked for the time
 *   control  mail works|mute|refused|dropped [as of a port]
 *   control  web works|mute|refused|dropped
 *   control  portal 204|redirect|page|511|mute|refused|dropped
 *   control  none                            a server elsewhere for the check to compare with; all work unless named
 *   account  USER PASSWORD                  may sign in; \xNN for a blank in USER or at the end of PASSWORD
 *   token    USER TOKEN                     likewise with an OAuth 2.0 token, by XOAUTH2 and OAUTHBEARER
 *   oauth-error JSON|none                   what a wrong token is told before it is denied; Google's unless given
 *   secret   password|token TEXT            what the check signs in with, beside --user of its options
 *   port     N refused|dropped|mute|script|submission|submissions|relay|imap|imaps|pop|pops|web|http-204|
 *            http-redirect|http-page|http-511 [cert=NAME] [tls=1.2] [only=ipv4|ipv6] [client=asked|needed]
 *            [nosni=NAME|refused]
 *     on [clear|tls|signed] EVENT|VERB[=ARGUMENT] [STEP]   in place of what a healthy server does then;
 *                                           signed: once the client has signed in
 *       [at MS] STEP                        MS milliseconds after the step before it
 *   net                                     a network of its own, with routers between the check and the servers:
 *   net      drop|reject|reset PORT|all [at=HOP] [of=host|mail|web|portal] [only=ipv4|ipv6]
 *            hop 0 is the client's machine, 1 its router, 4 the servers' one; 2 unless given
 *   net      mtu N [at=HOP] [only=ipv4|ipv6]  what is longer disappears there, in both directions
 *   net      narrow N [at=HOP] [only=...]     likewise, and the router says so
 *   net      no-route [only=ipv4|ipv6]        the client's machine has no default route
 *   net      delay MS                         each way; 1 unless given
 *   net      hosts ADDRESS NAME               a line of the client's hosts file
 *   net      no-roots                         no trusted roots are installed, and the check is told of none
 *   verdict ok|warning|critical|unknown     and what the check must say, exactly:
 *   primary  ID
 *   finding  ID SEVERITY [port=N] [caused_by=ID]
 *   recommended PORT starttls|implicit
 *   taken    N [from=ADDRESS] [to=ADDRESS]  so many messages were taken, each of that envelope; none unless given
 *
 * Steps: server LINE / LINE; drip LINE / LINE (a byte at a time); raw "BYTES"; flood N "BYTES";
 * expect VERB|*; message (all up to the lone dot); head (all up
 * to the empty line); tls; close; reset; hang; auth [FAULT] (goes through the sign-in that AUTH began).
 * Events: connect; and how a sign-in ends: accepted, denied, cancelled, malformed (no such response can be),
 * unoffered (the mechanism was in no AUTH line of the last EHLO), each =MECHANISM where it matters.
 * Faults: wrong-signature, no-signature, wrong-nonce, many-rounds (all of SCRAM); garbage (a challenge that
 * is no base64); endless (a challenge for every response).
 * stray: a datagram for another question and one for another name come first. lost: the first
 * N datagrams that ask for it never arrive. The resolvers cut what is too long for a datagram,
 * and refuse EDNS.
 * {host} in what is sent stands for the host, {tag} for the one of an IMAP client's command. Ports 25, 465
 * and 587 are healthy unless they are named, and with --incoming 993, 143, 995 and 110 too; 2525 is refused;
 * the host has 127.0.0.1 and ::1, in a network of its own 203.0.113.10 and 2001:db8:113::10, unless it is
 * named under dns; one time server agrees with this machine unless there is a clock line. The controls for
 * mail and for the portal are asked for by name, which no line of dns but "*" hides; the one for the web by
 * address.
 */
#ifndef SMTPDX_SIMULATE_SCENARIO_H
#define SMTPDX_SIMULATE_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/peer_text.h"
#include "knowledge/text.h"

enum {
    SCENARIO_TEXT_MAX = 256 * 1024,
    SCENARIO_LINE_MAX = 4096,
    SCENARIO_OPTIONS_MAX = 32,
    SCENARIO_ANSWERS_MAX = 48,
    SCENARIO_CERTS_MAX = 8,
    SCENARIO_PAGES_MAX = 8,
    SCENARIO_AUTHORITIES_MAX = 4,
    SCENARIO_CERT_NAMES_MAX = 16,
    SCENARIO_PORTS_MAX = 20,
    SCENARIO_CLOCKS_MAX = 4,
    SCENARIO_HANDLERS_MAX = 512,
    SCENARIO_STEPS_MAX = 2048,
    SCENARIO_FINDINGS_MAX = 16,
    SCENARIO_ACCOUNTS_MAX = 8,
    SCENARIO_TAKEN_MAX = 100,
    SCENARIO_BLOCKS_MAX = 16,
    SCENARIO_HOSTS_MAX = 16,
    SCENARIO_DELAY_MAX_MS = 60000,
    SCENARIO_FLOOD_MAX = 4 * 1024 * 1024, /* bytes that one step may send */
    SCENARIO_COMPLAINT_SIZE = 384,
};

struct scenario_option {
    const char *name;  /* the long one, without dashes */
    const char *value; /* NULL: it takes none */
};

/* ---- DNS ---- */

enum scenario_type {
    SCENARIO_TYPE_ANY,
    SCENARIO_TYPE_A,
    SCENARIO_TYPE_AAAA,
};

enum scenario_answer_kind {
    SCENARIO_ANSWER_ADDRESS,
    SCENARIO_ANSWER_NXDOMAIN,
    SCENARIO_ANSWER_EMPTY,
    SCENARIO_ANSWER_SERVFAIL,
    SCENARIO_ANSWER_REFUSED,
    SCENARIO_ANSWER_SILENT,
    SCENARIO_ANSWER_CNAME,
    SCENARIO_ANSWER_MANY,
};

enum {
    SCENARIO_RESOLVERS_MAX = 2, /* of the client */
    SCENARIO_RESOLVER_ELSEWHERE = SCENARIO_RESOLVERS_MAX,
    SCENARIO_MANY_MAX = 4000, /* what one message over TCP holds */
    SCENARIO_LOST_MAX = 100,
};

struct scenario_answer {
    const char *name; /* "*": every name that has no line of its own */
    enum scenario_type type;
    enum scenario_answer_kind kind;
    struct address address;
    const char *alias; /* CNAME: the name it stands for */
    unsigned count;    /* MANY */
    unsigned delay_ms;
    bool stray;
    unsigned lost; /* datagrams */
    size_t resolver; /* 0, 1 for the second one, or SCENARIO_RESOLVER_ELSEWHERE */
};

/* ---- certificates ---- */

enum scenario_key {
    SCENARIO_KEY_ECDSA,
    SCENARIO_KEY_RSA2048,
    SCENARIO_KEY_RSA1024,
    SCENARIO_KEY_ED25519,
};

enum scenario_issuer {
    SCENARIO_ISSUER_INTERMEDIATE,
    SCENARIO_ISSUER_ROOT,
    SCENARIO_ISSUER_SELF,
    SCENARIO_ISSUER_UNKNOWN, /* a root that the check is not told of */
    SCENARIO_ISSUER_SERVER,  /* a certificate of the intermediate that is no authority */
    SCENARIO_ISSUER_BELOW,   /* an authority below the intermediate, which allows none */
    SCENARIO_ISSUER_LIMITED, /* one that may issue for other.test alone */
    SCENARIO_ISSUER_NAMED,   /* of an issuer line */
};

/* What is wrong with the leaf itself. */
enum scenario_flaw {
    SCENARIO_FLAW_NONE,
    SCENARIO_FLAW_SHA1,      /* signed with it */
    SCENARIO_FLAW_SIGNATURE, /* a bit of it is flipped */
    SCENARIO_FLAW_PURPOSE,   /* for clients */
    SCENARIO_FLAW_EXTENSION, /* a critical one that nobody knows */
    SCENARIO_FLAW_MUST_STAPLE, /* demands an OCSP answer (RFC 7633), which is another matter than staple */
};

/* The OCSP answer that is stapled, or given out by the web server. */
enum scenario_staple {
    SCENARIO_STAPLE_NONE,
    SCENARIO_STAPLE_GOOD,
    SCENARIO_STAPLE_REVOKED,
    SCENARIO_STAPLE_UNKNOWN,
    SCENARIO_STAPLE_STALE,  /* says good, of a week that is long over */
    SCENARIO_STAPLE_FORGED, /* says revoked, and another than the issuer has signed it */
};

enum scenario_chain {
    SCENARIO_CHAIN_FULL, /* everything but the root; the unknown root is sent too */
    SCENARIO_CHAIN_LEAF,
};

/* An authority that goes by a name of the file's choice. */
struct scenario_authority {
    const char *name;
    bool trusted; /* below the root that the check is told of; else a root of its own */
    const char *dn;
};

struct scenario_cert {
    const char *name;
    const char **names; /* subjectAltName: host names and addresses */
    size_t n_names;
    int since_days; /* relative to now */
    int until_days;
    enum scenario_key key;
    enum scenario_issuer issuer;
    const struct scenario_authority *authority; /* where the issuer is NAMED */
    enum scenario_chain chain;
    enum scenario_flaw flaw;
    enum scenario_staple staple;
    const char *aia; /* where its issuer can be fetched, or NULL */
    const char *ocsp; /* where its responder is, or NULL */
};

/* ---- the web server ---- */

enum scenario_page_kind {
    SCENARIO_PAGE_ISSUER,  /* of the certificate, as DER */
    SCENARIO_PAGE_ISSUERS, /* the same in PKCS #7, behind another one */
    SCENARIO_PAGE_OCSP,
    SCENARIO_PAGE_HTML,
    SCENARIO_PAGE_MISSING,
    SCENARIO_PAGE_REDIRECT,
    SCENARIO_PAGE_LONG,
    SCENARIO_PAGE_SILENT,
    SCENARIO_PAGE_NEVER,
};

struct scenario_page {
    const char *path;
    enum scenario_page_kind kind;
    enum scenario_staple ocsp; /* of OCSP: what it says */
    size_t cert; /* that it is about */
};

/* ---- the time ---- */

enum scenario_clock_fault {
    SCENARIO_CLOCK_FINE,
    SCENARIO_CLOCK_SILENT,
    SCENARIO_CLOCK_WRONG_ORIGIN,   /* answers to a request that nobody made */
    SCENARIO_CLOCK_UNSYNCHRONISED,
    SCENARIO_CLOCK_NO_DATE,        /* HTTP without it */
    SCENARIO_CLOCK_KISS,
};

struct scenario_clock {
    bool http; /* else SNTP */
    int offset_s; /* its clock minus this machine's */
    enum scenario_clock_fault fault;
    char kiss[5];
};

/* ---- who may sign in ---- */

struct scenario_account {
    bool token; /* the secret is one, else a password */
    struct peer_text user;
    struct peer_text secret;
};

/* What the server's side of a sign-in does wrong. */
enum scenario_auth_fault {
    SCENARIO_AUTH_FINE,
    SCENARIO_AUTH_WRONG_SIGNATURE,
    SCENARIO_AUTH_NO_SIGNATURE,
    SCENARIO_AUTH_WRONG_NONCE,
    SCENARIO_AUTH_MANY_ROUNDS,
    SCENARIO_AUTH_GARBAGE,
    SCENARIO_AUTH_ENDLESS,
};

/* What the check is given; handed over apart from its options. */
struct scenario_secret {
    bool given;
    bool token; /* else a password */
    struct peer_text bytes;
};

/* ---- servers ---- */

enum scenario_act {
    SCENARIO_ACT_SEND,
    SCENARIO_ACT_DRIP,
    SCENARIO_ACT_EXPECT,
    SCENARIO_ACT_MESSAGE, /* reads up to the lone dot */
    SCENARIO_ACT_HEAD,    /* reads up to the empty line */
    SCENARIO_ACT_TLS,
    SCENARIO_ACT_AUTH,
    SCENARIO_ACT_CLOSE,
    SCENARIO_ACT_RESET,
    SCENARIO_ACT_HANG,
};

struct scenario_step {
    enum scenario_act act;
    unsigned delay_ms;
    struct peer_text bytes; /* SEND, DRIP: what goes out; EXPECT: the verb, or "*" */
    unsigned times;         /* SEND: how often */
    enum scenario_auth_fault fault; /* AUTH */
};

enum scenario_side {
    SCENARIO_SIDE_BOTH,
    SCENARIO_SIDE_CLEAR,
    SCENARIO_SIDE_TLS,
    SCENARIO_SIDE_SIGNED,
};

/* What is done when something happens (an event) or a client says a verb. The first that fits is taken. */
struct scenario_handler {
    enum scenario_side side;
    const char *verb;
    const char *argument; /* NULL: any */
    size_t first_step;
    size_t n_steps;
};

enum scenario_face {
    SCENARIO_FACE_REFUSED,
    SCENARIO_FACE_DROPPED,
    SCENARIO_FACE_MUTE,   /* takes a client and never says a word */
    SCENARIO_FACE_SCRIPT, /* nothing but its own steps: any other command is a mistake of the client */
    SCENARIO_FACE_SUBMISSION,
    SCENARIO_FACE_SUBMISSIONS,
    SCENARIO_FACE_RELAY,
    SCENARIO_FACE_IMAP,
    SCENARIO_FACE_IMAPS,
    SCENARIO_FACE_POP,
    SCENARIO_FACE_POPS,
    SCENARIO_FACE_WEB, /* TLS, and nothing behind it */
    SCENARIO_FACE_HTTP_204,
    SCENARIO_FACE_HTTP_REDIRECT,
    SCENARIO_FACE_HTTP_PAGE,
    SCENARIO_FACE_HTTP_511,
    SCENARIO_FACE_PAGES, /* those of the scenario; no line of a file asks for it */
    SCENARIO_FACE_COUNT,
};

/* How the commands of a port are written; of one that speaks neither of these it does not matter. */
enum scenario_protocol {
    SCENARIO_PROTOCOL_SMTP,
    SCENARIO_PROTOCOL_IMAP,
    SCENARIO_PROTOCOL_POP,
};

/* Whether a client certificate is wanted. */
enum scenario_client {
    SCENARIO_CLIENT_IGNORED,
    SCENARIO_CLIENT_ASKED,
    SCENARIO_CLIENT_NEEDED,
};

/* Where a port is: on the host, or on a server elsewhere that the check compares with. */
enum scenario_place {
    SCENARIO_PLACE_HOST,
    SCENARIO_PLACE_MAIL,
    SCENARIO_PLACE_WEB,
    SCENARIO_PLACE_PORTAL,
    SCENARIO_PLACE_PKI,      /* where certificates say that something can be fetched: nothing to compare with */
    SCENARIO_PLACE_RESOLVER, /* no ports of these stand in a file */
    SCENARIO_PLACE_RESOLVER_2,
    SCENARIO_PLACE_RESOLVER_ELSEWHERE,
    SCENARIO_PLACE_CLOCK,
    SCENARIO_PLACE_COUNT,
};

struct scenario_port {
    enum scenario_place place;
    uint16_t number;
    enum scenario_face face;
    bool families[FAMILY_COUNT]; /* a family that is not served is refused */
    size_t cert;
    enum scenario_client client;
    bool nosni_refused; /* a client that names no server gets no handshake */
    bool has_nosni;     /* ... gets this certificate */
    size_t nosni_cert;
    const char *tls; /* "1.0" to "1.3": the only version spoken; NULL: 1.2 and 1.3 */
    size_t first_handler;
    size_t n_handlers;
};

/* ---- the network between ---- */

enum { SCENARIO_HOPS = 4 };

enum scenario_block_kind {
    SCENARIO_BLOCK_DROP,
    SCENARIO_BLOCK_REJECT, /* by ICMP; at hop 0 by the client's kernel */
    SCENARIO_BLOCK_RESET,
};

/* What is not let through on the way to the servers. */
struct scenario_block {
    enum scenario_block_kind kind;
    uint16_t port; /* of TCP or UDP; 0: every packet */
    unsigned hop;
    bool one_place;
    enum scenario_place place;
    bool families[FAMILY_COUNT];
};

struct scenario_host {
    struct address address;
    const char *name;
};

struct scenario_net {
    bool used; /* else all is on loopback */
    struct scenario_block *blocks;
    size_t n_blocks;
    bool no_route[FAMILY_COUNT];
    unsigned delay_ms;
    unsigned mtu; /* 0: no limit */
    unsigned mtu_hop;
    bool mtu_told; /* by ICMP */
    bool mtu_families[FAMILY_COUNT];
    struct scenario_host *hosts;
    size_t n_hosts;
    bool no_roots;
};

/* ---- what the check must say ---- */

struct scenario_finding {
    const char *id;
    const char *severity;
    uint16_t port;         /* 0: any */
    const char *caused_by; /* or NULL */
};

struct scenario_pair {
    uint16_t port;
    const char *mode;
};

/* Messages, and the envelope of each. */
struct scenario_taken {
    unsigned count;
    const char *from; /* NULL: whatever it is */
    const char *to;
};

struct scenario {
    struct arena *arena; /* everything below lives in it */
    const char *name;
    const char *about;
    const char *target;
    bool is_box; /* target is what stands in a mail program's box */
    const char *host;
    struct scenario_option *options;
    size_t n_options;
    struct scenario_answer *answers;
    size_t n_answers;
    size_t n_resolvers;
    bool elsewhere_differs; /* there are lines for the public resolvers */
    struct scenario_cert *certs; /* the first is "default" unless the file names it elsewhere */
    size_t n_certs;
    struct scenario_page *pages;
    size_t n_pages;
    struct scenario_authority *authorities;
    size_t n_authorities;
    struct scenario_clock *clocks;
    size_t n_clocks;
    bool no_clock; /* the check is told to ask nobody */
    struct scenario_net net;
    bool no_controls; /* the check is told to compare with nobody */
    struct scenario_account *accounts;
    size_t n_accounts;
    struct peer_text oauth_error; /* empty: none */
    struct scenario_secret secret;
    struct scenario_port *ports;
    size_t n_ports;
    struct scenario_handler *handlers;
    size_t n_handlers;
    struct scenario_step *steps;
    size_t n_steps;

    const char *verdict;
    const char *primary; /* NULL: none */
    struct scenario_finding *findings;
    size_t n_findings;
    struct scenario_pair *recommended;
    size_t n_recommended;
    struct scenario_taken taken;
};

/*
 * scenario_parse() - reads one file
 * shape:  name is what complaints call it; text need not be terminated
 * errors: ERR_INPUT with "NAME:LINE: what, accepted" in complaint (harmless to print), ERR_NOMEM
 */
bool scenario_parse(struct scenario **ret, const char *name, struct peer_text text,
                    char complaint[static SCENARIO_COMPLAINT_SIZE], struct err *err);
struct scenario *scenario_free(struct scenario *s);

/* The name of a place, NULL for one that goes by its address; borrowed from s. */
const char *scenario_place_name(const struct scenario *s, enum scenario_place place);

/* False where the place has no address of that family. */
bool scenario_place_address(struct address *ret, const struct scenario *s, enum scenario_place place,
                            enum family family);

/* The scenarios that are compiled in, sorted by name. */
struct scenario_source {
    const char *name;
    const char *text;
    const char *record; /* of a run, as JSON, where the scenario has net lines; else NULL */
    const char *about[LANGUAGE_COUNT]; /* one line */
};
extern const struct scenario_source scenario_sources[];
extern const size_t scenario_sources_count;

/* NULL where there is none of that name. */
const struct scenario_source *scenario_find(const char *name);

#endif
