/*
 * attempt - what became of the sign-in and of the test message
 *
 * Reads the Evidence and asks the table of replies; keeps nothing.
 */
#include "diagnose/attempt.h"

#include <string.h>

#include "diagnose/meaning.h"
#include "diagnose/seen.h"
#include "knowledge/finding.h"

static const double SURE_BY_NUMBER = 0.5;
static const double SURE_OF_LITTLE = 0.4;   /* a number that says no more than no */
static const double SURE_BY_TOKEN = 0.95;   /* the server itself tells why it takes no such token */
static const double SURE_OF_WORDS = 0.9;    /* less: these words stand for several things */

/* ---- the reply that refused ------------------------------------------------ */

static bool refuses(const struct refused_reply *r)
{
    return r->code >= 400 && r->code <= 599;
}

/* The first one that refused, from the sign-in on; NULL where none did. */
static const struct refused_reply *find_refusal(const struct errand *errand, enum stage *ret)
{
    const struct {
        const struct refused_reply *reply;
        enum stage stage;
    } replies[] = {
        { &errand->sign_in.answer, STAGE_AUTH },   { &errand->sending.mail, STAGE_MAIL },
        { &errand->sending.rcpt, STAGE_RCPT },     { &errand->sending.data, STAGE_DATA },
        { &errand->sending.message, STAGE_MESSAGE },
    };

    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        if (refuses(replies[i].reply)) {
            *ret = replies[i].stage;
            return replies[i].reply;
        }
    }
    return NULL;
}

/* ---- what it means --------------------------------------------------------- */

static bool is_of_layer(enum finding_id id, const char *layer)
{
    return id != FINDING_NONE && strcmp(finding_by_id(id)->layer, layer) == 0;
}

/* A finding that a reply at this stage can lead to. Others are about what is over by then, such as TLS. */
static bool fits_stage(enum finding_id id, enum stage stage)
{
    switch (id) {
    case FINDING_SMTP_THROTTLED:
    case FINDING_SMTP_EHLO_REJECTED: /* many servers wait with that until RCPT */
    case FINDING_SEND_BLOCKLISTED:
    case FINDING_SEND_REVERSE_DNS:
    case FINDING_SEND_LOCATION_BLOCKED:
        return true;
    default:
        return is_of_layer(id, "auth") ||
               (stage > STAGE_AUTH && (is_of_layer(id, "send") || is_of_layer(id, "relay")));
    }
}

/* RFC 4954 section 6, RFC 5321 section 4.2. */
static enum finding_id finding_of_number(enum stage stage, unsigned code, double *confidence)
{
    *confidence = SURE_BY_NUMBER;
    if (stage > STAGE_AUTH) {
        if (code == 421)
            return FINDING_SMTP_THROTTLED;
        if (code == 530)
            return FINDING_SEND_AUTH_REQUIRED;
        return code < 500 ? FINDING_SEND_TEMPORARY : FINDING_SEND_REJECTED;
    }
    if (code < 500)
        return FINDING_AUTH_TEMPORARY;
    switch (code) {
    case 500:
    case 501:
    case 502:
    case 503:
    case 504:
    case 534: /* the mechanism is too weak */
    case 538: /* it needs encryption, which there is */
        return FINDING_AUTH_MECHANISM_UNSUPPORTED;
    case 535:
        return FINDING_AUTH_BAD_CREDENTIALS;
    default:
        *confidence = SURE_OF_LITTLE;
        return FINDING_AUTH_BAD_CREDENTIALS;
    }
}

static bool has_form_of_app_password(const struct secret_form *f)
{
    return f->app_password_groups || f->app_password_letters || f->app_password_hyphens;
}

/*
 * What the reply can mean depends on what was sent: servers answer a refused
 * token in the words for a refused password, and some ask for an app password
 * in the words in which they refuse one.
 */
static void fit_to_secret(struct attempt *a, const struct sign_in *s)
{
    if (s->kind == SECRET_TOKEN &&
        (a->finding == FINDING_AUTH_BAD_CREDENTIALS || a->finding == FINDING_AUTH_APP_PASSWORD_REQUIRED)) {
        a->finding = FINDING_AUTH_TOKEN_REJECTED;
        if (s->oauth_status.len > 0)
            a->confidence = SURE_BY_TOKEN;
    } else if (s->kind == SECRET_PASSWORD && a->finding == FINDING_AUTH_TOKEN_REJECTED) {
        a->finding = FINDING_AUTH_BAD_CREDENTIALS;
    } else if (a->finding == FINDING_AUTH_APP_PASSWORD_REQUIRED && has_form_of_app_password(&s->form) &&
               a->confidence < SURE_OF_WORDS) {
        a->finding = FINDING_AUTH_BAD_CREDENTIALS;
    }
}

/* The same words at the relay of Google Workspace and at any other server. */
static enum finding_id fit_to_relay(const struct evidence *e, enum finding_id id, enum reply_class class)
{
    bool relay = seen_is_relay(e);

    if (class == REPLY_CLASS_RELAY_DOMAIN_NOT_ALLOWED && relay)
        return FINDING_RELAY_NOT_ALLOWED;
    switch (id) {
    case FINDING_SEND_RELAY_DENIED:
    case FINDING_RELAY_NOT_ALLOWED:
        return relay ? FINDING_RELAY_NOT_ALLOWED : FINDING_SEND_RELAY_DENIED;
    case FINDING_SMTP_EHLO_REJECTED:
    case FINDING_RELAY_EHLO_DOMAIN:
        return relay ? FINDING_RELAY_EHLO_DOMAIN : FINDING_SMTP_EHLO_REJECTED;
    default:
        return id;
    }
}

/* Who has signed in is not asked to; and a server that offers no sign-in asks for none. */
static enum finding_id fit_to_sign_in(const struct errand *errand, enum finding_id id, unsigned code)
{
    bool offers = errand->connection != NULL && errand->connection->n_auth > 0;

    if (id == FINDING_SEND_AUTH_REQUIRED && (errand->sign_in.accepted || (!offers && code != 530)))
        return FINDING_SEND_RELAY_DENIED;
    return id;
}

static void judge_reply(struct attempt *a, const struct evidence *e)
{
    const struct errand *errand = e->errand;
    const struct refused_reply *r = a->reply;
    struct reply_meaning m;

    if (meaning_of_reply(&m, e, a->stage, r) && fits_stage(m.finding, a->stage)) {
        a->class = m.class;
        a->finding = m.finding;
        a->confidence = m.confidence;
        a->help_url = m.help_url;
    } else {
        a->finding = finding_of_number(a->stage, r->code, &a->confidence);
    }
    a->finding = fit_to_sign_in(errand, a->finding, r->code);
    a->finding = fit_to_relay(e, a->finding, a->class);
    if (a->stage == STAGE_AUTH)
        fit_to_secret(a, &errand->sign_in);
}

/* ---- connections that end, and others -------------------------------------- */

static enum finding_id finding_of_trouble(enum trouble trouble)
{
    switch (trouble) {
    case TROUBLE_NO_GREETING:
        return FINDING_SMTP_NO_GREETING;
    case TROUBLE_NOT_SMTP:
        return FINDING_SMTP_NOT_SMTP;
    case TROUBLE_BLOCKLISTED:
        return FINDING_SEND_BLOCKLISTED;
    case TROUBLE_REVERSE_DNS:
        return FINDING_SEND_REVERSE_DNS;
    case TROUBLE_LOCATION:
        return FINDING_SEND_LOCATION_BLOCKED;
    case TROUBLE_EHLO_NAME:
        return FINDING_SMTP_EHLO_REJECTED;
    case TROUBLE_RELAY_EHLO:
        return FINDING_RELAY_EHLO_DOMAIN;
    case TROUBLE_REJECTED:
        return FINDING_SMTP_REJECTED;
    case TROUBLE_THROTTLED:
        return FINDING_SMTP_THROTTLED;
    case TROUBLE_PROTOCOL:
        return FINDING_SMTP_PROTOCOL_ERROR;
    case TROUBLE_CLOSED:
        return FINDING_SMTP_CLOSED_EARLY;
    case TROUBLE_STALLED:
        return FINDING_SMTP_STALLED;
    case TROUBLE_NONE:
    case TROUBLE_RESET: /* these: the matrix has seen it go well a moment before */
    case TROUBLE_BLACK_HOLE:
    case TROUBLE_STARTTLS_MISSING:
    case TROUBLE_STARTTLS_REJECTED:
    case TROUBLE_TLS:
    case TROUBLE_OURS:
        break;
    }
    return FINDING_NONE;
}

static bool is_done(const struct evidence *e)
{
    const struct errand *errand = e->errand;

    if (e->plan->user.bytes != NULL && !errand->sign_in.accepted)
        return false;
    if (e->plan->send_to == NULL || e->plan->last_step == LAST_STEP_AUTH)
        return true;
    return e->plan->last_step == LAST_STEP_RCPT ? errand->sending.rcpt.code / 100 == 2
                                                : errand->sending.message.code / 100 == 2;
}

static bool is_odd(const struct secret_form *f)
{
    return f->blank_at_start || f->blank_at_end || f->line_end || f->control || f->invisible || f->non_ascii;
}

/* What this side saw itself, without a reply that refuses. */
static enum finding_id finding_of_fault(const struct errand *errand)
{
    switch (errand->connection->fault) {
    case FAULT_NO_MECHANISM:
        return FINDING_AUTH_MECHANISM_UNSUPPORTED;
    case FAULT_UNSAYABLE:
        return is_odd(&errand->sign_in.user_form) ? FINDING_AUTH_USERNAME_FORM : FINDING_AUTH_BAD_CREDENTIALS;
    case FAULT_UNVERIFIED:
        return FINDING_AUTH_SERVER_NOT_VERIFIED;
    case FAULT_CHALLENGE:
        return FINDING_SMTP_PROTOCOL_ERROR;
    case FAULT_TOO_LARGE:
        return FINDING_SEND_TOO_LARGE;
    default:
        return FINDING_NONE;
    }
}

static void judge(struct attempt *a, const struct evidence *e)
{
    const struct probe *p = e->errand->connection;

    if (p == NULL)
        return;
    a->confidence = 1;
    a->stage = p->stage;
    a->finding = finding_of_fault(e->errand);
    if (a->finding != FINDING_NONE)
        return;
    a->reply = find_refusal(e->errand, &a->stage);
    if (a->reply != NULL) {
        judge_reply(a, e);
        return;
    }
    a->finding = finding_of_trouble(seen_trouble(e, p));
    if (p->fault == FAULT_REPLY)
        a->reply = &p->reply;
}

struct attempt attempt_of(const struct evidence *e)
{
    struct attempt a = { .end = ATTEMPT_NONE, .finding = FINDING_NONE, .class = REPLY_CLASS_INFO_NORMAL };

    if (e->errand == NULL)
        return a;
    if (e->errand->bar != BAR_NONE) {
        a.end = ATTEMPT_BARRED;
        return a;
    }
    if (is_done(e)) {
        a.end = ATTEMPT_DONE;
        return a;
    }
    judge(&a, e);
    a.end = a.finding == FINDING_NONE ? ATTEMPT_UNTOLD : ATTEMPT_FAILED;
    return a;
}

/* ---- who the server takes this side for ------------------------------------- */

/* "[203.0.113.9]", "[IPv6:2001:db8::1]" (RFC 5321 section 4.1.3), and what servers write without the tag. */
static bool address_in_brackets(struct address *ret, struct peer_text t)
{
    static const char tag[] = "IPv6:";

    for (size_t i = 0; i < t.len; i++) {
        char printed[ADDRESS_TEXT_SIZE];
        size_t n = 0;

        if (t.bytes[i] != '[')
            continue;
        i++;
        if (t.len - i >= sizeof tag - 1 &&
            peer_text_equal_nocase((struct peer_text){ t.bytes + i, sizeof tag - 1 }, tag))
            i += sizeof tag - 1;
        while (i + n < t.len && t.bytes[i + n] != ']' && n < sizeof printed - 1) {
            printed[n] = t.bytes[i + n];
            n++;
        }
        printed[n] = '\0';
        if (i + n < t.len && t.bytes[i + n] == ']' && address_parse(ret, printed))
            return true;
    }
    return false;
}

bool attempt_public_address(struct address *ret, const struct refused_reply *reply, const struct probe *p)
{
    if (reply != NULL && address_in_brackets(ret, reply->text))
        return true;
    /* Some servers have an address for their own name. */
    return p != NULL && address_in_brackets(ret, p->ehlo_line) &&
           !(p->has_address && address_equal(ret, &p->address));
}
