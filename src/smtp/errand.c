#include "smtp/errand.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <gsasl.h>

#include "smtp/message.h"

enum {
    WORK_MAX = 1 << 20,    /* to mask one reply in */
    MESSAGE_ID_BYTES = 16, /* random ones */
    BINDING_MAX = 256,
};

static struct sasl_spec sasl_spec_of(const struct errand_state *e)
{
    return (struct sasl_spec){
        .user = e->spec.user,
        .secret = e->spec.secret,
        .host = e->spec.host,
        .port = e->spec.port,
        .binding = e->binding.bytes,
        .n_binding = e->binding.len,
    };
}

bool errand_init(struct errand_state *e, const struct smtp_errand *spec, struct arena *a, struct err *err)
{
    *e = (struct errand_state){ .spec = *spec };
    buf_init(&e->message, MESSAGE_MAX);
    if (spec->mail_from != NULL &&
        (!message_address_sendable(spec->mail_from) || !message_address_sendable(spec->rcpt_to)))
        return err_set(err, ERR_INPUT, 0, "choosing the addresses of the test message");
    e->spec.user = arena_peer_text(a, spec->user, spec->user.len);
    e->spec.auth = arena_strdup(a, spec->auth);
    e->spec.host = arena_strdup(a, spec->host);
    e->spec.mail_from = arena_strdup(a, spec->mail_from);
    e->spec.rcpt_to = arena_strdup(a, spec->rcpt_to);
    return !arena_failed(a) || err_set(err, ERR_NOMEM, 0, "starting a dialogue");
}

void errand_done(struct errand_state *e)
{
    auth_end(&e->auth);
    buf_done(&e->message);
    *e = (struct errand_state){ 0 };
}

size_t errand_room(const struct errand_state *e)
{
    struct sasl_spec spec = sasl_spec_of(e);

    return MESSAGE_MAX + (e->spec.sign_in ? auth_room(&spec) : 0);
}

/* ---- signing in ------------------------------------------------------------------- */

void errand_permit(struct errand_state *e, struct peer_text binding, struct arena *a)
{
    e->permitted = true;
    e->binding = arena_peer_text(a, binding, BINDING_MAX);
}

enum errand_auth errand_begin_auth(struct errand_state *e, const struct smtp_caps *caps,
                                   struct smtp_sign_in *learned, struct buf *out, struct err *err)
{
    enum errand_auth none = ERRAND_NO_MECHANISM;
    const char *after = learned->mechanism;
    struct sasl_spec spec = sasl_spec_of(e);

    assert(e->permitted);
    for (;;) {
        struct err trouble = { 0 };

        spec.mechanism = sasl_choose(caps->auth, caps->n_auth, secret_kind(spec.secret), spec.n_binding > 0,
                                     e->spec.auth, after);
        if (spec.mechanism == NULL)
            return none;
        if (auth_begin(&e->auth, &spec, out, &trouble)) {
            learned->begun = true;
            learned->mechanism = spec.mechanism;
            return ERRAND_BEGUN;
        }
        if (trouble.kind != ERR_INPUT) {
            err_set(err, trouble.kind, trouble.code, trouble.doing);
            return ERRAND_FAILED;
        }
        none = ERRAND_UNSAYABLE;
        after = spec.mechanism;
    }
}

/* Whether t holds the word, in letters of either case. */
static bool mentions(struct peer_text t, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= t.len; i++)
        if (peer_text_equal_nocase((struct peer_text){ .bytes = t.bytes + i, .len = len }, word))
            return true;
    return false;
}

/*
 * RFC 4954 section 4 and 6: 504 where a mechanism is not known, 534 where it
 * is too weak. Google means other things by 534 ("Application-specific
 * password required") and mentions no mechanism then.
 */
static bool is_mechanism_refused(const struct smtp_answer *refusal)
{
    return refusal->code == 504 || (refusal->code == 534 && mentions(refusal->text, "mechanism"));
}

enum errand_auth errand_set_aside(struct errand_state *e, const struct smtp_answer *refusal,
                                  const struct smtp_caps *caps, struct smtp_sign_in *learned, struct buf *out,
                                  struct err *err)
{
    const char *refused = learned->mechanism;
    size_t i = learned->n_set_aside;
    enum errand_auth next;

    if (!learned->begun || i == SMTP_SET_ASIDE_MAX || !is_mechanism_refused(refusal))
        return ERRAND_NO_MECHANISM;
    auth_end(&e->auth);
    next = errand_begin_auth(e, caps, learned, out, err);
    if (next == ERRAND_BEGUN) {
        learned->set_aside[i].mechanism = refused;
        learned->set_aside[i].answer = *refusal;
        learned->n_set_aside = i + 1;
    }
    return next;
}

/* ---- the message -------------------------------------------------------------------- */

/* Random on the left, the sender's domain on the right: nobody else makes the same. */
static const char *make_id(const char *from, struct arena *a, struct err *err)
{
    char bytes[MESSAGE_ID_BYTES];
    char digits[2 * MESSAGE_ID_BYTES + 1];
    const char *id;
    int code = gsasl_nonce(bytes, sizeof bytes);

    if (code != GSASL_OK) {
        err_set(err, ERR_LIBRARY, code, "making a message id");
        return NULL;
    }
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(digits + 2 * i, 3, "%02x", (unsigned)(unsigned char)bytes[i]);
    id = arena_printf(a, "%s%s", digits, strrchr(from, '@'));
    if (id == NULL)
        err_set(err, ERR_NOMEM, 0, "writing the test message");
    return id;
}

bool errand_make_message(struct errand_state *e, struct smtp_sending *learned, struct arena *a,
                         struct err *err)
{
    struct message_facts facts = {
        .from = e->spec.mail_from,
        .to = e->spec.rcpt_to,
        .wall_ms = e->spec.wall_ms,
        .utc_offset_minutes = e->spec.utc_offset_minutes,
    };

    facts.id = make_id(facts.from, a, err);
    if (facts.id == NULL)
        return false;
    if (!message_write(&e->message, &facts))
        return err_set(err, e->message.failed ? ERR_NOMEM : ERR_INPUT, 0, "writing the test message");
    learned->message_id = facts.id;
    learned->size = e->message.len;
    return true;
}

bool errand_is_wide(const struct errand_state *e)
{
    return message_address_is_wide(e->spec.mail_from) || message_address_is_wide(e->spec.rcpt_to);
}

void errand_put_sender(const struct errand_state *e, const struct smtp_caps *caps, struct buf *out)
{
    buf_printf(out, "%s>", e->spec.mail_from);
    if (caps->size_given)
        buf_printf(out, " SIZE=%zu", e->message.len);
    if (errand_is_wide(e))
        buf_put_string(out, " BODY=8BITMIME SMTPUTF8");
}

/* ---- what the server says -------------------------------------------------------------- */

bool errand_keep(const struct errand_state *e, struct peer_text *ret, struct arena *a, struct peer_text text,
                 size_t max)
{
    struct arena *work;
    struct peer_text masked;
    bool ok;

    if (!e->permitted) {
        *ret = arena_peer_text(a, text, max);
        return !arena_failed(a);
    }
    work = arena_new(WORK_MAX);
    ok = work != NULL && secret_mask(&masked, e->spec.secret, e->spec.user, work, text);
    if (ok) {
        *ret = arena_peer_text(a, masked, max);
        ok = !arena_failed(a);
    }
    arena_free(work);
    return ok;
}

bool errand_show(const struct errand_state *e, struct peer_text *ret, char *room, size_t size,
                 struct peer_text text, bool is_cut)
{
    struct peer_text masked;
    struct arena *work;
    bool ok;

    *ret = text;
    if (!e->permitted)
        return true;
    *ret = (struct peer_text){ .bytes = room };
    work = arena_new(WORK_MAX);
    ok = work != NULL && (is_cut ? secret_mask_cut : secret_mask)(&masked, e->spec.secret, e->spec.user, work, text);
    if (ok) {
        ret->len = masked.len < size ? masked.len : size;
        memcpy(room, masked.bytes, ret->len);
    }
    arena_free(work);
    return ok;
}
