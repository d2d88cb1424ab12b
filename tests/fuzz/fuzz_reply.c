/*
 * Replies one behind another, read whole and byte by byte: both have to see
 * the same. What is a reply is then read as one to EHLO.
 */
#include <string.h>

#include "base/arena.h"
#include "fuzz.h"
#include "smtp/ehlo.h"
#include "smtp/guess.h"
#include "smtp/reply.h"

static void same_reply(const struct reply_reader *a, const struct reply_reader *b)
{
    FUZZ_EXPECT(a->flaw == b->flaw);
    FUZZ_EXPECT(a->reply.code == b->reply.code);
    FUZZ_EXPECT(a->reply.bare_lf == b->reply.bare_lf);
    FUZZ_EXPECT(a->reply.n_lines == b->reply.n_lines);
    FUZZ_EXPECT(peer_text_equal(a->reply.whole, b->reply.whole));
    for (size_t i = 0; i < a->reply.n_lines; i++)
        FUZZ_EXPECT(peer_text_equal(a->reply.lines[i], b->reply.lines[i]));
}

static void sound_reply(const struct smtp_reply *r)
{
    const char *end = r->whole.bytes + r->whole.len;

    FUZZ_EXPECT(r->code <= 999);
    FUZZ_EXPECT(r->n_lines >= 1 && r->n_lines <= REPLY_LINES_MAX);
    FUZZ_EXPECT(r->whole.len <= REPLY_BYTES_MAX && end[-1] == '\n');
    FUZZ_EXPECT(r->enhanced.class == 0 || r->enhanced.class == r->code / 100);
    for (size_t i = 0; i < r->n_lines; i++) {
        struct peer_text line = r->lines[i];

        FUZZ_EXPECT(line.bytes >= r->whole.bytes && line.bytes + line.len < end);
        FUZZ_EXPECT(line.len == 0 || (memchr(line.bytes, '\n', line.len) == NULL &&
                                      memchr(line.bytes, '\0', line.len) == NULL &&
                                      line.bytes[line.len - 1] != '\r'));
    }
}

static void sound_caps(const struct smtp_reply *r)
{
    struct arena *a = arena_new(1u << 20);
    struct smtp_caps caps;

    FUZZ_EXPECT(a != NULL && ehlo_read(&caps, a, r));
    FUZZ_EXPECT(caps.n_keywords == r->n_lines - 1);
    FUZZ_EXPECT(caps.n_auth <= EHLO_AUTH_MAX);
    FUZZ_EXPECT(!(caps.starttls && caps.starttls_masked));
    FUZZ_EXPECT(caps.size == 0 || caps.size_given);
    for (size_t i = 0; i < caps.n_auth; i++)
        FUZZ_EXPECT(caps.auth[i].len > 0);
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    enum reply_step step = REPLY_WHOLE;
    struct reply_reader whole, single;

    guess_service((struct peer_text){ bytes, size });
    reply_reader_init(&whole);
    reply_reader_init(&single);
    while (step == REPLY_WHOLE && size > 0) {
        enum reply_step step_single = REPLY_MORE;
        size_t taken, taken_single = 0, one;

        step = reply_reader_feed(&whole, bytes, size, &taken);
        while (step_single == REPLY_MORE && taken_single < size) {
            step_single = reply_reader_feed(&single, bytes + taken_single, 1, &one);
            taken_single += one;
        }
        FUZZ_EXPECT(step == step_single && step != REPLY_NOMEM);
        FUZZ_EXPECT(taken == taken_single && taken <= size);
        FUZZ_EXPECT((step == REPLY_BROKEN) == (whole.flaw != REPLY_FINE));
        same_reply(&whole, &single);
        if (step == REPLY_WHOLE) {
            sound_reply(&whole.reply);
            sound_caps(&whole.reply);
        }
        bytes += taken;
        size -= taken;
        reply_reader_next(&whole);
        reply_reader_next(&single);
    }
    reply_reader_done(&whole);
    reply_reader_done(&single);
    return 0;
}
