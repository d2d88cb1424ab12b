/*
 * A whole talk. The first byte chooses what the client wants (and, with bit 2,
 * that it never gets to send); the second, how many lengths of cuts follow;
 * the rest is what the server says, in those cuts. ASCII digits make both, so
 * that a kept input reads as text.
 */
#include <string.h>

#include "fuzz.h"
#include "smtp/dialogue.h"

static const struct smtp_dialogue_spec specs[] = {
    { .ehlo_name = "client.example" },
    { .ehlo_name = "client.example", .want_starttls = true },
    { .ehlo_name = "client.example", .inside_tls = true },
    { .ehlo_name = "client.example", .try_mail = true },
};

struct talk {
    const struct smtp_dialogue_spec *spec;
    bool drains;
    const uint8_t *cuts;
    size_t n_cuts;
    const uint8_t *bytes;
    size_t len;
};

static bool ends_with(const struct buf *b, const char *tail)
{
    size_t len = strlen(tail);

    return b->len >= len && memcmp(b->bytes + b->len - len, tail, len) == 0;
}

/* What holds after every step, whatever the server says. */
static void sound_dialogue(const struct smtp_dialogue *d, enum smtp_want want)
{
    const struct smtp_learned *l = &d->learned;

    FUZZ_EXPECT((want == SMTP_WANT_CLOSE) == (d->state == SMTP_STATE_END));
    FUZZ_EXPECT(d->err.kind == ERR_NONE && !d->out.failed);
    FUZZ_EXPECT(d->n_trail >= 1 && d->n_trail <= SMTP_STATE_COUNT);
    FUZZ_EXPECT(d->trail[d->n_trail - 1] == d->state);
    FUZZ_EXPECT(d->complete || l->fault == SMTP_FAULT_NONE);
    FUZZ_EXPECT((l->stage == SMTP_STAGE_DONE) == (d->complete && l->fault == SMTP_FAULT_NONE));
    FUZZ_EXPECT((l->fault == SMTP_FAULT_MALFORMED) == (l->flaw != REPLY_FINE));
    FUZZ_EXPECT(l->raw.len <= PEER_RAW_MAX && l->injected.len <= PEER_RAW_MAX);
    FUZZ_EXPECT(l->injected.len <= l->n_injected);
    if (want == SMTP_WANT_HANDSHAKE)
        FUZZ_EXPECT(d->out.len == 0 || ends_with(&d->out, "STARTTLS\r\n"));
}

static enum smtp_want talk_step(const struct talk *t, struct smtp_dialogue *d, enum smtp_want want)
{
    sound_dialogue(d, want);
    if (t->drains)
        buf_consume(&d->out, d->out.len);
    if (want == SMTP_WANT_HANDSHAKE) {
        want = dialogue_tls_up(d);
        FUZZ_EXPECT(d->out.len > 4 && memcmp(d->out.bytes, "EHLO", 4) == 0);
    }
    return want;
}

static void talk_run(const struct talk *t, struct smtp_dialogue *d, bool byte_by_byte)
{
    size_t at = 0, cut = 0;

    FUZZ_EXPECT(dialogue_init(d, t->spec, NULL));
    while (at < t->len) {
        size_t n = t->len - at;
        size_t wish = byte_by_byte ? 1 : cut < t->n_cuts ? t->cuts[cut++] : n;

        if (wish > 0 && wish < n)
            n = wish;
        talk_step(t, d, dialogue_feed(d, t->bytes + at, n));
        at += n;
    }
    talk_step(t, d, dialogue_eof(d));
    FUZZ_EXPECT(d->state == SMTP_STATE_END && d->complete);
}

static void same_end(const struct smtp_dialogue *a, const struct smtp_dialogue *b)
{
    FUZZ_EXPECT(a->learned.fault == b->learned.fault);
    FUZZ_EXPECT(a->learned.flaw == b->learned.flaw);
    FUZZ_EXPECT(a->learned.stage == b->learned.stage);
    FUZZ_EXPECT(a->learned.service == b->learned.service);
    FUZZ_EXPECT(a->n_trail == b->n_trail && memcmp(a->trail, b->trail, sizeof a->trail) == 0);
    FUZZ_EXPECT(peer_text_equal(a->learned.raw, b->learned.raw));
    FUZZ_EXPECT(peer_text_equal(a->learned.refusal.text, b->learned.refusal.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct smtp_dialogue cut, single;
    struct talk t;

    if (size < 2 || size - 2 < (data[1] & 15u))
        return 0;
    t = (struct talk){ .spec = &specs[data[0] & 3u], .drains = (data[0] & 4u) == 0, .n_cuts = data[1] & 15u };
    t.cuts = data + 2;
    t.bytes = t.cuts + t.n_cuts;
    t.len = size - 2 - t.n_cuts;
    talk_run(&t, &cut, false);
    talk_run(&t, &single, true);
    /* With STARTTLS it depends on the cut what counts as injected and what comes inside TLS. */
    if (!t.spec->want_starttls)
        same_end(&cut, &single);
    dialogue_done(&cut);
    dialogue_done(&single);
    return 0;
}
