/*
 * Any text as a reply of any provider at any stage: the input's first seven
 * bytes are the question, the rest is the text. The best of all candidates is
 * what is told, each class stands there once, and the same reply says the same
 * again in capital letters.
 */
#include "fuzz.h"
#include "knowledge/finding.h"
#include "knowledge/provider.h"
#include "knowledge/replies.h"

enum { HEAD = 7 };

static void expect_sound(const struct reply_meaning *m, const struct reply_question *q)
{
    FUZZ_EXPECT(m->class < REPLY_CLASS_COUNT && m->finding < FINDING_COUNT);
    FUZZ_EXPECT(m->confidence > 0 && m->confidence <= (m->by_text ? 1 : 0.6));
    FUZZ_EXPECT(!m->by_text || q->text.len > 0);
    FUZZ_EXPECT(m->finding != FINDING_NONE || m->class == REPLY_CLASS_INFO_NORMAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reply_meaning all[REPLIES_CANDIDATES_MAX], best, again;
    struct reply_question q = { 0 };
    char *capitals;
    size_t n;

    if (size < HEAD)
        return 0;
    q.provider = data[0] < provider_total() ? provider_at(data[0])->id : NULL;
    q.stage = (enum reply_stage)(data[1] % REPLY_STAGE_COUNT);
    q.code = (unsigned)data[2] << 8 | data[3];
    q.enhanced[0] = data[4];
    q.enhanced[1] = data[5];
    q.enhanced[2] = data[6];
    q.text = (struct peer_text){ (const char *)data + HEAD, size - HEAD };

    n = replies_candidates(all, &q);
    FUZZ_EXPECT(n <= REPLIES_CANDIDATES_MAX);
    FUZZ_EXPECT(replies_classify(&best, &q) == (n > 0));
    for (size_t i = 0; i < n; i++) {
        expect_sound(&all[i], &q);
        for (size_t k = 0; k < i; k++)
            FUZZ_EXPECT(all[k].class != all[i].class);
    }
    if (n == 0)
        return 0;
    FUZZ_EXPECT(best.class == all[0].class && best.finding == all[0].finding);

    capitals = malloc(size);
    FUZZ_EXPECT(capitals != NULL);
    for (size_t i = 0; i < size - HEAD; i++) {
        char c = q.text.bytes[i];
        bool is_escape = i > 0 && q.text.bytes[i - 1] == '\\';

        capitals[i] = c >= 'a' && c <= 'z' && !is_escape ? (char)(c - ('a' - 'A')) : c;
    }
    q.text.bytes = capitals;
    FUZZ_EXPECT(replies_classify(&again, &q) && again.class == best.class && again.by_text == best.by_text);
    free(capitals);
    return 0;
}
