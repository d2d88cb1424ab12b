#include "simulate/read_sign_in.h"

#include <string.h>

#include "base/buf.h"

/* Text with its escapes resolved, into the scenario. */
static bool keep_text(struct reader *r, struct peer_text *ret, const char *text)
{
    struct buf b;
    bool ok;

    buf_init(&b, SCENARIO_LINE_MAX);
    ok = reader_unescape(r, &b, text, strlen(text)) && reader_keep_bytes(r, ret, &b);
    buf_done(&b);
    return ok;
}

static bool read_account(struct reader *r, bool token, char *rest)
{
    struct scenario_account *a =
        READER_APPEND(r, r->s->accounts, r->s->n_accounts, SCENARIO_ACCOUNTS_MAX, "accounts");
    const char *user = reader_word(&rest);

    if (a == NULL)
        return false;
    if (*user == '\0' || *rest == '\0')
        return reader_complain(r, "account", user, "USER and a secret");
    a->token = token;
    return keep_text(r, &a->user, user) && keep_text(r, &a->secret, rest);
}

bool read_sign_in_account(struct reader *r, char *rest)
{
    return read_account(r, false, rest);
}

bool read_sign_in_token(struct reader *r, char *rest)
{
    return read_account(r, true, rest);
}

bool read_sign_in_oauth_error(struct reader *r, char *rest)
{
    if (*rest == '\0')
        return reader_complain(r, "oauth-error", rest, "JSON, none");
    if (strcmp(rest, "none") != 0)
        return keep_text(r, &r->s->oauth_error, rest);
    r->s->oauth_error = PEER_TEXT_LITERAL("");
    return true;
}

bool read_sign_in_secret(struct reader *r, char *rest)
{
    static const char *const kinds[] = { "password", "token", NULL };
    struct scenario_secret *secret = &r->s->secret;
    int kind;

    if (secret->given)
        return reader_complain(r, "second secret", NULL, "one");
    if (!reader_choice(r, &kind, "secret", reader_word(&rest), kinds))
        return false;
    if (*rest == '\0')
        return reader_complain(r, "nothing to sign in with", NULL, "password TEXT, token TEXT");
    secret->given = true;
    secret->token = kind == 1;
    return keep_text(r, &secret->bytes, rest);
}

struct peer_text read_sign_in_usual_error(void)
{
    return PEER_TEXT_LITERAL("{\"status\":\"400\",\"schemes\":\"Bearer\","
                             "\"scope\":\"https://mail.google.com/\"}");
}
