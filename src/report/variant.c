/*
 * variant - the sentences of a step that are true of one provider and not of another
 */
#include "report/variant.h"

#include <string.h>

#include "knowledge/finding.h"
#include "knowledge/provider.h"
#include "knowledge/text.h"

static bool is_provider(const struct provider *p, const char *id)
{
    return p != NULL && strcmp(p->id, id) == 0;
}

static bool is_microsoft(const struct provider *p)
{
    return is_provider(p, "outlook") || is_provider(p, "office365");
}

/* What was given to sign in with; a text that is explained has none. */
static bool gave(const struct evidence *e, enum secret_kind kind)
{
    return e->errand != NULL && e->plan->user.bytes != NULL && e->errand->sign_in.kind == kind;
}

/* ---- signing in through the browser ---------------------------------------- */

static enum oauth2_offer offered_by_server(const struct evidence *e)
{
    const struct probe *p = e->errand == NULL ? NULL : e->errand->connection;

    if (p == NULL || p->n_auth == 0)
        return OAUTH2_UNKNOWN;
    for (size_t i = 0; i < p->n_auth; i++) {
        if (peer_text_equal_nocase(p->auth[i], "XOAUTH2") ||
            peer_text_equal_nocase(p->auth[i], "OAUTHBEARER"))
            return OAUTH2_OFFERED;
    }
    return OAUTH2_NONE;
}

static enum text_id oauth_text(const struct evidence *e, const struct diagnosed *f, const struct provider *p)
{
    enum oauth2_offer offer = p == NULL ? OAUTH2_UNKNOWN : p->oauth2;

    if (gave(e, SECRET_TOKEN) && f->finding == FINDING_AUTH_DISABLED)
        return TEXT_VARIANT_OAUTH2_REFUSED;
    if (offer == OAUTH2_UNKNOWN)
        offer = offered_by_server(e);
    switch (offer) {
    case OAUTH2_OFFERED:
        return TEXT_VARIANT_OAUTH2_OFFERED;
    case OAUTH2_NONE:
        return TEXT_VARIANT_OAUTH2_NONE;
    case OAUTH2_UNKNOWN:
        break;
    }
    return TEXT_VARIANT_OAUTH2_UNKNOWN;
}

/* ---- what the provider lets in --------------------------------------------- */

static enum text_id access_text(const struct provider *p)
{
    switch (p == NULL ? ACCESS_UNKNOWN : p->access) {
    case ACCESS_WEB:
        return TEXT_VARIANT_ACCESS_WEB;
    case ACCESS_ADMINISTRATOR:
        return TEXT_VARIANT_ACCESS_ADMINISTRATOR;
    case ACCESS_NONE:
        return TEXT_VARIANT_ACCESS_NONE;
    case ACCESS_UNKNOWN:
        break;
    }
    return TEXT_VARIANT_ACCESS_UNKNOWN;
}

static enum text_id app_password_text(const struct provider *p)
{
    if (is_provider(p, "gmail") || is_provider(p, "gmail-relay"))
        return TEXT_VARIANT_APP_PASSWORD_GOOGLE;
    if (is_provider(p, "icloud"))
        return TEXT_VARIANT_APP_PASSWORD_APPLE;
    if (is_microsoft(p))
        return TEXT_VARIANT_APP_PASSWORD_MICROSOFT;
    return p != NULL && p->app_password != APP_PASSWORD_NONE ? TEXT_VARIANT_APP_PASSWORD_OWN
                                                             : TEXT_VARIANT_APP_PASSWORD_SOME;
}

/* Whether what was given may be the password of the account itself. */
static bool may_be_usual(const struct evidence *e)
{
    const struct secret_form *form = e->errand == NULL ? NULL : &e->errand->sign_in.form;

    return !gave(e, SECRET_PASSWORD) ||
           !(form->app_password_groups || form->app_password_letters || form->app_password_hyphens);
}

static enum text_id password_text(const struct evidence *e, const struct diagnosed *f,
                                  const struct provider *p)
{
    bool other_kind = p != NULL && p->app_password != APP_PASSWORD_NONE && may_be_usual(e);

    return f->finding == FINDING_AUTH_BAD_CREDENTIALS && other_kind ? TEXT_VARIANT_PASSWORD_OTHER_KIND
                                                                    : TEXT_VARIANT_PASSWORD_UNSURE;
}

/* ---- sending --------------------------------------------------------------- */

static enum text_id outgoing_text(const struct evidence *e)
{
    return e->errand != NULL && e->errand->sign_in.accepted ? TEXT_VARIANT_OUTGOING_SIGNED_IN
                                                            : TEXT_VARIANT_OUTGOING_SWITCH;
}

/* What is written about the relay of Google Workspace is nothing to who sends through another server. */
static enum text_id relay_text(const struct diagnosed *f, const struct provider *p)
{
    bool other = f->finding == FINDING_SEND_RELAY_DENIED && !is_provider(p, "gmail-relay");

    return other ? TEXT_VARIANT_RELAY_OTHER : TEXT_VARIANT_RELAY_GOOGLE;
}

static enum text_id quota_text(const struct provider *p)
{
    static const struct {
        const char *id;
        enum text_id text;
    } known[] = {
        { "gmail", TEXT_VARIANT_QUOTA_GMAIL },
        { "gmail-relay", TEXT_VARIANT_QUOTA_GMAIL_RELAY },
        { "office365", TEXT_VARIANT_QUOTA_OFFICE365 },
        { "icloud", TEXT_VARIANT_QUOTA_ICLOUD },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (is_provider(p, known[i].id))
            return known[i].text;
    }
    return TEXT_VARIANT_QUOTA_UNKNOWN;
}

static enum text_id wait_text(const struct diagnosed *f)
{
    return f->finding == FINDING_SEND_QUOTA_EXCEEDED ? TEXT_VARIANT_WAIT_LIMIT : TEXT_VARIANT_WAIT_WHILE;
}

void variant_fill(struct argument ret[static VARIANT_COUNT], const struct evidence *e,
                  const struct diagnosed *f, const struct provider *provider)
{
    const struct {
        const char *name;
        enum text_id text;
    } variants[VARIANT_COUNT] = {
        { "oauth", oauth_text(e, f, provider) },
        { "access", access_text(provider) },
        { "app_password", app_password_text(provider) },
        { "password", password_text(e, f, provider) },
        { "outgoing", outgoing_text(e) },
        { "relay", relay_text(f, provider) },
        { "quota", quota_text(provider) },
        { "wait", wait_text(f) },
    };

    for (size_t i = 0; i < VARIANT_COUNT; i++)
        ret[i] = (struct argument){ .name = variants[i].name,
                                    .kind = ARGUMENT_TEXT,
                                    .value.text = variants[i].text };
}
