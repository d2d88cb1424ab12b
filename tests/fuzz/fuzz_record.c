/*
 * A record, as it might be handed in with a question: what is read from it
 * keeps what the rules rely on, and once written again it stays the same.
 */
#include <string.h>

#include "fuzz.h"
#include "model/evidence_json.h"

static void sound_evidence(const struct evidence *e)
{
    FUZZ_EXPECT(e->plan->host == NULL ? e->n_probes == 0 : e->n_names > 0);
    FUZZ_EXPECT(e->n_names <= EVIDENCE_NAMES_MAX && e->n_chains <= EVIDENCE_CHAINS_MAX);
    for (size_t i = 0; i < e->n_probes; i++) {
        const struct probe *p = &e->probes[i];

        FUZZ_EXPECT(p->chain == -1 || (size_t)p->chain < e->n_chains);
        FUZZ_EXPECT(p->port != 0 && p->dial_port != 0);
        FUZZ_EXPECT(p->host != NULL && p->outcome != PROBE_RUNNING);
    }
    for (size_t i = 0; i < e->n_chains; i++)
        FUZZ_EXPECT(e->chains[i].n_certificates > 0);
}

static void save(struct buf *out, const struct evidence *e)
{
    buf_init(out, 4 * EVIDENCE_RECORD_MAX);
    FUZZ_EXPECT(evidence_save(out, e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why;
    struct evidence *e = evidence_load((const char *)data, size, &why);
    struct evidence *again;
    struct buf first, second;

    if (e == NULL) {
        FUZZ_EXPECT(why != NULL && *why != '\0');
        return 0;
    }
    FUZZ_EXPECT(why == NULL);
    sound_evidence(e);
    save(&first, e);
    again = first.len > EVIDENCE_RECORD_MAX ? NULL : evidence_load(buf_borrow(&first), first.len, &why);
    if (first.len <= EVIDENCE_RECORD_MAX) {
        FUZZ_EXPECT(again != NULL);
        save(&second, again);
        FUZZ_EXPECT(first.len == second.len && memcmp(first.bytes, second.bytes, first.len) == 0);
        buf_done(&second);
    }
    buf_done(&first);
    evidence_free(e);
    evidence_free(again);
    return 0;
}
