/*
 * rule_auth - why the sign-in is refused
 *
 * The reply decides which finding it is (attempt.h); what is known of the
 * secret's form, of the user name and of the token makes further lines. A
 * secret itself is not in the Evidence.
 */
#include "diagnose/refusal.h"
#include "diagnose/rule.h"

#include <string.h>
#include <strings.h>

#include "model/clock_estimate.h"

/* ---- the secret that was sent ---------------------------------------------- */

/* What a mail program would send as well, if it was pasted there like this. */
static void say_flaws(struct draft *d, struct diagnosed *f, const struct secret_form *form)
{
    const struct form_line {
        bool is;
        enum text_id text;
    } lines[] = {
        { form->empty, TEXT_SECRET_EMPTY },
        { form->blank_at_start, TEXT_SECRET_BLANK_AT_START },
        { form->blank_at_end, TEXT_SECRET_BLANK_AT_END },
        { form->line_end, TEXT_SECRET_LINE_END },
        { form->control, TEXT_SECRET_CONTROL },
        { form->invisible, TEXT_SECRET_INVISIBLE },
        { form->non_ascii, TEXT_SECRET_NON_ASCII },
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (lines[i].is)
            draft_because(d, f, lines[i].text, -1);
    }
}

/* Whether it is one of those that the provider hands out, as far as its form shows it. */
static enum text_id app_password_text(enum app_password_form wanted, const struct secret_form *form)
{
    bool letters = form->app_password_groups || form->app_password_letters;

    switch (wanted) {
    case APP_PASSWORD_LETTERS:
        return letters ? TEXT_SECRET_IS_APP_PASSWORD : TEXT_SECRET_NO_APP_PASSWORD;
    case APP_PASSWORD_HYPHENS:
        return form->app_password_hyphens ? TEXT_SECRET_IS_APP_PASSWORD : TEXT_SECRET_NO_APP_PASSWORD;
    case APP_PASSWORD_OTHER:
        return TEXT_SECRET_NEEDS_APP_PASSWORD;
    case APP_PASSWORD_NONE:
        return form->app_password_groups ? TEXT_SECRET_GROUPS : TEXT_NONE;
    }
    return TEXT_NONE;
}

static void say_app_password(struct draft *d, struct diagnosed *f, const struct secret_form *form)
{
    const struct provider *provider = seen_provider(d->e);
    enum app_password_form wanted = provider == NULL ? APP_PASSWORD_NONE : provider->app_password;
    enum text_id text = app_password_text(wanted, form);

    if (text != TEXT_NONE)
        say_word(d, draft_because(d, f, text, -1), "provider", provider == NULL ? "" : provider->name);
}

void rule_auth_bad_credentials(struct draft *d)
{
    enum text_id text = d->attempt.reply != NULL ? TEXT_BECAUSE_AUTH_BAD_CREDENTIALS_REPLY
                                                 : TEXT_BECAUSE_AUTH_BAD_CREDENTIALS_UNSAYABLE;
    struct diagnosed *f = refusal_raise(d, FINDING_AUTH_BAD_CREDENTIALS, text);

    if (f == NULL || d->attempt.stage != STAGE_AUTH)
        return;
    say_flaws(d, f, &d->e->errand->sign_in.form);
    say_app_password(d, f, &d->e->errand->sign_in.form);
}

void rule_auth_app_password_required(struct draft *d)
{
    struct diagnosed *f =
        refusal_raise(d, FINDING_AUTH_APP_PASSWORD_REQUIRED, TEXT_BECAUSE_AUTH_APP_PASSWORD_REQUIRED_REPLY);

    if (f != NULL && d->attempt.stage == STAGE_AUTH)
        say_app_password(d, f, &d->e->errand->sign_in.form);
}

/* ---- the user name --------------------------------------------------------- */

static bool has_blanks(const struct secret_form *form)
{
    return form->blank_at_start || form->blank_at_end || form->line_end || form->control || form->invisible;
}

static bool is_address(struct peer_text user)
{
    const char *at = user.bytes == NULL ? NULL : memrchr(user.bytes, '@', user.len);

    return at != NULL && at > user.bytes && at + 1 < user.bytes + user.len;
}

/* The line that says what is wrong with it, or none. */
static enum text_id username_text(const struct draft *d)
{
    const struct provider *provider = seen_provider(d->e);

    if (d->attempt.finding == FINDING_AUTH_USERNAME_FORM)
        return TEXT_BECAUSE_AUTH_USERNAME_FORM_UNSAYABLE;
    if (has_blanks(&d->e->errand->sign_in.user_form))
        return TEXT_BECAUSE_AUTH_USERNAME_FORM_BLANK;
    if (provider == NULL)
        return TEXT_NONE;
    if (provider->username == USERNAME_FULL_ADDRESS && !is_address(d->e->plan->user))
        return TEXT_BECAUSE_AUTH_USERNAME_FORM_NO_ADDRESS;
    if (provider->username == USERNAME_LOCAL_PART && is_address(d->e->plan->user))
        return TEXT_BECAUSE_AUTH_USERNAME_FORM_ADDRESS;
    return TEXT_NONE;
}

/* The user name without what cannot be seen in it. */
static const char *cleaned_user(struct draft *d)
{
    struct peer_text rest = d->e->plan->user;
    char *cleaned = arena_alloc(d->arena, rest.len + 1, 1);
    size_t n = 0;

    while (cleaned != NULL && rest.len > 0) {
        const char *at = rest.bytes;
        uint32_t c;
        size_t len;
        bool printable;

        if (!peer_text_next(&rest, &c, &len, &printable))
            break;
        if (printable && !peer_text_is_space(c)) {
            memcpy(cleaned + n, at, len);
            n += len;
        }
    }
    if (cleaned == NULL)
        return "";
    cleaned[n] = '\0';
    return cleaned;
}

/* What the step for the box of the user name shows. */
static void say_what_to_type(struct draft *d, struct diagnosed *f, enum text_id said)
{
    const struct provider *provider = seen_provider(d->e);
    bool blank = said == TEXT_BECAUSE_AUTH_USERNAME_FORM_BLANK;

    draft_step_text(d, f, "where", blank ? TEXT_SHOW_WHERE_USER_BLANK : TEXT_SHOW_WHERE_USER_FORM);
    if (blank)
        draft_step_word(d, f, "cleaned", cleaned_user(d));
    else if (provider != NULL && provider->username == USERNAME_FULL_ADDRESS)
        draft_step_text(d, f, "cleaned", TEXT_SHOW_USER_FULL_ADDRESS);
    else if (provider != NULL && provider->username == USERNAME_LOCAL_PART)
        draft_step_text(d, f, "cleaned", TEXT_SHOW_USER_LOCAL_PART);
    else
        draft_step_text(d, f, "cleaned", TEXT_SHOW_USER_UNKNOWN);
}

/* A name that is accepted has the form that the server wants, whatever is written about it. */
void rule_auth_username_form(struct draft *d)
{
    const struct errand *errand = d->e->errand;
    bool refused = d->attempt.finding == FINDING_AUTH_BAD_CREDENTIALS ||
                   d->attempt.finding == FINDING_AUTH_USERNAME_FORM;
    enum text_id text;
    struct diagnosed *f;
    struct because *b;

    if (errand == NULL || d->e->plan->user.bytes == NULL || errand->sign_in.accepted)
        return;
    text = username_text(d);
    if (text == TEXT_NONE || (text == TEXT_BECAUSE_AUTH_USERNAME_FORM_ADDRESS && !refused))
        return;
    f = draft_raise(d, FINDING_AUTH_USERNAME_FORM);
    f->severity = refused ? SEVERITY_CRITICAL : SEVERITY_WARNING;
    b = draft_because(d, f, text, -1);
    say_peer(d, b, "user", d->e->plan->user);
    say_word(d, b, "mechanism", errand->sign_in.mechanism == NULL ? "AUTH" : errand->sign_in.mechanism);
    say_word(d, b, "provider", seen_provider(d->e) == NULL ? "" : seen_provider(d->e)->name);
    say_what_to_type(d, f, text);
    if (errand->connection != NULL)
        draft_concern(d, f, errand->connection->port);
}

/* ---- auth.mechanism-unsupported -------------------------------------------- */

static enum text_id unsupported_text(const struct draft *d)
{
    const struct errand *errand = d->e->errand;

    if (d->attempt.reply != NULL)
        return TEXT_BECAUSE_AUTH_MECHANISM_UNSUPPORTED_REPLY;
    if (errand->connection->n_auth == 0)
        return TEXT_BECAUSE_AUTH_MECHANISM_UNSUPPORTED_NONE;
    return TEXT_BECAUSE_AUTH_MECHANISM_UNSUPPORTED_OFFERED;
}

void rule_auth_mechanism_unsupported(struct draft *d)
{
    const struct errand *errand = d->e->errand;
    struct diagnosed *f;
    struct because *b;

    if (d->attempt.finding != FINDING_AUTH_MECHANISM_UNSUPPORTED)
        return;
    f = refusal_raise(d, FINDING_AUTH_MECHANISM_UNSUPPORTED, unsupported_text(d));
    if (f == NULL)
        return;
    if (d->e->plan->auth != NULL) {
        b = draft_because(d, f, TEXT_BECAUSE_AUTH_MECHANISM_UNSUPPORTED_FORCED, -1);
        say_word(d, b, "mechanism", d->e->plan->auth);
        return;
    }
    draft_because(d, f,
                  errand->sign_in.kind == SECRET_TOKEN ? TEXT_BECAUSE_AUTH_MECHANISM_UNSUPPORTED_TOKEN
                                                       : TEXT_BECAUSE_AUTH_MECHANISM_UNSUPPORTED_PASSWORD,
                  -1);
}

/* ---- auth.token-rejected --------------------------------------------------- */

/* A line of one value, where there is one. */
static void say_value(struct draft *d, struct diagnosed *f, enum text_id text, const char *name,
                      struct peer_text value)
{
    if (value.len > 0)
        say_peer(d, draft_because(d, f, text, -1), name, value);
}

static bool is_other_user(struct peer_text owner, struct peer_text user)
{
    return is_address(owner) && is_address(user) &&
           (owner.len != user.len || strncasecmp(owner.bytes, user.bytes, owner.len) != 0);
}

/* What the token says of itself, unproved as it is; held against the true time as far as that is known. */
static void say_token(struct draft *d, struct diagnosed *f, const struct token_facts *t)
{
    int64_t now_s = clock_now_s(d->e);
    struct because *b;

    if (!t->is_jwt)
        return;
    if (t->expires_s >= 0 && t->expires_s < now_s)
        say_date(draft_because(d, f, TEXT_BECAUSE_AUTH_TOKEN_REJECTED_ENDED, -1), "ends", t->expires_s);
    if (t->not_before_s > now_s)
        say_date(draft_because(d, f, TEXT_BECAUSE_AUTH_TOKEN_REJECTED_AHEAD, -1), "begins", t->not_before_s);
    if (is_other_user(t->user, d->e->plan->user)) {
        b = draft_because(d, f, TEXT_BECAUSE_AUTH_TOKEN_REJECTED_OTHER_USER, -1);
        say_peer(d, b, "owner", t->user);
        say_peer(d, b, "user", d->e->plan->user);
    }
    say_value(d, f, TEXT_BECAUSE_AUTH_TOKEN_REJECTED_AUDIENCE, "audience", t->audience);
    say_value(d, f, TEXT_BECAUSE_AUTH_TOKEN_REJECTED_ALLOWS, "scopes", t->scopes);
    say_value(d, f, TEXT_BECAUSE_AUTH_TOKEN_REJECTED_ROLES, "roles", t->roles);
}

void rule_auth_token_rejected(struct draft *d)
{
    const struct sign_in *s = d->e->errand == NULL ? NULL : &d->e->errand->sign_in;
    struct diagnosed *f =
        refusal_raise(d, FINDING_AUTH_TOKEN_REJECTED, TEXT_BECAUSE_AUTH_TOKEN_REJECTED_REPLY);

    if (f == NULL)
        return;
    say_value(d, f, TEXT_BECAUSE_AUTH_TOKEN_REJECTED_STATUS, "status", s->oauth_status);
    say_value(d, f, TEXT_BECAUSE_AUTH_TOKEN_REJECTED_SCOPE, "scope", s->oauth_scope);
    say_token(d, f, &s->token);
    say_flaws(d, f, &s->form);
}

/* ---- those that the reply alone tells --------------------------------------- */

void rule_auth_server_not_verified(struct draft *d)
{
    refusal_raise(d, FINDING_AUTH_SERVER_NOT_VERIFIED, TEXT_BECAUSE_AUTH_SERVER_NOT_VERIFIED_SIGNATURE);
}

void rule_auth_web_login_required(struct draft *d)
{
    refusal_raise(d, FINDING_AUTH_WEB_LOGIN_REQUIRED, TEXT_BECAUSE_AUTH_WEB_LOGIN_REQUIRED_REPLY);
}

void rule_auth_disabled(struct draft *d)
{
    refusal_raise(d, FINDING_AUTH_DISABLED, TEXT_BECAUSE_AUTH_DISABLED_REPLY);
}

void rule_auth_account_disabled(struct draft *d)
{
    refusal_raise(d, FINDING_AUTH_ACCOUNT_DISABLED, TEXT_BECAUSE_AUTH_ACCOUNT_DISABLED_REPLY);
}

void rule_auth_rate_limited(struct draft *d)
{
    refusal_raise(d, FINDING_AUTH_RATE_LIMITED, TEXT_BECAUSE_AUTH_RATE_LIMITED_REPLY);
}

void rule_auth_temporary(struct draft *d)
{
    refusal_raise(d, FINDING_AUTH_TEMPORARY, TEXT_BECAUSE_AUTH_TEMPORARY_REPLY);
}
