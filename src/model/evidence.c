#include "model/evidence.h"

#include "model/word.h"

/* Room for what the ceilings of evidence.h allow, chains of hostile size included. */
enum { EVIDENCE_ARENA_CEILING = 32 << 20 };

struct evidence *evidence_new(const struct plan *plan)
{
    struct arena *arena = arena_new(EVIDENCE_ARENA_CEILING);
    struct evidence *e = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *e);
    struct plan *copy = e == NULL ? NULL : arena_alloc(arena, 1, sizeof *copy);

    if (copy == NULL || !plan_copy(copy, arena, plan)) {
        arena_free(arena);
        return NULL;
    }
    e->arena = arena;
    e->plan = copy;
    return e;
}

struct evidence *evidence_free(struct evidence *e)
{
    if (e != NULL)
        arena_free(e->arena);
    return NULL;
}

void evidence_note_trouble(struct evidence *e, int code)
{
    const char *words = strerrordesc_np(code);

    if (e->own_trouble == NULL)
        e->own_trouble = words == NULL ? "unknown error" : words;
}

void probe_clear(struct probe *p)
{
    p->started_ms = p->connect_ms = p->round_trip_ms = p->greeting_ms = -1;
    p->tls_ms = p->total_ms = p->slowest_ms = -1;
    p->chain = p->no_sni_chain = -1;
}

const struct name_view *evidence_target_name(const struct evidence *e)
{
    return e->n_names > 0 && e->names[0].role == ROLE_TARGET ? &e->names[0] : NULL;
}

static const char *const role_words[] = {
    [ROLE_TARGET] = "target",     [ROLE_SUGGESTION] = "suggestion", [ROLE_CONTROL] = "control",
    [ROLE_INCOMING] = "incoming", [ROLE_PATH] = "path",
    [ROLE_TIME] = "time",         [ROLE_FETCH] = "fetch",
};
WORD_FUNCTIONS(role, role_words)

static const char *const dns_outcome_words[] = {
    [DNS_SKIPPED] = "skipped",   [DNS_OK] = "ok",           [DNS_NXDOMAIN] = "nxdomain",
    [DNS_NO_DATA] = "no-data",   [DNS_SERVFAIL] = "servfail", [DNS_REFUSED] = "refused",
    [DNS_TIMEOUT] = "timeout",   [DNS_UNREACHABLE] = "unreachable", [DNS_MALFORMED] = "malformed",
};
WORD_FUNCTIONS(dns_outcome, dns_outcome_words)

static const char *const probe_outcome_words[] = {
    [PROBE_SKIPPED] = "skipped", [PROBE_RUNNING] = "running", [PROBE_OK] = "ok",
    [PROBE_FAILED] = "failed",   [PROBE_TIMEOUT] = "timeout",
};
WORD_FUNCTIONS(probe_outcome, probe_outcome_words)

static const char *const stage_words[] = {
    [STAGE_CONNECT] = "connect",   [STAGE_TLS] = "tls",   [STAGE_GREETING] = "greeting", [STAGE_EHLO] = "ehlo",
    [STAGE_STARTTLS] = "starttls", [STAGE_AUTH] = "auth", [STAGE_MAIL] = "mail",         [STAGE_RCPT] = "rcpt",
    [STAGE_DATA] = "data",         [STAGE_MESSAGE] = "message",                      [STAGE_DONE] = "done",
};
WORD_FUNCTIONS(stage, stage_words)

const char *stage_command(enum stage stage)
{
    switch (stage) {
    case STAGE_CONNECT:
    case STAGE_GREETING:
        return "220";
    case STAGE_TLS:
        return "TLS";
    case STAGE_EHLO:
        return "EHLO";
    case STAGE_STARTTLS:
        return "STARTTLS";
    case STAGE_AUTH:
        return "AUTH";
    case STAGE_MAIL:
    case STAGE_DONE:
        return "MAIL";
    case STAGE_RCPT:
        return "RCPT";
    case STAGE_DATA:
    case STAGE_MESSAGE:
        return "DATA";
    }
    return "";
}

static const char *const errand_bar_words[] = {
    [BAR_NONE] = "none",             [BAR_NO_WAY] = "no-way",       [BAR_NO_TLS] = "no-tls",
    [BAR_OLD_TLS] = "old-tls",       [BAR_UNVERIFIED] = "unverified", [BAR_LOOK_ALIKE] = "look-alike",
    [BAR_NO_SECRET] = "no-secret",   [BAR_STOPPED] = "stopped",
};
WORD_FUNCTIONS(errand_bar, errand_bar_words)

static const char *const secret_kind_words[] = {
    [SECRET_PASSWORD] = "password",
    [SECRET_TOKEN] = "token",
};
WORD_FUNCTIONS(secret_kind, secret_kind_words)

static const char *const skip_reason_words[] = {
    [SKIP_NONE] = "none",
    [SKIP_NOT_NEEDED] = "not-needed",
    [SKIP_NO_ROUTE] = "no-route",
    [SKIP_NO_ADDRESS] = "no-address",
    [SKIP_UNRESOLVED] = "unresolved",
    [SKIP_NOT_ASKED] = "not-asked",
    [SKIP_STOPPED] = "stopped",
};
WORD_FUNCTIONS(skip_reason, skip_reason_words)

static const char *const fault_words[] = {
    [FAULT_NONE] = "none",
    [FAULT_REFUSED] = "refused",
    [FAULT_UNREACHABLE] = "unreachable",
    [FAULT_PROHIBITED] = "prohibited",
    [FAULT_LOCAL] = "local",
    [FAULT_NO_ROUTE] = "no-route",
    [FAULT_SILENT] = "silent",
    [FAULT_RESET] = "reset",
    [FAULT_CLOSED] = "closed",
    [FAULT_NOT_SMTP] = "not-smtp",
    [FAULT_TLS_EXPECTED] = "tls-expected",
    [FAULT_PLAIN_EXPECTED] = "plain-expected",
    [FAULT_REPLY] = "reply",
    [FAULT_MALFORMED] = "malformed",
    [FAULT_STARTTLS_NOT_OFFERED] = "starttls-not-offered",
    [FAULT_TLS] = "tls",
    [FAULT_NO_MECHANISM] = "no-mechanism",
    [FAULT_UNSAYABLE] = "unsayable",
    [FAULT_UNVERIFIED] = "unverified",
    [FAULT_CHALLENGE] = "challenge",
    [FAULT_TOO_LARGE] = "too-large",
    [FAULT_SYSTEM] = "system",
};
WORD_FUNCTIONS(fault, fault_words)

static const char *const service_words[] = {
    [SERVICE_UNKNOWN] = "unknown", [SERVICE_NOTHING] = "nothing", [SERVICE_SMTP] = "SMTP",
    [SERVICE_TLS] = "TLS",         [SERVICE_HTTP] = "HTTP",       [SERVICE_IMAP] = "IMAP",
    [SERVICE_POP3] = "POP3",       [SERVICE_SSH] = "SSH",         [SERVICE_FTP] = "FTP",
    [SERVICE_NNTP] = "NNTP",       [SERVICE_MYSQL] = "MySQL",
};
WORD_FUNCTIONS(service, service_words)

static const char *const record_type_words[] = {
    [RECORD_A] = "A",
    [RECORD_AAAA] = "AAAA",
};
WORD_FUNCTIONS(record_type, record_type_words)

static const char *const clock_kind_words[] = {
    [CLOCK_SNTP] = "sntp", [CLOCK_HTTP_DATE] = "http-date",     [CLOCK_SMTP_GREETING] = "smtp-greeting",
    [CLOCK_OCSP] = "ocsp", [CLOCK_CERTIFICATE] = "certificate", [CLOCK_BUILD_DATE] = "build-date",
};
WORD_FUNCTIONS(clock_kind, clock_kind_words)

static const char *const hop_answer_words[] = {
    [HOP_UNTRIED] = "untried", [HOP_SILENT] = "silent",   [HOP_EXPIRED] = "expired",
    [HOP_REFUSED] = "refused", [HOP_REACHED] = "reached",
};
WORD_FUNCTIONS(hop_answer, hop_answer_words)

static const char *const certificate_name_kind_words[] = {
    [NAME_DNS] = "dns",
    [NAME_ADDRESS] = "address",
};
WORD_FUNCTIONS(certificate_name_kind, certificate_name_kind_words)

static const char *const ocsp_status_words[] = {
    [OCSP_NONE] = "none", [OCSP_INVALID] = "invalid", [OCSP_UNKNOWN] = "unknown",
    [OCSP_GOOD] = "good", [OCSP_REVOKED] = "revoked",
};
WORD_FUNCTIONS(ocsp_status, ocsp_status_words)

static const char *const completion_words[] = {
    [COMPLETION_NONE] = "none",
    [COMPLETION_SEEN] = "seen",
    [COMPLETION_FETCHED] = "fetched",
};
WORD_FUNCTIONS(completion, completion_words)

static const char *const fetch_kind_words[] = {
    [FETCH_ISSUER] = "issuer",
    [FETCH_OCSP] = "ocsp",
};
WORD_FUNCTIONS(fetch_kind, fetch_kind_words)

static const char *const fetch_outcome_words[] = {
    [FETCH_OK] = "ok",           [FETCH_UNRESOLVED] = "unresolved", [FETCH_FORBIDDEN] = "forbidden",
    [FETCH_NO_ANSWER] = "no-answer", [FETCH_SILENT] = "silent",     [FETCH_REFUSED] = "refused",
    [FETCH_TOO_LONG] = "too-long", [FETCH_UNFIT] = "unfit",         [FETCH_STOPPED] = "stopped",
};
WORD_FUNCTIONS(fetch_outcome, fetch_outcome_words)

static const char *const address_source_words[] = { "typed", "dns", "system", "hosts" };
WORD_FUNCTIONS_OF_BITS(address_source, address_source_words)

static const char *const trust_flaw_words[] = {
    "no-issuer", "issuer-not-ca", "weak-algorithm", "bad-signature", "constraints", "purpose", "revoked", "other",
    "path-length", "extension",
};
WORD_FUNCTIONS_OF_BITS(trust_flaw, trust_flaw_words)
