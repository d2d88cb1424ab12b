/*
 * A talk with an errand, inside TLS. The first byte chooses the errand (and,
 * with bit 3, that the client never gets to send; with bit 6, that the secret
 * may not be said); the second, how many lengths of cuts follow; the rest is
 * what the server says, in those cuts. ASCII digits make the first two, so that
 * a kept input reads as text.
 */
#include <string.h>

#include "fuzz.h"
#include "smtp/dialogue.h"

#define USER .user = { "user@example.com", 16 }, .host = "mail.example", .port = 465
#define MESSAGE .mail_from = "from@example.com", .rcpt_to = "to@example.net"
static const struct errand_choice {
    enum secret_kind kind;
    struct smtp_errand errand;
} choices[8] = {
    { SECRET_PASSWORD, { USER, MESSAGE, .sign_in = true } },
    { SECRET_PASSWORD, { USER, .sign_in = true, .auth = "LOGIN" } },
    { SECRET_PASSWORD, { USER, .sign_in = true, .auth = "CRAM-MD5" } },
    { SECRET_PASSWORD, { USER, .sign_in = true, .auth = "SCRAM-SHA-256" } },
    { SECRET_TOKEN, { USER, .sign_in = true } },
    { SECRET_TOKEN, { USER, MESSAGE, .sign_in = true, .auth = "XOAUTH2", .stop_after_rcpt = true } },
    { SECRET_PASSWORD, { MESSAGE } },
    { SECRET_PASSWORD, { MESSAGE, .stop_after_rcpt = true } },
};

static const char word[] = "s3cret pass ";

static bool shows_word(struct peer_text t)
{
    return t.len > 0 && memmem(t.bytes, t.len, word, sizeof word - 1) != NULL;
}

static void sound_texts(const struct smtp_dialogue *d)
{
    const struct smtp_learned *l = &d->learned;

    if (!d->errand.permitted)
        return;
    FUZZ_EXPECT(!shows_word(l->raw) && !shows_word(l->refusal.text));
    for (size_t i = SMTP_STAGE_AUTH; i < SMTP_STAGE_COUNT; i++)
        FUZZ_EXPECT(!shows_word(l->answers[i].text));
    for (size_t i = 0; i < l->sign_in.n_set_aside; i++)
        FUZZ_EXPECT(!shows_word(l->sign_in.set_aside[i].answer.text));
    FUZZ_EXPECT(!shows_word(l->sign_in.oauth.status) && !shows_word(l->sign_in.oauth.scope));
}

/* What holds after every step, whatever the server says. */
static void sound_dialogue(const struct smtp_dialogue *d, enum smtp_want want)
{
    const struct smtp_learned *l = &d->learned;

    FUZZ_EXPECT(want != SMTP_WANT_HANDSHAKE);
    FUZZ_EXPECT((want == SMTP_WANT_CLOSE) == (d->state == SMTP_STATE_END));
    FUZZ_EXPECT((want == SMTP_WANT_PERMISSION) == (d->state == SMTP_STATE_PERMISSION));
    FUZZ_EXPECT(d->err.kind == ERR_NONE && !d->out.failed);
    FUZZ_EXPECT(d->n_trail >= 1 && d->n_trail <= SMTP_STATE_COUNT);
    FUZZ_EXPECT(d->complete || l->fault == SMTP_FAULT_NONE);
    FUZZ_EXPECT((l->stage == SMTP_STAGE_DONE) == (d->complete && l->fault == SMTP_FAULT_NONE));
    FUZZ_EXPECT((l->fault == SMTP_FAULT_MALFORMED) == (l->flaw != REPLY_FINE));
    FUZZ_EXPECT(!l->sign_in.begun || d->errand.permitted);
    FUZZ_EXPECT(!l->sign_in.accepted || l->sign_in.begun);
    FUZZ_EXPECT(l->raw.len <= PEER_RAW_MAX);
    /* Who should sign in sends nothing before. */
    FUZZ_EXPECT(!d->errand.spec.sign_in || l->sign_in.accepted || l->stage <= SMTP_STAGE_AUTH ||
                l->stage == SMTP_STAGE_DONE);
    sound_texts(d);
}

struct talk {
    const struct errand_choice *choice;
    bool drains, forbids;
    const uint8_t *cuts;
    size_t n_cuts;
    const uint8_t *bytes;
    size_t len;
};

static void talk_step(const struct talk *t, struct smtp_dialogue *d, enum smtp_want want)
{
    sound_dialogue(d, want);
    if (t->drains)
        buf_consume(&d->out, d->out.len);
    if (want == SMTP_WANT_PERMISSION)
        sound_dialogue(d, t->forbids ? dialogue_forbid(d) : dialogue_permit(d, NULL, 0));
}

static void talk_run(const struct talk *t)
{
    static struct smtp_dialogue d;
    struct smtp_errand errand = t->choice->errand;
    struct smtp_dialogue_spec spec = {
        .ehlo_name = "client.example",
        .inside_tls = true,
        .errand = &errand,
    };
    struct secret *secret = NULL;
    size_t at = 0, cut = 0;

    FUZZ_EXPECT(secret_new(&secret, t->choice->kind, word, sizeof word - 1, NULL));
    errand.secret = secret;
    FUZZ_EXPECT(dialogue_init(&d, &spec, NULL));
    while (at < t->len) {
        size_t n = t->len - at;
        size_t wish = cut < t->n_cuts ? t->cuts[cut++] : n;

        if (wish > 0 && wish < n)
            n = wish;
        talk_step(t, &d, dialogue_feed(&d, t->bytes + at, n));
        at += n;
    }
    sound_dialogue(&d, dialogue_eof(&d));
    FUZZ_EXPECT(d.state == SMTP_STATE_END && d.complete);
    dialogue_done(&d);
    secret_free(secret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct talk t;

    if (size < 2 || size - 2 < (data[1] & 15u))
        return 0;
    t = (struct talk){
        .choice = &choices[data[0] & 7u],
        .drains = (data[0] & 8u) == 0,
        .forbids = (data[0] & 64u) != 0,
        .cuts = data + 2,
        .n_cuts = data[1] & 15u,
    };
    t.bytes = t.cuts + t.n_cuts;
    t.len = size - 2 - t.n_cuts;
    talk_run(&t);
    return 0;
}
