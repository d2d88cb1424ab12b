/*
 * fuzz_incoming - a whole talk with an IMAP or POP3 server
 *
 * The first byte chooses what the client wants (and, with bit 2, that it never
 * gets to send); the second, how many lengths of cuts follow; the rest is what
 * the server says, in those cuts. ASCII digits make both, so that a kept input
 * reads as text.
 */
#ifndef SMTPDX_TESTS_FUZZ_INCOMING_H
#define SMTPDX_TESTS_FUZZ_INCOMING_H

#include <string.h>

#include "fuzz.h"
#include "smtp/incoming.h"

struct talk {
    struct incoming_spec spec;
    bool drains;
    const uint8_t *cuts;
    size_t n_cuts;
    const uint8_t *bytes;
    size_t len;
};

/* What holds after every step, whatever the server says. */
static void sound_incoming(const struct incoming *d, enum smtp_want want)
{
    const struct smtp_learned *l = &d->learned;

    FUZZ_EXPECT((want == SMTP_WANT_CLOSE) == (d->state == INCOMING_END));
    FUZZ_EXPECT(d->err.kind == ERR_NONE && !d->out.failed);
    FUZZ_EXPECT(d->n_trail >= 1 && d->n_trail <= INCOMING_STATE_COUNT);
    FUZZ_EXPECT(d->trail[d->n_trail - 1] == d->state);
    FUZZ_EXPECT(d->complete || l->fault == SMTP_FAULT_NONE);
    FUZZ_EXPECT((l->stage == SMTP_STAGE_DONE) == (d->complete && l->fault == SMTP_FAULT_NONE));
    FUZZ_EXPECT((l->fault == SMTP_FAULT_MALFORMED) == (l->flaw != REPLY_FINE));
    FUZZ_EXPECT(l->raw.len <= PEER_RAW_MAX && l->injected.len <= PEER_RAW_MAX);
    FUZZ_EXPECT(l->injected.len <= l->n_injected);
    FUZZ_EXPECT(l->clear.n_keywords <= INCOMING_WORDS_MAX && l->tls.n_keywords <= INCOMING_WORDS_MAX);
    FUZZ_EXPECT(d->line.len <= INCOMING_LINE_MAX);
}

static void talk_step(const struct talk *t, struct incoming *d, enum smtp_want want)
{
    const char *first = t->spec.protocol == PROTOCOL_IMAP ? "a3 CAPABILITY\r\n" : "CAPA\r\n";

    sound_incoming(d, want);
    if (t->drains)
        buf_consume(&d->out, d->out.len);
    if (want != SMTP_WANT_HANDSHAKE)
        return;
    incoming_tls_up(d);
    FUZZ_EXPECT(d->out.len == strlen(first) && memcmp(d->out.bytes, first, d->out.len) == 0);
}

static void talk_run(const struct talk *t, struct incoming *d, bool byte_by_byte)
{
    size_t at = 0, cut = 0;

    FUZZ_EXPECT(incoming_init(d, &t->spec, NULL));
    while (at < t->len) {
        size_t n = t->len - at;
        size_t wish = byte_by_byte ? 1 : cut < t->n_cuts ? t->cuts[cut++] : n;

        if (wish > 0 && wish < n)
            n = wish;
        talk_step(t, d, incoming_feed(d, t->bytes + at, n));
        at += n;
    }
    talk_step(t, d, incoming_eof(d));
    FUZZ_EXPECT(d->state == INCOMING_END && d->complete);
}

static void same_end(const struct incoming *a, const struct incoming *b)
{
    FUZZ_EXPECT(a->learned.fault == b->learned.fault);
    FUZZ_EXPECT(a->learned.flaw == b->learned.flaw);
    FUZZ_EXPECT(a->learned.stage == b->learned.stage);
    FUZZ_EXPECT(a->learned.service == b->learned.service);
    FUZZ_EXPECT(a->n_trail == b->n_trail && memcmp(a->trail, b->trail, sizeof a->trail) == 0);
    FUZZ_EXPECT(peer_text_equal(a->learned.raw, b->learned.raw));
    FUZZ_EXPECT(peer_text_equal(a->learned.refusal.text, b->learned.refusal.text));
    FUZZ_EXPECT(a->learned.tls.n_keywords == b->learned.tls.n_keywords);
}

static void fuzz_incoming(enum protocol protocol, const uint8_t *data, size_t size)
{
    static struct incoming cut, single;
    struct talk t;

    if (size < 2 || size - 2 < (data[1] & 15u))
        return;
    t = (struct talk){
        .spec = { .protocol = protocol, .inside_tls = (data[0] & 3u) == 2, .want_starttls = (data[0] & 3u) == 1 },
        .drains = (data[0] & 4u) == 0,
        .n_cuts = data[1] & 15u,
    };
    t.cuts = data + 2;
    t.bytes = t.cuts + t.n_cuts;
    t.len = size - 2 - t.n_cuts;
    talk_run(&t, &cut, false);
    talk_run(&t, &single, true);
    /* With STARTTLS it depends on the cut what counts as injected and what comes inside TLS. */
    if (!t.spec.want_starttls)
        same_end(&cut, &single);
    incoming_done(&cut);
    incoming_done(&single);
}

#endif
