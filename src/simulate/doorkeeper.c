#include "simulate/doorkeeper.h"

#include <gnutls/gnutls.h>
#include <gsasl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- text ---- */

static bool starts_with(struct peer_text t, const char *prefix)
{
    return t.len >= strlen(prefix) && memcmp(t.bytes, prefix, strlen(prefix)) == 0;
}

static struct peer_text without(struct peer_text t, size_t n)
{
    return (struct peer_text){ t.bytes + n, t.len - n };
}

/* Takes what stands before the next byte c, and that byte; false where there is none. */
static bool take_until(struct peer_text *t, char c, struct peer_text *ret)
{
    const char *end = t->len == 0 ? NULL : memchr(t->bytes, c, t->len);

    if (end == NULL)
        return false;
    *ret = (struct peer_text){ t->bytes, (size_t)(end - t->bytes) };
    *t = without(*t, ret->len + 1);
    return true;
}

/* ---- what mechanisms there are ---- */

enum kind {
    KIND_PLAIN,
    KIND_LOGIN,
    KIND_CRAM,
    KIND_SCRAM,
    KIND_XOAUTH2,
    KIND_OAUTHBEARER,
};

static const struct mechanism {
    const char *name;
    enum kind kind;
    bool server_first; /* its first response answers a challenge */
} mechanisms[] = {
    { "PLAIN", KIND_PLAIN, false },
    { "LOGIN", KIND_LOGIN, true },
    { "CRAM-MD5", KIND_CRAM, true },
    { "SCRAM-SHA-1", KIND_SCRAM, false },
    { "SCRAM-SHA-1-PLUS", KIND_SCRAM, false },
    { "SCRAM-SHA-256", KIND_SCRAM, false },
    { "SCRAM-SHA-256-PLUS", KIND_SCRAM, false },
    { "XOAUTH2", KIND_XOAUTH2, false },
    { "OAUTHBEARER", KIND_OAUTHBEARER, false },
};

enum state {
    STATE_RESPONSE,      /* of the mechanism */
    STATE_PROVED,        /* the server has shown its signature; an empty line is next */
    STATE_LIED,          /* ... a wrong one: nothing but a cancel is right */
    STATE_TOLD,          /* the client has been told why its token is refused */
    STATE_CANCEL_WANTED, /* what was asked means nothing */
    STATE_ENDLESS,
};

struct doorkeeper {
    const struct scenario *scenario;
    enum scenario_auth_fault fault;
    const struct mechanism *mechanism; /* NULL: none that is offered */
    Gsasl *library;
    Gsasl_session *session; /* NULL for OAuth */
    enum state state;
    const char *complaint;
};

static bool is_offered(const struct mechanism *m, struct peer_text offer)
{
    while (offer.len > 0) {
        const char *blank = memchr(offer.bytes, ' ', offer.len);
        struct peer_text word = { offer.bytes, blank == NULL ? offer.len : (size_t)(blank - offer.bytes) };

        if (peer_text_equal_nocase(word, m->name))
            return true;
        offer = without(offer, blank == NULL ? word.len : word.len + 1);
    }
    return false;
}

static const struct mechanism *find_mechanism(struct peer_text name, struct peer_text offer)
{
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        if (peer_text_equal_nocase(name, mechanisms[i].name) && is_offered(&mechanisms[i], offer))
            return &mechanisms[i];
    }
    return NULL;
}

/* Whether one of the two mechanisms with a binding is. */
static bool is_binding_offered(struct peer_text offer)
{
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        if (strstr(mechanisms[i].name, "-PLUS") != NULL && is_offered(&mechanisms[i], offer))
            return true;
    }
    return false;
}

void doorkeeper_read_offer(struct peer_text *offer, struct peer_text reply)
{
    static const size_t code = 4, word = 5; /* "250-", "AUTH " */
    struct peer_text line;

    while (take_until(&reply, '\n', &line)) {
        if (line.len > 0 && line.bytes[line.len - 1] == '\r')
            line.len--;
        if (line.len >= code + word && starts_with(line, "250") &&
            strncasecmp(line.bytes + code, "AUTH", 4) == 0 &&
            (line.bytes[code + 4] == ' ' || line.bytes[code + 4] == '='))
            *offer = without(line, code + word);
    }
}

/* ---- who may come in ---- */

static const struct scenario_account *find_account(const struct scenario *s, bool token,
                                                   struct peer_text user)
{
    for (size_t i = 0; i < s->n_accounts; i++) {
        if (s->accounts[i].token == token && peer_text_equal(s->accounts[i].user, user))
            return &s->accounts[i];
    }
    return NULL;
}

static bool may_come_in(const struct doorkeeper *d, bool token, struct peer_text user,
                        struct peer_text secret)
{
    const struct scenario_account *a = find_account(d->scenario, token, user);

    return a != NULL && peer_text_equal(a->secret, secret);
}

/* PLAIN and LOGIN: the whole question. Nobody may act for another user (RFC 4616 section 2). */
static int validate(const struct doorkeeper *d, Gsasl_session *session)
{
    struct peer_text user = peer_text_of(gsasl_property_fast(session, GSASL_AUTHID));
    struct peer_text other = peer_text_of(gsasl_property_fast(session, GSASL_AUTHZID));
    struct peer_text password = peer_text_of(gsasl_property_fast(session, GSASL_PASSWORD));

    return may_come_in(d, false, user, password) && (other.len == 0 || peer_text_equal(other, user))
               ? GSASL_OK
               : GSASL_AUTHENTICATION_ERROR;
}

/* The others compute with the password. */
static int give_password(const struct doorkeeper *d, Gsasl_session *session)
{
    const struct scenario_account *a =
        find_account(d->scenario, false, peer_text_of(gsasl_property_fast(session, GSASL_AUTHID)));

    return a == NULL ? GSASL_NO_PASSWORD
                     : gsasl_property_set_raw(session, GSASL_PASSWORD, a->secret.bytes, a->secret.len);
}

static int on_question(Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
    const struct doorkeeper *d = gsasl_callback_hook_get(library);

    if (property == GSASL_VALIDATE_SIMPLE)
        return validate(d, session);
    if (property == GSASL_PASSWORD)
        return give_password(d, session);
    return GSASL_NO_CALLBACK;
}

/* ---- base64 ---- */

static bool put_base64(struct buf *out, const void *bytes, size_t len)
{
    const gnutls_datum_t clear = { (unsigned char *)(uintptr_t)bytes, (unsigned)len };
    gnutls_datum_t coded;
    bool ok;

    if (len == 0)
        return true;
    if (gnutls_base64_encode2(&clear, &coded) < 0)
        return false;
    ok = buf_put(out, coded.data, coded.size);
    gnutls_free(coded.data);
    return ok;
}

/* False for whatever is not the one way to write it: GnuTLS overlooks blanks. */
static bool decode(struct buf *out, struct peer_text line)
{
    const gnutls_datum_t coded = { (unsigned char *)(uintptr_t)line.bytes, (unsigned)line.len };
    gnutls_datum_t clear;
    struct buf again;
    bool ok;

    if (line.len == 0)
        return true;
    if (gnutls_base64_decode2(&coded, &clear) < 0)
        return false;
    buf_init(&again, DOORKEEPER_LINE_MAX);
    ok = put_base64(&again, clear.data, clear.size) &&
         peer_text_equal((struct peer_text){ buf_borrow(&again), again.len }, line) &&
         buf_put(out, clear.data, clear.size);
    buf_done(&again);
    gnutls_free(clear.data);
    return ok;
}

/* ---- OAuth 2.0 ---- */

static const char bearer[] = "auth=Bearer ";

/* "=2C" and "=3D" of a name (RFC 5801 section 4) become bytes; false for another "=". */
static bool read_name(struct buf *out, struct peer_text t)
{
    while (t.len > 0) {
        bool comma = starts_with(t, "=2C"), equals = starts_with(t, "=3D");

        if (*t.bytes == '=' && !comma && !equals)
            return false;
        if (!buf_put_char(out, comma ? ',' : *t.bytes))
            return false;
        t = without(t, comma || equals ? 3 : 1);
    }
    return true;
}

/* "n,a=USER," (RFC 7628 section 3.1). */
static bool read_oauthbearer_user(struct buf *user, struct peer_text *message)
{
    struct peer_text flag, name, key;

    return take_until(message, ',', &flag) && (peer_text_equal(flag, PEER_TEXT_LITERAL("n")) ||
                                               peer_text_equal(flag, PEER_TEXT_LITERAL("y"))) &&
           take_until(message, ',', &name) && starts_with(name, "a=") && read_name(user, without(name, 2)) &&
           take_until(message, '\x01', &key) && key.len == 0;
}

/* "user=USER", as Google and Microsoft describe it. */
static bool read_xoauth2_user(struct buf *user, struct peer_text *message)
{
    struct peer_text field;

    return take_until(message, '\x01', &field) && starts_with(field, "user=") &&
           buf_put(user, field.bytes + 5, field.len - 5);
}

/* The fields behind the user up to an empty one, which is the last; one of them is the token. */
static bool read_token(struct peer_text *token, struct peer_text message)
{
    bool found = false;
    struct peer_text field = PEER_TEXT_LITERAL("-");

    while (take_until(&message, '\x01', &field) && field.len > 0) {
        if (memchr(field.bytes, '=', field.len) == NULL)
            return false;
        if (starts_with(field, bearer)) {
            *token = without(field, sizeof bearer - 1);
            found = true;
        }
    }
    return found && field.len == 0 && message.len == 0;
}

static enum doorkeeper_answer judge_token(struct doorkeeper *d, struct peer_text message,
                                          struct buf *challenge)
{
    struct peer_text token, error = d->scenario->oauth_error;
    struct buf user;
    enum doorkeeper_answer answer = DOORKEEPER_MALFORMED;

    buf_init(&user, DOORKEEPER_LINE_MAX);
    if ((d->mechanism->kind == KIND_XOAUTH2 ? read_xoauth2_user : read_oauthbearer_user)(&user, &message) &&
        read_token(&token, message)) {
        if (may_come_in(d, true, (struct peer_text){ buf_borrow(&user), user.len }, token)) {
            answer = DOORKEEPER_ACCEPTS;
        } else if (error.len == 0) {
            answer = DOORKEEPER_DENIES;
        } else {
            put_base64(challenge, error.bytes, error.len);
            d->state = STATE_TOLD;
            answer = DOORKEEPER_ASKS;
        }
    }
    buf_done(&user);
    return answer;
}

/* A client that was told why says one byte (RFC 7628 section 3.2.3), with XOAUTH2 nothing. */
static enum doorkeeper_answer hear_told(struct doorkeeper *d, struct peer_text response)
{
    if (response.len == 0 || peer_text_equal(response, PEER_TEXT_LITERAL("\x01")))
        return DOORKEEPER_DENIES;
    d->complaint = "more than a nod to what was said of its token";
    return DOORKEEPER_MALFORMED;
}

/* ---- the others ---- */

static void spoil(char *message, const char *mark, char with)
{
    char *at = strstr(message, mark);

    if (at != NULL && at[strlen(mark)] != '\0') {
        at += strlen(mark);
        *at = *at == with ? (char)(with + 1) : with;
    }
}

/* Of SCRAM that is "r=NONCE,s=SALT,i=COUNT" (RFC 5802 section 5). */
static bool put_first_message(const struct doorkeeper *d, struct buf *challenge, char *message, size_t len)
{
    static const char count[] = ",i=";
    char *at;
    struct buf b;
    bool ok;

    if (d->mechanism->kind == KIND_SCRAM && d->fault == SCENARIO_AUTH_WRONG_NONCE)
        spoil(message, "r=", 'A');
    if (d->mechanism->kind != KIND_SCRAM || d->fault != SCENARIO_AUTH_MANY_ROUNDS)
        return put_base64(challenge, message, len);
    at = strstr(message, count);
    if (at == NULL)
        return false;
    buf_init(&b, DOORKEEPER_LINE_MAX);
    ok = buf_put(&b, message, (size_t)(at - message)) && buf_put_string(&b, ",i=2000000000") &&
         put_base64(challenge, buf_borrow(&b), b.len);
    buf_done(&b);
    return ok;
}

/* The last one shows that the server knows the password too, and wants an empty line (RFC 4954 section 4). */
static enum doorkeeper_answer put_last_message(struct doorkeeper *d, struct buf *challenge, char *message,
                                               size_t len)
{
    if (len == 0 || d->fault == SCENARIO_AUTH_NO_SIGNATURE)
        return DOORKEEPER_ACCEPTS;
    d->state = STATE_PROVED;
    if (d->fault == SCENARIO_AUTH_WRONG_SIGNATURE) {
        spoil(message, "v=", 'A');
        d->state = STATE_LIED;
    }
    return put_base64(challenge, message, len) ? DOORKEEPER_ASKS : DOORKEEPER_DENIES;
}

static enum doorkeeper_answer step(struct doorkeeper *d, struct peer_text response, struct buf *challenge)
{
    char *message = NULL;
    size_t len = 0;
    int code = gsasl_step(d->session, response.bytes, response.len, &message, &len);
    enum doorkeeper_answer answer = DOORKEEPER_DENIES;

    switch (code) {
    case GSASL_OK:
        answer = put_last_message(d, challenge, message, len);
        break;
    case GSASL_NEEDS_MORE:
        if (len == 0)
            answer = DOORKEEPER_MALFORMED; /* PLAIN asks again for what was empty */
        else if (put_first_message(d, challenge, message, len))
            answer = DOORKEEPER_ASKS;
        break;
    case GSASL_MECHANISM_PARSE_ERROR:
    case GSASL_SASLPREP_ERROR:
        answer = DOORKEEPER_MALFORMED;
        break;
    }
    gsasl_free(message);
    return answer;
}

/* ---- the whole ---- */

static void write_spoilt(struct doorkeeper *d, struct buf *challenge)
{
    if (d->fault == SCENARIO_AUTH_GARBAGE) {
        buf_put_string(challenge, "!!! not base64");
        d->state = d->session == NULL ? STATE_TOLD : STATE_CANCEL_WANTED;
    } else {
        put_base64(challenge, "Password:", 9);
        d->state = STATE_ENDLESS;
    }
}

static enum doorkeeper_answer hear_response(struct doorkeeper *d, struct peer_text response,
                                            struct buf *challenge)
{
    return d->session == NULL ? judge_token(d, response, challenge) : step(d, response, challenge);
}

enum doorkeeper_answer doorkeeper_hear(struct doorkeeper *d, struct peer_text line, struct buf *challenge)
{
    struct buf b;
    struct peer_text response;
    enum doorkeeper_answer answer = DOORKEEPER_MALFORMED;

    if (peer_text_equal(line, PEER_TEXT_LITERAL("*")))
        return DOORKEEPER_CANCELLED;
    buf_init(&b, DOORKEEPER_LINE_MAX);
    if (decode(&b, line)) {
        response = (struct peer_text){ buf_borrow(&b), b.len };
        switch (d->state) {
        case STATE_RESPONSE:
            answer = hear_response(d, response, challenge);
            break;
        case STATE_PROVED:
            answer = response.len == 0 ? DOORKEEPER_ACCEPTS : DOORKEEPER_MALFORMED;
            break;
        case STATE_LIED:
            d->complaint = "it goes on although the server's signature is wrong";
            answer = DOORKEEPER_ACCEPTS;
            break;
        case STATE_TOLD:
            answer = hear_told(d, response);
            break;
        case STATE_CANCEL_WANTED:
            if (d->mechanism->kind != KIND_LOGIN) /* whose challenges say nothing that matters */
                d->complaint = "it answers what means nothing";
            break;
        case STATE_ENDLESS:
            write_spoilt(d, challenge);
            answer = DOORKEEPER_ASKS;
            break;
        }
    }
    buf_done(&b);
    return answer;
}

/* LOGIN has no initial response by its description; servers take one for the user, and so is it here. */
static enum doorkeeper_answer begin_server_first(struct doorkeeper *d, struct peer_text initial,
                                                 struct buf *challenge)
{
    enum doorkeeper_answer answer = step(d, PEER_TEXT_LITERAL(""), challenge);

    if (initial.len == 0 || answer != DOORKEEPER_ASKS)
        return answer;
    buf_clear(challenge);
    return d->mechanism->kind == KIND_LOGIN ? doorkeeper_hear(d, initial, challenge) : DOORKEEPER_MALFORMED;
}

enum doorkeeper_answer doorkeeper_begin(struct doorkeeper *d, struct peer_text initial,
                                        struct buf *challenge)
{
    if (d->mechanism == NULL)
        return DOORKEEPER_UNOFFERED;
    if (d->fault == SCENARIO_AUTH_GARBAGE || d->fault == SCENARIO_AUTH_ENDLESS) {
        write_spoilt(d, challenge);
        return DOORKEEPER_ASKS;
    }
    if (d->mechanism->server_first)
        return begin_server_first(d, initial, challenge);
    if (initial.len == 0)
        return DOORKEEPER_ASKS; /* for the initial response, with an empty challenge */
    if (peer_text_equal(initial, PEER_TEXT_LITERAL("="))) /* an empty one */
        initial = PEER_TEXT_LITERAL("");
    return doorkeeper_hear(d, initial, challenge);
}

/* A client that could bind must not be made to believe that the server cannot (RFC 5802 section 6). */
static bool give_binding(struct doorkeeper *d, const struct doorkeeper_spec *spec)
{
    struct buf coded;
    bool ok;

    if (d->mechanism->kind != KIND_SCRAM || spec->binding.len == 0 || !is_binding_offered(spec->offer))
        return true;
    buf_init(&coded, DOORKEEPER_LINE_MAX);
    ok = put_base64(&coded, spec->binding.bytes, spec->binding.len) &&
         gsasl_property_set(d->session, GSASL_CB_TLS_EXPORTER, buf_borrow(&coded)) == GSASL_OK;
    buf_done(&coded);
    return ok;
}

static bool start_session(struct doorkeeper *d, const struct doorkeeper_spec *spec)
{
    if (gsasl_init(&d->library) != GSASL_OK)
        return false;
    gsasl_callback_hook_set(d->library, d);
    gsasl_callback_set(d->library, on_question);
    return gsasl_server_start(d->library, d->mechanism->name, &d->session) == GSASL_OK &&
           give_binding(d, spec);
}

struct doorkeeper *doorkeeper_new(const struct doorkeeper_spec *spec)
{
    struct doorkeeper *d = calloc(1, sizeof *d);

    if (d == NULL)
        return NULL;
    d->scenario = spec->scenario;
    d->fault = spec->fault;
    d->mechanism = find_mechanism(spec->mechanism, spec->offer);
    if (d->mechanism != NULL && d->mechanism->kind < KIND_XOAUTH2 && !start_session(d, spec))
        return doorkeeper_free(d);
    return d;
}

struct doorkeeper *doorkeeper_free(struct doorkeeper *d)
{
    if (d == NULL)
        return NULL;
    if (d->session != NULL)
        gsasl_finish(d->session);
    if (d->library != NULL)
        gsasl_done(d->library);
    free(d);
    return NULL;
}

const char *doorkeeper_mechanism(const struct doorkeeper *d)
{
    return d->mechanism == NULL ? "" : d->mechanism->name;
}

const char *doorkeeper_complaint(const struct doorkeeper *d)
{
    return d->complaint;
}
