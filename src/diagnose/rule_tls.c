/*
 * rule_tls - handshakes that fail
 *
 * What the server said, or what the library met, tells why; where neither does,
 * tls.handshake-failed quotes it. One handshake has one of these findings.
 */
#include <string.h>

#include "diagnose/rule.h"
#include "diagnose/whole.h"
#include "knowledge/alert.h"

/* Why a handshake came to nothing. */
enum handshake_end {
    END_OTHER,
    END_OLD,         /* the server speaks nothing newer than TLS 1.1 */
    END_NO_CIPHER,   /* ... nothing in common, or nothing strong enough */
    END_CERTIFICATE, /* ... wants a client certificate, and none was shown */
};

/* RFC 8446 section 6.2 */
enum {
    ALERT_HANDSHAKE_FAILURE = 40,
    ALERT_NO_CERTIFICATE = 41, /* of SSL 3.0, which some still send */
    ALERT_BAD_CERTIFICATE = 42,
    ALERT_DECODE_ERROR = 50,
    ALERT_PROTOCOL_VERSION = 70,
    ALERT_INSUFFICIENT_SECURITY = 71,
    ALERT_CERTIFICATE_REQUIRED = 116,
};

/* GnuTLS' words for what the server chose and no client should take. */
static const char *const cipher_errors[] = {
    "GNUTLS_E_UNKNOWN_CIPHER_SUITE", "GNUTLS_E_NO_CIPHER_SUITES",        "GNUTLS_E_DH_PRIME_UNACCEPTABLE",
    "GNUTLS_E_ECC_UNSUPPORTED_CURVE", "GNUTLS_E_INSUFFICIENT_SECURITY", "GNUTLS_E_NO_COMMON_KEY_SHARE",
    "GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM",
};

static bool is_cipher_error(const char *code)
{
    for (size_t i = 0; code != NULL && i < sizeof cipher_errors / sizeof cipher_errors[0]; i++) {
        if (strcmp(code, cipher_errors[i]) == 0)
            return true;
    }
    return false;
}

static bool is_old(const char *version)
{
    return strcmp(version, "TLS1.1") == 0 || strcmp(version, "TLS1.0") == 0 || strcmp(version, "SSL3.0") == 0;
}

/* The server took an old version, or refused both new ones by their number. */
static bool speaks_old(const struct probe *p)
{
    if (p->tls_old != NULL)
        return is_old(p->tls_old);
    if (p->tls_alert_received)
        return p->tls_alert == ALERT_PROTOCOL_VERSION;
    return p->error_code != NULL && strcmp(p->error_code, "GNUTLS_E_UNSUPPORTED_VERSION_PACKET") == 0;
}

/* What servers say to an empty list of certificates; the last is what those with GnuTLS say in TLS 1.2. */
static bool is_word_for_no_certificate(unsigned alert)
{
    return alert == ALERT_HANDSHAKE_FAILURE || alert == ALERT_NO_CERTIFICATE || alert == ALERT_BAD_CERTIFICATE ||
           alert == ALERT_DECODE_ERROR;
}

static bool wants_certificate(const struct probe *p)
{
    if (!p->tls_alert_received || p->certificate_sent)
        return false;
    return p->tls_alert == ALERT_CERTIFICATE_REQUIRED ||
           (p->certificate_requested && is_word_for_no_certificate(p->tls_alert));
}

static bool lacks_cipher(const struct probe *p)
{
    if (!p->tls_alert_received)
        return is_cipher_error(p->error_code);
    return p->tls_alert == ALERT_INSUFFICIENT_SECURITY ||
           (p->tls_alert == ALERT_HANDSHAKE_FAILURE && !p->certificate_requested);
}

static enum handshake_end end_of(const struct probe *p)
{
    if (p->fault != FAULT_TLS)
        return END_OTHER;
    if (wants_certificate(p))
        return END_CERTIFICATE;
    if (speaks_old(p))
        return END_OLD;
    return lacks_cipher(p) ? END_NO_CIPHER : END_OTHER;
}

/* All who speak for an endpoint on this port, and whose handshake ended like that. */
static struct spot spot_of_end(const struct draft *d, uint16_t port, enum handshake_end end)
{
    struct spot s;

    spot_init(&s);
    for (size_t i = 0; i < d->n_spokesmen; i++) {
        const struct probe *p = &d->e->probes[d->spokesmen[i]];

        if (p->port == port && seen_trouble(d->e, p) == TROUBLE_TLS && end_of(p) == end)
            spot_add(&s, d->e, d->spokesmen[i]);
    }
    return s;
}

static const char *error_words(const struct probe *p)
{
    if (p->error_text != NULL)
        return p->error_text;
    return p->error_code != NULL ? p->error_code : fault_word(p->fault);
}

typedef enum text_id (*handshake_text_fn)(const struct probe *p);

static struct diagnosed *judge_handshakes(struct draft *d, enum finding_id finding, enum handshake_end end,
                                          handshake_text_fn text_of)
{
    const struct plan *plan = d->e->plan;
    struct diagnosed *f = NULL;

    for (size_t i = 0; i < plan->n_ports; i++) {
        struct spot s = spot_of_end(d, plan->ports[i], end);
        const struct probe *p;
        struct because *b;

        if (s.first < 0 || !seen_counts(d->e, plan->ports[i]))
            continue;
        p = &d->e->probes[s.first];
        f = draft_raise(d, finding);
        b = spot_because(d, f, text_of(p), &s);
        say_number(b, "alert", (int64_t)p->tls_alert);
        say_word(d, b, "name", alert_name(p->tls_alert));
        say_word(d, b, "error", error_words(p));
        say_word(d, b, "version", p->tls_old == NULL ? "" : p->tls_old);
        if (end == END_OTHER && p->certificate_sent) {
            b = spot_because(d, f, TEXT_BECAUSE_TLS_HANDSHAKE_FAILED_SHOWN, &s);
            say_word(d, b, "file", plan->cert_file == NULL ? "" : plan->cert_file);
        }
    }
    if (f != NULL)
        draft_judge(d, f);
    return f;
}

static enum text_id version_text(const struct probe *p)
{
    return p->tls_old != NULL ? TEXT_BECAUSE_TLS_VERSION_TOO_OLD_SPEAKS : TEXT_BECAUSE_TLS_VERSION_TOO_OLD_REFUSED;
}

void rule_tls_version_too_old(struct draft *d)
{
    judge_handshakes(d, FINDING_TLS_VERSION_TOO_OLD, END_OLD, version_text);
}

static enum text_id cipher_text(const struct probe *p)
{
    return p->tls_alert_received ? TEXT_BECAUSE_TLS_NO_COMMON_CIPHER_ALERT : TEXT_BECAUSE_TLS_NO_COMMON_CIPHER_ERROR;
}

void rule_tls_no_common_cipher(struct draft *d)
{
    judge_handshakes(d, FINDING_TLS_NO_COMMON_CIPHER, END_NO_CIPHER, cipher_text);
}

static enum text_id certificate_text(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_TLS_CLIENT_CERTIFICATE_REQUIRED_ALERT;
}

void rule_tls_client_certificate_required(struct draft *d)
{
    judge_handshakes(d, FINDING_TLS_CLIENT_CERTIFICATE_REQUIRED, END_CERTIFICATE, certificate_text);
}

static enum text_id handshake_text(const struct probe *p)
{
    if (p->fault == FAULT_PLAIN_EXPECTED || p->fault == FAULT_NOT_SMTP)
        return TEXT_BECAUSE_TLS_HANDSHAKE_FAILED_CLEAR;
    if (p->tls_alert_received)
        return TEXT_BECAUSE_TLS_HANDSHAKE_FAILED_ALERT;
    return p->fault == FAULT_TLS ? TEXT_BECAUSE_TLS_HANDSHAKE_FAILED_ERROR
                                 : TEXT_BECAUSE_TLS_HANDSHAKE_FAILED_CUT;
}

void rule_tls_handshake_failed(struct draft *d)
{
    judge_handshakes(d, FINDING_TLS_HANDSHAKE_FAILED, END_OTHER, handshake_text);
}
