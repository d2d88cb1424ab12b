/*
 * rule_incoming - the servers that mail is read from, beside one that mail can be sent through
 *
 * Told of only where sending works: where it does not, that is what is to be
 * mended first, and a network that lets nothing through is no fault of theirs.
 */
#include "diagnose/rule.h"
#include "diagnose/spot.h"

#include <string.h>

static const double SURE_OF_SILENCE = 0.8; /* the network may stop these ports alone */

/* What became of one endpoint, for a mail program that checks certificates. */
enum access {
    ACCESS_UNTRIED, /* there was no reason or no way to try it */
    ACCESS_UNTOLD,  /* cut short: it may work */
    ACCESS_WORKS,
    ACCESS_SILENT,
    ACCESS_REFUSED,
    ACCESS_BLOCKED,
    ACCESS_CUT,
    ACCESS_MUTE,
    ACCESS_TURNED_AWAY,
    ACCESS_FOREIGN,
    ACCESS_NO_STARTTLS,
    ACCESS_TLS,
    ACCESS_CERTIFICATE_ENDED,
    ACCESS_CERTIFICATE_NAME,
    ACCESS_CERTIFICATE,
    ACCESS_UNRESOLVED,
    ACCESS_COUNT,
};

static const enum text_id access_texts[ACCESS_COUNT] = {
    [ACCESS_SILENT] = TEXT_BECAUSE_INCOMING_UNREACHABLE_SILENT,
    [ACCESS_REFUSED] = TEXT_BECAUSE_INCOMING_UNREACHABLE_REFUSED,
    [ACCESS_BLOCKED] = TEXT_BECAUSE_INCOMING_UNREACHABLE_BLOCKED,
    [ACCESS_CUT] = TEXT_BECAUSE_INCOMING_UNREACHABLE_CUT,
    [ACCESS_MUTE] = TEXT_BECAUSE_INCOMING_UNREACHABLE_MUTE,
    [ACCESS_TURNED_AWAY] = TEXT_BECAUSE_INCOMING_UNREACHABLE_TURNED_AWAY,
    [ACCESS_FOREIGN] = TEXT_BECAUSE_INCOMING_UNREACHABLE_FOREIGN,
    [ACCESS_NO_STARTTLS] = TEXT_BECAUSE_INCOMING_UNREACHABLE_NO_STARTTLS,
    [ACCESS_TLS] = TEXT_BECAUSE_INCOMING_UNREACHABLE_TLS,
    [ACCESS_CERTIFICATE_ENDED] = TEXT_BECAUSE_INCOMING_UNREACHABLE_CERTIFICATE_ENDED,
    [ACCESS_CERTIFICATE_NAME] = TEXT_BECAUSE_INCOMING_UNREACHABLE_CERTIFICATE_NAME,
    [ACCESS_CERTIFICATE] = TEXT_BECAUSE_INCOMING_UNREACHABLE_CERTIFICATE,
    [ACCESS_UNRESOLVED] = TEXT_BECAUSE_INCOMING_UNREACHABLE_UNRESOLVED,
};

static const struct chain *chain_of(const struct evidence *e, const struct probe *p)
{
    return p->chain >= 0 && (size_t)p->chain < e->n_chains ? &e->chains[p->chain] : NULL;
}

/* The dialogue went well: would a mail program take the certificate? Without roots nobody can tell. */
static enum access access_of_certificate(const struct evidence *e, const struct probe *p)
{
    const struct chain *c = chain_of(e, p);

    if (c == NULL || !c->judged || seen_chain_fine(e, c))
        return ACCESS_WORKS;
    if (seen_window(e, c, WINDOW_ENDED) >= 0)
        return ACCESS_CERTIFICATE_ENDED;
    return c->name_matches ? ACCESS_CERTIFICATE : ACCESS_CERTIFICATE_NAME;
}

static enum access access_of_fault(const struct probe *p)
{
    switch (p->fault) {
    case FAULT_SILENT:
        return p->stage == STAGE_CONNECT ? ACCESS_SILENT : ACCESS_MUTE;
    case FAULT_REFUSED:
        return ACCESS_REFUSED;
    case FAULT_UNREACHABLE:
    case FAULT_PROHIBITED:
    case FAULT_LOCAL:
        return ACCESS_BLOCKED;
    case FAULT_RESET:
    case FAULT_CLOSED:
        return ACCESS_CUT;
    case FAULT_REPLY:
        return ACCESS_TURNED_AWAY;
    case FAULT_NOT_SMTP:
    case FAULT_TLS_EXPECTED:
    case FAULT_PLAIN_EXPECTED:
    case FAULT_MALFORMED:
        return ACCESS_FOREIGN;
    case FAULT_STARTTLS_NOT_OFFERED:
        return ACCESS_NO_STARTTLS;
    case FAULT_TLS:
        return ACCESS_TLS;
    case FAULT_NO_ROUTE:
        return ACCESS_UNTRIED;
    case FAULT_NONE:
    case FAULT_SYSTEM:
    case FAULT_NO_MECHANISM: /* these five: of a sign-in, or of sending */
    case FAULT_UNSAYABLE:
    case FAULT_UNVERIFIED:
    case FAULT_CHALLENGE:
    case FAULT_TOO_LARGE:
        return ACCESS_UNTOLD;
    }
    return ACCESS_UNTOLD;
}

static const struct name_view *name_of(const struct evidence *e, const struct probe *p)
{
    for (size_t i = 0; i < e->n_names; i++) {
        if (e->names[i].role == ROLE_INCOMING && strcmp(e->names[i].host, p->host) == 0)
            return &e->names[i];
    }
    return NULL;
}

/* A cell that was not tried: only where the whole name has no address does that mean something. */
static enum access access_of_skip(const struct evidence *e, const struct probe *p)
{
    const struct name_view *name = name_of(e, p);

    if (p->skip == SKIP_STOPPED || (p->skip == SKIP_UNRESOLVED && e->ceiling_reached))
        return ACCESS_UNTOLD;
    if ((p->skip == SKIP_NO_ADDRESS || p->skip == SKIP_UNRESOLVED) && name != NULL && name->n_addresses == 0)
        return ACCESS_UNRESOLVED;
    return ACCESS_UNTRIED;
}

static enum access access_of(const struct evidence *e, const struct probe *p)
{
    if (p->outcome == PROBE_SKIPPED)
        return access_of_skip(e, p);
    if (!seen_means_something(e, p))
        return ACCESS_UNTOLD;
    return p->outcome == PROBE_OK ? access_of_certificate(e, p) : access_of_fault(p);
}

static bool is_of(const struct probe *p, enum protocol protocol)
{
    return p->role == ROLE_INCOMING && p->protocol == protocol && p->host != NULL;
}

/* Every endpoint of the protocol that was tried fails, and none was cut short. */
static bool is_unreachable(const struct evidence *e, enum protocol protocol)
{
    bool fails = false;

    for (size_t i = 0; i < e->n_probes; i++) {
        enum access access = is_of(&e->probes[i], protocol) ? access_of(e, &e->probes[i]) : ACCESS_UNTRIED;

        if (access == ACCESS_WORKS || access == ACCESS_UNTOLD)
            return false;
        fails = fails || access != ACCESS_UNTRIED;
    }
    return fails;
}

/* ---- what is said ------------------------------------------------------------- */

/* The endpoints of one name with one fate, from this probe on; none where an earlier one stands for it. */
static struct spot spot_from(const struct draft *d, size_t first, enum access access)
{
    const struct evidence *e = d->e;
    const struct probe *p = &e->probes[first];
    struct spot s;

    spot_init(&s);
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *other = &e->probes[i];

        if (!is_of(other, p->protocol) || strcmp(other->host, p->host) != 0 || access_of(e, other) != access)
            continue;
        if (i < first)
            break;
        spot_add(&s, e, (int)i);
    }
    return s;
}

static void say_details(struct draft *d, struct because *b, const struct spot *s, enum access access)
{
    const struct probe *p = &d->e->probes[s->first];
    const struct chain *c = chain_of(d->e, p);

    if (access == ACCESS_SILENT || access == ACCESS_MUTE)
        say_duration(b, "waited", s->longest_ms);
    else if (access == ACCESS_TURNED_AWAY)
        say_reply(d, b, &p->reply);
    else if (access == ACCESS_CERTIFICATE_ENDED)
        say_date(b, "ends", c->certificates[seen_window(d->e, c, WINDOW_ENDED)].not_after);
}

static void say_access(struct draft *d, struct diagnosed *f, const struct spot *s, enum access access)
{
    const struct probe *p = &d->e->probes[s->first];
    struct because *b = draft_because(d, f, access_texts[access], s->first);

    say_word(d, b, "protocol", protocol_name(p->protocol));
    say_word(d, b, "host", p->host);
    spot_say(d, b, s);
    say_details(d, b, s, access);
}

/* Returns whether silence is all that was met. */
static bool say_protocol(struct draft *d, struct diagnosed *f, enum protocol protocol)
{
    bool silent = true;

    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];
        enum access access = is_of(p, protocol) ? access_of(d->e, p) : ACCESS_UNTRIED;
        struct spot s;

        if (access == ACCESS_UNTRIED)
            continue;
        silent = silent && (access == ACCESS_SILENT || access == ACCESS_BLOCKED);
        s = spot_from(d, i, access);
        if (s.first >= 0)
            say_access(d, f, &s, access);
    }
    return silent;
}

static void say_sending(struct draft *d, struct diagnosed *f)
{
    for (size_t i = 0; i < d->e->n_probes; i++) {
        const struct probe *p = &d->e->probes[i];
        struct spot s;

        if (!seen_encrypted(p) || !seen_counts(d->e, p->port))
            continue;
        spot_init(&s);
        spot_add(&s, d->e, (int)i);
        spot_say(d, draft_because(d, f, TEXT_BECAUSE_INCOMING_UNREACHABLE_SENDING, (int)i), &s);
        return;
    }
}

void rule_incoming_unreachable(struct draft *d)
{
    static const enum protocol protocols[] = { PROTOCOL_IMAP, PROTOCOL_POP3 };
    struct diagnosed *f = NULL;
    bool silent = true;

    if (!seen_can_send(d->e))
        return;
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (!is_unreachable(d->e, protocols[i]))
            continue;
        f = draft_raise(d, FINDING_INCOMING_UNREACHABLE);
        silent = say_protocol(d, f, protocols[i]) && silent;
    }
    if (f == NULL)
        return;
    f->severity = SEVERITY_WARNING;
    f->confidence = silent ? SURE_OF_SILENCE : 1;
    say_sending(d, f);
}
