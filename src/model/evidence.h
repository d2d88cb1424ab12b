/*
 * evidence - all that was seen in one check, and nothing that was thought
 *
 * Complete and replayable: what a rule or a report needs is in here, the Plan
 * and the local time included. Plain data; everything it points to lies in its
 * arena. All durations are milliseconds, -1 where the thing did not happen.
 */
#ifndef SMTPDX_MODEL_EVIDENCE_H
#define SMTPDX_MODEL_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"
#include "model/plan.h"
#include "model/token.h"

enum {
    EVIDENCE_NAMES_MAX = 32,
    EVIDENCE_QUERIES_MAX = 64,
    EVIDENCE_ADDRESSES_MAX = 64,
    EVIDENCE_PROBES_MAX = 512,
    EVIDENCE_CHAINS_MAX = 64,
    EVIDENCE_FETCHES_MAX = 64,
    CHAIN_CERTIFICATES_MAX = 16,
    CHAIN_FETCHED_MAX = 4,    /* issuers, one above the other */
    CERTIFICATE_NAMES_MAX = 256,
    PEER_LINE_MAX = 1024,     /* of a greeting or reply that is kept */
    PEER_RAW_MAX = 512,       /* first bytes that were not understood */
    PROBE_KEYWORDS_MAX = 64,
    CLOCK_SOURCES_MAX = 64,
    EVIDENCE_PATHS_MAX = 16,
    PATH_HOPS_MAX = 24,
};

/* Why it was contacted. */
enum role {
    ROLE_TARGET,
    ROLE_SUGGESTION,
    ROLE_CONTROL,
    ROLE_INCOMING,
    ROLE_PATH,
    ROLE_TIME, /* of names alone: a time server is no row of the matrix */
    ROLE_FETCH, /* likewise: where certificates say that something can be fetched */
};

/* A name that cannot exist: in a domain that is set aside for examples and has none of it (RFC 2606). */
#define EVIDENCE_NO_SUCH_NAME "no-such-host.example.com"

/* ---- names ---------------------------------------------------------------- */

enum dns_outcome {
    DNS_SKIPPED,
    DNS_OK,
    DNS_NXDOMAIN,
    DNS_NO_DATA,     /* the name exists, not with this type */
    DNS_SERVFAIL,
    DNS_REFUSED,
    DNS_TIMEOUT,     /* nothing came */
    DNS_UNREACHABLE, /* the query could not even be sent: no route, or an ICMP refusal */
    DNS_MALFORMED,   /* an answer that cannot be read */
};

enum record_type {
    RECORD_A,
    RECORD_AAAA,
};

struct dns_query {
    enum record_type type;
    const char *resolver; /* "192.0.2.53:53" */
    enum dns_outcome outcome;
    double duration_ms;
    size_t n_addresses;
    const char *canonical; /* end of the CNAME chain, or NULL; with MALFORMED a name of a chain that has no end */
};

/* Who gave an address; a set, for DNS and the system often agree. */
enum address_source {
    SOURCE_TYPED = 1,  /* the target is an address, or --address */
    SOURCE_DNS = 2,
    SOURCE_SYSTEM = 4, /* getaddrinfo */
    SOURCE_HOSTS = 8,  /* the hosts file */
};
enum { ADDRESS_SOURCE_ALL = 15 };

struct found_address {
    struct address address;
    int64_t ttl_s; /* -1 unknown */
    unsigned sources; /* enum address_source */
    size_t hosts_line; /* of the hosts file, from 1, where it is a source; else 0 */
};

/* One name that was looked up. Where the plan has a host, names[0] is the target's. */
struct name_view {
    enum role role;
    const char *host;
    struct dns_query *queries;
    size_t n_queries;
    struct found_address *addresses;
    size_t n_addresses;
    size_t n_refused;        /* addresses past the ceiling, counted and dropped */
    bool system_asked;       /* getaddrinfo was called */
    enum dns_outcome system; /* DNS_TIMEOUT: not back by the deadline */
    int system_code;         /* its EAI_ code, 0 where it succeeded */
    double duration_ms;      /* until the first address, or until it was given up */
};

/* ---- certificates --------------------------------------------------------- */

enum certificate_name_kind {
    NAME_DNS,
    NAME_ADDRESS, /* printed form */
};

struct certificate_name {
    enum certificate_name_kind kind;
    struct peer_text text;
};

struct certificate {
    struct peer_text der;
    struct peer_text subject; /* RFC 4514 */
    struct peer_text issuer;
    struct peer_text common_name;
    struct certificate_name *names; /* subjectAltName alone (RFC 9525) */
    size_t n_names;
    int64_t not_before; /* Unix seconds */
    int64_t not_after;
    const char *key;       /* "RSA 2048" */
    const char *signature; /* "RSA-SHA256" */
    char sha256[65];       /* hex, lower case */
    bool self_issued;      /* subject and issuer are the same name */
    bool has_ca_issuers;   /* names where to fetch its issuer (AIA) */
    bool weak_key;         /* under 112 bits of security: RSA under 2048 (NIST SP 800-57) */
    bool weak_signature;   /* signed with SHA-1 or MD5 */
    bool must_staple;      /* demands that an OCSP answer comes with it (RFC 7633) */
};

/* What an OCSP answer says of the leaf (RFC 6960): stapled by the server (RFC 6066 section 8), or fetched. */
enum ocsp_status {
    OCSP_NONE,    /* there was no answer */
    OCSP_INVALID, /* not for this leaf, not signed by its issuer, or not readable */
    OCSP_UNKNOWN, /* the responder does not know the leaf */
    OCSP_GOOD,
    OCSP_REVOKED,
};

struct ocsp_answer {
    enum ocsp_status status;
    int64_t this_update; /* Unix seconds; -1 where it is not told, and where the answer does not count */
    int64_t next_update;
    int64_t revoked_at;
};

/* How the chain was seen to be complete but for what the server left out. */
enum completion {
    COMPLETION_NONE,
    COMPLETION_SEEN,    /* with certificates that another port or address of the target sent */
    COMPLETION_FETCHED, /* with those that were fetched from where it names them */
};

/* What trust said, windows of validity left out; a set. */
enum trust_flaw {
    TRUST_NO_ISSUER = 1,       /* ends in a certificate whose issuer is not known here */
    TRUST_ISSUER_NOT_CA = 2,
    TRUST_WEAK_ALGORITHM = 4,
    TRUST_BAD_SIGNATURE = 8,
    TRUST_CONSTRAINTS = 16,    /* name constraints */
    TRUST_PURPOSE = 32,        /* not for TLS servers */
    TRUST_REVOKED = 64,
    TRUST_OTHER = 128,
    TRUST_PATH_LENGTH = 256,   /* more issuers below one than it allows */
    TRUST_EXTENSION = 512,     /* a critical extension that nobody knows */
};
enum { TRUST_FLAW_ALL = 1023 };

/* What one server showed. The same bytes shown on several ports are one chain. */
struct chain {
    const char *host; /* the name it was judged for */
    struct certificate *certificates; /* as sent, leaf first */
    size_t n_certificates;
    bool judged;           /* roots could be loaded and the chain was verified */
    bool trusted;
    unsigned trust_flaws;  /* enum trust_flaw */
    bool leaf_self_signed; /* signature checked with its own key */
    bool issuer_public;    /* the organisation that issued the last one owns a root in the trust store */
    bool current;          /* where trusted: within the days of all that it takes, the root's too, by this clock */
    bool name_matches;     /* RFC 9525, no fallback to the CN */
    size_t n_needed;       /* where trusted: so many from the leaf on lead to a root; 0 not told */
    bool root_given;       /* where trusted: by a root of --ca-file */
    enum completion completion; /* where an issuer is missing: how it was found all the same */
    struct certificate *fetched; /* issuers that were fetched, each of the one before it */
    size_t n_fetched;
    struct peer_text staple;     /* the OCSP answer that came with it, as sent; bytes NULL where none did */
    struct peer_text fetched_ocsp; /* the one that its responder gave; bytes NULL where none did */
    bool ocsp_fetched;           /* the one that counts is fetched, else it is the staple */
    struct ocsp_answer ocsp;     /* the one that counts */
};

/* ---- what was fetched ------------------------------------------------------- */

enum fetch_kind {
    FETCH_ISSUER, /* of the last certificate of a chain (RFC 5280 section 4.2.2.1) */
    FETCH_OCSP,   /* an answer about the leaf */
};

enum fetch_outcome {
    FETCH_OK,
    FETCH_UNRESOLVED,
    FETCH_FORBIDDEN,  /* a server of the public network sends nobody into the local one */
    FETCH_NO_ANSWER,  /* no connection, or no HTTP */
    FETCH_SILENT,     /* it took too long */
    FETCH_REFUSED,    /* a reply without what was asked for: see status */
    FETCH_TOO_LONG,
    FETCH_UNFIT,      /* something came, and it is not what was asked for */
    FETCH_STOPPED,    /* the check was over before */
};

/* One HTTP request, and how it went. */
struct fetch {
    enum fetch_kind kind;
    size_t chain; /* index into chains: for this one */
    const char *url; /* as named in a certificate; printable ASCII */
    enum fetch_outcome outcome;
    unsigned status; /* of HTTP; 0: there was no reply */
    double started_ms; /* since the start of the check */
    double duration_ms; /* the look-up of the name included */
};

/* ---- probes --------------------------------------------------------------- */

enum probe_outcome {
    PROBE_SKIPPED,
    PROBE_RUNNING, /* only in events, and never at the end */
    PROBE_OK,
    PROBE_FAILED,
    PROBE_TIMEOUT,
};

/* The step at which it stands, or failed; DONE when all went well. EHLO is also what a server is asked that mail is
 * read from (CAPABILITY, CAPA), and STARTTLS is STLS too. */
enum stage {
    STAGE_CONNECT,
    STAGE_TLS,
    STAGE_GREETING,
    STAGE_EHLO,
    STAGE_STARTTLS,
    STAGE_AUTH,
    STAGE_MAIL,
    STAGE_RCPT, /* from here on of an errand alone */
    STAGE_DATA,
    STAGE_MESSAGE, /* the end of the message */
    STAGE_DONE,
};

enum skip_reason {
    SKIP_NONE,
    SKIP_NOT_NEEDED, /* another mode is usual on this port, and it answered */
    SKIP_NO_ROUTE,   /* this machine has no route for the family */
    SKIP_NO_ADDRESS, /* the name has no address of the family */
    SKIP_UNRESOLVED, /* nobody said whether it has one */
    SKIP_NOT_ASKED,  /* -4, -6, or one address of the other family */
    SKIP_STOPPED,    /* interrupted, or the ceiling came before it began */
};

enum fault {
    FAULT_NONE,
    FAULT_REFUSED,      /* the connection: RST, or an ICMP port-unreachable of the target itself */
    FAULT_UNREACHABLE,  /* ICMP: host or network unreachable */
    FAULT_PROHIBITED,   /* ICMP: administratively prohibited, or port-unreachable from another address */
    FAULT_LOCAL,        /* this machine forbids it: EPERM, EACCES, or what PROHIBITED is from its own address */
    FAULT_NO_ROUTE,     /* this machine has no way there */
    FAULT_SILENT,       /* nothing came, at the stage named */
    FAULT_RESET,        /* connected, then RST */
    FAULT_CLOSED,       /* connected, then closed without a word that explains it */
    FAULT_NOT_SMTP,     /* something else answers than was asked for: see service */
    FAULT_TLS_EXPECTED, /* the server waits for a TLS handshake or sends TLS where SMTP was spoken */
    FAULT_PLAIN_EXPECTED, /* SMTP in clear came where a TLS handshake was begun */
    FAULT_REPLY,        /* a reply refuses: see reply */
    FAULT_MALFORMED,    /* a reply breaks RFC 5321 */
    FAULT_STARTTLS_NOT_OFFERED,
    FAULT_TLS,          /* the handshake failed: see error_text */
    FAULT_NO_MECHANISM, /* of an errand, as the next: no way of signing in that both sides have */
    FAULT_UNSAYABLE,    /* user name or secret hold what the mechanism cannot carry */
    FAULT_UNVERIFIED,   /* the server could not prove that it knows the password */
    FAULT_CHALLENGE,    /* a challenge that makes no sense: the sign-in was given up */
    FAULT_TOO_LARGE,    /* the message would pass the limit that the server told */
    FAULT_SYSTEM,       /* this side could not go on: see error_text */
};

/* What answered, by its first bytes. */
enum service {
    SERVICE_UNKNOWN,
    SERVICE_NOTHING,
    SERVICE_SMTP,
    SERVICE_TLS,
    SERVICE_HTTP,
    SERVICE_IMAP,
    SERVICE_POP3,
    SERVICE_SSH,
    SERVICE_FTP,
    SERVICE_NNTP,
    SERVICE_MYSQL,
};

struct icmp_report {
    bool seen;
    uint8_t type;
    uint8_t code;
    bool has_offender;
    struct address offender;
};

struct refused_reply {
    unsigned code; /* 0: there was none, or it came from a server that mail is read from: see text */
    unsigned enhanced[3]; /* class, subject, detail; class 0: none */
    struct peer_text text; /* all lines, as received */
};

/* One cell of the matrix: host, address, port and TLS mode. */
struct probe {
    enum role role;
    enum protocol protocol; /* IMAP and POP3 with ROLE_INCOMING alone */
    const char *host;
    bool has_address; /* false in a cell that stands for a family without one */
    struct address address;
    enum family family;
    uint16_t port;      /* as meant */
    uint16_t dial_port; /* as connected to (--map-port) */
    enum tls_mode mode;

    enum probe_outcome outcome;
    enum stage stage;
    enum skip_reason skip;
    enum fault fault;
    enum service service;      /* where fault is NOT_SMTP */
    const char *error_text;    /* a library's or the system's own words, in English, or NULL */
    const char *error_code;    /* "ECONNREFUSED", "GNUTLS_E_...", or NULL */
    bool tls_alert_received;
    unsigned tls_alert;        /* RFC 8446 section 6 */
    bool certificate_requested; /* the server asked for a client certificate */
    bool certificate_sent;      /* ... and was shown the one of --cert */
    const char *tls_old;       /* what it chose where old versions and ciphers were offered too, or NULL */
    struct icmp_report icmp;
    struct refused_reply reply;
    struct peer_text raw;      /* first bytes received, where they were not understood */

    double started_ms; /* since the start of the check */
    double connect_ms; /* first SYN to connected */
    double round_trip_ms; /* SYN to connected of the attempt that stands */
    unsigned attempts;    /* fresh connections that were begun, until one stood or was given up */
    double greeting_ms; /* connected (or TLS up) to the whole greeting */
    double tls_ms;     /* handshake */
    double total_ms;   /* SYN to the end of what this cell needed, or to its failure */
    double slowest_ms; /* the longest wait for a whole reply, the greeting included, TLS left out */
    enum stage slowest_stage; /* what that reply answered; GREETING where it was the greeting */

    struct peer_text greeting; /* all lines as received */
    struct peer_text ehlo_line; /* the first line of the reply to that EHLO */
    struct peer_text *keywords; /* of the EHLO that counts for this mode, without the first line */
    size_t n_keywords;
    struct peer_text *auth; /* mechanisms offered in this mode */
    size_t n_auth;
    bool starttls_offered;
    bool starttls_masked; /* a keyword as firewalls leave it: XXXXXXXA */
    bool helo_used;       /* EHLO was not understood */
    size_t n_injected;    /* bytes behind the 220 of STARTTLS; discarded */
    bool mail_accepted;   /* MAIL FROM:<> in clear (only where --tls none asked) */
    unsigned http_status;   /* of the page that tells whether a portal stands between; 0: none came */
    bool http_page;         /* there was something on it */
    struct peer_text http_location; /* where it leads on, or NULL */
    const char *ehlo;       /* the name that was sent with EHLO, or NULL */
    const char *other_ehlo; /* another one that was tried after EHLO was refused, or NULL */
    bool other_ehlo_accepted;
    bool twin_tried; /* it hung for seconds, and was begun once more in the same manner */
    bool small_segments_tried; /* the handshake hung, and was begun once more with small segments */
    bool small_segments_ok;    /* ... and was done then */

    const char *tls_version; /* "TLS1.3" */
    const char *tls_cipher;
    const char *tls_group;
    int chain; /* index into chains, -1 none */
    bool no_sni_tried; /* after trouble with the certificate: the same without a server name */
    int no_sni_chain;  /* what was shown then; -1: the handshake came to nothing */
};

/* ---- signing in and sending -------------------------------------------------- */

/* Why the connection that was to sign in and to send was not made, or stopped before it did. */
enum errand_bar {
    BAR_NONE,
    BAR_NO_WAY,     /* no way of sending led to a server that is ready */
    BAR_NO_TLS,     /* the user's own setting is clear text */
    BAR_OLD_TLS,    /* below TLS 1.2 */
    BAR_UNVERIFIED, /* the certificate was not verified for the name */
    BAR_LOOK_ALIKE, /* the name is one slip away from a known server's */
    BAR_NO_SECRET,  /* there is a user name, and no password or token */
    BAR_STOPPED,    /* interrupted, or the ceiling came before */
};

struct sign_in {
    enum secret_kind kind;   /* of what was given */
    struct secret_form form; /* of the secret */
    struct secret_form user_form;
    const char *mechanism;   /* the last one that was begun; NULL: there is none in common */
    bool begun;              /* AUTH was sent */
    bool accepted;           /* 235, and the server kept to the mechanism */
    struct peer_text oauth_status;  /* of the JSON that refuses a token, or empty */
    struct peer_text oauth_schemes;
    struct peer_text oauth_scope;
    struct refused_reply answer; /* the last reply to AUTH, accepted or not; code 0: there was none */
    struct token_facts token; /* of a token: what it says about itself */
};

struct sending {
    bool begun;          /* MAIL FROM was sent */
    uint64_t size_limit; /* that the server announced; 0: none */
    uint64_t size;       /* of the message with its line ends; 0: not built */
    const char *message_id; /* without its brackets, or NULL */
    struct refused_reply mail, rcpt, data, message; /* answers, accepted or not; code 0: none */
};

/* One connection beside the matrix. */
struct errand {
    enum errand_bar bar;
    struct probe *connection; /* how far it came; NULL: none was made */
    struct sign_in sign_in;
    struct sending sending;
};

/* ---- the clock ------------------------------------------------------------ */

enum clock_kind {
    CLOCK_SNTP,
    CLOCK_HTTP_DATE,
    CLOCK_SMTP_GREETING,
    CLOCK_OCSP,
    CLOCK_CERTIFICATE,
    CLOCK_BUILD_DATE,
};

/* What one source says about true time minus local time, of the moment started_wall_ms. */
struct clock_source {
    enum clock_kind kind;
    const char *name; /* the host; NULL where it is the program itself */
    bool answered;
    const char *error; /* why it did not: "silent", "unresolved", "kiss-of-death", ...; or NULL */
    bool has_lower;    /* not before; false: it may be as early as it likes */
    bool has_upper;
    int64_t lower_ms;
    int64_t upper_ms;
    bool agrees; /* with the estimate */
};

/* All of them, and what they say together (clock_estimate.h). */
struct clock_view {
    struct clock_source *sources;
    size_t n_sources;
    bool known; /* there is an estimate */
    bool has_upper; /* false: true time is at least as late as the offset says */
    int64_t lower_ms;
    int64_t upper_ms;
    size_t n_agree; /* sources that agree with it */
};

/* ---- the way there -------------------------------------------------------- */

/* What became of connection attempts that may go so many hops and no further. */
enum hop_answer {
    HOP_UNTRIED, /* it could not be sent */
    HOP_SILENT,
    HOP_EXPIRED, /* a router said that it came so far */
    HOP_REFUSED, /* ICMP: unreachable, prohibited */
    HOP_REACHED, /* the port itself answered */
};

struct hop {
    enum hop_answer answer;
    struct icmp_report icmp; /* who said so, where it was no connection */
    double ms;               /* until the answer, -1 none */
};

struct trace {
    struct address address;
    uint16_t port;      /* as meant; 0: there is no trace */
    uint16_t dial_port;
    struct hop *hops;   /* the first one is one hop away */
    size_t n_hops;
};

/* How far a port that does not connect is let through, beside one that does. */
struct path {
    enum role role; /* whose port is blocked */
    const char *host;
    enum family family;
    struct trace blocked;
    struct trace open;
    bool complete; /* every hop had its time: silence means something */
};

/* ---- the whole ------------------------------------------------------------ */

/* The name of what made it, so that an old record is known for what it is. */
enum { EVIDENCE_FORMAT = 1 };

struct evidence {
    struct arena *arena;
    struct plan *plan;

    int64_t started_wall_ms; /* local clock at the start, right or wrong */
    double duration_ms;
    bool interrupted;        /* SIGINT */
    bool ceiling_reached;    /* --timeout came before the end */
    bool incomplete;         /* memory or a ceiling of ours made it drop something */
    const char *own_trouble; /* what kept this side from trying all, in the system's words; or NULL */
    bool has_route[FAMILY_COUNT]; /* this machine has a route to the public network */
    bool resolver_configured;
    size_t n_roots;          /* trust anchors that were loaded */
    bool roots_loaded;       /* loading has ended */
    size_t n_roots_broken;   /* certificates in the files of --ca-file that cannot be read */

    struct name_view *names;
    size_t n_names;
    struct probe *probes;
    size_t n_probes;
    struct chain *chains;
    size_t n_chains;
    struct fetch *fetches;
    size_t n_fetches;
    struct errand *errand; /* NULL where the plan has none */
    struct clock_view clock;
    struct path *paths;
    size_t n_paths;
};

/* errors: NULL when memory is short */
struct evidence *evidence_new(const struct plan *plan);
struct evidence *evidence_free(struct evidence *e);

/* The errno that kept this side from trying something; the first is kept. */
void evidence_note_trouble(struct evidence *e, int code);

/* Nothing of it has happened yet: every duration and index is -1. */
void probe_clear(struct probe *p);

/* The name of the target, NULL where no host could be made of what was typed. */
const struct name_view *evidence_target_name(const struct evidence *e);

/* The words of the JSON report and of records; stable. Parsing is false for a word that is none of them. */
const char *role_word(enum role role);
bool role_parse(enum role *ret, const char *word);
const char *dns_outcome_word(enum dns_outcome outcome);
bool dns_outcome_parse(enum dns_outcome *ret, const char *word);
const char *probe_outcome_word(enum probe_outcome outcome);
bool probe_outcome_parse(enum probe_outcome *ret, const char *word);
const char *stage_word(enum stage stage);
bool stage_parse(enum stage *ret, const char *word);
/* What the dialogue waits for there, in the words of the protocol: "220", "EHLO". */
const char *stage_command(enum stage stage);
const char *skip_reason_word(enum skip_reason reason);
bool skip_reason_parse(enum skip_reason *ret, const char *word);
const char *fault_word(enum fault fault);
bool fault_parse(enum fault *ret, const char *word);
const char *service_word(enum service service);
bool service_parse(enum service *ret, const char *word);
const char *record_type_word(enum record_type type);
bool record_type_parse(enum record_type *ret, const char *word);
const char *errand_bar_word(enum errand_bar bar);
bool errand_bar_parse(enum errand_bar *ret, const char *word);
const char *secret_kind_word(enum secret_kind kind);
bool secret_kind_parse(enum secret_kind *ret, const char *word);
const char *clock_kind_word(enum clock_kind kind);
bool clock_kind_parse(enum clock_kind *ret, const char *word);
const char *ocsp_status_word(enum ocsp_status status);
bool ocsp_status_parse(enum ocsp_status *ret, const char *word);
const char *fetch_kind_word(enum fetch_kind kind);
bool fetch_kind_parse(enum fetch_kind *ret, const char *word);
const char *fetch_outcome_word(enum fetch_outcome outcome);
bool fetch_outcome_parse(enum fetch_outcome *ret, const char *word);
const char *completion_word(enum completion completion);
bool completion_parse(enum completion *ret, const char *word);
const char *hop_answer_word(enum hop_answer answer);
bool hop_answer_parse(enum hop_answer *ret, const char *word);
const char *certificate_name_kind_word(enum certificate_name_kind kind);
bool certificate_name_kind_parse(enum certificate_name_kind *ret, const char *word);

/* Of one bit of the set. */
const char *address_source_word(unsigned bit);
bool address_source_parse(unsigned *ret, const char *word);
const char *trust_flaw_word(unsigned bit);
bool trust_flaw_parse(unsigned *ret, const char *word);

#endif
