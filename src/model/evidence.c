#include "model/evidence.h"

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

const char *role_word(enum role role)
{
    static const char *const words[] = {
        [ROLE_TARGET] = "target",     [ROLE_SUGGESTION] = "suggestion", [ROLE_CONTROL] = "control",
        [ROLE_INCOMING] = "incoming", [ROLE_PATH] = "path",
    };

    return words[role];
}

const char *dns_outcome_word(enum dns_outcome outcome)
{
    static const char *const words[] = {
        [DNS_SKIPPED] = "skipped",   [DNS_OK] = "ok",           [DNS_NXDOMAIN] = "nxdomain",
        [DNS_NO_DATA] = "no-data",   [DNS_SERVFAIL] = "servfail", [DNS_REFUSED] = "refused",
        [DNS_TIMEOUT] = "timeout",   [DNS_UNREACHABLE] = "unreachable", [DNS_MALFORMED] = "malformed",
    };

    return words[outcome];
}

const char *probe_outcome_word(enum probe_outcome outcome)
{
    static const char *const words[] = {
        [PROBE_SKIPPED] = "skipped", [PROBE_RUNNING] = "running", [PROBE_OK] = "ok",
        [PROBE_FAILED] = "failed",   [PROBE_TIMEOUT] = "timeout",
    };

    return words[outcome];
}

const char *stage_word(enum stage stage)
{
    static const char *const words[] = {
        [STAGE_CONNECT] = "connect",   [STAGE_TLS] = "tls",   [STAGE_GREETING] = "greeting", [STAGE_EHLO] = "ehlo",
        [STAGE_STARTTLS] = "starttls", [STAGE_AUTH] = "auth", [STAGE_MAIL] = "mail",         [STAGE_DONE] = "done",
    };

    return words[stage];
}

const char *skip_reason_word(enum skip_reason reason)
{
    static const char *const words[] = {
        [SKIP_NONE] = "none",
        [SKIP_NOT_NEEDED] = "not-needed",
        [SKIP_NO_ROUTE] = "no-route",
        [SKIP_NO_ADDRESS] = "no-address",
        [SKIP_NOT_ASKED] = "not-asked",
        [SKIP_STOPPED] = "stopped",
    };

    return words[reason];
}

const char *fault_word(enum fault fault)
{
    static const char *const words[] = {
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
        [FAULT_SYSTEM] = "system",
    };

    return words[fault];
}

const char *service_word(enum service service)
{
    static const char *const words[] = {
        [SERVICE_UNKNOWN] = "unknown", [SERVICE_NOTHING] = "nothing", [SERVICE_SMTP] = "SMTP",
        [SERVICE_TLS] = "TLS",         [SERVICE_HTTP] = "HTTP",       [SERVICE_IMAP] = "IMAP",
        [SERVICE_POP3] = "POP3",       [SERVICE_SSH] = "SSH",         [SERVICE_FTP] = "FTP",
        [SERVICE_NNTP] = "NNTP",       [SERVICE_MYSQL] = "MySQL",
    };

    return words[service];
}
