#include "smtp/auth.h"

#include <string.h>

#include <gsasl.h>

enum {
    COMMAND_MAX = 512, /* RFC 5321 section 4.5.3.1.4, line end included */
};

/* ---- base64 ------------------------------------------------------------------ */

static bool put_base64(struct buf *out, const char *bytes, size_t n)
{
    char *text = NULL;
    size_t len = 0;
    bool ok;

    if (n == 0)
        return true;
    if (gsasl_base64_to(bytes, n, &text, &len) != GSASL_OK) {
        out->failed = true;
        return false;
    }
    ok = buf_put(out, text, len);
    explicit_bzero(text, len);
    gsasl_free(text);
    return ok;
}

static size_t base64_size(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* A challenge may quote the token. */
static void wipe_challenge(char *bytes, size_t n)
{
    if (bytes != NULL)
        explicit_bzero(bytes, n);
    gsasl_free(bytes);
}

/* *ret is malloc()ed, NULL where the challenge is empty: wipe_challenge(). Code: of the library. */
static int take_base64(char **ret, size_t *ret_len, struct peer_text text)
{
    *ret = NULL;
    *ret_len = 0;
    while (text.len > 0 && (text.bytes[text.len - 1] == ' ' || text.bytes[text.len - 1] == '\t'))
        text.len--;
    return text.len == 0 ? GSASL_OK : gsasl_base64_from(text.bytes, text.len, ret, ret_len);
}

/* ---- what we say ---------------------------------------------------------------- */

static bool fail_nomem(struct err *err)
{
    return err_set(err, ERR_NOMEM, 0, "signing in");
}

/* The mechanism's next response; the caller wipes it whatever became of it. */
static enum sasl_step ask_mechanism(struct auth *a, struct peer_text challenge, struct buf *response,
                                    struct err *err)
{
    enum sasl_step step;

    buf_init(response, sasl_response_max(&a->spec));
    if (!buf_reserve(response, response->ceiling)) {
        fail_nomem(err);
        return SASL_STEP_FAILED;
    }
    step = sasl_step(a->sasl, challenge, response, err);
    a->all_said = step == SASL_STEP_DONE;
    return step;
}

/*
 * An AUTH command may be no longer than any other, and with a token it would
 * be: then the response waits for an empty challenge. No mechanism here has an
 * initial response that is empty, which would be written "=".
 */
static bool begin_with_response(struct auth *a, struct buf *out, struct err *err)
{
    size_t around = strlen("AUTH  \r\n") + strlen(a->spec.mechanism);

    if (ask_mechanism(a, (struct peer_text){ 0 }, &a->waiting, err) == SASL_STEP_FAILED)
        return false;
    buf_printf(out, "AUTH %s", a->spec.mechanism);
    if (around + base64_size(a->waiting.len) <= COMMAND_MAX) {
        buf_put_char(out, ' ');
        put_base64(out, a->waiting.bytes, a->waiting.len);
        secret_wipe_buf(&a->waiting);
    }
    buf_put_string(out, "\r\n");
    return !out->failed || fail_nomem(err);
}

bool auth_begin(struct auth *a, const struct sasl_spec *spec, struct buf *out, struct err *err)
{
    *a = (struct auth){ .spec = *spec };
    if (!sasl_new(&a->sasl, &a->spec, err))
        return false;
    if (sasl_has_initial(a->sasl))
        return begin_with_response(a, out, err);
    buf_printf(out, "AUTH %s\r\n", spec->mechanism);
    return !out->failed || fail_nomem(err);
}

static bool put_response(const struct buf *response, struct buf *out, struct err *err)
{
    put_base64(out, response->bytes, response->len);
    buf_put_string(out, "\r\n");
    return !out->failed || fail_nomem(err);
}

/* ---- what the server asks ---------------------------------------------------------- */

static enum auth_step answer_challenge(struct auth *a, struct peer_text challenge, struct buf *out,
                                       struct err *err)
{
    struct buf response = { 0 };
    enum sasl_step step = ask_mechanism(a, challenge, &response, err);
    enum auth_step result = AUTH_FAILED;

    switch (step) {
    case SASL_STEP_MORE:
    case SASL_STEP_DONE:
        if (put_response(&response, out, err))
            result = AUTH_ANSWERED;
        break;
    case SASL_STEP_UNVERIFIED:
        result = AUTH_UNVERIFIED;
        break;
    case SASL_STEP_MALFORMED:
        result = AUTH_NONSENSE;
        break;
    case SASL_STEP_FAILED:
        break;
    }
    secret_wipe_buf(&response);
    return result;
}

/* The challenge that asks for the response which was too long for the command. */
static enum auth_step answer_waiting(struct auth *a, struct buf *out, struct err *err)
{
    bool ok = put_response(&a->waiting, out, err);

    secret_wipe_buf(&a->waiting);
    return ok ? AUTH_ANSWERED : AUTH_FAILED;
}

enum auth_step auth_challenge(struct auth *a, struct peer_text text, struct oauth_error *error,
                              struct arena *arena, struct buf *out, struct err *err)
{
    enum auth_step step = AUTH_FAILED;
    struct peer_text challenge = { 0 };
    char *bytes = NULL;
    int code;

    if (++a->n_challenges > AUTH_CHALLENGES_MAX)
        return AUTH_NONSENSE;
    if (a->waiting.len > 0)
        return answer_waiting(a, out, err);
    code = take_base64(&bytes, &challenge.len, text);
    challenge.bytes = bytes;
    if (code == GSASL_MALLOC_ERROR) {
        fail_nomem(err);
        return AUTH_FAILED;
    }
    if (code != GSASL_OK && sasl_reads_challenges(a->sasl))
        return AUTH_NONSENSE;
    if (a->all_said && secret_kind(a->spec.secret) == SECRET_TOKEN &&
        !oauth_error_read(error, arena, challenge, a->spec.secret, a->spec.user))
        fail_nomem(err);
    else
        step = answer_challenge(a, challenge, out, err);
    wipe_challenge(bytes, challenge.len);
    return step;
}

bool auth_all_said(const struct auth *a)
{
    return a->all_said && a->waiting.len == 0;
}

bool auth_server_verified(const struct auth *a)
{
    return a->sasl != NULL && sasl_server_verified(a->sasl);
}

void auth_end(struct auth *a)
{
    a->sasl = sasl_free(a->sasl);
    secret_wipe_buf(&a->waiting);
}

size_t auth_room(const struct sasl_spec *spec)
{
    return COMMAND_MAX + base64_size(sasl_response_max(spec));
}
