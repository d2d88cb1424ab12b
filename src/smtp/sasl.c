#include "smtp/sasl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gsasl.h>

#include "smtp/reply.h"

enum trait {
    INITIAL = 1,     /* RFC 4422 section 5: the client speaks first */
    MUTUAL = 2,      /* the server proves itself as well */
    BOUND = 4,       /* to the TLS channel */
    BY_POSITION = 8, /* what the challenges say does not matter */
    PLUS = INITIAL | MUTUAL | BOUND,
};

struct mechanism {
    const char *name;
    enum secret_kind kind;
    unsigned traits;
    const char *forbidden; /* bytes that end a field, NUL aside; NULL: any byte may be said, NUL too */
    enum sasl_step (*step)(struct sasl *s, struct peer_text challenge, struct buf *response, struct err *err);
};

static bool has(const struct mechanism *m, enum trait trait)
{
    return (m->traits & (unsigned)trait) != 0;
}

struct sasl {
    const struct mechanism *mechanism;
    struct sasl_spec spec;
    unsigned n_steps; /* that were made */
    bool verified;
    Gsasl *library; /* with its session; NULL where a mechanism is ours */
    Gsasl_session *session;
};

/* ---- ours ------------------------------------------------------------------- */

static void put_user(const struct sasl *s, struct buf *out)
{
    buf_put(out, s->spec.user.bytes, s->spec.user.len);
}

static void put_secret(const struct sasl *s, struct buf *out)
{
    size_t n = 0;
    const char *bytes = secret_bytes(s->spec.secret, &n);

    buf_put(out, bytes, n);
}

/* RFC 4616: no name to act as, NUL, name, NUL, password. */
static enum sasl_step step_plain(struct sasl *s, struct peer_text challenge, struct buf *out, struct err *err)
{
    (void)challenge;
    (void)err;
    if (s->n_steps > 0)
        return SASL_STEP_MALFORMED;
    buf_put_char(out, '\0');
    put_user(s, out);
    buf_put_char(out, '\0');
    put_secret(s, out);
    return SASL_STEP_DONE;
}

/* draft-murchison-sasl-login: two questions, whose words differ from server to server. */
static enum sasl_step step_login(struct sasl *s, struct peer_text challenge, struct buf *out, struct err *err)
{
    (void)challenge;
    (void)err;
    if (s->n_steps > 1)
        return SASL_STEP_MALFORMED;
    if (s->n_steps == 0) {
        put_user(s, out);
        return SASL_STEP_MORE;
    }
    put_secret(s, out);
    return SASL_STEP_DONE;
}

/* Google's "OAuth 2.0 mechanism": a second challenge tells an error and is answered with nothing. */
static enum sasl_step step_xoauth2(struct sasl *s, struct peer_text challenge, struct buf *out,
                                   struct err *err)
{
    (void)challenge;
    (void)err;
    if (s->n_steps > 1)
        return SASL_STEP_MALFORMED;
    if (s->n_steps == 1)
        return SASL_STEP_DONE;
    buf_put_string(out, "user=");
    put_user(s, out);
    buf_put_string(out, "\1auth=Bearer ");
    put_secret(s, out);
    buf_put_string(out, "\1\1");
    return SASL_STEP_DONE;
}

/* RFC 5801 section 4: in the GS2 header a comma and an equals sign are written =2C and =3D. */
static void put_saslname(struct peer_text name, struct buf *out)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.bytes[i] == ',')
            buf_put_string(out, "=2C");
        else if (name.bytes[i] == '=')
            buf_put_string(out, "=3D");
        else
            buf_put_char(out, name.bytes[i]);
    }
}

/* RFC 7628 section 3.1; a second challenge tells an error and is answered with ^A (section 3.2.3). */
static enum sasl_step step_oauthbearer(struct sasl *s, struct peer_text challenge, struct buf *out,
                                       struct err *err)
{
    (void)challenge;
    (void)err;
    if (s->n_steps > 1)
        return SASL_STEP_MALFORMED;
    if (s->n_steps == 1) {
        buf_put_char(out, '\1');
        return SASL_STEP_DONE;
    }
    buf_put_string(out, "n,a=");
    put_saslname(s->spec.user, out);
    buf_printf(out, ",\1host=%s\1port=%u\1auth=Bearer ", s->spec.host, (unsigned)s->spec.port);
    put_secret(s, out);
    buf_put_string(out, "\1\1");
    return SASL_STEP_DONE;
}

/* ---- by GNU SASL -------------------------------------------------------------- */

static bool fail_library(struct err *err, int code)
{
    enum err_kind kind = code == GSASL_MALLOC_ERROR ? ERR_NOMEM : ERR_LIBRARY;

    return err_set(err, kind, code, "signing in with GNU SASL");
}

/* What the library answered, put behind the response and wiped. */
static bool library_step(struct sasl *s, struct peer_text challenge, struct buf *out, int *code)
{
    char *text = NULL;
    size_t n = 0;

    *code = gsasl_step(s->session, challenge.len == 0 ? NULL : challenge.bytes, challenge.len, &text, &n);
    if (*code != GSASL_OK && *code != GSASL_NEEDS_MORE)
        return false;
    if (n > 0) {
        buf_put(out, text, n);
        explicit_bzero(text, n);
    }
    gsasl_free(text);
    return true;
}

/* RFC 2195; the challenge is the server's to choose, and is never empty. */
static enum sasl_step step_cram_md5(struct sasl *s, struct peer_text challenge, struct buf *out,
                                    struct err *err)
{
    int code = GSASL_OK;

    if (s->n_steps > 0 || challenge.len == 0)
        return SASL_STEP_MALFORMED;
    if (!library_step(s, challenge, out, &code)) {
        fail_library(err, code);
        return SASL_STEP_FAILED;
    }
    return SASL_STEP_DONE;
}

/* The next attribute off the front of t (RFC 5802 section 5.1). */
static struct peer_text take_attribute(struct peer_text *t)
{
    struct peer_text attribute = { .bytes = t->bytes };

    while (attribute.len < t->len && t->bytes[attribute.len] != ',')
        attribute.len++;
    t->bytes += attribute.len;
    t->len -= attribute.len;
    if (t->len > 0) {
        t->bytes++;
        t->len--;
    }
    return attribute;
}

/* Every number of iterations that the first message of a SCRAM server names is one, and can be done. */
static bool iterations_bearable(struct peer_text message)
{
    while (message.len > 0) {
        struct peer_text a = take_attribute(&message);
        unsigned long n = 0;

        if (a.len < 1 || a.bytes[0] != 'i')
            continue;
        for (size_t i = 2; i < a.len && n <= SASL_ITERATIONS_MAX; i++) {
            if (a.bytes[i] < '0' || a.bytes[i] > '9')
                return false;
            n = n * 10 + (unsigned long)(a.bytes[i] - '0');
        }
        if (n == 0 || n > SASL_ITERATIONS_MAX)
            return false;
    }
    return true;
}

/* RFC 5802 section 7: in place of its proof the server may name the error that it will refuse for. */
static bool is_scram_error(struct peer_text message)
{
    return message.len >= 2 && message.bytes[0] == 'e' && message.bytes[1] == '=';
}

/* RFC 5802, 7677: first message, proof, and the server's own proof at the end. */
static enum sasl_step step_scram(struct sasl *s, struct peer_text challenge, struct buf *out, struct err *err)
{
    int code = GSASL_OK;

    if (s->n_steps > 2 || (s->n_steps > 0 && challenge.len == 0))
        return SASL_STEP_MALFORMED;
    if (s->n_steps == 1 && !iterations_bearable(challenge))
        return SASL_STEP_MALFORMED;
    if (s->n_steps == 2 && is_scram_error(challenge))
        return SASL_STEP_DONE;
    if (library_step(s, challenge, out, &code)) {
        s->verified = s->n_steps == 2 && code == GSASL_OK;
        return s->verified ? SASL_STEP_DONE : SASL_STEP_MORE;
    }
    /* The salt and the proof are in base64. */
    if (s->n_steps > 0 && (code == GSASL_MECHANISM_PARSE_ERROR || code == GSASL_BASE64_ERROR))
        return SASL_STEP_MALFORMED;
    /* Of the first message: it does not hold our nonce. Of the last: the proof is wrong. */
    if (s->n_steps > 0 && code == GSASL_AUTHENTICATION_ERROR)
        return s->n_steps == 1 ? SASL_STEP_MALFORMED : SASL_STEP_UNVERIFIED;
    fail_library(err, code);
    return SASL_STEP_FAILED;
}

/* ---- the mechanisms ------------------------------------------------------------- */

/*
 * Best first. CRAM-MD5 comes last: it hides the password from nobody inside
 * TLS, and a server that offers it beside PLAIN often cannot do it, for want
 * of a password in plain. OAUTHBEARER is the standard of the two.
 */
static const struct mechanism mechanisms[] = {
    { "SCRAM-SHA-256-PLUS", SECRET_PASSWORD, PLUS, NULL, step_scram },
    { "SCRAM-SHA-256", SECRET_PASSWORD, INITIAL | MUTUAL, NULL, step_scram },
    { "SCRAM-SHA-1-PLUS", SECRET_PASSWORD, PLUS, NULL, step_scram },
    { "SCRAM-SHA-1", SECRET_PASSWORD, INITIAL | MUTUAL, NULL, step_scram },
    { "PLAIN", SECRET_PASSWORD, INITIAL | BY_POSITION, "", step_plain },
    { "LOGIN", SECRET_PASSWORD, BY_POSITION, NULL, step_login },
    { "CRAM-MD5", SECRET_PASSWORD, 0, NULL, step_cram_md5 },
    { "OAUTHBEARER", SECRET_TOKEN, INITIAL | BY_POSITION, "\1", step_oauthbearer },
    { "XOAUTH2", SECRET_TOKEN, INITIAL | BY_POSITION, "\1", step_xoauth2 },
};

enum { MECHANISM_COUNT = sizeof mechanisms / sizeof mechanisms[0] };

static bool is_offered(const struct peer_text *offered, size_t n_offered, const char *name)
{
    for (size_t i = 0; i < n_offered; i++)
        if (peer_text_equal_nocase(offered[i], name))
            return true;
    return false;
}

const char *sasl_choose(const struct peer_text *offered, size_t n_offered, enum secret_kind kind,
                        bool binding, const char *forced, const char *after)
{
    bool reached = after == NULL;

    for (size_t i = 0; i < MECHANISM_COUNT; i++) {
        const struct mechanism *m = &mechanisms[i];

        if (reached && m->kind == kind && (binding || !has(m, BOUND)) &&
            (forced == NULL || strcasecmp(forced, m->name) == 0) && is_offered(offered, n_offered, m->name))
            return m->name;
        reached = reached || strcmp(after, m->name) == 0;
    }
    return NULL;
}

static const struct mechanism *find_mechanism(const char *name)
{
    for (size_t i = 0; i < MECHANISM_COUNT; i++)
        if (strcmp(mechanisms[i].name, name) == 0)
            return &mechanisms[i];
    return NULL;
}

static bool has_byte_of(struct peer_text t, const char *forbidden)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.bytes[i] == '\0' || strchr(forbidden, t.bytes[i]) != NULL)
            return true;
    return false;
}

static bool can_say(const struct mechanism *m, const struct sasl_spec *spec)
{
    struct peer_text secret = { 0 };

    if (m->forbidden == NULL)
        return true;
    secret.bytes = secret_bytes(spec->secret, &secret.len);
    return !has_byte_of(spec->user, m->forbidden) && !has_byte_of(secret, m->forbidden);
}

/* ---- the library's session --------------------------------------------------------- */

/* A terminated copy that was never anywhere else; the caller wipes it with wipe_string(). */
static char *copy_string(const char *bytes, size_t n)
{
    char *string = secret_room_new(n + 1);

    if (string != NULL && n > 0)
        memcpy(string, bytes, n);
    return string;
}

/*
 * One property of the session. Asked for now rather than in the middle of the
 * exchange: can SASLprep make anything of it?
 */
static bool give_property(struct sasl *s, Gsasl_property property, const char *bytes, size_t n,
                          struct err *err)
{
    char *string, *prepared = NULL;
    int code;

    if (n > 0 && memchr(bytes, '\0', n) != NULL)
        return err_set(err, ERR_INPUT, 0, "preparing a user name or password for this way of signing in");
    string = copy_string(bytes, n);
    if (string == NULL)
        return err_set(err, ERR_NOMEM, 0, "signing in");
    code = gsasl_saslprep(string, 0, &prepared, NULL);
    if (prepared != NULL)
        explicit_bzero(prepared, strlen(prepared));
    gsasl_free(prepared);
    if (code == GSASL_OK)
        code = gsasl_property_set_raw(s->session, property, string, n);
    secret_room_free(string, n + 1);
    if (code == GSASL_SASLPREP_ERROR)
        return err_set(err, ERR_INPUT, 0, "preparing a user name or password for this way of signing in");
    return code == GSASL_OK || fail_library(err, code);
}

/*
 * The binding goes to -PLUS alone: GNU SASL 2.2 takes the others to be cut
 * down by an attacker as soon as it knows of one, and cannot send the flag 'y'.
 */
static bool give_binding(struct sasl *s, struct err *err)
{
    char *text = NULL;
    int code;

    if (!has(s->mechanism, BOUND))
        return true;
    code = gsasl_base64_to(s->spec.binding, s->spec.n_binding, &text, NULL);
    if (code == GSASL_OK)
        code = gsasl_property_set(s->session, GSASL_CB_TLS_EXPORTER, text);
    gsasl_free(text);
    return code == GSASL_OK || fail_library(err, code);
}

static bool open_library(struct sasl *s, struct err *err)
{
    size_t n = 0;
    const char *secret = secret_bytes(s->spec.secret, &n);
    int code = gsasl_init(&s->library);

    if (code == GSASL_OK)
        code = gsasl_client_start(s->library, s->mechanism->name, &s->session);
    if (code != GSASL_OK)
        return fail_library(err, code);
    return give_property(s, GSASL_AUTHID, s->spec.user.bytes, s->spec.user.len, err) &&
           give_property(s, GSASL_PASSWORD, secret, n, err) && give_binding(s, err);
}

/*
 * The library gives its memory back as it is, so that its copy of the password, and what it has
 * made of it that signs in as well as the password does, is wiped in place before.
 */
static void wipe_properties(Gsasl_session *session)
{
    static const Gsasl_property secrets[] = {
        GSASL_PASSWORD,
        GSASL_SCRAM_SALTED_PASSWORD,
        GSASL_SCRAM_SERVERKEY,
        GSASL_SCRAM_STOREDKEY,
    };

    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        char *bytes = (char *)gsasl_property_fast(session, secrets[i]);

        if (bytes != NULL)
            explicit_bzero(bytes, strlen(bytes));
    }
}

static void close_library(struct sasl *s)
{
    if (s->session != NULL) {
        wipe_properties(s->session);
        gsasl_finish(s->session);
    }
    if (s->library != NULL)
        gsasl_done(s->library);
    s->session = NULL;
    s->library = NULL;
}

/* ---- a sign-in ------------------------------------------------------------------------ */

bool sasl_new(struct sasl **ret, const struct sasl_spec *spec, struct err *err)
{
    const struct mechanism *m = find_mechanism(spec->mechanism);
    bool by_library;
    struct sasl *s;

    assert(m != NULL && (!has(m, BOUND) || spec->n_binding > 0));
    if (!can_say(m, spec))
        return err_set(err, ERR_INPUT, 0, "preparing a user name or password for this way of signing in");
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_set(err, ERR_NOMEM, 0, "signing in");
    s->mechanism = m;
    s->spec = *spec;
    by_library = m->step == step_scram || m->step == step_cram_md5;
    if (by_library && !open_library(s, err)) {
        sasl_free(s);
        return false;
    }
    *ret = s;
    return true;
}

struct sasl *sasl_free(struct sasl *s)
{
    if (s != NULL)
        close_library(s);
    free(s);
    return NULL;
}

bool sasl_has_initial(const struct sasl *s)
{
    return has(s->mechanism, INITIAL);
}

bool sasl_reads_challenges(const struct sasl *s)
{
    return !has(s->mechanism, BY_POSITION);
}

size_t sasl_response_max(const struct sasl_spec *spec)
{
    /* Field names and a port; or a nonce that the server may lengthen as it likes. */
    enum { AROUND = REPLY_CHALLENGE_LINE_MAX };
    size_t n = 0;

    secret_bytes(spec->secret, &n);
    return n + 3 * spec->user.len + (spec->host == NULL ? 0 : strlen(spec->host)) + AROUND;
}

enum sasl_step sasl_step(struct sasl *s, struct peer_text challenge, struct buf *response, struct err *err)
{
    enum sasl_step step = s->mechanism->step(s, challenge, response, err);

    s->n_steps++;
    if ((step == SASL_STEP_MORE || step == SASL_STEP_DONE) && response->failed) {
        err_set(err, ERR_NOMEM, 0, "signing in");
        return SASL_STEP_FAILED;
    }
    return step;
}

bool sasl_server_verified(const struct sasl *s)
{
    return !has(s->mechanism, MUTUAL) || s->verified;
}
